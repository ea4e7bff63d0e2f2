//! Records sorted into ranges of beneficiaries, in memory or in a scratch file when memory does not hold them: every record of
//! a person ends up in one range, and one range fits memory.

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

/// Records of one class and range: where they are.
#[derive(Debug, Default)]
struct Bucket {
    /// In memory: which block, from and to.
    kept: Vec<(usize, usize, usize)>,
    /// In the scratch file: from and how many bytes.
    spilled: Vec<(u64, usize)>,
}

/// All records.
#[derive(Debug)]
pub struct Buckets {
    by_class: Vec<Bucket>,
    /// As they were added.
    blocks: Vec<Vec<u8>>,
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
        Self { by_class, blocks: Vec::new(), ranges, kept: 0, limit, scratch: None, folder: folder.to_path_buf() }
    }

    /// Adds records of a class: `runs` says of which ranges they are, and how many bytes of each follow one another.
    ///
    /// # Errors
    /// When the scratch file cannot be written.
    pub fn add(&mut self, class: Class, records: Vec<u8>, runs: &[(usize, usize)]) -> Result<()> {
        let mut from = 0;
        for (range, bytes) in runs {
            self.by_class[class as usize * self.ranges + range].kept.push((self.blocks.len(), from, from + bytes));
            from += bytes;
        }
        self.kept += records.len();
        self.blocks.push(records);
        if self.kept > self.limit { self.spill() } else { Ok(()) }
    }

    /// Writes what is in memory, range by range, so that a range is read back in few pieces.
    fn spill(&mut self) -> Result<()> {
        let scratch = match self.scratch.take() {
            Some(scratch) => self.scratch.insert(scratch),
            None => self.scratch.insert(Scratch::begin(&self.folder)?),
        };
        let mut records = Vec::new();
        for bucket in self.by_class.iter_mut().filter(|bucket| !bucket.kept.is_empty()) {
            records.clear();
            for (block, from, to) in bucket.kept.drain(..) {
                records.extend_from_slice(&self.blocks[block][from..to]);
            }
            bucket.spilled.push((scratch.append(&records)?, records.len()));
        }
        self.blocks.clear();
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
    pub fn records(&self, class: Class, range: usize) -> Result<Records<'_>> {
        let bucket = &self.by_class[class as usize * self.ranges + range];
        let mut spilled = vec![0; bucket.spilled.iter().map(|(_, length)| length).sum()];
        let mut at = 0;
        for (from, length) in &bucket.spilled {
            if let Some(scratch) = &self.scratch {
                scratch.read(*from, &mut spilled[at..at + length])?;
            }
            at += length;
        }
        Ok(Records { spilled, kept: bucket.kept.iter().map(|(block, from, to)| &self.blocks[*block][*from..*to]).collect() })
    }
}

/// Whole records, those that had to be read back before those that were kept.
#[derive(Debug)]
pub struct Records<'b> {
    spilled: Vec<u8>,
    kept: Vec<&'b [u8]>,
}

impl Records<'_> {
    /// The records of so many bytes each.
    pub fn each(&self, width: usize) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.spilled.as_slice()).chain(self.kept.iter().copied()).flat_map(move |some| some.chunks_exact(width))
    }

    /// How many there are of so many bytes each.
    #[must_use]
    pub fn count(&self, width: usize) -> usize {
        (self.spilled.len() + self.kept.iter().map(|some| some.len()).sum::<usize>()) / width
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
            for number in 0..10_u8 {
                let records = [[2 * number; 3], [2 * number + 1; 3]].concat();
                buckets.add(Class::Dme, records, &[(0, 3), (1, 3)]).unwrap();
            }
            let records = buckets.records(Class::Dme, 1).unwrap();
            assert_eq!(records.each(3).collect::<Vec<_>>(), (0..10_u8).map(|n| [2 * n + 1; 3]).collect::<Vec<_>>());
            assert_eq!((records.count(3), buckets.records(Class::Header, 1).unwrap().count(3)), (10, 0));
            assert_eq!(buckets.spilled() > 0, limit < 60);
        }
    }
}
