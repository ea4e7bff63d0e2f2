//! What a row leaves behind for its beneficiary, scattered to the partitions in blocks.

use super::cohort::Cohort;
use super::entities::NO_ENTITY;

/// A payment on its way to its beneficiary.
#[derive(Debug, Clone, Copy)]
pub struct SpendingRecord {
    /// Cents that count: sequestration added back, supplements taken out.
    pub cents: i64,
    /// Cents as read.
    pub read: i64,
    /// Beneficiary.
    pub bene: u32,
    /// Month, as `12 * year index + month - 1`.
    pub month: u16,
    /// Component.
    pub component: u8,
    /// What the record is of.
    pub origin: Origin,
    /// Whose revenue it is, in the revenue year.
    pub biller: u32,
}

/// What a spending record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// A line.
    Line,
    /// A claim.
    Header,
    /// A payment outside claims.
    NonClaims,
    /// A reduction that is its biller's revenue and nothing else; the cents are in `read`.
    Reduction,
}

/// A primary care service on its way to its beneficiary.
#[derive(Debug, Clone, Copy)]
pub struct ServiceRecord {
    /// Allowed charge in cents.
    pub cents: i64,
    /// Beneficiary.
    pub bene: u32,
    /// Billing entity.
    pub entity: u32,
    /// Windows in which it counts.
    pub windows: u64,
    /// Day, as [`super::Calendar::ordinal`].
    pub day: u16,
    /// Role of the clinician.
    pub role: u8,
    /// Stays that void it: 1 skilled nursing, 2 inpatient.
    pub stays: u8,
}

/// Records held back per partition before the partition is entered.
const BLOCK: usize = 512;

/// A thread's buffers of records, one block per partition and kind.
#[derive(Debug)]
pub struct Scatter<'c> {
    cohort: &'c Cohort,
    spending: Vec<Vec<SpendingRecord>>,
    services: Vec<Vec<ServiceRecord>>,
    /// Revenue by biller, cents, of the payments this thread delivered.
    pub revenue: Vec<i64>,
}

impl<'c> Scatter<'c> {
    /// Empty buffers before a cohort.
    pub fn new(cohort: &'c Cohort) -> Self {
        let partitions = cohort.partitions();
        Self { cohort, spending: vec![Vec::new(); partitions], services: vec![Vec::new(); partitions], revenue: Vec::new() }
    }

    /// Sends a payment.
    #[inline]
    pub fn spend(&mut self, record: SpendingRecord) {
        let partition = self.cohort.partition_of(record.bene);
        let block = &mut self.spending[partition];
        block.push(record);
        if block.len() >= BLOCK {
            self.cohort.enter(partition).spend(block, &mut self.revenue);
            block.clear();
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

    /// Sends a service.
    #[inline]
    pub fn serve(&mut self, record: ServiceRecord) {
        let partition = self.cohort.partition_of(record.bene);
        let block = &mut self.services[partition];
        block.push(record);
        if block.len() >= BLOCK {
            self.cohort.enter(partition).serve(block);
            block.clear();
        }
    }

    /// Delivers what is left.
    pub fn flush(&mut self) {
        for (partition, block) in self.spending.iter_mut().enumerate().filter(|(_, block)| !block.is_empty()) {
            self.cohort.enter(partition).spend(block, &mut self.revenue);
            block.clear();
        }
        for (partition, block) in self.services.iter_mut().enumerate().filter(|(_, block)| !block.is_empty()) {
            self.cohort.enter(partition).serve(block);
            block.clear();
        }
    }
}
