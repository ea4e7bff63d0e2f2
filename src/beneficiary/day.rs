//! What the rules of a run say of each day, in one place, so that a row of claims looks its day up once.

use super::calendar::Calendar;

/// A month of a year of the run, so that neither is found by division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthOfRun {
    /// Position of the year in [`Calendar::years`].
    pub year: u8,
    /// 0 for January.
    pub month: u8,
}

impl MonthOfRun {
    /// The month of a day whose payments count in no year.
    pub const OUTSIDE: Self = Self { year: u8::MAX, month: u8::MAX };

    /// A month as [`Calendar::month`] numbers it.
    pub fn of(number: usize) -> Self {
        Self { year: (number / 12) as u8, month: (number % 12) as u8 }
    }
}

/// A day of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Assignment windows that hold it, one bit each.
    pub windows: u64,
    /// Last processing day on which a payment of it counts, in days since 1970-01-01.
    pub run_out: i32,
    /// Its month, [`MonthOfRun::OUTSIDE`] when its payments count in no year.
    pub month: MonthOfRun,
    /// Ten-thousandths of a payment that sequestration left on it.
    pub kept: u16,
}

impl Day {
    const NONE: Self = Self { windows: 0, run_out: i32::MAX, month: MonthOfRun::OUTSIDE, kept: 0 };
}

/// Every day of a calendar.
#[derive(Debug, Clone, Default)]
pub struct Days {
    base: i64,
    days: Vec<Day>,
}

impl Days {
    /// The days of a calendar, with what sequestration left on each and the last processing day by year of the run. Their months
    /// are those of `month`: of their own year, or of the latest twelve months.
    pub(super) fn new(
        calendar: &Calendar,
        kept: &[u16],
        run_out: &[i64],
        month: impl Fn(&Calendar, i64) -> Option<usize>,
    ) -> Self {
        let base = i64::from(calendar.base());
        let day = |at: usize| {
            let day = base + at as i64;
            let month = month(calendar, day);
            let last = month.and_then(|month| run_out.get(month / 12)).copied().unwrap_or(i64::MAX);
            Day {
                windows: calendar.windows_of(day),
                run_out: last.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
                month: month.map_or(MonthOfRun::OUTSIDE, MonthOfRun::of),
                kept: kept.get(at).copied().unwrap_or(0),
            }
        };
        Self { base, days: (0..calendar.days()).map(day).collect() }
    }

    /// A day, in days since 1970-01-01; one outside the calendar counts for nothing.
    #[inline]
    pub fn at(&self, day: i64) -> Day {
        self.days.get(day.wrapping_sub(self.base) as usize).copied().unwrap_or(Day::NONE)
    }

    /// A day as [`Calendar::ordinal`] numbers it.
    #[inline]
    pub fn ordinal(&self, day: i64) -> u16 {
        (day - self.base + 1) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::{Calendar, Window, WindowKind, day_of};
    use super::{Day, Days, MonthOfRun};

    #[test]
    fn a_day_is_what_calendar_and_rules_say_of_it() {
        let window = |year: usize, first: i32, last: i32| Window { kind: WindowKind::Calendar, year, first, last };
        let (begin, end) = (day_of(2021, 1, 1), day_of(2023, 1, 1) - 1);
        let windows = vec![window(0, begin, begin + 364), window(1, begin + 200, end)];
        let calendar = Calendar::new(vec![2021, 2022], vec![false, true], windows);
        let kept: Vec<u16> = (0..calendar.days()).map(|at| 10_000 - (at % 3) as u16).collect();
        let run_out = [19_000, 19_400];
        let days = Days::new(&calendar, &kept, &run_out, Calendar::month);
        for day in i64::from(begin) - 3..=i64::from(end) + 3 {
            let found = days.at(day);
            assert_eq!(found.windows, calendar.windows_of(day));
            assert_eq!(found.month, calendar.month(day).map_or(MonthOfRun::OUTSIDE, MonthOfRun::of));
            if let Some(month) = calendar.month(day) {
                assert_eq!(i64::from(found.run_out), run_out[month / 12]);
                assert_eq!(found.kept, kept[usize::from(calendar.ordinal(day)) - 1]);
                assert_eq!(days.ordinal(day), calendar.ordinal(day));
            }
        }
        assert_eq!(days.at(i64::MIN), Day::NONE);
    }
}
