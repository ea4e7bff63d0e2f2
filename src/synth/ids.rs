//! Made identifiers, shaped like the real ones.

use super::random::mix;

/// A short ASCII string without allocation: shorter than `N` when zero bytes trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Short<const N: usize>(pub [u8; N]);

impl<const N: usize> Short<N> {
    /// The empty string.
    pub const EMPTY: Self = Self([0; N]);

    /// The first `N` bytes of a text.
    pub const fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut out = [0; N];
        let mut i = 0;
        while i < N && i < bytes.len() {
            out[i] = bytes[i];
            i += 1;
        }
        Self(out)
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(N);
        std::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }

    /// The text, or none when it is empty.
    #[inline]
    pub fn some(&self) -> Option<&str> {
        if self.0[0] == 0 { None } else { Some(self.as_str()) }
    }
}

/// `value` in `N` decimal digits, zeros in front.
pub fn digits<const N: usize>(mut value: u64) -> Short<N> {
    let mut out = [b'0'; N];
    for byte in out.iter_mut().rev() {
        *byte = b'0' + (value % 10) as u8;
        value /= 10;
    }
    Short(out)
}

const LETTERS: &[u8] = b"ACDEFGHJKMNPQRTUVWXY";
const EITHER: &[u8] = b"0123456789ACDEFGHJKMNPQRTUVWXY";
const DIGITS: &[u8] = b"0123456789";
const FIRST: &[u8] = b"123456789";
/// The alphabets of the eleven places of a Medicare Beneficiary Identifier, each in byte order.
const PLACES: [&[u8]; 11] = [FIRST, LETTERS, EITHER, DIGITS, LETTERS, EITHER, DIGITS, LETTERS, LETTERS, DIGITS, DIGITS];

/// Identifiers shaped like Medicare Beneficiary Identifiers that grow with the index, in byte order.
#[derive(Debug, Clone, Copy)]
pub struct BeneficiaryIds {
    seed: u64,
    stride: u64,
}

impl BeneficiaryIds {
    /// Identifiers for `n` people.
    pub fn new(seed: u64, n: u64) -> Self {
        let room: u64 = PLACES.iter().map(|place| place.len() as u64).product();
        Self { seed, stride: room / n.max(1) }
    }

    /// The identifier of an index below `n`.
    pub fn at(&self, index: u64) -> Short<11> {
        let mut value = index * self.stride + mix(self.seed ^ mix(index)) % self.stride;
        let mut out = [0; 11];
        for (byte, place) in out.iter_mut().zip(PLACES).rev() {
            let base = place.len() as u64;
            *byte = place[(value % base) as usize];
            value /= base;
        }
        Short(out)
    }
}

#[cfg(test)]
mod tests {
    use super::{BeneficiaryIds, Short, digits};

    #[test]
    fn identifiers_grow_in_byte_order() {
        for n in [1, 10, 5_000, 100_000_000] {
            let ids = BeneficiaryIds::new(3, n);
            let some: Vec<Short<11>> = (0..n.min(5_000)).map(|i| ids.at(i * (n / n.min(5_000)))).collect();
            assert!(some.is_sorted_by(|a, b| a < b));
            assert!(some.iter().all(|id| id.as_str().len() == 11));
        }
    }

    #[test]
    fn short_strings_keep_their_text() {
        assert_eq!(Short::<6>::new("21000").as_str(), "21000");
        assert_eq!(Short::<2>::EMPTY.some(), None);
        assert_eq!(digits::<4>(42).as_str(), "0042");
    }
}
