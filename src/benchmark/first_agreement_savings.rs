//! Savings of the first agreement added to the benchmark of the second, for renewals of 2016 (425.603(b)(2)).

use rust_decimal::Decimal;

use super::prior_savings::{SAVINGS, mean_person_years, mean_prior_person_years};
use super::{Facts, Givens};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::rules::choices::{PriorSavingsLimit, PriorSavingsSharingRate};

const RATES: [&str; 3] = ["prior_sharing_rate_1", "prior_sharing_rate_2", "prior_sharing_rate_3"];

/// One flat amount per person-year, never negative.
pub(super) fn amount<'r>(facts: &Facts<'_, 'r>, givens: &Givens, tree: &mut Derivation<'r>) -> Result<Node> {
    let (aco, choices) = (facts.aco, &facts.rules.choices);
    let cite = facts.regime.adjustment.citation.as_str();
    let three = tree.number(Decimal::from(3));
    let mean = |cells: [Option<Decimal>; 3], names: [&'static str; 3], name, tree: &mut Derivation<'r>| {
        let cells: Vec<Node> = (0..3).map(|year| tree.given(names[year], None, cells[year].unwrap_or_default(), "aco")).collect();
        let sum = tree.sum(&cells);
        let mean = tree.ratio(sum, three);
        tree.name(mean, name, None, cite)
    };
    let average = mean(aco.prior_savings, SAVINGS, "prior_savings_average", tree);
    let mut factors = vec![tree.greatest(average, Node::ZERO)];
    if choices.prior_savings_sharing_rate.at(aco.performance_year)?.value == PriorSavingsSharingRate::Multiply {
        factors.push(mean(aco.prior_sharing_rate, RATES, "prior_sharing_rate_average", tree));
    }
    if choices.prior_savings_limit.at(aco.performance_year)?.value == PriorSavingsLimit::MeanPersonYears {
        let prior = mean_prior_person_years(facts, cite, tree)?;
        let own = mean_person_years(givens, cite, tree);
        let ratio = tree.ratio(prior, own);
        let limit = tree.least(ratio, Node::ONE);
        factors.push(tree.name(limit, "prior_savings_proration", None, cite));
    }
    let amount = tree.product(&factors);
    Ok(tree.name(amount, "prior_savings_adjustment", None, cite))
}
