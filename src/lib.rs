//! Medicare fee-for-service claims to Shared Savings Program benchmarks and settlements.
//!
//! The rooms, from left to right, are told in `ARCHITECTURE.md`.

pub mod aggregate;
pub mod assignment;
pub mod benchmark;
pub mod beneficiary;
pub mod check;
pub mod cli;
pub mod cluster;
pub mod derivation;
pub mod disk;
pub mod error;
pub mod extract;
pub mod factors;
pub mod intake;
pub mod money;
pub mod replay;
pub mod report;
pub mod rules;
pub mod run;
pub mod scan;
pub mod settlement;
pub mod synth;
pub mod trace;
