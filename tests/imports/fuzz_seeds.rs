//! The seeds from which changed inputs are thrown at the parsers (`scripts/fuzz`) are read to the end: each reaches what it is for.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use acobench::disk::IoMode;
use acobench::extract::TABLES;
use acobench::factors::FactorTables;
use acobench::intake::{ImportReport, Quarantine, Rename, cclf, rif};
use acobench::rules::Rules;
use acobench::run::manifest::{FILE, Manifest};
use acobench::scan::{SmallTable, TableFiles};

const SEPARATOR: u8 = 0x1e;

fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let seeds = acobench::disk::list(&folder).unwrap();
    assert!(!seeds.is_empty(), "{target} has seeds");
    seeds
}

fn written(report: &ImportReport) -> Vec<&'static str> {
    let mut tables: Vec<_> = report.by_type().keys().map(|(table, _)| *table).collect();
    tables.dedup();
    tables
}

#[test]
fn delimited_seeds_become_extracts() {
    for seed in seeds("delimited") {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("in");
        fs::create_dir(&folder).unwrap();
        for (number, part) in fs::read(&seed).unwrap().split(|byte| *byte == SEPARATOR).enumerate() {
            fs::write(folder.join(format!("{number}.csv")), part).unwrap();
        }
        let quarantine = Quarantine::new("0".parse().unwrap()).unwrap();
        let (rename, rules) = (Rename::default(), Rules::load(None).unwrap());
        let import =
            rif::Import { folder, out: home.path().join("out"), rename, given: Vec::new(), rules, quarantine, memory: 1 << 24 };
        let report = import.run(&Arc::default()).unwrap();
        if seed.ends_with("all_kinds") {
            assert_eq!(written(&report), ["claim_header", "claim_line"]);
        }
    }
}

#[test]
fn fixed_width_seeds_become_extracts() {
    for seed in seeds("fixed_width") {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("in");
        fs::create_dir(&folder).unwrap();
        for part in fs::read(&seed).unwrap().split(|byte| *byte == SEPARATOR) {
            fs::write(folder.join(format!("P.A1234.ACO.ZC{}Y23.D230115.T1203050", char::from(part[0]))), &part[1..]).unwrap();
        }
        let quarantine = Quarantine::new("0".parse().unwrap()).unwrap();
        let (rename, rules) = (Rename::default(), Rules::load(None).unwrap());
        let out = home.path().join("out");
        let import = cclf::Import { folder, out, rename, given: Vec::new(), rules, quarantine, memory: 1 << 20 };
        assert_eq!(written(&import.run(&Arc::default()).unwrap()), ["claim_header", "claim_line"]);
    }
}

#[test]
fn seeds_of_tables_rules_factors_and_manifests_are_read() {
    for seed in seeds("parquet_tables") {
        let bytes = fs::read(&seed).unwrap();
        let table = TABLES[usize::from(bytes[0])];
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(format!("{}.parquet", table.name)), &bytes[1..]).unwrap();
        let read = SmallTable::read(&TableFiles::open(home.path(), table, IoMode::Read).unwrap()).unwrap();
        assert!(read.rows() > 0, "{}", seed.display());
    }
    for (seed, table) in seeds("rule_tables").iter().zip(["assignment", "claim_codes", "expenditure"]) {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(format!("{table}.toml")), &fs::read(seed).unwrap()[1..]).unwrap();
        Rules::load(Some(home.path())).unwrap();
    }
    for seed in seeds("factor_tables") {
        let home = tempfile::tempdir().unwrap();
        let (bytes, path) = (fs::read(&seed).unwrap(), home.path().join("table.csv"));
        fs::write(&path, &bytes[1..]).unwrap();
        let rows = match bytes[0] {
            0 => FactorTables::read_national(&path).unwrap().len(),
            1 => FactorTables::read_county(&path).unwrap().len(),
            _ => FactorTables::read_acpt(&path).unwrap().len(),
        };
        assert!(rows > 0, "{}", seed.display());
    }
    for seed in seeds("manifests") {
        let home = tempfile::tempdir().unwrap();
        fs::copy(&seed, home.path().join(FILE)).unwrap();
        assert_eq!(Manifest::read(home.path()).unwrap().command, "run");
    }
}

/// Inputs that once crashed or hung a parser, or took it minutes: each ends, with a refusal or with rows.
#[test]
fn what_fuzzing_once_found_ends() {
    let known = acobench::disk::list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/known")).unwrap();
    assert!(!known.is_empty());
    for input in known {
        let bytes = fs::read(&input).unwrap();
        let name = input.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("parquet_tables-"), "{name}: say here how it is read");
        let table = TABLES[usize::from(bytes[0]) % TABLES.len()];
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(format!("{}.parquet", table.name)), &bytes[1..]).unwrap();
        for mode in [IoMode::Map, IoMode::Read] {
            let read = TableFiles::open(home.path(), table, mode).and_then(|files| SmallTable::read(&files).map(|_| ()));
            let refusal = read.unwrap_err().to_string();
            assert!(refusal.contains("a column cannot be decoded"), "{name}: {refusal}");
        }
    }
}
