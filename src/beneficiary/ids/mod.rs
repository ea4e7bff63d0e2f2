//! Beneficiary identifiers to dense numbers: the rank of the identifier in byte order.
//!
//! This is the only place that holds identifiers after the columns are decoded; they never leave it but for the last
//! tie-break of assignment.

mod buckets;
mod numerals;
mod set;
mod slots;

use std::collections::HashMap;

pub use set::IdSet;

use self::buckets::Buckets;
use self::numerals::{NO_WORD, Numerals};
use self::slots::{Key, Slots};
use crate::for_newer_processors;
use crate::scan::ManyCoder;

/// The number of a beneficiary who is not in `beneficiary_year`.
pub const NO_BENEFICIARY: u32 = u32::MAX;

/// Seeds of the look-up hash: fixed, because a number must not depend on the run.
const SEEDS: [u64; 4] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];

/// All identifiers of an extract, in byte order.
#[derive(Debug)]
pub struct IdTable {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    places: Places,
}

/// Where the number of an identifier stands.
#[derive(Debug)]
enum Places {
    /// By what it is read as; the few that are not read so stand apart.
    Read { numerals: Numerals, buckets: Buckets, others: HashMap<Box<[u8]>, u32> },
    /// By its bytes.
    Any(Slots),
}

impl IdTable {
    /// Numbers the identifiers; duplicates count once.
    pub fn new(ids: impl IntoIterator<Item = Box<[u8]>>) -> Self {
        let mut set = IdSet::default();
        for id in ids {
            set.add(&id);
        }
        Self::of(vec![set])
    }

    /// Numbers all identifiers that the sets hold.
    pub fn of(sets: Vec<IdSet>) -> Self {
        let (bytes, ends) = IdSet::sorted(sets);
        let mut table = Self { bytes, ends, places: Places::Any(Slots::new(0)) };
        let all = 0..table.len() as u32;
        table.places = if let Some(numerals) = Numerals::of(all.clone().map(|number| table.id(number))) {
            let (mut buckets, mut others) = (Buckets::new(table.len()), HashMap::new());
            for number in all {
                match numerals.word(table.id(number)) {
                    NO_WORD => {
                        others.insert(table.id(number).into(), number);
                    }
                    word => buckets.add(word, number),
                }
            }
            Places::Read { numerals, buckets, others }
        } else {
            let mut slots = Slots::new(table.len());
            for number in all {
                slots.add(table.id(number), number);
            }
            Places::Any(slots)
        };
        table
    }

    /// How many beneficiaries there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The identifier of a number.
    pub fn id(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.bytes[start..self.ends[at] as usize]
    }

    /// Adds all identifiers to a hash.
    pub(super) fn hash_into(&self, hasher: &mut blake3::Hasher) {
        let ends = self.ends.iter().flat_map(|end| end.to_le_bytes());
        hasher.update(&self.bytes).update(&ends.collect::<Vec<u8>>());
    }

    /// A hash of who has which number.
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        self.hash_into(&mut hasher);
        hasher.finalize().to_hex().to_string()
    }

    /// Twice four seeds that nobody can find who does not have all the identifiers.
    pub fn secret(&self) -> [[u64; 4]; 2] {
        let mut hasher = blake3::Hasher::new_derive_key("acobench: seeds of hashes of claims");
        self.hash_into(&mut hasher);
        let mut bytes = [0; 64];
        hasher.finalize_xof().fill(&mut bytes);
        let (words, _) = bytes.as_chunks::<8>();
        [0, 4].map(|first| std::array::from_fn(|at| u64::from_le_bytes(words[first + at])))
    }

    /// The number of an identifier, or [`NO_BENEFICIARY`].
    #[inline]
    pub fn number(&self, id: &[u8]) -> u32 {
        match &self.places {
            Places::Read { numerals, buckets, others } => Read(numerals, buckets, others).find(numerals.word(id), id),
            Places::Any(slots) => Any(slots, self).find(slots.key(id), id),
        }
    }
}

/// How many texts before its use a place is asked for.
const AHEAD: usize = 32;

/// A look-up in two steps, so that memory is asked for before it is looked at.
trait TwoSteps {
    /// What the second step needs to know.
    type Key: Copy;
    /// Asks for the place of an identifier to be brought near.
    fn ask(&self, id: &[u8]) -> Self::Key;
    /// The number of the identifier.
    fn find(&self, key: Self::Key, id: &[u8]) -> u32;
}

/// Identifiers read as numbers.
struct Read<'i>(&'i Numerals, &'i Buckets, &'i HashMap<Box<[u8]>, u32>);

/// Identifiers by their bytes.
struct Any<'i>(&'i Slots, &'i IdTable);

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
impl TwoSteps for Read<'_> {
    type Key = u64;

    #[inline(always)]
    fn ask(&self, id: &[u8]) -> u64 {
        let word = self.0.word(id);
        self.1.ask(word);
        word
    }

    #[inline(always)]
    fn find(&self, word: u64, id: &[u8]) -> u32 {
        if word == NO_WORD { self.2.get(id).copied().unwrap_or(NO_BENEFICIARY) } else { self.1.number(word) }
    }
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
impl TwoSteps for Any<'_> {
    type Key = Key;

    #[inline(always)]
    fn ask(&self, id: &[u8]) -> Key {
        let key = self.0.key(id);
        self.0.ask(key);
        key
    }

    #[inline(always)]
    fn find(&self, key: Key, id: &[u8]) -> u32 {
        self.0.number(key, id, |number| self.1.id(number))
    }
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn look_ahead<T: TwoSteps>(table: &T, texts: &[&[u8]], out: &mut Vec<u32>) {
    let Some(first) = texts.first() else { return };
    let mut asked = [table.ask(first); AHEAD];
    for (key, text) in asked.iter_mut().zip(texts).skip(1) {
        *key = table.ask(text);
    }
    for (at, text) in texts.iter().enumerate() {
        let key = asked[at % AHEAD];
        if let Some(later) = texts.get(at + AHEAD) {
            asked[at % AHEAD] = table.ask(later);
        }
        out.push(table.find(key, text));
    }
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn numbers_of(table: &IdTable, texts: &[&[u8]], out: &mut Vec<u32>) {
    out.reserve(texts.len());
    match &table.places {
        Places::Read { numerals, buckets, others } => look_ahead(&Read(numerals, buckets, others), texts, out),
        Places::Any(slots) => look_ahead(&Any(slots, table), texts, out),
    }
}

for_newer_processors! {
    /// Appends the numbers of identifiers.
    fn numbers(table: &IdTable, texts: &[&[u8]], out: &mut Vec<u32>) = numbers_of;
}

impl ManyCoder for &IdTable {
    fn code(&mut self, text: &[u8]) -> u32 {
        self.number(text)
    }

    fn codes(&mut self, texts: &[&[u8]], out: &mut Vec<u32>) {
        numbers(self, texts, out);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;

    use super::{IdSet, IdTable, NO_BENEFICIARY, Places};
    use crate::scan::ManyCoder as _;

    proptest! {
        #[test]
        fn everybody_is_found_and_nobody_else(
            form in prop_oneof![
                Just("[1-9][A-Y][0-9A-Y][0-9]{8}"),
                Just("-[0-9]{14}"),
                Just("[0-9]{8}"),
                Just("[ -~]{0,20}"),
                Just("[a-z]{15}"),
            ],
            seed in any::<u64>(),
            people in 0usize..600,
            strange in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6),
        ) {
            let mut runner = proptest::test_runner::TestRunner::new_with_rng(
                ProptestConfig::default(),
                proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &[seed.to_le_bytes(); 4].concat()),
            );
            let form = proptest::string::string_regex(form).unwrap();
            let mut some = |count: usize| -> Vec<Vec<u8>> {
                (0..count).map(|_| form.new_tree(&mut runner).unwrap().current().into_bytes()).collect()
            };
            let (known, mut asked) = ([some(people), strange.clone()].concat(), some(300));
            let table = IdTable::new(known.iter().map(|id| id.as_slice().into()));
            let mut ranks: BTreeMap<&[u8], u32> = known.iter().map(|id| (id.as_slice(), 0)).collect();
            ranks.values_mut().zip(0..).for_each(|(rank, at)| *rank = at);
            asked.extend(known.iter().cloned());
            asked.extend(strange.iter().map(|id| [id.as_slice(), b"0"].concat()));
            let expected: Vec<u32> = asked.iter().map(|id| ranks.get(id.as_slice()).copied().unwrap_or(NO_BENEFICIARY)).collect();
            let mut together = Vec::new();
            let texts: Vec<&[u8]> = asked.iter().map(Vec::as_slice).collect();
            (&mut &table).codes(&texts, &mut together);
            prop_assert_eq!(&together, &expected);
            prop_assert_eq!(texts.iter().map(|id| table.number(id)).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn beneficiary_identifiers_of_medicare_are_read_as_numbers_even_beside_a_few_that_are_damaged() {
        let read = |ids: Vec<Box<[u8]>>| matches!(IdTable::new(ids).places, Places::Read { .. });
        let people =
            |form: fn(u64) -> String| (0..500).map(|at| form(at * 7_919 % 1_000).into_bytes().into()).collect::<Vec<_>>();
        let mut mbi = people(|at| format!("1EG4TE5A{at:03}"));
        mbi.extend(people(|at| format!("9YY9YY9Y{at:03}")));
        mbi.extend(["".into(), "1eg4te5mk73".into(), "not known".into()].map(|id: Box<str>| id.into_boxed_bytes()));
        assert!(read(mbi));
        assert!(read(people(|at| format!("-100000{at:08}"))), "synthetic identifiers");
        assert!(read(people(|at| format!("{:015}", at * 999_999_937))), "fifteen digits");
        assert!(!read(people(|at| format!("gggGGz{:09x}", at * 999_983))), "fifteen characters of all kinds");
    }

    #[test]
    fn sets_number_as_a_list_of_all_does() {
        let short = |n: u64| format!("1A{:09}", n * 2_654_435_761 % 9_973).into_bytes();
        let odd: [&[u8]; 6] = [b"1A", b"1A\0", b"1A\0\0", b"", b"fifteen bytes..", b"-1"];
        for long in [None, Some(&b"sixteen bytes..."[..])] {
            let mut sets = vec![IdSet::default(), IdSet::default()];
            let mut all: Vec<Box<[u8]>> = Vec::new();
            let some = (0..30_000_u64).map(short).chain(odd.iter().map(|id| id.to_vec())).chain(long.map(<[u8]>::to_vec));
            for (at, id) in some.enumerate() {
                sets[at % 2].add(&id);
                all.push(id.into());
            }
            let (table, expected) = (IdTable::of(sets), IdTable::new(all));
            assert_eq!(table.len(), expected.len());
            for number in 0..table.len() as u32 {
                assert_eq!(table.id(number), expected.id(number));
                assert_eq!(table.number(table.id(number)), number);
            }
        }
    }

    #[test]
    fn numbers_are_ranks_in_byte_order_whatever_the_order_of_arrival() {
        let ids = ["1EG4TE5MK73", "-1000006", "1EG4TE5MK72", "", "a much longer identifier than eleven", "1EG4TE5MK73"];
        let table = IdTable::new(ids.iter().map(|id| id.as_bytes().into()));
        let mut sorted: Vec<&str> = ids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(table.len(), sorted.len());
        for (rank, id) in sorted.iter().enumerate() {
            assert_eq!(table.number(id.as_bytes()), rank as u32);
            assert_eq!(table.id(rank as u32), id.as_bytes());
        }
        assert_eq!(table.number(b"nobody"), NO_BENEFICIARY);
    }
}
