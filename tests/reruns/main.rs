//! Runs again: what is reused, what changed, the same bytes.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "../common/extract.rs"]
mod extract;

mod determinism;
mod diff;
mod relaunch;
mod reuse;
mod reuse_sequences;
mod spill;
mod swapped_inputs;
