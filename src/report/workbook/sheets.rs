//! The sheets of a workbook that the layout asks for, and that of the other steps.

use super::formula::spreadsheet;
use super::layout::{Content, FIRST_ROW, LEADING, Layout, OTHERS, Places};
use crate::factors::FactorYear;
use crate::money::Decimal;
use crate::report::finished::AcoYearResult;
use crate::report::shown::{SUPPRESSED, Unit, unit_of};
use crate::report::steps::FiledStep;

/// A sheet before it is written.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) cells: Vec<(u32, u16, Cell)>,
    /// Widths of the columns, in characters.
    pub(super) widths: Vec<f64>,
    /// Rows that stay on top.
    pub(super) frozen: u32,
    /// Rows that begin something, and those that matter most.
    pub(super) begins: Vec<u32>,
    pub(super) strong: Vec<u32>,
}

/// What is written into a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Title(String),
    Heading(String),
    /// A heading above numbers.
    Ending(String),
    Text(String),
    /// A word that stands where numbers do.
    Word(String),
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

/// The sheets of the layout, in order.
pub(super) fn tables(result: &AcoYearResult, layout: &Layout, places: &Places) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    for table in layout.table.iter().filter(|table| !table.lines(result).is_empty()) {
        let mut cells = head(&table.title, result, &table.columns);
        let (mut begins, mut strong) = (Vec::new(), Vec::new());
        let mut last = "";
        for (row, line) in (FIRST_ROW..).zip(table.lines(result)) {
            if line.title != last || line.kind.is_none() {
                cells.push((row, 0, Cell::Text(line.letter.to_string())));
                cells.push((row, 1, Cell::Text(line.title.to_string())));
                last = line.title;
                begins.push(row);
            }
            if line.strong {
                strong.push(row);
            }
            cells.push((row, 2, Cell::Text(line.kind.map_or("ALL", |kind| kind.name()).to_string())));
            let mut citation = None;
            for (column, content) in (LEADING..).zip(&line.cells) {
                let (cell, cited) = match content {
                    None => continue,
                    Some(Content::Value(label)) => {
                        let home = places.home(label).is_some_and(|home| *home == (table.sheet.clone(), row, column));
                        let cell = if home { value(label, result, places) } else { again(label, result, places) };
                        (cell, result.step(label).map(follows))
                    }
                    Some(Content::Noted(label)) => {
                        let step = result.noted(label);
                        (noted(label, result), step.map(|step| format!("noted by the run, factor table {}", step.citation)))
                    }
                    Some(Content::Word(word)) => (Some(Cell::Word(word.clone())), None),
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
        sheets.push(Sheet { name: table.sheet.clone(), cells, widths, frozen: FIRST_ROW, begins, strong });
    }
    sheets
}

/// Where a value comes from: the paragraph it follows, or the factor table it is given in.
fn follows(step: &FiledStep) -> String {
    if step.origin == "given" { format!("factor table {}", step.citation) } else { step.citation.clone() }
}

/// A number that the run notes, and that moves nothing.
fn noted(label: &str, result: &AcoYearResult) -> Option<Cell> {
    if !result.suppression.shows_label(label) {
        return Some(Cell::Text(SUPPRESSED.to_string()));
    }
    Some(Cell::Fixed(float(result.noted(label)?.value.parse().ok()?), unit_of(label)))
}

pub(super) fn head(title: &str, result: &AcoYearResult, columns: &[String]) -> Vec<(u32, u16, Cell)> {
    let about = format!("{}, performance year {}, track {}", result.aco.key, result.aco.performance_year, result.aco.track);
    let mut cells = vec![(0, 0, Cell::Title(title.to_string())), (1, 0, Cell::Text(about))];
    let leading = ["", "", "Type"].into_iter().map(|heading| Cell::Heading(heading.to_string()));
    let year = |name: &String| {
        let year = FactorYear::ALL.iter().find(|year| year.name() == name);
        year.map_or_else(|| name.clone(), |year| format!("{name}, {}", result.aco.calendar_year(*year)))
    };
    let headings = leading.chain(columns.iter().map(year).map(Cell::Ending)).chain([Cell::Heading("Follows".to_string())]);
    cells.extend((0..).zip(headings).map(|(column, heading)| (FIRST_ROW - 1, column, heading)));
    cells
}

pub(super) fn float(number: Decimal) -> f64 {
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
pub(super) fn again(label: &str, result: &AcoYearResult, places: &Places) -> Option<Cell> {
    let step = result.step(label)?;
    if !result.suppression.shows_label(label) {
        return Some(Cell::Text(SUPPRESSED.to_string()));
    }
    let text = format!("={}", places.reference(label)?);
    Some(Cell::Formula { text, value: float(step.value.parse().ok()?), unit: unit_of(label) })
}

/// A formula of the layout's own.
pub(super) fn extra(formula: &str, result: &AcoYearResult, places: &Places) -> Option<Cell> {
    let hidden = std::cell::Cell::new(false);
    let text = spreadsheet(formula, &|name| {
        hidden.set(hidden.get() || !result.suppression.shows_label(name));
        places.reference(name)
    })?;
    if hidden.get() {
        return Some(Cell::Text(SUPPRESSED.to_string()));
    }
    let operand = |name: &str| result.step(name).or_else(|| result.noted(name))?.value.parse().ok();
    let value = crate::derivation::evaluate(formula, &operand)?;
    let names = formula.split(|c: char| !(c.is_ascii_alphanumeric() || "_[].".contains(c)));
    let units: Vec<Unit> = names.filter(|name| operand(name).is_some()).map(unit_of).collect();
    let unit = match units.first() {
        _ if formula.contains('/') || formula.starts_with('1') => Unit::Percent,
        Some(first) if !units.contains(&Unit::Dollars) => *first,
        _ => Unit::Dollars,
    };
    Some(Cell::Formula { text, value: float(value), unit })
}

/// The steps that no table has a row for, where there are any.
pub(super) fn others(result: &AcoYearResult, places: &Places) -> Option<Sheet> {
    if places.others.is_empty() {
        return None;
    }
    let mut cells = head("Other steps and rules", result, &["Value".to_string()]);
    for (row, label) in (FIRST_ROW..).zip(&places.others) {
        let Some(step) = result.step(label) else { continue };
        cells.push((row, 1, Cell::Text(step.name.replace('_', " "))));
        cells.push((row, 2, Cell::Text(step.enrollment_type.clone().unwrap_or_else(|| "ALL".to_string()))));
        cells.extend(value(label, result, places).map(|cell| (row, LEADING, cell)));
        cells.push((row, LEADING + 1, Cell::Text(follows(step))));
    }
    let widths = vec![5.0, 44.0, 7.0, 18.0, 60.0];
    Some(Sheet { name: OTHERS.to_string(), cells, widths, frozen: FIRST_ROW, begins: Vec::new(), strong: Vec::new() })
}
