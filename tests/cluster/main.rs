//! The heavy half beyond one machine.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "../common/extract.rs"]
mod extract;
#[path = "../common/stream.rs"]
mod stream;

mod beyond_one_machine;
mod beyond_one_machine_years;
