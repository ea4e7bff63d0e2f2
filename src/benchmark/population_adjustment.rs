//! The population adjustment, until 2025 health equity benchmark adjustment (425.662).

use super::Facts;
use crate::derivation::{Derivation, Node};
use crate::error::Result;

/// The adjustment per person-year: what 5 percent of the national figure leaves above the other adjustments, times the share
/// of people with the low-income subsidy or dual status, when that share is large enough.
pub(super) fn amount<'r>(
    facts: &Facts<'_, 'r>,
    regional: Node,
    prior_savings: Node,
    nation: Node,
    tree: &mut Derivation<'r>,
) -> Result<Node> {
    let regimes = &facts.rules.regimes;
    let row = regimes.population_scale.at(facts.start)?;
    let scale = tree.rule("population_scale", row.value.0, &row.citation);
    let most = tree.product(&[scale, nation]);
    let other = tree.greatest(regional, prior_savings);
    let other = tree.greatest(other, Node::ZERO);
    let scaler = tree.difference(most, other);
    let scaler = tree.name(scaler, "population_scaler", None, &row.citation);
    let threshold_row = regimes.population_threshold.at(facts.start)?;
    let threshold = tree.rule("population_threshold", threshold_row.value.0, &threshold_row.citation);
    let share = tree.given("lis_dual_share", None, facts.aco.lis_dual_share.unwrap_or_default(), "aco");
    let part = tree.product(&[scaler, share]);
    let amount = tree.if_at_least(share, threshold, part, Node::ZERO);
    Ok(tree.name(amount, "population_adjustment", None, &row.citation))
}
