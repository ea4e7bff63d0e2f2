//! Where each value stands: the rows of CMS's report (`layout.toml`), and a sheet for the steps it has no row for.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::error::{Error, Place, Result};
use crate::report::finished::{AcoYearResult, label};
use crate::rules::EnrollmentType;

/// Sheet of the steps that no table holds.
pub(super) const OTHERS: &str = "Other steps";
/// First row of a table's body, from 0.
pub(super) const FIRST_ROW: u32 = 4;
/// Columns before those of years: letter, title, type.
pub(super) const LEADING: u16 = 3;

/// The tables of the workbook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layout {
    pub(super) table: Vec<Table>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) sheet: String,
    pub(super) title: String,
    pub(super) columns: Vec<String>,
    /// A value without which the table is left out.
    needs: Option<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    letter: String,
    title: String,
    #[serde(default)]
    types: bool,
    #[serde(default)]
    strong: bool,
    cells: BTreeMap<String, String>,
}

/// A line of a table: one row of the sheet.
#[derive(Debug)]
pub(super) struct Line<'l> {
    pub(super) letter: &'l str,
    pub(super) title: &'l str,
    pub(super) kind: Option<EnrollmentType>,
    pub(super) strong: bool,
    /// By column of the table: a value's label, or a formula.
    pub(super) cells: Vec<Option<Content>>,
}

/// What stands in a cell.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// A value.
    Value(String),
    /// A value that the run notes beside the derivation.
    Noted(String),
    /// A word of the ACO's year.
    Word(String),
    /// A formula of values that is none of the derivation's steps.
    Formula(String),
}

impl Layout {
    pub(super) fn read() -> Result<Self> {
        toml::from_str(include_str!("layout.toml")).map_err(|fault| {
            let place = Place::table("layout.toml");
            Error::input(format!("the embedded layout does not read: {fault}"), place, "report this as a defect")
        })
    }
}

impl Table {
    /// The lines that this ACO's rules have something for.
    pub(super) fn lines(&self, result: &AcoYearResult) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        if self.needs.as_ref().is_some_and(|label| result.step(label).is_none()) {
            return lines;
        }
        for row in &self.rows {
            let kinds: Vec<_> = if row.types { EnrollmentType::ALL.into_iter().map(Some).collect() } else { vec![None] };
            let of_row = kinds.into_iter().map(|kind| {
                let cells = self.columns.iter().map(|column| content(row.cells.get(column)?, kind, result)).collect();
                Line { letter: &row.letter, title: &row.title, kind, strong: row.strong, cells }
            });
            let of_row: Vec<Line<'_>> = of_row.collect();
            if of_row.iter().any(|line| line.cells.iter().any(Option::is_some)) {
                lines.extend(of_row);
            }
        }
        lines
    }
}

/// What stands in a cell of a line; nothing where the derivation lacks a value it names.
fn content(cell: &str, kind: Option<EnrollmentType>, result: &AcoYearResult) -> Option<Content> {
    if let Some(word) = cell.strip_prefix("text:") {
        return word_of(word.trim(), result).filter(|word| !word.is_empty()).map(Content::Word);
    }
    let Some(formula) = cell.strip_prefix('=') else {
        let label = label(cell, kind);
        let noted = || result.noted(&label).map(|_| Content::Noted(label.clone()));
        return result.step(&label).map(|_| Content::Value(label.clone())).or_else(noted);
    };
    let formula = formula.trim().replace('@', kind.map_or("", EnrollmentType::name));
    let known = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic()) && !matches!(*word, "min" | "max" | "if");
    let words = formula.split(|c: char| !(c.is_ascii_alphanumeric() || "_[].".contains(c))).filter(|word| !word.is_empty());
    let there = |word: &str| result.step(word).or_else(|| result.noted(word)).is_some();
    words.filter(known).all(there).then_some(Content::Formula(formula))
}

/// A word that the layout may ask for.
fn word_of(name: &str, result: &AcoYearResult) -> Option<String> {
    match name {
        "quality_standard" => Some(result.aco.quality_standard.to_string().replace('_', " ")),
        _ => None,
    }
}

/// Where a value is at home: sheet, row, column, from 0.
pub(super) type Home = (String, u32, u16);

/// The cell of every value.
#[derive(Debug)]
pub(super) struct Places {
    cells: HashMap<String, Home>,
    /// Steps without a row, in the order of the derivation.
    pub(super) others: Vec<String>,
}

impl Places {
    /// The first place that a table has for a value is its home; other places refer to it.
    /// `homes` are those of values that stand in no table of the layout.
    pub(super) fn of(result: &AcoYearResult, layout: &Layout, homes: Vec<(String, Home)>) -> Self {
        let mut cells: HashMap<String, Home> = homes.into_iter().collect();
        for table in &layout.table {
            for (row, line) in (FIRST_ROW..).zip(table.lines(result)) {
                for (column, content) in (LEADING..).zip(&line.cells) {
                    if let Some(Content::Value(label) | Content::Noted(label)) = content {
                        cells.entry(label.clone()).or_insert((table.sheet.clone(), row, column));
                    }
                }
            }
        }
        let mut others = Vec::new();
        for step in &result.steps {
            let label = step.label();
            if !cells.contains_key(&label) {
                cells.insert(label.clone(), (OTHERS.to_string(), FIRST_ROW + others.len() as u32, LEADING));
                others.push(label);
            }
        }
        Self { cells, others }
    }

    /// Where a value is at home: sheet, row, column.
    pub(super) fn home(&self, label: &str) -> Option<&Home> {
        self.cells.get(label)
    }

    /// A value's cell as formulas write it: `'Table 1'!$D$7`.
    pub(super) fn reference(&self, label: &str) -> Option<String> {
        let (sheet, row, column) = self.cells.get(label)?;
        Some(cell_reference(sheet, *row, *column))
    }

    /// Every value with its cell, in the order of their names.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        self.cells.keys().filter_map(|label| Some((label.clone(), self.reference(label)?))).collect()
    }
}

/// A cell as formulas write it.
pub(super) fn cell_reference(sheet: &str, row: u32, column: u16) -> String {
    format!("'{sheet}'!${}${}", letters(column), row + 1)
}

/// A column's letters, from 0.
fn letters(column: u16) -> String {
    let mut out = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        out.insert(0, char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        assert_eq!([0, 3, 25, 26, 51, 52].map(letters), ["A", "D", "Z", "AA", "AZ", "BA"]);
    }

    #[test]
    fn every_word_that_the_layout_asks_for_is_known() {
        let words = include_str!("layout.toml").split("\"text:").skip(1).map(|rest| rest.split('"').next().unwrap().trim());
        assert!(words.clone().count() > 0 && words.into_iter().all(|word| word == "quality_standard"));
    }

    #[test]
    fn the_layout_reads_and_names_no_column_that_its_table_lacks() {
        for table in Layout::read().unwrap().table {
            for row in &table.rows {
                assert!(row.cells.keys().all(|column| table.columns.contains(column)), "{} {}", table.sheet, row.title);
            }
        }
    }
}
