//! A results file as columns of numbers: which columns it has, in which unit and to which digit each is printed.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::cell::{Cell, Printed};
use super::columns::{self, Column, Key, Kind, Known};
use super::day;
use super::interval::Interval;
use super::text::{self, Records};
use crate::error::{Error, Place, Result};

/// How the numbers of a column are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Digits behind the point that the column prints; trailing zeros may be missing in a cell.
    pub decimals: u32,
    /// Digits that the column prints in all: larger numbers have fewer of them behind the point.
    pub digits: u32,
    /// Numbers of digits behind the point, a bit for each, that so many dollar cells show that they are printed so, and not
    /// cut of their zeros.
    pub as_printed: u32,
    /// Whether a rate is printed as a percentage.
    pub percent: bool,
    /// How that is known.
    pub unit_by: UnitBy,
}

/// Below this a spreadsheet writes a number with an exponent and three digits, and exports it so.
const SMALL: Decimal = Decimal::from_parts(1, 0, 0, false, 4);
const DIGITS_OF_SMALL: u32 = 3;

impl Form {
    /// To how many digits behind the point a cell is exact: as many as its column prints, unless the number is so large that
    /// they do not fit, or so small that it is printed in another way.
    fn decimals_of(&self, printed: &Printed) -> u32 {
        let before = printed.digits() - printed.decimals;
        let leading = printed.digits().saturating_sub(printed.significant());
        let small = !printed.value.is_zero() && printed.value.abs() < SMALL && printed.decimals - leading <= DIGITS_OF_SMALL;
        if small || (printed.decimals < u32::BITS && self.as_printed >> printed.decimals & 1 == 1) {
            return printed.decimals;
        }
        self.decimals.min(self.digits.saturating_sub(before)).max(printed.decimals)
    }
}

/// How the unit of a rate is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitBy {
    /// The column holds no rate.
    Kind,
    /// Percent signs.
    Sign,
    /// Values that no fraction reaches, or their absence.
    Size,
    /// The rate that dollars of the same row give.
    Identity,
}

/// A number of a row: the value, as a fraction where it is a rate, and every value that would be printed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// As printed.
    pub value: Decimal,
    /// What it may be.
    pub interval: Interval,
}

/// Why a row has no number in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// The file has no such column.
    Column(Key),
    /// The cell is suppressed.
    Suppressed(Key),
    /// The cell is empty or a dash.
    Blank(Key),
    /// The cell holds something else.
    Text(Key),
}

/// A results file.
#[derive(Debug, Clone)]
pub struct Sheet {
    encoding: &'static str,
    records: Records,
    known: BTreeMap<Key, Known>,
    places: BTreeMap<Key, usize>,
    forms: BTreeMap<Key, Form>,
    other_years: usize,
}

impl Sheet {
    /// Reads a file's bytes; rows of another performance year, where the file says so, are left out and counted.
    ///
    /// # Errors
    /// When the text does not split into rows, a column stands there twice, or no ACO column is found.
    pub fn read(bytes: &[u8], path: &Path, performance_year: u16) -> Result<Self> {
        let (decoded, encoding) = text::decode(bytes);
        let records = text::records(&decoded, path)?;
        let known: BTreeMap<Key, Known> = columns::known()?.into_iter().map(|known| (known.key, known)).collect();
        let places = places(&records.header, &known, path)?;
        let mut sheet = Self { encoding, records, known, places, forms: BTreeMap::new(), other_years: 0 };
        if !sheet.has(Column::AcoId) && !sheet.has(Column::AcoName) {
            return Err(Error::input(
                "no column names the ACO",
                Place::file(path).at_column("ACO_ID"),
                "give the Performance Year Financial and Quality Results file, with its header",
            ));
        }
        sheet.keep_year(performance_year, path)?;
        sheet.find_forms();
        Ok(sheet)
    }

    fn keep_year(&mut self, year: u16, path: &Path) -> Result<()> {
        let Some(place) = self.places.get(&Column::PerformanceYear.into()).copied() else { return Ok(()) };
        let before = self.records.rows.len();
        self.records.rows.retain(|row| match Cell::read(&row[place]) {
            Cell::Number(number) => number.value == Decimal::from(year),
            _ => true,
        });
        self.other_years = before - self.records.rows.len();
        if self.records.rows.is_empty() {
            return Err(Error::input(
                format!("the file holds no row of performance year {year}"),
                Place::file(path).at_column(self.records.header[place].clone()),
                "give the year of the file with --performance-year",
            ));
        }
        Ok(())
    }

    fn find_forms(&mut self) {
        for (key, known) in &self.known {
            if matches!(known.kind, Kind::Text | Kind::Flag | Kind::Day) {
                continue;
            }
            let Some(place) = self.places.get(key) else { continue };
            let printed: Vec<Printed> = self.records.rows.iter().filter_map(|row| number(&row[*place])).collect();
            let (percent, unit_by) = unit(known, &printed);
            let digits = printed.iter().map(Printed::digits).max().unwrap_or(0);
            let decimals = decimals(&printed);
            let as_printed = if known.kind == Kind::Dollars { as_printed(&printed, decimals) } else { 0 };
            self.forms.insert(*key, Form { decimals, digits, as_printed, percent, unit_by });
        }
        self.settle_savings_rate();
    }

    /// Savings rates may all be too small to tell fractions from percentages: then the dollars of the rows do.
    fn settle_savings_rate(&mut self) {
        let key = Key::from(Column::SavingsRate);
        if self.forms.get(&key).is_none_or(|form| form.percent) {
            return;
        }
        let (mut fractions, mut percentages) = (0, 0);
        for row in self.rows() {
            let (Ok(rate), Ok(benchmark), Ok(expenditure)) =
                (row.number(key), row.number(Column::TotalBenchmark), row.number(Column::TotalExpenditure))
            else {
                continue;
            };
            let Some(expected) = (benchmark.value - expenditure.value).checked_div(benchmark.value) else { continue };
            let as_fraction = rate.value.saturating_sub(expected).abs();
            let as_percentage = (rate.value / Decimal::ONE_HUNDRED).saturating_sub(expected).abs();
            fractions += u32::from(as_fraction < as_percentage);
            percentages += u32::from(as_percentage < as_fraction);
        }
        if let Some(form) = self.forms.get_mut(&key).filter(|_| percentages > fractions) {
            form.percent = true;
            form.unit_by = UnitBy::Identity;
        }
    }

    /// Whether the file has a column.
    pub fn has(&self, key: impl Into<Key>) -> bool {
        self.places.contains_key(&key.into())
    }

    /// How a column is printed.
    pub fn form(&self, key: impl Into<Key>) -> Option<Form> {
        self.forms.get(&key.into()).copied()
    }

    /// A column's name in this file, or its usual one where the file has none.
    pub fn name(&self, key: impl Into<Key>) -> String {
        let key = key.into();
        match self.places.get(&key) {
            Some(place) => self.records.header[*place].trim().to_string(),
            None => self.known.get(&key).map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Columns that hold numbers and that the file lacks; of the arrangement, the first column if there is none at all.
    pub fn missing(&self) -> Vec<String> {
        let lacking = self.known.values().filter(|known| !self.places.contains_key(&known.key));
        let numbers = lacking.filter(|known| !matches!(known.kind, Kind::Text | Kind::Flag | Kind::Day));
        let track = [Column::Track, Column::Track1, Column::BasicA].into_iter().all(|column| !self.has(column));
        let start = !self.has(Column::AgreementStart);
        let words = [(track, Column::Track), (start, Column::AgreementStart)].into_iter().filter(|(absent, _)| *absent);
        words.map(|(_, column)| self.name(column)).chain(numbers.map(ToString::to_string)).collect()
    }

    /// Rates of the file, and how each is printed.
    pub fn rates(&self) -> impl Iterator<Item = (String, Form)> {
        let rates = self.forms.iter().filter(|(key, _)| self.known.get(*key).is_some_and(|known| known.kind == Kind::Rate));
        rates.map(|(key, form)| (self.name(*key), *form))
    }

    /// Columns of the file that nothing asks for.
    pub fn unknown_columns(&self) -> usize {
        self.records.header.len() - self.places.len()
    }

    /// The file's encoding.
    pub fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// Lines left out because they hold one cell alone, and rows of other years.
    pub fn left_out(&self) -> (usize, usize) {
        (self.records.footnotes, self.other_years)
    }

    /// The rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.records.rows.len()).map(|index| Row { sheet: self, index })
    }

    /// One row.
    pub fn row(&self, index: usize) -> Row<'_> {
        Row { sheet: self, index }
    }

    /// The same file with another text in one cell, units and digits of the columns left as they are.
    #[must_use]
    pub fn with(mut self, index: usize, key: impl Into<Key>, text: &str) -> Self {
        if let Some(place) = self.places.get(&key.into()) {
            self.records.rows[index][*place] = text.to_string();
        }
        self
    }
}

/// Where each known column stands.
fn places(header: &[String], known: &BTreeMap<Key, Known>, path: &Path) -> Result<BTreeMap<Key, usize>> {
    let plain: Vec<String> = header.iter().map(|name| columns::plain(name)).collect();
    let mut places = BTreeMap::new();
    let mut faults = Vec::new();
    for (key, known) in known {
        // The first spelling that the file has wins: a file may print the same thing under an old and a new name.
        for name in &known.names {
            let name = columns::plain(name);
            let mut found = plain.iter().enumerate().filter(|(_, other)| **other == name).map(|(place, _)| place);
            let Some(place) = found.next() else { continue };
            if found.next().is_some() {
                let place = Place::file(path).at_column(header[place].trim());
                faults.push(Error::input("a column stands twice in the header", place, "keep one of them"));
            }
            places.insert(*key, place);
            break;
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(Error::Inputs(faults)) }
}

fn number(text: &str) -> Option<Printed> {
    match Cell::read(text) {
        Cell::Number(number) => Some(number),
        _ => None,
    }
}

/// Digits that a column prints: the most that at least two cells in a hundred show. Cells may have lost trailing zeros;
/// one cell with more digits than its column does not make the others more exact.
fn decimals(printed: &[Printed]) -> u32 {
    let mut shown: Vec<u32> = printed.iter().map(|number| number.decimals).collect();
    shown.sort_unstable_by(|a, b| b.cmp(a));
    let enough = (shown.len() / 50).clamp(usize::from(shown.len() > 2), shown.len());
    shown.get(enough).or(shown.last()).copied().unwrap_or(0)
}

/// Digits behind the point that more cells show than would if each had lost its trailing zeros from as many as the column
/// prints: one in ten loses a digit, one in a hundred two. Such a column was put together from files that print differently.
fn as_printed(printed: &[Printed], decimals: u32) -> u32 {
    let cells: Vec<&Printed> = printed.iter().filter(|number| !number.value.is_zero()).collect();
    (0..decimals.min(u32::BITS)).fold(0, |bits, shown| {
        let by_chance = cells.len() / 10_usize.saturating_pow(decimals - shown);
        let found = cells.iter().filter(|number| number.decimals == shown).count();
        if found > 3 * by_chance + 3 { bits | 1 << shown } else { bits }
    })
}

fn unit(known: &Known, printed: &[Printed]) -> (bool, UnitBy) {
    let Some(largest) = known.fraction_at_most else { return (false, UnitBy::Kind) };
    if printed.iter().any(|number| number.percent) {
        return (true, UnitBy::Sign);
    }
    (printed.iter().any(|number| number.value.abs() > largest.0), UnitBy::Size)
}

/// A row of a results file.
#[derive(Debug, Clone, Copy)]
pub struct Row<'s> {
    sheet: &'s Sheet,
    index: usize,
}

impl<'s> Row<'s> {
    /// The file.
    pub fn sheet(&self) -> &'s Sheet {
        self.sheet
    }

    /// The row's number in the file, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// A cell as printed; empty where the file lacks the column.
    pub fn text(&self, key: impl Into<Key>) -> &'s str {
        let place = self.sheet.places.get(&key.into());
        place.map_or("", |place| self.sheet.records.rows[self.index][*place].trim())
    }

    /// The ACO: its identifier, else its name, else the row's number.
    pub fn aco(&self) -> String {
        let named = [Column::AcoId, Column::AcoName].map(|column| self.text(column));
        named.into_iter().find(|name| !name.is_empty()).map_or_else(|| format!("row {}", self.index + 1), str::to_string)
    }

    /// A number.
    ///
    /// # Errors
    /// Why there is none.
    pub fn number(&self, key: impl Into<Key>) -> std::result::Result<Number, Absent> {
        let key = key.into();
        if !self.sheet.has(key) {
            return Err(Absent::Column(key));
        }
        let printed = match Cell::read(self.text(key)) {
            Cell::Number(printed) => printed,
            Cell::Suppressed => return Err(Absent::Suppressed(key)),
            Cell::Blank => return Err(Absent::Blank(key)),
            Cell::Text => return Err(Absent::Text(key)),
        };
        let form = self.sheet.form(key);
        let decimals = form.map_or(printed.decimals, |form| form.decimals_of(&printed));
        let half = Decimal::new(5, decimals + 1);
        let unit = if form.is_some_and(|form| form.percent) { Decimal::ONE_HUNDRED } else { Decimal::ONE };
        let of = |value: Decimal| value / unit;
        let interval = Interval { low: of(printed.value - half), high: of(printed.value + half) };
        Ok(Number { value: of(printed.value), interval })
    }

    /// A yes or no; none where the cell holds neither.
    pub fn flag(&self, column: Column) -> Option<bool> {
        match self.text(column).to_ascii_lowercase().as_str() {
            "1" | "1.0" | "y" | "yes" | "true" => Some(true),
            "0" | "0.0" | "n" | "no" | "false" => Some(false),
            _ => None,
        }
    }

    /// A date.
    pub fn day(&self, column: Column) -> Option<Date> {
        day::read(self.text(column))
    }
}
