//! What a check says: totals, months, people, findings.

use std::path::Path;

use serde::Serialize;

use super::enrolled::type_names;
use super::finding::{Dollars, Finding, Severity};
use super::monthly::{LAGS, Monthly};
use super::pattern::completed_by_age;
use super::people::People;
use super::span::Span;
use crate::scan::TableFiles;

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of the program.
    pub acobench: &'static str,
    /// Folder of the extract.
    pub extract: String,
    /// Years that `beneficiary_year` covers.
    pub years: Vec<u16>,
    /// People in it.
    pub people: u64,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// Tables with their rows and dollars.
    pub tables: Vec<TableRow>,
    /// Findings, the gravest first.
    pub findings: Vec<Finding>,
    /// Rows and dollars by table, claim type and month.
    pub months: Vec<MonthRow>,
    /// People by month.
    pub enrollment: Vec<PeopleRow>,
    /// How complete payments are by months of lateness.
    pub completion: Vec<CompletionRow>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// Its name.
    pub table: &'static str,
    /// Its files.
    pub files: usize,
    /// Its rows.
    pub rows: u64,
    /// Sum of its payments, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dollars: Option<Dollars>,
}

/// One claim type in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthRow {
    /// Table.
    pub table: &'static str,
    /// Part of expenditure.
    pub component: &'static str,
    /// Claim type; 0 for all that no part of expenditure knows.
    pub claim_type: u8,
    /// Month, such as `2022-07`.
    pub month: String,
    /// Rows.
    pub rows: u64,
    /// Sum of payments.
    pub dollars: Dollars,
    /// Rows denied.
    pub denied: u64,
}

/// People of one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeopleRow {
    /// Month.
    pub month: String,
    /// People who count by enrollment type.
    pub counting: std::collections::BTreeMap<&'static str, u64>,
    /// People in a plan.
    pub plan: u64,
    /// People in one part alone.
    pub one_part: u64,
}

/// How much of its final payments a part of expenditure has reached after 0, 1, 2, ... months.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompletionRow {
    /// Table.
    pub table: &'static str,
    /// Part of expenditure.
    pub component: &'static str,
    /// Claim type.
    pub claim_type: u8,
    /// Shares as decimal strings, one per month of lateness.
    pub reached: Vec<String>,
}

impl Report {
    /// A report before its first finding.
    #[must_use]
    pub fn new(extract: &Path, span: &Span, people: &People) -> Self {
        let enrollment = people.enrolled.months().iter().enumerate().map(|(month, of)| PeopleRow {
            month: span.name(month),
            counting: type_names().into_iter().zip(of.counting).collect(),
            plan: of.plan,
            one_part: of.one_part,
        });
        Self {
            acobench: env!("CARGO_PKG_VERSION"),
            extract: extract.display().to_string(),
            years: (0..span.years()).map(|year| span.year(year)).collect(),
            people: people.lives.people() as u64,
            errors: 0,
            warnings: 0,
            tables: Vec::new(),
            findings: Vec::new(),
            months: Vec::new(),
            enrollment: enrollment.collect(),
            completion: Vec::new(),
        }
    }

    /// Adds a table by its files.
    pub fn table(&mut self, files: &TableFiles) {
        self.tables.push(TableRow { table: files.table.name, files: files.files.len(), rows: files.rows(), dollars: None });
    }

    /// Adds the months of a table.
    pub fn ledger(&mut self, table: &'static str, ledger: &Monthly, span: &Span) {
        if let Some(row) = self.tables.iter_mut().find(|row| row.table == table) {
            row.dollars = Some(Dollars(ledger.total().1));
        }
        for (kind, about) in ledger.kinds().iter().enumerate() {
            let series = ledger.series(kind);
            if series.iter().all(|cell| cell.rows == 0) {
                continue;
            }
            self.months.extend(series.iter().enumerate().map(|(month, cell)| MonthRow {
                table,
                component: about.component,
                claim_type: about.claim_type,
                month: span.name(month),
                rows: cell.rows,
                dollars: Dollars(i128::from(cell.cents)),
                denied: cell.denied,
            }));
            if let Some(reached) = completed_by_age(ledger, span, kind) {
                self.completion.push(CompletionRow {
                    table,
                    component: about.component,
                    claim_type: about.claim_type,
                    reached: reached.iter().take(LAGS).map(|share| share.round_dp(4).to_string()).collect(),
                });
            }
        }
    }

    /// Adds findings.
    pub fn find(&mut self, found: impl IntoIterator<Item = Finding>) {
        self.findings.extend(found);
    }

    /// Puts findings in order and counts them.
    pub fn conclude(&mut self) {
        self.findings.sort_by_key(|finding| finding.severity);
        let count = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        (self.errors, self.warnings) = (count(Severity::Error), count(Severity::Warning));
    }

    /// What it comes to, in a line.
    #[must_use]
    pub fn verdict(&self) -> String {
        let several = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        match (self.errors, self.warnings) {
            (0, 0) => "sound: no error, no warning".to_string(),
            (0, warnings) => format!("no error, {}", several(warnings, "warning")),
            (errors, warnings) => format!("{}, {}", several(errors, "error"), several(warnings, "warning")),
        }
    }
}
