//! Identifiers of one length over few characters, read as numbers: a word of [`WORD_BITS`] bits stands for each, and for no other.

/// Bits of a word.
pub(super) const WORD_BITS: u32 = 60;

/// What no identifier's word is: that of one that does not fit.
pub(super) const NO_WORD: u64 = u64::MAX;

#[cfg(any(test, not(target_arch = "x86_64")))]
const ONES: u64 = 0x0101_0101_0101_0101;
#[cfg(any(test, not(target_arch = "x86_64")))]
const HIGH: u64 = 0x8080_8080_8080_8080;
/// Odd, so that multiplying by it is undone by another multiplication: two numbers never share a word.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
/// Of so many identifiers one at the most may be of another length, or have another character.
const FEW: usize = 32;

/// How identifiers are read: so many digits, of which the least and the greatest are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numerals {
    length: usize,
    least: u64,
    greatest: u64,
    base: u64,
    /// The base to the power of the digits past the eighth.
    rest: u64,
    /// Which of the last eight bytes are past the eighth.
    past: u64,
}

impl Numerals {
    /// The reading that all but few of the identifiers fit; none when there is none, or no identifier.
    pub(super) fn of<'i>(ids: impl Iterator<Item = &'i [u8]> + Clone) -> Option<Self> {
        let mut lengths = [0usize; 17];
        for id in ids.clone() {
            if let Some(count) = lengths.get_mut(id.len()) {
                *count += 1;
            }
        }
        let length = (8..=16).max_by_key(|length| lengths[*length])?;
        // How many identifiers have a character as their least and as their greatest.
        let (mut least, mut greatest, mut count) = ([0usize; 256], [0usize; 256], 0);
        for id in ids {
            count += 1;
            if let (true, Some(low), Some(high)) = (id.len() == length, id.iter().min(), id.iter().max()) {
                least[usize::from(*low)] += 1;
                greatest[usize::from(*high)] += 1;
            }
        }
        let few = lengths[length] / (2 * FEW);
        let mut below = 0;
        let low = (0..256usize).find(|at| {
            below += least[*at];
            below > few
        })?;
        let mut above = 0;
        let high = (0..256usize).rev().find(|at| {
            above += greatest[*at];
            above > few
        })?;
        let read = Self::over(length, low as u64, high as u64)?;
        (lengths[length] * FEW >= count * (FEW - 1)).then_some(read)
    }

    /// Digits from one character to another; none when so many of them need more than a word.
    fn over(length: usize, least: u64, greatest: u64) -> Option<Self> {
        let base = greatest.checked_sub(least)?.checked_add(1)?.max(2);
        let power = |digits: usize| base.checked_pow(digits as u32);
        let whole = power(length).is_some_and(|numbers| numbers <= 1 << WORD_BITS);
        let past = length.checked_sub(8).filter(|past| *past <= 8)?;
        (whole && greatest < 0x80).then_some(Self {
            length,
            least,
            greatest,
            base,
            rest: power(past)?,
            past: if past == 0 { 0 } else { u64::MAX << (64 - 8 * past) },
        })
    }

    /// The word of an identifier, or [`NO_WORD`] for one that does not fit.
    #[allow(clippy::inline_always, reason = "a few dozen instructions of a loop over rows")]
    #[inline(always)]
    pub(super) fn word(&self, id: &[u8]) -> u64 {
        let (Some(first), Some(last)) = (id.first_chunk::<8>(), id.last_chunk::<8>()) else { return NO_WORD };
        if id.len() != self.length {
            return NO_WORD;
        }
        let Some([first, last]) = self.eights(*first, *last) else { return NO_WORD };
        let number = first * self.rest + last;
        (number ^ (number >> 31)).wrapping_mul(MIX) & ((1 << WORD_BITS) - 1)
    }

    /// The numbers of the first eight and of the last eight digits, in which those past the eighth count alone; none where a byte is
    /// no digit.
    #[cfg(target_arch = "x86_64")]
    #[allow(clippy::inline_always, reason = "part of a loop over rows")]
    #[inline(always)]
    fn eights(&self, first: [u8; 8], last: [u8; 8]) -> Option<[u64; 2]> {
        // SAFETY: every processor of this architecture has the instructions the function is compiled for.
        unsafe { self.eights_side_by_side(first, last) }
    }

    /// The numbers of the first eight and of the last eight digits, in which those past the eighth count alone; none where a byte is
    /// no digit.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    fn eights(&self, first: [u8; 8], last: [u8; 8]) -> Option<[u64; 2]> {
        self.eights_one_by_one(first, last)
    }

    /// Both numbers in one register.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "sse2")]
    #[inline]
    fn eights_side_by_side(&self, first: [u8; 8], last: [u8; 8]) -> Option<[u64; 2]> {
        use std::arch::x86_64::{
            _mm_add_epi16, _mm_add_epi64, _mm_and_si128, _mm_cmpeq_epi8, _mm_cvtsi128_si64, _mm_madd_epi16, _mm_min_epu8,
            _mm_movemask_epi8, _mm_mul_epu32, _mm_mullo_epi16, _mm_set_epi64x, _mm_set1_epi8, _mm_set1_epi16, _mm_set1_epi32,
            _mm_set1_epi64x, _mm_srli_epi16, _mm_srli_epi64, _mm_sub_epi8, _mm_unpackhi_epi64,
        };
        // A base has seven bits at the most, and eight where it is their power: its square fits sixteen with a sign.
        let (one, two) = (self.base, self.base * self.base);
        let bytes = _mm_set_epi64x(i64::from_le_bytes(last), i64::from_le_bytes(first));
        let digits = _mm_sub_epi8(bytes, _mm_set1_epi8(self.least as i8));
        let digits = _mm_and_si128(digits, _mm_set_epi64x(self.past as i64, -1));
        let fit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8((self.greatest - self.least) as i8)), digits);
        if _mm_movemask_epi8(fit) != 0xffff {
            return None;
        }
        let high = _mm_mullo_epi16(_mm_and_si128(digits, _mm_set1_epi16(0xff)), _mm_set1_epi16(one as i16));
        let pairs = _mm_add_epi16(high, _mm_srli_epi16(digits, 8));
        let fours = _mm_madd_epi16(pairs, _mm_set1_epi32((1 << 16 | two) as i32));
        let high = _mm_mul_epu32(fours, _mm_set1_epi64x((two * two) as i64));
        let eights = _mm_add_epi64(high, _mm_srli_epi64(fours, 32));
        let [first, last] = [eights, _mm_unpackhi_epi64(eights, eights)].map(|eight| _mm_cvtsi128_si64(eight) as u64);
        Some([first, last])
    }

    /// Both numbers on every processor.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    fn eights_one_by_one(&self, first: [u8; 8], last: [u8; 8]) -> Option<[u64; 2]> {
        let first = u64::from_le_bytes(first);
        // Digits that are among the first eight count as nothing here.
        let last = (u64::from_le_bytes(last) & self.past) | ((ONES * self.least) & !self.past);
        (self.odd(first) | self.odd(last) == 0).then(|| [self.eight(first), self.eight(last)])
    }

    /// The bytes that are no digit, each told by its highest bit.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    fn odd(&self, bytes: u64) -> u64 {
        let above = (bytes & !HIGH) + ONES * (0x7f - self.greatest);
        let reaches = (bytes | HIGH) - ONES * self.least;
        (bytes | above | !reaches) & HIGH
    }

    /// The number of eight digits, the first of which, the lowest byte, counts most.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    fn eight(&self, bytes: u64) -> u64 {
        const PAIRS: u64 = 0x00ff_00ff_00ff_00ff;
        const FOURS: u64 = 0x0000_ffff_0000_ffff;
        let (one, two) = (self.base, self.base * self.base);
        let digits = bytes - ONES * self.least;
        let pairs = (digits & PAIRS) * one + ((digits >> 8) & PAIRS);
        let fours = (pairs & FOURS) * two + ((pairs >> 16) & FOURS);
        (fours & 0xffff_ffff) * (two * two) + (fours >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::{NO_WORD, Numerals, WORD_BITS};

    /// The word before it is mixed, by one digit after the other.
    fn number(read: &Numerals, id: &[u8]) -> Option<u128> {
        let digit = |byte: &u8| u64::from(*byte).checked_sub(read.least).filter(|digit| *digit < read.base).map(u128::from);
        (id.len() == read.length).then_some(())?;
        id.iter().try_fold(0, |number, byte| Some(number * u128::from(read.base) + digit(byte)?))
    }

    /// What the word was mixed from.
    fn mixed_from(word: u64) -> u64 {
        let mask = (1 << WORD_BITS) - 1;
        // Newton's iteration doubles the bits that are right of the inverse of an odd number.
        let inverse = (0..6).fold(1u64, |inverse, _| inverse.wrapping_mul(2u64.wrapping_sub(super::MIX.wrapping_mul(inverse))));
        let mixed = word.wrapping_mul(inverse) & mask;
        mixed ^ (mixed >> 31)
    }

    proptest! {
        #[test]
        fn a_word_is_the_number_of_its_digits_mixed(
            length in 8usize..=16,
            low in 0u8..0x7f,
            span in 0u8..90,
            seed in prop::collection::vec(any::<u8>(), 16),
            strange in prop::option::of((0usize..16, any::<u8>())),
        ) {
            let high = low.saturating_add(span).min(0x7f);
            let Some(read) = Numerals::over(length, low.into(), high.into()) else { return Ok(()) };
            let mut id: Vec<u8> = seed[..length].iter().map(|byte| low + byte % (high - low + 1)).collect();
            if let Some((at, byte)) = strange {
                id[at % length] = byte;
            }
            let word = read.word(&id);
            let (first, last) = (*id.first_chunk().unwrap(), *id.last_chunk().unwrap());
            prop_assert_eq!(read.eights(first, last), read.eights_one_by_one(first, last));
            let expected = number(&read, &id).filter(|_| id.iter().all(|byte| (low..=high).contains(byte)));
            prop_assert_eq!(Some(word).filter(|word| *word != NO_WORD).map(|word| u128::from(mixed_from(word))), expected);
            id.push(low);
            prop_assert_eq!(read.word(&id), NO_WORD);
            prop_assert_eq!(read.word(&id[..7]), NO_WORD);
        }
    }

    #[test]
    fn all_identifiers_of_two_digits_in_eight_places_have_words_of_their_own() {
        let read = Numerals::over(8, b'0'.into(), b'3'.into()).unwrap();
        let id = |at: u32| -> Vec<u8> { (0..8).map(|digit| b'0' + (at >> (2 * digit) & 3) as u8).collect() };
        let words: HashSet<u64> = (0..1 << 16).map(|at| read.word(&id(at))).collect();
        assert_eq!((words.len(), words.contains(&NO_WORD)), (1 << 16, false));
    }

    #[test]
    fn what_nearly_all_identifiers_are_is_how_they_are_read() {
        let usual: Vec<Vec<u8>> = (0..6_400u32).map(|at| format!("1EG4T{:06}", at * 157 % 999_983).into_bytes()).collect();
        let of = |ids: &[Vec<u8>]| Numerals::of(ids.iter().map(Vec::as_slice));
        let read = of(&usual).unwrap();
        assert_eq!((read.length, read.least, read.greatest), (11, b'0'.into(), b'T'.into()));
        // A few that are not so change nothing; many do.
        let strange = |many: usize| -> Vec<Vec<u8>> { (0..many).map(|at| format!("~~~~{at:07}").into_bytes()).collect() };
        let short = |many: usize| -> Vec<Vec<u8>> { (0..many).map(|at| format!("{at}").into_bytes()).collect() };
        assert_eq!(of(&[usual.clone(), strange(90), short(190)].concat()), Some(read));
        assert_eq!(of(&[usual.clone(), short(250)].concat()), None);
        assert_eq!(of(&[usual, strange(250)].concat()), None);
        assert_eq!(of(&[]), None);
    }
}
