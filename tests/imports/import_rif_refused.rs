//! RIF files that cannot be read: one clear message each, exit code 3, and nothing published.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // in a test a panic is the message

use crate::common;

use std::fs;
use std::io::Write as _;
use std::sync::Arc;

use acobench::intake::{Given, Quarantine, Rename, rif};
use acobench::rules::Rules;
use common::invented::{Table, carrier, enrollment, inpatient, outpatient};

/// The message with which a folder is refused.
fn refusal_with(files: &[(&str, Vec<u8>)], change: impl FnOnce(&mut rif::Import)) -> String {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("rif");
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let mut import = rif::Import {
        folder: folder.clone(),
        out: place.path().join("extract"),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::default(),
        memory: 1 << 30,
    };
    change(&mut import);
    let error = import.run(&Arc::default()).unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "something was left beside the input");
    error.to_string().replace(&folder.display().to_string(), "rif")
}

fn refusal(name: &str, table: &Table) -> String {
    refusal_of_bytes(name, table.piped())
}

fn refusal_of_bytes(name: &str, bytes: Vec<u8>) -> String {
    let mut files = vec![("carrier.csv", carrier().piped()), ("people.csv", enrollment().piped())];
    files.retain(|(kept, _)| *kept != name);
    files.push((name, bytes));
    refusal_with(&files, |_| ())
}

#[test]
fn a_missing_column_is_named() {
    insta::assert_snapshot!(refusal("carrier.csv", &carrier().without("LINE_ALOWD_CHRG_AMT")), @r"
    a column is missing
      table: claim_line
      file: rif/carrier.csv
      column: LINE_ALOWD_CHRG_AMT
      hint: deliver the column, or name the one that holds it in a --map file (column,known_as)
    ");
    insta::assert_snapshot!(refusal("inpatient.csv", &inpatient().without("CLM_PMT_AMT")), @r"
    a column is missing
      table: claim_header
      file: rif/inpatient.csv
      column: CLM_PMT_AMT
      hint: deliver the column, or name the one that holds it in a --map file (column,known_as)
    ");
    insta::assert_snapshot!(refusal("people.csv", &enrollment().without("HMO_7_IND")), @r"
    a column is missing
      table: beneficiary_year
      file: rif/people.csv
      column: HMO_7_IND
      hint: deliver the column, or name the one that holds it in a --map file (column,known_as)
    ");
}

#[test]
fn every_header_that_is_wrong_is_told_at_once() {
    let files = [
        ("carrier.csv", carrier().without("TAX_NUM").piped()),
        ("people.csv", enrollment().without("BENE_BIRTH_DT").piped()),
        ("notes.txt", b"1S00E00AA00|please call me back\n".to_vec()),
    ];
    insta::assert_snapshot!(refusal_with(&files, |_| ()), @r"
    a column is missing
      table: claim_line
      file: rif/carrier.csv
      column: TAX_NUM
      hint: deliver the column, or name the one that holds it in a --map file (column,known_as)
    the file is none that RIF knows; no column of 2 tells what it holds
      file: rif/notes.txt
      hint: check that it begins with its header; else move it out of the folder, or name its columns as RIF does with --map
    a column is missing
      table: beneficiary_year
      file: rif/people.csv
      column: BENE_BIRTH_DT
      hint: deliver the column, or name the one that holds it in a --map file (column,known_as)
    ");
}

#[test]
fn a_short_row_is_named_by_its_line() {
    let mut text = String::from_utf8(carrier().piped()).unwrap();
    text.truncate(text.len() - 12);
    insta::assert_snapshot!(refusal_of_bytes("carrier.csv", text.into_bytes()), @r"
    more or fewer cells than the header (1 of 2 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: rif/carrier.csv
      line: 3
      hint: the file may be cut short or hold the delimiter inside a cell; deliver it again
    ");
}

#[test]
fn a_cell_that_does_not_read_is_named_by_line_and_column() {
    let with = |mut table: Table, column: &str, cell: &str| {
        table.set(0, column, cell);
        table
    };
    insta::assert_snapshot!(refusal("carrier.csv", &with(carrier(), "LINE_NCH_PMT_AMT", "1,080.00")), @r"
    not an amount in dollars and cents (1 of 2 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: rif/carrier.csv
      column: LINE_NCH_PMT_AMT
      line: 2
      hint: amounts are dollars with at most two decimals and a point, without thousands separators
    ");
    insta::assert_snapshot!(refusal("carrier.csv", &with(carrier(), "LINE_LAST_EXPNS_DT", "31-Feb-2019")), @r"
    not a day (1 of 2 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: rif/carrier.csv
      column: LINE_LAST_EXPNS_DT
      line: 2
      hint: days are read as DD-MON-YYYY, YYYYMMDD or YYYY-MM-DD
    ");
    insta::assert_snapshot!(refusal("inpatient.csv", &with(inpatient(), "BENE_ID", "")), @r"
    a required cell is blank (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_header
      file: rif/inpatient.csv
      column: BENE_ID
      line: 2
      hint: look at that line in the source, or raise --max-quarantined
    ");
    insta::assert_snapshot!(refusal("inpatient.csv", &with(inpatient(), "NCH_CLM_TYPE_CD", "600")), @r"
    not a whole number in range (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_header
      file: rif/inpatient.csv
      column: NCH_CLM_TYPE_CD
      line: 2
      hint: look at that line in the source; the column holds numbers
    ");
    insta::assert_snapshot!(refusal("people.csv", &with(enrollment(), "MDCR_ENTLMT_BUYIN_2_IND", "Q")), @r"
    a code that the rules do not know (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: beneficiary_year
      file: rif/people.csv
      column: MDCR_ENTLMT_BUYIN_2_IND
      line: 2
      hint: correct the file, or add the code with its citation to an enrollment.toml in a folder given by --rules
    ");
}

#[test]
fn a_cell_of_another_encoding_is_named_by_line_and_column() {
    let mut latin = carrier().piped();
    let at = latin.windows(5).position(|cell| cell == b"99213").unwrap();
    latin[at] = 0xe9;
    insta::assert_snapshot!(refusal_of_bytes("carrier.csv", latin), @r"
    not UTF-8 text (1 of 2 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: rif/carrier.csv
      column: HCPCS_CD
      line: 2
      hint: deliver the file as UTF-8 or ASCII
    ");
}

#[test]
fn rows_with_a_cell_too_many_are_counted_and_priced_where_they_are_let_pass() {
    let mut lines = carrier();
    lines.set(0, "LINE_LAST_EXPNS_DT", "31-Feb-2019");
    lines.rows.push([lines.rows[1].clone(), vec!["one more".to_string()]].concat());
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("rif");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("carrier.csv"), lines.piped()).unwrap();
    fs::write(folder.join("people.csv"), enrollment().piped()).unwrap();
    let import = rif::Import {
        folder,
        out: place.path().join("extract"),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::new("1".parse().unwrap()).unwrap(),
        memory: 1 << 20,
    };
    let report = import.run(&Arc::default()).unwrap();
    let told = report.text();
    for said in [
        "carrier.csv: 1 rows, 0.00 dollars: more or fewer cells than the header (first at line 4)",
        "carrier.csv: 1 rows, 80.00 dollars: not a day (first at line 2, LINE_LAST_EXPNS_DT)",
    ] {
        assert!(told.contains(said), "{told}");
    }
    assert_eq!(report.by_type()[&("claim_line", 71)].rows, 1);
}

#[test]
fn rows_of_one_claim_must_agree() {
    let mut table = outpatient();
    table.set(1, "CLM_ID", "7");
    table.set(1, "CLM_PMT_AMT", "90.00");
    insta::assert_snapshot!(refusal("outpatient.csv", &table), @r"
    rows of one claim disagree on its payment (1 of 2 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_header
      file: rif/outpatient.csv
      column: CLM_PMT_AMT
      line: 3
      hint: claim columns must be the same on every line of a claim; deliver the file again
    ");
}

#[test]
fn damaged_files_are_named() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut long = carrier();
    long.rows = vec![long.rows[0].clone(); 5_000];
    (0..5_000).for_each(|row| long.set(row, "CLM_ID", &(row * 7_919 % 5_003).to_string()));
    packed.write_all(&long.piped()).unwrap();
    let mut packed = packed.finish().unwrap();
    packed.truncate(packed.len() / 2);
    insta::assert_snapshot!(refusal_of_bytes("carrier.csv.gz", packed), @r"
    the gzip file ends too early
      table: claim_line
      file: rif/carrier.csv.gz
      line: 2423
      hint: the transfer was cut short: fetch the file again
    ");
    insta::assert_snapshot!(refusal_of_bytes("carrier.csv", Vec::new()), @r"
    the file is empty
      file: rif/carrier.csv
      hint: deliver the file again; nothing in it can be read
    ");
    insta::assert_snapshot!(refusal_of_bytes("carrier.csv", b"PK\x03\x04....".to_vec()), @r"
    the file is a zip archive
      file: rif/carrier.csv
      hint: unpack it into the folder first; single files may stay gzipped
    ");
    insta::assert_snapshot!(refusal_of_bytes("carrier.csv", b"\xff\xfeB\0E\0N\0E\0".to_vec()), @r"
    the file is not UTF-8 text
      file: rif/carrier.csv
      hint: deliver it as UTF-8 or ASCII text with a header line
    ");
    let mut cut = carrier().parquet(false);
    cut.truncate(cut.len() / 2);
    let message = refusal_of_bytes("carrier.csv", cut);
    assert!(message.starts_with("the Parquet file cannot be read") && message.contains("file: rif/carrier.csv"), "{message}");
    let endless = [carrier().piped(), vec![b'x'; 3 << 20]].concat();
    insta::assert_snapshot!(refusal_of_bytes("carrier.csv", endless), @r"
    the file is damaged: a line is longer than one mebibyte
      table: claim_line
      file: rif/carrier.csv
      line: 4
      hint: fetch the file again
    ");
}

#[test]
fn a_folder_without_enrollment_or_without_claims_is_refused() {
    insta::assert_snapshot!(refusal_with(&[("carrier.csv", carrier().piped())], |_| ()), @r"
    the folder has no enrollment file
      table: beneficiary_year
      file: rif
      hint: put beneficiary_YYYY files beside the claims
    ");
    insta::assert_snapshot!(refusal_with(&[("people.csv", enrollment().piped())], |_| ()), @r"
    the folder has no claims file
      table: claim_header
      file: rif
      hint: put the claims files beside the enrollment files
    ");
}

#[test]
fn a_feed_of_changes_is_refused() {
    let mut table = carrier();
    table.header.push("DML_IND".into());
    table.rows[0].push("INSERT".into());
    table.rows[1].push("DELETE".into());
    insta::assert_snapshot!(refusal("carrier.csv", &table), @r"
    the file takes back rows (DML_IND is DELETE): it is a feed of changes, not a snapshot
      file: rif/carrier.csv
      column: DML_IND
      line: 3
      hint: export a snapshot: one row per line of every claim that stands
    ");
}

#[test]
fn tables_given_beside_are_read_strictly() {
    let given = |text: &'static str| {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("participants.csv");
        fs::write(&path, text).unwrap();
        let files = [("carrier.csv", carrier().piped()), ("people.csv", enrollment().piped())];
        let table = acobench::extract::table("participant").unwrap();
        let text = refusal_with(&files, |import| import.given = vec![Given { table, path }]);
        text.replace(&place.path().display().to_string(), "given")
    };
    insta::assert_snapshot!(given("aco_id,tin\nA1,012345678\n"), @r"
    a column is missing
      table: participant
      file: given/participants.csv
      column: performance_year
      hint: deliver the column, or name the one that holds it in a --map file (column,known_as)
    ");
    insta::assert_snapshot!(given("aco_id,performance_year,tin,colour\nA1,2022,012345678,red\n"), @r"
    the table has no such column
      table: participant
      file: given/participants.csv
      column: colour
      hint: docs/data-dictionary.md lists the columns; take this one out, or rename it with --map
    ");
    insta::assert_snapshot!(given("aco_id,performance_year,tin\nA1,2022,012345678\nA1,twenty,012345679\n"), @r"
    not a whole number in range
      table: participant
      file: given/participants.csv
      column: performance_year
      line: 3
      hint: correct that line and import again
    ");
    insta::assert_snapshot!(given("aco_id,performance_year,tin\n,2022,012345678\n"), @r"
    a required cell is blank
      table: participant
      file: given/participants.csv
      column: aco_id
      line: 2
      hint: correct that line and import again
    ");
}
