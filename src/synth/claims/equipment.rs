//! Durable medical equipment and supplies, with the catheter billing of the year that stands out.

use super::{Month, Pen};
use crate::synth::ids::Short;

/// Dollars of a catheter claim: hundreds of pieces at a time.
const CATHETER_PIECES: f64 = 200.0;
/// How much rarer catheters are in other years.
const OTHER_YEARS: f64 = 0.15;

/// Writes a month's equipment.
pub fn write(pen: &mut Pen<'_>, month: &Month) {
    let world = pen.world;
    let price = world.parameters.prices.equipment;
    for _ in 0..month.events(&world.parameters.rates.equipment, &mut pen.stream) {
        if let Some((code, dollars)) = world.catalogue.equipment.draw(month.year, &mut pen.stream) {
            let claim_type = *pen.stream.pick(&[81, 82, 82, 82, 82, 72]);
            let factor = price.0 * pen.stream.lognormal(price.1 / 2.0) / price.0;
            supply(pen, month, claim_type, code, dollars * factor);
        }
    }
    let odd = &world.parameters.oddities;
    let rate = odd.catheter_claims_per_year / 12.0 * if month.year == odd.catheter_year { 1.0 } else { OTHER_YEARS };
    if pen.stream.chance(rate)
        && let Some((code, dollars)) = world.catalogue.catheter.draw(month.year, &mut pen.stream)
    {
        let claim_type = *pen.stream.pick(&[72, 82, 82, 82]);
        supply(pen, month, claim_type, code, dollars * CATHETER_PIECES);
    }
}

fn supply(pen: &mut Pen<'_>, month: &Month, claim_type: u8, code: Short<5>, dollars: f64) {
    let practice = pen.world.market.local[month.county as usize].specialist(&mut pen.stream);
    let day = month.day(&mut pen.stream);
    let mut line = pen.professional(claim_type, day, practice, 15, "12");
    line.hcpcs = code;
    line.specialty = Short::new("54");
    pen.line(line, dollars, month.scale);
}
