//! Days and months of the window, and what the law says of a day.

use jiff::civil::{Date, date};

use crate::error::{Error, Result};
use crate::rules::{Day, Fraction, Row, Rules};
use rust_decimal::prelude::ToPrimitive as _;

/// Months beyond the last year for which days are still known.
const MARGIN: i32 = 24;

/// Days since 1970-01-01.
pub fn day_number(day: Date) -> i32 {
    day.since(date(1970, 1, 1)).map_or(0, |span| span.get_days())
}

/// A day written as `2019-07-01`.
pub fn parse_day(text: &str) -> Result<i32> {
    text.parse::<Date>()
        .map(day_number)
        .map_err(|e| Error::failed(format!("`{text}` is no day: {e}"), "this is a defect of acobench; please report it"))
}

/// The months of a window of years, counted from January of its first year.
#[derive(Debug, Clone)]
pub struct Calendar {
    first_year: u16,
    /// First day of each month, `MARGIN` months before and after the window included.
    starts: Vec<i32>,
    /// Months of the window.
    pub months: i32,
    /// First day from which a sequestration rate holds, and the rate.
    sequestration: Vec<(i32, f64)>,
    /// First and last day of the public health emergency.
    pub emergency: (i32, i32),
}

impl Calendar {
    /// The calendar of the years `first..=last`.
    pub fn new(first: u16, last: u16, rules: &Rules) -> Self {
        let months = (i32::from(last) - i32::from(first) + 1) * 12;
        let start = |month: i32| {
            let year = i32::from(first) + month.div_euclid(12);
            day_number(date(year as i16, (month.rem_euclid(12) + 1) as i8, 1))
        };
        let rate = |row: &Row<Day, Fraction>| (day_number(row.from.0), row.value.0.to_f64().unwrap_or(0.0));
        let mut sequestration: Vec<(i32, f64)> = rules.expenditure.sequestration.rows().iter().map(rate).collect();
        sequestration.sort_by_key(|(from, _)| *from);
        let emergency = rules.primary_care.emergency.rows();
        let emergency = emergency.iter().map(|row| (day_number(row.value.first.0), day_number(row.value.last.0))).next();
        Self {
            first_year: first,
            starts: (-MARGIN..months + MARGIN).map(start).collect(),
            months,
            sequestration,
            // No emergency: one that is over before it begins.
            emergency: emergency.unwrap_or((i32::MAX, i32::MIN)),
        }
    }

    /// First day of a month.
    #[inline]
    pub fn start(&self, month: i32) -> i32 {
        let last = self.starts.len() as i32 - 1;
        self.starts[(month + MARGIN).clamp(0, last) as usize]
    }

    /// Days of a month.
    #[inline]
    pub fn days(&self, month: i32) -> i32 {
        self.start(month + 1) - self.start(month)
    }

    /// The month of a day, which may lie outside the window.
    pub fn month_of(&self, day: i32) -> i32 {
        self.starts.partition_point(|start| *start <= day) as i32 - 1 - MARGIN
    }

    /// The first month of a year.
    pub fn january(&self, year: u16) -> i32 {
        (i32::from(year) - i32::from(self.first_year)) * 12
    }

    /// The share of a payment withheld by sequestration on a day.
    #[inline]
    pub fn withheld(&self, day: i32) -> f64 {
        self.sequestration.iter().rev().find(|(from, _)| *from <= day).map_or(0.0, |(_, rate)| *rate)
    }

    /// Whether a day lies in the public health emergency.
    #[inline]
    pub fn in_emergency(&self, day: i32) -> bool {
        self.emergency.0 <= day && day <= self.emergency.1
    }

    /// Months of a year that lie in the public health emergency at least in part.
    pub fn emergency_months(&self, year: u16) -> i32 {
        let january = self.january(year);
        (january..january + 12).filter(|m| self.start(*m) <= self.emergency.1 && self.start(m + 1) > self.emergency.0).count()
            as i32
    }
}

#[cfg(test)]
mod tests {
    use super::{Calendar, parse_day};

    #[test]
    fn months_and_rates_follow_the_days() {
        let calendar = Calendar::new(2019, 2023, &crate::rules::Rules::load(None).expect("rules"));
        let day = |text: &str| parse_day(text).expect("a day");
        assert_eq!(calendar.start(0), day("2019-01-01"));
        assert_eq!(calendar.days(13), 29);
        assert_eq!(calendar.month_of(day("2020-02-29")), 13);
        assert_eq!(calendar.month_of(day("2018-12-31")), -1);
        let rates =
            ["2019-05-05", "2020-05-01", "2022-03-31", "2022-04-01", "2022-07-01"].map(|text| calendar.withheld(day(text)));
        assert_eq!(rates.map(|rate| (rate * 100.0).round() as i32), [2, 0, 0, 1, 2]);
        assert_eq!([2020, 2022, 2023].map(|year| calendar.emergency_months(year)), [12, 12, 5]);
    }
}
