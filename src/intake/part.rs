//! One Parquet file of an extract table, which says at its end whether its rows came in order of beneficiary.

use arrow_array::RecordBatch;
use std::path::{Path, PathBuf};

use crate::disk::{self, Output};
use crate::error::Result;
use crate::extract::{BatchBuilder, Row, Table, TableSink};

/// A file `<extract>/<table>/<name>.parquet` under construction.
pub struct Part {
    path: PathBuf,
    sink: TableSink<Output>,
    last: String,
    sorted: bool,
}

impl Part {
    /// Starts the file; the table's folder is made if need be.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(extract: &Path, table: &'static Table, name: &str) -> Result<Self> {
        let folder = extract.join(table.name);
        disk::create_dir(&folder)?;
        let path = folder.join(format!("{name}.parquet"));
        let sink = TableSink::new(table, disk::create(&path)?, false)?;
        Ok(Self { path, sink, last: String::new(), sorted: true })
    }

    /// Appends the row of a beneficiary.
    ///
    /// # Errors
    /// When the file cannot be written.
    #[inline]
    pub fn push<R: Row>(&mut self, bene_id: &str, row: &R) -> Result<()> {
        if self.last != bene_id {
            self.sorted &= self.last.as_str() < bene_id;
            self.last.clear();
            self.last.push_str(bene_id);
        }
        self.sink.push(row)
    }

    /// Appends a row of a table that has no beneficiary, or whose order does not matter.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push_cells(&mut self, fill: impl FnOnce(&mut BatchBuilder)) -> Result<()> {
        self.sorted = false;
        self.sink.push_cells(fill)
    }

    /// Appends rows that come in order of beneficiary, after those that were appended before.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push_sorted(&mut self, rows: &RecordBatch) -> Result<()> {
        self.sink.push_batch(rows)
    }

    /// Ends the file and tells how many rows it holds.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<u64> {
        if self.sorted {
            self.sink.declare_sorted();
        }
        let rows = self.sink.rows();
        disk::close(self.sink.finish_cells()?, &self.path)?;
        Ok(rows)
    }
}
