//! Claims told apart by a hash of their key: which come twice, and which are missing.
//!
//! Eight bytes a key. Where that is more than is allowed, one key in two, four, eight, ... is looked at, chosen by the key
//! itself, so that all rows of a key are in or out together.

use rayon::prelude::*;

/// Bytes of a key.
pub const KEY_BYTES: u64 = 8;
/// Keys of a full part: so many bytes that they go back to the operating system as soon as the part is done with.
const PART: usize = 1 << 22;
/// Shelves into which keys are laid by their highest bits, each small enough to be put in order within a cache.
const SHELVES: usize = 256;
/// Bits below those that say the shelf.
const WITHIN: u32 = u64::BITS - SHELVES.trailing_zeros();

/// Keys met, of one table.
#[derive(Debug)]
pub struct Keys {
    /// Keys whose lowest bits are not all 0 are left out.
    mask: u64,
    /// The part that is being filled.
    open: Vec<u64>,
    /// The others.
    parts: Vec<Vec<u64>>,
}

/// Keys in order, and which of them come twice.
#[derive(Debug, Default)]
pub struct Ordered {
    /// The keys, ascending, each once.
    keys: Vec<u64>,
    /// Keys that come twice, ascending.
    pub repeated: Vec<u64>,
    /// Rows beyond the first of each.
    pub rows: u64,
}

/// The share of keys to look at so that `keys` of them fit into `bytes`: one in 2^n, as a mask of n bits.
#[must_use]
pub fn sample(keys: u64, bytes: u64) -> u64 {
    let mut mask = 0;
    while keys / (mask + 1) * KEY_BYTES > bytes {
        mask = mask << 1 | 1;
    }
    mask
}

/// The key of a line: its claim's hash and its number.
#[inline]
#[must_use]
pub fn line_key(claim: u64, line: i64) -> u64 {
    // The multiplier of SplitMix64 spreads small numbers over all bits; claim hashes are spread already.
    claim ^ (line as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Keys {
    /// No key yet.
    #[must_use]
    pub fn new(mask: u64) -> Self {
        Self { mask, open: Vec::new(), parts: Vec::new() }
    }

    /// Adds a key; whether it is among those looked at.
    #[inline]
    pub fn add(&mut self, key: u64) -> bool {
        let looked_at = key & self.mask == 0;
        if looked_at {
            self.open.push(key);
            if self.open.len() == PART {
                self.parts.push(std::mem::take(&mut self.open));
            }
        }
        looked_at
    }

    /// Adds the keys of another.
    pub fn merge(&mut self, other: Self) {
        self.parts.extend(other.into_parts());
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.len() + self.parts.iter().map(Vec::len).sum::<usize>()
    }

    /// All keys, part by part.
    pub fn into_parts(self) -> impl Iterator<Item = Vec<u64>> {
        self.parts.into_iter().chain([self.open]).filter(|part| !part.is_empty())
    }

    /// Puts the keys in order and tells which come twice.
    #[must_use]
    pub fn in_order(self) -> Ordered {
        let shelf = |key: u64| (key >> WITHIN) as usize;
        let mut ends = [0; SHELVES];
        for key in self.open.iter().chain(self.parts.iter().flatten()) {
            ends[shelf(*key)] += 1;
        }
        // Pages are taken as they are filled, and those of a part are given back when it was laid out.
        let mut keys = vec![0; self.len()];
        let mut shelves: Vec<&mut [u64]> = Vec::with_capacity(SHELVES);
        let mut left = &mut keys[..];
        for count in ends {
            shelves.push(left.split_off_mut(..count).unwrap_or_default());
        }
        let mut filled = [0; SHELVES];
        for part in self.into_parts() {
            for key in part {
                let at = shelf(key);
                shelves[at][filled[at]] = key;
                filled[at] += 1;
            }
        }
        shelves.par_iter_mut().for_each(|shelf| shelf.sort_unstable());
        let mut ordered = Ordered::default();
        for pair in keys.windows(2).filter(|pair| pair[0] == pair[1]) {
            ordered.rows += 1;
            if ordered.repeated.last() != Some(&pair[0]) {
                ordered.repeated.push(pair[0]);
            }
        }
        if ordered.rows > 0 {
            keys.dedup();
        }
        ordered.keys = keys;
        ordered
    }
}

impl Ordered {
    /// How many different keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Keys that the other lacks, ascending; both chosen by the same share.
    #[must_use]
    pub fn missing_from(&self, other: &Self) -> Vec<u64> {
        let mut theirs = other.keys.iter().peekable();
        let mut missing = Vec::new();
        for key in &self.keys {
            while theirs.next_if(|known| *known < key).is_some() {}
            if theirs.peek() != Some(&key) {
                missing.push(*key);
            }
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: impl IntoIterator<Item = u64>) -> Keys {
        let mut keys = Keys::new(0);
        for key in all {
            assert!(keys.add(key));
        }
        keys
    }

    #[test]
    fn a_key_twice_is_told_once() {
        let keys = of([5, 3, 5, 9, 5, 3]).in_order();
        assert_eq!((&keys.repeated[..], keys.rows, keys.len()), (&[3, 5][..], 3, 3));
        let others = of([3, 4]).in_order();
        assert_eq!(keys.missing_from(&others), [5, 9]);
        assert_eq!(others.missing_from(&keys), [4]);
    }

    #[test]
    fn keys_are_the_same_in_whichever_parts_they_came() {
        // More than a part, some of them twice, in two halves.
        let spread = |at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let all: Vec<u64> = (0..PART as u64 + 5).map(spread).chain((0..1_000).map(spread)).collect();
        let (one, other) = all.split_at(all.len() / 3);
        let mut halves = of(other.iter().copied());
        halves.merge(of(one.iter().copied()));
        let mut again = of([]);
        for part in of(all.iter().copied()).into_parts() {
            assert!(part.into_iter().all(|key| again.add(key)));
        }
        assert_eq!((halves.len(), again.len()), (all.len(), all.len()));
        let mut first: Vec<u64> = (0..1_000).map(spread).collect();
        first.sort_unstable();
        for keys in [of(all.iter().copied()), halves, again] {
            let keys = keys.in_order();
            assert_eq!((keys.rows, keys.len()), (1_000, all.len() - 1_000));
            assert_eq!(keys.repeated, first);
            assert!(keys.missing_from(&of(all.iter().copied()).in_order()).is_empty());
            assert_eq!(keys.missing_from(&of(all[1_000..all.len() - 1_000].iter().copied()).in_order()), first);
        }
    }

    #[test]
    fn a_sample_takes_all_rows_of_a_key_or_none() {
        assert_eq!((sample(100, 800), sample(101, 800), sample(1_000, 800)), (0, 1, 15));
        let mut keys = Keys::new(1);
        let looked_at = [2, 2, 3, 3].map(|key| keys.add(key));
        assert_eq!(looked_at, [true, true, false, false]);
        assert_eq!(keys.in_order().repeated, [2]);
        assert_ne!(line_key(7, 1), line_key(7, 2));
    }
}
