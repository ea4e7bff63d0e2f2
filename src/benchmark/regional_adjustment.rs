//! The regional adjustment: part of the difference between the ACO's region, at the ACO's own risk, and its benchmark.
//!
//! 425.603(c)(9), 425.601(a)(8) and 425.656. Which part depends on whether the ACO spends less than its region over all
//! types, and on how often its benchmark has been so adjusted; where a cap or an offset has a rule row, it applies by type.

use super::{Facts, Givens, Typed};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::rules::{Day, Fraction, Row, Timeline};

/// The adjustment by type, after cap and offset.
pub(super) fn by_type<'r>(facts: &Facts<'_, 'r>, givens: &Givens, before: &Typed, tree: &mut Derivation<'r>) -> Result<Typed> {
    let regimes = &facts.rules.regimes;
    let cite = facts.regime.adjustment.citation.as_str();
    let mut difference = Typed::default();
    for kind in givens.historical_types() {
        let Some(benchmark) = before[kind] else { continue };
        let own_risk = tree.product(&[givens.region(FactorYear::By3, kind), givens.hcc(FactorYear::By3, kind)]);
        let own_risk = tree.name(own_risk, "regional_risk_adjusted", Some(kind), cite);
        let gap = tree.difference(own_risk, benchmark);
        difference[kind] = Some(tree.name(gap, "regional_difference", Some(kind), cite));
    }
    let net = givens.by3_mean(&difference, tree);
    let net = tree.name(net, "regional_difference", None, cite);
    let lower = ladder(&regimes.regional_weights.lower_spending, facts, "weight_if_lower_spending", tree)?;
    let higher = ladder(&regimes.regional_weights.higher_spending, facts, "weight_if_higher_spending", tree)?;
    let weight = tree.if_at_least(net, Node::ZERO, lower, higher);
    let weight = tree.name(weight, "regional_weight", None, cite);
    let upper = regimes.regional_cap_upper.find(&facts.start).map(|row| rule(row, "regional_cap_share", tree));
    let floor = regimes.regional_cap_lower.find(&facts.start).map(|row| rule(row, "regional_floor_share", tree));
    let offset = match regimes.regional_offset.find(&facts.start) {
        Some(row) if row.value => Some((offset(facts, givens, &row.citation, tree), row.citation.as_str())),
        _ => None,
    };
    let mut adjustment = Typed::default();
    for kind in givens.historical_types() {
        let Some(gap) = difference[kind] else { continue };
        let part = tree.product(&[weight, gap]);
        let mut part = tree.name(part, "regional_adjustment", Some(kind), cite);
        let nation = givens.national(FactorYear::By3, kind);
        if let Some((share, cite)) = upper {
            let cap = tree.product(&[share, nation]);
            let cap = tree.name(cap, "regional_cap", Some(kind), cite);
            part = tree.least(part, cap);
        }
        if let Some((share, cite)) = floor {
            let cap = tree.product(&[share, nation]);
            let cap = tree.name(cap, "regional_floor", Some(kind), cite);
            part = tree.greatest(part, cap);
        }
        if upper.is_some() || floor.is_some() {
            part = tree.name(part, "regional_adjustment_capped", Some(kind), cite);
        }
        if let Some((factor, cite)) = offset {
            let rest = tree.difference(Node::ONE, factor);
            let less = tree.product(&[part, rest]);
            part = tree.if_at_least(part, Node::ZERO, part, less);
            part = tree.name(part, "regional_adjustment_offset", Some(kind), cite);
        }
        adjustment[kind] = Some(part);
    }
    Ok(adjustment)
}

fn rule<'r>(row: &'r Row<Day, Fraction>, name: &'static str, tree: &mut Derivation<'r>) -> (Node, &'r str) {
    (tree.rule(name, row.value.0, &row.citation), &row.citation)
}

/// The weight for the number of times the benchmark has been adjusted; the last of the row holds on.
fn ladder<'r>(
    weights: &'r Timeline<Day, Vec<Fraction>>,
    facts: &Facts<'_, 'r>,
    name: &'static str,
    tree: &mut Derivation<'r>,
) -> Result<Node> {
    let row = weights.at(facts.start)?;
    let times = facts.aco.times_regionally_adjusted.max(1) as usize;
    let weight = row.value.get(times - 1).or(row.value.last()).map_or_else(Default::default, |weight| weight.0);
    Ok(tree.rule(name, weight, &row.citation))
}

/// The offset factor: duals' share of benchmark year 3 and the dollar-weighted mean score above 1, between 0 and 1
/// (425.656(c)(4)-(5)).
fn offset<'r>(facts: &Facts<'_, 'r>, givens: &Givens, cite: &'r str, tree: &mut Derivation<'r>) -> Node {
    let pairs: Vec<_> = givens
        .historical_types()
        .map(|kind| {
            let dollars = tree.product(&[givens.cost(FactorYear::By3, kind), givens.people(FactorYear::By3, kind)]);
            (tree.name(dollars, "expenditure_by3", Some(kind), cite), givens.hcc(FactorYear::By3, kind))
        })
        .collect();
    let mean = tree.weighted_mean(&pairs);
    let mean = tree.name(mean, "dollar_weighted_score_by3", None, cite);
    let above = tree.difference(mean, Node::ONE);
    let duals = tree.given("dual_share_by3", None, facts.aco.dual_share_by3.unwrap_or_default(), "aco");
    let sum = tree.sum(&[duals, above]);
    let factor = tree.clamp(sum, Node::ZERO, Node::ONE);
    tree.name(factor, "offset_factor", None, cite)
}
