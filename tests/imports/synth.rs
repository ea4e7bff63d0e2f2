//! The generator: the same bytes whatever the threads, rows in order, and the committed sample as it makes it.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use acobench::synth::{Assignment, Plan, Tracks, generate};
use arrow_array::cast::AsArray as _;
use arrow_array::types::UInt16Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Every file below a folder with its bytes, but for the marker of a folder that the program made.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "parquet") {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

fn made(plan: &Plan, threads: usize) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| generate(plan, &folder.path().join("extract"))).unwrap();
    bytes(&folder.path().join("extract"))
}

#[test]
fn the_same_plan_gives_the_same_bytes_on_any_number_of_threads() {
    for unsorted in [false, true] {
        let mut plan = Plan::new(600, 2019..=2022, 3, 4);
        plan.files = Some(3);
        plan.unsorted = unsorted;
        let first = made(&plan, 1);
        assert_eq!(first.len(), 4 * 3 + 6, "four tables of people in three parts, six others");
        assert!(first == made(&plan, 7), "unsorted {unsorted}");
        plan.seed += 1;
        assert!(first != made(&plan, 2), "another seed gives another extract");
    }
}

#[test]
fn the_committed_sample_is_what_the_generator_makes() {
    let mut plan = Plan::new(9_000, 2020..=2023, 3, 1);
    plan.tracks = Tracks::Current;
    plan.starts = vec!["2023-01-01".into()];
    plan.assignment = Assignment::Retrospective;
    plan.aco_share = Some(0.75);
    plan.effect_spread = Some(0.3);
    plan.files = Some(2);
    let committed = bytes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples"));
    assert!(committed.values().map(Vec::len).sum::<usize>() < 20_000_000);
    let made = made(&plan, 2);
    assert_eq!(committed.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (name, content) in &made {
        assert!(committed[name] == *content, "{name} differs: run scripts/data-samples");
    }
}

/// Aco and performance year of every row of a small table.
fn lists(extract: &Path, table: &str) -> BTreeSet<(String, u16)> {
    let file = fs::File::open(extract.join(format!("{table}.parquet"))).unwrap();
    let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap);
    let rows = batches.flat_map(|batch| {
        let ids = batch.column_by_name("aco_id").unwrap().as_string::<i32>().clone();
        let years = batch.column_by_name("performance_year").unwrap().as_primitive::<UInt16Type>().clone();
        (0..batch.num_rows()).map(move |row| (ids.value(row).to_string(), years.value(row))).collect::<Vec<_>>()
    });
    rows.collect()
}

/// More ACOs than counties of their size, and practices that come late and leave early: still every list has somebody.
#[test]
fn every_aco_has_a_participant_in_every_year_of_its_agreements() {
    for (people, acos) in [(600, 8), (300, 12)] {
        let folder = tempfile::tempdir().unwrap();
        let extract = folder.path().join("extract");
        generate(&Plan::new(people, 2019..=2022, acos, 1), &extract).unwrap();
        let agreements = lists(&extract, "agreement");
        assert!(agreements.len() >= acos as usize, "{agreements:?}");
        let participants = lists(&extract, "participant");
        let without: Vec<_> = agreements.difference(&participants).collect();
        assert!(without.is_empty(), "{people} people, {acos} ACOs: no participant for {without:?}");
    }
}
