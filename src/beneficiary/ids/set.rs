//! Identifiers met in no order.

use rayon::slice::ParallelSliceMut as _;

/// Bytes of the longest identifier that a word holds.
const SHORT: usize = 15;

/// Identifiers; those up to fifteen bytes take no allocation each.
#[derive(Debug, Default)]
pub struct IdSet {
    words: Vec<Word>,
    long: Vec<Box<[u8]>>,
}

/// The bytes, then zeros, last the length, as a number whose highest byte is the first: their order is that of the identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Word(u128);

impl Word {
    fn append(self, out: &mut Vec<u8>) {
        let bytes = self.0.to_be_bytes();
        out.extend_from_slice(&bytes[..usize::from(bytes[SHORT])]);
    }
}

impl IdSet {
    /// Adds an identifier.
    pub fn add(&mut self, id: &[u8]) {
        if id.len() > SHORT {
            if self.long.last().is_none_or(|last| **last != *id) {
                self.long.push(id.into());
            }
            return;
        }
        let mut bytes = [0; 16];
        bytes[..id.len()].copy_from_slice(id);
        bytes[SHORT] = id.len() as u8;
        let word = Word(u128::from_be_bytes(bytes));
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

    /// All identifiers of the sets in byte order, each once: their bytes, and where each ends.
    pub(super) fn sorted(sets: Vec<Self>) -> (Vec<u8>, Vec<u32>) {
        let mut words = Vec::new();
        let mut long: Vec<Box<[u8]>> = Vec::new();
        for set in sets {
            words.extend_from_slice(&set.words);
            long.extend(set.long);
        }
        words.par_sort_unstable();
        words.dedup();
        let (mut bytes, mut ends) = (Vec::with_capacity(words.len() * 11), Vec::with_capacity(words.len()));
        let mut end = |bytes: &Vec<u8>| ends.push(bytes.len() as u32);
        if long.is_empty() {
            for word in words {
                word.append(&mut bytes);
                end(&bytes);
            }
        } else {
            long.extend(words.into_iter().map(|word| {
                let mut id = Vec::new();
                word.append(&mut id);
                id.into()
            }));
            long.par_sort_unstable();
            long.dedup();
            for id in &long {
                bytes.extend_from_slice(id);
                end(&bytes);
            }
        }
        (bytes, ends)
    }
}
