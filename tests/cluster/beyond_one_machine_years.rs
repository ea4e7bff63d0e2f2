//! Years of two halves, quarters and deliveries that miss a month: workers and `finish` make of them what a run makes.
#![allow(clippy::unwrap_used)]

use crate::extract;
use crate::stream;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use acobench::cluster::{self, FinishRequest, Pass, Plan, PlanRequest};
use acobench::error::Result;
use acobench::factors::Risk;
use acobench::money::Decimal;
use acobench::run::given::Given;
use acobench::run::manifest::Manifest;
use acobench::run::progress::{Progress, Shown};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int8Type, Int32Type};
use extract::run;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("beyond_one_machine_years").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn made(arguments: &[&str]) {
    let ended = run(arguments);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

fn synth(out: &Path, more: &[&str]) {
    let base = ["synth", "--quiet", "--beneficiaries", "400", "--seed", "11", "--out", out.to_str().unwrap()];
    made(&[&base[..], more].concat());
}

/// The files of a run but its manifest, and the manifest's notes.
fn outputs(run: &Path) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<String>) {
    let manifest = Manifest::read(run).unwrap();
    let files = manifest.outputs.iter().map(|output| (output.path.clone(), fs::read(run.join(&output.path)).unwrap()));
    let text: serde_json::Value = serde_json::from_slice(&fs::read(run.join("manifest.json")).unwrap()).unwrap();
    (files.collect(), text["notes"].as_array().into_iter().flatten().map(ToString::to_string).collect())
}

/// Three workers a pass, and what is made of their partials.
struct Cluster {
    home: PathBuf,
    plan: PathBuf,
    rows: RecordBatch,
}

impl Cluster {
    /// The plan of an extract, and its rows.
    fn of(home: &Path, extract: &Path, performance_year: u16, quarter: Option<u8>) -> Result<Self> {
        let request = PlanRequest {
            extract: extract.to_path_buf(),
            performance_year,
            quarter,
            quarter_of: None,
            risk: Risk::Scores,
            seed: 0,
            rules: None,
            choices: Vec::new(),
            thresholds: None,
        };
        let (plan, made) = (home.join("plan-1.json"), Plan::make(&request)?);
        made.write(&plan)?;
        Ok(Self { home: home.to_path_buf(), plan, rows: stream::tagged(extract, &made) })
    }

    /// Folds the rows that are kept, in three partitions.
    fn fold(&self, plan: &Path, pass: Pass, keep: &dyn Fn(u32) -> bool) -> PathBuf {
        let partials = self.home.join(pass.name());
        fs::create_dir_all(&partials).unwrap();
        let read = Plan::read(plan).unwrap();
        for (at, mut numbers) in stream::partitions(&self.rows, 3, 5).into_iter().enumerate() {
            numbers.retain(|row| keep(*row));
            let mut partial = Vec::new();
            cluster::fold(&read, pass, None, &stream::bytes(&self.rows, &numbers, 2_000)[..], &mut partial).unwrap();
            fs::write(partials.join(format!("{at}.arrows")), partial).unwrap();
        }
        partials
    }

    /// Both passes over the rows that are kept, and the run.
    fn run(&self, keep: &dyn Fn(u32) -> bool, allow_findings: bool) -> Result<PathBuf> {
        let (second, out) = (self.home.join("plan-2.json"), self.home.join("many"));
        let request = |plan: &Path, partials: PathBuf, out: &Path| FinishRequest {
            plan: plan.to_path_buf(),
            partials,
            out: out.to_path_buf(),
            max_quarantined: Decimal::new(1, 3),
            allow_findings,
            given: Given::default(),
        };
        cluster::finish_thresholds(&request(&self.plan, self.fold(&self.plan, Pass::Thresholds, keep), &second))?;
        let sums = request(&second, self.fold(&second, Pass::Sums, keep), &out);
        cluster::finish(&sums, "run", &Progress::new(Shown::Nothing))?;
        Ok(out)
    }
}

fn everything(_: u32) -> bool {
    true
}

#[test]
fn the_halves_of_2019_are_those_of_one_machine() {
    let home = folder("halves");
    let extract = home.join("extract");
    synth(&extract, &["--years", "2013..2019", "--acos", "4", "--starts", "2016-01-01,2019-07-01"]);
    let one = home.join("one");
    let asked = ["run", "--quiet", "--performance-year", "2019", "--extract", extract.to_str().unwrap()];
    made(&[&asked[..], &["--out", one.to_str().unwrap()]].concat());
    let settled = fs::read_to_string(one.join("factors/aco.csv")).unwrap();
    let halves: Vec<&str> = settled.lines().filter_map(|line| line.split(',').nth(6)).collect();
    assert!(halves[0] == "performance_half" && halves.contains(&"1") && halves.contains(&"2"), "{settled}");
    let many = Cluster::of(&home, &extract, 2019, None).unwrap().run(&everything, false).unwrap();
    assert!(outputs(&many) == outputs(&one), "the runs differ");
}

#[test]
fn a_quarter_is_that_of_one_machine() {
    for method in ["prospective", "retrospective"] {
        a_quarter_of(method);
    }
}

fn a_quarter_of(method: &str) {
    let home = folder(&format!("quarter-{method}"));
    let extract = home.join("extract");
    synth(&extract, &["--years", "2018..2022", "--acos", "2", "--assignment", method, "--starts", "2022-01-01,2020-01-01"]);
    let one = home.join("one");
    let asked = ["run", "--quiet", "--performance-year", "2022", "--quarter", "2", "--extract", extract.to_str().unwrap()];
    made(&[&asked[..], &["--out", one.to_str().unwrap()]].concat());
    let many = Cluster::of(&home, &extract, 2022, Some(2)).unwrap().run(&everything, false).unwrap();
    let (files, notes) = outputs(&one);
    assert!(!files.contains_key(Path::new("settlement.csv")) && notes.iter().any(|note| note.contains("quarter 2")), "{notes:?}");
    assert!(outputs(&many) == (files, notes), "the runs differ");
    let parameters = |run: &Path| Manifest::read(run).unwrap().parameters["quarter"].clone();
    assert_eq!(parameters(&many), parameters(&one));
}

#[test]
fn a_month_that_no_worker_saw_is_refused_unless_it_is_allowed() {
    let home = folder("month");
    let extract = home.join("extract");
    synth(&extract, &["--years", "2018..2022", "--acos", "2"]);
    let cluster = Cluster::of(&home, &extract, 2022, None).unwrap();
    let layout = Plan::read(&cluster.plan).unwrap().stream;
    let line = layout.number("claim_line").unwrap() as i8;
    let slot = layout.columns("claim_line").find(|(name, _)| *name == "last_date").unwrap().1;
    let tags = cluster.rows.column_by_name("table").unwrap().as_primitive::<Int8Type>();
    let days = cluster.rows.column_by_name(slot).unwrap().as_primitive::<Int32Type>();
    let june_2022 = 19_144..19_174;
    let keep = |row: u32| tags.value(row as usize) != line || !june_2022.contains(&days.value(row as usize));
    let refused = cluster.run(&keep, false).unwrap_err();
    let told = refused.to_string();
    assert!(refused.exit_code() == 3 && told.contains("carrier 2022-06 (0 rows"), "{told}");
    assert!(!home.join("many").exists());
    let (_, notes) = outputs(&cluster.run(&keep, true).unwrap());
    assert!(notes.iter().any(|note| note.contains("2022-06")), "{notes:?}");
}

#[test]
fn a_retried_task_and_a_stragglers_twin_write_the_same_bytes() {
    let home = folder("twin");
    let extract = home.join("extract");
    synth(&extract, &["--years", "2018..2022", "--acos", "2"]);
    let cluster = Cluster::of(&home, &extract, 2022, None).unwrap();
    let plan = Plan::read(&cluster.plan).unwrap();
    let numbers: Vec<u32> = (0..cluster.rows.num_rows() as u32).collect();
    let sorted = stream::grouped(&cluster.rows, numbers.clone());
    let fold = |group_rows, numbers: &[u32], batch| {
        let mut partial = Vec::new();
        let input = stream::bytes(&cluster.rows, numbers, batch);
        cluster::fold(&plan, Pass::Thresholds, group_rows, &input[..], &mut partial).unwrap();
        partial
    };
    let first = fold(None, &numbers, 5_000);
    assert!(first.len() > 1_000, "{}", first.len());
    // A twin may be handed its rows in another order, cut into other batches.
    for twin in [fold(None, &numbers, 5_000), fold(Some(10_000), &sorted, 777), fold(None, &sorted, 64)] {
        assert!(twin == first, "{} and {} bytes", twin.len(), first.len());
    }
}
