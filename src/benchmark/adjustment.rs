//! Which adjustment is added to the historical benchmark (425.601(a)(8), 425.652(a)(8), 425.662(c)).

use std::fmt;

use super::{Facts, Givens, Typed, first_agreement_savings, population_adjustment, prior_savings, regional_adjustment};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::rules::choices::AdjustmentTie;
use crate::rules::regimes::Adjustment;

/// The adjustment that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selected {
    /// None.
    None,
    /// The regional one, type by type.
    Regional,
    /// Prior savings, flat.
    PriorSavings,
    /// The population adjustment, flat.
    Population,
}

impl fmt::Display for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Regional => "regional",
            Self::PriorSavings => "prior_savings",
            Self::Population => "population",
        })
    }
}

/// The historical benchmark by type with its adjustment, and which that was.
pub(super) fn add<'r>(
    facts: &Facts<'_, 'r>,
    givens: &Givens,
    before: &Typed,
    tree: &mut Derivation<'r>,
) -> Result<(Typed, Selected)> {
    let cite = facts.regime.adjustment.citation.as_str();
    let (amounts, selected) = match facts.regime.adjustment.concept {
        Adjustment::None => (Typed::from_fn(|kind| before[kind].map(|_| Node::ZERO)), Selected::None),
        Adjustment::FirstAgreementSavings => {
            let flat = first_agreement_savings::amount(facts, givens, tree)?;
            let selected = if tree.value(flat).is_zero() { Selected::None } else { Selected::PriorSavings };
            (Typed::from_fn(|kind| before[kind].map(|_| flat)), selected)
        }
        Adjustment::Regional => (regional_adjustment::by_type(facts, givens, before, tree)?, Selected::Regional),
        Adjustment::LargerOfTwo => select(facts, givens, before, false, tree)?,
        Adjustment::LargestOfThree => select(facts, givens, before, true, tree)?,
    };
    let (mut applied, mut benchmark) = (Typed::default(), Typed::default());
    for kind in givens.historical_types() {
        let (Some(base), Some(amount)) = (before[kind], amounts[kind]) else { continue };
        let amount = tree.name(amount, "adjustment_applied", Some(kind), cite);
        let sum = tree.sum(&[base, amount]);
        applied[kind] = Some(amount);
        benchmark[kind] = Some(tree.name(sum, "historical_benchmark", Some(kind), cite));
    }
    for (values, name) in [(&applied, "adjustment_applied"), (&benchmark, "historical_benchmark")] {
        let mean = givens.by3_mean(values, tree);
        tree.name(mean, name, None, cite);
    }
    Ok((benchmark, selected))
}

/// The largest of a positive regional adjustment, prior savings and (from 2025) the population adjustment; nothing when none
/// is above 0. The regional one is applied type by type, the others are flat.
fn select<'r>(
    facts: &Facts<'_, 'r>,
    givens: &Givens,
    before: &Typed,
    with_population: bool,
    tree: &mut Derivation<'r>,
) -> Result<(Typed, Selected)> {
    let cite = facts.regime.adjustment.citation.as_str();
    let by_type = regional_adjustment::by_type(facts, givens, before, tree)?;
    let regional = givens.by3_mean(&by_type, tree);
    let regional = tree.name(regional, "regional_adjustment", None, cite);
    let nations = Typed::from_fn(|kind| Some(givens.national(FactorYear::By3, kind)));
    let nation = givens.by3_mean(&nations, tree);
    let nation = tree.name(nation, "national_per_capita_by3", None, cite);
    let prior = prior_savings::amount(facts, givens, nation, tree)?;
    let mut flat = tree.greatest(prior, Node::ZERO);
    let mut population = None;
    if with_population {
        let amount = population_adjustment::amount(facts, regional, prior, nation, tree)?;
        flat = tree.greatest(flat, amount);
        population = Some(amount);
    }
    let flat = tree.name(flat, "largest_flat_adjustment", None, cite);
    let tie = facts.rules.choices.adjustment_tie.at(facts.aco.performance_year)?.value;
    let mut amounts = Typed::default();
    for kind in givens.historical_types() {
        let Some(own) = by_type[kind] else { continue };
        let larger = match tie {
            AdjustmentTie::Regional => tree.if_at_least(regional, flat, own, flat),
            AdjustmentTie::Flat => tree.if_above(regional, flat, own, flat),
        };
        amounts[kind] = Some(tree.if_above(regional, Node::ZERO, larger, flat));
    }
    let (r, f) = (tree.value(regional), tree.value(flat));
    let regional_wins = r > rust_decimal::Decimal::ZERO && (r > f || (r == f && tie == AdjustmentTie::Regional));
    let selected = if regional_wins {
        Selected::Regional
    } else if f.is_zero() {
        Selected::None
    } else if population.is_some_and(|amount| tree.value(amount) > tree.value(prior)) {
        Selected::Population
    } else {
        Selected::PriorSavings
    };
    Ok((amounts, selected))
}
