//! Facts and participants to who is assigned where, year by year.

mod alignment;
mod owners;
mod plurality;

pub use alignment::{Designated, Designation, Designations, YearTest};
pub use owners::{Listed, Owner, Owners};
pub use plurality::{Assigner, Contest, Decided, Done, Draw, Standing, UNASSIGNED};
