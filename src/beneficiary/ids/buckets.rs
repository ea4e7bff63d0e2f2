//! Words of identifiers to numbers: a look-up touches one line of the cache, and decides nothing on the way.

use std::collections::HashMap;

use ahash::RandomState;

use super::numerals::WORD_BITS;
use super::{NO_BENEFICIARY, SEEDS};
use crate::scan::{prefetch, roomy};

/// Words of a line of the cache.
const SLOTS: usize = 8;

/// What a word does not say by where it lies stands above the number, which is one more than the beneficiary's; zero is no
/// entry.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Bucket([u64; SLOTS]);

/// Numbers by word.
#[derive(Debug)]
pub(super) struct Buckets {
    lines: Vec<Bucket>,
    /// Bits of a word that say in which bucket it lies.
    place: u32,
    /// Bits of a number.
    number: u32,
    /// Those for whom their bucket had no room.
    over: HashMap<u64, u32, RandomState>,
}

impl Buckets {
    /// No entries, for numbers up to `count`: eight bytes for each of two to four places a beneficiary.
    pub(super) fn new(count: usize) -> Self {
        let number = (u32::BITS - (count as u32).leading_zeros()).max(3);
        let place = number - 2;
        let [a, b, c, d] = SEEDS;
        let over = HashMap::with_hasher(RandomState::with_seeds(a, b, c, d));
        Self { lines: roomy(1 << place, Bucket([0; SLOTS])), place, number, over }
    }

    /// Adds a word that is not there yet.
    pub(super) fn add(&mut self, word: u64, number: u32) {
        let entry = self.above(word) | (u64::from(number) + 1);
        let place = self.bucket(word);
        match self.lines[place].0.iter_mut().find(|slot| **slot == 0) {
            Some(slot) => *slot = entry,
            None => {
                self.over.insert(word, number);
            }
        }
    }

    /// The bucket of a word.
    #[inline]
    fn bucket(&self, word: u64) -> usize {
        (word >> (WORD_BITS - self.place)) as usize & (self.lines.len() - 1)
    }

    /// What of a word stands above the number.
    #[inline]
    fn above(&self, word: u64) -> u64 {
        (word & ((1 << (WORD_BITS - self.place)) - 1)) << self.number
    }

    /// Asks for the bucket of a word to be brought near.
    #[inline]
    pub(super) fn ask(&self, word: u64) {
        prefetch(&self.lines, self.bucket(word));
    }

    /// The number of a word other than [`super::numerals::NO_WORD`], or [`NO_BENEFICIARY`].
    #[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
    #[inline(always)]
    pub(super) fn number(&self, word: u64) -> u32 {
        let (wanted, low) = (self.above(word), (1 << self.number) - 1);
        let bucket = &self.lines[self.bucket(word)].0;
        // One entry at the most is that of the word, and what is none adds nothing.
        let found = bucket.iter().fold(0, |found, slot| found | if (slot ^ wanted) & !low == 0 { slot & low } else { 0 });
        if found == 0 && bucket[SLOTS - 1] != 0 {
            return self.over.get(&word).copied().unwrap_or(NO_BENEFICIARY);
        }
        (found as u32).wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Buckets, NO_BENEFICIARY, WORD_BITS};

    proptest! {
        #[test]
        fn every_word_is_found_and_no_other(
            words in prop::collection::hash_set(0u64..1 << WORD_BITS, 0..400),
            others in prop::collection::vec(0u64..1 << WORD_BITS, 40),
            crowded in any::<bool>(),
        ) {
            // Crowded words lie in few buckets, so that some have no room.
            let crowd = |word: u64| if crowded { word & ((1 << 52) - 1) } else { word };
            let mut words: Vec<u64> = words.into_iter().map(crowd).collect();
            words.sort_unstable();
            words.dedup();
            let mut buckets = Buckets::new(words.len());
            for (number, word) in words.iter().enumerate() {
                buckets.add(*word, number as u32);
            }
            for (number, word) in words.iter().enumerate() {
                prop_assert_eq!(buckets.number(*word), number as u32);
                prop_assert_eq!(buckets.number(word ^ 1), words.binary_search(&(word ^ 1)).map_or(NO_BENEFICIARY, |at| at as u32));
            }
            for other in others.into_iter().chain([0]).map(crowd).filter(|other| words.binary_search(other).is_err()) {
                prop_assert_eq!(buckets.number(other), NO_BENEFICIARY);
            }
        }
    }

    #[test]
    fn the_greatest_number_fits_beside_its_word() {
        let mut buckets = Buckets { number: 32, place: 30, ..Buckets::new(4) };
        buckets.lines.resize(1 << 4, super::Bucket([0; 8]));
        let word = (1 << WORD_BITS) - 1;
        buckets.add(word, u32::MAX - 2);
        assert_eq!([word, word - 1].map(|word| buckets.number(word)), [u32::MAX - 2, NO_BENEFICIARY]);
    }
}
