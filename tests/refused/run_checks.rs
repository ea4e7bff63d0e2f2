//! What a run looks at beside what it needs: as `acobench check` tells it, refused or noted, whatever is reused.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type};
use arrow_array::{Array as _, Date32Array, StringArray};
use serde_json::Value;

use crate::check::{finding, keep, sound, spoilt};
use crate::extract::{files, rewrite, run, text, with};

#[test]
fn a_run_on_claims_without_a_month_is_refused_unless_it_is_allowed() {
    let june = 19_144..19_174;
    let (home, folder) = spoilt(|folder| {
        for path in files(folder, "claim_line") {
            rewrite(&path, |batch| {
                let days = batch.column_by_name("last_date").unwrap().as_primitive::<Date32Type>();
                keep(batch, |row| !june.contains(&days.value(row)))
            });
        }
    });
    let out = home.path().join("run");
    let base = ["run", "--extract", folder.to_str().unwrap(), "--performance-year", "2022", "--quiet", "--out"];
    let mut asked = base.to_vec();
    asked.push(out.to_str().unwrap());
    let refused = run(&asked);
    let told = String::from_utf8_lossy(&refused.stderr).to_string();
    assert_eq!(refused.status.code(), Some(3), "{told}");
    assert!(told.contains("carrier 2022-06 (0 rows") && told.contains("--allow-findings"), "{told}");
    assert!(!out.exists());
    asked.push("--allow-findings");
    let done = run(&asked);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest["notes"].as_array().unwrap().iter().any(|note| note.as_str().unwrap().contains("2022-06")), "{manifest}");
}

/// What a run on an extract says on its way out with code 3, and the notes of its manifest when findings are allowed.
fn run_on(home: &Path, extract: &Path) -> (String, Vec<String>) {
    let out = home.join("run");
    let mut asked = vec![
        "run",
        "--extract",
        extract.to_str().unwrap(),
        "--performance-year",
        "2022",
        "--until",
        "aggregates",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ];
    let refused = run(&asked);
    let told = String::from_utf8_lossy(&refused.stderr).to_string();
    assert_eq!(refused.status.code(), Some(3), "{told}");
    assert!(told.contains("--allow-findings") && !out.exists(), "{told}");
    asked.push("--allow-findings");
    let done = run(&asked);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let notes = manifest["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_string());
    (told, notes.collect())
}

/// A column of every file of a table, with every cell but null changed.
pub fn change(folder: &Path, table: &str, column: &str, other: impl Fn(&str) -> String) {
    for path in files(folder, table) {
        rewrite(&path, |batch| {
            let cells: StringArray = text(batch, column).iter().map(|cell| cell.map(&other)).collect();
            vec![with(batch, column, Arc::new(cells))]
        });
    }
}

#[test]
fn a_run_counts_the_codes_that_cannot_be_as_check_does() {
    type Case = (&'static str, &'static str, &'static str, fn(&str) -> String);
    let cases: [Case; 6] = [
        ("claim_line", "tin", "tin_shape", |cell| cell[1..].into()),
        ("claim_line", "hcpcs", "hcpcs_shape", |cell| format!("{cell}0")),
        ("claim_line", "specialty", "specialty_shape", |cell| cell[1..].into()),
        ("claim_header", "ccn", "ccn_shape", |cell| cell[1..].into()),
        ("claim_header", "facility_type", "bill_type", |_| "0".into()),
        ("claim_header", "facility_type", "bill_type", |cell| format!("{cell}3")),
    ];
    for (table, column, check, other) in cases {
        let (home, folder) = spoilt(|folder| change(folder, table, column, other));
        let (_, finding) = finding(&folder, table, check);
        assert_eq!(finding["severity"], "error", "{finding}");
        let (refusal, notes) = run_on(home.path(), &folder);
        let number = |name: &str| finding[name].as_u64().unwrap();
        let ungrouped = |text: &str| text.replace(',', "");
        let counted = format!("{table}.{column}: {} of {} ", number("count"), number("of"));
        assert!(ungrouped(&refusal).contains(&counted), "{counted}: {refusal}");
        assert!(notes.iter().any(|note| ungrouped(note).contains(&counted)), "{counted}: {notes:?}");
    }
}

#[test]
fn what_a_choice_puts_in_a_cell_is_no_fault_of_the_claims() {
    let home = tempfile::tempdir().unwrap();
    for choice in ["facility_type_denial=with_reason", "undated_claim=late", "facility_charge=payment"] {
        for look in ["passing", "everything"] {
            let out = home.path().join(format!("{choice} {look}"));
            let (code, told, notes, _) = looking(sound(), &out, &["--choose", choice, "--check", look]);
            assert_eq!(code, Some(0), "{choice}: {told}");
            assert!(!notes.iter().any(|note| note.contains("claim_header.facility_type")), "{choice}: {notes:?}");
        }
    }
}

#[test]
fn a_run_on_days_that_contradict_each_other_is_refused_as_check_refuses_them() {
    for (column, by, check) in [("from_date", 400, "from_after_thru"), ("processed_date", -400, "processed_before_service")] {
        let (home, folder) = spoilt(|folder| {
            for path in files(folder, "claim_header") {
                rewrite(&path, |batch| {
                    let days = batch.column_by_name(column).unwrap().as_primitive::<Date32Type>();
                    let moved = days.unary::<_, Date32Type>(|day| day + by);
                    vec![with(batch, column, Arc::new(moved))]
                });
            }
        });
        let (_, finding) = finding(&folder, "claim_header", check);
        let (refusal, _) = run_on(home.path(), &folder);
        let counted = format!("claim_header.{column}: {} of {} ", finding["count"], finding["of"]);
        assert!(refusal.replace(',', "").contains(&counted), "{counted}: {refusal}");
    }
}

/// A column of whole numbers of every file of a table, changed.
fn change_decimals(folder: &Path, table: &str, column: &str, other: impl Fn(i128) -> i128) {
    for path in files(folder, table) {
        rewrite(&path, |batch| {
            let cells = batch.column_by_name(column).unwrap().as_primitive::<Decimal128Type>();
            let changed = cells.unary::<_, Decimal128Type>(&other).with_data_type(cells.data_type().clone());
            vec![with(batch, column, Arc::new(changed))]
        });
    }
}

/// Everybody dies on a day, in days since 1970-01-01.
fn die(folder: &Path, day: i32) {
    for path in files(folder, "beneficiary_year") {
        rewrite(&path, |batch| {
            let deaths = Date32Array::from_iter_values(std::iter::repeat_n(day, batch.num_rows()));
            vec![with(batch, "death_date", Arc::new(deaths))]
        });
    }
}

#[test]
fn a_run_tells_of_people_what_check_tells() {
    type Case = (&'static str, &'static str, fn(&Path));
    let cases: [Case; 6] = [
        ("beneficiary_year", "county", |folder| change(folder, "beneficiary_year", "county", |cell| cell[1..].into())),
        ("beneficiary_year", "enrolled_after_death", |folder| die(folder, 19_000)),
        ("claim_line", "after_death", |folder| die(folder, 19_000)),
        ("beneficiary_year", "enrollment_gaps", |folder| {
            change(folder, "beneficiary_year", "status", |cell| format!("{}000{}", &cell[..4], &cell[7..]));
        }),
        ("risk_score", "no_risk_score", |folder| {
            for path in files(folder, "risk_score") {
                rewrite(&path, |batch| keep(batch, |row| row % 4 == 0));
            }
        }),
        ("risk_score", "risk_score_range", |folder| change_decimals(folder, "risk_score", "score_agnd", |score| score * 100)),
    ];
    for (table, check, spoil) in cases {
        let (home, folder) = spoilt(spoil);
        let (_, finding) = finding(&folder, table, check);
        assert_eq!(finding["severity"], "error", "{finding}");
        let (refusal, notes) = run_on(home.path(), &folder);
        let (column, number) = (finding["column"].as_str().unwrap(), |name: &str| finding[name].as_u64().unwrap());
        let counted = format!("{table}.{column}: {} of {} ", number("count"), number("of"));
        assert!(refusal.replace(',', "").contains(&counted), "{counted}: {refusal}");
        assert!(notes.iter().any(|note| note.replace(',', "").contains(&counted)), "{counted}: {notes:?}");
        // The same whatever is reused.
        let said = [1, 2].map(|_| run_keeping(home.path(), &folder));
        assert!(said.iter().all(|said| said.iter().any(|note| note.replace(',', "").contains(&counted))), "{counted}: {said:?}");
    }
}

/// The notes of a run with a work folder.
fn run_keeping(home: &Path, extract: &Path) -> Vec<String> {
    let (work, out) = (home.join("work"), home.join("kept"));
    let (extract, work, told) = (extract.to_str().unwrap(), work.to_str().unwrap(), out.to_str().unwrap());
    let asked =
        ["run", "--extract", extract, "--performance-year", "2022", "--until", "aggregates", "--allow-findings", "--quiet"];
    let done = run(&[&asked[..], &["--work", work, "--out", told]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    manifest["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_string()).collect()
}

#[test]
fn a_run_on_files_that_hold_the_same_rows_is_refused() {
    let (home, folder) = spoilt(|folder| {
        let first = files(folder, "claim_line").remove(0);
        std::fs::copy(&first, first.with_file_name("again.parquet")).unwrap();
    });
    let (refusal, notes) = run_on(home.path(), &folder);
    assert!(refusal.contains("repeat a claim") && refusal.contains("as again.parquet"), "{refusal}");
    assert!(notes.iter().any(|note| note.contains("as again.parquet")), "{notes:?}");
}

#[test]
fn a_run_tells_of_participants_that_bill_nothing_whatever_is_reused() {
    let (home, folder) = spoilt(|folder| change(folder, "participant", "tin", |tin| tin.chars().rev().collect()));
    let (_, finding) = finding(&folder, "participant", "participants_not_billed");
    let work = home.path().join("work");
    let mut said = Vec::new();
    for turn in 0..3 {
        let out = home.path().join(format!("run{turn}"));
        let done = run(&[
            "run",
            "--extract",
            folder.to_str().unwrap(),
            "--performance-year",
            "2022",
            "--allow-findings",
            "--quiet",
            "--work",
            work.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
        let notes = manifest["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_string());
        said.push(notes.filter(|note| note.contains("bill nothing")).collect::<Vec<_>>());
        // Next, facts are put together from what each file contributed; then, sums are reused.
        let facts =
            |path: &Path| ["facts", "sums"].iter().any(|stage| path.file_name().unwrap().to_str().unwrap().starts_with(stage));
        let made: Vec<PathBuf> =
            std::fs::read_dir(&work).unwrap().map(|entry| entry.unwrap().path()).filter(|path| facts(path)).collect();
        assert_eq!(made.len(), 2, "{made:?}");
        if turn == 0 {
            for path in &made {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
    assert!(said[0].len() == 1 && said.iter().all(|notes| *notes == said[0]), "{said:?}");
    let severity = finding["severity"].as_str().unwrap();
    assert!(said[0][0].starts_with("error") == (severity == "error"), "{said:?} {finding}");
}

/// A run to the sums with findings allowed: its exit code, what it says, and its notes and outputs where it ends well.
pub fn looking(extract: &Path, out: &Path, more: &[&str]) -> (Option<i32>, String, Vec<String>, Value) {
    let base = ["run", "--extract", extract.to_str().unwrap(), "--performance-year", "2022", "--until", "aggregates"];
    let done = run(&[&base[..], &["--quiet", "--out", out.to_str().unwrap()], more].concat());
    let told = String::from_utf8_lossy(&done.stderr).to_string();
    let manifest = std::fs::read(out.join("manifest.json")).unwrap_or_default();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let notes = manifest["notes"].as_array().cloned().unwrap_or_default();
    let notes = notes.iter().map(|note| note.as_str().unwrap().to_string()).collect();
    (done.status.code(), told, notes, manifest["outputs"].clone())
}

#[test]
fn a_run_that_looks_at_nothing_comes_to_the_same_and_hides_nothing_from_one_that_looks() {
    let (home, folder) = spoilt(|folder| {
        change(folder, "claim_line", "hcpcs", |cell| format!("{cell}0"));
        die(folder, 19_000);
    });
    let work = home.path().join("work");
    let keeping = ["--work", work.to_str().unwrap()];
    let allowed = ["--allow-findings"];
    let (code, told, blind, outputs) =
        looking(&folder, &home.path().join("blind"), &[&keeping[..], &["--check", "nothing"]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert!(!blind.iter().any(|note| note.contains("hcpcs") || note.contains("death")), "{blind:?}");
    // What the blind run kept does not stand for what another would have seen.
    let (_, _, sees, same) = looking(&folder, &home.path().join("sees"), &[&keeping[..], &allowed].concat());
    assert!(
        ["claim_line.hcpcs", "claim_line.last_date"].iter().all(|what| sees.iter().any(|note| note.contains(what))),
        "{sees:?}"
    );
    assert_eq!(outputs, same);
    let (_, _, blind_again, _) = looking(&folder, &home.path().join("again"), &[&keeping[..], &["--check", "nothing"]].concat());
    assert_eq!(blind_again, blind);
}
