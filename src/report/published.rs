//! A year of CMS's published results as the program of a page.

use super::page::{Member, Program};
use super::shown::Shown;
use crate::money::Decimal;
use crate::replay::{Column, Replay, Row, track};
use crate::rules::Rules;
use crate::rules::arrangements::Sides;

/// The program of a results file; `source` says which file it is.
#[must_use]
pub fn published(replay: &Replay<'_>, rules: &Rules, source: &str) -> Program {
    let members = replay.sheet().rows().map(|row| member(row, replay.year(), rules));
    Program {
        title: format!("Performance year {}, as published", replay.year()),
        source: format!("{source}: CMS's Performance Year Financial and Quality Results."),
        members: members.collect(),
        steps: false,
    }
}

fn member(row: Row<'_>, year: u16, rules: &Rules) -> Member {
    let shown = |column: Column| row.number(column).map_or(Shown::Absent, |number| Shown::Number(number.value));
    let track = track(row);
    let sides = track.and_then(|track| rules.arrangements.of(track).sides.find(&year).map(|row| row.value));
    let generated = shown(Column::Generated);
    let outcome = match generated.number() {
        Some(amount) if amount > Decimal::ZERO => "savings",
        Some(amount) if amount < Decimal::ZERO => "losses",
        Some(_) => "none",
        None => "undetermined",
    };
    let name = row.text(Column::AcoName);
    let id = row.aco();
    Member {
        aco_id: id.clone(),
        part: Decimal::ONE,
        name: if name.is_empty() || name == id { id } else { format!("{id} {name}") },
        link: None,
        track: track.map(|track| track.to_string()).unwrap_or_default(),
        outcome: outcome.to_string(),
        beneficiaries: shown(Column::AssignedBeneficiaries),
        benchmark: shown(Column::TotalBenchmark),
        expenditure: shown(Column::TotalExpenditure),
        benchmark_per_capita: shown(Column::UpdatedBenchmark),
        expenditure_per_capita: shown(Column::PerCapita),
        balance: shown(Column::BenchmarkMinusExpenditure),
        savings_rate: shown(Column::SavingsRate),
        minimum_rate: shown(Column::MinimumSavingsRate),
        two_sided: sides == Some(Sides::TwoSided),
        generated,
        earned: shown(Column::Earned),
        limit: Shown::Absent,
    }
}
