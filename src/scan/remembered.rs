//! Codes of the texts that a column met lately: neighbours in a column of claims repeat each other.

use super::column::ManyCoder;
use super::texts::{Short, Text};

/// Texts and their codes, each in the one place where its hash puts it.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    places: Vec<Known>,
    missed: usize,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    text: Short,
    code: u32,
}

/// Places in the beginning, a power of two.
const FEWEST: usize = 256;
/// Places of a column that often meets what it does not remember: as many as a core's own cache holds.
const MOST: usize = 4_096;

impl Remembered {
    /// The code of a text; `code` gives it when it is not remembered.
    #[inline]
    pub fn code(&mut self, text: Text<'_>, code: &mut dyn ManyCoder) -> u32 {
        let Some(short) = text.short() else { return code.code(text.bytes()) };
        let at = short.hash() as usize & self.places.len().wrapping_sub(1);
        match self.places.get(at) {
            Some(known) if known.text == short => known.code,
            _ => self.learn(short, text, code),
        }
    }

    #[cold]
    #[inline(never)]
    fn learn(&mut self, short: Short, text: Text<'_>, code: &mut dyn ManyCoder) -> u32 {
        self.missed += 1;
        if self.places.is_empty() || (self.missed > 4 * self.places.len() && self.places.len() < MOST) {
            let places = (self.places.len() * 4).max(FEWEST);
            self.places.clear();
            self.places.resize(places, Known { text: Short::NONE, code: 0 });
            self.missed = 0;
        }
        let code = code.code(text.bytes());
        let at = short.hash() as usize & (self.places.len() - 1);
        self.places[at] = Known { text: short, code };
        code
    }
}
