//! `acobench replay`: CMS's published results, recomputed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::report::written;
use super::{Outcome, Session};
use crate::disk;
use crate::error::Result;
use crate::replay::{self, Report};
use crate::report;
use crate::rules::Rules;

/// Recompute every figure of a published results file that its other columns determine.
///
/// The file is CMS's Performance Year Financial and Quality Results file of any year. Each figure is compared with the
/// interval that the printed digits of the other cells leave open. Exits with 1 when a figure differs.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  acobench replay PY2022.csv --performance-year 2022 --out results-2022.csv")]
pub struct Replay {
    /// The results file, as CSV.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its performance year.
    #[arg(long, value_name = "YEAR", value_parser = super::year)]
    performance_year: u16,
    /// File to write: one row per ACO and figure.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Also write the year as a page: totals, savings rates, benchmarks against expenditures, every ACO.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Folder of rule tables laid over the embedded ones.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Replay {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let rules = Rules::load(self.rules.as_deref())?;
        let bytes = disk::read_bytes(&self.file)?;
        let replay = replay::Replay::begin(&bytes, &self.file, self.performance_year, &rules)?;
        let findings = replay.findings();
        disk::replace(&self.out, &replay::csv(&findings)?)?;
        if let Some(page) = &self.report {
            let source = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let program = report::published(&replay, &rules, &source);
            disk::replace(page, report::program_page(&program)?.as_bytes())?;
        }
        let report = Report::of(&replay, &findings);
        session.print(&match self.format {
            Format::Text => report.text(),
            Format::Json => report.json(),
        })?;
        if let Format::Text = self.format {
            let lines: Vec<String> = std::iter::once(&self.out).chain(&self.report).map(|file| written(file)).collect();
            session.print(&format!("\n{}", lines.join("\n")))?;
        }
        Ok(if report.differs() { Outcome::Found } else { Outcome::Done })
    }
}
