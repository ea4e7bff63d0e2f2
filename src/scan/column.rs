//! One column of one row group, decoded a few thousand rows at a time straight into integers.
//!
//! Strings become codes: each dictionary entry is mapped once, by a closure, and rows only copy codes.

use bytes::{Buf as _, Bytes};
use parquet::basic::Type as Physical;

use super::arrived::ArrivedColumn;
use super::codec;
use super::hybrid::{Hybrid, Meanings, Truncated};
use super::pages::Pages;
use super::presence::Presence;
use super::table::{RowGroup, TableFile};
use crate::error::{Error, Result};

/// What a null reads as in a column of integers.
pub const NULL_INT: i64 = i64::MIN;

/// Maps the bytes of a string to the code that stands for it.
pub type Coder<'a> = dyn FnMut(&[u8]) -> u32 + 'a;

/// A coder of several strings at once, so that what one waits for in memory is fetched while the others are looked at.
pub trait ManyCoder {
    /// The code of a string.
    fn code(&mut self, text: &[u8]) -> u32;
    /// Appends the codes of strings, at most [`MANY`].
    fn codes(&mut self, texts: &[&[u8]], out: &mut Vec<u32>);
}

/// Most strings that a [`ManyCoder`] is handed at once.
pub const MANY: usize = 256;

/// A coder that looks at one string at a time.
pub struct Single<'c, 'a>(pub &'c mut Coder<'a>);

impl ManyCoder for Single<'_, '_> {
    fn code(&mut self, text: &[u8]) -> u32 {
        self.0(text)
    }

    fn codes(&mut self, texts: &[&[u8]], out: &mut Vec<u32>) {
        out.extend(texts.iter().map(|text| self.0(text)));
    }
}

/// How the values of the page at hand are stored.
#[derive(Debug)]
pub(super) enum Values {
    Plain(Bytes),
    Codes(Hybrid),
    Bits { data: Bytes, at: usize },
}

/// Reads one column of one row group from front to back.
pub struct ColumnCursor<'f> {
    pub(super) file: &'f TableFile,
    row_group: usize,
    name: &'static str,
    pub(super) physical: Physical,
    width: usize,
    pub(super) nullable: bool,
    pub(super) dictionary: Option<Bytes>,
    pub(super) dictionary_len: usize,
    ints: Meanings<i64>,
    codes: Meanings<u32>,
    pub(super) mapped: bool,
    pub(super) page_left: usize,
    pub(super) levels: Option<Hybrid>,
    pub(super) values: Values,
    scratch: Vec<u32>,
    pub(super) presence: Presence,
    pub(super) arrived: Option<ArrivedColumn<'f>>,
    /// Last, for the bytes of a page serve again only if nothing above looks at them any more.
    pub(super) pages: Option<Pages>,
}

impl std::fmt::Debug for ColumnCursor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ColumnCursor").field("table", &self.file.table().name).field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'f> ColumnCursor<'f> {
    /// Opens a column of a row group. A nullable column that the file lacks reads as all null.
    pub fn open(file: &'f TableFile, group: &RowGroup, name: &'static str) -> Result<Self> {
        let mut cursor = Self::absent(file, group, name);
        cursor.arrived = file.arrived_rows(group).map(|rows| ArrivedColumn::open(rows, name));
        let Some((held, at)) = file.on_disk().and_then(|held| Some((held, held.column_index(name)?))) else {
            return Ok(cursor);
        };
        cursor.page_left = 0;
        let row_group = held.metadata.row_group(group.index);
        let chunk = row_group.column(at);
        file.count_read(u64::try_from(chunk.compressed_size()).unwrap_or(0));
        let descriptor = chunk.column_descr();
        cursor.physical = descriptor.physical_type();
        cursor.width = usize::try_from(descriptor.type_length()).unwrap_or(0);
        cursor.nullable = descriptor.max_def_level() > 0;
        cursor.pages = Some(Pages::new(&held.source, chunk).map_err(|packing| {
            cursor.refused(
                format!("a column packed by {packing} cannot be read"),
                "write the file with zstd, snappy, lz4 or gzip, or unpacked",
            )
        })?);
        Ok(cursor)
    }

    /// Stands for a column that is not to be read: every value is null.
    pub fn absent(file: &'f TableFile, group: &RowGroup, name: &'static str) -> Self {
        Self {
            file,
            row_group: group.index,
            name,
            physical: Physical::INT32,
            width: 0,
            nullable: true,
            dictionary: None,
            dictionary_len: 0,
            ints: Meanings::default(),
            codes: Meanings::default(),
            mapped: false,
            page_left: usize::MAX,
            levels: None,
            values: Values::Plain(Bytes::new()),
            scratch: Vec::new(),
            presence: Presence::default(),
            arrived: None,
            pages: None,
        }
    }

    /// Makes `out` the next `rows` values of an integer, date, decimal or boolean column; nulls as [`NULL_INT`].
    pub fn read_ints(&mut self, rows: usize, out: &mut Vec<i64>) -> Result<()> {
        if let Some(arrived) = &mut self.arrived {
            return arrived.read_ints(rows, out).ok_or_else(|| self.truncated());
        }
        out.clear();
        out.reserve(rows);
        while out.len() < rows {
            let take = self.page(rows - out.len())?;
            match self.levels(take)? {
                Present::All => self.ints(take, out)?,
                Present::None => out.resize(out.len() + take, NULL_INT),
                Present::Some(count) => {
                    let start = out.len();
                    self.ints(count, out)?;
                    self.presence.spread(out, start, NULL_INT);
                }
            }
        }
        Ok(())
    }

    /// Makes `out` the codes of the next `rows` values of a string column; nulls as `null`.
    pub fn read_codes(&mut self, rows: usize, out: &mut Vec<u32>, null: u32, code: &mut Coder<'_>) -> Result<()> {
        self.read_many_codes(rows, out, null, &mut Single(code))
    }

    /// As [`Self::read_codes`], by a coder of several strings at once.
    pub fn read_many_codes(&mut self, rows: usize, out: &mut Vec<u32>, null: u32, code: &mut dyn ManyCoder) -> Result<()> {
        if let Some(arrived) = &mut self.arrived {
            return arrived.read_codes(rows, out, null, code).ok_or_else(|| self.truncated());
        }
        out.clear();
        out.reserve(rows);
        while out.len() < rows {
            let take = self.page(rows - out.len())?;
            match self.levels(take)? {
                Present::All => self.strings(take, out, code)?,
                Present::None => out.resize(out.len() + take, null),
                Present::Some(count) => {
                    let start = out.len();
                    self.strings(count, out, code)?;
                    self.presence.spread(out, start, null);
                }
            }
        }
        Ok(())
    }

    pub(super) fn levels(&mut self, take: usize) -> Result<Present> {
        if self.pages.is_none() {
            return Ok(Present::None);
        }
        let Some(levels) = self.levels.as_mut() else { return Ok(Present::All) };
        match levels.take_run(take) {
            Ok(Some(0)) => return Ok(Present::None),
            Ok(Some(_)) => return Ok(Present::All),
            Ok(None) => {}
            Err(Truncated) => return Err(self.truncated()),
        }
        self.presence.clear();
        if levels.levels(take, &mut self.presence).is_err() {
            return Err(self.truncated());
        }
        Ok(match self.presence.count() {
            0 => Present::None,
            count if count == take => Present::All,
            count => Present::Some(count),
        })
    }

    fn ints(&mut self, count: usize, out: &mut Vec<i64>) -> Result<()> {
        if self.physical == Physical::BOOLEAN {
            return self.flags(count, out);
        }
        if matches!(self.values, Values::Codes(_)) {
            if !self.mapped {
                self.map_ints()?;
            }
            let Values::Codes(codes) = &mut self.values else { return Err(self.truncated()) };
            return codes.look_up(count, &self.ints, out).map_err(|Truncated| self.truncated());
        }
        let Values::Plain(data) = &mut self.values else { return Err(self.truncated()) };
        let width = plain_width(self.physical, self.width);
        if width == 0 || data.len() < count * width {
            return Err(self.truncated());
        }
        let data = data.split_to(count * width);
        self.plain_ints(&data, width, out);
        Ok(())
    }

    fn plain_ints(&self, data: &[u8], width: usize, out: &mut Vec<i64>) {
        match self.physical {
            Physical::INT32 => {
                out.extend(data.chunks_exact(4).map(|b| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))));
            }
            Physical::INT64 => {
                out.extend(data.chunks_exact(8).map(|b| {
                    let mut word = [0; 8];
                    word.copy_from_slice(b);
                    i64::from_le_bytes(word)
                }));
            }
            _ => out.extend(data.chunks_exact(width).map(big_endian)),
        }
    }

    fn flags(&mut self, count: usize, out: &mut Vec<i64>) -> Result<()> {
        match &mut self.values {
            Values::Bits { data, at } => {
                if data.len() * 8 < *at + count {
                    return Err(self.truncated());
                }
                out.extend((*at..*at + count).map(|bit| i64::from(data[bit / 8] >> (bit % 8) & 1)));
                *at += count;
                Ok(())
            }
            Values::Codes(codes) => {
                self.scratch.resize(count, 0);
                if codes.read(&mut self.scratch).is_err() {
                    return Err(self.truncated());
                }
                out.extend(self.scratch.iter().map(|flag| i64::from(*flag)));
                Ok(())
            }
            Values::Plain(_) => Err(self.truncated()),
        }
    }

    pub(super) fn strings(&mut self, count: usize, out: &mut Vec<u32>, code: &mut dyn ManyCoder) -> Result<()> {
        if matches!(self.values, Values::Codes(_)) {
            if !self.mapped {
                self.map_strings(code)?;
            }
            let Values::Codes(codes) = &mut self.values else { return Err(self.truncated()) };
            return codes.look_up(count, &self.codes, out).map_err(|Truncated| self.truncated());
        }
        let Values::Plain(data) = &mut self.values else { return Err(self.truncated()) };
        let Some(taken) = code_strings(data, count, out, code) else { return Err(self.truncated()) };
        data.advance(taken);
        Ok(())
    }

    fn map_ints(&mut self) -> Result<()> {
        let data = self.dictionary.take().ok_or_else(|| self.truncated())?;
        let width = plain_width(self.physical, self.width);
        if width == 0 || data.len() < self.dictionary_len * width {
            return Err(self.truncated());
        }
        let mut ints = std::mem::take(&mut self.ints);
        ints.set(|ints| self.plain_ints(&data[..self.dictionary_len * width], width, ints));
        self.ints = ints;
        codec::give_back(data);
        self.mapped = true;
        Ok(())
    }

    fn map_strings(&mut self, code: &mut dyn ManyCoder) -> Result<()> {
        let data = self.dictionary.take().ok_or_else(|| self.truncated())?;
        let mut taken = None;
        self.codes.set(|codes| taken = code_strings(&data, self.dictionary_len, codes, code));
        if taken.is_none() {
            return Err(self.truncated());
        }
        codec::give_back(data);
        self.mapped = true;
        Ok(())
    }

    pub(super) fn truncated(&self) -> Error {
        self.damaged("its pages end before its values do")
    }

    pub(super) fn damaged(&self, why: &str) -> Error {
        self.refused(format!("a column cannot be decoded: {why}"), "the file is damaged or was cut short; deliver it again")
    }

    pub(super) fn refused(&self, what: String, hint: &str) -> Error {
        Error::input(what, self.file.place().at_column(self.name).at_row_group(self.row_group), hint)
    }
}

/// How many of the rows asked for have a value.
pub(super) enum Present {
    All,
    None,
    Some(usize),
}

fn plain_width(physical: Physical, fixed: usize) -> usize {
    match physical {
        Physical::INT32 => 4,
        Physical::INT64 => 8,
        Physical::FIXED_LEN_BYTE_ARRAY => fixed,
        _ => 0,
    }
}

/// A decimal stored as big-endian two's complement bytes; one too large for an `i64` reads as null and is a row fault.
fn big_endian(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut value: i128 = if negative { -1 } else { 0 };
    for byte in bytes {
        value = (value << 8) | i128::from(*byte);
    }
    i64::try_from(value).unwrap_or(NULL_INT)
}

/// Appends the codes of the first `count` strings of plain bytes; how many bytes they take, unless those end before.
fn code_strings(data: &[u8], count: usize, out: &mut Vec<u32>, code: &mut dyn ManyCoder) -> Option<usize> {
    let mut rest = data;
    let mut texts: [&[u8]; MANY] = [&[]; MANY];
    out.reserve(count.min(data.len() / 4));
    for first in (0..count).step_by(MANY) {
        let texts = &mut texts[..MANY.min(count - first)];
        for text in texts.iter_mut() {
            *text = next_string(&mut rest)?;
        }
        code.codes(texts, out);
    }
    Some(data.len() - rest.len())
}

/// Takes the next string off the front of plain bytes; they are only looked at, for a shared handle on each would cost more
/// than all else that is done with it.
pub(super) fn next_string<'d>(data: &mut &'d [u8]) -> Option<&'d [u8]> {
    let (length, rest) = data.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let text = rest.get(..length)?;
    *data = &rest[length..];
    Some(text)
}
