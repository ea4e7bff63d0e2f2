//! `acobench trace`: one beneficiary, every claim and what was done with it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::disk::IoMode;
use crate::error::Result;
use crate::rules::Choice;
use crate::trace::{self, Request};

/// Explain one beneficiary: every claim and what was done with it, and the ACO assigned in each year.
///
/// The beneficiary is named by the rank of his identifier, and no identifier of a person or claim is printed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  acobench trace --extract data-samples --performance-year 2023 --row 7")]
pub struct Trace {
    /// Folder of the extract (docs/data-dictionary.md).
    #[arg(long, value_name = "DIR")]
    extract: PathBuf,
    /// Performance year of the run to explain.
    #[arg(long, value_name = "YEAR", value_parser = super::year)]
    performance_year: u16,
    /// Rank of the beneficiary by bene_id in byte order, from 1.
    #[arg(long, value_name = "K")]
    row: u32,
    /// Seed of the last tie-break of assignment.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder of rule tables laid over the embedded ones.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Switch a choice where the law is silent (docs/choices.md).
    #[arg(long, value_name = "NAME=VALUE")]
    choose: Vec<Choice>,
    /// Truncation thresholds (calendar_year, enrollment_type, threshold), which rest on everybody's claims.
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Trace {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let trace = trace::trace(&Request {
            extract: self.extract.clone(),
            performance_year: self.performance_year,
            row: self.row,
            io: IoMode::Map,
            seed: self.seed,
            rules: self.rules.clone(),
            choices: self.choose.clone(),
            thresholds: self.thresholds.clone(),
        })?;
        let text = match self.format {
            Format::Text => trace.text(),
            Format::Json => trace.json()?,
        };
        session.print(&text)?;
        Ok(Outcome::Done)
    }
}
