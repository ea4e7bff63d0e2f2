//! Minimum rates, sequestration, terminations: what settles every arrangement alike.

use serde::Deserialize;

use super::timeline::every_year_has;
use super::{Day, Fraction, Timeline, Year};

/// A band of the minimum savings rate table; the rate runs straight between its ends.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Fewest assigned beneficiaries of the band.
    pub beneficiaries_low: u64,
    /// Most assigned beneficiaries of the band; none when open.
    #[serde(default)]
    pub beneficiaries_high: Option<u64>,
    /// Rate at the fewest.
    pub rate_low: Fraction,
    /// Rate at the most.
    pub rate_high: Fraction,
}

/// What becomes of a fixed choice of an ACO with too few beneficiaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmallAco {
    /// The choice stays.
    AsChosen,
    /// The variable rate replaces it for the year.
    Variable,
}

/// A day of the year, `MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct MonthDay {
    /// Month, 1 to 12.
    pub month: i8,
    /// Day of the month, 1 to 31.
    pub day: i8,
}

impl TryFrom<String> for MonthDay {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_once('-').and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
        match parts {
            Some((month, day)) => every_year_has(month, day).map(|(month, day)| Self { month, day }),
            None => Err(format!("`{text}` is not a day of the year; write MM-DD")),
        }
    }
}

/// The health equity adjustment of the quality score, in points of 100 (425.512(b)).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthEquity {
    /// Points of a measure in the top third.
    pub points_top: Fraction,
    /// Points of a measure in the middle third.
    pub points_middle: Fraction,
    /// Least underserved share that earns a bonus.
    pub least_multiplier: Fraction,
    /// Highest bonus.
    pub most_bonus: Fraction,
}

/// The rules of `settlement.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Minimum savings rate by assigned beneficiaries, by performance year.
    pub minimum_rate_table: Timeline<Year, Vec<Band>>,
    /// Fixed minimum rates a two-sided ACO may choose, by agreement start.
    pub minimum_rate_choices: Timeline<Day, Vec<Fraction>>,
    /// Fewest beneficiaries for a fixed choice and for the rate below the minimum, by performance year.
    pub eligible_beneficiaries: Timeline<Year, u64>,
    /// What becomes of a fixed choice below that number, by first day of the performance year.
    pub small_aco: Timeline<Day, SmallAco>,
    /// Share withheld from shared savings by sequestration, by performance year.
    pub sequestration: Timeline<Year, Fraction>,
    /// Calendar years from the agreement's start to its first performance year, by agreement start.
    pub years_to_first_performance_year: Timeline<Day, u16>,
    /// Health equity adjustment of the quality score, by performance year.
    pub health_equity: Timeline<Year, HealthEquity>,
    /// Last day on which a termination leaves the year's savings, by performance year.
    pub savings_through: Timeline<Year, MonthDay>,
    /// Last day on which a voluntary termination leaves no losses, by performance year.
    pub no_losses_through: Timeline<Year, MonthDay>,
}
