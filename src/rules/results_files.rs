//! What published results files mean where a cell does not say it, and where they are known to be wrong
//! (`src/rules/results_files.toml`).

use serde::Deserialize;

use super::{Fraction, Roster, Timeline, Year};

/// The rules of `results_files.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultsFiles {
    /// Quality score of an ACO scored for complete reporting alone.
    pub complete_reporting_score: Timeline<Year, Fraction>,
    /// Share of the year's totals that may be printed for an ACO settled for a part of it.
    pub printed_share_of_year: Timeline<Year, Fraction>,
    /// Whether the counts by age are of the same people as the count of all.
    pub ages_add_up: Timeline<Year, bool>,
    /// The fewest beneficiaries that a cell made for others may rest on.
    pub fewest_beneficiaries_shown: Timeline<Year, u32>,
    /// Cells known to be wrong, with the reason.
    #[serde(default = "nothing")]
    pub source_error: Roster<Year, SourceError>,
}

/// A published cell that is wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceError {
    /// ACO, as the file names it.
    pub aco_id: String,
    /// Column, as results of replay name it.
    pub field: String,
}

fn nothing() -> Roster<Year, SourceError> {
    Roster::empty()
}
