//! An ACO's year as a workbook laid out like CMS's financial reconciliation report, its formulas alive: each is made from the
//! formula of the value's derivation, so that who changes a cell sees the payment move.

mod formula;
mod grid;
mod layout;
mod sheets;

use super::finished::AcoYearResult;
use super::page::About;
use crate::error::Result;

/// The bytes of an ACO's workbook.
///
/// Values that rest on few people are `*`; what is made of them stands as a number and not as a formula.
///
/// # Errors
/// When the embedded layout does not read or the file cannot be made, which is a defect.
pub fn workbook(result: &AcoYearResult, about: &About) -> Result<Vec<u8>> {
    let layout = layout::Layout::read()?;
    let places = layout::Places::of(result, &layout);
    grid::bytes(&sheets::sheets(result, about, &layout, &places), &places)
}

/// The file name of an ACO's workbook.
#[must_use]
pub fn workbook_name(result: &AcoYearResult) -> String {
    format!("{}.xlsx", result.aco.key.to_string().replace(' ', "-"))
}
