//! Files of others, and invented ones, to extracts.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/extract.rs"]
mod extract;

mod assignment_lists;
mod fuzz_seeds;
mod import_alr;
mod import_cclf;
mod import_cclf_refused;
mod import_garbage;
mod import_huge;
mod import_rif;
mod import_rif_layouts;
mod import_rif_refused;
mod one_aco;
mod synth;
mod synth_cases;
mod synth_forms;
