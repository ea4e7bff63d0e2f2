//! Historical and updated benchmarks: one file per concept, composed by the agreement's regime.
//!
//! A regime (`src/rules/regimes.toml`) names its concepts; [`compute`] asks each in turn. Every amount is dollars per
//! person-year, every ratio a plain number, and all of them are nodes of the ACO's derivation.

mod acpt;
mod adjustment;
mod facts;
mod first_agreement_savings;
mod givens;
mod historical;
mod population_adjustment;
mod prior_savings;
mod regional_adjustment;
mod regional_risk_cap;
mod risk_ratio;
mod trend;
mod update;

pub use adjustment::Selected;
pub use facts::{Facts, gather};
pub use givens::Givens;

use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::rules::ByType;
use crate::rules::choices::TypeAbsentInBy3;
use crate::rules::regimes::{Risk, Update};

/// Nodes of the types that have a value.
pub type Typed = ByType<Option<Node>>;

/// An ACO's benchmark, as nodes of its derivation.
#[derive(Debug, Clone, Copy)]
pub struct Benchmark {
    /// Which adjustment was added.
    pub selected: Selected,
    /// Updated benchmark per person-year in the performance year's mix.
    pub updated: Node,
    /// The same without the prospective trend, where a regime has one (425.652(b)(5)).
    pub two_way: Option<Node>,
    /// Person-years of the performance year.
    pub person_years: Node,
    /// Expenditure per person-year of the performance year.
    pub per_capita: Node,
}

/// Computes an ACO's benchmark into `tree`; none, with the reason, when its people do not determine one.
///
/// # Errors
/// When a rule row that the regime needs does not hold.
pub fn compute<'r>(facts: &Facts<'_, 'r>, tree: &mut Derivation<'r>) -> Result<Result<Benchmark, &'static str>> {
    let givens = Givens::place(facts, tree);
    if givens.historical_types().next().is_none() {
        return Ok(Err("no person-years in benchmark year 3"));
    }
    let mut performance: Vec<_> = givens.performance_types().filter(|kind| givens.has_people(kind.0, kind.1)).collect();
    if performance.is_empty() {
        return Ok(Err("no person-years in the performance year"));
    }
    let absent = facts.rules.choices.type_absent_in_by3.at(facts.aco.performance_year)?;
    if absent.value == TypeAbsentInBy3::LeaveOut {
        performance.retain(|(_, kind)| givens.is_historical(*kind));
        if performance.is_empty() {
            return Ok(Err("no enrollment type has person-years both in benchmark year 3 and in the performance year"));
        }
    }
    let trend = trend::trends(facts, &givens, tree);
    let before = historical::before_adjustment(facts, &givens, &trend, tree)?;
    let (benchmark, selected) = adjustment::add(facts, &givens, &before, tree)?;
    let dollars = match (facts.regime.risk.concept, facts.regime.update.concept) {
        (Risk::CappedInAggregate, _) | (_, Update::ThreeWay) => {
            risk_ratio::benchmark_dollars(&givens, &benchmark, &facts.regime.risk.citation, tree)
        }
        _ => Typed::default(),
    };
    let risk = risk_ratio::to_performance_year(facts, &givens, &dollars, tree)?;
    let updated = update::apply(facts, &givens, &benchmark, &risk, &dollars, tree)?;
    let cite = facts.regime.update.citation.as_str();
    let mix = |values: &Typed, name: &'static str, tree: &mut Derivation<'r>| {
        let pairs: Vec<_> =
            performance.iter().map(|(year, kind)| (givens.people(*year, *kind), values[*kind].unwrap_or(Node::ZERO))).collect();
        let mean = tree.weighted_mean(&pairs);
        tree.name(mean, name, None, cite)
    };
    let all = mix(&updated.benchmark, "updated_benchmark", tree);
    let two_way = (facts.regime.update.concept == Update::ThreeWay).then(|| mix(&updated.two_way, "two_way_benchmark", tree));
    let (person_years, per_capita) = givens.performance_totals(tree);
    Ok(Ok(Benchmark { selected, updated: all, two_way, person_years, per_capita }))
}
