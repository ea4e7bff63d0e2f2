//! `beneficiary_year`: who there is, which months count, and what cannot be.

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicI32, AtomicU16, Ordering};

use super::finding::{Finding, Measure};
use super::limits::Limits;
use super::pattern::named;
use super::shape;
use super::span::Span;
use crate::disk::Meter;
use crate::error::Result;
use crate::extract::MonthStatus;
use crate::money::Decimal;
use crate::rules::EnrollmentType;
use crate::scan::{ColumnCursor, Extract, NULL_INT, over_units};

/// Rows decoded at a time.
pub(super) const CHUNK: usize = 4_096;
/// The code of a row that names nobody, and of one that names somebody unknown.
pub(super) const NAMELESS: u32 = u32::MAX;
/// See [`NAMELESS`].
pub(super) const STRANGER: u32 = u32::MAX - 1;
/// Bits of a person-year beside its twelve months.
const PRESENT: u16 = 1 << 15;
const SCORED: u16 = 1 << 14;
const MONTHS: u16 = (1 << 12) - 1;

/// A 64-bit hash of a text, the same in every run: two of a nation's people share one with a chance of one in many thousands.
pub(super) fn hash(text: &[u8]) -> u64 {
    ahash::RandomState::with_seeds(1, 2, 3, 4).hash_one(text)
}

/// Passes a hash through.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Numbers by hash.
pub(super) type ByHash = std::collections::HashMap<u64, u32, BuildHasherDefault<Hashed>>;

/// Everybody in `beneficiary_year`.
#[derive(Debug)]
pub struct People {
    numbers: ByHash,
    years: usize,
    /// Months that count, and marks, by person and year.
    counting: Vec<AtomicU16>,
    /// Months enrolled in any way, by person and year.
    enrolled: Vec<AtomicU16>,
    deaths: Vec<AtomicI32>,
    /// What each month holds.
    pub enrollment: Vec<Enrollment>,
    faults: Faults,
}

/// People of one month, by what the month is to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Enrollment {
    /// By enrollment type, in table order.
    pub counting: [u64; 4],
    /// In a group plan.
    pub plan: u64,
    /// In one part alone.
    pub one_part: u64,
}

impl Enrollment {
    /// People who count.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.counting.iter().sum()
    }
}

#[derive(Debug, Clone, Default)]
struct Faults {
    rows: u64,
    nameless: u64,
    status: u64,
    duplicate: u64,
    county: u64,
    county_of: u64,
    after_death: u64,
    gaps: u64,
}

#[derive(Default)]
struct Reader {
    faults: Faults,
    enrollment: Vec<Enrollment>,
}

/// Months that count, months enrolled, and what each is.
#[derive(Clone, Copy)]
struct Year {
    counting: u16,
    enrolled: u16,
    status: [u8; 12],
}

fn months(status: &[u8]) -> Option<Year> {
    let status: [u8; 12] = status.try_into().ok()?;
    let mut year = Year { counting: 0, enrolled: 0, status };
    for (month, code) in status.iter().enumerate() {
        let known = MonthStatus::from_code(*code)?;
        year.counting |= u16::from(matches!(known, MonthStatus::Counts(_))) << month;
        year.enrolled |= u16::from(known != MonthStatus::NotEnrolled) << month;
    }
    Some(year)
}

impl People {
    /// The years that the table covers.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn span(extract: &Extract) -> Result<Span> {
        let states = over_units(&extract.beneficiary_year.units(), Vec::new, |years: &mut Vec<i64>, file, group| {
            let (mut cursor, mut cells) = (ColumnCursor::open(file, group, "year")?, Vec::new());
            let mut left = group.rows;
            while left > 0 {
                let take = left.min(CHUNK);
                cursor.read_ints(take, &mut cells)?;
                years.extend([cells.iter().min().copied(), cells.iter().max().copied()].into_iter().flatten());
                let inner = |year: &&i64| **year != NULL_INT;
                years.extend(cells.iter().filter(inner).min());
                years.sort_unstable();
                years.dedup();
                left -= take;
            }
            Ok(())
        })?;
        Ok(Span::over(states.into_iter().flatten()))
    }

    /// Reads the table.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(extract: &Extract, span: &Span, meter: &Meter) -> Result<Self> {
        let units = extract.beneficiary_year.units();
        let hashes = over_units(&units, Vec::new, |found: &mut Vec<u64>, file, group| {
            let (mut cursor, mut cells, mut entries) = (ColumnCursor::open(file, group, "bene_id")?, Vec::new(), Vec::new());
            let mut left = group.rows;
            while left > 0 {
                let take = left.min(CHUNK);
                cursor.read_codes(take, &mut cells, 0, &mut |text| {
                    if !text.trim_ascii().is_empty() {
                        entries.push(hash(text));
                    }
                    0
                })?;
                left -= take;
            }
            entries.sort_unstable();
            entries.dedup();
            found.extend(entries);
            Ok(())
        })?;
        let mut hashes: Vec<u64> = hashes.into_iter().flatten().collect();
        hashes.sort_unstable();
        hashes.dedup();
        let numbers: ByHash = hashes.iter().enumerate().map(|(number, hash)| (*hash, number as u32)).collect();
        let (people, years) = (hashes.len(), span.years());
        drop(hashes);
        let cells = || (0..people * years).map(|_| AtomicU16::new(0)).collect::<Vec<_>>();
        let mut read = Self {
            numbers,
            years,
            counting: cells(),
            enrolled: cells(),
            deaths: (0..people).map(|_| AtomicI32::new(i32::MAX)).collect(),
            enrollment: vec![Enrollment::default(); span.months()],
            faults: Faults::default(),
        };
        let readers = over_units(
            &units,
            || Reader { enrollment: vec![Enrollment::default(); span.months()], ..Reader::default() },
            |reader, file, group| read.group(reader, file, group, span, meter),
        )?;
        for reader in readers {
            read.faults.merge(&reader.faults);
            for (mine, theirs) in read.enrollment.iter_mut().zip(reader.enrollment) {
                mine.plan += theirs.plan;
                mine.one_part += theirs.one_part;
                for (mine, theirs) in mine.counting.iter_mut().zip(theirs.counting) {
                    *mine += theirs;
                }
            }
        }
        read.gaps();
        Ok(read)
    }

    fn group(
        &self,
        reader: &mut Reader,
        file: &crate::scan::TableFile,
        group: &crate::scan::RowGroup,
        span: &Span,
        meter: &Meter,
    ) -> Result<()> {
        let open = |name| ColumnCursor::open(file, group, name);
        let (mut bene, mut year, mut status) = (open("bene_id")?, open("year")?, open("status")?);
        let (mut county, mut death) = (open("county")?, open("death_date")?);
        let (mut benes, mut years, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
        let (mut counties, mut deaths) = (Vec::new(), Vec::new());
        let mut known: Vec<Option<Year>> = Vec::new();
        let mut left = group.rows;
        while left > 0 {
            let take = left.min(CHUNK);
            bene.read_codes(take, &mut benes, NAMELESS, &mut |text| self.number(text))?;
            year.read_ints(take, &mut years)?;
            status.read_codes(take, &mut statuses, u32::MAX, &mut |text| {
                known.push(months(text));
                known.len() as u32 - 1
            })?;
            county.read_codes(take, &mut counties, 0, &mut |text| u32::from(shape::county(text)))?;
            death.read_ints(take, &mut deaths)?;
            let faults = &mut reader.faults;
            faults.rows += take as u64;
            for row in 0..take {
                let number = benes[row];
                if number >= STRANGER {
                    faults.nameless += 1;
                    continue;
                }
                if deaths[row] != NULL_INT {
                    self.deaths[number as usize].fetch_min(deaths[row] as i32, Ordering::Relaxed);
                }
                let months = known.get(statuses[row] as usize).copied().flatten();
                let Some(months) = months else {
                    faults.status += 1;
                    continue;
                };
                let Some(index) = span.year_index(years[row]) else { continue };
                let at = number as usize * self.years + index;
                let before = self.counting[at].fetch_or(months.counting | PRESENT, Ordering::Relaxed);
                self.enrolled[at].fetch_or(months.enrolled, Ordering::Relaxed);
                if before & PRESENT != 0 {
                    faults.duplicate += 1;
                    continue;
                }
                if months.counting != 0 {
                    faults.county_of += 1;
                    faults.county += u64::from(counties[row] == 0);
                }
                if deaths[row] != NULL_INT {
                    let died = span.month(deaths[row]);
                    let alive = if died >= span.months() { 12 } else { (died + 1).saturating_sub(index * 12).min(12) };
                    faults.after_death += u64::from(months.enrolled >> alive != 0);
                }
                for (month, code) in months.status.iter().enumerate() {
                    let month = &mut reader.enrollment[index * 12 + month];
                    match MonthStatus::from_code(*code) {
                        Some(MonthStatus::Counts(kind)) => month.counting[kind.index()] += 1,
                        Some(MonthStatus::GroupPlan) => month.plan += 1,
                        Some(MonthStatus::PartAOnly | MonthStatus::PartBOnly) => month.one_part += 1,
                        Some(MonthStatus::NotEnrolled) | None => {}
                    }
                }
            }
            left -= take;
        }
        meter.add_rows(group.rows as u64);
        Ok(())
    }

    /// The number of a person; [`STRANGER`] for somebody unknown, [`NAMELESS`] for a blank.
    #[inline]
    pub(super) fn number(&self, text: &[u8]) -> u32 {
        if text.trim_ascii().is_empty() {
            return NAMELESS;
        }
        self.numbers.get(&hash(text)).copied().unwrap_or(STRANGER)
    }

    /// Whether a month of the extract counts for a person.
    #[inline]
    pub(super) fn counts(&self, number: u32, month: usize) -> bool {
        let at = number as usize * self.years + month / 12;
        self.counting.get(at).is_some_and(|months| months.load(Ordering::Relaxed) >> (month % 12) & 1 == 1)
    }

    /// First day after the month in which a person died; the end of time for the living.
    #[inline]
    pub(super) fn gone_from(&self, number: u32) -> i64 {
        let death = self.deaths[number as usize].load(Ordering::Relaxed);
        // A claim of the month of death is in order, whatever its day.
        if death == i32::MAX { i64::MAX } else { i64::from(death) + 31 }
    }

    /// Marks that a person has a score of the year's model.
    pub(super) fn score(&self, number: u32, year: usize) {
        if let Some(cell) = self.counting.get(number as usize * self.years + year) {
            cell.fetch_or(SCORED, Ordering::Relaxed);
        }
    }

    /// People who count in a year: how many, and how many of them have no score.
    pub(super) fn unscored(&self, year: usize) -> (u64, u64) {
        let mut count = (0, 0);
        for person in 0..self.deaths.len() {
            let cell = self.counting[person * self.years + year].load(Ordering::Relaxed);
            if cell & MONTHS != 0 {
                count.0 += 1;
                count.1 += u64::from(cell & SCORED == 0);
            }
        }
        count
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.deaths.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.deaths.is_empty()
    }

    /// Rows of the table.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.faults.rows
    }

    /// Counts people with a hole between two months in which they are enrolled.
    fn gaps(&mut self) {
        for person in 0..self.deaths.len() {
            let (mut seen, mut hole, mut gap) = (false, false, false);
            for year in 0..self.years {
                let months = self.enrolled[person * self.years + year].load(Ordering::Relaxed);
                for month in 0..12 {
                    if months >> month & 1 == 1 {
                        gap |= seen && hole;
                        (seen, hole) = (true, false);
                    } else {
                        hole = true;
                    }
                }
            }
            self.faults.gaps += u64::from(gap);
        }
    }

    /// What is wrong with the table.
    ///
    /// # Errors
    /// When a check is not in the limits.
    pub fn findings(&self, span: &Span, limits: &Limits) -> Result<Vec<Finding>> {
        const TABLE: &str = "beneficiary_year";
        let faults = &self.faults;
        let people = self.len() as u64;
        let mut found = Vec::new();
        for (check, column, count, of) in [
            ("no_beneficiary", "bene_id", faults.nameless, faults.rows),
            ("status", "status", faults.status, faults.rows),
            ("duplicate_years", "year", faults.duplicate, faults.rows),
            ("county", "county", faults.county, faults.county_of),
            ("enrolled_after_death", "death_date", faults.after_death, faults.rows),
            ("enrollment_gaps", "status", faults.gaps, people),
        ] {
            let measure = Measure { count, of, ..Measure::default() };
            found.extend(Finding::judge(limits, check, TABLE, Some(column), measure, String::new())?);
        }
        let (mut names, mut steps) = (Vec::new(), Measure::default());
        for (at, pair) in self.enrollment.windows(2).enumerate() {
            let (before, now) = (pair[0].all(), pair[1].all());
            steps.of += 1;
            let few = Decimal::from(now) < limits.limits.enrollment_step.0 * Decimal::from(before);
            if before >= limits.limits.rows_a_month && few {
                steps.count += 1;
                names.push(format!("{} ({now} people, {before} the month before)", span.name(at + 1)));
            }
        }
        found.extend(Finding::judge(limits, "enrollment_step", TABLE, Some("status"), steps, named(&names))?);
        Ok(found)
    }
}

impl Faults {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.nameless += other.nameless;
        self.status += other.status;
        self.duplicate += other.duplicate;
        self.county += other.county;
        self.county_of += other.county_of;
        self.after_death += other.after_death;
    }
}

/// Names of the enrollment types, in the order of [`Enrollment::counting`].
#[must_use]
pub fn type_names() -> [&'static str; 4] {
    EnrollmentType::ALL.map(EnrollmentType::name)
}
