//! An ACO's year as a workbook laid out like CMS's financial reconciliation report, its formulas alive: each is made from the
//! formula of the value's derivation, so that who changes a cell sees the payment move.

mod formula;
mod grid;
mod law;
mod layout;
mod parameters;
mod sheets;

use super::finished::AcoYearResult;
use super::page::About;
use crate::error::Result;
use crate::rules::Rules;

/// The bytes of an ACO's workbook.
///
/// `rules` are those of the run. Values that rest on few people are `*`; what is made of them stands as a number and not as a formula.
///
/// # Errors
/// When the embedded layout does not read or the file cannot be made, which is a defect.
pub fn workbook(result: &AcoYearResult, about: &About, rules: &Rules) -> Result<Vec<u8>> {
    let layout = layout::Layout::read()?;
    let places = layout::Places::of(result, &layout, law::homes(result, rules));
    let mut sheets = vec![parameters::sheet(result, about, rules, &places)];
    sheets.extend(sheets::tables(result, &layout, &places));
    sheets.extend(law::sheets(result, rules, &places));
    sheets.extend(sheets::others(result, &places));
    grid::bytes(&sheets, &places)
}

/// The file name of an ACO's workbook.
#[must_use]
pub fn workbook_name(result: &AcoYearResult) -> String {
    format!("{}.xlsx", result.aco.key.to_string().replace(' ', "-"))
}
