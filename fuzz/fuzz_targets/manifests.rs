//! The manifest of a finished run.

#![no_main]

use acobench::run::manifest::{FILE, Manifest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let home = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    std::fs::write(home.path().join(FILE), bytes).unwrap();
    if let Err(error) = Manifest::read(home.path()) {
        assert!(!error.to_string().is_empty());
    }
});
