//! Rows of a Parquet file as cells of text, so that a table means the same however it is delivered.
//!
//! Only the columns that were asked for are read; the others read as blank.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use csv::ByteRecord;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::Length as _;
use rust_decimal::Decimal;

use super::cell;
use crate::disk::{IoMode, Source};
use crate::error::{Error, Place, Result};
use crate::extract::points_inside;

const BATCH_ROWS: usize = 8_192;
const SECONDS_OF_A_DAY: i64 = 86_400;

/// A Parquet file open for reading, one row at a time.
pub struct ParquetRows {
    source: Source,
    metadata: ArrowReaderMetadata,
    names: Vec<String>,
    /// Begun with the first row, when it is known which columns are asked for.
    reader: Option<ParquetRecordBatchReader>,
    batch: Option<RecordBatch>,
    /// Of each column of the file, its place in a batch.
    places: Vec<Option<usize>>,
    at: usize,
    cell: Vec<u8>,
}

impl ParquetRows {
    /// Opens a file and reads the names of its columns.
    ///
    /// # Errors
    /// When it is no whole Parquet file, or a column is of a type that no table holds.
    pub fn open(path: &Path) -> Result<Self> {
        let source = Source::open(path, IoMode::Map)?;
        let metadata = ArrowReaderMetadata::load(&source, parquet::arrow::arrow_reader::ArrowReaderOptions::new())
            .map_err(|e| damaged(path, &e.to_string()))?;
        points_inside(metadata.metadata(), source.len()).map_err(|why| damaged(path, &why))?;
        let names = metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self { source, metadata, names, reader: None, batch: None, places: Vec::new(), at: 0, cell: Vec::new() })
    }

    /// Names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Goes to the next row and writes its cells into `record`; false at the end. `asked` are the columns to be read.
    ///
    /// # Errors
    /// When the file is damaged, or a column asked for is of a type that no table holds.
    pub fn advance(&mut self, path: &Path, record: &mut ByteRecord, asked: &RefCell<BTreeSet<usize>>) -> Result<bool> {
        while self.batch.as_ref().is_none_or(|batch| self.at >= batch.num_rows()) {
            if self.reader.is_none() {
                let asked: Vec<usize> = asked.borrow().iter().copied().collect();
                self.begin(path, &asked)?;
            }
            match self.reader.as_mut().and_then(Iterator::next) {
                None => return Ok(false),
                Some(batch) => self.batch = Some(batch.map_err(|e| damaged(path, &e.to_string()))?),
            }
            self.at = 0;
        }
        record.clear();
        if let Some(batch) = &self.batch {
            for place in &self.places {
                self.cell.clear();
                if let Some(place) = place {
                    write_cell(batch.column(*place).as_ref(), self.at, &mut self.cell);
                }
                record.push_field(&self.cell);
            }
        }
        self.at += 1;
        Ok(true)
    }

    fn begin(&mut self, path: &Path, asked: &[usize]) -> Result<()> {
        let schema = self.metadata.schema();
        for index in asked {
            let field = schema.field(*index);
            if !is_read(field.data_type()) {
                let place = Place::file(path).at_column(field.name());
                let what = format!("a column of the type {} cannot be read", field.data_type());
                return Err(Error::input(what, place, "write it as text, whole number, decimal or date"));
            }
        }
        self.places = (0..self.names.len()).map(|index| asked.iter().position(|asked| *asked == index)).collect();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.source.clone(), self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), asked.iter().copied());
        let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
        self.reader = Some(reader.map_err(|e| damaged(path, &e.to_string()))?);
        Ok(())
    }
}

fn damaged(path: &Path, why: &str) -> Error {
    Error::input(
        format!("the Parquet file cannot be read: {why}"),
        Place::file(path),
        "the transfer was cut short: fetch the file again",
    )
}

fn is_read(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(key, value) => {
            let is_small = key.is_integer() && !matches!(**key, DataType::Int64 | DataType::UInt64);
            is_small && matches!(**value, DataType::Utf8 | DataType::LargeUtf8)
        }
        DataType::Null
        | DataType::Boolean
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Decimal128(..)
        | DataType::Timestamp(..) => true,
        other => other.is_integer() || matches!(other, DataType::Float32 | DataType::Float64),
    }
}

/// Writes a cell as the text that a delimited file would hold; nothing for null.
fn write_cell(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    use std::io::Write as _;
    if array.is_null(row) {
        return;
    }
    macro_rules! number {
        ($kind:ty) => {
            drop(write!(out, "{}", array.as_primitive::<$kind>().value(row)))
        };
    }
    match array.data_type() {
        DataType::Utf8 => out.extend_from_slice(array.as_string::<i32>().value(row).as_bytes()),
        DataType::LargeUtf8 => out.extend_from_slice(array.as_string::<i64>().value(row).as_bytes()),
        DataType::Utf8View => out.extend_from_slice(array.as_string_view().value(row).as_bytes()),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            if let Some(key) = key_at(dictionary.keys(), row) {
                write_cell(dictionary.values().as_ref(), key, out);
            }
        }
        DataType::Boolean => out.push(b'0' + u8::from(array.as_boolean().value(row))),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Decimal128(_, scale) => {
            let units = array.as_primitive::<Decimal128Type>().value(row);
            match u32::try_from(*scale).ok().and_then(|scale| Decimal::try_from_i128_with_scale(units, scale).ok()) {
                Some(number) => drop(write!(out, "{number}")),
                None => out.push(b'?'), // refused where a number is expected
            }
        }
        DataType::Date32 => write_day(i64::from(array.as_primitive::<Date32Type>().value(row)), out),
        DataType::Timestamp(unit, _) => {
            let (ticks, of_a_second) = match unit {
                TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(row), 1),
                TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().value(row), 1_000),
                TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().value(row), 1_000_000),
                TimeUnit::Nanosecond => (array.as_primitive::<TimestampNanosecondType>().value(row), 1_000_000_000),
            };
            write_day(ticks.div_euclid(of_a_second * SECONDS_OF_A_DAY), out);
        }
        _ => {}
    }
}

/// The key of a dictionary's row.
fn key_at(keys: &dyn Array, row: usize) -> Option<usize> {
    match keys.data_type() {
        DataType::Int8 => usize::try_from(keys.as_primitive::<Int8Type>().value(row)).ok(),
        DataType::Int16 => usize::try_from(keys.as_primitive::<Int16Type>().value(row)).ok(),
        DataType::Int32 => usize::try_from(keys.as_primitive::<Int32Type>().value(row)).ok(),
        DataType::UInt8 => Some(usize::from(keys.as_primitive::<UInt8Type>().value(row))),
        DataType::UInt16 => Some(usize::from(keys.as_primitive::<UInt16Type>().value(row))),
        DataType::UInt32 => usize::try_from(keys.as_primitive::<UInt32Type>().value(row)).ok(),
        _ => None,
    }
}

fn write_day(days: i64, out: &mut Vec<u8>) {
    use std::io::Write as _;
    match i32::try_from(days).ok().and_then(cell::date) {
        Some(date) => drop(write!(out, "{date}")),
        None => out.push(b'?'), // refused where a day is expected
    }
}
