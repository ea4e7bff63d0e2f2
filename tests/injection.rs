//! Every open, map, read, write, creation, sync and rename fails once: what a reader finds is the earlier output or the new one,
//! whole, and the next undisturbed attempt succeeds. Of the operations of one kind at most [`MOST`] are chosen, spread evenly;
//! `scripts/faults/inject` takes every one.
//!
//! What fails belongs to the process, so this program holds nothing else: a test beside it would be failed too.
#![cfg(debug_assertions)] // a release build holds no injection
#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "common/extract.rs"]
mod extract;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use acobench::disk::{self, IoMode, Taken, inject};
use acobench::error::Result;
use acobench::factors::Risk;
use acobench::intake::{Given, Quarantine, Rename, cclf, rif};
use acobench::money::Decimal;
use acobench::report::{self, About, Audience, Finished};
use acobench::rules::Rules;
use acobench::run::given;
use acobench::run::look::Look;
use acobench::run::manifest::Manifest;
use acobench::run::pipeline::{self, Request, Until};
use acobench::run::progress::{Progress, Shown};
use acobench::run::work::WorkFolder;
use tempfile::TempDir;

/// Kinds of operations, the error each fails with, and whether all work does some.
const OPERATIONS: [(&str, i32); 7] = [
    ("open", libc::EMFILE),
    ("map", libc::ENOMEM),
    ("read", libc::EIO),
    ("create", libc::EACCES),
    ("write", libc::ENOSPC),
    ("sync", libc::EIO),
    ("rename", libc::EIO),
];

/// What fails belongs to the process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Operations of a kind that fail in one piece of work.
const MOST: u64 = 12;

fn chosen(count: u64) -> Vec<u64> {
    let all = std::env::var_os("ACOBENCH_TEST_EVERY").is_some() || count <= MOST;
    if all { (1..=count).collect() } else { (0..MOST).map(|at| 1 + at * (count - 1) / (MOST - 1)).collect() }
}

/// A folder for what several tests read.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("injection").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder in memory where the system has one, for thousands of syncs are waited for.
fn memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn made(arguments: &[&str], out: &Path) {
    let ended = extract::run(&[arguments, &["--out", out.to_str().unwrap()]].concat());
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

const SYNTH: [&str; 16] = [
    "synth",
    "--quiet",
    "--beneficiaries",
    "150",
    "--years",
    "2019..2022",
    "--acos",
    "2",
    "--files",
    "1",
    "--starts",
    "2022-01-01",
    "--tracks",
    "current",
    "--assignment",
    "retrospective",
];

fn good() -> &'static Path {
    static GOOD: OnceLock<PathBuf> = OnceLock::new();
    GOOD.get_or_init(|| {
        let good = folder("good").join("extract");
        made(&SYNTH, &good);
        good
    })
}

/// Every file below a folder and its content's hash; none for a folder that is not there.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let files = if folder.is_file() { vec![folder.to_path_buf()] } else { disk::files_below(folder).unwrap_or_default() };
    files.into_iter().map(|file| (file.clone(), blake3::hash(&fs::read(&file).unwrap()).to_hex().to_string())).collect()
}

/// What of an output is the same whenever it is made: all but the manifest's times.
fn lasting(out: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = tree(out);
    if let Ok(manifest) = Manifest::read(out) {
        manifest.verify(out, |_| true).unwrap();
        found.retain(|path, _| !path.ends_with("manifest.json"));
    }
    found
}

/// Does `work` with every operation of every kind failing once. `prepare` puts the earlier output in place each time; `out` is
/// where a reader looks. Gives how many operations of each kind there were.
fn every(out: &Path, prepare: impl Fn(), work: impl Fn() -> Result<()>) -> BTreeMap<&'static str, u64> {
    every_of(&OPERATIONS, out, prepare, work)
}

/// The same of some kinds.
fn every_of(
    operations: &[(&'static str, i32)],
    out: &Path,
    prepare: impl Fn(),
    work: impl Fn() -> Result<()>,
) -> BTreeMap<&'static str, u64> {
    prepare();
    let earlier = lasting(out);
    work().unwrap();
    let whole = lasting(out);
    assert_ne!(earlier, whole, "the earlier output must be told from the new one");
    let mut counts = BTreeMap::new();
    for &(op, errno) in operations {
        prepare();
        assert!(inject::arm(&format!("{op}:0:{errno}")));
        work().unwrap();
        let count = inject::disarm();
        counts.insert(op, count);
        for nth in chosen(count) {
            prepare();
            assert!(inject::arm(&format!("{op}:{nth}:{errno}")));
            let ended = work();
            let seen = inject::disarm();
            assert!(seen >= nth, "{op} {nth} was never asked for");
            let found = lasting(out);
            match ended {
                // What is merely swept, remembered or kept for later may fail without failing the work.
                Ok(()) => assert_eq!(found, whole, "{op} {nth}"),
                Err(error) => {
                    let told = error.to_string();
                    assert!(matches!(error.exit_code(), 1 | 3) && told.contains("hint:"), "{op} {nth}: {told}");
                    assert!(!told.contains("defect"), "{op} {nth}: {told}");
                    // After it is in place only the sync of the folder that holds it is left to fail.
                    assert!(found == earlier || op == "sync" && found == whole, "{op} {nth}: {told}");
                }
            }
            let beside: Vec<PathBuf> = disk::list(out.parent().unwrap()).unwrap();
            assert!(beside.iter().all(|path| !path.to_string_lossy().contains(".partial")), "{op} {nth}: {beside:?}");
        }
        work().unwrap();
        assert_eq!(lasting(out), whole, "after {op}");
    }
    counts
}

fn request(out: &Path, work: Option<&Path>, io: IoMode, risk: Risk) -> Request {
    Request {
        extract: good().to_path_buf(),
        performance_year: 2022,
        out: out.to_path_buf(),
        io,
        risk,
        seed: 0,
        rules: None,
        choices: Vec::new(),
        max_quarantined: Decimal::ONE,
        look: Look::Passing,
        allow_findings: true,
        quarter: None,
        quarter_of: None,
        assigned: acobench::run::pipeline::AssignedBy::Claims,
        given: given::Given::default(),
        memory: None,
        scratch: None,
        until: Until::Settlements,
        hashes: None,
        work: work.map(|folder| WorkFolder {
            folder: folder.to_path_buf(),
            taken: Taken::Refuse,
            limit: u64::MAX,
            rehash: false,
        }),
        audit: None,
    }
}

fn run(request: &Request) -> Result<()> {
    pipeline::run(request, "injected", &Progress::new(Shown::Nothing)).map(drop)
}

/// A run of another kind, which is what a reader finds until the new one is whole.
fn earlier() -> &'static Path {
    static EARLIER: OnceLock<PathBuf> = OnceLock::new();
    EARLIER.get_or_init(|| {
        let earlier = folder("earlier").join("out");
        run(&request(&earlier, None, IoMode::Map, Risk::None)).unwrap();
        earlier
    })
}

/// A finished run.
fn finished() -> &'static Path {
    static FINISHED: OnceLock<PathBuf> = OnceLock::new();
    FINISHED.get_or_init(|| {
        let finished = folder("finished").join("out");
        run(&request(&finished, None, IoMode::Map, Risk::Scores)).unwrap();
        finished
    })
}

fn put(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    extract::copy(from, to);
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_run_survives_every_failure_of_its_disk() {
    let _alone = alone();
    for io in [IoMode::Map, IoMode::Read] {
        let home = memory();
        let out = home.path().join("out");
        let asked = request(&out, None, io, Risk::Scores);
        let counts = every(&out, || put(earlier(), &out), || run(&asked));
        assert!(OPERATIONS.iter().all(|(op, _)| counts[op] > 0 || *op == "map" && io == IoMode::Read), "{counts:?}");
    }
}

#[test]
fn a_run_on_a_work_folder_survives_every_failure_of_its_disk() {
    let _alone = alone();
    let home = memory();
    let home = home.path();
    let (out, work, warm) = (home.join("out"), home.join("work"), home.join("warm"));
    run(&request(&out, Some(&warm), IoMode::Map, Risk::Scores)).unwrap();
    let asked = request(&out, Some(&work), IoMode::Map, Risk::Scores);
    for holds in [false, true] {
        let prepare = || {
            put(earlier(), &out);
            let _ = fs::remove_dir_all(&work);
            if holds {
                put(&warm, &work);
            }
        };
        let counts = every(&out, prepare, || run(&asked));
        assert!(counts.values().all(|count| *count > 0), "{counts:?}");
    }
}

#[test]
fn a_run_with_little_memory_survives_every_failure_of_its_scratch_file() {
    let _alone = alone();
    let home = memory();
    let (more, out, scratch) = (home.path().join("extract"), home.path().join("out"), home.path().join("scratch"));
    let words: Vec<&str> = SYNTH.iter().map(|word| if *word == "150" { "1200" } else { word }).collect();
    made(&words, &more);
    fs::create_dir(&scratch).unwrap();
    let asked = |memory| Request {
        extract: more.clone(),
        memory: Some(memory),
        scratch: Some(scratch.clone()),
        ..request(&out, None, IoMode::Map, Risk::Scores)
    };
    let refusal = run(&asked(1 << 20)).unwrap_err().to_string();
    let least = refusal.split_once("the run needs about ").and_then(|(_, rest)| rest.split_once(" MiB")).unwrap().0;
    let spilled = asked(least.parse::<u64>().unwrap() << 20);
    let spills = Manifest::read(&{
        run(&spilled).unwrap();
        out.clone()
    })
    .unwrap();
    assert!(spills.stages.iter().any(|stage| stage.stage == "build spilled facts"), "memory had room for all");
    let kinds: Vec<_> = OPERATIONS.into_iter().filter(|(op, _)| ["read", "create", "write"].contains(op)).collect();
    let counts = every_of(&kinds, &out, || put(earlier(), &out), || run(&spilled));
    assert!(counts.values().all(|count| *count > 0), "{counts:?}");
    assert!(disk::list(&scratch).unwrap().is_empty());
}

#[test]
fn reports_survive_every_failure_of_their_disk() {
    let _alone = alone();
    let home = memory();
    let home = home.path();
    let read = || {
        let manifest = Manifest::read(finished())?;
        manifest.verify(finished(), |_| true)?;
        Finished::read(finished(), &[], Audience::Others(&Rules::load(None)?))
    };
    let page = home.join("page.html");
    let results = home.join("results.csv");
    let write = |out: &Path, make: &dyn Fn(&Finished) -> Result<Vec<u8>>| disk::replace(out, &make(&read()?)?);
    let rules = Rules::load(None).unwrap();
    for out in [&page, &results] {
        let make = |finished: &Finished| {
            if *out == page {
                report::run_page(finished, &About::default()).map(String::into_bytes)
            } else {
                report::results_file(finished, &rules)
            }
        };
        let counts = every(out, || fs::write(out, "earlier").unwrap(), || write(out, &make));
        assert!(["open", "read", "create", "write", "sync", "rename"].iter().all(|op| counts[op] > 0), "{counts:?}");
    }
    // Workbooks are a file each: after a failure each of them is the earlier one or the new one.
    let books = home.join("books.xlsx");
    let book = |finished: &Finished| report::workbook(&finished.acos[0], &About::default(), &rules);
    every(&books, || fs::write(&books, "earlier").unwrap(), || write(&books, &book));
}

#[test]
fn imports_survive_every_failure_of_their_disk() {
    let _alone = alone();
    let home = memory();
    let home = home.path();
    let (feed, files) = (home.join("feed"), home.join("rif"));
    let small = ["--beneficiaries", "30"];
    let words: Vec<&str> =
        SYNTH.iter().copied().filter(|word| !["--beneficiaries", "150", "--files", "1"].contains(word)).collect();
    made(&[&words[..], &small, &["--as", "cclf"]].concat(), &feed);
    made(&[&words[..], &small, &["--as", "rif"]].concat(), &files);
    let extract = home.join("extract");
    let rules = || Rules::load(None);
    let prepare = || put(earlier(), &extract);
    let quarantine = || Quarantine::new(Decimal::ONE).unwrap();
    let cclf = || {
        let import = cclf::Import {
            folder: feed.join("files"),
            out: extract.clone(),
            rename: Rename::default(),
            given: Vec::<Given>::new(),
            rules: rules()?,
            quarantine: quarantine(),
            memory: 1 << 20,
        };
        import.run(&Arc::default()).map(drop)
    };
    let rif = || {
        let import = rif::Import {
            folder: files.join("files"),
            out: extract.clone(),
            rename: Rename::default(),
            given: Vec::<Given>::new(),
            rules: rules()?,
            quarantine: quarantine(),
            memory: 1 << 30,
        };
        import.run(&Arc::default()).map(drop)
    };
    for counts in [every(&extract, prepare, cclf), every(&extract, prepare, rif)] {
        assert!(["open", "read", "create", "write", "sync", "rename"].iter().all(|op| counts[op] > 0), "{counts:?}");
    }
}
