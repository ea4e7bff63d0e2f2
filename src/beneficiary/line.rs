//! Carrier, DME and facility lines: payments and primary care services.

use super::day::Days;
use super::header::{NOBODY, Worth};
use super::line_rows::{ROWS, Rows};
use super::policy::Policy;
use super::reason::{AssignmentReason, BATCH, Batch, ExpenditureReason, Reconciliation, Tally};
use super::record::{ServiceRecord, SpendingRecord};
use super::scatter::Scatter;
use crate::for_newer_processors;

const NULL: i64 = i64::MIN;

/// Decoded columns of `claim_line`, all of one length.
#[derive(Debug, Default)]
pub struct LineColumns {
    /// Beneficiary number, as in `HeaderColumns`.
    pub bene: Vec<u32>,
    /// Claim type.
    pub claim_type: Vec<i64>,
    /// Last day of service.
    pub last_date: Vec<i64>,
    /// Position in [`Policy::tests`].
    pub procedure: Vec<u32>,
    /// Bit 0: a professional's revenue center under method II; bit 1: a visit to a clinic.
    pub revenue_center: Vec<u32>,
    /// 1 at a nursing facility, 2 at home.
    pub place: Vec<u32>,
    /// Role of the specialty.
    pub specialty: Vec<u32>,
    /// Entity number of the taxpayer.
    pub tin: Vec<u32>,
    /// Entity number of the facility.
    pub ccn: Vec<u32>,
    /// Facility type, a character.
    pub facility_type: Vec<u32>,
    /// Classification, a character.
    pub classification: Vec<u32>,
    /// Rendering, other and attending clinician.
    pub clinicians: [Vec<i64>; 3],
    /// Payment, cents.
    pub payment: Vec<i64>,
    /// Allowed charge, cents.
    pub allowed: Vec<i64>,
    /// 1 when the claim of a facility line was not paid.
    pub non_payment: Vec<u32>,
    /// 1 when the claim was denied.
    pub denial: Vec<u32>,
    /// 1 when the line was not paid.
    pub unpaid: Vec<u32>,
    /// Processing day.
    pub processed: Vec<i64>,
    /// Sequestration taken, cents.
    pub sequestration: Vec<i64>,
    /// Reduction for population-based payments, cents.
    pub pbp_reduction: Vec<i64>,
    /// Windows in which an add-on procedure's claim has a base; empty where no procedure is an add-on.
    pub carried: Vec<u64>,
}

impl LineColumns {
    /// Sends every payment and service to its beneficiary; tallies the rows that end here.
    pub fn scatter(&self, policy: &Policy, scatter: &mut Scatter<'_>, tally: &mut Reconciliation) {
        let count = self.bene.len();
        let whole = count / ROWS * ROWS;
        for first in (0..whole).step_by(BATCH) {
            let (mut payments, mut services) = (Batch::default(), Batch::default());
            for at in (first..whole.min(first + BATCH)).step_by(ROWS) {
                if let Some(rows) = Rows::cut(self, at) {
                    pay(&rows, ROWS, policy, scatter, &mut payments, &mut tally.line);
                    serve(&rows, ROWS, policy, scatter, &mut services, &mut tally.service);
                }
            }
            payments.settle(&mut tally.line);
            services.settle(&mut tally.service);
        }
        if whole < count {
            let rest = self.from(whole);
            if let Some(rows) = Rows::cut(&rest, 0) {
                let (mut payments, mut services) = (Batch::default(), Batch::default());
                pay(&rows, count - whole, policy, scatter, &mut payments, &mut tally.line);
                serve(&rows, count - whole, policy, scatter, &mut services, &mut tally.service);
                payments.settle(&mut tally.line);
                services.settle(&mut tally.service);
            }
        }
    }

    /// [`ROWS`] rows from one on; those past the end name nobody.
    fn from(&self, first: usize) -> Self {
        fn cut<T: Copy>(column: &[T], first: usize, null: T) -> Vec<T> {
            let rest = column.get(first..).unwrap_or_default();
            let mut cut = rest[..rest.len().min(ROWS)].to_vec();
            cut.resize(ROWS, null);
            cut
        }
        let numbers = |column: &Vec<i64>| cut(column, first, NULL);
        let codes = |column: &Vec<u32>| cut(column, first, 0);
        Self {
            bene: cut(&self.bene, first, NOBODY),
            claim_type: numbers(&self.claim_type),
            last_date: numbers(&self.last_date),
            procedure: codes(&self.procedure),
            revenue_center: codes(&self.revenue_center),
            place: codes(&self.place),
            specialty: codes(&self.specialty),
            tin: codes(&self.tin),
            ccn: codes(&self.ccn),
            facility_type: codes(&self.facility_type),
            classification: codes(&self.classification),
            clinicians: std::array::from_fn(|at| numbers(&self.clinicians[at])),
            payment: numbers(&self.payment),
            allowed: numbers(&self.allowed),
            non_payment: codes(&self.non_payment),
            denial: codes(&self.denial),
            unpaid: codes(&self.unpaid),
            processed: numbers(&self.processed),
            sequestration: numbers(&self.sequestration),
            pbp_reduction: numbers(&self.pbp_reduction),
            carried: self.carried.get(first..).unwrap_or_default().to_vec(),
        }
    }

    /// What became of one row's payment, as [`Self::scatter`] decides it, for an account of one person.
    pub fn explain_payment(&self, row: usize, policy: &Policy) -> Result<(SpendingRecord, Worth), ExpenditureReason> {
        let alone = self.from(row);
        let Some(rows) = Rows::cut(&alone, 0) else { return Err(ExpenditureReason::NoBeneficiary) };
        let (record, reduction) = rows.payment(0, policy, policy.days())?;
        Ok((record, Worth { sequestration: record.cents - record.read - reduction, supplements: 0, reduction }))
    }

    /// What became of one row as a service, as [`Self::scatter`] decides it, for an account of one person.
    pub fn explain_service(&self, row: usize, policy: &Policy) -> Result<ServiceRecord, AssignmentReason> {
        let alone = self.from(row);
        let Some(rows) = Rows::cut(&alone, 0) else { return Err(AssignmentReason::NoBeneficiary) };
        rows.service(0, policy, policy.days())
    }
}

for_newer_processors! {
    /// Sends the payments of the first `count` rows.
    fn pay(rows: &Rows<'_>, count: usize, policy: &Policy, scatter: &mut Scatter<'_>, batch: &mut Batch, tally: &mut Tally) = pay_rows;
}

for_newer_processors! {
    /// Sends the services of the first `count` rows.
    fn serve(rows: &Rows<'_>, count: usize, policy: &Policy, scatter: &mut Scatter<'_>, batch: &mut Batch, tally: &mut Tally) = serve_rows;
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn pay_rows(rows: &Rows<'_>, count: usize, policy: &Policy, scatter: &mut Scatter<'_>, batch: &mut Batch, tally: &mut Tally) {
    let days = policy.days();
    if let Some(again) = policy.days_again() {
        return pay_twice(rows, count, policy, [days, again], scatter, tally);
    }
    for row in 0..count.min(ROWS) {
        match rows.payment(row, policy, days) {
            Ok((record, reduction)) => scatter.pay(record, reduction),
            Err(reason) => {
                let payment = rows.payment[row];
                batch.add(tally, reason as usize, if payment == NULL { 0 } else { payment });
            }
        }
    }
}

/// Sends the payments of the first `count` rows in their own years and in the latest twelve months.
#[cold]
fn pay_twice(
    rows: &Rows<'_>,
    count: usize,
    policy: &Policy,
    [own, again]: [&Days; 2],
    scatter: &mut Scatter<'_>,
    tally: &mut Tally,
) {
    for row in 0..count.min(ROWS) {
        if let Some(reason) = scatter.pay_both(rows.payment(row, policy, own), rows.payment(row, policy, again)) {
            let payment = rows.payment[row];
            tally.add(reason as usize, if payment == NULL { 0 } else { payment });
        }
    }
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn serve_rows(rows: &Rows<'_>, count: usize, policy: &Policy, scatter: &mut Scatter<'_>, batch: &mut Batch, tally: &mut Tally) {
    let days = policy.days();
    for row in 0..count.min(ROWS) {
        match rows.service(row, policy, days) {
            Ok(record) => scatter.serve(record),
            Err(reason) => {
                let allowed = rows.allowed[row];
                batch.add(tally, reason as usize, if allowed == NULL { 0 } else { allowed });
            }
        }
    }
}
