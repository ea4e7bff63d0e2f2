//! Rows on their way into a ledger of months: rows and cents of each sum in one word, settled before the cents can reach the rows.

use super::columns::{Block, Columns};
use super::kinds::Kinds;
use super::monthly::{LAGS, LATE, Monthly, NOT_LATE, SIZES};
use super::rows::{FAULTS, Tally};
use super::span::Span;
use crate::for_newer_processors;
use crate::scan::NULL_INT;

/// One row of a word; what lies below are cents, with their sign.
const ROW: u64 = 1 << 44;
/// Power of two of cents from which payments are added past the words, and their block with them: they are few.
const LARGE_POWER: usize = 28;
/// Rows that a word has room for: even when they all fall into one, their cents stay below half a [`ROW`].
const ROOM: usize = 1 << (43 - LARGE_POWER);
/// Where denied rows stand behind the months of lateness and the rows without a processing day.
const DENIED: usize = LATE;
/// Power of two of the words for sizes of one kind and sign.
const SIGN_POWER: usize = 5;
const _: () = assert!(LARGE_POWER <= 1 << SIGN_POWER);
/// Words of a kind and month: months of lateness, [`NOT_LATE`] and [`DENIED`].
const SLOTS: usize = LATE + 1;
/// Rows looked at together.
const TOGETHER: usize = 64;
/// Claim types that are told apart; the last place is for every other.
const TYPES: usize = 256;

/// Where rows of a claim type are added.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// The first word of its kind's months.
    late: u32,
    /// The first word of its kind's sizes.
    size: u32,
    /// Faults that its rows can have.
    possible: u32,
}

/// A ledger to which rows are added.
#[derive(Debug)]
pub struct Adding {
    settled: Monthly,
    places: Box<[Place; TYPES + 1]>,
    /// By kind, slot and month: nearly all rows are of a few slots, whose months lie together.
    late: Vec<u64>,
    /// Cents without signs by kind, sign and size.
    sizes: Vec<u64>,
    /// Rows that may still be added before words are settled.
    room: usize,
}

impl Adding {
    /// Nothing yet, over the months of an extract.
    #[must_use]
    pub fn new(kinds: Kinds, span: &Span) -> Self {
        let months = span.months() + 1;
        let places = std::array::from_fn(|claim_type| {
            let kind = kinds.index(claim_type as i64);
            let (late, size) = ((kind * months * SLOTS) as u32, (kind * 2) << SIGN_POWER);
            Place { late, size: size as u32, possible: kinds.possible[kind] }
        });
        let (late, sizes) = (vec![0; kinds.all.len() * months * SLOTS], vec![0; kinds.all.len() << (SIGN_POWER + 1)]);
        Self { settled: Monthly::new(kinds, span), places: Box::new(places), late, sizes, room: ROOM }
    }

    /// Adds rows.
    pub fn add(&mut self, span: &Span, mut rows: Columns<'_>) {
        while !rows.claim_type.is_empty() {
            if self.room == 0 {
                self.settle();
            }
            let (now, then) = rows.split_at(rows.claim_type.len().min(self.room));
            self.room -= now.claim_type.len();
            rows = then;
            add_rows(self, span, now);
        }
    }

    /// The ledger of all rows that were added.
    #[must_use]
    pub fn end(mut self) -> Monthly {
        self.settle();
        self.settled
    }

    fn settle(&mut self) {
        let settled = &mut self.settled;
        for (at, word) in self.late.iter_mut().enumerate().filter(|(_, word)| **word != 0) {
            add_month(settled, at, take(word));
        }
        for (at, words) in self.sizes.chunks_exact_mut(1 << SIGN_POWER).enumerate() {
            let (kind, negative) = (at / 2, at % 2 == 1);
            for (size, word) in words.iter_mut().enumerate().filter(|(_, word)| **word != 0) {
                add_size(settled, (kind, size), negative, take(word));
            }
        }
        self.room = ROOM;
    }
}

/// Empties a word, giving its rows and cents.
fn take(word: &mut u64) -> (u64, i64) {
    let word = std::mem::take(word);
    let cents = (word << ROW.leading_zeros() << 1) as i64 >> (ROW.leading_zeros() + 1);
    (word.wrapping_sub(cents as u64) / ROW, cents)
}

for_newer_processors! {
    fn add_rows(adding: &mut Adding, span: &Span, rows: Columns<'_>) = add_columns;
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn add_columns(adding: &mut Adding, span: &Span, rows: Columns<'_>) {
    let count = rows.claim_type.len();
    let whole = count / TOGETHER * TOGETHER;
    for first in (0..whole).step_by(TOGETHER) {
        adding.block(span, Block::<TOGETHER>::of(rows, first));
    }
    for row in whole..count {
        adding.block(span, Block::<1>::of(rows, row));
    }
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

/// Adds rows and cents of a word of months to what is settled.
fn add_month(settled: &mut Monthly, word: usize, (rows, cents): (u64, i64)) {
    let (kind, slot, month) = (word / settled.months / SLOTS, word / settled.months % SLOTS, word % settled.months);
    let at = kind * settled.months + month;
    settled.rows[at] += rows;
    settled.denied[at] += if slot == DENIED { rows } else { 0 };
    settled.late[at * LATE + slot.min(NOT_LATE)] += cents;
}

/// Adds rows and their cents without signs, of payments of a kind and size, to what is settled.
fn add_size(settled: &mut Monthly, (kind, size): (usize, usize), negative: bool, (rows, cents): (u64, i64)) {
    let negative = negative.then_some(&mut settled.negative[kind]);
    for bin in [Some(&mut settled.sizes[kind * SIZES + size]), negative].into_iter().flatten() {
        bin.rows += rows;
        bin.cents += cents;
    }
}

/// Adds a row to what is settled, past the words.
#[cold]
fn add_settled(settled: &mut Monthly, word: usize, cents: i64) {
    let kind = word / settled.months / SLOTS;
    add_month(settled, word, (1, cents));
    add_size(settled, (kind, power(cents)), cents < 0, (1, cents.abs()));
}

/// The power of two that a payment reaches without its sign; 0 of none.
fn power(cents: i64) -> usize {
    u64::BITS as usize - 1 - (cents.unsigned_abs() | 1).leading_zeros() as usize
}

impl Adding {
    /// Adds some rows: first what can be reckoned column by column, then row by row what is not.
    #[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
    #[inline(always)]
    fn block<const N: usize>(&mut self, span: &Span, rows: Block<'_, N>) {
        let (mut cents, mut slots) = ([0_i64; N], [0_u32; N]);
        let (mut latest, mut largest) = (self.settled.last_processed, 0);
        let of_slot = self.settled.months as u32;
        for row in 0..N {
            cents[row] = if rows.payment[row] == NULL_INT { 0 } else { rows.payment[row] };
            largest |= cents[row].unsigned_abs();
        }
        for row in 0..N {
            let denied = rows.denied.0[row] | rows.denied.1[row] != 0;
            let late = if denied { NULL_INT } else { rows.processed[row] };
            latest = latest.max(late);
            // Months are about thirty days apart; the pattern is compared with itself only.
            let months = late.wrapping_sub(rows.day[row]).clamp(0, 30 * LAGS as i64 - 1) as u32 / 30;
            slots[row] = of_slot * if late == NULL_INT { NOT_LATE as u32 + u32::from(denied) } else { months };
        }
        self.settled.last_processed = latest;
        let Self { settled, places, late, sizes, .. } = self;
        let (late, sizes) = (late.as_mut_slice(), sizes.as_mut_slice());
        let past_words = largest >> LARGE_POWER != 0;
        for row in 0..N {
            let place = &places[usize::try_from(rows.claim_type[row]).map_or(TYPES, |claim_type| claim_type.min(TYPES))];
            let cents = cents[row];
            let faults = rows.faults[row] & place.possible;
            if faults != 0 {
                count(&mut settled.faults, faults, cents);
            }
            let word = place.late as usize + slots[row] as usize + span.month(rows.day[row]);
            if past_words {
                add_settled(settled, word, cents);
                continue;
            }
            late[word] = late[word].wrapping_add(ROW).wrapping_add(cents as u64);
            let negative = ((cents >> 63) as usize) & (1 << SIGN_POWER);
            sizes[place.size as usize + negative + power(cents)] += ROW + cents.unsigned_abs();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::monthly::Cell;
    use super::super::rows::Fault;
    use super::*;
    use crate::rules::Rules;

    #[derive(Debug, Clone, Copy)]
    struct Row {
        claim_type: i64,
        day: i64,
        payment: i64,
        processed: i64,
        denied: (u32, u32),
        faults: u32,
    }

    /// The rows of a kind and month.
    #[derive(Debug, Clone, Copy, Default, PartialEq)]
    struct Month {
        rows: u64,
        denied: u64,
        cents: i64,
        late: [i64; LAGS],
    }

    /// What rows are added to one by one and without words.
    #[derive(Default)]
    struct Slow {
        months: BTreeMap<(usize, usize), Month>,
        sizes: BTreeMap<(usize, usize), (u64, i64)>,
        negative: BTreeMap<usize, (u64, i64)>,
        faults: [(u64, i64, i64); FAULTS],
    }

    impl Slow {
        fn add(&mut self, kinds: &Kinds, span: &Span, row: Row) {
            let (kind, cents) = (kinds.index(row.claim_type), if row.payment == NULL_INT { 0 } else { row.payment });
            let denied = row.denied != (0, 0);
            let month = self.months.entry((kind, span.month(row.day))).or_default();
            month.rows += 1;
            month.denied += u64::from(denied);
            month.cents += cents;
            if !denied && row.processed != NULL_INT {
                month.late[((row.processed.wrapping_sub(row.day).max(0) / 30) as usize).min(LAGS - 1)] += cents;
            }
            let size = self.sizes.entry((kind, cents.unsigned_abs().max(1).ilog2() as usize)).or_default();
            *size = (size.0 + 1, size.1 + cents.abs());
            if cents < 0 {
                let negative = self.negative.entry(kind).or_default();
                *negative = (negative.0 + 1, negative.1 - cents);
            }
            for (bit, fault) in self.faults.iter_mut().enumerate() {
                if row.faults & kinds.possible[kind] & 1 << bit != 0 {
                    *fault = (fault.0 + 1, fault.1 + cents, fault.2 + cents.abs());
                }
            }
        }

        fn agrees(&self, ledger: &Monthly) {
            for kind in 0..ledger.kinds().len() {
                for month in 0..ledger.months {
                    let Cell { rows, denied, cents } = ledger.cell(kind, month);
                    let found = Month { rows, denied, cents, late: *ledger.lateness(kind, month).first_chunk().unwrap() };
                    assert_eq!(found, self.months.get(&(kind, month)).copied().unwrap_or_default());
                }
                for (size, bin) in ledger.sizes(kind).iter().enumerate() {
                    assert_eq!((bin.rows, bin.cents), self.sizes.get(&(kind, size)).copied().unwrap_or_default());
                }
                let negative = ledger.negative(kind);
                assert_eq!((negative.rows, negative.cents), self.negative.get(&kind).copied().unwrap_or_default());
            }
            for (fault, expected) in Fault::ALL.into_iter().zip(self.faults) {
                let Tally { rows, cents, absolute } = ledger.fault(fault);
                assert_eq!((rows, cents, absolute), expected);
            }
        }
    }

    /// Adds rows both ways, in pieces, and looks whether both tell the same.
    fn both_ways(rows: &[Row], pieces: usize) {
        let kinds = Kinds::of_lines(&Rules::load(None).unwrap(), 2022).unwrap();
        let span = Span::over([2022].into_iter());
        let (mut adding, mut slow) = (Adding::new(kinds.clone(), &span), Slow::default());
        for rows in rows.chunks(pieces) {
            let days = |cell: fn(&Row) -> i64| rows.iter().map(cell).collect::<Vec<_>>();
            let bits = |cell: fn(&Row) -> u32| rows.iter().map(cell).collect::<Vec<_>>();
            let columns = Columns {
                claim_type: &days(|row| row.claim_type),
                day: &days(|row| row.day),
                payment: &days(|row| row.payment),
                processed: &days(|row| row.processed),
                denied: (&bits(|row| row.denied.0), &bits(|row| row.denied.1)),
                faults: &bits(|row| row.faults),
            };
            adding.add(&span, columns);
        }
        for row in rows {
            slow.add(&kinds, &span, *row);
        }
        let ledger = adding.end();
        slow.agrees(&ledger);
        let latest = rows.iter().filter(|row| row.denied == (0, 0)).map(|row| row.processed).max();
        assert_eq!(ledger.last_processed(), latest.filter(|day| *day != NULL_INT));
    }

    fn payment() -> impl Strategy<Value = i64> {
        let edge = prop_oneof![Just((1_i64 << LARGE_POWER) - 1), Just(1 << LARGE_POWER), Just(0), Just(1 << 44), Just(NULL_INT)];
        prop_oneof![6 => -50_000_i64..500_000, 1 => edge.clone(), 1 => edge.prop_map(|cents| if cents == NULL_INT { cents } else { -cents })]
    }

    fn row() -> impl Strategy<Value = Row> {
        let claim_type =
            prop_oneof![8 => prop::sample::select(vec![40_i64, 71, 72, 81, 82]), 1 => -1_i64..300, 1 => Just(NULL_INT)];
        let day = prop_oneof![8 => 18_990_i64..19_360, 1 => Just(NULL_INT)];
        let processed = prop_oneof![8 => 18_990_i64..20_300, 1 => Just(NULL_INT)];
        let code = || prop_oneof![9 => Just(0_u32), 1 => 1_u32..9];
        let flags = (code(), code(), prop_oneof![5 => Just(0), 1 => 0_u32..1 << FAULTS]);
        (claim_type, day, payment(), processed, flags).prop_map(|(claim_type, day, payment, processed, (one, other, faults))| {
            Row { claim_type, day, payment, processed, denied: (one, other), faults }
        })
    }

    proptest! {
        #[test]
        fn words_tell_what_single_sums_tell(rows in prop::collection::vec(row(), 0..400), pieces in 1_usize..200) {
            both_ways(&rows, pieces);
        }
    }

    #[test]
    fn words_are_settled_before_cents_reach_rows() {
        let most = (1 << LARGE_POWER) - 1;
        for cents in [most, -most] {
            let row = Row { claim_type: 71, day: 19_000, payment: cents, processed: 19_010, denied: (0, 0), faults: 0 };
            let rows = vec![row; 2 * ROOM + 3];
            both_ways(&rows, rows.len());
            both_ways(&rows, ROOM - 1);
        }
    }
}
