//! The first pass: every record to the range of its beneficiary, with only the fields that are needed.

use super::blocks::{self, Block, Line, Spare};
use super::buckets::{Buckets, Class, PREFIX, Ranges, Records};
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

/// Fields that are no farther apart than this are copied with what lies between them: one longer copy takes less than two.
const GAP: usize = 8;

/// The fields taken of a class: where they are in CMS's record, and where in ours.
#[derive(Debug)]
pub struct Taken {
    from: Vec<(usize, usize)>,
    /// What is copied of CMS's record, in its order.
    stretches: Vec<(usize, usize)>,
    /// Where each field is in a taken record.
    pub spans: Vec<Span>,
    names: &'static [&'static str],
    person: Span,
    width: usize,
}

impl Taken {
    fn new(layout: &Layout, names: &'static [&'static str]) -> Result<Self> {
        let from: Vec<(usize, usize)> = layout.spans(names)?.into_iter().map(Span::range).collect();
        let mut in_order = from.clone();
        in_order.sort_unstable();
        let mut stretches: Vec<(usize, usize)> = Vec::new();
        for (start, end) in in_order {
            match stretches.last_mut().filter(|stretch| start <= stretch.1 + GAP) {
                Some(stretch) => stretch.1 = stretch.1.max(end),
                None => stretches.push((start, end)),
            }
        }
        let length = |stretches: &[(usize, usize)]| stretches.iter().map(|(start, end)| end - start).sum::<usize>();
        let place = |(start, end): &(usize, usize)| {
            let before = stretches.partition_point(|stretch| stretch.1 <= *start);
            Span::from([PREFIX + length(&stretches[..before]) + start - stretches[before].0 + 1, end - start])
        };
        let spans = from.iter().map(place).collect();
        let width = PREFIX + length(&stretches);
        Ok(Self { from, stretches, spans, names, person: layout.span(PERSON)?, width })
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
        for (start, end) in &self.stretches {
            match record.get(*start..*end) {
                Some(fields) => out.extend_from_slice(fields),
                None => self.take_shorter((*start, *end), record, out),
            }
        }
    }

    /// As [`Self::take`], a stretch of which the record lacks some: whole fields, for half a field is none.
    #[cold]
    fn take_shorter(&self, (first, last): (usize, usize), record: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        out.resize(begin + last - first, b' ');
        for (start, end) in self.from.iter().filter(|(start, end)| first <= *start && *end <= last) {
            if let Some(field) = record.get(*start..*end) {
                out[begin + start - first..begin + end - first].copy_from_slice(field);
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
    /// Buffers to read into.
    pub spare: Spare,
}

/// What one block gave.
struct Sorted {
    /// Records, those of a range together.
    records: Vec<u8>,
    /// Ranges, and how many bytes are of each.
    runs: Vec<(usize, usize)>,
    rows: u64,
    bytes: u64,
    refused: Vec<(u64, Refused)>,
}

/// A record of a block, whose it is and in which range that is.
struct Found<'b> {
    range: usize,
    person: Mbi,
    line: u32,
    record: &'b [u8],
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
        let take = |sorted: Sorted| {
            report.tally.rows += sorted.rows;
            self.meter.add_rows(sorted.rows);
            self.meter.add_bytes(sorted.bytes);
            for (line, refused) in sorted.refused {
                report.tally.refuse(refused, Cents::ZERO, line, |field| taken.name(field));
            }
            buckets.add(class, sorted.records, &sorted.runs)
        };
        piece.with_text(|text| {
            blocks::each(piece, layout, text, &self.spare, |block| self.block(block, number, class, taken), take)
        })?;
        Ok(report)
    }

    fn block(&self, block: &Block, number: u16, class: Class, taken: &Taken) -> Sorted {
        let mut sorted = Sorted { records: Vec::new(), runs: Vec::new(), rows: 0, bytes: block.bytes(), refused: Vec::new() };
        let mut found = Vec::with_capacity(block.records());
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
            found.push(Found { range, person, line: line as u32, record });
        }
        // Those of a range stay in the order in which they came.
        found.sort_by_key(|found| found.range);
        sorted.records.reserve_exact(found.len() * taken.width);
        for of_range in found.chunk_by(|a, b| a.range == b.range) {
            for found in of_range {
                sorted.records.extend_from_slice(&found.person);
                sorted.records.extend_from_slice(&number.to_le_bytes());
                sorted.records.extend_from_slice(&found.line.to_le_bytes());
                taken.take(found.record, &mut sorted.records);
            }
            sorted.runs.push((of_range[0].range, of_range.len() * taken.width));
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

/// The records of a range.
pub fn records<'r>(records: &'r Records<'_>, taken: &Taken) -> impl Iterator<Item = SortedRecord<'r>> {
    records.each(taken.width()).map(|bytes| SortedRecord {
        person: bytes[..11].trim_ascii_end(),
        file: u16::from_le_bytes([bytes[11], bytes[12]]),
        line: u32::from_le_bytes([bytes[13], bytes[14], bytes[15], bytes[16]]),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::{FileKind, Layouts, PREFIX, TakenFields, class_of};

    #[test]
    fn a_taken_record_holds_every_field_of_every_version() {
        let layouts = Layouts::embedded().unwrap();
        let fields = TakenFields::new(&layouts).unwrap();
        let mut seen = 0;
        for kind in b"12456AB".map(|symbol| FileKind::of(symbol).unwrap()) {
            let (taken, layout) = (fields.of(class_of(kind).unwrap()), layouts.of(kind).unwrap());
            for width in &layout.widths {
                let record: Vec<u8> = (0..*width).map(|at| b'!' + (at % 89) as u8).collect();
                let mut out = vec![0; PREFIX];
                taken.take(&record, &mut out);
                assert_eq!(out.len(), taken.width());
                for (name, span) in taken.names.iter().zip(&taken.spans) {
                    assert_eq!(span.of(&out), layout.span(name).unwrap().of(&record), "{name} of {width} characters");
                    seen += 1;
                }
            }
        }
        assert!(seen > 150, "{seen}");
    }
}
