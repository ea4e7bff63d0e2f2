//! Failing the n-th operation of a kind on purpose, so that tests can see what a full or broken disk leaves behind.
//!
//! In debug builds alone: `ACOBENCH_FAIL=sync:3` fails the third sync with an input/output error, `write:1:28` the first write
//! with error number 28, no space left. A release build holds none of it.

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
mod chosen {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{Op, io};

    #[derive(Debug)]
    struct Chosen {
        op: Op,
        countdown: AtomicU64,
        errno: i32,
    }

    static CHOSEN: OnceLock<Option<Chosen>> = OnceLock::new();

    pub fn at(op: Op) -> io::Result<()> {
        let Some(chosen) = CHOSEN.get_or_init(|| parse(&std::env::var("ACOBENCH_FAIL").ok()?)) else { return Ok(()) };
        // Once the countdown is over the operation keeps succeeding: the counter wraps far below 1.
        if chosen.op == op && chosen.countdown.fetch_sub(1, Ordering::Relaxed) == 1 {
            return Err(io::Error::from_raw_os_error(chosen.errno));
        }
        Ok(())
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
        Some(Chosen { op, countdown: AtomicU64::new(nth), errno })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_environment_names_one_operation() {
            let chosen = parse("write:2:28").unwrap();
            assert_eq!((chosen.op, chosen.errno, chosen.countdown.into_inner()), (Op::Write, 28, 2));
            assert!(parse("dance:1").is_none() && parse("write:").is_none());
        }
    }
}
