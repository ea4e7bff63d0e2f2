//! Rows and dollars by claim type and month, with what was denied, how late it was processed and how large payments are.
//!
//! `check` and `run` feed the same ledger from the columns that they have decoded anyway.

use super::rows::{FAULTS, Fault, Tally, possible};
use super::span::Span;
use crate::error::Result;
use crate::for_newer_processors;
use crate::rules::{Rules, Year};
use crate::scan::NULL_INT;

/// Months after the month of service for which lateness is told apart; later ones count as the last.
pub const LAGS: usize = 18;
/// Where the cents of rows stand that have no lateness: denied ones, and those without a processing day.
const NOT_LATE: usize = LAGS;
/// Sums of cents of a kind and month.
const LATE: usize = LAGS + 1;
/// Sizes of payments that are told apart: powers of two of cents.
const SIZES: usize = 64;
/// Rows looked at together.
const TOGETHER: usize = 64;

/// One kind of claims: a claim type, and the part of expenditure it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Claim type; 0 stands for all that are not counted.
    pub claim_type: u8,
    /// The part of expenditure, in words.
    pub component: &'static str,
}

/// Which kinds there are in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds {
    /// The kinds; the last stands for every other type.
    pub all: Vec<Kind>,
    /// Faults that rows of each kind can have, as bits.
    possible: Vec<u32>,
    of: [u8; 256],
}

impl Kinds {
    /// Kinds of `claim_header`.
    ///
    /// # Errors
    /// When no rule holds in the year.
    pub fn of_headers(rules: &Rules, year: Year) -> Result<Self> {
        let types = &rules.expenditure.institutional.at(year)?.value;
        Ok(Self::new(
            true,
            &[
                (&types.inpatient, "inpatient"),
                (&types.skilled_nursing, "skilled nursing"),
                (&types.outpatient, "outpatient"),
                (&types.home_health, "home health"),
                (&types.hospice, "hospice"),
            ],
        ))
    }

    /// Kinds of `claim_line`; lines of outpatient facilities carry no money of their own.
    ///
    /// # Errors
    /// When no rule holds in the year.
    pub fn of_lines(rules: &Rules, year: Year) -> Result<Self> {
        let types = &rules.expenditure.professional.at(year)?.value;
        let facility = &rules.expenditure.institutional.at(year)?.value.outpatient;
        Ok(Self::new(false, &[(&types.carrier, "carrier"), (&types.dme, "DME"), (facility, "facility line")]))
    }

    fn new(header: bool, components: &[(&Vec<u8>, &'static str)]) -> Self {
        let each = components.iter().flat_map(|(types, component)| types.iter().map(move |t| (*t, *component)));
        let mut all: Vec<Kind> = each.map(|(claim_type, component)| Kind { claim_type, component }).collect();
        let other = all.len() as u8;
        let mut of = [other; 256];
        for (index, kind) in all.iter().enumerate() {
            of[usize::from(kind.claim_type)] = index as u8;
        }
        all.push(Kind { claim_type: 0, component: "not counted" });
        let possible = all.iter().map(|kind| possible(kind.component, header)).collect();
        Self { all, possible, of }
    }

    /// Position of the kind of a claim type.
    #[inline]
    #[must_use]
    pub fn index(&self, claim_type: i64) -> usize {
        let other = self.all.len() - 1;
        usize::try_from(claim_type).ok().and_then(|at| self.of.get(at)).map_or(other, |kind| usize::from(*kind))
    }

    /// Position of what no part of expenditure knows.
    #[must_use]
    pub fn other(&self) -> usize {
        self.all.len() - 1
    }
}

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

/// Columns that were decoded, all of one length; nulls as [`NULL_INT`].
#[derive(Debug, Clone, Copy)]
pub struct Columns<'c> {
    /// Claim type.
    pub claim_type: &'c [i64],
    /// Day whose month the payment belongs to.
    pub day: &'c [i64],
    /// Payment, cents.
    pub payment: &'c [i64],
    /// Processing day.
    pub processed: &'c [i64],
    /// Not 0 for a row that was denied, in two columns, either of which decides.
    pub denied: (&'c [u32], &'c [u32]),
    /// Faults that were seen on the row, as bits, whether or not its kind can have them.
    pub faults: &'c [u32],
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
    kinds: Kinds,
    months: usize,
    /// Rows, and those that were denied, by kind and month.
    rows: Vec<u64>,
    denied: Vec<u64>,
    /// Cents by kind, month and months of lateness, the last of which is [`NOT_LATE`].
    late: Vec<i64>,
    // Apart, for added side by side they would be packed into vectors for it and out again.
    size_rows: Vec<u64>,
    size_cents: Vec<i64>,
    negative: Vec<Bin>,
    faults: [Tally; FAULTS],
    last_processed: i64,
}

for_newer_processors! {
    fn add_rows(open: &mut Open<'_>, span: &Span, rows: Columns<'_>) = add_columns;
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn add_columns(open: &mut Open<'_>, span: &Span, rows: Columns<'_>) {
    let count = rows.claim_type.len();
    let whole = count / TOGETHER * TOGETHER;
    for first in (0..whole).step_by(TOGETHER) {
        let cells = (cut(rows.claim_type, first), cut(rows.day, first), cut(rows.payment, first), cut(rows.processed, first));
        let flags = (cut(rows.denied.0, first), cut(rows.denied.1, first), cut(rows.faults, first));
        let ((Some(types), Some(days), Some(payments), Some(processed)), (Some(one), Some(other), Some(faults))) = (cells, flags)
        else {
            unreachable!("columns are of one length")
        };
        for row in 0..TOGETHER {
            open.add(span, types[row], days[row], payments[row], processed[row], one[row] | other[row] != 0, faults[row]);
        }
    }
    for row in whole..count {
        let denied = rows.denied.0[row] | rows.denied.1[row] != 0;
        open.add(span, rows.claim_type[row], rows.day[row], rows.payment[row], rows.processed[row], denied, rows.faults[row]);
    }
}

/// Some rows of a column: of one known length, so that it is not looked at for every row and column.
fn cut<T>(column: &[T], first: usize) -> Option<&[T; TOGETHER]> {
    column.get(first..)?.first_chunk()
}

/// The sums of a table while rows are added: where they lie is looked up once for all of them.
struct Open<'m> {
    kinds: &'m Kinds,
    months: usize,
    rows: &'m mut [u64],
    denied: &'m mut [u64],
    late: &'m mut [i64],
    size_rows: &'m mut [u64],
    size_cents: &'m mut [i64],
    negative: &'m mut [Bin],
    faults: &'m mut [Tally; FAULTS],
    last_processed: i64,
}

/// Counts the faults of a row.
#[cold]
fn count(faults: &mut [Tally; FAULTS], mut bits: u32, cents: i64) {
    while bits != 0 {
        let tally = &mut faults[bits.trailing_zeros() as usize];
        tally.rows += 1;
        tally.cents += cents;
        tally.absolute += cents.abs();
        bits &= bits - 1;
    }
}

impl Open<'_> {
    #[allow(clippy::inline_always, reason = "a row is looked at in registers only where all is one loop")]
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "the cells of a row")]
    fn add(&mut self, span: &Span, claim_type: i64, day: i64, payment: i64, processed: i64, denied: bool, faults: u32) {
        let kind = self.kinds.index(claim_type);
        let cents = if payment == NULL_INT { 0 } else { payment };
        if faults != 0 && faults & self.kinds.possible[kind] != 0 {
            count(self.faults, faults & self.kinds.possible[kind], cents);
        }
        let at = kind * self.months + span.month(day);
        self.rows[at] += 1;
        let size = SIZES - 1 - (cents.unsigned_abs() | 1).leading_zeros() as usize;
        self.size_rows[kind * SIZES + size] += 1;
        self.size_cents[kind * SIZES + size] += cents.abs();
        // What few rows are is asked, not added as zero for all.
        if cents < 0 {
            self.negative[kind].rows += 1;
            self.negative[kind].cents -= cents;
        }
        if denied {
            self.denied[at] += 1;
        }
        let late = if denied { NULL_INT } else { processed };
        self.last_processed = self.last_processed.max(late);
        // Months are about thirty days apart; the pattern is compared with itself only.
        let months = (late.wrapping_sub(day).clamp(0, 30 * LAGS as i64 - 1) as u32 / 30) as usize;
        self.late[at * LATE + if late == NULL_INT { NOT_LATE } else { months }] += cents;
    }
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
            size_rows: vec![0; count * SIZES],
            size_cents: vec![0; count * SIZES],
            negative: vec![Bin::default(); count],
            faults: [Tally::default(); FAULTS],
            last_processed: NULL_INT,
            kinds,
        }
    }

    /// Adds rows.
    pub fn add(&mut self, span: &Span, rows: Columns<'_>) {
        let mut open = Open {
            kinds: &self.kinds,
            months: self.months,
            rows: &mut self.rows,
            denied: &mut self.denied,
            late: &mut self.late,
            size_rows: &mut self.size_rows,
            size_cents: &mut self.size_cents,
            negative: &mut self.negative,
            faults: &mut self.faults,
            last_processed: self.last_processed,
        };
        add_rows(&mut open, span, rows);
        self.last_processed = open.last_processed;
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
        for (mine, theirs) in self.size_rows.iter_mut().zip(&other.size_rows) {
            *mine += theirs;
        }
        for (mine, theirs) in self.size_cents.iter_mut().zip(&other.size_cents) {
            *mine += theirs;
        }
        for (mine, theirs) in self.negative.iter_mut().zip(&other.negative) {
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
            self.sizes(at).into_iter().enumerate().map(move |(power, cents)| (part(power), bin(&cents)))
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
                let (at, bin) = (kind(claim_type)? * SIZES + power, bin(numbers)?);
                *self.size_rows.get_mut(at)? = bin.rows;
                *self.size_cents.get_mut(at)? = bin.cents;
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
    pub fn sizes(&self, kind: usize) -> [Bin; SIZES] {
        let first = kind * SIZES;
        std::array::from_fn(|size| Bin { rows: self.size_rows[first + size], cents: self.size_cents[first + size] })
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
        self.size_cents.iter().map(|cents| i128::from(*cents)).sum()
    }
}
