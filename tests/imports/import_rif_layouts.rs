//! Every claim type of RIF in the layouts of CMS's maps: claims and lines in one file or apart, text or Parquet.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // in a test a panic is the message

use crate::common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use acobench::error::Result;
use acobench::extract::{TABLES, Table as ExtractTable};
use acobench::intake::{ImportReport, Quarantine, Rename, rif};
use acobench::rules::Rules;
use common::extracts::column;
use common::invented::{Table, carrier, enrollment, outpatient};

fn import_within(folder: &Path, out: &Path, memory: u64) -> Result<ImportReport> {
    let import = rif::Import {
        folder: folder.to_path_buf(),
        out: out.to_path_buf(),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::default(),
        memory,
    };
    import.run(&Arc::default())
}

fn import(files: &[(String, Vec<u8>)]) -> (tempfile::TempDir, Result<ImportReport>) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("rif");
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let report = import_within(&folder, &place.path().join("extract"), 1 << 30);
    (place, report)
}

/// All rows of a table, in no order.
fn rows(place: &tempfile::TempDir, table: &str) -> Vec<Vec<String>> {
    let extract = place.path().join("extract");
    let columns = TABLES.iter().find(|known| known.name == table).unwrap().columns;
    let cells: Vec<Vec<String>> = columns.iter().map(|known| column(&extract, table, known.name)).collect();
    let mut rows: Vec<Vec<String>> =
        (0..cells[0].len()).map(|row| cells.iter().map(|column| column[row].clone()).collect()).collect();
    rows.sort();
    rows
}

fn read(path: &Path) -> Table {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(|line| line.split('|').map(str::to_string).collect());
    Table { header: lines.next().unwrap(), rows: lines.collect() }
}

/// The columns of a table that `keep` keeps.
fn only(table: &Table, keep: impl Fn(&str) -> bool) -> Table {
    let kept: Vec<usize> = (0..table.header.len()).filter(|at| keep(&table.header[*at])).collect();
    let pick = |cells: &Vec<String>| kept.iter().map(|at| cells[*at].clone()).collect();
    Table { header: pick(&table.header), rows: table.rows.iter().map(pick).collect() }
}

const KEYS: [&str; 4] = ["BENE_ID", "CLM_ID", "NCH_CLM_TYPE_CD", "FINAL_ACTION"];

/// A file whose lines repeat their claims, as a file of claims and a file of lines.
fn apart(table: &Table, is_of_line: impl Fn(&str) -> bool) -> (Table, Table) {
    // The clinician who rendered is told of both.
    let mut claims = only(table, |name| !is_of_line(name) || name == "RNDRNG_PHYSN_NPI");
    let id = claims.column("CLM_ID");
    let mut met = BTreeSet::new();
    claims.rows.retain(|row| met.insert(row[id].clone()));
    (claims, only(table, |name| is_of_line(name) || KEYS.contains(&name)))
}

/// Names of the source columns of a map.
fn names(map: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(map).unwrap();
    let from = |line: &str| line.trim_start_matches([' ', '-']).strip_prefix("from: ").map(|name| name.trim().to_string());
    text.lines().filter_map(from).collect()
}

const TYPES: [(&str, &str); 7] = [
    ("inpatient", "Inpatient"),
    ("snf", "SNF"),
    ("outpatient", "Outpatient"),
    ("hha", "HHA"),
    ("hospice", "Hospice"),
    ("carrier", "Carrier"),
    ("dme", "DME"),
];

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn claims_and_lines_apart_give_what_lines_with_their_claims_give() {
    let Some(folder) = common::shared("data/rif") else { return };
    let people = ("people.csv".to_string(), read(&folder.join("beneficiary_2020.csv")).piped());
    let (mut together, mut split) = (vec![people.clone()], vec![people]);
    for (file, map) in TYPES {
        let table = read(&folder.join(format!("{file}.csv")));
        let of_line = names(&folder.join(format!("mappings/{map}ClaimLine.yaml")));
        let (claims, lines) = apart(&table, |name| of_line.contains(name));
        // Written in every way there is, and read in an order in which the lines come first.
        let written = match file {
            "inpatient" | "carrier" => [claims.parquet(false), lines.parquet(true)],
            "outpatient" => [gzipped(&claims.piped()), lines.text(',', true).into_bytes()],
            "dme" => [claims.text('\t', false).into_bytes(), gzipped(lines.text(',', false).as_bytes())],
            _ => [claims.piped(), lines.piped()],
        };
        let [claims, lines] = written;
        let alone = [split[0].clone(), (format!("z_{file}_claims"), claims), (format!("a_{file}_lines"), lines)];
        let (whole, report) = import(&[together[0].clone(), (file.to_string(), table.piped())]);
        report.unwrap();
        let (parts, report) = import(&alone);
        report.unwrap_or_else(|e| panic!("{file}: {e}"));
        for name in ["claim_header", "claim_line"] {
            assert_eq!(rows(&whole, name), rows(&parts, name), "{name} of {file}");
        }
        let wanted = if ["carrier", "dme"].contains(&file) { "claim_line" } else { "claim_header" };
        assert!(!rows(&parts, wanted).is_empty(), "{file} has rows");
        together.push((file.to_string(), table.piped()));
        split.extend(alone.into_iter().skip(1));
    }
    let (whole, report) = import(&together);
    report.unwrap();
    let (parts, report) = import(&split);
    let report = report.unwrap();
    for name in ["claim_header", "claim_line", "beneficiary_year"] {
        assert!(rows(&whole, name) == rows(&parts, name), "{name} of all types");
    }
    assert!(!report.text().contains("without revenue lines"), "{}", report.text());
}

/// A cell that reads in every column.
fn cell_of(name: &str) -> &'static str {
    match name {
        "CLM_FAC_TYPE_CD" | "CLM_SRVC_CLSFCTN_TYPE_CD" => "7",
        "NCH_CLM_TYPE_CD" => "40",
        "ICD_DGNS_CD2" => "U071",
        "ICD_DGNS_CD3" => "B9729",
        "FINAL_ACTION" => "F",
        "DML_IND" => "INSERT",
        _ if name.ends_with("_DT") => "03-May-2019",
        _ if name.ends_with("_AMT") || name.ends_with("_PMT") || name.ends_with("NPI") => "1234567890",
        _ => "1",
    }
}

/// Whether a column stays blank although the map has a source of that name: `PRVDR_NUM` of DME is a supplier, no facility.
fn is_another_thing(file: &str, table: &str, column: &str) -> bool {
    (file, table, column) == ("dme", "claim_line", "ccn")
}

#[test]
fn every_source_column_of_the_maps_reaches_its_column() {
    let Some(maps) = common::shared("data/rif/mappings") else { return };
    let mut held = 0;
    for (file, map) in TYPES {
        let claim = names(&maps.join(format!("{map}Claim.yaml")));
        let all: BTreeSet<String> = claim.union(&names(&maps.join(format!("{map}ClaimLine.yaml")))).cloned().collect();
        assert!(all.len() > 60, "{map} has columns");
        let table = Table {
            header: all.iter().cloned().collect(),
            rows: vec![all.iter().map(|name| cell_of(name).to_string()).collect()],
        };
        let mut people = enrollment();
        people.set(0, "DEATH_DT", "15-Oct-2019");
        let (place, report) = import(&[("p.csv".into(), people.piped()), ("c.csv".into(), table.piped())]);
        report.unwrap_or_else(|e| panic!("{file}: {e}"));
        for table in TABLES.iter().filter(|table| table.name.starts_with("claim_")) {
            held += held_columns(&place, table, &all, file);
        }
    }
    assert!(held > 150, "{held} columns held");
}

/// Holds every column whose source the map has against the extract, and gives how many.
fn held_columns(place: &tempfile::TempDir, table: &ExtractTable, all: &BTreeSet<String>, file: &str) -> usize {
    let rows = rows(place, table.name);
    let Some(row) = rows.first() else { return 0 };
    let mut held = 0;
    for (at, known) in table.columns.iter().enumerate() {
        let mut sources = known.rif.split([' ', ',', '+']).map(|name| name.split("..").next().unwrap_or_default());
        let has = sources.any(|name| all.contains(name) && !name.is_empty());
        if has && !is_another_thing(file, table.name, known.name) {
            assert!(!row[at].is_empty(), "{} of {file} is blank in {}", known.name, table.name);
            held += 1;
        }
    }
    held
}

/// Claims and lines of the invented files, apart.
fn halves() -> [(String, Vec<u8>); 5] {
    let of_line = |name: &str| name.starts_with("LINE_") || name.starts_with("REV_") || name == "CLM_LINE_NUM";
    let (visits, lines) =
        apart(&carrier(), |name| of_line(name) || ["HCPCS_CD", "TAX_NUM", "PRVDR_SPCLTY", "PRF_PHYSN_NPI"].contains(&name));
    let (clinic, revenue) = apart(&outpatient(), |name| of_line(name) || name == "HCPCS_CD");
    [
        ("p.csv".into(), enrollment().piped()),
        ("c.csv".into(), visits.piped()),
        ("l.csv".into(), lines.piped()),
        ("o.csv".into(), clinic.piped()),
        ("r.csv".into(), revenue.piped()),
    ]
}

#[test]
fn lines_take_denial_and_days_from_their_claims() {
    let (place, report) = import(&halves());
    let report = report.unwrap();
    assert_eq!(report.by_type()[&("claim_line", 40)].rows, 2);
    let extract = place.path().join("extract");
    let cells = |name: &str| column(&extract, "claim_line", name);
    assert_eq!(cells("claim_denial"), ["1", "1", "", ""]);
    assert_eq!(cells("processed_date"), ["2019-03-20", "2019-03-20", "2019-05-20", "2019-05-20"]);
    assert_eq!(cells("ccn"), ["", "", "051801", "051801"]);
}

#[test]
fn lines_of_claims_that_do_not_stand_are_set_aside_with_them() {
    let mut files = halves();
    for at in [1, 3] {
        files[at].1 = String::from_utf8(files[at].1.clone()).unwrap().replacen("|F|", "|N|", 1).into_bytes();
    }
    let (_place, report) = import(&files);
    let report = report.unwrap();
    let by_type = report.by_type();
    assert!(!by_type.contains_key(&("claim_line", 71)));
    assert_eq!((by_type[&("claim_line", 40)].rows, by_type[&("claim_header", 40)].rows), (1, 1));
}

#[test]
fn lines_without_their_claims_are_refused() {
    let [people, visits, lines, clinic, revenue] = halves();
    let refusal = |files: &[(String, Vec<u8>)]| {
        let (place, report) = import(files);
        let error = report.unwrap_err();
        assert_eq!(error.exit_code(), 3);
        error.to_string().replace(&place.path().display().to_string(), "HOME")
    };
    insta::assert_snapshot!(refusal(&[people.clone(), lines.clone(), clinic.clone()]), @r"
    the file has lines without what their claims say, and no file of carrier or DME claims is beside it
      table: claim_line
      file: HOME/rif/l.csv
      column: CARR_CLM_PMT_DNL_CD
      hint: deliver the claims' file too, or a file that repeats the claim's columns on every line
    ");
    insta::assert_snapshot!(refusal(&[people.clone(), visits.clone(), lines.clone(), revenue.clone()]), @r"
    the file has lines without what their claims say, and no file of claims of facilities is beside it
      table: claim_line
      file: HOME/rif/r.csv
      column: CLM_FAC_TYPE_CD
      hint: deliver the claims' file too, or a file that repeats the claim's columns on every line
    ");
    let mut strangers = lines.clone();
    strangers.1 = String::from_utf8(lines.1).unwrap().replace("1|5|", "1|55|").into_bytes();
    insta::assert_snapshot!(refusal(&[people, visits, strangers, clinic, revenue]), @r"
    a line whose claim no file of claims holds (2 of 5 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: HOME/rif/l.csv
      column: CLM_ID
      line: 2
      hint: deliver the claims' file of the same months beside the lines
    ");
}

#[test]
fn claims_beyond_the_memory_given_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("rif");
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in halves() {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let refusal = import_within(&folder, &place.path().join("extract"), 64).unwrap_err();
    assert!(refusal.exit_code() == 2 && refusal.to_string().contains("--memory"), "{refusal}");
    assert!(!place.path().join("extract").exists());
}
