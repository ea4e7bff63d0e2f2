//! What a row leaves behind for its beneficiary, scattered to the partitions in blocks.

use super::cohort::Cohort;
use super::entities::NO_ENTITY;

/// A payment on its way to its beneficiary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Bytes of a packed record of either kind.
pub const PACKED: usize = 28;

impl SpendingRecord {
    /// Appends the record to bytes from which [`Self::unpack`] makes it again.
    pub fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.cents.to_le_bytes());
        out.extend_from_slice(&self.read.to_le_bytes());
        out.extend_from_slice(&self.bene.to_le_bytes());
        out.extend_from_slice(&self.biller.to_le_bytes());
        out.extend_from_slice(&self.month.to_le_bytes());
        out.extend_from_slice(&[self.component, self.origin as u8]);
    }

    /// The record that was packed.
    pub fn unpack(bytes: &[u8; PACKED]) -> Self {
        let [component, origin] = field(bytes, 26);
        Self {
            cents: i64::from_le_bytes(field(bytes, 0)),
            read: i64::from_le_bytes(field(bytes, 8)),
            bene: u32::from_le_bytes(field(bytes, 16)),
            biller: u32::from_le_bytes(field(bytes, 20)),
            month: u16::from_le_bytes(field(bytes, 24)),
            component,
            origin: match origin {
                0 => Origin::Line,
                1 => Origin::Header,
                2 => Origin::NonClaims,
                _ => Origin::Reduction,
            },
        }
    }
}

impl ServiceRecord {
    /// Appends the record to bytes from which [`Self::unpack`] makes it again.
    pub fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.cents.to_le_bytes());
        out.extend_from_slice(&self.windows.to_le_bytes());
        out.extend_from_slice(&self.bene.to_le_bytes());
        out.extend_from_slice(&self.entity.to_le_bytes());
        out.extend_from_slice(&self.day.to_le_bytes());
        out.extend_from_slice(&[self.role, self.stays]);
    }

    /// The record that was packed.
    pub fn unpack(bytes: &[u8; PACKED]) -> Self {
        let [role, stays] = field(bytes, 26);
        Self {
            cents: i64::from_le_bytes(field(bytes, 0)),
            windows: u64::from_le_bytes(field(bytes, 8)),
            bene: u32::from_le_bytes(field(bytes, 16)),
            entity: u32::from_le_bytes(field(bytes, 20)),
            day: u16::from_le_bytes(field(bytes, 24)),
            role,
            stays,
        }
    }
}

fn field<const N: usize>(bytes: &[u8; PACKED], at: usize) -> [u8; N] {
    std::array::from_fn(|byte| bytes[at + byte])
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
            self.cohort.pay(partition, block, &mut self.revenue);
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
            self.cohort.serve(partition, block);
            block.clear();
        }
    }

    /// Delivers what is left.
    pub fn flush(&mut self) {
        for (partition, block) in self.spending.iter_mut().enumerate().filter(|(_, block)| !block.is_empty()) {
            self.cohort.pay(partition, block, &mut self.revenue);
            block.clear();
        }
        for (partition, block) in self.services.iter_mut().enumerate().filter(|(_, block)| !block.is_empty()) {
            self.cohort.serve(partition, block);
            block.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, ServiceRecord, SpendingRecord};

    #[test]
    fn packed_records_come_back() {
        for origin in [Origin::Line, Origin::Header, Origin::NonClaims, Origin::Reduction] {
            let record = SpendingRecord { cents: -5, read: i64::MAX, bene: 7, month: 47, component: 3, origin, biller: u32::MAX };
            let mut bytes = Vec::new();
            record.pack(&mut bytes);
            assert_eq!(SpendingRecord::unpack(&bytes.try_into().unwrap()), record);
        }
        let record = ServiceRecord { cents: -9, bene: 1, entity: 2, windows: 1 << 63, day: 65_535, role: 4, stays: 2 };
        let mut bytes = Vec::new();
        record.pack(&mut bytes);
        assert_eq!(ServiceRecord::unpack(&bytes.try_into().unwrap()), record);
    }
}
