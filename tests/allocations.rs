//! The heavy half allocates per person, block and table, never per row.
#![allow(clippy::unwrap_used)]

#[path = "common/extract.rs"]
mod extract;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use acobench::disk::IoMode;
use acobench::factors::Risk;
use acobench::run::given::Given;
use acobench::run::look::Look;
use acobench::run::manifest::Manifest;
use acobench::run::pipeline::{self, AssignedBy, Request, Until};
use acobench::run::progress::{Progress, Shown};

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator as it came, which keeps the contract; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(at, layout) };
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations of a run to the sums on one thread, and the claim rows it read.
fn counted(name: &str, people: &str, order: &[&str]) -> (u64, u64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("allocations").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let extract = folder.join("extract");
    let mut arguments =
        vec!["synth", "--quiet", "--beneficiaries", people, "--years", "2019..2022", "--acos", "3", "--seed", "3"];
    arguments.extend(["--files", "2", "--starts", "2022-01-01", "--tracks", "current", "--assignment", "retrospective", "--out"]);
    arguments.push(extract.to_str().unwrap());
    arguments.extend(order);
    let made = extract::run(&arguments);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let request = Request {
        extract,
        assigned: AssignedBy::Claims,
        performance_year: 2022,
        out: folder.join("out"),
        io: IoMode::Map,
        risk: Risk::Scores,
        seed: 0,
        rules: None,
        choices: Vec::new(),
        max_quarantined: "0.001".parse().unwrap(),
        look: Look::Passing,
        allow_findings: true,
        quarter: None,
        quarter_of: None,
        given: Given::default(),
        memory: None,
        scratch: None,
        until: Until::Aggregates,
        work: None,
        hashes: None,
        audit: None,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    pool.install(|| pipeline::run(&request, "allocations", &Progress::new(Shown::Nothing))).unwrap();
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let manifest = Manifest::read(&request.out).unwrap();
    (allocations, manifest.stages.iter().filter(|stage| stage.stage.starts_with("claim ")).map(|stage| stage.rows).sum())
}

// One test: the count is of the whole process.
#[test]
fn more_rows_make_no_more_allocations_than_their_people() {
    for (name, order) in [("clustered", &[][..]), ("random", &["--unsorted"][..])] {
        let (few, few_rows) = counted(&format!("{name}_few"), "500", order);
        let (many, many_rows) = counted(&format!("{name}_many"), "1500", order);
        let (rows, allocations) = (many_rows - few_rows, many.saturating_sub(few));
        println!(
            "{name}: {few} allocations for {few_rows} rows, {many} for {many_rows}: {} rows for each one more",
            rows / allocations.max(1)
        );
        assert!(rows > 100_000, "{name}: only {rows} rows more");
        assert!(allocations * 25 < rows, "{name}: {allocations} allocations for {rows} rows more");
    }
}
