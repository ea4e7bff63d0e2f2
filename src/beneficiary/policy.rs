//! The rules of a run as look-ups by small integers, made once before the first row.

use std::sync::OnceLock;

use ahash::{HashMap, HashSet};

use super::calendar::Calendar;
use super::dated::Dated;
use super::day::{Days, MonthOfRun};
use super::episode::EpisodeTest;
use super::spending::COMPONENTS;
use super::stand_in::StandIns;
use crate::check::shape;

/// The code of what is no specialty: none, or not of the shape of one. As a [`Role`] it is none.
pub const NO_SPECIALTY: u32 = 1 << u8::BITS;

/// The parts of expenditure: seven kinds of claims, and what is paid outside claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Component {
    /// Inpatient hospital.
    Inpatient,
    /// Skilled nursing facility.
    SkilledNursing,
    /// Outpatient hospital and other facilities.
    Outpatient,
    /// Home health.
    HomeHealth,
    /// Hospice.
    Hospice,
    /// Physician and supplier.
    Carrier,
    /// Durable medical equipment.
    Dme,
    /// Individually identifiable payments outside claims.
    NonClaims,
}

impl Component {
    /// All components, in the order of every table.
    pub const ALL: [Self; COMPONENTS] = [
        Self::Inpatient,
        Self::SkilledNursing,
        Self::Outpatient,
        Self::HomeHealth,
        Self::Hospice,
        Self::Carrier,
        Self::Dme,
        Self::NonClaims,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inpatient => "inpatient",
            Self::SkilledNursing => "skilled_nursing",
            Self::Outpatient => "outpatient",
            Self::HomeHealth => "home_health",
            Self::Hospice => "hospice",
            Self::Carrier => "carrier",
            Self::Dme => "dme",
            Self::NonClaims => "non_claims",
        }
    }
}

/// What rows of a claim type are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClaimClass {
    /// The part of expenditure, if the type counts in the table at hand.
    pub component: Option<Component>,
    /// Facility types other than the ordinary void the claim (42 CFR 425 specification, outpatient and home health).
    pub facility_type_denies: bool,
    /// Supplements inside the payment are taken out.
    pub removes_supplements: bool,
    /// A stay in a skilled nursing facility.
    pub skilled_nursing_stay: bool,
    /// A stay in a hospital.
    pub inpatient_stay: bool,
    /// Lines are professional services by specialty.
    pub professional: bool,
    /// Lines are facility services by bill type; their money is in the header.
    pub facility: bool,
    /// Lines are checked against the codes of anomalous billing.
    pub anomalous: bool,
}

/// What a service by a clinician of some specialty counts as; bits of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Role(pub u8);

impl Role {
    /// Counts in step 1.
    pub const STEP1: Self = Self(1);
    /// Counts in step 2.
    pub const STEP2: Self = Self(2);
    /// By a physician who opens the steps to his ACO.
    pub const PRE_STEP: Self = Self(4);
    /// Makes the beneficiary assignable.
    pub const ASSIGNABLE: Self = Self(8);
    /// By a nurse practitioner, physician assistant or clinical nurse specialist.
    pub const NON_PHYSICIAN: Self = Self(16);

    /// By a physician who counts in no step, kept where it matters that primary care was furnished at all.
    pub const FURNISHED: Self = Self(32);

    /// Whether any bit of `other` is set.
    #[inline]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The tests a procedure must pass to be a primary care service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceTest {
    /// Windows in which the procedure is listed, one bit each.
    pub windows: u64,
    /// Not at a skilled nursing facility's place of service.
    pub not_at_nursing_place: bool,
    /// Not during a stay in a skilled nursing facility.
    pub not_during_nursing_stay: bool,
    /// Not during a hospital stay.
    pub not_during_inpatient_stay: bool,
    /// At the beneficiary's home only.
    pub home_only: bool,
    /// On a claim with a base code only.
    pub add_on: bool,
    /// On lines of hospitals under elected teaching amendment billing only.
    pub elected_teaching_only: bool,
    /// The test of nursing stays is also of clinics' claims (FQHC or RHC).
    pub not_during_nursing_stay_at_clinics: bool,
    /// Not on a clinic's claim.
    pub not_on_clinic_claim: bool,
    /// Not when furnished after this day, in days since 1970-01-01.
    pub last_day: Option<i64>,
    /// Years of the run in which it is not listed under elected teaching amendment billing, one bit each.
    pub not_elected_teaching_years: u32,
    /// Years of the run in which payments for the procedure are anomalous billing, one bit each.
    pub anomalous_years: u32,
}

/// Which payments inside an inpatient payment are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Supplements {
    /// Operating indirect medical education.
    pub ime_operating: bool,
    /// Operating disproportionate share.
    pub dsh_operating: bool,
    /// Capital indirect medical education.
    pub ime_capital: bool,
    /// Capital disproportionate share.
    pub dsh_capital: bool,
    /// Uncompensated care.
    pub uncompensated_care: bool,
    /// Supplement of IHS, Tribal and Puerto Rico hospitals.
    pub ihs_pr: bool,
}

/// How a clinic's services counted while each needed a visit code (42 CFR 425.404(a)).
#[derive(Debug, Clone, Default)]
pub struct ClinicVisits {
    /// Revenue centers of a visit.
    pub revenue_centers: Vec<Box<[u8]>>,
    /// Whether they tell a visit to a health center too, by day.
    pub health_centers: Dated<bool>,
    /// Role of a visit at a participant's clinic by a clinician whom the ACO does not attest.
    pub not_attested: Role,
    /// Clinics of participants, by entity number.
    pub participants: HashSet<u32>,
    /// Clinicians attested at a clinic: entity number and NPI.
    pub attested: HashSet<(u32, u64)>,
}

/// What a bill type of an outpatient line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FacilityKind {
    /// Not used in assignment.
    #[default]
    NotUsed,
    /// Rural health clinic: every line is a service by a primary care physician.
    RuralClinic,
    /// Federally qualified health center: the same.
    HealthCenter,
    /// Critical access hospital under method II: a professional's revenue centers, by the clinician's specialty.
    CriticalAccess,
    /// Hospital that may be under elected teaching amendment billing.
    Hospital,
}

impl FacilityKind {
    /// Whether a facility is a clinic, whose every line is a service by a primary care physician.
    pub const fn is_clinic(self) -> bool {
        matches!(self, Self::RuralClinic | Self::HealthCenter)
    }
}

/// Every look-up that the kernels need.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Years and windows; `None` before the run has chosen them.
    pub calendar: Option<Calendar>,
    /// What a claim type is in `claim_header`, by its number.
    pub header_class: Vec<ClaimClass>,
    /// What a claim type is in `claim_line`, by its number.
    pub line_class: Vec<ClaimClass>,
    /// Facility types that void an outpatient or home health claim.
    pub voiding_facility_types: Vec<u8>,
    /// CCN states whose hospitals keep their supplements.
    pub states_keeping_supplements: Vec<[u8; 2]>,
    /// Which supplements are taken out.
    pub supplements: Supplements,
    /// Ten-thousandths of a payment that sequestration left, by day of the calendar.
    pub kept: Vec<u16>,
    /// Last processing day that counts, by year of the run, in days since 1970-01-01.
    pub run_out: Vec<i64>,
    /// Last processing day of services that count in a window, by window, in days since 1970-01-01; none where any day will do.
    pub service_run_out: Vec<i64>,
    /// Tests by procedure; entry 0 is the test of a procedure that is not listed.
    pub tests: Vec<ServiceTest>,
    /// Position in `tests` of each procedure.
    pub procedures: HashMap<Box<[u8]>, u32>,
    /// Role by specialty code.
    pub specialties: HashMap<Box<[u8]>, Role>,
    /// Role of a clinic's service.
    pub clinic_role: Role,
    /// Before every service of a clinic counted: the tests that took their place.
    pub clinic_visits: Option<ClinicVisits>,
    /// Role by clinician, for facility lines.
    pub clinicians: HashMap<u64, Role>,
    /// Hospitals under elected teaching amendment billing: entity number and calendar year.
    pub elected_teaching: HashSet<(u32, u16)>,
    /// Places of service at a skilled nursing facility.
    pub nursing_places: Vec<Box<[u8]>>,
    /// The beneficiary's home.
    pub home_places: Vec<Box<[u8]>>,
    /// Kind of facility by bill type, facility type and classification.
    pub bill_types: HashMap<[u8; 2], FacilityKind>,
    /// Bill types of health centers, by day.
    pub health_center_bill_types: Dated<Vec<[u8; 2]>>,
    /// First three characters of a professional's revenue centers under method II.
    pub professional_revenue_centers: Vec<[u8; 3]>,
    /// Denial codes of carrier and DME claims, each a range of first characters.
    pub denial_codes: Vec<(u8, u8)>,
    /// Processing indicators of a line that was paid.
    pub paid_indicators: Vec<u8>,
    /// Year of the run whose participant revenue is summed.
    pub revenue_year: Option<usize>,
    /// What begins an episode of COVID-19, by year of the run.
    pub episodes: Vec<Option<EpisodeTest>>,
    /// Whether interim payments outside claims count.
    pub interim_payments_count: bool,
    /// What stands in cells that mean one thing or another.
    pub stand_ins: StandIns,
    /// The rules by day, made when first asked for.
    pub(super) by_day: OnceLock<Days>,
    /// The same of days that also have a month in the latest twelve.
    pub(super) by_day_again: OnceLock<Days>,
}

impl Policy {
    /// The calendar.
    ///
    /// # Panics
    /// When the policy was never given one; compiling a policy always does.
    pub fn calendar(&self) -> &Calendar {
        match &self.calendar {
            Some(calendar) => calendar,
            None => unreachable!("a policy is compiled with its calendar"),
        }
    }

    /// What the rules say of each day.
    pub fn days(&self) -> &Days {
        self.by_day.get_or_init(|| Days::new(self.calendar(), &self.kept, &self.run_out, Calendar::month))
    }

    /// The same of days in the latest twelve months, where some of them also have a month in their own year.
    pub fn days_again(&self) -> Option<&Days> {
        let days = || Days::new(self.calendar(), &self.kept, &self.run_out, Calendar::again);
        self.calendar().counts_twice().then(|| self.by_day_again.get_or_init(days))
    }

    /// Whether payments for a procedure are anomalous billing in the civil year of a month of the run.
    #[inline]
    pub fn anomalous(&self, procedure: u32, month: MonthOfRun) -> bool {
        let years = self.tests[procedure as usize].anomalous_years;
        let year = || self.calendar().civil_year(usize::from(month.year) * 12 + usize::from(month.month));
        years != 0 && years >> year() & 1 == 1
    }

    /// Whether a line of a facility can be a service under the rules.
    pub fn asks_for_facilities(&self) -> bool {
        !self.bill_types.is_empty()
    }

    /// Whether some procedure is a service at some places alone.
    pub fn asks_for_places(&self) -> bool {
        self.clinic_visits.is_some() || self.tests.iter().any(|test| test.not_at_nursing_place || test.home_only)
    }

    /// Of the windows that hold a service those whose run-out holds the day on which it was processed.
    #[inline]
    pub fn in_time(&self, windows: u64, processed: i64) -> u64 {
        let late = self.service_run_out.iter().enumerate().filter(|(_, last)| processed > **last);
        late.fold(windows, |windows, (window, _)| windows & !(1 << window))
    }

    /// What a facility is by its bill type on a day.
    #[inline]
    pub fn facility(&self, bill_type: [u8; 2], day: i64) -> FacilityKind {
        let kind = self.bill_types.get(&bill_type).copied().unwrap_or_default();
        let holds = || self.health_center_bill_types.at(day).is_some_and(|types| types.contains(&bill_type));
        if kind == FacilityKind::HealthCenter && !holds() { FacilityKind::NotUsed } else { kind }
    }

    /// The code of a procedure: its position in [`Policy::tests`].
    pub fn procedure(&self, text: &[u8]) -> u32 {
        let code = self.procedures.get(text.trim_ascii()).copied();
        code.unwrap_or_else(|| if shape::hcpcs(text) { 0 } else { self.no_procedure() })
    }

    /// The code of what is no procedure: none, or not of the shape of one. It is as little a listed one as code 0.
    pub fn no_procedure(&self) -> u32 {
        self.tests.len().saturating_sub(1) as u32
    }

    /// The role of a specialty.
    pub fn specialty(&self, text: &[u8]) -> u32 {
        let role = self.specialties.get(text.trim_ascii()).map(|role| u32::from(role.0));
        role.unwrap_or_else(|| if shape::specialty(text) { 0 } else { NO_SPECIALTY })
    }

    /// The place of service: 1 at a nursing facility, 2 at home, 0 elsewhere.
    pub fn place(&self, text: &[u8]) -> u32 {
        let text = text.trim_ascii();
        let among = |places: &[Box<[u8]>]| places.iter().any(|place| **place == *text);
        if among(&self.nursing_places) {
            1
        } else if among(&self.home_places) {
            2
        } else {
            0
        }
    }

    /// 1 when a denial code says that the claim was denied.
    pub fn denial(&self, text: &[u8]) -> u32 {
        let denied = |code: &u8| self.denial_codes.iter().any(|(from, to)| (*from..=*to).contains(code));
        u32::from(text.trim_ascii().first().is_some_and(denied))
    }

    /// 1 when a processing indicator says that the line was not paid.
    pub fn unpaid(&self, text: &[u8]) -> u32 {
        u32::from(text.trim_ascii().first().is_some_and(|code| !self.paid_indicators.contains(code)))
    }

    /// 1 when a non-payment reason is given.
    pub fn non_payment(text: &[u8]) -> u32 {
        u32::from(!text.trim_ascii().is_empty())
    }

    /// Whether a facility type denies an institutional claim of a type.
    pub fn voids(&self, claim_type: i64, facility_type: u32) -> bool {
        let class = usize::try_from(claim_type).ok().and_then(|at| self.header_class.get(at));
        class.is_some_and(|class| class.facility_type_denies) && self.voiding_facility_types.contains(&(facility_type as u8))
    }

    /// The first character of a one-character code, 0 for none; of a longer one with a bit that is above all characters.
    pub fn character(text: &[u8]) -> u32 {
        let text = text.trim_ascii();
        text.first().map_or(0, |code| u32::from(*code) | u32::from(text.len() > 1) << 8)
    }

    /// What a revenue center is: bit 0 a professional's, bit 1 a visit to a clinic.
    pub fn revenue_center(&self, text: &[u8]) -> u32 {
        let text = text.trim_ascii();
        let professional = self.professional_revenue_centers.iter().any(|prefix| text.starts_with(prefix));
        let visit =
            self.clinic_visits.as_ref().is_some_and(|visits| visits.revenue_centers.iter().any(|center| **center == *text));
        u32::from(professional) | u32::from(visit) << 1
    }

    /// 1 when the CCN's state keeps its supplements.
    pub fn keeps_supplements(&self, ccn: &[u8]) -> bool {
        let ccn = ccn.trim_ascii();
        self.states_keeping_supplements.iter().any(|state| ccn.starts_with(state))
    }
}
