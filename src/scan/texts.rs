//! Text that arrived in a batch, in any of Arrow's layouts, as bytes.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, BinaryViewArray};
use arrow_schema::DataType;

use super::arrived::Run;
use super::valid::{BLOCK, Block, Valid};

/// Whether a type is text, or the bytes of it.
pub fn is_text(found: &DataType) -> bool {
    use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(found, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

/// The text of a column.
#[derive(Debug, Clone)]
pub struct Texts<'c> {
    valid: Valid<'c>,
    cells: Cells<'c>,
}

#[derive(Debug, Clone)]
enum Cells<'c> {
    Narrow(&'c [i32], &'c [u8]),
    Wide(&'c [i64], &'c [u8]),
    View(BinaryViewArray),
}

/// What is met on the way through a column.
#[derive(Debug, Clone, Copy)]
pub enum Met<'c> {
    /// So many rows without a value.
    Nulls(usize),
    /// A row's text.
    Text(Text<'c>),
}

/// One text among the bytes of its column.
#[derive(Debug, Clone, Copy)]
pub struct Text<'c> {
    all: &'c [u8],
    start: usize,
    end: usize,
}

/// A text of up to fifteen bytes: the bytes, then zeros, and in the last byte their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Short {
    low: u64,
    high: u64,
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
        Some(Self { valid: Valid::of(column.nulls()), cells })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Narrow(ends, _) => ends.len() - 1,
            Cells::Wide(ends, _) => ends.len() - 1,
            Cells::View(cells) => cells.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a row; none where it has none.
    #[inline]
    pub fn at(&self, row: usize) -> Option<Text<'_>> {
        self.valid.at(row).then(|| match &self.cells {
            Cells::Narrow(ends, all) => Text { all, start: ends[row] as usize, end: ends[row + 1] as usize },
            Cells::Wide(ends, all) => Text { all, start: ends[row] as usize, end: ends[row + 1] as usize },
            Cells::View(cells) => Text::of(cells.value(row)),
        })
    }

    /// The rows of some runs, block by block.
    #[inline]
    pub(super) fn blocks(&self, run: &Run) -> impl Iterator<Item = Block> {
        self.valid.blocks(run)
    }

    /// The text of every row of a block that has a value, and anything for the others; a text that is not short is equal to none
    /// that is.
    #[inline]
    pub(super) fn shorts(&self, block: Block, out: &mut [Short; BLOCK]) {
        let rows = block.start..block.start + block.rows;
        match &self.cells {
            Cells::Narrow(ends, all) => {
                let ends = &ends[rows.start..=rows.end];
                ends.windows(2).zip(out).for_each(|(ends, out)| *out = Short::cut(all, ends[0] as usize, ends[1] as usize));
            }
            Cells::Wide(ends, all) => {
                let ends = &ends[rows.start..=rows.end];
                ends.windows(2).zip(out).for_each(|(ends, out)| *out = Short::cut(all, ends[0] as usize, ends[1] as usize));
            }
            Cells::View(cells) => {
                rows.zip(out).enumerate().filter(|(at, _)| block.bits >> at & 1 == 1).for_each(|(_, (row, out))| {
                    let text = cells.value(row);
                    *out = Short::cut(text, 0, text.len());
                });
            }
        }
    }

    /// Shows every row of some runs, in order.
    pub fn each<'t>(&'t self, runs: &[Run], mut see: impl FnMut(Met<'t>)) {
        match &self.cells {
            Cells::Narrow(ends, all) => {
                self.walk(runs, |row| Text { all, start: ends[row] as usize, end: ends[row + 1] as usize }, &mut see);
            }
            Cells::Wide(ends, all) => {
                self.walk(runs, |row| Text { all, start: ends[row] as usize, end: ends[row + 1] as usize }, &mut see);
            }
            Cells::View(cells) => self.walk(runs, |row| Text::of(cells.value(row)), &mut see),
        }
    }

    fn walk<'t>(&self, runs: &[Run], text: impl Fn(usize) -> Text<'t>, see: &mut impl FnMut(Met<'t>)) {
        for block in runs.iter().flat_map(|run| self.valid.blocks(run)) {
            let (mut row, mut left, mut bits) = (block.start, block.rows, block.bits);
            while left > 0 {
                let nulls = left.min(bits.trailing_zeros() as usize);
                if nulls > 0 {
                    see(Met::Nulls(nulls));
                    (row, left, bits) = (row + nulls, left - nulls, bits >> nulls);
                    continue;
                }
                see(Met::Text(text(row)));
                (row, left, bits) = (row + 1, left - 1, bits >> 1);
            }
        }
    }
}

impl<'c> Text<'c> {
    /// A text that is all there is.
    pub fn of(all: &'c [u8]) -> Self {
        Self { all, start: 0, end: all.len() }
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(self) -> &'c [u8] {
        &self.all[self.start..self.end]
    }

    /// The same, if it is short.
    #[inline]
    pub fn short(self) -> Option<Short> {
        (self.end - self.start <= SHORT).then(|| Short::cut(self.all, self.start, self.end))
    }
}

impl Short {
    /// What is no text's.
    pub const NONE: Self = Self { low: 0, high: u64::MAX };

    /// Whether it is another, without a branch.
    #[inline]
    pub(super) fn same(self, other: Self) -> bool {
        (self.low ^ other.low) | (self.high ^ other.high) == 0
    }

    /// The bytes of a column from one to another.
    #[inline]
    fn cut(all: &[u8], start: usize, end: usize) -> Self {
        let (mask, length) = CUTS[(end - start).min(SHORT + 1)];
        let bytes = match all.get(start..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => last(&all[start..end]),
        };
        // What follows in the column is cut off.
        let bytes = bytes & mask | length;
        Self { low: bytes as u64, high: (bytes >> 64) as u64 }
    }

    /// Equal for equal texts, and spread over all bits.
    #[inline]
    pub fn hash(self) -> u64 {
        let product = u128::from(self.low ^ 0x243f_6a88_85a3_08d3) * u128::from(self.high ^ 0x9e37_79b9_7f4a_7c15);
        product as u64 ^ (product >> 64) as u64
    }
}

/// Most bytes of a short text.
const SHORT: usize = 15;

/// The bytes of a text of each length, and its last byte; of a longer one none, and a length that none has.
const CUTS: [(u128, u128); SHORT + 2] = {
    let mut cuts = [(0, 0); SHORT + 2];
    let mut length = 1;
    while length < cuts.len() {
        let mask = if length <= SHORT { u128::MAX >> (128 - 8 * length) } else { 0 };
        cuts[length] = (mask, (length as u128) << 120);
        length += 1;
    }
    cuts
};

/// A text's bytes where fewer than sixteen are left of its column, or it is all there is.
#[inline]
fn last(bytes: &[u8]) -> u128 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // Where the two overlap they are the same bytes.
        return u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (bytes.len().min(16) - 8));
    }
    let mut all = [0; 16];
    all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u128::from_le_bytes(all)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BinaryArray, BinaryViewArray, LargeBinaryArray};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_texts_are_equal_when_their_bytes_are(texts in prop::collection::vec(prop::collection::vec(0u8..3, 0..20), 2..40)) {
            // Alone nothing follows a text; in the column the next one does.
            let column: ArrayRef = Arc::new(BinaryArray::from_iter_values(&texts));
            let together = Texts::of(&column).unwrap();
            for (row, text) in texts.iter().enumerate() {
                let short = together.at(row).unwrap().short();
                prop_assert_eq!(short, Text::of(text).short());
                prop_assert_eq!(short.is_some(), text.len() <= 15);
                for other in texts.iter().filter(|other| other.len().max(text.len()) <= 15) {
                    prop_assert_eq!(Text::of(other).short() == short, other == text);
                }
            }
        }

        #[test]
        fn every_row_is_met_in_every_layout(
            texts in prop::collection::vec(prop::option::of("[ab]{0,20}"), 1..200), from in 0.0..1.0f64, to in 0.0..1.0f64
        ) {
            let at = |share: f64| (share * texts.len() as f64) as usize;
            let run = at(from.min(to))..at(from.max(to));
            let bytes = || texts.iter().map(|text| text.as_ref().map(String::as_bytes));
            let columns: [ArrayRef; 3] = [
                Arc::new(bytes().collect::<BinaryArray>()),
                Arc::new(bytes().collect::<LargeBinaryArray>()),
                Arc::new(bytes().collect::<BinaryViewArray>()),
            ];
            for column in columns {
                let found = Texts::of(&column).unwrap();
                prop_assert_eq!(found.len(), texts.len());
                let mut met = Vec::new();
                found.each(&[run.clone(), run.clone()], |some| match some {
                    Met::Nulls(count) => met.extend(std::iter::repeat_n(None, count)),
                    Met::Text(text) => met.push(Some(text.bytes().to_vec())),
                });
                let expected = || texts[run.clone()].iter().map(|text| text.as_ref().map(|text| text.as_bytes().to_vec()));
                prop_assert_eq!(met, expected().chain(expected()).collect::<Vec<_>>());
                for (row, text) in texts.iter().enumerate() {
                    prop_assert_eq!(found.at(row).map(Text::bytes), text.as_ref().map(String::as_bytes));
                }
            }
        }
    }
}
