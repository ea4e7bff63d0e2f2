//! Savings and losses: what an ACO's arrangement makes of its benchmark and its expenditures.
//!
//! The order is that of the methodology specifications, 4.3 steps 4 to 11: gate, sharing or loss rate, sequestration,
//! limit, termination, circumstances, half year, recoupment. Every ACO gets the same steps, with 0 where one does not touch
//! it, so that one formula per step holds for savings and for losses.

mod loss_rate;
mod minimum_rate;
mod quality;
mod settle;
mod termination;
mod terms;

pub use quality::{MeasureStanding, health_equity_adjusted_score};
pub use settle::{Outcome, Position, Settlement, settle};
pub use terms::Terms;
