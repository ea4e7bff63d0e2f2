//! Codes by which claims are sorted on their way into the extract (`src/rules/claim_codes.toml`).

use serde::Deserialize;

use super::{CodeList, Day, Roster};
use crate::error::Result;

/// The claim codes of every year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCodes {
    assignment_bill_types: Roster<Day, CodeList>,
    covid_b9729: Roster<Day, CodeList>,
    covid_u071: Roster<Day, CodeList>,
}

impl ClaimCodes {
    /// The codes that come with the program.
    ///
    /// # Errors
    /// When the embedded file is malformed.
    pub fn embedded() -> Result<Self> {
        super::document::Document::embedded("claim_codes", include_str!("claim_codes.toml"))?.typed()
    }

    /// Whether revenue lines of this bill type are kept for assignment, in any year: `run` applies the years.
    #[must_use]
    pub fn keeps_lines_of(&self, facility_type: &[u8], classification: &[u8]) -> bool {
        let ([facility], [class]) = (facility_type, classification) else { return false };
        self.assignment_bill_types.rows().iter().any(|row| row.value.has(&[*facility, *class]))
    }

    /// Whether the diagnosis is B97.29, in any year: `run` applies the dates.
    #[must_use]
    pub fn is_b9729(&self, diagnosis: &[u8]) -> bool {
        self.covid_b9729.rows().iter().any(|row| row.value.has(diagnosis))
    }

    /// Whether the diagnosis is U07.1, in any year: `run` applies the dates.
    #[must_use]
    pub fn is_u071(&self, diagnosis: &[u8]) -> bool {
        self.covid_u071.rows().iter().any(|row| row.value.has(diagnosis))
    }
}

#[cfg(test)]
mod tests {
    use super::ClaimCodes;

    #[test]
    fn lines_are_kept_of_the_facilities_that_assignment_knows() {
        let codes = ClaimCodes::embedded().unwrap();
        let kept = ["71", "73", "77", "85", "13"].map(|bill| codes.keeps_lines_of(&bill.as_bytes()[..1], &bill.as_bytes()[1..]));
        assert_eq!(kept, [true; 5]);
        assert!(!codes.keeps_lines_of(b"1", b"1") && !codes.keeps_lines_of(b"", b"7"));
        assert!(codes.is_u071(b"U071") && codes.is_b9729(b"B9729") && !codes.is_u071(b"U07"));
    }
}
