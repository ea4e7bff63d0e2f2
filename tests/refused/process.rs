//! The program as a process: what its log says, how it takes a closed pipe, and how it stops.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acobench::run::manifest::Manifest;
use serde_json::Value;

fn acobench() -> Command {
    Command::new(env!("CARGO_BIN_EXE_acobench"))
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn every_line_of_a_json_log_is_an_object_that_names_the_run() {
    let out = folder("json_log");
    let ended = acobench().args(["demo", "--log", "json", "--out"]).arg(&out).output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let run_id = Manifest::read(&out).unwrap().run_id;
    assert!(lines.len() > 4 && lines.iter().all(|line| line["run_id"] == run_id.as_str()), "{log}");
    let done: Vec<_> = lines.iter().filter(|line| line["message"] == "done").collect();
    assert!(done.iter().any(|line| line["rows"].as_u64() > Some(0)) && done.iter().any(|line| line["bytes"].as_u64() > Some(0)));
    assert!(done.iter().all(|line| line["stage"].is_string() && line["seconds"].is_number()), "{log}");
    let paid: Vec<_> = lines.iter().filter(|line| line["message"] == "accounted for").collect();
    assert!(paid.iter().any(|line| line["table"] == "claim_line" && line["rows"].as_u64() > Some(0)), "{log}");
    assert!(paid.iter().all(|line| line["dollars"].as_str().unwrap().parse::<f64>().is_ok()), "{log}");
}

#[test]
fn a_refusal_in_a_json_log_is_its_last_line_with_the_exit_code() {
    let ended =
        acobench().args(["run", "--log", "json", "--extract", "nowhere", "--performance-year", "2022", "--out", "out"]).output();
    let ended = ended.unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!((ended.status.code(), &last["level"], &last["exit_code"]), (Some(3), &"ERROR".into(), &3.into()), "{log}");
}

#[test]
fn quiet_says_nothing_but_the_result() {
    let ended = acobench().args(["demo", "--quiet", "--out"]).arg(folder("quiet")).output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(log.lines().all(|line| line.contains("warn")), "{log}");
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let mut child = acobench().arg("dictionary").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn an_interrupt_stops_real_work_and_leaves_nothing_behind() {
    let home = folder("interrupted");
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir_all(&home).unwrap();
    let arguments = ["synth", "--quiet", "--beneficiaries", "5000000", "--years", "2015..2023", "--acos", "5", "--out"];
    let mut child = acobench().args(arguments).arg(home.join("extract")).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while std::fs::read_dir(&home).unwrap().count() == 0 {
        assert!(began.elapsed() < Duration::from_mins(1), "it never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    // SAFETY: the process is our child and has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let told = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "{:?}: a second is the rule, the rest is for a busy machine",
        told.elapsed()
    );
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 0, "something is left behind");
}
