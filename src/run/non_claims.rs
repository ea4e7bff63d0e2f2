//! `non_claims_payment` into the cohort: individually identifiable payments outside claims (42 CFR 425.605(a)(5)(ii)).

use super::claims::{ClaimsRead, Ground};
use crate::beneficiary::{Component, ExpenditureReason, MonthOfRun, NO_BENEFICIARY, NO_ENTITY, Origin, Scatter, SpendingRecord};
use crate::error::Result;
use crate::scan::Extract;
use crate::scan::SmallTable;

/// Pays what is paid outside claims.
pub fn pay(extract: &Extract, ground: Ground<'_>) -> Result<ClaimsRead> {
    let table = SmallTable::read(&extract.non_claims_payment)?;
    let mut read = ClaimsRead::default();
    let mut scatter = Scatter::new(ground.cohort);
    for row in 0..table.rows() {
        let cents = table.int(row, "payment_amt");
        let priced = cents.unwrap_or(0);
        read.non_claims_payments.0 += i128::from(priced);
        read.non_claims_payments.1 += i128::from(priced).abs();
        let paid = |again: bool| record(&table, row, ground, again).map(|record| (record, 0));
        // Without a month in the latest twelve it is nothing there.
        if let Some(reason) = scatter.pay_both(paid(false), paid(true)) {
            read.reconciliation.non_claims.add(reason as usize, priced);
        }
    }
    scatter.flush();
    read.revenue = scatter.revenue;
    Ok(read)
}

/// What one row pays, in its own year or `again` in the latest twelve months, or why it pays nothing.
pub fn record(table: &SmallTable, row: usize, ground: Ground<'_>, again: bool) -> Result<SpendingRecord, ExpenditureReason> {
    let id = table.text(row, "bene_id").ok_or(ExpenditureReason::NoBeneficiary)?;
    let bene = ground.ids.number(id.as_bytes());
    if bene == NO_BENEFICIARY {
        return Err(ExpenditureReason::UnknownBeneficiary);
    }
    let day = table.int(row, "payment_date").ok_or(ExpenditureReason::NoDate)?;
    let cents = table.int(row, "payment_amt").ok_or(ExpenditureReason::NoAmount)?;
    let calendar = ground.policy.calendar();
    let month = if again { calendar.again(day) } else { calendar.month(day) }.ok_or(ExpenditureReason::OutsideYears)?;
    if table.int(row, "final_payment") != Some(1) && !ground.policy.interim_payments_count {
        return Err(ExpenditureReason::Interim);
    }
    let earns = ground.policy.revenue_year == Some(month / 12);
    let biller = table.text(row, "tin").filter(|_| earns).map_or(NO_ENTITY, |tin| ground.entities.tin(tin.as_bytes()));
    let (month, component) = (MonthOfRun::of(month), Component::NonClaims as u8);
    Ok(SpendingRecord { cents, read: cents, bene, month, component, origin: Origin::NonClaims, biller })
}
