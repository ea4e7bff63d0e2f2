//! `acobench benchmark`: benchmarks and settlements from factor tables.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, Session};
use crate::error::Result;
use crate::report;
use crate::rules::Choice;
use crate::run::benchmark::{self, Request};

/// Compute benchmarks and settlements from a folder of factor tables (docs/factor-tables.md).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  acobench benchmark --factors run-2022/factors --out settled-2022")]
pub struct Benchmark {
    /// Folder of factor tables.
    #[arg(long, value_name = "DIR")]
    factors: PathBuf,
    /// Folder in which the results appear: benchmark.csv, settlement.csv, derivation.jsonl, manifest.json.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Folder of rule tables laid over the embedded ones.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Switch a choice where the law is silent (docs/choices.md).
    #[arg(long, value_name = "NAME=VALUE")]
    choose: Vec<Choice>,
}

impl Benchmark {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let request = Request {
            factors: self.factors.clone(),
            out: self.out.clone(),
            rules: self.rules.clone(),
            choices: self.choose.clone(),
        };
        benchmark::run(&request, session.run_id(), session.progress())?;
        session.print(&report::settlements(&self.out)?)?;
        Ok(Outcome::Done)
    }
}
