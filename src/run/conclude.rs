//! From sums to a finished run: factor tables, benchmarks and settlements, published as one folder.

use std::path::Path;

use super::agreements::{Acos, Overrides};
use super::facts::score_sets;
use super::findings::{Findings, Premises};
use super::given::Figures;
use super::join::Thresholds;
use super::kept_factors::{FACTORS, KeptFactors};
use super::manifest::Manifest;
use super::progress::Progress;
use super::{basis, benchmark, components, exact};
use crate::aggregate::Aggregates;
use crate::beneficiary::Calendar;
use crate::disk::{self, Staging};
use crate::error::Result;
use crate::factors::{Aco, Basis, FactorTables, FactorYear, Holder, Risk, YearBasis, without_figures};
use crate::money::Decimal;
use crate::rules::choices::LowRevenueExpenditures;
use crate::rules::{ByType, EnrollmentType, Rules, Year};

/// What factor tables are made of.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'r> {
    /// The sums.
    pub findings: &'r Findings,
    /// Who they are of.
    pub premises: Premises<'r>,
    /// The rules.
    pub rules: &'r Rules,
    /// The years and windows.
    pub calendar: &'r Calendar,
    /// Truncation thresholds.
    pub thresholds: &'r Thresholds,
    /// Figures given instead of computed.
    pub given: &'r Figures,
    /// Where risk scores come from.
    pub risk: Risk,
}

/// Writes factor tables, those of an earlier run where they hold, benchmarks and settlements into a staged folder.
///
/// # Errors
/// When a table lacks what a regime needs, or a file cannot be written.
pub fn conclude(
    grounds: Grounds<'_>,
    kept: Option<&KeptFactors<'_>>,
    manifest: &mut Manifest,
    staging: &Staging,
    progress: &Progress,
) -> Result<()> {
    let Grounds { premises, rules, given, .. } = grounds;
    for note in &given.notes {
        manifest.note(note.clone());
    }
    let stage = progress.stage("factor tables");
    let folder = staging.path().join("factors");
    disk::create_dir(&folder)?;
    let tables = match kept.map(|kept| kept.lay(&folder)).transpose()? {
        Some(Ok(tables)) => {
            manifest.reused.insert(FACTORS.into(), "reused".into());
            tables
        }
        redone => {
            let tables = make(grounds, &folder)?;
            if let (Some(kept), Some(Err(why))) = (kept, redone) {
                kept.keep(&folder)?;
                manifest.reused.insert(FACTORS.into(), format!("redone: {why}"));
            }
            tables
        }
    };
    let left_out = without_figures(&tables.acos, &tables.aco_counties, &tables.counties, rules);
    if left_out > Decimal::ZERO && !tables.counties.is_empty() {
        manifest.note(format!(
            "{} person-years of assigned people lie in counties where nobody of their type is assignable or scored; regions leave them out",
            left_out.round_dp(2)
        ));
    }
    stage.finish();
    if let Some(quarter) = premises.acos.quarter {
        let (factor, carried) = premises.acos.completion(premises.performance_year, premises.performance_year, rules)?;
        let days = rules.expenditure.quarterly_run_out_days.at(premises.performance_year)?.value;
        let carried = if carried { ", carried from the nearest year published" } else { "" };
        let number = quarter.number;
        let period = if quarter.latest {
            "the performance year is the twelve months to its end"
        } else {
            "the performance year runs to its end"
        };
        manifest.note(format!(
            "quarter {number}: {period}, by claims processed at most {days} days later, and is completed by {factor}{carried}; benchmark years are whole, and a quarter has no updated benchmark and no settlement, so that neither is written"
        ));
        return Ok(());
    }
    let stage = progress.stage("benchmark and settle");
    let accounts = exact::settle(&tables, rules)?;
    exact::write(&accounts, staging.path())?;
    benchmark::note(manifest, &accounts, rules);
    stage.finish();
    Ok(())
}

/// Makes the factor tables, and writes them and what stands beside them into a folder.
fn make(grounds: Grounds<'_>, folder: &Path) -> Result<FactorTables> {
    let Grounds { findings, premises, rules, calendar, .. } = grounds;
    let tables = tables(grounds)?;
    tables.write(folder)?;
    components::write(findings, premises, rules, calendar, folder)?;
    basis::write(grounds, folder)?;
    Ok(tables)
}

fn tables(grounds: Grounds<'_>) -> Result<FactorTables> {
    let Grounds { findings, premises, rules, calendar, given, risk, .. } = grounds;
    let Premises { acos, performance_year, .. } = premises;
    let Findings { aggregates, counties, revenue } = findings;
    let sets = score_sets(calendar.years(), performance_year, rules)?;
    let mut years = Vec::new();
    for (index, year) in calendar.years().iter().enumerate() {
        if !calendar.spending()[index] {
            years.push(None);
            continue;
        }
        let (completion, _) = acos.completion(*year, performance_year, rules)?;
        let mean_score = [0, 1].map(|set: usize| ByType::from_fn(|kind| given.mean_score(*year, &sets[set][index], kind)));
        years.push(Some(YearBasis { year: *year, completion, mean_score }));
    }
    let mut holders = Vec::new();
    for (aco, number, over) in acos.wanted() {
        let earned = revenue[usize::from(*number)];
        let aco = counted(aco, *number, over, calendar.years(), aggregates, earned, rules, &years)?;
        holders.push(Holder { basing: Acos::basing(&aco, rules)?, aco, number: *number });
    }
    let population = rules.regimes.national_population.at(performance_year)?.value;
    let basis = Basis { aggregates, years: &years, holders: &holders, counties, risk, population };
    basis.tables(rules, &|tables| given.lay_over(tables))
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
    let truncated = rules.choices.low_revenue_expenditures.at(aco.performance_year)?.value == LowRevenueExpenditures::Truncated;
    let sums = EnrollmentType::ALL.iter().map(|kind| aggregates.aco(number, py, *kind));
    let twelvefold: i128 = sums.map(|sums| if truncated { sums.capped12 } else { sums.total() * 12 }).sum();
    let spent = dollars(twelvefold) * completion / Decimal::from(12);
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
