//! What `check` looks at in single rows: in passing days that contradict each other, and codes that cannot be one, as far as a run
//! reads them; where everything is looked at, rows without a beneficiary, day or payment too, which the ledger tells otherwise.

use ahash::HashSet;

use crate::beneficiary::{HeaderColumns, KEEPS, LineColumns, NO_ENTITY, NO_SPECIALTY, NOBODY};
use crate::check::{Fault, Gone, Lives, Span};
use crate::for_newer_processors;
use crate::scan::NULL_INT;

/// Which codes of lines are read.
#[derive(Debug, Clone, Copy)]
pub struct LineCodes {
    /// The facility.
    pub facilities: bool,
    /// Its bill type.
    pub bill_types: bool,
}

/// Rows looked at together for those of people who died.
const TOGETHER: usize = 256;

for_newer_processors! {
    /// Adds a fault to the rows on which a code is one that stands for none.
    fn mark_none(flags: &mut [u32], codes: &[u32], none: u32, fault: Fault) = mark_codes;
}

for_newer_processors! {
    /// Adds a fault to the rows of somebody long dead.
    fn mark_dead(flags: &mut [u32], gone: &Gone, people: &[u32], days: &[i64]) = mark_gone;
}

for_newer_processors! {
    /// Adds a fault to the rows whose bill type is none.
    fn mark_bill_types(flags: &mut [u32], characters: &[u32], fault: Fault) = mark_characters;
}

for_newer_processors! {
    /// Adds a fault to the rows on which both days are known and the one is before the other.
    pub(super) fn mark_before(flags: &mut [u32], one: &[i64], other: &[i64], fault: Fault) = mark_days;
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn mark_codes(flags: &mut [u32], codes: &[u32], none: u32, fault: Fault) {
    for (flags, code) in flags.iter_mut().zip(codes) {
        *flags |= if *code == none { fault.bit() } else { 0 };
    }
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn mark_gone(flags: &mut [u32], gone: &Gone, people: &[u32], days: &[i64]) {
    let rows = flags.chunks_mut(TOGETHER).zip(people.chunks(TOGETHER)).zip(days.chunks(TOGETHER));
    for ((flags, people), days) in rows {
        // Whether the next row is of somebody who died is not to be foreseen: first it is noted which rows are.
        let (mut dead, mut count) = ([0_u8; TOGETHER], 0);
        for (row, person) in people.iter().enumerate() {
            dead[count % TOGETHER] = row as u8;
            count += usize::from(gone.has_died(*person));
        }
        let dead = dead.iter().take(count).map(|row| usize::from(*row));
        dead.clone().for_each(|row| gone.ask(people[row]));
        for row in dead {
            if gone.before(people[row], days[row]) {
                flags[row] |= Fault::AfterDeath.bit();
            }
        }
    }
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn mark_characters(flags: &mut [u32], characters: &[u32], fault: Fault) {
    for (flags, character) in flags.iter_mut().zip(characters) {
        let right = character.wrapping_sub(u32::from(b'1')) < 9;
        *flags |= if right { 0 } else { fault.bit() };
    }
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn mark_days(flags: &mut [u32], one: &[i64], other: &[i64], fault: Fault) {
    for ((flags, one), other) in flags.iter_mut().zip(one).zip(other) {
        // An unknown day is the least of all, which nothing is before.
        let before = *one < *other && *one != NULL_INT;
        *flags |= if before { fault.bit() } else { 0 };
    }
}

/// Adds a fault to the rows of entities whose name cannot be one; rare.
fn mark_odd(flags: &mut [u32], entities: &[u32], odd: &HashSet<u32>, fault: Fault) {
    if !odd.is_empty() {
        for (flags, entity) in flags.iter_mut().zip(entities) {
            *flags |= if odd.contains(&(entity & !KEEPS)) { fault.bit() } else { 0 };
        }
    }
}

/// The faults of claims.
pub fn of_headers(flags: &mut Vec<u32>, columns: &HeaderColumns, gone: &Gone, odd: &HashSet<u32>) {
    flags.clear();
    flags.resize(columns.claim_type.len(), 0);
    mark_before(flags, &columns.thru_date, &columns.from_date, Fault::FromAfterThru);
    mark_before(flags, &columns.processed, &columns.thru_date, Fault::ProcessedBeforeService);
    mark_dead(flags, gone, &columns.bene, &columns.thru_date);
    mark_bill_types(flags, &columns.facility_type, Fault::BillType);
    mark_none(flags, &columns.ccn, NO_ENTITY & !KEEPS, Fault::CcnShape);
    mark_odd(flags, &columns.ccn, odd, Fault::CcnShape);
}

/// The faults of lines.
pub fn of_lines(
    flags: &mut Vec<u32>,
    columns: &LineColumns,
    codes: LineCodes,
    gone: &Gone,
    no_procedure: u32,
    odd: &HashSet<u32>,
) {
    flags.clear();
    flags.resize(columns.claim_type.len(), 0);
    mark_before(flags, &columns.processed, &columns.last_date, Fault::ProcessedBeforeService);
    mark_dead(flags, gone, &columns.bene, &columns.last_date);
    mark_none(flags, &columns.procedure, no_procedure, Fault::HcpcsShape);
    mark_none(flags, &columns.specialty, NO_SPECIALTY, Fault::SpecialtyShape);
    mark_none(flags, &columns.tin, NO_ENTITY, Fault::TinShape);
    mark_odd(flags, &columns.tin, odd, Fault::TinShape);
    if codes.facilities {
        mark_none(flags, &columns.ccn, NO_ENTITY, Fault::CcnShape);
        mark_odd(flags, &columns.ccn, odd, Fault::CcnShape);
    }
    if codes.bill_types {
        mark_bill_types(flags, &columns.facility_type, Fault::BillType);
        mark_bill_types(flags, &columns.classification, Fault::BillType);
    }
}

/// The faults of rows that the account of rows counts by reason: of nobody, without a day or a payment, in a month that does not
/// count for its person.
pub(super) fn of_people(flags: &mut [u32], people: &[u32], days: &[i64], payments: &[i64], lives: &Lives, span: &Span) {
    let bit = |fault: Fault, holds: bool| u32::from(holds) << fault as u8;
    for (((flags, person), day), payment) in flags.iter_mut().zip(people).zip(days).zip(payments) {
        *flags |= bit(Fault::NoDate, *day == NULL_INT) | bit(Fault::NoAmount, *payment == NULL_INT);
        *flags |= if *person >= NOBODY {
            bit(Fault::NoBeneficiary, *person == NOBODY) | bit(Fault::UnknownBeneficiary, *person != NOBODY)
        } else {
            let month = span.month(*day);
            bit(Fault::NotCountedMonth, month < span.months() && !lives.counts(*person, month))
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beneficiary::NO_BENEFICIARY;
    use crate::check::{Enrolled, YearMonths, YearRow};

    #[test]
    fn days_contradict_each_other_only_where_both_are_known() {
        let mut flags = vec![0; 4];
        mark_before(&mut flags, &[5, NULL_INT, 5, 6], &[6, 6, NULL_INT, 6], Fault::ProcessedBeforeService);
        assert_eq!(flags, [Fault::ProcessedBeforeService.bit(), 0, 0, 0]);
    }

    #[test]
    fn rows_of_nobody_and_of_months_that_do_not_count_are_told_apart() {
        let span = Span::over([2021].into_iter());
        let (lives, mut seen) = (Lives::new(1, &span), Enrolled::nothing(&span));
        let months = YearMonths::parse(b"400000000000");
        lives.row(&mut seen, &span, YearRow { person: Some(0), year: 2021, months, has_county: true, death: NULL_INT });
        let (january, february) = (span.first_day(0), span.first_day(1));
        let people = [0, 0, 0, NOBODY, NO_BENEFICIARY, 0];
        let days = [january, february, january - 1, january, january, NULL_INT];
        let mut flags = vec![0; 6];
        of_people(&mut flags, &people, &days, &[1, 1, 1, 1, NULL_INT, 1], &lives, &span);
        let bit = Fault::bit;
        let stranger = bit(Fault::UnknownBeneficiary) | bit(Fault::NoAmount);
        assert_eq!(flags, [0, bit(Fault::NotCountedMonth), 0, bit(Fault::NoBeneficiary), stranger, bit(Fault::NoDate)]);
    }

    #[test]
    fn rows_of_the_dead_are_found_wherever_they_stand() {
        // Of every number of people in a row, of whom some died and some are nobody.
        let deaths: Vec<i32> = (0..1_000).map(|person| if person % 3 == 0 { 100 + person } else { i32::MAX }).collect();
        let gone = Gone::of(deaths.iter().copied(), 30);
        for (rows, each) in [(0, 1), (1, 3), (255, 3), (256, 3), (257, 1), (1_030, 7), (1_024, 3)] {
            let people: Vec<u32> = (0..rows).map(|row| if row % 50 == 49 { NOBODY } else { row * each % 1_000 }).collect();
            let days: Vec<i64> = (0..rows).map(|row| 120 + i64::from(row % 40) * 30).collect();
            let mut flags = vec![1 << 30; rows as usize];
            mark_dead(&mut flags, &gone, &people, &days);
            let late = |person: u32, day: i64| person.is_multiple_of(3) && day > i64::from(deaths[person as usize]) + 30;
            let expected: Vec<u32> = people
                .iter()
                .zip(&days)
                .map(|(person, day)| 1 << 30 | if *person != NOBODY && late(*person, *day) { Fault::AfterDeath.bit() } else { 0 })
                .collect();
            assert_eq!(flags, expected);
        }
    }

    #[test]
    fn a_bill_type_is_a_digit_but_not_zero() {
        let mut flags = vec![1; 5];
        mark_bill_types(&mut flags, &[0, u32::from(b'0'), u32::from(b'1'), u32::from(b'9'), u32::from(b'A')], Fault::BillType);
        let bit = 1 | Fault::BillType.bit();
        assert_eq!(flags, [bit, bit, 1, 1, bit]);
    }

    #[test]
    fn entities_are_odd_whether_or_not_they_keep_supplements() {
        let mut flags = vec![0; 3];
        mark_odd(&mut flags, &[7, 7 | KEEPS, 8], &[7].into_iter().collect(), Fault::CcnShape);
        assert_eq!(flags, [Fault::CcnShape.bit(), Fault::CcnShape.bit(), 0]);
    }
}
