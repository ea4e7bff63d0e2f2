//! Values that hold for spans of days, as the kernels look them up.

use super::calendar::day_of;
use crate::rules::{Day, Timeline};

/// Values by day, in days since 1970-01-01: the first span that holds a day tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T>(Vec<(i64, i64, T)>);

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Dated<T> {
    /// The rows of a rule, overlaid ones first as the rule has them.
    pub(super) fn of<V>(rule: &Timeline<Day, V>, mut value: impl FnMut(&V) -> T) -> Self {
        let day = |Day(date): Day| i64::from(day_of(date.year(), date.month(), date.day()));
        let span = |row: &crate::rules::Row<Day, V>| (day(row.from), row.until.map_or(i64::MAX, day));
        Self(rule.rows().iter().map(|row| (span(row).0, span(row).1, value(&row.value))).collect())
    }

    /// The value of a day.
    #[inline]
    pub fn at(&self, day: i64) -> Option<&T> {
        self.0.iter().find(|(first, last, _)| (*first..=*last).contains(&day)).map(|(.., value)| value)
    }
}
