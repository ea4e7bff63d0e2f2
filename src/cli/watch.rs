//! Options by which a run is watched from outside.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Session;
use crate::error::Result;
use crate::run::lineage::Lineage;
use crate::run::manifest::Manifest;
use crate::run::metrics;

/// Under which they stand in help.
const SEEN: &str = "Seeing it run";

/// Where a run is told, beside its log.
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// Append OpenLineage run events to this file, one JSON object a line.
    #[arg(long, value_name = "FILE", help_heading = SEEN)]
    openlineage: Option<PathBuf>,
    /// Write the last run as a Prometheus textfile.
    #[arg(long, value_name = "FILE", help_heading = SEEN)]
    metrics: Option<PathBuf>,
}

impl Watch {
    /// Runs the work between its first and its last event. What happened to the work counts, not whether it could be told.
    pub(super) fn over<T>(&self, session: &Session, job: &str, out: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let lineage = self.openlineage.as_deref().map(|file| Lineage { file, run_id: session.run_id(), job });
        if let Some(lineage) = lineage {
            lineage.began()?;
        }
        let done = work();
        let ended = jiff::Timestamp::now().as_second();
        let told = match &done {
            Ok(_) => Manifest::read(out).and_then(|manifest| {
                lineage.map_or(Ok(()), |lineage| lineage.completed(out, &manifest))?;
                self.metrics.as_deref().map_or(Ok(()), |file| metrics::finished(file, &manifest, ended))
            }),
            Err(error) => lineage.map_or(Ok(()), |lineage| lineage.failed(&error.to_string())).and_then(|()| {
                let file = self.metrics.as_deref();
                file.map_or(Ok(()), |file| metrics::failed(file, error.exit_code(), ended))
            }),
        };
        if let (Err(error), true) = (told, self.openlineage.is_some() || self.metrics.is_some()) {
            tracing::warn!("how the run ended could not be told: {error}");
        }
        done
    }
}
