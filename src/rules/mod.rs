//! The law as dated data: one TOML file per subject, every value with the dates it holds for and its citation.
//!
//! A rule is a list of rows. A row says `from` when and (optionally) `until` when, both inclusive, its `value` holds, and
//! which paragraph says so (`citation`). Years are performance or calendar years, dates are agreement starts or claim
//! dates, as the subject's `[about]` table tells. Where the law is silent the citation is `silent` and `reason` says why the
//! default was chosen.
//!
//! To add a subject: `src/rules/<subject>.toml`, `src/rules/<subject>.rs` with a typed struct of [`Timeline`]s and
//! [`Roster`]s, and one line in `subjects!` below.

mod agreement_starts;
mod claim_codes;
mod code_list;
mod document;
mod enrollment;
mod enrollment_type;
mod fraction;
mod listing;
mod timeline;

pub mod acpt;
pub mod arrangements;
pub mod assignment;
pub mod choices;
pub mod expenditure;
pub mod primary_care;
pub mod regimes;
pub mod results_files;
pub mod settlement;

use std::path::{Path, PathBuf};

pub use agreement_starts::{AgreementStart, AgreementStarts};
pub use claim_codes::ClaimCodes;
pub use code_list::CodeList;
pub use document::{Choice, SILENT};
pub use enrollment::{AgedFrom, EnrollmentCodes, EnrollmentRules};
pub use enrollment_type::{ByType, EnrollmentType};
pub use fraction::Fraction;
pub use listing::RuleLine;
pub use timeline::{Day, Roster, Row, Span, Timeline, Year};

use crate::error::Result;
use document::Document;

/// Registers the subjects: a field of [`Rules`] for each, read from the file of that name.
macro_rules! subjects {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)+) => {
        /// Every rule table, typed.
        #[derive(Debug, Clone)]
        pub struct Rules {
            $($(#[$doc])* pub $name: $kind,)+
            documents: Vec<Document>,
        }

        /// The embedded files: subject and text.
        const SUBJECTS: &[(&str, &str)] = &[$((stringify!($name), include_str!(concat!(stringify!($name), ".toml"))),)+];

        impl Rules {
            fn assemble(documents: Vec<Document>) -> Result<Self> {
                let mut held = documents.iter();
                let mut next = || held.next().ok_or_else(|| {
                    crate::error::Error::failed("a rule table is not embedded", "report this as a defect")
                });
                Ok(Self { $($name: next()?.typed()?,)+ documents })
            }
        }
    };
}

subjects! {
    /// Growth of the prospective trend.
    acpt: acpt::AcptRules,
    /// Days on which agreements could start.
    agreement_starts: AgreementStarts,
    /// What each track and level shares, owes and limits.
    arrangements: arrangements::Arrangements,
    /// Who can be assigned and whose services count.
    assignment: assignment::AssignmentRules,
    /// What was chosen where the law is silent.
    choices: choices::Choices,
    /// Codes by which claims are sorted on their way into the extract.
    claim_codes: ClaimCodes,
    /// What the codes of the enrollment files mean.
    enrollment: EnrollmentRules,
    /// What counts as expenditure.
    expenditure: expenditure::ExpenditureRules,
    /// Procedures that are primary care services.
    primary_care: primary_care::PrimaryCare,
    /// Which benchmark regime an agreement falls under, and the constants of its concepts.
    regimes: regimes::Regimes,
    /// What published results files mean, and where they are wrong.
    results_files: results_files::ResultsFiles,
    /// Minimum rates, sequestration, terminations: what settles every arrangement alike.
    settlement: settlement::Settlement,
}

impl Rules {
    /// The embedded tables, with the rows of a user's folder laid over them for the dates those rows cover.
    ///
    /// # Errors
    /// When the folder cannot be read, holds a file that is no rule table, or a row that does not read.
    pub fn load(overlay: Option<&Path>) -> Result<Self> {
        Self::load_with(overlay, &[])
    }

    /// As [`Rules::load`], with choices of `choices.toml` switched.
    ///
    /// # Errors
    /// As [`Rules::load`]; also when a choice or its value is unknown.
    pub fn load_with(overlay: Option<&Path>, switches: &[Choice]) -> Result<Self> {
        let files = overlay.map(document::read_folder).transpose()?.unwrap_or_default();
        Self::load_overlaid(&files, switches)
    }

    /// The files of a user's folder, to be laid over the embedded ones here or elsewhere.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn overlay(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
        document::read_folder(folder)
    }

    /// As [`Rules::load_with`], with files already read.
    ///
    /// # Errors
    /// As [`Rules::load_with`].
    pub fn load_overlaid(files: &[(PathBuf, String)], switches: &[Choice]) -> Result<Self> {
        let mut documents = SUBJECTS.iter().map(|(name, text)| Document::embedded(name, text)).collect::<Result<Vec<_>>>()?;
        document::lay_over(&mut documents, files)?;
        document::switch(&mut documents, switches)?;
        Self::assemble(documents)
    }

    /// A hash of everything the tables say, overlay and switches included, for the manifest.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for document in &self.documents {
            document.hash_into(&mut hasher);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// A hash of what each table says but for those named, overlay and switches included, by subject.
    pub fn subject_hashes<'r>(&'r self, but_for: &'r [&str]) -> impl Iterator<Item = (&'r str, String)> {
        let asked = self.documents.iter().filter(|document| !but_for.contains(&document.subject()));
        asked.map(|document| {
            let mut hasher = blake3::Hasher::new();
            document.hash_into(&mut hasher);
            (document.subject(), hasher.finalize().to_hex().to_string())
        })
    }

    /// Every row of every table, in file order, overlaid rows first.
    #[must_use]
    pub fn lines(&self) -> Vec<RuleLine> {
        self.documents.iter().flat_map(listing::lines).collect()
    }
}

#[cfg(test)]
mod tests;
