//! The main job: an extract to facts, sums, factor tables, benchmarks and settlements, published as one folder.

use std::path::PathBuf;

use super::agreements::{Acos, Overrides};
use super::extract::Extract;
use super::facts::{self, Facts};
use super::given::Given;
use super::join::{self, Grounds, Thresholds};
use super::manifest::Manifest;
use super::progress::Progress;
use super::reconciliation::{Reconciliation, Tally};
use super::{audit, benchmark, exact, quarantine};
use crate::aggregate::{Aggregates, Shape};
use crate::assignment::{Draw, Owners};
use crate::beneficiary::Entity;
use crate::disk::{self, IoMode, Staging};
use crate::error::{Error, Place, Result};
use crate::factors::{Aco, Basis, FactorTables, FactorYear, Risk, YearBasis};
use crate::money::Decimal;
use crate::rules::{ByType, EnrollmentType, Rules, Year};

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
    /// Share of rows or of absolute dollars of a table that may be at fault.
    pub max_quarantined: Decimal,
    /// Files given instead of computed figures.
    pub given: Given,
    /// Folder for what the second computation is held against.
    pub audit: Option<PathBuf>,
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
    let rules = Rules::load(request.rules.as_deref())?;
    let extract = Extract::open(&request.extract, request.io)?;
    if request.risk == Risk::Scores && extract.risk_score.files.is_empty() {
        return Err(Error::input(
            "the extract has no risk scores",
            Place::table("risk_score").in_file(&extract.folder),
            "deliver the table, or say --risk none to count every score as 1",
        ));
    }
    let acos = Acos::read(&extract, request.performance_year, &rules)?;
    let given = request.given.read()?;
    let staging = Staging::begin(&request.out)?;
    let mut manifest = begin(request, &rules, run_id);
    hash(&extract, &mut manifest, progress)?;

    let facts = facts::read(&extract, &acos, request.performance_year, &rules, request.risk, progress)?;
    let reconciliation = quarantine::account(&extract, &facts);
    reconciliation.check()?;
    quarantine::judge(&facts, request.max_quarantined, &extract)?;
    notes(&facts, &acos, &mut manifest);

    let stage = progress.stage("assign and sum");
    let calendar = facts.policy.calendar();
    let owners = Owners::new(&acos.listed, &facts.entities);
    let thresholds = given.thresholds(thresholds(&facts, &rules)?, &acos.years);
    let draw = Draw { seed: request.seed, ids: &facts.ids, entities: &facts.entities, acos: &acos.ids };
    let resident = residents(&facts, &rules, request.performance_year)?;
    let grounds = Grounds { owners: &owners, draw, resident: &resident, needed: &acos.needed() };
    let assigned = join::assign(&facts.partitions, calendar, grounds);
    let shape = Shape { acos: acos.ids.len(), years: acos.years.len(), counties: facts.counties.len() + 1 };
    let aggregates = join::aggregate(&facts.partitions, calendar, &assigned, &thresholds, shape);
    stage.finish();
    if let Some(folder) = &request.audit {
        audit::write(folder, &acos.ids, &acos.years, &facts.partitions, &assigned, &aggregates, &thresholds)?;
    }

    let stage = progress.stage("factor tables");
    let tables = tables(request, &rules, &acos, &facts, &aggregates, &given)?;
    let folder = staging.path().join("factors");
    disk::create_dir(&folder)?;
    tables.write(&folder)?;
    stage.finish();

    let stage = progress.stage("benchmark and settle");
    let accounts = exact::settle(&tables, &rules)?;
    exact::write(&accounts, staging.path())?;
    benchmark::note(&mut manifest, &accounts, &rules);
    stage.finish();

    extract.unchanged()?;
    manifest.reconciliation = reconciliation.clone();
    manifest.publish(staging, progress)?;
    Ok(Outcome { reconciliation })
}

fn begin(request: &Request, rules: &Rules, run_id: &str) -> Manifest {
    let mut manifest = Manifest::begin(run_id, "run");
    manifest.parameter("performance_year", request.performance_year.to_string());
    manifest.parameter("seed", request.seed.to_string());
    manifest.parameter("io", if request.io == IoMode::Map { "map" } else { "read" });
    manifest.parameter("risk", if request.risk == Risk::Scores { "scores" } else { "none" });
    manifest.parameter("max_quarantined", request.max_quarantined.to_string());
    manifest.rules.blake3 = rules.content_hash();
    manifest.rules.folder.clone_from(&request.rules);
    if request.risk == Risk::None {
        manifest.note("--risk none: every risk score counts as 1; benchmarks and regional figures are not risk adjusted");
    }
    manifest
}

fn hash(extract: &Extract, manifest: &mut Manifest, progress: &Progress) -> Result<()> {
    let stage = progress.stage("hash inputs");
    let inputs = extract.inputs();
    stage.expect_bytes(inputs.iter().flat_map(|(_, files)| files).map(disk::Input::bytes).sum());
    for (table, files) in inputs {
        manifest.add_inputs(table, &files, stage.meter())?;
    }
    stage.finish();
    Ok(())
}

fn notes(facts: &Facts, acos: &Acos, manifest: &mut Manifest) {
    let people = &facts.people;
    for (count, what) in [
        (people.no_beneficiary, "rows of beneficiary_year name nobody"),
        (
            people.bad_status,
            "rows of beneficiary_year have a status that is not twelve known characters; they count as not enrolled",
        ),
        (people.conflicting, "rows of beneficiary_year contradict another row of the same person and year; one was kept"),
        (facts.scores.unknown_beneficiary, "rows of risk_score are of nobody in beneficiary_year"),
    ] {
        if count > 0 {
            manifest.note(format!("{count} {what}"));
        }
    }
    for entity in Owners::shared(&acos.listed) {
        let (kind, text) = match &entity {
            Entity::Tin(text) => ("TIN", text),
            Entity::Ccn(text) => ("CCN", text),
            Entity::Pair(..) => continue,
        };
        let name = String::from_utf8_lossy(text);
        manifest.note(format!(
            "{kind} {name} is listed by more than one ACO: its services assign nobody (42 CFR 425.400(a)(2)(iii))"
        ));
    }
}

fn thresholds(facts: &Facts, rules: &Rules) -> Result<Thresholds> {
    let calendar = facts.policy.calendar();
    let percentiles =
        calendar.years().iter().map(|year| Ok(rules.expenditure.truncation.at(*year)?.value)).collect::<Result<Vec<_>>>()?;
    Ok(join::thresholds(&facts.partitions, calendar, &percentiles))
}

/// Which county codes lie where a beneficiary must live.
fn residents(facts: &Facts, rules: &Rules, performance_year: Year) -> Result<Vec<bool>> {
    let states = &rules.assignment.residence_states.at(performance_year)?.value;
    let lives = |code| facts.counties.name(code).is_some_and(|name| name.len() == 5 && states.has(&name.as_bytes()[..2]));
    Ok((0..=facts.counties.len() as u16).map(lives).collect())
}

fn tables(
    request: &Request,
    rules: &Rules,
    acos: &Acos,
    facts: &Facts,
    aggregates: &Aggregates,
    given: &super::given::Figures,
) -> Result<FactorTables> {
    let mut years = Vec::new();
    for year in &acos.years {
        let completion = rules.expenditure.completion_factor.at(*year)?.value.0;
        let version = &rules.expenditure.hcc_version.at(*year)?.value;
        let mean_score = ByType::from_fn(|kind| given.mean_score(*year, version, kind));
        years.push(YearBasis { year: *year, completion, mean_score });
    }
    let revenue = revenue(acos, facts);
    let mut rows = Vec::new();
    for (aco, number, over) in &acos.agreements {
        rows.push((counted(aco, *number, over, acos, aggregates, revenue[usize::from(*number)], rules, &years)?, *number));
    }
    let counties: Vec<Option<String>> =
        (0..=facts.counties.len() as u16).map(|code| facts.counties.name(code).map(str::to_string)).collect();
    let basis = Basis { aggregates, years: &years, acos: &rows, counties: &counties, risk: request.risk };
    let mut tables = basis.tables()?;
    given.lay_over(&mut tables);
    tables.aco_regions = tables.regions(rules)?;
    Ok(tables)
}

/// Revenue of each ACO's participants, cents.
fn revenue(acos: &Acos, facts: &Facts) -> Vec<i128> {
    let mut revenue = vec![0; acos.ids.len()];
    for (biller, cents) in facts.read.revenue.iter().enumerate().filter(|(_, cents)| **cents != 0) {
        for aco in Owners::earners(&acos.listed, &facts.entities, &facts.entities[biller]) {
            revenue[usize::from(aco)] += i128::from(*cents);
        }
    }
    revenue
}

/// The row of table `aco`, with what the run counted or the extract overrides.
#[allow(clippy::too_many_arguments, reason = "one row drawn from every product of the run")]
fn counted(
    aco: &Aco,
    number: u16,
    over: &Overrides,
    acos: &Acos,
    aggregates: &Aggregates,
    revenue: i128,
    rules: &Rules,
    years: &[YearBasis],
) -> Result<Aco> {
    let index = |year: FactorYear| acos.years.iter().position(|known| *known == aco.calendar_year(year)).unwrap_or_default();
    let (py, by3) = (index(FactorYear::Py), index(FactorYear::By3));
    let number = usize::from(number);
    let heads = aggregates.heads(number, py);
    let dollars = |cents: i128| Decimal::try_from_i128_with_scale(cents, 2).unwrap_or_default();
    let completed = dollars(revenue) * years[py].completion;
    let capped12: i128 = EnrollmentType::ALL.iter().map(|kind| aggregates.aco(number, py, *kind).capped12).sum();
    let spent = dollars(capped12) * years[py].completion / Decimal::from(12);
    let below = rules.expenditure.low_revenue_below.at(aco.performance_year)?.value.0;
    let earned = over.participant_revenue.unwrap_or(completed);
    let share = |part: u64, whole: u64| (whole > 0).then(|| Decimal::from(part) / Decimal::from(whole));
    let before = aggregates.heads(number, by3);
    Ok(Aco {
        assigned_beneficiaries: over.assigned_beneficiaries.unwrap_or(heads.people),
        participant_revenue: Some(earned),
        low_revenue: Some(over.low_revenue.unwrap_or(earned < below * spent)),
        lis_dual_share: over.lis_dual_share.or_else(|| share(heads.low_income_or_dual_months, heads.months)),
        dual_share_by3: over.dual_share_by3.or_else(|| share(before.dual_months, before.months)),
        ..aco.clone()
    })
}

/// A tally of rows and cents.
pub(super) fn tally(rows: u64, cents: i128, absolute: i128) -> Tally {
    Tally { rows, cents, absolute }
}
