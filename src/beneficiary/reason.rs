//! Why a row counts or does not, for expenditure and for assignment: fixed lists, the first that holds decides.

use serde::Serialize;

use super::record::Origin;

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$row:meta])* $variant:ident = $text:literal, $fault:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$row])* $variant,)+
        }

        impl $name {
            /// Every reason, in the order in which they are tried.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in reconciliation and manifest.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Whether the row itself is at fault, so that it counts towards `--max-quarantined`.
            pub const fn is_fault(self) -> bool {
                match self { $(Self::$variant => $fault,)+ }
            }
        }
    };
}

reasons! {
    /// Why a row's payment counts or does not.
    ExpenditureReason {
        /// No beneficiary on the row.
        NoBeneficiary = "no_beneficiary", true;
        /// A beneficiary who is not in `beneficiary_year`.
        UnknownBeneficiary = "unknown_beneficiary", true;
        /// No date to take the month from.
        NoDate = "no_date", true;
        /// No payment, or one too large to be one.
        NoAmount = "no_amount", true;
        /// No claim type.
        NoClaimType = "no_claim_type", true;
        /// A revenue line whose money is in its claim's header.
        MoneyInHeader = "money_in_header", false;
        /// A claim type that is not expenditure.
        ClaimTypeNotCounted = "claim_type_not_counted", false;
        /// Outside the years of the run.
        OutsideYears = "outside_years", false;
        /// Denied by Medicare.
        Denied = "denied", false;
        /// Paid after the run-out.
        PaidAfterRunOut = "paid_after_run_out", false;
        /// Billing that CMS found significant, anomalous and highly suspect.
        AnomalousBilling = "anomalous_billing", false;
        /// Interim, when only final payments count.
        Interim = "interim", false;
        /// In a month of a COVID-19 episode.
        CovidEpisode = "covid_episode", false;
        /// In a month that counts for no enrollment type.
        MonthWithoutType = "month_without_type", false;
        /// Counted.
        Counted = "counted", false;
    }
}

reasons! {
    /// Why a line counts as a primary care service or does not.
    AssignmentReason {
        /// No beneficiary on the row.
        NoBeneficiary = "no_beneficiary", true;
        /// A beneficiary who is not in `beneficiary_year`.
        UnknownBeneficiary = "unknown_beneficiary", true;
        /// No date of service.
        NoDate = "no_date", true;
        /// No claim type.
        NoClaimType = "no_claim_type", true;
        /// A claim type whose lines are no primary care services.
        ClaimTypeNotUsed = "claim_type_not_used", false;
        /// Outside every assignment window of the run.
        OutsideWindows = "outside_windows", false;
        /// Denied by Medicare.
        Denied = "denied", false;
        /// A facility of a kind that does not count.
        FacilityNotUsed = "facility_not_used", false;
        /// A procedure that is not on the list of the performance year.
        CodeNotListed = "code_not_listed", false;
        /// A specialty that counts in no step.
        SpecialtyNotUsed = "specialty_not_used", false;
        /// A place of service that the procedure must not have, or not the one that it must have.
        PlaceOfService = "place_of_service", false;
        /// No base code on the claim of an add-on code.
        AddOnWithoutBase = "add_on_without_base", false;
        /// Processed after the run-out of every window that holds it.
        ProcessedAfterRunOut = "processed_after_run_out", false;
        /// No billing entity.
        NoEntity = "no_billing_entity", true;
        /// During a stay in a skilled nursing facility or hospital.
        DuringStay = "during_facility_stay", false;
        /// Counted.
        Counted = "counted", false;
    }
}

/// More than there are reasons.
pub(super) const REASONS: usize = 16;

/// Rows and dollars of one table, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub(super) reasons: [Weight; REASONS],
}

/// Rows of one reason, their net cents and the sum of their absolute cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) rows: u64,
    pub(super) cents: i128,
    pub(super) magnitude: i128,
}

/// Rows of some reason in a batch, their cents and absolute cents, in 64 bits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Light {
    rows: u64,
    cents: i64,
    magnitude: i64,
}

/// Most rows of a batch.
pub(super) const BATCH: usize = 1 << 12;
/// Bits of the amounts that a [`Light`] adds: those of [`BATCH`] rows fit 63 bits.
const LIGHT_BITS: u32 = 50;

impl Light {
    /// Whether a batch of such amounts adds up in 64 bits.
    #[inline]
    pub(super) fn takes(cents: i64) -> bool {
        cents.unsigned_abs() >> LIGHT_BITS == 0
    }

    /// Counts a row of an amount that it takes.
    #[inline]
    pub(super) fn add(&mut self, cents: i64) {
        self.rows += 1;
        self.cents += cents;
        self.magnitude += cents.abs();
    }
}

/// What becomes of at most [`BATCH`] rows, by reason: counted in 64 bits, for every row is.
#[derive(Debug, Default)]
pub(super) struct Batch {
    // Apart, for added side by side they would be packed into vectors for it and out again.
    rows: [u64; REASONS],
    cents: [i64; REASONS],
    magnitude: [i64; REASONS],
}

impl Batch {
    /// Counts a row; one of an amount out of all proportion goes to the tally itself.
    #[inline]
    pub(super) fn add(&mut self, tally: &mut Tally, reason: usize, cents: i64) {
        if Light::takes(cents) {
            let reason = reason & (REASONS - 1);
            self.rows[reason] += 1;
            self.cents[reason] += cents;
            self.magnitude[reason] += cents.abs();
        } else {
            tally.add(reason, cents);
        }
    }

    /// Hands what was counted on.
    pub(super) fn settle(self, tally: &mut Tally) {
        for reason in 0..REASONS {
            let (rows, cents, magnitude) = (self.rows[reason], self.cents[reason], self.magnitude[reason]);
            tally.absorb(reason, Light { rows, cents, magnitude });
        }
    }
}

impl Tally {
    /// Adds rows of a batch.
    pub(super) fn absorb(&mut self, reason: usize, light: Light) {
        self.add_sums(reason, (light.rows, i128::from(light.cents), i128::from(light.magnitude)));
    }

    /// Counts a row of that many cents.
    #[inline]
    pub fn add(&mut self, reason: usize, cents: i64) {
        let weight = &mut self.reasons[reason];
        weight.rows += 1;
        weight.cents += i128::from(cents);
        weight.magnitude += i128::from(cents.unsigned_abs());
    }

    /// Counts rows with their cents and absolute cents.
    fn add_sums(&mut self, reason: usize, (rows, cents, magnitude): (u64, i128, i128)) {
        let weight = &mut self.reasons[reason];
        weight.rows += rows;
        weight.cents += cents;
        weight.magnitude += magnitude;
    }

    /// Adds another tally to this one.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.reasons.iter_mut().zip(&other.reasons) {
            mine.rows += theirs.rows;
            mine.cents += theirs.cents;
            mine.magnitude += theirs.magnitude;
        }
    }

    /// Rows, cents and the sum of absolute cents of a reason.
    pub fn get(&self, reason: usize) -> (u64, i128, i128) {
        let weight = &self.reasons[reason];
        (weight.rows, weight.cents, weight.magnitude)
    }
}

/// Rows and dollars of the claim tables, by reason, for both uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// `claim_header`, for expenditure.
    pub header: Tally,
    /// `claim_line`, for expenditure.
    pub line: Tally,
    /// `claim_line`, for assignment, priced at the allowed charge.
    pub service: Tally,
    /// `non_claims_payment`, for expenditure.
    pub non_claims: Tally,
}

/// One line of `reconciliation.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReconciliationRow {
    /// Table read.
    pub table: &'static str,
    /// `expenditure` or `assignment`.
    pub purpose: &'static str,
    /// Name of the reason.
    pub reason: &'static str,
    /// Whether the row itself is at fault.
    pub fault: bool,
    /// Rows.
    pub rows: u64,
    /// Net cents.
    pub cents: i128,
    /// Sum of absolute cents.
    pub absolute_cents: i128,
}

impl Reconciliation {
    /// Where payments of an origin are counted; reductions are counted with what they were taken from, and the same payment in
    /// the latest twelve months with its own year.
    pub(super) fn of(&mut self, origin: Origin) -> Option<&mut Tally> {
        match origin {
            Origin::Header => Some(&mut self.header),
            Origin::Line => Some(&mut self.line),
            Origin::NonClaims => Some(&mut self.non_claims),
            Origin::Reduction | Origin::Again => None,
        }
    }

    /// Adds another to this one.
    pub fn merge(&mut self, other: &Self) {
        self.header.merge(&other.header);
        self.line.merge(&other.line);
        self.service.merge(&other.service);
        self.non_claims.merge(&other.non_claims);
    }

    /// Adds rows, cents and absolute cents of a reason, each told as [`Reconciliation::rows`] tells it; whether there is such a
    /// reason.
    pub fn add_row(&mut self, table: &str, purpose: &str, reason: &str, sums: (u64, i128, i128)) -> bool {
        let expenditure = ExpenditureReason::ALL.iter().position(|known| known.name() == reason);
        let (tally, reason) = match (table, purpose) {
            ("claim_header", _) => (&mut self.header, expenditure),
            ("claim_line", "expenditure") => (&mut self.line, expenditure),
            ("non_claims_payment", _) => (&mut self.non_claims, expenditure),
            _ => (&mut self.service, AssignmentReason::ALL.iter().position(|known| known.name() == reason)),
        };
        if let Some(reason) = reason {
            tally.add_sums(reason, sums);
        }
        reason.is_some()
    }

    /// Every reason of every table, those without rows included.
    pub fn rows(&self) -> Vec<ReconciliationRow> {
        let mut rows = Vec::new();
        for (table, tally) in
            [("claim_header", &self.header), ("claim_line", &self.line), ("non_claims_payment", &self.non_claims)]
        {
            for reason in ExpenditureReason::ALL {
                let (count, cents, absolute_cents) = tally.get(*reason as usize);
                let (reason, fault) = (reason.name(), reason.is_fault());
                rows.push(ReconciliationRow { table, purpose: "expenditure", reason, fault, rows: count, cents, absolute_cents });
            }
        }
        for reason in AssignmentReason::ALL {
            let (count, cents, absolute_cents) = self.service.get(*reason as usize);
            let (reason, fault) = (reason.name(), reason.is_fault());
            rows.push(ReconciliationRow {
                table: "claim_line",
                purpose: "assignment",
                reason,
                fault,
                rows: count,
                cents,
                absolute_cents,
            });
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Batch, Tally};

    proptest! {
        #[test]
        fn a_batch_counts_as_row_by_row(
            rows in prop::collection::vec((0usize..16, prop_oneof![-5_000i64..5_000, any::<i64>(), Just(i64::MIN + 1), Just((1 << 50) - 1)]), 0..200),
        ) {
            let (mut one_by_one, mut batched, mut batch) = (Tally::default(), Tally::default(), Batch::default());
            for (reason, cents) in &rows {
                one_by_one.add(*reason, *cents);
                batch.add(&mut batched, *reason, *cents);
            }
            batch.settle(&mut batched);
            prop_assert_eq!(batched, one_by_one);
        }
    }
}
