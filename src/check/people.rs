//! `beneficiary_year`: everybody in it, by number.

use std::hash::{BuildHasherDefault, Hasher};

use super::enrolled::Enrolled;
use super::lives::{Lives, YearMonths, YearRow};
use super::shape;
use super::span::Span;
use crate::disk::Meter;
use crate::error::Result;
use crate::scan::{ColumnCursor, Extract, NULL_INT, over_units};

/// Rows decoded at a time.
pub(super) const CHUNK: usize = 4_096;
/// The code of a row that names nobody, and of one that names somebody unknown.
pub(super) const NAMELESS: u32 = u32::MAX;
/// See [`NAMELESS`].
pub(super) const STRANGER: u32 = u32::MAX - 1;

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
    /// Their months and deaths.
    pub lives: Lives,
    /// What the rows show.
    pub enrolled: Enrolled,
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
        let lives = Lives::new(hashes.len(), span);
        drop(hashes);
        let mut read = Self { numbers, lives, enrolled: Enrolled::nothing(span) };
        let readers =
            over_units(&units, || Enrolled::nothing(span), |seen, file, group| read.group(seen, file, group, span, meter))?;
        for seen in &readers {
            read.enrolled.merge(seen);
        }
        Ok(read)
    }

    fn group(
        &self,
        seen: &mut Enrolled,
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
        let mut known: Vec<Option<YearMonths>> = Vec::new();
        let mut left = group.rows;
        while left > 0 {
            let take = left.min(CHUNK);
            bene.read_codes(take, &mut benes, NAMELESS, &mut |text| self.number(text))?;
            year.read_ints(take, &mut years)?;
            status.read_codes(take, &mut statuses, u32::MAX, &mut |text| {
                known.push(YearMonths::parse(text));
                known.len() as u32 - 1
            })?;
            county.read_codes(take, &mut counties, 0, &mut |text| u32::from(shape::county(text)))?;
            death.read_ints(take, &mut deaths)?;
            for row in 0..take {
                let months = known.get(statuses[row] as usize).copied().flatten();
                let person = Some(benes[row]).filter(|person| *person < STRANGER);
                let (year, has_county, death) = (years[row], counties[row] != 0, deaths[row]);
                self.lives.row(seen, span, YearRow { person, year, months, has_county, death });
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
}
