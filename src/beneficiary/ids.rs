//! Beneficiary identifiers to dense numbers: the rank of the identifier in byte order.
//!
//! This is the only place that holds identifiers after the columns are decoded; they never leave it but for the last
//! tie-break of assignment.

use ahash::RandomState;
use rayon::slice::ParallelSliceMut as _;

use super::prefetch::{prefetch, roomy};
use crate::scan::ManyCoder;

/// The number of a beneficiary who is not in `beneficiary_year`.
pub const NO_BENEFICIARY: u32 = u32::MAX;

/// Seeds of the look-up hash: fixed, because a number must not depend on the run.
const SEEDS: [u64; 4] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];

/// All identifiers of an extract, in byte order.
#[derive(Debug)]
pub struct IdTable {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    slots: Vec<Slot>,
    mask: usize,
    hasher: RandomState,
}

/// Bytes of an identifier that a slot holds whole: those of an MBI.
const SHORT: usize = 11;
/// What stands for the length of an identifier that a slot does not hold whole.
const LONG: u32 = 0xff << 24;

/// A short identifier, its length last, or the hash of a long one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    low: u64,
    high: u32,
}

/// Sixteen bytes, so that a look-up touches one line of the cache and, for a short identifier, nothing else.
#[derive(Debug, Clone, Copy)]
struct Slot {
    key: Key,
    number: u32,
}

const EMPTY: Slot = Slot { key: Key { low: 0, high: 0 }, number: NO_BENEFICIARY };

impl Key {
    /// Where the search for the key begins.
    #[inline]
    fn place(self) -> usize {
        let product = u128::from(self.low ^ SEEDS[0]) * u128::from(u64::from(self.high) ^ SEEDS[1]);
        (product ^ (product >> 64)) as usize
    }
}

impl IdTable {
    /// Numbers the identifiers; duplicates count once.
    pub fn new(mut ids: Vec<Box<[u8]>>) -> Self {
        ids.par_sort_unstable();
        ids.dedup();
        let mut bytes = Vec::with_capacity(ids.iter().map(|id| id.len()).sum());
        let mut ends = Vec::with_capacity(ids.len());
        for id in &ids {
            bytes.extend_from_slice(id);
            ends.push(bytes.len() as u32);
        }
        drop(ids);
        Self::over(bytes, ends)
    }

    /// Numbers all identifiers that the sets hold.
    pub fn of(sets: Vec<IdSet>) -> Self {
        let mut words = Vec::new();
        let mut long = Vec::new();
        for set in sets {
            words.extend_from_slice(&set.words);
            long.extend(set.long);
        }
        if !long.is_empty() {
            long.extend(words.iter().map(|word| IdSet::bytes(word).into()));
            return Self::new(long);
        }
        words.par_sort_unstable();
        words.dedup();
        let mut bytes = Vec::with_capacity(words.len() * SHORT);
        let mut ends = Vec::with_capacity(words.len());
        for word in &words {
            bytes.extend_from_slice(IdSet::bytes(word));
            ends.push(bytes.len() as u32);
        }
        Self::over(bytes, ends)
    }

    /// Identifiers in byte order, each once, and where each ends.
    fn over(bytes: Vec<u8>, ends: Vec<u32>) -> Self {
        let capacity = (ends.len() * 2).next_power_of_two().max(16);
        let mut table = Self {
            bytes,
            ends,
            slots: roomy(capacity, EMPTY),
            mask: capacity - 1,
            hasher: RandomState::with_seeds(SEEDS[0], SEEDS[1], SEEDS[2], SEEDS[3]),
        };
        for number in 0..table.len() as u32 {
            let key = table.key(table.id(number));
            let mut at = key.place() & table.mask;
            while table.slots[at].number != NO_BENEFICIARY {
                at = (at + 1) & table.mask;
            }
            table.slots[at] = Slot { key, number };
        }
        table
    }

    /// How many beneficiaries there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The identifier of a number.
    pub fn id(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.bytes[start..self.ends[at] as usize]
    }

    /// Adds all identifiers to a hash.
    pub(super) fn hash_into(&self, hasher: &mut blake3::Hasher) {
        let ends = self.ends.iter().flat_map(|end| end.to_le_bytes());
        hasher.update(&self.bytes).update(&ends.collect::<Vec<u8>>());
    }

    /// A hash of who has which number.
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        self.hash_into(&mut hasher);
        hasher.finalize().to_hex().to_string()
    }

    /// Twice four seeds that nobody can find who does not have all the identifiers.
    pub fn secret(&self) -> [[u64; 4]; 2] {
        let mut hasher = blake3::Hasher::new_derive_key("acobench: seeds of hashes of claims");
        self.hash_into(&mut hasher);
        let mut bytes = [0; 64];
        hasher.finalize_xof().fill(&mut bytes);
        let (words, _) = bytes.as_chunks::<8>();
        [0, 4].map(|first| std::array::from_fn(|at| u64::from_le_bytes(words[first + at])))
    }

    /// The number of an identifier, or [`NO_BENEFICIARY`].
    #[inline]
    pub fn number(&self, id: &[u8]) -> u32 {
        self.find(self.key(id), id)
    }

    #[inline]
    fn find(&self, key: Key, id: &[u8]) -> u32 {
        let mut at = key.place() & self.mask;
        loop {
            let slot = self.slots[at];
            if slot.number == NO_BENEFICIARY || (slot.key == key && (key.high < LONG || self.id(slot.number) == id)) {
                return slot.number;
            }
            at = (at + 1) & self.mask;
        }
    }

    #[inline]
    fn key(&self, id: &[u8]) -> Key {
        if let Some((first, rest)) = id.split_first_chunk::<8>()
            && let [a, b, c] = *rest
        {
            return Key { low: u64::from_le_bytes(*first), high: u32::from_le_bytes([a, b, c, SHORT as u8]) };
        }
        if id.len() <= SHORT {
            let mut bytes = [0; SHORT + 1];
            bytes[..id.len()].copy_from_slice(id);
            bytes[SHORT] = id.len() as u8;
            return Key {
                low: u64::from_le_bytes(std::array::from_fn(|at| bytes[at])),
                high: u32::from_le_bytes(std::array::from_fn(|at| bytes[8 + at])),
            };
        }
        let hash = self.hasher.hash_one(id);
        Key { low: hash, high: LONG }
    }
}

/// How many texts before its use a slot is asked for.
const AHEAD: usize = 16;

impl ManyCoder for &IdTable {
    fn code(&mut self, text: &[u8]) -> u32 {
        self.number(text)
    }

    fn codes(&mut self, texts: &[&[u8]], out: &mut Vec<u32>) {
        // Slots are asked for a few texts before they are looked at.
        let mut keys = [EMPTY.key; AHEAD];
        let ask = |text: &[u8]| {
            let key = self.key(text);
            prefetch(&self.slots, key.place() & self.mask);
            key
        };
        for (key, text) in keys.iter_mut().zip(texts) {
            *key = ask(text);
        }
        for (at, text) in texts.iter().enumerate() {
            let key = keys[at % AHEAD];
            if let Some(later) = texts.get(at + AHEAD) {
                keys[at % AHEAD] = ask(later);
            }
            out.push(self.find(key, text));
        }
    }
}

/// Identifiers met in no order; those up to fifteen bytes take no allocation each.
#[derive(Debug, Default)]
pub struct IdSet {
    /// The bytes, then zeros, last the length: their order is that of the identifiers.
    words: Vec<[u8; 16]>,
    long: Vec<Box<[u8]>>,
}

impl IdSet {
    /// Bytes of the longest identifier that a word holds.
    const SHORT: usize = 15;

    /// Adds an identifier.
    pub fn add(&mut self, id: &[u8]) {
        if id.len() > Self::SHORT {
            if self.long.last().is_none_or(|last| **last != *id) {
                self.long.push(id.into());
            }
            return;
        }
        let mut word = [0; 16];
        word[..id.len()].copy_from_slice(id);
        word[Self::SHORT] = id.len() as u8;
        if self.words.last() == Some(&word) {
            return;
        }
        // Rows in random order repeat each person: what was met before makes room before more is taken.
        if self.words.len() == self.words.capacity() {
            self.words.sort_unstable();
            self.words.dedup();
            self.words.reserve(self.words.len().max(1 << 12));
        }
        self.words.push(word);
    }

    fn bytes(word: &[u8; 16]) -> &[u8] {
        &word[..usize::from(word[Self::SHORT])]
    }
}

#[cfg(test)]
mod tests {
    use super::{IdSet, IdTable, NO_BENEFICIARY};

    #[test]
    fn sets_number_as_a_list_of_all_does() {
        let short = |n: u64| format!("1A{:09}", n * 2_654_435_761 % 9_973).into_bytes();
        let odd: [&[u8]; 6] = [b"1A", b"1A\0", b"1A\0\0", b"", b"fifteen bytes..", b"-1"];
        for long in [None, Some(&b"sixteen bytes..."[..])] {
            let mut sets = vec![IdSet::default(), IdSet::default()];
            let mut all: Vec<Box<[u8]>> = Vec::new();
            let some = (0..30_000_u64).map(short).chain(odd.iter().map(|id| id.to_vec())).chain(long.map(<[u8]>::to_vec));
            for (at, id) in some.enumerate() {
                sets[at % 2].add(&id);
                all.push(id.into());
            }
            let (table, expected) = (IdTable::of(sets), IdTable::new(all));
            assert_eq!(table.len(), expected.len());
            for number in 0..table.len() as u32 {
                assert_eq!(table.id(number), expected.id(number));
                assert_eq!(table.number(table.id(number)), number);
            }
        }
    }

    #[test]
    fn numbers_are_ranks_in_byte_order_whatever_the_order_of_arrival() {
        let ids = ["1EG4TE5MK73", "-1000006", "1EG4TE5MK72", "", "a much longer identifier than eleven", "1EG4TE5MK73"];
        let table = IdTable::new(ids.iter().map(|id| id.as_bytes().into()).collect());
        let mut sorted: Vec<&str> = ids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(table.len(), sorted.len());
        for (rank, id) in sorted.iter().enumerate() {
            assert_eq!(table.number(id.as_bytes()), rank as u32);
            assert_eq!(table.id(rank as u32), id.as_bytes());
        }
        assert_eq!(table.number(b"nobody"), NO_BENEFICIARY);
    }
}
