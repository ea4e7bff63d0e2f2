//! Failing the n-th operation of a kind on purpose, so that tests can see what a full or broken disk leaves behind.
//!
//! In debug builds alone: `ACOBENCH_FAIL=sync:3` fails the third sync with an input/output error, `write:1:28` the first write
//! with error number 28, no space left; [`arm`] does the same within a process. A release build holds none of it.

use std::io;

/// A kind of operation that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Open,
    Map,
    Read,
    Create,
    Write,
    Sync,
    Rename,
}

/// Fails if this operation is the one chosen to fail.
#[cfg(not(debug_assertions))]
#[inline]
#[allow(clippy::unnecessary_wraps)] // the debug build of the same function fails
pub(super) fn at(_: Op) -> io::Result<()> {
    Ok(())
}

#[cfg(debug_assertions)]
pub(super) use chosen::at;
#[cfg(debug_assertions)]
pub use chosen::{arm, disarm};

#[cfg(debug_assertions)]
mod chosen {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex, OnceLock, PoisonError};

    use super::{Op, io};

    #[derive(Debug)]
    struct Chosen {
        op: Op,
        nth: u64,
        seen: AtomicU64,
        errno: i32,
    }

    static ENVIRONMENT: OnceLock<Option<Chosen>> = OnceLock::new();
    static ARMED: Mutex<Option<Arc<Chosen>>> = Mutex::new(None);

    /// Makes one operation of this process fail, as `ACOBENCH_FAIL` does; false when the words name none.
    #[must_use]
    pub fn arm(words: &str) -> bool {
        let chosen = parse(words).map(Arc::new);
        let named = chosen.is_some();
        *ARMED.lock().unwrap_or_else(PoisonError::into_inner) = chosen;
        named
    }

    /// Lets every operation succeed again; how many of the kind there were since [`arm`].
    #[must_use]
    pub fn disarm() -> u64 {
        let armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner).take();
        armed.map_or(0, |chosen| chosen.seen.load(Ordering::Relaxed))
    }

    pub fn at(op: Op) -> io::Result<()> {
        let armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(chosen) = armed {
            chosen.at(op)?;
        }
        let environment = ENVIRONMENT.get_or_init(|| parse(&std::env::var("ACOBENCH_FAIL").ok()?));
        environment.as_ref().map_or(Ok(()), |chosen| chosen.at(op))
    }

    impl Chosen {
        fn at(&self, op: Op) -> io::Result<()> {
            if self.op == op && self.seen.fetch_add(1, Ordering::Relaxed) + 1 == self.nth {
                return Err(io::Error::from_raw_os_error(self.errno));
            }
            Ok(())
        }
    }

    fn parse(text: &str) -> Option<Chosen> {
        let mut parts = text.split(':');
        let op = match parts.next()? {
            "open" => Op::Open,
            "map" => Op::Map,
            "read" => Op::Read,
            "create" => Op::Create,
            "write" => Op::Write,
            "sync" => Op::Sync,
            "rename" => Op::Rename,
            _ => return None,
        };
        let nth: u64 = parts.next()?.parse().ok()?;
        let errno = parts.next().and_then(|errno| errno.parse().ok()).unwrap_or(libc::EIO);
        Some(Chosen { op, nth, seen: AtomicU64::new(0), errno })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_words_name_one_operation() {
            let chosen = parse("write:2:28").unwrap();
            assert_eq!((chosen.op, chosen.errno, chosen.nth), (Op::Write, 28, 2));
            assert!(parse("dance:1").is_none() && parse("write:").is_none());
            let failed: Vec<bool> = (0..4).map(|_| chosen.at(Op::Write).is_err()).collect();
            assert_eq!(failed, [false, true, false, false]);
            assert!(chosen.at(Op::Read).is_ok());
        }
    }
}
