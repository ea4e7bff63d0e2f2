//! Institutional claims: payments and stays.

use super::day::{Days, MonthOfRun};
use super::entities::NO_ENTITY;
use super::policy::{ClaimClass, Policy};
use super::reason::{BATCH, Batch, ExpenditureReason, Tally};
use super::record::{Origin, Paid, SpendingRecord};
use super::scatter::Scatter;
use super::stays::{Stay, StayKind};
use crate::money::div_half_even;

/// What a row's null reads as.
const NULL: i64 = i64::MIN;
/// Ten-thousandths of the whole.
pub(super) const WHOLE: u16 = 10_000;

/// Decoded columns of `claim_header`, all of one length.
#[derive(Debug, Default)]
pub struct HeaderColumns {
    /// Beneficiary number; `u32::MAX` unknown, `u32::MAX - 1` none on the row.
    pub bene: Vec<u32>,
    /// Claim type.
    pub claim_type: Vec<i64>,
    /// First day.
    pub from_date: Vec<i64>,
    /// Last day.
    pub thru_date: Vec<i64>,
    /// Bit 31: the CCN's state keeps its supplements; the rest: the CCN's entity number.
    pub ccn: Vec<u32>,
    /// Entity number of the CCN's taxpayer.
    pub tin: Vec<u32>,
    /// Facility type, a character.
    pub facility_type: Vec<u32>,
    /// 1 when a non-payment reason is given.
    pub non_payment: Vec<u32>,
    /// Processing day.
    pub processed: Vec<i64>,
    /// Payment, cents.
    pub payment: Vec<i64>,
    /// Operating and capital IME and DSH, uncompensated care, IHS and Puerto Rico supplement, cents.
    pub supplements: [Vec<i64>; 6],
    /// Sequestration taken, cents.
    pub sequestration: Vec<i64>,
    /// Reduction for population-based payments, cents.
    pub pbp_reduction: Vec<i64>,
}

/// Beneficiary code of a row that names nobody.
pub const NOBODY: u32 = u32::MAX - 1;

/// What makes a payment that counts worth something else than what was paid, cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worth {
    /// Added: what sequestration took.
    pub sequestration: i64,
    /// Taken out: medical education, disproportionate share, uncompensated care and the like.
    pub supplements: i64,
    /// Added: the reduction for population-based payments.
    pub reduction: i64,
}

/// A payment with sequestration added back: the amount given, or the payment over the share kept (half to even).
#[inline]
pub(super) fn gross(payment: i64, given: i64, kept: u16) -> i64 {
    if given != NULL {
        payment + given
    } else if kept == WHOLE {
        payment
    } else {
        restored(payment, kept)
    }
}

/// A payment over the share of it that was kept, half to even.
fn restored(payment: i64, kept: u16) -> i64 {
    // Division of 64 bits is a tenth of the work of 128; no payment of a cent to a trillion dollars needs more.
    let (whole, kept) = (i64::from(WHOLE), i64::from(kept));
    let Some(numerator) = payment.checked_mul(whole) else {
        return div_half_even(i128::from(payment) * i128::from(whole), i128::from(kept)) as i64;
    };
    let quotient = numerator.div_euclid(kept);
    let twice = numerator.rem_euclid(kept) * 2;
    quotient + i64::from(twice > kept || (twice == kept && quotient & 1 == 1))
}

impl HeaderColumns {
    /// Sends every payment and stay to its beneficiary; tallies the rows that end here. `pair` numbers a
    /// taxpayer and a facility together, for revenue.
    pub fn scatter(
        &self,
        policy: &Policy,
        scatter: &mut Scatter<'_>,
        stays: &mut Vec<(u32, Stay)>,
        tally: &mut Tally,
        pair: &mut dyn FnMut(u32, u32) -> u32,
    ) {
        let rows = self.bene.len();
        let (days, days_again) = (policy.days(), policy.days_again());
        for first in (0..rows).step_by(BATCH) {
            let mut batch = Batch::default();
            for row in first..rows.min(first + BATCH) {
                let own = self.row(row, policy, days, Some(stays), pair);
                let told = match days_again {
                    None => own.map(|(record, reduction)| scatter.pay(record, reduction)).err(),
                    Some(days) => scatter.pay_both(own, self.row(row, policy, days, None, pair)),
                };
                if let Some(reason) = told {
                    let payment = self.payment[row];
                    batch.add(tally, reason as usize, if payment == NULL { 0 } else { payment });
                }
            }
            batch.settle(tally);
        }
    }

    /// What a row pays in the months that `days` give; its stay goes to `stays`.
    #[inline]
    fn row(
        &self,
        row: usize,
        policy: &Policy,
        days: &Days,
        stays: Option<&mut Vec<(u32, Stay)>>,
        pair: &mut dyn FnMut(u32, u32) -> u32,
    ) -> Paid {
        let bene = self.bene[row];
        if bene >= NOBODY {
            return Err(if bene == NOBODY { ExpenditureReason::NoBeneficiary } else { ExpenditureReason::UnknownBeneficiary });
        }
        let thru = self.thru_date[row];
        if thru == NULL {
            return Err(ExpenditureReason::NoDate);
        }
        let payment = self.payment[row];
        if payment == NULL {
            return Err(ExpenditureReason::NoAmount);
        }
        let claim_type = self.claim_type[row];
        if claim_type == NULL {
            return Err(ExpenditureReason::NoClaimType);
        }
        let class = usize::try_from(claim_type).ok().and_then(|at| policy.header_class.get(at)).copied().unwrap_or_default();
        if let Some(stays) = stays.filter(|_| class.skilled_nursing_stay || class.inpatient_stay) {
            let calendar = policy.calendar();
            let kind = if class.skilled_nursing_stay { StayKind::SkilledNursing } else { StayKind::Inpatient };
            let last = i64::from(calendar.base()) + calendar.days() as i64 - 1;
            let from = self.from_date[row];
            if from != NULL && from <= thru && thru >= i64::from(calendar.base()) && from <= last {
                let from = calendar.ordinal(from.max(i64::from(calendar.base())));
                stays.push((bene, Stay { bene, from, to: calendar.ordinal(thru.min(last)), kind }));
            }
        }
        let component = class.component.ok_or(ExpenditureReason::ClaimTypeNotCounted)?;
        let day = days.at(thru);
        if day.month == MonthOfRun::OUTSIDE {
            return Err(ExpenditureReason::OutsideYears);
        }
        let voided = class.facility_type_denies && policy.voiding_facility_types.contains(&(self.facility_type[row] as u8));
        if self.non_payment[row] != 0 || voided {
            return Err(ExpenditureReason::Denied);
        }
        let processed = self.processed[row];
        // A claim without a processing day is in time, for no day is earlier than none.
        if processed > i64::from(day.run_out) {
            return Err(ExpenditureReason::PaidAfterRunOut);
        }
        let earns = policy.revenue_year == Some(usize::from(day.month.year));
        let biller = if earns { pair(self.tin[row], self.ccn[row] & !KEEPS) } else { NO_ENTITY };
        let worth = self.worth(row, policy, class, day.kept);
        let (month, component) = (day.month, component as u8);
        let cents = payment + worth.sequestration - worth.supplements + worth.reduction;
        Ok((SpendingRecord { cents, read: payment, bene, month, component, origin: Origin::Header, biller }, worth.reduction))
    }

    /// What makes a claim that counts worth something else than its payment; `kept` is what sequestration left that day.
    fn worth(&self, row: usize, policy: &Policy, class: ClaimClass, kept: u16) -> Worth {
        let payment = self.payment[row];
        let reduction = self.pbp_reduction[row];
        let mut worth = Worth {
            sequestration: gross(payment, self.sequestration[row], kept) - payment,
            supplements: 0,
            reduction: if reduction == NULL { 0 } else { reduction },
        };
        if class.removes_supplements && self.ccn[row] & KEEPS == 0 {
            let which = policy.supplements;
            let taken = [
                which.ime_operating,
                which.dsh_operating,
                which.ime_capital,
                which.dsh_capital,
                which.uncompensated_care,
                which.ihs_pr,
            ];
            for (column, taken) in self.supplements.iter().zip(taken) {
                let supplement = column[row];
                if taken && supplement != NULL {
                    worth.supplements += supplement;
                }
            }
        }
        worth
    }

    /// What became of one row, as [`Self::scatter`] decides it, for an account of one person.
    pub fn explain(
        &self,
        row: usize,
        policy: &Policy,
        stays: &mut Vec<(u32, Stay)>,
    ) -> Result<(SpendingRecord, Worth), ExpenditureReason> {
        let (record, reduction) = self.row(row, policy, policy.days(), Some(stays), &mut |_, _| NO_ENTITY)?;
        let class = policy.header_class.get(self.claim_type[row] as usize).copied().unwrap_or_default();
        let kept = policy.days().at(self.thru_date[row]).kept;
        Ok((record, Worth { reduction, ..self.worth(row, policy, class, kept) }))
    }
}

/// Bit of a CCN's code that says that its state keeps its supplements.
pub const KEEPS: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WHOLE, restored};
    use crate::money::div_half_even;

    proptest! {
        #[test]
        fn a_payment_is_restored_as_in_wider_integers(
            payment in prop_oneof![-100_000_000i64..100_000_000, any::<i64>().prop_map(|cents| cents / 4)],
            kept in 5_000u16..WHOLE,
        ) {
            let expected = div_half_even(i128::from(payment) * i128::from(WHOLE), i128::from(kept)) as i64;
            prop_assert_eq!(restored(payment, kept), expected);
        }
    }

    #[test]
    fn halves_go_to_the_even_cent() {
        // 10,000 / 8,000 of 2 and of 6 cents are 2.5 and 7.5.
        assert_eq!([2, 6, -2, -6].map(|cents| restored(cents, 8_000)), [2, 8, -2, -8]);
    }
}
