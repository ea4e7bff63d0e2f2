//! A file that joins a table of an extract that is there already.
//!
//! It is hidden from every reader until it is whole; then one rename puts it in place of an earlier one. Whatever goes wrong
//! before leaves the extract as it was.

use std::path::{Path, PathBuf};

use super::part::Part;
use crate::disk;
use crate::error::{Error, Result};
use crate::extract::Table;

/// A file under construction, `<extract>/<table>/<name>.parquet`.
pub struct Addition {
    folder: PathBuf,
    hidden: PathBuf,
    place: PathBuf,
    /// Whether the table's folder was made for it.
    made_folder: bool,
}

impl Addition {
    /// Begins the file; it is written through the part, which must be finished before [`Self::put`].
    ///
    /// # Errors
    /// When the extract is not there, or keeps the table in one file.
    pub fn begin(extract: &Path, table: &'static Table, name: &str) -> Result<(Self, Part)> {
        disk::find_table(extract, table.name)?;
        let one_file = extract.join(format!("{}.parquet", table.name));
        if disk::exists(&one_file) {
            return Err(Error::usage(
                format!("the extract keeps the table {} in {}", table.name, one_file.display()),
                format!("move it to {}/, so that other files can stand beside it", table.name),
            ));
        }
        let folder = extract.join(table.name);
        let made_folder = !disk::exists(&folder);
        let hidden_name = format!(".{name}.partial-{}", std::process::id());
        let (hidden, place) = (folder.join(format!("{hidden_name}.parquet")), folder.join(format!("{name}.parquet")));
        let addition = Self { folder, hidden, place, made_folder };
        let part = Part::create(extract, table, &hidden_name)?;
        Ok((addition, part))
    }

    /// Puts the finished file in place.
    ///
    /// # Errors
    /// When a signal came, or the operating system refuses; an earlier file is then still there.
    pub fn put(mut self) -> Result<()> {
        disk::put(&self.hidden, &self.place)?;
        self.made_folder = false;
        Ok(())
    }
}

impl Drop for Addition {
    fn drop(&mut self) {
        if disk::exists(&self.hidden) {
            let _ = disk::remove(&self.hidden);
        }
        // Stays where something else is in it.
        if self.made_folder {
            let _ = disk::remove_dir(&self.folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Addition;
    use crate::extract::{RiskScore, Row as _};

    #[test]
    fn what_is_not_put_in_place_leaves_nothing() {
        let extract = tempfile::tempdir().unwrap();
        let folder = extract.path().join("risk_score");
        let (addition, part) = Addition::begin(extract.path(), RiskScore::TABLE, "given").unwrap();
        drop(part);
        drop(addition);
        assert!(!folder.exists());
        let (addition, part) = Addition::begin(extract.path(), RiskScore::TABLE, "given").unwrap();
        part.finish().unwrap();
        addition.put().unwrap();
        drop(Addition::begin(extract.path(), RiskScore::TABLE, "given").unwrap());
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["given.parquet"]);
    }
}
