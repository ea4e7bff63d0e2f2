//! CMS's Claim and Claim Line Feed: fixed-width files that an ACO receives each month, debits and credits as they were
//! processed.
//!
//! Two passes. The first sends every record to the range of its beneficiary (under the identifier he has now), keeping only the
//! fields that are needed, in memory or in a scratch file. The second takes a range at a time: claims netted to what finally
//! stands, joined with what the other files say of them, written in order of beneficiary. So the extract depends on what is in
//! the folder alone: not on threads, on memory, or on how often it was imported before with fewer months.

mod blocks;
mod buckets;
mod control;
mod delivery;
mod identity;
mod layout;
mod netting;
mod order;
mod outcome;
mod packing;
mod part_a;
mod part_b;
mod people;
mod range;
mod sorting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use self::blocks::Spare;
use self::buckets::{Buckets, Ranges};
use self::control::Promised;
pub use self::delivery::is_aco;
use self::delivery::{Delivery, Piece};
use self::identity::Identities;
pub use self::layout::{FileKind, Layout, Layouts, Span};
use self::outcome::Outcome;
use self::people::People;
use self::range::Second;
use self::sorting::{Sorter, TakenFields, class_of};
use super::delimited::Rename;
use super::part::Part;
use super::refusal::{First, Quarantine, Tally};
use super::{FileReport, Given, ImportReport};
use crate::disk::{self, Meter, Staging};
use crate::error::{Error, Place, Result};
use crate::extract::{BeneficiaryYear, ClaimHeader, ClaimLine, Row as _, TABLES};
use crate::rules::Rules;

/// Years before the last delivery of which enrollment is written at most: three benchmark years, the look-back before them, and run-out.
const YEARS: u16 = 6;
/// A range takes about this part of the memory given, its rows included.
const RANGE_SHARE: u64 = 16;
/// And no more than this of records, for what fits the caches is sorted faster.
const RANGE_BYTES: u64 = 4 << 20;
/// More ranges than this cost more than they save.
const MOST_RANGES: usize = 4_096;

/// What to import, and where to.
#[derive(Debug, Clone)]
pub struct Import {
    /// Folder of deliveries; folders inside it are not entered.
    pub folder: PathBuf,
    /// Where the extract appears.
    pub out: PathBuf,
    /// Columns that the tables given beside name in another way.
    pub rename: Rename,
    /// Tables given beside.
    pub given: Vec<Given>,
    /// What codes mean.
    pub rules: Rules,
    /// How many faulty records are let pass.
    pub quarantine: Quarantine,
    /// Bytes to work in.
    pub memory: u64,
}

impl Import {
    /// Reads the folder and publishes the extract.
    ///
    /// # Errors
    /// When a file is none of the feed's, is damaged or not whole, or when too many records of a table are faulty.
    pub fn run(&self, meter: &Arc<Meter>) -> Result<ImportReport> {
        let layouts = Layouts::embedded()?;
        let pieces = delivery::find(&self.folder)?;
        self.needs(&pieces)?;
        let seen = pieces.iter().map(|piece| disk::Input::look(&piece.path)).collect::<Result<Vec<_>>>()?;
        let promised = Promised::read(&pieces)?;
        let (identities, mut files) = Identities::read(&pieces, &layouts)?;
        let (people, more) = People::read(&pieces, &layouts, &identities)?;
        files.extend(more);
        let staging = Staging::begin(&self.out)?;

        let in_order = people.in_order();
        let text: u64 = pieces.iter().filter(|piece| class_of(piece.kind).is_some()).map(|piece| piece.bytes).sum();
        let wanted = usize::try_from(text / (self.memory / RANGE_SHARE).clamp(1, RANGE_BYTES) + 1).unwrap_or(MOST_RANGES);
        let ranges = Ranges::cut(&in_order, wanted.min(MOST_RANGES));
        let fields = TakenFields::new(&layouts)?;
        let mut buckets = Buckets::new(ranges.count(), usize::try_from(self.memory / 2).unwrap_or(usize::MAX), staging.path());
        let codes = &self.rules.claim_codes;
        let spare = Spare::default();
        let sorter = Sorter { layouts: &layouts, fields: &fields, identities: &identities, ranges: &ranges, codes, meter, spare };
        let mut sorted = Vec::new();
        let begun = Instant::now();
        for (number, piece) in pieces.iter().enumerate() {
            let Some(class) = class_of(piece.kind) else { continue };
            let file = u16::try_from(number).map_err(|_| {
                Error::input("more files than an import can number", Place::file(&self.folder), "import fewer deliveries")
            })?;
            sorted.push((number, sorter.sort(piece, file, class, &mut buckets)?));
        }
        let (rows, bytes, seconds) = (meter.rows(), meter.bytes(), begun.elapsed().as_secs_f64());
        tracing::info!(stage = "import cclf: records to their ranges", rows, bytes, seconds, "done");
        Self::hold(&promised, &pieces, &files, &sorted)?;

        let has_diagnoses = pieces.iter().any(|piece| piece.kind == FileKind::Diagnoses);
        let second = Second { buckets: &buckets, fields: &fields, people: &people, codes, has_diagnoses };
        let begun = Instant::now();
        let outcome = write_claims(&second, ranges.count(), staging.path())?;
        let (seconds, parsing) = (begun.elapsed().as_secs_f64(), outcome.parsing.as_secs_f64());
        tracing::info!(stage = "import cclf: records to rows", seconds, thread_seconds_parsing = parsing, "done");
        let mut netted = FileReport { file: "(all)".into(), read_as: "what stands".into(), ..FileReport::default() };
        self.write_people(&people, &in_order, outcome.first_day, staging.path(), &mut netted)?;
        settle(&outcome, &pieces, &fields, &mut sorted);
        for input in &seen {
            input.unchanged()?;
        }
        files.extend(sorted.into_iter().map(|(_, report)| report));
        files.sort_by(|a, b| a.file.cmp(&b.file));
        self.judge(&pieces, &files)?;
        netted.tell(outcome, buckets.spilled());
        files.push(netted);
        for given in &self.given {
            files.push(given.copy(staging.path(), &self.rename, meter)?);
        }
        let needed = TABLES.iter().filter(|table| !table.optional && !disk::exists(&staging.path().join(table.name)));
        let needed = needed.map(|table| table.name).collect();
        let report = ImportReport {
            source: "cclf",
            version: env!("CARGO_PKG_VERSION"),
            files,
            warnings: limits(&promised, &pieces),
            needed,
        };
        report.write(staging.path())?;
        staging.publish()?;
        Ok(report)
    }

    fn needs(&self, pieces: &[Piece]) -> Result<()> {
        let place = || Place::file(&self.folder);
        if !pieces.iter().any(|piece| piece.kind == FileKind::People) {
            let place = place().in_table(FileKind::People.name());
            return Err(Error::input(
                "the folder has no beneficiary file",
                place,
                "put the CCLF8 of every delivery beside its claims",
            ));
        }
        if !pieces.iter().any(|piece| matches!(piece.kind, FileKind::Headers | FileKind::Physician | FileKind::Dme)) {
            let place = place().in_table(FileKind::Headers.name());
            return Err(Error::input("the folder has no claims file", place, "put CCLF1, CCLF5 and CCLF6 beside the CCLF8"));
        }
        Ok(())
    }

    /// Holds the records read against those that CCLF0 promises.
    fn hold(promised: &Promised, pieces: &[Piece], files: &[FileReport], sorted: &[(usize, FileReport)]) -> Result<()> {
        let mut found: BTreeMap<(Delivery, FileKind), u64> = BTreeMap::new();
        for (number, piece) in pieces.iter().enumerate() {
            let report = report_of(files, piece);
            let report = report.or_else(|| sorted.iter().find(|(of, _)| *of == number).map(|(_, report)| report));
            if let Some(report) = report {
                found.insert((piece.delivery.clone(), piece.kind), report.tally.rows);
                if report.tally.rows == 0 && !promised.covers(&piece.delivery) {
                    let hint = "deliver it again, or with the CCLF0 that says that it has no records";
                    return Err(Error::input("the file is empty", piece.place(), hint));
                }
            }
        }
        let counted: Vec<FileKind> =
            pieces.iter().map(|piece| piece.kind).chain(NEEDED).filter(|kind| is_counted(*kind)).collect();
        promised.hold(&found, &counted)
    }

    /// Writes everyone's enrollment from the year of the first claim on.
    fn write_people(
        &self,
        people: &People,
        in_order: &[identity::Mbi],
        first_day: Option<i32>,
        extract: &Path,
        report: &mut FileReport,
    ) -> Result<()> {
        let mut part = Part::create(extract, BeneficiaryYear::TABLE, "people")?;
        let last = people.last_year();
        let claimed = first_day.and_then(super::cell::date).map_or(last, |day| day.year().unsigned_abs());
        let first = claimed.clamp(last.saturating_sub(YEARS), last);
        for person in in_order {
            for year in first..=last {
                let written = people.year(person, year, &self.rules.enrollment, |row, told| {
                    for (note, months) in [
                        (
                            "months that no CCLF8 tells, though one was made later: they count as not enrolled",
                            told.unknown_months,
                        ),
                        ("ESRD months told by BENE_MDCR_STUS_CD, which keeps months after a graft", told.esrd_by_status),
                    ] {
                        if months > 0 {
                            *report.notes.entry(note).or_default() += months;
                        }
                    }
                    part.push(row.bene_id, row)
                })?;
                match written {
                    Ok(pushed) => {
                        pushed?;
                        report.wrote_row(BeneficiaryYear::TABLE.name);
                    }
                    Err(_) => report.note("years of people left out: a code is unknown, or nothing tells their age"),
                }
            }
        }
        part.finish()?;
        Ok(())
    }

    fn judge(&self, pieces: &[Piece], files: &[FileReport]) -> Result<()> {
        let tables = [
            (ClaimHeader::TABLE.name, [FileKind::Headers, FileKind::Diagnoses, FileKind::PartADemo].as_slice()),
            (ClaimLine::TABLE.name, &[FileKind::RevenueLines, FileKind::Physician, FileKind::Dme, FileKind::PartBDemo]),
            (BeneficiaryYear::TABLE.name, &[FileKind::People, FileKind::Identifiers]),
        ];
        for (table, kinds) in tables {
            let of_table = pieces.iter().filter(|piece| kinds.contains(&piece.kind));
            let reports = of_table.filter_map(|piece| report_of(files, piece));
            let tallies: Vec<(&Path, &Tally)> = reports.map(|report| (report.path.as_path(), &report.tally)).collect();
            self.quarantine.judge(table, tallies.into_iter())?;
        }
        Ok(())
    }
}

fn report_of<'f>(files: &'f [FileReport], piece: &Piece) -> Option<&'f FileReport> {
    let name = piece.name();
    files.iter().find(|report| report.file == name && report.path == piece.path)
}

/// What the feed cannot tell, in words.
fn limits(promised: &Promised, pieces: &[Piece]) -> Vec<String> {
    let mut limits = vec![
        "the feed holds one ACO's people alone: give `run` --thresholds, --county and --national; rivals for these people are not seen"
            .to_string(),
        "the feed tells neither months in group plans nor low-income subsidies".to_string(),
    ];
    let mut deliveries: Vec<&Delivery> = pieces.iter().map(|piece| &piece.delivery).collect();
    deliveries.dedup();
    let uncounted = deliveries.into_iter().filter(|delivery| !promised.covers(delivery));
    limits.extend(uncounted.map(|delivery| format!("the delivery {delivery} has no CCLF0 to hold its records against")));
    limits
}

/// Files without which money would be missing, whether or not they are there.
const NEEDED: [FileKind; 4] = [FileKind::Headers, FileKind::RevenueLines, FileKind::Physician, FileKind::Dme];

fn is_counted(kind: FileKind) -> bool {
    class_of(kind).is_some() || matches!(kind, FileKind::People | FileKind::Identifiers)
}

/// Works the ranges, several at a time, and writes their rows in order.
fn write_claims(second: &Second<'_>, ranges: usize, extract: &Path) -> Result<Outcome> {
    let mut headers = Part::create(extract, ClaimHeader::TABLE, "claims")?;
    let mut lines = Part::create(extract, ClaimLine::TABLE, "lines")?;
    let mut outcome = Outcome::default();
    let all: Vec<usize> = (0..ranges).collect();
    for several in all.chunks(rayon::current_num_threads()) {
        disk::cancel::check()?;
        let worked: Vec<Result<range::Rows>> = several.par_iter().map(|range| second.range(*range)).collect();
        let worked = worked.into_iter().collect::<Result<Vec<_>>>()?;
        let (headers, lines) = (&mut headers, &mut lines);
        let (wrote, also) = rayon::join(
            || worked.iter().flat_map(|rows| &rows.headers).try_for_each(|batch| headers.push_sorted(batch)),
            || worked.iter().flat_map(|rows| &rows.lines).try_for_each(|batch| lines.push_sorted(batch)),
        );
        wrote.and(also)?;
        for rows in worked {
            outcome.merge(rows.outcome);
        }
    }
    headers.finish()?;
    lines.finish()?;
    Ok(outcome)
}

/// Adds what the second pass refused to the files that the records came from.
fn settle(outcome: &Outcome, pieces: &[Piece], fields: &TakenFields, sorted: &mut [(usize, FileReport)]) {
    for (number, report) in sorted {
        let file = *number as u16;
        report.tally.absolute_cents += outcome.absolute_cents.get(*number).copied().unwrap_or(0);
        for ((_, reason), records) in outcome.refused.iter().filter(|((of, _), _)| *of == file) {
            let taken = class_of(pieces[*number].kind).map(|class| fields.of(class));
            let column = taken.zip(records.field).map(|(taken, field)| taken.name(field));
            let first = First { line: u64::from(records.line), column };
            report.tally.refuse_many(*reason, records.rows, records.absolute_cents, first);
        }
    }
}

impl FileReport {
    fn tell(&mut self, outcome: Outcome, spilled: u64) {
        for (fate, sum) in outcome.fates {
            self.netted.insert(fate.words(), sum);
        }
        for (note, count) in outcome.notes {
            *self.notes.entry(note).or_default() += count;
        }
        if spilled > 0 {
            self.notes.insert("bytes went through a scratch file: raise --memory to go without", spilled);
        }
        self.by_type = outcome.by_type;
        self.close();
    }
}
