//! One kernel, so many times over, and nothing else that grows with the times: `scripts/instructions` counts what it executes.
//!
//! `kernels` alone lists the kernels; `kernels NAME TIMES` prints the units of one time.

#![allow(clippy::expect_used, clippy::print_stdout, missing_docs, reason = "a measuring program that ends where something fails")]

#[path = "../material/mod.rs"]
mod material;

use std::hint::black_box;

use acobench::beneficiary::{Entities, IdTable, MonthOfRun, Origin, Reconciliation, Scatter, ServiceRecord, SpendingRecord};
use acobench::disk::IoMode;
use acobench::extract::{ClaimLine, Row as _};
use acobench::run::pipeline::{self, Until};
use acobench::run::progress::{Progress, Shown};
use acobench::scan::{MANY, ManyCoder as _, TableFiles};
use material::{PEOPLE, YEAR, batch, cohort, decode, extract, policy, request};

/// Rows of a batch.
const ROWS: usize = 1 << 18;
const KERNELS: [&str; 8] = ["decode", "lines", "spend", "spend_random", "serve_random", "identify", "bill", "run"];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (name, times) = (arguments.next(), arguments.next());
    let Some(name) = name else {
        println!("{}", KERNELS.join("\n"));
        return;
    };
    let times: usize = times.and_then(|times| times.parse().ok()).expect("NAME TIMES");
    println!("{}", measured(&name, times));
}

fn measured(name: &str, times: usize) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    let people = PEOPLE as u32;
    let again = |work: &mut dyn FnMut()| (0..times).for_each(|_| work());
    match name {
        "decode" => {
            let lines = TableFiles::open(&extract(folder.path()), ClaimLine::TABLE, IoMode::Map).expect("the lines open");
            again(&mut || _ = black_box(decode(&lines)));
            lines.rows()
        }
        "lines" => {
            let (policy, day) = (policy(), i64::from(acobench::beneficiary::day_of(YEAR as i16, 1, 1)));
            let (columns, cohort) = (batch(people, ROWS, day), cohort(people, &policy));
            let (mut scatter, mut tally) = (Scatter::new(&cohort), Reconciliation::default());
            again(&mut || columns.scatter(&policy, &mut scatter, &mut tally));
            black_box(tally);
            ROWS as u64
        }
        "spend" | "spend_random" => {
            let cohort = cohort(people, &policy());
            let scattered = scattered(name == "spend_random", people);
            let record = |(row, bene): (usize, &u32)| SpendingRecord {
                cents: row as i64,
                read: row as i64,
                bene: *bene,
                month: MonthOfRun::of(row % 12),
                component: (row % 8) as u8,
                origin: Origin::Line,
                biller: (row % 5_000) as u32,
            };
            let records: Vec<SpendingRecord> = scattered.iter().enumerate().map(record).collect();
            let mut scatter = Scatter::new(&cohort);
            again(&mut || records.iter().for_each(|record| scatter.spend(*record)));
            ROWS as u64
        }
        "serve_random" => {
            let cohort = cohort(people, &policy());
            let record = |(row, bene): (usize, &u32)| ServiceRecord {
                cents: row as i64,
                bene: *bene,
                entity: (bene % 97 + row as u32 % 3) % 4_000,
                windows: 1,
                day: (row % 365) as u16 + 1,
                role: 1,
                stays: 0,
            };
            let records: Vec<ServiceRecord> = scattered(true, people).iter().enumerate().map(record).collect();
            let mut scatter = Scatter::new(&cohort);
            again(&mut || records.iter().for_each(|record| scatter.serve(*record)));
            ROWS as u64
        }
        "identify" | "bill" => {
            let texts: Vec<Box<[u8]>> = (0..PEOPLE).map(|n| format!("1A{n:09}").into_bytes().into()).collect();
            let (table, entities) = (IdTable::new(texts.clone()), Entities::default());
            let texts: Vec<&[u8]> = texts.iter().map(|text| &**text).collect();
            if name == "identify" {
                let mut numbers = Vec::new();
                again(&mut || {
                    numbers.clear();
                    texts.chunks(MANY).for_each(|texts| { &table }.codes(texts, &mut numbers));
                    black_box(&numbers);
                });
            } else {
                again(&mut || _ = black_box(texts.iter().map(|text| u64::from(entities.tin(text))).sum::<u64>()));
            }
            PEOPLE
        }
        "run" => {
            let extract = extract(folder.path());
            let request = request(&extract, &folder.path().join("run"), Until::Settlements);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
            let work = || _ = pipeline::run(&request, "kernels", &Progress::new(Shown::Nothing)).expect("the run succeeds");
            again(&mut || pool.install(work));
            TableFiles::open(&extract, ClaimLine::TABLE, IoMode::Map).expect("the lines open").rows()
        }
        other => panic!("no kernel is called {other}"),
    }
}

/// Beneficiaries of so many rows: one after the other, or each another than the one before.
fn scattered(random: bool, people: u32) -> Vec<u32> {
    let step = 2_654_435_761u64;
    let of = |row: u64| if random { row * step % u64::from(people) } else { row * u64::from(people) / ROWS as u64 };
    (0..ROWS as u64).map(|row| of(row) as u32).collect()
}
