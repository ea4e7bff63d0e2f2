//! Stopping on SIGINT and SIGTERM: cleanly and in under a second.
//!
//! A signal raises a flag, which every long loop asks for with [`check`] once per batch; the error it returns unwinds the work
//! and staged folders vanish on the way. Work that does not ask soon enough is ended from outside: after a grace period the
//! staged folders are removed and the process ends with 128 + signal.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::error::{Error, Result};

const SIGNALS: [i32; 2] = [libc::SIGINT, libc::SIGTERM];
/// How long the work may take to stop by itself.
const GRACE: Duration = Duration::from_millis(600);

static SIGNAL: AtomicUsize = AtomicUsize::new(0);

/// Whether a signal has asked the program to stop. Cheap: one relaxed load.
///
/// # Errors
/// [`Error::Interrupted`] once a signal has come.
#[inline]
pub fn check() -> Result<()> {
    match SIGNAL.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(Error::Interrupted(signal as i32)),
    }
}

/// Starts listening for SIGINT and SIGTERM. For the binary, once.
///
/// # Errors
/// When the operating system refuses a handler.
pub fn listen() -> Result<()> {
    let refused = |e: std::io::Error| Error::io("listen for signals in", "the process", e);
    let flag = Arc::new(AtomicUsize::new(0));
    let (mut heard, told) = UnixStream::pair().map_err(refused)?;
    for signal in SIGNALS {
        signal_hook::flag::register_usize(signal, Arc::clone(&flag), signal as usize).map_err(refused)?;
        let told = told.try_clone().map_err(refused)?;
        signal_hook::low_level::pipe::register(signal, told).map_err(refused)?;
    }
    let listener = std::thread::Builder::new().name("signals".into());
    listener
        .spawn(move || {
            if heard.read_exact(&mut [0]).is_err() {
                return;
            }
            let signal = flag.load(Ordering::Relaxed);
            SIGNAL.store(signal, Ordering::Relaxed);
            std::thread::sleep(GRACE);
            super::staging::abandon_all();
            tracing::warn!("{}", Error::Interrupted(signal as i32));
            std::process::exit(128 + signal as i32);
        })
        .map_err(refused)?;
    Ok(())
}
