//! A person's years in the beneficiary file, and the scores that predict their cost.

use super::ids::Short;
use super::person::{Address, Person};
use super::random::{Purpose, Stream};
use super::records::{Score, Year};
use super::world::World;
use crate::extract::MonthStatus;

/// Last digits of dual status that count as dual, and of partial status that do not.
const DUAL: [u8; 4] = [b'1', b'2', b'4', b'8'];
const PARTIAL: [u8; 3] = [b'3', b'5', b'6'];
/// Share of people without a score, and of non-duals with partial Medicaid help.
const WITHOUT_SCORE: f64 = 0.01;
const PARTIAL_HELP: f64 = 0.05;
/// One in so many of the dead has a row for the year after.
const CARRIED_AFTER_DEATH: u64 = 8;
/// Standard deviation of the logarithm between the scores of two HCC versions, and their mean ratio.
const VERSION_SIGMA: f64 = 0.06;
const VERSION_RATIO: f64 = 0.97;

/// Appends the years of a person, and the scores that go with them.
pub fn write(world: &World, person: &Person, years: &mut Vec<Year>, scores: &mut Vec<Score>) {
    let mut s = Stream::new(world.plan.seed, Purpose::Risk, person.index);
    let full = *s.pick(&DUAL);
    let partial = if s.chance(PARTIAL_HELP) { *s.pick(&PARTIAL) } else { b'0' };
    let scored = !s.chance(WITHOUT_SCORE);
    let known_birth = !s.chance(world.parameters.oddities.missing_optional);
    for (place, year) in world.plan.years().enumerate() {
        let january = place as i32 * 12;
        let statuses: [MonthStatus; 12] =
            std::array::from_fn(|m| person.status(january + m as i32, world.calendar.start(january + m as i32)));
        if statuses.iter().all(|status| *status == MonthStatus::NotEnrolled) {
            // Some files carry the dead for one more year.
            let died = person.death.map_or(i32::MAX, |day| world.calendar.month_of(day));
            if !(january - 12..january).contains(&died) || !person.index.is_multiple_of(CARRIED_AFTER_DEATH) {
                continue;
            }
        }
        let enrolled = |m: usize| statuses[m] != MonthStatus::NotEnrolled;
        let mut dual = [b'0'; 12];
        let mut subsidy = [b'0'; 12];
        let mut medicare = [b'0'; 24];
        for m in (0..12).filter(|m| enrolled(*m)) {
            let month = january + m as i32;
            let is_dual = person.is_dual(month);
            dual[m] = if is_dual { full } else { partial };
            subsidy[m] = b'0' + u8::from(is_dual || person.subsidy);
            medicare[2 * m..2 * m + 2].copy_from_slice(entitlement(person, month));
        }
        let last = (0..12).rev().find(|m| enrolled(*m)).unwrap_or(11) as i32;
        let december = county(world, person, january + last);
        let september = county(world, person, january + last.min(8));
        years.push(Year {
            bene: person.id,
            year,
            status: Short(statuses.map(MonthStatus::code)),
            county: december,
            september: if september == december { Short::EMPTY } else { september },
            birth: known_birth.then_some(person.birth),
            death: person.death.filter(|day| world.calendar.month_of(*day) < january + 12),
            dual: Short(dual),
            subsidy: Short(subsidy),
            medicare: Short(medicare),
        });
        if scored {
            write_scores(world, person, year, place, &statuses, &mut s, scores);
        }
    }
}

fn write_scores(
    world: &World,
    person: &Person,
    year: u16,
    place: usize,
    statuses: &[MonthStatus; 12],
    s: &mut Stream,
    scores: &mut Vec<Score>,
) {
    let p = &world.parameters;
    let county = &world.geography.counties[person.county_in(place as i32 * 12 + 11) as usize];
    let wobble = s.lognormal(p.people.risk_year_sigma);
    let demographics = s.lognormal(p.people.demographic_sigma);
    let mut value = [None; 4];
    let mut demographic = [None; 4];
    for status in statuses {
        if let MonthStatus::Counts(kind) = status {
            let kind = kind.index();
            let sigma = p.people.risk_sigma[kind];
            let level = county.risk[kind] / p.calibration.risk[kind];
            let score = level * wobble * (sigma * person.risk - sigma * sigma / 2.0).exp();
            value[kind] = Some((score * 1e3).round() as i64 * 1_000);
            demographic[kind] = Some((level * demographics * 1e3).round() as i64 * 1_000);
        }
    }
    if value.iter().all(Option::is_none) {
        return;
    }
    for (number, version) in world.versions[place].0.iter().enumerate() {
        let ratio = if number == 0 { 1.0 } else { VERSION_RATIO * s.lognormal(VERSION_SIGMA) };
        scores.push(Score {
            bene: person.id,
            year,
            version: *version,
            scores: value.map(|score| score.map(|score| ((score as f64 * ratio) / 1e3).round() as i64 * 1_000)),
            demographic,
        });
    }
}

/// The county the file gives for a month.
fn county(world: &World, person: &Person, month: i32) -> Short<5> {
    match person.address {
        Address::County => world.geography.counties[person.county_in(month) as usize].fips,
        Address::Foreign => Short::new("99999"),
        Address::Unknown => Short::EMPTY,
    }
}

/// The Medicare status code of a month: the entitlement code goes on after a graft has ended the ESRD flag.
fn entitlement(person: &Person, month: i32) -> &'static [u8; 2] {
    let renal = person.has_renal_flag(month) || (person.grafted && person.renal.is_some_and(|(from, _)| from <= month));
    match (month >= person.aged, renal) {
        (true, false) => b"10",
        (true, true) => b"11",
        (false, false) => b"20",
        (false, true) if person.kind == 0 => b"31",
        (false, true) => b"21",
    }
}
