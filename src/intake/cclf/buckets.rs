//! Records sorted into ranges of beneficiaries, in memory or in a scratch file when memory does not hold them: every record of
//! a person ends up in one range, and one range fits memory.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::identity::Mbi;
use crate::disk::Scratch;
use crate::error::Result;

/// The classes of records that are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// CCLF1.
    Header,
    /// CCLF2.
    Revenue,
    /// CCLF4, the diagnoses that matter.
    Diagnosis,
    /// CCLF5.
    Physician,
    /// CCLF6.
    Dme,
    /// CCLFA.
    PartADemo,
    /// CCLFB.
    PartBDemo,
}

/// How many classes there are.
pub const CLASSES: usize = 7;

/// Bytes before a record: beneficiary, file and line.
pub const PREFIX: usize = 11 + 2 + 4;

/// Ranges of beneficiaries, by the first identifier of each but the first.
#[derive(Debug, Default)]
pub struct Ranges(Vec<Mbi>);

impl Ranges {
    /// Cuts people, in order and without repeats, into ranges of about equal numbers.
    #[must_use]
    pub fn cut(people: &[Mbi], ranges: usize) -> Self {
        let ranges = ranges.clamp(1, people.len().max(1));
        Self((1..ranges).map(|range| people[range * people.len() / ranges]).collect())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len() + 1
    }

    /// In which a person is.
    #[inline]
    #[must_use]
    pub fn of(&self, person: &Mbi) -> usize {
        self.0.partition_point(|first| first <= person)
    }
}

/// Records of one class and range.
#[derive(Debug, Default)]
struct Bucket {
    kept: Vec<u8>,
    spilled: Vec<(u64, usize)>,
}

/// All records.
#[derive(Debug)]
pub struct Buckets {
    by_class: Vec<Bucket>,
    ranges: usize,
    kept: usize,
    limit: usize,
    scratch: Option<Scratch>,
    folder: PathBuf,
}

impl Buckets {
    /// No records yet; past `limit` bytes they go to a scratch file in `folder`.
    #[must_use]
    pub fn new(ranges: usize, limit: usize, folder: &Path) -> Self {
        let by_class = (0..ranges * CLASSES).map(|_| Bucket::default()).collect();
        Self { by_class, ranges, kept: 0, limit, scratch: None, folder: folder.to_path_buf() }
    }

    /// Adds records of a class to a range.
    ///
    /// # Errors
    /// When the scratch file cannot be written.
    pub fn add(&mut self, class: Class, range: usize, records: &[u8]) -> Result<()> {
        self.by_class[class as usize * self.ranges + range].kept.extend_from_slice(records);
        self.kept += records.len();
        if self.kept > self.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<()> {
        let scratch = match self.scratch.take() {
            Some(scratch) => self.scratch.insert(scratch),
            None => self.scratch.insert(Scratch::begin(&self.folder)?),
        };
        for bucket in self.by_class.iter_mut().filter(|bucket| !bucket.kept.is_empty()) {
            let records = std::mem::take(&mut bucket.kept);
            bucket.spilled.push((scratch.append(&records)?, records.len()));
        }
        self.kept = 0;
        Ok(())
    }

    /// Bytes that went to the scratch file.
    #[must_use]
    pub fn spilled(&self) -> u64 {
        self.scratch.as_ref().map_or(0, Scratch::bytes)
    }

    /// The records of a class and range, in the order in which they were added.
    ///
    /// # Errors
    /// When the scratch file cannot be read.
    pub fn records(&self, class: Class, range: usize) -> Result<Cow<'_, [u8]>> {
        let bucket = &self.by_class[class as usize * self.ranges + range];
        if bucket.spilled.is_empty() {
            return Ok(Cow::Borrowed(&bucket.kept));
        }
        let spilled: usize = bucket.spilled.iter().map(|(_, length)| length).sum();
        let mut records = vec![0; spilled];
        let mut at = 0;
        for (from, length) in &bucket.spilled {
            if let Some(scratch) = &self.scratch {
                scratch.read(*from, &mut records[at..at + length])?;
            }
            at += length;
        }
        records.extend_from_slice(&bucket.kept);
        Ok(Cow::Owned(records))
    }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, Class, Ranges};
    use crate::intake::cclf::identity::mbi;

    #[test]
    fn every_person_is_in_one_range_and_ranges_are_in_order() {
        let people: Vec<_> = (10..99).map(|n: u32| mbi(n.to_string().as_bytes()).unwrap()).collect();
        let ranges = Ranges::cut(&people, 4);
        assert_eq!(ranges.count(), 4);
        let of: Vec<_> = people.iter().map(|person| ranges.of(person)).collect();
        assert!(of.is_sorted() && (0..4).all(|range| of.iter().filter(|r| **r == range).count() > 15));
        assert_eq!([&b"0"[..], b"ZZ"].map(|stranger| ranges.of(&mbi(stranger).unwrap())), [0, 3]);
        assert_eq!(Ranges::cut(&[], 8).count(), 1);
    }

    #[test]
    fn records_come_back_in_order_whether_spilled_or_not() {
        let folder = tempfile::tempdir().unwrap();
        for limit in [0, 10, 1_000] {
            let mut buckets = Buckets::new(2, limit, folder.path());
            for number in 0..20_u8 {
                buckets.add(Class::Dme, usize::from(number % 2), &[number; 3]).unwrap();
            }
            let records = buckets.records(Class::Dme, 1).unwrap();
            assert_eq!(records, (0..10_u8).flat_map(|n| [2 * n + 1; 3]).collect::<Vec<_>>());
            assert!(buckets.records(Class::Header, 1).unwrap().is_empty());
            assert_eq!(buckets.spilled() > 0, limit < 60);
        }
    }
}
