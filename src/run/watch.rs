//! What `check` looks at while people and claims go by, and what it says of them in the end.

use super::add_ons::ClaimHash;
use super::look::{Look, Sample};
use super::progress::Progress;
use crate::beneficiary::{Calendar, IdTable};
use crate::check::{
    Apart, Enrolled, Finding, Gone, Kinds, Limits, Lives, Monthly, Severity, Span, TableKeys, findings_of_keys,
    findings_of_months, findings_of_rows, told,
};
use crate::error::Result;
use crate::rules::{Rules, Year};
use crate::scan::Extract;

/// What is looked at: rows and dollars by claim type and month, rows that cannot be right, and claims told apart where everything is.
#[derive(Debug)]
pub struct Watch<'r> {
    pub(super) span: Span,
    pub(super) headers: Kinds,
    pub(super) lines: Kinds,
    pub(super) gone: Gone,
    look: Look,
    /// What only a look at everything needs; none before people are enrolled.
    pub(super) whole: Option<Whole>,
    rules: &'r Rules,
}

/// What a look at everything needs beside.
#[derive(Debug)]
pub struct Whole {
    /// Who counts when.
    pub(super) lives: Lives,
    /// How claims are hashed: by seeds that only the extract gives, for keys are kept in work folders.
    pub(super) hash: ClaimHash,
    /// Which claims are told apart.
    pub(super) sample: Sample,
    /// Whether a kind of lines is of facilities.
    pub(super) of_facilities: Vec<bool>,
}

/// The months of `claim_header` and `claim_line`, and of their people; the keys of both, or what was found by them.
#[derive(Debug)]
pub struct Watched {
    /// `claim_header`.
    pub headers: Monthly,
    /// `claim_line`.
    pub lines: Monthly,
    /// `beneficiary_year` and `risk_score`.
    pub people: Enrolled,
    /// Keys of the claims and of the lines, where everything is looked at, until all are there.
    pub(super) keys: Option<[TableKeys; 2]>,
    /// What they showed.
    pub(super) repeated: Vec<Finding>,
}

/// Checks of people that a run tells of in its own words.
const TOLD: [&str; 4] = ["no_beneficiary", "status", "duplicate_years", "risk_score_unknown"];

impl<'r> Watch<'r> {
    /// Watches in passing the years of which expenditures are needed.
    ///
    /// # Errors
    /// When no rule holds in the performance year.
    pub fn new(calendar: &Calendar, performance_year: Year, rules: &'r Rules) -> Result<Self> {
        let counted = calendar.years().iter().zip(calendar.spending()).filter(|(_, spent)| **spent);
        Ok(Self {
            span: Span::over(counted.map(|(year, _)| i64::from(*year))),
            headers: Kinds::of_headers(rules, performance_year)?,
            lines: Kinds::of_lines(rules, performance_year)?,
            gone: Gone::default(),
            look: Look::Passing,
            whole: None,
            rules,
        })
    }

    /// The same, looking at more or less.
    #[must_use]
    pub fn looking(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// Whether anything is looked at.
    pub fn looks(&self) -> bool {
        self.look.looks()
    }

    /// The same, knowing who has died, and where everything is looked at who counts when.
    #[must_use]
    pub fn knowing(self, gone: Gone, lives: Option<Lives>, ids: &IdTable, sample: Sample) -> Self {
        let lives = lives.filter(|_| self.look == Look::Everything);
        let of_facilities = self.lines.all.iter().map(|kind| kind.component == "facility line").collect();
        let whole = lives.map(|lives| Whole { lives, hash: ClaimHash::of_people(ids), sample, of_facilities });
        Self { gone, whole, ..self }
    }

    /// The years that are watched.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Keys of a table of which nothing was seen yet, where they are looked at.
    pub(super) fn no_keys(&self) -> Option<TableKeys> {
        self.whole.as_ref().map(|whole| TableKeys::new(whole.sample.mask))
    }

    /// Months in which nothing was seen yet.
    pub fn nothing(&self) -> Watched {
        let months = |kinds: &Kinds| Monthly::new(kinds.clone(), &self.span);
        Watched {
            headers: months(&self.headers),
            lines: months(&self.lines),
            people: Enrolled::nothing(&self.span),
            keys: self.no_keys().zip(self.no_keys()).map(|(headers, lines)| [headers, lines]),
            repeated: Vec::new(),
        }
    }

    /// Finds what comes twice and what is missing by the keys of all claims, which are then let go.
    ///
    /// # Errors
    /// When a file cannot be read again for what was found, or a check is not in the limits.
    pub(super) fn tell_apart(&self, seen: &mut Watched, extract: &Extract, progress: &Progress) -> Result<()> {
        let (Some(whole), Some(keys)) = (&self.whole, seen.keys.take()) else { return Ok(()) };
        let stage = progress.stage(APART);
        let apart = Apart { mask: whole.sample.mask, hash: |claim: &[u8]| whole.hash.half(claim) };
        let absolute = [seen.headers.absolute(), seen.lines.absolute()];
        seen.repeated = findings_of_keys(extract, keys, absolute, &apart, &Limits::embedded()?)?;
        stage.finish();
        Ok(())
    }

    /// What is odd about all claims and people, in words: errors and warnings of `check`, but for those that every run tells.
    ///
    /// # Errors
    /// When a check is not in the limits, or no run-out rule holds.
    pub fn remarks(&self, watched: &Watched) -> Result<Vec<String>> {
        if !self.looks() {
            return Ok(Vec::new());
        }
        let limits = Limits::embedded()?;
        let mut found = Vec::new();
        for (table, months) in [("claim_header", &watched.headers), ("claim_line", &watched.lines)] {
            found.extend(findings_of_months(table, months, &self.span, &limits, self.rules)?);
            found.extend(findings_of_rows(table, months, &limits)?);
        }
        found.extend(watched.repeated.iter().cloned());
        found.extend(watched.people.findings(&self.span, &limits)?);
        // In passing even errors of these are told by the account of rows.
        let told = |finding: &Finding| {
            let known = TOLD.contains(&finding.check.as_str());
            known && (finding.severity == Severity::Warning || self.look == Look::Passing)
        };
        Ok(found.iter().filter(|finding| finding.severity != Severity::Note && !told(finding)).map(remark).collect())
    }
}

/// The stage in which claims are told apart.
pub(super) const APART: &str = "tell claims apart";

/// A finding as one line; that it is a warning is told by where it stands.
pub(super) fn remark(finding: &Finding) -> String {
    let told = told(finding);
    let (found, effect) = told.trim_end().rsplit_once("\n  ").unwrap_or((told.trim_end(), ""));
    let found = found.replace("\n  ", "; ");
    format!("{}. {effect}", found.trim_start_matches("warning: ")).trim_end().to_string()
}
