//! The cap on regional risk score growth (425.655): gives back part of the growth that risk standardisation removed.

use super::risk_ratio::aggregate;
use super::{Facts, Givens, Typed};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::FactorYear;

const CITATION: &str = "42 CFR 425.655";

/// Factors on regional growth by type; 1 where the cap does not bind. `dollars` are the benchmark dollars by which growth is
/// averaged over the types.
pub(super) fn factors<'r>(facts: &Facts<'_, 'r>, givens: &Givens, dollars: &Typed, tree: &mut Derivation<'r>) -> Result<Typed> {
    let (mut hcc, mut demographic) = (Typed::default(), Typed::default());
    for kind in givens.lasting_types() {
        let growth = tree.ratio(givens.region_hcc(FactorYear::Py, kind), givens.region_hcc(FactorYear::By3, kind));
        hcc[kind] = Some(tree.name(growth, "regional_hcc_growth", Some(kind), CITATION));
        let growth =
            tree.ratio(givens.region_demographic(FactorYear::Py, kind), givens.region_demographic(FactorYear::By3, kind));
        demographic[kind] = Some(tree.name(growth, "regional_demographic_growth", Some(kind), CITATION));
    }
    let hcc_growth = aggregate(dollars, &hcc, tree);
    let hcc_growth = tree.name(hcc_growth, "aggregate_regional_hcc_growth", None, CITATION);
    let demographic_growth = aggregate(dollars, &demographic, tree);
    let demographic_growth = tree.name(demographic_growth, "aggregate_regional_demographic_growth", None, CITATION);
    let shares: Vec<_> = givens
        .lasting_types()
        .map(|kind| (givens.people(FactorYear::Py, kind), givens.national_weight(FactorYear::Py, kind)))
        .collect();
    let market_share = tree.weighted_mean(&shares);
    let market_share = tree.name(market_share, "aggregate_market_share", None, CITATION);
    let row = facts.rules.regimes.regional_risk_cap_allowance.at(facts.start)?;
    let allowance = tree.rule("regional_risk_cap_allowance", row.value.0, &row.citation);
    let base = tree.sum(&[demographic_growth, allowance]);
    let excess = tree.difference(hcc_growth, base);
    let excess = tree.greatest(excess, Node::ZERO);
    let kept = tree.product(&[market_share, excess]);
    let cap = tree.sum(&[base, kept]);
    let cap = tree.name(cap, "regional_risk_cap", None, &row.citation);
    let mut factors = Typed::default();
    for kind in givens.lasting_types() {
        let Some(own) = hcc[kind] else { continue };
        let over = tree.ratio(own, cap);
        let factor = tree.if_above(own, cap, over, Node::ONE);
        let factor = tree.if_above(hcc_growth, cap, factor, Node::ONE);
        factors[kind] = Some(tree.name(factor, "regional_cap_factor", Some(kind), CITATION));
    }
    Ok(factors)
}
