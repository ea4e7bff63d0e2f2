//! Days on which agreements could start (`src/rules/agreement_starts.toml`, 42 CFR 425.200(b)).

use serde::Deserialize;

use super::{Day, Roster};

/// The starts that existed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementStarts {
    /// One row per day.
    pub start: Roster<Day, AgreementStart>,
}

/// What could be signed on a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // each is a question of its own about the day
pub struct AgreementStart {
    /// First performance year.
    pub first_year: u16,
    /// Last performance year of the agreement, extensions included.
    pub last_year: u16,
    /// A year of which one half alone, 1 or 2, was a performance year.
    #[serde(default)]
    pub half_year: Option<(u16, u8)>,
    /// Tracks that could be signed.
    pub tracks: Vec<String>,
    /// Whether it could be a second or later agreement.
    pub renewal: bool,
    /// Whether it could only be a second or later agreement.
    #[serde(default)]
    pub renewal_only: bool,
    /// The one minimum rate of Track 2 before ACOs could choose.
    #[serde(default)]
    pub fixed_minimum: Option<String>,
    /// Whether benchmarks of renewals look at the regions.
    #[serde(default)]
    pub regional: bool,
    /// Whether benchmarks of renewals look at savings before the agreement.
    #[serde(default)]
    pub prior_savings: bool,
    /// Whether they look at the sharing rates of then.
    #[serde(default)]
    pub prior_sharing_rates: bool,
    /// Whether benchmark years are scored with the performance year's HCC version.
    #[serde(default)]
    pub rescored: bool,
    /// Whether newcomers could have advance investment payments.
    #[serde(default)]
    pub advance_payments: bool,
}

#[cfg(test)]
mod tests {
    use crate::rules::Rules;

    #[test]
    fn starts_are_in_order_and_none_is_in_2021() {
        let rules = Rules::load(None).unwrap();
        let rows = rules.agreement_starts.start.rows();
        assert_eq!(rows.len(), 16);
        assert!(rows.is_sorted_by_key(|row| row.from) && rows.iter().all(|row| row.from.0.year() != 2021));
        assert!(rows.iter().all(|row| row.value.first_year <= row.value.last_year && !row.value.tracks.is_empty()));
    }
}
