//! `acobench finish`: what many machines summed, to a run.

use std::path::PathBuf;

use clap::Args;

use super::worker::Passes;
use super::{Outcome, Session};
use crate::cluster::{self, FinishRequest};
use crate::error::Result;
use crate::money::Decimal;
use crate::report;
use crate::run::given::Given;
use crate::run::manifest::Manifest;

/// Turn the partials of many machines into the run that one machine would have made.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  acobench finish --pass thresholds --plan plan.json --partials first --out plan-2.json\n  \
    acobench finish --plan plan-2.json --partials second --out run-2023")]
pub struct Finish {
    /// The plan under which the partials were made.
    #[arg(long, value_name = "PLAN")]
    plan: PathBuf,
    /// Folder of partials.
    #[arg(long, value_name = "DIR")]
    partials: PathBuf,
    /// Folder in which the finished run appears; with --pass thresholds the file of the second pass's plan.
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// The pass whose partials these are.
    #[arg(long, value_enum, default_value_t = Passes::Sums)]
    pass: Passes,
    /// Share of a table's rows or absolute dollars that may be at fault.
    #[arg(long, value_name = "SHARE", default_value = "0.001")]
    max_quarantined: Decimal,
    /// Finish although months of the claims show errors (`acobench check` tells them).
    #[arg(long)]
    allow_findings: bool,
    /// National figures given instead of computed (columns of factors/national.csv).
    #[arg(long, value_name = "FILE")]
    national: Option<PathBuf>,
    /// County figures given instead of computed (columns of factors/county.csv).
    #[arg(long, value_name = "FILE")]
    county: Option<PathBuf>,
    /// FIPS codes of counties by name, for CMS's county-level results (columns FIPS, Name, State).
    #[arg(long, value_name = "FILE")]
    fips: Option<PathBuf>,
    /// Mean scores given instead of computed (calendar_year, hcc_version, enrollment_type, mean_score).
    #[arg(long, value_name = "FILE")]
    renormalise: Option<PathBuf>,
    /// Growth of the prospective trend given instead of the published one (columns of factors/acpt.csv).
    #[arg(long, value_name = "FILE")]
    acpt: Option<PathBuf>,
}

impl Finish {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let request = FinishRequest {
            plan: self.plan.clone(),
            partials: self.partials.clone(),
            out: self.out.clone(),
            max_quarantined: self.max_quarantined,
            allow_findings: self.allow_findings,
            given: Given {
                national: self.national.clone(),
                county: self.county.clone(),
                fips: self.fips.clone(),
                thresholds: None,
                renormalise: self.renormalise.clone(),
                acpt: self.acpt.clone(),
            },
        };
        if self.pass == Passes::Thresholds {
            cluster::finish_thresholds(&request)?;
            return Ok(Outcome::Done);
        }
        cluster::finish(&request, session.run_id(), session.progress())?;
        let manifest = Manifest::read(&self.out)?;
        if manifest.parameters.contains_key("quarter") {
            return session.print(&report::reconciliation(&self.out)?).map(|()| Outcome::Done);
        }
        session.print(&format!(
            "{}\n{}\n{}",
            report::reconciliation(&self.out)?,
            report::settlements(&self.out)?,
            report::contents(&self.out)
        ))?;
        Ok(Outcome::Done)
    }
}
