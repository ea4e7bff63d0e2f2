//! The heavy half on a synthetic extract of 20,000 beneficiaries: decoding columns, joining facts, expenditure kernels and
//! the whole run, each with its throughput in claim rows.

#![allow(clippy::expect_used, missing_docs, reason = "a bench ends where something fails")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use acobench::beneficiary::{Cohort, Entities, IdTable, LineColumns, Months, PersonYear, Policy, Reconciliation, Scatter, Span};
use acobench::disk::IoMode;
use acobench::extract::{ClaimLine, Row as _};
use acobench::factors::Risk;
use acobench::rules::Rules;
use acobench::run::given::Given;
use acobench::run::pipeline::{self, AssignedBy, Request, Until};
use acobench::run::progress::{Progress, Shown};
use acobench::scan::{ColumnCursor, TableFiles};
use acobench::synth::{self, Assignment, Plan, Tracks};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const PEOPLE: u64 = 20_000;
const YEAR: u16 = 2023;

fn extract(folder: &Path) -> PathBuf {
    let out = folder.join("extract");
    let mut plan = Plan::new(PEOPLE, YEAR - 3..=YEAR, 4, 1);
    plan.tracks = Tracks::Current;
    plan.starts = vec![format!("{YEAR}-01-01")];
    plan.assignment = Assignment::Retrospective;
    synth::generate(&plan, &out).expect("the generator works");
    out
}

fn decode(lines: &TableFiles) -> i64 {
    let (mut codes, mut ints, mut sum) = (Vec::new(), Vec::new(), 0i64);
    for (file, group) in lines.units() {
        for name in ["bene_id", "hcpcs", "tin", "specialty"] {
            let mut cursor = ColumnCursor::open(file, &group, name).expect("the column opens");
            cursor.read_codes(group.rows, &mut codes, 0, &mut |text| text.len() as u32).expect("the column decodes");
            sum += codes.iter().map(|code| i64::from(*code)).sum::<i64>();
        }
        for name in ["claim_type", "last_date", "payment_amt", "allowed_amt"] {
            let mut cursor = ColumnCursor::open(file, &group, name).expect("the column opens");
            cursor.read_ints(group.rows, &mut ints).expect("the column decodes");
            sum = sum.wrapping_add(ints.iter().fold(0, |sum: i64, value| sum.wrapping_add(*value)));
        }
    }
    sum
}

/// A batch of carrier lines in memory, for the kernel alone.
fn batch(people: u32, rows: usize, day: i64) -> LineColumns {
    let column = |value: u32| vec![value; rows];
    LineColumns {
        bene: (0..rows).map(|row| (row as u64 * u64::from(people) / rows as u64) as u32).collect(),
        claim_type: vec![71; rows],
        last_date: (0..rows).map(|row| day + (row % 365) as i64).collect(),
        procedure: (0..rows).map(|row| u32::from(row % 5 == 0)).collect(),
        specialty: (0..rows).map(|row| if row % 3 == 0 { 13 } else { 0 }).collect(),
        tin: (0..rows).map(|row| (row % 7) as u32).collect(),
        payment: (0..rows).map(|row| (row % 30_000) as i64).collect(),
        allowed: (0..rows).map(|row| (row % 40_000) as i64).collect(),
        processed: vec![i64::MIN; rows],
        sequestration: vec![i64::MIN; rows],
        pbp_reduction: vec![i64::MIN; rows],
        revenue_center: column(0),
        place: column(0),
        ccn: column(u32::MAX),
        facility_type: column(0),
        classification: column(0),
        non_payment: column(0),
        denial: column(0),
        unpaid: column(0),
        ..LineColumns::default()
    }
}

fn cohort(people: u32, policy: &Policy) -> Cohort {
    let years = policy.calendar().years().len();
    let cohort = Cohort::new(people as usize, years);
    let months = Months::parse(b"444444444444").expect("a year of months");
    for bene in 0..people {
        for year in 0..years {
            let row = PersonYear { months, ..PersonYear::default() };
            cohort.enter(cohort.partition_of(bene)).enroll(bene, year, row);
        }
    }
    for partition in 0..cohort.partitions() {
        cohort.enter(partition).open(policy.calendar().windows().len(), policy.calendar().spending());
    }
    cohort
}

fn benches(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let extract = extract(folder.path());
    let lines = TableFiles::open(&extract, ClaimLine::TABLE, IoMode::Map).expect("the lines open");
    let mut group = c.benchmark_group("heavy");
    group.sample_size(10);
    group.throughput(Throughput::Elements(lines.rows()));
    group.bench_function("decode eight columns of claim_line", |b| b.iter(|| black_box(decode(&lines))));

    let rules = Rules::load(None).expect("the rules load");
    let span = Span { performance_year: YEAR, years: vec![YEAR], ..Span::default() };
    let policy = Policy::compile(&rules, &span, &acobench::beneficiary::Attested::default()).expect("the policy compiles");
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

    let request = Request {
        extract: extract.clone(),
        performance_year: YEAR,
        out: folder.path().join("run"),
        io: IoMode::Map,
        risk: Risk::Scores,
        seed: 0,
        rules: None,
        choices: Vec::new(),
        max_quarantined: "0.001".parse().expect("a share"),
        allow_findings: false,
        quarter: None,
        assigned: AssignedBy::Claims,
        given: Given::default(),
        audit: None,
        memory: None,
        scratch: None,
        until: Until::Settlements,
        work: None,
    };
    let progress = Progress::new(Shown::Nothing);
    group.throughput(Throughput::Elements(lines.rows()));
    group.bench_function("whole run", |b| {
        b.iter(|| pipeline::run(&request, "bench", &progress).expect("the run succeeds"));
    });
    group.finish();
}

criterion_group!(heavy, benches);
criterion_main!(heavy);
