//! The stream that a worker reads: Arrow batches in which the column `table` says what each row is of.

use std::io::Read;

use ahash::{HashSet, RandomState};
use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{DataType, SchemaRef};

use super::plan::STREAMED;
use crate::error::{Error, Place, Result};
use crate::extract::Table;
use crate::scan::{Arrived, Extract, TableFile, check_arrived};

/// The column that says what a row is of.
const TAG: &str = "table";
/// The column that all rows of a beneficiary have in common.
const BENEFICIARY: &str = "bene_id";

/// Rows of whole beneficiaries.
#[derive(Debug, Default)]
pub struct Group {
    batches: Vec<RecordBatch>,
    rows: usize,
}

/// Reads groups of whole beneficiaries from a stream.
pub struct Groups<R: Read> {
    reader: StreamReader<R>,
    /// Rows after which a group ends at the next beneficiary; none when rows of a beneficiary may be anywhere.
    limit: Option<usize>,
    seen: Seen,
    rest: Option<RecordBatch>,
}

/// Which beneficiaries have gone by, as hashes.
struct Seen {
    hasher: RandomState,
    hashes: HashSet<u64>,
    current: Option<Box<[u8]>>,
}

impl<R: Read> Groups<R> {
    /// Opens a stream. With a limit, rows of a beneficiary must follow one another.
    ///
    /// # Errors
    /// When the stream is none of Arrow's, or a column is not what its table must have.
    pub fn open(input: R, limit: Option<usize>) -> Result<Self> {
        let reader = StreamReader::try_new(input, None).map_err(|e| unread(&e))?;
        check(&reader.schema())?;
        let seen = Seen { hasher: RandomState::with_seeds(2, 3, 5, 7), hashes: HashSet::default(), current: None };
        Ok(Self { reader, limit, seen, rest: None })
    }

    /// The next group; none at the end.
    ///
    /// # Errors
    /// When the stream breaks off, or a beneficiary comes back who had gone by.
    pub fn next(&mut self) -> Result<Option<Group>> {
        let mut group = Group::default();
        group.take(self.rest.take());
        for batch in self.reader.by_ref() {
            let batch = batch.map_err(|e| unread(&e))?;
            let Some(limit) = self.limit else {
                group.take(Some(batch));
                continue;
            };
            let last_begins = self.seen.pass(&batch)?;
            if group.rows + batch.num_rows() >= limit && last_begins > 0 {
                group.take(Some(batch.slice(0, last_begins)));
                self.rest = Some(batch.slice(last_begins, batch.num_rows() - last_begins));
                return Ok(Some(group));
            }
            group.take(Some(batch));
        }
        Ok((group.rows > 0).then_some(group))
    }
}

impl Seen {
    /// Watches the beneficiaries of a batch go by; the row at which its last one begins.
    fn pass(&mut self, batch: &RecordBatch) -> Result<usize> {
        let Some(column) = batch.column_by_name(BENEFICIARY) else { return Ok(0) };
        let text = texts(column);
        let mut begins = 0;
        for row in 0..batch.num_rows() {
            let id = text(row).unwrap_or_default();
            if self.current.as_deref() == Some(id) {
                continue;
            }
            begins = row;
            // Rows that name nobody may be anywhere.
            if !id.is_empty() && !self.hashes.insert(self.hasher.hash_one(id)) {
                return Err(Error::input(
                    "the rows of a beneficiary do not follow one another",
                    Place::table("the stream").at_column(BENEFICIARY),
                    "sort each partition by bene_id, or leave --grouped out",
                ));
            }
            self.current = Some(id.into());
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
    ///
    /// # Errors
    /// When a row is of no table that a worker reads.
    pub fn extract(self) -> Result<Extract> {
        let mut arrived: [Vec<Arrived>; STREAMED.len()] = Default::default();
        for batch in self.batches {
            let Some(column) = batch.column_by_name(TAG) else { return Err(unknown_table("")) };
            let text = texts(column);
            let mut rows: [Vec<u32>; STREAMED.len()] = Default::default();
            let mut last: (&[u8], usize) = (b"", 0);
            for row in 0..batch.num_rows() {
                let name = text(row).unwrap_or_default();
                if name != last.0 || name.is_empty() {
                    let at = STREAMED.iter().position(|table| table.name.as_bytes() == name);
                    last = (name, at.ok_or_else(|| unknown_table(&String::from_utf8_lossy(name)))?);
                }
                rows[last.1].push(row as u32);
            }
            for (arrived, rows) in arrived.iter_mut().zip(rows).filter(|(_, rows)| !rows.is_empty()) {
                arrived.push(Arrived::new(batch.clone(), rows));
            }
        }
        let mut extract = Extract::empty(std::path::Path::new("the stream"));
        for (table, batches) in STREAMED.into_iter().zip(arrived) {
            extract.add(TableFile::arrived(table, batches));
        }
        Ok(extract)
    }
}

/// Holds a schema to what a worker reads.
fn check(schema: &SchemaRef) -> Result<()> {
    for wanted in [TAG, BENEFICIARY] {
        let text = schema.field_with_name(wanted).is_ok_and(|field| is_text(field.data_type()));
        if !text {
            return Err(Error::input(
                format!("the stream has no column {wanted} of strings"),
                Place::table("the stream").at_column(wanted),
                "send the rows of all tables in one stream, each tagged with the name of its table",
            ));
        }
    }
    STREAMED.iter().try_for_each(|table: &&'static Table| check_arrived(table, schema))
}

fn is_text(found: &DataType) -> bool {
    matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The strings of a column that [`check`] has let pass.
fn texts<'c>(column: &'c ArrayRef) -> Box<dyn Fn(usize) -> Option<&'c [u8]> + 'c> {
    match column.data_type() {
        DataType::LargeUtf8 => {
            let texts = column.as_string::<i64>();
            Box::new(|row| (!texts.is_null(row)).then(|| texts.value(row).as_bytes()))
        }
        DataType::Utf8View => {
            let texts = column.as_string_view();
            Box::new(|row| (!texts.is_null(row)).then(|| texts.value(row).as_bytes()))
        }
        _ => {
            let texts = column.as_string::<i32>();
            Box::new(|row| (!texts.is_null(row)).then(|| texts.value(row).as_bytes()))
        }
    }
}

fn unknown_table(name: &str) -> Error {
    Error::input(
        format!("a row of the stream is of the table `{name}`, which no worker reads"),
        Place::table("the stream").at_column(TAG),
        format!("tag each row with one of {}", STREAMED.map(|table| table.name).join(", ")),
    )
}

fn unread(fault: &arrow_schema::ArrowError) -> Error {
    Error::input(
        format!("standard input is no whole Arrow IPC stream: {fault}"),
        Place::default(),
        "send a schema, record batches and the end of the stream; an empty input is an empty partition",
    )
}
