//! What became of every row and dollar read, as a table for a terminal.

use std::path::Path;

use super::records::Records;
use super::table::{aligned, dollars, grouped};
use crate::error::Result;

const HEADINGS: [&str; 5] = ["table", "used for", "reason", "rows", "dollars"];

/// The table: per table and use the rows and dollars of each reason, and those read, which they add up to. Reasons that no
/// row met are left out.
///
/// # Errors
/// When the folder is not that of a finished run.
pub fn reconciliation(run: &Path) -> Result<String> {
    let accounts = Records::read(run, "reconciliation.csv")?;
    let mut rows = vec![HEADINGS.map(str::to_string).to_vec()];
    for row in accounts.rows() {
        let cell = |column| accounts.cell(row, column);
        if cell("rows")? == "0" && cell("reason")? != "read" {
            continue;
        }
        let words = [cell("table")?, cell("used_for")?, cell("reason")?].map(|word| word.replace('_', " "));
        let mut cells = words.to_vec();
        cells.extend([grouped(cell("rows")?), dollars(cell("dollars")?)]);
        rows.push(cells);
    }
    Ok(aligned(&rows, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_without_rows_are_left_out() {
        let run = tempfile::tempdir().unwrap();
        let accounts = "table,used_for,reason,rows,dollars,absolute_dollars\n\
                        claim_line,expenditure,counted,1200,3.50,3.50\nclaim_line,expenditure,no_date,0,0.00,0.00\n\
                        claim_line,expenditure,read,1200,3.50,3.50\n";
        std::fs::write(run.path().join("reconciliation.csv"), accounts).unwrap();
        let table = reconciliation(run.path()).unwrap();
        assert!(table.contains("claim line  expenditure  counted  1,200     3.50\n") && !table.contains("no date"), "{table}");
    }
}
