//! Every open, map, read, write, sync and rename of the program.

pub mod cancel;
mod meter;
mod source;
mod staging;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

pub use meter::Meter;
pub use source::{IoMode, Source};
pub use staging::Staging;

use crate::error::{Error, Result};

/// Creates a file readable by its owner alone, buffered.
///
/// # Errors
/// When the file cannot be created.
pub fn create(path: &Path) -> Result<BufWriter<File>> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| Error::io("create", path, e))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

/// Creates a folder and its parents, accessible to their owner alone.
///
/// # Errors
/// When a folder cannot be created.
pub fn create_dir(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Error::io("create folder", path, e))
}

/// Reads a whole text file.
///
/// # Errors
/// When the file cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::io("read", path, e))
}

/// Reads a whole file.
///
/// # Errors
/// When the file cannot be read.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Error::io("read", path, e))
}

/// Writes a whole file and syncs it.
///
/// # Errors
/// When the file cannot be written.
pub fn write_all(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let mut out = create(path)?;
    out.write_all(content).map_err(|e| Error::io("write", path, e))?;
    close(out, path)
}

/// Flushes, syncs and closes a file.
///
/// # Errors
/// When the operating system refuses.
pub fn close(out: BufWriter<File>, path: &Path) -> Result<()> {
    let file = out.into_inner().map_err(|e| Error::io("write", path, e.into_error()))?;
    file.sync_all().map_err(|e| Error::io("sync", path, e))
}

/// Opens a file for reading from its start to its end.
///
/// # Errors
/// When the file cannot be opened.
pub fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|e| Error::io("open", path, e))
}

/// Entries of a folder, sorted by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| Error::io("list", folder, e))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Whether something is at the path.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Whether a folder is at the path.
#[must_use]
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}
