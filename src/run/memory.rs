//! What a run will hold in memory, told before it is held.

use crate::beneficiary::Cohort;
use crate::error::{Error, Result};

/// Bytes for one person whatever the years: identifier, look-up slots, day of death, and until when claims are in order.
const PER_PERSON: u64 = 53;
/// Bytes for one person-year: months, payments by component, two sets of scores.
const PER_PERSON_YEAR: u64 = 86;
/// Bytes for one person and assignment window: the chain of services with the billing entities usually met.
const PER_WINDOW: u64 = 170;
/// Bytes for blocks of records, columns under decoding and the tables of a thread.
const PER_THREAD: u64 = 24 << 20;

/// Anonymous memory that facts of so many people will take, in bytes; mapped input files come on top and can be dropped by
/// the operating system at any time.
pub fn estimate(people: u64, years: u64, windows: u64, threads: u64) -> u64 {
    people * (PER_PERSON + years * PER_PERSON_YEAR + windows * PER_WINDOW) + threads * PER_THREAD
}

/// Kinds of records that a thread keeps blocks of: payments and services.
const KINDS_OF_BLOCKS: u64 = 2;

/// Bytes that blocks of one kind of records may take in a thread, of what a limit leaves beside the estimate; no bound without a limit.
pub fn room_of_blocks(limit: Option<u64>, estimate: u64, threads: u64) -> usize {
    let left = limit.map(|limit| limit.saturating_sub(estimate) / (KINDS_OF_BLOCKS * threads.max(1)));
    left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX)
}

/// Bytes by which a person-year's claims with a listed procedure are known again.
const PER_PERSON_YEAR_BASES: u64 = 40;

/// Anonymous memory for what some of the claims contribute to the facts of so many people, in bytes.
pub fn counted(people: u64, years: u64, windows: u64) -> u64 {
    people * (years * (PER_PERSON_YEAR_BUILT + PER_PERSON_YEAR_BASES) + windows * PER_WINDOW)
}

/// Bytes for one person of a run that spills: identifier, look-up slots, and the same once more while they are made.
const PER_PERSON_SPILLED: u64 = 130;
/// Bytes for one person-year of a run that spills: months, the way to its slots, two sets of scores.
const PER_PERSON_YEAR_SPILLED: u64 = 52;
/// Bytes for one person-year of the partition that a thread builds: payments by component.
const PER_PERSON_YEAR_BUILT: u64 = 40;

/// Where payments and services go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Memory holds them.
    Held,
    /// They go to a scratch file and are built again partition by partition.
    Spilled,
}

/// Anonymous memory of a run that spills: enrollment of everybody, and the facts of as many partitions as there are threads.
pub fn estimate_spilled(people: u64, years: u64, windows: u64, threads: u64) -> u64 {
    let built = Cohort::small_partition(people as usize) as u64 * (years * PER_PERSON_YEAR_BUILT + windows * PER_WINDOW);
    people * (PER_PERSON_SPILLED + years * PER_PERSON_YEAR_SPILLED) + threads * (PER_THREAD + built)
}

/// What a run takes beside its facts: for looking at everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beside {
    /// Bytes whatever the limit.
    pub bytes: u64,
    /// Bytes of the keys of the claims that are told apart under the limit.
    pub keys: u64,
    /// Bytes of the keys of all claims.
    pub all_keys: u64,
}

/// Of a limit keys may take one part in so many.
const PARTS: u64 = 4;

impl Beside {
    /// Bytes of a limit that keys may take.
    pub fn share_of_keys(limit: u64) -> u64 {
        limit / PARTS
    }

    /// Bytes under the limit.
    pub fn all(self) -> u64 {
        self.bytes + self.keys
    }

    /// A limit that is enough for so much and this beside, as many keys as it has room for.
    fn enough_with(self, bytes: u64) -> u64 {
        let bytes = bytes + self.bytes;
        bytes + self.all_keys.min(bytes.div_ceil(PARTS - 1))
    }
}

/// Chooses by a limit.
///
/// # Errors
/// When even a run that spills needs more, naming both sizes.
pub fn plan(limit: Option<u64>, people: u64, years: u64, windows: u64, threads: u64, beside: Beside) -> Result<Room> {
    let Some(limit) = limit else { return Ok(Room::Held) };
    if estimate(people, years, windows, threads) + beside.all() <= limit {
        return Ok(Room::Held);
    }
    let spilled = estimate_spilled(people, years, windows, threads);
    if spilled + beside.all() <= limit {
        return Ok(Room::Spilled);
    }
    let needed = beside.enough_with(spilled);
    Err(Error::usage(
        format!(
            "the run needs about {} MiB of memory even when it spills, and --memory allows {}",
            needed.div_ceil(1 << 20),
            limit >> 20
        ),
        "allow more, settle fewer ACOs at a time so that fewer years are needed, or use a larger machine",
    ))
}

#[cfg(test)]
mod tests {
    use super::{Beside, Room, estimate, plan, room_of_blocks};

    #[test]
    fn a_run_is_held_or_spilled_or_refused_with_both_sizes() {
        let room = |limit: u64, people| plan(Some(limit << 20), people, 4, 4, 2, Beside::default());
        assert_eq!(plan(None, 33_000_000, 4, 4, 2, Beside::default()).unwrap(), Room::Held);
        assert_eq!(room(512, 250_000).unwrap(), Room::Held);
        assert_eq!(room(512, 1_000_000).unwrap(), Room::Spilled);
        let refusal = room(64, 250_000).unwrap_err();
        assert_eq!(refusal.exit_code(), 2);
        assert!(refusal.to_string().contains("--memory allows 64"), "{refusal}");
    }

    #[test]
    fn blocks_of_records_take_what_a_limit_leaves() {
        let taken = estimate(250_000, 4, 4, 2);
        assert_eq!(room_of_blocks(None, taken, 2), usize::MAX);
        assert_eq!(room_of_blocks(Some(taken + (40 << 20)), taken, 2), 10 << 20);
        assert_eq!(room_of_blocks(Some(taken), taken, 2), 0);
        assert_eq!(room_of_blocks(Some(taken - 1), taken, 2), 0);
    }

    #[test]
    fn a_run_that_is_refused_is_not_with_the_memory_it_asks_for() {
        for all_keys in [1 << 20, 30 << 20, 1 << 30, 50 << 30] {
            let looking = |limit: u64| {
                let share = Beside::share_of_keys(limit);
                let mut keys = all_keys;
                while keys > share {
                    keys = keys.div_ceil(2);
                }
                plan(Some(limit), 1_000_000, 4, 4, 2, Beside { bytes: 8 << 20, keys, all_keys })
            };
            let refusal = looking(64 << 20).unwrap_err().to_string();
            let (_, after) = refusal.split_once("needs about ").unwrap();
            let mebibytes: u64 = after.split_once(" MiB").unwrap().0.parse().unwrap();
            assert_eq!(looking(mebibytes << 20).unwrap(), Room::Spilled, "{refusal}");
            assert_eq!(looking(64 << 30).unwrap(), Room::Held);
        }
    }
}
