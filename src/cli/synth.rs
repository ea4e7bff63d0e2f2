//! `acobench synth`: a deterministic synthetic extract.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::error::Result;
use crate::synth::{Assignment, Form, Plan, Tracks, generate_watched};

/// Make a deterministic synthetic extract: the same arguments give the same bytes of every file.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    acobench synth --beneficiaries 20000 --years 2015..2023 --acos 8 --seed 1 --out extract\n  \
    acobench synth --beneficiaries 200000 --years 2018..2018 --acos 40 --counties county_ffs.csv --out extract\n  \
    acobench synth --beneficiaries 9000 --years 2019..2022 --acos 3 --tracks current --starts 2022-01-01 \\\n      \
    --assignment retrospective --out demo")]
pub struct Synth {
    /// People to make.
    #[arg(long, value_name = "N")]
    beneficiaries: u64,
    /// Calendar years, first to last.
    #[arg(long, value_name = "FIRST..LAST", value_parser = years)]
    years: RangeInclusive<u16>,
    /// ACOs to make.
    #[arg(long, value_name = "K")]
    acos: u32,
    /// Seed of every draw.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Folder of the extract.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// In which form: an extract, or files of a source in `files/` with the tables that it lacks in `beside/`.
    #[arg(long = "as", value_enum, default_value_t = FormArg::Extract, value_name = "FORM")]
    form: FormArg,
    /// CMS's county table, from which to draw places, mix, risk and cost.
    #[arg(long, value_name = "FILE")]
    counties: Option<PathBuf>,
    /// Crosswalk of county names to FIPS codes: a CSV file with the columns FIPS, Name and State.
    #[arg(long, value_name = "FILE", requires = "counties")]
    fips: Option<PathBuf>,
    /// Part files of each claim table [default: one per 10,000 people, 64 at most].
    #[arg(long, value_name = "F")]
    files: Option<u32>,
    /// Scatter the rows at random over all files.
    #[arg(long)]
    unsorted: bool,
    /// Tracks that ACOs may be on: all that could be signed, or current for BASIC and ENHANCED.
    #[arg(long, value_enum, default_value_t = TracksArg::All, hide_possible_values = true, value_name = "WHICH")]
    tracks: TracksArg,
    /// Days on which agreements may start, as 2022-01-01, separated by commas [default: all that fit the years].
    #[arg(long, value_name = "DAYS", value_delimiter = ',')]
    starts: Vec<String>,
    /// How beneficiaries are assigned where the ACO may choose: mixed, retrospective or prospective.
    #[arg(long, value_enum, default_value_t = AssignmentArg::Mixed, hide_possible_values = true, value_name = "HOW")]
    assignment: AssignmentArg,
    /// Share of primary care practices in ACOs [default: 0.4].
    #[arg(long, value_name = "SHARE")]
    aco_share: Option<f64>,
    /// How far apart the ACOs' effects on cost lie: from minus this share to plus this share [default: 0.06].
    #[arg(long, value_name = "SHARE")]
    effect_spread: Option<f64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormArg {
    Extract,
    Rif,
    Cclf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TracksArg {
    All,
    Current,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AssignmentArg {
    Mixed,
    Retrospective,
    Prospective,
}

fn years(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once("..").ok_or_else(|| "write FIRST..LAST, both included".to_string())?;
    let year = |text: &str| text.trim_start_matches('=').parse::<u16>().map_err(|_| format!("`{text}` is no year"));
    Ok(year(first)?..=year(last)?)
}

impl Synth {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let mut plan = Plan::new(self.beneficiaries, self.years.clone(), self.acos, self.seed);
        plan.county_table.clone_from(&self.counties);
        plan.crosswalk.clone_from(&self.fips);
        plan.files = self.files;
        plan.unsorted = self.unsorted;
        plan.form = match self.form {
            FormArg::Extract => Form::Extract,
            FormArg::Rif => Form::Rif,
            FormArg::Cclf => Form::Cclf,
        };
        plan.tracks = match self.tracks {
            TracksArg::All => Tracks::All,
            TracksArg::Current => Tracks::Current,
        };
        plan.starts.clone_from(&self.starts);
        plan.assignment = match self.assignment {
            AssignmentArg::Mixed => Assignment::Mixed,
            AssignmentArg::Retrospective => Assignment::Retrospective,
            AssignmentArg::Prospective => Assignment::Prospective,
        };
        plan.aco_share = self.aco_share;
        plan.effect_spread = self.effect_spread;
        plan.validate()?;
        let stage = session.progress().stage("synth");
        stage.expect_rows(plan.expected_claim_rows());
        let made = generate_watched(&plan, &self.out, stage.meter())?;
        stage.finish();
        session.print(&format!("{} claim rows in {}", made.claim_rows, self.out.display()))?;
        Ok(Outcome::Done)
    }
}
