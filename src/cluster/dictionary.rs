//! The texts of a column that repeat themselves, each kept once.

use std::sync::Arc;

use ahash::HashMap;
use arrow_array::{ArrayRef, LargeBinaryArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use crate::scan::{Short, Text, Texts, prefetch};

/// Texts by number, in order of arrival; 0 stands for no text.
#[derive(Debug)]
pub struct Dictionary {
    places: Vec<Place>,
    long: HashMap<Box<[u8]>, u32>,
    bytes: Vec<u8>,
    ends: Vec<i64>,
}

/// Where a short text is looked for.
#[derive(Debug, Clone, Copy)]
struct Place {
    text: Short,
    number: u32,
}

const EMPTY: Place = Place { text: Short::NONE, number: 0 };
/// Texts whose places are asked for before the first of them is looked up.
const AHEAD: usize = 16;

impl Default for Dictionary {
    fn default() -> Self {
        Self { places: vec![EMPTY; 256], long: HashMap::default(), bytes: Vec::new(), ends: vec![0, 0] }
    }
}

impl Dictionary {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len() - 2
    }

    /// Appends the number of the text of each of some rows.
    pub fn number(&mut self, texts: &Texts<'_>, rows: &[u32], out: &mut Vec<u32>) {
        out.reserve(rows.len());
        for rows in rows.chunks(AHEAD) {
            let mut short = [(None, 0); AHEAD];
            for (short, row) in short.iter_mut().zip(rows) {
                if let Some(text) = texts.at(*row as usize).and_then(Text::short) {
                    *short = (Some(text), text.hash());
                    prefetch(&self.places, text.hash() as usize & (self.places.len() - 1));
                }
            }
            for ((short, hash), row) in short.iter().zip(rows) {
                let number = match (short, texts.at(*row as usize)) {
                    (_, None) => 0,
                    (Some(short), Some(text)) => self.short(*short, *hash, text.bytes()),
                    (None, Some(text)) => self.long(text.bytes()),
                };
                out.push(number);
            }
        }
    }

    #[inline]
    fn short(&mut self, text: Short, hash: u64, bytes: &[u8]) -> u32 {
        let mask = self.places.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let place = self.places[at];
            if place.text == text {
                return place.number;
            }
            if place.number == 0 {
                return self.learn(text, at, bytes);
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn learn(&mut self, text: Short, at: usize, bytes: &[u8]) -> u32 {
        let number = self.push(bytes);
        self.places[at] = Place { text, number };
        if self.len() * 2 > self.places.len() {
            let mask = self.places.len() * 4 - 1;
            let old = std::mem::replace(&mut self.places, vec![EMPTY; mask + 1]);
            for place in old.into_iter().filter(|place| place.number != 0) {
                let mut at = place.text.hash() as usize & mask;
                while self.places[at].number != 0 {
                    at = (at + 1) & mask;
                }
                self.places[at] = place;
            }
        }
        number
    }

    fn long(&mut self, bytes: &[u8]) -> u32 {
        if let Some(number) = self.long.get(bytes) {
            return *number;
        }
        let number = self.push(bytes);
        self.long.insert(bytes.into(), number);
        number
    }

    fn push(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as i64);
        self.len() as u32
    }

    /// The texts as an array, by number.
    pub fn texts(self) -> ArrayRef {
        let known: Vec<bool> = (0..self.ends.len() - 1).map(|number| number > 0).collect();
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        Arc::new(LargeBinaryArray::new(ends, Buffer::from_vec(self.bytes), Some(NullBuffer::from(known))))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray as _;
    use arrow_array::{Array as _, StringArray};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_stands_for_the_bytes_of_its_text(texts in prop::collection::vec(prop::option::of("[a-c]{0,6}|[ab]{15,18}"), 1..3000)) {
            let column: ArrayRef = Arc::new(StringArray::from(texts.clone()));
            let (mut dictionary, mut numbers) = (Dictionary::default(), Vec::new());
            let rows: Vec<u32> = (0..texts.len() as u32).collect();
            dictionary.number(&Texts::of(&column).unwrap(), &rows, &mut numbers);
            let distinct: std::collections::BTreeSet<&String> = texts.iter().flatten().collect();
            prop_assert_eq!(dictionary.len(), distinct.len());
            let known = dictionary.texts();
            let known = known.as_binary::<i64>();
            for (text, number) in texts.iter().zip(numbers) {
                let found = known.is_valid(number as usize).then(|| known.value(number as usize));
                prop_assert_eq!(found, text.as_ref().map(String::as_bytes));
            }
        }
    }
}
