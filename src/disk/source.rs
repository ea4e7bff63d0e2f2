//! A file open for reading: mapped into memory, or read piece by piece.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{ChunkReader, Length};

use super::InFile;
use super::guard::{self, Guarded};
use super::inject::{self, Op};
use crate::error::{Error, Place, Result};

/// How input files are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IoMode {
    /// Mapped into memory, pages shared with the operating system's cache.
    #[default]
    Map,
    /// Read with `pread`, for file systems on which mapping is unsafe or slow.
    Read,
}

/// An input file open for reading.
#[derive(Debug, Clone)]
pub enum Source {
    /// The whole file, mapped.
    Mapped(Bytes),
    /// The file and its length.
    File(Arc<File>, u64),
}

/// A map and its entry in the table of mapped files, which goes first: then the range may become another file's.
struct Mapped {
    _guarded: Guarded,
    map: memmap2::Mmap,
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

/// A multiple of the size of a page on every system we know.
const PAGE: usize = 1 << 16;

impl Source {
    /// Opens a file, refusing an empty one.
    ///
    /// # Errors
    /// When the file cannot be opened, is empty or cannot be mapped.
    pub fn open(path: &Path, mode: IoMode) -> Result<Self> {
        let file = inject::at(Op::Open).and_then(|()| File::open(path)).map_err(|e| Error::io("open", path, e))?;
        let length = file.metadata().map_err(|e| Error::io("look at", path, e))?.len();
        if length == 0 {
            return Err(Error::input(
                "the file is empty",
                Place::file(path),
                "deliver the file again; nothing in it can be read",
            ));
        }
        match mode {
            IoMode::Read => Ok(Self::File(Arc::new(file), length)),
            IoMode::Map => {
                // SAFETY: the map is read-only and private; if another process shrinks the file, touching the lost pages
                // raises SIGBUS, which disk::guard turns into a message and exit 3, never into a wrong sum.
                let map = inject::at(Op::Map)
                    .and_then(|()| unsafe { memmap2::Mmap::map(&file) })
                    .map_err(|e| Error::io("map", path, e))?;
                let guarded = guard::mark(path, map.as_ptr() as usize, map.len());
                Ok(Self::Mapped(Bytes::from_owner(Mapped { _guarded: guarded, map })))
            }
        }
    }
}

impl Source {
    /// Gives back the memory of a range that will not be read again; the operating system keeps the file's pages in its cache
    /// as long as it likes.
    pub fn release(&self, start: u64, length: u64) {
        let Self::Mapped(bytes) = self else { return };
        let whole = bytes.len();
        let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(whole);
        let first = clamp(start).next_multiple_of(PAGE);
        let end = clamp(start.saturating_add(length)) / PAGE * PAGE;
        if first < end {
            // SAFETY: the whole pages of the range lie inside a read-only map of a file, which starts at a page; whoever still
            // looks at them is given the same bytes of the file again.
            unsafe { libc::madvise(bytes.as_ptr().add(first).cast_mut().cast(), end - first, libc::MADV_DONTNEED) };
        }
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        match self {
            Self::Mapped(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }
}

impl ChunkReader for Source {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        match self {
            Self::Mapped(bytes) => Ok(Box::new(bytes.get_read(start)?)),
            Self::File(file, _) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(start))?;
                Ok(Box::new(BufReader::new(InFile::from(file))))
            }
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        match self {
            Self::Mapped(bytes) => bytes.get_bytes(start, length),
            Self::File(file, _) => {
                let mut buffer = vec![0; length];
                inject::at(Op::Read)?;
                file.read_exact_at(&mut buffer, start)?;
                Ok(buffer.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_back_reads_the_same_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("claims");
        let content: Vec<u8> = (0..5 * PAGE + 17).map(|at| (at / 7) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let source = Source::open(&path, IoMode::Map).unwrap();
        let length = content.len() as u64;
        for (start, count) in [(0, length), (100, 3 * PAGE as u64), (length - 1, 1), (length, u64::MAX), (u64::MAX, 5)] {
            source.release(start, count);
            assert_eq!(source.get_bytes(0, content.len()).unwrap(), content);
        }
    }
}
