//! The stream that a worker reads: Arrow batches in which the column `table` says of which table each row is.

use std::io::Read;
use std::sync::Arc;

use ahash::{HashSet, RandomState};
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int8Type;
use arrow_array::{Array as _, RecordBatch};

use super::layout::{BENEFICIARY, Layout, TAG};
use super::messages::Messages;
use super::plan::STREAMED;
use super::scattered::Scattered;
use crate::error::{Error, Place, Result};
use crate::extract::Table;
use crate::scan::{Arrived, Extract, Met, Positions, Run, Short, TableFile, Text, Texts};

/// Reads groups of whole beneficiaries from a stream.
pub struct Groups<R: Read> {
    batches: Messages<R>,
    places: Places,
    /// Rows after which a group ends at the next beneficiary; none when rows of a beneficiary may be anywhere.
    limit: Option<usize>,
    seen: Seen,
    rest: Option<RecordBatch>,
}

/// Where things lie in the batches of a stream.
#[derive(Debug, Clone)]
struct Places {
    tag: usize,
    beneficiary: usize,
    /// Of each table that the stream may carry, in the order of [`STREAMED`].
    tables: Vec<(&'static Table, u8, Positions)>,
}

/// Which beneficiaries have gone by, as hashes.
struct Seen {
    hasher: RandomState,
    hashes: HashSet<u64>,
    current: Vec<u8>,
    /// The same, if it is short: most rows are of whom the last row was of, and no more is asked of them.
    short: Option<Short>,
}

impl<R: Read> Groups<R> {
    /// Opens a stream. With a limit, rows of a beneficiary must follow one another.
    ///
    /// # Errors
    /// When the stream is none of Arrow's, or a column is not what the plan says.
    pub fn open(input: R, layout: &Layout, limit: Option<usize>) -> Result<Self> {
        let batches = Messages::open(input).map_err(|e| unread(&e))?;
        let schema = batches.schema();
        layout.check(&schema)?;
        let at = |name: &str| schema.index_of(name).map_err(|e| unread(&e));
        let mut places = Places { tag: at(TAG)?, beneficiary: at(BENEFICIARY)?, tables: Vec::new() };
        for table in STREAMED {
            let Some(number) = layout.number(table.name) else { continue };
            let columns = layout.columns(table.name).map(|(name, slot)| Ok((name.to_string(), at(slot)?)));
            places.tables.push((table, number, Arc::new(columns.collect::<Result<_>>()?)));
        }
        let seen =
            Seen { hasher: RandomState::with_seeds(2, 3, 5, 7), hashes: HashSet::default(), current: Vec::new(), short: None };
        Ok(Self { batches, places, limit, seen, rest: None })
    }

    /// The next group as an extract; none at the end.
    ///
    /// # Errors
    /// When the stream breaks off, a row is of no table, or a beneficiary comes back who had gone by.
    pub fn next(&mut self) -> Result<Option<Extract>> {
        match self.limit {
            Some(limit) => self.group(limit),
            None => self.everything(),
        }
    }

    /// Rows of whole beneficiaries up to the first beneficiary who begins after so many.
    fn group(&mut self, limit: usize) -> Result<Option<Extract>> {
        let mut tables: Vec<Arrived> = self.places.tables.iter().map(|(.., positions)| Arrived::new(positions.clone())).collect();
        let mut rows = 0;
        if let Some(batch) = self.rest.take() {
            rows += batch.num_rows();
            self.places.share_out(&batch, &mut tables)?;
        }
        for batch in self.batches.by_ref() {
            let batch = batch.map_err(|e| unread(&e))?;
            let last_begins = self.seen.pass(&batch, self.places.beneficiary)?;
            rows += batch.num_rows();
            if rows >= limit && last_begins > 0 {
                self.places.share_out(&batch.slice(0, last_begins), &mut tables)?;
                self.rest = Some(batch.slice(last_begins, batch.num_rows() - last_begins));
                break;
            }
            self.places.share_out(&batch, &mut tables)?;
        }
        Ok((rows > 0).then(|| self.places.extract(tables.into_iter().map(|table| vec![table]))))
    }

    /// All rows that are left.
    fn everything(&mut self) -> Result<Option<Extract>> {
        let mut tables: Vec<Scattered> = self.places.tables.iter().map(|(.., positions)| Scattered::new(positions)).collect();
        let mut rows = 0;
        for batch in self.batches.by_ref() {
            let batch = batch.map_err(|e| unread(&e))?;
            rows += batch.num_rows();
            let mut of: Vec<Vec<u32>> = vec![Vec::new(); tables.len()];
            self.places.each_run(&batch, |table, run| of[table].extend(run.start as u32..run.end as u32))?;
            tables.iter_mut().zip(of).try_for_each(|(table, rows)| table.add(&batch, rows)).map_err(|e| unread(&e))?;
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrived = tables.into_iter().map(Scattered::arrived).collect::<Result<Vec<_>, _>>().map_err(|e| unread(&e))?;
        Ok(Some(self.places.extract(arrived.into_iter())))
    }
}

impl Places {
    /// Shares the rows of a batch out among the tables.
    fn share_out(&self, batch: &RecordBatch, tables: &mut [Arrived]) -> Result<()> {
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); tables.len()];
        self.each_run(batch, |table, run| runs[table].push(run))?;
        for (table, runs) in tables.iter_mut().zip(runs).filter(|(_, runs)| !runs.is_empty()) {
            table.add(batch.clone(), runs);
        }
        Ok(())
    }

    /// Tells each stretch of rows of one table, by the position of the table.
    fn each_run(&self, batch: &RecordBatch, mut tell: impl FnMut(usize, Run)) -> Result<()> {
        let tags = batch.column(self.tag).as_primitive::<Int8Type>();
        if tags.null_count() > 0 {
            return Err(Error::input(
                "a row of the stream has no table",
                Place::table("the stream").at_column(TAG),
                "tag each row with the number that the plan gives its table",
            ));
        }
        let mut start = 0;
        for same in tags.values().chunk_by(|left, right| left == right) {
            let found = self.tables.iter().position(|(_, number, _)| *number == same[0] as u8);
            tell(found.ok_or_else(|| unknown_table(same[0]))?, start..start + same.len());
            start += same.len();
        }
        Ok(())
    }

    /// Rows of every table as an extract.
    fn extract(&self, arrived: impl Iterator<Item = Vec<Arrived>>) -> Extract {
        let mut extract = Extract::empty(std::path::Path::new("the stream"));
        for ((table, ..), rows) in self.tables.iter().zip(arrived) {
            extract.add(TableFile::arrived(table, rows));
        }
        extract
    }
}

impl Seen {
    /// Watches the beneficiaries of a batch go by; the row at which its last one begins.
    fn pass(&mut self, batch: &RecordBatch, column: usize) -> Result<usize> {
        let Some(texts) = Texts::of(batch.column(column)) else { return Ok(0) };
        let (mut begins, mut row, mut scattered) = (0, 0, false);
        texts.each(std::slice::from_ref(&(0..batch.num_rows())), |met| {
            let (rows, text) = match met {
                Met::Nulls(rows) => (rows, Text::of(b"")),
                Met::Text(text) => (1, text),
            };
            let short = text.short();
            if short.is_none() || self.short != short {
                self.short = short;
                if self.current != text.bytes() {
                    begins = row;
                    // Rows that name nobody may be anywhere.
                    scattered |= !text.bytes().is_empty() && !self.hashes.insert(self.hasher.hash_one(text.bytes()));
                    self.current.clear();
                    self.current.extend_from_slice(text.bytes());
                }
            }
            row += rows;
        });
        if scattered {
            return Err(Error::input(
                "the rows of a beneficiary do not follow one another",
                Place::table("the stream").at_column(BENEFICIARY),
                "sort each partition by bene_id, or leave --grouped out",
            ));
        }
        Ok(begins)
    }
}

fn unknown_table(number: i8) -> Error {
    Error::input(
        format!("a row of the stream is of the table {number}, which the plan does not know"),
        Place::table("the stream").at_column(TAG),
        "tag each row with the number that the plan gives its table",
    )
}

fn unread(fault: &arrow_schema::ArrowError) -> Error {
    Error::input(
        format!("standard input is no whole Arrow IPC stream: {fault}"),
        Place::default(),
        "send a schema, record batches and the end of the stream; an empty input is an empty partition",
    )
}
