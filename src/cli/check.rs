//! `acobench check`: what is wrong with an extract, before a night is spent on it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::check::{self, Report, Request};
use crate::disk::{self, IoMode};
use crate::error::{Error, Result};
use crate::rules::Rules;

/// Look at an extract before a run: months, keys, codes, dates, denials, completion, outliers, enrollment.
///
/// Every finding has a severity, a count, dollars, and what it would do to the benchmark. Ends with 1 when there are errors.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  acobench check extract/\n  acobench check extract/ --format html --out check.html")]
pub struct Check {
    /// Folder of the extract (docs/data-dictionary.md).
    extract: PathBuf,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// File to write the report to; standard output by default.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Memory for the keys of claims; above it a part of the claims is looked at for duplicates.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = super::import::size)]
    memory: u64,
    /// Folder of rule tables laid over the embedded ones.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Html,
}

impl Check {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let rules = Rules::load(self.rules.as_deref())?;
        let stage = session.progress().stage("check");
        let request = Request { extract: &self.extract, io: IoMode::Map, memory: self.memory };
        let report = check::check(request, &rules, stage.meter())?;
        stage.finish();
        let told = self.told(&report)?;
        match &self.out {
            Some(path) => {
                disk::replace(path, told.as_bytes())?;
                session.print(&format!("{}\nreport: {}", report.verdict(), path.display()))?;
            }
            None => session.print(&told)?,
        }
        Ok(if report.errors > 0 { Outcome::Found } else { Outcome::Done })
    }

    fn told(&self, report: &Report) -> Result<String> {
        Ok(match self.format {
            Format::Text => check::text(report),
            Format::Html => check::html(report),
            Format::Json => serde_json::to_string_pretty(report).map_err(|e| {
                Error::failed(format!("cannot write the report: {e}"), "this is a defect of acobench; please report it")
            })?,
        })
    }
}
