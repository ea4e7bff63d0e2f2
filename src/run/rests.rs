//! What a run's figures rest on beside its claims, and what claims of one ACO's people cannot tell: notes of its manifest.

use std::path::Path;

use serde::Deserialize;

use super::manifest::Manifest;
use super::pipeline::{AssignedBy, Request};
use crate::disk::{self, Input, Meter};
use crate::error::Result;

/// Figures that an extract of the nation's people gives and one of an ACO's people does not: option, what it is, which steps
/// rest on it.
const OF_THE_NATION: [(&str, &str, &str); 3] = [
    ("thresholds", "truncation thresholds", "every truncated expenditure: of the ACO, its region and the nation"),
    ("national", "national figures", "renormalised risk scores, national trends and updates, caps that are shares of the nation"),
    (
        "county",
        "county figures",
        "regional expenditures and risk, the regional adjustment and the regional part of trends and updates",
    ),
];

/// Notes the files that are given instead of computed figures, with the steps that rest on them, and what a feed of one ACO does
/// not tell.
///
/// # Errors
/// When a given file cannot be read.
pub fn note(request: &Request, manifest: &mut Manifest) -> Result<()> {
    for (what, path) in request.given.files() {
        manifest.add_inputs(what, &[Input::look(path)?], &Meter::default())?;
    }
    let is_given = |option: &str| request.given.files().iter().any(|(what, _)| *what == option);
    for (option, what, steps) in OF_THE_NATION.iter().filter(|(option, ..)| is_given(option)) {
        manifest.note(format!("{what} are given (--{option}), not computed; on them rest {steps}"));
    }
    if !is_of_one_aco(&request.extract) {
        return Ok(());
    }
    for (option, what, steps) in OF_THE_NATION.iter().filter(|(option, ..)| !is_given(option)) {
        manifest.note(format!(
            "the extract is an ACO's own feed: its {what} are those of its people alone, as if they were the nation; give --{option}, \
             on which rest {steps}"
        ));
    }
    manifest.note(match request.assigned {
        AssignedBy::Lists => {
            "the extract is an ACO's own feed: whom the ACO has is taken from CMS's lists; people whom no list of the ACO names are unknown"
        }
        AssignedBy::Claims => {
            "the extract is an ACO's own feed: services that its people had from others are seen, people of others are not, and neither \
             are the lists by which rivals in the plurality pool their services; CMS's lists settle it (`import alr`, --assigned given)"
        }
    });
    Ok(())
}

/// Whether the extract was imported from the feed of one ACO.
fn is_of_one_aco(extract: &Path) -> bool {
    #[derive(Deserialize)]
    struct Imported {
        source: String,
    }
    let file = extract.join("import.json");
    let text = if disk::exists(&file) { disk::read_text(&file).ok() } else { None };
    text.and_then(|text| serde_json::from_str::<Imported>(&text).ok()).is_some_and(|imported| imported.source == "cclf")
}
