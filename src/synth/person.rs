//! What a person is and what becomes of him over the years.

use super::ids::Short;
use super::random::{Purpose, Stream, normal_quantile};
use super::world::World;
use crate::extract::MonthStatus;
use crate::rules::EnrollmentType;

/// A month that never comes.
const NEVER: i32 = i32::MAX;
const DAYS_PER_YEAR: f64 = 365.25;

/// Where the beneficiary file says a person lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// In a county of the United States.
    County,
    /// Abroad.
    Foreign,
    /// Nobody knows.
    Unknown,
}

/// A person. Months count from January of the first year.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a property of its own
pub struct Person {
    pub index: u64,
    pub id: Short<11>,
    /// Enrollment type for which the person was drawn.
    pub kind: usize,
    pub address: Address,
    pub county: u32,
    /// Month of a move, and where to.
    pub moved: Option<(i32, u32)>,
    pub birth: i32,
    pub death: Option<i32>,
    /// First month in Medicare.
    pub entry: i32,
    /// First aged month.
    pub aged: i32,
    /// Months with CMS's ESRD flag.
    pub renal: Option<(i32, i32)>,
    /// Whether a graft ended the flag, and the entitlement code goes on.
    pub grafted: bool,
    pub dual: bool,
    /// Month in which dual status changes.
    pub dual_change: i32,
    pub subsidy: bool,
    /// Months in a group plan.
    pub plan: Option<(i32, i32)>,
    /// Months in one part only, and whether it is Part A.
    pub one_part: Option<(i32, i32, bool)>,
    /// Lasting activity, mean 1, and the normal deviate of risk.
    pub activity: f64,
    pub risk: f64,
    pub practice: u32,
    pub practice_change: Option<(i32, u32)>,
    /// Primary care practice in the county moved to.
    pub practice_after_move: u32,
    pub loyalty: f64,
    /// Another practice that takes part of the primary care.
    pub rival: u32,
    pub nursing_home: bool,
    pub homebound: bool,
    /// Goes to health centers and rural clinics.
    pub clinic_user: bool,
    /// Splits primary care into equal charges to two practices.
    pub equal_charges: bool,
    /// Months of hospice before death.
    pub hospice_months: i32,
}

impl Person {
    /// The person of an index.
    pub fn new(world: &World, index: u64) -> Self {
        let p = &world.parameters.people;
        let calendar = &world.calendar;
        let cell = world.cells.of(index);
        let kind = cell.kind;
        let mut s = Stream::new(world.plan.seed, Purpose::Traits, index);
        let months = calendar.months;
        let years = f64::from(months) / 12.0;
        let reference_year = world.geography.reference_year.clamp(world.plan.first_year, world.plan.last_year);
        let middle = calendar.start(calendar.january(reference_year) + 6);
        let after = f64::from(world.plan.last_year - reference_year) + 0.5;
        let renal_kind = kind == EnrollmentType::Esrd.index();
        let age = match kind {
            0 => 35.0 + 52.0 * (s.unit() + s.unit()) / 2.0,
            1 => 28.0 + 37.4 * s.unit().sqrt(),
            _ => {
                let youngest = 65.0 - after;
                youngest + (98.0 - youngest) * (1.0 - s.unit().sqrt())
            }
        };
        let birth = middle - (age * DAYS_PER_YEAR) as i32;
        let aged = first_aged_month(world, birth);
        let mut entry = match kind {
            2 | 3 => aged.max(0),
            1 if s.chance(p.late_disability_entry) => s.between(0, months - 1),
            _ => 0,
        };
        let mut renal = None;
        let mut grafted = false;
        if renal_kind || s.chance(p.esrd_onset_per_year * years) {
            let onset = if renal_kind && s.chance(0.8) { -s.between(0, 60) } else { s.between(0, months - 1) };
            if renal_kind && onset < aged && s.chance(0.6) {
                entry = entry.max(onset.max(0));
            }
            grafted = s.chance(p.transplant);
            renal = Some((onset, if grafted { s.between(onset.max(0) + 6, months + 24) } else { NEVER }));
        }
        let death = death(world, &mut s, kind, birth, entry);
        let spell = |s: &mut Stream, probability: f64| {
            s.chance(probability).then(|| {
                let from = s.between(entry.min(months - 1), months - 1);
                (from, if s.chance(0.5) { NEVER } else { from + s.between(3, 30) })
            })
        };
        let plan = spell(&mut s, p.plan_spell);
        let one_part = if s.chance(p.part_a_only) {
            // Most who have Part A alone are still at work when they turn 65.
            let from = if s.chance(0.7) { entry } else { s.between(0, months - 1) };
            Some((from, from + s.between(1, 30), true))
        } else {
            spell(&mut s, p.part_b_only).map(|(from, until)| (from, until.min(from + 18), false))
        };
        let dual = match kind {
            2 => true,
            3 => false,
            _ => s.chance(p.dual_among_disabled),
        };
        let dual_change = if s.chance(p.dual_change_per_year * years) { s.between(1, months) } else { NEVER };
        let draw = s.unit();
        let address = match draw {
            d if d < p.foreign_address => Address::Foreign,
            d if d < p.foreign_address + p.unknown_address => Address::Unknown,
            _ => Address::County,
        };
        let counties = world.geography.counties.len() as u64;
        let moved = s.chance(p.moves_per_year * years).then(|| {
            // Half of the moves stay near, the others go anywhere.
            let near = (u64::from(cell.county) + 1 + s.below(3)) % counties;
            let to = if s.chance(0.5) { near } else { s.below(counties) };
            (s.between(1, months), to as u32)
        });
        let local = |county: u32| &world.market.local[county as usize];
        let practice = local(cell.county).primary_at(s.unit());
        let changed = s.chance(p.practice_change_per_year * years).then(|| (s.between(1, months), s.unit()));
        let practice_change = changed.map(|(month, point)| (month, local(cell.county).primary_at(point)));
        let practice_after_move = moved.map_or(practice, |(_, county)| local(county).primary_at(s.unit()));
        let loyalty = p.loyalty[usize::from(s.chance(p.contested))];
        let activity_sigma = p.activity_sigma[kind];
        let deviate = normal_quantile(cell.points[0]);
        let correlation = p.risk_activity_correlation;
        Self {
            index,
            id: world.ids.at(index),
            kind,
            address,
            county: cell.county,
            moved,
            birth,
            death,
            entry,
            aged,
            renal,
            grafted,
            dual,
            dual_change,
            subsidy: s.chance(p.low_income_subsidy_non_dual),
            plan,
            one_part,
            activity: (activity_sigma * deviate - activity_sigma * activity_sigma / 2.0).exp(),
            risk: correlation * deviate + (1.0 - correlation * correlation).sqrt() * normal_quantile(cell.points[1]),
            practice,
            practice_change,
            practice_after_move,
            loyalty,
            rival: local(cell.county).primary_at(s.unit()),
            nursing_home: s.chance(p.nursing_home[kind]),
            homebound: s.chance(p.homebound[kind]),
            clinic_user: s.chance(p.clinic_user),
            equal_charges: s.chance(p.equal_charges),
            hospice_months: if s.chance(p.hospice_before_death) { s.between(1, 6) } else { 0 },
        }
    }

    /// What a month of the person is, alive on the first day `first` or not.
    #[inline]
    pub fn status(&self, month: i32, first: i32) -> MonthStatus {
        if month < self.entry || self.death.is_some_and(|day| day < first) {
            return MonthStatus::NotEnrolled;
        }
        if self.plan.is_some_and(|(from, until)| from <= month && month < until) {
            return MonthStatus::GroupPlan;
        }
        if let Some((from, until, part_a)) = self.one_part
            && from <= month
            && month < until
        {
            return if part_a { MonthStatus::PartAOnly } else { MonthStatus::PartBOnly };
        }
        MonthStatus::Counts(self.enrollment_type(month))
    }

    /// The enrollment type of a month, by the hierarchy of the law.
    #[inline]
    pub fn enrollment_type(&self, month: i32) -> EnrollmentType {
        if self.has_renal_flag(month) {
            EnrollmentType::Esrd
        } else if month < self.aged {
            EnrollmentType::Disabled
        } else if self.is_dual(month) {
            EnrollmentType::AgedDual
        } else {
            EnrollmentType::AgedNonDual
        }
    }

    /// Whether CMS flags the month as ESRD.
    #[inline]
    pub fn has_renal_flag(&self, month: i32) -> bool {
        self.renal.is_some_and(|(from, until)| from <= month && month < until)
    }

    /// Whether the person is dually eligible in the month.
    #[inline]
    pub fn is_dual(&self, month: i32) -> bool {
        self.dual ^ (month >= self.dual_change)
    }

    /// The county of residence in a month.
    #[inline]
    pub fn county_in(&self, month: i32) -> u32 {
        self.moved.filter(|(from, _)| *from <= month).map_or(self.county, |(_, county)| county)
    }

    /// The practice that is the person's own in a month.
    #[inline]
    pub fn practice_in(&self, month: i32) -> u32 {
        if self.moved.is_some_and(|(from, _)| from <= month) {
            return self.practice_after_move;
        }
        self.practice_change.filter(|(from, _)| *from <= month).map_or(self.practice, |(_, practice)| practice)
    }
}

/// The month in which a person turns 65, one earlier when born on the first.
fn first_aged_month(world: &World, birth: i32) -> i32 {
    // Birthdays are counted in days of an average year: near enough for a made person, and the same everywhere.
    let birthday = birth + (65.0 * DAYS_PER_YEAR) as i32;
    let calendar = &world.calendar;
    let month = if birthday < calendar.start(-12) { -12 } else { calendar.month_of(birthday) };
    month - i32::from(calendar.start(month) == birthday)
}

/// The day of death, if it comes within the window.
fn death(world: &World, s: &mut Stream, kind: usize, birth: i32, entry: i32) -> Option<i32> {
    let p = &world.parameters.people;
    let calendar = &world.calendar;
    let mut month = entry.max(0);
    while month < calendar.months {
        let age = f64::from(calendar.start(month) - birth) / DAYS_PER_YEAR;
        let hazard = (p.death_hazard * p.death_growth.powf(age - 70.0) * p.death_by_type[kind]).min(0.6);
        let until = (month / 12 + 1) * 12;
        if s.chance(hazard * f64::from(until - month) / 12.0) {
            let dies = s.between(month, until - 1);
            return Some(calendar.start(dies) + s.below(calendar.days(dies) as u64) as i32);
        }
        month = until;
    }
    None
}
