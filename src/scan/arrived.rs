//! Rows of a table that came as Arrow batches and lie in memory, read as if they were a column of a Parquet file.
//!
//! A batch may hold rows of several tables; each table has its own list of row numbers in it. The types are those that
//! engines make of the extract's: whole numbers of any width or as decimals without a scale, decimals of any precision,
//! strings in any layout.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::column::{Coder, NULL_INT};
use crate::error::{Error, Place, Result};
use crate::extract::{Column, Kind, Table};

/// The rows of one table within a batch.
#[derive(Debug, Clone)]
pub struct Arrived {
    batch: RecordBatch,
    rows: Vec<u32>,
}

impl Arrived {
    /// Rows of a batch, by number.
    pub fn new(batch: RecordBatch, rows: Vec<u32>) -> Self {
        Self { batch, rows }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether any row may have a value in the column.
    pub fn may_have_values(&self, name: &str) -> bool {
        self.batch.column_by_name(name).is_some_and(|column| column.null_count() < column.len())
    }
}

/// Holds the columns of a schema to those of a table, as far as the schema has them.
///
/// # Errors
/// Naming the column and both types.
pub fn check(table: &'static Table, schema: &arrow_schema::Schema) -> Result<()> {
    for column in table.columns {
        if let Ok(field) = schema.field_with_name(column.name)
            && !fits(column, field.data_type())
        {
            return Err(Error::input(
                format!("column {} arrives as {}; {} is wanted", column.name, field.data_type(), column.kind.data_type()),
                Place::table(table.name).at_column(column.name),
                "send the column in the type that docs/data-dictionary.md gives",
            ));
        }
    }
    Ok(())
}

fn fits(column: &Column, found: &DataType) -> bool {
    let text = |found: &DataType| matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match column.kind {
        Kind::Text => text(found) || matches!(found, DataType::Dictionary(_, values) if text(values)),
        Kind::UInt8 | Kind::UInt16 | Kind::UInt64 => found.is_integer() || matches!(found, DataType::Decimal128(_, 0)),
        Kind::Date => *found == DataType::Date32,
        // Cents and millionths may come as whole numbers: decimals cost an engine more to hand over.
        Kind::Money => matches!(found, DataType::Decimal128(_, 2) | DataType::Int64),
        Kind::Number => matches!(found, DataType::Decimal128(_, 6) | DataType::Int64),
        Kind::Flag => *found == DataType::Boolean,
    }
}

/// Reads one column of arrived rows from front to back.
pub struct ArrivedColumn<'f> {
    rows: &'f [u32],
    column: Option<&'f ArrayRef>,
    at: usize,
}

impl<'f> ArrivedColumn<'f> {
    /// Opens a column; one that did not come reads as all null.
    pub fn open(arrived: &'f Arrived, name: &str) -> Self {
        let column = arrived.batch.column_by_name(name).filter(|column| column.null_count() < column.len());
        Self { rows: &arrived.rows, column, at: 0 }
    }

    fn next(&mut self, rows: usize) -> Option<&'f [u32]> {
        let next = self.rows.get(self.at..self.at + rows)?;
        self.at += rows;
        Some(next)
    }

    /// As `ColumnCursor::read_ints`; none when the column holds no numbers or ends before its rows do.
    pub fn read_ints(&mut self, rows: usize, out: &mut Vec<i64>) -> Option<()> {
        let rows = self.next(rows)?;
        out.clear();
        let Some(column) = self.column else {
            out.resize(rows.len(), NULL_INT);
            return Some(());
        };
        match column.data_type() {
            DataType::Int8 => numbers::<Int8Type>(column, rows, out, i64::from),
            DataType::Int16 => numbers::<Int16Type>(column, rows, out, i64::from),
            DataType::Int32 => numbers::<Int32Type>(column, rows, out, i64::from),
            DataType::Int64 => numbers::<Int64Type>(column, rows, out, |value| value),
            DataType::UInt8 => numbers::<UInt8Type>(column, rows, out, i64::from),
            DataType::UInt16 => numbers::<UInt16Type>(column, rows, out, i64::from),
            DataType::UInt32 => numbers::<UInt32Type>(column, rows, out, i64::from),
            DataType::UInt64 => numbers::<UInt64Type>(column, rows, out, |value| value as i64),
            DataType::Date32 => numbers::<Date32Type>(column, rows, out, i64::from),
            // One too large for an `i64` reads as null and is a row fault, as in a file.
            DataType::Decimal128(..) => {
                numbers::<Decimal128Type>(column, rows, out, |value| i64::try_from(value).unwrap_or(NULL_INT));
            }
            DataType::Boolean => {
                let flags = column.as_boolean();
                let cell = |row: usize| if flags.is_null(row) { NULL_INT } else { i64::from(flags.value(row)) };
                out.extend(rows.iter().map(|row| cell(*row as usize)));
            }
            _ => return None,
        }
        Some(())
    }

    /// As `ColumnCursor::read_codes`; none when the column holds no strings or ends before its rows do.
    pub fn read_codes(&mut self, rows: usize, out: &mut Vec<u32>, null: u32, code: &mut Coder<'_>) -> Option<()> {
        let rows = self.next(rows)?;
        out.clear();
        let Some(column) = self.column else {
            out.resize(rows.len(), null);
            return Some(());
        };
        match column.data_type() {
            DataType::Utf8 => {
                let texts = column.as_string::<i32>();
                strings(rows, out, null, code, |row| (!texts.is_null(row)).then(|| texts.value(row).as_bytes()));
            }
            DataType::LargeUtf8 => {
                let texts = column.as_string::<i64>();
                strings(rows, out, null, code, |row| (!texts.is_null(row)).then(|| texts.value(row).as_bytes()));
            }
            DataType::Utf8View => {
                let texts = column.as_string_view();
                strings(rows, out, null, code, |row| (!texts.is_null(row)).then(|| texts.value(row).as_bytes()));
            }
            DataType::Dictionary(..) => {
                let dictionary = column.as_any_dictionary();
                let keys = dictionary.normalized_keys();
                let values = dictionary.values();
                let text = |key: usize| match values.data_type() {
                    DataType::Utf8 => values.as_string::<i32>().value(key).as_bytes(),
                    DataType::LargeUtf8 => values.as_string::<i64>().value(key).as_bytes(),
                    _ => values.as_string_view().value(key).as_bytes(),
                };
                strings(rows, out, null, code, |row| (!column.is_null(row)).then(|| text(keys[row])));
            }
            _ => return None,
        }
        Some(())
    }
}

fn numbers<T: ArrowPrimitiveType>(column: &ArrayRef, rows: &[u32], out: &mut Vec<i64>, widen: impl Fn(T::Native) -> i64) {
    let array = column.as_primitive::<T>();
    let values = array.values();
    match array.nulls() {
        None => out.extend(rows.iter().map(|row| widen(values[*row as usize]))),
        Some(nulls) => {
            let cell = |row: usize| if nulls.is_valid(row) { widen(values[row]) } else { NULL_INT };
            out.extend(rows.iter().map(|row| cell(*row as usize)));
        }
    }
}

/// Codes of the last few strings met: neighbours in a column of claims repeat each other.
const REMEMBERED: usize = 256;

fn strings<'t>(rows: &[u32], out: &mut Vec<u32>, null: u32, code: &mut Coder<'_>, text: impl Fn(usize) -> Option<&'t [u8]>) {
    let mut known: [(&[u8], u32); REMEMBERED] = [(b"", 0); REMEMBERED];
    let mut empty = None;
    for row in rows {
        let Some(text) = text(*row as usize) else {
            out.push(null);
            continue;
        };
        if text.is_empty() {
            out.push(*empty.get_or_insert_with(|| code(text)));
            continue;
        }
        let slot = &mut known[slot(text)];
        if slot.0 != text {
            *slot = (text, code(text));
        }
        out.push(slot.1);
    }
}

/// Where a string is remembered: by its length and its last eight bytes.
fn slot(text: &[u8]) -> usize {
    let mut word = [0u8; 8];
    let tail = &text[text.len().saturating_sub(8)..];
    word[..tail.len()].copy_from_slice(tail);
    let mixed = (u64::from_le_bytes(word) ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize % REMEMBERED
}
