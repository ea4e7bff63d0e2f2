//! Panics: defects of the program, told by their place alone. What a panic says can quote the data it stumbled over, and data
//! holds people; so its words are printed by debug builds only.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// Where the first panic happened.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Does the work, turning a panic in it, on whatever thread, into an error that names the place in the sources.
///
/// # Errors
/// The work's own, or [`Error::Failed`] after a panic.
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        let mut place = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() {
            *place = panicked.location().map(ToString::to_string);
        }
        if cfg!(debug_assertions) {
            earlier(panicked);
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let place = PLACE.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Err(Error::failed(
            format!("acobench {} has a defect at {}", env!("CARGO_PKG_VERSION"), place.as_deref().unwrap_or("an unknown place")),
            "nothing was published; please report this line and the command line, without any data",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_its_place_and_not_by_its_words() {
        let error = caught::<()>(|| panic!("beneficiary 1EG4TE5MK73")).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("src/cli/defect.rs:") && !told.contains("1EG4"), "{told}");
        assert_eq!(error.exit_code(), 1);
    }
}
