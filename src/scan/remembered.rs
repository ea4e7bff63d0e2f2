//! Codes of the texts that a column met lately: neighbours in a column of claims repeat each other.

use super::column::ManyCoder;
use super::texts::{Short, Text};

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
    /// The code of a text; `code` gives it when it is not remembered.
    #[inline]
    pub fn code(&mut self, text: Text<'_>, code: &mut dyn ManyCoder) -> u32 {
        if self.vain {
            return code.code(text.bytes());
        }
        let Some(short) = text.short() else { return code.code(text.bytes()) };
        let at = short.hash() as usize & self.places.len().wrapping_sub(1);
        match self.places.get(at) {
            Some(known) if known.text == short => {
                self.found += 1;
                known.code
            }
            _ => self.learn(short, text, code),
        }
    }

    #[cold]
    #[inline(never)]
    fn learn(&mut self, short: Short, text: Text<'_>, code: &mut dyn ManyCoder) -> u32 {
        self.missed += 1;
        if self.missed > self.places.len() {
            self.look_again();
        }
        let code = code.code(text.bytes());
        if let Some(place) = self.place(short) {
            *place = Known { text: short, code };
        }
        code
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
    use super::super::column::Single;
    use super::*;

    /// The codes of some numbers' texts, and how often the coder was asked.
    fn coded(numbers: impl Iterator<Item = u32> + Clone) -> (Remembered, usize) {
        let (mut remembered, mut asked) = (Remembered::default(), 0);
        let mut code = |text: &[u8]| {
            asked += 1;
            std::str::from_utf8(text).unwrap().parse().unwrap()
        };
        for number in numbers {
            let text = number.to_string();
            assert_eq!(remembered.code(Text::of(text.as_bytes()), &mut Single(&mut code)), number);
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
