//! `acobench check`: a sound extract is sound, and each thing that can go wrong is found, counted and priced.

#![allow(clippy::unwrap_used)]

use crate::extract;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type};
use arrow_array::{BooleanArray, Decimal128Array, RecordBatch, StringArray};
use extract::{copy, files, rewrite, run, text, with};
use serde_json::Value;

/// A synthetic extract of two years, made once.
pub fn sound() -> &'static Path {
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

pub fn spoilt(spoil: impl FnOnce(&Path)) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("extract");
    copy(sound(), &folder);
    spoil(&folder);
    (home, folder)
}

pub fn checked(extract: &Path) -> (Option<i32>, Value) {
    let done = run(&["check", extract.to_str().unwrap(), "--format", "json", "--quiet"]);
    let report = serde_json::from_slice(&done.stdout);
    (done.status.code(), report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr))))
}

pub fn found<'r>(report: &'r Value, table: &str, check: &str) -> Option<&'r Value> {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check && finding["table"] == table)
}

/// The finding of a spoilt extract, and the exit code.
pub fn finding(extract: &Path, table: &str, check: &str) -> (Option<i32>, Value) {
    let (code, report) = checked(extract);
    let finding = found(&report, table, check).unwrap_or_else(|| panic!("{check} is not in {}", report["findings"])).clone();
    (code, finding)
}

pub fn keep(batch: &RecordBatch, wanted: impl Fn(usize) -> bool) -> Vec<RecordBatch> {
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
