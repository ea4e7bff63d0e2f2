//! What a row leaves behind for its beneficiary.

use super::day::MonthOfRun;
use super::reason::ExpenditureReason;

/// A payment on its way to its beneficiary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpendingRecord {
    /// Cents that count: sequestration added back, supplements taken out.
    pub cents: i64,
    /// Cents as read.
    pub read: i64,
    /// Beneficiary.
    pub bene: u32,
    /// Month.
    pub month: MonthOfRun,
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
    /// The same payment in the latest twelve months, told with its own year.
    Again,
}

impl Origin {
    /// The origin that a number stands for, as `origin as u8` gives it.
    #[inline]
    pub(super) fn of(number: u8) -> Self {
        match number {
            0 => Self::Line,
            1 => Self::Header,
            2 => Self::NonClaims,
            3 => Self::Reduction,
            _ => Self::Again,
        }
    }
}

/// A record that is somebody's.
pub trait OfPerson {
    /// Whose it is: another number for everybody else of the same partition.
    fn person(&self) -> u32;
}

impl OfPerson for SpendingRecord {
    fn person(&self) -> u32 {
        self.bene
    }
}

impl OfPerson for ServiceRecord {
    fn person(&self) -> u32 {
        self.bene
    }
}

/// A payment as a partition takes it in.
pub trait Payment: OfPerson {
    /// Position of its beneficiary in the partition whose first is given.
    fn position(&self, first: u32) -> usize;
    /// Cents that count.
    fn cents(&self) -> i64;
    /// Cents as read.
    fn read(&self) -> i64;
    /// Month.
    fn month(&self) -> MonthOfRun;
    /// Component.
    fn component(&self) -> u8;
    /// What it is of.
    fn origin(&self) -> Origin;
    /// Whose revenue it is.
    fn biller(&self) -> u32;
}

impl Payment for SpendingRecord {
    #[inline]
    fn position(&self, first: u32) -> usize {
        (self.bene - first) as usize
    }

    #[inline]
    fn cents(&self) -> i64 {
        self.cents
    }

    #[inline]
    fn read(&self) -> i64 {
        self.read
    }

    #[inline]
    fn month(&self) -> MonthOfRun {
        self.month
    }

    #[inline]
    fn component(&self) -> u8 {
        self.component
    }

    #[inline]
    fn origin(&self) -> Origin {
        self.origin
    }

    #[inline]
    fn biller(&self) -> u32 {
        self.biller
    }
}

/// What a row pays, and the reduction for population-based payments in it, or why it pays nothing.
pub type Paid = Result<(SpendingRecord, i64), ExpenditureReason>;

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
        out.extend_from_slice(&[self.month.year, self.month.month, self.component, self.origin as u8]);
    }

    /// The record that was packed.
    pub fn unpack(bytes: &[u8; PACKED]) -> Self {
        let [year, month, component, origin] = field(bytes, 24);
        Self {
            cents: i64::from_le_bytes(field(bytes, 0)),
            read: i64::from_le_bytes(field(bytes, 8)),
            bene: u32::from_le_bytes(field(bytes, 16)),
            biller: u32::from_le_bytes(field(bytes, 20)),
            month: MonthOfRun { year, month },
            component,
            origin: Origin::of(origin),
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

#[cfg(test)]
mod tests {
    use super::{MonthOfRun, Origin, ServiceRecord, SpendingRecord};

    #[test]
    fn packed_records_come_back() {
        for origin in [Origin::Line, Origin::Header, Origin::NonClaims, Origin::Reduction] {
            let record = SpendingRecord {
                cents: -5,
                read: i64::MAX,
                bene: 7,
                month: MonthOfRun::of(47),
                component: 3,
                origin,
                biller: u32::MAX,
            };
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
