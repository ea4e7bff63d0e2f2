//! RIF files to the extract: against sums made independently from the real layouts, and every way of writing the same file.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // in a test a panic is the message

use crate::common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use acobench::intake::{ImportReport, Quarantine, Rename, rif};
use acobench::money::Cents;
use acobench::rules::Rules;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type, UInt8Type};
use arrow_array::{Array as _, RecordBatch};
use common::invented::{Table, carrier, enrollment, inpatient, outpatient};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

fn import_with(folder: &Path, out: &Path, change: impl FnOnce(&mut rif::Import)) -> acobench::error::Result<ImportReport> {
    let mut import = rif::Import {
        folder: folder.to_path_buf(),
        out: out.to_path_buf(),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::default(),
        memory: 1 << 30,
    };
    change(&mut import);
    import.run(&Arc::default())
}

/// Imports a folder of files and gives the extract.
fn import(files: &[(&str, Vec<u8>)]) -> (TempDir, acobench::error::Result<ImportReport>) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("rif");
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let report = import_with(&folder, &place.path().join("extract"), |_| ());
    (place, report)
}

fn parts(extract: &Path, table: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(extract.join(table)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn batches(extract: &Path, table: &str) -> Vec<RecordBatch> {
    let read = |path: PathBuf| {
        let file = fs::File::open(path).unwrap();
        ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    parts(extract, table).into_iter().flat_map(read).collect()
}

fn texts(extract: &Path, table: &str, column: &str) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for batch in batches(extract, table) {
        let cells = batch.column_by_name(column).unwrap().as_string::<i32>().clone();
        all.extend(cells.iter().map(|cell| cell.map(str::to_string)));
    }
    all
}

/// Rows and cents by claim type.
fn sums(extract: &Path, table: &str, amount: &str) -> BTreeMap<u8, (u64, i128)> {
    let mut sums = BTreeMap::new();
    for batch in batches(extract, table) {
        let kinds = batch.column_by_name("claim_type").unwrap().as_primitive::<UInt8Type>();
        let amounts = batch.column_by_name(amount).unwrap().as_primitive::<Decimal128Type>();
        for row in 0..batch.num_rows() {
            let sum: &mut (u64, i128) = sums.entry(kinds.value(row)).or_default();
            sum.0 += 1;
            sum.1 += if amounts.is_null(row) { 0 } else { amounts.value(row) };
        }
    }
    sums
}

/// The same, straight from the source: the csv crate and nothing of ours but the reading of an amount.
fn source_sums(folder: &Path, files: &[&str], amount: &[&str], once_per_claim: bool) -> BTreeMap<u8, (u64, i128)> {
    let mut sums = BTreeMap::new();
    for file in files {
        let mut reader = csv::ReaderBuilder::new().delimiter(b'|').from_path(folder.join(file)).unwrap();
        let headers = reader.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name).unwrap();
        let mut claims = std::collections::HashSet::new();
        for record in reader.records().map(Result::unwrap) {
            if once_per_claim && !claims.insert(record[at("CLM_ID")].to_string()) {
                continue;
            }
            let sum: &mut (u64, i128) = sums.entry(record[at("NCH_CLM_TYPE_CD")].parse().unwrap()).or_default();
            sum.0 += 1;
            sum.1 += amount.iter().map(|name| i128::from(Cents::parse(&record[at(name)]).unwrap_or_default().0)).sum::<i128>();
        }
    }
    sums
}

#[test]
fn three_people_come_through_with_every_claim_and_every_cent() {
    let Some(folder) = common::shared("data/rif") else { return };
    let place = tempfile::tempdir().unwrap();
    let extract = place.path().join("extract");
    let report = import_with(&folder, &extract, |_| ()).unwrap();
    assert_eq!(report.needed, ["participant", "agreement"]);

    let facilities = ["inpatient.csv", "snf.csv", "outpatient.csv", "hha.csv", "hospice.csv"];
    let headers = sums(&extract, "claim_header", "payment_amt");
    assert_eq!(headers, source_sums(&folder, &facilities, &["CLM_PMT_AMT"], true));
    assert_eq!(headers.values().map(|(claims, _)| claims).sum::<u64>(), 14 + 1 + 19 + 1 + 16, "export_summary.csv counts them");

    let mut lines = source_sums(&folder, &["carrier.csv", "dme.csv"], &["LINE_NCH_PMT_AMT"], false);
    lines.extend(source_sums(&folder, &["outpatient.csv"], &["REV_CNTR_PMT_AMT_AMT"], false));
    assert_eq!(sums(&extract, "claim_line", "payment_amt"), lines);

    let mut allowed = source_sums(&folder, &["carrier.csv", "dme.csv"], &["LINE_ALOWD_CHRG_AMT"], false);
    let facility = ["REV_CNTR_PMT_AMT_AMT", "REV_CNTR_PTNT_RSPNSBLTY_PMT"];
    allowed.extend(source_sums(&folder, &["outpatient.csv"], &facility, false));
    assert_eq!(sums(&extract, "claim_line", "allowed_amt"), allowed);

    let status = texts(&extract, "beneficiary_year", "status");
    // beneficiary_2019.csv is beneficiary_2018.csv again.
    assert_eq!(status.len(), 3 * 10);
    assert_eq!(
        report.warnings,
        [
            "beneficiary_2019.csv is a copy of beneficiary_2018.csv, byte for byte, and was not read again",
            "beneficiary_2018.csv holds enrollment of 2019, and none of 2018 as its name says",
            "nobody's enrollment of 2018 was delivered: claims of that time count for nobody",
        ]
    );
    assert!(status.iter().flatten().all(|months| months.len() == 12));
    // 2021 was delivered through May: the other months are not enrolled, and the county is that of May.
    assert_eq!(status.iter().flatten().filter(|months| months.ends_with("0000000")).count(), 3);
    assert_eq!(texts(&extract, "beneficiary_year", "county").iter().rev().nth(2).unwrap().as_deref(), Some("25017"));
}

/// A way of writing a file down.
type Way = fn(&Table) -> Vec<u8>;

#[test]
fn the_main_job_goes_through_on_three_people() {
    let Some(folder) = common::shared("data/rif") else { return };
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    fs::create_dir(path("rif")).unwrap();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        let mut text = fs::read_to_string(entry).unwrap();
        if name == "beneficiary_2018.csv" {
            text = text.replace("|2019|", "|2018|"); // the specimen holds 2019 twice and 2018 not at all
        }
        fs::write(path("rif").join(name), text).unwrap();
    }
    fs::write(path("participants.csv"), "aco_id,performance_year,tin\nA0001,2020,999145882\nA0001,2020,999427694\n").unwrap();
    fs::write(
        path("agreements.csv"),
        "aco_id,performance_year,agreement_start,agreement_period,times_regionally_adjusted,track,level,assignment_method,\
         msr_choice,quality_standard,quality_score\nA0001,2020,2020-01-01,1,1,BASIC,B,retrospective,variable,met,0.9\n",
    )
    .unwrap();
    let run = |arguments: &[&str]| {
        let words = arguments.iter().map(|word| word.replace("DIR", &place.path().display().to_string()));
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_acobench")).args(words).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    run(&[
        "import",
        "rif",
        "DIR/rif",
        "--out",
        "DIR/extract",
        "--participants",
        "DIR/participants.csv",
        "--agreements",
        "DIR/agreements.csv",
    ]);
    // Most procedures of the specimen are not HCPCS codes.
    let settle = ["run", "--extract", "DIR/extract", "--performance-year", "2020", "--out", "DIR/run", "--risk", "none"];
    run(&[&settle[..], &["--allow-findings"]].concat());
    let settlement = fs::read_to_string(path("run/settlement.csv")).unwrap();
    assert!(settlement.contains("A0001,2020") && settlement.contains("undetermined"), "{settlement}");
}

#[test]
fn however_a_file_is_written_the_rows_are_the_same() {
    let plain = [carrier(), inpatient(), outpatient(), enrollment()];
    let names = ["carrier", "inpatient", "outpatient", "beneficiary_2019"];
    let write = |how: Way, ending: &str| {
        let files: Vec<(String, Vec<u8>)> =
            names.iter().zip(&plain).map(|(name, table)| (format!("{name}{ending}"), how(table))).collect();
        let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        let (place, report) = import(&files);
        report.unwrap();
        let extract = place.path().join("extract");
        ["claim_header", "claim_line", "beneficiary_year"].map(|table| {
            let part = |path: PathBuf| (path.file_name().unwrap().to_owned(), fs::read(path).unwrap());
            parts(&extract, table).into_iter().map(part).collect::<Vec<_>>()
        })
    };
    let piped = write(|table| table.text('|', false).into_bytes(), ".csv");
    let ways: [(&str, Way); 8] = [
        (".csv", |table| table.text(',', true).into_bytes()),
        (".txt", |table| table.text('\t', false).into_bytes()),
        (".csv", |table| table.text('|', false).to_ascii_lowercase_header().into_bytes()),
        (".csv", |table| [b"\xef\xbb\xbf", table.text('|', false).as_bytes()].concat()),
        (".csv", |table| table.text('|', false).replace('\n', "\r\n").into_bytes()),
        (".csv.gz", |table| gzipped(table.text('|', false).as_bytes())),
        (".parquet", |table| table.parquet(false)),
        (".parquet", |table| table.parquet(true)),
    ];
    for (number, (ending, way)) in ways.into_iter().enumerate() {
        assert!(write(way, ending) == piped, "way {number} gives other bytes");
    }
}

trait LowerHeader {
    fn to_ascii_lowercase_header(&self) -> String;
}

impl LowerHeader for String {
    fn to_ascii_lowercase_header(&self) -> String {
        let (header, rows) = self.split_once('\n').unwrap();
        format!("{}\n{rows}", header.to_ascii_lowercase())
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn a_claim_gives_one_header_even_when_its_lines_are_apart() {
    let mut facility = outpatient();
    let (first, second) = (facility.rows[0].clone(), facility.rows[1].clone());
    facility.rows = vec![first.clone(), second, first];
    facility.set(2, "CLM_LINE_NUM", "2");
    let (place, report) = import(&[("o.csv", facility.piped()), ("c.csv", carrier().piped()), ("b.csv", enrollment().piped())]);
    let report = report.unwrap();
    let extract = place.path().join("extract");
    assert_eq!(texts(&extract, "claim_header", "claim_id"), [Some("7".to_string()), Some("8".to_string())]);
    assert_eq!(sums(&extract, "claim_line", "allowed_amt")[&40], (3, 3 * 12_000));
    assert_eq!(report.by_type()[&("claim_header", 40)].rows, 2);
}

#[test]
fn revenue_lines_are_kept_of_assignment_facilities_only() {
    let mut facility = outpatient();
    facility.set(1, "CLM_FAC_TYPE_CD", "7");
    facility.set(1, "CLM_SRVC_CLSFCTN_TYPE_CD", "2"); // dialysis
    let (place, report) = import(&[("o.csv", facility.piped()), ("c.csv", carrier().piped()), ("b.csv", enrollment().piped())]);
    report.unwrap();
    let extract = place.path().join("extract");
    assert_eq!(sums(&extract, "claim_header", "payment_amt")[&40].0, 2);
    assert_eq!(sums(&extract, "claim_line", "payment_amt")[&40].0, 1);
}

#[test]
fn only_final_actions_are_taken_and_the_others_are_counted() {
    let mut lines = carrier();
    lines.set(1, "FINAL_ACTION", "N");
    let (_place, report) = import(&[("c.csv", lines.piped()), ("b.csv", enrollment().piped())]);
    let report = report.unwrap();
    assert_eq!(report.by_type()[&("claim_line", 71)].rows, 1);
    assert!(report.text().contains("c.csv: 1 rows, 0.00 dollars: not the final action (first at line 3)"), "{}", report.text());
}

#[test]
fn covid_diagnoses_and_inpatient_amounts_reach_their_columns() {
    let mut stays = inpatient();
    stays.set(0, "ICD_DGNS_CD2", "U071");
    stays.set(0, "IME_OP_CLM_VAL_AMT", "12.34");
    let (place, report) = import(&[("i.csv", stays.piped()), ("b.csv", enrollment().piped())]);
    report.unwrap();
    let extract = place.path().join("extract");
    let batch = &batches(&extract, "claim_header")[0];
    assert!(batch.column_by_name("covid_u071").unwrap().as_boolean().value(0));
    assert!(!batch.column_by_name("covid_b9729").unwrap().as_boolean().value(0));
    assert_eq!(batch.column_by_name("ime_operating_amt").unwrap().as_primitive::<Decimal128Type>().value(0), 1_234);
    assert_eq!(batch.column_by_name("admission_date").unwrap().as_primitive::<Date32Type>().value(0), 18_000);
    assert!(batch.column_by_name("sequestration_amt").unwrap().is_null(0));
    assert!(batches(&extract, "claim_line").is_empty(), "the table is there, without rows");
}

#[test]
fn a_year_of_enrollment_becomes_twelve_characters_of_each() {
    let mut people = enrollment();
    people.set(0, "META_DUAL_ELGBL_STUS_MAR_CD", "02");
    people.set(0, "HMO_4_IND", "C");
    people.set(0, "MDCR_ENTLMT_BUYIN_5_IND", "1");
    people.set(0, "MDCR_STUS_JUN_CD", "11");
    people.set(0, "CST_SHR_GRP_JAN_CD", "03");
    people.set(0, "DEATH_DT", "15-Oct-2019");
    for month in ["OCT", "NOV", "DEC"] {
        people.set(0, &format!("FIPS_STATE_CNTY_{month}_CD"), "");
    }
    people.set(0, "FIPS_STATE_CNTY_SEPT_CD", "6037");
    let (place, report) = import(&[("c.csv", carrier().piped()), ("b.csv", people.piped())]);
    let report = report.unwrap();
    let extract = place.path().join("extract");
    let cell = |column: &str| texts(&extract, "beneficiary_year", column)[0].clone().unwrap_or_default();
    assert_eq!(cell("status"), "4439A1444400");
    assert_eq!(cell("dual_status"), "002000000000");
    assert_eq!(cell("lis_status"), "100000000000");
    assert_eq!(cell("medicare_status"), "101010101011101010101010");
    assert_eq!((cell("county"), cell("county_september")), ("06037".to_string(), String::new()));
    assert!(report.text().contains("1 ESRD months told by MDCR_STUS"), "{}", report.text());

    people.header.extend((1..=12).map(|month| format!("ESRD_{month}_IND")));
    people.rows[0].extend(["N"; 12].map(str::to_string));
    let (place, report) = import(&[("c.csv", carrier().piped()), ("b.csv", people.piped())]);
    assert!(!report.unwrap().text().contains("ESRD months"));
    assert_eq!(texts(&place.path().join("extract"), "beneficiary_year", "status")[0].as_deref(), Some("4439A4444400"));
}

#[test]
fn files_say_that_they_are_in_order_only_when_they_are() {
    let sorted = |table: &Table| {
        let (place, report) = import(&[("c.csv", table.piped()), ("b.csv", enrollment().piped())]);
        report.unwrap();
        let file = fs::File::open(&parts(&place.path().join("extract"), "claim_line")[0]).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let keys = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        keys.iter().any(|key| key.key == "sorted_by" && key.value.as_deref() == Some("bene_id"))
    };
    let mut lines = carrier();
    assert!(sorted(&lines));
    lines.set(0, "BENE_ID", "2");
    lines.set(1, "BENE_ID", "1");
    assert!(!sorted(&lines));
}

#[test]
fn columns_with_other_names_are_found_through_a_map() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("rif");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("c.csv"), carrier().piped()).unwrap();
    let people = String::from_utf8(enrollment().piped()).unwrap().replacen("BENE_ID|", "person|", 1);
    fs::write(folder.join("b.csv"), people).unwrap();
    let map = place.path().join("map.csv");
    fs::write(&map, "column,known_as\nPerson,bene_id\n").unwrap();
    let extract = place.path().join("extract");
    assert!(import_with(&folder, &extract, |_| ()).is_err());
    import_with(&folder, &extract, |import| import.rename = Rename::read(&map).unwrap()).unwrap();
    assert_eq!(texts(&extract, "beneficiary_year", "bene_id"), [Some("1".to_string())]);
}
