//! `acobench report`: a finished run for people to read.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, Session};
use crate::disk;
use crate::error::{Error, Result};
use crate::report::{self, About, Audience, Finished};
use crate::rules::Rules;
use crate::run::manifest::Manifest;

/// Write a finished run for people to read: one page, workbooks, or CMS's results file.
///
/// Cells that rest on 1 to 10 beneficiaries are suppressed, and with them those that would give them back.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  acobench report run-2023 --out report-2023.html\n  acobench report run-2023 --xlsx --aco A1234 --out workbooks\n  acobench report run-2023 --puf --out results-2023.csv"
)]
pub struct Report {
    /// Folder of a finished run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Only this ACO; may be given again for another.
    #[arg(long, value_name = "ID")]
    aco: Vec<String>,
    /// One CSV in the columns of CMS's results file of the year, on standard output without --out.
    #[arg(long)]
    puf: bool,
    /// One workbook per ACO, laid out like CMS's financial reconciliation report, with live formulas.
    #[arg(long, conflicts_with = "puf")]
    xlsx: bool,
    /// File to write, or folder for workbooks; both lie beside the run's folder by default, as RUN.html and RUN.workbooks.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show every cell, however few people it rests on: not to be handed to others.
    #[arg(long)]
    internal: bool,
}

impl Report {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let manifest = Manifest::read(&self.run)?;
        manifest.verify(&self.run, |_| true)?;
        let rules = Rules::load(manifest.rules.folder.as_deref())?;
        let audience = if self.internal { Audience::Internal } else { Audience::Others(&rules) };
        let finished = Finished::read(&self.run, &self.aco, audience)?;
        if self.puf {
            let file = report::results_file(&finished, &rules)?;
            let Some(out) = &self.out else {
                session.print(&String::from_utf8_lossy(&file))?;
                return Ok(Outcome::Done);
            };
            disk::replace(out, &file)?;
            session.print(&written(out))?;
            return Ok(Outcome::Done);
        }
        let about = About { run_id: manifest.run_id, version: manifest.acobench, ended: manifest.ended, notes: manifest.notes };
        if self.xlsx {
            return self.workbooks(&finished, &about, &rules, session);
        }
        let out = self.out.clone().unwrap_or_else(|| self.run.with_extension("html"));
        disk::replace(&out, report::run_page(&finished, &about)?.as_bytes())?;
        session.print(&written(&out))?;
        Ok(Outcome::Done)
    }
}

impl Report {
    fn workbooks(&self, finished: &Finished, about: &About, rules: &Rules, session: &Session) -> Result<Outcome> {
        let out = &self.out.clone().unwrap_or_else(|| self.run.with_extension("workbooks"));
        if disk::exists(out) && !disk::is_dir(out) {
            let what = format!("{} is a file, and workbooks need a folder", out.display());
            return Err(Error::usage(what, "say --out DIR; there is one workbook per ACO"));
        }
        disk::create_dir(out)?;
        for result in &finished.acos {
            let path = out.join(report::workbook_name(result));
            disk::replace(&path, &report::workbook(result, about, rules)?)?;
            session.print(&written(&path))?;
        }
        Ok(Outcome::Done)
    }
}

/// Where a file went, for people.
pub(super) fn written(out: &Path) -> String {
    format!("Written to {}.", out.display())
}
