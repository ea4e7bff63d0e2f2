//! What an import read, wrote and refused, file by file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::refusal::{Reason, Refusals, Tally};
use crate::disk;
use crate::error::{Error, Result};
use crate::money::Cents;

/// More files than this are told by what they were read as.
const MOST_FILES: usize = 24;
/// More reasons than this are told in `import.json` alone.
const MOST_REFUSALS: usize = 20;

/// Rows and dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Rows.
    pub rows: u64,
    /// Their sum, in cents.
    pub cents: i128,
}

/// What became of one input file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file.
    #[serde(skip)]
    pub path: PathBuf,
    /// Its name.
    pub file: String,
    /// What it was read as.
    pub read_as: String,
    /// Rows read and refused.
    #[serde(serialize_with = "tally_fields")]
    pub tally: Tally,
    /// Rows written by table.
    pub written: BTreeMap<&'static str, u64>,
    /// Rows and payments written by table and claim type.
    #[serde(serialize_with = "by_type_fields")]
    pub by_type: BTreeMap<(&'static str, u8), Sum>,
    /// Debits and credits by what became of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub netted: BTreeMap<&'static str, Sum>,
    /// Calendar years of which the file holds enrollment.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub years: BTreeSet<u16>,
    /// Things worth knowing, and how often each was met.
    pub notes: BTreeMap<&'static str, u64>,
}

impl FileReport {
    /// A file before its first row.
    #[must_use]
    pub fn new(path: PathBuf, read_as: &str) -> Self {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { path, file, read_as: read_as.to_string(), ..Self::default() }
    }

    /// Counts a row written with a payment.
    #[inline]
    pub fn wrote(&mut self, table: &'static str, claim_type: u8, payment: Cents) {
        let sum = self.by_type.entry((table, claim_type)).or_default();
        sum.rows += 1;
        sum.cents += i128::from(payment.0);
    }

    /// Counts a row written.
    pub fn wrote_row(&mut self, table: &'static str) {
        *self.written.entry(table).or_default() += 1;
    }

    /// Notes something, once more.
    pub fn note(&mut self, what: &'static str) {
        *self.notes.entry(what).or_default() += 1;
    }

    /// Adds the rows written with payments to those by table, at the end of the file.
    pub fn close(&mut self) {
        for ((table, _), sum) in &self.by_type {
            *self.written.entry(table).or_default() += sum.rows;
        }
    }
}

/// What became of a whole import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// What was imported.
    pub source: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// Its files, in order of name.
    pub files: Vec<FileReport>,
    /// What a careful reader would stop at.
    pub warnings: Vec<String>,
    /// Tables that `run` asks for and the import had no source of.
    pub needed: Vec<&'static str>,
}

impl ImportReport {
    /// Rows and payments written by table and claim type.
    #[must_use]
    pub fn by_type(&self) -> BTreeMap<(&'static str, u8), Sum> {
        let mut all: BTreeMap<(&'static str, u8), Sum> = BTreeMap::new();
        for (key, sum) in self.files.iter().flat_map(|file| &file.by_type) {
            let total = all.entry(*key).or_default();
            total.rows += sum.rows;
            total.cents += sum.cents;
        }
        all
    }

    /// Writes the report into the extract, as `import.json`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, extract: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(|e| {
            Error::failed(format!("cannot write the report: {e}"), "this is a defect of acobench; please report it")
        })?;
        disk::write_all(&extract.join("import.json"), &text)
    }

    /// The report as text for people: file by file where they are few, else by what they were read as.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        if self.files.len() > MOST_FILES {
            self.tell_kinds(&mut out);
        } else {
            self.tell_files(&mut out);
        }
        self.tell_payments(&mut out);
        self.tell_netting(&mut out);
        self.tell_refusals(&mut out);
        self.tell_notes(&mut out);
        out
    }

    fn tell_kinds(&self, out: &mut String) {
        #[derive(Default)]
        struct OfKind<'t> {
            files: usize,
            rows: u64,
            refused: u64,
            written: BTreeMap<&'t str, u64>,
        }
        let mut kinds: BTreeMap<&str, OfKind<'_>> = BTreeMap::new();
        for file in &self.files {
            let kind = kinds.entry(&file.read_as).or_default();
            kind.files += 1;
            kind.rows += file.tally.rows;
            kind.refused += file.tally.refused().map(|(_, refusals)| refusals.rows).sum::<u64>();
            for (table, rows) in &file.written {
                *kind.written.entry(table).or_default() += rows;
            }
        }
        let width = kinds.keys().map(|kind| kind.len()).max().unwrap_or(7).max(7);
        let _ = writeln!(out, "{:width$}  {:>6}  {:>12}  {:>12}  written", "read as", "files", "rows read", "rows refused");
        for (kind, OfKind { files, rows, refused, written }) in &kinds {
            let _ = writeln!(out, "{kind:width$}  {files:>6}  {rows:>12}  {refused:>12}  {}", in_tables(written));
        }
        let _ = writeln!(out, "\n{} files; each by itself is in the extract's import.json", self.files.len());
    }

    fn tell_files(&self, out: &mut String) {
        let width = self.files.iter().map(|file| file.file.len()).max().unwrap_or(4).max(4);
        let kind = self.files.iter().map(|file| file.read_as.len()).max().unwrap_or(7).max(7);
        let _ = writeln!(out, "{:width$}  {:kind$}  {:>12}  {:>12}  written", "file", "read as", "rows read", "rows refused");
        for file in &self.files {
            let refused: u64 = file.tally.refused().map(|(_, refusals)| refusals.rows).sum();
            let written = in_tables(&file.written);
            let (name, read_as, rows) = (&file.file, &file.read_as, file.tally.rows);
            let _ = writeln!(out, "{name:width$}  {read_as:kind$}  {rows:>12}  {refused:>12}  {written}");
        }
    }

    fn tell_payments(&self, out: &mut String) {
        let sums = self.by_type();
        if sums.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n{:13}  {:>10}  {:>12}  {:>18}", "table", "claim type", "rows", "payments, dollars");
        for ((table, kind), sum) in sums {
            let _ = writeln!(out, "{table:13}  {kind:>10}  {:>12}  {:>18}", sum.rows, dollars(sum.cents));
        }
    }

    fn tell_netting(&self, out: &mut String) {
        for (number, (what, sum)) in self.files.iter().flat_map(|file| &file.netted).enumerate() {
            let title = if number == 0 { "\ndebits and credits:\n" } else { "" };
            let _ = writeln!(out, "{title}  {:>12}  {:>18}  {what}", sum.rows, dollars(sum.cents));
        }
    }

    fn tell_refusals(&self, out: &mut String) {
        let refused = self.files.iter().flat_map(|file| file.tally.refused().map(move |(reason, rows)| (file, reason, rows)));
        for (number, (file, reason, refusals)) in refused.enumerate() {
            if number == MOST_REFUSALS {
                let _ = writeln!(out, "  ... and more, all of them in the extract's import.json");
                break;
            }
            let title = if number == 0 { "\nrefused rows:\n" } else { "" };
            let _ = writeln!(out, "{title}  {}: {}", file.file, refusal_line(reason, refusals));
        }
    }

    fn tell_notes(&self, out: &mut String) {
        let mut notes: BTreeMap<&str, u64> = BTreeMap::new();
        for (note, count) in self.files.iter().flat_map(|file| &file.notes) {
            *notes.entry(note).or_default() += count;
        }
        let notes = notes.into_iter().map(|(note, count)| format!("{count} {note}"));
        for (number, note) in self.warnings.iter().cloned().chain(notes).enumerate() {
            let title = if number == 0 { "\nworth knowing:\n" } else { "" };
            let _ = writeln!(out, "{title}  {note}");
        }
    }
}

/// Rows by table.
fn in_tables(written: &BTreeMap<&str, u64>) -> String {
    if written.is_empty() {
        return "-".to_string();
    }
    written.iter().map(|(table, rows)| format!("{table} {rows}")).collect::<Vec<_>>().join(", ")
}

fn refusal_line(reason: Reason, refusals: &Refusals) -> String {
    let first = refusals.first.as_ref().map_or_else(String::new, |first| {
        let column = first.column.as_ref().map_or_else(String::new, |column| format!(", {column}"));
        format!(" (first at line {}{column})", first.line)
    });
    format!("{} rows, {} dollars: {}{first}", refusals.rows, dollars(refusals.absolute_cents), reason.words())
}

/// Whole cents as dollars.
fn dollars(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

fn tally_fields<S: serde::Serializer>(tally: &Tally, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap as _;
    let refused: BTreeMap<&str, &Refusals> = tally.refused().map(|(reason, refusals)| (reason.words(), refusals)).collect();
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("rows_read", &tally.rows)?;
    map.serialize_entry("refused", &refused)?;
    map.end()
}

fn by_type_fields<S: serde::Serializer>(sums: &BTreeMap<(&'static str, u8), Sum>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(sums.iter().map(|((table, kind), sum)| (format!("{table} {kind}"), sum)))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{FileReport, ImportReport, MOST_FILES};
    use crate::money::Cents;

    #[test]
    fn many_files_are_told_in_a_line_for_each_kind() {
        let file = |number: usize| {
            let kind = if number.is_multiple_of(2) { "claims" } else { "people" };
            let mut file = FileReport::new(PathBuf::from(format!("file-{number:03}")), kind);
            file.tally.read(Cents(100));
            file.wrote_row(if number.is_multiple_of(2) { "claim_header" } else { "beneficiary_year" });
            file
        };
        let report = |files| ImportReport { files: (0..files).map(file).collect(), ..ImportReport::default() };
        assert!(report(MOST_FILES).text().contains("file-003"));
        insta::assert_snapshot!(report(540).text(), @r"
        read as   files     rows read  rows refused  written
        claims      270           270             0  claim_header 270
        people      270           270             0  beneficiary_year 270

        540 files; each by itself is in the extract's import.json
        ");
    }
}
