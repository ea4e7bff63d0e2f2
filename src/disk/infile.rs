//! A file open for reading from its start to its end.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::inject::{self, Op};

/// A file open for reading.
#[derive(Debug)]
pub struct InFile(File);

impl InFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        inject::at(Op::Open)?;
        File::open(path).map(Self)
    }

    /// What the file system knows of the file.
    ///
    /// # Errors
    /// When it does not tell.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }
}

impl Read for InFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        inject::at(Op::Read)?;
        self.0.read(bytes)
    }
}

impl Seek for InFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
