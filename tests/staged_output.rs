//! Whatever fails while a folder is written, a reader sees the earlier one or the new one, whole. Each test runs itself again in
//! a process of its own, told by the environment what to do there.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use acobench::disk::{self, Staging, cancel};
use acobench::error::Result;

const TARGET: &str = "ACOBENCH_TEST_TARGET";
const DEAF: &str = "ACOBENCH_TEST_DEAF";

fn child(test: &str, target: &Path) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture", "--test-threads", "1"]).env(TARGET, target);
    child
}

/// Writes two files and a folder, and publishes them.
fn write(target: &Path, text: &str) -> Result<()> {
    let staging = Staging::begin(target)?;
    disk::create_dir(&staging.path().join("factors"))?;
    for name in ["factors/aco.csv", "benchmark.csv", "manifest.json"] {
        disk::write_all(&staging.path().join(name), text.as_bytes())?;
    }
    staging.publish()
}

/// The text that all files of a folder hold alike.
fn whole(target: &Path) -> String {
    let texts: Vec<_> = ["factors/aco.csv", "benchmark.csv", "manifest.json"]
        .iter()
        .map(|name| std::fs::read_to_string(target.join(name)).unwrap())
        .collect();
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
    texts[0].clone()
}

fn entries(folder: &Path) -> Vec<String> {
    disk::list(folder).unwrap().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn child_that_writes() {
    let Some(target) = std::env::var_os(TARGET) else { return };
    if let Err(error) = write(target.as_ref(), "new") {
        eprintln!("error: {error}");
        std::process::exit(error.exit_code().into());
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "faults are injected in debug builds alone")]
fn every_operation_that_fails_leaves_the_earlier_folder_or_the_new_one() {
    for (op, errno, told) in [
        ("create", libc::EACCES, "check the owner and the mode"),
        ("write", libc::ENOSPC, "free room on that disk"),
        ("sync", libc::EIO, "look at the disk"),
        ("rename", libc::EIO, "look at the disk"),
    ] {
        let mut failures = 0;
        for nth in 1.. {
            let home = tempfile::tempdir().unwrap();
            let target = home.path().join("out");
            write(&target, "old").unwrap();
            let ended = child("child_that_writes", &target).env("ACOBENCH_FAIL", format!("{op}:{nth}:{errno}")).output().unwrap();
            let message = String::from_utf8_lossy(&ended.stderr);
            if ended.status.success() {
                assert_eq!(whole(&target), "new", "{op} {nth}");
                break;
            }
            failures += 1;
            assert_eq!(ended.status.code(), Some(1), "{op} {nth}: {message}");
            assert!(message.contains(told), "{op} {nth}: {message}");
            // After the exchange only the sync of the parent folder is left to fail.
            let now = whole(&target);
            assert!(now == "old" || (op == "sync" && now == "new"), "{op} {nth}: {now}");
            assert_eq!(entries(home.path()), ["out"], "{op} {nth}");
        }
        assert!(failures > 0, "{op} never failed");
    }
}

#[test]
fn child_that_works_for_ever() {
    let Some(target) = std::env::var_os(TARGET) else { return };
    cancel::listen().unwrap();
    let staging = Staging::begin(target.as_ref()).unwrap();
    println!("at work");
    let deaf = std::env::var_os(DEAF).is_some();
    loop {
        std::thread::sleep(Duration::from_millis(5));
        if let (false, Err(error)) = (deaf, cancel::check()) {
            drop(staging);
            std::process::exit(error.exit_code().into());
        }
    }
}

fn wait_until_at_work(child: &mut Child) -> BufReader<std::process::ChildStdout> {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("at work") {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "the child ended before it began");
    }
    out
}

#[test]
fn a_signal_stops_the_work_in_a_second_and_leaves_nothing_behind() {
    for (signal, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 143)] {
        for deaf in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let target = home.path().join("out");
            write(&target, "old").unwrap();
            let mut command = child("child_that_works_for_ever", &target);
            if deaf {
                command.env(DEAF, "1");
            }
            let mut worker = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut out = wait_until_at_work(&mut worker);
            let told = Instant::now();
            // SAFETY: the process is our child and has not been waited for.
            assert_eq!(unsafe { libc::kill(worker.id() as i32, signal) }, 0);
            assert_eq!(worker.wait().unwrap().code(), Some(code), "deaf: {deaf}");
            // A second is the rule; the rest is for a busy machine.
            assert!(told.elapsed() < Duration::from_secs(5), "deaf: {deaf}, {:?}", told.elapsed());
            let _ = out.read_to_string(&mut String::new());
            assert_eq!(entries(home.path()), ["out"], "deaf: {deaf}");
            assert_eq!(whole(&target), "old");
        }
    }
}

#[test]
fn what_a_killed_process_leaves_is_swept_by_the_next() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    let mut worker = child("child_that_works_for_ever", &target).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let _out = wait_until_at_work(&mut worker);
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(entries(home.path()).len(), 1, "the folder under construction is left");
    write(&target, "new").unwrap();
    assert_eq!(entries(home.path()), ["out"]);
}
