//! What the codes of the enrollment files mean in a calendar year (`src/rules/enrollment.toml`).

use serde::Deserialize;

use super::code_list::{self, CodeList, Dated};
use crate::error::Result;

const FILE: &str = "src/rules/enrollment.toml";

/// The enrollment rules of every year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrollmentRules {
    aged_from: Vec<AgedFrom>,
    full_dual: Vec<CodeList>,
    low_income_subsidy: Vec<CodeList>,
    esrd_status: Vec<CodeList>,
    disabled_status: Vec<CodeList>,
    part_a: Vec<CodeList>,
    part_b: Vec<CodeList>,
    neither_part: Vec<CodeList>,
    group_plan: Vec<CodeList>,
    no_group_plan: Vec<CodeList>,
}

/// From which age a person is aged rather than disabled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgedFrom {
    from: String,
    until: Option<String>,
    /// Completed years.
    pub years: i16,
    /// Whether one born on the first of a month is aged from the month before the birthday.
    pub born_on_first_is_month_earlier: bool,
    /// Where it is written.
    pub citation: String,
}

impl Dated for AgedFrom {
    fn from(&self) -> &str {
        &self.from
    }
    fn until(&self) -> Option<&str> {
        self.until.as_deref()
    }
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
        code_list::read(include_str!("enrollment.toml"), FILE)
    }

    /// The rules of a calendar year.
    ///
    /// # Errors
    /// When no row holds in that year.
    pub fn at(&self, year: u16) -> Result<EnrollmentCodes<'_>> {
        let list = |lists, what| code_list::at_year_end(lists, year, what, FILE);
        Ok(EnrollmentCodes {
            aged_from: code_list::at_year_end(&self.aged_from, year, "the age of the aged", FILE)?,
            full_dual: list(&self.full_dual, "dual status codes")?,
            low_income_subsidy: list(&self.low_income_subsidy, "low-income subsidy codes")?,
            esrd_status: list(&self.esrd_status, "Medicare status codes of ESRD")?,
            disabled_status: list(&self.disabled_status, "Medicare status codes of disability")?,
            part_a: list(&self.part_a, "buy-in codes of Part A")?,
            part_b: list(&self.part_b, "buy-in codes of Part B")?,
            neither_part: list(&self.neither_part, "buy-in codes of neither part")?,
            group_plan: list(&self.group_plan, "group plan codes")?,
            no_group_plan: list(&self.no_group_plan, "codes of no group plan")?,
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
