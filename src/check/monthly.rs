//! Rows and dollars by claim type and month, with what was denied, how late it was processed and how large payments are.
//!
//! `check` and `run` add the columns to it that they have decoded anyway, by [`Adding`](super::adding::Adding).

use super::kinds::{Kind, Kinds};
use super::rows::{FAULTS, Fault, Tally};
use super::span::Span;
use crate::scan::NULL_INT;

/// Months after the month of service for which lateness is told apart; later ones count as the last.
pub const LAGS: usize = 18;
/// Where the cents of rows stand that have no lateness: denied ones, and those without a processing day.
pub(super) const NOT_LATE: usize = LAGS;
/// Sums of cents of a kind and month.
pub(super) const LATE: usize = LAGS + 1;
/// Sizes of payments that are told apart: powers of two of cents.
pub(super) const SIZES: usize = 64;

/// Rows and cents of one kind and month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Rows.
    pub rows: u64,
    /// Rows that were denied.
    pub denied: u64,
    /// Sum of payments, cents. A nation's year is some 4e13 cents: far inside.
    pub cents: i64,
}

/// Payments of about one size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bin {
    /// Rows.
    pub rows: u64,
    /// Their cents, without signs.
    pub cents: i64,
}

/// What numbers of a ledger are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Rows, cents, rows denied and cents by lateness, of a month of the span or of the days outside all of them.
    Month {
        /// Claim type; 0 stands for all that are not counted.
        claim_type: u8,
        /// Position of the month.
        month: usize,
    },
    /// Rows and cents of payments of about a size.
    Size {
        /// Claim type, as above.
        claim_type: u8,
        /// The size: a power of two.
        power: usize,
    },
    /// Rows and cents of payments below zero.
    Negative {
        /// Claim type, as above.
        claim_type: u8,
    },
    /// Rows, cents and cents without signs of the rows with a fault.
    Fault {
        /// The bit of the fault.
        bit: usize,
    },
    /// The last day on which a row was processed.
    LastProcessed,
}

/// The sums of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monthly {
    pub(super) kinds: Kinds,
    pub(super) months: usize,
    /// Rows, and those that were denied, by kind and month.
    pub(super) rows: Vec<u64>,
    pub(super) denied: Vec<u64>,
    /// Cents by kind, month and months of lateness, the last of which is [`NOT_LATE`].
    pub(super) late: Vec<i64>,
    /// Payments by kind and size.
    pub(super) sizes: Vec<Bin>,
    pub(super) negative: Vec<Bin>,
    pub(super) faults: [Tally; FAULTS],
    pub(super) last_processed: i64,
}

impl Monthly {
    /// An empty ledger over the months of an extract.
    #[must_use]
    pub fn new(kinds: Kinds, span: &Span) -> Self {
        let (count, months) = (kinds.all.len(), span.months() + 1);
        Self {
            months,
            rows: vec![0; count * months],
            denied: vec![0; count * months],
            late: vec![0; count * months * LATE],
            sizes: vec![Bin::default(); count * SIZES],
            negative: vec![Bin::default(); count],
            faults: [Tally::default(); FAULTS],
            last_processed: NULL_INT,
            kinds,
        }
    }

    /// Adds another ledger of the same table and span.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.rows.iter_mut().zip(&other.rows) {
            *mine += theirs;
        }
        for (mine, theirs) in self.denied.iter_mut().zip(&other.denied) {
            *mine += theirs;
        }
        for (mine, theirs) in self.late.iter_mut().zip(&other.late) {
            *mine += theirs;
        }
        let bins = self.sizes.iter_mut().zip(&other.sizes).chain(self.negative.iter_mut().zip(&other.negative));
        for (mine, theirs) in bins {
            mine.rows += theirs.rows;
            mine.cents += theirs.cents;
        }
        for (mine, theirs) in self.faults.iter_mut().zip(&other.faults) {
            mine.rows += theirs.rows;
            mine.cents += theirs.cents;
            mine.absolute += theirs.absolute;
        }
        self.last_processed = self.last_processed.max(other.last_processed);
    }

    /// Everything that is not zero, as numbers that add up ([`Part::LastProcessed`]: of which the greatest counts).
    pub fn parts(&self) -> impl Iterator<Item = (Part, Vec<i64>)> {
        let kinds = || self.kinds.all.iter().enumerate();
        let months = kinds().flat_map(move |(at, kind)| {
            (0..self.months).map(move |month| {
                let cell = self.cell(at, month);
                let mut numbers = vec![cell.rows as i64, cell.cents, cell.denied as i64];
                numbers.extend(self.lateness(at, month));
                (Part::Month { claim_type: kind.claim_type, month }, numbers)
            })
        });
        let bin = |bin: &Bin| vec![bin.rows as i64, bin.cents];
        let sizes = kinds().flat_map(move |(at, kind)| {
            let part = move |power| Part::Size { claim_type: kind.claim_type, power };
            self.sizes(at).iter().enumerate().map(move |(power, cents)| (part(power), bin(cents)))
        });
        let negative = kinds().map(move |(at, kind)| (Part::Negative { claim_type: kind.claim_type }, bin(&self.negative[at])));
        let faults = self.faults.iter().enumerate();
        let faults = faults.map(|(bit, tally)| (Part::Fault { bit }, vec![tally.rows as i64, tally.cents, tally.absolute]));
        let last = self.last_processed().map(|day| (Part::LastProcessed, vec![day]));
        let counts = |(_, numbers): &(Part, Vec<i64>)| numbers.iter().any(|number| *number != 0);
        months.chain(sizes).chain(negative).chain(faults).filter(counts).chain(last)
    }

    /// Puts back what [`Monthly::parts`] gave; none when the ledger has no such part.
    pub fn put(&mut self, part: Part, numbers: &[i64]) -> Option<()> {
        let kind = |claim_type: u8| self.kinds.all.iter().position(|kind| kind.claim_type == claim_type);
        let bin = |numbers: &[i64]| Some(Bin { rows: *numbers.first()? as u64, cents: *numbers.get(1)? });
        match part {
            Part::Month { claim_type, month } => {
                let at = kind(claim_type)? * self.months + Some(month).filter(|month| *month < self.months)?;
                let [rows, cents, denied, lags @ ..] = numbers else { return None };
                let lags = lags.first_chunk::<LAGS>()?;
                (self.rows[at], self.denied[at]) = (*rows as u64, *denied as u64);
                let (late, rest) = self.late[at * LATE..].split_first_chunk_mut::<LAGS>()?;
                (*late, *rest.first_mut()?) = (*lags, cents - lags.iter().sum::<i64>());
            }
            Part::Size { claim_type, power } => {
                *self.sizes.get_mut(kind(claim_type)? * SIZES + power)? = bin(numbers)?;
            }
            Part::Negative { claim_type } => self.negative[kind(claim_type)?] = bin(numbers)?,
            Part::Fault { bit } => {
                let [rows, cents, absolute] = *numbers else { return None };
                *self.faults.get_mut(bit)? = Tally { rows: rows as u64, cents, absolute };
            }
            Part::LastProcessed => self.last_processed = *numbers.first()?,
        }
        Some(())
    }

    /// The kinds of the table.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds.all
    }

    /// Position of what no part of expenditure knows.
    #[must_use]
    pub fn other(&self) -> usize {
        self.kinds.other()
    }

    /// A month of a kind, counted from January of the first year; the month after the last stands for the days outside all of them.
    #[must_use]
    pub fn cell(&self, kind: usize, month: usize) -> Cell {
        let at = kind * self.months + month;
        Cell { rows: self.rows[at], denied: self.denied[at], cents: self.late[at * LATE..(at + 1) * LATE].iter().sum() }
    }

    /// The months of a kind, without the rows outside all of them.
    #[must_use]
    pub fn series(&self, kind: usize) -> Vec<Cell> {
        (0..self.months - 1).map(|month| self.cell(kind, month)).collect()
    }

    /// Rows of a kind outside the months of the extract.
    #[must_use]
    pub fn outside(&self, kind: usize) -> Cell {
        self.cell(kind, self.months - 1)
    }

    /// Cents of a kind and month by months of lateness.
    #[must_use]
    pub fn lateness(&self, kind: usize, month: usize) -> &[i64] {
        let at = (kind * self.months + month) * LATE;
        &self.late[at..at + LAGS]
    }

    /// Payments of a kind by size: bin `b` holds those of 2^b up to 2^(b+1) cents, without signs.
    #[must_use]
    pub fn sizes(&self, kind: usize) -> &[Bin] {
        &self.sizes[kind * SIZES..(kind + 1) * SIZES]
    }

    /// Payments of a kind below zero.
    #[must_use]
    pub fn negative(&self, kind: usize) -> Bin {
        self.negative[kind]
    }

    /// Rows and money with a fault that their kind can have.
    #[must_use]
    pub fn fault(&self, fault: Fault) -> Tally {
        self.faults[fault as usize]
    }

    /// Rows whose kind can have a fault.
    #[must_use]
    pub fn rows_that_can(&self, fault: Fault) -> u64 {
        let can = |kind: &usize| self.kinds.possible[*kind] & fault.bit() != 0;
        let rows = |kind: usize| -> u64 { self.rows[kind * self.months..(kind + 1) * self.months].iter().sum() };
        (0..self.kinds.all.len()).filter(can).map(rows).sum()
    }

    /// The last day on which a row was processed.
    #[must_use]
    pub fn last_processed(&self) -> Option<i64> {
        (self.last_processed != NULL_INT).then_some(self.last_processed)
    }

    /// Rows and cents of the table.
    #[must_use]
    pub fn total(&self) -> (u64, i128) {
        (self.rows.iter().sum(), self.late.iter().map(|cents| i128::from(*cents)).sum())
    }

    /// Cents of the table without signs.
    #[must_use]
    pub fn absolute(&self) -> i128 {
        self.sizes.iter().map(|bin| i128::from(bin.cents)).sum()
    }
}
