//! Identifiers of any length to numbers: those of up to eleven bytes lie in their slot, longer ones are told by their hash and held against
//! their bytes.

use ahash::RandomState;

use super::{NO_BENEFICIARY, SEEDS};
use crate::scan::{prefetch, roomy};

/// Bytes of an identifier that a slot holds whole: those of an MBI.
const SHORT: usize = 11;
/// What stands for the length of an identifier that a slot does not hold whole.
const LONG: u32 = 0xff << 24;

/// A short identifier, its length last, or the hash of a long one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
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

/// Numbers by identifier.
#[derive(Debug)]
pub(super) struct Slots {
    held: Vec<Slot>,
    mask: usize,
    hasher: RandomState,
}

impl Slots {
    /// No entries, for so many identifiers.
    pub(super) fn new(count: usize) -> Self {
        let capacity = (count * 2).next_power_of_two().max(16);
        let [a, b, c, d] = SEEDS;
        Self { held: roomy(capacity, EMPTY), mask: capacity - 1, hasher: RandomState::with_seeds(a, b, c, d) }
    }

    /// Adds an identifier that is not there yet.
    pub(super) fn add(&mut self, id: &[u8], number: u32) {
        let key = self.key(id);
        let mut at = key.place() & self.mask;
        while self.held[at].number != NO_BENEFICIARY {
            at = (at + 1) & self.mask;
        }
        self.held[at] = Slot { key, number };
    }

    /// Asks for the slot of a key to be brought near.
    #[inline]
    pub(super) fn ask(&self, key: Key) {
        prefetch(&self.held, key.place() & self.mask);
    }

    /// The number of an identifier, or [`NO_BENEFICIARY`]; `known` gives the identifier of a number.
    #[inline]
    pub(super) fn number<'i>(&self, key: Key, id: &[u8], known: impl Fn(u32) -> &'i [u8]) -> u32 {
        let mut at = key.place() & self.mask;
        loop {
            let slot = self.held[at];
            if slot.number == NO_BENEFICIARY || (slot.key == key && (key.high < LONG || known(slot.number) == id)) {
                return slot.number;
            }
            at = (at + 1) & self.mask;
        }
    }

    #[inline]
    pub(super) fn key(&self, id: &[u8]) -> Key {
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
        Key { low: self.hasher.hash_one(id), high: LONG }
    }
}
