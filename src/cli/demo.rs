//! `acobench demo`: the main job on the extract that comes with the sources.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, Session};
use crate::disk::{self, IoMode};
use crate::error::{Error, Result};
use crate::factors::Risk;
use crate::money::Decimal;
use crate::report;
use crate::run::given::Given;
use crate::run::look::Look;
use crate::run::pipeline::{self, AssignedBy, Request, Until};

/// Folder of the extract, in the sources.
const SAMPLES: &str = "data-samples";
/// Name of the run's folder, among temporary files.
const OUT: &str = "acobench-demo";

/// Run the main job on the extract in data-samples/ and print each ACO's settlement.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo run --release -- demo")]
pub struct Demo {
    /// Where the run's folder appears; a folder acobench-demo among temporary files by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The extract to run on, where it is not beside the sources.
    #[arg(long, value_name = "DIR")]
    samples: Option<PathBuf>,
    /// Performance year.
    #[arg(long, value_name = "YEAR", default_value = "2023", value_parser = super::year)]
    performance_year: u16,
}

impl Demo {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let extract = self.extract()?;
        let out = self.out.clone().unwrap_or_else(|| std::env::temp_dir().join(OUT));
        let request = Request {
            extract: extract.clone(),
            performance_year: self.performance_year,
            out: out.clone(),
            io: IoMode::Map,
            risk: Risk::Scores,
            seed: 0,
            rules: None,
            choices: Vec::new(),
            max_quarantined: Decimal::new(1, 3),
            look: Look::Passing,
            allow_findings: false,
            quarter: None,
            quarter_of: None,
            given: Given::default(),
            audit: None,
            memory: None,
            scratch: None,
            assigned: AssignedBy::Claims,
            until: Until::Settlements,
            work: None,
            hashes: None,
        };
        pipeline::run(&request, session.run_id(), session.progress())?;
        session.print(&format!(
            "Extract {}, performance year {}. Dollars; benchmarks per person-year.\n\n{}\n{}",
            extract.display(),
            self.performance_year,
            report::settlements(&out)?,
            report::contents(&out)
        ))?;
        Ok(Outcome::Done)
    }

    /// The folder given, or the one beside the sources this program was built from, or the one here.
    fn extract(&self) -> Result<PathBuf> {
        if let Some(samples) = &self.samples {
            return Ok(samples.clone());
        }
        let places = [Path::new(env!("CARGO_MANIFEST_DIR")).join(SAMPLES), PathBuf::from(SAMPLES)];
        places.into_iter().find(|place| disk::is_dir(place)).ok_or_else(|| {
            Error::usage(
                "the folder data-samples/ is not here",
                "run the demo in the sources' folder, or name the extract with --samples",
            )
        })
    }
}
