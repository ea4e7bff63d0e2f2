//! `factors/aco_component.csv`: what was spent by component, beside region and nation. For readers; nothing is computed from it.

use std::path::Path;

use super::findings::{Findings, Premises};
use crate::aggregate::Sums;
use crate::beneficiary::{COMPONENTS, Calendar, Component};
use crate::disk;
use crate::error::{Error, Result};
use crate::factors::FactorYear;
use crate::money::Decimal;
use crate::rules::{EnrollmentType, Rules};

/// Name of the file, in a run's folder of factor tables.
pub const FILE: &str = "aco_component.csv";

/// Dollars per person-year of each component: cents of people's months, times twelve over the months.
type PerYear = [Decimal; COMPONENTS];

fn per_year(sums: &Sums, completion: Decimal) -> Option<PerYear> {
    let months = Decimal::from(sums.months);
    let of = |cents: i128| {
        let dollars = Decimal::try_from_i128_with_scale(cents, 2).ok()?;
        dollars.checked_mul(Decimal::from(12))?.checked_mul(completion)?.checked_div(months)
    };
    let mut figures = PerYear::default();
    for (figure, cents) in figures.iter_mut().zip(sums.components) {
        *figure = of(cents)?;
    }
    Some(figures)
}

/// Means of figures, by weights.
#[derive(Default)]
struct Mean {
    sums: PerYear,
    weights: Decimal,
}

impl Mean {
    fn add(&mut self, figures: &PerYear, weight: u64) {
        let weight = Decimal::from(weight);
        self.weights += weight;
        for (sum, figure) in self.sums.iter_mut().zip(figures) {
            *sum += *figure * weight;
        }
    }

    fn figure(&self, component: usize) -> String {
        self.sums[component].checked_div(self.weights).map(|mean| mean.normalize().to_string()).unwrap_or_default()
    }
}

/// Writes the table: per ACO and component of the performance year, how many of its assigned people have payments of it; dollars per person-year of its assigned people, of the
/// assignable people of their counties and of the nation, the last two at the ACO's own mix of types and counties.
/// Expenditures are completed, and not truncated.
///
/// # Errors
/// When a completion factor is missing or the file cannot be written.
pub(super) fn write(
    findings: &Findings,
    premises: Premises<'_>,
    rules: &Rules,
    calendar: &Calendar,
    folder: &Path,
) -> Result<()> {
    let Findings { aggregates, counties, .. } = findings;
    let broken = |fault: csv::Error| Error::failed(format!("cannot write {FILE}: {fault}"), "report this as a defect");
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["aco_id", "performance_half", "component", "users", "per_capita", "regional_per_capita", "national_per_capita"];
    writer.write_record(header).map_err(broken)?;
    let mut agreements: Vec<_> = premises.acos.wanted().collect();
    agreements.sort_by(|(a, ..), (b, ..)| a.key.cmp(&b.key));
    for (aco, number, _) in agreements {
        let year = aco.calendar_year(FactorYear::Py);
        let Some(index) = calendar.year_index(year) else { continue };
        let (completion, _) = premises.acos.completion(year, premises.performance_year, rules)?;
        let (mut own, mut region, mut nation) = (Mean::default(), Mean::default(), Mean::default());
        for kind in EnrollmentType::ALL {
            let sums = aggregates.aco(usize::from(*number), index, kind);
            let Some(figures) = per_year(sums, completion) else { continue };
            own.add(&figures, sums.months);
            if let Some(figures) = per_year(aggregates.nation(index, kind), completion) {
                nation.add(&figures, sums.months);
            }
            for (county, months) in aggregates.residence(*number, index as u16, kind) {
                let known = counties.get(usize::from(county)).is_some_and(Option::is_some);
                let figures = per_year(aggregates.county(0, county, index, kind), completion).filter(|_| known);
                if let Some(figures) = figures {
                    region.add(&figures, months);
                }
            }
        }
        for (at, component) in Component::ALL.iter().enumerate() {
            let half = aco.key.performance_half.map(|half| half.to_string()).unwrap_or_default();
            let users = aggregates.heads(usize::from(*number), index).users[at].to_string();
            let figures = [own.figure(at), region.figure(at), nation.figure(at)];
            let row = [&aco.key.aco_id, &half, component.name(), &users].into_iter().chain(figures.iter().map(String::as_str));
            writer.write_record(row).map_err(broken)?;
        }
    }
    let text = writer.into_inner().map_err(|fault| broken(fault.into_error().into()))?;
    disk::write_all(&folder.join(FILE), &text)
}
