//! How much a run looks at beside what it needs: what it decodes anyway, everything that `check` looks at, or nothing.

use super::memory::Beside;
use super::work::Key;
use crate::check::share_of_keys;
use crate::scan::Extract;

/// What is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// What the run needs alone: rows without a person, day or amount are counted and bounded, months and codes are not looked at.
    Nothing,
    /// What the run decodes anyway.
    #[default]
    Passing,
    /// Everything that `check` looks at, for which columns are decoded that the run has no other use for.
    Everything,
}

/// Part of a key: how much is looked at, where it is not what is usual.
const LOOKED_AT: &str = "what is looked at beside";
/// Bytes for the keys of claims where the run has no bound.
const MEMORY: u64 = 1 << 30;
/// Bytes of a thread: for the claims of a row group of a million lines.
const PER_THREAD: u64 = 16 << 20;
/// Bytes for a part of the keys that stands twice while it is put in order.
const PART: u64 = 32 << 20;
/// Bytes for who counts when, of a person and of a year of it.
const PER_PERSON: u64 = 4;
/// As [`PER_PERSON`].
const PER_PERSON_YEAR: u64 = 4;

/// Which claims are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// One in so many is, as a mask; all for 0.
    pub(super) mask: u64,
    /// Bytes that the keys of all claims would take at most.
    all: u64,
}

impl Look {
    /// Whether rows are looked at while they go by.
    pub fn looks(self) -> bool {
        self != Self::Nothing
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Passing => "passing",
            Self::Everything => "everything",
        }
    }

    /// Which claims of an extract a run tells apart that may take so many bytes of memory.
    pub fn sample(self, extract: &Extract, memory: Option<u64>) -> Sample {
        if self != Self::Everything {
            return Sample::default();
        }
        let (mask, all) = share_of_keys(extract, memory.map_or(MEMORY, Beside::share_of_keys));
        Sample { mask, all }
    }

    /// What looking takes beside the facts of so many people, with so many claims told apart.
    pub(super) fn memory(self, sample: Sample, people: u64, years: u64, threads: u64) -> Beside {
        if self != Self::Everything {
            return Beside::default();
        }
        let Sample { mask, all } = sample;
        let bytes = people * (PER_PERSON + years * PER_PERSON_YEAR) + threads * PER_THREAD + all.min(PART);
        Beside { bytes, keys: all.div_ceil(mask + 1), all_keys: all }
    }

    /// The key of something that looking leaves a trace in.
    pub(super) fn in_key(self, key: Key, sample: Sample) -> Key {
        match self {
            Self::Passing => key,
            Self::Nothing => key.with(LOOKED_AT, "nothing"),
            Self::Everything => key.with(LOOKED_AT, format!("everything, one claim in {}", sample.mask + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_says_how_much_was_looked_at() {
        let key = |look: Look, mask| look.in_key(Key::begin(), Sample { mask, all: 0 }).name();
        let names = [key(Look::Passing, 0), key(Look::Nothing, 0), key(Look::Everything, 0), key(Look::Everything, 1)];
        assert_eq!(key(Look::Passing, 1), names[0]);
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{names:?}");
        }
    }

    #[test]
    fn only_a_look_at_everything_takes_memory() {
        let sample = Sample { mask: 3, all: 1_000 };
        assert_eq!([Look::Nothing, Look::Passing].map(|look| look.memory(sample, 10, 2, 1)), [Beside::default(); 2]);
        let everything = Beside { bytes: 10 * 12 + PER_THREAD + 1_000, keys: 250, all_keys: 1_000 };
        assert_eq!(Look::Everything.memory(sample, 10, 2, 1), everything);
    }
}
