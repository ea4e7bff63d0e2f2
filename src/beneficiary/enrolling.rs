//! Rows of `beneficiary_year` on their way to the partitions, in blocks: a partition is entered once for many of them, and what
//! they meet there is asked for ahead.

use super::cohort::{Cohort, Partition};
use super::enrollment::PersonYear;
use super::record::OfPerson;
use super::scatter::Blocks;
use crate::scan::prefetch;

/// Bytes that the rows held back by a thread take, of all partitions.
const ROOM: usize = 1 << 20;
/// Rows ahead of its use of which one's person-year is asked for.
const AHEAD: usize = 8;

/// A thread's rows, one block per partition.
#[derive(Debug)]
pub struct Enrolling<'c> {
    cohort: &'c Cohort,
    rows: Blocks<Row>,
}

/// What a row says of a person.
#[derive(Debug, Clone, Copy)]
struct Row {
    bene: u32,
    said: Said,
}

#[derive(Debug, Clone, Copy)]
enum Said {
    /// What one of the years was.
    Year(u8, PersonYear),
    /// The day of death.
    Death(i32),
}

impl OfPerson for Row {
    fn person(&self) -> u32 {
        self.bene
    }
}

impl<'c> Enrolling<'c> {
    /// No rows, before a cohort.
    pub fn new(cohort: &'c Cohort) -> Self {
        Self { cohort, rows: Blocks::new(cohort.partitions(), ROOM) }
    }

    /// As [`Partition::enroll`], some time before the end of [`Enrolling::flush`].
    pub fn enroll(&mut self, bene: u32, year: usize, row: PersonYear) {
        self.send(Row { bene, said: Said::Year(year as u8, row) });
    }

    /// As [`Partition::dies`], some time before the end of [`Enrolling::flush`].
    pub fn dies(&mut self, bene: u32, day: i32) {
        self.send(Row { bene, said: Said::Death(day) });
    }

    fn send(&mut self, row: Row) {
        let cohort = self.cohort;
        let partition = cohort.partition_of(row.bene);
        self.rows.push(partition, row, |rows| cohort.enter(partition).take_rows(rows));
    }

    /// Delivers what is left.
    pub fn flush(mut self) {
        let cohort = self.cohort;
        self.rows.flush(|partition, rows| cohort.enter(partition).take_rows(rows));
    }
}

impl Partition {
    fn take_rows(&mut self, rows: &[Row]) {
        for (at, row) in rows.iter().enumerate() {
            match rows.get(at + AHEAD) {
                Some(Row { bene, said: Said::Year(year, _) }) => {
                    prefetch(&self.person_years, self.person_year(*bene, usize::from(*year)));
                }
                Some(Row { bene, said: Said::Death(_) }) => prefetch(&self.deaths, (bene - self.first) as usize),
                None => {}
            }
            match row.said {
                Said::Year(year, person_year) => self.enroll(row.bene, usize::from(year), person_year),
                Said::Death(day) => self.dies(row.bene, day),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::enrollment::Months;
    use super::*;

    proptest! {
        #[test]
        fn rows_in_blocks_leave_what_rows_one_by_one_leave(
            rows in prop::collection::vec((0u32..3_000, 0usize..3, 0u16..4, prop::option::of(0i32..30)), 0..3_000),
        ) {
            let [whole, single] = [(); 2].map(|()| Cohort::new(3_000, 3));
            let mut enrolling = Enrolling::new(&whole);
            for (bene, year, county, death) in rows {
                let row = PersonYear { months: Months::parse(b"444444444444").unwrap(), county, ..PersonYear::default() };
                enrolling.enroll(bene, year, row);
                let mut partition = single.enter(single.partition_of(bene));
                partition.enroll(bene, year, row);
                if let Some(day) = death {
                    enrolling.dies(bene, day);
                    partition.dies(bene, day);
                }
            }
            enrolling.flush();
            for (one, other) in whole.into_partitions().into_iter().zip(single.into_partitions()) {
                prop_assert_eq!(one.person_years, other.person_years);
                prop_assert_eq!((one.deaths, one.conflicts), (other.deaths, other.conflicts));
            }
        }
    }
}
