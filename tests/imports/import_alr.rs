//! CMS's assignment list report and lists of scores into an extract.

#![allow(clippy::unwrap_used)]

use crate::common::extracts;
use crate::extract;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use extract::run;
use extracts::{column, tree};

/// An extract of four people in 2022, imported from RIF.
fn base(home: &Path) -> PathBuf {
    let made = home.join("made");
    let done = run(&[
        "synth",
        "--beneficiaries",
        "40",
        "--years",
        "2021..2022",
        "--acos",
        "1",
        "--seed",
        "3",
        "--quiet",
        "--as",
        "rif",
        "--out",
        made.to_str().unwrap(),
    ]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let out = home.join("extract");
    let done = run(&["import", "rif", made.join("files").to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

fn header() -> String {
    let mut names = vec!["BENE_MBI_ID".to_string()];
    names.extend((1..=12).map(|month| format!("EnrollFlag{month}")));
    names.extend((1..=12).map(|month| format!("BENE_RSK_R_SCRE_{month:02}")));
    names.extend(["ESRD_SCORE", "DIS_SCORE", "AGDU_SCORE", "AGND_SCORE", "DEM_AGND_SCORE"].map(str::to_string));
    names.join(",") + "\n"
}

#[test]
fn monthly_scores_become_the_mean_of_each_type() {
    let home = tempfile::tempdir().unwrap();
    let folder = base(home.path());
    let mut ids = column(&folder, "beneficiary_year", "bene_id");
    let years = column(&folder, "beneficiary_year", "year");
    ids = ids.into_iter().zip(years).filter(|(_, year)| year == "2022").map(|(id, _)| id).collect();
    let mut text = header();
    // Three months disabled and nine aged/non-dual, with fourteen decimals; then a quarterly row; then a stranger.
    let flags = ["2", "2", "2", "4", "4", "4", "4", "4", "4", "4", "4", "4"].join(",");
    let scores = ["1.1", "1.2", "1.30000000000001", "0.9", "0.9", "0.9", "0.9", "0.9", "0.9", "0.9", "0.9", "1.0"].join(",");
    writeln!(text, "{},{flags},{scores},,,,,0.5", ids[0]).unwrap();
    writeln!(text, "{},{},{},,,,1.23456789012345,", ids[1], ["0"; 12].join(","), [""; 12].join(",")).unwrap();
    writeln!(text, "NOBODY,{},{},,,,,", ["4"; 12].join(","), [""; 12].join(",")).unwrap();
    let report = home.path().join("report.csv");
    std::fs::write(&report, &text).unwrap();
    let arguments = ["import", "alr", report.to_str().unwrap(), "--year", "2022", "--into", folder.to_str().unwrap(), "--quiet"];
    let done = run(&arguments);
    let told = String::from_utf8_lossy(&done.stdout).to_string();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(told.contains("3 people listed, 1 of them not in the extract, 1 without a score"), "{told}");
    let cells = |name: &str| column(&folder, "risk_score", name);
    assert_eq!(cells("score_dis"), ["1.200000", ""]);
    assert_eq!(cells("score_agnd"), ["0.911111", "1.234568"]);
    assert_eq!(cells("demographic_agnd"), ["0.500000", ""]);
    assert_eq!(cells("hcc_version"), ["V24", "V24"]);
    // Again gives the same, and not twice.
    assert!(run(&arguments).status.success());
    assert_eq!(cells("score_dis"), ["1.200000", ""]);
}

#[test]
fn a_cell_that_is_no_score_is_told_by_line_and_column_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let folder = base(home.path());
    let report = home.path().join("report.csv");
    std::fs::write(&report, header() + &format!("SOMEBODY,{},{},,,,high,\n", ["4"; 12].join(","), [""; 12].join(","))).unwrap();
    let done = run(&["import", "alr", report.to_str().unwrap(), "--year", "2022", "--into", folder.to_str().unwrap(), "--quiet"]);
    let told = String::from_utf8_lossy(&done.stderr).to_string();
    assert_eq!(done.status.code(), Some(3), "{told}");
    assert!(told.contains("column: AGND_SCORE") && told.contains("line: 2") && !told.contains("SOMEBODY"), "{told}");
    assert!(!folder.join("risk_score").exists() && !folder.join("assigned").exists(), "the extract is as it was");
}

#[test]
fn a_list_of_scores_is_copied_into_the_extract() {
    let home = tempfile::tempdir().unwrap();
    let folder = base(home.path());
    let list = home.path().join("scores.csv");
    std::fs::write(&list, "bene_id,year,hcc_version,score_agnd\nP1,2022,V24,1.05\n").unwrap();
    let done = run(&["import", "risk", list.to_str().unwrap(), "--into", folder.to_str().unwrap(), "--quiet"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(column(&folder, "risk_score", "score_agnd"), ["1.050000"]);

    // A list with a fault leaves the earlier one, and so does a rename that fails.
    let before = tree(&folder);
    let again = |text: &str, fail: Option<&str>| {
        std::fs::write(&list, text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_acobench"));
        command.args(["import", "risk", list.to_str().unwrap(), "--into", folder.to_str().unwrap(), "--quiet"]);
        fail.map(|fail| command.env("ACOBENCH_FAIL", fail));
        let done = command.output().unwrap();
        assert!(!done.status.success());
        assert!(tree(&folder) == before, "{}", String::from_utf8_lossy(&done.stderr));
    };
    again("bene_id,year,hcc_version,score_agnd\nP1,2022,V24,1.06\nP2,2022,V24,high\n", None);
    again("bene_id,year,hcc_version,score_agnd\nP1,2022,V24,1.06\n", Some("rename:1"));
}
