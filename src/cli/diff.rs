//! `acobench diff`: two finished runs, and what moved each figure.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::error::Result;
use crate::run::difference;

/// Compare two finished runs: what they were given, and what moved each ACO's payment, benchmark, expenditures and people.
///
/// The factors of RUN_B take the place of those of RUN_A in this order: assignment, expenditure, risk, trend, regional,
/// agreement, rule, version. What a figure moves by at each is that one's part; the parts add up to the whole.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 when the runs differ.\n\nExample:\n  acobench diff run-monday run-tuesday --format csv")]
pub struct Diff {
    /// Folder of the first run.
    #[arg(value_name = "RUN_A")]
    a: PathBuf,
    /// Folder of the second run.
    #[arg(value_name = "RUN_B")]
    b: PathBuf,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

impl Diff {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let differences = difference::compare(&self.a, &self.b)?;
        session.print(&match self.format {
            Format::Text => differences.text(),
            Format::Json => differences.json()?,
            Format::Csv => differences.csv()?,
        })?;
        Ok(if differences.any() { Outcome::Found } else { Outcome::Done })
    }
}
