//! Codes of some rows of a column: what is not wanted is passed over unread.
//!
//! Claims are told apart by the longest texts of an extract, and only few of them are ever asked for.

use bytes::Buf as _;

use super::asked::Asked;
use super::column::{ColumnCursor, ManyCoder, Present, Values, next_string};
use crate::error::Result;

impl ColumnCursor<'_> {
    /// As `read_codes`, of as many rows as `wanted` has, and of those alone that it marks; the others read as `null`.
    pub fn read_wanted_codes(&mut self, wanted: &[bool], out: &mut Vec<u32>, null: u32, code: &mut dyn ManyCoder) -> Result<()> {
        if let Some(arrived) = &mut self.arrived {
            return arrived.read_wanted_codes(wanted, out, null, code).ok_or_else(|| self.truncated());
        }
        out.clear();
        out.reserve(wanted.len());
        while out.len() < wanted.len() {
            let take = self.page(wanted.len() - out.len())?;
            let start = out.len();
            let count = match self.levels(take)? {
                Present::All => take,
                Present::None => 0,
                Present::Some(count) => count,
            };
            if matches!(self.values, Values::Codes(_)) {
                if count > 0 {
                    self.strings(count, out, code)?;
                }
                match count {
                    0 => out.resize(start + take, null),
                    _ if count == take => {}
                    _ => self.presence.spread(out, start, null),
                }
                forget_unwanted(&mut out[start..], &wanted[start..], null);
                continue;
            }
            out.resize(start + take, null);
            if count > 0 {
                let Self { values: Values::Plain(data), presence, .. } = self else { return Err(self.truncated()) };
                let (wanted, out) = (&wanted[start..], &mut out[start..]);
                let taken = if count == take {
                    code_wanted_strings(data, 0..take, wanted, out, code)
                } else {
                    code_wanted_strings(data, presence.rows(), wanted, out, code)
                };
                let Some(taken) = taken else { return Err(self.truncated()) };
                data.advance(taken);
            }
        }
        Ok(())
    }
}

/// Gives plain strings' rows their codes, where they are wanted; how many bytes the strings take, unless those end before.
fn code_wanted_strings(
    data: &[u8],
    rows: impl Iterator<Item = usize>,
    wanted: &[bool],
    out: &mut [u32],
    code: &mut dyn ManyCoder,
) -> Option<usize> {
    let mut rest = data;
    let mut asked = Asked::with(Default::default());
    for row in rows {
        let text = next_string(&mut rest)?;
        if wanted[row] && asked.push(row, text) {
            asked.tell(out, code, |_, _| {});
        }
    }
    asked.tell(out, code, |_, _| {});
    Some(data.len() - rest.len())
}

/// Takes back the codes of rows that are not wanted.
pub(super) fn forget_unwanted(codes: &mut [u32], wanted: &[bool], null: u32) {
    for (code, wanted) in codes.iter_mut().zip(wanted) {
        *code = if *wanted { *code } else { null };
    }
}
