//! What people read of a finished run: made from its folder alone.

mod records;
mod settlements;

pub use settlements::settlements;
