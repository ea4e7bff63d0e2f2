//! A folder that appears only when it is whole: written beside, synced, renamed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use std::sync::Mutex;

use tempfile::TempDir;

use crate::error::{Error, Result};

/// Folders under construction in this process, for [`abandon_all`].
static STAGED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder under construction beside the place where it will appear. Dropped unpublished, it vanishes.
#[derive(Debug)]
pub struct Staging {
    folder: TempDir,
    target: PathBuf,
}

impl Staging {
    /// Begins a folder that will appear at `target`.
    ///
    /// # Errors
    /// When the folder cannot be created beside `target`.
    pub fn begin(target: &Path) -> Result<Self> {
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        super::create_dir(parent)?;
        let name = target.file_name().map_or_else(|| "out".into(), |name| name.to_string_lossy());
        let folder = tempfile::Builder::new()
            .prefix(&format!(".{name}.partial-"))
            .tempdir_in(parent)
            .map_err(|e| Error::io("create folder beside", target, e))?;
        staged().push(folder.path().to_path_buf());
        Ok(Self { folder, target: target.to_path_buf() })
    }

    /// The folder to write into.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Syncs the folder and puts it in place, setting aside and then removing an earlier one.
    ///
    /// # Errors
    /// When the operating system refuses; the earlier folder is then still in place.
    pub fn publish(self) -> Result<()> {
        sync_folder(self.folder.path())?;
        let mut folders = staged(); // held: from here on a signal waits until the folder is in place
        let built = self.folder.keep();
        folders.retain(|folder| *folder != built);
        let earlier = self.target.exists().then(|| built.with_extension("earlier"));
        if let Some(earlier) = &earlier {
            fs::rename(&self.target, earlier).map_err(|e| Error::io("set aside", &self.target, e))?;
        }
        if let Err(e) = fs::rename(&built, &self.target) {
            if let Some(earlier) = &earlier {
                let _ = fs::rename(earlier, &self.target);
            }
            let _ = fs::remove_dir_all(&built);
            return Err(Error::io("rename into place", &self.target, e));
        }
        if let Some(parent) = self.target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        if let Some(earlier) = earlier {
            fs::remove_dir_all(&earlier).map_err(|e| Error::io("remove", &earlier, e))?;
        }
        Ok(())
    }
}

fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|handle| handle.sync_all()).map_err(|e| Error::io("sync", folder, e))
}

fn staged() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    STAGED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Removes every folder under construction and keeps new ones from being published: the process is about to end.
pub(super) fn abandon_all() {
    let folders = staged();
    for folder in folders.iter() {
        let _ = fs::remove_dir_all(folder);
    }
    std::mem::forget(folders);
}
