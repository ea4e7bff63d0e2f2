//! Trend: what brings the expenditures of benchmark years 1 and 2 to benchmark year 3.
//!
//! Each factor is the direct ratio of benchmark year 3 to the earlier year, never chained.

use super::{Facts, Givens, Typed};
use crate::derivation::{Derivation, Node};
use crate::factors::FactorYear;
use crate::rules::EnrollmentType;
use crate::rules::regimes::Trend;

const NATIONAL: [&str; 2] = ["national_trend_by1", "national_trend_by2"];
const REGIONAL: [&str; 2] = ["regional_trend_by1", "regional_trend_by2"];
const TREND: [&str; 2] = ["trend_by1", "trend_by2"];

/// Trend factors of benchmark years 1 and 2 by type; none where the ACO has nobody.
pub(super) fn trends<'r>(facts: &Facts<'_, 'r>, givens: &Givens, tree: &mut Derivation<'r>) -> [Typed; 2] {
    let mut trends = [Typed::default(); 2];
    for (at, year) in [FactorYear::By1, FactorYear::By2].into_iter().enumerate() {
        for kind in EnrollmentType::ALL {
            if givens.is_historical(kind) && givens.has_people(year, kind) {
                trends[at][kind] = Some(trend(facts, givens, at, kind, tree));
            }
        }
    }
    trends
}

fn trend<'r>(facts: &Facts<'_, 'r>, givens: &Givens, at: usize, kind: EnrollmentType, tree: &mut Derivation<'r>) -> Node {
    let cite = facts.regime.trend.citation.as_str();
    let year = [FactorYear::By1, FactorYear::By2][at];
    let concept = facts.regime.trend.concept;
    let national = (concept != Trend::Regional).then(|| {
        let ratio = tree.ratio(givens.national(FactorYear::By3, kind), givens.national(year, kind));
        tree.name(ratio, NATIONAL[at], Some(kind), cite)
    });
    let regional = (concept != Trend::National).then(|| {
        let ratio = tree.ratio(givens.region(FactorYear::By3, kind), givens.region(year, kind));
        tree.name(ratio, REGIONAL[at], Some(kind), cite)
    });
    let trend = match (national, regional) {
        (Some(national), Some(regional)) => tree.blend(givens.national_weight(FactorYear::By3, kind), national, regional),
        (one, other) => one.or(other).unwrap_or(Node::ONE),
    };
    tree.name(trend, TREND[at], Some(kind), cite)
}
