//! Quality: what it makes of the sharing rate (425.604(d), 425.605(d), 425.610(d)), and the health equity adjusted score.

use rust_decimal::Decimal;

use super::Terms;
use crate::derivation::{Derivation, Node};
use crate::factors::QualityStandard;
use crate::rules::arrangements::QualityRule;
use crate::rules::settlement::HealthEquity;

/// Rates that quality makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    /// Maximum sharing rate times quality score; the maximum alone where no rate asks for the score.
    pub(super) scaled: Node,
    /// Final sharing rate of an ACO whose savings reach its minimum.
    pub(super) sharing: Node,
}

/// The maximum sharing rate as quality leaves it.
pub(super) fn rates<'r>(terms: &Terms<'_, 'r>, tree: &mut Derivation<'r>) -> Rates {
    let row = terms.sharing_rate;
    let most = tree.rule("maximum_sharing_rate", row.value.0, &row.citation);
    let mut scaled = most;
    if terms.sharing_by_score() || terms.losses_by_score() {
        let score = tree.given("quality_score", None, terms.score(), "aco");
        scaled = tree.product(&[most, score]);
        scaled = tree.name(scaled, "scaled_sharing_rate", None, &terms.quality.citation);
    }
    let sharing = match (terms.quality.value, terms.aco.quality_standard) {
        (_, QualityStandard::NotMet) | (QualityRule::MetOrNothing, QualityStandard::Alternative) => Node::ZERO,
        (QualityRule::MetOrNothing | QualityRule::MetOrScaled, QualityStandard::Met) => most,
        (QualityRule::Scaled, _) | (QualityRule::MetOrScaled, QualityStandard::Alternative) => scaled,
    };
    Rates { scaled, sharing }
}

/// Where an ACO stands on one measure among the ACOs that report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureStanding {
    /// Top third.
    Top,
    /// Middle third.
    Middle,
    /// Bottom third.
    Bottom,
    /// Not evaluated.
    NotEvaluated,
}

/// The health equity adjusted quality score in points of 100 (425.512(b)): the quality score and a bonus for good
/// measures among many underserved people.
///
/// `deprived` is the share of people with an area deprivation rank that is high, `lis_dual` the share of person-years with
/// the low-income subsidy or dual status; the larger counts.
#[must_use]
pub fn health_equity_adjusted_score(
    rule: &HealthEquity,
    score: Decimal,
    measures: &[MeasureStanding],
    deprived: Decimal,
    lis_dual: Decimal,
) -> Decimal {
    let points = |standing: &MeasureStanding| match standing {
        MeasureStanding::Top => rule.points_top.0,
        MeasureStanding::Middle => rule.points_middle.0,
        MeasureStanding::Bottom | MeasureStanding::NotEvaluated => Decimal::ZERO,
    };
    let scaler: Decimal = measures.iter().map(points).sum();
    let multiplier = deprived.max(lis_dual);
    if multiplier < rule.least_multiplier.0 {
        return score;
    }
    let bonus = (scaler * multiplier).min(rule.most_bonus.0);
    (score + bonus).min(Decimal::ONE_HUNDRED)
}

#[cfg(test)]
mod tests {
    use super::{MeasureStanding as M, health_equity_adjusted_score};
    use crate::rules::Rules;

    #[test]
    fn the_specifications_examples_of_health_equity() {
        let rules = Rules::load(None).unwrap();
        let rule = &rules.settlement.health_equity.at(2023).unwrap().value;
        let of = |score: &str, measures: &[M], share: &str| {
            health_equity_adjusted_score(rule, score.parse().unwrap(), measures, "0".parse().unwrap(), share.parse().unwrap())
        };
        let eighteen = [M::Top, M::Top, M::Top, M::Middle, M::Middle, M::Middle];
        assert_eq!(of("92", &[M::Top; 6], "0.6"), "100".parse().unwrap());
        assert_eq!(of("85", &eighteen, "0.3"), "90.4".parse().unwrap());
        assert_eq!(of("85", &eighteen, "0.1"), "85".parse().unwrap());
        assert_eq!(of("50", &[M::Top; 6], "0.6"), "60".parse().unwrap());
        assert_eq!(of("50", &[M::Bottom, M::NotEvaluated], "0.6"), "50".parse().unwrap());
        assert!(rules.settlement.health_equity.at(2026).is_err());
    }
}
