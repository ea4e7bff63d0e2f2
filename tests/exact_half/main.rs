//! The exact half: factor tables to benchmarks and settlements.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

#[path = "../exact/mod.rs"]
mod exact;

mod benchmark_edges;
mod benchmark_examples;
mod factor_faults;
mod rules_overlay;
mod settlement_properties;
mod settlement_vectors;
