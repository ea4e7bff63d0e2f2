//! What is wrong with an extract, and what it would cost: what a careful analyst looks at before a run.
//!
//! One pass over the columns of each table, on all threads, with integers alone: [`check`]. `run` feeds the [`Monthly`] of the
//! same checks from its own pass ([`findings_of_months`], [`findings_of_rows`]), and the [`Lives`] of its people; keys need columns
//! that a run does not read, and are looked at here only.

mod chart;
mod claims;
mod enrolled;
mod finding;
mod keys;
mod limits;
mod lives;
mod monthly;
mod page;
mod participants;
mod pattern;
mod people;
mod report;
mod rows;
mod scores;
pub mod shape;
mod span;
mod text;

use std::path::Path;

pub use enrolled::{Counted, Enrolled, PeoplePart};
pub use finding::{Dollars, Finding, Measure, Severity};
pub use limits::Limits;
pub use lives::{Gone, Lives, YearMonths, YearRow};
pub use monthly::{Columns, Kinds, LAGS, Monthly, Part};
pub use page::html;
pub use pattern::findings as findings_of_months;
pub use report::{MonthRow, PeopleRow, Report, TableRow};
pub use rows::{Fault, findings as findings_of_rows};
pub use span::Span;
pub use text::{text, told};

use crate::disk::{self, IoMode, Meter};
use crate::error::Result;
use crate::extract::{Agreement, Participant, Row as _};
use crate::rules::Rules;
use crate::scan::{Extract, TableFiles};
use claims::{ClaimsSeen, Grounds};
use people::People;

/// What a check is asked to look at.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// Folder of the extract.
    pub extract: &'r Path,
    /// How files are read.
    pub io: IoMode,
    /// Bytes that keys of claims may take.
    pub memory: u64,
}

/// Looks at an extract.
///
/// # Errors
/// When a table is missing, a file is not what its table must be, or no rule holds in the extract's last year.
pub fn check(request: Request<'_>, rules: &Rules, meter: &Meter) -> Result<Report> {
    let limits = Limits::embedded()?;
    let missing = lists_missing(request.extract)?;
    let extract = Extract::open_without(request.extract, request.io, &missing)?;
    let span = People::span(&extract)?;
    let mut people = People::read(&extract, &span, meter)?;
    let mut report = Report::new(request.extract, &span, &people);
    for table in extract.tables() {
        report.table(table);
    }
    for table in missing {
        let measure = Measure { count: 1, of: 1, ..Measure::default() };
        report.find(Finding::judge(&limits, "list_missing", table, None, measure, String::new())?);
    }
    let Some(year) = span.last_year() else {
        report.conclude();
        return Ok(report);
    };
    scores::read(&extract, &span, &mut people, &limits, rules, meter)?;
    let participants = participants::Participants::read(&extract)?;
    let rows = extract.claim_header.rows() + extract.claim_line.rows();
    let mask = keys::sample(rows, request.memory);
    let grounds = Grounds::new(rules, year, &span, &people, participants.numbers(), mask, &limits)?;
    let mut headers = claims::headers(&extract.claim_header, &grounds, meter)?;
    let mut lines = claims::lines(&extract.claim_line, &grounds, meter)?;

    report.find(people.enrolled.findings(&span, &limits)?);
    for (files, seen) in [(&extract.claim_header, &headers), (&extract.claim_line, &lines)] {
        report.ledger(files.table.name, &seen.ledger, &span);
        report.find(findings_of_months(files.table.name, &seen.ledger, &span, &limits, rules)?);
        report.find(rows::findings(files.table.name, &seen.ledger, &limits)?);
    }
    report.find(duplicates(&extract.claim_header, &mut headers, false, mask, &limits)?);
    report.find(duplicates(&extract.claim_line, &mut lines, true, mask, &limits)?);
    report.find(orphans(&extract.claim_line, &headers, &mut lines, mask, &limits)?);
    report.find(participants.findings(&headers.billers, &lines.billers, &limits)?);
    report.conclude();
    Ok(report)
}

/// The lists that a delivery of claims comes without: they are ours to make, and say nothing of whether it is sound.
fn lists_missing(extract: &Path) -> Result<Vec<&'static str>> {
    let mut missing = Vec::new();
    for table in [Participant::TABLE.name, Agreement::TABLE.name] {
        if disk::find_table(extract, table)?.is_none() {
            missing.push(table);
        }
    }
    Ok(missing)
}

/// How much was looked at, when it was not everything.
fn sampled(mask: u64) -> String {
    if mask == 0 { String::new() } else { format!("one claim in {} was looked at; --memory allows more", mask + 1) }
}

fn duplicates(files: &TableFiles, seen: &mut ClaimsSeen, by_line: bool, mask: u64, limits: &Limits) -> Result<Option<Finding>> {
    let repeated = seen.keys.repeated();
    let mut measure = Measure { count: repeated.rows, of: seen.keys.len() as u64 + repeated.rows, ..Measure::default() };
    if repeated.rows > 0 {
        let (rows, cents) = claims::price(files, &repeated.keys, by_line, "payment_amt")?;
        // Of so many rows with a key all but one are too many.
        measure.cents = if rows > 0 { cents * i128::from(repeated.rows) / i128::from(rows) } else { 0 };
        measure.at_stake = (measure.cents, seen.ledger.absolute());
    }
    Finding::judge(limits, "duplicate_claims", files.table.name, Some("claim_id"), measure, sampled(mask))
}

fn orphans(
    files: &TableFiles,
    headers: &ClaimsSeen,
    lines: &mut ClaimsSeen,
    mask: u64,
    limits: &Limits,
) -> Result<Option<Finding>> {
    let all = lines.facility_claims.repeated().rows + lines.facility_claims.len() as u64;
    let missing = lines.facility_claims.missing_from(&headers.keys);
    let mut measure = Measure { of: all, ..Measure::default() };
    if !missing.is_empty() {
        let (rows, cents) = claims::price(files, &missing, false, "allowed_amt")?;
        (measure.count, measure.cents) = (rows, cents);
    }
    Finding::judge(limits, "orphan_lines", files.table.name, Some("claim_id"), measure, sampled(mask))
}
