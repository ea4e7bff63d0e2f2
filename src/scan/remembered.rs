//! Codes of the texts that a column met lately: neighbours in a column of claims repeat each other.

use super::arrived::Run;
use super::asked::Asked;
use super::column::ManyCoder;
use super::texts::{Short, Text, Texts};
use super::valid::BLOCK;

/// Texts and their codes, each in the one place where its hash puts it.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    places: Vec<Known>,
    /// Texts that were not found since the places were last looked at.
    missed: usize,
    /// Texts that were found since then.
    found: usize,
    /// Whether texts hardly ever come twice, so that looking for them costs more than it saves.
    vain: bool,
    /// Memory of rows and codes asked for.
    lent: (Vec<usize>, Vec<u32>),
}

#[derive(Debug, Clone, Copy)]
struct Known {
    text: Short,
    code: u32,
}

const NOBODY: Known = Known { text: Short::NONE, code: 0 };
/// Places in the beginning, a power of two.
const FEWEST: usize = 512;
/// Places of a column that often meets what it does not remember: as many as a core's own cache holds.
const MOST: usize = 4_096;

impl Remembered {
    /// Appends the codes of the rows of some runs; `code` gives those that are not remembered, several at once.
    pub fn codes(&mut self, texts: &Texts<'_>, runs: &[Run], out: &mut Vec<u32>, null: u32, code: &mut dyn ManyCoder) {
        let mut asked = Asked::with(std::mem::take(&mut self.lent));
        let mut shorts = [Short::NONE; BLOCK];
        for block in runs.iter().flat_map(|run| texts.blocks(run)) {
            let first = out.len();
            out.resize(first + block.rows, null);
            let mut unknown = block.bits;
            if !self.places.is_empty() && block.bits != 0 {
                texts.shorts(block, &mut shorts);
                unknown &= self.look_up(&shorts, block.bits, &mut out[first..]);
                self.found += (block.bits & !unknown).count_ones() as usize;
            }
            while unknown != 0 {
                let row = unknown.trailing_zeros() as usize;
                unknown &= unknown - 1;
                if asked.push(first + row, texts.at(block.start + row).map_or(&[], Text::bytes)) {
                    self.ask(&mut asked, out, code);
                }
            }
        }
        self.ask(&mut asked, out, code);
        self.lent = asked.end();
    }

    /// Makes the codes of texts that are remembered those of the rows, where there is a value; a bit for each row whose text is
    /// not remembered. No branch asks what a row has: neighbours have this and that.
    #[inline]
    fn look_up(&self, shorts: &[Short; BLOCK], bits: u64, out: &mut [u32]) -> u64 {
        let mut unknown = 0;
        for (row, (out, short)) in out.iter_mut().zip(shorts).enumerate() {
            let known = &self.places[short.hash() as usize & (self.places.len() - 1)];
            let found = known.text.same(*short);
            unknown |= u64::from(!found) << row;
            let taken = u64::from(found) & bits >> row & 1 == 1;
            *out = if taken { known.code } else { *out };
        }
        unknown
    }

    #[inline(never)]
    fn ask(&mut self, asked: &mut Asked<'_>, out: &mut [u32], code: &mut dyn ManyCoder) {
        asked.tell(out, code, |texts, codes| self.learn(texts, codes));
    }

    fn learn(&mut self, texts: &[&[u8]], codes: &[u32]) {
        if self.vain {
            return;
        }
        self.missed += texts.len();
        if self.missed > self.places.len() {
            self.look_again();
        }
        for (text, code) in texts.iter().zip(codes) {
            if let Some(short) = Text::of(text).short()
                && let Some(place) = self.place(short)
            {
                *place = Known { text: short, code: *code };
            }
        }
    }

    /// After as many misses as there are places: more places, or none at all where nearly every text was a miss.
    fn look_again(&mut self) {
        self.vain = self.places.len() == MOST && self.missed > 8 * self.found;
        (self.missed, self.found) = (0, 0);
        let count = if self.vain { 0 } else { (self.places.len() * 2).clamp(FEWEST, MOST) };
        if count != self.places.len() {
            let old = std::mem::replace(&mut self.places, vec![NOBODY; count]);
            for known in old.into_iter().filter(|known| known.text != Short::NONE) {
                if let Some(place) = self.place(known.text) {
                    *place = known;
                }
            }
        }
    }

    fn place(&mut self, text: Short) -> Option<&mut Known> {
        let at = text.hash() as usize & self.places.len().wrapping_sub(1);
        self.places.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, StringArray};

    use super::super::column::Single;
    use super::*;

    /// The codes of some numbers' texts, and how often the coder was asked.
    fn coded(numbers: impl Iterator<Item = u32> + Clone) -> (Remembered, usize) {
        let (mut remembered, mut asked) = (Remembered::default(), 0);
        let mut code = |text: &[u8]| {
            asked += 1;
            std::str::from_utf8(text).unwrap().parse().unwrap()
        };
        let expected: Vec<u32> = numbers.collect();
        for some in expected.chunks(1_000) {
            let column: ArrayRef = Arc::new(some.iter().map(|number| Some(number.to_string())).collect::<StringArray>());
            let mut codes = Vec::new();
            remembered.codes(
                &Texts::of(&column).unwrap(),
                std::slice::from_ref(&(0..some.len())),
                &mut codes,
                u32::MAX,
                &mut Single(&mut code),
            );
            assert_eq!(codes, some);
        }
        (remembered, asked)
    }

    #[test]
    fn texts_that_come_again_are_asked_for_seldom_and_others_are_not_remembered() {
        let (some, asked) = coded((0..200_000).map(|row| row * 7_919 % 1_000));
        assert!(!some.vain && some.places.len() == MOST && asked < 100_000, "{asked}");
        let (none, asked) = coded(0..20_000);
        assert!(none.vain && none.places.is_empty() && asked == 20_000, "{asked}");
    }
}
