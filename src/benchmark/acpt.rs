//! The Accountable Care Prospective Trend (425.660): a flat dollar amount fixed for the agreement, as a growth factor.

use super::Facts;
use crate::derivation::{Derivation, Node};
use crate::factors::FactorYear;
use crate::rules::EnrollmentType;

const CITATION: &str = "42 CFR 425.660";

/// The trend of a type: 1 plus the risk-adjusted dollars over the historical benchmark.
pub(super) fn factor(
    facts: &Facts<'_, '_>,
    kind: EnrollmentType,
    score: Node,
    benchmark: Node,
    tree: &mut Derivation<'_>,
) -> Node {
    let base = facts.national[FactorYear::By3 as usize][kind].and_then(|row| row.truncated_per_capita).unwrap_or_default();
    let growth = facts.acpt[kind].map_or_else(Default::default, |row| row.growth);
    let base = tree.given("national_truncated_by3", Some(kind), base, "national");
    let growth = tree.given("acpt_growth", Some(kind), growth, "acpt");
    let rise = tree.difference(growth, Node::ONE);
    let dollars = tree.product(&[base, rise]);
    let dollars = tree.name(dollars, "acpt_flat_dollar", Some(kind), CITATION);
    let dollars = tree.product(&[dollars, score]);
    let dollars = tree.name(dollars, "acpt_risk_adjusted_dollar", Some(kind), CITATION);
    let part = tree.ratio(dollars, benchmark);
    let factor = tree.sum(&[Node::ONE, part]);
    tree.name(factor, "acpt_factor", Some(kind), CITATION)
}
