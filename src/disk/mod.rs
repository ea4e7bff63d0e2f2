//! Every open, map, read, write, sync and rename of the program.

mod blocks;
pub mod cancel;
pub mod guard;
mod infile;
pub mod inject;
mod input;
mod lock;
mod meter;
mod output;
pub mod privacy;
mod product;
mod scratch;
mod source;
mod staging;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

pub use blocks::{Blocks, BlocksOut};
pub use infile::InFile;
pub use input::{Input, hash_all};
pub use lock::{Lock, Taken};
pub use meter::Meter;
pub use output::{OutFile, Output, append, close, create, create_dir, put, remove, remove_dir, replace, scratch, write_all};
pub use product::{Product, age_products, products, program, refuse_foreign_work, sweep_partial, touch};
pub use scratch::Scratch;
pub use source::{IoMode, Source, failure_of_disk};
pub use staging::Staging;
pub use tables::{find_table, table_files};

use crate::error::{Error, Result};

/// Reads a whole text file.
///
/// # Errors
/// When the file cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    inject::at(inject::Op::Read).and_then(|()| fs::read_to_string(path)).map_err(|e| Error::io("read", path, e))
}

/// Reads a whole file.
///
/// # Errors
/// When the file cannot be read.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    inject::at(inject::Op::Read).and_then(|()| fs::read(path)).map_err(|e| Error::io("read", path, e))
}

/// Opens a file for reading from its start to its end.
///
/// # Errors
/// When the file cannot be opened.
pub fn open(path: &Path) -> Result<InFile> {
    InFile::open(path).map_err(|e| Error::io("open", path, e))
}

/// Entries of a folder, sorted by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = inject::at(inject::Op::Open).and_then(|()| fs::read_dir(folder)).map_err(|e| Error::io("list", folder, e))?;
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

/// Every file below a folder, hidden ones excepted, sorted by path.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in list(folder)? {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        match (hidden, path.is_dir()) {
            (true, _) => {}
            (false, true) => files.extend(files_below(&path)?),
            (false, false) => files.push(path),
        }
    }
    files.sort();
    Ok(files)
}

/// The most memory this process has held, in bytes; 0 where the system does not tell.
#[must_use]
pub fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}
