//! The heavy half on a synthetic extract of 20,000 beneficiaries: decoding columns, joining facts, expenditure kernels and
//! the whole run, each with its throughput in claim rows.

#![allow(clippy::expect_used, missing_docs, reason = "a bench ends where something fails")]

use std::hint::black_box;

use acobench::beneficiary::{Entities, IdTable, Reconciliation, Scatter};
use acobench::disk::IoMode;
use acobench::extract::{ClaimLine, Row as _};
use acobench::run::pipeline::{self, Until};
use acobench::run::progress::{Progress, Shown};
use acobench::scan::TableFiles;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

mod material;
use material::{PEOPLE, YEAR, batch, cohort, decode, extract, policy, request};

fn benches(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let extract = extract(folder.path());
    let lines = TableFiles::open(&extract, ClaimLine::TABLE, IoMode::Map).expect("the lines open");
    let mut group = c.benchmark_group("heavy");
    group.sample_size(10);
    group.throughput(Throughput::Elements(lines.rows()));
    group.bench_function("decode eight columns of claim_line", |b| b.iter(|| black_box(decode(&lines))));

    let policy = policy();
    let columns = batch(PEOPLE as u32, 1 << 20, i64::from(acobench::beneficiary::day_of(YEAR as i16, 1, 1)));
    group.throughput(Throughput::Elements(1 << 20));
    group.bench_function("expenditure and services of a million lines", |b| {
        b.iter_batched(
            || cohort(PEOPLE as u32, &policy),
            |cohort| {
                let mut scatter = Scatter::new(&cohort);
                let mut tally = Reconciliation::default();
                columns.scatter(&policy, &mut scatter, &mut tally);
                scatter.flush();
                black_box(tally)
            },
            criterion::BatchSize::LargeInput,
        );
    });

    let ids: Vec<Box<[u8]>> = (0..PEOPLE).map(|n| format!("1A{n:09}").into_bytes().into()).collect();
    let texts = ids.clone();
    let table = IdTable::new(ids);
    group.throughput(Throughput::Elements(PEOPLE));
    group.bench_function("look identifiers up", |b| {
        b.iter(|| texts.iter().map(|id| u64::from(table.number(id))).sum::<u64>());
    });
    let entities = Entities::default();
    group.bench_function("number billing entities", |b| {
        b.iter(|| texts.iter().map(|id| u64::from(entities.tin(id))).sum::<u64>());
    });

    let request = request(&extract, &folder.path().join("run"), Until::Settlements);
    let progress = Progress::new(Shown::Nothing);
    group.throughput(Throughput::Elements(lines.rows()));
    group.bench_function("whole run", |b| {
        b.iter(|| pipeline::run(&request, "bench", &progress).expect("the run succeeds"));
    });
    group.finish();
}

criterion_group!(heavy, benches);
criterion_main!(heavy);
