//! Published growth of the Accountable Care Prospective Trend (`src/rules/acpt.toml`, 42 CFR 425.660).

use serde::Deserialize;

use super::{Day, EnrollmentType, Fraction, Roster, Year};

/// Growth by agreement start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcptRules {
    /// Growth from benchmark year 3 to a performance year.
    pub growth: Roster<Day, Growth>,
}

/// Growth to one performance year, a ratio for each type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// The performance year.
    pub performance_year: Year,
    /// End-stage renal disease.
    #[serde(rename = "ESRD")]
    pub esrd: Fraction,
    /// Disabled.
    #[serde(rename = "DIS")]
    pub disabled: Fraction,
    /// Aged and dual.
    #[serde(rename = "AGDU")]
    pub aged_dual: Fraction,
    /// Aged.
    #[serde(rename = "AGND")]
    pub aged_non_dual: Fraction,
}

impl Growth {
    /// The growth of a type.
    #[must_use]
    pub const fn of(&self, kind: EnrollmentType) -> Fraction {
        match kind {
            EnrollmentType::Esrd => self.esrd,
            EnrollmentType::Disabled => self.disabled,
            EnrollmentType::AgedDual => self.aged_dual,
            EnrollmentType::AgedNonDual => self.aged_non_dual,
        }
    }
}
