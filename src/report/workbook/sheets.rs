//! The sheets of a workbook: parameters, the tables, the other steps.

use super::formula::spreadsheet;
use super::layout::{Content, FIRST_ROW, LEADING, Layout, OTHERS, Places};
use crate::money::Decimal;
use crate::report::finished::AcoYearResult;
use crate::report::page::About;
use crate::report::shown::{SUPPRESSED, Unit, unit_of};

/// A sheet before it is written.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) cells: Vec<(u32, u16, Cell)>,
    /// Widths of the columns, in characters.
    pub(super) widths: Vec<f64>,
    /// Rows that stay on top.
    pub(super) frozen: u32,
}

/// What is written into a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Title(String),
    Heading(String),
    Text(String),
    /// A number that a reader may change.
    Input(f64, Unit),
    /// A number that is no formula because a part of it is hidden.
    Fixed(f64, Unit),
    Formula {
        text: String,
        value: f64,
        unit: Unit,
    },
}

/// Every sheet, in order.
pub(super) fn sheets(result: &AcoYearResult, about: &About, layout: &Layout, places: &Places) -> Vec<Sheet> {
    let mut sheets = vec![parameters(result, about, places)];
    for table in &layout.table {
        let mut cells = head(&table.title, result, &table.columns);
        let mut last = "";
        for (row, line) in (FIRST_ROW..).zip(table.lines(result)) {
            if line.title != last || line.kind.is_none() {
                cells.push((row, 0, Cell::Text(line.letter.to_string())));
                cells.push((row, 1, Cell::Text(line.title.to_string())));
                last = line.title;
            }
            cells.push((row, 2, Cell::Text(line.kind.map_or("ALL", |kind| kind.name()).to_string())));
            let mut citation = None;
            for (column, content) in (LEADING..).zip(&line.cells) {
                let (cell, cited) = match content {
                    None => continue,
                    Some(Content::Value(label)) => {
                        let home = places.home(label).is_some_and(|home| *home == (table.sheet.clone(), row, column));
                        let cell = if home { value(label, result, places) } else { again(label, result, places) };
                        (cell, result.step(label).map(|step| step.citation.clone()))
                    }
                    Some(Content::Formula(formula)) => (extra(formula, result, places), None),
                };
                cells.extend(cell.map(|cell| (row, column, cell)));
                citation = citation.or(cited);
            }
            if let Some(citation) = citation {
                cells.push((row, LEADING + table.columns.len() as u16, Cell::Text(citation)));
            }
        }
        let mut widths = vec![5.0, 44.0, 7.0];
        widths.extend(table.columns.iter().map(|_| 16.0));
        widths.push(46.0);
        sheets.push(Sheet { name: table.sheet.clone(), cells, widths, frozen: FIRST_ROW });
    }
    sheets.push(others(result, places));
    sheets
}

fn head(title: &str, result: &AcoYearResult, columns: &[String]) -> Vec<(u32, u16, Cell)> {
    let about = format!("{}, performance year {}, track {}", result.aco.key, result.aco.performance_year, result.aco.track);
    let mut cells = vec![(0, 0, Cell::Title(title.to_string())), (1, 0, Cell::Text(about))];
    let headings = ["", "", "Type"].into_iter().chain(columns.iter().map(String::as_str)).chain(["Follows"]);
    cells.extend((0..).zip(headings).map(|(column, heading)| (FIRST_ROW - 1, column, Cell::Heading(heading.to_string()))));
    cells
}

fn float(number: Decimal) -> f64 {
    number.to_string().parse().unwrap_or(0.0)
}

/// A value in its home: what the tables and rules give as a number to change, what is computed as a formula.
fn value(label: &str, result: &AcoYearResult, places: &Places) -> Option<Cell> {
    let step = result.step(label)?;
    if !result.suppression.shows_label(label) {
        return Some(Cell::Text(SUPPRESSED.to_string()));
    }
    let (number, unit) = (float(step.value.parse().ok()?), unit_of(label));
    if step.formula.is_empty() {
        return Some(Cell::Input(number, unit));
    }
    if step.inputs.keys().any(|input| !result.suppression.shows_label(input)) {
        return Some(Cell::Fixed(number, unit));
    }
    let text = spreadsheet(&step.formula, &|name| places.reference(name));
    Some(text.map_or(Cell::Fixed(number, unit), |text| Cell::Formula { text, value: number, unit }))
}

/// A value in a place that is not its home.
fn again(label: &str, result: &AcoYearResult, places: &Places) -> Option<Cell> {
    let step = result.step(label)?;
    if !result.suppression.shows_label(label) {
        return Some(Cell::Text(SUPPRESSED.to_string()));
    }
    let text = format!("={}", places.reference(label)?);
    Some(Cell::Formula { text, value: float(step.value.parse().ok()?), unit: unit_of(label) })
}

/// A formula of the layout's own.
fn extra(formula: &str, result: &AcoYearResult, places: &Places) -> Option<Cell> {
    let hidden = std::cell::Cell::new(false);
    let text = spreadsheet(formula, &|name| {
        hidden.set(hidden.get() || !result.suppression.shows_label(name));
        places.reference(name)
    })?;
    if hidden.get() {
        return Some(Cell::Text(SUPPRESSED.to_string()));
    }
    let operand = |name: &str| result.step(name)?.value.parse().ok();
    let value = crate::derivation::evaluate(formula, &operand)?;
    let unit = if formula.contains('/') || formula.starts_with('1') { Unit::Percent } else { Unit::Dollars };
    Some(Cell::Formula { text, value: float(value), unit })
}

fn others(result: &AcoYearResult, places: &Places) -> Sheet {
    let mut cells = head("Other steps and rules", result, &["Value".to_string()]);
    for (row, label) in (FIRST_ROW..).zip(&places.others) {
        let Some(step) = result.step(label) else { continue };
        cells.push((row, 1, Cell::Text(step.name.replace('_', " "))));
        cells.push((row, 2, Cell::Text(step.enrollment_type.clone().unwrap_or_else(|| "ALL".to_string()))));
        cells.extend(value(label, result, places).map(|cell| (row, LEADING, cell)));
        cells.push((row, LEADING + 1, Cell::Text(step.citation.clone())));
    }
    Sheet { name: OTHERS.to_string(), cells, widths: vec![5.0, 44.0, 7.0, 18.0, 60.0], frozen: FIRST_ROW }
}

fn parameters(result: &AcoYearResult, about: &About, places: &Places) -> Sheet {
    let aco = &result.aco;
    let mut cells = vec![(0, 0, Cell::Title(format!("{}: benchmark and settlement", aco.key)))];
    let mut words = vec![
        ("Performance year", aco.performance_year.to_string()),
        ("Track", aco.track.to_string()),
        ("Agreement period", aco.agreement_period.to_string()),
        ("Agreement start", aco.agreement_start.to_string()),
        ("Agreements with a regional adjustment, this one included", aco.times_regionally_adjusted.to_string()),
        ("Assignment", aco.assignment_method.to_string()),
        ("Benchmark rules", result.regime.clone()),
        ("Adjustment", result.selected_adjustment.replace('_', " ")),
        ("Quality standard", aco.quality_standard.to_string()),
        ("Low revenue", aco.low_revenue.map_or("not known", |low| if low { "yes" } else { "no" }).to_string()),
        ("Outcome", result.outcome.clone()),
        ("Run", format!("{}, acobench {}, ended {}", about.run_id, about.version, about.ended)),
    ];
    if !result.reason.is_empty() {
        words.push(("Undetermined because", result.reason.clone()));
    }
    let mut row = 2;
    for (name, word) in words.into_iter().filter(|(_, word)| !word.is_empty()) {
        cells.push((row, 0, Cell::Text(name.to_string())));
        cells.push((row, 1, Cell::Text(word)));
        row += 1;
    }
    cells.push((row, 0, Cell::Text("Payment".to_string())));
    cells.extend(again("payment", result, places).map(|cell| (row, 1, cell)));
    row += 2;
    cells.push((row, 0, Cell::Heading("How to read it".to_string())));
    for line in [
        "Blue numbers come from the factor tables and the rules: change one, and everything made of it moves, to the payment.",
        "Black numbers are formulas, made from the derivation of each value; the last column names the paragraph they follow.",
        "What decides which formula holds is settled by the run and stays: track, standard of quality, the adjustment selected, the \
         band of the minimum savings rate, whether the reduced sharing rate or the recalculated benchmark applies.",
        "`acobench whatif` asks those too. Spreadsheets count in binary, so the last of 15 digits may differ; no cent does.",
        "Cells that rest on 1 to 10 beneficiaries, or would give them back, are *; grey numbers were made of such cells and do not move.",
        "Every value has a defined name, such as payment or trend_by1_DIS.",
    ] {
        row += 1;
        cells.push((row, 0, Cell::Text(line.to_string())));
    }
    Sheet { name: "Parameters".to_string(), cells, widths: vec![52.0, 44.0], frozen: 0 }
}
