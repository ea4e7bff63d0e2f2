//! A table with a header: text with any delimiter, quoted or not, with a byte order mark or not, gzipped or not; or Parquet.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ahash::HashMap;
use csv::ByteRecord;
use flate2::read::MultiGzDecoder;

use super::parquet_rows::ParquetRows;
use super::row::{Col, Row};
use crate::disk::{self, Meter};
use crate::error::{Error, Place, Result};

/// No line of a claims file comes near; a longer one is no line but a damaged file.
const LONGEST_LINE: usize = 1 << 20;
/// Rows between two looks at the signal and the counters.
const ROWS_PER_LOOK: u64 = 4_096;
const PARQUET: &[u8] = b"PAR1";
const GZIP: [u8; 2] = [0x1f, 0x8b];
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Columns that a person's files name in another way: their name, in upper case, to the name that the program knows.
#[derive(Debug, Clone, Default)]
pub struct Rename(BTreeMap<String, String>);

impl Rename {
    /// Reads a table with the columns `column` (as the files have it) and `known_as`.
    ///
    /// # Errors
    /// When the file cannot be read, lacks a column, or names one column twice.
    pub fn read(path: &Path) -> Result<Self> {
        let mut table = Delimited::open(path, &Self::default(), "--map", &Arc::default())?;
        let (from, to) = (table.header.required(&["COLUMN"])?, table.header.required(&["KNOWN_AS"])?);
        let mut names = BTreeMap::new();
        while table.advance()? {
            let name = |col| table.row().text(col).ok().flatten().map(str::to_ascii_uppercase);
            if let (Some(from), Some(to)) = (name(from), name(to))
                && names.insert(from.clone(), to).is_some()
            {
                let place = Place::file(path).at_column(from).at_line(table.line());
                return Err(Error::input("a column is renamed twice", place, "keep one of the two lines"));
            }
        }
        Ok(Self(names))
    }

    fn apply(&self, name: String) -> String {
        self.0.get(&name).cloned().unwrap_or(name)
    }
}

/// The names of a file's columns, in upper case, after renaming.
#[derive(Debug)]
pub struct Header {
    path: PathBuf,
    table: String,
    names: Vec<String>,
    at: HashMap<String, usize>,
    /// Columns that were found by name, which are all that a Parquet file is read for.
    asked: RefCell<BTreeSet<usize>>,
}

impl Header {
    fn new<'n>(path: &Path, table: &str, names: impl Iterator<Item = &'n [u8]>, rename: &Rename) -> Result<Self> {
        let name = |cell: &[u8]| rename.apply(String::from_utf8_lossy(cell).trim().to_ascii_uppercase());
        let names: Vec<String> = names.map(name).collect();
        let mut at = HashMap::default();
        for (index, name) in names.iter().enumerate() {
            if !name.is_empty() && at.insert(name.clone(), index).is_some() {
                // By number: were the header missing, its cells would be a person's.
                let first = names.iter().position(|earlier| earlier == name).unwrap_or_default();
                let columns = format!("number {} and number {}", first + 1, index + 1);
                let hint = "keep one of them, or rename it with --map; check that the file begins with its header";
                return Err(Error::input("two columns have the same name", place_of(path, table).at_column(columns), hint));
            }
        }
        Ok(Self { path: path.to_path_buf(), table: table.to_string(), names, at, asked: RefCell::default() })
    }

    /// Whether any of the names is a column.
    #[must_use]
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.at.contains_key(*name))
    }

    /// The first of the names that is a column.
    #[must_use]
    pub fn optional(&self, names: &[&str]) -> Col {
        let found = names.iter().find_map(|name| self.at.get(&name.to_ascii_uppercase()));
        self.asked.borrow_mut().extend(found);
        found.map_or(Col::ABSENT, |index| Col::at(*index))
    }

    /// The same, for a column that cannot be done without.
    ///
    /// # Errors
    /// When no column has any of the names.
    pub fn required(&self, names: &[&str]) -> Result<Col> {
        let col = self.optional(names);
        if col.is_absent() {
            let place = place_of(&self.path, &self.table).at_column(names.join(" or "));
            let hint = "deliver the column, or name the one that holds it in a --map file (column,known_as)";
            return Err(Error::input("a column is missing", place, hint));
        }
        Ok(col)
    }

    /// Names of all columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The extract table whose rows the file is read into, for messages.
    pub fn set_table(&mut self, table: &str) {
        self.table = table.to_string();
    }
}

/// Where rows come from.
enum Rows {
    Text(Box<csv::Reader<Box<dyn Read + Send>>>),
    Parquet(Box<ParquetRows>),
}

/// A table open for reading, one row at a time.
pub struct Delimited {
    /// The names of its columns.
    pub header: Header,
    path: PathBuf,
    rows_of: Rows,
    record: ByteRecord,
    meter: Arc<Meter>,
    rows: u64,
}

impl Delimited {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When the file cannot be opened, is empty or is not a text table.
    pub fn open(path: &Path, rename: &Rename, table: &str, meter: &Arc<Meter>) -> Result<Self> {
        if begins_with(path, PARQUET)? {
            let rows = ParquetRows::open(path)?;
            let header = Header::new(path, table, rows.names().iter().map(String::as_bytes), rename)?;
            return Ok(Self::of(header, path, Rows::Parquet(Box::new(rows)), meter));
        }
        let refuse = |what: &str, hint: &str| Error::input(what, place_of(path, table), hint);
        let mut stream = decoded(path, meter)?;
        let head = head(&mut stream).map_err(|e| read_error(path, table, None, &e))?;
        let text = head.strip_prefix(&UTF8_MARK).unwrap_or(&head).to_vec();
        if text.trim_ascii().is_empty() {
            return Err(refuse("the file is empty", "deliver the file again; nothing in it can be read"));
        }
        if text.starts_with(b"PK\x03\x04") {
            return Err(refuse("the file is a zip archive", "unpack it into the folder first; single files may stay gzipped"));
        }
        if text.iter().take(1 << 12).any(|byte| *byte == 0) {
            return Err(refuse("the file is not UTF-8 text", "deliver it as UTF-8 or ASCII text with a header line"));
        }
        let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let delimiter = delimiter_of(first_line);
        let guarded = LineGuard { inner: Cursor::new(text).chain(stream), since: 0 };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 18)
            .from_reader(Box::new(guarded) as Box<dyn Read + Send>);
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(|e| csv_error(path, table, Some(1), &e))?;
        let header = Header::new(path, table, record.iter(), rename)?;
        Ok(Self::of(header, path, Rows::Text(Box::new(reader)), meter))
    }

    fn of(header: Header, path: &Path, rows_of: Rows, meter: &Arc<Meter>) -> Self {
        Self { header, path: path.to_path_buf(), rows_of, record: ByteRecord::new(), meter: Arc::clone(meter), rows: 0 }
    }

    /// Goes to the next row; false at the end.
    ///
    /// # Errors
    /// When the file cannot be read or decompressed, holds a line without end, or a signal asks to stop.
    #[inline]
    pub fn advance(&mut self) -> Result<bool> {
        let more = match &mut self.rows_of {
            Rows::Text(reader) => {
                let read = reader.read_byte_record(&mut self.record);
                read.map_err(|e| csv_error(&self.path, &self.header.table, Some(reader.position().line()), &e))?
            }
            Rows::Parquet(rows) => rows.advance(&self.path, &mut self.record, &self.header.asked)?,
        };
        if more {
            self.rows += 1;
            if self.rows.is_multiple_of(ROWS_PER_LOOK) {
                disk::cancel::check()?;
                self.meter.add_rows(ROWS_PER_LOOK);
            }
        } else {
            self.meter.add_rows(self.rows % ROWS_PER_LOOK);
        }
        Ok(more)
    }

    /// The row at which the table stands.
    #[inline]
    pub fn row(&self) -> Row<'_> {
        Row::new(&self.record)
    }

    /// Whether the row has as many cells as the header has names.
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.record.len() == self.header.names.len()
    }

    /// Line at which the row begins, from 1; of a Parquet file, the number of the row.
    #[must_use]
    pub fn line(&self) -> u64 {
        match self.rows_of {
            Rows::Text(_) => self.record.position().map_or(0, csv::Position::line),
            Rows::Parquet(_) => self.rows,
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a file begins with these bytes.
fn begins_with(path: &Path, magic: &[u8]) -> Result<bool> {
    let mut first = Vec::new();
    disk::open(path)?.take(magic.len() as u64).read_to_end(&mut first).map_err(|e| Error::io("read", path, e))?;
    Ok(first == magic)
}

/// The bytes of the file, decompressed if they are gzip, whatever the file is called.
fn decoded(path: &Path, meter: &Arc<Meter>) -> Result<Box<dyn Read + Send>> {
    let mut file = disk::open(path)?;
    let mut magic = Vec::new();
    (&mut file).take(2).read_to_end(&mut magic).map_err(|e| Error::io("read", path, e))?;
    let is_gzip = magic == GZIP;
    let counted = Counted { inner: Cursor::new(magic).chain(file), meter: Arc::clone(meter) };
    let buffered = BufReader::with_capacity(1 << 18, counted);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) })
}

/// The beginning of a stream, at least to the end of its first line.
fn head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while head.len() < LONGEST_LINE {
        let before = head.len();
        stream.by_ref().take(1 << 14).read_to_end(&mut head)?;
        if head.len() == before || head[before..].contains(&b'\n') {
            break;
        }
    }
    Ok(head)
}

/// The delimiter that occurs most often in the header.
fn delimiter_of(line: &[u8]) -> u8 {
    let count = |delimiter: u8| line.split(|byte| *byte == delimiter).count();
    [b'|', b',', b'\t', b';'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b'|')
}

/// Refuses a line without end before it fills the memory.
struct LineGuard<R> {
    inner: R,
    since: usize,
}

impl<R: Read> Read for LineGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = &buffer[..read];
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => self.since = read - last - 1,
            None => self.since += read,
        }
        if self.since > LONGEST_LINE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than one mebibyte"));
        }
        Ok(read)
    }
}

struct Counted<R> {
    inner: R,
    meter: Arc<Meter>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.meter.add_bytes(read as u64);
        Ok(read)
    }
}

/// A file, and the table that it is read into as far as that is known.
fn place_of(path: &Path, table: &str) -> Place {
    let place = Place::file(path);
    if table.is_empty() { place } else { place.in_table(table) }
}

fn csv_error(path: &Path, table: &str, line: Option<u64>, error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(source) => read_error(path, table, line, source),
        _ => Error::input(format!("the file cannot be read: {error}"), place_of(path, table), "deliver the file again"),
    }
}

fn read_error(path: &Path, table: &str, line: Option<u64>, error: &io::Error) -> Error {
    let mut place = place_of(path, table);
    place.line = line;
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::input("the gzip file ends too early", place, "the transfer was cut short: fetch the file again")
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Error::input(format!("the file is damaged: {error}"), place, "fetch the file again")
        }
        _ => Error::io("read", path, io::Error::new(error.kind(), error.to_string())),
    }
}
