//! Integers to bytes and back, a column at a time: the alphabet in which facts are kept.
//!
//! A column is its length and its values, either at their full width (little-endian) or, where most are small, seven bits to a
//! byte with the sign folded in. Reading trusts nothing: every length is held against the bytes that are there.

/// Bytes that are no columns, or not those that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Columns being written.
#[derive(Debug, Default)]
pub struct ColumnsOut {
    bytes: Vec<u8>,
}

/// Columns being read.
#[derive(Debug, Clone)]
pub struct ColumnsIn<'b> {
    rest: &'b [u8],
}

/// An integer with a width of its own.
pub trait Fixed: Copy {
    /// Bytes it takes.
    const WIDTH: usize;
    /// Appends it.
    fn put(self, bytes: &mut Vec<u8>);
    /// Takes it from exactly [`Fixed::WIDTH`] bytes.
    fn take(bytes: &[u8]) -> Option<Self>;
}

macro_rules! fixed {
    ($($kind:ty),+) => {
        $(impl Fixed for $kind {
            const WIDTH: usize = size_of::<Self>();
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_le_bytes(bytes.try_into().ok()?))
            }
        })+
    };
}

fixed!(u8, u16, u32, u64, i32, i64, i128);

impl ColumnsOut {
    /// One integer at its full width.
    pub fn one<T: Fixed>(&mut self, value: T) {
        value.put(&mut self.bytes);
    }

    /// A column at full width.
    pub fn wide<T: Fixed>(&mut self, values: impl ExactSizeIterator<Item = T>) {
        self.one(values.len() as u64);
        self.bytes.reserve(values.len() * T::WIDTH);
        values.for_each(|value| value.put(&mut self.bytes));
    }

    /// A column of integers most of which are near zero.
    pub fn small(&mut self, values: impl ExactSizeIterator<Item = i64>) {
        self.one(values.len() as u64);
        self.bytes.reserve(values.len());
        for value in values {
            let mut left = (value << 1 ^ value >> 63) as u64;
            while left >= 0x80 {
                self.bytes.push(left as u8 | 0x80);
                left >>= 7;
            }
            self.bytes.push(left as u8);
        }
    }

    /// A string of bytes.
    pub fn text(&mut self, text: &[u8]) {
        self.one(text.len() as u64);
        self.bytes.extend_from_slice(text);
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl<'b> ColumnsIn<'b> {
    /// Columns over bytes.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    fn cut(&mut self, bytes: usize) -> Result<&'b [u8], Damaged> {
        let (cut, rest) = self.rest.split_at_checked(bytes).ok_or(Damaged)?;
        self.rest = rest;
        Ok(cut)
    }

    /// One integer at its full width.
    pub fn one<T: Fixed>(&mut self) -> Result<T, Damaged> {
        T::take(self.cut(T::WIDTH)?).ok_or(Damaged)
    }

    /// The length of what comes next, each part of which takes that many bytes or more.
    pub fn length(&mut self, least: usize) -> Result<usize, Damaged> {
        let length = usize::try_from(self.one::<u64>()?).map_err(|_| Damaged)?;
        let fits = length.checked_mul(least.max(1)).is_some_and(|bytes| bytes <= self.rest.len());
        if fits { Ok(length) } else { Err(Damaged) }
    }

    /// A column at full width.
    pub fn wide<T: Fixed>(&mut self) -> Result<Vec<T>, Damaged> {
        let length = self.length(T::WIDTH)?;
        let bytes = self.cut(length * T::WIDTH)?;
        bytes.chunks_exact(T::WIDTH).map(|value| T::take(value).ok_or(Damaged)).collect()
    }

    /// A column of integers most of which are near zero.
    pub fn small(&mut self) -> Result<Vec<i64>, Damaged> {
        let length = self.length(1)?;
        let mut values = Vec::with_capacity(length);
        let mut at = 0;
        for _ in 0..length {
            let (mut left, mut shift) = (0u64, 0);
            loop {
                let byte = *self.rest.get(at).ok_or(Damaged)?;
                at += 1;
                if shift > 63 {
                    return Err(Damaged);
                }
                left |= u64::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    break;
                }
                shift += 7;
            }
            values.push((left >> 1) as i64 ^ -((left & 1) as i64));
        }
        self.cut(at)?;
        Ok(values)
    }

    /// A string of bytes.
    pub fn text(&mut self) -> Result<&'b [u8], Damaged> {
        let length = self.length(1)?;
        self.cut(length)
    }

    /// Holds that nothing is left over.
    pub fn end(self) -> Result<(), Damaged> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ColumnsIn, ColumnsOut, Damaged};

    proptest! {
        #[test]
        fn columns_come_back(small in prop::collection::vec(any::<i64>(), 0..50), wide in prop::collection::vec(any::<u16>(), 0..50),
            text in prop::collection::vec(any::<u8>(), 0..20), one in any::<i128>()) {
            let mut out = ColumnsOut::default();
            out.small(small.iter().copied());
            out.wide(wide.iter().copied());
            out.text(&text);
            out.one(one);
            let bytes = out.into_bytes();
            let mut columns = ColumnsIn::new(&bytes);
            prop_assert_eq!(columns.small().unwrap(), small);
            prop_assert_eq!(columns.wide::<u16>().unwrap(), wide);
            prop_assert_eq!(columns.text().unwrap(), &text[..]);
            prop_assert_eq!(columns.one::<i128>().unwrap(), one);
            prop_assert_eq!(columns.end(), Ok(()));
        }

        #[test]
        fn no_bytes_make_it_panic_or_take_more_than_they_are(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ColumnsIn::new(&bytes).small();
            let _ = ColumnsIn::new(&bytes).wide::<u64>();
            let _ = ColumnsIn::new(&bytes).text();
        }
    }

    #[test]
    fn a_column_that_is_cut_short_is_damaged() {
        let mut out = ColumnsOut::default();
        out.small([1, -70_000, i64::MIN].into_iter());
        let bytes = out.into_bytes();
        for end in 0..bytes.len() {
            assert_eq!(ColumnsIn::new(&bytes[..end]).small(), Err(Damaged));
        }
    }
}
