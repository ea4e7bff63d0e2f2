//! The prior savings adjustment (425.658): part of what the ACO saved in the three years before the agreement.

use rust_decimal::Decimal;

use super::{Facts, Givens};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::rules::choices::UnreconciledPersonYears;

pub(super) const SAVINGS: [&str; 3] = ["prior_savings_1", "prior_savings_2", "prior_savings_3"];
const PEOPLE: [&str; 3] = ["prior_person_years_1", "prior_person_years_2", "prior_person_years_3"];

/// The adjustment per person-year, 0 when the three years saved nothing. `nation` is the national expenditure per
/// person-year of benchmark year 3 in the ACO's mix.
pub(super) fn amount<'r>(facts: &Facts<'_, 'r>, givens: &Givens, nation: Node, tree: &mut Derivation<'r>) -> Result<Node> {
    const CITATION: &str = "42 CFR 425.658(b)-(c)";
    let regimes = &facts.rules.regimes;
    let three = tree.number(Decimal::from(3));
    let savings: Vec<Node> =
        (0..3).map(|year| tree.given(SAVINGS[year], None, facts.aco.prior_savings[year].unwrap_or_default(), "aco")).collect();
    let sum = tree.sum(&savings);
    let average = tree.ratio(sum, three);
    let average = tree.name(average, "prior_savings_average", None, CITATION);
    let cap_row = regimes.prior_savings_cap.at(facts.start)?;
    let cap_share = tree.rule("prior_savings_cap_share", cap_row.value.0, &cap_row.citation);
    let cap = tree.product(&[cap_share, nation]);
    let cap = tree.name(cap, "prior_savings_cap", None, &cap_row.citation);
    if tree.value(average) <= Decimal::ZERO {
        return Ok(tree.name(Node::ZERO, "prior_savings_adjustment", None, CITATION));
    }
    let share_row = regimes.prior_savings_share.at(facts.start)?;
    let share = tree.rule("prior_savings_share", share_row.value.0, &share_row.citation);
    let prior = mean_prior_person_years(facts, CITATION, tree)?;
    let own = mean_person_years(givens, CITATION, tree);
    let ratio = tree.ratio(prior, own);
    let proration = tree.least(ratio, Node::ONE);
    let proration = tree.name(proration, "prior_savings_proration", None, CITATION);
    let prorated = tree.product(&[average, proration]);
    let prorated = tree.name(prorated, "prior_savings_prorated", None, CITATION);
    let part = tree.product(&[share, prorated]);
    let amount = tree.least(part, cap);
    Ok(tree.name(amount, "prior_savings_adjustment", None, CITATION))
}

/// Mean person-years reconciled in the three years before the agreement.
pub(super) fn mean_prior_person_years<'r>(facts: &Facts<'_, 'r>, cite: &'r str, tree: &mut Derivation<'r>) -> Result<Node> {
    let choice = facts.rules.choices.unreconciled_person_years.at(facts.aco.performance_year)?;
    let years: Vec<Node> = (0..3)
        .filter(|year| facts.aco.prior_savings[*year].is_some())
        .filter_map(|year| Some(tree.given(PEOPLE[year], None, facts.aco.prior_person_years[year]?, "aco")))
        .collect();
    let count = match choice.value {
        UnreconciledPersonYears::ReconciledYears => years.len(),
        UnreconciledPersonYears::ThreeYears => 3,
    };
    let sum = tree.sum(&years);
    let count = tree.number(Decimal::from(count.max(1)));
    let mean = tree.ratio(sum, count);
    Ok(tree.name(mean, "prior_person_years_average", None, cite))
}

/// Mean person-years of the three benchmark years.
pub(super) fn mean_person_years<'r>(givens: &Givens, cite: &'r str, tree: &mut Derivation<'r>) -> Node {
    let years: Vec<Node> =
        [FactorYear::By1, FactorYear::By2, FactorYear::By3].into_iter().flat_map(|year| givens.people_of(year)).collect();
    let sum = tree.sum(&years);
    let three = tree.number(Decimal::from(3));
    let mean = tree.ratio(sum, three);
    tree.name(mean, "person_years_average", None, cite)
}
