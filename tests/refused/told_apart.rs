//! `run --check everything`: claims and lines told apart in the run's own pass, as `acobench check` tells them, however the run
//! goes about its claims.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Date32Type;
use serde_json::Value;

use crate::check::{checked, found, keep, sound, spoilt};
use crate::extract::{files, rewrite, with};
use crate::run_checks::{change, looking};

/// Counts of a finding as they stand in words.
fn counted(finding: &Value) -> String {
    format!("{}.claim_id: {} of {} ", finding["table"].as_str().unwrap(), finding["count"], finding["of"])
}

/// A file more of a table, with some rows of the first.
fn repeat(folder: &Path, table: &str, some: impl Fn(usize) -> bool) -> PathBuf {
    let first = files(folder, table).remove(0);
    let again = first.with_file_name("zz_again.parquet");
    std::fs::copy(first, &again).unwrap();
    rewrite(&again, |batch| keep(batch, &some));
    again
}

/// An extract with claims and lines twice, in two files, and lines without their claim.
fn twice() -> (tempfile::TempDir, PathBuf) {
    spoilt(|folder| {
        for path in files(folder, "claim_header") {
            rewrite(&path, |batch| keep(batch, |row| row % 3 != 0));
        }
        repeat(folder, "claim_header", |row| row % 7 == 0);
        repeat(folder, "claim_line", |row| row % 11 == 0);
    })
}

/// What `check` finds by keys: claims twice, lines twice, lines without their claim.
fn by_keys(report: &Value) -> Vec<String> {
    let all = [("claim_header", "duplicate_claims"), ("claim_line", "duplicate_claims"), ("claim_line", "orphan_lines")];
    all.into_iter().map(|(table, check)| counted(found(report, table, check).unwrap())).collect()
}

/// Notes that hold a count of claims.
fn of_claims(notes: &[String]) -> Vec<String> {
    notes.iter().filter(|note| note.contains(".claim_id: ")).map(|note| note.replace(',', "")).collect()
}

const EVERYTHING: [&str; 3] = ["--check", "everything", "--allow-findings"];

#[test]
fn a_run_that_looks_at_everything_tells_what_check_tells_and_keeps_it() {
    let (home, folder) = spoilt(|folder| {
        let lines = files(folder, "claim_line");
        // Every third line twice, in a row group of its own: no two files or row groups are the same.
        rewrite(&lines[0], |batch| {
            let again = keep(batch, |row| row % 3 == 0);
            [vec![batch.clone()], again].concat()
        });
        for path in files(folder, "claim_header") {
            rewrite(&path, |batch| keep(batch, |row| row % 2 == 0));
        }
    });
    let (_, report) = checked(&folder);
    let work = home.path().join("work");
    let everything = ["--check", "everything", "--work", work.to_str().unwrap()];
    let (passing, told, ..) = looking(&folder, &home.path().join("passing"), &[]);
    let alone = [("claim_line", "duplicate_claims"), ("claim_line", "orphan_lines")];
    for (table, check) in alone {
        let finding = found(&report, table, check).unwrap();
        let counted = format!("{} of {}", finding["count"], finding["of"]);
        assert!(!told.replace(',', "").contains(&counted), "{passing:?} {told}");
    }
    let (code, told, ..) = looking(&folder, &home.path().join("run"), &everything);
    assert_eq!(code, Some(3), "{told}");
    assert!(!home.path().join("run").exists());
    let mut said = Vec::new();
    for turn in 0..2 {
        let out = home.path().join(format!("run{turn}"));
        let (code, told, notes, _) = looking(&folder, &out, &[&everything[..], &["--allow-findings"]].concat());
        assert_eq!(code, Some(0), "{told}");
        let all = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
        for finding in all {
            let counted = format!("{} of {}", finding["count"], finding["of"]);
            assert!(notes.iter().any(|note| note.replace(',', "").contains(&counted)), "{finding} {notes:?}");
        }
        for (table, check) in alone {
            let finding = found(&report, table, check).unwrap();
            let counted = format!("{} of {}", finding["count"], finding["of"]);
            assert!(notes.iter().any(|note| note.replace(',', "").contains(&counted)), "{finding} {notes:?}");
        }
        said.push(notes);
    }
    assert_eq!(said[0], said[1]);
    let kept: Vec<String> =
        std::fs::read_dir(&work).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!kept.iter().any(|name| name.starts_with("check")), "{kept:?}");
    let (code, told, notes, _) = looking(sound(), &home.path().join("sound"), &["--check", "everything"]);
    assert_eq!(code, Some(0), "{told} {notes:?}");
}

/// Claims and lines that a run tells otherwise in passing, or not at all.
fn otherwise() -> (tempfile::TempDir, PathBuf) {
    spoilt(|folder| {
        for path in files(folder, "beneficiary_year") {
            rewrite(&path, |batch| keep(batch, |row| row % 4 != 0));
        }
        change(folder, "beneficiary_year", "status", |cell| format!("{}0000000{}", &cell[..3], &cell[10..]));
        change(folder, "claim_header", "service_classification", |_| "0".into());
        change(folder, "claim_line", "ccn", |cell| cell[1..].into());
        for path in files(folder, "claim_line") {
            rewrite(&path, |batch| {
                let days = batch.column_by_name("first_date").unwrap().as_primitive::<Date32Type>();
                vec![with(batch, "first_date", Arc::new(days.unary::<_, Date32Type>(|day| day + 400)))]
            });
        }
    })
}

/// Everything that is worth a word is what `check` finds, word for word, whatever it is about.
fn the_same_words_as_check((home, folder): (tempfile::TempDir, PathBuf), expected: &[(&str, &str)]) {
    let (_, report) = checked(&folder);
    let more = [&EVERYTHING[..], &["--max-quarantined", "1"]].concat();
    let (code, told, notes, _) = looking(&folder, &home.path().join("run"), &more);
    assert_eq!(code, Some(0), "{told}");
    let all = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] != "note");
    // Scores of nobody are a note of every run, in its own words.
    let all =
        all.filter(|finding| (&finding["severity"], &finding["check"]) != (&"warning".into(), &"risk_score_unknown".into()));
    let all: Vec<&Value> = all.collect();
    for (table, check) in expected {
        assert!(all.iter().any(|finding| finding["table"] == *table && finding["check"] == *check), "{table} {check}: {all:?}");
    }
    for finding in all {
        let (what, effect) = (finding["what"].as_str().unwrap(), finding["effect"].as_str().unwrap());
        let counts = format!("{} of {} ", finding["count"], finding["of"]);
        let same = |note: &&String| {
            let bare = note.replace(',', "");
            note.contains(what) && note.contains(effect) && (bare.contains(&counts) || finding["count"] == finding["of"])
        };
        assert_eq!(notes.iter().filter(same).count(), 1, "{finding} {notes:#?}");
    }
}

#[test]
fn the_words_of_a_run_that_looks_at_everything_are_those_of_check() {
    let repeated = [("claim_header", "duplicate_claims"), ("claim_line", "duplicate_claims"), ("claim_line", "orphan_lines")];
    the_same_words_as_check(twice(), &repeated);
    let otherwise_told = [
        ("claim_header", "unknown_beneficiary"),
        ("claim_line", "unknown_beneficiary"),
        ("claim_header", "not_counted_month"),
        ("claim_line", "not_counted_month"),
        ("claim_header", "bill_type"),
        ("claim_line", "ccn_shape"),
        ("claim_line", "from_after_thru"),
    ];
    the_same_words_as_check(otherwise(), &otherwise_told);
}

#[test]
fn claims_twice_in_two_files_are_found_by_any_number_of_threads_and_where_memory_is_short() {
    let (home, folder) = twice();
    let expected = by_keys(&checked(&folder).1);
    let refused = looking(&folder, &home.path().join("none"), &["--check", "everything", "--memory", "1MiB", "--threads", "2"]);
    let (code, told, ..) = refused;
    assert_eq!(code, Some(2), "{told}");
    let (_, after) = told.split_once("the run needs about ").unwrap();
    let least = format!("{}MiB", after.split_once(" MiB").unwrap().0);
    let (_, _, _, outputs) = looking(&folder, &home.path().join("blind"), &["--check", "nothing"]);
    let ways: [&[&str]; 4] =
        [&["--threads", "1"], &["--threads", "2"], &["--threads", "2", "--memory", &least], &["--io", "read", "--seed", "0"]];
    let mut said = Vec::new();
    for (turn, way) in ways.into_iter().enumerate() {
        let (code, told, notes, same) = looking(&folder, &home.path().join(turn.to_string()), &[&EVERYTHING[..], way].concat());
        assert_eq!(code, Some(0), "{told}");
        let notes = of_claims(&notes);
        for counts in &expected {
            assert_eq!(notes.iter().filter(|note| note.contains(counts)).count(), 1, "{counts}: {notes:?}");
        }
        assert_eq!(same, outputs, "{way:?}");
        said.push(notes);
    }
    assert!(said.iter().all(|notes| *notes == said[0] && notes.len() == expected.len()), "{said:?}");
    let (code, told, ..) = looking(&folder, &home.path().join("refused"), &["--check", "everything"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(expected.iter().all(|counts| told.replace(',', "").contains(counts)), "{expected:?} {told}");
    assert!(!home.path().join("refused").exists());
}

/// What a run reused, by stage.
fn reused(out: &Path) -> Value {
    let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    manifest["reused"].clone()
}

/// Removes what is kept of a stage.
fn remove(work: &Path, prefix: &str) {
    for entry in std::fs::read_dir(work).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
}

#[test]
fn claims_twice_in_a_file_that_was_kept_and_one_that_changed_are_found() {
    let (home, folder) = twice();
    let work = home.path().join("work");
    let keeping = [&EVERYTHING[..], &["--work", work.to_str().unwrap()]].concat();
    let look = |name: &str, more: &[&str]| {
        let out = home.path().join(name);
        let (code, told, notes, outputs) = looking(&folder, &out, more);
        assert_eq!(code, Some(0), "{told}");
        (of_claims(&notes), outputs, reused(&out))
    };
    let expected = by_keys(&checked(&folder).1);
    let (cold, outputs, _) = look("cold", &keeping);
    assert!(expected.iter().all(|counts| cold.iter().any(|note| note.contains(counts))), "{expected:?} {cold:?}");
    // What others kept does not stand for it, and what it kept not for others.
    let (passing, same, how) = look("passing", &["--allow-findings", "--work", work.to_str().unwrap()]);
    assert!(passing.is_empty() && same == outputs, "{passing:?}");
    assert_eq!(how["claim_line"], "redone: every file is read", "{how}");
    // Sums are reused; without them facts; without those what each file contributed.
    for (stage, lost) in [("sums", "none"), ("facts", "sums-"), ("claim_line", "facts-")] {
        for stage in [lost, if stage == "claim_line" { "sums-" } else { lost }] {
            remove(&work, stage);
        }
        let (warm, same, how) = look(stage, &keeping);
        assert_eq!((&warm, &same), (&cold, &outputs), "{stage}");
        assert_eq!(how[stage], "reused", "{how}");
    }
    // The second file of each table changes: the first, which holds the other of each pair, is not read again.
    repeat(&folder, "claim_line", |row| row % 13 == 5);
    repeat(&folder, "claim_header", |row| row % 5 == 0);
    let changed = by_keys(&checked(&folder).1);
    assert!(changed.iter().zip(&expected).all(|(now, before)| now != before), "{changed:?} {expected:?}");
    let (warm, outputs, how) = look("changed", &keeping);
    for table in ["claim_header", "claim_line"] {
        let told = how[table].as_str().unwrap();
        assert!(told.starts_with("redone: of ") && told.contains("zz_again.parquet is read"), "{how}");
    }
    assert!(changed.iter().all(|counts| warm.iter().any(|note| note.contains(counts))), "{changed:?} {warm:?}");
    let (anew, same, _) = look("anew", &EVERYTHING);
    assert_eq!((anew, same), (warm, outputs));
}
