//! `acobench run`: the main job.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::disk::IoMode;
use crate::error::Result;
use crate::factors::{AssignmentMethod, Risk};
use crate::money::Decimal;
use crate::report;
use crate::rules::Choice;
use crate::run::given::Given;
use crate::run::look::Look;
use crate::run::manifest::Manifest;
use crate::run::pipeline::{self, AssignedBy, Request, Until};

/// Turn a claims extract into factor tables, benchmarks and settlements of a performance year.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  acobench run --extract data-samples --performance-year 2023 --out run-2023")]
pub struct Run {
    /// Folder of the extract (docs/data-dictionary.md).
    #[arg(long, value_name = "DIR")]
    extract: PathBuf,
    /// Performance year: the agreements of that year are settled.
    #[arg(long, value_name = "YEAR", value_parser = super::year)]
    performance_year: u16,
    /// Factor tables of the performance year to the end of a quarter, 1 to 4, with its run-out and completion factor: the year to
    /// date of ACOs assigned prospectively, the latest twelve months of ACOs assigned retrospectively. A quarter is not settled.
    #[arg(long, value_name = "QUARTER", value_parser = clap::value_parser!(u8).range(1..=4))]
    quarter: Option<u8>,
    /// Whose quarterly figures, where the performance year has ACOs of both methods; the others stay rivals.
    #[arg(long, value_name = "METHOD", value_enum)]
    quarter_of: Option<QuarterOf>,
    /// Folder in which the finished run appears.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Map input files into memory, or read them piece by piece.
    #[arg(long, value_enum, default_value_t = Io::Map)]
    io: Io,
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
    /// Memory the run may take beside mapped files, such as 512MiB. A run that needs more keeps payments and services in a
    /// scratch file; one that needs more even so is refused beforehand.
    #[arg(long, value_name = "SIZE", value_parser = super::import::size)]
    memory: Option<u64>,
    /// Folder of the scratch file [default: beside the run's folder]. The file has no name and vanishes with the run.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Share of a table's rows or absolute dollars that may be at fault.
    #[arg(long, value_name = "SHARE", default_value = "0.001")]
    max_quarantined: Decimal,
    /// What is looked at beside what the run needs, by the limits of `acobench check`: nothing; what it decodes anyway; or everything,
    /// for which it decodes the other columns that `acobench check` looks at, and tells claims and lines apart.
    #[arg(long, value_enum, default_value_t = LookArg::Passing)]
    check: LookArg,
    /// Run although that shows errors.
    #[arg(long)]
    allow_findings: bool,
    /// Assign people by their claims, or as CMS's lists in the table assigned do (`acobench import alr`).
    #[arg(long, value_enum, default_value_t = AssignedArg::Computed)]
    assigned: AssignedArg,
    /// National figures given instead of computed (columns of factors/national.csv).
    #[arg(long, value_name = "FILE")]
    national: Option<PathBuf>,
    /// County figures given instead of computed (columns of factors/county.csv, or CMS's county-level results).
    #[arg(long, value_name = "FILE")]
    county: Option<PathBuf>,
    /// FIPS codes of counties by name, for CMS's county-level results (columns FIPS, Name, State).
    #[arg(long, value_name = "FILE")]
    fips: Option<PathBuf>,
    /// Truncation thresholds given instead of computed (calendar_year, enrollment_type, threshold).
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
    /// Mean scores given instead of computed (calendar_year, hcc_version, enrollment_type, mean_score).
    #[arg(long, value_name = "FILE")]
    renormalise: Option<PathBuf>,
    /// Growth of the prospective trend given instead of the published one (columns of factors/acpt.csv).
    #[arg(long, value_name = "FILE")]
    acpt: Option<PathBuf>,
    /// Stop at the sums by ACO, year and enrollment type (docs/aggregates.md), or go on to the settlements.
    #[arg(long, value_enum, default_value_t = UntilArg::Settlements)]
    until: UntilArg,
    #[command(flatten)]
    work: super::work::Work,
    #[command(flatten)]
    watch: super::watch::Watch,
    /// Say what would be done, stage by stage, and stop.
    #[arg(long = "dry-run")]
    plan_alone: bool,
    /// Also write assignment, sums and thresholds by rank and number into this folder, for a second computation.
    #[arg(long, value_name = "DIR")]
    audit: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Io {
    Map,
    Read,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LookArg {
    Nothing,
    Passing,
    Everything,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum UntilArg {
    Aggregates,
    Settlements,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AssignedArg {
    Computed,
    Given,
}

/// Where risk scores come from.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RiskSource {
    Scores,
    None,
}

impl From<RiskSource> for Risk {
    fn from(source: RiskSource) -> Self {
        match source {
            RiskSource::Scores => Self::Scores,
            RiskSource::None => Self::None,
        }
    }
}

/// A method of assignment, as a word of the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum QuarterOf {
    /// Those assigned prospectively.
    Prospective,
    /// Those assigned retrospectively.
    Retrospective,
}

impl From<QuarterOf> for AssignmentMethod {
    fn from(of: QuarterOf) -> Self {
        match of {
            QuarterOf::Prospective => Self::Prospective,
            QuarterOf::Retrospective => Self::Retrospective,
        }
    }
}

impl Run {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let request = Request {
            extract: self.extract.clone(),
            performance_year: self.performance_year,
            out: self.out.clone(),
            io: match self.io {
                Io::Map => IoMode::Map,
                Io::Read => IoMode::Read,
            },
            risk: self.risk.into(),
            seed: self.seed,
            rules: self.rules.clone(),
            choices: self.choose.clone(),
            max_quarantined: self.max_quarantined,
            look: match self.check {
                LookArg::Nothing => Look::Nothing,
                LookArg::Passing => Look::Passing,
                LookArg::Everything => Look::Everything,
            },
            allow_findings: self.allow_findings,
            quarter: self.quarter,
            quarter_of: self.quarter_of.map(Into::into),
            assigned: match self.assigned {
                AssignedArg::Computed => AssignedBy::Claims,
                AssignedArg::Given => AssignedBy::Lists,
            },
            given: Given {
                national: self.national.clone(),
                county: self.county.clone(),
                fips: self.fips.clone(),
                thresholds: self.thresholds.clone(),
                renormalise: self.renormalise.clone(),
                acpt: self.acpt.clone(),
            },
            work: self.work.folder(),
            hashes: self.work.hashes(),
            audit: self.audit.clone(),
            memory: self.memory,
            scratch: self.scratch.clone(),
            until: match self.until {
                UntilArg::Aggregates => Until::Aggregates,
                UntilArg::Settlements => Until::Settlements,
            },
        };
        if self.plan_alone {
            return session.print(&pipeline::plan(&request, session.progress())?.text()).map(|()| Outcome::Done);
        }
        let job = format!("run.{}", self.performance_year);
        self.watch.over(session, &job, &self.out, || pipeline::run(&request, session.run_id(), session.progress()))?;
        if request.assigned == AssignedBy::Lists {
            let lists = Manifest::read(&self.out)?.assignment_lists;
            session.print(&lists.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        }
        if request.until == Until::Aggregates || request.quarter.is_some() {
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
