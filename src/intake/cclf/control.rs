//! CCLF0, the delivery's own list: which files belong to it and how many records each has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::delivery::{Delivery, Piece};
use super::layout::FileKind;
use crate::error::{Error, Place, Result};

/// Lists are short; one longer than this is none.
const LONGEST_LIST: u64 = 1 << 16;

/// Records that the lists promise, by delivery and kind.
#[derive(Debug, Default)]
pub struct Promised(BTreeMap<(Delivery, FileKind), (u64, PathBuf)>);

impl Promised {
    /// Reads the list of every delivery that has one.
    ///
    /// # Errors
    /// When a list cannot be read.
    pub fn read(pieces: &[Piece]) -> Result<Self> {
        let mut promised = Self::default();
        for piece in pieces.iter().filter(|piece| piece.kind == FileKind::Control) {
            let mut text = Vec::new();
            piece.with_text(|reader| {
                use std::io::Read as _;
                reader.take(LONGEST_LIST).read_to_end(&mut text).map_err(|e| Error::io("read", &piece.path, e))
            })?;
            for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
                promised.take(piece, number as u64 + 1, line)?;
            }
        }
        Ok(promised)
    }

    /// Takes a line such as `CCLF5  |Part B Physicians File |   1234|  388`; the title line and blank ones are passed over.
    fn take(&mut self, piece: &Piece, number: u64, line: &[u8]) -> Result<()> {
        let mut cells = line.split(|byte| *byte == b'|').map(<[u8]>::trim_ascii);
        let name = cells.next().unwrap_or_default();
        let Some(kind) = name.strip_prefix(b"CCLF").and_then(|symbol| symbol.first().copied()).and_then(FileKind::of) else {
            return Ok(());
        };
        let count = cells.nth(1).and_then(|cell| crate::intake::cell::whole(cell).ok().flatten());
        let Some(count) = count else {
            let place = piece.place().at_column("Total Records Count").at_line(number);
            return Err(Error::input("the list does not say how many records a file has", place, "fetch the file again"));
        };
        self.0.insert((piece.delivery.clone(), kind), (count, piece.path.clone()));
        Ok(())
    }

    /// Holds the records found against those promised; `found` has every file that was counted.
    ///
    /// # Errors
    /// All differences at once: a file with more or fewer records than promised, or one that is not there.
    pub fn hold(&self, found: &BTreeMap<(Delivery, FileKind), u64>, counted: &[FileKind]) -> Result<()> {
        let mut faults = Vec::new();
        for ((delivery, kind), (promised, list)) in self.0.iter().filter(|((_, kind), _)| counted.contains(kind)) {
            let here = found.get(&(delivery.clone(), *kind)).copied();
            if here.unwrap_or(0) == *promised {
                continue;
            }
            let what = match here {
                Some(here) => format!("{} of the delivery {delivery} has {here} records, CCLF0 says {promised}", kind.name()),
                None => format!("{} of the delivery {delivery} is not there, CCLF0 says it has {promised} records", kind.name()),
            };
            faults.push(Error::input(what, Place::file(list).in_table(kind.name()), "the delivery is not whole: fetch it again"));
        }
        match faults.len() {
            0 => Ok(()),
            1 => Err(faults.remove(0)),
            _ => Err(Error::Inputs(faults)),
        }
    }

    /// Whether a delivery has a list.
    pub fn covers(&self, delivery: &Delivery) -> bool {
        self.0.keys().any(|(listed, _)| listed == delivery)
    }
}
