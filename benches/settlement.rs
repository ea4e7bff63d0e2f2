//! A complete settlement of 500 ACOs from factor tables, without reading or writing files.

#![allow(clippy::expect_used)] // here a panic is the message

use std::hint::black_box;
use std::path::Path;

use acobench::factors::FactorTables;
use acobench::rules::Rules;
use acobench::run::exact;
use criterion::{Criterion, criterion_group, criterion_main};

/// The worked examples of agreements from 2024, the regime with the most steps, repeated under new names.
fn tables(acos: usize) -> FactorTables {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/examples/section_652");
    let rules = Rules::load(None).expect("the embedded rules read");
    let mut one = FactorTables::read(&folder).expect("the example reads");
    one.aco_regions = one.regions(&rules).expect("the example has its counties");
    one.counties.clear();
    one.aco_counties.clear();
    let mut many = FactorTables { acos: Vec::new(), aco_years: Vec::new(), aco_regions: Vec::new(), ..one.clone() };
    for number in 0..acos {
        let pattern = one.acos[number % one.acos.len()].clone();
        let mut key = pattern.key.clone();
        key.aco_id = format!("A{number:04}");
        let years = one.aco_years.iter().filter(|row| row.key == pattern.key).cloned();
        many.aco_years.extend(years.map(|mut row| {
            row.key = key.clone();
            row
        }));
        let regions = one.aco_regions.iter().filter(|row| row.key == pattern.key).cloned();
        many.aco_regions.extend(regions.map(|mut row| {
            row.key = key.clone();
            row
        }));
        many.acos.push(acobench::factors::Aco { key, ..pattern });
    }
    many
}

fn settlement(criterion: &mut Criterion) {
    let rules = Rules::load(None).expect("the embedded rules read");
    let tables = tables(500);
    criterion.bench_function("settle 500 ACOs from factor tables", |bencher| {
        bencher.iter(|| exact::settle(black_box(&tables), &rules).expect("every ACO settles").len());
    });
}

criterion_group!(benches, settlement);
criterion_main!(benches);
