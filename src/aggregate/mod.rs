//! Mergeable integer sums: everything that the exact half needs of the claims.

mod distribution;
mod kept;
mod keyed;
mod partial;
mod rank;
mod sums;
mod tables;
mod wire;

pub use distribution::Distribution;
pub use keyed::Labels;
pub use partial::{Key, Partial, What, narrow};
pub use rank::{Annual, Top, threshold_of_counts};
pub use sums::{Part, ScoreSums, Sums, truncated_twelvefold};
pub use tables::{Aggregates, Heads, Shape};
pub use wire::{Stamp, VERSION};
