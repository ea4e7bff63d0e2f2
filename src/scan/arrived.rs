//! Rows of a table that came as Arrow batches and lie in memory, read as if they were columns of a Parquet file.
//!
//! A batch may hold rows of several tables; each table has its own runs of rows in it, and its own names for the columns.
//! Cells are whole numbers of any width, and text or its bytes in any layout, or numbers of texts in a dictionary.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::asked::Asked;
use super::column::{ManyCoder, NULL_INT};
use super::mapped::Mapped;
use super::remembered::Remembered;
use super::texts::Texts;
use super::valid::Valid;
use super::wanted::forget_unwanted;

/// The position in a batch of each column of a table.
pub type Positions = Arc<HashMap<String, usize>>;

/// Rows of a batch that follow one another.
pub type Run = Range<usize>;

/// Rows of one table, in one batch after another.
#[derive(Debug, Clone)]
pub struct Arrived {
    parts: Vec<Part>,
    positions: Positions,
    rows: usize,
}

#[derive(Debug, Clone)]
struct Part {
    batch: RecordBatch,
    runs: Vec<Run>,
}

impl Arrived {
    /// No rows yet of a table whose columns stand at these positions of every batch.
    pub fn new(positions: Positions) -> Self {
        Self { parts: Vec::new(), positions, rows: 0 }
    }

    /// Adds rows of a batch.
    pub fn add(&mut self, batch: RecordBatch, runs: Vec<Run>) {
        self.rows += runs.iter().map(Run::len).sum::<usize>();
        self.parts.push(Part { batch, runs });
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether any row has a value in the column.
    pub fn may_have_values(&self, name: &str) -> bool {
        let Some(at) = self.positions.get(name) else { return false };
        self.parts.iter().any(|part| {
            let column = part.batch.column(*at);
            let known = |nulls: &NullBuffer| part.runs.iter().cloned().flatten().any(|row| nulls.is_valid(row));
            part.runs.iter().any(|run| !run.is_empty()) && !is_empty(column) && column.nulls().is_none_or(known)
        })
    }
}

/// Whether no row of a column has a value.
fn is_empty(column: &ArrayRef) -> bool {
    *column.data_type() == DataType::Null || column.null_count() == column.len()
}

/// Reads one column of arrived rows from front to back.
pub struct ArrivedColumn<'f> {
    parts: &'f [Part],
    /// The position of the column; none when it did not come.
    at: Option<usize>,
    /// Runs of the first part that were read, and rows of the run after them.
    read: (usize, usize),
    /// The rows to be read next, all of one part.
    next: Vec<Run>,
    remembered: Remembered,
    mapped: Mapped,
}

impl<'f> ArrivedColumn<'f> {
    /// Opens a column; one that did not come reads as all null.
    pub fn open(arrived: &'f Arrived, name: &str) -> Self {
        Self {
            parts: &arrived.parts,
            at: arrived.positions.get(name).copied(),
            read: (0, 0),
            next: Vec::new(),
            remembered: Remembered::default(),
            mapped: Mapped::default(),
        }
    }

    /// Moves to the next rows, as many of those wanted as one part has; how many they are, and the column if any has a value.
    /// None when there is no further row.
    fn advance(&mut self, wanted: usize) -> Option<(usize, Option<&'f ArrayRef>)> {
        self.next.clear();
        while self.parts.first()?.runs.len() == self.read.0 {
            self.parts = &self.parts[1..];
            self.read.0 = 0;
        }
        let part = self.parts.first()?;
        let mut left = wanted;
        while left > 0
            && let Some(run) = part.runs.get(self.read.0)
        {
            let start = run.start + self.read.1;
            let take = left.min(run.end - start);
            self.next.push(start..start + take);
            left -= take;
            self.read = if start + take == run.end { (self.read.0 + 1, 0) } else { (self.read.0, self.read.1 + take) };
        }
        let column = self.at.map(|at| part.batch.column(at)).filter(|column| !is_empty(column));
        Some((wanted - left, column))
    }

    /// As `ColumnCursor::read_ints`; none when the column holds no numbers or ends before its rows do.
    pub fn read_ints(&mut self, rows: usize, out: &mut Vec<i64>) -> Option<()> {
        out.clear();
        out.reserve(rows);
        while out.len() < rows {
            let (taken, column) = self.advance(rows - out.len())?;
            let Some(column) = column else {
                out.extend(std::iter::repeat_n(NULL_INT, taken));
                continue;
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
        }
        Some(())
    }

    /// As `ColumnCursor::read_codes`; none when the column holds no text or ends before its rows do.
    pub fn read_codes(&mut self, rows: usize, out: &mut Vec<u32>, null: u32, code: &mut dyn ManyCoder) -> Option<()> {
        out.clear();
        out.reserve(rows);
        while out.len() < rows {
            let (taken, column) = self.advance(rows - out.len())?;
            let Some(column) = column else {
                out.extend(std::iter::repeat_n(null, taken));
                continue;
            };
            match column.data_type() {
                DataType::Dictionary(key, _) => self.mapped_codes(key, column, out, null, code)?,
                _ => self.remembered.codes(&Texts::of(column)?, &self.next, out, null, code),
            }
        }
        Some(())
    }

    /// Appends the codes of the rows at hand, whose cells are numbers of texts.
    fn mapped_codes(
        &mut self,
        key: &DataType,
        column: &ArrayRef,
        out: &mut Vec<u32>,
        null: u32,
        code: &mut dyn ManyCoder,
    ) -> Option<()> {
        let Self { next, mapped, .. } = self;
        match key {
            DataType::UInt8 => mapped.codes::<UInt8Type>(column, next, out, null, code),
            DataType::UInt16 => mapped.codes::<UInt16Type>(column, next, out, null, code),
            DataType::UInt32 => mapped.codes::<UInt32Type>(column, next, out, null, code),
            _ => None,
        }
    }

    /// As `ColumnCursor::read_wanted_codes`; none when the column holds no text or ends before its rows do.
    pub fn read_wanted_codes(&mut self, wanted: &[bool], out: &mut Vec<u32>, null: u32, code: &mut dyn ManyCoder) -> Option<()> {
        out.clear();
        out.reserve(wanted.len());
        while out.len() < wanted.len() {
            let first = out.len();
            let (taken, column) = self.advance(wanted.len() - first)?;
            match column.map(|column| (column, column.data_type())) {
                None => out.resize(first + taken, null),
                Some((column, DataType::Dictionary(key, _))) => {
                    self.mapped_codes(key, column, out, null, code)?;
                    forget_unwanted(&mut out[first..], &wanted[first..], null);
                }
                Some((column, _)) => {
                    out.resize(first + taken, null);
                    let texts = Texts::of(column)?;
                    let mut asked = Asked::with(Default::default());
                    for (at, row) in self.next.iter().cloned().flatten().enumerate().filter(|(at, _)| wanted[first + at]) {
                        let Some(text) = texts.at(row) else { continue };
                        if asked.push(first + at, text.bytes()) {
                            asked.tell(out, code, |_, _| {});
                        }
                    }
                    asked.tell(out, code, |_, _| {});
                }
            }
        }
        Some(())
    }
}

fn numbers<T: ArrowPrimitiveType>(column: &ArrayRef, runs: &[Run], out: &mut Vec<i64>, widen: impl Fn(T::Native) -> i64) {
    let array = column.as_primitive::<T>();
    let (values, valid) = (array.values(), Valid::of(array.nulls()));
    for run in runs {
        if valid.all() {
            out.extend(values[run.clone()].iter().map(|cell| widen(*cell)));
            continue;
        }
        for block in valid.blocks(run) {
            let cells = &values[block.start..block.start + block.rows];
            if block.is_full() {
                out.extend(cells.iter().map(|cell| widen(*cell)));
            } else if block.bits == 0 {
                out.extend(std::iter::repeat_n(NULL_INT, cells.len()));
            } else {
                let cell = |(row, cell): (usize, &T::Native)| if block.bits >> row & 1 == 1 { widen(*cell) } else { NULL_INT };
                out.extend(cells.iter().enumerate().map(cell));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BinaryArray, DictionaryArray, Int8Array, Int32Array, Int64Array, LargeStringArray, NullArray, StringArray,
        StringViewArray, UInt16Array,
    };
    use proptest::prelude::*;

    use super::super::column::Single;
    use super::*;

    /// Columns of one table in one batch after another, the rows of each in two runs with another table's row between them.
    fn arrived(columns: Vec<ArrayRef>) -> Arrived {
        let mut arrived = Arrived::new(Arc::new(HashMap::from([(String::from("name"), 0)])));
        for column in columns {
            let (all, cut) = (column.len(), column.len() / 3);
            let runs = [0..cut, cut + 1..all].into_iter().filter(|run| !run.is_empty()).collect();
            arrived.add(RecordBatch::try_from_iter([("slot", column)]).unwrap(), runs);
        }
        arrived
    }

    /// What a table has of such columns.
    fn mine<T: Clone>(parts: &[(usize, Vec<T>)]) -> Vec<T> {
        let others = |part: &Vec<T>| part.len() / 3;
        let mine = |part: &Vec<T>| {
            part.iter().enumerate().filter(|(row, _)| *row != others(part)).map(|(_, cell)| cell.clone()).collect()
        };
        parts.iter().flat_map(|(_, part)| -> Vec<T> { mine(part) }).collect()
    }

    fn texts(layout: usize, texts: &[Option<String>]) -> ArrayRef {
        let words = || texts.iter().map(Option::as_deref);
        match layout {
            0 => Arc::new(words().collect::<StringArray>()),
            1 => Arc::new(words().collect::<LargeStringArray>()),
            2 => Arc::new(words().collect::<StringViewArray>()),
            3 => Arc::new(words().map(|text| text.map(str::as_bytes)).collect::<BinaryArray>()),
            4 => Arc::new(words().collect::<DictionaryArray<UInt8Type>>()),
            _ if texts.iter().all(Option::is_none) => Arc::new(NullArray::new(texts.len())),
            _ => {
                // A dictionary one of whose texts is none, as numbers without nulls point to it.
                let keys: Vec<u16> = (0..texts.len() as u16).collect();
                Arc::new(DictionaryArray::<UInt16Type>::try_new(keys.into(), self::texts(0, texts)).unwrap())
            }
        }
    }

    fn numbers(layout: usize, numbers: &[Option<u8>]) -> ArrayRef {
        let of = || numbers.iter().copied();
        match layout {
            0 => Arc::new(of().map(|cell| cell.map(i32::from)).collect::<Int32Array>()),
            1 => Arc::new(of().map(|cell| cell.map(i64::from)).collect::<Int64Array>()),
            2 => Arc::new(of().map(|cell| cell.map(u16::from)).collect::<UInt16Array>()),
            _ if numbers.iter().all(Option::is_none) => Arc::new(NullArray::new(numbers.len())),
            _ => Arc::new(of().map(|cell| cell.map(|cell| cell as i8)).collect::<Int8Array>()),
        }
    }

    proptest! {
        #[test]
        fn every_string_has_the_code_of_its_own_bytes(
            parts in prop::collection::vec((0usize..6, prop::collection::vec(prop::option::of("[ab]{0,20}"), 1..120)), 1..5),
            chunk in 1usize..90
        ) {
            let arrived = arrived(parts.iter().map(|(layout, cells)| texts(*layout, cells)).collect());
            let expected = mine(&parts);
            prop_assert_eq!(arrived.rows(), expected.len());
            let mut cursor = ArrivedColumn::open(&arrived, "name");
            let (mut some, mut known) = (Vec::new(), Vec::new());
            for rows in expected.chunks(chunk) {
                let mut code = |text: &[u8]| {
                    known.push(text.to_vec());
                    known.len() as u32 - 1
                };
                cursor.read_codes(rows.len(), &mut some, u32::MAX, &mut Single(&mut code)).unwrap();
                let found: Vec<Option<&[u8]>> = some.iter().map(|code| known.get(*code as usize).map(Vec::as_slice)).collect();
                prop_assert_eq!(found, rows.iter().map(|text| text.as_ref().map(String::as_bytes)).collect::<Vec<_>>());
            }
            prop_assert!(cursor.read_codes(1, &mut some, 0, &mut Single(&mut |_| 0)).is_none());
            let wanted: Vec<bool> = (0..expected.len()).map(|row| row % 3 == chunk % 3).collect();
            let mut cursor = ArrivedColumn::open(&arrived, "name");
            for (rows, wanted) in expected.chunks(chunk).zip(wanted.chunks(chunk)) {
                let mut code = |text: &[u8]| {
                    known.push(text.to_vec());
                    known.len() as u32 - 1
                };
                cursor.read_wanted_codes(wanted, &mut some, u32::MAX, &mut Single(&mut code)).unwrap();
                let found: Vec<Option<&[u8]>> = some.iter().map(|code| known.get(*code as usize).map(Vec::as_slice)).collect();
                let texts = rows.iter().zip(wanted).map(|(text, wanted)| text.as_ref().filter(|_| *wanted).map(String::as_bytes));
                prop_assert_eq!(found, texts.collect::<Vec<_>>());
            }
            prop_assert!(cursor.read_wanted_codes(&[true], &mut some, 0, &mut Single(&mut |_| 0)).is_none());
            prop_assert!(!expected.iter().any(Option::is_some) || arrived.may_have_values("name"));
        }

        #[test]
        fn every_number_is_read_at_its_own_width(
            parts in prop::collection::vec((0usize..4, prop::collection::vec(prop::option::weighted(0.8, 0u8..128), 1..200)), 1..5),
            chunk in 1usize..90
        ) {
            let arrived = arrived(parts.iter().map(|(layout, cells)| numbers(*layout, cells)).collect());
            let expected = mine(&parts);
            let mut cursor = ArrivedColumn::open(&arrived, "name");
            let mut some = Vec::new();
            for rows in expected.chunks(chunk) {
                cursor.read_ints(rows.len(), &mut some).unwrap();
                prop_assert_eq!(&some, &rows.iter().map(|cell| cell.map_or(NULL_INT, i64::from)).collect::<Vec<_>>());
            }
            prop_assert_eq!(arrived.may_have_values("name"), expected.iter().any(Option::is_some));
            let mut other = ArrivedColumn::open(&arrived, "another");
            other.read_ints(expected.len(), &mut some).unwrap();
            prop_assert!(some.iter().all(|cell| *cell == NULL_INT));
        }
    }
}
