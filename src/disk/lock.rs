//! A folder that one process at a time works in, by a lock that no crash leaves behind: the kernel takes it back.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::inject::{self, Op};
use crate::error::{Error, Result};

/// How often one who waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A lock held until dropped, or until the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// What one does who finds the lock taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Taken {
    /// Waits until it is free.
    Wait,
    /// Gives up.
    #[default]
    Refuse,
}

impl Lock {
    /// Takes the lock of a folder: that of the file `lock` in it.
    ///
    /// # Errors
    /// When another process holds it and one does not wait, when a signal came while waiting, or when the file system has no
    /// locks.
    pub fn take(folder: &Path, taken: Taken) -> Result<Self> {
        let path = folder.join("lock");
        let open = || File::options().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = inject::at(Op::Create).and_then(|()| open()).map_err(|e| Error::io("create", &path, e))?;
        let mut told = false;
        loop {
            match try_lock(&file) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(Error::io("lock", &path, e)),
                Err(_) if taken == Taken::Refuse => {
                    return Err(Error::failed(
                        format!("another run is at work in {}", folder.display()),
                        "wait for it to end, say --work-wait, or give each run a work folder of its own",
                    ));
                }
                Err(_) => {}
            }
            if !told {
                tracing::info!("waits for another run at work in {}", folder.display());
                told = true;
            }
            super::cancel::check()?;
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// Takes the lock of an open file or folder if no living process has it.
pub(super) fn try_lock(file: &File) -> io::Result<()> {
    // SAFETY: the descriptor is open for as long as the file is borrowed.
    let taken = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    if taken == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_until_the_first_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let first = Lock::take(home.path(), Taken::Refuse).unwrap();
        let refusal = Lock::take(home.path(), Taken::Refuse).unwrap_err();
        assert!(refusal.exit_code() == 1 && refusal.to_string().contains("--work-wait"));
        drop(first);
        Lock::take(home.path(), Taken::Refuse).unwrap();
    }

    #[test]
    fn one_who_waits_gets_it_when_the_first_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let first = Lock::take(home.path(), Taken::Refuse).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| Lock::take(home.path(), Taken::Wait).map(drop));
            std::thread::sleep(LOOK_AGAIN * 2);
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap().unwrap();
        });
    }
}
