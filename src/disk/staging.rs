//! A folder that appears only when it is whole: written beside, synced, exchanged with what was there.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::inject::{self, Op};
use super::lock::try_lock;
use super::output;
use crate::error::{Error, Result};

/// In every published folder: a folder without it was made by someone else, and is never replaced.
const MARKER: &str = ".acobench";
const ASIDE: &str = ".earlier";
const MARKER_TEXT: &[u8] = b"Written by acobench, which replaces this folder as a whole when it writes here again.\n";

/// Folders under construction in this process, for [`abandon_all`].
static STAGED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder under construction beside the place where it will appear. Dropped unpublished, it vanishes; what a crash leaves
/// is swept when the next folder is begun at the same place.
#[derive(Debug)]
pub struct Staging {
    folder: PathBuf,
    target: PathBuf,
    /// Held locked while the folder is under construction: the lock tells the living from the dead, and no crash keeps it.
    _lock: Option<File>,
}

impl Staging {
    /// Begins a folder that will appear at `target`.
    ///
    /// # Errors
    /// When `target` holds something that acobench did not write, or nothing can be created beside it.
    pub fn begin(target: &Path) -> Result<Self> {
        let target = if target.exists() {
            target.canonicalize().map_err(|e| Error::io("resolve", target, e))?
        } else {
            target.to_path_buf()
        };
        refuse_foreign(&target)?;
        super::create_dir(parent_of(&target))?;
        sweep(&target);
        let (folder, lock) = create_locked(&target)?;
        let staging = Self { folder, target, _lock: lock };
        output::write_all(&staging.folder.join(MARKER), MARKER_TEXT)?;
        Ok(staging)
    }

    /// The folder to write into.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Syncs everything in the folder and puts it in place of what was there, in one step where the file system can.
    ///
    /// # Errors
    /// When a signal came, or the operating system refuses; what was there before then still is.
    pub fn publish(self) -> Result<()> {
        output::sync_tree(&self.folder)?;
        let parent = parent_of(&self.target).to_path_buf();
        {
            let _staged = staged(); // a signal waits until the folder is in place or has failed to be
            super::cancel::check()?;
            put_in_place(&self.folder, &self.target).map_err(|e| Error::io("rename into place", &self.target, e))?;
        }
        output::sync(&parent)
        // Dropping removes what now lies under the name of the folder under construction: the earlier output, if any.
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let mut staged = staged();
        staged.retain(|folder| *folder != self.folder);
        // What cannot be removed is swept when the next run begins here.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// How the names of folders under construction for a target begin.
fn prefix_of(target: &Path) -> String {
    format!(".{}.partial-", target.file_name().map_or_else(|| "out".into(), |name| name.to_string_lossy()))
}

/// Creates a folder under construction and locks it, where the file system has locks.
fn create_locked(target: &Path) -> Result<(PathBuf, Option<File>)> {
    let parent = parent_of(target);
    let refused = |e| Error::io("create a folder in", parent, e);
    // Between creation and lock a sweep elsewhere may take the folder for a dead one: then another is made.
    for _ in 0..16 {
        let mut staged = staged();
        inject::at(Op::Create).map_err(refused)?;
        let folder = tempfile::Builder::new()
            .prefix(&prefix_of(target))
            .rand_bytes(8)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(refused)?
            .keep();
        staged.push(folder.clone());
        let lock = File::open(&folder).and_then(|lock| try_lock(&lock).map(|()| lock));
        match lock {
            Ok(lock) if folder.exists() => return Ok((folder, Some(lock))),
            Err(e) if folder.exists() && e.kind() != ErrorKind::WouldBlock => return Ok((folder, None)),
            _ => staged.retain(|other| *other != folder),
        }
    }
    Err(Error::failed(
        format!("folders made beside {} vanish at once", target.display()),
        "see what else writes there, and run again",
    ))
}

/// Exchanges the folder with the target, or renames it where there is no target.
fn put_in_place(folder: &Path, target: &Path) -> io::Result<()> {
    inject::at(Op::Rename)?;
    if !target.exists() {
        return fs::rename(folder, target);
    }
    match exchange(folder, target) {
        Err(e) if matches!(e.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::ENOTSUP)) => replace(folder, target),
        done => done,
    }
}

/// The same in two steps, with the earlier folder set aside, where kernel or file system cannot exchange.
fn replace(folder: &Path, target: &Path) -> io::Result<()> {
    let aside = set_aside(folder);
    fs::rename(target, &aside)?;
    if let Err(e) = fs::rename(folder, target) {
        fs::rename(&aside, target)?;
        return Err(e);
    }
    // Under the name of the folder under construction it is removed with it, or swept.
    fs::rename(&aside, folder)
}

/// Exchanges two paths in one step.
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    let one = CString::new(one.as_os_str().as_bytes())?;
    let other = CString::new(other.as_os_str().as_bytes())?;
    // SAFETY: both are NUL-terminated strings that outlive the call.
    let done = unsafe {
        libc::syscall(libc::SYS_renameat2, libc::AT_FDCWD, one.as_ptr(), libc::AT_FDCWD, other.as_ptr(), libc::RENAME_EXCHANGE)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A folder with something in it that acobench did not write is not replaced.
fn refuse_foreign(target: &Path) -> Result<()> {
    if !target.exists() {
        return Ok(());
    }
    let ours = target.is_dir() && (target.join(MARKER).exists() || super::list(target)?.is_empty());
    if ours {
        return Ok(());
    }
    Err(Error::usage(
        format!("{} is there already, and acobench did not write it", target.display()),
        "choose another folder with --out; only a folder that acobench wrote, or an empty one, is replaced",
    ))
}

/// Where an earlier folder waits while another takes its place in two steps.
fn set_aside(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_os_string();
    name.push(ASIDE);
    name.into()
}

/// Removes what processes that died have left under construction, and puts back what one of them had set aside.
fn sweep(target: &Path) {
    let Ok(paths) = super::list(parent_of(target)) else { return };
    let prefix = prefix_of(target);
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.starts_with(&prefix) {
            continue;
        }
        let Ok(folder) = File::open(&path) else { continue };
        if try_lock(&folder).is_err() {
            continue;
        }
        if name.ends_with(ASIDE) && !target.exists() && fs::rename(&path, target).is_ok() {
            continue;
        }
        match fs::remove_dir_all(&path) {
            Ok(()) => tracing::info!("removed {}, left by a run that did not end", path.display()),
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => tracing::warn!("cannot remove {}, left by a run that did not end: {e}", path.display()),
        }
    }
}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn staged() -> MutexGuard<'static, Vec<PathBuf>> {
    STAGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes every folder under construction and keeps new ones from being published: the process is about to end.
pub(super) fn abandon_all() {
    let folders = staged();
    for folder in folders.iter() {
        let _ = fs::remove_dir_all(folder);
    }
    std::mem::forget(folders);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(target: &Path, text: &str) -> Staging {
        let staging = Staging::begin(target).unwrap();
        output::write_all(&staging.path().join("a.csv"), text.as_bytes()).unwrap();
        staging
    }

    fn names(folder: &Path) -> Vec<String> {
        super::super::list(folder).unwrap().iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_folder_replaces_the_earlier_one_and_leaves_nothing_beside() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("out");
        stage(&target, "one").publish().unwrap();
        stage(&target, "two").publish().unwrap();
        assert_eq!(super::super::read_text(&target.join("a.csv")).unwrap(), "two");
        assert_eq!(names(home.path()), ["out"]);
    }

    #[test]
    fn a_folder_that_is_not_published_vanishes() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("out");
        stage(&target, "one").publish().unwrap();
        drop(stage(&target, "two"));
        assert_eq!(super::super::read_text(&target.join("a.csv")).unwrap(), "one");
        assert_eq!(names(home.path()), ["out"]);
    }

    #[test]
    fn a_folder_of_someone_else_is_not_replaced() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("thesis.doc"), "years of work").unwrap();
        let refusal = Staging::begin(home.path()).unwrap_err();
        assert_eq!(refusal.exit_code(), 2);
        assert!(refusal.to_string().contains("acobench did not write it"));
        assert_eq!(names(home.path()), ["thesis.doc"]);
    }

    #[test]
    fn the_dead_are_swept_and_the_living_are_not() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("out");
        let living = stage(&target, "one");
        let dead = home.path().join(".out.partial-dead");
        fs::create_dir(&dead).unwrap();
        let other = stage(&target, "two");
        assert!(!dead.exists() && living.path().exists() && other.path().exists());
    }

    #[test]
    fn what_a_crash_had_set_aside_is_put_back() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("out");
        stage(&target, "one").publish().unwrap();
        fs::rename(&target, home.path().join(".out.partial-dead.earlier")).unwrap();
        drop(stage(&target, "two"));
        assert_eq!(super::super::read_text(&target.join("a.csv")).unwrap(), "one");
    }

    #[test]
    fn two_steps_do_where_one_is_not_to_be_had() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("out");
        stage(&target, "one").publish().unwrap();
        let two = stage(&target, "two");
        replace(&two.folder, &target).unwrap();
        drop(two);
        assert_eq!(super::super::read_text(&target.join("a.csv")).unwrap(), "two");
        assert_eq!(names(home.path()), ["out"]);
    }

    #[test]
    fn files_are_for_their_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("out");
        stage(&target, "one").publish().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&target), mode(&target.join("a.csv"))), (0o700, 0o600));
    }
}
