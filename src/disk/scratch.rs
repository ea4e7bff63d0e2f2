//! A file for intermediate data that memory does not hold.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::inject::{self, Op};
use crate::error::{Error, Result};

/// Bytes appended once and read back at will; the file is unlinked from the start and vanishes with the process.
#[derive(Debug)]
pub struct Scratch {
    file: File,
    end: AtomicU64,
    folder: PathBuf,
}

impl Scratch {
    /// An empty file in a folder.
    ///
    /// # Errors
    /// When the folder takes no file.
    pub fn begin(folder: &Path) -> Result<Self> {
        Ok(Self { file: super::scratch(folder)?, end: AtomicU64::new(0), folder: folder.to_path_buf() })
    }

    /// Appends bytes and tells where they begin; threads may append at the same time.
    ///
    /// # Errors
    /// When the disk takes no more.
    pub fn append(&self, bytes: &[u8]) -> Result<u64> {
        let begin = self.end.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        inject::at(Op::Write)
            .and_then(|()| self.file.write_all_at(bytes, begin))
            .map_err(|e| Error::io("write a scratch file in", &self.folder, e))?;
        Ok(begin)
    }

    /// Reads bytes back; threads may read at the same time.
    ///
    /// # Errors
    /// When the disk does not give them back.
    pub fn read(&self, begin: u64, bytes: &mut [u8]) -> Result<()> {
        let read = inject::at(Op::Read).and_then(|()| self.file.read_exact_at(bytes, begin));
        read.map_err(|e| Error::io("read a scratch file in", &self.folder, e))
    }

    /// Bytes appended so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }
}
