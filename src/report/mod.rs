//! What people read of a finished run: made from its folder alone.

mod contents;
mod reconciliation;
mod records;
mod settlements;
mod table;

pub use contents::contents;
pub use reconciliation::reconciliation;
pub use settlements::settlements;
