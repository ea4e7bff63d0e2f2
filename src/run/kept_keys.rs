//! Keys of claims as blocks of a contribution, behind those of its partitions: eight bytes a key, by hashes that only the extract
//! gives.

use std::borrow::Cow;

use crate::beneficiary::{ColumnsIn, ColumnsOut, Damaged};
use crate::check::TableKeys;
use crate::error::{Error, Result};

/// Keys of a block at most.
const TOGETHER: usize = 1 << 17;

/// The blocks: how many facility lines there are and how many blocks of each kind of keys follow, then those.
pub(super) fn blocks(keys: TableKeys) -> Vec<Vec<u8>> {
    let TableKeys { rows, facility, facility_lines, .. } = keys;
    let [rows, facility] = [rows, facility].map(|keys| {
        let mut blocks = Vec::new();
        for part in keys.into_parts() {
            blocks.extend(part.chunks(TOGETHER).map(block));
        }
        blocks
    });
    let mut first = ColumnsOut::default();
    first.one(facility_lines);
    first.one(rows.len() as u64);
    first.one(facility.len() as u64);
    std::iter::once(first.into_bytes()).chain(rows).chain(facility).collect()
}

fn block(keys: &[u64]) -> Vec<u8> {
    let mut out = ColumnsOut::default();
    out.wide(keys.iter().copied());
    out.into_bytes()
}

/// Reads keys back into none; `block` gives the blocks by their number, from 0.
///
/// # Errors
/// When a block cannot be read, or holds something else.
pub(super) fn read<'b>(
    mut keys: TableKeys,
    block: impl Fn(usize) -> Result<Cow<'b, [u8]>>,
    damaged: impl Fn(Damaged) -> Error,
) -> Result<TableKeys> {
    let (facility_lines, rows, facility) = counts(&block(0)?).map_err(&damaged)?;
    for number in 1..=rows + facility {
        let some = block(number)?;
        let mut columns = ColumnsIn::new(&some);
        let of = columns.wide::<u64>().and_then(|of| columns.end().map(|()| of)).map_err(&damaged)?;
        let into = if number <= rows { &mut keys.rows } else { &mut keys.facility };
        for key in of {
            into.add(key);
        }
    }
    keys.facility_lines = facility_lines;
    Ok(keys)
}

fn counts(first: &[u8]) -> Result<(u64, usize, usize), Damaged> {
    let mut columns = ColumnsIn::new(first);
    let lines = columns.one()?;
    let mut count = || usize::try_from(columns.one::<u64>()?).map_err(|_| Damaged);
    let (rows, facility) = (count()?, count()?);
    columns.end()?;
    Ok((lines, rows, facility))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(_: Damaged) -> Error {
        Error::failed("no such block", "none")
    }

    #[test]
    fn keys_come_back() {
        let mut keys = TableKeys::new(0);
        let claim = |at: u64| at.wrapping_mul(0xd134_2543_de82_ef95);
        let many = 3 * TOGETHER as u64;
        for at in 0..many {
            keys.line(claim(at / 2), at as i64 % 2, at % 3 != 0);
        }
        let (facility, lines) = (keys.facility.len(), keys.facility_lines);
        let blocks = blocks(keys);
        assert_eq!(blocks.len(), 1 + 3 + facility.div_ceil(TOGETHER));
        let block = |number: usize| blocks.get(number).map(|block| Cow::Borrowed(&block[..])).ok_or_else(|| lost(Damaged));
        let back = read(TableKeys::new(0), block, lost).unwrap();
        assert_eq!((back.rows.len() as u64, back.facility.len(), back.facility_lines), (many, facility, lines));
        let (back, none) = (back.rows.in_order(), TableKeys::new(0).rows.in_order());
        assert_eq!((back.rows, back.len() as u64, none.missing_from(&back)), (0, many, vec![]));
        assert!(read(TableKeys::new(0), |number| if number == 2 { block(0) } else { block(number) }, lost).is_err());
        assert!(read(TableKeys::new(0), |number| block(number + 1), lost).is_err());
    }
}
