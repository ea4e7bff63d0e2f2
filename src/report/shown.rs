//! A number as a reader of a report may see it.

use std::fmt;

use super::table::{dollars, grouped};
use crate::money::Decimal;

/// A number, or why there is none. Every number of a report for others is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A number.
    Number(Decimal),
    /// A number that rests on too few people to be shown.
    Suppressed,
    /// No number.
    Absent,
}

/// In which unit a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Dollars and cents.
    Dollars,
    /// A fraction, as a percentage.
    Percent,
    /// A ratio, factor or score.
    Ratio,
    /// People.
    People,
    /// Person-years.
    PersonYears,
}

/// What stands in place of a suppressed number.
pub const SUPPRESSED: &str = "*";

impl Shown {
    /// The number, where it may be shown.
    #[must_use]
    pub const fn number(self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(number),
            Self::Suppressed | Self::Absent => None,
        }
    }

    /// The number made into another, where it may be shown.
    #[must_use]
    pub fn map(self, make: impl Fn(Decimal) -> Decimal) -> Self {
        match self {
            Self::Number(number) => Self::Number(make(number)),
            other => other,
        }
    }

    /// The number in a unit.
    #[must_use]
    pub fn told(self, unit: Unit) -> String {
        let number = match self {
            Self::Number(number) => number,
            Self::Suppressed => return SUPPRESSED.to_string(),
            Self::Absent => return "–".to_string(),
        };
        match unit {
            Unit::Dollars => dollars(&number.to_string()),
            Unit::Percent => format!("{:.2} %", (number * Decimal::ONE_HUNDRED).round_dp(2)),
            Unit::Ratio => format!("{:.4}", number.round_dp(4)),
            Unit::People => grouped(&number.round().normalize().to_string()),
            Unit::PersonYears => {
                let text = format!("{:.1}", number.round_dp(1));
                let (whole, rest) = text.split_at(text.len() - 2);
                grouped(whole) + rest
            }
        }
    }
}

/// Which unit a value of a run is in, told by its name.
#[must_use]
pub fn unit_of(name: &str) -> Unit {
    const RATIOS: [&str; 8] = ["ratio", "factor", "trend", "score", "growth", "scaler", "proration", "weight"];
    const SHARES: [&str; 8] = ["share", "rate", "msr", "mlr", "savings_rate", "choice", "average", "cap"];
    let stem = name.split(['[', ' ']).next().unwrap_or(name);
    let stem = ["_by1", "_by2", "_by3", "_py"].iter().fold(stem, |stem, end| stem.strip_suffix(end).unwrap_or(stem));
    if stem.starts_with("person_years") || stem.starts_with("new_person_years") || stem.starts_with("prior_person_years") {
        return Unit::PersonYears;
    }
    if stem.contains("beneficiaries") && !stem.contains("share") {
        return Unit::People;
    }
    if stem == "quality_score" || stem.ends_with("_sharing_rate_average") || stem.starts_with("prior_sharing_rate") {
        return Unit::Percent;
    }
    let last = stem.rsplit('_').next().unwrap_or(stem);
    if stem.contains("dollar") && !stem.contains("score") {
        return Unit::Dollars;
    }
    if RATIOS.iter().any(|word| stem.ends_with(word)) || stem.contains("risk_cap") || stem == "risk_cap" {
        return if stem.contains("weight") { Unit::Percent } else { Unit::Ratio };
    }
    if stem.contains("months") {
        return Unit::People;
    }
    if SHARES[..6].contains(&last) || stem.contains("_share_") || stem.starts_with("weight_") || stem.contains("_rate_") {
        return Unit::Percent;
    }
    Unit::Dollars
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dollars => "$",
            Self::Percent => "%",
            Self::Ratio => "ratio",
            Self::People => "people",
            Self::PersonYears => "person-years",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_in_their_units() {
        let number = |text: &str| Shown::Number(text.parse().unwrap());
        for (shown, unit, told) in [
            (number("1234567.895"), Unit::Dollars, "1,234,567.90"),
            (number("0.0821505"), Unit::Percent, "8.22 %"),
            (number("1.03769"), Unit::Ratio, "1.0377"),
            (number("12620"), Unit::People, "12,620"),
            (number("1233.25"), Unit::PersonYears, "1,233.2"),
            (Shown::Suppressed, Unit::Dollars, "*"),
            (Shown::Absent, Unit::Percent, "–"),
        ] {
            assert_eq!(shown.told(unit), told);
        }
    }

    #[test]
    fn names_tell_units() {
        for (name, unit) in [
            ("payment", Unit::Dollars),
            ("per_capita_by1[DIS]", Unit::Dollars),
            ("regional_cap[DIS]", Unit::Dollars),
            ("regional_cap_share", Unit::Percent),
            ("weight_by1", Unit::Percent),
            ("regional_weight", Unit::Percent),
            ("national_weight_by3[AGND]", Unit::Percent),
            ("msr", Unit::Percent),
            ("final_sharing_rate", Unit::Percent),
            ("band_rate_low", Unit::Percent),
            ("savings_rate", Unit::Percent),
            ("euc_share_year", Unit::Percent),
            ("quality_score", Unit::Percent),
            ("hcc_score_by1[DIS]", Unit::Ratio),
            ("risk_ratio[DIS]", Unit::Ratio),
            ("risk_cap", Unit::Ratio),
            ("trend_by2[AGDU]", Unit::Ratio),
            ("update_factor[ESRD]", Unit::Ratio),
            ("acpt_flat_dollar[DIS]", Unit::Dollars),
            ("person_years_py", Unit::PersonYears),
            ("assigned_beneficiaries", Unit::People),
            ("band_beneficiaries_low", Unit::People),
            ("euc_share_beneficiaries", Unit::Percent),
            ("loss_limit_share_of_benchmark", Unit::Percent),
            ("loss_limit", Unit::Dollars),
            ("minimum_savings", Unit::Dollars),
            ("prior_savings_1", Unit::Dollars),
        ] {
            assert_eq!(unit_of(name), unit, "{name}");
        }
    }
}
