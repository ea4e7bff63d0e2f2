//! Rows of a table that came as Arrow batches and lie in memory, read as if they were a column of a Parquet file.
//!
//! A batch may hold rows of several tables; each table has its own runs of rows in it, and its own names for the columns.
//! Cells are whole numbers of any width, and text or its bytes in any layout.

use std::collections::HashMap;
use std::ops::Range;
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

/// Rows of a batch that follow one another.
pub type Run = Range<usize>;

/// The rows of one table within a batch.
#[derive(Debug, Clone)]
pub struct Arrived {
    batch: RecordBatch,
    positions: Positions,
    runs: Vec<Run>,
    rows: usize,
}

impl Arrived {
    /// Rows of a batch.
    pub fn new(batch: RecordBatch, positions: Positions, runs: Vec<Run>) -> Self {
        let rows = runs.iter().map(Run::len).sum();
        Self { batch, positions, runs, rows }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.positions.get(name).and_then(|at| self.batch.columns().get(*at))
    }

    /// Whether any row has a value in the column.
    pub fn may_have_values(&self, name: &str) -> bool {
        let Some(column) = self.column(name) else { return false };
        column.nulls().is_none_or(|nulls| self.runs.iter().cloned().flatten().any(|row| nulls.is_valid(row)))
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

    /// Calls a closure with the bytes of every row of some runs; none for a null.
    pub fn each(&self, runs: &[Run], mut see: impl FnMut(Option<&[u8]>)) {
        let valid = Valid::of(self.nulls);
        match &self.cells {
            Cells::Narrow(ends, bytes) => {
                for run in runs {
                    for (row, ends) in run.clone().zip(ends[run.start..=run.end].windows(2)) {
                        see(valid.at(row).then(|| &bytes[ends[0] as usize..ends[1] as usize]));
                    }
                }
            }
            Cells::Wide(ends, bytes) => {
                for run in runs {
                    for (row, ends) in run.clone().zip(ends[run.start..=run.end].windows(2)) {
                        see(valid.at(row).then(|| &bytes[ends[0] as usize..ends[1] as usize]));
                    }
                }
            }
            Cells::View(cells) => {
                runs.iter().cloned().flatten().for_each(|row| see(valid.at(row).then(|| cells.value(row))));
            }
        }
    }
}

/// Which rows of a column have a value: its bits, looked at without a call for each.
#[derive(Debug, Clone, Copy)]
struct Valid<'c> {
    bits: Option<(&'c [u8], usize)>,
}

impl<'c> Valid<'c> {
    fn of(nulls: Option<&'c NullBuffer>) -> Self {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        Self { bits: nulls.map(|nulls| (nulls.inner().values(), nulls.inner().offset())) }
    }

    #[inline]
    fn at(self, row: usize) -> bool {
        self.bits.is_none_or(|(bytes, offset)| bytes[(offset + row) / 8] >> ((offset + row) % 8) & 1 == 1)
    }
}

/// Reads one column of arrived rows from front to back.
pub struct ArrivedColumn<'f> {
    runs: &'f [Run],
    column: Option<&'f ArrayRef>,
    /// Rows of the first run that were read.
    read: usize,
    /// The rows to be read next.
    next: Vec<Run>,
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
        Self { runs: &arrived.runs, column, read: 0, next: Vec::new(), known: Vec::new() }
    }

    /// Moves to the next rows; none when there are not as many.
    fn advance(&mut self, mut rows: usize) -> Option<()> {
        self.next.clear();
        while rows > 0 {
            let run = self.runs.first()?;
            let start = run.start + self.read;
            let take = rows.min(run.end - start);
            self.next.push(start..start + take);
            rows -= take;
            self.read += take;
            if self.read == run.len() {
                self.runs = &self.runs[1..];
                self.read = 0;
            }
        }
        Some(())
    }

    /// As `ColumnCursor::read_ints`; none when the column holds no numbers or ends before its rows do.
    pub fn read_ints(&mut self, rows: usize, out: &mut Vec<i64>) -> Option<()> {
        self.advance(rows)?;
        out.clear();
        let Some(column) = self.column else {
            out.resize(rows, NULL_INT);
            return Some(());
        };
        let rows = &self.next;
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
        self.advance(rows)?;
        out.clear();
        let Some(column) = self.column else {
            out.resize(rows, null);
            return Some(());
        };
        out.reserve(rows);
        let known = &mut self.known;
        if known.is_empty() {
            // No string of a length that none has is ever found.
            known.resize(REMEMBERED, Known { words: (0, 0), length: usize::MAX, code: 0 });
        }
        Texts::of(column)?.each(&self.next, |text| {
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

fn numbers<T: ArrowPrimitiveType>(column: &ArrayRef, runs: &[Run], out: &mut Vec<i64>, widen: impl Fn(T::Native) -> i64) {
    let array = column.as_primitive::<T>();
    let values = array.values();
    let valid = Valid::of(array.nulls());
    for run in runs {
        let cells = &values[run.clone()];
        if valid.bits.is_none() {
            out.extend(cells.iter().map(|cell| widen(*cell)));
        } else {
            let cell = |(row, cell): (usize, &T::Native)| if valid.at(row) { widen(*cell) } else { NULL_INT };
            out.extend(run.clone().zip(cells).map(cell));
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
        let count = column.len();
        let runs = [0..count / 3, count / 3..count].into_iter().filter(|run| !run.is_empty()).collect();
        let positions = Arc::new(HashMap::from([(String::from("name"), 0)]));
        let arrived = Arrived::new(RecordBatch::try_from_iter([("slot", column)]).unwrap(), positions, runs);
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
