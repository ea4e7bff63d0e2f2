//! Payments per person, year and enrollment type, by component.

use std::collections::BTreeMap;

use super::enrollment::{Months, PersonYear};
use crate::rules::EnrollmentType;
use crate::scan::prefetch;

/// Number of components of expenditure.
pub const COMPONENTS: usize = 8;

/// Cents of a partition: one slot for each person, year and type that some month counts for.
#[derive(Debug, Default)]
pub struct Spending {
    /// Where each person-year's slots are; one more entry than person-years.
    pub(super) index: Vec<Entry>,
    pub(super) cents: Vec<Slot>,
    /// What does not fit a slot, by slot and component: added to what the slot holds.
    beyond: Beyond,
}

type Beyond = BTreeMap<(u32, u8), i64>;

/// The slots of a person-year: one read tells where a payment of any month goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// For each month, four bits, January lowest: the place among the slots of the type for which it counts, or [`NO_PLACE`].
    places: u64,
    /// The first slot.
    first: u32,
    /// The types that have a slot, one bit each, in the order of their slots.
    pub(super) kinds: u8,
}

/// What stands for a month that counts for no type.
const NO_PLACE: u64 = 0xf;
/// What stands for the slot of such a month.
pub(super) const NO_SLOT: u32 = u32::MAX;

impl Entry {
    fn new(first: u32, kinds: u8, months: Months) -> Self {
        let place = |month: usize| {
            let kind = months.kind(month).filter(|kind| kinds >> kind.index() & 1 == 1);
            kind.map_or(NO_PLACE, |kind| place(kinds, kind) as u64)
        };
        Self { places: (0..12).fold(0, |places, month| places | place(month) << (4 * month)), first, kinds }
    }
}

/// How many types of a set come before one.
fn place(kinds: u8, kind: EnrollmentType) -> usize {
    (kinds & ((1 << kind.index()) - 1)).count_ones() as usize
}

/// The components of a slot, half a line of the cache: hardly anyone's year of a component exceeds 21 million dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(align(32))]
pub(super) struct Slot([i32; COMPONENTS]);

/// The slots of a partition while payments are added: where they lie is looked up once for all of them.
pub(super) struct Slots<'s> {
    index: &'s [Entry],
    cents: &'s mut [Slot],
    beyond: &'s mut Beyond,
}

impl Slots<'_> {
    /// The slot of a month of a person-year, or [`NO_SLOT`] when it counts for no type.
    #[inline]
    pub(super) fn find(&self, person_year: usize, month: u8) -> u32 {
        let entry = self.index[person_year];
        let place = entry.places >> (4 * month) & NO_PLACE;
        if place == NO_PLACE { NO_SLOT } else { entry.first + place as u32 }
    }

    /// Adds cents to a slot.
    #[inline]
    pub(super) fn add(&mut self, slot: u32, component: u8, cents: i64) {
        let held = &mut self.cents[slot as usize].0[usize::from(component)];
        let sum = i64::from(*held) + cents;
        if let Ok(sum) = i32::try_from(sum) {
            *held = sum;
        } else {
            *held = 0;
            exceed(self.beyond, slot, component, sum);
        }
    }

    /// Asks for what the slots of a person-year are found by.
    #[inline]
    pub(super) fn approach(&self, person_year: usize) {
        prefetch(self.index, person_year);
    }

    /// Asks for a slot.
    #[inline]
    pub(super) fn ask(&self, slot: u32) {
        prefetch(self.cents, slot as usize);
    }
}

/// Adds cents that a slot cannot hold.
#[cold]
fn exceed(beyond: &mut Beyond, slot: u32, component: u8, cents: i64) {
    *beyond.entry((slot, component)).or_default() += cents;
}

impl Spending {
    /// Makes the slots of person-years by person and year; `counts` says in which years payments count.
    pub fn new(person_years: &[PersonYear], counts: &[bool]) -> Self {
        let kinds = |(at, year): (usize, &PersonYear)| if counts[at % counts.len()] { year.months.kinds() } else { 0 };
        Self::of(person_years, person_years.iter().enumerate().map(kinds))
    }

    /// Slots of person-years of which the types that have one are known, one bit each.
    pub(super) fn of(person_years: &[PersonYear], kinds: impl Iterator<Item = u8>) -> Self {
        let mut slots = 0;
        let mut index = Vec::with_capacity(person_years.len() + 1);
        for (year, kinds) in person_years.iter().zip(kinds) {
            index.push(Entry::new(slots, kinds, year.months));
            slots += kinds.count_ones();
        }
        index.push(Entry::new(slots, 0, Months::default()));
        Self { index, cents: vec![Slot::default(); slots as usize], beyond: Beyond::new() }
    }

    /// The slot of a type in a person-year, if a month of the year counts for it.
    #[inline]
    pub fn slot(&self, person_year: usize, kind: EnrollmentType) -> Option<usize> {
        let entry = &self.index[person_year];
        (entry.kinds >> kind.index() & 1 == 1).then(|| entry.first as usize + place(entry.kinds, kind))
    }

    /// The slots, to add to.
    pub(super) fn slots_of(&mut self) -> Slots<'_> {
        Slots { index: &self.index, cents: &mut self.cents, beyond: &mut self.beyond }
    }

    /// The components of a slot.
    #[inline]
    pub fn cents(&self, slot: usize) -> [i64; COMPONENTS] {
        let mut cents = self.cents[slot].0.map(i64::from);
        if !self.beyond.is_empty() {
            let within = (slot as u32, 0)..=(slot as u32, u8::MAX);
            self.beyond.range(within).for_each(|((_, component), more)| cents[usize::from(*component)] += more);
        }
        cents
    }

    /// The same slots, nothing counted.
    pub(super) fn blank(&self) -> Self {
        let mut blank = Self { index: self.index.clone(), ..Self::default() };
        blank.furnish();
        blank
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.index.last().map_or(0, |end| end.first as usize)
    }

    /// Gives the room of the cents back.
    pub fn strip(&mut self) {
        (self.cents, self.beyond) = (Vec::new(), Beyond::new());
    }

    /// Makes room for cents again, none counted.
    pub fn furnish(&mut self) {
        (self.cents, self.beyond) = (vec![Slot::default(); self.slots()], Beyond::new());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{COMPONENTS, Entry, Slot, Spending};

    fn slots(count: usize) -> Spending {
        let entry = |first| Entry { places: 0, first, kinds: 0 };
        Spending { index: (0..=count as u32).map(entry).collect(), cents: vec![Slot::default(); count], ..Spending::default() }
    }

    /// Cents around what a slot holds, and any others.
    fn cents() -> impl Strategy<Value = i64> {
        let edges = prop::sample::select(vec![i32::MIN, 0, i32::MAX]);
        prop_oneof![(edges, -2i64..=2).prop_map(|(edge, near)| i64::from(edge) + near), -50_000_000_000i64..50_000_000_000]
    }

    proptest! {
        #[test]
        fn slots_hold_sums_of_any_size(payments in prop::collection::vec((0u32..3, 0u8..8, cents()), 0..40)) {
            let mut expected = [[0; COMPONENTS]; 3];
            let mut spending = slots(3);
            let mut adding = spending.slots_of();
            for (slot, component, cents) in payments {
                adding.add(slot, component, cents);
                expected[slot as usize][usize::from(component)] += cents;
            }
            prop_assert_eq!([0, 1, 2].map(|slot| spending.cents(slot)), expected);
            prop_assert_eq!([0, 1, 2].map(|slot| spending.blank().cents(slot)), [[0; COMPONENTS]; 3]);
            spending.furnish();
            prop_assert_eq!([0, 1, 2].map(|slot| spending.cents(slot)), [[0; COMPONENTS]; 3]);
        }
    }
}
