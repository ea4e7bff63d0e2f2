//! The plan of a run, its manifest and its progress.

pub mod add_ons;
pub mod agreements;
pub mod alignment;
pub mod assign;
pub mod assignment_list;
pub mod audit;
mod basis;
mod batches;
pub mod benchmark;
pub mod choices;
pub mod claim_rows;
pub mod claims;
mod components;
pub mod conclude;
mod contribution_head;
pub mod contributions;
pub mod county_results;
pub mod difference;
pub mod enroll;
pub mod episodes;
pub mod exact;
mod exact_tables;
pub mod facts;
pub mod findings;
pub mod given;
pub mod join;
mod kept_add_ons;
pub mod kept_factors;
mod kept_facts;
mod kept_keys;
mod kept_sums;
pub mod lineage;
pub mod look;
pub mod manifest;
mod memory;
pub mod metrics;
pub mod non_claims;
pub mod partitions;
pub mod pipeline;
pub mod plan;
pub mod progress;
pub mod quarantine;
pub mod reconciliation;
mod rests;
mod reuse;
pub mod rounds;
mod row_faults;
pub mod soundness;
pub mod sums;
pub mod terms;
pub mod watch;
pub mod whatif;
mod whole_rows;
pub mod work;

/// A name for one execution: the second it began, and enough of a hash to tell it from its neighbours.
#[must_use]
pub fn new_run_id() -> String {
    let now = jiff::Timestamp::now();
    let salt = blake3::hash(format!("{}|{}", now.as_nanosecond(), std::process::id()).as_bytes());
    format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), &salt.to_hex()[..6])
}
