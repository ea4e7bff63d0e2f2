//! The update: the risk-adjusted historical benchmark brought to the performance year.

use super::{Facts, Givens, Typed, acpt, regional_risk_cap};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::rules::EnrollmentType;
use crate::rules::choices::FlatDollarOrder;
use crate::rules::regimes::Update;

/// Updated benchmarks by type.
pub(super) struct Updated {
    /// The updated benchmark.
    pub(super) benchmark: Typed,
    /// The same with the two-way blend in place of the three-way one.
    pub(super) two_way: Typed,
}

/// Risk adjusts and updates the historical benchmark of every type.
pub(super) fn apply<'r>(
    facts: &Facts<'_, 'r>,
    givens: &Givens,
    benchmark: &Typed,
    risk: &Typed,
    dollars: &Typed,
    tree: &mut Derivation<'r>,
) -> Result<Updated> {
    let cite = facts.regime.update.citation.as_str();
    let concept = facts.regime.update.concept;
    let (mut caps, mut weight) = (Typed::default(), Node::ZERO);
    if concept == Update::ThreeWay {
        caps = regional_risk_cap::factors(facts, givens, dollars, tree)?;
        let row = facts.rules.regimes.acpt_weight.at(facts.aco.performance_year)?;
        weight = tree.rule("acpt_weight", row.value.0, &row.citation);
    }
    let mut updated = Updated { benchmark: Typed::default(), two_way: Typed::default() };
    let order = facts.rules.choices.flat_dollar_order.at(facts.aco.performance_year)?.value;
    for kind in givens.lasting_types() {
        let (Some(base), Some(ratio)) = (benchmark[kind], risk[kind]) else { continue };
        let value = match concept {
            Update::FlatDollar => {
                let rise = tree.difference(givens.national(FactorYear::Py, kind), givens.national(FactorYear::By3, kind));
                let rise = tree.name(rise, "flat_dollar_update", Some(kind), cite);
                match order {
                    FlatDollarOrder::RiskFirst => {
                        let adjusted = tree.product(&[base, ratio]);
                        tree.sum(&[adjusted, rise])
                    }
                    FlatDollarOrder::UpdateFirst => {
                        let risen = tree.sum(&[base, rise]);
                        tree.product(&[risen, ratio])
                    }
                }
            }
            Update::Regional => {
                let factor = regional(givens, kind, None, cite, tree);
                let factor = tree.name(factor, "update_factor", Some(kind), cite);
                tree.product(&[base, ratio, factor])
            }
            Update::TwoWay => {
                let factor = two_way(givens, kind, None, cite, tree);
                let factor = tree.name(factor, "update_factor", Some(kind), cite);
                tree.product(&[base, ratio, factor])
            }
            Update::ThreeWay => {
                let two_way = two_way(givens, kind, caps[kind], cite, tree);
                let trend = acpt::factor(facts, kind, givens.hcc(FactorYear::By3, kind), base, tree);
                let weight = match facts.acpt[kind].and_then(|row| row.weight) {
                    Some(given) => tree.given("acpt_weight", Some(kind), given, "acpt"),
                    None => weight,
                };
                let factor = tree.blend(weight, trend, two_way);
                let factor = tree.name(factor, "update_factor", Some(kind), cite);
                let other = tree.product(&[base, ratio, two_way]);
                updated.two_way[kind] = Some(tree.name(other, "two_way_benchmark", Some(kind), cite));
                tree.product(&[base, ratio, factor])
            }
        };
        updated.benchmark[kind] = Some(tree.name(value, "updated_benchmark", Some(kind), cite));
    }
    Ok(updated)
}

/// Growth of the region, after the cap factor where there is one.
fn regional<'r>(givens: &Givens, kind: EnrollmentType, cap: Option<Node>, cite: &'r str, tree: &mut Derivation<'r>) -> Node {
    let growth = tree.ratio(givens.region(FactorYear::Py, kind), givens.region(FactorYear::By3, kind));
    let growth = match cap {
        Some(cap) => tree.product(&[growth, cap]),
        None => growth,
    };
    tree.name(growth, "regional_update_factor", Some(kind), cite)
}

/// National and regional growth blended by the ACO's share of its region in the performance year.
fn two_way<'r>(givens: &Givens, kind: EnrollmentType, cap: Option<Node>, cite: &'r str, tree: &mut Derivation<'r>) -> Node {
    let national = tree.ratio(givens.national(FactorYear::Py, kind), givens.national(FactorYear::By3, kind));
    let national = tree.name(national, "national_update_factor", Some(kind), cite);
    let regional = regional(givens, kind, cap, cite, tree);
    let blend = tree.blend(givens.national_weight(FactorYear::Py, kind), national, regional);
    tree.name(blend, "two_way_factor", Some(kind), cite)
}
