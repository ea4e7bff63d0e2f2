//! Who is enrolled when and who has died, filled by whoever reads `beneficiary_year` and `risk_score` row by row.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use super::enrolled::{Counted, Enrolled};
use super::span::Span;
use crate::extract::MonthStatus;
use crate::scan::{NULL_INT, prefetch};

/// Bits of a person-year: the months that count, two marks, and from [`ENROLLED`] on the months enrolled in any way.
const MONTHS: u32 = (1 << 12) - 1;
const SCORED: u32 = 1 << 14;
const PRESENT: u32 = 1 << 15;
const ENROLLED: u32 = 16;

/// Millionths of a score that models give.
pub type ScoreRange = std::ops::RangeInclusive<i64>;

/// The months of a person-year.
#[derive(Debug, Clone, Copy)]
pub struct YearMonths {
    counting: u16,
    enrolled: u16,
    status: [u8; 12],
}

impl YearMonths {
    /// Reads the twelve characters of `beneficiary_year.status`.
    #[must_use]
    pub fn parse(status: &[u8]) -> Option<Self> {
        let status: [u8; 12] = status.try_into().ok()?;
        let mut year = Self { counting: 0, enrolled: 0, status };
        for (month, code) in status.iter().enumerate() {
            let known = MonthStatus::from_code(*code)?;
            year.counting |= u16::from(matches!(known, MonthStatus::Counts(_))) << month;
            year.enrolled |= u16::from(known != MonthStatus::NotEnrolled) << month;
        }
        Some(year)
    }
}

/// A row of `beneficiary_year`.
#[derive(Debug, Clone, Copy)]
pub struct YearRow {
    /// The person's number; none for a row that names nobody.
    pub person: Option<u32>,
    /// Calendar year.
    pub year: i64,
    /// Its months; none for a status that is none.
    pub months: Option<YearMonths>,
    /// Whether its county can be one.
    pub has_county: bool,
    /// Day of death; null as [`NULL_INT`].
    pub death: i64,
}

/// Everybody's months and death.
#[derive(Debug)]
pub struct Lives {
    years: usize,
    /// Months and marks by person and year, in one word: rows in random order touch one line of the cache for both.
    years_of: Vec<AtomicU32>,
    deaths: Vec<AtomicI32>,
}

impl Lives {
    /// So many people, of whom nothing is known yet, over the years of a span.
    #[must_use]
    pub fn new(people: usize, span: &Span) -> Self {
        let years = span.years();
        let years_of = (0..people * years).map(|_| AtomicU32::new(0)).collect();
        let deaths = (0..people).map(|_| AtomicI32::new(i32::MAX)).collect();
        Self { years, years_of, deaths }
    }

    /// Takes in a row, and counts what it shows.
    #[inline]
    pub fn row(&self, seen: &mut Enrolled, span: &Span, row: YearRow) {
        seen.add(Counted::Rows, 1);
        let Some(person) = row.person else { return seen.add(Counted::Nameless, 1) };
        if row.death != NULL_INT {
            self.deaths[person as usize].fetch_min(row.death as i32, Ordering::Relaxed);
        }
        let Some(months) = row.months else { return seen.add(Counted::Status, 1) };
        let Some(index) = span.year_index(row.year) else { return };
        let at = person as usize * self.years + index;
        let bits = u32::from(months.counting) | PRESENT | u32::from(months.enrolled) << ENROLLED;
        let before = self.years_of[at].fetch_or(bits, Ordering::Relaxed);
        if before & PRESENT != 0 {
            return seen.add(Counted::Repeated, 1);
        }
        if months.counting != 0 {
            seen.add(Counted::Living, 1);
            seen.add(Counted::NoCounty, u64::from(!row.has_county));
        }
        if row.death != NULL_INT {
            let died = span.month(row.death);
            let alive = if died >= span.months() { 12 } else { (died + 1).saturating_sub(index * 12).min(12) };
            seen.add(Counted::AfterDeath, u64::from(months.enrolled >> alive != 0));
        }
        for (month, code) in months.status.iter().enumerate() {
            let month = seen.month(index * 12 + month);
            match MonthStatus::from_code(*code) {
                Some(MonthStatus::Counts(kind)) => month.counting[kind.index()] += 1,
                Some(MonthStatus::GroupPlan) => month.plan += 1,
                Some(MonthStatus::PartAOnly | MonthStatus::PartBOnly) => month.one_part += 1,
                Some(MonthStatus::NotEnrolled) | None => {}
            }
        }
    }

    /// Whether a month of the span counts for a person.
    #[inline]
    #[must_use]
    pub fn counts(&self, person: u32, month: usize) -> bool {
        let at = person as usize * self.years + month / 12;
        self.years_of.get(at).is_some_and(|months| months.load(Ordering::Relaxed) >> (month % 12) & 1 == 1)
    }

    /// Until when claims of the dead are in order: so many days after the death.
    #[must_use]
    pub fn gone(&self, days: i32) -> Gone {
        Gone::of(self.deaths.iter().map(|death| death.load(Ordering::Relaxed)), days)
    }

    /// Marks that a person has a score of the year's model.
    #[inline]
    pub fn score(&self, person: u32, year: usize) {
        if let Some(cell) = self.years_of.get(person as usize * self.years + year) {
            cell.fetch_or(SCORED, Ordering::Relaxed);
        }
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> usize {
        self.deaths.len()
    }

    /// Counts what only whole people show: holes in their enrollment, and who has no score in the years of which some were read.
    pub fn conclude(&self, seen: &mut Enrolled, scored: impl Fn(usize) -> bool) {
        seen.add(Counted::People, self.people() as u64);
        for year in (0..self.years).filter(|year| scored(*year)) {
            let cells = || (0..self.people()).map(|person| self.years_of[person * self.years + year].load(Ordering::Relaxed));
            let living = || cells().filter(|cell| cell & MONTHS != 0);
            let without = living().filter(|cell| cell & SCORED == 0).count();
            *seen.unscored(year) = [living().count() as u64, without as u64];
        }
        for person in 0..self.people() {
            let (mut known, mut hole, mut gap) = (false, false, false);
            for year in 0..self.years {
                let months = self.years_of[person * self.years + year].load(Ordering::Relaxed) >> ENROLLED;
                for month in 0..12 {
                    if months >> month & 1 == 1 {
                        gap |= known && hole;
                        (known, hole) = (true, false);
                    } else {
                        hole = true;
                    }
                }
            }
            seen.add(Counted::Gaps, u64::from(gap));
        }
    }
}

/// Until when claims of the dead are in order, for a look at every row: one bit tells most people apart.
#[derive(Debug, Default)]
pub struct Gone {
    dead: Vec<u64>,
    from: Vec<i32>,
}

impl Gone {
    /// Those who died, by person number; days of death in days since 1970-01-01, `i32::MAX` for the living. Claims are in order for
    /// so many days after it.
    pub fn of(deaths: impl Iterator<Item = i32>, days: i32) -> Self {
        let mut gone = Self::default();
        for (person, death) in deaths.enumerate() {
            if person % 64 == 0 {
                gone.dead.push(0);
            }
            gone.dead[person / 64] |= u64::from(death != i32::MAX) << (person % 64);
            gone.from.push(death.saturating_add(days));
        }
        gone
    }

    /// Whether somebody has died; `false` of a number that is nobody's.
    #[inline]
    #[must_use]
    pub fn has_died(&self, person: u32) -> bool {
        self.dead.get(person as usize / 64).is_some_and(|dead| dead >> (person % 64) & 1 == 1)
    }

    /// Asks for somebody's day of death to be brought near.
    #[inline]
    pub fn ask(&self, person: u32) {
        prefetch(&self.from, person as usize);
    }

    /// Whether a claim of a day is of somebody long dead.
    #[inline]
    #[must_use]
    pub fn before(&self, person: u32, day: i64) -> bool {
        self.has_died(person) && self.from.get(person as usize).is_some_and(|from| day > i64::from(*from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(rows: &[(u32, i64, &[u8], i64)]) -> Enrolled {
        let span = Span::over([2021, 2022].into_iter());
        let (lives, mut seen) = (Lives::new(3, &span), Enrolled::nothing(&span));
        for (person, year, status, death) in rows {
            let months = YearMonths::parse(status);
            lives.row(&mut seen, &span, YearRow { person: Some(*person), year: *year, months, has_county: true, death: *death });
        }
        lives.conclude(&mut seen, |_| true);
        seen
    }

    #[test]
    fn a_hole_lies_between_two_months_of_enrollment() {
        let holes = |rows: &[(u32, i64, &[u8], i64)]| seen(rows).count(Counted::Gaps);
        assert_eq!(holes(&[(0, 2021, b"444444444444", NULL_INT), (0, 2022, b"444000000000", NULL_INT)]), 0);
        assert_eq!(holes(&[(0, 2021, b"000000000444", NULL_INT), (0, 2022, b"444444444444", NULL_INT)]), 0);
        assert_eq!(holes(&[(0, 2021, b"444444444440", NULL_INT), (0, 2022, b"444444444444", NULL_INT)]), 1);
        assert_eq!(holes(&[(0, 2021, b"400000000000", NULL_INT), (0, 2022, b"000000000009", NULL_INT)]), 1);
    }

    #[test]
    fn months_after_death_and_second_rows_are_counted() {
        // 15 March 2021.
        let died = 18_701;
        assert_eq!(seen(&[(1, 2021, b"444000000000", died)]).count(Counted::AfterDeath), 0);
        assert_eq!(seen(&[(1, 2021, b"444400000000", died)]).count(Counted::AfterDeath), 1);
        assert_eq!(seen(&[(1, 2022, b"400000000000", died)]).count(Counted::AfterDeath), 1);
        let twice = seen(&[(1, 2021, b"444400000000", NULL_INT), (1, 2021, b"444444444444", NULL_INT)]);
        assert_eq!((twice.count(Counted::Repeated), twice.months()[11].all()), (1, 0));
    }

    #[test]
    fn claims_of_the_month_after_death_are_in_order() {
        let gone = Gone::of([i32::MAX, 100].into_iter().chain(std::iter::repeat_n(i32::MAX, 70)).chain([200]), 31);
        for (person, day, long_dead) in [(0, 10_000, false), (1, 131, false), (1, 132, true), (72, 232, true), (72, 231, false)] {
            assert_eq!(gone.before(person, day), long_dead, "{person} {day}");
        }
        assert!(!gone.before(u32::MAX, 10_000) && !gone.before(1, NULL_INT));
    }
}
