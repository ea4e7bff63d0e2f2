//! Faults of single rows as bits: each column adds its bits, and only rows with a bit set are looked at again.

use crate::scan::NULL_INT;

/// A fault that a row can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// No beneficiary.
    NoBeneficiary,
    /// Of nobody in `beneficiary_year`.
    UnknownBeneficiary,
    /// No day of service.
    NoDate,
    /// Begins after it ends.
    FromAfterThru,
    /// Processed before its last day.
    ProcessedBeforeService,
    /// More than a month after death.
    AfterDeath,
    /// No payment.
    NoAmount,
    /// Bill type.
    BillType,
    /// Facility.
    CcnShape,
    /// Taxpayer.
    TinShape,
    /// Procedure.
    HcpcsShape,
    /// Specialty.
    SpecialtyShape,
    /// In a month that does not count.
    NotCountedMonth,
}

/// How many faults there are.
pub const FAULTS: usize = 13;

impl Fault {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; FAULTS] = [
        Self::NoBeneficiary,
        Self::UnknownBeneficiary,
        Self::NoDate,
        Self::FromAfterThru,
        Self::ProcessedBeforeService,
        Self::AfterDeath,
        Self::NoAmount,
        Self::BillType,
        Self::CcnShape,
        Self::TinShape,
        Self::HcpcsShape,
        Self::SpecialtyShape,
        Self::NotCountedMonth,
    ];

    /// Name of the check.
    #[must_use]
    pub const fn check(self) -> &'static str {
        match self {
            Self::NoBeneficiary => "no_beneficiary",
            Self::UnknownBeneficiary => "unknown_beneficiary",
            Self::NoDate => "no_date",
            Self::FromAfterThru => "from_after_thru",
            Self::ProcessedBeforeService => "processed_before_service",
            Self::AfterDeath => "after_death",
            Self::NoAmount => "no_amount",
            Self::BillType => "bill_type",
            Self::CcnShape => "ccn_shape",
            Self::TinShape => "tin_shape",
            Self::HcpcsShape => "hcpcs_shape",
            Self::SpecialtyShape => "specialty_shape",
            Self::NotCountedMonth => "not_counted_month",
        }
    }

    /// The column at fault.
    #[must_use]
    pub const fn column(self, header: bool) -> &'static str {
        match self {
            Self::NoBeneficiary | Self::UnknownBeneficiary => "bene_id",
            Self::FromAfterThru if header => "from_date",
            Self::FromAfterThru => "first_date",
            Self::NoDate | Self::AfterDeath | Self::NotCountedMonth if header => "thru_date",
            Self::NoDate | Self::AfterDeath | Self::NotCountedMonth => "last_date",
            Self::ProcessedBeforeService => "processed_date",
            Self::NoAmount => "payment_amt",
            Self::BillType => "facility_type",
            Self::CcnShape => "ccn",
            Self::TinShape => "tin",
            Self::HcpcsShape => "hcpcs",
            Self::SpecialtyShape => "specialty",
        }
    }

    /// Its bit.
    #[must_use]
    pub const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// Rows and money with a fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows.
    pub rows: u64,
    /// Cents.
    pub cents: i64,
    /// Cents without signs.
    pub absolute: i64,
    /// Rows that could have the fault.
    pub of: u64,
}

/// Tallies of all faults of a table.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// By fault.
    pub tallies: [Tally; FAULTS],
}

impl Faults {
    /// Adds the rows of a chunk; `apply` says by row which faults its kind of claim can have.
    pub fn add(&mut self, flags: &[u32], applies: &[u32], payments: &[i64]) {
        let mut counts = [0_u64; FAULTS];
        // Few kinds of claims follow each other in runs, so that most rows cost one comparison.
        let (mut kind, mut run) = (0, 0);
        for row in 0..flags.len() {
            if applies[row] != kind {
                spread(&mut counts, kind, run);
                (kind, run) = (applies[row], 0);
            }
            run += 1;
            let mut set = flags[row] & kind;
            while set != 0 {
                let tally = &mut self.tallies[set.trailing_zeros() as usize];
                let cents = if payments[row] == NULL_INT { 0 } else { payments[row] };
                tally.rows += 1;
                tally.cents += cents;
                tally.absolute += cents.abs();
                set &= set - 1;
            }
        }
        spread(&mut counts, kind, run);
        for (tally, count) in self.tallies.iter_mut().zip(counts) {
            tally.of += count;
        }
    }

    /// Adds the tallies of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.tallies.iter_mut().zip(&other.tallies) {
            mine.rows += theirs.rows;
            mine.cents += theirs.cents;
            mine.absolute += theirs.absolute;
            mine.of += theirs.of;
        }
    }
}

fn spread(counts: &mut [u64; FAULTS], kind: u32, run: u64) {
    for (fault, count) in counts.iter_mut().enumerate() {
        *count += run * u64::from(kind >> fault & 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_for_the_faults_they_can_have() {
        let mut faults = Faults::default();
        let (ccn, tin) = (Fault::CcnShape.bit(), Fault::TinShape.bit());
        faults.add(&[ccn | tin, ccn | tin, 0, tin], &[ccn, tin, tin, tin], &[-5, 7, 1, NULL_INT]);
        let tally = |fault: Fault| faults.tallies[fault as usize];
        assert_eq!(tally(Fault::CcnShape), Tally { rows: 1, cents: -5, absolute: 5, of: 1 });
        assert_eq!(tally(Fault::TinShape), Tally { rows: 2, cents: 7, absolute: 7, of: 3 });
        for (index, fault) in Fault::ALL.iter().enumerate() {
            assert_eq!(*fault as usize, index);
        }
    }
}
