//! Dated lists of codes: which codes of a field stand for something, and since when.

use serde::Deserialize;

use crate::error::{Error, Place, Result};

/// Codes that stand for one thing between two days.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// First day on which the list holds, `YYYY-MM-DD`.
    pub from: String,
    /// First day on which it no longer holds.
    pub until: Option<String>,
    /// The codes.
    pub codes: Vec<String>,
    /// Where it is written.
    pub citation: String,
}

impl CodeList {
    /// Whether the code is on the list.
    #[must_use]
    pub fn has(&self, code: &[u8]) -> bool {
        self.codes.iter().any(|listed| listed.as_bytes() == code)
    }
}

/// The row that holds on the last day of a calendar year.
pub(super) fn at_year_end<'l, T: Dated>(rows: &'l [T], year: u16, what: &str, file: &str) -> Result<&'l T> {
    // Days written YYYY-MM-DD are ordered as text.
    let day = format!("{year:04}-12-31");
    let holds = |row: &&T| row.from() <= day.as_str() && row.until().is_none_or(|until| day.as_str() < until);
    rows.iter().find(holds).ok_or_else(|| Error::NoRule { what: what.to_string(), at: year.to_string(), file: file.to_string() })
}

/// Reads an embedded rule file.
pub(super) fn read<T: for<'de> Deserialize<'de>>(text: &str, file: &str) -> Result<T> {
    toml::from_str(text).map_err(|e| {
        Error::input(
            format!("a rule table cannot be read: {e}"),
            Place::file(file),
            "correct the row; every field is named in the file",
        )
    })
}

/// A row that holds between two days.
pub(super) trait Dated {
    fn from(&self) -> &str;
    fn until(&self) -> Option<&str>;
}

impl Dated for CodeList {
    fn from(&self) -> &str {
        &self.from
    }
    fn until(&self) -> Option<&str> {
        self.until.as_deref()
    }
}
