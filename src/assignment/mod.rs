//! Facts and participants to who is assigned where, year by year.

mod owners;
mod plurality;

pub use owners::{Listed, Owner, Owners};
pub use plurality::{Assigner, Draw, UNASSIGNED};
