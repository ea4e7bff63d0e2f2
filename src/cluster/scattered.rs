//! Rows that come in any order, held until all have come: by table, each as narrow as its table is.
//!
//! A row of the stream is as wide as the widest table, and the batch that it came in lies in memory that the next could use. So
//! every table takes its rows out of a batch as soon as that has come. Text that repeats itself is kept once, and rows hold its
//! number.

use std::sync::Arc;

use arrow_array::types::{ArrowDictionaryKeyType, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array as _, ArrayRef, DictionaryArray, NullArray, PrimitiveArray, RecordBatch, UInt32Array};
use arrow_schema::ArrowError;
use arrow_select::take::take;

use super::dictionary::Dictionary;
use crate::scan::{Arrived, Positions, Texts};

/// The rows of one table.
#[derive(Debug)]
pub struct Scattered {
    columns: Vec<Column>,
    /// Rows of each batch.
    pieces: Vec<usize>,
    rows: usize,
}

#[derive(Debug)]
struct Column {
    name: String,
    /// Where it stands in the batches of the stream.
    at: usize,
    texts: Dictionary,
    /// Whether its texts come often enough for their numbers to take less room.
    repeats: bool,
    cells: Vec<Cells>,
}

/// The cells of one batch.
#[derive(Debug)]
enum Cells {
    /// No row has a value.
    Nothing(usize),
    /// As they came.
    Plain(ArrayRef),
    /// Numbers of texts, in as few bytes as they need.
    Tiny(Vec<u8>),
    Small(Vec<u16>),
    Large(Vec<u32>),
}

/// Texts from which on it is asked how often each comes.
const ENOUGH: usize = 2_048;
/// How often a text has to come.
const OFTEN: usize = 8;
/// Rows that are read as one.
const UNIT: usize = 1 << 20;

impl Scattered {
    /// No rows yet of a table whose columns stand at these positions.
    pub fn new(positions: &Positions) -> Self {
        let column = |(name, at): (&String, &usize)| Column {
            name: name.clone(),
            at: *at,
            texts: Dictionary::default(),
            repeats: true,
            cells: Vec::new(),
        };
        Self { columns: positions.iter().map(column).collect(), pieces: Vec::new(), rows: 0 }
    }

    /// Takes rows out of a batch.
    ///
    /// # Errors
    /// When Arrow cannot take a column's cells.
    pub fn add(&mut self, batch: &RecordBatch, rows: Vec<u32>) -> Result<(), ArrowError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.rows += rows.len();
        self.pieces.push(rows.len());
        let rows = UInt32Array::from(rows);
        self.columns.iter_mut().try_for_each(|column| column.add(batch.column(column.at), &rows, self.rows))
    }

    /// All rows, in units each of which is read as one.
    ///
    /// # Errors
    /// When Arrow cannot make batches of the columns.
    pub fn arrived(self) -> Result<Vec<Arrived>, ArrowError> {
        let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let positions: Positions = Arc::new(names.iter().cloned().enumerate().map(|(at, name)| (name, at)).collect());
        let columns = self.columns.into_iter().map(Column::arrays).collect::<Result<Vec<_>, _>>()?;
        let mut units = Vec::new();
        let mut unit = Arrived::new(positions.clone());
        for (piece, rows) in self.pieces.into_iter().enumerate() {
            let batch = RecordBatch::try_from_iter(names.iter().zip(columns.iter().map(|arrays| arrays[piece].clone())))?;
            unit.add(batch, std::iter::once(0..rows).collect());
            if unit.rows() >= UNIT {
                units.push(std::mem::replace(&mut unit, Arrived::new(positions.clone())));
            }
        }
        units.push(unit);
        Ok(units)
    }
}

impl Column {
    /// Takes some rows' cells; so many rows of the table will then have come.
    fn add(&mut self, cells: &ArrayRef, rows: &UInt32Array, all: usize) -> Result<(), ArrowError> {
        let texts = Texts::of(cells).filter(|_| self.repeats);
        let cells = if cells.null_count() == cells.len() {
            Cells::Nothing(rows.len())
        } else if let Some(texts) = texts {
            let mut numbers = Vec::new();
            self.texts.number(&texts, rows.values(), &mut numbers);
            let known = self.texts.len();
            self.repeats = known < ENOUGH || known * OFTEN <= all;
            Cells::of(numbers, known)
        } else {
            Cells::Plain(take(cells, rows, None)?)
        };
        self.cells.push(cells);
        Ok(())
    }

    /// The cells of each batch.
    fn arrays(self) -> Result<Vec<ArrayRef>, ArrowError> {
        let texts = self.texts.texts();
        let array = |cells| match cells {
            Cells::Nothing(rows) => Ok(Arc::new(NullArray::new(rows)) as ArrayRef),
            Cells::Plain(cells) => Ok(cells),
            Cells::Tiny(numbers) => numbered::<UInt8Type>(numbers.into(), &texts),
            Cells::Small(numbers) => numbered::<UInt16Type>(numbers.into(), &texts),
            Cells::Large(numbers) => numbered::<UInt32Type>(numbers.into(), &texts),
        };
        self.cells.into_iter().map(array).collect()
    }
}

impl Cells {
    /// Numbers up to the greatest known.
    fn of(numbers: Vec<u32>, known: usize) -> Self {
        if known == 0 {
            Self::Nothing(numbers.len())
        } else if u8::try_from(known).is_ok() {
            Self::Tiny(numbers.into_iter().map(|number| number as u8).collect())
        } else if u16::try_from(known).is_ok() {
            Self::Small(numbers.into_iter().map(|number| number as u16).collect())
        } else {
            Self::Large(numbers)
        }
    }
}

fn numbered<K: ArrowDictionaryKeyType>(numbers: PrimitiveArray<K>, texts: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(DictionaryArray::<K>::try_new(numbers, texts.clone())?))
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;
    use arrow_array::cast::AsArray as _;
    use arrow_schema::DataType;

    use super::*;

    /// Rows of a batch, their texts, and the type in which they are kept.
    type Expected<'a> = (usize, &'a dyn Fn(usize) -> Option<String>, &'a str);

    /// The texts of an array that came out of a column.
    fn texts(array: &ArrayRef) -> Vec<Option<String>> {
        match array.data_type() {
            DataType::Null => vec![None; array.len()],
            DataType::Utf8 => array.as_string::<i32>().iter().map(|text| text.map(str::to_string)).collect(),
            _ => {
                let array = array.as_any_dictionary();
                let known = array.values().as_binary::<i64>();
                let text = |at: usize| known.is_valid(at).then(|| String::from_utf8(known.value(at).to_vec()).unwrap());
                array.normalized_keys().into_iter().map(text).collect()
            }
        }
    }

    #[test]
    fn every_row_keeps_its_text_however_many_there_are() {
        let often = |row: usize| (!row.is_multiple_of(3)).then(|| format!("{}", row % 2_000));
        let batches: [Expected<'_>; 6] = [
            (10, &|_| None, "Null"),
            (100, &|row| Some(format!("{}", row % 7)), "Dictionary(UInt8"),
            (600_000, &often, "Dictionary(UInt16"),
            (70_000, &|row| Some(format!("{row}")), "Dictionary(UInt32"),
            // Too many that come once: from here on they are left as they are.
            (80_000, &|row| Some(format!("a text that stands alone {row}")), "Dictionary(UInt32"),
            (90, &often, "Utf8"),
        ];
        let positions: Positions = Arc::new([(String::from("name"), 0)].into());
        let mut scattered = Scattered::new(&positions);
        for (rows, text, _) in &batches {
            // Every second row is another table's.
            let column: ArrayRef = Arc::new((0..2 * rows).map(|row| text(row / 2)).collect::<StringArray>());
            let batch = RecordBatch::try_from_iter([("slot", column)]).unwrap();
            scattered.add(&batch, (0..2 * *rows as u32).step_by(2).collect()).unwrap();
        }
        let column = scattered.columns.pop().unwrap().arrays().unwrap();
        for ((rows, text, kind), array) in batches.iter().zip(&column) {
            assert!(format!("{:?}", array.data_type()).starts_with(kind), "{:?} is not {kind}", array.data_type());
            assert!(texts(array).into_iter().eq((0..*rows).map(text)), "{kind}");
        }
    }
}
