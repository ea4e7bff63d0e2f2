//! The main job: an extract to facts, sums, factor tables, benchmarks and settlements, published as one folder.

use std::path::PathBuf;

use super::agreements::{Acos, Overrides};
use super::alignment;
use super::assign::{Grounds, assign};
use super::extract::Extract;
use super::facts::{self, Facts, score_sets};
use super::given::Given;
use super::join::{self, Acquaintance, Reference, Thresholds};
use super::manifest::Manifest;
use super::progress::Progress;
use super::reconciliation::{Reconciliation, Tally};
use super::{audit, benchmark, exact, quarantine};
use crate::aggregate::{Aggregates, Shape};
use crate::assignment::{Draw, Owners};
use crate::beneficiary::{Calendar, Entity, day_of};
use crate::disk::{self, IoMode, Staging};
use crate::error::{Error, Place, Result};
use crate::factors::{Aco, Basis, FactorTables, FactorYear, Holder, Risk, Window, YearBasis, without_figures};
use crate::money::Decimal;
use crate::rules::{ByType, Choice, EnrollmentType, Rules, Year};

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
    /// Files given instead of computed figures.
    pub given: Given,
    /// Bytes of memory the run may take beside mapped files.
    pub memory: Option<u64>,
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
    let rules = Rules::load_with(request.rules.as_deref(), &request.choices)?;
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

    let facts = facts::read(&extract, &acos, request, &rules, progress)?;
    let reconciliation = quarantine::account(&extract, &facts);
    reconciliation.check()?;
    quarantine::judge(&facts, request.max_quarantined, &extract)?;
    notes(&facts, &acos, &mut manifest);

    let stage = progress.stage("assign and sum");
    let calendar = facts.policy.calendar();
    let owners = Owners::new(&acos.listed, &facts.entities);
    let reference = reference(&acos, &facts, &rules, request.performance_year)?;
    let thresholds = given.thresholds(thresholds(&facts, &reference, &rules)?, calendar.years());
    let designations = alignment::stand(&facts.chosen, &owners, &facts.policy, &rules);
    let grounds = Grounds {
        owners: &owners,
        draw: Draw { seed: request.seed, ids: &facts.ids, entities: &facts.entities, acos: &acos.ids },
        resident: &residents(&facts, &rules, request.performance_year)?,
        methods: &acos.methods(),
        needed: &acos.needed(calendar.years(), true, &rules)?,
        designations: &designations,
        first_days: &calendar.years().iter().map(|year| day_of(*year as i16, 1, 1)).collect::<Vec<_>>(),
    };
    let assigned = assign(&facts.partitions, calendar, grounds);
    let shape = Shape {
        acos: acos.ids.len(),
        years: calendar.years().len(),
        counties: facts.counties.len() + 1,
        windows: if reference.offset { 2 } else { 1 },
    };
    let counted = acos.needed(calendar.years(), false, &rules)?;
    let acquaintance = acquaintance(&acos, grounds, calendar, &rules, request.performance_year)?;
    let aggregates = join::aggregate(&facts.partitions, &reference, &assigned, &counted, &thresholds, acquaintance, shape);
    stage.finish();
    if let Some(folder) = &request.audit {
        let (years, counts) = (calendar.years(), calendar.spending());
        audit::write(folder, &acos.ids, years, counts, &counted, &facts.partitions, &assigned, &aggregates, &thresholds)?;
    }

    let stage = progress.stage("factor tables");
    let tables = tables(request, &rules, &acos, &facts, &aggregates, &given)?;
    let left_out = without_figures(&tables.acos, &tables.aco_counties, &tables.counties, &rules);
    if left_out > Decimal::ZERO && !tables.counties.is_empty() {
        manifest.note(format!(
            "{} person-years of assigned people lie in counties where nobody of their type is assignable or scored; regions leave them out",
            left_out.round_dp(2)
        ));
    }
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
    for choice in &request.choices {
        manifest.parameter(&choice.name, &choice.value);
    }
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
        (
            facts.unknown_designations,
            "rows of voluntary_alignment are of nobody in beneficiary_year, or lack a clinician or a day",
        ),
    ] {
        if count > 0 {
            manifest.note(format!("{count} {what}"));
        }
    }
    let shared: Vec<String> = Owners::shared(&acos.listed)
        .iter()
        .filter_map(|entity| match entity {
            Entity::Tin(text) => Some(format!("TIN {}", String::from_utf8_lossy(text))),
            Entity::Ccn(text) => Some(format!("CCN {}", String::from_utf8_lossy(text))),
            Entity::Pair(..) => None,
        })
        .collect();
    if !shared.is_empty() {
        manifest.note(format!(
            "{} participants are listed by more than one ACO and their services assign nobody (42 CFR 425.400(a)(2)(iii)): {}",
            shared.len(),
            shared.join(", ")
        ));
    }
}

/// Who is of the nation, and by which windows counties are needed.
fn reference<'f>(acos: &Acos, facts: &'f Facts, rules: &Rules, performance_year: Year) -> Result<Reference<'f>> {
    let mut offset = false;
    for (aco, ..) in &acos.agreements {
        offset |= Acos::basing(aco, rules)?.window == Window::Offset;
    }
    let population = rules.regimes.national_population.at(performance_year)?.value;
    Ok(Reference { calendar: facts.policy.calendar(), population, offset })
}

/// How newly assigned people are told from the others, where some agreement asks for it.
fn acquaintance<'r>(
    acos: &Acos,
    grounds: Grounds<'r>,
    calendar: &Calendar,
    rules: &Rules,
    performance_year: Year,
) -> Result<Option<Acquaintance<'r>>> {
    if !acos.span(performance_year, rules)?.year_before {
        return Ok(None);
    }
    let indices = calendar.year_index(performance_year).zip(calendar.year_index(performance_year.saturating_sub(1)));
    Ok(indices.map(|(performance_year, year_before)| Acquaintance { performance_year, year_before, grounds }))
}

fn thresholds(facts: &Facts, reference: &Reference<'_>, rules: &Rules) -> Result<Thresholds> {
    let years = reference.calendar.years().iter();
    let percentiles = years.map(|year| Ok(rules.expenditure.truncation.at(*year)?.value)).collect::<Result<Vec<_>>>()?;
    Ok(join::thresholds(&facts.partitions, reference, &percentiles))
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
    let calendar = facts.policy.calendar();
    let sets = score_sets(calendar.years(), request.performance_year, rules)?;
    let mut years = Vec::new();
    for (index, year) in calendar.years().iter().enumerate() {
        if !calendar.spending()[index] {
            years.push(None);
            continue;
        }
        let completion = rules.expenditure.completion_factor.at(*year)?.value.0;
        let mean_score = [0, 1].map(|set: usize| ByType::from_fn(|kind| given.mean_score(*year, &sets[set][index], kind)));
        years.push(Some(YearBasis { year: *year, completion, mean_score }));
    }
    let revenue = revenue(acos, facts);
    let mut holders = Vec::new();
    for (aco, number, over) in &acos.agreements {
        let earned = revenue[usize::from(*number)];
        let aco = counted(aco, *number, over, calendar.years(), aggregates, earned, rules, &years)?;
        holders.push(Holder { basing: Acos::basing(&aco, rules)?, aco, number: *number });
    }
    let counties: Vec<Option<String>> =
        (0..=facts.counties.len() as u16).map(|code| facts.counties.name(code).map(str::to_string)).collect();
    let population = rules.regimes.national_population.at(request.performance_year)?.value;
    let basis = Basis { aggregates, years: &years, holders: &holders, counties: &counties, risk: request.risk, population };
    basis.tables(rules, &|tables| given.lay_over(tables))
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
    calendar_years: &[Year],
    aggregates: &Aggregates,
    revenue: i128,
    rules: &Rules,
    years: &[Option<YearBasis>],
) -> Result<Aco> {
    let index = |year: FactorYear| calendar_years.iter().position(|known| *known == aco.calendar_year(year)).unwrap_or_default();
    let (py, by3) = (index(FactorYear::Py), index(FactorYear::By3));
    let number = usize::from(number);
    let heads = aggregates.heads(number, py);
    let dollars = |cents: i128| Decimal::try_from_i128_with_scale(cents, 2).unwrap_or_default();
    let completion = years[py].as_ref().map_or(Decimal::ONE, |basis| basis.completion);
    let completed = dollars(revenue) * completion;
    let capped12: i128 = EnrollmentType::ALL.iter().map(|kind| aggregates.aco(number, py, *kind).capped12).sum();
    let spent = dollars(capped12) * completion / Decimal::from(12);
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
