//! CSV files of a finished run, by column name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, Place, Result};

const HINT: &str = "give the folder of a finished run, written by this version of acobench";

/// One row of a table.
pub type Record = HashMap<String, String>;

/// A table of a run's folder.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    rows: Vec<Record>,
}

impl Records {
    /// Reads the table `name` of a run's folder.
    ///
    /// # Errors
    /// When it is missing or is not CSV.
    pub fn read(run: &Path, name: &str) -> Result<Self> {
        let path = run.join(name);
        if !disk::exists(&path) {
            return Err(Error::input(format!("{name} is missing"), Place::file(run), HINT));
        }
        let text = disk::read_text(&path)?;
        let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Result<_, _>>();
        let rows = rows.map_err(|e| Error::input(format!("{name} cannot be read: {e}"), Place::file(&path), HINT))?;
        Ok(Self { path, rows })
    }

    /// The rows, in the order of the file.
    pub fn rows(&self) -> &[Record] {
        &self.rows
    }

    /// A cell of a row.
    ///
    /// # Errors
    /// When the table has no such column.
    pub fn cell<'r>(&self, row: &'r Record, column: &str) -> Result<&'r str> {
        row.get(column).map(String::as_str).ok_or_else(|| {
            let table = self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let place = Place::table(table).in_file(&self.path).at_column(column);
            Error::input(format!("column {column} is missing"), place, HINT)
        })
    }
}
