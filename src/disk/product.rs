//! The files of a work folder: listed, aged, swept; and the program that made them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use super::blocks::PARTIAL;
use crate::error::{Error, Result};

/// In every work folder: a folder without it is someone else's.
const MARKER: &str = ".acobench-work";
const MARKER_TEXT: &[u8] =
    b"Kept by acobench between runs; everything here can be made again and may be removed while no run is at work.\n";
/// How the name of a product ends.
const ENDING: &str = ".kept";

/// A file that an earlier run kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was last used.
    pub used: SystemTime,
}

/// Marks a folder as a work folder, creating it for its owner alone; refuses one that holds something else.
///
/// # Errors
/// When the folder holds something that acobench did not put there, or cannot be created.
pub fn refuse_foreign_work(folder: &Path) -> Result<()> {
    let marker = folder.join(MARKER);
    if marker.exists() {
        return Ok(());
    }
    if folder.exists() && !(folder.is_dir() && super::list(folder)?.is_empty()) {
        return Err(Error::usage(
            format!("{} is there already, and is no work folder of acobench", folder.display()),
            "choose another folder with --work; only an empty one, or one that acobench made, is used",
        ));
    }
    super::create_dir(folder)?;
    super::write_all(&marker, MARKER_TEXT)
}

/// The products of a folder, the longest unused first; those of the same moment by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn products(folder: &Path) -> Result<Vec<Product>> {
    let mut found = Vec::new();
    for path in super::list(folder)? {
        let ours = path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.ends_with(ENDING) && !name.starts_with('.')
        });
        if let (true, Ok(seen)) = (ours, path.symlink_metadata()) {
            let used = seen.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push(Product { path, bytes: seen.len(), used });
        }
    }
    found.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
    Ok(found)
}

/// Removes the longest unused products, `spared` excepted, until the rest take no more than `limit` bytes; what it removed.
///
/// # Errors
/// When the folder cannot be read.
pub fn age_products(folder: &Path, limit: u64, spared: &[PathBuf]) -> Result<Vec<Product>> {
    let found = products(folder)?;
    let mut left: u64 = found.iter().map(|product| product.bytes).sum();
    let mut removed = Vec::new();
    for product in found {
        if left > limit && !spared.contains(&product.path) && fs::remove_file(&product.path).is_ok() {
            left -= product.bytes;
            removed.push(product);
        }
    }
    Ok(removed)
}

/// Notes that a product was used now.
pub fn touch(path: &Path) {
    // A product whose time cannot be set is merely swept earlier.
    let _ = File::options().write(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Removes what runs that did not end have left under construction. For whoever holds the folder's lock.
pub fn sweep_partial(folder: &Path) {
    for path in super::list(folder).unwrap_or_default() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') && name.contains(PARTIAL) {
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!("removed {}, left by a run that did not end", path.display()),
                Err(e) => tracing::warn!("cannot remove {}, left by a run that did not end: {e}", path.display()),
            }
        }
    }
}

/// What tells this program from every other build of it: its version and the hash of its own file.
#[must_use]
pub fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 20];
        let hashed = File::open("/proc/self/exe").or_else(|_| File::open(std::env::current_exe()?)).and_then(|mut file| {
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok(()),
                    read => hasher.update(&buffer[..read]),
                };
            }
        });
        let build = match hashed {
            Ok(()) => hasher.finalize().to_hex()[..16].to_string(),
            // One that cannot read itself trusts nothing that another run kept.
            Err(_) => format!("process {} at {:?}", std::process::id(), SystemTime::now()),
        };
        format!("{} {build}", env!("CARGO_PKG_VERSION"))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_longest_unused_go_first_and_the_spared_stay() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        for (name, seconds) in [("a.kept", 3), ("b.kept", 1), ("c.kept", 2), ("notes.txt", 0)] {
            super::super::write_all(&folder.join(name), &[0; 10]).unwrap();
            let file = File::options().write(true).open(folder.join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        }
        let removed = age_products(folder, 15, &[folder.join("b.kept")]).unwrap();
        let names: Vec<_> = removed.iter().map(|product| product.path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["c.kept", "a.kept"]);
        assert!(folder.join("notes.txt").exists());
    }

    #[test]
    fn a_folder_of_someone_else_is_no_work_folder() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("thesis.doc"), "years of work").unwrap();
        assert_eq!(refuse_foreign_work(home.path()).unwrap_err().exit_code(), 2);
        refuse_foreign_work(&home.path().join("work")).unwrap();
        refuse_foreign_work(&home.path().join("work")).unwrap();
    }

    #[test]
    fn what_was_under_construction_is_swept() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(".facts-1.kept.partial-99"), "half").unwrap();
        fs::write(home.path().join("facts-2.kept"), "whole").unwrap();
        sweep_partial(home.path());
        assert_eq!(super::super::list(home.path()).unwrap(), [home.path().join("facts-2.kept")]);
    }
}
