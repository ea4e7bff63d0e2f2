//! Mergeable integer sums: everything that the exact half needs of the claims.

mod rank;
mod sums;
mod tables;

pub use rank::{Annual, threshold};
pub use sums::{Part, ScoreSums, Sums, truncated_twelvefold};
pub use tables::{Aggregates, Heads, Shape};
