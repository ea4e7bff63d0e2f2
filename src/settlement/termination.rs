//! What a termination leaves of a year's savings and losses (425.221).

use rust_decimal::Decimal;

use super::Terms;
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::Termination;
use crate::rules::settlement::MonthDay;

/// Shares that remain after a termination.
pub(super) struct Remaining {
    /// Of savings: all or nothing.
    pub(super) savings: Node,
    /// Of losses: the months until the termination, its own month included.
    pub(super) losses: Node,
}

/// What remains for an ACO; everything when it was not terminated within the year.
pub(super) fn remaining<'r>(terms: &Terms<'_, 'r>, tree: &mut Derivation<'r>) -> Result<Remaining> {
    let (aco, rules) = (terms.aco, &terms.rules.settlement);
    let ended = aco.termination_date.filter(|day| day.year() == i16::try_from(aco.performance_year).unwrap_or_default());
    let (Some(day), kind @ (Termination::Voluntary | Termination::Involuntary)) = (ended, aco.termination) else {
        return Ok(Remaining { savings: Node::ONE, losses: Node::ONE });
    };
    let on = MonthDay { month: day.month(), day: day.day() };
    let savings_row = rules.savings_through.at(aco.performance_year)?;
    let kept = kind == Termination::Voluntary && on >= savings_row.value && aco.closeout_complete == Some(true);
    let savings = if kept { Node::ONE } else { Node::ZERO };
    let savings = tree.name(savings, "savings_retained", None, &savings_row.citation);
    let losses_row = rules.no_losses_through.at(aco.performance_year)?;
    let losses = if kind == Termination::Voluntary && on <= losses_row.value {
        Node::ZERO
    } else {
        let first = terms.first_day().0.month();
        let all = Decimal::from(aco.performance_months);
        let served = Decimal::from((day.month() - first + 1).max(0)).min(all);
        let served = tree.given("months_until_termination", None, served, "aco");
        let all = tree.given("performance_months", None, all, "aco");
        tree.ratio(served, all)
    };
    Ok(Remaining { savings, losses: tree.name(losses, "termination_share", None, &losses_row.citation) })
}
