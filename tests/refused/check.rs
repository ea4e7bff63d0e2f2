//! `acobench check`: a sound extract is sound, and each thing that can go wrong is found, counted and priced.

#![allow(clippy::unwrap_used)]

use crate::extract;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type};
use arrow_array::{Array as _, BooleanArray, Date32Array, Decimal128Array, RecordBatch, StringArray};
use extract::{copy, files, rewrite, run, text, with};
use serde_json::Value;

/// A synthetic extract of two years, made once.
fn sound() -> &'static Path {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let home = MADE.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("extract");
        let made = run(&[
            "synth",
            "--beneficiaries",
            "250",
            "--years",
            "2019..2022",
            "--acos",
            "2",
            "--seed",
            "5",
            "--quiet",
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        home
    });
    Box::leak(home.path().join("extract").into_boxed_path())
}

fn spoilt(spoil: impl FnOnce(&Path)) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("extract");
    copy(sound(), &folder);
    spoil(&folder);
    (home, folder)
}

fn checked(extract: &Path) -> (Option<i32>, Value) {
    let done = run(&["check", extract.to_str().unwrap(), "--format", "json", "--quiet"]);
    let report = serde_json::from_slice(&done.stdout);
    (done.status.code(), report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr))))
}

fn found<'r>(report: &'r Value, table: &str, check: &str) -> Option<&'r Value> {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check && finding["table"] == table)
}

/// The finding of a spoilt extract, and the exit code.
fn finding(extract: &Path, table: &str, check: &str) -> (Option<i32>, Value) {
    let (code, report) = checked(extract);
    let finding = found(&report, table, check).unwrap_or_else(|| panic!("{check} is not in {}", report["findings"])).clone();
    (code, finding)
}

fn keep(batch: &RecordBatch, wanted: impl Fn(usize) -> bool) -> Vec<RecordBatch> {
    let mask: BooleanArray = (0..batch.num_rows()).map(|row| Some(wanted(row))).collect();
    let kept: Vec<usize> = (0..batch.num_rows()).filter(|row| mask.value(*row)).collect();
    // Rows that stay next to each other are kept together.
    let runs = kept.chunk_by(|one, next| one + 1 == *next);
    let slices: Vec<RecordBatch> = runs.map(|run| batch.slice(run[0], run.len())).collect();
    if slices.is_empty() { vec![batch.slice(0, 0)] } else { slices }
}

#[test]
fn a_sound_extract_has_no_error_and_its_totals_are_those_of_its_columns() {
    let (code, report) = checked(sound());
    assert_eq!(code, Some(0), "{}", report["findings"]);
    assert_eq!(report["errors"], 0);
    let mut cents = 0_i128;
    let mut rows = 0;
    for path in files(sound(), "claim_line") {
        rewrite_nothing(&path, |batch| {
            let paid = batch.column_by_name("payment_amt").unwrap().as_primitive::<Decimal128Type>();
            cents += paid.iter().flatten().sum::<i128>();
            rows += batch.num_rows();
        });
    }
    let table = report["tables"].as_array().unwrap().iter().find(|table| table["table"] == "claim_line").unwrap();
    assert_eq!(table["rows"], rows);
    assert_eq!(table["dollars"], format!("{}.{:02}", cents / 100, cents % 100));
    let months: i64 = report["months"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|month| month["table"] == "claim_line")
        .map(|month| month["rows"].as_i64().unwrap())
        .sum();
    let outside = found(&report, "claim_line", "outside_years").map_or(0, |finding| finding["count"].as_i64().unwrap());
    assert_eq!(months + outside, rows as i64);
}

fn rewrite_nothing(path: &Path, mut look: impl FnMut(&RecordBatch)) {
    let file = std::fs::File::open(path).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.for_each(|batch| look(&batch.unwrap()));
}

#[test]
fn a_missing_month_stands_out() {
    // June 2022, in days since 1970-01-01.
    let june = 19_144..19_174;
    let (_home, folder) = spoilt(|folder| {
        for path in files(folder, "claim_line") {
            rewrite(&path, |batch| {
                let days = batch.column_by_name("last_date").unwrap().as_primitive::<Date32Type>();
                keep(batch, |row| !june.contains(&days.value(row)))
            });
        }
    });
    let (code, finding) = finding(&folder, "claim_line", "missing_month");
    assert_eq!((code, &finding["severity"]), (Some(1), &Value::from("error")));
    assert!(finding["detail"].as_str().unwrap().contains("carrier 2022-06 (0 rows"), "{finding}");
    assert!(finding["dollars"].as_str().unwrap().parse::<f64>().unwrap() > 1_000.0, "{finding}");
    assert!(finding["effect"].as_str().unwrap().contains("too low"), "{finding}");
}

#[test]
fn a_file_loaded_twice_is_found_to_the_row_and_the_cent() {
    let (mut rows, mut cents) = (0, 0_i128);
    let (_home, folder) = spoilt(|folder| {
        let first = files(folder, "claim_line").remove(0);
        std::fs::copy(&first, first.with_file_name("again.parquet")).unwrap();
        rewrite_nothing(&first, |batch| {
            rows += batch.num_rows() as u64;
            cents += batch.column_by_name("payment_amt").unwrap().as_primitive::<Decimal128Type>().iter().flatten().sum::<i128>();
        });
    });
    let (code, finding) = finding(&folder, "claim_line", "duplicate_claims");
    assert_eq!((code, finding["count"].as_u64()), (Some(1), Some(rows)));
    assert_eq!(finding["dollars"], format!("{}.{:02}", cents / 100, cents % 100));
}

#[test]
fn a_part_of_the_claims_is_looked_at_where_memory_is_short() {
    let (_home, folder) = spoilt(|folder| {
        let first = files(folder, "claim_line").remove(0);
        std::fs::copy(&first, first.with_file_name("again.parquet")).unwrap();
    });
    let all = run(&["check", folder.to_str().unwrap(), "--format", "json", "--quiet"]);
    let all: Value = serde_json::from_slice(&all.stdout).unwrap();
    let count = |report: &Value| found(report, "claim_line", "duplicate_claims").unwrap()["count"].as_u64().unwrap();
    assert!(count(&all) > 1_000);
    // The least memory that can be asked for holds all keys of so small an extract.
    let small = run(&["check", folder.to_str().unwrap(), "--format", "json", "--quiet", "--memory", "1MiB"]);
    let small: Value = serde_json::from_slice(&small.stdout).unwrap();
    assert!(count(&small) <= count(&all));
}

#[test]
fn codes_that_lost_their_zeros_are_counted_and_priced() {
    let (_home, folder) = spoilt(|folder| {
        for path in files(folder, "claim_line") {
            rewrite(&path, |batch| {
                let cut: StringArray = text(batch, "tin").iter().map(|tin| tin.map(|tin| tin[1..].to_string())).collect();
                vec![with(batch, "tin", Arc::new(cut))]
            });
        }
    });
    let (code, finding) = finding(&folder, "claim_line", "tin_shape");
    assert_eq!((code, &finding["column"]), (Some(1), &Value::from("tin")));
    assert_eq!(finding["count"], finding["of"]);
    let (_, report) = checked(&folder);
    assert_eq!(found(&report, "participant", "participants_not_billed").unwrap()["severity"], "error");
}

#[test]
fn claims_of_strangers_orphan_lines_and_sizes_are_told() {
    let (_home, folder) = spoilt(|folder| {
        for path in files(folder, "beneficiary_year") {
            rewrite(&path, |batch| keep(batch, |row| row % 4 != 0));
        }
        for path in files(folder, "claim_header") {
            rewrite(&path, |batch| keep(batch, |row| row % 2 == 0));
        }
        let left = Cell::new(1);
        for path in files(folder, "claim_line") {
            rewrite(&path, |batch| {
                let paid = batch.column_by_name("payment_amt").unwrap().as_primitive::<Decimal128Type>();
                let cells =
                    (0..paid.len()).map(|row| if row == 7 && left.replace(0) == 1 { 9_900_000_000 } else { paid.value(row) });
                let cells = Decimal128Array::from_iter_values(cells).with_precision_and_scale(12, 2).unwrap();
                vec![with(batch, "payment_amt", Arc::new(cells))]
            });
        }
    });
    let (_, whole) = checked(sound());
    assert!(found(&whole, "claim_line", "orphan_lines").is_none(), "lines of refused claims assign nobody");
    let (code, report) = checked(&folder);
    assert_eq!(code, Some(1));
    for (table, check) in
        [("claim_line", "not_counted_month"), ("claim_line", "orphan_lines"), ("claim_header", "unknown_beneficiary")]
    {
        assert!(found(&report, table, check).is_some(), "{check}: {}", report["findings"]);
    }
    let outliers = found(&report, "claim_line", "payment_outliers").unwrap();
    assert_eq!((&outliers["count"], &outliers["dollars"]), (&Value::from(1), &Value::from("99000000.00")));
}

#[test]
fn the_page_needs_nothing_else_and_the_terminal_tells_the_same() {
    let home = tempfile::tempdir().unwrap();
    let page = home.path().join("check.html");
    let done = run(&["check", sound().to_str().unwrap(), "--format", "html", "--quiet", "--out", page.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0));
    let page = std::fs::read_to_string(page).unwrap();
    for outside in ["http:", "https:", "src=", "url(", "<script", "<link"] {
        assert!(!page.contains(outside), "the page asks for {outside}");
    }
    for inside in ["<svg", "prefers-color-scheme:dark", "@media print", "Findings"] {
        assert!(page.contains(inside), "the page lacks {inside}");
    }
    let told = String::from_utf8(run(&["check", sound().to_str().unwrap(), "--quiet"]).stdout).unwrap();
    assert!(told.contains("carrier           71  2022  "), "{told}");
}

#[test]
fn no_identifier_is_in_any_report() {
    let (_home, folder) = spoilt(|folder| {
        for path in files(folder, "beneficiary_year") {
            rewrite(&path, |batch| keep(batch, |row| row % 4 != 0));
        }
    });
    let mut ids = Vec::new();
    rewrite_nothing(&files(sound(), "claim_line")[0], |batch| {
        ids.extend(text(batch, "bene_id").iter().flatten().take(50).map(str::to_string));
        ids.extend(text(batch, "claim_id").iter().flatten().take(50).map(str::to_string));
    });
    for format in ["text", "json", "html"] {
        let told = run(&["check", folder.to_str().unwrap(), "--format", format, "--quiet"]);
        let told = String::from_utf8(told.stdout).unwrap();
        assert!(!ids.iter().any(|id| told.contains(id.as_str())), "{format}");
    }
}

#[test]
fn the_same_extract_gives_the_same_words_with_any_number_of_threads() {
    let told =
        |threads: &str| run(&["check", sound().to_str().unwrap(), "--format", "json", "--quiet", "--threads", threads]).stdout;
    assert_eq!(told("1"), told("3"));
}

#[test]
fn a_folder_that_is_no_extract_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let done = run(&["check", home.path().to_str().unwrap(), "--quiet"]);
    assert_eq!(done.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&done.stderr).contains("table claim_line is missing"));
}

#[test]
fn a_delivery_without_its_lists_is_looked_at_all_the_same() {
    let (_home, folder) = spoilt(|folder| {
        for table in ["participant", "agreement"] {
            for file in files(folder, table) {
                std::fs::remove_file(&file).unwrap();
                std::fs::remove_dir(folder.join(table)).unwrap_or_default();
            }
        }
    });
    let (code, report) = checked(&folder);
    assert_eq!(code, Some(0), "{}", report["findings"]);
    let (_, whole) = checked(sound());
    for table in ["participant", "agreement"] {
        assert_eq!(found(&report, table, "list_missing").unwrap()["severity"], "warning");
        assert!(found(&whole, table, "list_missing").is_none());
    }
    assert_eq!(report["months"], whole["months"]);
}

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
fn change(folder: &Path, table: &str, column: &str, other: impl Fn(&str) -> String) {
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
    let cases: [Case; 5] = [
        ("claim_line", "tin", "tin_shape", |cell| cell[1..].into()),
        ("claim_line", "hcpcs", "hcpcs_shape", |cell| format!("{cell}0")),
        ("claim_line", "specialty", "specialty_shape", |cell| cell[1..].into()),
        ("claim_header", "ccn", "ccn_shape", |cell| cell[1..].into()),
        ("claim_header", "facility_type", "bill_type", |_| "0".into()),
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
