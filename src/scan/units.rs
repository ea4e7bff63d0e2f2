//! Row groups shared out among the threads of the pool.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::table::{RowGroup, TableFile};
use crate::disk::cancel;
use crate::error::{Error, Result};

/// A row group and the file it is of.
pub type Unit<'f> = (&'f TableFile, RowGroup);

/// Works through the units on every thread of the current pool. Each thread makes its own state once and takes units in
/// order; the states come back for merging. Of several failures the one of the first unit is told.
pub fn over_units<S: Send>(
    units: &[Unit<'_>],
    make: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &TableFile, &RowGroup) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    let states = rayon::broadcast(|_| {
        let mut state = make();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((file, group)) = units.get(at) else { break };
            let done = cancel::check().and_then(|()| work(&mut state, file, group));
            file.release(group);
            if let Err(error) = done {
                let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                if first.as_ref().is_none_or(|(unit, _)| at < *unit) {
                    *first = Some((at, error));
                }
                next.store(units.len(), Ordering::Relaxed);
                break;
            }
        }
        state
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(states),
    }
}
