//! Faults of single rows as bits: each column adds its bits, and only rows with a bit that their kind of claim can have are counted
//! one by one ([`Adding::add`](super::adding::Adding::add)).

use super::finding::{Finding, Measure};
use super::limits::Limits;
use super::monthly::Monthly;
use crate::error::Result;

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

/// Faults that every row can have.
const ANY: u32 = Fault::NoBeneficiary.bit()
    | Fault::UnknownBeneficiary.bit()
    | Fault::NoDate.bit()
    | Fault::FromAfterThru.bit()
    | Fault::ProcessedBeforeService.bit()
    | Fault::AfterDeath.bit()
    | Fault::NoAmount.bit()
    | Fault::NotCountedMonth.bit();

/// Faults that a row of a part of expenditure can have: of a claim, or of a line.
#[must_use]
pub fn possible(component: &str, header: bool) -> u32 {
    ANY | match component {
        "not counted" => 0,
        _ if header => Fault::BillType.bit() | Fault::CcnShape.bit(),
        "carrier" => Fault::TinShape.bit() | Fault::HcpcsShape.bit() | Fault::SpecialtyShape.bit(),
        "DME" => Fault::HcpcsShape.bit(),
        "facility line" => Fault::CcnShape.bit() | Fault::BillType.bit(),
        _ => 0,
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
}

/// The faults of a table's rows, as findings.
///
/// # Errors
/// When a check is not in the limits.
pub fn findings(table: &'static str, months: &Monthly, limits: &Limits) -> Result<Vec<Finding>> {
    let all = months.absolute();
    let mut found = Vec::new();
    for fault in Fault::ALL {
        let tally = months.fault(fault);
        let at_stake = (i128::from(tally.absolute), all);
        let measure = Measure { count: tally.rows, of: months.rows_that_can(fault), cents: i128::from(tally.cents), at_stake };
        let column = fault.column(table == "claim_header");
        found.extend(Finding::judge(limits, fault.check(), table, Some(column), measure, String::new())?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_its_own_bit() {
        for (index, fault) in Fault::ALL.iter().enumerate() {
            assert_eq!(*fault as usize, index);
        }
    }
}
