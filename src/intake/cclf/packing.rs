//! Files as they are packed: plain, gzipped, or several in a zip archive.

use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use crate::disk;
use crate::error::{Error, Place, Result};

/// Text grows by about this much when it is unpacked; for a guess at the work ahead.
const GZIP_RATIO: u64 = 10;

/// How a file is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// By itself.
    Gzip,
    /// In a zip archive, under this name.
    Zip(String),
}

/// The files that a file holds: name, packing, and bytes of text as far as known.
///
/// # Errors
/// When the file cannot be opened, is empty, or its archive is damaged.
pub fn contents(path: &Path) -> Result<Vec<(String, Packing, u64)>> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut file = disk::open(path)?;
    let bytes = file.metadata().map_err(|e| Error::io("look at", path, e))?.len();
    let mut magic = [0_u8; 4];
    let read = file.read(&mut magic).map_err(|e| Error::io("read", path, e))?;
    match &magic[..read] {
        [0x1f, 0x8b, ..] => Ok(vec![(name, Packing::Gzip, bytes.saturating_mul(GZIP_RATIO))]),
        b"PK\x03\x04" => {
            file.seek(SeekFrom::Start(0)).map_err(|e| Error::io("read", path, e))?;
            let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(path, &e))?;
            let mut inner = Vec::new();
            for index in 0..archive.len() {
                let entry = archive.by_index_raw(index).map_err(|e| damaged(path, &e))?;
                if !entry.is_dir() {
                    let name = entry.name().map_err(|e| damaged(path, &e))?.into_owned();
                    inner.push((name.clone(), Packing::Zip(name), entry.size()));
                }
            }
            Ok(inner)
        }
        _ => Ok(vec![(name, Packing::Plain, bytes)]),
    }
}

/// Hands the text to `work`.
///
/// # Errors
/// When the file cannot be opened, its archive is damaged, or `work` fails.
pub fn with_text<T>(path: &Path, packing: &Packing, work: impl FnOnce(&mut (dyn Read + Send)) -> Result<T>) -> Result<T> {
    let mut file = disk::open(path)?;
    match packing {
        Packing::Plain => work(&mut file),
        Packing::Gzip => work(&mut MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file))),
        Packing::Zip(name) => {
            let mut archive = ZipArchive::new(BufReader::with_capacity(1 << 18, file)).map_err(|e| damaged(path, &e))?;
            work(&mut archive.by_name(name).map_err(|e| damaged(path, &e))?)
        }
    }
}

fn damaged(path: &Path, error: &zip::result::ZipError) -> Error {
    let hint = "the transfer was cut short: fetch the file again";
    Error::input(format!("the zip archive is damaged: {error}"), Place::file(path), hint)
}
