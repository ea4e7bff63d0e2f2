//! Beneficiary identifiers to dense numbers: the rank of the identifier in byte order.
//!
//! This is the only place that holds identifiers after the columns are decoded; they never leave it but for the last
//! tie-break of assignment.

use ahash::RandomState;
use rayon::slice::ParallelSliceMut as _;

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
        let capacity = (ends.len() * 2).next_power_of_two().max(16);
        let mut table = Self {
            bytes,
            ends,
            slots: vec![EMPTY; capacity],
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

    /// The number of an identifier, or [`NO_BENEFICIARY`].
    #[inline]
    pub fn number(&self, id: &[u8]) -> u32 {
        let key = self.key(id);
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

#[cfg(test)]
mod tests {
    use super::{IdTable, NO_BENEFICIARY};

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
