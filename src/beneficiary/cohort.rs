//! All beneficiaries of a run, split into partitions that threads enter one at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::brief::BriefPayment;
use super::calendar::Cut;
use super::enrollment::PersonYear;
use super::reason::{AssignmentReason, BATCH, Batch, ExpenditureReason, Reconciliation};
use super::record::{Payment, ServiceRecord, SpendingRecord};
use super::scatter::scattered;
use super::services::Services;
use super::spend::{spend, why_not};
use super::spending::Spending;
use super::stays::{Stay, Stays};
use crate::error::Result;
use crate::rules::EnrollmentType;

/// Beneficiaries of the smallest partition, a power of two: what is known of so many fits the cache of a core.
const LEAST_PEOPLE: usize = 1_024;
/// Beneficiaries of the largest partition, a power of two: threads enter one at a time, and what is known of more is too far away.
const MOST_PEOPLE: usize = 8_192;
/// Partitions of a cohort whose partitions are neither of the smallest nor of the largest: so many blocks of records, one for each, can
/// be written side by side.
const PARTITIONS: usize = 256;
/// Beneficiaries of the smallest partition of a cohort that is built partition by partition, a power of two.
const LEAST_BUILT: usize = 256;
/// Most partitions of such a cohort.
const MOST_BUILT: usize = 256;

/// Bytes that the blocks of one kind of records take at the most, in a thread.
const ROOM: usize = 64 << 20;
/// The same where there is no more memory for them.
const LITTLE_ROOM: usize = 4 << 20;

/// Services ahead of its use of which one's chain is asked for.
const AHEAD: usize = 16;

/// What is missing where there is no score.
pub const NO_SCORE: i32 = i32::MIN;

/// The score of the average person, millionths.
const AVERAGE_SCORE: i32 = 1_000_000;

/// Every beneficiary, by number.
#[derive(Debug)]
pub struct Cohort {
    shift: u32,
    years: usize,
    count: usize,
    partitions: Vec<Mutex<Partition>>,
    overflow: Option<Arc<dyn Overflow>>,
    room: usize,
}

/// Takes records that are not counted at once: because memory has no room for them, or because they are counted apart.
pub trait Overflow: std::fmt::Debug + Send + Sync {
    /// Keeps payments of a partition; what is counted at once is added to its biller's revenue.
    fn payments(&self, partition: usize, records: &[SpendingRecord], revenue: &mut Vec<i64>);
    /// Keeps services of a partition.
    fn services(&self, partition: usize, records: &[ServiceRecord]);
    /// Whether every record was taken.
    ///
    /// # Errors
    /// The first failure to keep one.
    fn whole(&self) -> Result<()>;
}

/// Scores in millionths by spending slot, [`NO_SCORE`] where there is none.
#[derive(Debug, Default)]
pub struct Scores {
    /// Prospective scores.
    pub prospective: Vec<i32>,
    /// Demographic scores.
    pub demographic: Vec<i32>,
}

/// A run of consecutive beneficiaries and all that is known of them.
#[derive(Debug, Default)]
pub struct Partition {
    /// Number of its first beneficiary.
    pub first: u32,
    /// Beneficiaries it holds.
    pub people: usize,
    /// Years per person.
    pub years: usize,
    /// Person-years, by person and year.
    pub person_years: Vec<PersonYear>,
    /// Rows of `beneficiary_year` that said otherwise than another row of the same person and year.
    pub conflicts: u64,
    /// Payments.
    pub spending: Spending,
    /// Services.
    pub services: Services,
    /// Stays.
    pub stays: Stays,
    /// Scores by the model of each year, and where it is needed by the model of the performance year.
    pub scores: [Scores; 2],
    /// Day of death by person, in days since 1970-01-01; `i32::MAX` for none.
    pub deaths: Vec<i32>,
    /// What became of rows whose end was decided here.
    pub reconciliation: Reconciliation,
}

impl Cohort {
    /// An empty cohort of so many beneficiaries over so many years.
    pub fn new(people: usize, years: usize) -> Self {
        Self::split(people, years, per_partition(people, LEAST_PEOPLE, PARTITIONS).min(MOST_PEOPLE))
    }

    /// The same in partitions as small as there may be, for who has no memory for all of them at once.
    pub fn of_small_partitions(people: usize, years: usize) -> Self {
        Self::split(people, years, Self::small_partition(people))
    }

    /// Beneficiaries of a partition of [`Cohort::of_small_partitions`].
    pub fn small_partition(people: usize) -> usize {
        per_partition(people, LEAST_BUILT, MOST_BUILT)
    }

    fn split(people: usize, years: usize, per_partition: usize) -> Self {
        let count = people.div_ceil(per_partition);
        let partitions = (0..count).map(|index| {
            let first = index * per_partition;
            let count = per_partition.min(people - first);
            Mutex::new(Partition {
                first: first as u32,
                people: count,
                years,
                person_years: vec![PersonYear::default(); count * years],
                deaths: vec![i32::MAX; count],
                ..Partition::default()
            })
        });
        Self { shift: per_partition.trailing_zeros(), years, count, partitions: partitions.collect(), overflow: None, room: ROOM }
    }

    /// Years per person.
    pub fn years(&self) -> usize {
        self.years
    }

    /// Number of partitions.
    pub fn partitions(&self) -> usize {
        self.count
    }

    /// The partition of a beneficiary.
    #[inline]
    pub fn partition_of(&self, bene: u32) -> usize {
        (bene >> self.shift) as usize
    }

    /// Number of the first beneficiary of a partition.
    #[inline]
    pub(super) fn first_of(&self, partition: usize) -> u32 {
        (partition as u32) << self.shift
    }

    /// Enters a partition; whoever comes second waits.
    pub fn enter(&self, partition: usize) -> MutexGuard<'_, Partition> {
        self.partitions[partition].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets records of payments and services go elsewhere from now on.
    #[must_use]
    pub fn overflowing(self, overflow: Arc<dyn Overflow>) -> Self {
        Self { overflow: Some(overflow), room: LITTLE_ROOM, ..self }
    }

    /// Lets blocks of records take no more than so many bytes, by kind of records and thread, as long as a few are left for each.
    #[must_use]
    pub fn with_room_of_blocks(self, bytes: usize) -> Self {
        Self { room: bytes.clamp(LITTLE_ROOM, ROOM), ..self }
    }

    /// Bytes that the blocks of one kind of records take at the most, in a thread.
    pub fn room_of_blocks(&self) -> usize {
        self.room
    }

    /// Whether records go elsewhere, in blocks that are better large.
    pub fn overflows(&self) -> bool {
        self.overflow.is_some()
    }

    /// The partitions of this cohort, all of whose records go elsewhere; there is nothing in them to enter.
    #[must_use]
    pub fn elsewhere(&self, overflow: Arc<dyn Overflow>) -> Self {
        Self { partitions: Vec::new(), overflow: Some(overflow), room: LITTLE_ROOM, ..*self }
    }

    /// Whether every record that went elsewhere arrived there.
    ///
    /// # Errors
    /// The first failure to keep one.
    pub fn whole(&self) -> Result<()> {
        self.overflow.as_ref().map_or(Ok(()), |overflow| overflow.whole())
    }

    /// Delivers payments to a partition.
    pub fn pay(&self, partition: usize, records: &[SpendingRecord], revenue: &mut Vec<i64>) {
        match &self.overflow {
            Some(overflow) => overflow.payments(partition, records, revenue),
            None => self.enter(partition).spend(records, revenue),
        }
    }

    /// Delivers payments to a partition that are told in brief.
    pub(super) fn pay_brief(&self, partition: usize, records: &[BriefPayment], revenue: &mut Vec<i64>) {
        match &self.overflow {
            Some(overflow) => {
                let first = self.first_of(partition);
                let records: Vec<SpendingRecord> = records.iter().map(|record| record.whole(first)).collect();
                overflow.payments(partition, &records, revenue);
            }
            None => self.enter(partition).spend(records, revenue),
        }
    }

    /// Delivers services to a partition.
    pub fn serve(&self, partition: usize, records: &[ServiceRecord]) {
        match &self.overflow {
            Some(overflow) => overflow.services(partition, records),
            None => self.enter(partition).serve(records),
        }
    }

    /// Gives the partitions up, each to be worked on alone.
    pub fn into_partitions(self) -> Vec<Partition> {
        self.partitions.into_iter().map(|partition| partition.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }
}

impl Partition {
    /// Position of a beneficiary and year in the person-years.
    #[inline]
    pub fn person_year(&self, bene: u32, year: usize) -> usize {
        (bene - self.first) as usize * self.years + year
    }

    /// Notes a row of `beneficiary_year`. Of two rows that differ the smaller stays, whatever their order.
    pub fn enroll(&mut self, bene: u32, year: usize, row: PersonYear) {
        let at = self.person_year(bene, year);
        let known = &mut self.person_years[at];
        if *known == PersonYear::default() {
            *known = row;
        } else if *known != row {
            self.conflicts += 1;
            *known = row.min(*known);
        }
    }

    /// Ends a year with a quarter, for everybody.
    pub fn cut(&mut self, cut: Cut) {
        for person in self.person_years.chunks_exact_mut(self.years) {
            let before = cut.year.checked_sub(1).map_or_else(PersonYear::default, |before| person[before]);
            person[cut.year] = person[cut.year].through(cut, &before);
        }
    }

    /// Takes months out for a COVID-19 episode: `12 * year index + month - 1` each.
    pub fn exclude(&mut self, bene: u32, month: usize) {
        let at = self.person_year(bene, month / 12);
        self.person_years[at].months.exclude(month % 12);
    }

    /// Makes room for payments, scores and services, once enrollment is known.
    pub fn open(&mut self, windows: usize, counts: &[bool]) {
        self.spending = Spending::new(&self.person_years, counts);
        self.services = Services::new(self.people, windows);
        let slots = self.spending.slots();
        self.scores = std::array::from_fn(|_| Scores { prospective: vec![NO_SCORE; slots], demographic: vec![NO_SCORE; slots] });
    }

    /// Gives the room of payments and services back, and forgets what became of rows.
    pub fn strip(&mut self) {
        self.spending.strip();
        self.services = Services::default();
        self.reconciliation = Reconciliation::default();
    }

    /// Makes room for payments and services again, none counted.
    pub fn furnish(&mut self, windows: usize) {
        self.spending.furnish();
        self.services = Services::new(self.people, windows);
    }

    /// Notes a day of death; of several the first counts.
    pub fn dies(&mut self, bene: u32, day: i32) {
        let known = &mut self.deaths[(bene - self.first) as usize];
        *known = day.min(*known);
    }

    /// Notes a stay.
    pub fn stay(&mut self, bene: u32, mut stay: Stay) {
        stay.bene = bene - self.first;
        self.stays.push(stay);
    }

    /// Notes the prospective and the demographic score of a type in a set; of two that differ the smaller stays.
    pub fn score(&mut self, bene: u32, year: usize, kind: EnrollmentType, set: usize, score: [Option<i32>; 2]) {
        let at = self.person_year(bene, year);
        let Some(slot) = self.spending.slot(at, kind) else { return };
        let set = &mut self.scores[set];
        for (known, new) in [&mut set.prospective[slot], &mut set.demographic[slot]].into_iter().zip(score) {
            if let Some(new) = new {
                *known = if *known == NO_SCORE { new } else { new.min(*known) };
            }
        }
    }

    /// Gives everybody without a score the score of the average person.
    pub fn score_the_unscored(&mut self) {
        for score in self.scores.iter_mut().flat_map(|set| set.prospective.iter_mut().chain(&mut set.demographic)) {
            if *score == NO_SCORE {
                *score = AVERAGE_SCORE;
            }
        }
    }

    /// Takes payments in; what counts in the revenue year is added to its biller's revenue.
    pub fn spend<P: Payment>(&mut self, records: &[P], revenue: &mut Vec<i64>) {
        for records in records.chunks(BATCH) {
            spend(self, records, revenue);
        }
    }

    /// The enrollment type a payment counts for, or why it counts for none.
    pub fn kind_of(&self, record: &SpendingRecord) -> Result<EnrollmentType, ExpenditureReason> {
        let (year, month) = (usize::from(record.month.year), usize::from(record.month.month));
        let at = self.person_year(record.bene, year);
        let months = self.person_years[at].months;
        months.kind(month).filter(|kind| self.spending.slot(at, *kind).is_some()).ok_or_else(|| why_not(months, month))
    }

    /// Whether a stay voids a service; the stays must be sealed.
    #[inline]
    pub fn voids(&self, record: &ServiceRecord) -> bool {
        record.stays != 0 && self.stays.hold(record.bene - self.first, record.day, record.stays)
    }

    /// Takes services in; the stays must be sealed.
    pub fn serve(&mut self, records: &[ServiceRecord]) {
        let first = self.first;
        let person = |record: &ServiceRecord| (record.bene - first) as usize;
        for records in records.chunks(BATCH) {
            let mut counted = Batch::default();
            let scattered = scattered(records);
            for (at, record) in records.iter().enumerate() {
                if scattered {
                    // What those ahead will touch is fetched meanwhile.
                    if let Some(later) = records.get(at + 2 * AHEAD) {
                        self.services.approach(person(later), later.windows);
                    }
                    if let Some(later) = records.get(at + AHEAD) {
                        self.services.ask(person(later), later.windows);
                    }
                }
                let reason = if self.voids(record) {
                    AssignmentReason::DuringStay
                } else {
                    self.services.add(person(record), record);
                    AssignmentReason::Counted
                };
                counted.add(&mut self.reconciliation.service, reason as usize, record.cents);
            }
            counted.settle(&mut self.reconciliation.service);
        }
    }
}

fn per_partition(people: usize, least: usize, most: usize) -> usize {
    people.div_ceil(most).max(least).next_power_of_two()
}
