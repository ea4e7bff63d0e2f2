//! The heavy half: what the rules make of claims.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/extract.rs"]
mod extract;
#[path = "../common/tiny.rs"]
mod tiny;

mod choices;
mod county_results;
mod metamorphic;
mod rules;
mod trace;
mod wanted_rows;
