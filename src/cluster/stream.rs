//! The stream that a worker reads: Arrow batches in which the column `table` says of which table each row is.

use std::io::Read;
use std::sync::Arc;

use ahash::{HashSet, RandomState};
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int8Type;
use arrow_array::{Array as _, RecordBatch};
use arrow_ipc::reader::StreamReader;

use super::layout::{BENEFICIARY, Layout, TAG};
use super::plan::STREAMED;
use crate::error::{Error, Place, Result};
use crate::extract::Table;
use crate::scan::{Arrived, Extract, Positions, Run, TableFile, Texts};

/// Rows of whole beneficiaries.
#[derive(Debug)]
pub struct Group {
    batches: Vec<RecordBatch>,
    rows: usize,
}

/// Reads groups of whole beneficiaries from a stream.
pub struct Groups<R: Read> {
    reader: StreamReader<R>,
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
}

impl<R: Read> Groups<R> {
    /// Opens a stream. With a limit, rows of a beneficiary must follow one another.
    ///
    /// # Errors
    /// When the stream is none of Arrow's, or a column is not what the plan says.
    pub fn open(input: R, layout: &Layout, limit: Option<usize>) -> Result<Self> {
        let reader = StreamReader::try_new(input, None).map_err(|e| unread(&e))?;
        let schema = reader.schema();
        layout.check(&schema)?;
        let at = |name: &str| schema.index_of(name).map_err(|e| unread(&e));
        let mut places = Places { tag: at(TAG)?, beneficiary: at(BENEFICIARY)?, tables: Vec::new() };
        for table in STREAMED {
            let Some(number) = layout.number(table.name) else { continue };
            let columns = layout.columns(table.name).map(|(name, slot)| Ok((name.to_string(), at(slot)?)));
            places.tables.push((table, number, Arc::new(columns.collect::<Result<_>>()?)));
        }
        let seen = Seen { hasher: RandomState::with_seeds(2, 3, 5, 7), hashes: HashSet::default(), current: Vec::new() };
        Ok(Self { reader, places, limit, seen, rest: None })
    }

    /// The next group as an extract; none at the end.
    ///
    /// # Errors
    /// When the stream breaks off, a row is of no table, or a beneficiary comes back who had gone by.
    pub fn next(&mut self) -> Result<Option<Extract>> {
        let mut group = Group { batches: Vec::new(), rows: 0 };
        group.take(self.rest.take());
        for batch in self.reader.by_ref() {
            let batch = batch.map_err(|e| unread(&e))?;
            let Some(limit) = self.limit else {
                group.take(Some(batch));
                continue;
            };
            let last_begins = self.seen.pass(&batch, self.places.beneficiary)?;
            if group.rows + batch.num_rows() >= limit && last_begins > 0 {
                group.take(Some(batch.slice(0, last_begins)));
                self.rest = Some(batch.slice(last_begins, batch.num_rows() - last_begins));
                return group.extract(&self.places).map(Some);
            }
            group.take(Some(batch));
        }
        (group.rows > 0).then(|| group.extract(&self.places)).transpose()
    }
}

impl Seen {
    /// Watches the beneficiaries of a batch go by; the row at which its last one begins.
    fn pass(&mut self, batch: &RecordBatch, column: usize) -> Result<usize> {
        let Some(texts) = Texts::of(batch.column(column)) else { return Ok(0) };
        let (mut begins, mut row, mut scattered) = (0, 0, false);
        texts.each(std::slice::from_ref(&(0..batch.num_rows())), |id| {
            let id = id.unwrap_or_default();
            if self.current != id {
                begins = row;
                // Rows that name nobody may be anywhere.
                scattered |= !id.is_empty() && !self.hashes.insert(self.hasher.hash_one(id));
                self.current.clear();
                self.current.extend_from_slice(id);
            }
            row += 1;
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

impl Group {
    fn take(&mut self, batch: Option<RecordBatch>) {
        if let Some(batch) = batch.filter(|batch| batch.num_rows() > 0) {
            self.rows += batch.num_rows();
            self.batches.push(batch);
        }
    }

    /// The group as an extract.
    fn extract(self, places: &Places) -> Result<Extract> {
        let mut arrived = vec![Vec::new(); places.tables.len()];
        let mut of = [usize::MAX; 256];
        for (at, (_, number, _)) in places.tables.iter().enumerate() {
            of[usize::from(*number)] = at;
        }
        for batch in self.batches {
            let tags = batch.column(places.tag).as_primitive::<Int8Type>();
            let mut runs: Vec<Vec<Run>> = vec![Vec::new(); places.tables.len()];
            let mut start = 0;
            for same in tags.values().chunk_by(|left, right| left == right) {
                let tag = same[0];
                let Some(runs) = runs.get_mut(of[usize::from(tag as u8)]) else { return Err(unknown_table(tag)) };
                runs.push(start..start + same.len());
                start += same.len();
            }
            if tags.null_count() > 0 {
                return Err(Error::input(
                    "a row of the stream has no table",
                    Place::table("the stream").at_column(TAG),
                    "tag each row with the number that the plan gives its table",
                ));
            }
            for ((arrived, runs), (.., positions)) in arrived.iter_mut().zip(runs).zip(&places.tables) {
                if !runs.is_empty() {
                    arrived.push(Arrived::new(batch.clone(), positions.clone(), runs));
                }
            }
        }
        let mut extract = Extract::empty(std::path::Path::new("the stream"));
        for ((table, ..), batches) in places.tables.iter().zip(arrived) {
            extract.add(TableFile::arrived(table, batches));
        }
        Ok(extract)
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
