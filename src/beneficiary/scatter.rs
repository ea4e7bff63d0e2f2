//! Records of rows scattered to the partitions in blocks.

use super::brief::BriefPayment;
use super::cohort::Cohort;
use super::entities::NO_ENTITY;
use super::reason::ExpenditureReason;
use super::record::{OfPerson, Origin, Paid, ServiceRecord, SpendingRecord};
use crate::scan::prefetch;

/// Records held back per partition before it is entered, where neighbouring rows are of the same people.
const NEAR: usize = 512;
/// The same at the most where every row is of somebody else: the more of them meet a partition at once, the less often each
/// part of it is fetched.
const FAR: usize = 16_384;
/// Payments looked at together for those that go to one partition.
const PENDING: usize = 1_024;
/// Payments in a row that are delivered to their partition at once, past its block.
const RUN: usize = 64;

/// A thread's buffers of records, one block per partition and kind.
#[derive(Debug)]
pub struct Scatter<'c> {
    cohort: &'c Cohort,
    pending: Vec<SpendingRecord>,
    spending: Blocks<BriefPayment>,
    services: Blocks<ServiceRecord>,
    /// Revenue by biller, cents, of the payments this thread delivered.
    pub revenue: Vec<i64>,
}

/// Bytes of a line of the cache.
const LINE: usize = 64;
/// Records in which it is looked for order.
const SAMPLE: usize = 17;
/// Changes from one person to another, in a sample, from which rows are in no order.
const CHANGES: usize = 8;

/// Whether records meet people in no order, rather than one person after the other.
pub(super) fn scattered<R: OfPerson>(records: &[R]) -> bool {
    let sample = &records[..records.len().min(SAMPLE)];
    sample.windows(2).filter(|pair| pair[0].person() != pair[1].person()).count() >= CHANGES
}

/// Records of one kind by partition.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    held: Vec<Vec<R>>,
    /// Records at which a block is looked at.
    full: usize,
    /// Records at which one is delivered where rows are in order, and where they are not.
    near: usize,
    far: usize,
}

impl<R: OfPerson> Blocks<R> {
    /// No records, in about so many bytes.
    pub(super) fn new(partitions: usize, room: usize) -> Self {
        let far = (room / partitions.max(1) / size_of::<R>()).clamp(NEAR / 8, FAR);
        let near = NEAR.min(far);
        Self { held: (0..partitions).map(|_| Vec::new()).collect(), full: near, near, far }
    }

    /// Adds a record; hands a block that is full over.
    #[inline]
    pub(super) fn push(&mut self, partition: usize, record: R, deliver: impl FnOnce(&[R])) {
        let block = &mut self.held[partition];
        block.push(record);
        // Which block is written next is not to be foreseen, where in each is.
        prefetch(block, block.len() + LINE / size_of::<R>());
        if block.len() >= self.full {
            if block.len() < self.far && scattered(block) {
                self.full = self.far;
                return;
            }
            self.full = self.near;
            deliver(block);
            block.clear();
        }
    }

    /// Whether records were met in no order when a block was looked at last.
    fn scattered(&self) -> bool {
        self.full > self.near
    }

    /// Hands what is left over.
    pub(super) fn flush(&mut self, mut deliver: impl FnMut(usize, &[R])) {
        for (partition, block) in self.held.iter_mut().enumerate().filter(|(_, block)| !block.is_empty()) {
            deliver(partition, block);
            block.clear();
        }
    }
}

impl<'c> Scatter<'c> {
    /// Empty buffers before a cohort.
    pub fn new(cohort: &'c Cohort) -> Self {
        let partitions = cohort.partitions();
        let room = cohort.room_of_blocks();
        Self {
            cohort,
            pending: Vec::with_capacity(PENDING),
            spending: Blocks::new(partitions, room),
            services: Blocks::new(partitions, room),
            revenue: Vec::new(),
        }
    }

    /// Sends a payment.
    #[inline]
    pub fn spend(&mut self, record: SpendingRecord) {
        self.pending.push(record);
        if self.pending.len() >= PENDING {
            self.distribute();
        }
    }

    /// Sends a payment, and what population-based payments took from it as its biller's revenue.
    #[inline]
    pub fn pay(&mut self, record: SpendingRecord, reduction: i64) {
        self.spend(record);
        if reduction != 0 && record.biller != NO_ENTITY {
            self.spend(SpendingRecord { cents: 0, read: reduction, origin: Origin::Reduction, ..record });
        }
    }

    /// Sends what a row pays in its own year and in the latest twelve months, told once; the reason when it is nothing in both.
    pub fn pay_both(&mut self, own: Paid, again: Paid) -> Option<ExpenditureReason> {
        let told = own.map(|(record, reduction)| self.pay(record, reduction)).err();
        match again {
            Err(_) => told,
            Ok((record, reduction)) => {
                let origin = if told.is_some() { record.origin } else { Origin::Again };
                self.pay(SpendingRecord { origin, ..record }, reduction);
                None
            }
        }
    }

    /// Sends a service.
    #[inline]
    pub fn serve(&mut self, record: ServiceRecord) {
        let cohort = self.cohort;
        let partition = cohort.partition_of(record.bene);
        self.services.push(partition, record, |block| cohort.serve(partition, block));
    }

    /// Shares out what is pending.
    fn distribute(&mut self) {
        let Self { cohort, pending, spending, revenue, .. } = self;
        let brief = |spending: &mut Blocks<BriefPayment>, record: &SpendingRecord, revenue: &mut Vec<i64>| {
            let partition = cohort.partition_of(record.bene);
            match BriefPayment::of(record, cohort.first_of(partition)) {
                Some(brief) => spending.push(partition, brief, |block| cohort.pay_brief(partition, block, revenue)),
                None => cohort.pay(partition, &[*record], revenue),
            }
        };
        if spending.scattered() || cohort.overflows() {
            for record in &*pending {
                brief(spending, record, revenue);
            }
        } else {
            for run in pending.chunk_by(|one, next| cohort.partition_of(one.bene) == cohort.partition_of(next.bene)) {
                if run.len() >= RUN {
                    cohort.pay(cohort.partition_of(run[0].bene), run, revenue);
                } else {
                    for record in run {
                        brief(spending, record, revenue);
                    }
                }
            }
        }
        pending.clear();
    }

    /// Delivers what is left.
    pub fn flush(&mut self) {
        self.distribute();
        let (cohort, revenue) = (self.cohort, &mut self.revenue);
        self.spending.flush(|partition, block| cohort.pay_brief(partition, block, revenue));
        self.services.flush(|partition, block| cohort.serve(partition, block));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::day::MonthOfRun;
    use super::super::enrollment::{Months, PersonYear};
    use super::super::reason::Reconciliation;
    use super::super::record::Origin;
    use super::{Blocks, Cohort, NO_ENTITY, OfPerson, Scatter, ServiceRecord, SpendingRecord};

    const PEOPLE: u32 = 2_500;

    fn cohort() -> Cohort {
        let cohort = Cohort::new(PEOPLE as usize, 2);
        for bene in 0..PEOPLE {
            let status = if bene % 5 == 0 { b"113333330000" } else { b"444444444444" };
            let months = Months::parse(status).unwrap();
            cohort.enter(cohort.partition_of(bene)).enroll(
                bene,
                (bene % 2) as usize,
                PersonYear { months, ..PersonYear::default() },
            );
        }
        for partition in 0..cohort.partitions() {
            cohort.enter(partition).open(1, &[true, true]);
        }
        cohort
    }

    struct Somebody(u32);

    impl OfPerson for Somebody {
        fn person(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn blocks_keep_to_their_room() {
        const PARTITIONS: usize = 245;
        for room in [64_000, 1 << 20, 3 << 20] {
            let mut blocks = Blocks::new(PARTITIONS, room);
            let (mut held, mut most, mut delivered) = (0, 0, 0);
            for at in 0..2_000_000_u32 {
                let person = at.wrapping_mul(2_654_435_761) >> 8;
                held += 1;
                blocks.push(person as usize % PARTITIONS, Somebody(person), |block| {
                    held -= block.len();
                    delivered += block.len();
                });
                most = most.max(held);
            }
            assert!(most * size_of::<Somebody>() <= room, "{most} records in {room} bytes");
            assert!(most * size_of::<Somebody>() * 3 > room, "{most} records of {room} bytes");
            blocks.flush(|_, block| delivered += block.len());
            assert_eq!(delivered, 2_000_000);
        }
    }

    /// Everything that records leave behind.
    fn left(cohort: Cohort) -> (Vec<[i64; 8]>, Vec<i64>, Reconciliation) {
        let (mut cents, mut services, mut account) = (Vec::new(), Vec::new(), Reconciliation::default());
        for partition in cohort.into_partitions() {
            cents.extend((0..partition.spending.slots()).map(|slot| partition.spending.cents(slot)));
            for person in 0..partition.people {
                let mut facts: Vec<i64> =
                    partition.services.facts(person, 0).map(|fact| fact.step1 ^ i64::from(fact.entity)).collect();
                facts.sort_unstable();
                services.extend(facts);
            }
            account.merge(&partition.reconciliation);
        }
        (cents, services, account)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn blocks_deliver_what_records_one_by_one_do(seed in any::<u64>(), rows in 0usize..20_000, random in any::<bool>()) {
            let (together, alone) = (cohort(), cohort());
            let (mut scatter, mut revenue) = (Scatter::new(&together), Vec::new());
            let mut state = seed;
            for row in 0..rows {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let noise = state >> 33;
                let bene = if random { noise as u32 % PEOPLE } else { (row as u64 * u64::from(PEOPLE) / rows as u64) as u32 };
                let payment = SpendingRecord {
                    cents: noise as i64 - 900_000_000,
                    read: if noise % 97 == 0 { 1 << 55 } else { noise as i64 % 1_000 },
                    bene,
                    month: MonthOfRun::of(noise as usize % 24),
                    component: (noise % 8) as u8,
                    origin: [Origin::Line, Origin::Header, Origin::NonClaims][usize::from(noise % 50 == 0) * (noise as usize % 3)],
                    biller: if noise % 4 == 0 { noise as u32 % 40 } else { NO_ENTITY },
                };
                let reduction = i64::from(noise % 11 == 0);
                let service = ServiceRecord { cents: 7, bene, entity: noise as u32 % 9, windows: 1, day: 1, role: 1, stays: 0 };
                scatter.pay(payment, reduction);
                let mut partition = alone.enter(alone.partition_of(bene));
                partition.spend(&[payment], &mut revenue);
                if reduction != 0 && payment.biller != NO_ENTITY {
                    let reduced = SpendingRecord { cents: 0, read: reduction, origin: Origin::Reduction, ..payment };
                    partition.spend(&[reduced], &mut revenue);
                }
                if noise % 3 == 0 {
                    scatter.serve(service);
                    partition.serve(&[service]);
                }
            }
            scatter.flush();
            let mut delivered = std::mem::take(&mut scatter.revenue);
            delivered.resize(revenue.len().max(delivered.len()), 0);
            revenue.resize(delivered.len(), 0);
            prop_assert_eq!(delivered, revenue);
            drop(scatter);
            prop_assert_eq!(left(together), left(alone));
        }
    }
}
