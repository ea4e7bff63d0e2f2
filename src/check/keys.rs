//! Claims told apart by a hash of their key: which come twice, and which are missing.
//!
//! Eight bytes a row. Where that is more than is allowed, one key in two, four, eight, ... is looked at, chosen by the key
//! itself, so that all rows of a key are in or out together.

use rayon::prelude::*;

/// Keys met, of one table.
#[derive(Debug, Default)]
pub struct Keys {
    hashes: Vec<u64>,
    /// Keys whose lowest bits are not all 0 are left out.
    mask: u64,
}

/// Which keys come twice.
#[derive(Debug, Default)]
pub struct Repeated {
    /// The keys, ascending.
    pub keys: Vec<u64>,
    /// Rows beyond the first of each.
    pub rows: u64,
}

/// The share of keys to look at so that `rows` of them fit into `bytes`: one in 2^n, as a mask of n bits.
#[must_use]
pub fn sample(rows: u64, bytes: u64) -> u64 {
    let mut mask = 0;
    while rows / (mask + 1) * 8 > bytes {
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
        Self { hashes: Vec::new(), mask }
    }

    /// Adds a key.
    #[inline]
    pub fn add(&mut self, key: u64) {
        if key & self.mask == 0 {
            self.hashes.push(key);
        }
    }

    /// Adds the keys of another.
    pub fn merge(&mut self, other: Self) {
        if self.hashes.is_empty() {
            self.hashes = other.hashes;
        } else {
            self.hashes.extend(other.hashes);
        }
    }

    /// Puts the keys in order and tells which come twice.
    pub fn repeated(&mut self) -> Repeated {
        self.hashes.par_sort_unstable();
        let mut repeated = Repeated::default();
        for pair in self.hashes.windows(2) {
            if pair[0] == pair[1] {
                repeated.rows += 1;
                if repeated.keys.last() != Some(&pair[0]) {
                    repeated.keys.push(pair[0]);
                }
            }
        }
        self.hashes.dedup();
        repeated
    }

    /// Keys of this table that the other lacks; both in order, each key once, and chosen by the same share.
    #[must_use]
    pub fn missing_from(&self, other: &Self) -> Vec<u64> {
        let mut others = other.hashes.iter().peekable();
        let mut missing = Vec::new();
        for key in &self.hashes {
            while others.next_if(|known| *known < key).is_some() {}
            if others.peek() != Some(&key) {
                missing.push(*key);
            }
        }
        missing
    }

    /// Keys looked at, each once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_is_told_once() {
        let mut keys = Keys::new(0);
        for key in [5, 3, 5, 9, 5, 3] {
            keys.add(key);
        }
        let repeated = keys.repeated();
        assert_eq!((repeated.keys, repeated.rows), (vec![3, 5], 3));
        let mut others = Keys::new(0);
        for key in [3, 4] {
            others.add(key);
        }
        others.repeated();
        assert_eq!(keys.missing_from(&others), [5, 9]);
        assert_eq!(others.missing_from(&keys), [4]);
    }

    #[test]
    fn a_sample_takes_all_rows_of_a_key_or_none() {
        assert_eq!((sample(100, 800), sample(101, 800), sample(1_000, 800)), (0, 1, 15));
        let mut keys = Keys::new(1);
        for key in [2, 2, 3, 3] {
            keys.add(key);
        }
        assert_eq!(keys.repeated().keys, [2]);
        assert_ne!(line_key(7, 1), line_key(7, 2));
    }
}
