//! Columns whose cells are numbers of texts in a dictionary.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::ArrowDictionaryKeyType;
use arrow_array::{Array as _, ArrayRef};
use arrow_buffer::ArrowNativeType as _;

use super::arrived::Run;
use super::column::{MANY, ManyCoder};
use super::texts::Texts;
use super::valid::{BLOCK, Valid};

/// Codes of the texts of a dictionary, each asked for when a row first has it.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    of: Option<ArrayRef>,
    codes: Vec<u32>,
    /// Codes just asked for.
    found: Vec<u32>,
}

/// What stands for a code that was not asked for; one that should be the same is asked for again.
const UNASKED: u32 = u32::MAX - 15;

impl Mapped {
    /// Appends the codes of some rows; none when the dictionary holds no text.
    pub fn codes<K: ArrowDictionaryKeyType>(
        &mut self,
        column: &ArrayRef,
        runs: &[Run],
        out: &mut Vec<u32>,
        null: u32,
        code: &mut dyn ManyCoder,
    ) -> Option<()> {
        let array = column.as_dictionary::<K>();
        let (keys, texts) = (array.keys(), Texts::of(array.values())?);
        if self.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, array.values())) {
            self.of = Some(array.values().clone());
            self.codes.clear();
            self.codes.resize(texts.len(), UNASKED);
        }
        let valid = Valid::of(keys.nulls());
        let mut unasked: Vec<(usize, &[u8])> = Vec::with_capacity(BLOCK);
        for block in runs.iter().flat_map(|run| valid.blocks(run)) {
            let keys = &keys.values()[block.start..block.start + block.rows];
            let known = |row: usize| block.bits >> row & 1 == 1;
            unasked.clear();
            for at in keys.iter().enumerate().filter(|(row, _)| known(*row)).map(|(_, key)| key.as_usize()) {
                if self.codes[at] == UNASKED {
                    self.codes[at] = null;
                    unasked.extend(texts.at(at).map(|text| (at, text.bytes())));
                }
            }
            for some in unasked.chunks(MANY) {
                let mut texts: [&[u8]; MANY] = [&[]; MANY];
                texts.iter_mut().zip(some).for_each(|(text, (_, found))| *text = found);
                self.found.clear();
                code.codes(&texts[..some.len()], &mut self.found);
                some.iter().zip(&self.found).for_each(|((at, _), code)| self.codes[*at] = *code);
            }
            out.extend(keys.iter().enumerate().map(|(row, key)| if known(row) { self.codes[key.as_usize()] } else { null }));
        }
        Some(())
    }
}
