//! What a new user gets wrong is answered with what is wrong, where, and what to do next; and nothing is left behind.

#![allow(clippy::unwrap_used)] // here a panic is the message

use std::path::Path;
use std::process::{Command, Output};

fn acobench(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_acobench")).current_dir(folder).arg("--quiet").args(arguments).output().unwrap()
}

/// What is asked, the exit code, and words of the answer.
type Mistake = (&'static [&'static str], i32, &'static [&'static str]);

const MISTAKES: [Mistake; 27] = [
    (&["rum"], 2, &["rum", "'run'"]),
    (&["report", "demo", "--xslx"], 2, &["--xslx", "'--xlsx'"]),
    (
        &["run", "--extract", "nowhere", "--performance-year", "2023", "--out", "o"],
        3,
        &["extract is not there", "nowhere", "hint"],
    ),
    (&["run", "--extract", "demo", "--performance-year", "2023"], 2, &["--out <DIR>"]),
    (&["run", "--extract", "demo", "--performance-year", "23", "--out", "o"], 2, &["four digits", "2023"]),
    (&["run", "--extract", "demo", "--performance-year", "2023", "--out", "o"], 3, &["is missing", "acobench import"]),
    (&["report", "nowhere"], 3, &["no such folder", "nowhere", "acobench run --out"]),
    (&["report", "demo/benchmark.csv"], 3, &["a file", "acobench run --out"]),
    (&["report", "demo/factors"], 3, &["not a finished run", "manifest.json", "acobench run --out"]),
    (&["report", "demo", "--aco", "A101"], 2, &["no ACO A101", "did you mean A1001?", "A1003"]),
    (&["report", "demo", "--out", "."], 2, &["is a folder", "name a file in it"]),
    (&["report", "demo", "--puf", "--out", "no/such/results.csv"], 2, &["no/such is not there", "make the folder first"]),
    (&["report", "demo", "--xlsx", "--out", "demo/benchmark.csv"], 2, &["is a file", "--out DIR"]),
    (&["explain", "demo"], 2, &["--aco <ID>"]),
    (&["explain", "demo", "--aco", "a1001"], 2, &["did you mean A1001?"]),
    (&["explain", "demo", "--aco", "A1001", "--row", "updated_benchmrk"], 2, &["did you mean updated_benchmark?"]),
    (&["explain", "demo", "--aco", "A1001", "--row", "trend_by1[XYZ]"], 2, &["did you mean trend_by1?"]),
    (&["whatif", "demo", "--aco", "A1001", "--set", "qualityscore=0.9"], 2, &["did you mean quality_score?", "msr_choice"]),
    (&["whatif", "demo", "--aco", "A1001", "--set", "track=BASIC F"], 2, &["track", "level A to E", "its level here is F"]),
    (&["whatif", "demo", "--aco", "A1001", "--set", "track=ENHANCED,msr_choice=0.01"], 2, &["--set once for each key"]),
    (&["whatif", "demo", "--aco", "A1001", "--sweep", "quality_score=0-1"], 2, &["one value", "KEY=LO..HI..STEP"]),
    (&["benchmark", "--factors", "demo", "--out", "o"], 3, &["aco", "did you mean demo/factors?"]),
    (&["check", "demo"], 3, &["claim_header is missing", "acobench import"]),
    (&["import", "cclf", "demo", "--out", "o"], 3, &["claim and claim line feed", "P.A1234.ACO"]),
    (
        &["synth", "--beneficiaries", "9", "--years", "2023..2019", "--acos", "1", "--out", "o"],
        2,
        &["2023..2019", "the earlier one first"],
    ),
    (&["demo", "--out", "demo/benchmark.csv"], 2, &["did not write it", "choose another folder"]),
    (&["rules", "--track", "BASIC F"], 2, &["BASIC F"]),
];

#[test]
fn mistakes_are_answered_with_what_to_do_next() {
    let folder = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples");
    let made = acobench(folder.path(), &["demo", "--samples", samples.to_str().unwrap(), "--out", "demo"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for (arguments, code, words) in MISTAKES {
        let output = acobench(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        for word in words {
            assert!(told.contains(word), "{arguments:?} says nothing of `{word}`: {told}");
        }
        assert!(!told.contains("partial-") && !told.contains("os error"), "{arguments:?} tells of the inside: {told}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["demo"], "a mistake left something behind");
}

#[test]
fn workbooks_lie_beside_the_run_where_nothing_else_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples");
    for arguments in [&["demo", "--samples", samples.to_str().unwrap(), "--out", "demo"][..], &["report", "demo", "--xlsx"]] {
        assert!(acobench(folder.path(), arguments).status.success(), "{arguments:?}");
    }
    assert!(folder.path().join("demo.workbooks/A1001.xlsx").exists());
}
