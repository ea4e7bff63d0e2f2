//! Which rows of an arrived column have a value, a word of bits at a time.

use arrow_buffer::NullBuffer;

use super::arrived::Run;

/// The bits of a column's rows: 1 where there is a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Valid<'c> {
    bits: Option<(&'c [u8], usize)>,
}

/// Rows that follow one another, up to [`BLOCK`], and their bits, the first row's lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub start: usize,
    pub rows: usize,
    pub bits: u64,
}

/// Most rows of a block: as many bits as eight bytes hold that begin anywhere in the first.
pub(super) const BLOCK: usize = 56;

impl<'c> Valid<'c> {
    pub fn of(nulls: Option<&'c NullBuffer>) -> Self {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        Self { bits: nulls.map(|nulls| (nulls.inner().values(), nulls.inner().offset())) }
    }

    /// Whether every row has a value.
    pub fn all(self) -> bool {
        self.bits.is_none()
    }

    /// Whether a row has a value.
    #[inline]
    pub fn at(self, row: usize) -> bool {
        self.bits.is_none_or(|(bytes, offset)| bytes[(offset + row) / 8] >> ((offset + row) % 8) & 1 == 1)
    }

    /// The rows of a run, block by block.
    #[inline]
    pub fn blocks(self, run: &Run) -> impl Iterator<Item = Block> + 'c {
        let end = run.end;
        run.clone().step_by(BLOCK).map(move |start| {
            let rows = BLOCK.min(end - start);
            let all = Block::all(rows);
            let bits = self.bits.map_or(all, |(bytes, offset)| word(bytes, offset + start) & all);
            Block { start, rows, bits }
        })
    }
}

impl Block {
    /// The bits of so many rows that all have a value.
    #[inline]
    fn all(rows: usize) -> u64 {
        (1 << rows) - 1
    }

    /// Whether every row has a value.
    #[inline]
    pub fn is_full(self) -> bool {
        self.bits == Self::all(self.rows)
    }
}

/// At least 56 bits from one on; what lies past the last byte is 0.
#[inline]
fn word(bytes: &[u8], bit: usize) -> u64 {
    let from = &bytes[bit / 8..];
    let word = from.first_chunk().map_or_else(|| last(from), |word| u64::from_le_bytes(*word));
    word >> (bit % 8)
}

#[cold]
fn last(bytes: &[u8]) -> u64 {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    u64::from_le_bytes(std::array::from_fn(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_have_the_bits_of_their_rows(
            known in prop::collection::vec(any::<bool>(), 1..400), from in 0.0..1.0f64, to in 0.0..1.0f64, cut in 0.0..1.0f64
        ) {
            let cut = (cut * known.len() as f64) as usize;
            let nulls = NullBuffer::from(known.clone()).slice(cut, known.len() - cut);
            let known = &known[cut..];
            let at = |share: f64| (share * known.len() as f64) as usize;
            let run = at(from.min(to))..at(from.max(to));
            let mut seen = Vec::new();
            for block in Valid::of(Some(&nulls)).blocks(&run) {
                prop_assert_eq!(block.start, run.start + seen.len());
                prop_assert_eq!(block.is_full(), known[block.start..block.start + block.rows].iter().all(|known| *known));
                seen.extend((0..block.rows).map(|row| block.bits >> row & 1 == 1));
                prop_assert_eq!(block.bits >> block.rows, 0);
            }
            prop_assert_eq!(&seen[..], &known[run]);
        }
    }
}
