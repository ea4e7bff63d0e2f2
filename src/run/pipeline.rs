//! The main job: an extract to facts, sums, factor tables, benchmarks and settlements, published as one folder.

use std::path::PathBuf;

use super::agreements::Acos;
use super::assignment_list::ListedYear;
use super::conclude::{Grounds, conclude};
use super::findings::{Ledger, Premises};
use super::given::Given;
use super::kept_sums::Account;
use super::look::Look;
use super::manifest::Manifest;
use super::plan::{Plan, Standings, ToRead};
use super::progress::Progress;
use super::reconciliation::Reconciliation;
use super::reuse::{Accounted, Job, Seen};
use super::rounds::Stands;
use super::terms::Terms;
use super::work::{Work, WorkFolder};
use super::{quarantine, rests, soundness, sums};
use crate::assignment::Owners;
use crate::beneficiary::Entity;
use crate::disk::{self, IoMode, Staging};
use crate::error::{Error, Place, Result};
use crate::factors::{AssignmentMethod, FactorYear, Risk};
use crate::money::Decimal;
use crate::rules::{Choice, Rules, Year};
use crate::scan::Extract;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folder of the extract.
    pub extract: PathBuf,
    /// Performance year.
    pub performance_year: Year,
    /// Folder in which the run appears.
    pub out: PathBuf,
    /// How input files are read.
    pub io: IoMode,
    /// Where risk scores come from.
    pub risk: Risk,
    /// Seed of the last tie-break.
    pub seed: u64,
    /// Folder of rule rows laid over the embedded ones.
    pub rules: Option<PathBuf>,
    /// Choices switched where the law is silent.
    pub choices: Vec<Choice>,
    /// Share of rows or of absolute dollars of a table that may be at fault.
    pub max_quarantined: Decimal,
    /// How much is looked at beside what the run needs.
    pub look: Look,
    /// Whether claims with errors that are seen so are run on all the same.
    pub allow_findings: bool,
    /// The quarter to whose end the performance year runs; none for the whole year.
    pub quarter: Option<u8>,
    /// The method of the ACOs whose quarterly figures are wanted; none where all have one.
    pub quarter_of: Option<AssignmentMethod>,
    /// Who says whom an ACO has.
    pub assigned: AssignedBy,
    /// Files given instead of computed figures.
    pub given: Given,
    /// Bytes of memory the run may take beside mapped files.
    pub memory: Option<u64>,
    /// Folder for what memory has no room for; beside `out` when none is named.
    pub scratch: Option<PathBuf>,
    /// How far the run goes.
    pub until: Until,
    /// Where stages are kept for the next run.
    pub work: Option<WorkFolder>,
    /// File in which hashes of inputs are remembered where nothing else is kept.
    pub hashes: Option<PathBuf>,
    /// Folder for what the second computation is held against.
    pub audit: Option<PathBuf>,
}

impl Request {
    /// Where data go that memory has no room for: beside the run's folder.
    pub fn scratch(&self) -> PathBuf {
        self.scratch.clone().unwrap_or_else(|| match self.out.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        })
    }
}

/// Who says whom an ACO has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AssignedBy {
    /// The claims, by the rules of assignment.
    #[default]
    Claims,
    /// CMS's lists in the table `assigned`; in a year without a list the claims.
    Lists,
}

/// How far a run goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Until {
    /// To the sums by ACO, year and enrollment type.
    Aggregates,
    /// To the settlements.
    #[default]
    Settlements,
}

/// What a run found, for the terminal.
#[derive(Debug)]
pub struct Outcome {
    /// Where rows and dollars went.
    pub reconciliation: Reconciliation,
}

/// Runs.
///
/// # Errors
/// When an input is refused or the work fails; an earlier run in the same place is then untouched.
pub fn run(request: &Request, run_id: &str, progress: &Progress) -> Result<Outcome> {
    let rules = Rules::load_with(request.rules.as_deref(), &request.choices)?;
    let extract = Extract::open(&request.extract, request.io)?;
    if request.risk == Risk::Scores && extract.risk_score.files.is_empty() {
        return Err(Error::input(
            "the extract has no risk scores",
            Place::table("risk_score").in_file(&extract.folder),
            "deliver the table, or say --risk none to count every score as 1",
        ));
    }
    let acos = Acos::read(&extract, request.performance_year, &rules)?.to_quarter(request.quarter, request.quarter_of)?;
    let given = request.given.read()?;
    let work = request.work.as_ref().map(Work::open).transpose()?;
    let staging = Staging::begin(&request.out)?;
    let mut manifest = begin(request, &rules, run_id);
    hash(&extract, &mut manifest, Seen::of(request), progress)?;

    let job = Job { extract: &extract, acos: &acos, request, rules: &rules, given: &given, inputs: &manifest.inputs };
    let mut before = if request.look.looks() { soundness::of_files(&extract, job.inputs)? } else { Vec::new() };
    quarantine::refuse_errors(&before, request.allow_findings, &extract.folder)?;
    let passing = request.look == Look::Passing;
    if !passing {
        // Told by their keys, claim by claim.
        before.clear();
    }
    let rows = (extract.beneficiary_year.rows(), extract.risk_score.rows());
    let of_ledger = |ledger: &Ledger| if passing { soundness::of_ledger(ledger, rows) } else { Ok(Vec::new()) };
    let judge = |ledger: &Ledger, remarks: &[String]| {
        quarantine::account(ledger).check()?;
        quarantine::judge(ledger, request.max_quarantined, &extract.folder)?;
        let all = [remarks, &of_ledger(ledger)?].concat();
        quarantine::refuse_errors(&all, request.allow_findings, &extract.folder)
    };
    let Accounted { account, policy, reused, kept } = job.account(work.as_ref(), judge, progress)?;
    manifest.reused = reused;
    let Account { ledger, remarks, thresholds, findings, listed } = account;
    let reconciliation = quarantine::account(&ledger);
    for account in reconciliation.accounts() {
        let (rows, cents) = (account.read.rows, account.read.cents);
        let dollars = Decimal::try_from_i128_with_scale(cents, 2).unwrap_or_default().to_string();
        tracing::info!(stage = "account", table = account.table, used_for = account.used_for, rows, dollars, "accounted for");
    }
    notes(&ledger, &acos, &mut manifest);
    rests::note(request, &mut manifest)?;
    for remark in before.iter().chain(&remarks).chain(&of_ledger(&ledger)?) {
        manifest.note(remark);
    }
    let calendar = policy.calendar();
    lists_told(request, &extract, &acos, calendar.years(), &listed, &mut manifest);
    manifest.assignment_lists = listed;
    let terms = Terms::of(&acos, calendar.years(), request.performance_year, &rules)?;
    let premises = Premises { acos: &acos, terms: &terms, performance_year: request.performance_year, seed: request.seed };
    if request.until == Until::Aggregates {
        let names: Vec<String> = acos.agreements.iter().map(|(aco, ..)| aco.key.to_string()).collect();
        sums::write(staging.path(), &names, calendar.years(), calendar.spending(), &findings.aggregates)?;
    } else {
        let (findings, thresholds, given) = (&findings, &thresholds, &given);
        let grounds = Grounds { findings, premises, rules: &rules, calendar, thresholds, given, risk: request.risk };
        conclude(grounds, kept.as_ref(), &mut manifest, &staging, progress)?;
    }

    extract.unchanged()?;
    manifest.decoded = extract.tables().into_iter().map(|table| (table.table.name.to_string(), table.bytes_read())).collect();
    manifest.reconciliation = reconciliation.clone();
    manifest.publish(staging, progress)?;
    if let Some(work) = work {
        work.bound();
    }
    Ok(Outcome { reconciliation })
}

/// What a run without risk scores tells.
pub const UNADJUSTED: &str = "--risk none: every risk score counts as 1; benchmarks and regional figures are not risk adjusted";

/// What a run would do, stage by stage. Nothing is written but the hashes that the work folder remembers, if it is there.
///
/// # Errors
/// When an input is refused, or another run is at work in the work folder.
pub fn plan(request: &Request, progress: &Progress) -> Result<Plan> {
    let rules = Rules::load_with(request.rules.as_deref(), &request.choices)?;
    let extract = Extract::open(&request.extract, request.io)?;
    let acos = Acos::read(&extract, request.performance_year, &rules)?.to_quarter(request.quarter, request.quarter_of)?;
    let given = request.given.read()?;
    let folder = request.work.as_ref().filter(|work| disk::exists(&work.folder));
    let Some(work) = folder.map(Work::open).transpose()? else {
        let why = if request.work.is_some() { "the work folder is empty" } else { "no work folder is given" };
        return Ok(Plan::of(request, &Standings::nothing(why), &ToRead::all(&extract)));
    };
    let mut manifest = begin(request, &rules, "plan");
    hash(&extract, &mut manifest, Seen::of(request), progress)?;
    Job { extract: &extract, acos: &acos, request, rules: &rules, given: &given, inputs: &manifest.inputs }.plan(&work)
}

/// Tells of lists that are not taken, and of years that no list tells.
fn lists_told(request: &Request, extract: &Extract, acos: &Acos, years: &[Year], listed: &[ListedYear], manifest: &mut Manifest) {
    if request.assigned == AssignedBy::Claims {
        if extract.assigned.rows() > 0 {
            manifest.note("the extract has CMS's assignment lists; people are assigned by claims, without --assigned given");
        }
        return;
    }
    for (aco, ..) in &acos.agreements {
        let of = FactorYear::ALL.iter().map(|year| aco.calendar_year(*year)).collect::<Vec<_>>();
        for year in years.iter().filter(|year| of.contains(year)) {
            if !listed.iter().any(|list| (&list.aco_id, list.year) == (&aco.key.aco_id, *year)) {
                manifest.note(format!(
                    "{} has no assignment list of {year}: its people of that year are assigned by claims",
                    aco.key
                ));
            }
        }
    }
}

fn begin(request: &Request, rules: &Rules, run_id: &str) -> Manifest {
    let mut manifest = Manifest::begin(run_id, "run");
    manifest.parameter("performance_year", request.performance_year.to_string());
    manifest.parameter("seed", request.seed.to_string());
    manifest.parameter("io", if request.io == IoMode::Map { "map" } else { "read" });
    manifest.parameter("risk", if request.risk == Risk::Scores { "scores" } else { "none" });
    manifest.parameter("max_quarantined", request.max_quarantined.to_string());
    if request.look != Look::default() {
        manifest.parameter("check", request.look.name());
    }
    if request.until == Until::Aggregates {
        manifest.parameter("until", "aggregates");
    }
    if request.assigned == AssignedBy::Lists {
        manifest.parameter("assigned", "given");
    }
    if let Some(quarter) = request.quarter {
        manifest.parameter("quarter", quarter.to_string());
    }
    if let Some(method) = request.quarter_of {
        manifest.parameter("quarter_of", method.name());
    }
    for choice in &request.choices {
        manifest.parameter(&choice.name, &choice.value);
    }
    manifest.rules.blake3 = rules.content_hash();
    manifest.rules.folder.clone_from(&request.rules);
    if request.risk == Risk::None {
        manifest.note(UNADJUSTED);
    }
    manifest
}

fn hash(extract: &Extract, manifest: &mut Manifest, mut seen: Seen, progress: &Progress) -> Result<()> {
    let stage = progress.stage("hash inputs");
    let inputs = extract.inputs();
    stage.expect_bytes(inputs.iter().flat_map(|(_, files)| files).map(disk::Input::bytes).sum());
    for (table, files) in inputs {
        let hashes = seen.hash_all(&files, stage.meter())?;
        manifest.add_hashed(table, &files, hashes);
    }
    seen.remember();
    stage.finish();
    Ok(())
}

/// Tells what is odd about the rows and the participant lists.
pub fn notes(ledger: &Ledger, acos: &Acos, manifest: &mut Manifest) {
    let people = &ledger.people;
    for (count, what) in [
        (people.no_beneficiary, "rows of beneficiary_year name nobody"),
        (
            people.bad_status,
            "rows of beneficiary_year have a status that is not twelve known characters; they count as not enrolled",
        ),
        (people.conflicting, "rows of beneficiary_year contradict another row of the same person and year; one was kept"),
        (ledger.scores.unknown_beneficiary, "rows of risk_score are of nobody in beneficiary_year"),
        (
            ledger.unknown_designations,
            "rows of voluntary_alignment are of nobody in beneficiary_year, or lack a clinician or a day",
        ),
    ] {
        if count > 0 {
            manifest.note(format!("{count} {what}"));
        }
    }
    let mut entities: Vec<Entity> = Stands::all(acos).iter().flat_map(|stands| Owners::shared(&stands.listed(acos))).collect();
    entities.sort_unstable();
    entities.dedup();
    let shared: Vec<String> = entities
        .iter()
        .filter_map(|entity| match entity {
            Entity::Tin(text) => Some(format!("TIN {}", String::from_utf8_lossy(text))),
            Entity::Ccn(text) => Some(format!("CCN {}", String::from_utf8_lossy(text))),
            Entity::Pair(..) => None,
        })
        .collect();
    if !shared.is_empty() {
        let who = match shared.len() {
            1 => "one participant is listed by more than one ACO, and its services".to_string(),
            many => format!("{many} participants are listed by more than one ACO, and their services"),
        };
        manifest.note(format!("{who} assign nobody (42 CFR 425.400(a)(2)(iii)): {}", shared.join(", ")));
    }
}
