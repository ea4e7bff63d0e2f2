//! Rows of `claim_line`, a few at a time: what each pays, and what it is as a primary care service.

use super::calendar::year_of;
use super::day::{Days, MonthOfRun};
use super::entities::NO_ENTITY;
use super::header::{NOBODY, gross};
use super::line::LineColumns;
use super::policy::{ClaimClass, FacilityKind, Policy, Role, ServiceTest};
use super::reason::{AssignmentReason, ExpenditureReason};
use super::record::{Origin, Paid, ServiceRecord, SpendingRecord};
use super::stays::StayKind;

const NULL: i64 = i64::MIN;

/// Rows looked at together: columns of one known length need no look at it for every row and column.
pub(super) const ROWS: usize = 64;

/// The columns of so many rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'c> {
    bene: &'c [u32; ROWS],
    claim_type: &'c [i64; ROWS],
    last_date: &'c [i64; ROWS],
    procedure: &'c [u32; ROWS],
    revenue_center: &'c [u32; ROWS],
    place: &'c [u32; ROWS],
    specialty: &'c [u32; ROWS],
    tin: &'c [u32; ROWS],
    ccn: &'c [u32; ROWS],
    facility_type: &'c [u32; ROWS],
    classification: &'c [u32; ROWS],
    pub(super) payment: &'c [i64; ROWS],
    pub(super) allowed: &'c [i64; ROWS],
    non_payment: &'c [u32; ROWS],
    denial: &'c [u32; ROWS],
    unpaid: &'c [u32; ROWS],
    processed: &'c [i64; ROWS],
    sequestration: &'c [i64; ROWS],
    pbp_reduction: &'c [i64; ROWS],
    clinicians: &'c [Vec<i64>; 3],
    carried: &'c [u64],
    first: usize,
}

impl<'c> Rows<'c> {
    /// The rows from one on; none when there are not so many.
    pub(super) fn cut(columns: &'c LineColumns, first: usize) -> Option<Self> {
        fn cut<T>(column: &[T], first: usize) -> Option<&[T; ROWS]> {
            column.get(first..)?.first_chunk()
        }
        Some(Self {
            bene: cut(&columns.bene, first)?,
            claim_type: cut(&columns.claim_type, first)?,
            last_date: cut(&columns.last_date, first)?,
            procedure: cut(&columns.procedure, first)?,
            revenue_center: cut(&columns.revenue_center, first)?,
            place: cut(&columns.place, first)?,
            specialty: cut(&columns.specialty, first)?,
            tin: cut(&columns.tin, first)?,
            ccn: cut(&columns.ccn, first)?,
            facility_type: cut(&columns.facility_type, first)?,
            classification: cut(&columns.classification, first)?,
            payment: cut(&columns.payment, first)?,
            allowed: cut(&columns.allowed, first)?,
            non_payment: cut(&columns.non_payment, first)?,
            denial: cut(&columns.denial, first)?,
            unpaid: cut(&columns.unpaid, first)?,
            processed: cut(&columns.processed, first)?,
            sequestration: cut(&columns.sequestration, first)?,
            pbp_reduction: cut(&columns.pbp_reduction, first)?,
            clinicians: &columns.clinicians,
            carried: &columns.carried,
            first,
        })
    }
}

#[allow(clippy::inline_always, reason = "a row is looked at in registers only where all is one loop")]
impl Rows<'_> {
    #[inline]
    fn class(&self, row: usize, policy: &Policy) -> ClaimClass {
        usize::try_from(self.claim_type[row]).ok().and_then(|at| policy.line_class.get(at)).copied().unwrap_or_default()
    }

    /// What a row pays in the months that `days` give.
    #[inline(always)]
    pub(super) fn payment(&self, row: usize, policy: &Policy, days: &Days) -> Paid {
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
        let class = self.class(row, policy);
        let Some(component) = class.component else {
            return Err(if class.facility { ExpenditureReason::MoneyInHeader } else { ExpenditureReason::ClaimTypeNotCounted });
        };
        let day = days.at(last);
        if day.month == MonthOfRun::OUTSIDE {
            return Err(ExpenditureReason::OutsideYears);
        }
        if self.denial[row] | self.unpaid[row] != 0 {
            return Err(ExpenditureReason::Denied);
        }
        // A row without a processing day is in time, for no day is earlier than none.
        if self.processed[row] > i64::from(day.run_out) {
            return Err(ExpenditureReason::PaidAfterRunOut);
        }
        let year = day.month.year;
        if class.anomalous && policy.anomalous(self.procedure[row], day.month) {
            return Err(ExpenditureReason::AnomalousBilling);
        }
        let reduction = self.pbp_reduction[row];
        let reduction = if reduction == NULL { 0 } else { reduction };
        let biller = if policy.revenue_year == Some(usize::from(year)) { self.tin[row] } else { NO_ENTITY };
        let cents = gross(payment, self.sequestration[row], day.kept) + reduction;
        let component = component as u8;
        let record = SpendingRecord { cents, read: payment, bene, month: day.month, component, origin: Origin::Line, biller };
        Ok((record, reduction))
    }

    /// What a row is as a service, or why it is none.
    #[inline(always)]
    pub(super) fn service(&self, row: usize, policy: &Policy, days: &Days) -> Result<ServiceRecord, AssignmentReason> {
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
        let class = self.class(row, policy);
        if !class.professional && !class.facility {
            return Err(AssignmentReason::ClaimTypeNotUsed);
        }
        let mut windows = days.at(last).windows;
        if windows == 0 {
            return Err(AssignmentReason::OutsideWindows);
        }
        let test = &policy.tests[self.procedure[row] as usize];
        let (role, entity, clinic) = if class.professional {
            self.professional(row, test, &mut windows)?
        } else {
            self.facility(row, policy, test, &mut windows)?
        };
        let processed = self.processed[row];
        if processed != NULL {
            windows = policy.in_time(windows, processed);
            if windows == 0 {
                return Err(AssignmentReason::ProcessedAfterRunOut);
            }
        }
        if entity == NO_ENTITY {
            return Err(AssignmentReason::NoEntity);
        }
        let mut stays = 0;
        if test.windows != 0 {
            let nursing = test.not_during_nursing_stay && (!clinic || test.not_during_nursing_stay_at_clinics);
            stays |= if nursing { StayKind::SkilledNursing as u8 } else { 0 };
            stays |= if test.not_during_inpatient_stay && !clinic { StayKind::Inpatient as u8 } else { 0 };
        }
        let allowed = self.allowed[row];
        let cents = if allowed == NULL { 0 } else { allowed };
        Ok(ServiceRecord { cents, bene, entity, windows, day: days.ordinal(last), role: role.0, stays })
    }

    /// Role, billing entity, and whether it is a clinic.
    #[inline(always)]
    fn professional(&self, row: usize, test: &ServiceTest, windows: &mut u64) -> Result<(Role, u32, bool), AssignmentReason> {
        if self.denial[row] | self.unpaid[row] != 0 {
            return Err(AssignmentReason::Denied);
        }
        *windows &= test.windows;
        if *windows == 0 || test.elected_teaching_only || test.last_day.is_some_and(|last| self.last_date[row] > last) {
            return Err(AssignmentReason::CodeNotListed);
        }
        let role = Role(self.specialty[row] as u8);
        if role.is_empty() {
            return Err(AssignmentReason::SpecialtyNotUsed);
        }
        self.conditions(row, test, windows)?;
        Ok((role, self.tin[row], false))
    }

    /// What a listed procedure asks of its place and its claim.
    #[inline]
    fn conditions(&self, row: usize, test: &ServiceTest, windows: &mut u64) -> Result<(), AssignmentReason> {
        let place = self.place[row];
        if (test.not_at_nursing_place && place == 1) || (test.home_only && place != 2) {
            return Err(AssignmentReason::PlaceOfService);
        }
        if test.add_on {
            *windows &= self.carried.get(self.first + row).copied().unwrap_or(0);
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
    ) -> Result<(Role, u32, bool), AssignmentReason> {
        if self.non_payment[row] != 0 {
            return Err(AssignmentReason::Denied);
        }
        let bill_type = [self.facility_type[row] as u8, self.classification[row] as u8];
        let (entity, day) = (self.ccn[row], self.last_date[row]);
        let clinician = |order: &[usize]| {
            let npi = order.iter().map(|at| self.clinicians[*at][self.first + row]).find(|npi| *npi != NULL && *npi != 0);
            npi.and_then(|npi| policy.clinicians.get(&(npi as u64))).copied().unwrap_or_default()
        };
        let listed = |windows: &mut u64| {
            *windows &= test.windows;
            let over = test.last_day.is_some_and(|last| day > last);
            if *windows == 0 || over { Err(AssignmentReason::CodeNotListed) } else { Ok(()) }
        };
        let kind = policy.facility(bill_type, day);
        let role = match kind {
            FacilityKind::NotUsed => return Err(AssignmentReason::FacilityNotUsed),
            FacilityKind::RuralClinic | FacilityKind::HealthCenter => match &policy.clinic_visits {
                None => {
                    if test.not_on_clinic_claim && *windows & test.windows != 0 {
                        return Err(AssignmentReason::PlaceOfService);
                    }
                    policy.clinic_role
                }
                Some(visits) => {
                    let centers_tell = kind == FacilityKind::RuralClinic || visits.health_centers.at(day) == Some(&true);
                    if !centers_tell || self.revenue_center[row] & 2 == 0 {
                        listed(windows)?;
                    }
                    if test.not_at_nursing_place && self.place[row] == 1 {
                        return Err(AssignmentReason::PlaceOfService);
                    }
                    let attending = self.clinicians[2][self.first + row];
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
                let year = year_of(day).filter(|year| policy.elected_teaching.contains(&(entity, *year)));
                let Some(year) = year else { return Err(AssignmentReason::FacilityNotUsed) };
                listed(windows)?;
                let index = policy.calendar().year_index(year);
                if index.is_some_and(|index| test.not_elected_teaching_years >> index & 1 == 1) {
                    return Err(AssignmentReason::CodeNotListed);
                }
                clinician(&[1, 2])
            }
        };
        if role.is_empty() {
            return Err(AssignmentReason::SpecialtyNotUsed);
        }
        if !kind.is_clinic() {
            self.conditions(row, test, windows)?;
        }
        Ok((role, entity, kind.is_clinic()))
    }
}
