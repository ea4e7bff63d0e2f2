//! Files being written: for their owner alone, buffered, synced before they count.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::inject::{self, Op};
use crate::error::{Error, Result};

/// A file open for writing.
#[derive(Debug)]
pub struct OutFile(File);

/// A file open for writing, behind a buffer of one mebibyte.
pub type Output = BufWriter<OutFile>;

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        inject::at(Op::Write)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Creates a file readable by its owner alone, buffered.
///
/// # Errors
/// When the file cannot be created.
pub fn create(path: &Path) -> Result<Output> {
    let open = || File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    let file = inject::at(Op::Create).and_then(|()| open()).map_err(|e| Error::io("create", path, e))?;
    Ok(BufWriter::with_capacity(1 << 20, OutFile(file)))
}

/// Flushes, syncs and closes a file.
///
/// # Errors
/// When the operating system refuses.
pub fn close(out: Output, path: &Path) -> Result<()> {
    let file = out.into_inner().map_err(|e| Error::io("write", path, e.into_error()))?;
    inject::at(Op::Sync).and_then(|()| file.0.sync_all()).map_err(|e| Error::io("sync", path, e))
}

/// Writes a whole file and syncs it.
///
/// # Errors
/// When the file cannot be written.
pub fn write_all(path: &Path, content: &[u8]) -> Result<()> {
    let mut out = create(path)?;
    out.write_all(content).map_err(|e| Error::io("write", path, e))?;
    close(out, path)
}

/// Writes a whole file beside its place and puts it there in one step: what was there before is whole until then.
///
/// # Errors
/// When the place is a folder or in none, or the file cannot be written; what was there before then still is.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    if path.is_dir() {
        let what = format!("{} is a folder, and a file is to be written", path.display());
        return Err(Error::usage(what, format!("name a file in it, such as {}", path.join("out").display())));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        let what = format!("{} cannot be written: the folder {} is not there", path.display(), folder.display());
        return Err(Error::usage(what, "make the folder first, or name another"));
    }
    let name = path.file_name().map_or_else(Default::default, |name| name.to_string_lossy().into_owned());
    let beside = path.with_file_name(format!(".{name}.partial-{}", std::process::id()));
    let written = write_all(&beside, content).and_then(|()| {
        super::cancel::check()?;
        let rename = || inject::at(Op::Rename).and_then(|()| fs::rename(&beside, path));
        rename().map_err(|e| Error::io("rename into place", path, e))
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Puts a file that is written and synced in its place in one step.
///
/// # Errors
/// When a signal came, or the operating system refuses; what was there before then still is.
pub fn put(file: &Path, place: &Path) -> Result<()> {
    super::cancel::check()?;
    inject::at(Op::Rename).and_then(|()| fs::rename(file, place)).map_err(|e| Error::io("rename into place", place, e))?;
    place.parent().map_or(Ok(()), sync)
}

/// Appends to a file that need not outlive the run, creating it if need be.
///
/// # Errors
/// When the file cannot be written.
pub fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let open = || File::options().append(true).create(true).mode(0o600).open(path);
    let file = inject::at(Op::Create).and_then(|()| open()).map_err(|e| Error::io("append to", path, e))?;
    OutFile(file).write_all(bytes).map_err(|e| Error::io("append to", path, e))
}

/// Removes a file.
///
/// # Errors
/// When the operating system refuses.
pub fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|e| Error::io("remove", path, e))
}

/// Removes an empty folder.
///
/// # Errors
/// When the operating system refuses, or something is in the folder.
pub fn remove_dir(path: &Path) -> Result<()> {
    fs::remove_dir(path).map_err(|e| Error::io("remove folder", path, e))
}

/// Creates a folder and its parents, accessible to their owner alone.
///
/// # Errors
/// When a folder cannot be created.
pub fn create_dir(path: &Path) -> Result<()> {
    let create = || fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    inject::at(Op::Create).and_then(|()| create()).map_err(|e| Error::io("create folder", path, e))
}

/// A file for intermediate data, unlinked as soon as it is open: it vanishes with the process, however that ends.
///
/// # Errors
/// When the folder takes no file.
pub fn scratch(folder: &Path) -> Result<File> {
    inject::at(Op::Create)
        .and_then(|()| tempfile::tempfile_in(folder))
        .map_err(|e| Error::io("create a scratch file in", folder, e))
}

/// Syncs a file or a folder.
pub(super) fn sync(path: &Path) -> Result<()> {
    inject::at(Op::Sync).and_then(|()| File::open(path)?.sync_all()).map_err(|e| Error::io("sync", path, e))
}

/// Syncs a folder with everything in it, deepest first.
pub(super) fn sync_tree(folder: &Path) -> Result<()> {
    for path in super::list(folder)? {
        if path.is_dir() { sync_tree(&path)? } else { sync(&path)? }
    }
    sync(folder)
}
