//! What people read of a finished run.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/extract.rs"]
mod extract;

mod explain;
mod reading;
mod replay;
mod results_file;
mod suppression;
mod whatif;
mod workbook;
