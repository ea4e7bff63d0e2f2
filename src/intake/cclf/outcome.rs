//! What became of the records of a range: refused, netted, standing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::netting::Fate;
use crate::intake::refusal::{Reason, Refused};
use crate::intake::report::Sum;
use crate::money::Cents;

/// Where a record came from: number of the file, line.
pub type Source = (u16, u32);

/// Records of a file refused for one reason.
#[derive(Debug, Clone, Copy)]
pub struct RefusedRecords {
    /// How many.
    pub rows: u64,
    /// Sum of their absolute amounts, as far as these can be read.
    pub absolute_cents: i128,
    /// Line of the first.
    pub line: u32,
    /// Field of the first.
    pub field: Option<usize>,
}

/// Counts of one range, or of all.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Records by what became of them.
    pub fates: BTreeMap<Fate, Sum>,
    /// Rows written by table and claim type.
    pub by_type: BTreeMap<(&'static str, u8), Sum>,
    /// Absolute cents read by number of the file.
    pub absolute_cents: Vec<i128>,
    /// Earliest day of a claim or line that stands.
    pub first_day: Option<i32>,
    /// Records that cannot be taken, by file and reason.
    pub refused: BTreeMap<(u16, Reason), RefusedRecords>,
    /// Things worth knowing.
    pub notes: BTreeMap<&'static str, u64>,
    /// What threads took, all together, to read the fields of records.
    pub parsing: Duration,
}

impl Outcome {
    /// Counts a record that was netted.
    pub fn fate(&mut self, fate: Fate, amount: Cents) {
        add(self.fates.entry(fate).or_default(), Sum { rows: 1, cents: i128::from(amount.0) });
    }

    /// Counts the rows written of a table, by claim type and amount.
    pub fn wrote(&mut self, table: &'static str, rows: impl Iterator<Item = (u8, Cents)>) {
        let mut by_type: BTreeMap<u8, Sum> = BTreeMap::new();
        for (claim_type, amount) in rows {
            add(by_type.entry(claim_type).or_default(), Sum { rows: 1, cents: i128::from(amount.0) });
        }
        for (claim_type, sum) in by_type {
            add(self.by_type.entry((table, claim_type)).or_default(), sum);
        }
    }

    /// Takes note of the earliest day of rows written.
    pub fn began(&mut self, day: Option<i32>) {
        self.first_day = self.first_day.into_iter().chain(day).min();
    }

    /// Counts the amount of a record read.
    pub fn read(&mut self, file: u16, amount: Cents) {
        let file = usize::from(file);
        if file >= self.absolute_cents.len() {
            self.absolute_cents.resize(file + 1, 0);
        }
        self.absolute_cents[file] += i128::from(amount.0.unsigned_abs());
    }

    /// Counts a record that cannot be taken.
    pub fn refuse(&mut self, (file, line): Source, refused: Refused, amount: Cents) {
        let one = RefusedRecords { rows: 1, absolute_cents: i128::from(amount.0.unsigned_abs()), line, field: refused.column };
        self.add_refused((file, refused.reason), one);
    }

    fn add_refused(&mut self, key: (u16, Reason), more: RefusedRecords) {
        let records = self.refused.entry(key).or_insert(RefusedRecords { rows: 0, absolute_cents: 0, ..more });
        records.rows += more.rows;
        records.absolute_cents += more.absolute_cents;
        if more.line < records.line {
            (records.line, records.field) = (more.line, more.field);
        }
    }

    /// Notes something so many times more.
    pub fn note(&mut self, what: &'static str, times: u64) {
        if times > 0 {
            *self.notes.entry(what).or_default() += times;
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: Self) {
        for (fate, sum) in other.fates {
            add(self.fates.entry(fate).or_default(), sum);
        }
        for (key, sum) in other.by_type {
            add(self.by_type.entry(key).or_default(), sum);
        }
        if other.absolute_cents.len() > self.absolute_cents.len() {
            self.absolute_cents.resize(other.absolute_cents.len(), 0);
        }
        for (sum, cents) in self.absolute_cents.iter_mut().zip(other.absolute_cents) {
            *sum += cents;
        }
        self.began(other.first_day);
        for (note, count) in other.notes {
            *self.notes.entry(note).or_default() += count;
        }
        for (key, records) in other.refused {
            self.add_refused(key, records);
        }
        self.parsing += other.parsing;
    }
}

fn add(sum: &mut Sum, more: Sum) {
    sum.rows += more.rows;
    sum.cents += more.cents;
}

impl Fate {
    /// The fate in words, for the closing summary.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stands => "stand",
            Self::Duplicate => "delivered before",
            Self::TakenBack => "taken back by a cancellation",
            Self::TookBack => "cancellations that took back a record",
            Self::TookBackOther => "cancellations that took back a record of another amount",
            Self::Unmatched => "cancellations of a record that no delivery holds",
            Self::Replaced => "replaced by a later adjustment",
        }
    }
}
