//! A results file recomputed, row by row.

use std::collections::BTreeMap;
use std::path::Path;

use super::columns::Column;
use super::history::{FoundTrend, History};
use super::program::Program;
use super::settled;
use super::sheet::{Row, Sheet};
use super::totals;
use super::verdict::{Field, Finding, Verdict, judge};
use crate::error::Result;
use crate::rules::Rules;

/// A results file ready to be recomputed: what all its rows share is known.
#[derive(Debug)]
pub struct Replay<'r> {
    sheet: Sheet,
    rules: &'r Rules,
    year: u16,
    history: History,
    prints_one_sided_losses: bool,
}

/// Counts of verdicts by figure.
pub type Counts = BTreeMap<Field, BTreeMap<Verdict, usize>>;

impl<'r> Replay<'r> {
    /// Reads a file's bytes; `path` is named in refusals.
    ///
    /// # Errors
    /// When the bytes are no results file of that year.
    pub fn begin(bytes: &[u8], path: &Path, year: u16, rules: &'r Rules) -> Result<Self> {
        let sheet = Sheet::read(bytes, path, year)?;
        let history = History::of(&sheet, rules, year);
        let prints_one_sided_losses = sheet.rows().any(|row| settled::prints_one_sided_losses(row, rules, year));
        Ok(Self { sheet, rules, year, history, prints_one_sided_losses })
    }

    /// The file.
    #[must_use]
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The performance year.
    #[must_use]
    pub fn year(&self) -> u16 {
        self.year
    }

    /// Whether the file prints losses of ACOs that owe nothing for them.
    #[must_use]
    pub fn prints_one_sided_losses(&self) -> bool {
        self.prints_one_sided_losses
    }

    /// National trends found from the file's cohorts.
    #[must_use]
    pub fn trends(&self) -> Vec<FoundTrend> {
        self.history.trends()
    }

    /// Sums over the file.
    #[must_use]
    pub fn program(&self) -> Program {
        Program::of(&self.sheet)
    }

    /// Every figure of every row, rows in file order, figures in the order of [`Field::ALL`].
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.sheet.rows().flat_map(|row| self.row(row)).collect()
    }

    /// The figures of one row; it may be a row of [`Replay::sheet`] with other cells.
    #[must_use]
    pub fn row(&self, row: Row<'_>) -> Vec<Finding> {
        let (rules, year) = (self.rules, self.year);
        let total = |per_capita, printed| totals::total(row, per_capita, printed, rules, year);
        let mut findings: Vec<Finding> = [
            judge(row, Field::AssignedBeneficiaries, totals::beneficiaries(row, rules, year)),
            judge(row, Field::PersonYears, totals::person_years(row)),
            judge(row, Field::PerCapita, totals::per_capita(row)),
            judge(row, Field::TotalExpenditure, total(Column::PerCapita, Column::TotalExpenditure)),
            judge(row, Field::TotalBenchmark, total(Column::UpdatedBenchmark, Column::TotalBenchmark)),
            judge(row, Field::HistoricalBenchmark, self.history.benchmark(row, rules, year)),
            judge(row, Field::BenchmarkMinusExpenditure, totals::difference(row)),
            judge(row, Field::SavingsRate, totals::savings_rate(row)),
        ]
        .into_iter()
        .flatten()
        .collect();
        findings.extend(settled::findings(row, rules, year, self.prints_one_sided_losses));
        findings.sort_by_key(|finding| finding.field);
        for finding in findings.iter_mut().filter(|finding| finding.verdict == Verdict::Differs) {
            self.explain(finding);
        }
        findings
    }

    /// Says of a figure that differs whether its source is known to be wrong.
    fn explain(&self, finding: &mut Finding) {
        let known = self.rules.results_files.source_error.at(self.year);
        let same = |error: &&crate::rules::Row<u16, crate::rules::results_files::SourceError>| {
            error.value.aco_id == finding.aco && error.value.field == finding.field.name()
        };
        if let Some(error) = known.into_iter().find(same) {
            let why = error.reason.as_deref().unwrap_or_default();
            finding.reason = format!("known source error: {why} ({}); {}", error.citation, finding.reason);
        }
    }
}

/// Counts findings.
#[must_use]
pub fn count(findings: &[Finding]) -> Counts {
    let mut counts = Counts::new();
    for finding in findings {
        *counts.entry(finding.field).or_default().entry(finding.verdict).or_default() += 1;
    }
    counts
}
