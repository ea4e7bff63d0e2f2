//! The historical benchmark before adjustment: benchmark years risk adjusted, trended and weighted.

use super::{Facts, Givens, Typed};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::rules::choices::TypeAbsentInBenchmarkYear;

const RISK: [&str; 2] = ["risk_ratio_by1", "risk_ratio_by2"];
const TRENDED: [&str; 3] = ["trended_by1", "trended_by2", "trended_by3"];
const WEIGHT: [&str; 3] = ["weight_by1", "weight_by2", "weight_by3"];

/// Historical benchmark by type before any adjustment.
pub(super) fn before_adjustment<'r>(
    facts: &Facts<'_, 'r>,
    givens: &Givens,
    trends: &[Typed; 2],
    tree: &mut Derivation<'r>,
) -> Result<Typed> {
    let cite = facts.regime.historical.citation.as_str();
    let (weights, weights_cite) = facts.rules.regimes.year_weights(facts.start, facts.aco.agreement_period)?;
    let weights: [Node; 3] = std::array::from_fn(|at| tree.rule(WEIGHT[at], weights[at].0, weights_cite));
    let absent = facts.rules.choices.type_absent_in_benchmark_year.at(facts.aco.performance_year)?.value;
    let mut benchmark = Typed::default();
    for kind in givens.historical_types() {
        let mut years = Vec::with_capacity(3);
        for (at, year) in [FactorYear::By1, FactorYear::By2].into_iter().enumerate() {
            let Some(trend) = trends[at][kind] else { continue };
            let risk = tree.ratio(givens.hcc(FactorYear::By3, kind), givens.hcc(year, kind));
            let risk = tree.name(risk, RISK[at], Some(kind), cite);
            let trended = tree.product(&[givens.cost(year, kind), risk, trend]);
            years.push((weights[at], tree.name(trended, TRENDED[at], Some(kind), cite)));
        }
        let last = tree.name(givens.cost(FactorYear::By3, kind), TRENDED[2], Some(kind), cite);
        years.push((weights[2], last));
        let value = match absent {
            TypeAbsentInBenchmarkYear::Rescale => tree.weighted_mean(&years),
            TypeAbsentInBenchmarkYear::Zero => {
                let (sum, all) = (tree.weighted_sum(&years), tree.sum(&weights));
                tree.ratio(sum, all)
            }
        };
        benchmark[kind] = Some(tree.name(value, "historical_before_adjustment", Some(kind), cite));
    }
    let all = givens.by3_mean(&benchmark, tree);
    tree.name(all, "historical_before_adjustment", None, cite);
    Ok(benchmark)
}
