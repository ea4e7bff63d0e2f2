//! `acobench worker`: one partition of the people, from standard input to standard output.

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Outcome, Session, print};
use crate::cluster::{self, Pass, Plan};
use crate::error::Result;

/// Fold one partition of the people, or merge what folding left; an engine such as Spark runs it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  acobench worker fold --plan plan.json < partition.arrows > partial.arrows\n  \
    cat partials/* | acobench worker merge --plan plan.json > partial.arrows\n\n\
    What the streams hold is in docs/beyond-one-machine.md.")]
pub struct Worker {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Rows of whole beneficiaries (Arrow IPC stream, column `table` tagging each row) to a partial.
    Fold {
        #[command(flatten)]
        under: Under,
        /// The rows of a beneficiary follow one another: few are held at a time.
        #[arg(long)]
        grouped: bool,
    },
    /// Partials, one Arrow IPC stream after another, to one partial.
    Merge {
        #[command(flatten)]
        under: Under,
    },
}

#[derive(Debug, Args)]
struct Under {
    /// The plan.
    #[arg(long, value_name = "PLAN")]
    plan: PathBuf,
    /// What is summed: people by expenditure for the truncation thresholds, or everything else.
    #[arg(long, value_enum, default_value_t = Passes::Sums)]
    pass: Passes,
}

/// What a pass over the people sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Passes {
    /// People by annualised expenditure.
    Thresholds,
    /// Everything that the exact half needs.
    Sums,
}

impl From<Passes> for Pass {
    fn from(pass: Passes) -> Self {
        match pass {
            Passes::Thresholds => Self::Thresholds,
            Passes::Sums => Self::Sums,
        }
    }
}

impl Worker {
    pub(super) fn run(&self, _: &Session) -> Result<Outcome> {
        match &self.work {
            Work::Fold { under, grouped } => {
                let plan = Plan::read(&under.plan)?;
                print::raw(|out| {
                    cluster::fold(&plan, under.pass.into(), grouped.then_some(cluster::GROUP_ROWS), io::stdin().lock(), out)
                })?;
            }
            Work::Merge { under } => {
                let plan = Plan::read(&under.plan)?;
                print::raw(|out| cluster::merge(&plan, under.pass.into(), io::stdin().lock(), out))?;
            }
        }
        Ok(Outcome::Done)
    }
}
