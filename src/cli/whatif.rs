//! `acobench whatif`: a finished run's ACO settled under other choices.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session, report};
use crate::disk;
use crate::error::Result;
use crate::report::{Comparison, comparisons_csv, comparisons_json, whatif_page};
use crate::run::whatif::{self, Range, Request, Setting};

/// Settle an ACO of a finished run under other choices, beside what it came to.
///
/// Keys are the columns of RUN/factors/aco.csv: track, level, msr_choice, quality_standard, quality_score,
/// participant_revenue, termination and so on. Nothing but the settlement and the benchmark is computed anew; what the claims
/// came to stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  acobench whatif run-2023 --aco A0001 --set track=ENHANCED --set msr_choice=0.01\n  \
    acobench whatif run-2023 --aco A0001 --set quality_standard=alternative --sweep quality_score=0..1..0.1\n  \
    acobench whatif run-2023 --aco A0001 --sweep level=A,B,C,D,E --format md")]
pub struct Whatif {
    /// Folder of a finished run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// The ACO.
    #[arg(long, value_name = "ID")]
    aco: String,
    /// A cell of the ACO's row written anew; may be given again for another.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Setting>,
    /// A cell written anew for each value of a range, beside those of --set.
    #[arg(long, value_name = "KEY=LO..HI..STEP")]
    sweep: Option<Range>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also write a page with the comparison, and with the sweep as a chart.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Folder of rule tables laid over the embedded ones; the run's own by default.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Md,
    Json,
    Csv,
}

impl Whatif {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let comparisons = whatif::compare(&Request {
            run: self.run.clone(),
            aco: self.aco.clone(),
            set: self.set.clone(),
            sweep: self.sweep.clone(),
            rules: self.rules.clone(),
        })?;
        if let Some(out) = &self.out {
            disk::replace(out, whatif_page(&comparisons)?.as_bytes())?;
        }
        let each = |tell: fn(&Comparison) -> String| comparisons.iter().map(tell).collect::<Vec<_>>().join("\n");
        session.print(&match self.format {
            Format::Text => each(Comparison::text),
            Format::Md => each(Comparison::markdown),
            Format::Json => comparisons_json(&comparisons)?,
            Format::Csv => comparisons_csv(&comparisons)?,
        })?;
        if let (Some(out), Format::Text) = (&self.out, self.format) {
            session.print(&format!("\n{}", report::written(out)))?;
        }
        Ok(Outcome::Done)
    }
}
