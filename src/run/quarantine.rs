//! Rows at fault: counted, priced, and when there are too many of them, the end of the run.

use std::path::Path;

use super::findings::Ledger;
use super::reconciliation::{Reconciliation, Tally};
use crate::error::{Error, Place, Result};
use crate::money::Decimal;

/// The account of every claim row by what became of it.
pub fn account(ledger: &Ledger) -> Reconciliation {
    let mut account = Reconciliation::default();
    for row in ledger.reconciliation.rows() {
        let tally = Tally { rows: row.rows, cents: row.cents, absolute: row.absolute_cents };
        account.add(row.table, row.purpose, row.reason, tally);
    }
    for (table, purpose, read) in [
        ("claim_header", "expenditure", ledger.read.header),
        ("claim_line", "expenditure", ledger.read.line),
        ("claim_line", "assignment", ledger.read.service),
        ("non_claims_payment", "expenditure", ledger.read.non_claims),
    ] {
        account.read(table, purpose, read);
    }
    account
}

/// Refuses a run on claims in which `check` sees an error in passing, unless such are allowed.
///
/// # Errors
/// Every such remark at once.
pub fn refuse_errors(remarks: &[String], allowed: bool, extract: &Path) -> Result<()> {
    let hint = "look at it with `acobench check`; have the delivery repaired, or accept it with --allow-findings";
    let errors = remarks.iter().filter(|_| !allowed).filter_map(|remark| remark.strip_prefix("error: "));
    let mut faults: Vec<Error> = errors.map(|what| Error::input(what, Place::file(extract), hint)).collect();
    match faults.len() {
        0 => Ok(()),
        1 => Err(faults.remove(0)),
        _ => Err(Error::Inputs(faults)),
    }
}

/// Refuses a run in which the rows at fault of a table, or their absolute dollars, are more than a share of it.
///
/// # Errors
/// Naming the table and the reasons.
pub fn judge(ledger: &Ledger, most: Decimal, extract: &Path) -> Result<()> {
    let rows = ledger.reconciliation.rows();
    let mut faults = Vec::new();
    for (table, purpose) in [
        ("claim_header", "expenditure"),
        ("claim_line", "expenditure"),
        ("claim_line", "assignment"),
        ("non_claims_payment", "expenditure"),
    ] {
        let mine = || rows.iter().filter(|row| row.table == table && row.purpose == purpose);
        let mut all = Tally::default();
        let mut bad = Tally::default();
        for row in mine() {
            let tally = Tally { rows: row.rows, cents: row.cents, absolute: row.absolute_cents };
            all.merge(tally);
            if row.fault {
                bad.merge(tally);
            }
        }
        let over = |part: i128, whole: i128| Decimal::from(part) > most * Decimal::from(whole);
        if over(i128::from(bad.rows), i128::from(all.rows)) || over(bad.absolute, all.absolute) {
            let reasons: Vec<String> =
                mine().filter(|row| row.fault && row.rows > 0).map(|row| format!("{} {}", row.rows, row.reason)).collect();
            let percent = (most * Decimal::from(100)).normalize();
            faults.push(Error::input(
                format!(
                    "{} of {} rows of {table} are at fault for {purpose}, more than {percent} % of its rows or dollars: {}",
                    bad.rows,
                    all.rows,
                    reasons.join(", ")
                ),
                Place::table(table).in_file(extract),
                "have the delivery repaired, or accept a greater share with --max-quarantined",
            ));
        }
    }
    match faults.len() {
        0 => Ok(()),
        1 => Err(faults.remove(0)),
        _ => Err(Error::Inputs(faults)),
    }
}
