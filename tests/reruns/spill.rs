//! A run that memory has no room for comes to the same bytes, and its scratch file never outlives it.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use acobench::run::manifest::Manifest;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spill").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn synthetic(out: &Path, more: &str) {
    let mut arguments = vec!["synth", "--quiet", "--beneficiaries", "2000", "--acos", "5", "--out", out.to_str().unwrap()];
    arguments.extend(more.split_whitespace());
    let made = extract::run(&arguments);
    assert!(made.status.success(), "{}", told(&made));
}

fn told(ended: &Output) -> String {
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

/// A run over two threads.
fn command(extract: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acobench"));
    command.args(["run", "--threads", "2", "--extract"]).arg(extract).arg("--out").arg(out).args(more);
    command
}

/// The least memory that is not refused, as the refusal of less tells it.
fn least(extract: &Path, out: &Path, more: &[&str]) -> String {
    let refused = command(extract, out, more).args(["--memory", "1MiB"]).output().unwrap();
    let text = told(&refused);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    let (_, after) = text.split_once("the run needs about ").unwrap();
    let (mebibytes, _) = after.split_once(" MiB of memory even when it spills").unwrap();
    format!("{mebibytes}MiB")
}

/// What a run made, its account of the people for the second computation included, and the stages it went through.
fn made(extract: &Path, home: &Path, name: &str, more: &[&str]) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<String>) {
    let (out, audit) = (home.join(name), home.join(format!("{name}.audit")));
    let ended = command(extract, &out, more).args(["--quiet", "--audit"]).arg(&audit).output().unwrap();
    assert!(ended.status.success(), "{name}: {}", told(&ended));
    let manifest = Manifest::read(&out).unwrap();
    let mut files: BTreeMap<PathBuf, Vec<u8>> =
        manifest.outputs.iter().map(|output| (output.path.clone(), fs::read(out.join(&output.path)).unwrap())).collect();
    for entry in fs::read_dir(&audit).unwrap().map(|entry| entry.unwrap().path()) {
        files.insert(entry.strip_prefix(home.join(format!("{name}.audit"))).unwrap().into(), fs::read(&entry).unwrap());
    }
    (files, manifest.stages.iter().map(|stage| stage.stage.clone()).collect())
}

fn same(extract: &Path, home: &Path, more: &[&str]) {
    let (expected, held) = made(extract, home, "held", more);
    assert!(expected.len() > 4 && !held.iter().any(|stage| stage == SPILLING), "{held:?}");
    let memory = least(extract, &home.join("spilled"), more);
    let (spilled, stages) = made(extract, home, "spilled", &[more, &["--memory", &memory]].concat());
    assert!(stages.iter().any(|stage| stage == SPILLING), "{stages:?}");
    for (path, bytes) in &expected {
        assert!(spilled.get(path) == Some(bytes), "{} differs", path.display());
    }
    assert_eq!(spilled.len(), expected.len());
}

/// The stage that only a run with a scratch file has.
const SPILLING: &str = "build spilled facts";

#[test]
fn every_kind_of_aco_comes_to_the_same_bytes() {
    let home = folder("kinds");
    let extract = home.join("extract");
    synthetic(&extract, "--years 2019..2022 --seed 21 --files 3 --unsorted");
    same(&extract, &home, &["--performance-year", "2022"]);
    same(&extract, &home, &["--performance-year", "2022", "--quarter", "4"]);
    same(&extract, &home, &["--performance-year", "2022", "--choose", "threshold_rank=interpolated"]);
    same(&extract, &home, &["--performance-year", "2022", "--io", "read", "--until", "aggregates", "--seed", "4"]);
}

#[test]
fn a_quarter_comes_to_the_same_bytes() {
    for method in ["prospective", "retrospective"] {
        let home = folder(&format!("quarter-{method}"));
        let extract = home.join("extract");
        let starts = "--years 2020..2023 --seed 25 --files 2 --starts 2023-01-01 --tracks current";
        synthetic(&extract, &format!("{starts} --assignment {method}"));
        same(&extract, &home, &["--performance-year", "2023", "--quarter", "2"]);
    }
}

#[test]
fn halves_of_2019_come_to_the_same_bytes() {
    let home = folder("halves");
    let extract = home.join("extract");
    synthetic(&extract, "--years 2015..2019 --seed 22 --files 2 --starts 2016-01-01,2018-01-01,2019-07-01");
    same(&extract, &home, &["--performance-year", "2019"]);
    let assigned = fs::read_to_string(home.join("spilled.audit/assignment.csv")).unwrap();
    assert!([",\n", ",2\n"].iter().all(|half| assigned.contains(half)), "nobody of the second half, or of the whole year");
}

#[test]
fn facts_are_kept_by_a_run_that_spills_and_reused_by_one() {
    let home = folder("kept");
    let (extract, work, other) = (home.join("extract"), home.join("work"), home.join("other_work"));
    synthetic(&extract, "--years 2019..2022 --seed 23 --files 2");
    let year = ["--performance-year", "2022"];
    let (expected, _) = made(&extract, &home, "without", &year);
    let memory = least(&extract, &home.join("out"), &year);
    let little = [&year[..], &["--memory", &memory, "--work", work.to_str().unwrap()]].concat();
    let much = [&year[..], &["--work", work.to_str().unwrap()]].concat();
    let apart = [&year[..], &["--work", other.to_str().unwrap()]].concat();
    for (name, arguments, spills) in [
        ("kept_spilled", &little, true),
        ("reused_spilled", &little, false),
        ("reused_held", &much, false),
        ("kept_held", &apart, false),
    ] {
        let (files, stages) = made(&extract, &home, name, arguments);
        assert!(files == expected, "{name}");
        assert_eq!(stages.iter().any(|stage| stage == SPILLING), spills, "{name}: {stages:?}");
        let reused = Manifest::read(&home.join(name)).unwrap().reused["facts"].clone();
        assert_eq!(reused == "reused", name.starts_with("reused"), "{name}: {reused}");
    }
}

#[test]
fn a_full_disk_under_the_scratch_file_leaves_the_earlier_run_as_it_was() {
    let home = folder("full");
    let (extract, out, scratch) = (home.join("extract"), home.join("out"), home.join("scratch"));
    synthetic(&extract, "--years 2019..2022 --seed 24 --files 1");
    fs::create_dir(&scratch).unwrap();
    let year = ["--performance-year", "2022", "--quiet"];
    let memory = least(&extract, &out, &year);
    let arguments = [&year[..], &["--memory", &memory, "--scratch", scratch.to_str().unwrap()]].concat();
    let well = command(&extract, &out, &arguments).output().unwrap();
    assert!(well.status.success(), "{}", told(&well));
    let before = fs::read(out.join("manifest.json")).unwrap();
    let listed = || fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let neighbours = listed();
    // The first write marks the folder under construction; the next ones are of the scratch file.
    for fault in ["write:2:28", "write:9:28"] {
        let ended = command(&extract, &out, &arguments).env("ACOBENCH_FAIL", fault).output().unwrap();
        let text = told(&ended);
        assert_eq!(ended.status.code(), Some(1), "{fault}: {text}");
        assert!(text.contains("scratch file") && text.contains("No space left") && text.contains("--scratch"), "{fault}: {text}");
        assert_eq!(fs::read(out.join("manifest.json")).unwrap(), before, "{fault}");
        assert_eq!(listed(), neighbours, "{fault}");
        assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "{fault}");
    }
    // A folder that is not there is refused before a claim is read, and named.
    let nowhere = home.join("nowhere");
    let arguments = [&year[..], &["--memory", &memory, "--scratch", nowhere.to_str().unwrap()]].concat();
    let ended = command(&extract, &out, &arguments).output().unwrap();
    let text = told(&ended);
    assert!(ended.status.code() == Some(1) && text.contains("nowhere"), "{text}");
}
