//! Rows in, Parquet out: the one way in which a table of the extract is written.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, StringBuilder, UInt8Builder, UInt16Builder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, Schema};
use arrow_select::coalesce::BatchCoalescer;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::schema::{Kind, SCHEMA_VERSION, SORTED_KEY, Table, VERSION_KEY};
use crate::error::{Error, Result};

/// Rows held before they are handed to the Parquet writer.
const BATCH_ROWS: usize = 16_384;
/// Rows of a row group: small enough that threads share a file evenly.
const ROW_GROUP_ROWS: usize = 262_144;

/// A row that knows its table.
pub trait Row {
    /// The table it belongs to.
    const TABLE: &'static Table;
    /// Appends itself to a batch of that table.
    fn append(&self, batch: &mut BatchBuilder);
}

enum Builder {
    Text(StringBuilder),
    UInt8(UInt8Builder),
    UInt16(UInt16Builder),
    UInt64(UInt64Builder),
    Date(Date32Builder),
    Decimal(Decimal128Builder),
    Flag(BooleanBuilder),
}

/// Columns of a table under construction.
pub struct BatchBuilder {
    schema: Arc<Schema>,
    columns: Vec<Builder>,
    rows: usize,
}

macro_rules! setter {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $cell:ty, $value:ident => $store:expr) => {
        $(#[$doc])*
        ///
        /// # Panics
        /// When the column is not of that type, which the row declarations exclude.
        #[inline]
        pub fn $name(&mut self, column: usize, $value: Option<$cell>) {
            match &mut self.columns[column] {
                Builder::$variant(builder) => builder.append_option($store),
                _ => unreachable!("column {column} is not of this kind"),
            }
        }
    };
}

impl BatchBuilder {
    /// An empty batch of the table.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        let columns = table.columns.iter().map(|column| match column.kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::UInt8 => Builder::UInt8(UInt8Builder::new()),
            Kind::UInt16 => Builder::UInt16(UInt16Builder::new()),
            Kind::UInt64 => Builder::UInt64(UInt64Builder::new()),
            Kind::Date => Builder::Date(Date32Builder::new()),
            Kind::Money | Kind::Number => Builder::Decimal(Decimal128Builder::new().with_data_type(column.kind.data_type())),
            Kind::Flag => Builder::Flag(BooleanBuilder::new()),
        });
        Self { schema: table.arrow_schema(), columns: columns.collect(), rows: 0 }
    }

    setter!(/** Appends to a string column. */ text, Text, &str, value => value);
    setter!(/** Appends to a `UInt8` column. */ uint8, UInt8, u8, value => value);
    setter!(/** Appends to a `UInt16` column. */ uint16, UInt16, u16, value => value);
    setter!(/** Appends to a `UInt64` column. */ uint64, UInt64, u64, value => value);
    setter!(/** Appends days since 1970-01-01 to a date column. */ date, Date, i32, value => value);
    setter!(/** Appends unscaled units (cents, millionths) to a decimal column. */ decimal, Decimal, i64, value => value.map(i128::from));
    setter!(/** Appends to a yes-or-no column. */ flag, Flag, bool, value => value);

    /// Ends a row in which `columns` cells were appended.
    #[inline]
    pub fn end_row(&mut self, columns: usize) {
        debug_assert_eq!(columns, self.columns.len());
        self.rows += 1;
    }

    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Takes the rows so far as a record batch.
    ///
    /// # Errors
    /// When a required column holds a null.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        self.rows = 0;
        let columns = self.columns.iter_mut().map(|column| -> ArrayRef {
            match column {
                Builder::Text(b) => Arc::new(b.finish()),
                Builder::UInt8(b) => Arc::new(b.finish()),
                Builder::UInt16(b) => Arc::new(b.finish()),
                Builder::UInt64(b) => Arc::new(b.finish()),
                Builder::Date(b) => Arc::new(b.finish()),
                Builder::Decimal(b) => Arc::new(b.finish()),
                Builder::Flag(b) => Arc::new(b.finish()),
            }
        });
        RecordBatch::try_new(self.schema.clone(), columns.collect())
            .map_err(|e| Error::failed(format!("cannot build a batch: {e}"), "this is a defect of acobench; please report it"))
    }
}

/// Writes one Parquet file of a table.
pub struct TableSink<W: Write + Send> {
    table: &'static Table,
    batch: BatchBuilder,
    made_elsewhere: BatchCoalescer,
    writer: ArrowWriter<W>,
    rows: u64,
}

impl<W: Write + Send> TableSink<W> {
    /// Starts a file of `table` on `out`; `sorted` says that rows will come in byte order of `bene_id`.
    ///
    /// # Errors
    /// When the writer refuses the schema.
    pub fn new(table: &'static Table, out: W, sorted: bool) -> Result<Self> {
        let mut keys = vec![KeyValue::new(VERSION_KEY.to_string(), SCHEMA_VERSION.to_string())];
        if sorted {
            keys.push(KeyValue::new(SORTED_KEY.to_string(), "bene_id".to_string()));
        }
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(format!("acobench {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(keys));
        for column in table.columns.iter().filter(|column| matches!(column.kind, Kind::Money)) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(column.name), column.nullable);
        }
        let writer = ArrowWriter::try_new(out, table.arrow_schema(), Some(properties.build())).map_err(|e| writing(table, &e))?;
        let made_elsewhere = BatchCoalescer::new(table.arrow_schema(), BATCH_ROWS);
        Ok(Self { table, batch: BatchBuilder::new(table), made_elsewhere, writer, rows: 0 })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push<R: Row>(&mut self, row: &R) -> Result<()> {
        self.push_cells(|batch| row.append(batch))
    }

    /// Appends the row that `fill` makes cell by cell, for writers that know their table only when they run.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push_cells(&mut self, fill: impl FnOnce(&mut BatchBuilder)) -> Result<()> {
        fill(&mut self.batch);
        self.rows += 1;
        if self.batch.rows() >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    /// Appends rows that were made elsewhere with a [`BatchBuilder`] of the same table. Where they were cut into batches leaves no
    /// trace in the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push_batch(&mut self, rows: &RecordBatch) -> Result<()> {
        self.flush()?;
        self.rows += rows.num_rows() as u64;
        self.made_elsewhere.push_batch(rows.clone()).map_err(|e| joining(self.table, &e))?;
        self.write_whole()
    }

    fn flush(&mut self) -> Result<()> {
        if self.batch.rows() == 0 {
            return Ok(());
        }
        self.flush_made_elsewhere()?;
        let batch = self.batch.finish()?;
        self.writer.write(&batch).map_err(|e| writing(self.table, &e))
    }

    fn flush_made_elsewhere(&mut self) -> Result<()> {
        self.made_elsewhere.finish_buffered_batch().map_err(|e| joining(self.table, &e))?;
        self.write_whole()
    }

    fn write_whole(&mut self) -> Result<()> {
        while let Some(batch) = self.made_elsewhere.next_completed_batch() {
            self.writer.write(&batch).map_err(|e| writing(self.table, &e))?;
        }
        Ok(())
    }

    /// Says in the file that its rows came in byte order of `bene_id`, for writers that learn it only at the end.
    pub fn declare_sorted(&mut self) {
        self.writer.append_key_value_metadata(KeyValue::new(SORTED_KEY.to_string(), "bene_id".to_string()));
    }

    /// Rows appended so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish<R: Row>(self) -> Result<W> {
        self.finish_cells()
    }

    /// Ends a file written with [`TableSink::push_cells`].
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish_cells(mut self) -> Result<W> {
        self.flush()?;
        self.flush_made_elsewhere()?;
        self.writer.into_inner().map_err(|e| writing(self.table, &e))
    }
}

fn joining(table: &Table, error: &ArrowError) -> Error {
    Error::failed(format!("cannot join rows of table {}: {error}", table.name), "this is a defect of acobench; please report it")
}

fn writing(table: &Table, error: &parquet::errors::ParquetError) -> Error {
    Error::failed(format!("cannot write table {}: {error}", table.name), "check that the disk has room, and run again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::NpiSpecialty;

    const SPECIALTIES: [&str; 3] = ["01", "08", "C5"];

    fn written(cuts: &[usize]) -> Vec<u8> {
        let table = NpiSpecialty::TABLE;
        let mut sink = TableSink::new(table, Vec::new(), false).unwrap();
        let mut batch = BatchBuilder::new(table);
        let mut ends = cuts.iter().scan(0, |end, rows| {
            *end += rows;
            Some(*end)
        });
        let mut end = ends.next();
        for row in 0..50_000_u64 {
            NpiSpecialty { npi: row * 7_919 % 30_011, specialty: SPECIALTIES[row as usize % 3] }.append(&mut batch);
            if Some(row as usize + 1) == end {
                sink.push_batch(&batch.finish().unwrap()).unwrap();
                end = ends.next();
            }
        }
        sink.push_batch(&batch.finish().unwrap()).unwrap();
        sink.finish_cells().unwrap()
    }

    #[test]
    fn where_batches_were_cut_leaves_no_trace_in_the_file() {
        let whole = written(&[]);
        for cuts in [&[1, 1_000, 16_384, 20_000][..], &[16_384; 3], &[777; 60]] {
            assert!(written(cuts) == whole, "{cuts:?}");
        }
    }
}
