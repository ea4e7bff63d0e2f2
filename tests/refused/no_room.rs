//! Disks that are full: where the output goes, where the scratch file lies, where the work folder is. Each test runs itself again in
//! a mount namespace of its own, where it puts a small file system in memory; where the system allows no namespaces, the limit on
//! the size of a file is all that is tested, and the test says so.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use crate::extract;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use acobench::run::manifest::Manifest;

const INSIDE: &str = "ACOBENCH_TEST_NAMESPACE";

/// Runs the test again inside a namespace; whether it did.
fn outside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return false;
    }
    let allowed = Command::new("unshare").args(["-rm", "true"]).output().is_ok_and(|ended| ended.status.success());
    if !allowed {
        println!("skipped: no mount namespaces ({test})");
        if let Some(list) = std::env::var_os("ACOBENCH_SKIPPED") {
            let list = fs::OpenOptions::new().create(true).append(true).open(list);
            let _ = list.and_then(|mut list| writeln!(list, "{test} wants mount namespaces"));
        }
        return true;
    }
    let mut again = Command::new("unshare");
    again.arg("-rm").arg(std::env::current_exe().unwrap()).args([
        "--exact",
        &format!("no_room::{test}"),
        "--nocapture",
        "--test-threads",
        "1",
    ]);
    let ended = again.env(INSIDE, "1").output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && told.contains("1 passed"), "{told}");
    true
}

/// A file system of so many KiB in memory; it goes with the namespace.
fn small(folder: &Path, kibibytes: u32) {
    fs::create_dir_all(folder).unwrap();
    let size = format!("size={kibibytes}k");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder).output().unwrap();
    assert!(mounted.status.success(), "{}", told(&mounted));
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_room").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn told(ended: &Output) -> String {
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples")
}

fn run(out: &Path, more: &[&str]) -> Output {
    let samples = samples();
    let words = ["run", "--quiet", "--performance-year", "2023", "--extract", samples.to_str().unwrap(), "--out"];
    extract::run(&[&words[..], &[out.to_str().unwrap()], more].concat())
}

fn outputs(out: &Path) -> BTreeMap<PathBuf, String> {
    let manifest = Manifest::read(out).unwrap();
    manifest.verify(out, |_| true).unwrap();
    manifest.outputs.into_iter().map(|output| (output.path, output.blake3)).collect()
}

/// Exit 1, told with what to do.
fn refused_for_room(ended: &Output) {
    assert_eq!(ended.status.code(), Some(1), "{}", told(ended));
    assert!(told(ended).contains("free room on that disk"), "{}", told(ended));
}

fn kibibytes(folder: &Path) -> u32 {
    let files = acobench::disk::files_below(folder).unwrap();
    files.iter().map(|file| fs::metadata(file).unwrap().len().div_ceil(4096) as u32 * 4).sum::<u32>() + 64
}

#[test]
fn a_full_disk_under_the_output_leaves_the_earlier_run() {
    if outside("a_full_disk_under_the_output_leaves_the_earlier_run") {
        return;
    }
    let home = folder("output");
    assert!(run(&home.join("measured"), &[]).status.success());
    // Room for one run and half of another.
    let disk = home.join("disk");
    small(&disk, kibibytes(&home.join("measured")) * 3 / 2);
    let out = disk.join("out");
    assert!(run(&out, &[]).status.success());
    let earlier = outputs(&out);
    refused_for_room(&run(&out, &["--risk", "none"]));
    assert_eq!(outputs(&out), earlier);
    assert_eq!(acobench::disk::list(&disk).unwrap(), [out.as_path()], "something is left behind");
    // A report, and what is told of the run, find no room either.
    let mut fill = fs::File::create(disk.join("fill")).unwrap();
    while fill.write_all(&[1; 4096]).is_ok() {}
    let page = disk.join("page.html");
    refused_for_room(&extract::run(&["report", out.to_str().unwrap(), "--out", page.to_str().unwrap()]));
    assert!(!page.exists());
    refused_for_room(&extract::run(&[
        "synth",
        "--beneficiaries",
        "50",
        "--years",
        "2021..2022",
        "--acos",
        "1",
        "--out",
        disk.join("extract").to_str().unwrap(),
    ]));
    assert_eq!(acobench::disk::list(&disk).unwrap(), [disk.join("fill"), out.clone()], "something is left behind");
    assert_eq!(outputs(&out), earlier);
}

#[test]
fn a_full_disk_under_the_work_folder_is_told_and_harms_no_run() {
    if outside("a_full_disk_under_the_work_folder_is_told_and_harms_no_run") {
        return;
    }
    let home = folder("work");
    let (out, disk) = (home.join("out"), home.join("disk"));
    assert!(run(&out, &[]).status.success());
    let expected = outputs(&out);
    small(&disk, 64);
    let work = disk.join("work");
    let ended = run(&home.join("kept"), &["--work", work.to_str().unwrap()]);
    assert!(ended.status.success(), "{}", told(&ended));
    assert!(told(&ended).contains("for it cannot be kept") && told(&ended).contains("free room"), "{}", told(&ended));
    assert_eq!(outputs(&home.join("kept")), expected);
    let kept = acobench::disk::list(&work).unwrap();
    assert!(kept.iter().all(|file| !file.to_string_lossy().contains("facts")), "{kept:?}");
}

#[test]
fn a_full_disk_under_the_scratch_file_ends_the_run_with_what_to_do() {
    if outside("a_full_disk_under_the_scratch_file_ends_the_run_with_what_to_do") {
        return;
    }
    let home = folder("scratch");
    let (big, out, disk) = (home.join("extract"), home.join("out"), home.join("disk"));
    let made = extract::run(&[
        "synth",
        "--quiet",
        "--beneficiaries",
        "3000",
        "--years",
        "2019..2022",
        "--acos",
        "2",
        "--starts",
        "2022-01-01",
        "--tracks",
        "current",
        "--assignment",
        "retrospective",
        "--out",
        big.to_str().unwrap(),
    ]);
    assert!(made.status.success(), "{}", told(&made));
    small(&disk, 256);
    let run = |memory: &str| {
        extract::run(&[
            "run",
            "--quiet",
            "--threads",
            "1",
            "--performance-year",
            "2022",
            "--extract",
            big.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
            "--scratch",
            disk.to_str().unwrap(),
            "--memory",
            memory,
        ])
    };
    // The least memory is what the refusal of less names.
    let refused = told(&run("1MiB"));
    let least = refused.split_once("the run needs about ").and_then(|(_, rest)| rest.split_once(" MiB")).unwrap().0;
    let ended = run(&format!("{least}MiB"));
    refused_for_room(&ended);
    assert!(told(&ended).contains("--scratch names another folder") && !out.exists(), "{}", told(&ended));
    assert!(acobench::disk::list(&disk).unwrap().is_empty());
}

#[test]
fn a_limit_on_the_size_of_files_is_a_failure_told_and_not_a_signal() {
    let home = folder("limit");
    let out = home.join("out");
    assert!(run(&out, &[]).status.success());
    let earlier = outputs(&out);
    let line = "ulimit -f 8; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args([
        "-c",
        line,
        "sh",
        env!("CARGO_BIN_EXE_acobench"),
        "run",
        "--quiet",
        "--performance-year",
        "2023",
        "--risk",
        "none",
    ]);
    let ended = command.arg("--extract").arg(samples()).arg("--out").arg(&out).output().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{:?} {}", ended.status, told(&ended));
    assert!(told(&ended).contains("hint:"), "{}", told(&ended));
    assert_eq!(outputs(&out), earlier);
    assert_eq!(acobench::disk::list(&home).unwrap(), [out]);
}
