//! Tables A4 and A5: the minimum savings rates by assigned beneficiaries, and what each track shares and limits.

use super::layout::{FIRST_ROW, Home, LEADING, Places, cell_reference};
use super::sheets::{Cell, Sheet, again, float, head};
use crate::report::finished::AcoYearResult;
use crate::report::shown::{SUPPRESSED, Unit};
use crate::rules::Rules;
use crate::rules::arrangements::{LossRate, Track};
use crate::rules::settlement::Band;

const RATES: &str = "A4 Minimum savings rates";
const TRACKS: &str = "A5 Tracks";
/// What the derivation of a rate by the table calls its band, by column.
const BAND: [&str; 4] = ["band_beneficiaries_low", "band_beneficiaries_high", "band_rate_low", "band_rate_high"];

fn bands<'r>(result: &AcoYearResult, rules: &'r Rules) -> &'r [Band] {
    let row = rules.settlement.minimum_rate_table.find(&result.aco.performance_year);
    row.map(|row| row.value.as_slice()).unwrap_or_default()
}

/// Row of the ACO's own band, below the table.
fn own_row(bands: &[Band]) -> u32 {
    FIRST_ROW + bands.len() as u32 + 1
}

/// Where the values of the ACO's band stand.
pub(super) fn homes(result: &AcoYearResult, rules: &Rules) -> Vec<(String, Home)> {
    let row = own_row(bands(result, rules));
    let there = (LEADING..).zip(BAND).filter(|(_, label)| result.step(label).is_some());
    there.map(|(column, label)| (label.to_string(), (RATES.to_string(), row, column))).collect()
}

/// Both sheets, where the rules have rows for the year.
pub(super) fn sheets(result: &AcoYearResult, rules: &Rules, places: &Places) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    let bands = bands(result, rules);
    if !bands.is_empty() {
        sheets.push(rates(result, bands, places));
    }
    sheets.push(tracks(result, rules, places));
    sheets
}

/// The table. Where the ACO's rate is of it, the table's numbers can be changed, and the ACO's band is looked up in it.
fn rates(result: &AcoYearResult, bands: &[Band], places: &Places) -> Sheet {
    let columns = ["Fewest", "Most", "Rate at fewest", "Rate at most"].map(str::to_string);
    let mut cells = head("Minimum savings rates by assigned beneficiaries", result, &columns);
    let heads = places.reference("assigned_beneficiaries").filter(|_| result.step(BAND[0]).is_some());
    let number = |value: f64, unit| if heads.is_some() { Cell::Input(value, unit) } else { Cell::Fixed(value, unit) };
    for (row, band) in (FIRST_ROW..).zip(bands) {
        cells.push((row, 1, Cell::Text("Band".to_string())));
        cells.push((row, LEADING, number(band.beneficiaries_low as f64, Unit::People)));
        match band.beneficiaries_high {
            Some(high) => cells.push((row, LEADING + 1, number(high as f64, Unit::People))),
            None => cells.push((row, LEADING + 1, Cell::Word("or more".to_string()))),
        }
        cells.push((row, LEADING + 2, number(float(band.rate_low.0), Unit::Percent)));
        cells.push((row, LEADING + 3, number(float(band.rate_high.0), Unit::Percent)));
    }
    let row = own_row(bands);
    let words = match &heads {
        Some(_) => "Band of this ACO, looked up",
        None => "The rate of this ACO does not come from the table: table 3, L",
    };
    cells.push((row, 1, Cell::Text(words.to_string())));
    if let Some(heads) = heads {
        let last = FIRST_ROW + bands.len() as u32 - 1;
        let range = |column| format!("{}:{}", cell_reference(RATES, FIRST_ROW, column), cell_reference(RATES, last, column));
        let open = cell_reference(RATES, last, LEADING);
        let hidden = !result.suppression.shows(None);
        for (column, label) in (LEADING..).zip(BAND) {
            let Some(value) = result.step(label).and_then(|step| step.value.parse().ok()) else { continue };
            let looked_up = format!("LOOKUP({heads}, {}, {})", range(LEADING), range(column));
            // The last band has no end; its rate is the same everywhere.
            let text = if label == BAND[1] {
                format!("=IF({heads} >= {open}, {heads} + 1, {looked_up})")
            } else {
                format!("={looked_up}")
            };
            let unit = if column < LEADING + 2 { Unit::People } else { Unit::Percent };
            let cell = Cell::Formula { text, value: float(value), unit };
            cells.push((row, column, if hidden { Cell::Text(SUPPRESSED.to_string()) } else { cell }));
        }
        cells.push((row + 1, 1, Cell::Text("Fewer beneficiaries than the first band has: no rate".to_string())));
    }
    Sheet {
        name: RATES.to_string(),
        cells,
        widths: vec![5.0, 54.0, 7.0, 16.0, 16.0, 16.0, 16.0, 20.0],
        frozen: FIRST_ROW,
        begins: Vec::new(),
        strong: Vec::new(),
    }
}

/// What each track and level of the year shares and limits; the ACO's own row refers to its values.
fn tracks(result: &AcoYearResult, rules: &Rules, places: &Places) -> Sheet {
    let columns = ["Sharing rate", "Savings cap", "Loss rate", "Loss cap, benchmark", "Loss cap, revenue"].map(str::to_string);
    let mut cells = head("Inputs by track", result, &columns);
    let year = result.aco.performance_year;
    let percent = |rate| Cell::Fixed(float(rate), Unit::Percent);
    let mut row = FIRST_ROW;
    for track in Track::ALL {
        let arrangement = rules.arrangements.of(track);
        if arrangement.sides.find(&year).is_none() {
            continue;
        }
        let own = track == result.aco.track;
        let name = if own { format!("{track}, the track of this ACO") } else { track.to_string() };
        cells.push((row, 1, Cell::Text(name)));
        let losses = arrangement.losses.as_ref();
        let sharing = arrangement.sharing_rate.find(&year);
        let limits =
            losses.and_then(|losses| losses.limit_of_benchmark.find(&year)).map(|row| row.value.clone()).unwrap_or_default();
        let of_benchmark = match limits.as_slice() {
            [] => None,
            [one] => Some(percent(one.0)),
            several => Some(Cell::Text(
                several
                    .iter()
                    .map(|limit| format!("{} %", (limit.0 * crate::money::Decimal::ONE_HUNDRED).normalize()))
                    .collect::<Vec<_>>()
                    .join(", then "),
            )),
        };
        let rate = losses.and_then(|losses| losses.rate.find(&year)).map(|row| match row.value {
            LossRate::Fixed(rate) => percent(rate.0),
            LossRate::OneMinusSharingRate => Cell::Word("1 less the final sharing rate".to_string()),
            LossRate::OneMinusScoreIfMet | LossRate::OneMinusScore => Cell::Word("1 less sharing rate x quality".to_string()),
        });
        let of_revenue = losses.and_then(|losses| losses.limit_of_revenue.as_ref()?.find(&year)).map(|row| percent(row.value.0));
        let mut put = |column: u16, label: &str, law: Option<Cell>| {
            let mine = if own { again(label, result, places) } else { None };
            cells.extend(mine.or(law).map(|cell| (row, LEADING + column, cell)));
        };
        put(0, "maximum_sharing_rate", sharing.map(|row| percent(row.value.0)));
        put(1, "payment_limit_share", arrangement.payment_limit.find(&year).map(|row| percent(row.value.0)));
        put(2, "final_loss_rate", rate);
        put(3, "loss_limit_share_of_benchmark", of_benchmark);
        put(4, "loss_limit_share_of_revenue", of_revenue);
        cells.extend(sharing.map(|found| (row, LEADING + 5, Cell::Text(found.citation.clone()))));
        row += 1;
    }
    Sheet {
        name: TRACKS.to_string(),
        cells,
        widths: vec![5.0, 34.0, 7.0, 16.0, 16.0, 28.0, 22.0, 20.0, 46.0],
        frozen: FIRST_ROW,
        begins: Vec::new(),
        strong: Vec::new(),
    }
}
