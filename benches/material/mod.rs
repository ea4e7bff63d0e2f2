//! What the kernels are given: a synthetic extract, batches in memory, people without payments.

use std::path::{Path, PathBuf};

use acobench::beneficiary::{Attested, Cohort, LineColumns, Months, PersonYear, Policy, Span};
use acobench::disk::IoMode;
use acobench::factors::Risk;
use acobench::rules::Rules;
use acobench::run::given::Given;
use acobench::run::look::Look;
use acobench::run::pipeline::{AssignedBy, Request, Until};
use acobench::scan::{ColumnCursor, TableFiles};
use acobench::synth::{self, Assignment, Plan, Tracks};

/// Beneficiaries of the extract.
pub const PEOPLE: u64 = 20_000;
/// Performance year.
pub const YEAR: u16 = 2023;

/// A synthetic extract in a folder of its own.
pub fn extract(folder: &Path) -> PathBuf {
    let out = folder.join("extract");
    let mut plan = Plan::new(PEOPLE, YEAR - 3..=YEAR, 4, 1);
    plan.tracks = Tracks::Current;
    plan.starts = vec![format!("{YEAR}-01-01")];
    plan.assignment = Assignment::Retrospective;
    synth::generate(&plan, &out).expect("the generator works");
    out
}

/// Decodes eight columns of `claim_line`, and a sum so that nothing is left out.
pub fn decode(lines: &TableFiles) -> i64 {
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
pub fn batch(people: u32, rows: usize, day: i64) -> LineColumns {
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

/// People of whom every month of every year counts, before their payments.
pub fn cohort(people: u32, policy: &Policy) -> Cohort {
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

/// The rules of the performance year.
pub fn policy() -> Policy {
    let rules = Rules::load(None).expect("the rules load");
    let span = Span { performance_year: YEAR, years: vec![YEAR], ..Span::default() };
    Policy::compile(&rules, &span, &Attested::default()).expect("the policy compiles")
}

/// A run over an extract.
pub fn request(extract: &Path, out: &Path, until: Until) -> Request {
    Request {
        extract: extract.to_path_buf(),
        assigned: AssignedBy::Claims,
        performance_year: YEAR,
        out: out.to_path_buf(),
        io: IoMode::Map,
        risk: Risk::Scores,
        seed: 0,
        rules: None,
        choices: Vec::new(),
        max_quarantined: "0.001".parse().expect("a share"),
        look: Look::Passing,
        allow_findings: false,
        quarter: None,
        quarter_of: None,
        given: Given::default(),
        audit: None,
        memory: None,
        scratch: None,
        until,
        work: None,
        hashes: None,
    }
}
