//! What a run with a work folder does when the clock or the extract fails it, and that no identifier leaves the extract.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use acobench::run::manifest::Manifest;
use arrow_array::{ArrayRef, Date32Array, RecordBatch, StringArray};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A small extract, one file a table.
fn good() -> &'static Path {
    static GOOD: OnceLock<PathBuf> = OnceLock::new();
    GOOD.get_or_init(|| {
        let good = folder("good").join("extract");
        let made = extract::run(&[
            "synth",
            "--quiet",
            "--beneficiaries",
            "400",
            "--years",
            "2019..2022",
            "--acos",
            "2",
            "--seed",
            "8",
            "--files",
            "1",
            "--starts",
            "2022-01-01",
            "--tracks",
            "current",
            "--assignment",
            "retrospective",
            "--out",
            good.to_str().unwrap(),
        ]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        good
    })
}

fn command(extract: &Path, out: &Path, work: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acobench"));
    command.args(["run", "--quiet", "--performance-year", "2022", "--threads", "1", "--extract"]).arg(extract);
    command.arg("--out").arg(out).arg("--work").arg(work);
    command
}

fn well(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn outputs(out: &Path) -> BTreeMap<PathBuf, String> {
    Manifest::read(out).unwrap().outputs.into_iter().map(|output| (output.path, output.blake3)).collect()
}

#[test]
fn a_clock_that_went_backwards_and_inputs_that_cannot_be_written_change_nothing() {
    let home = folder("clock");
    let (mine, out, work) = (home.join("extract"), home.join("out"), home.join("work"));
    extract::copy(good(), &mine);
    let participants = mine.join("participant.parquet");
    fs::set_permissions(&participants, fs::Permissions::from_mode(0o400)).unwrap();
    well(&command(&mine, &out, &work).output().unwrap());
    let expected = outputs(&out);
    // Everything kept is from tomorrow, and so is an input.
    let tomorrow = SystemTime::now() + Duration::from_hours(24);
    for entry in fs::read_dir(&work).unwrap().map(|entry| entry.unwrap().path()) {
        fs::File::open(&entry).unwrap().set_modified(tomorrow).unwrap();
    }
    fs::File::open(mine.join("agreement.parquet")).unwrap().set_modified(tomorrow).unwrap();
    well(&command(&mine, &out, &work).output().unwrap());
    assert_eq!(outputs(&out), expected);
    assert_eq!(Manifest::read(&out).unwrap().reused["sums"], "reused");
}

#[test]
fn an_input_with_its_old_size_and_time_but_another_content_is_found() {
    let home = folder("same_time");
    let (mine, out, work) = (home.join("extract"), home.join("out"), home.join("work"));
    extract::copy(good(), &mine);
    well(&command(&mine, &out, &work).output().unwrap());
    let path = mine.join("claim_header/part-0000.parquet");
    let path = if path.exists() { path } else { mine.join("claim_header.parquet") };
    let modified = path.metadata().unwrap().modified().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let ended = command(&mine, &out, &work).output().unwrap();
    // The changed page may or may not decode; what must not be is that the old facts stand for it.
    let found = ended.status.code() == Some(3) || Manifest::read(&out).unwrap().reused["facts"].contains("changed");
    assert!(found, "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_loop_of_links_in_an_extract_is_refused_by_name() {
    let home = folder("loop");
    let mine = home.join("extract");
    extract::copy(good(), &mine);
    let table = mine.join("participant.parquet");
    fs::remove_file(&table).unwrap();
    std::os::unix::fs::symlink(&table, &table).unwrap();
    let ended = command(&mine, &home.join("out"), &home.join("work")).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("participant") && !home.join("out").exists(), "{said}");
}

#[test]
fn a_table_without_rows_is_no_fault_of_its_own() {
    let home = folder("empty");
    let mine = home.join("extract");
    extract::copy(good(), &mine);
    for file in extract::files(&mine, "claim_line") {
        extract::rewrite(&file, |batch| vec![batch.slice(0, 0)]);
    }
    let ended = command(&mine, &home.join("out"), &home.join("work")).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(matches!(ended.status.code(), Some(0 | 3)) && !said.contains("panic"), "{said}");
    well(&command(good(), &home.join("out"), &home.join("work")).output().unwrap());
}

/// Marks in front of every identifier, and a day of birth and of death that nothing else has.
const PERSON: &str = "ZQXPERSON";
const CLAIM: &str = "ZQXCLAIM";

fn marked(batch: &RecordBatch) -> RecordBatch {
    let mut batch = batch.clone();
    for (column, mark) in [("bene_id", PERSON), ("claim_id", CLAIM)] {
        let Ok(at) = batch.schema().index_of(column) else { continue };
        let cells = batch.column(at).as_any().downcast_ref::<StringArray>().unwrap();
        let cells: StringArray = cells.iter().map(|cell| cell.map(|cell| format!("{mark}{cell}"))).collect();
        batch = extract::with(&batch, column, Arc::new(cells) as ArrayRef);
    }
    if batch.schema().index_of("birth_date").is_ok() {
        // 1931-07-23, in days since 1970-01-01.
        let days = Date32Array::from(vec![-14_042; batch.num_rows()]);
        batch = extract::with(&batch, "birth_date", Arc::new(days) as ArrayRef);
    }
    batch
}

#[test]
fn no_identifier_of_a_person_or_a_claim_is_in_any_byte_the_program_writes() {
    let home = folder("planted");
    let (mine, out, work) = (home.join("extract"), home.join("out"), home.join("work"));
    extract::copy(good(), &mine);
    let mut planted = 0;
    for table in ["beneficiary_year", "risk_score", "claim_header", "claim_line", "non_claims_payment", "voluntary_alignment"] {
        for file in extract::files(&mine, table) {
            extract::rewrite(&file, |batch| vec![marked(batch)]);
            planted += 1;
        }
    }
    assert!(planted >= 6);
    let (events, metrics, audit) = (home.join("events"), home.join("metrics"), home.join("audit"));
    let mut said = Vec::new();
    // A cold run, one that reuses, one that is refused, one that is told in JSON, and one whose file is damaged.
    for (at, more) in
        [&["--audit", audit.to_str().unwrap()][..], &[], &["--max-quarantined", "0"], &["--log", "json"]].iter().enumerate()
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acobench"));
        command
            .args(["run", "--performance-year", "2022", "--extract"])
            .arg(&mine)
            .arg("--out")
            .arg(&out)
            .arg("--work")
            .arg(&work);
        command.arg("--openlineage").arg(&events).arg("--metrics").arg(&metrics).args(*more).env("RUST_BACKTRACE", "full");
        let ended = command.output().unwrap();
        assert!(at == 2 || ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        said.extend([ended.stdout, ended.stderr]);
    }
    let line = &extract::files(&mine, "claim_line")[0];
    let mut bytes = fs::read(line).unwrap();
    for at in (2000..bytes.len() - 20_000).step_by(997) {
        bytes[at] ^= 0xff;
    }
    fs::write(line, bytes).unwrap();
    let ended = command(&mine, &home.join("other"), &home.join("other_work")).env("RUST_BACKTRACE", "full").output().unwrap();
    said.extend([ended.stdout, ended.stderr]);
    // Where memory is short, and where the extract is looked at or a run is reported, internal figures included.
    let (small, page, books, puf) = (home.join("small"), home.join("page.html"), home.join("books"), home.join("puf.csv"));
    let [mine_, out_, small_, page_, books_, puf_] =
        [&mine, &out, &small, &page, &books, &puf].map(|path| path.to_str().unwrap());
    let run = ["run", "--performance-year", "2022", "--extract", good().to_str().unwrap(), "--out", small_, "--memory"];
    let least = String::from_utf8(extract::run(&[&run[..], &["1MiB"]].concat()).stderr).unwrap();
    let least =
        least.split_once("the run needs about ").and_then(|(_, rest)| rest.split_once(" MiB")).unwrap().0.to_string() + "MiB";
    let run = ["run", "--performance-year", "2022", "--extract", mine_, "--out", small_, "--memory", &least];
    // The damaged file made way for the whole one.
    fs::copy(&extract::files(good(), "claim_line")[0], line).unwrap();
    extract::rewrite(line, |batch| vec![marked(batch)]);
    let settlements = fs::read_to_string(out.join("settlement.csv")).unwrap();
    let aco = settlements.lines().nth(1).and_then(|row| row.split(',').next()).unwrap();
    for (words, done) in [
        (&["explain", out_, "--aco", aco][..], true),
        (&["diff", out_, out_], true),
        (&["report", out_, "--internal", "--out", page_], true),
        (&["report", out_, "--internal", "--xlsx", "--out", books_], true),
        (&["report", out_, "--puf", "--out", puf_], true),
        (&["check", mine_], false),
        (&["trace", "--extract", mine_, "--performance-year", "2022", "--row", "7"], true),
        (&run, true),
    ] {
        let ended = extract::run(words);
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success() || !done, "{words:?}: {told}");
        assert!(!ended.stdout.is_empty() || !told.is_empty() || words[0] == "report", "{words:?} said nothing");
        said.extend([ended.stdout, ended.stderr]);
    }
    let mut written: Vec<(String, Vec<u8>)> =
        said.into_iter().enumerate().map(|(at, bytes)| (format!("stream {at}"), bytes)).collect();
    let mut folders = vec![home.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()).filter(|path| *path != mine) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == "xlsx") {
                let mut book = zip::ZipArchive::new(fs::File::open(&entry).unwrap()).unwrap();
                for at in 0..book.len() {
                    let mut part = book.by_index(at).unwrap();
                    let (mut bytes, name) = (Vec::new(), format!("{} {}", entry.display(), part.name().unwrap()));
                    std::io::Read::read_to_end(&mut part, &mut bytes).unwrap();
                    written.push((name, bytes));
                }
            } else {
                written.push((entry.display().to_string(), fs::read(entry).unwrap()));
            }
        }
    }
    assert!(written.len() > 15, "{}", written.len());
    for name in [
        "factors-",
        "sums-",
        "facts-",
        "claim_line-",
        "claim_header-",
        "add_ons-",
        "seen.json",
        "page.html",
        ".xlsx",
        "puf.csv",
        "small/",
    ] {
        assert!(written.iter().any(|(written, _)| written.contains(name)), "{name} was not written");
    }
    for (name, bytes) in &written {
        for mark in [PERSON, CLAIM, "1931-07-23", "19310723"] {
            assert!(memchr::memmem::find(bytes, mark.as_bytes()).is_none(), "{name} holds {mark}");
        }
    }
}
