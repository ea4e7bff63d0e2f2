//! Payments per person, year and enrollment type, by component.

use super::enrollment::PersonYear;
use super::prefetch::prefetch;
use crate::rules::EnrollmentType;

/// Number of components of expenditure.
pub const COMPONENTS: usize = 8;

/// Cents of a partition: one slot for each person, year and type that some month counts for.
#[derive(Debug, Default)]
pub struct Spending {
    /// First slot of each person-year; one more entry than person-years.
    pub(super) starts: Vec<u32>,
    pub(super) kinds: Vec<u8>,
    pub(super) cents: Vec<Slot>,
}

/// The components of a slot, in one line of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Slot(pub(super) [i64; COMPONENTS]);

impl Spending {
    /// Makes the slots of person-years by person and year; `counts` says in which years payments count.
    pub fn new(person_years: &[PersonYear], counts: &[bool]) -> Self {
        let mut starts = Vec::with_capacity(person_years.len() + 1);
        let mut kinds = Vec::with_capacity(person_years.len());
        let mut slots = 0;
        for (at, year) in person_years.iter().enumerate() {
            starts.push(slots);
            let set = if counts[at % counts.len()] { year.months.kinds() } else { 0 };
            kinds.push(set);
            slots += set.count_ones();
        }
        starts.push(slots);
        Self { starts, kinds, cents: vec![Slot::default(); slots as usize] }
    }

    /// The slot of a type in a person-year, if a month of the year counts for it.
    #[inline]
    pub fn slot(&self, person_year: usize, kind: EnrollmentType) -> Option<usize> {
        let set = self.kinds[person_year];
        let bit = 1u8 << kind.index();
        (set & bit != 0).then(|| self.starts[person_year] as usize + (set & (bit - 1)).count_ones() as usize)
    }

    /// Asks for what the slots of a person-year are found by.
    #[inline]
    pub fn approach(&self, person_year: usize) {
        prefetch(&self.starts, person_year);
        prefetch(&self.kinds, person_year);
    }

    /// Asks for the first slot of a person-year.
    #[inline]
    pub fn near(&self, person_year: usize) {
        prefetch(&self.cents, self.starts[person_year] as usize);
    }

    /// Adds cents to a slot.
    #[inline]
    pub fn add(&mut self, slot: usize, component: usize, cents: i64) {
        self.cents[slot].0[component] += cents;
    }

    /// The components of a slot.
    pub fn cents(&self, slot: usize) -> &[i64; COMPONENTS] {
        &self.cents[slot].0
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.starts.last().map_or(0, |slots| *slots as usize)
    }

    /// Gives the room of the cents back.
    pub fn strip(&mut self) {
        self.cents = Vec::new();
    }

    /// Makes room for cents again, none counted.
    pub fn furnish(&mut self) {
        self.cents = vec![Slot::default(); self.slots()];
    }
}
