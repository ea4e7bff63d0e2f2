//! The minimum savings rate (425.604(b), 425.605(b), 425.606(b), 425.610(b)).

use rust_decimal::Decimal;

use super::Terms;
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::MinimumRateChoice;
use crate::rules::arrangements::MinimumRate;
use crate::rules::choices::BelowTable;

/// The rate; none for an ACO below the table's first band.
pub(super) fn rate<'r>(terms: &Terms<'_, 'r>, tree: &mut Derivation<'r>) -> Result<Option<Node>> {
    let row = terms.minimum_rate;
    let fixed = match (row.value, terms.aco.msr_choice) {
        (MinimumRate::Fixed(rate), _) => Some(tree.rule("msr", rate.0, &row.citation)),
        (MinimumRate::Choice, Some(MinimumRateChoice::Fixed(rate))) if !terms.is_too_small_for_choice()? => {
            let choice = tree.given("msr_choice", None, rate, "aco");
            Some(tree.name(choice, "msr", None, &row.citation))
        }
        _ => None,
    };
    match fixed {
        Some(rate) => Ok(Some(rate)),
        None => variable(terms, tree),
    }
}

/// The sliding table: a straight line between the ends of the band that holds the assigned beneficiaries.
fn variable<'r>(terms: &Terms<'_, 'r>, tree: &mut Derivation<'r>) -> Result<Option<Node>> {
    let year = terms.aco.performance_year;
    let table = terms.rules.settlement.minimum_rate_table.at(year)?;
    let heads = terms.aco.assigned_beneficiaries;
    let within = |low: u64, high: Option<u64>| heads >= low && high.is_none_or(|high| heads <= high);
    let Some(band) = table.value.iter().find(|band| within(band.beneficiaries_low, band.beneficiaries_high)) else {
        let first = table.value.iter().min_by_key(|band| band.beneficiaries_low);
        return Ok(match (first, terms.rules.choices.below_table.at(year)?.value) {
            (Some(band), BelowTable::HighestRate) => Some(tree.rule("msr", band.rate_low.0, &table.citation)),
            _ => None,
        });
    };
    let Some(high) = band.beneficiaries_high.filter(|_| band.rate_low != band.rate_high) else {
        return Ok(Some(tree.rule("msr", band.rate_low.0, &table.citation)));
    };
    let heads = tree.given("assigned_beneficiaries", None, Decimal::from(heads), "aco");
    let low = tree.rule("band_beneficiaries_low", Decimal::from(band.beneficiaries_low), &table.citation);
    let high = tree.rule("band_beneficiaries_high", Decimal::from(high), &table.citation);
    let rate_low = tree.rule("band_rate_low", band.rate_low.0, &table.citation);
    let rate_high = tree.rule("band_rate_high", band.rate_high.0, &table.citation);
    let above = tree.difference(high, heads);
    let below = tree.difference(heads, low);
    let rate = tree.weighted_mean(&[(above, rate_low), (below, rate_high)]);
    Ok(Some(tree.name(rate, "msr", None, &table.citation)))
}
