//! Fixed-width text in blocks of whole records, so that threads can share a file.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::delivery::Piece;
use super::layout::Layout;
use crate::disk;
use crate::error::{Error, Place, Result};

/// Bytes of a block: what a core's own cache holds, so that a thread finds there what it has just read.
const BLOCK: usize = 256 << 10;
/// No record comes near; a first line longer than this is none.
const LONGEST_RECORD: usize = 1 << 16;

/// Whole records of a file.
#[derive(Debug)]
pub struct Block {
    /// The records, and room behind them.
    buffer: Vec<u8>,
    length: usize,
    /// Line of the first record, from 1.
    first_line: u64,
    width: usize,
}

/// One line of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'b> {
    /// A record of the file's length.
    Record(&'b [u8]),
    /// A line that is shorter or longer.
    Misfit,
}

/// Buffers of blocks that were worked, for those that come: of one file after the other, so that they are made but once.
#[derive(Debug, Default)]
pub struct Spare(Mutex<Vec<Vec<u8>>>);

/// Cuts a piece into blocks and works them on all threads, each of which reads a block and works it; `take` gets what came of
/// them one by one, in the order of the file.
///
/// # Errors
/// When the file cannot be read, its records have a length that no version of the layout has, or `take` fails.
pub fn each<T: Send>(
    piece: &Piece,
    layout: &Layout,
    text: &mut (dyn Read + Send),
    spare: &Spare,
    work: impl Fn(&Block) -> T + Sync,
    take: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let blocks = Blocks { piece, layout, text, rest: Vec::new(), spare, line: 1, width: None, ended: false };
    let in_order = Mutex::new(InOrder { next: 0, early: BTreeMap::new(), take });
    blocks.enumerate().par_bridge().try_for_each(|(number, block)| {
        disk::cancel::check()?;
        let block = block?;
        let worked = work(&block);
        lock(&spare.0).push(block.buffer);
        lock(&in_order).came(number, worked)
    })
}

/// A thread that panicked takes the program with it: what it held is not looked at any more.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What came of blocks, handed on in their order.
struct InOrder<T, F> {
    next: usize,
    /// What came before its turn.
    early: BTreeMap<usize, T>,
    take: F,
}

impl<T, F: FnMut(T) -> Result<()>> InOrder<T, F> {
    fn came(&mut self, number: usize, worked: T) -> Result<()> {
        self.early.insert(number, worked);
        while let Some(worked) = self.early.remove(&self.next) {
            self.next += 1;
            (self.take)(worked)?;
        }
        Ok(())
    }
}

/// A piece, read block by block.
struct Blocks<'p> {
    piece: &'p Piece,
    layout: &'p Layout,
    text: &'p mut (dyn Read + Send),
    /// Of the block before, what stood behind its last whole line.
    rest: Vec<u8>,
    spare: &'p Spare,
    line: u64,
    width: Option<usize>,
    ended: bool,
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let block = self.read();
        self.ended |= block.is_err();
        block.transpose()
    }
}

impl Blocks<'_> {
    /// The next block; none at the end.
    fn read(&mut self) -> Result<Option<Block>> {
        let mut buffer = lock(&self.spare.0).pop().unwrap_or_default();
        let begin = self.rest.len();
        // Only the first blocks are filled with anything before they are read into.
        buffer.resize(buffer.len().max(begin + BLOCK), 0);
        buffer[..begin].copy_from_slice(&self.rest);
        self.rest.clear();
        let mut length = begin;
        while length < begin + BLOCK && !self.ended {
            match self.text.read(&mut buffer[length..begin + BLOCK]) {
                Ok(0) => self.ended = true,
                Ok(got) => length += got,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(read_error(self.piece, &e)),
            }
        }
        if length == 0 {
            return Ok(None);
        }
        let width = match self.width {
            Some(width) => width,
            None => *self.width.insert(record_width(self.piece, self.layout, &buffer[..length])?),
        };
        if !self.ended {
            let cut = memchr::memrchr(b'\n', &buffer[..length]).map_or(0, |at| at + 1);
            if cut == 0 {
                return Err(endless(self.piece, self.line));
            }
            self.rest.extend_from_slice(&buffer[cut..length]);
            length = cut;
        }
        let block = Block { buffer, length, first_line: self.line, width };
        self.line += block.count();
        Ok(Some(block))
    }
}

/// The length of the file's records, told from the first, which must be that of some version of the layout.
fn record_width(piece: &Piece, layout: &Layout, bytes: &[u8]) -> Result<usize> {
    let beginning = &bytes[..bytes.len().min(LONGEST_RECORD)];
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || memchr::memchr(0, beginning).is_some() {
        return Err(Error::input("the file is not ASCII text", piece.place(), "deliver it as CMS does, without converting it"));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        let hint = "an editor put it there: fetch the file again, and keep it as it came";
        return Err(Error::input("the file begins with a byte order mark", piece.place().at_line(1), hint));
    }
    let end = memchr::memchr(b'\n', beginning);
    let Some(end) = end.or((bytes.len() < LONGEST_RECORD).then_some(bytes.len())) else { return Err(endless(piece, 1)) };
    let width = end - usize::from(bytes[..end].ends_with(b"\r"));
    if layout.widths.contains(&width) {
        return Ok(width);
    }
    let known = layout.widths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    Err(Error::input(
        format!("records of {width} characters; those of {} have {known}", piece.kind.name()),
        piece.place().at_line(1),
        "deliver the file as CMS packs it: no column added, no trailing blanks cut",
    ))
}

fn endless(piece: &Piece, line: u64) -> Error {
    Error::input("a line without end", piece.place().at_line(line), "the file is damaged: fetch it again")
}

/// A failure to read, in words about the file.
fn read_error(piece: &Piece, error: &io::Error) -> Error {
    let place: Place = piece.place();
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::input("the packed file ends too early", place, "the transfer was cut short: fetch the file again")
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            Error::input(format!("the packed file is damaged: {error}"), place, "fetch the file again")
        }
        _ => Error::io("read", &piece.path, io::Error::new(error.kind(), error.to_string())),
    }
}

impl Block {
    fn text(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Bytes of text.
    pub fn bytes(&self) -> u64 {
        self.length as u64
    }

    fn count(&self) -> u64 {
        let text = self.text();
        memchr::memchr_iter(b'\n', text).count() as u64 + u64::from(text.last().is_some_and(|last| *last != b'\n'))
    }

    /// Records that the block holds if every line is one.
    pub fn records(&self) -> usize {
        self.length / (self.width + 1) + 1
    }

    /// The lines and their numbers; blank lines are passed over.
    pub fn lines(&self) -> impl Iterator<Item = (u64, Line<'_>)> {
        let mut rest = self.text();
        let mut number = self.first_line;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let line = rest[..length].strip_suffix(b"\r").unwrap_or(&rest[..length]);
                rest = rest.get(length + 1..).unwrap_or_default();
                number += 1;
                if !line.iter().all(u8::is_ascii_whitespace) {
                    return Some((number - 1, if line.len() == self.width { Line::Record(line) } else { Line::Misfit }));
                }
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Block, InOrder, Line};

    #[test]
    fn what_came_of_blocks_is_taken_in_their_order() {
        let mut taken = Vec::new();
        let take = |number: usize| {
            taken.push(number);
            Ok(())
        };
        let mut in_order = InOrder { next: 0, early: BTreeMap::new(), take };
        for number in [2, 0, 1, 4, 3] {
            in_order.came(number, number).unwrap();
        }
        assert_eq!(taken, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn lines_are_records_or_misfits_with_their_numbers() {
        let mut block = Block { buffer: b"abc\nde\nfgh\r\n\nijkl\nmno".to_vec(), length: 0, first_line: 10, width: 3 };
        assert_eq!((block.lines().count(), block.count()), (0, 0));
        block.length = block.buffer.len();
        let lines: Vec<_> = block.lines().collect();
        let want = [
            (10, Line::Record(b"abc")),
            (11, Line::Misfit),
            (12, Line::Record(b"fgh")),
            (14, Line::Misfit),
            (15, Line::Record(b"mno")),
        ];
        assert_eq!(lines, want);
        assert_eq!(block.count(), 6);
    }
}
