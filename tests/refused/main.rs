//! Inputs, disks and people that fail, and what they are told.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "../common/extract.rs"]
mod extract;

mod bad_input;
mod check;
mod faults;
mod lost_file;
mod mistakes;
mod no_room;
mod process;
mod run_checks;
mod told_apart;
