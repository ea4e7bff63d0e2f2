//! Who is who: identifiers that a person had before, and the one he has now (CCLF9).

use ahash::HashMap;

use super::blocks::{self, Block, Line, Spare};
use super::delivery::Piece;
use super::layout::{FileKind, Layouts, Record, Span, fields};
use crate::intake::refusal::{Reason, Refused};
use crate::intake::report::FileReport;

/// A Medicare beneficiary identifier, padded with blanks.
pub type Mbi = [u8; 11];

/// An identifier as a field holds it.
///
/// # Errors
/// When it is blank, or no text of that length.
pub fn mbi(field: &[u8]) -> Result<Mbi, Reason> {
    let mut padded = [b' '; 11];
    match padded.get_mut(..field.len()) {
        Some([]) => Err(Reason::Blank),
        Some(place) if field.is_ascii() => {
            place.copy_from_slice(field);
            Ok(padded)
        }
        _ => Err(Reason::NotText),
    }
}

/// A number by which identifiers stand in the order of their bytes, for sorting: its comparison is one, where that of texts is a
/// call. Identifiers longer than eleven bytes are none.
#[inline]
#[must_use]
pub fn rank(person: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = person.len().min(11);
    bytes[..length].copy_from_slice(&person.as_bytes()[..length]);
    // Where one begins with the other, the shorter comes first.
    bytes[11] = length as u8;
    u128::from_be_bytes(bytes)
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
    pub fn read(pieces: &[Piece], layouts: &Layouts) -> crate::error::Result<(Self, Vec<FileReport>)> {
        let mut known = Self::default();
        let mut reports = Vec::new();
        let layout = layouts.of(FileKind::Identifiers)?;
        let spans = layout.spans(Field::NAMES)?;
        let spare = Spare::default();
        for piece in pieces.iter().filter(|piece| piece.kind == FileKind::Identifiers) {
            let mut report = FileReport::new(piece.path.clone(), &layout.title);
            report.file = piece.name();
            piece.with_text(|text| {
                let read =
                    |block: &Block| block.lines().map(|(number, line)| (number, read_line(line, &spans))).collect::<Vec<_>>();
                blocks::each(piece, layout, text, &spare, read, |lines| {
                    for (number, line) in lines {
                        known.take(line, number, &mut report);
                    }
                    Ok(())
                })
            })?;
            reports.push(report);
        }
        known.flatten();
        Ok((known, reports))
    }

    fn take(&mut self, line: Result<(Mbi, Mbi), Refused>, number: u64, report: &mut FileReport) {
        report.tally.read(crate::money::Cents::ZERO);
        match line {
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

/// The identifier that a person has now, and one that he had.
fn read_line(line: Line<'_>, spans: &[Span]) -> Result<(Mbi, Mbi), Refused> {
    let Line::Record(record) = line else { return Err(Reason::RecordLength.into()) };
    let record = Record::new(record, spans);
    let field = |field: Field| mbi(record.bytes(field)).map_err(|reason| Refused { reason, column: Some(field as usize) });
    Ok((field(Field::Current)?, field(Field::Previous)?))
}

#[cfg(test)]
mod tests {
    use super::{Identities, mbi, rank};
    use crate::intake::refusal::Reason;

    #[test]
    fn ranks_are_in_the_order_of_their_bytes() {
        let ids = ["", "1", "1\0", "1 ", "1A", "1EG4TE5MK72", "1EG4TE5MK73", "2", "Z"];
        assert!(ids.is_sorted() && ids.map(rank).is_sorted_by(|a, b| a < b));
    }

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
        assert_eq!(
            [mbi(b""), mbi(b"123456789012"), mbi(b"\xff")],
            [Err(Reason::Blank), Err(Reason::NotText), Err(Reason::NotText)]
        );
    }
}
