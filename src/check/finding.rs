//! What was found: how grave, how much, and what it does.

use serde::{Serialize, Serializer};

use super::limits::Limits;
use crate::error::Result;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A run on this extract gives wrong figures.
    Error,
    /// A careful person looks at it before a run.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Cents that are written as a decimal string of dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dollars(pub i128);

impl std::fmt::Display for Dollars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Name of the check.
    pub check: String,
    /// Table of the extract.
    pub table: &'static str,
    /// Column, where one is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<&'static str>,
    /// How many rows, months, people or participants.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// Dollars in them, with their sign.
    pub dollars: Dollars,
    /// What they are.
    pub what: String,
    /// Which months, claim types or participants; never a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What it does to the benchmark.
    pub effect: String,
}

/// A count with its money, before it is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Rows at fault.
    pub count: u64,
    /// Rows looked at.
    pub of: u64,
    /// Cents of the rows at fault.
    pub cents: i128,
    /// Cents of the rows at fault without signs, out of those of all rows looked at; nothing where money says nothing.
    pub at_stake: (i128, i128),
}

impl Finding {
    /// Judges a measure by the limits; nothing when nothing was counted.
    ///
    /// # Errors
    /// When the check is not in the limits.
    pub fn judge(
        limits: &Limits,
        check: &str,
        table: &'static str,
        column: Option<&'static str>,
        measure: Measure,
        detail: String,
    ) -> Result<Option<Self>> {
        let known = limits.check(check)?;
        Ok((measure.count > 0).then(|| Self {
            severity: known.severity((measure.count, measure.of), measure.at_stake),
            check: check.to_string(),
            table,
            column,
            count: measure.count,
            of: measure.of,
            dollars: Dollars(measure.cents),
            what: known.what.clone(),
            detail,
            effect: known.effect.clone(),
        }))
    }
}
