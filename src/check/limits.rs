//! What is looked at, when it is worth a word, and what it does to a benchmark (`src/check/limits.toml`).

use serde::Deserialize;

use super::finding::Severity;
use crate::error::{Error, Result};
use crate::rules::Fraction;

/// The file, typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Limits that decide whether something is found at all.
    pub limits: Thresholds,
    check: Vec<Check>,
}

/// Limits that decide whether something is found at all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Average rows a month below which a month with few rows says nothing.
    pub rows_a_month: u64,
    /// Share of the usual month's rows below which a month is missing.
    pub missing_month: Fraction,
    /// Share of the usual month's rows below which a month is thin.
    pub thin_month: Fraction,
    /// A month's share of denied rows stands out at so many times the usual one,
    pub denied_times: u64,
    /// and so many rows in a hundred above it.
    pub denied_points: u64,
    /// Doublings above the payment that all but one in a thousand stay below.
    pub outlier_doublings: usize,
    /// Least dollars of an outlier.
    pub outlier_dollars: i64,
    /// Share of its final payments that a year should have reached.
    pub completion: Fraction,
    /// Share of the people of one month to those of the month before.
    pub enrollment_step: Fraction,
    /// Days after a death on which a claim is still in order.
    pub days_after_death: i32,
    /// Least plausible risk score.
    pub risk_score_least: Fraction,
    /// Greatest plausible risk score.
    pub risk_score_most: Fraction,
}

/// One thing that is looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Name in reports.
    pub name: String,
    /// What was found, after a number.
    pub what: String,
    /// What it does to the benchmark.
    pub effect: String,
    warn_above: Option<Fraction>,
    error_above: Option<Fraction>,
}

impl Limits {
    /// The limits that come with the program.
    ///
    /// # Errors
    /// When the embedded file is malformed.
    pub fn embedded() -> Result<Self> {
        toml::from_str(include_str!("limits.toml")).map_err(|e| {
            Error::failed(format!("limits.toml does not read: {e}"), "this is a defect of acobench; please report it")
        })
    }

    /// The check of that name.
    ///
    /// # Errors
    /// When there is none, which a test excludes for every name in use.
    pub fn check(&self, name: &str) -> Result<&Check> {
        self.check.iter().find(|check| check.name == name).ok_or_else(|| {
            Error::failed(format!("limits.toml has no check {name}"), "this is a defect of acobench; please report it")
        })
    }

    /// Names of all checks, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.check.iter().map(|check| check.name.as_str())
    }
}

impl Check {
    /// How grave it is that `part` of `whole` rows are at fault, or the same of dollars, whichever is graver.
    #[must_use]
    pub fn severity(&self, rows: (u64, u64), cents: (i128, i128)) -> Severity {
        let above = |limit: &Fraction| {
            let over = |part: i128, whole: i128| {
                // Ten-thousandths of a ten-thousandth: finer than any limit in the file.
                let scale = 100_000_000;
                let limit = i128::try_from(limit.0 * crate::money::Decimal::from(scale)).unwrap_or(i128::MAX);
                whole > 0 && part > 0 && part * i128::from(scale) > limit * whole
            };
            over(i128::from(rows.0), i128::from(rows.1)) || over(cents.0.abs(), cents.1.abs())
        };
        if self.error_above.as_ref().is_some_and(above) {
            Severity::Error
        } else if self.warn_above.as_ref().is_some_and(above) {
            Severity::Warning
        } else {
            Severity::Note
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_grows_with_the_share() {
        let limits = Limits::embedded().unwrap();
        let check = limits.check("unknown_beneficiary").unwrap();
        assert_eq!(check.severity((0, 100), (0, 0)), Severity::Note);
        assert_eq!(check.severity((1, 1_000_000), (0, 0)), Severity::Warning);
        assert_eq!(check.severity((1, 1_000), (0, 0)), Severity::Warning);
        assert_eq!(check.severity((2, 1_000), (0, 0)), Severity::Error);
        assert_eq!(check.severity((1, 1_000_000), (-5, 100)), Severity::Error);
        let orphans = limits.check("orphan_lines").unwrap();
        assert_eq!(orphans.severity((100, 10_000), (0, 0)), Severity::Warning);
        assert_eq!(orphans.severity((101, 10_000), (0, 0)), Severity::Error);
        assert_eq!(limits.check("outside_years").unwrap().severity((9, 10), (9, 10)), Severity::Note);
    }

    #[test]
    fn no_check_stands_twice() {
        let limits = Limits::embedded().unwrap();
        let mut names: Vec<_> = limits.names().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(limits.check("nonsense").is_err());
    }
}
