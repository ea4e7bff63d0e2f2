//! A person's claims, month by month.
//!
//! Each kind of encounter has a rate per person-year, multiplied by the person's activity. A dollar of the catalogue is
//! multiplied by the cost level of the person's enrollment type, county and year, so that expected cost is linear in that
//! level and the calibration is one number per type.

mod equipment;
mod facility;
mod office;
mod pen;
mod stay;

pub use pen::{Claims, Pen};

use super::market::Facilities;
use super::parameters::PerType;
use super::person::Person;
use super::random::{Purpose, Stream};
use super::world::World;
use crate::extract::MonthStatus;

/// One month of a person who can have claims in it.
#[derive(Debug, Clone, Copy)]
pub struct Month {
    /// Month of the window.
    pub number: i32,
    /// First day, and last day on which something can be done: the last of the month, or the day of death.
    pub first: i32,
    pub last: i32,
    pub year: u16,
    /// Enrollment type whose rates and cost level hold.
    pub kind: usize,
    pub county: u32,
    /// The practice that is the person's own.
    pub practice: u32,
    /// Activity of the person in the month.
    pub activity: f64,
    /// Dollars per dollar of the catalogue.
    pub scale: f64,
    pub part_a: bool,
    pub part_b: bool,
}

impl Month {
    /// How many events of that yearly rate happen in the month.
    #[inline]
    fn events(&self, rates: &PerType, stream: &mut Stream) -> u32 {
        stream.poisson(rates[self.kind] / 12.0 * self.activity)
    }

    /// A day of the month.
    #[inline]
    fn day(&self, stream: &mut Stream) -> i32 {
        self.first + stream.below((self.last - self.first + 1) as u64) as i32
    }
}

/// How much more often people are admitted in their last three months.
const LAST_MONTHS: f64 = 2.5;

/// Appends all claims of a person.
pub fn write(world: &World, person: &Person, claims: &mut Claims) {
    claims.clear();
    let stream = Stream::new(world.plan.seed, Purpose::Claims, person.index);
    let mut pen = Pen::new(world, person, stream, claims);
    let end = person.death.map_or(i32::MAX, |day| world.calendar.month_of(day));
    let mut stay_until = i32::MIN;
    for (place, year) in world.plan.years().enumerate() {
        let january = place as i32 * 12;
        let shock = pen.stream.lognormal(world.parameters.people.year_sigma[person.kind]);
        let equal = person.equal_charges && pen.stream.chance(0.5);
        // Corrections hit people who cost little, so that their years are negative as a whole.
        let corrected = person.activity < 0.5 && pen.stream.chance(world.parameters.oddities.correction_per_year);
        let correction = corrected.then(|| january + pen.stream.between(0, 11));
        for number in january..january + 12 {
            let first = world.calendar.start(number);
            let status = person.status(number, first);
            let (part_a, part_b) = match status {
                MonthStatus::Counts(_) => (true, true),
                MonthStatus::PartAOnly => (true, false),
                MonthStatus::PartBOnly => (false, true),
                MonthStatus::GroupPlan | MonthStatus::NotEnrolled => continue,
            };
            let kind = person.enrollment_type(number).index();
            let county = person.county_in(number);
            let practice = person.practice_in(number);
            let month = Month {
                number,
                first,
                last: person.death.unwrap_or(i32::MAX).min(world.calendar.start(number + 1) - 1),
                year,
                kind,
                county,
                practice,
                activity: person.activity * shock,
                scale: world.scale(kind, county, year) * world.effect(practice, year),
                part_a,
                part_b,
            };
            let facilities = &world.market.facilities[county as usize];
            let dying = end.saturating_sub(number);
            if month.part_b {
                office::write(&mut pen, &month, equal);
                facility::write(&mut pen, &month, facilities);
                equipment::write(&mut pen, &month);
            }
            if month.part_a {
                let busy = Month { activity: month.activity * if dying < 3 { LAST_MONTHS } else { 1.0 }, ..month };
                stay_until = stay::write(&mut pen, &busy, facilities, stay_until);
                facility::write_home_health(&mut pen, &month, facilities);
                if correction == Some(number) {
                    stay::write_correction(&mut pen, &month, facilities);
                }
                if dying < person.hospice_months {
                    stay::write_hospice(&mut pen, &month, facilities);
                }
            }
        }
    }
    pen.finish();
}

/// Facilities of the month's county.
fn is_critical(facilities: &Facilities) -> bool {
    facilities.critical_access
}
