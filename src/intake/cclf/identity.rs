//! Who is who: identifiers that a person had before, and the one he has now (CCLF9).

use ahash::HashMap;

use super::blocks::{self, Line};
use super::delivery::Piece;
use super::layout::{FileKind, Layouts, Record, fields};
use crate::error::Result;
use crate::intake::report::FileReport;

/// A Medicare beneficiary identifier, padded with blanks.
pub type Mbi = [u8; 11];

/// An identifier as a field holds it; none when blank or longer.
#[must_use]
pub fn mbi(field: &[u8]) -> Option<Mbi> {
    let mut padded = [b' '; 11];
    if field.is_empty() || field.len() > padded.len() || !field.is_ascii() {
        return None;
    }
    padded[..field.len()].copy_from_slice(field);
    Some(padded)
}

/// From each earlier identifier to the one that followed it.
#[derive(Debug, Default)]
pub struct Identities(HashMap<Mbi, Mbi>);

fields! {
    /// What is taken of CCLF9.
    Field {
        Current "CRNT_NUM",
        Previous "PRVS_NUM",
    }
}

impl Identities {
    /// Reads the cross-references of every delivery, in order: a later one has the last word.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(pieces: &[Piece], layouts: &Layouts) -> Result<(Self, Vec<FileReport>)> {
        let mut known = Self::default();
        let mut reports = Vec::new();
        let layout = layouts.of(FileKind::Identifiers)?;
        let spans = layout.spans(Field::NAMES)?;
        for piece in pieces.iter().filter(|piece| piece.kind == FileKind::Identifiers) {
            let mut report = FileReport::new(piece.path.clone(), &layout.title);
            report.file = piece.name();
            piece.with_text(|text| {
                blocks::each_batch(piece, layout, text, 1, |batch| {
                    for (number, line) in batch.iter().flat_map(blocks::Block::lines) {
                        known.take(line, number, &spans, &mut report);
                    }
                    Ok(())
                })
            })?;
            reports.push(report);
        }
        known.flatten();
        Ok((known, reports))
    }

    fn take(&mut self, line: Line<'_>, number: u64, spans: &[super::layout::Span], report: &mut FileReport) {
        use crate::intake::refusal::{Reason, Refused};
        report.tally.read(crate::money::Cents::ZERO);
        let taken = match line {
            Line::Misfit => Err(Refused::from(Reason::CellCount)),
            Line::Record(record) => {
                let record = Record::new(record, spans);
                let field = |field: Field| {
                    mbi(record.bytes(field)).ok_or(Refused { reason: Reason::Blank, column: Some(field as usize) })
                };
                field(Field::Current).and_then(|current| field(Field::Previous).map(|previous| (current, previous)))
            }
        };
        match taken {
            Ok((current, previous)) if current != previous => drop(self.0.insert(previous, current)),
            Ok(_) => {}
            Err(refused) => {
                report.tally.refuse(refused, crate::money::Cents::ZERO, number, |column| Field::NAMES[column].to_string());
            }
        }
    }

    /// Follows every chain to its end, so that one look-up is enough. Of a circle, which no cross-reference should hold, the
    /// least identifier stands for all.
    fn flatten(&mut self) {
        let firsts: Vec<Mbi> = self.0.keys().copied().collect();
        let ends = firsts.into_iter().map(|first| (first, self.end_of(first))).collect::<Vec<_>>();
        self.0 = ends.into_iter().filter(|(first, end)| first != end).collect();
    }

    fn end_of(&self, first: Mbi) -> Mbi {
        let mut path = vec![first];
        let mut at = first;
        while let Some(next) = self.0.get(&at).copied() {
            if let Some(entry) = path.iter().position(|seen| *seen == next) {
                return path[entry..].iter().copied().min().unwrap_or(next);
            }
            path.push(next);
            at = next;
        }
        at
    }

    /// The identifier that the person has now.
    #[inline]
    #[must_use]
    pub fn current(&self, mbi: Mbi) -> Mbi {
        if self.0.is_empty() { mbi } else { self.0.get(&mbi).copied().unwrap_or(mbi) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Identities, mbi};

    #[test]
    fn chains_are_followed_to_their_end_and_circles_do_not_hang() {
        let mut known = Identities::default();
        for (previous, current) in [("A", "B"), ("B", "C"), ("C", "D"), ("X", "Y"), ("Y", "X"), ("W", "Y")] {
            known.0.insert(mbi(previous.as_bytes()).unwrap(), mbi(current.as_bytes()).unwrap());
        }
        known.flatten();
        let current =
            |text: &str| String::from_utf8(known.current(mbi(text.as_bytes()).unwrap()).to_vec()).unwrap().trim_end().to_string();
        assert_eq!(["A", "B", "C", "D", "E"].map(current), ["D", "D", "D", "D", "E"]);
        assert_eq!(["W", "X", "Y"].map(current), ["X", "X", "X"]);
        assert_eq!([mbi(b""), mbi(b"123456789012"), mbi(b"\xff")], [None, None, None]);
    }
}
