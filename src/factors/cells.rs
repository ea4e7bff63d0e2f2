//! The cells of a CSV table: read one by one, every fault kept with its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::faults::Found;
use super::write::Columns;
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

/// A table being read: its header, and the faults of the record at hand.
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
    key_columns: Vec<&'static str>,
}

impl Sheet {
    /// Opens `<table>.csv` of a folder; none when it is not there or nothing of it reads, which is then told.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(super) fn open(folder: &Path, columns: &Columns, found: &mut Found) -> Result<Option<Self>> {
        let path = folder.join(format!("{}.csv", columns.table));
        if disk::exists(&path) { Self::open_file(&path, columns, found) } else { Ok(None) }
    }

    /// Opens a file as a table.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(super) fn open_file(path: &Path, wanted: &Columns, found: &mut Found) -> Result<Option<Self>> {
        let Columns { table, required, optional } = *wanted;
        let place = || Place::table(table).in_file(path);
        let Ok(text) = String::from_utf8(disk::read_bytes(path)?) else {
            let fault = Error::input("the file is not UTF-8 text", place(), "save the table as UTF-8");
            return Ok(found.without_table(table, vec![fault]));
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        let malformed = |fault: csv::Error| Error::input(format!("not a CSV table: {fault}"), place(), "write the table as CSV");
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(fault) => return Ok(found.without_table(table, vec![malformed(fault)])),
        };
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
            return Ok(found.without_table(table, faults));
        }
        let mut records = Vec::new();
        for record in reader.records() {
            match record {
                Ok(record) if record.len() == header.len() => records.push(record),
                Ok(record) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    let what = format!("a record has {} cells, the header {}", record.len(), header.len());
                    let hint = "give every record as many cells as the header";
                    found.push(Error::input(what, place().at_line(line), hint));
                    found.unread.add_row(table, Vec::new());
                }
                Err(fault) => return Ok(found.without_table(table, vec![malformed(fault)])),
            }
        }
        Ok(Some(Self { path: Some(path.to_path_buf()), table, columns, records, faults: Vec::new() }))
    }

    /// One record that stands in no file, under a header.
    pub(super) fn of_record(table: &'static str, header: &[&str], cells: &[String]) -> Self {
        let columns = header.iter().enumerate().map(|(at, name)| ((*name).to_string(), at)).collect();
        Self { path: None, table, columns, records: vec![csv::StringRecord::from(cells.to_vec())], faults: Vec::new() }
    }

    /// Reads every record with `row`, which returns none where it could not, having told why.
    pub(super) fn rows<T>(mut self, found: &mut Found, mut row: impl FnMut(&mut Self, &mut Record) -> Option<T>) -> Vec<T> {
        let records = std::mem::take(&mut self.records);
        let mut rows = Vec::with_capacity(records.len());
        let mut unread = Vec::new();
        let mut keys = Vec::new();
        for (at, cells) in records.into_iter().enumerate() {
            let mut record = Record { cells, key: format!("record {}", at + 1), key_columns: Vec::new() };
            match row(&mut self, &mut record) {
                Some(read) => {
                    rows.push(read);
                    keys.push(record.key);
                }
                None => unread.push((self.unread_key(&record), record.key)),
            }
            self.faults.drain(..).for_each(|fault| found.push(fault));
        }
        for (at, (cells, key)) in unread.iter().enumerate() {
            let earlier = unread[..at].iter().map(|(_, key)| key);
            if cells.iter().all(Option::is_some) && keys.iter().chain(earlier).any(|other| other == key) {
                let place = self.place().at_column("key").at_key(key);
                found.push(Error::input("a row stands twice", place, "keep one row of each key"));
            }
        }
        for (cells, _) in unread {
            found.unread.add_row(self.table, cells);
        }
        rows
    }

    /// The cells of a record's key that are there and read.
    fn unread_key(&self, record: &Record) -> Vec<Option<String>> {
        let cell = |column: &&'static str| self.text(record, column).filter(|_| !self.is_faulty(column)).map(ToString::to_string);
        record.key_columns.iter().map(cell).collect()
    }

    /// Whether a cell of the record at hand was found faulty.
    pub(super) fn is_faulty(&self, column: &str) -> bool {
        let at = |fault: &Error| matches!(fault, Error::Input { place, .. } if place.column.as_deref() == Some(column));
        self.faults.iter().any(at)
    }

    /// None when any cell of the record at hand was found faulty.
    pub(super) fn unspoilt(&self) -> Option<()> {
        self.faults.is_empty().then_some(())
    }

    /// The text of a cell, or none when it is empty or its column absent.
    pub(super) fn text<'r>(&self, record: &'r Record, column: &str) -> Option<&'r str> {
        let cell = record.cells.get(*self.columns.get(column)?)?;
        (!cell.is_empty()).then_some(cell)
    }

    /// Names the record by its key columns, for faults to come.
    pub(super) fn key(&self, record: &mut Record, columns: &[&'static str]) {
        let part = |column: &&'static str| {
            let text = self.text(record, column)?;
            Some(if *column == "performance_half" { format!("half {text}") } else { text.to_string() })
        };
        let parts: Vec<String> = columns.iter().filter_map(part).collect();
        record.key = parts.join(" ");
        record.key_columns = columns.to_vec();
    }

    /// Keeps a fault of a cell.
    pub(super) fn fault(&mut self, record: &Record, column: &str, what: impl Into<String>, hint: impl Into<String>) {
        let place = self.place().at_column(column).at_key(&record.key);
        self.faults.push(Error::input(what, place, hint));
    }

    fn place(&self) -> Place {
        let place = Place::table(self.table);
        if let Some(path) = &self.path { place.in_file(path) } else { place }
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

    /// A number that may be empty.
    pub(super) fn number(&mut self, record: &Record, column: &str, within: Within) -> Option<Decimal> {
        let value = self.optional(record, column, "a decimal number", |text| text.parse::<Fraction>().ok().map(|f| f.0))?;
        let (wrong, hint) = match within {
            Within::NotNegative if value < Decimal::ZERO => ("is negative", "write zero or more"),
            Within::Share if value < Decimal::ZERO => ("is a negative share", "write a fraction between 0 and 1"),
            Within::Share if value > Decimal::ONE => ("is a share above 1", "write a fraction between 0 and 1"),
            _ => return Some(value),
        };
        self.fault(record, column, format!("{value} {wrong}"), hint);
        None
    }

    /// A number that must be there.
    pub(super) fn required_number(&mut self, record: &Record, column: &str, within: Within) -> Option<Decimal> {
        if self.text(record, column).is_none() {
            self.fault(record, column, "a cell is empty", "write a decimal number");
            return None;
        }
        self.number(record, column, within)
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
