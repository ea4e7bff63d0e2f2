//! The years of an extract, and which month of them a day is in.

use jiff::civil::date;

/// The calendar years that `beneficiary_year` covers, without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    first_year: i64,
    years: usize,
    base: i64,
    months: Vec<u16>,
}

impl Span {
    /// The years from the first to the last of those given; none when there is no year.
    #[must_use]
    pub fn over(years: impl Iterator<Item = i64>) -> Self {
        // A year that no calendar writes with four digits is a fault of its row, told elsewhere.
        let known: Vec<i64> = years.filter(|year| (1_900..2_200).contains(year)).collect();
        let (Some(first), Some(last)) = (known.iter().min(), known.iter().max()) else {
            return Self { first_year: 0, years: 0, base: 0, months: Vec::new() };
        };
        let mut months = Vec::new();
        let mut base = None;
        for (index, (year, month)) in (*first..=*last).flat_map(|year| (1..=12_i8).map(move |month| (year, month))).enumerate() {
            let day = date(year as i16, month, 1);
            base.get_or_insert_with(|| days_since_epoch(day));
            months.resize(months.len() + day.days_in_month() as usize, index as u16);
        }
        Self { first_year: *first, years: (last - first + 1) as usize, base: base.unwrap_or(0), months }
    }

    /// Number of months.
    #[must_use]
    pub fn months(&self) -> usize {
        self.years * 12
    }

    /// Number of years.
    #[must_use]
    pub fn years(&self) -> usize {
        self.years
    }

    /// The last year.
    #[must_use]
    pub fn last_year(&self) -> Option<u16> {
        (self.years > 0).then(|| (self.first_year + self.years as i64 - 1) as u16)
    }

    /// Position of a year.
    #[must_use]
    pub fn year_index(&self, year: i64) -> Option<usize> {
        usize::try_from(year - self.first_year).ok().filter(|index| *index < self.years)
    }

    /// Month of a day, counted from January of the first year; [`Span::months`] for a day outside.
    #[inline]
    #[must_use]
    pub fn month(&self, day: i64) -> usize {
        let at = day.wrapping_sub(self.base) as usize;
        self.months.get(at).map_or(self.months(), |month| usize::from(*month))
    }

    /// First day of a month, in days since 1970-01-01.
    #[must_use]
    pub fn first_day(&self, month: usize) -> i64 {
        days_since_epoch(date((self.first_year + month as i64 / 12) as i16, (month % 12) as i8 + 1, 1))
    }

    /// A month as `2022-07`.
    #[must_use]
    pub fn name(&self, month: usize) -> String {
        format!("{}-{:02}", self.first_year + month as i64 / 12, month % 12 + 1)
    }

    /// A year by its position.
    #[must_use]
    pub fn year(&self, index: usize) -> u16 {
        (self.first_year + index as i64) as u16
    }
}

/// Days since 1970-01-01.
pub(super) fn days_since_epoch(day: jiff::civil::Date) -> i64 {
    date(1970, 1, 1).until(day).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_their_months() {
        let span = Span::over([2020, 2019].into_iter());
        assert_eq!((span.months(), span.last_year()), (24, Some(2020)));
        let day = |y, m, d| days_since_epoch(date(y, m, d));
        assert_eq!(span.month(day(2019, 1, 1)), 0);
        assert_eq!(span.month(day(2020, 2, 29)), 13);
        assert_eq!(span.month(day(2020, 12, 31)), 23);
        assert_eq!(span.month(day(2021, 1, 1)), 24);
        assert_eq!(span.month(day(2018, 12, 31)), 24);
        assert_eq!(span.month(i64::MIN), 24);
        assert_eq!((span.name(13).as_str(), span.first_day(12)), ("2020-02", day(2020, 1, 1)));
    }

    #[test]
    fn no_year_is_no_month() {
        let span = Span::over([0, 9_999].into_iter());
        assert_eq!((span.months(), span.month(0), span.last_year()), (0, 0, None));
    }
}
