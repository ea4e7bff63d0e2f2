//! The years and windows of a run, and what a day is in them.

use jiff::civil::Date;

/// The spans of days that assignment for a year looks at (42 CFR 425.20, 425.400(a)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowKind {
    /// The calendar year: retrospective assignment.
    Calendar,
    /// The twelve months that end three months before the year: prospective assignment.
    Offset,
    /// The calendar year and the twelve months before it.
    CalendarReach,
    /// The offset window and the twelve months before it.
    OffsetReach,
}

impl WindowKind {
    /// Whether it is of prospective assignment.
    pub const fn is_offset(self) -> bool {
        matches!(self, Self::Offset | Self::OffsetReach)
    }
}

/// A span of days in which primary care services count for one assignment year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// What kind of span it is.
    pub kind: WindowKind,
    /// Position of the year in [`Calendar::years`] whose assignment the window serves.
    pub year: usize,
    /// First day, in days since 1970-01-01.
    pub first: i32,
    /// Last day, in days since 1970-01-01.
    pub last: i32,
}

/// No year, for a day outside all years of the run.
const NO_MONTH: u16 = u16::MAX;

/// What each day is: a month of a year of the run, and a set of assignment windows.
#[derive(Debug, Clone)]
pub struct Calendar {
    years: Vec<u16>,
    spending: Vec<bool>,
    windows: Vec<Window>,
    base: i32,
    months: Vec<u16>,
    window_sets: Vec<u64>,
    cut: Option<Cut>,
    /// By day, its month in the latest twelve months, where it also has one in its own year; empty where no day has two.
    again: Vec<u16>,
}

/// A year of the run that ends with a quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Position of the year.
    pub year: usize,
    /// Its months until then.
    pub months: usize,
    /// Whether the months after them are those of the year before, so that the year is the latest twelve months.
    pub latest: bool,
}

impl Calendar {
    /// A calendar of the years given (ascending), of which some have payments that count, and of at most 64 windows.
    ///
    /// # Panics
    /// When there are more than 64 windows: a run has at most four kinds in each of its years.
    pub fn new(years: Vec<u16>, spending: Vec<bool>, windows: Vec<Window>) -> Self {
        assert!(windows.len() <= 64, "at most 64 assignment windows");
        let year_days = |year: u16| (day_of(year as i16, 1, 1), day_of(year as i16 + 1, 1, 1) - 1);
        let firsts = years.iter().map(|y| year_days(*y).0).chain(windows.iter().map(|w| w.first));
        let base = firsts.min().unwrap_or(0);
        let lasts = years.iter().map(|y| year_days(*y).1).chain(windows.iter().map(|w| w.last));
        let days = (lasts.max().unwrap_or(-1) - base + 1).max(0) as usize;
        let mut months = vec![NO_MONTH; days];
        let mut window_sets = vec![0; days];
        for (index, year) in years.iter().enumerate().filter(|(index, _)| spending[*index]) {
            for month in 1..=12 {
                let first = day_of(*year as i16, month, 1);
                let next = if month == 12 { day_of(*year as i16 + 1, 1, 1) } else { day_of(*year as i16, month + 1, 1) };
                months[(first - base) as usize..(next - base) as usize].fill((index * 12) as u16 + month as u16 - 1);
            }
        }
        for (index, window) in windows.iter().enumerate() {
            for set in &mut window_sets[(window.first - base) as usize..=(window.last - base) as usize] {
                *set |= 1 << index;
            }
        }
        Self { years, spending, windows, base, months, window_sets, cut: None, again: Vec::new() }
    }

    /// The same with one year cut off after some of its months, as a quarterly report has it.
    #[must_use]
    pub fn through(mut self, cut: Cut) -> Self {
        let counted = cut.year * 12..cut.year * 12 + cut.months;
        let of_year = |month: &u16| usize::from(*month) / 12 == cut.year && *month != NO_MONTH;
        for month in self.months.iter_mut().filter(|month| of_year(month) && !counted.contains(&usize::from(**month))) {
            *month = NO_MONTH;
        }
        if cut.latest && cut.months < 12 {
            let before = i32::from(self.years[cut.year]) - 1;
            if self.year_index(before as u16).is_some_and(|year| self.spending[year]) {
                self.again = vec![NO_MONTH; self.months.len()];
            }
            let to = if self.again.is_empty() { &mut self.months } else { &mut self.again };
            for month in cut.months..12 {
                let first = day_of(before as i16, month as i8 + 1, 1);
                let next = if month == 11 { day_of(before as i16 + 1, 1, 1) } else { day_of(before as i16, month as i8 + 2, 1) };
                to[(first - self.base) as usize..(next - self.base) as usize].fill((cut.year * 12 + month) as u16);
            }
        }
        self.cut = Some(cut);
        self
    }

    /// The year that is cut off, where one is.
    pub fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// Whether some day has a month in its own year and another in the latest twelve months.
    #[inline]
    pub fn counts_twice(&self) -> bool {
        !self.again.is_empty()
    }

    /// The month of a day in the latest twelve months, where it also has one in its own year.
    pub fn again(&self, day: i64) -> Option<usize> {
        let at = usize::try_from(day - i64::from(self.base)).ok()?;
        self.again.get(at).copied().filter(|month| *month != NO_MONTH).map(usize::from)
    }

    /// Position of the civil year in which a month of the run lies, which is the year before where it reaches into that.
    pub fn civil_year(&self, month: usize) -> usize {
        let back = self.cut.is_some_and(|cut| cut.latest && month / 12 == cut.year && month % 12 >= cut.months);
        month / 12 - usize::from(back)
    }

    /// The months of the run that a month of a civil year is, 0 to 11: of its own year, and of the latest twelve months.
    pub fn months_of(&self, civil_year: u16, month: usize) -> impl Iterator<Item = usize> {
        let of = |year: usize| year * 12 + month;
        let own = self.year_index(civil_year).filter(|year| {
            // A year that is cut off has no month after its end.
            !self.cut.is_some_and(|cut| cut.year == *year && month >= cut.months)
        });
        let reaching = self.cut.filter(|cut| cut.latest && month >= cut.months && self.years[cut.year] == civil_year + 1);
        own.map(of).into_iter().chain(reaching.map(|cut| of(cut.year)))
    }

    /// The years of the run, ascending.
    pub fn years(&self) -> &[u16] {
        &self.years
    }

    /// Whether payments of a year count, by year of the run.
    pub fn spending(&self) -> &[bool] {
        &self.spending
    }

    /// The window of a kind that serves a year of the run, if there is one.
    pub fn window(&self, kind: WindowKind, year: usize) -> Option<usize> {
        self.windows.iter().position(|window| window.kind == kind && window.year == year)
    }

    /// The assignment windows.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Position of a year, if the run needs it.
    pub fn year_index(&self, year: u16) -> Option<usize> {
        self.years.iter().position(|known| *known == year)
    }

    /// The month of a day, as `12 * year index + month - 1`, if it lies in a year whose payments count.
    #[inline]
    pub fn month(&self, day: i64) -> Option<usize> {
        let at = usize::try_from(day - i64::from(self.base)).ok()?;
        self.months.get(at).copied().filter(|month| *month != NO_MONTH).map(usize::from)
    }

    /// The windows that hold a day, one bit each.
    #[inline]
    pub fn windows_of(&self, day: i64) -> u64 {
        usize::try_from(day - i64::from(self.base)).ok().and_then(|at| self.window_sets.get(at)).copied().unwrap_or(0)
    }

    /// A day as a small number, 1 for the first day of the calendar; later days are greater.
    #[inline]
    pub fn ordinal(&self, day: i64) -> u16 {
        (day - i64::from(self.base) + 1) as u16
    }

    /// Number of days the calendar spans.
    pub fn days(&self) -> usize {
        self.months.len()
    }

    /// The first day of the calendar, in days since 1970-01-01.
    pub fn base(&self) -> i32 {
        self.base
    }
}

/// The calendar year of a day.
pub fn year_of(day: i64) -> Option<u16> {
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()?;
    u16::try_from(date.year()).ok()
}

/// Days from 1970-01-01 to a day of the civil calendar.
///
/// # Panics
/// When there is no such day; callers pass the first of a month.
pub fn day_of(year: i16, month: i8, day: i8) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    Date::new(year, month, day).and_then(|date| date.since(epoch)).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::{Calendar, Cut, Window, WindowKind, day_of};

    #[test]
    fn the_latest_twelve_months_reach_into_the_year_before() {
        let of = |spending: Vec<bool>| {
            Calendar::new(vec![2022, 2023], spending, Vec::new()).through(Cut { year: 1, months: 3, latest: true })
        };
        let day = |year, month, day| i64::from(day_of(year, month, day));
        // The year before is wanted for itself too, or not.
        let (both, alone) = (of(vec![true, true]), of(vec![false, true]));
        assert!(both.counts_twice() && !alone.counts_twice());
        for (day, own, again, single) in [
            (day(2022, 3, 31), Some(2), None, None),
            (day(2022, 4, 1), Some(3), Some(15), Some(15)),
            (day(2022, 12, 31), Some(11), Some(23), Some(23)),
            (day(2023, 1, 1), Some(12), None, Some(12)),
            (day(2023, 3, 31), Some(14), None, Some(14)),
            (day(2023, 4, 1), None, None, None),
        ] {
            assert_eq!((both.month(day), both.again(day), alone.month(day), alone.again(day)), (own, again, single, None));
        }
        assert_eq!([3, 12, 14, 15, 23].map(|month| both.civil_year(month)), [0, 1, 1, 0, 0]);
        let months = |year, month| both.months_of(year, month).collect::<Vec<_>>();
        assert_eq!(
            (months(2022, 2), months(2022, 3), months(2023, 2), months(2023, 3)),
            (vec![2], vec![3, 15], vec![14], vec![])
        );
    }

    #[test]
    fn days_fall_into_months_of_the_years_and_into_windows() {
        let window = Window { kind: WindowKind::Offset, year: 1, first: day_of(2018, 10, 1), last: day_of(2019, 9, 30) };
        let calendar = Calendar::new(vec![2018, 2020], vec![true, true], vec![window]);
        let looked_back = Calendar::new(vec![2018, 2020], vec![false, true], vec![window]);
        assert_eq!(looked_back.month(i64::from(day_of(2018, 1, 1))), None);
        assert_eq!(calendar.window(WindowKind::Offset, 1), Some(0));
        assert_eq!(calendar.window(WindowKind::Calendar, 1), None);
        assert_eq!(calendar.month(i64::from(day_of(2018, 1, 1))), Some(0));
        assert_eq!(calendar.month(i64::from(day_of(2018, 12, 31))), Some(11));
        assert_eq!(calendar.month(i64::from(day_of(2019, 6, 1))), None);
        assert_eq!(calendar.month(i64::from(day_of(2020, 2, 29))), Some(13));
        assert_eq!(calendar.month(i64::from(day_of(2021, 1, 1))), None);
        assert_eq!(calendar.month(i64::from(i32::MIN)), None);
        assert_eq!(calendar.windows_of(i64::from(day_of(2019, 9, 30))), 1);
        assert_eq!(calendar.windows_of(i64::from(day_of(2019, 10, 1))), 0);
        assert_eq!(day_of(1970, 1, 2), 1);
        assert_eq!(day_of(2000, 3, 1), 11_017);
    }
}
