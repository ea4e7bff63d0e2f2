//! The cells of a CSV table: read one by one, every fault kept with its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::disk;
use crate::error::{Error, Place, Result};
use crate::rules::Fraction;

/// Limits of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Any number.
    Any,
    /// Zero or more.
    NotNegative,
    /// 0 to 1.
    Share,
}

/// A table being read: its header and the faults found so far.
pub(super) struct Sheet {
    /// The file; none for a row that was never in one.
    path: Option<PathBuf>,
    table: &'static str,
    columns: BTreeMap<String, usize>,
    records: Vec<csv::StringRecord>,
    faults: Vec<Error>,
}

/// One record, and the key by which faults name it.
pub(super) struct Record {
    cells: csv::StringRecord,
    key: String,
}

impl Sheet {
    /// Opens `<table>.csv` of a folder; none when it is not there.
    pub(super) fn open(folder: &Path, table: &'static str, required: &[&str], optional: &[&str]) -> Result<Option<Self>> {
        let path = folder.join(format!("{table}.csv"));
        if !disk::exists(&path) {
            return Ok(None);
        }
        Self::open_file(&path, table, required, optional).map(Some)
    }

    /// Opens a file as a table.
    pub(super) fn open_file(path: &Path, table: &'static str, required: &[&str], optional: &[&str]) -> Result<Self> {
        let text = disk::read_text(path)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let place = || Place::table(table).in_file(path);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let malformed = |fault: csv::Error| {
            Error::input(format!("not a CSV table: {fault}"), place(), "give every record as many cells as the header")
        };
        let header = reader.headers().map_err(malformed)?.clone();
        let columns: BTreeMap<String, usize> = header.iter().enumerate().map(|(at, name)| (name.to_string(), at)).collect();
        let mut faults = Vec::new();
        for name in required.iter().filter(|name| !columns.contains_key(**name)) {
            faults.push(Error::input("a column is missing", place().at_column(*name), "add the column"));
        }
        for name in columns.keys().filter(|name| !required.contains(&name.as_str()) && !optional.contains(&name.as_str())) {
            faults.push(Error::input(
                "a column is not known",
                place().at_column(name),
                format!("the columns are {}", [required, optional].concat().join(", ")),
            ));
        }
        if columns.len() < header.len() {
            faults.push(Error::input("two columns have one name", place(), "name every column once"));
        }
        if !faults.is_empty() {
            return Err(Error::Inputs(faults));
        }
        let records = reader.records().collect::<Result<Vec<_>, _>>().map_err(malformed)?;
        Ok(Self { path: Some(path.to_path_buf()), table, columns, records, faults })
    }

    /// One record that stands in no file, under a header.
    pub(super) fn of_record(table: &'static str, header: &[&str], cells: &[String]) -> Self {
        let columns = header.iter().enumerate().map(|(at, name)| ((*name).to_string(), at)).collect();
        Self { path: None, table, columns, records: vec![csv::StringRecord::from(cells.to_vec())], faults: Vec::new() }
    }

    /// Reads every record with `row`, which returns none where it could not, having told why.
    pub(super) fn rows<T>(mut self, mut row: impl FnMut(&mut Self, &mut Record) -> Option<T>) -> Result<Vec<T>> {
        let records = std::mem::take(&mut self.records);
        let mut rows = Vec::with_capacity(records.len());
        for (at, cells) in records.into_iter().enumerate() {
            let mut record = Record { cells, key: format!("record {}", at + 1) };
            rows.extend(row(&mut self, &mut record));
        }
        if self.faults.is_empty() { Ok(rows) } else { Err(Error::Inputs(self.faults)) }
    }

    /// The text of a cell, or none when it is empty or its column absent.
    pub(super) fn text<'r>(&self, record: &'r Record, column: &str) -> Option<&'r str> {
        let cell = record.cells.get(*self.columns.get(column)?)?;
        (!cell.is_empty()).then_some(cell)
    }

    /// Names the record by its key columns, for faults to come.
    pub(super) fn key(&self, record: &mut Record, columns: &[&str]) {
        let parts: Vec<&str> = columns.iter().filter_map(|column| self.text(record, column)).collect();
        record.key = parts.join(" ");
    }

    /// Keeps a fault of a cell.
    pub(super) fn fault(&mut self, record: &Record, column: &str, what: impl Into<String>, hint: impl Into<String>) {
        let place = Place::table(self.table).at_column(column).at_key(&record.key);
        let place = if let Some(path) = &self.path { place.in_file(path) } else { place };
        self.faults.push(Error::input(what, place, hint));
    }

    /// A cell read by `read`; a fault when it does not read. Empty is none.
    pub(super) fn optional<T>(
        &mut self,
        record: &Record,
        column: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(record, column)?.to_string();
        let value = read(&text);
        if value.is_none() {
            self.fault(record, column, format!("`{text}` does not read"), format!("write {expected}"));
        }
        value
    }

    /// A cell that must be there, read by `read`.
    pub(super) fn required<T>(
        &mut self,
        record: &Record,
        column: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.text(record, column).is_none() {
            self.fault(record, column, "a cell is empty", format!("write {expected}"));
            return None;
        }
        self.optional(record, column, expected, read)
    }

    /// A number that may be empty; the outer none tells a fault.
    #[allow(clippy::option_option, reason = "a fault and an empty cell are different things")]
    pub(super) fn number(&mut self, record: &Record, column: &str, within: Within) -> Option<Option<Decimal>> {
        if self.text(record, column).is_none() {
            return Some(None);
        }
        let value = self.optional(record, column, "a decimal number", |text| text.parse::<Fraction>().ok().map(|f| f.0))?;
        let (wrong, hint) = match within {
            Within::NotNegative if value < Decimal::ZERO => ("is negative", "write zero or more"),
            Within::Share if value < Decimal::ZERO => ("is a negative share", "write a fraction between 0 and 1"),
            Within::Share if value > Decimal::ONE => ("is a share above 1", "write a fraction between 0 and 1"),
            _ => return Some(Some(value)),
        };
        self.fault(record, column, format!("{value} {wrong}"), hint);
        None
    }

    /// A number that must be there.
    pub(super) fn required_number(&mut self, record: &Record, column: &str, within: Within) -> Option<Decimal> {
        let value = self.number(record, column, within)?;
        if value.is_none() {
            self.fault(record, column, "a cell is empty", "write a decimal number");
        }
        value
    }
}

/// Reads a flag: `yes`/`no`, `true`/`false`, `1`/`0`.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// Reads a date.
pub(super) fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}
