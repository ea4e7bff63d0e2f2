//! Rows of a table that came as Arrow batches and lie in memory, read as if they were a column of a Parquet file.
//!
//! A batch may hold rows of several tables; each table has its own list of row numbers in it, and its own names for the
//! columns. Cells are whole numbers of any width, and text or its bytes in any layout.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BinaryViewArray, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::column::{Coder, NULL_INT};

/// The position in a batch of each column of a table.
pub type Positions = Arc<HashMap<String, usize>>;

/// The rows of one table within a batch.
#[derive(Debug, Clone)]
pub struct Arrived {
    batch: RecordBatch,
    positions: Positions,
    rows: Vec<u32>,
}

impl Arrived {
    /// Rows of a batch, by number.
    pub fn new(batch: RecordBatch, positions: Positions, rows: Vec<u32>) -> Self {
        Self { batch, positions, rows }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.positions.get(name).and_then(|at| self.batch.columns().get(*at))
    }

    /// Whether any row has a value in the column.
    pub fn may_have_values(&self, name: &str) -> bool {
        let Some(column) = self.column(name) else { return false };
        column.nulls().is_none_or(|nulls| self.rows.iter().any(|row| nulls.is_valid(*row as usize)))
    }
}

/// Whether a type is text, or the bytes of it.
pub fn is_text(found: &DataType) -> bool {
    use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(found, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

/// The text of a column, as bytes.
#[derive(Debug, Clone)]
pub struct Texts<'c> {
    nulls: Option<&'c NullBuffer>,
    cells: Cells<'c>,
}

#[derive(Debug, Clone)]
enum Cells<'c> {
    Narrow(&'c [i32], &'c [u8]),
    Wide(&'c [i64], &'c [u8]),
    View(BinaryViewArray),
}

impl<'c> Texts<'c> {
    /// The text of a column; none when it holds something else.
    pub fn of(column: &'c ArrayRef) -> Option<Self> {
        let cells = match column.data_type() {
            DataType::Utf8 => Cells::Narrow(column.as_string::<i32>().value_offsets(), column.as_string::<i32>().value_data()),
            DataType::Binary => Cells::Narrow(column.as_binary::<i32>().value_offsets(), column.as_binary::<i32>().value_data()),
            DataType::LargeUtf8 => Cells::Wide(column.as_string::<i64>().value_offsets(), column.as_string::<i64>().value_data()),
            DataType::LargeBinary => {
                Cells::Wide(column.as_binary::<i64>().value_offsets(), column.as_binary::<i64>().value_data())
            }
            DataType::Utf8View => Cells::View(column.as_string_view().clone().to_binary_view()),
            DataType::BinaryView => Cells::View(column.as_binary_view().clone()),
            _ => return None,
        };
        Some(Self { nulls: column.nulls(), cells })
    }

    /// Calls a closure with the bytes of every row asked for; none for a null.
    pub fn each(&self, rows: impl Iterator<Item = usize>, mut see: impl FnMut(Option<&[u8]>)) {
        let known = |row: usize| self.nulls.is_none_or(|nulls| nulls.is_valid(row));
        match &self.cells {
            Cells::Narrow(ends, bytes) => {
                rows.for_each(|row| see(known(row).then(|| &bytes[ends[row] as usize..ends[row + 1] as usize])));
            }
            Cells::Wide(ends, bytes) => {
                rows.for_each(|row| see(known(row).then(|| &bytes[ends[row] as usize..ends[row + 1] as usize])));
            }
            Cells::View(cells) => rows.for_each(|row| see(known(row).then(|| cells.value(row)))),
        }
    }
}

/// Reads one column of arrived rows from front to back.
pub struct ArrivedColumn<'f> {
    rows: &'f [u32],
    column: Option<&'f ArrayRef>,
    at: usize,
    known: Vec<Known>,
}

/// A string met before, and its code.
#[derive(Debug, Clone, Copy)]
struct Known {
    words: (u64, u64),
    length: usize,
    code: u32,
}

impl<'f> ArrivedColumn<'f> {
    /// Opens a column; one that did not come reads as all null.
    pub fn open(arrived: &'f Arrived, name: &str) -> Self {
        let column = arrived.column(name).filter(|column| column.null_count() < column.len());
        Self { rows: &arrived.rows, column, at: 0, known: Vec::new() }
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
            _ => return None,
        }
        Some(())
    }

    /// As `ColumnCursor::read_codes`; none when the column holds no text or ends before its rows do.
    pub fn read_codes(&mut self, rows: usize, out: &mut Vec<u32>, null: u32, code: &mut Coder<'_>) -> Option<()> {
        let rows = self.next(rows)?;
        out.clear();
        let Some(column) = self.column else {
            out.resize(rows.len(), null);
            return Some(());
        };
        let known = &mut self.known;
        if known.is_empty() {
            // No string of a length that none has is ever found.
            known.resize(REMEMBERED, Known { words: (0, 0), length: usize::MAX, code: 0 });
        }
        Texts::of(column)?.each(rows.iter().map(|row| *row as usize), |text| {
            let Some(text) = text else { return out.push(null) };
            // Two words tell strings of up to sixteen bytes apart; nothing longer repeats itself in a claim.
            if text.len() > 16 {
                return out.push(code(text));
            }
            let words = words(text);
            let slot = &mut known[slot(words, text.len())];
            if slot.words != words || slot.length != text.len() {
                *slot = Known { words, length: text.len(), code: code(text) };
            }
            out.push(slot.code);
        });
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

/// How many strings are remembered: neighbours in a column of claims repeat each other.
const REMEMBERED: usize = 256;

/// The bytes of a string of up to sixteen, as two words that may overlap.
#[inline]
fn words(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    let byte = |at: usize| text.get(at).copied().map_or(0, u64::from);
    (byte(0) | byte(1) << 8 | byte(2) << 16, 0)
}

/// Where a string is remembered.
#[inline]
fn slot(words: (u64, u64), length: usize) -> usize {
    let mixed = (words.0.rotate_left(29) ^ words.1 ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize % REMEMBERED
}

#[cfg(test)]
mod tests {
    use arrow_array::{BinaryArray, LargeStringArray, StringArray, StringViewArray};
    use proptest::prelude::*;

    use super::*;

    fn coded(column: ArrayRef, chunk: usize) -> (Vec<u32>, Vec<Vec<u8>>) {
        let rows: Vec<u32> = (0..column.len() as u32).collect();
        let count = rows.len();
        let positions = Arc::new(HashMap::from([(String::from("name"), 0)]));
        let arrived = Arrived::new(RecordBatch::try_from_iter([("slot", column)]).unwrap(), positions, rows);
        let mut cursor = ArrivedColumn::open(&arrived, "name");
        let (mut all, mut some, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        let mut at = 0;
        while at < count {
            let take = chunk.min(count - at);
            let mut code = |text: &[u8]| {
                texts.push(text.to_vec());
                texts.len() as u32 - 1
            };
            cursor.read_codes(take, &mut some, u32::MAX, &mut code).unwrap();
            all.extend_from_slice(&some);
            at += take;
        }
        (all, texts)
    }

    proptest! {
        #[test]
        fn every_string_has_the_code_of_its_own_bytes(
            texts in prop::collection::vec(prop::option::of("[ab]{0,20}"), 1..300), chunk in 1usize..40
        ) {
            let columns: [ArrayRef; 4] = [
                Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>()),
                Arc::new(texts.iter().map(Option::as_deref).collect::<LargeStringArray>()),
                Arc::new(texts.iter().map(Option::as_deref).collect::<StringViewArray>()),
                Arc::new(texts.iter().map(|text| text.as_ref().map(String::as_bytes)).collect::<BinaryArray>()),
            ];
            for column in columns {
                let (codes, known) = coded(column, chunk);
                for (text, code) in texts.iter().zip(codes) {
                    let found = (code != u32::MAX).then(|| known[code as usize].as_slice());
                    prop_assert_eq!(found, text.as_ref().map(String::as_bytes));
                }
            }
        }
    }
}
