//! The final loss rate and the loss limit (425.605(d), 425.606(f)-(g), 425.610(f)-(g)).

use super::Terms;
use super::quality::Rates;
use super::terms::LossTerms;
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::rules::Day;
use crate::rules::arrangements::LossRate;

/// The final loss rate.
pub(super) fn rate<'r>(terms: &Terms<'_, 'r>, losses: &LossTerms<'r>, rates: Rates, tree: &mut Derivation<'r>) -> Node {
    let cite = losses.rate.citation.as_str();
    if let LossRate::Fixed(rate) = losses.rate.value {
        return tree.rule("final_loss_rate", rate.0, cite);
    }
    let ceiling = tree.rule("loss_rate_ceiling", losses.ceiling.value.0, &losses.ceiling.citation);
    let share = match losses.rate.value {
        LossRate::OneMinusSharingRate => rates.sharing,
        _ if terms.losses_by_score() => rates.scaled,
        _ => return tree.name(ceiling, "final_loss_rate", None, cite),
    };
    let rate = tree.difference(Node::ONE, share);
    let floor = tree.rule("loss_rate_floor", losses.floor.value.0, &losses.floor.citation);
    let rate = tree.clamp(rate, floor, ceiling);
    tree.name(rate, "final_loss_rate", None, cite)
}

/// The most the ACO can owe for a year.
pub(super) fn limit<'r>(
    terms: &Terms<'_, 'r>,
    losses: &LossTerms<'r>,
    total_benchmark: Node,
    tree: &mut Derivation<'r>,
) -> Result<Node> {
    let row = losses.limit_of_benchmark;
    let aco = terms.aco;
    let first = aco.agreement_start.year().unsigned_abs()
        + terms.rules.settlement.years_to_first_performance_year.at(Day(aco.agreement_start))?.value;
    let year = usize::from(aco.performance_year.saturating_sub(first));
    let share = row.value.get(year).or(row.value.last()).map_or_else(Default::default, |share| share.0);
    let share = tree.rule("loss_limit_share_of_benchmark", share, &row.citation);
    let mut limit = tree.product(&[share, total_benchmark]);
    if let Some(row) = losses.limit_of_revenue.filter(|_| terms.limit_by_revenue()) {
        limit = tree.name(limit, "loss_limit_of_benchmark", None, &row.citation);
        let share = tree.rule("loss_limit_share_of_revenue", row.value.0, &row.citation);
        let revenue = tree.given("participant_revenue", None, aco.participant_revenue.unwrap_or_default(), "aco");
        let of_revenue = tree.product(&[share, revenue]);
        let of_revenue = tree.name(of_revenue, "loss_limit_of_revenue", None, &row.citation);
        limit = tree.least(of_revenue, limit);
    }
    Ok(tree.name(limit, "loss_limit", None, &row.citation))
}
