//! Stays in hospitals and skilled nursing facilities, what happens around them, and hospice.

use super::facility::dollars;
use super::office;
use super::{Month, Pen};
use crate::synth::ids::Short;
use crate::synth::market::{CLINICIANS, Facilities, PRIMARY_PHYSICIANS, npi};
use crate::synth::parameters::of_year;
use crate::synth::records::Header;

/// Share of admissions to a rehabilitation, long-term or psychiatric hospital of the state.
const OTHER_HOSPITAL: f64 = 0.06;
/// Share of stays followed by a skilled nursing stay: aged people, and others.
const NURSING_AFTER: [f64; 2] = [0.24, 0.10];
/// Share of discharges followed by transitional care, and of stays with advance care planning in hospital.
const TRANSITIONAL: f64 = 0.2;
const PLANNING: f64 = 0.06;
/// Shares of the net payment added to teaching hospitals' and other acute hospitals' payments.
const TEACHING: (f64, f64) = (0.05, 0.20);
const DISPROPORTIONATE: (f64, f64) = (0.01, 0.12);

/// Writes a month's stays that begin after those before have ended; gives back when the last ends.
pub fn write(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities, mut busy_until: i32) -> i32 {
    for _ in 0..month.events(&pen.world.parameters.rates.inpatient, &mut pen.stream) {
        let admission = month.day(&mut pen.stream).max(busy_until.saturating_add(1));
        if admission > month.last {
            continue;
        }
        busy_until = write_inpatient(pen, month, facilities, admission);
    }
    busy_until
}

fn write_inpatient(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities, admission: i32) -> i32 {
    let world = pen.world;
    let alive = pen.person.death.unwrap_or(i32::MAX);
    let spread = pen.stream.lognormal(0.6);
    let discharge = (admission + 1 + pen.stream.poisson(3.4 * spread) as i32).min(alive);
    let special = pen.stream.chance(OTHER_HOSPITAL);
    let ccn = if special { facilities.other_hospital } else { facilities.hospital };
    let mut header = pen.institutional(60, (admission, discharge), ccn, "11");
    header.admission = Some(admission);
    header.discharge = Some(discharge);
    header.attending = npi(month.practice, pen.person.index % PRIMARY_PHYSICIANS);
    let net = dollars(pen, month, world.parameters.prices.inpatient);
    let add_ons = add_ons(pen, &mut header, facilities, special, net);
    infection(pen, month, &mut header, discharge);
    pen.header(header, net, add_ons);
    if month.part_b {
        write_hospital_visits(pen, month, admission, discharge);
    }
    let rate = NURSING_AFTER[usize::from(month.number < pen.person.aged)];
    let mut end = discharge;
    if discharge < alive && pen.stream.chance(rate) {
        end = write_nursing(pen, month, facilities, discharge);
    } else if discharge + 3 < alive && month.part_b && pen.stream.chance(TRANSITIONAL) {
        let day = discharge + pen.stream.between(2, 12).min(alive - discharge);
        if let Some((code, price)) = world.catalogue.transitional.draw(month.year, &mut pen.stream) {
            let practice = office::practice(pen, month);
            let clinician = office::clinician(pen);
            let mut line = pen.professional(71, day, practice, clinician, "11");
            line.hcpcs = code;
            pen.line(line, price, month.scale);
        }
    }
    end
}

/// Puts the amounts inside an inpatient payment on the claim; gives back what they add to it.
fn add_ons(pen: &mut Pen<'_>, header: &mut Header, facilities: &Facilities, special: bool, net: i64) -> i64 {
    if special || facilities.critical_access {
        return 0;
    }
    let s = &mut pen.stream;
    let mut part = |(low, high): (f64, f64)| (net as f64 * (low + (high - low) * s.unit())).round() as i64;
    if facilities.teaching {
        let amount = part(TEACHING);
        header.ime = Some(amount);
        header.ime_capital = Some(amount / 12);
    }
    let amount = part(DISPROPORTIONATE);
    header.dsh = Some(amount);
    header.dsh_capital = Some(amount / 15);
    header.uncompensated = Some(part((0.01, 0.06)));
    if facilities.supplement {
        header.supplement = Some(part((0.01, 0.04)));
    }
    if facilities.maryland {
        // Maryland's rates hold these amounts within them: nothing is added, and nothing may be taken away.
        return 0;
    }
    [header.ime, header.ime_capital, header.dsh, header.dsh_capital, header.uncompensated, header.supplement]
        .into_iter()
        .flatten()
        .sum()
}

/// Puts a COVID-19 diagnosis on some stays from 2020 on.
fn infection(pen: &mut Pen<'_>, month: &Month, header: &mut Header, discharge: i32) {
    let odd = &pen.world.parameters.oddities;
    let share = of_year(&odd.covid_share, month.year);
    let infected = discharge >= pen.world.calendar.emergency.0 && pen.stream.chance(share);
    let early = discharge < pen.world.u071_from;
    header.b9729 = Some(infected && early);
    header.u071 = Some(infected && !early);
    if infected {
        header.untested = Some(pen.stream.chance(odd.no_positive_test));
    }
}

fn write_hospital_visits(pen: &mut Pen<'_>, month: &Month, admission: i32, discharge: i32) {
    let world = pen.world;
    let practice = world.market.local[month.county as usize].specialist(&mut pen.stream);
    for day in admission..=discharge.min(admission + 30) {
        if pen.stream.chance(0.8)
            && let Some((code, price)) = world.catalogue.hospital_visit.draw(month.year, &mut pen.stream)
        {
            let clinician = pen.stream.below(CLINICIANS);
            let mut line = pen.professional(71, day, practice, clinician, "21");
            line.hcpcs = code;
            pen.line(line, price, month.scale);
        }
    }
    if pen.stream.chance(PLANNING) {
        let day = pen.stream.between(admission, discharge);
        let own = pen.person.index % PRIMARY_PHYSICIANS;
        let mut line = pen.professional(71, day, month.practice, own, "21");
        line.hcpcs = Short::new("99497");
        pen.line(line, 86.0, month.scale);
    }
}

fn write_nursing(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities, from: i32) -> i32 {
    let world = pen.world;
    let alive = pen.person.death.unwrap_or(i32::MAX);
    let spread = pen.stream.lognormal(0.5);
    let end = (from + 4 + pen.stream.poisson(17.0 * spread) as i32).min(alive);
    let swing = pen.stream.chance(0.06);
    let ccn = if swing { facilities.hospital } else { facilities.nursing };
    let mut start = from;
    // One claim a month of stay; the day of discharge is not paid.
    while start < end {
        let thru = (start + 29).min(end);
        let day = dollars(pen, month, world.parameters.prices.skilled_nursing_day);
        let mut header = pen.institutional(if swing { 30 } else { 20 }, (start, thru), ccn, if swing { "18" } else { "21" });
        header.admission = Some(from);
        header.discharge = (thru == end).then_some(end);
        pen.header(header, day * i64::from((thru - start).max(1)), 0);
        start = thru + 1;
    }
    if month.part_b {
        let mut day = from + 1;
        while day <= end {
            if let Some((code, price)) = world.catalogue.nursing_facility.draw(month.year, &mut pen.stream) {
                let practice = office::practice(pen, month);
                let clinician = office::clinician(pen);
                let pos = if pen.stream.chance(0.88) { "31" } else { "32" };
                let mut line = pen.professional(71, day, practice, clinician, pos);
                line.hcpcs = code;
                pen.line(line, price, month.scale);
            }
            day += pen.stream.between(4, 12);
        }
    }
    end
}

/// Takes back far more than was paid: what makes a person's year fall below the lower truncation point.
pub fn write_correction(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities) {
    let day = month.day(&mut pen.stream);
    let mut header = pen.institutional(60, (day, day), facilities.other_hospital, "11");
    header.admission = Some(day);
    header.discharge = Some(day);
    let net = -dollars(pen, month, pen.world.parameters.prices.correction);
    pen.header(header, net, 0);
}

/// Writes a month of hospice.
pub fn write_hospice(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities) {
    let day = dollars(pen, month, pen.world.parameters.prices.hospice_day);
    let header = pen.institutional(50, (month.first, month.last), facilities.hospice, "81");
    pen.header(header, day * i64::from(month.last - month.first + 1), 0);
}
