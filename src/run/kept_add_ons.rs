//! What files of lines say of add-on procedures, as products of the work folder.
//!
//! Claims are hashes there by seeds that only the extract gives ([`super::add_ons::ClaimHash`]).

use super::add_ons::{ClaimKey, Looked};
use super::work::Product;
use crate::beneficiary::{ColumnsIn, ColumnsOut, Damaged};

/// What was found, as a block.
pub(super) fn write(looked: &Looked) -> Vec<u8> {
    let mut out = ColumnsOut::default();
    let Looked { claims, carried, bases } = looked;
    let claims = claims.as_deref().unwrap_or_default();
    out.small(claims.iter().map(|claims| claims.len() as i64));
    let claims: Vec<i128> = claims.iter().flatten().map(|claim| *claim as i128).collect();
    out.wide(claims.into_iter());
    out.wide(carried.keys().map(|claim| *claim as i128));
    out.wide(carried.values().copied());
    out.one(u8::from(bases.is_some()));
    let mut last = 0;
    let apart = |base: &u64| (base - std::mem::replace(&mut last, *base)) as i64;
    out.small(bases.as_deref().unwrap_or_default().iter().map(apart));
    out.into_bytes()
}

/// Reads back what was found in so many units.
pub(super) fn read(product: &Product, units: usize) -> Result<Looked, String> {
    looked(&product.block(0)?, units).map_err(|Damaged| "it does not hold claims".into())
}

fn looked(bytes: &[u8], units: usize) -> Result<Looked, Damaged> {
    let mut columns = ColumnsIn::new(bytes);
    let counts = columns.small()?;
    let mut all = columns.wide::<i128>()?.into_iter().map(|claim| claim as ClaimKey);
    let of = |count: i64| usize::try_from(count).map(|count| all.by_ref().take(count).collect::<Vec<_>>()).map_err(|_| Damaged);
    let claims = counts.iter().copied().map(of).collect::<Result<Vec<_>, _>>()?;
    let (keys, windows): (Vec<i128>, Vec<u64>) = (columns.wide()?, columns.wide()?);
    let known = columns.one::<u8>()? != 0;
    let mut last = 0u64;
    let together = |apart: i64| {
        last = last.wrapping_add(apart as u64);
        last
    };
    let bases: Vec<u64> = columns.small()?.into_iter().map(together).collect();
    columns.end()?;
    if claims.len() != units || keys.len() != windows.len() || !bases.is_sorted() {
        return Err(Damaged);
    }
    let carried = keys.into_iter().map(|claim| claim as ClaimKey).zip(windows).collect();
    Ok(Looked { claims: Some(claims), carried, bases: known.then_some(bases) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_comes_back() {
        let some = Looked {
            claims: Some(vec![vec![1, u128::MAX], vec![], vec![7]]),
            carried: [(1, 3), (u128::MAX, 0)].into(),
            bases: Some(vec![0, 5, 1 << 47]),
        };
        for bases in [some.bases.clone(), None] {
            let some = Looked { bases, ..some.clone() };
            let bytes = write(&some);
            assert_eq!(looked(&bytes, 3).as_ref(), Ok(&some));
            assert_eq!(looked(&bytes, 2), Err(Damaged));
            assert!((0..bytes.len()).all(|end| looked(&bytes[..end], 3).is_err()));
        }
    }
}
