//! What people read of a finished run: made from its folder alone.

mod contents;
mod explain;
mod reconciliation;
mod records;
mod rulebook;
mod settlements;
mod steps;
mod table;

pub use contents::contents;
pub use explain::{ExplainFormat, explain};
pub use reconciliation::reconciliation;
pub use rulebook::{rule_lines, rulebook};
pub use settlements::settlements;
pub use steps::{FiledStep, steps_of};
