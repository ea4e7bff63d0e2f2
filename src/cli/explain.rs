//! `acobench explain`: how a value of a finished run came about.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::error::Result;
use crate::report::{self, ExplainFormat};

/// Explain an ACO's benchmark and settlement: value, formula, numbers, paragraph, down to the factor tables.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  acobench explain run-2022 --aco A0001 --depth 2\n  \
    acobench explain run-2022 --aco A0001 --row 'trend_by1[DIS]' --format md")]
pub struct Explain {
    /// Folder of a finished run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// The ACO.
    #[arg(long, value_name = "ID")]
    aco: String,
    /// The value, as a column of benchmark.csv or settlement.csv, with a type in brackets or without; the payment by default.
    #[arg(long, value_name = "NAME")]
    row: Option<String>,
    /// Only so many levels of operands: 0 for the value alone, 1 for what it is made of; all by default.
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Md,
    Json,
}

impl Explain {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let format = match self.format {
            Format::Text => ExplainFormat::Text,
            Format::Md => ExplainFormat::Markdown,
            Format::Json => ExplainFormat::Json,
        };
        session.print(&report::explain(&self.run, &self.aco, self.row.as_deref(), self.depth, format, session.terminal())?)?;
        Ok(Outcome::Done)
    }
}
