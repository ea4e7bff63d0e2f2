//! Payments into the slots of a partition.

use super::cohort::Partition;
use super::enrollment::Months;
use super::entities::NO_ENTITY;
use super::reason::{ExpenditureReason, Light};
use super::record::Payment;
use super::scatter::scattered;
use super::spending::{NO_SLOT, Slots};
use crate::for_newer_processors;
use crate::scan::prefetch;

/// Payments whose slots are asked for together, while those before them are added.
const AHEAD: usize = 32;

for_newer_processors! {
    /// Takes at most [`super::reason::BATCH`] payments in; what counts in the revenue year is added to its biller's revenue.
    pub(super) fn spend<P: Payment>(partition: &mut Partition, records: &[P], revenue: &mut Vec<i64>) = spend_records;
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn spend_records<P: Payment>(partition: &mut Partition, records: &[P], revenue: &mut Vec<i64>) {
    // Nearly every record is of one origin and counts: such are counted apart, in registers.
    let Some(usual) = records.first().map(Payment::origin) else { return };
    let mut counted = Light::default();
    // Rows by beneficiary meet a few people, whose slots are near anyway; in random order everybody.
    let scattered = scattered(records);
    let (first, years) = (partition.first, partition.years);
    let at = |record: &P| record.position(first) * years + usize::from(record.month().year);
    let mut slots = partition.spending.slots_of();
    let find = |slots: &Slots<'_>, revenue: &[i64], records: &[P]| {
        let mut found = [NO_SLOT; AHEAD];
        for (found, record) in found.iter_mut().zip(records) {
            *found = slots.find(at(record), record.month().month);
            if scattered {
                slots.ask(*found);
                let biller = record.biller();
                prefetch(revenue, if biller == NO_ENTITY { 0 } else { biller as usize });
            }
        }
        found
    };
    let part = |number: usize| records.chunks(AHEAD).nth(number).unwrap_or_default();
    let mut next = find(&slots, revenue, part(0));
    for (number, together) in records.chunks(AHEAD).enumerate() {
        let found = next;
        if scattered {
            for record in part(number + 2) {
                slots.approach(at(record));
            }
        }
        next = find(&slots, revenue, part(number + 1));
        for (record, slot) in together.iter().zip(found) {
            if slot == NO_SLOT {
                let (months, month) = (partition.person_years[at(record)].months, usize::from(record.month().month));
                if let Some(tally) = partition.reconciliation.of(record.origin()) {
                    tally.add(why_not(months, month) as usize, record.read());
                }
                continue;
            }
            slots.add(slot, record.component(), record.cents());
            // Participants earn from every fee-for-service beneficiary, but in an episode (425.20, 425.611(c)).
            if record.biller() != NO_ENTITY {
                earn(revenue, record.biller(), record.read());
            }
            if record.origin() == usual && Light::takes(record.read()) {
                counted.add(record.read());
            } else if let Some(tally) = partition.reconciliation.of(record.origin()) {
                tally.add(ExpenditureReason::Counted as usize, record.read());
            }
        }
    }
    if let Some(tally) = partition.reconciliation.of(usual) {
        tally.absorb(ExpenditureReason::Counted as usize, counted);
    }
}

/// Why a payment in a month counts for no type.
#[cold]
pub(super) fn why_not(months: Months, month: usize) -> ExpenditureReason {
    if months.kind(month).is_none() && months.in_episode(month) {
        ExpenditureReason::CovidEpisode
    } else {
        ExpenditureReason::MonthWithoutType
    }
}

/// Adds revenue to a biller.
fn earn(revenue: &mut Vec<i64>, biller: u32, cents: i64) {
    let at = biller as usize;
    if at >= revenue.len() {
        revenue.resize(at + 1, 0);
    }
    revenue[at] += cents;
}
