//! An input file as it was when a run began: its size and time, its content's hash, and whether it still is that file.

use std::fs::Metadata;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{IoMode, Meter, Source, cancel};
use crate::error::{Error, Place, Result};

/// Seconds after which a file system's clock has surely moved on.
const SETTLED: i64 = 2;

/// Bytes that are hashed at once; more are no faster.
const PIECE: usize = 1 << 17;

/// A file that a run depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    path: PathBuf,
    seen: Seen,
}

/// What tells a file from another that took its name, and from itself after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl From<Metadata> for Seen {
    fn from(found: Metadata) -> Self {
        Self { device: found.dev(), inode: found.ino(), bytes: found.len(), modified: (found.mtime(), found.mtime_nsec()) }
    }
}

impl Input {
    /// Looks at a file without reading it.
    ///
    /// # Errors
    /// When nothing is there.
    pub fn look(path: &Path) -> Result<Self> {
        let seen = path.metadata().map_err(|e| Error::io("look at", path, e))?.into();
        Ok(Self { path: path.to_path_buf(), seen })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.seen.bytes
    }

    /// What tells the file's content from any other it ever had without reading it, for whoever remembers a hash: device, inode,
    /// size and both times. None when the file is so young that a later change could leave the same times.
    #[must_use]
    pub fn stamp(&self) -> Option<String> {
        let found = self.path.metadata().ok()?;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_secs() as i64;
        let settled = found.ctime().max(found.mtime()) + SETTLED <= now;
        let seen = Seen::from(found.clone());
        (settled && seen == self.seen).then(|| {
            let Seen { device, inode, bytes, modified } = seen;
            format!("{device}:{inode}:{bytes}:{}.{}:{}.{}", modified.0, modified.1, found.ctime(), found.ctime_nsec())
        })
    }

    /// Opens the file for reading, refusing it when it is no longer the one that was looked at.
    ///
    /// # Errors
    /// When the file is empty, changed, or cannot be opened.
    pub fn open(&self, mode: IoMode) -> Result<Source> {
        let source = Source::open(&self.path, mode)?;
        self.unchanged()?;
        Ok(source)
    }

    /// Refuses the run if the file is no longer the one that was looked at: what was read of it may be half of each.
    ///
    /// # Errors
    /// When the file was changed, replaced or removed.
    pub fn unchanged(&self) -> Result<()> {
        if self.path.metadata().is_ok_and(|now| Seen::from(now) == self.seen) {
            return Ok(());
        }
        Err(Error::input(
            "an input file was changed, replaced or removed while it was being read",
            Place::file(&self.path),
            "run again when it has been delivered whole",
        ))
    }

    /// The cause of a failure to read: the file's own change if it has changed, else what was found.
    #[must_use]
    pub fn blame(&self, found: Error) -> Error {
        self.unchanged().err().unwrap_or(found)
    }

    /// BLAKE3 hash of the content, in hexadecimal, counting bytes into `meter`.
    ///
    /// # Errors
    /// When the file cannot be read to its end, or a signal came.
    pub fn hash(&self, meter: &Meter) -> Result<String> {
        let refused = |e| self.blame(Error::io("read", &self.path, e));
        let mut file = super::open(&self.path).map_err(|error| self.blame(error))?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; PIECE];
        loop {
            cancel::check()?;
            let read = file.read(&mut buffer).map_err(refused)?;
            if read == 0 {
                return Ok(hasher.finalize().to_hex().to_string());
            }
            hasher.update(&buffer[..read]);
            meter.add_bytes(read as u64);
        }
    }
}

/// Hashes many files at once, in the order given.
///
/// # Errors
/// The first file's error, in that order.
pub fn hash_all(inputs: &[Input], meter: &Meter) -> Result<Vec<String>> {
    let hashes: Vec<Result<String>> = inputs.par_iter().map(|input| input.hash(meter)).collect();
    hashes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_refused_by_name() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("claim_line.parquet");
        std::fs::write(&path, "one").unwrap();
        let input = Input::look(&path).unwrap();
        input.unchanged().unwrap();
        std::fs::write(&path, "longer").unwrap();
        let refusal = input.unchanged().unwrap_err();
        assert_eq!(refusal.exit_code(), 3);
        assert!(refusal.to_string().contains("claim_line.parquet"));
        assert_eq!(input.blame(Error::failed("odd bytes", "")).exit_code(), 3);
    }

    #[test]
    fn a_file_replaced_by_one_of_the_same_size_is_another() {
        let home = tempfile::tempdir().unwrap();
        let (path, other) = (home.path().join("a"), home.path().join("b"));
        std::fs::write(&path, "one").unwrap();
        let input = Input::look(&path).unwrap();
        std::fs::write(&other, "two").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(input.unchanged().is_err());
    }

    #[test]
    fn hashes_come_in_the_order_of_the_files() {
        let home = tempfile::tempdir().unwrap();
        let inputs = ["x", "y", "x"].map(|text| {
            let path = home.path().join(format!("{text}.csv"));
            std::fs::write(&path, text).unwrap();
            Input::look(&path).unwrap()
        });
        let meter = Meter::default();
        let hashes = hash_all(&inputs, &meter).unwrap();
        assert_eq!(hashes[0], blake3::hash(b"x").to_hex().to_string());
        assert_eq!((hashes[0] == hashes[2], hashes[0] == hashes[1], meter.bytes()), (true, false, 3));
    }
}
