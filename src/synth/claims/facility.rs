//! Outpatient departments, dialysis, home health, and the clinics whose services count in assignment.

use super::{Month, Pen};
use crate::synth::ids::Short;
use crate::synth::market::{CLINICIANS, Facilities, PRIMARY_PHYSICIANS, npi};
use crate::synth::parameters::Price;
use crate::synth::records::Line;
use crate::synth::world::ChargeTable;

/// Share of outpatient claims that come from the emergency department, with its physician's bill.
const EMERGENCY: f64 = 0.1;
/// Share of outpatient claims with a clinic line although the hospital has not elected teaching amendment billing.
const PLAIN_CLINIC_LINE: f64 = 0.03;
/// Share of critical access hospitals' lines with the codes of hospital clinics.
const CLINIC_CODE: f64 = 0.15;
/// The nephrologist of a specialist practice, for dialysis.
const NEPHROLOGIST: u64 = 1;

/// Draws a net payment in cents.
pub fn dollars(pen: &mut Pen<'_>, month: &Month, price: Price) -> i64 {
    (price.0 * pen.stream.lognormal(price.1) * month.scale * 100.0).round() as i64
}

/// Writes a month's outpatient claims.
pub fn write(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities) {
    let world = pen.world;
    let rates = &world.parameters.rates;
    for _ in 0..month.events(&rates.outpatient, &mut pen.stream) {
        let day = month.day(&mut pen.stream);
        let net = dollars(pen, month, world.parameters.prices.outpatient);
        let bill = *pen.stream.pick(&["13", "13", "13", "13", "13", "13", "14", "83", "74", "75"]);
        let mut header = pen.institutional(40, (day, day), facilities.hospital, bill);
        header.attending = npi(month.practice, pen.person.index % PRIMARY_PHYSICIANS);
        header = pen.header(header, net, 0);
        if pen.stream.chance(EMERGENCY) {
            emergency_visit(pen, month, day);
        }
        if bill == "13"
            && pen.stream.chance(PLAIN_CLINIC_LINE)
            && let Some((code, price)) = world.catalogue.clinic.draw(month.year, &mut pen.stream)
        {
            let mut line = facility_line(pen, month, (header.claim, day), facilities.hospital, "13", "0510");
            line.hcpcs = code;
            line.attending = header.attending;
            line.processed = header.processed;
            price_line(&mut line, price, month.scale);
            pen.plain_line(line);
        }
    }
    if world.parameters.rates.dialysis[month.kind] > 0.0 {
        dialysis(pen, month, facilities);
    }
    if pen.person.clinic_user {
        let rural = facilities.rural_clinic.filter(|_| pen.person.index.is_multiple_of(2));
        for _ in 0..month.events(&rates.clinic_visit, &mut pen.stream) {
            match rural {
                Some(ccn) => clinic(pen, month, facilities, ccn, "71", &world.catalogue.rural),
                None => clinic(pen, month, facilities, facilities.qualified_center, "77", &world.catalogue.federally_qualified),
            }
        }
    }
    if super::is_critical(facilities) {
        for _ in 0..month.events(&rates.method_two, &mut pen.stream) {
            let revenue = *pen.stream.pick(&["0960", "0971", "0983", "0988", "0969", "0510"]);
            hospital_clinic(pen, month, facilities, "85", revenue);
        }
    }
    if facilities.teaching_amendment {
        for _ in 0..month.events(&rates.eta_visit, &mut pen.stream) {
            hospital_clinic(pen, month, facilities, "13", "0510");
        }
    }
}

fn emergency_visit(pen: &mut Pen<'_>, month: &Month, day: i32) {
    let Some((code, price)) = pen.world.catalogue.emergency.draw(month.year, &mut pen.stream) else { return };
    let practice = pen.world.market.local[month.county as usize].specialist(&mut pen.stream);
    // The last clinician of a specialist practice is an emergency physician.
    let mut line = pen.professional(71, day, practice, CLINICIANS - 1, "23");
    line.hcpcs = code;
    pen.line(line, price, month.scale);
}

fn dialysis(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities) {
    let net = dollars(pen, month, pen.world.parameters.prices.dialysis_month);
    let header = pen.institutional(40, (month.first, month.last), facilities.other_hospital, "72");
    pen.header(header, net, 0);
    if let Some((code, price)) = pen.world.catalogue.dialysis_physician.draw(month.year, &mut pen.stream) {
        let practice = pen.world.market.local[month.county as usize].specialist(&mut pen.stream);
        let mut line = pen.professional(71, month.last, practice, NEPHROLOGIST, "65");
        line.hcpcs = code;
        pen.line(line, price, month.scale);
    }
}

/// A blank revenue line of a claim.
fn facility_line(
    pen: &mut Pen<'_>,
    month: &Month,
    (claim, day): (u32, i32),
    ccn: Short<6>,
    bill: &'static str,
    revenue: &'static str,
) -> Line {
    let mut line = pen.professional(40, day, month.practice, 0, "");
    line.claim = claim;
    line.specialty = Short::EMPTY;
    line.tin = Short::EMPTY;
    line.denial = Short::EMPTY;
    line.processing = Short::EMPTY;
    line.npi = 0;
    line.ccn = ccn;
    line.bill = Short::new(bill);
    line.revenue = Short::new(revenue);
    if pen.stream.chance(0.05) {
        line.first = None;
    }
    line
}

/// Puts the allowed charge and the payment on a facility line, whose money counts through its claim.
fn price_line(line: &mut Line, price: f64, scale: f64) -> i64 {
    let allowed = ((price * scale * 100.0).round() as i64).max(1);
    line.allowed = Some(allowed);
    line.payment = allowed * 4 / 5;
    line.payment
}

/// A visit to a federally qualified health center or a rural health clinic.
fn clinic(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities, ccn: Short<6>, bill: &'static str, table: &ChargeTable) {
    let world = pen.world;
    let day = month.day(&mut pen.stream);
    let Some((mut code, price)) = table.draw(month.year, &mut pen.stream) else { return };
    let mut revenue = if pen.stream.chance(0.9) { "0521" } else { "0522" };
    if pen.stream.chance(0.03)
        && let Some((nursing, _)) = world.catalogue.nursing_facility.draw(month.year, &mut pen.stream)
    {
        (code, revenue) = (nursing, "0525");
    }
    let mut header = pen.institutional(40, (day, day), ccn, bill);
    header.tin = facilities.tin;
    header.attending = npi(month.practice, pen.person.index % PRIMARY_PHYSICIANS);
    let refused = pen.stream.chance(world.parameters.oddities.denied);
    let mut line = facility_line(pen, month, (header.claim, day), ccn, bill, revenue);
    line.hcpcs = code;
    line.attending = header.attending;
    let net = price_line(&mut line, price, month.scale);
    if refused {
        let claim = pen.new_claim();
        let reason = Short::new("N");
        let copy = Line { claim, payment: 0, non_payment: reason, ..line };
        pen.plain_line(copy);
    }
    header = pen.header(header, net, 0);
    line.processed = header.processed;
    pen.plain_line(line);
}

/// A physician's service billed by a critical access hospital or by one that elected teaching amendment billing.
fn hospital_clinic(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities, bill: &'static str, revenue: &'static str) {
    let world = pen.world;
    let day = month.day(&mut pen.stream);
    let physician = bill == "85" && !pen.stream.chance(CLINIC_CODE);
    let table = if physician { &world.catalogue.office } else { &world.catalogue.clinic };
    let Some((code, price)) = table.draw(month.year, &mut pen.stream) else { return };
    let mut header = pen.institutional(40, (day, day), facilities.hospital, bill);
    header.tin = facilities.tin;
    let point = pen.stream.unit();
    let practice = world.market.local[month.county as usize].primary_at(point);
    let somebody = npi(practice, pen.stream.below(CLINICIANS));
    let mut line = facility_line(pen, month, (header.claim, day), facilities.hospital, bill, revenue);
    // The clinician is named as rendering, or only as other, or only as attending.
    let (role, attending) = (pen.stream.unit(), npi(month.practice, pen.person.index % PRIMARY_PHYSICIANS));
    line.attending = attending;
    if role < 0.4 {
        line.npi = somebody;
    } else if role < 0.6 {
        line.other = somebody;
    }
    (header.attending, header.other, header.rendering) = (line.attending, line.other, line.npi);
    line.hcpcs = code;
    let net = price_line(&mut line, price, month.scale);
    header = pen.header(header, net, 0);
    line.processed = header.processed;
    pen.plain_line(line);
}

/// Writes a month's home health periods.
pub fn write_home_health(pen: &mut Pen<'_>, month: &Month, facilities: &Facilities) {
    for _ in 0..month.events(&pen.world.parameters.rates.home_health, &mut pen.stream) {
        let from = month.day(&mut pen.stream);
        let thru = (from + 29).min(pen.person.death.unwrap_or(i32::MAX));
        let net = dollars(pen, month, pen.world.parameters.prices.home_health);
        let header = pen.institutional(10, (from, thru), facilities.home_health, "32");
        pen.header(header, net, 0);
    }
}
