//! The first pass: every record to the range of its beneficiary, with only the fields that are needed.

use rayon::prelude::*;

use super::blocks::{self, Block, Line};
use super::buckets::{Buckets, Class, PREFIX, Ranges};
use super::delivery::Piece;
use super::identity::{Identities, Mbi, mbi};
use super::layout::{FileKind, Layout, Layouts, Span};
use super::{part_a, part_b};
use crate::disk::Meter;
use crate::error::Result;
use crate::intake::refusal::{Reason, Refused};
use crate::intake::report::FileReport;
use crate::money::Cents;
use crate::rules::ClaimCodes;

/// The field that says whose a record is, in every file.
const PERSON: &str = "BENE_MBI_ID";

/// The fields taken of a class, closed up: where they are in CMS's record, and where in ours.
#[derive(Debug)]
pub struct Taken {
    from: Vec<(usize, usize)>,
    /// The same, fields that follow each other in both records as one.
    runs: Vec<(usize, usize)>,
    /// Where each field is in a taken record.
    pub spans: Vec<Span>,
    names: &'static [&'static str],
    person: Span,
    width: usize,
}

impl Taken {
    fn new(layout: &Layout, names: &'static [&'static str]) -> Result<Self> {
        let from: Vec<(usize, usize)> = layout.spans(names)?.into_iter().map(Span::range).collect();
        let mut width = PREFIX;
        let spans = from.iter().map(|(start, end)| {
            width += end - start;
            Span::from([width - (end - start) + 1, end - start])
        });
        let spans = spans.collect();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (start, end) in &from {
            match runs.last_mut().filter(|run| run.1 == *start) {
                Some(run) => run.1 = *end,
                None => runs.push((*start, *end)),
            }
        }
        Ok(Self { from, runs, spans, names, person: layout.span(PERSON)?, width })
    }

    /// Bytes of a taken record.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// CMS's name of a field; beyond those taken it is the person's, which is kept apart.
    #[must_use]
    pub fn name(&self, field: usize) -> String {
        self.names.get(field).map_or(PERSON, |name| name).to_string()
    }

    /// Copies the fields of a record behind `out`; those beyond the end of an older version become blanks.
    #[inline]
    fn take(&self, record: &[u8], out: &mut Vec<u8>) {
        for (start, end) in &self.runs {
            match record.get(*start..*end) {
                Some(fields) => out.extend_from_slice(fields),
                None => self.take_shorter((*start, *end), record, out),
            }
        }
    }

    /// As [`Self::take`], fields of which the record lacks some: whole ones, for half a field is none.
    #[cold]
    fn take_shorter(&self, (first, last): (usize, usize), record: &[u8], out: &mut Vec<u8>) {
        for (start, end) in self.from.iter().filter(|(start, end)| first <= *start && *end <= last) {
            match record.get(*start..*end) {
                Some(field) => out.extend_from_slice(field),
                None => out.resize(out.len() + end - start, b' '),
            }
        }
    }
}

/// The fields taken of every class.
#[derive(Debug)]
pub struct TakenFields([Taken; super::buckets::CLASSES]);

impl TakenFields {
    /// From the layouts.
    ///
    /// # Errors
    /// When a layout lacks a field, which the tests exclude.
    pub fn new(layouts: &Layouts) -> Result<Self> {
        let of = |kind, names| Taken::new(layouts.of(kind)?, names);
        Ok(Self([
            of(FileKind::Headers, part_a::Header::NAMES)?,
            of(FileKind::RevenueLines, part_a::Revenue::NAMES)?,
            of(FileKind::Diagnoses, part_a::Diagnosis::NAMES)?,
            of(FileKind::Physician, part_b::Physician::NAMES)?,
            of(FileKind::Dme, part_b::Dme::NAMES)?,
            of(FileKind::PartADemo, part_a::Demo::NAMES)?,
            of(FileKind::PartBDemo, part_b::Demo::NAMES)?,
        ]))
    }

    /// The fields of a class.
    #[must_use]
    pub fn of(&self, class: Class) -> &Taken {
        &self.0[class as usize]
    }
}

/// The class of a file's records; none for files that are not sorted.
#[must_use]
pub fn class_of(kind: FileKind) -> Option<Class> {
    Some(match kind {
        FileKind::Headers => Class::Header,
        FileKind::RevenueLines => Class::Revenue,
        FileKind::Diagnoses => Class::Diagnosis,
        FileKind::Physician => Class::Physician,
        FileKind::Dme => Class::Dme,
        FileKind::PartADemo => Class::PartADemo,
        FileKind::PartBDemo => Class::PartBDemo,
        _ => return None,
    })
}

/// What the first pass goes by.
pub struct Sorter<'s> {
    /// Layouts of CMS's records.
    pub layouts: &'s Layouts,
    /// Fields that are taken.
    pub fields: &'s TakenFields,
    /// Who is who.
    pub identities: &'s Identities,
    /// Ranges of people.
    pub ranges: &'s Ranges,
    /// Diagnoses that matter.
    pub codes: &'s ClaimCodes,
    /// Counters.
    pub meter: &'s Meter,
}

/// What one block gave.
struct Sorted {
    by_range: Vec<Vec<u8>>,
    rows: u64,
    bytes: u64,
    refused: Vec<(u64, Refused)>,
}

impl Sorter<'_> {
    /// Sorts the records of a piece; `number` is the piece's, by which its lines are found again.
    ///
    /// # Errors
    /// When the file cannot be read or the scratch file not written.
    pub fn sort(&self, piece: &Piece, number: u16, class: Class, buckets: &mut Buckets) -> Result<FileReport> {
        let layout = self.layouts.of(piece.kind)?;
        let mut report = FileReport::new(piece.path.clone(), &layout.title);
        report.file = piece.name();
        let taken = self.fields.of(class);
        let batch = rayon::current_num_threads();
        piece.with_text(|text| {
            blocks::each_batch(piece, layout, text, batch, |blocks| {
                let sorted: Vec<Sorted> = blocks.par_iter().map(|block| self.block(block, number, class, taken)).collect();
                for sorted in sorted {
                    for (range, records) in sorted.by_range.iter().enumerate().filter(|(_, records)| !records.is_empty()) {
                        buckets.add(class, range, records)?;
                    }
                    report.tally.rows += sorted.rows;
                    self.meter.add_rows(sorted.rows);
                    self.meter.add_bytes(sorted.bytes);
                    for (line, refused) in sorted.refused {
                        report.tally.refuse(refused, Cents::ZERO, line, |field| taken.name(field));
                    }
                }
                Ok(())
            })
        })?;
        Ok(report)
    }

    fn block(&self, block: &Block, number: u16, class: Class, taken: &Taken) -> Sorted {
        let mut sorted =
            Sorted { by_range: vec![Vec::new(); self.ranges.count()], rows: 0, bytes: block.bytes(), refused: Vec::new() };
        // Records of a person mostly follow one another.
        let mut last: Option<(&[u8], Mbi, usize)> = None;
        for (line, record) in block.lines() {
            sorted.rows += 1;
            let Line::Record(record) = record else {
                sorted.refused.push((line, Reason::RecordLength.into()));
                continue;
            };
            if class == Class::Diagnosis && !self.matters(record, taken) {
                continue;
            }
            let field = taken.person.of(record);
            let (person, range) = match last.filter(|(before, ..)| *before == field) {
                Some((_, person, range)) => (person, range),
                None => match mbi(field).map(|person| self.identities.current(person)) {
                    Ok(person) => (person, self.ranges.of(&person)),
                    Err(reason) => {
                        sorted.refused.push((line, Refused { reason, column: Some(taken.names.len()) }));
                        continue;
                    }
                },
            };
            last = Some((field, person, range));
            let out = &mut sorted.by_range[range];
            out.extend_from_slice(&person);
            out.extend_from_slice(&number.to_le_bytes());
            out.extend_from_slice(&(line as u32).to_le_bytes());
            taken.take(record, out);
        }
        sorted
    }

    /// Whether a diagnosis is one that the extract has a column for.
    fn matters(&self, record: &[u8], taken: &Taken) -> bool {
        let (start, end) = taken.from[part_a::Diagnosis::Code as usize];
        let code = record.get(start..end).unwrap_or_default().trim_ascii();
        self.codes.is_u071(code) || self.codes.is_b9729(code)
    }
}

/// A record that was sorted: whose it is, where it came from, and its fields.
#[derive(Debug, Clone, Copy)]
pub struct SortedRecord<'r> {
    /// The person.
    pub person: &'r [u8],
    /// Number of the file.
    pub file: u16,
    /// Line of the file.
    pub line: u32,
    /// Prefix and fields.
    pub bytes: &'r [u8],
}

/// The records of a bucket.
pub fn records<'r>(bucket: &'r [u8], taken: &Taken) -> impl Iterator<Item = SortedRecord<'r>> {
    bucket.chunks_exact(taken.width()).map(|bytes| SortedRecord {
        person: bytes[..11].trim_ascii_end(),
        file: u16::from_le_bytes([bytes[11], bytes[12]]),
        line: u32::from_le_bytes([bytes[13], bytes[14], bytes[15], bytes[16]]),
        bytes,
    })
}
