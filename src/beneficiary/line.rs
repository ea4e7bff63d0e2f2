//! Carrier, DME and facility lines: payments and primary care services.

use super::calendar::{Calendar, year_of};
use super::entities::NO_ENTITY;
use super::header::{NOBODY, Worth, gross};
use super::policy::{ClaimClass, FacilityKind, Policy, Role, ServiceTest};
use super::reason::{AssignmentReason, ExpenditureReason, Reconciliation};
use super::record::{Origin, Scatter, ServiceRecord, SpendingRecord};
use super::stays::StayKind;

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

/// The columns, all cut to one length, so that a row number is held against it once and not in every column.
#[derive(Debug, Clone, Copy)]
struct Rows<'c> {
    bene: &'c [u32],
    claim_type: &'c [i64],
    last_date: &'c [i64],
    procedure: &'c [u32],
    revenue_center: &'c [u32],
    place: &'c [u32],
    specialty: &'c [u32],
    tin: &'c [u32],
    ccn: &'c [u32],
    facility_type: &'c [u32],
    classification: &'c [u32],
    clinicians: &'c [Vec<i64>; 3],
    payment: &'c [i64],
    allowed: &'c [i64],
    non_payment: &'c [u32],
    denial: &'c [u32],
    unpaid: &'c [u32],
    processed: &'c [i64],
    sequestration: &'c [i64],
    pbp_reduction: &'c [i64],
    carried: &'c [u64],
}

impl LineColumns {
    #[inline]
    fn rows(&self) -> Rows<'_> {
        let rows = self.bene.len();
        Rows {
            bene: &self.bene[..rows],
            claim_type: &self.claim_type[..rows],
            last_date: &self.last_date[..rows],
            procedure: &self.procedure[..rows],
            revenue_center: &self.revenue_center[..rows],
            place: &self.place[..rows],
            specialty: &self.specialty[..rows],
            tin: &self.tin[..rows],
            ccn: &self.ccn[..rows],
            facility_type: &self.facility_type[..rows],
            classification: &self.classification[..rows],
            clinicians: &self.clinicians,
            payment: &self.payment[..rows],
            allowed: &self.allowed[..rows],
            non_payment: &self.non_payment[..rows],
            denial: &self.denial[..rows],
            unpaid: &self.unpaid[..rows],
            processed: &self.processed[..rows],
            sequestration: &self.sequestration[..rows],
            pbp_reduction: &self.pbp_reduction[..rows],
            carried: &self.carried,
        }
    }

    /// Sends every payment and service to its beneficiary; tallies the rows that end here.
    pub fn scatter(&self, policy: &Policy, scatter: &mut Scatter<'_>, tally: &mut Reconciliation) {
        let calendar = policy.calendar();
        let rows = self.rows();
        for row in 0..rows.bene.len() {
            let class = rows.class(row, policy);
            match rows.payment(row, policy, calendar, class) {
                Ok((record, reduction)) => scatter.pay(record, reduction),
                Err(reason) => {
                    let payment = rows.payment[row];
                    tally.line.add(reason as usize, if payment == NULL { 0 } else { payment });
                }
            }
            match rows.service(row, policy, calendar, class) {
                Ok(record) => scatter.serve(record),
                Err(reason) => {
                    let allowed = rows.allowed[row];
                    tally.service.add(reason as usize, if allowed == NULL { 0 } else { allowed });
                }
            }
        }
    }

    /// What became of one row's payment, as [`Self::scatter`] decides it, for an account of one person.
    pub fn explain_payment(&self, row: usize, policy: &Policy) -> Result<(SpendingRecord, Worth), ExpenditureReason> {
        let (record, reduction) = self.rows().payment(row, policy, policy.calendar(), self.rows().class(row, policy))?;
        Ok((record, Worth { sequestration: record.cents - record.read - reduction, supplements: 0, reduction }))
    }

    /// What became of one row as a service, as [`Self::scatter`] decides it, for an account of one person.
    pub fn explain_service(&self, row: usize, policy: &Policy) -> Result<ServiceRecord, AssignmentReason> {
        self.rows().service(row, policy, policy.calendar(), self.rows().class(row, policy))
    }
}

#[allow(clippy::inline_always, reason = "only where all is one loop is a row number held against the length once")]
impl Rows<'_> {
    #[inline]
    fn class(&self, row: usize, policy: &Policy) -> ClaimClass {
        usize::try_from(self.claim_type[row]).ok().and_then(|at| policy.line_class.get(at)).copied().unwrap_or_default()
    }

    #[inline(always)]
    fn payment(
        &self,
        row: usize,
        policy: &Policy,
        calendar: &Calendar,
        class: ClaimClass,
    ) -> Result<(SpendingRecord, i64), ExpenditureReason> {
        let bene = self.bene[row];
        if bene >= NOBODY {
            return Err(if bene == NOBODY { ExpenditureReason::NoBeneficiary } else { ExpenditureReason::UnknownBeneficiary });
        }
        let last = self.last_date[row];
        if last == NULL {
            return Err(ExpenditureReason::NoDate);
        }
        let payment = self.payment[row];
        if payment == NULL {
            return Err(ExpenditureReason::NoAmount);
        }
        if self.claim_type[row] == NULL {
            return Err(ExpenditureReason::NoClaimType);
        }
        let Some(component) = class.component else {
            return Err(if class.facility { ExpenditureReason::MoneyInHeader } else { ExpenditureReason::ClaimTypeNotCounted });
        };
        let Some(month) = calendar.month(last) else { return Err(ExpenditureReason::OutsideYears) };
        if self.denial[row] | self.unpaid[row] != 0 {
            return Err(ExpenditureReason::Denied);
        }
        let processed = self.processed[row];
        if processed != NULL && processed > policy.run_out[month / 12] {
            return Err(ExpenditureReason::PaidAfterRunOut);
        }
        if class.anomalous && policy.tests[self.procedure[row] as usize].anomalous_years >> (month / 12) & 1 == 1 {
            return Err(ExpenditureReason::AnomalousBilling);
        }
        let reduction = self.pbp_reduction[row];
        let reduction = if reduction == NULL { 0 } else { reduction };
        let biller = if policy.revenue_year == Some(month / 12) { self.tin[row] } else { NO_ENTITY };
        let kept = policy.kept[calendar.ordinal(last) as usize - 1];
        let cents = gross(payment, self.sequestration[row], kept) + reduction;
        let (month, component) = (month as u16, component as u8);
        Ok((SpendingRecord { cents, read: payment, bene, month, component, origin: Origin::Line, biller }, reduction))
    }

    #[inline(always)]
    fn service(
        &self,
        row: usize,
        policy: &Policy,
        calendar: &Calendar,
        class: ClaimClass,
    ) -> Result<ServiceRecord, AssignmentReason> {
        let bene = self.bene[row];
        if bene >= NOBODY {
            return Err(if bene == NOBODY { AssignmentReason::NoBeneficiary } else { AssignmentReason::UnknownBeneficiary });
        }
        let last = self.last_date[row];
        if last == NULL {
            return Err(AssignmentReason::NoDate);
        }
        if self.claim_type[row] == NULL {
            return Err(AssignmentReason::NoClaimType);
        }
        if !class.professional && !class.facility {
            return Err(AssignmentReason::ClaimTypeNotUsed);
        }
        let mut windows = calendar.windows_of(last);
        if windows == 0 {
            return Err(AssignmentReason::OutsideWindows);
        }
        let test = &policy.tests[self.procedure[row] as usize];
        let (role, entity) = if class.professional {
            self.professional(row, test, &mut windows)?
        } else {
            self.facility(row, policy, test, &mut windows)?
        };
        if entity == NO_ENTITY {
            return Err(AssignmentReason::NoEntity);
        }
        let mut stays = 0;
        if test.windows != 0 {
            stays |= if test.not_during_nursing_stay { StayKind::SkilledNursing as u8 } else { 0 };
            stays |= if test.not_during_inpatient_stay { StayKind::Inpatient as u8 } else { 0 };
        }
        let allowed = self.allowed[row];
        let cents = if allowed == NULL { 0 } else { allowed };
        Ok(ServiceRecord { cents, bene, entity, windows, day: calendar.ordinal(last), role: role.0, stays })
    }

    #[inline(always)]
    fn professional(&self, row: usize, test: &ServiceTest, windows: &mut u64) -> Result<(Role, u32), AssignmentReason> {
        if self.denial[row] | self.unpaid[row] != 0 {
            return Err(AssignmentReason::Denied);
        }
        *windows &= test.windows;
        if *windows == 0 || test.elected_teaching_only {
            return Err(AssignmentReason::CodeNotListed);
        }
        let role = Role(self.specialty[row] as u8);
        if role.is_empty() {
            return Err(AssignmentReason::SpecialtyNotUsed);
        }
        self.conditions(row, test, windows)?;
        Ok((role, self.tin[row]))
    }

    /// What a listed procedure asks of its place and its claim.
    #[inline]
    fn conditions(&self, row: usize, test: &ServiceTest, windows: &mut u64) -> Result<(), AssignmentReason> {
        let place = self.place[row];
        if (test.not_at_nursing_place && place == 1) || (test.home_only && place != 2) {
            return Err(AssignmentReason::PlaceOfService);
        }
        if test.add_on {
            *windows &= self.carried.get(row).copied().unwrap_or(0);
            if *windows == 0 {
                return Err(AssignmentReason::AddOnWithoutBase);
            }
        }
        Ok(())
    }

    fn facility(
        &self,
        row: usize,
        policy: &Policy,
        test: &ServiceTest,
        windows: &mut u64,
    ) -> Result<(Role, u32), AssignmentReason> {
        if self.non_payment[row] != 0 {
            return Err(AssignmentReason::Denied);
        }
        let bill_type = [self.facility_type[row] as u8, self.classification[row] as u8];
        let entity = self.ccn[row];
        let clinician = |order: &[usize]| {
            let npi = order.iter().map(|at| self.clinicians[*at][row]).find(|npi| *npi != NULL && *npi != 0);
            npi.and_then(|npi| policy.clinicians.get(&(npi as u64))).copied().unwrap_or_default()
        };
        let listed = |windows: &mut u64| {
            *windows &= test.windows;
            if *windows == 0 { Err(AssignmentReason::CodeNotListed) } else { Ok(()) }
        };
        let kind = policy.bill_types.get(&bill_type).copied().unwrap_or_default();
        let role = match kind {
            FacilityKind::NotUsed => return Err(AssignmentReason::FacilityNotUsed),
            FacilityKind::Clinic => match &policy.clinic_visits {
                None => {
                    if test.not_on_clinic_claim && *windows & test.windows != 0 {
                        return Err(AssignmentReason::PlaceOfService);
                    }
                    policy.clinic_role
                }
                Some(visits) => {
                    if self.revenue_center[row] & 2 == 0 {
                        listed(windows)?;
                    }
                    if test.not_at_nursing_place && self.place[row] == 1 {
                        return Err(AssignmentReason::PlaceOfService);
                    }
                    let attending = self.clinicians[2][row];
                    let ours = visits.participants.contains(&entity);
                    if ours && !visits.attested.contains(&(entity, attending as u64)) {
                        visits.not_attested
                    } else {
                        policy.clinic_role
                    }
                }
            },
            FacilityKind::CriticalAccess => {
                if self.revenue_center[row] & 1 == 0 {
                    return Err(AssignmentReason::FacilityNotUsed);
                }
                listed(windows)?;
                if test.elected_teaching_only {
                    return Err(AssignmentReason::CodeNotListed);
                }
                clinician(&[0, 1, 2])
            }
            FacilityKind::Hospital => {
                let elected = year_of(self.last_date[row]).is_some_and(|year| policy.elected_teaching.contains(&(entity, year)));
                if !elected {
                    return Err(AssignmentReason::FacilityNotUsed);
                }
                listed(windows)?;
                clinician(&[1, 2])
            }
        };
        if role.is_empty() {
            return Err(AssignmentReason::SpecialtyNotUsed);
        }
        if kind != FacilityKind::Clinic {
            self.conditions(row, test, windows)?;
        }
        Ok((role, entity))
    }
}
