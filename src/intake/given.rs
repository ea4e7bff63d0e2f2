//! Tables that a person gives as delimited text with the extract's own column names: participants, agreements, risk scores.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::addition::Addition;
use super::cell;
use super::delimited::{Delimited, Rename};
use super::part::Part;
use super::refusal::Reason;
use super::report::FileReport;
use super::row::{Col, Row};
use crate::disk::Meter;
use crate::error::{Error, Place, Result};
use crate::extract::{BatchBuilder, Kind, Table};

/// A text file to be copied into a table.
#[derive(Debug, Clone)]
pub struct Given {
    /// The table.
    pub table: &'static Table,
    /// The file.
    pub path: PathBuf,
}

/// One cell of a table, read and waiting to be appended.
enum Value<'r> {
    Text(Option<&'r str>),
    UInt8(Option<u8>),
    UInt16(Option<u16>),
    UInt64(Option<u64>),
    Date(Option<i32>),
    Units(Option<i64>),
    Flag(Option<bool>),
}

impl Given {
    /// Copies the file into `<extract>/<table>/given.parquet`. Such files are small and written by hand: the first row that
    /// is wrong refuses the import.
    ///
    /// # Errors
    /// When a column is missing or unknown, or a cell is not of its column's type.
    pub fn copy(&self, extract: &Path, rename: &Rename, meter: &Arc<Meter>) -> Result<FileReport> {
        self.fill(Part::create(extract, self.table, "given")?, rename, meter)
    }

    /// The same for an extract that is there already: the file appears in one step, when it is whole.
    ///
    /// # Errors
    /// As [`Self::copy`]; the extract is then as it was.
    pub fn add(&self, extract: &Path, rename: &Rename, meter: &Arc<Meter>) -> Result<FileReport> {
        let (addition, part) = Addition::begin(extract, self.table, "given")?;
        let report = self.fill(part, rename, meter)?;
        addition.put()?;
        Ok(report)
    }

    fn fill(&self, mut part: Part, rename: &Rename, meter: &Arc<Meter>) -> Result<FileReport> {
        let mut file = Delimited::open(&self.path, rename, self.table.name, meter)?;
        let columns = self.columns(&file)?;
        let mut report = FileReport::new(self.path.clone(), &format!("given {}", self.table.name));
        while file.advance()? {
            report.tally.read(crate::money::Cents::ZERO);
            if !file.is_whole() {
                return Err(self.refuse(&file, None, Reason::CellCount));
            }
            let mut values = Vec::with_capacity(columns.len());
            for (column, col) in self.table.columns.iter().zip(&columns) {
                let value =
                    read(file.row(), *col, column.kind).map_err(|reason| self.refuse(&file, Some(column.name), reason))?;
                if !column.nullable && value.is_none() {
                    return Err(self.refuse(&file, Some(column.name), Reason::Blank));
                }
                values.push(value);
            }
            part.push_cells(|batch| append(batch, &values))?;
            report.wrote_row(self.table.name);
        }
        part.finish()?;
        Ok(report)
    }

    fn columns(&self, file: &Delimited) -> Result<Vec<Col>> {
        let known = |name: &String| !self.table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        if let Some((index, unknown)) = file.header.names().iter().enumerate().find(|(_, name)| known(name)) {
            // A name with anything but letters may be a cell of a file without a header, and then a person's.
            let is_word = unknown.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            let column = if is_word { unknown.to_ascii_lowercase() } else { format!("number {}", index + 1) };
            let place = Place::file(&self.path).in_table(self.table.name).at_column(column);
            return Err(Error::input(
                "the table has no such column",
                place,
                "docs/data-dictionary.md lists the columns; take this one out, or rename it with --map",
            ));
        }
        let find = |column: &crate::extract::Column| {
            if column.nullable { Ok(file.header.optional(&[column.name])) } else { file.header.required(&[column.name]) }
        };
        self.table.columns.iter().map(find).collect()
    }

    fn refuse(&self, file: &Delimited, column: Option<&str>, reason: Reason) -> Error {
        let mut place = Place::file(&self.path).in_table(self.table.name).at_line(file.line());
        place.column = column.map(str::to_string);
        Error::input(reason.words(), place, "correct that line and import again")
    }
}

fn read(row: Row<'_>, col: Col, kind: Kind) -> Result<Value<'_>, Reason> {
    let bytes = row.bytes(col);
    let number = || cell::whole(bytes);
    Ok(match kind {
        Kind::Text => Value::Text(cell::text(bytes)?),
        Kind::UInt8 => Value::UInt8(number()?.map(u8::try_from).transpose().map_err(|_| Reason::NotANumber)?),
        Kind::UInt16 => Value::UInt16(number()?.map(u16::try_from).transpose().map_err(|_| Reason::NotANumber)?),
        Kind::UInt64 => Value::UInt64(number()?),
        Kind::Date => Value::Date(cell::day(bytes)?),
        Kind::Money => Value::Units(cell::money(bytes)?.map(|amount| amount.0)),
        Kind::Number => Value::Units(millionths(bytes)?),
        Kind::Flag => Value::Flag(cell::flag(bytes)?),
    })
}

/// A number with at most six decimals that matter, in millionths.
fn millionths(bytes: &[u8]) -> Result<Option<i64>, Reason> {
    let Some(text) = cell::text(bytes)? else { return Ok(None) };
    let number = Decimal::from_str_exact(text).map_err(|_| Reason::NotADecimal)?;
    let scaled = number.checked_mul(Decimal::from(1_000_000)).ok_or(Reason::NotADecimal)?;
    if scaled.is_integer() { scaled.to_i64().map(Some).ok_or(Reason::NotADecimal) } else { Err(Reason::NotADecimal) }
}

fn append(batch: &mut BatchBuilder, values: &[Value<'_>]) {
    for (column, value) in values.iter().enumerate() {
        match *value {
            Value::Text(value) => batch.text(column, value),
            Value::UInt8(value) => batch.uint8(column, value),
            Value::UInt16(value) => batch.uint16(column, value),
            Value::UInt64(value) => batch.uint64(column, value),
            Value::Date(value) => batch.date(column, value),
            Value::Units(value) => batch.decimal(column, value),
            Value::Flag(value) => batch.flag(column, value),
        }
    }
    batch.end_row(values.len());
}

impl Value<'_> {
    fn is_none(&self) -> bool {
        match self {
            Self::Text(value) => value.is_none(),
            Self::UInt8(value) => value.is_none(),
            Self::UInt16(value) => value.is_none(),
            Self::UInt64(value) => value.is_none(),
            Self::Date(value) => value.is_none(),
            Self::Units(value) => value.is_none(),
            Self::Flag(value) => value.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::millionths;
    use crate::intake::refusal::Reason;

    #[test]
    fn numbers_keep_six_decimals_or_are_refused() {
        assert_eq!(millionths(b"1.034567"), Ok(Some(1_034_567)));
        assert_eq!(millionths(b" -0.5000000 "), Ok(Some(-500_000)));
        assert_eq!(millionths(b""), Ok(None));
        for text in [&b"0.0000001"[..], b"1e3", b"x", b"99999999999999999999"] {
            assert_eq!(millionths(text), Err(Reason::NotADecimal));
        }
    }
}
