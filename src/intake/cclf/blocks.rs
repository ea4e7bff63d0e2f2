//! Fixed-width text in blocks of whole records, so that threads can share a file.

use std::io::{self, Read};

use super::delivery::Piece;
use super::layout::Layout;
use crate::disk;
use crate::error::{Error, Place, Result};

/// Bytes of a block.
const BLOCK: usize = 4 << 20;
/// No record comes near; a first line longer than this is none.
const LONGEST_RECORD: usize = 1 << 16;

/// Whole records of a file.
#[derive(Debug)]
pub struct Block {
    bytes: Vec<u8>,
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

/// Reads the records of a piece, and hands blocks of them to `work`, several at a time. The next ones are read, and unpacked,
/// while those are worked on.
///
/// # Errors
/// When the file cannot be read, its records have a length that no version of the layout has, or `work` fails.
pub fn each_batch(
    piece: &Piece,
    layout: &Layout,
    text: &mut (dyn Read + Send),
    batch: usize,
    mut work: impl FnMut(&[Block]) -> Result<()> + Send,
) -> Result<()> {
    let mut blocks = Blocks { piece, layout, text, rest: Vec::new(), spare: Vec::new(), line: 1, width: None, ended: false };
    let mut now = blocks.next(batch)?;
    while !now.is_empty() {
        disk::cancel::check()?;
        let (worked, next) = rayon::join(|| work(&now), || blocks.next(batch));
        worked?;
        blocks.spare.extend(now.into_iter().map(|block| block.bytes));
        now = next?;
    }
    Ok(())
}

/// A piece, read block by block.
struct Blocks<'p> {
    piece: &'p Piece,
    layout: &'p Layout,
    text: &'p mut (dyn Read + Send),
    /// Of the block before, what stood behind its last whole line.
    rest: Vec<u8>,
    /// Buffers of blocks that were worked on.
    spare: Vec<Vec<u8>>,
    line: u64,
    width: Option<usize>,
    ended: bool,
}

impl Blocks<'_> {
    /// So many blocks, or fewer at the end.
    fn next(&mut self, count: usize) -> Result<Vec<Block>> {
        let mut blocks = Vec::new();
        while blocks.len() < count && !self.ended {
            let mut bytes = self.spare.pop().unwrap_or_default();
            bytes.clear();
            // Room for the rest of the block before it, too, so that a buffer once made serves for the whole file.
            bytes.reserve(BLOCK + LONGEST_RECORD);
            bytes.append(&mut self.rest);
            let got = (&mut *self.text).take(BLOCK as u64).read_to_end(&mut bytes).map_err(|e| read_error(self.piece, &e))?;
            self.ended = got < BLOCK;
            if bytes.is_empty() {
                break;
            }
            let width = match self.width {
                Some(width) => width,
                None => *self.width.insert(record_width(self.piece, self.layout, &bytes)?),
            };
            if !self.ended {
                let cut = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
                if cut == 0 {
                    return Err(endless(self.piece, self.line));
                }
                self.rest.extend_from_slice(&bytes[cut..]);
                bytes.truncate(cut);
            }
            let block = Block { bytes, first_line: self.line, width };
            self.line += block.count();
            blocks.push(block);
        }
        Ok(blocks)
    }
}

/// The length of the file's records, told from the first, which must be that of some version of the layout.
fn record_width(piece: &Piece, layout: &Layout, bytes: &[u8]) -> Result<usize> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.iter().take(LONGEST_RECORD).any(|b| *b == 0)
    {
        return Err(Error::input("the file is not ASCII text", piece.place(), "deliver it as CMS does, without converting it"));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        let hint = "an editor put it there: fetch the file again, and keep it as it came";
        return Err(Error::input("the file begins with a byte order mark", piece.place().at_line(1), hint));
    }
    let end = memchr::memchr(b'\n', &bytes[..bytes.len().min(LONGEST_RECORD)]);
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
    /// Bytes of text.
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn count(&self) -> u64 {
        memchr::memchr_iter(b'\n', &self.bytes).count() as u64 + u64::from(self.bytes.last().is_some_and(|last| *last != b'\n'))
    }

    /// The lines and their numbers; blank lines are passed over.
    pub fn lines(&self) -> impl Iterator<Item = (u64, Line<'_>)> {
        let mut at = 0;
        let mut number = self.first_line;
        std::iter::from_fn(move || {
            loop {
                let rest = self.bytes.get(at..).filter(|rest| !rest.is_empty())?;
                // Nearly always the record ends where it must, and no search is needed.
                let length = match rest.get(self.width) {
                    Some(b'\n') if memchr::memchr(b'\n', &rest[..self.width]).is_none() => self.width,
                    _ => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                };
                let line = rest[..length].strip_suffix(b"\r").unwrap_or(&rest[..length]);
                at += length + 1;
                number += 1;
                if !line.trim_ascii().is_empty() {
                    return Some((number - 1, if line.len() == self.width { Line::Record(line) } else { Line::Misfit }));
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Line};

    #[test]
    fn lines_are_records_or_misfits_with_their_numbers() {
        let block = Block { bytes: b"abc\nde\nfgh\r\n\nijkl\nmno".to_vec(), first_line: 10, width: 3 };
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
