//! One column of one row group, decoded a few thousand rows at a time straight into integers.
//!
//! Strings become codes: each dictionary entry is mapped once, by a closure, and rows only copy codes.

use bytes::{Buf as _, Bytes};
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageReader};
use parquet::file::serialized_reader::SerializedPageReader;

use super::arrived::ArrivedColumn;
use super::hybrid::{Hybrid, Truncated};
use super::table::{RowGroup, TableFile};
use crate::disk::{self, Source};
use crate::error::{Error, Result};

/// What a null reads as in a column of integers.
pub const NULL_INT: i64 = i64::MIN;

/// Maps the bytes of a string to the code that stands for it.
pub type Coder<'a> = dyn FnMut(&[u8]) -> u32 + 'a;

/// How the values of the page at hand are stored.
#[derive(Debug)]
enum Values {
    Plain(Bytes),
    Codes(Hybrid),
    Bits { data: Bytes, at: usize },
}

/// Reads one column of one row group from front to back.
pub struct ColumnCursor<'f> {
    file: &'f TableFile,
    row_group: usize,
    name: &'static str,
    pages: Option<SerializedPageReader<Source>>,
    physical: Physical,
    width: usize,
    nullable: bool,
    dictionary: Option<Bytes>,
    dictionary_len: usize,
    ints: Vec<i64>,
    codes: Vec<u32>,
    mapped: bool,
    page_left: usize,
    levels: Option<Hybrid>,
    values: Values,
    scratch: Vec<u32>,
    present: Vec<u32>,
    arrived: Option<ArrivedColumn<'f>>,
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
        let pages = SerializedPageReader::new(
            std::sync::Arc::new(held.source.clone()),
            chunk,
            usize::try_from(row_group.num_rows()).unwrap_or(0),
            None,
        );
        cursor.pages = Some(pages.map_err(|e| cursor.damaged(&e.to_string()))?);
        Ok(cursor)
    }

    /// Stands for a column that is not to be read: every value is null.
    pub fn absent(file: &'f TableFile, group: &RowGroup, name: &'static str) -> Self {
        Self {
            file,
            row_group: group.index,
            name,
            pages: None,
            physical: Physical::INT32,
            width: 0,
            nullable: true,
            dictionary: None,
            dictionary_len: 0,
            ints: Vec::new(),
            codes: Vec::new(),
            mapped: false,
            page_left: usize::MAX,
            levels: None,
            values: Values::Plain(Bytes::new()),
            scratch: Vec::new(),
            present: Vec::new(),
            arrived: None,
        }
    }

    /// Appends the next `rows` values of an integer, date, decimal or boolean column; nulls as [`NULL_INT`].
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
                    out.resize(start + take, NULL_INT);
                    spread(&self.present, &mut out[start..], count, NULL_INT);
                }
            }
        }
        Ok(())
    }

    /// Appends the codes of the next `rows` values of a string column; nulls as `null`.
    pub fn read_codes(&mut self, rows: usize, out: &mut Vec<u32>, null: u32, code: &mut Coder<'_>) -> Result<()> {
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
                    out.resize(start + take, null);
                    spread(&self.present, &mut out[start..], count, null);
                }
            }
        }
        Ok(())
    }

    /// Makes a page with values left the page at hand; the number of rows, up to `wanted`, that it still holds.
    fn page(&mut self, wanted: usize) -> Result<usize> {
        while self.page_left == 0 {
            let page = match self.pages.as_mut().map(PageReader::get_next_page) {
                Some(Ok(Some(page))) => page,
                Some(Ok(None)) | None => return Err(self.damaged("it ends before its rows do")),
                Some(Err(e)) => {
                    let path = self.file.on_disk().map(|held| held.input.path());
                    return Err(path
                        .and_then(|path| disk::failure_of_disk(path, &e))
                        .unwrap_or_else(|| self.damaged(&e.to_string())));
                }
            };
            self.enter(page)?;
        }
        let take = wanted.min(self.page_left);
        if self.pages.is_some() {
            self.page_left -= take;
        }
        Ok(take)
    }

    fn enter(&mut self, page: Page) -> Result<()> {
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                self.dictionary_len = num_values as usize;
                self.dictionary = Some(buf);
                self.mapped = false;
                Ok(())
            }
            Page::DataPage { buf, num_values, encoding, .. } => {
                let mut data = buf;
                self.levels = None;
                if self.nullable {
                    if data.len() < 4 {
                        return Err(self.truncated());
                    }
                    let length = data.get_u32_le() as usize;
                    if data.len() < length {
                        return Err(self.truncated());
                    }
                    self.levels = Some(Hybrid::new(data.split_to(length), 1).map_err(|_| self.truncated())?);
                }
                self.page_left = num_values as usize;
                self.start_values(data, encoding)
            }
            Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let mut data = buf;
                let levels = def_levels_byte_len as usize + rep_levels_byte_len as usize;
                if data.len() < levels {
                    return Err(self.truncated());
                }
                let _ = data.split_to(rep_levels_byte_len as usize);
                let levels = data.split_to(def_levels_byte_len as usize);
                self.levels = None;
                if self.nullable {
                    self.levels = Some(Hybrid::new(levels, 1).map_err(|_| self.truncated())?);
                }
                self.page_left = num_values as usize;
                self.start_values(data, encoding)
            }
        }
    }

    fn start_values(&mut self, mut data: Bytes, encoding: Encoding) -> Result<()> {
        #[allow(deprecated)]
        let values = match encoding {
            Encoding::PLAIN if self.physical == Physical::BOOLEAN => Values::Bits { data, at: 0 },
            Encoding::PLAIN => Values::Plain(data),
            Encoding::RLE if self.physical == Physical::BOOLEAN => {
                if data.len() < 4 {
                    return Err(self.truncated());
                }
                data.advance(4);
                Values::Codes(Hybrid::new(data, 1).map_err(|_| self.truncated())?)
            }
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                // A page of nulls alone may have no value bytes at all.
                let width = if data.is_empty() { 0 } else { data.get_u8() };
                Values::Codes(Hybrid::new(data, width).map_err(|_| self.truncated())?)
            }
            other => {
                return Err(self.refused(
                    format!("a page in the encoding {other} cannot be read"),
                    "write the file with plain or dictionary encoding (the default of Spark, DuckDB, pyarrow and acobench)",
                ));
            }
        };
        self.values = values;
        Ok(())
    }

    fn levels(&mut self, take: usize) -> Result<Present> {
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
        self.present.resize(take, 0);
        if levels.read(&mut self.present).is_err() {
            return Err(self.truncated());
        }
        let count = self.present.iter().sum::<u32>() as usize;
        Ok(if count == take {
            Present::All
        } else if count == 0 {
            Present::None
        } else {
            Present::Some(count)
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
            self.scratch.resize(count, 0);
            let known = self.ints.len();
            let whole = codes.read(&mut self.scratch).is_ok() && self.scratch.iter().all(|code| (*code as usize) < known);
            if !whole {
                return Err(self.truncated());
            }
            out.extend(self.scratch.iter().map(|code| self.ints[*code as usize]));
            return Ok(());
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

    fn strings(&mut self, count: usize, out: &mut Vec<u32>, code: &mut Coder<'_>) -> Result<()> {
        if matches!(self.values, Values::Codes(_)) {
            if !self.mapped {
                self.map_strings(code)?;
            }
            let Values::Codes(codes) = &mut self.values else { return Err(self.truncated()) };
            match codes.take_run(count) {
                Ok(Some(entry)) => {
                    let Some(value) = self.codes.get(entry as usize).copied() else { return Err(self.truncated()) };
                    out.resize(out.len() + count, value);
                    return Ok(());
                }
                Ok(None) => {}
                Err(Truncated) => return Err(self.truncated()),
            }
            self.scratch.resize(count, 0);
            let known = self.codes.len();
            let whole = codes.read(&mut self.scratch).is_ok() && self.scratch.iter().all(|entry| (*entry as usize) < known);
            if !whole {
                return Err(self.truncated());
            }
            out.extend(self.scratch.iter().map(|entry| self.codes[*entry as usize]));
            return Ok(());
        }
        let Values::Plain(data) = &mut self.values else { return Err(self.truncated()) };
        let mut rest = &data[..];
        for _ in 0..count {
            let Some(text) = next_string(&mut rest) else { return Err(self.truncated()) };
            out.push(code(text));
        }
        let taken = data.len() - rest.len();
        data.advance(taken);
        Ok(())
    }

    fn map_ints(&mut self) -> Result<()> {
        let data = self.dictionary.clone().ok_or_else(|| self.truncated())?;
        let width = plain_width(self.physical, self.width);
        if width == 0 || data.len() < self.dictionary_len * width {
            return Err(self.truncated());
        }
        let mut ints = std::mem::take(&mut self.ints);
        ints.clear();
        self.plain_ints(&data[..self.dictionary_len * width], width, &mut ints);
        self.ints = ints;
        self.mapped = true;
        Ok(())
    }

    fn map_strings(&mut self, code: &mut Coder<'_>) -> Result<()> {
        let data = self.dictionary.clone().ok_or_else(|| self.truncated())?;
        let mut rest = &data[..];
        self.codes.clear();
        for _ in 0..self.dictionary_len {
            let Some(text) = next_string(&mut rest) else { return Err(self.truncated()) };
            self.codes.push(code(text));
        }
        self.mapped = true;
        Ok(())
    }

    fn truncated(&self) -> Error {
        self.damaged("its pages end before its values do")
    }

    fn damaged(&self, why: &str) -> Error {
        self.refused(format!("a column cannot be decoded: {why}"), "the file is damaged or was cut short; deliver it again")
    }

    fn refused(&self, what: String, hint: &str) -> Error {
        Error::input(what, self.file.place().at_column(self.name).at_row_group(self.row_group), hint)
    }
}

/// How many of the rows asked for have a value.
enum Present {
    All,
    None,
    Some(usize),
}

/// Moves `count` values at the front of `values` to the rows that are present, from the back, and fills the others.
fn spread<T: Copy>(present: &[u32], values: &mut [T], count: usize, null: T) {
    let mut from = count;
    for row in (0..present.len()).rev() {
        if present[row] == 1 {
            from -= 1;
            values[row] = values[from];
        } else {
            values[row] = null;
        }
    }
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

/// Takes the next string off the front of plain bytes; they are only looked at, for a shared handle on each would cost more
/// than all else that is done with it.
fn next_string<'d>(data: &mut &'d [u8]) -> Option<&'d [u8]> {
    let (length, rest) = data.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let text = rest.get(..length)?;
    *data = &rest[length..];
    Some(text)
}
