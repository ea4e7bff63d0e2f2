//! Texts of a column whose codes are asked for together.

use super::column::{MANY, ManyCoder};

/// Texts that wait for their codes, and the row of each.
pub(super) struct Asked<'t> {
    texts: Vec<&'t [u8]>,
    rows: Vec<usize>,
    /// Codes just told.
    told: Vec<u32>,
}

impl<'t> Asked<'t> {
    /// None yet; memory for rows and codes is lent.
    pub fn with((rows, told): (Vec<usize>, Vec<u32>)) -> Self {
        Self { texts: Vec::new(), rows, told }
    }

    /// Adds the text of a row; whether they must be told before another is added.
    #[inline]
    pub fn push(&mut self, row: usize, text: &'t [u8]) -> bool {
        self.texts.push(text);
        self.rows.push(row);
        self.texts.len() == MANY
    }

    /// Gives every row its code and forgets the rows; shows the texts that they had, and the code of each.
    pub fn tell(&mut self, out: &mut [u32], code: &mut dyn ManyCoder, mut show: impl FnMut(&[&'t [u8]], &[u32])) {
        self.told.clear();
        code.codes(&self.texts, &mut self.told);
        for (row, code) in self.rows.drain(..).zip(&self.told) {
            out[row] = *code;
        }
        show(&self.texts, &self.told);
        self.texts.clear();
    }

    /// The memory that was lent.
    pub fn end(self) -> (Vec<usize>, Vec<u32>) {
        (self.rows, self.told)
    }
}
