//! Which benchmark regime an agreement falls under, and the constants of the regime's concepts (42 CFR 425.601-425.662).
//!
//! A regime is a short list of concepts: how earlier years are trended, which adjustment is added, how risk is adjusted and
//! how the benchmark is updated. Each concept is one file under `src/benchmark/`; nothing here computes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::settlement::MonthDay;
use super::{Day, Fraction, Timeline, Year};
use crate::error::{Error, Place, Result};

/// A concept of a regime and the paragraph that calls for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concept<T> {
    /// Which concept.
    pub concept: T,
    /// The paragraph.
    pub citation: String,
}

/// How benchmark years 1 and 2 are brought to benchmark year 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// National growth.
    National,
    /// Growth of the ACO's region.
    Regional,
    /// Both, the national one weighted by the ACO's share of its region.
    Blended,
}

/// Which assignable people a county figure averages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountyWindow {
    /// Assignable in the calendar year.
    Calendar,
    /// Assignable in the window of the ACO's own assignment method.
    Assignment,
}

/// What is added to the historical benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Nothing.
    None,
    /// Savings of the first agreement, as one flat amount (425.603(b)).
    FirstAgreementSavings,
    /// The regional adjustment, type by type, whatever its sign.
    Regional,
    /// The larger of a positive regional adjustment and prior savings (425.652(a)(8)).
    LargerOfTwo,
    /// The largest of those and the population adjustment (425.662).
    LargestOfThree,
}

/// How the benchmark is risk adjusted from benchmark year 3 to the performance year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Newly assigned by HCC scores, continuously assigned by demographic ones (425.604(a)).
    NewlyAndContinuouslyAssigned,
    /// HCC growth, each type capped (425.605(a)(1)(i)).
    CappedByType,
    /// HCC growth, capped where growth over all types exceeds demographic growth (425.605(a)(1)(ii)).
    CappedInAggregate,
}

/// How the benchmark is brought to the performance year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// National growth in dollars, added (425.602(b)).
    FlatDollar,
    /// Growth of the region, multiplied (425.603(d)).
    Regional,
    /// National and regional growth blended (425.601(b)).
    TwoWay,
    /// That blend and the Accountable Care Prospective Trend (425.652(b)).
    ThreeWay,
}

/// A regime: its concepts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regime {
    /// The sum of the benchmark years and what it is made of.
    pub historical: Concept<String>,
    /// Trend.
    pub trend: Concept<Trend>,
    /// Adjustment.
    pub adjustment: Concept<Adjustment>,
    /// Risk adjustment to the performance year.
    pub risk: Concept<Risk>,
    /// Update.
    pub update: Concept<Update>,
    /// County figures.
    pub county_window: Concept<CountyWindow>,
    /// Whether losses are measured again on the two-way benchmark (425.652(b)(5)).
    pub recalculated_benchmark: Concept<bool>,
}

impl Regime {
    /// Whether any concept needs figures of the ACO's region.
    #[must_use]
    pub fn is_regional(&self) -> bool {
        self.trend.concept != Trend::National
            || matches!(self.adjustment.concept, Adjustment::Regional | Adjustment::LargerOfTwo | Adjustment::LargestOfThree)
    }
}

/// Weights of the benchmark years, as parts of their sum: equal weights are 1, 1 and 1, so that no third is ever rounded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearWeights {
    /// First agreements.
    pub first_agreement: Timeline<Day, [Fraction; 3]>,
    /// Later ones.
    pub later_agreement: Timeline<Day, [Fraction; 3]>,
}

/// Weights of the regional adjustment by how often a benchmark has been regionally adjusted; the last holds on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionalWeights {
    /// For an ACO not above its region.
    pub lower_spending: Timeline<Day, Vec<Fraction>>,
    /// For an ACO above its region.
    pub higher_spending: Timeline<Day, Vec<Fraction>>,
}

/// A population whose national per-capita figure is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// Assignable in the calendar year.
    Assignable,
    /// All fee-for-service beneficiaries.
    AllFfs,
}

impl Population {
    /// The `population` column of the `national` table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assignable => "assignable",
            Self::AllFfs => "all_ffs",
        }
    }
}

/// The rules of `regimes.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regimes {
    /// Days of the year on which agreements began.
    pub agreement_days: Timeline<Day, Vec<MonthDay>>,
    /// Regime of a first agreement.
    pub first_agreement: Timeline<Day, String>,
    /// Regime of a second or later agreement.
    pub later_agreement: Timeline<Day, String>,
    /// The regimes.
    pub regime: BTreeMap<String, Regime>,
    /// Weights of the benchmark years.
    pub year_weights: YearWeights,
    /// Population of the national figures, by performance year.
    pub national_population: Timeline<Year, Population>,
    /// Weights of the regional adjustment.
    pub regional_weights: RegionalWeights,
    /// Highest regional adjustment as a share of the national per capita; no row, no cap.
    pub regional_cap_upper: Timeline<Day, Fraction>,
    /// Lowest regional adjustment as a share of the national per capita; no row, no cap.
    pub regional_cap_lower: Timeline<Day, Fraction>,
    /// Whether a negative regional adjustment is offset by duals and risk (425.656(c)); no row, no offset.
    pub regional_offset: Timeline<Day, bool>,
    /// Share of prior savings given back (425.658(b)).
    pub prior_savings_share: Timeline<Day, Fraction>,
    /// Highest prior savings adjustment as a share of the national per capita.
    pub prior_savings_cap: Timeline<Day, Fraction>,
    /// Scale of the population adjustment as a share of the national per capita (425.662(b)).
    pub population_scale: Timeline<Day, Fraction>,
    /// Least share of people with the low-income subsidy or dual status for the population adjustment.
    pub population_threshold: Timeline<Day, Fraction>,
    /// Cap on HCC growth by type (425.605(a)(1)(i)).
    pub risk_cap_by_type: Timeline<Day, Fraction>,
    /// Points by which aggregate HCC growth may exceed demographic growth (425.605(a)(1)(ii)).
    pub risk_cap_allowance: Timeline<Day, Fraction>,
    /// The same for the region (425.655).
    pub regional_risk_cap_allowance: Timeline<Day, Fraction>,
    /// Weight of the Accountable Care Prospective Trend, by performance year (425.652(b)(4)).
    pub acpt_weight: Timeline<Year, Fraction>,
}

impl Regimes {
    /// The regime of an agreement and its name.
    ///
    /// # Errors
    /// When no agreement began on that day, or none of that number.
    pub fn of(&self, start: Day, agreement_period: u32) -> Result<(&str, &Regime)> {
        let days = self.agreement_days.at(start)?;
        if !days.value.iter().any(|day| day.month == start.0.month() && day.day == start.0.day()) {
            return Err(Error::NoRule {
                what: "agreement_days".to_string(),
                at: start.to_string(),
                file: "regimes.toml".to_string(),
            });
        }
        let timeline = if agreement_period == 1 { &self.first_agreement } else { &self.later_agreement };
        let name = &timeline.at(start)?.value;
        let regime = self.regime.get(name).ok_or_else(|| {
            Error::input(
                format!("the regime `{name}` has no concepts"),
                Place::table("regimes.toml").at_key(name),
                "add a table [regime.\"NAME\"] with its concepts",
            )
        })?;
        Ok((name, regime))
    }

    /// Weights of benchmark years 1, 2 and 3 of an agreement as parts of their sum, and their citation.
    ///
    /// # Errors
    /// When no row holds.
    pub fn year_weights(&self, start: Day, agreement_period: u32) -> Result<(&[Fraction; 3], &str)> {
        let weights = &self.year_weights;
        let row = if agreement_period == 1 { &weights.first_agreement } else { &weights.later_agreement }.at(start)?;
        Ok((&row.value, &row.citation))
    }
}
