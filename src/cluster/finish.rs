//! What is done once: partials to the plan of the second pass, or to a finished run.

use std::path::{Path, PathBuf};

use super::plan::{Pass, Plan, no_scores};
use super::{ledger, months};
use crate::aggregate::{Aggregates, Labels, Partial, What, threshold_of_counts};
use crate::check::Counted;
use crate::disk::{self, Input, Staging};
use crate::error::{Error, Place, Result};
use crate::factors::Risk;
use crate::money::{Cents, Decimal};
use crate::rules::ByType;
use crate::run::conclude::{Grounds, conclude};
use crate::run::findings::Findings;
use crate::run::given::Given;
use crate::run::manifest::Manifest;
use crate::run::progress::Progress;
use crate::run::watch::Watch;
use crate::run::{pipeline, quarantine, soundness};

/// What is to be finished.
#[derive(Debug, Clone)]
pub struct Request {
    /// The plan under which partials were made.
    pub plan: PathBuf,
    /// Folder of the partials, or one file.
    pub partials: PathBuf,
    /// Folder in which the run appears, or the file of the second pass's plan.
    pub out: PathBuf,
    /// Share of rows or of absolute dollars of a table that may be at fault.
    pub max_quarantined: Decimal,
    /// Whether claims in whose months `check` sees an error are settled all the same.
    pub allow_findings: bool,
    /// Files given instead of computed figures.
    pub given: Given,
}

/// Takes the thresholds from the partials of the first pass and writes the plan of the second.
///
/// # Errors
/// When a partial is refused or the plan cannot be written.
pub fn thresholds(request: &Request) -> Result<()> {
    let plan = Plan::read(&request.plan)?;
    let compiled = plan.compile(&request.plan)?;
    let (partial, _) = read(request, &plan, Pass::Thresholds)?;
    let years = compiled.footing.calendar().years().to_vec();
    let rank = compiled.rules.choices.threshold_rank.at(compiled.performance_year)?.value;
    let mut computed = Vec::new();
    for year in &years {
        let percentile = compiled.rules.expenditure.truncation.at(*year)?.value;
        computed.push(ByType::from_fn(|kind| {
            let mine = partial.people().find(|(of_year, of_kind, _)| (*of_year, *of_kind) == (*year, kind));
            mine.and_then(|(.., people)| threshold_of_counts(people.counts(), percentile, rank)).map(Cents)
        }));
    }
    plan.with_thresholds(&computed, &years).write(&request.out)
}

/// Runs the exact half on the partials of the second pass and publishes a run.
///
/// # Errors
/// When a partial is refused, too many rows are at fault, or the work fails; an earlier run in the same place is then
/// untouched.
pub fn run(request: &Request, run_id: &str, progress: &Progress) -> Result<()> {
    let plan = Plan::read(&request.plan)?;
    let compiled = plan.compile(&request.plan)?;
    let given = request.given.read()?;
    let staging = Staging::begin(&request.out)?;
    let mut manifest = begin(request, &plan, run_id, compiled.rules.content_hash());
    let stage = progress.stage("merge partials");
    let (partial, files) = read(request, &plan, Pass::Sums)?;
    manifest.add_inputs("plan", &[Input::look(&request.plan)?], stage.meter())?;
    manifest.add_inputs("partials", &files, stage.meter())?;
    stage.finish();

    let calendar = compiled.footing.calendar();
    let years = calendar.years();
    let (ledger, scores) = ledger::of(&partial, years);
    if plan.risk() == Risk::Scores && scores == 0 {
        return Err(no_scores(&Place::table("risk_score").in_file(&request.partials)));
    }
    compiled.acos.years_present(years, &ledger.months, &request.partials)?;
    let reconciliation = quarantine::account(&ledger);
    reconciliation.check()?;
    quarantine::judge(&ledger, request.max_quarantined, &request.partials)?;
    pipeline::notes(&ledger, &compiled.acos, &mut manifest);
    let watch = Watch::new(calendar, compiled.performance_year, &compiled.rules)?;
    let seen = months::of(&partial, &watch)?;
    let mut remarks = watch.remarks(&seen)?;
    remarks.extend(soundness::of_ledger(&ledger, (seen.people.count(Counted::Rows), scores))?);
    quarantine::refuse_errors(&remarks, request.allow_findings, &request.partials)?;
    for remark in &remarks {
        manifest.note(remark);
    }

    let (agreements, counties) = (compiled.agreements(), counties(&partial));
    let premises = compiled.premises();
    let shape = premises.shape(calendar, counties.len());
    let labels = Labels { agreements: &agreements, years, counties: &counties };
    let aggregates = Aggregates::of_partial(&partial, shape, labels)?;
    let revenue = ledger::revenue(&partial, &agreements);
    let findings = Findings { aggregates, counties, revenue };
    let thresholds = plan.thresholds(years).unwrap_or_else(|| vec![ByType::default(); years.len()]);
    let (findings, thresholds, given) = (&findings, &thresholds, &given);
    let grounds = Grounds { findings, premises, rules: &compiled.rules, calendar, thresholds, given, risk: plan.risk() };
    conclude(grounds, None, &mut manifest, &staging, progress)?;
    manifest.reconciliation = reconciliation;
    manifest.publish(staging, progress)
}

/// The counties of a partial in byte order, after the unknown one.
fn counties(partial: &Partial) -> Vec<Option<String>> {
    let named = |what: What| matches!(what, What::County | What::CountyOffset | What::Residence);
    let mut names: Vec<&String> =
        partial.iter().filter(|(key, _)| named(key.what) && !key.within.is_empty()).map(|(key, _)| &key.within).collect();
    names.sort_unstable();
    names.dedup();
    std::iter::once(None).chain(names.into_iter().cloned().map(Some)).collect()
}

/// Merges every partial of a folder; files whose names begin with a dot or an underscore are an engine's own.
fn read(request: &Request, plan: &Plan, pass: Pass) -> Result<(Partial, Vec<Input>)> {
    let own = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_'));
    let mut paths =
        if disk::is_dir(&request.partials) { disk::files_below(&request.partials)? } else { vec![request.partials.clone()] };
    paths.retain(|path| !own(path));
    if paths.is_empty() {
        return Err(Error::input(
            "the folder holds no partial",
            Place::file(&request.partials),
            "give the folder into which the partials of every partition were written",
        ));
    }
    let stamp = plan.stamp(pass);
    let mut all = Partial::default();
    let mut inputs = Vec::new();
    for path in paths {
        let file = std::io::BufReader::new(disk::open(&path)?);
        all.merge(Partial::read(file, &stamp, &Place::file(&path))?)?;
        inputs.push(Input::look(&path)?);
    }
    Ok((all, inputs))
}

fn begin(request: &Request, plan: &Plan, run_id: &str, rules: String) -> Manifest {
    let mut manifest = Manifest::begin(run_id, "finish");
    manifest.parameter("performance_year", plan.performance_year.to_string());
    manifest.parameter("seed", plan.seed.to_string());
    manifest.parameter("risk", if plan.risk() == Risk::Scores { "scores" } else { "none" });
    manifest.parameter("max_quarantined", request.max_quarantined.to_string());
    if let Some(quarter) = plan.quarter {
        manifest.parameter("quarter", quarter.to_string());
    }
    if let Some(method) = plan.quarter_of() {
        manifest.parameter("quarter_of", method.name());
    }
    for (name, value) in plan.choices() {
        manifest.parameter(name, value);
    }
    manifest.rules.blake3 = rules;
    if plan.risk() == Risk::None {
        manifest.note(pipeline::UNADJUSTED);
    }
    manifest
}
