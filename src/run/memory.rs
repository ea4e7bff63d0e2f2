//! What a run will hold in memory, told before it is held.

use crate::error::{Error, Result};

/// Bytes for one person whatever the years: identifier, look-up slots, day of death.
const PER_PERSON: u64 = 48;
/// Bytes for one person-year: months, payments by component, two sets of scores.
const PER_PERSON_YEAR: u64 = 120;
/// Bytes for one person and assignment window: the chain of services with the billing entities usually met.
const PER_WINDOW: u64 = 170;
/// Bytes for blocks of records, columns under decoding and the tables of a thread.
const PER_THREAD: u64 = 24 << 20;

/// Anonymous memory that facts of so many people will take, in bytes; mapped input files come on top and can be dropped by
/// the operating system at any time.
pub fn estimate(people: u64, years: u64, windows: u64, threads: u64) -> u64 {
    people * (PER_PERSON + years * PER_PERSON_YEAR + windows * PER_WINDOW) + threads * PER_THREAD
}

/// Refuses a run whose estimate is above a limit.
///
/// # Errors
/// Naming both sizes.
pub fn allow(limit: Option<u64>, needed: u64) -> Result<()> {
    match limit {
        Some(limit) if needed > limit => Err(Error::usage(
            format!("the run needs about {} MiB of memory, and --memory allows {}", needed >> 20, limit >> 20),
            "allow more, settle fewer ACOs at a time so that fewer years are needed, or use a larger machine",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{allow, estimate};

    #[test]
    fn a_run_above_the_limit_is_refused_with_both_sizes() {
        let needed = estimate(250_000, 4, 4, 2);
        assert!((200 << 20..600 << 20).contains(&needed), "{needed}");
        assert!(allow(None, needed).is_ok() && allow(Some(needed), needed).is_ok());
        let refusal = allow(Some(64 << 20), needed).unwrap_err();
        assert_eq!(refusal.exit_code(), 2);
        assert!(refusal.to_string().contains("--memory allows 64"), "{refusal}");
    }
}
