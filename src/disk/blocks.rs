//! A file of blocks, each under its hash, that appears only when it is whole: what one run keeps for the next.
//!
//! Blocks one after the other, then the index (offset, length and BLAKE3 hash of each), then the index's own length and hash
//! and a mark. A file that was cut short has no mark; a bit that flipped anywhere makes a hash differ.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::inject::{self, Op};
use super::output::{self, Output};
use crate::error::{Error, Result};

const MARK: &[u8; 8] = b"ACOBLK01";
/// Offset, length, hash.
const ENTRY: usize = 8 + 8 + 32;
/// Length and hash of the index, mark.
const FOOT: usize = 8 + 32 + 8;
/// In the names of files under construction.
pub(super) const PARTIAL: &str = ".partial-";

/// A file of blocks under construction. Dropped unfinished, it vanishes.
#[derive(Debug)]
pub struct BlocksOut {
    out: Option<Output>,
    partial: PathBuf,
    target: PathBuf,
    index: Vec<u8>,
    end: u64,
}

impl BlocksOut {
    /// Begins a file that will appear at `target`.
    ///
    /// # Errors
    /// When nothing can be created beside it.
    pub fn begin(target: &Path) -> Result<Self> {
        let name = target.file_name().map_or_else(Default::default, |name| name.to_string_lossy().into_owned());
        let partial = target.with_file_name(format!(".{name}{PARTIAL}{}", std::process::id()));
        let out = output::create(&partial)?;
        Ok(Self { out: Some(out), partial, target: target.to_path_buf(), index: Vec::new(), end: 0 })
    }

    /// Appends a block.
    ///
    /// # Errors
    /// When the disk takes no more, or a signal came.
    pub fn append(&mut self, block: &[u8]) -> Result<()> {
        super::cancel::check()?;
        self.index.extend_from_slice(&self.end.to_le_bytes());
        self.index.extend_from_slice(&(block.len() as u64).to_le_bytes());
        self.index.extend_from_slice(blake3::hash(block).as_bytes());
        self.write(block)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        out.write_all(bytes).map_err(|e| Error::io("write", &self.partial, e))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Syncs the file and puts it in place in one step; its size.
    ///
    /// # Errors
    /// When the operating system refuses, or a signal came; what was in place before then still is.
    pub fn finish(mut self) -> Result<u64> {
        let index = std::mem::take(&mut self.index);
        self.write(&index)?;
        self.write(&(index.len() as u64).to_le_bytes())?;
        self.write(blake3::hash(&index).as_bytes())?;
        self.write(MARK)?;
        if let Some(out) = self.out.take() {
            output::close(out, &self.partial)?;
        }
        super::cancel::check()?;
        let rename = || inject::at(Op::Rename).and_then(|()| fs::rename(&self.partial, &self.target));
        rename().map_err(|e| Error::io("rename into place", &self.target, e))?;
        if let Some(folder) = self.target.parent() {
            output::sync(folder)?;
        }
        Ok(self.end)
    }
}

impl Drop for BlocksOut {
    fn drop(&mut self) {
        // After the rename nothing is there any more; what cannot be removed is swept by whoever opens the folder next.
        let _ = fs::remove_file(&self.partial);
    }
}

/// A whole file of blocks. Threads may read at the same time.
#[derive(Debug)]
pub struct Blocks {
    file: File,
    index: Vec<u8>,
}

impl Blocks {
    /// Opens a file of blocks.
    ///
    /// # Errors
    /// Why it cannot be used, in words: it is cut short, damaged or cannot be read. Never a reason to end a run: what it held
    /// is made again.
    pub fn open(path: &Path) -> Result<Self, String> {
        let told = |e: std::io::Error| format!("it cannot be read ({e})");
        let file = inject::at(Op::Open).and_then(|()| File::open(path)).map_err(told)?;
        let size = file.metadata().map_err(told)?.len();
        let cut = || String::from("it was cut short");
        let foot_at = size.checked_sub(FOOT as u64).ok_or_else(cut)?;
        let mut foot = [0; FOOT];
        read(&file, &mut foot, foot_at)?;
        if &foot[FOOT - 8..] != MARK {
            return Err(cut());
        }
        let length = foot[..8].try_into().map_or(0, u64::from_le_bytes);
        let index_at = foot_at.checked_sub(length).ok_or_else(cut)?;
        let mut index = vec![0; usize::try_from(length).map_err(|_| cut())?];
        read(&file, &mut index, index_at)?;
        if blake3::hash(&index).as_bytes() != &foot[8..40] || index.len() % ENTRY != 0 {
            return Err("its index does not have the hash it was written with".into());
        }
        Ok(Self { file, index })
    }

    /// Number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len() / ENTRY
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// A block, held against its hash.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    pub fn block(&self, number: usize) -> Result<Vec<u8>, String> {
        let entry = self.index.get(number * ENTRY..(number + 1) * ENTRY).ok_or("it has fewer blocks than it should")?;
        let word = |at: usize| entry[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
        let size = self.file.metadata().map_err(|e| format!("it cannot be read ({e})"))?.len();
        if word(0).checked_add(word(8)).is_none_or(|end| end > size) {
            return Err("it was cut short".into());
        }
        let mut block = vec![0; usize::try_from(word(8)).map_err(|_| "a block of it is larger than memory")?];
        read(&self.file, &mut block, word(0))?;
        if blake3::hash(&block).as_bytes() == &entry[16..] {
            Ok(block)
        } else {
            Err("a block of it does not have the hash it was written with".into())
        }
    }
}

fn read(file: &File, bytes: &mut [u8], at: u64) -> Result<(), String> {
    let done = inject::at(Op::Read).and_then(|()| file.read_exact_at(bytes, at));
    done.map_err(|e| format!("it cannot be read ({e})"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn written(path: &Path) -> Vec<u8> {
        let mut out = BlocksOut::begin(path).unwrap();
        out.append(b"first").unwrap();
        out.append(b"").unwrap();
        out.append(&[7; 300]).unwrap();
        out.finish().unwrap();
        fs::read(path).unwrap()
    }

    fn blocks(path: &Path) -> Result<Vec<Vec<u8>>, String> {
        let blocks = Blocks::open(path)?;
        (0..blocks.len()).map(|number| blocks.block(number)).collect()
    }

    #[test]
    fn blocks_come_back_and_are_for_their_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("facts");
        written(&path);
        assert_eq!(blocks(&path).unwrap(), [b"first".to_vec(), Vec::new(), vec![7; 300]]);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_told() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("facts");
        let whole = written(&path);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(&path, &flipped).unwrap();
            assert!(blocks(&path).is_err(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(blocks(&path).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_file_that_is_not_finished_is_never_seen() {
        let home = tempfile::tempdir().unwrap();
        let mut out = BlocksOut::begin(&home.path().join("facts")).unwrap();
        out.append(b"first").unwrap();
        drop(out);
        assert!(super::super::list(home.path()).unwrap().is_empty());
    }
}
