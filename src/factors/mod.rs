//! The seam between the halves: what the exact half needs to know of each ACO, its region and the nation, as documented
//! CSV tables in one folder.
//!
//! Amounts are dollars at full precision, rates and shares fractions, weights and shares by person-years,
//! `assigned_beneficiaries` by heads. A folder holds one performance year of each ACO; in 2019 an ACO may appear once per
//! half, and its rows in the other tables then name the half.

mod cells;
mod changed;
mod compute;
mod faults;
mod normal;
mod read;
mod region;
mod tables;
mod validate;
mod write;

pub use changed::{asked, changeable};
pub use compute::{Basing, Basis, Holder, Risk, ScoreSet, YearBasis};
pub use faults::{Reading, Unread, told_at_once};
pub use region::without_figures;
pub use tables::{
    Aco, AcoCounty, AcoKey, AcoRegion, AcoYear, Acpt, AssignmentMethod, County, FactorTables, FactorYear, MinimumRateChoice,
    National, QualityStandard, Termination, Window,
};

#[cfg(test)]
mod tests;
