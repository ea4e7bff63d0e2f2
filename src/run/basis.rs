//! What the figures were made with and no formula of the exact half asks for: `factors/year_basis.csv` and
//! `factors/aco_basis.csv`. For readers; nothing is computed from them.

use std::path::Path;

use super::agreements::Acos;
use super::conclude::Grounds;
use super::facts::score_sets;
use super::findings::Premises;
use crate::disk;
use crate::error::{Error, Result};
use crate::factors::{FactorYear, Risk, ScoreSet};
use crate::money::Decimal;
use crate::rules::EnrollmentType;

/// Per calendar year, type and set of scores: truncation threshold, completion factor, the nation's mean scores.
const YEARS: &str = "year_basis.csv";
/// Heads assigned to each ACO, year by year, and the set of scores its regime asks for.
const ACOS: &str = "aco_basis.csv";

/// Writes both tables. Thresholds are dollars per person-year, mean scores those by which scores were renormalised: given, or
/// of the assignable people; empty where nobody has one, or no scores are used.
///
/// # Errors
/// When a rule has no row for a year of the run, or a file cannot be written.
pub(super) fn write(grounds: Grounds<'_>, folder: &Path) -> Result<()> {
    let Grounds { findings, premises, rules, calendar, thresholds, given, risk } = grounds;
    let Premises { acos, performance_year, .. } = premises;
    let aggregates = &findings.aggregates;
    let versions = score_sets(calendar.years(), performance_year, rules)?;
    let mut sets = Vec::new();
    for (aco, ..) in acos.wanted() {
        sets.push(Acos::basing(aco, rules)?.scores);
    }
    let mut rows = vec![
        [
            "calendar_year",
            "enrollment_type",
            "scores",
            "hcc_version",
            "threshold",
            "completion_factor",
            "mean_hcc_score",
            "mean_demographic_score",
        ]
        .map(str::to_string)
        .to_vec(),
    ];
    for set in [ScoreSet::OwnYear, ScoreSet::PerformanceYear] {
        for (index, year) in calendar.years().iter().enumerate() {
            if !calendar.spending()[index] || !sets.contains(&set) {
                continue;
            }
            let (completion, _) = acos.completion(*year, performance_year, rules)?;
            let version = &versions[set as usize][index];
            for kind in EnrollmentType::ALL {
                let sums = &aggregates.nation(index, kind).scores[set as usize];
                let means = [
                    given.mean_score(*year, version, kind).or_else(|| mean(sums.score, sums.months)),
                    mean(sums.demographic, sums.demographic_months),
                ];
                let told = |mean: Option<Decimal>| mean.filter(|_| risk == Risk::Scores).map(plain).unwrap_or_default();
                rows.push(vec![
                    year.to_string(),
                    kind.to_string(),
                    name(set).to_string(),
                    version.clone(),
                    thresholds[index][kind].map(|limit| plain(Decimal::new(limit.0, 2))).unwrap_or_default(),
                    plain(completion),
                    told(means[0]),
                    told(means[1]),
                ]);
            }
        }
    }
    put(&rows, folder, YEARS)?;

    let mut rows = vec![["aco_id", "performance_half", "year", "assigned_beneficiaries", "scores"].map(str::to_string).to_vec()];
    let mut agreements: Vec<_> = acos.wanted().collect();
    agreements.sort_by(|(a, ..), (b, ..)| a.key.cmp(&b.key));
    for (aco, number, over) in agreements {
        let half = aco.key.performance_half.map(|half| half.to_string()).unwrap_or_default();
        let scores = name(Acos::basing(aco, rules)?.scores);
        for year in FactorYear::ALL {
            let Some(index) = calendar.year_index(aco.calendar_year(*year)) else { continue };
            let counted = aggregates.heads(usize::from(*number), index).people;
            let heads = over.assigned_beneficiaries.filter(|_| *year == FactorYear::Py).unwrap_or(counted);
            rows.push(vec![aco.key.aco_id.clone(), half.clone(), year.name().to_string(), heads.to_string(), scores.to_string()]);
        }
    }
    put(&rows, folder, ACOS)
}

fn name(scores: ScoreSet) -> &'static str {
    match scores {
        ScoreSet::OwnYear => "own_year",
        ScoreSet::PerformanceYear => "performance_year",
    }
}

/// A mean score by months, from millionths.
fn mean(score: i128, months: u64) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(score, 6).ok()?.checked_div(Decimal::from(months))
}

fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

fn put(rows: &[Vec<String>], folder: &Path, name: &str) -> Result<()> {
    let broken = |fault: csv::Error| Error::failed(format!("cannot write {name}: {fault}"), "report this as a defect");
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(broken)?;
    }
    let text = writer.into_inner().map_err(|fault| broken(fault.into_error().into()))?;
    disk::write_all(&folder.join(name), &text)
}
