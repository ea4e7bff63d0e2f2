//! Finding the files of a table in an extract.

use std::path::{Path, PathBuf};

use crate::error::{Error, Place, Result};

/// The files of a table that an extract must have: `<table>.parquet`, or the `.parquet` files of `<table>/` sorted by name.
///
/// # Errors
/// When the table is missing, is there twice, or is a folder without files.
pub fn table_files(extract: &Path, table: &str) -> Result<Vec<PathBuf>> {
    find_table(extract, table)?.ok_or_else(|| {
        let hint =
            format!("deliver it as {table}.parquet, or as a folder {table}/ of .parquet files; `acobench import` writes both");
        Error::input(format!("table {table} is missing"), Place::table(table).in_file(extract), hint)
    })
}

/// The same for a table that an extract may have: `None` when it has not.
///
/// # Errors
/// When the extract is not a folder, or the table is there twice, or is a folder without files.
pub fn find_table(extract: &Path, table: &str) -> Result<Option<Vec<PathBuf>>> {
    if !extract.is_dir() {
        let what = if extract.exists() { "the extract is not a folder" } else { "the extract is not there" };
        return Err(Error::input(what, Place::file(extract), "give the folder that holds the tables"));
    }
    let file = extract.join(format!("{table}.parquet"));
    let folder = extract.join(table);
    match (file.is_file(), folder.is_dir()) {
        (false, false) => Ok(None),
        (true, false) => Ok(Some(vec![file])),
        (true, true) => Err(Error::input(
            format!("table {table} is there twice, as a file and as a folder"),
            Place::table(table).in_file(&file),
            format!("remove {table}.parquet or {table}/: which of them is meant is not for acobench to guess"),
        )),
        (false, true) => {
            let files: Vec<_> = super::list(&folder)?.into_iter().filter(|path| is_data(path)).collect();
            if files.is_empty() {
                let hint = "deliver its .parquet files; a table without rows is a file without rows";
                return Err(Error::input(
                    format!("table {table} is a folder without files"),
                    Place::table(table).in_file(folder),
                    hint,
                ));
            }
            Ok(Some(files))
        }
    }
}

/// A Parquet file, and not one that a writer hides by a leading `.` or `_` until it is whole.
fn is_data(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.ends_with(".parquet") && !name.starts_with(['.', '_']) && !path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_file_or_the_files_of_a_folder_by_name() {
        let home = tempfile::tempdir().unwrap();
        let extract = home.path();
        std::fs::write(extract.join("participant.parquet"), "").unwrap();
        std::fs::create_dir(extract.join("claim_line")).unwrap();
        for name in ["b.parquet", "a.parquet", "_SUCCESS", ".c.parquet"] {
            std::fs::write(extract.join("claim_line").join(name), "").unwrap();
        }
        assert_eq!(table_files(extract, "participant").unwrap(), [extract.join("participant.parquet")]);
        let files = table_files(extract, "claim_line").unwrap();
        assert_eq!(files, [extract.join("claim_line/a.parquet"), extract.join("claim_line/b.parquet")]);
        assert_eq!(find_table(extract, "eta_ccn").unwrap(), None);
    }

    #[test]
    fn a_missing_table_is_told_by_name_and_place() {
        let home = tempfile::tempdir().unwrap();
        let message = table_files(home.path(), "claim_line").unwrap_err().to_string();
        assert!(message.contains("table claim_line is missing") && message.contains("hint: deliver it as claim_line.parquet"));
        assert!(message.contains(&home.path().display().to_string()));
    }

    #[test]
    fn a_table_that_is_there_twice_is_refused() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("claim_line.parquet"), "").unwrap();
        std::fs::create_dir(home.path().join("claim_line")).unwrap();
        assert_eq!(table_files(home.path(), "claim_line").unwrap_err().exit_code(), 3);
    }
}
