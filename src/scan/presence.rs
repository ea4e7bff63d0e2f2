//! Which rows of a chunk have a value: one bit a row.

/// Bits of a word.
const WORD: usize = 64;

/// A bit for every row, 1 where there is a value.
#[derive(Debug, Default)]
pub struct Presence {
    words: Vec<u64>,
    rows: usize,
    count: usize,
}

impl Presence {
    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.words.clear();
        (self.rows, self.count) = (0, 0);
    }

    /// Rows that have a value.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The rows that have a value, the first row first.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(index * WORD + bit)
            })
        })
    }

    /// Appends `rows` rows that all have a value, or all have none.
    pub fn push_run(&mut self, present: bool, rows: usize) {
        let mut left = rows;
        while left > 0 {
            let take = left.min(WORD);
            self.push_bits(if present { u64::MAX } else { 0 }, take);
            left -= take;
        }
    }

    /// Appends up to 64 rows, the lowest bit first; bits above them are not looked at.
    #[inline]
    pub fn push_bits(&mut self, bits: u64, rows: usize) {
        if rows == 0 {
            // A word without rows would move all that follow it away from their place.
            return;
        }
        let bits = if rows < WORD { bits & ((1 << rows) - 1) } else { bits };
        let at = self.rows % WORD;
        if at == 0 {
            self.words.push(bits);
        } else {
            if let Some(last) = self.words.last_mut() {
                *last |= bits << at;
            }
            if at + rows > WORD {
                self.words.push(bits >> (WORD - at));
            }
        }
        self.rows += rows;
        self.count += bits.count_ones() as usize;
    }

    /// Moves the values from `start` on, one for each row that has one, to their rows; the others get `null`.
    ///
    /// What is rare is visited one by one, what is common is moved in stretches.
    pub fn spread<T: Copy>(&self, values: &mut Vec<T>, start: usize, null: T) {
        values.resize(start + self.rows, null);
        let values = &mut values[start..];
        let mut unmoved = self.count;
        if self.count * 2 >= self.rows {
            let mut end = self.rows;
            self.for_each_from_the_back(false, |hole| {
                let stretch = end - hole - 1;
                values.copy_within(unmoved - stretch..unmoved, hole + 1);
                values[hole] = null;
                unmoved -= stretch;
                end = hole;
            });
        } else {
            self.for_each_from_the_back(true, |row| {
                unmoved -= 1;
                // Every row between this one and the next was filled with a value that belongs further back, or with null.
                let value = values[unmoved];
                values[unmoved] = null;
                values[row] = value;
            });
        }
    }

    /// Visits the rows that have a value (or have none), the last first.
    fn for_each_from_the_back(&self, present: bool, mut visit: impl FnMut(usize)) {
        for (index, word) in self.words.iter().enumerate().rev() {
            let first = index * WORD;
            let in_use = if self.rows - first < WORD { (1 << (self.rows - first)) - 1 } else { u64::MAX };
            let mut left = (if present { *word } else { !*word }) & in_use;
            while left != 0 {
                let bit = WORD - 1 - left.leading_zeros() as usize;
                left &= !(1 << bit);
                visit(first + bit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Presence;

    #[test]
    fn appending_no_row_at_the_end_of_a_word_appends_nothing() {
        let mut presence = Presence::default();
        presence.push_run(true, 64);
        presence.push_bits(u64::MAX, 0);
        presence.push_bits(0b10, 3);
        let mut values: Vec<i64> = (1..=65).collect();
        presence.spread(&mut values, 0, 0);
        assert_eq!(values, (1..=64).chain([0, 65, 0]).collect::<Vec<i64>>());
    }

    proptest! {
        #[test]
        fn values_come_to_the_rows_that_have_one(
            runs in prop::collection::vec((any::<bool>(), 0usize..150), 0..12),
            bits in prop::collection::vec((any::<u64>(), 0usize..=64), 0..6),
            start in 0usize..3,
        ) {
            let mut presence = Presence::default();
            let mut rows = Vec::new();
            for (present, count) in runs {
                presence.push_run(present, count);
                rows.extend(std::iter::repeat_n(present, count));
            }
            for (word, count) in bits {
                presence.push_bits(word, count);
                rows.extend((0..count).map(|bit| word >> bit & 1 == 1));
            }
            let mut next = 0;
            let expected: Vec<i64> = (0..start as i64)
                .map(|before| -before)
                .chain(rows.iter().map(|present| {
                    next += i64::from(*present);
                    if *present { next } else { i64::MIN }
                }))
                .collect();
            let present: Vec<usize> = rows.iter().enumerate().filter(|(_, present)| **present).map(|(row, _)| row).collect();
            prop_assert_eq!(presence.rows().collect::<Vec<_>>(), present);
            let mut values: Vec<i64> = (0..start as i64).map(|before| -before).chain(1..=presence.count() as i64).collect();
            presence.spread(&mut values, start, i64::MIN);
            prop_assert_eq!(values, expected);
        }
    }
}
