//! Factor tables that are refused: exit 3, every fault of a file at once with table, column and key, earlier output untouched.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

use crate::exact;

use std::path::Path;
use std::process::{Command, Output};

fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(exact::example(name)).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_owned();
        if file != "expected.csv" {
            std::fs::copy(&path, folder.path().join(file)).unwrap();
        }
    }
    folder
}

fn edit(folder: &Path, table: &str, from: &str, to: &str) {
    let path = folder.join(format!("{table}.csv"));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{table} has no {from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn benchmark(factors: &Path, out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_acobench"))
        .args(["--quiet", "benchmark", "--factors"])
        .arg(factors)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

#[test]
fn each_fault_is_refused_by_name_and_earlier_output_stays() {
    type Case = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);
    let cases: [Case; 8] = [
        (
            "section_652",
            "aco_year",
            "D1,BY2,DIS,880,11400,0.99,\n",
            "",
            &["table: aco_year", "key: D1 BY2 DIS", "a row is missing"],
        ),
        (
            "section_652",
            "aco_year",
            "D1,BY2,DIS,880,",
            "D1,BY2,DIS,-880,",
            &["table: aco_year", "column: person_years", "key: D1 BY2 DIS", "negative"],
        ),
        ("section_652", "aco", ",0.14,", ",1.14,", &["table: aco", "column: dual_share_by3", "key: D1 2025", "share above 1"]),
        ("section_652", "aco", "BASIC,B", "3,", &["table: aco", "column: track", "key: D1 2025", "did not exist in 2025"]),
        (
            "section_652",
            "aco",
            "2024-01-01",
            "2021-01-01",
            &[
                "table: aco",
                "column: agreement_start",
                "key: D1 2025",
                "no benchmark regime covers agreement number 1 started on 2021-01-01",
            ],
        ),
        ("section_652", "aco", "2024-01-01", "2023-07-01", &["D1 2025", "started on 2023-07-01"]),
        ("section_652", "acpt", "2024-01-01,2025,AGDU,1.055\n", "", &["table: acpt", "column: growth", "2024-01-01 2025 AGDU"]),
        (
            "section_652",
            "national",
            "2022,assignable,ESRD,80000,\n",
            "",
            &["table: national", "2022 assignable ESRD", "per_capita_expenditure"],
        ),
    ];
    for (name, table, from, to, words) in cases {
        let factors = copy(name);
        let out = tempfile::tempdir().unwrap();
        let target = out.path().join("settled");
        assert!(benchmark(factors.path(), &target).status.success());
        let before = std::fs::read(target.join("settlement.csv")).unwrap();
        edit(factors.path(), table, from, to);
        let refused = benchmark(factors.path(), &target);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(3), "{told}");
        for word in words.iter().chain(&["hint:"]) {
            assert!(told.contains(word), "no `{word}` in {told}");
        }
        assert_eq!(std::fs::read(target.join("settlement.csv")).unwrap(), before);
    }
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let factors = copy("section_652");
    edit(factors.path(), "aco_year", "D1,BY2,DIS,880,", "D1,BY2,DIS,-880,");
    edit(factors.path(), "aco_year", "D2,BY1,ESRD,80,", "D2,BY1,ESRD,eighty,");
    edit(factors.path(), "aco_year", "D3,PY,AGND", "D3,PY,AGNX");
    let out = tempfile::tempdir().unwrap();
    let told = String::from_utf8(benchmark(factors.path(), &out.path().join("x")).stderr).unwrap();
    for word in ["D1 BY2 DIS", "D2 BY1 ESRD", "eighty", "D3 PY AGNX", "column: enrollment_type"] {
        assert!(told.contains(word), "no `{word}` in {told}");
    }
    assert!(!out.path().join("x").exists());
}

#[test]
fn faults_of_every_kind_and_table_are_told_in_one_refusal() {
    let factors = copy("section_652");
    // Cells that do not read, in three tables; a row that is there and does not read is not also missing.
    edit(factors.path(), "aco_year", "D1,BY2,DIS,880,", "D1,BY2,DIS,-880,");
    edit(factors.path(), "aco_year", "D3,PY,AGND", "D3,PY,AGNX");
    edit(
        factors.path(),
        "aco",
        "D1,2025,12,2024-01-01,1,1,BASIC,B,retrospective,11000,met,0.9",
        "D1,2025,12,2024-01-01,1,1,BASIC,B,retrospective,11000,met,1.9",
    );
    edit(factors.path(), "county", "2021,calendar,01001,ESRD,240,79000", "2021,calendar,01001,ESRD,240,much");
    edit(factors.path(), "acpt", "2024-01-01,2025,ESRD,1.045\n", "2024-01-01,2025,ESRD\n");
    // What must hold between rows.
    edit(factors.path(), "aco_year", "D2,BY1,ESRD,", "D2,BY1,DIS,");
    edit(factors.path(), "aco_county", "D1,BY1,01001,ESRD,60\n", "D9,BY1,01001,ESRD,60\n");
    // What a regime or an arrangement needs of rows that read.
    edit(factors.path(), "aco", "no,0.14,,900", "no,,,900");
    edit(factors.path(), "aco", "D3,2025,12,2024-01-01,1,1,BASIC,B", "D3,2025,12,2024-01-01,1,1,3,");
    edit(factors.path(), "national", "2022,assignable,ESRD,80000,\n", "");
    let out = tempfile::tempdir().unwrap();
    let refused = benchmark(factors.path(), &out.path().join("x"));
    let told = String::from_utf8(refused.stderr).unwrap().replace(&factors.path().display().to_string(), "factors");
    assert_eq!(refused.status.code(), Some(3), "{told}");
    assert!(!out.path().join("x").exists());
    insta::assert_snapshot!(told, @r"
    error: 1.9 is a share above 1
      table: aco
      file: factors/aco.csv
      column: quality_score
      key: D1 2025
      hint: write a fraction between 0 and 1
    error: a value is missing that 42 CFR 425.652(a)(8) needs
      table: aco
      file: factors/aco.csv
      column: dual_share_by3
      key: D2 2025
      hint: give the value
    error: track 3 did not exist in 2025
      table: aco
      file: factors/aco.csv
      column: track
      key: D3 2025
      hint: correct the track or the year
    error: track 3 was not open to agreements started on 2024-01-01
      table: aco
      file: factors/aco.csv
      column: track
      key: D3 2025
      hint: correct the track or the start
    error: -880 is negative
      table: aco_year
      file: factors/aco_year.csv
      column: person_years
      key: D1 BY2 DIS
      hint: write zero or more
    error: a row stands twice
      table: aco_year
      file: factors/aco_year.csv
      column: key
      key: D2 BY1 DIS
      hint: keep one row of each key
    error: a row is missing
      table: aco_year
      file: factors/aco_year.csv
      column: person_years
      key: D2 BY1 ESRD
      hint: give every year and enrollment type; 0 where nobody is
    error: `AGNX` does not read
      table: aco_year
      file: factors/aco_year.csv
      column: enrollment_type
      key: D3 PY AGNX
      hint: write ESRD, DIS, AGDU or AGND
    error: a value is missing that 42 CFR 425.652(a)(5) needs
      table: national
      file: factors/national.csv
      column: per_capita_expenditure
      key: 2022 assignable ESRD
      hint: give the value
    error: a record has 3 cells, the header 4
      table: acpt
      file: factors/acpt.csv
      line: 2
      hint: give every record as many cells as the header
    error: `much` does not read
      table: county
      file: factors/county.csv
      column: per_capita_expenditure
      key: 2021 calendar 01001 ESRD
      hint: write a decimal number
    error: the ACO is not in the aco table
      table: aco_county
      file: factors/aco_county.csv
      column: aco_id
      key: D9
      hint: add it there, or take its rows away
    ");
}

#[test]
fn rows_of_an_unreadable_table_are_not_missed_elsewhere() {
    let factors = copy("section_652");
    edit(factors.path(), "aco_year", "person_years", "people");
    edit(factors.path(), "aco", "D1,2025", "D1,twenty");
    let out = tempfile::tempdir().unwrap();
    let told = String::from_utf8(benchmark(factors.path(), &out.path().join("x")).stderr).unwrap();
    insta::assert_snapshot!(told.replace(&factors.path().display().to_string(), "factors"), @r"
    error: `twenty` does not read
      table: aco
      file: factors/aco.csv
      column: performance_year
      key: D1 twenty
      hint: write a year
    error: a column is not known
      table: aco_year
      file: factors/aco_year.csv
      column: people
      hint: the columns are aco_id, year, enrollment_type, person_years, per_capita_expenditure, performance_half, hcc_risk_score, demographic_risk_score, new_person_years, new_hcc_risk_score, continuing_hcc_risk_score, continuing_demographic_risk_score
    error: a column is missing
      table: aco_year
      file: factors/aco_year.csv
      column: person_years
      hint: add the column
    ");
}

#[test]
fn the_same_tables_give_the_same_bytes_in_any_order_and_number_of_threads() {
    let factors = copy("section_652");
    let out = tempfile::tempdir().unwrap();
    let files = ["benchmark.csv", "settlement.csv", "derivation.jsonl"];
    let read = |name: &str| files.map(|file| std::fs::read(out.path().join(name).join(file)).unwrap());
    assert!(benchmark(factors.path(), &out.path().join("one")).status.success());
    for table in ["aco", "aco_year", "county", "aco_county", "national", "acpt"] {
        let path = factors.path().join(format!("{table}.csv"));
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, body) = text.split_once('\n').unwrap();
        let mut lines: Vec<&str> = body.lines().collect();
        lines.reverse();
        std::fs::write(path, format!("{head}\n{}\n", lines.join("\n"))).unwrap();
    }
    let status = Command::new(env!("CARGO_BIN_EXE_acobench"))
        .args(["--quiet", "--threads", "1", "benchmark", "--factors"])
        .arg(factors.path())
        .arg("--out")
        .arg(out.path().join("two"))
        .status();
    assert!(status.unwrap().success());
    assert!(read("one") == read("two"));
}
