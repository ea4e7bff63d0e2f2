//! A file open for reading: mapped into memory, or read piece by piece.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

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
    File(Arc<Opened>, u64),
}

/// A file read piece by piece, by several threads at once: each piece is asked for by its place, for a place that is moved to
/// first would be everybody's.
#[derive(Debug)]
pub struct Opened {
    path: PathBuf,
    held: Option<Held>,
}

/// How many files are held open from first to last; those beyond are opened again for every piece, so that a table of ten
/// thousand files does not take ten thousand descriptors.
const MOST_HELD: usize = 128;

static HELD: AtomicUsize = AtomicUsize::new(0);

/// A file among those held open.
#[derive(Debug)]
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Opened {
    fn new(path: &Path, file: File) -> Self {
        let room = HELD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| (held < MOST_HELD).then_some(held + 1));
        Self { path: path.to_path_buf(), held: room.is_ok().then(|| Held(file)) }
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        inject::at(Op::Read)?;
        match &self.held {
            Some(Held(file)) => file.read_at(bytes, at),
            None => File::open(&self.path)?.read_at(bytes, at),
        }
    }

    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        inject::at(Op::Read)?;
        match &self.held {
            Some(Held(file)) => file.read_exact_at(bytes, at),
            None => File::open(&self.path)?.read_exact_at(bytes, at),
        }
    }
}

/// Reads a file on from a place of its own.
struct Onward {
    file: Arc<Opened>,
    at: u64,
}

impl Read for Onward {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(bytes, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
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
            IoMode::Read => Ok(Self::File(Arc::new(Opened::new(path, file)), length)),
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

/// The failure of the disk behind a failure to read Parquet, if it is one: then the file itself may be whole.
#[must_use]
pub fn failure_of_disk(path: &Path, found: &ParquetError) -> Option<Error> {
    let ParquetError::External(cause) = found else { return None };
    let code = cause.downcast_ref::<io::Error>()?.raw_os_error()?;
    Some(Error::io("read", path, io::Error::from_raw_os_error(code)))
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
            Self::File(file, _) => Ok(Box::new(BufReader::new(Onward { file: Arc::clone(file), at: start }))),
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        match self {
            Self::Mapped(bytes) => bytes.get_bytes(start, length),
            Self::File(file, _) => {
                let mut buffer = vec![0; length];
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
    fn threads_that_read_one_file_do_not_move_each_other() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("claims");
        let content: Vec<u8> = (0..400_000u32).map(|at| (at / 256) as u8 ^ at as u8).collect();
        std::fs::write(&path, &content).unwrap();
        // One beyond those held open is opened again for every piece.
        let sources: Vec<Source> = (0..=MOST_HELD).map(|_| Source::open(&path, IoMode::Read).unwrap()).collect();
        for source in [&sources[0], &sources[MOST_HELD]] {
            std::thread::scope(|scope| {
                for start in [0, 100_000, 200_000, 300_000] {
                    let content = &content;
                    scope.spawn(move || {
                        let mut reader = source.get_read(start as u64).unwrap();
                        let mut piece = [0; 1_000];
                        for at in (start..start + 100_000).step_by(piece.len()) {
                            reader.read_exact(&mut piece).unwrap();
                            assert_eq!(piece, content[at..at + 1_000]);
                        }
                    });
                }
            });
        }
    }

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
