//! What is wrong with an extract, and what it would cost: what a careful analyst looks at before a run.
//!
//! One pass over the columns of each table, on all threads, with integers alone: [`check`]. `run` feeds the [`Monthly`] of the
//! same checks from its own pass ([`findings_of_months`], [`findings_of_rows`]), the [`Lives`] of its people, and where it is asked
//! to look at everything the [`TableKeys`] of its claims ([`findings_of_keys`]).

mod adding;
mod chart;
mod claims;
mod columns;
mod enrolled;
mod finding;
mod keys;
mod kinds;
mod limits;
mod lives;
mod monthly;
mod page;
mod participants;
mod pattern;
mod people;
mod repeated;
mod report;
mod rows;
mod scores;
pub mod shape;
mod span;
mod text;

use std::path::Path;

pub use adding::Adding;
pub use columns::Columns;
pub use enrolled::{Counted, Enrolled, PeoplePart};
pub use finding::{Dollars, Finding, Measure, Severity};
pub use kinds::Kinds;
pub use limits::Limits;
pub use lives::{Gone, Lives, YearMonths, YearRow};
pub use monthly::{LAGS, Monthly, Part};
pub use page::html;
pub use pattern::findings as findings_of_months;
pub use repeated::{Apart, TableKeys, findings as findings_of_keys, share as share_of_keys};
pub use report::{MonthRow, PeopleRow, Report, TableRow};
pub use rows::{Fault, findings as findings_of_rows};
pub use span::Span;
pub use text::{text, told};

use crate::disk::{self, IoMode, Meter};
use crate::error::Result;
use crate::extract::{Agreement, Participant, Row as _};
use crate::rules::Rules;
use crate::scan::Extract;
use claims::Grounds;
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
    let (mask, _) = repeated::share(&extract, request.memory);
    let grounds = Grounds::new(rules, year, &span, &people, participants.numbers(), mask, &limits)?;
    let headers = claims::headers(&extract.claim_header, &grounds, meter)?;
    let lines = claims::lines(&extract.claim_line, &grounds, meter)?;

    report.find(people.enrolled.findings(&span, &limits)?);
    for (files, seen) in [(&extract.claim_header, &headers), (&extract.claim_line, &lines)] {
        report.ledger(files.table.name, &seen.ledger, &span);
        report.find(findings_of_months(files.table.name, &seen.ledger, &span, &limits, rules)?);
        report.find(rows::findings(files.table.name, &seen.ledger, &limits)?);
    }
    let absolute = [headers.ledger.absolute(), lines.ledger.absolute()];
    let apart = Apart { mask, hash: people::hash };
    report.find(repeated::findings(&extract, [headers.keys, lines.keys], absolute, &apart, &limits)?);
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
