//! `acobench plan`: what every machine must agree on.

use std::path::PathBuf;

use clap::Args;

use super::run::{QuarterOf, RiskSource};
use super::{Outcome, Session};
use crate::cluster::{Plan, PlanRequest};
use crate::error::Result;
use crate::rules::Choice;

/// Fix rules, participants and agreements in one file, under which workers on many machines fold an extract.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  acobench plan --extract data-samples --performance-year 2023 --out plan.json\n\n\
    The rest is docs/beyond-one-machine.md.")]
pub struct PlanCommand {
    /// Folder of the extract; of its tables only agreement, participant, eta_ccn and npi_specialty are read.
    #[arg(long, value_name = "DIR")]
    extract: PathBuf,
    /// Performance year: the agreements of that year are settled.
    #[arg(long, value_name = "YEAR", value_parser = super::year)]
    performance_year: u16,
    /// Factor tables of the performance year to the end of a quarter, 1 to 4, as `acobench run --quarter` makes them.
    #[arg(long, value_name = "QUARTER", value_parser = clap::value_parser!(u8).range(1..=4))]
    quarter: Option<u8>,
    /// Whose quarterly figures, where the performance year has ACOs of both methods; the others stay rivals.
    #[arg(long, value_name = "METHOD", value_enum)]
    quarter_of: Option<QuarterOf>,
    /// File in which the plan appears.
    #[arg(long, value_name = "PLAN")]
    out: PathBuf,
    /// Take risk scores from the table risk_score, or count every score as 1.
    #[arg(long, value_enum, default_value_t = RiskSource::Scores)]
    risk: RiskSource,
    /// Seed of the last tie-break of assignment.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder of rule tables laid over the embedded ones.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Switch a choice where the law is silent (docs/choices.md).
    #[arg(long, value_name = "NAME=VALUE")]
    choose: Vec<Choice>,
    /// Truncation thresholds given instead of computed (calendar_year, enrollment_type, threshold).
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
}

impl PlanCommand {
    pub(super) fn run(&self, _: &Session) -> Result<Outcome> {
        let plan = Plan::make(&PlanRequest {
            extract: self.extract.clone(),
            performance_year: self.performance_year,
            quarter: self.quarter,
            quarter_of: self.quarter_of.map(Into::into),
            risk: self.risk.into(),
            seed: self.seed,
            rules: self.rules.clone(),
            choices: self.choose.clone(),
            thresholds: self.thresholds.clone(),
        })?;
        plan.write(&self.out)?;
        Ok(Outcome::Done)
    }
}
