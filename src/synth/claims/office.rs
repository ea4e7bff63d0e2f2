//! Visits to practices: the primary care that assignment weighs, and the specialists' work beside it.

use super::{Month, Pen};
use crate::synth::ids::Short;
use crate::synth::market::{CLINICIANS, PRIMARY_OTHERS_END, PRIMARY_PHYSICIANS, STEP_TWO_SPECIALISTS};

/// Share of the visits of a person who goes to clinics that are still to a practice.
const CLINIC_USER_VISITS: f64 = 0.35;
/// Share of visits to the person's own physician, and to any physician of the practice; the rest are to others.
const OWN_PHYSICIAN: f64 = 0.55;
const ANY_PHYSICIAN: f64 = 0.80;
/// Share of visits away from the person's own practice that go to the one rival.
const TO_RIVAL: f64 = 0.6;
/// Share of office visits with a prolonged-service add-on, and of those billed without their visit.
const PROLONGED: f64 = 0.012;
const PROLONGED_ALONE: f64 = 0.3;
/// Share of office visits billed with the code of hospital clinic visits, which counts in no practice.
const CLINIC_CODE: f64 = 0.003;
/// Share of specialist visits within the person's own practice.
const SPECIALIST_AT_HOME: f64 = 0.3;
/// Share of visits that are billed as carrier DMEPOS claims (type 72) instead of type 71.
const TYPE_72: f64 = 0.01;

/// Writes a month's visits.
pub fn write(pen: &mut Pen<'_>, month: &Month, equal: bool) {
    let rates = &pen.world.parameters.rates;
    let share = if pen.person.clinic_user { CLINIC_USER_VISITS } else { 1.0 };
    let visits = pen.stream.poisson(rates.office_visit[month.kind] / 12.0 * month.activity * share);
    if equal && pen.person.rival != month.practice {
        for _ in 0..visits {
            write_equal_pair(pen, month);
        }
    } else {
        for _ in 0..visits {
            write_visit(pen, month);
        }
        for _ in 0..month.events(&rates.extra_primary_care, &mut pen.stream) {
            if let Some((code, dollars)) = pen.world.catalogue.primary_extra.draw(month.year, &mut pen.stream) {
                let (practice, day) = (practice(pen, month), month.day(&mut pen.stream));
                let clinician = clinician(pen);
                bill(pen, month, day, practice, clinician, "11", code, dollars);
            }
        }
    }
    for _ in 0..month.events(&rates.specialist_visit, &mut pen.stream) {
        write_specialist_visit(pen, month);
    }
    for _ in 0..month.events(&rates.specialist_procedure, &mut pen.stream) {
        if let Some((code, dollars)) = pen.world.catalogue.procedure.draw(month.year, &mut pen.stream) {
            let practice = pen.world.market.local[month.county as usize].specialist(&mut pen.stream);
            let clinician = pen.stream.below(CLINICIANS);
            let day = month.day(&mut pen.stream);
            let pos = *pen.stream.pick(&["11", "11", "22", "24", "81"]);
            bill(pen, month, day, practice, clinician, pos, code, dollars);
        }
    }
}

/// The practice to which a primary care visit goes.
pub fn practice(pen: &mut Pen<'_>, month: &Month) -> u32 {
    if pen.stream.chance(pen.person.loyalty) {
        month.practice
    } else if pen.stream.chance(TO_RIVAL) {
        pen.person.rival
    } else {
        let point = pen.stream.unit();
        pen.world.market.local[month.county as usize].primary_at(point)
    }
}

/// The clinician of a primary care practice who sees the person.
pub fn clinician(pen: &mut Pen<'_>) -> u64 {
    match pen.stream.unit() {
        draw if draw < OWN_PHYSICIAN => pen.person.index % PRIMARY_PHYSICIANS,
        draw if draw < ANY_PHYSICIAN => pen.stream.below(PRIMARY_PHYSICIANS),
        _ => PRIMARY_PHYSICIANS + pen.stream.below(PRIMARY_OTHERS_END - PRIMARY_PHYSICIANS),
    }
}

#[allow(clippy::too_many_arguments)]
fn bill(
    pen: &mut Pen<'_>,
    month: &Month,
    day: i32,
    practice: u32,
    clinician: u64,
    pos: &'static str,
    code: Short<5>,
    dollars: f64,
) -> u32 {
    let claim_type = if pen.stream.chance(TYPE_72) { 72 } else { 71 };
    let mut line = pen.professional(claim_type, day, practice, clinician, pos);
    line.hcpcs = code;
    let claim = line.claim;
    pen.line(line, dollars, month.scale);
    claim
}

fn write_visit(pen: &mut Pen<'_>, month: &Month) {
    let world = pen.world;
    let day = month.day(&mut pen.stream);
    let practice = practice(pen, month);
    let clinician = clinician(pen);
    let emergency = world.calendar.in_emergency(day);
    let odd = &world.parameters.oddities;
    let remote = match (emergency, month.year >= odd.telehealth_later.0) {
        (true, _) => odd.telehealth_share,
        (false, true) => odd.telehealth_later.1,
        (false, false) => 0.0,
    };
    let (table, pos) = if pen.person.nursing_home {
        (&world.catalogue.nursing_facility, if pen.stream.chance(0.85) { "32" } else { "31" })
    } else if pen.person.homebound && pen.stream.chance(0.6) {
        if pen.stream.chance(0.8) {
            (&world.catalogue.home, *pen.stream.pick(&["12", "12", "12", "12", "13", "11"]))
        } else {
            (&world.catalogue.domiciliary, "13")
        }
    } else if pen.stream.chance(remote) {
        (&world.catalogue.telehealth, "02")
    } else {
        (&world.catalogue.office, if pen.stream.chance(0.08) { "22" } else { "11" })
    };
    let Some((mut code, dollars)) = table.draw(month.year, &mut pen.stream) else { return };
    if pos == "11" && pen.stream.chance(CLINIC_CODE) {
        code = Short::new("G0463");
    }
    let claim = bill(pen, month, day, practice, clinician, pos, code, dollars);
    if pos == "11"
        && pen.stream.chance(PROLONGED)
        && let Some((code, dollars)) = world.catalogue.prolonged.draw(month.year, &mut pen.stream)
    {
        let mut line = pen.professional(71, day, practice, clinician, pos);
        line.hcpcs = code;
        if !pen.stream.chance(PROLONGED_ALONE) {
            (line.claim, line.number) = (claim, 2);
        }
        pen.line(line, dollars, month.scale);
    }
}

/// Two visits with equal charges, to the person's own practice and to the rival, often on the same day.
fn write_equal_pair(pen: &mut Pen<'_>, month: &Month) {
    let Some((code, dollars)) = pen.world.catalogue.office.draw(month.year, &mut pen.stream) else { return };
    let day = month.day(&mut pen.stream);
    let other_day = if pen.stream.chance(0.7) { day } else { month.day(&mut pen.stream) };
    let clinician = pen.person.index % PRIMARY_PHYSICIANS;
    // A common cost level: the effect of an ACO must not break the tie.
    let level = Month { scale: pen.world.scale(month.kind, month.county, month.year), ..*month };
    for (practice, day) in [(month.practice, day), (pen.person.rival, other_day)] {
        bill(pen, &level, day, practice, clinician, "11", code, dollars);
    }
}

fn write_specialist_visit(pen: &mut Pen<'_>, month: &Month) {
    let Some((code, dollars)) = pen.world.catalogue.office.draw(month.year, &mut pen.stream) else { return };
    let day = month.day(&mut pen.stream);
    let (practice, clinician) = if pen.stream.chance(SPECIALIST_AT_HOME) {
        (month.practice, PRIMARY_OTHERS_END + pen.stream.below(CLINICIANS - PRIMARY_OTHERS_END))
    } else {
        let practice = pen.world.market.local[month.county as usize].specialist(&mut pen.stream);
        // Most have a specialty that counts in step 2 of assignment.
        let clinician =
            if pen.stream.chance(0.8) { pen.stream.below(STEP_TWO_SPECIALISTS) } else { pen.stream.below(CLINICIANS) };
        (practice, clinician)
    };
    bill(pen, month, day, practice, clinician, "11", code, dollars);
}
