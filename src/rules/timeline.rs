//! Rows that hold for a span of years or dates, and their look-up.

use std::fmt::Display;

use jiff::civil::Date;
use serde::Deserialize;

use crate::error::{Error, Result};

/// A performance year or calendar year.
pub type Year = u16;

/// A day of the year that leap years and others have, as given.
///
/// # Errors
/// Naming the day that is none.
pub(super) fn every_year_has(month: i8, day: i8) -> Result<(i8, i8), String> {
    const NO_LEAP_YEAR: i16 = 2001;
    match Date::new(NO_LEAP_YEAR, month, day) {
        Ok(_) => Ok((month, day)),
        Err(_) => Err(format!("month {month}, day {day} is not a day that every year has")),
    }
}

/// A day: an agreement start, or a date of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(pub Date);

impl TryFrom<String> for Day {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("`{text}` is not a date; write YYYY-MM-DD"))
    }
}

impl Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A span of days, both ends included.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First day.
    pub first: Day,
    /// Last day.
    pub last: Day,
}

/// One value, the span for which it holds, and the paragraph that says so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row<K, V> {
    /// First year or day for which the value holds.
    pub from: K,
    /// Last year or day for which it holds; open when absent.
    #[serde(default = "open")]
    pub until: Option<K>,
    /// The value.
    pub value: V,
    /// The paragraph, or `silent`.
    pub citation: String,
    /// Why this value, where the law is silent or the source needs a word.
    #[serde(default)]
    pub reason: Option<String>,
    /// What else could have been chosen, where the law is silent.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// Whether nothing is published for the span and the nearest row is carried into it.
    #[serde(default)]
    pub carried: bool,
    /// Whether the row bears on what is made of claims, before any factor table is.
    #[serde(default)]
    pub of_claims: bool,
    /// File and name of the rule, set when the file is read.
    pub rule: String,
    /// Whether the row was laid over the embedded ones, set when the file is read.
    pub overlaid: bool,
}

fn open<K>() -> Option<K> {
    None
}

impl<K: PartialOrd, V> Row<K, V> {
    /// Whether the row holds at a year or day.
    #[must_use]
    pub fn holds(&self, at: &K) -> bool {
        self.from <= *at && self.until.as_ref().is_none_or(|until| at <= until)
    }

    fn meets(&self, other: &Self) -> bool {
        self.holds(&other.from) || other.holds(&self.from)
    }
}

/// One value at a time: rows of the same file never overlap, and overlaid rows win.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<Row<K, V>>", bound(deserialize = "K: Deserialize<'de> + PartialOrd + Display, V: Deserialize<'de>"))]
pub struct Timeline<K, V>(Vec<Row<K, V>>);

impl<K: PartialOrd + Display, V> TryFrom<Vec<Row<K, V>>> for Timeline<K, V> {
    type Error = String;
    fn try_from(rows: Vec<Row<K, V>>) -> Result<Self, String> {
        if rows.is_empty() {
            return Err("a rule needs at least one row".to_string());
        }
        for (place, row) in rows.iter().enumerate() {
            if row.until.as_ref().is_some_and(|until| *until < row.from) {
                return Err(format!("{}: the row from {} ends before it begins", row.rule, row.from));
            }
            if let Some(other) = rows[..place].iter().find(|other| other.overlaid == row.overlaid && other.meets(row)) {
                return Err(format!("{}: the rows from {} and from {} overlap", row.rule, other.from, row.from));
            }
        }
        Ok(Self(rows))
    }
}

impl<K: PartialOrd + Display + Copy, V> Timeline<K, V> {
    /// The row that holds at a year or day.
    ///
    /// # Errors
    /// [`Error::NoRule`], naming the file and the year or day, when none does.
    pub fn at(&self, at: K) -> Result<&Row<K, V>> {
        self.find(&at).ok_or_else(|| {
            let (file, what) = self.0[0].rule.split_once(": ").unwrap_or(("", &self.0[0].rule));
            Error::NoRule { what: what.to_string(), at: at.to_string(), file: file.to_string() }
        })
    }

    /// The row that holds at a year or day, if one does.
    #[must_use]
    pub fn find(&self, at: &K) -> Option<&Row<K, V>> {
        self.0.iter().find(|row| row.holds(at))
    }

    /// All rows, overlaid ones first.
    #[must_use]
    pub fn rows(&self) -> &[Row<K, V>] {
        &self.0
    }
}

/// Many values at a time, such as a list of codes: every row that holds counts, overlaid ones included.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent, bound(deserialize = "K: Deserialize<'de>, V: Deserialize<'de>"))]
pub struct Roster<K, V>(Vec<Row<K, V>>);

impl<K, V> Roster<K, V> {
    /// A list without rows.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialOrd, V> Roster<K, V> {
    /// The rows that hold at a year or day.
    pub fn at(&self, at: K) -> impl Iterator<Item = &Row<K, V>> {
        self.0.iter().filter(move |row| row.holds(&at))
    }

    /// All rows, overlaid ones first.
    #[must_use]
    pub fn rows(&self) -> &[Row<K, V>] {
        &self.0
    }
}
