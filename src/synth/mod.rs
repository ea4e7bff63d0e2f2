//! A deterministic synthetic extract: every table, every rule's case, in any size.
//!
//! Each person is made from streams of random numbers that depend on the seed and the person's index alone. So every file can
//! be made by itself, on any number of threads, with the same bytes, and memory does not grow with the number of people.
//! `docs/synthetic-data.md` says what is drawn from what.

mod agreements;
mod as_cclf;
mod as_rif;
mod calendar;
mod claims;
mod enrollment;
mod foreign;
pub mod geography;
mod ids;
mod market;
mod parameters;
mod person;
mod plan;
mod random;
mod records;
mod scatter;
mod side_tables;
mod sorted;
mod world;

use std::path::Path;

pub use plan::{Assignment, Form, Plan, Tracks};

use crate::disk::{self, Meter, Staging};
use crate::error::Result;
use world::World;

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Rows of `claim_header` and `claim_line`.
    pub claim_rows: u64,
}

/// Makes the extract of a plan in the folder `out`, which appears only when it is whole.
///
/// # Errors
/// When the plan cannot be, when a table it names cannot be read, or when the disk refuses.
pub fn generate(plan: &Plan, out: &Path) -> Result<Made> {
    generate_watched(plan, out, &Meter::default())
}

/// Makes the extract of a plan, counting as it goes.
pub fn generate_watched(plan: &Plan, out: &Path, watch: &Meter) -> Result<Made> {
    let world = World::new(plan)?;
    let staging = Staging::begin(out)?;
    if plan.form != Form::Extract {
        foreign::deliver(&world, staging.path(), watch)?;
        staging.publish()?;
        return Ok(Made { claim_rows: watch.rows() });
    }
    side_tables::write(&world, staging.path())?;
    if plan.unsorted {
        let spill = staging.path().join("spill");
        disk::create_dir(&spill)?;
        scatter::write(&world, staging.path(), &spill, watch)?;
        disk::remove_dir(&spill)?;
    } else {
        sorted::write(&world, staging.path(), watch)?;
    }
    staging.publish()?;
    Ok(Made { claim_rows: watch.rows() })
}
