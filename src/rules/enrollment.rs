//! What the codes of the enrollment files mean in a calendar year (`src/rules/enrollment.toml`).

use serde::Deserialize;

use super::{CodeList, Day, Timeline};
use crate::error::Result;

/// The enrollment rules of every year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrollmentRules {
    aged_from: Timeline<Day, AgedFrom>,
    full_dual: Timeline<Day, CodeList>,
    low_income_subsidy: Timeline<Day, CodeList>,
    esrd_status: Timeline<Day, CodeList>,
    disabled_status: Timeline<Day, CodeList>,
    part_a: Timeline<Day, CodeList>,
    part_b: Timeline<Day, CodeList>,
    neither_part: Timeline<Day, CodeList>,
    group_plan: Timeline<Day, CodeList>,
    no_group_plan: Timeline<Day, CodeList>,
}

/// From which age a person is aged rather than disabled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgedFrom {
    /// Completed years.
    pub years: i16,
    /// Whether one born on the first of a month is aged from the month before the birthday.
    pub born_on_first_is_month_earlier: bool,
}

/// The enrollment rules of one calendar year.
#[derive(Debug, Clone, Copy)]
pub struct EnrollmentCodes<'r> {
    /// The age of the aged.
    pub aged_from: &'r AgedFrom,
    /// Dual status codes of the aged/dual type.
    pub full_dual: &'r CodeList,
    /// Cost-sharing groups with a low-income subsidy.
    pub low_income_subsidy: &'r CodeList,
    /// Medicare status codes that name end-stage renal disease.
    pub esrd_status: &'r CodeList,
    /// Medicare status codes that name disability.
    pub disabled_status: &'r CodeList,
    /// Buy-in codes with Part A.
    pub part_a: &'r CodeList,
    /// Buy-in codes with Part B.
    pub part_b: &'r CodeList,
    /// Buy-in codes with neither part.
    pub neither_part: &'r CodeList,
    /// Codes of a month in a group or private plan.
    pub group_plan: &'r CodeList,
    /// Codes of a month in no plan.
    pub no_group_plan: &'r CodeList,
}

impl EnrollmentRules {
    /// The rules that come with the program.
    ///
    /// # Errors
    /// When the embedded file is malformed.
    pub fn embedded() -> Result<Self> {
        super::document::Document::embedded("enrollment", include_str!("enrollment.toml"))?.typed()
    }

    /// The rules of a calendar year: those of its last day.
    ///
    /// # Errors
    /// When no row holds in that year.
    pub fn at(&self, year: u16) -> Result<EnrollmentCodes<'_>> {
        let day = Day(jiff::civil::Date::new(i16::try_from(year).unwrap_or(i16::MAX).min(9999), 12, 31).unwrap_or_default());
        Ok(EnrollmentCodes {
            aged_from: &self.aged_from.at(day)?.value,
            full_dual: &self.full_dual.at(day)?.value,
            low_income_subsidy: &self.low_income_subsidy.at(day)?.value,
            esrd_status: &self.esrd_status.at(day)?.value,
            disabled_status: &self.disabled_status.at(day)?.value,
            part_a: &self.part_a.at(day)?.value,
            part_b: &self.part_b.at(day)?.value,
            neither_part: &self.neither_part.at(day)?.value,
            group_plan: &self.group_plan.at(day)?.value,
            no_group_plan: &self.no_group_plan.at(day)?.value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::EnrollmentRules;

    #[test]
    fn every_year_of_the_program_has_enrollment_rules() {
        let rules = EnrollmentRules::embedded().unwrap();
        for year in 2011..=2030 {
            let codes = rules.at(year).unwrap();
            assert!(codes.full_dual.has(b"02") && !codes.full_dual.has(b"03"));
        }
        let refusal = rules.at(1950).unwrap_err().to_string();
        assert!(refusal.contains("1950") && refusal.contains("enrollment.toml"), "{refusal}");
    }
}
