//! How much a run looks at beside what it needs: what it decodes anyway, everything that `check` looks at, or nothing.

use super::claims::{TOLD, remark};
use super::manifest::InputFile;
use super::pipeline::Request;
use super::plan::Planned;
use super::progress::Progress;
use super::reuse::part_name;
use super::work::{Key, Standing, Work};
use crate::check::{self, Finding, Severity};
use crate::error::Result;
use crate::rules::Rules;

/// What is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// What the run needs alone: rows without a person, day or amount are counted and bounded, months and codes are not looked at.
    Nothing,
    /// What the run decodes anyway.
    #[default]
    Passing,
    /// Everything that `check` looks at, in a pass of its own before the run.
    Everything,
}

impl Look {
    /// Whether rows are looked at while they go by.
    pub fn passing(self) -> bool {
        self == Self::Passing
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Passing => "passing",
            Self::Everything => "everything",
        }
    }
}

/// Name of what is kept of it in the work folder.
const CHECK: &str = "check";
/// Bytes for the keys of claims where the run has no bound.
const MEMORY: u64 = 1 << 30;

fn key(request: &Request, rules: &Rules, inputs: &[InputFile]) -> Key {
    let memory = request.memory.unwrap_or(MEMORY);
    let key = Key::begin().with("the rules", rules.content_hash()).with("memory", memory.to_string());
    inputs.iter().fold(key, |key, file| key.with(part_name(file), file.blake3.clone()))
}

/// Whether a whole check of an earlier run stands for that of this one.
pub(super) fn standing(request: &Request, rules: &Rules, inputs: &[InputFile], work: &Work) -> Planned {
    match work.standing(CHECK, &key(request, rules, inputs)) {
        Standing::Holds(bytes) => {
            Planned { stage: CHECK, reused: true, why: format!("kept, {} KB", bytes / 1_000), seconds: Some(0.0) }
        }
        Standing::Redone(why, _) => Planned { stage: CHECK, reused: false, why, seconds: None },
    }
}

/// The same where there is no work folder to look in.
pub(super) fn nothing_kept(why: &str) -> Planned {
    Planned { stage: CHECK, reused: false, why: why.into(), seconds: None }
}

/// Errors and warnings of a whole check of the extract in words, but for those that every run tells; kept for the next run on the
/// same tables, where there is a work folder.
///
/// # Errors
/// As [`check::check`].
pub(super) fn everything(
    request: &Request,
    rules: &Rules,
    inputs: &[InputFile],
    work: Option<&Work>,
    progress: &Progress,
) -> Result<Vec<String>> {
    let memory = request.memory.unwrap_or(MEMORY);
    let key = key(request, rules, inputs);
    if let Some(work) = work {
        standing(request, rules, inputs, work).log();
    }
    let words = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|_| "it does not hold findings".to_string());
    if let Some(kept) = work.and_then(|work| work.reuse(CHECK, &key, |product| words(product.block(0)?))) {
        return Ok(kept);
    }
    let stage = progress.stage(CHECK);
    let asked = check::Request { extract: &request.extract, io: request.io, memory };
    let report = check::check(asked, rules, stage.meter())?;
    stage.finish();
    let told = |finding: &Finding| finding.severity == Severity::Warning && TOLD.contains(&finding.check.as_str());
    let worth_a_word = report.findings.iter().filter(|finding| finding.severity != Severity::Note && !told(finding));
    let remarks: Vec<String> = worth_a_word.map(remark).collect();
    if let (Some(work), Ok(bytes)) = (work, serde_json::to_vec(&remarks)) {
        work.keep(CHECK, &key, (0.0, 0), |out| out.append(&bytes))?;
    }
    Ok(remarks)
}
