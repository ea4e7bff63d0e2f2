//! The hybrid of run lengths and packed bits in which Parquet stores levels and dictionary codes.

use bytes::Bytes;

use super::presence::Presence;
use crate::for_newer_processors;

/// Bytes that may be read past the end of a group when values are loaded eight bytes at a time.
const SLACK: usize = 8;

/// Reads values of a fixed bit width from a hybrid stream.
#[derive(Debug, Default)]
pub struct Hybrid {
    data: Bytes,
    at: usize,
    width: u8,
    run_left: usize,
    run_value: u32,
    packed_left: usize,
    group: [u32; 8],
    group_at: usize,
}

/// A stream that ends before its values do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncated;

impl Hybrid {
    /// A stream of values of `width` bits.
    pub fn new(data: Bytes, width: u8) -> Result<Self, Truncated> {
        if width > 32 {
            return Err(Truncated);
        }
        Ok(Self { data, width, group_at: 8, ..Self::default() })
    }

    /// Fills `out` with the next values.
    pub fn read(&mut self, out: &mut [u32]) -> Result<(), Truncated> {
        let mut filled = 0;
        while filled < out.len() {
            let wanted = out.len() - filled;
            if self.run_left > 0 {
                let take = wanted.min(self.run_left);
                out[filled..filled + take].fill(self.run_value);
                self.run_left -= take;
                filled += take;
            } else if self.group_at < 8 {
                let take = wanted.min(8 - self.group_at);
                out[filled..filled + take].copy_from_slice(&self.group[self.group_at..self.group_at + take]);
                self.group_at += take;
                filled += take;
            } else if self.packed_left > 0 {
                let groups = (wanted / 8).min(self.packed_left);
                if groups > 0 {
                    self.unpack(groups, &mut out[filled..filled + groups * 8])?;
                    filled += groups * 8;
                } else {
                    let mut group = [0; 8];
                    self.unpack(1, &mut group)?;
                    self.group = group;
                    self.group_at = 0;
                }
            } else {
                self.next_run()?;
            }
        }
        Ok(())
    }

    /// Appends what the next `count` codes stand for. A run is looked up once, packed codes as they are unpacked.
    pub fn look_up<T: Copy>(&mut self, count: usize, meanings: &Meanings<T>, out: &mut Vec<T>) -> Result<(), Truncated> {
        look_up(self, count, meanings, out)
    }

    #[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
    #[inline(always)]
    fn look_up_codes<T: Copy>(&mut self, count: usize, meanings: &Meanings<T>, out: &mut Vec<T>) -> Result<(), Truncated> {
        let end = out.len() + count;
        while out.len() < end {
            let wanted = end - out.len();
            if self.run_left > 0 {
                let take = wanted.min(self.run_left);
                let value = *meanings.of(self.run_value).ok_or(Truncated)?;
                out.resize(out.len() + take, value);
                self.run_left -= take;
            } else if self.group_at < 8 {
                out.push(*meanings.of(self.group[self.group_at]).ok_or(Truncated)?);
                self.group_at += 1;
            } else if self.packed_left > 0 {
                let groups = (wanted / 8).min(self.packed_left);
                let length = groups * usize::from(self.width);
                match self.data.get(self.at..self.at + length + SLACK) {
                    Some(data) if groups > 0 => {
                        meanings.unpack(self.width, data, out)?;
                        self.at += length;
                        self.packed_left -= groups;
                    }
                    _ => {
                        let mut group = [0; 8];
                        self.unpack(1, &mut group)?;
                        self.group = group;
                        self.group_at = 0;
                    }
                }
            } else {
                self.next_run()?;
            }
        }
        Ok(())
    }

    /// Appends the next `count` levels of a column whose values are there (1) or not (0).
    pub fn levels(&mut self, count: usize, presence: &mut Presence) -> Result<(), Truncated> {
        let mut left = count;
        while left > 0 {
            if self.run_left > 0 {
                let take = left.min(self.run_left);
                presence.push_run(self.run_value != 0, take);
                self.run_left -= take;
                left -= take;
            } else if self.group_at < 8 {
                presence.push_bits(u64::from(self.group[self.group_at]), 1);
                self.group_at += 1;
                left -= 1;
            } else if self.packed_left > 0 && left >= 8 && self.width == 1 {
                let bytes = (left / 8).min(self.packed_left);
                let packed = self.data.get(self.at..self.at + bytes).ok_or(Truncated)?;
                for eight in packed {
                    presence.push_bits(u64::from(*eight), 8);
                }
                self.at += bytes;
                self.packed_left -= bytes;
                left -= bytes * 8;
            } else if self.packed_left > 0 {
                let mut group = [0; 8];
                self.unpack(1, &mut group)?;
                self.group = group;
                self.group_at = 0;
            } else {
                self.next_run()?;
            }
        }
        Ok(())
    }

    /// The value and length of the run at hand, when the next `wanted` values all lie in it; consumes them.
    pub fn take_run(&mut self, wanted: usize) -> Result<Option<u32>, Truncated> {
        if self.run_left == 0 && self.group_at == 8 && self.packed_left == 0 {
            self.next_run()?;
        }
        if self.run_left >= wanted {
            self.run_left -= wanted;
            return Ok(Some(self.run_value));
        }
        Ok(None)
    }

    fn next_run(&mut self) -> Result<(), Truncated> {
        let mut header: u64 = 0;
        let mut shift = 0;
        loop {
            let byte = *self.data.get(self.at).ok_or(Truncated)?;
            self.at += 1;
            header |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
            if shift > 35 {
                return Err(Truncated);
            }
        }
        let count = (header >> 1) as usize;
        if header & 1 == 1 {
            self.packed_left = count;
            // A width of zero carries no bytes; every value is zero.
            if self.width == 0 {
                self.packed_left = 0;
                self.run_left = count * 8;
                self.run_value = 0;
            }
        } else {
            let bytes = usize::from(self.width).div_ceil(8);
            let raw = self.data.get(self.at..self.at + bytes).ok_or(Truncated)?;
            let mut value = [0; 4];
            value[..bytes].copy_from_slice(raw);
            self.at += bytes;
            self.run_left = count;
            self.run_value = u32::from_le_bytes(value);
        }
        if count == 0 && self.at >= self.data.len() {
            return Err(Truncated);
        }
        Ok(())
    }

    fn unpack(&mut self, groups: usize, out: &mut [u32]) -> Result<(), Truncated> {
        let width = usize::from(self.width);
        let length = groups * width;
        let available = self.data.len() - self.at;
        if available >= length + SLACK {
            unpack_groups(self.width, &self.data[self.at..self.at + length + SLACK], out);
        } else {
            // Writers may leave out the unused bytes of the last group of a page.
            let mut padded = vec![0; length + SLACK];
            let present = available.min(length);
            if present == 0 {
                return Err(Truncated);
            }
            padded[..present].copy_from_slice(&self.data[self.at..self.at + present]);
            unpack_groups(self.width, &padded, out);
        }
        self.at = (self.at + length).min(self.data.len());
        self.packed_left -= groups;
        Ok(())
    }
}

for_newer_processors! {
    fn look_up<T: Copy>(codes: &mut Hybrid, count: usize, meanings: &Meanings<T>, out: &mut Vec<T>) -> Result<(), Truncated>
        = Hybrid::look_up_codes;
}

/// What each code of a dictionary stands for.
#[derive(Debug, Default)]
pub struct Meanings<T> {
    /// By code, then copies of the first up to a power of two, so that any code of as many bits finds something.
    padded: Vec<T>,
    known: usize,
}

impl<T: Copy> Meanings<T> {
    /// The meanings of the codes 0, 1, 2 and so on.
    pub fn set(&mut self, fill: impl FnOnce(&mut Vec<T>)) {
        self.padded.clear();
        fill(&mut self.padded);
        self.known = self.padded.len();
        if let Some(first) = self.padded.first().copied() {
            self.padded.resize(self.known.next_power_of_two(), first);
        }
    }

    fn of(&self, code: u32) -> Option<&T> {
        self.padded[..self.known].get(code as usize)
    }

    /// Appends what packed codes stand for: all whole groups of eight that lie [`SLACK`] bytes before the end of `data`.
    #[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
    #[inline(always)]
    fn unpack(&self, width: u8, data: &[u8], out: &mut Vec<T>) -> Result<(), Truncated> {
        macro_rules! dispatch {
            ($($w:literal)*) => {
                match width {
                    $($w => self.unpack_width::<$w>(data, out),)*
                    _ => self.unpack_any(width, data, out),
                }
            };
        }
        dispatch!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)
    }

    /// As [`Self::unpack`], of a width that is known when the loop is made.
    #[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
    #[inline(always)]
    fn unpack_width<const WIDTH: usize>(&self, data: &[u8], out: &mut Vec<T>) -> Result<(), Truncated> {
        // Codes have no more bits than those of the dictionary's length, unless a writer took more than it needed.
        let Some(table) = self.padded.get(..1 << WIDTH) else { return self.unpack_any(WIDTH as u8, data, out) };
        let groups = (data.len() - SLACK) / WIDTH;
        let mut most = 0;
        out.reserve(groups * 8);
        for group in 0..groups {
            let Some(bytes) = data.get(group * WIDTH..group * WIDTH + WIDTH + SLACK) else { return Err(Truncated) };
            let values: [T; 8] = std::array::from_fn(|at| {
                let bit = at * WIDTH;
                let mut word = [0; 8];
                word.copy_from_slice(&bytes[bit / 8..bit / 8 + 8]);
                let code = (u64::from_le_bytes(word) >> (bit % 8)) as usize & ((1 << WIDTH) - 1);
                most = most.max(code);
                table[code]
            });
            out.extend_from_slice(&values);
        }
        // Among padding there is nothing to find.
        if most < self.known { Ok(()) } else { Err(Truncated) }
    }

    fn unpack_any(&self, width: u8, data: &[u8], out: &mut Vec<T>) -> Result<(), Truncated> {
        let mut codes = [0; 8];
        for bytes in data[..data.len() - SLACK].chunks_exact(usize::from(width)) {
            let mut padded = [0; 32 + SLACK];
            padded[..bytes.len()].copy_from_slice(bytes);
            unpack_groups(width, &padded, &mut codes);
            for code in codes {
                out.push(*self.of(code).ok_or(Truncated)?);
            }
        }
        Ok(())
    }
}

fn unpack_groups(width: u8, data: &[u8], out: &mut [u32]) {
    macro_rules! dispatch {
        ($($w:literal)*) => {
            match width {
                $($w => unpack_width::<$w>(data, out),)*
                _ => out.fill(0),
            }
        };
    }
    dispatch!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

fn unpack_width<const WIDTH: usize>(data: &[u8], out: &mut [u32]) {
    let mask = if WIDTH == 32 { u64::from(u32::MAX) } else { (1 << WIDTH) - 1 };
    for (group, values) in out.chunks_exact_mut(8).enumerate() {
        let base = group * WIDTH;
        let Some(bytes) = data.get(base..base + WIDTH + SLACK) else { return };
        for (i, value) in values.iter_mut().enumerate() {
            let bit = i * WIDTH;
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[bit / 8..bit / 8 + 8]);
            *value = ((u64::from_le_bytes(word) >> (bit % 8)) & mask) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Hybrid, Meanings, Presence, Truncated};

    fn stream(values: &[u32], width: u8) -> Hybrid {
        Hybrid::new(encode(values, width, 9).into(), width).unwrap()
    }

    /// Encodes values as alternating runs and packed groups, the independent mirror of the reader.
    fn encode(values: &[u32], width: u8, run_at: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < values.len() {
            let same = values[at..].iter().take_while(|v| **v == values[at]).count();
            if same >= run_at {
                varint(&mut out, (same as u64) << 1);
                out.extend_from_slice(&values[at].to_le_bytes()[..usize::from(width).div_ceil(8)]);
                at += same;
            } else {
                let group: Vec<u32> = values[at..].iter().copied().chain(std::iter::repeat(0)).take(8).collect();
                varint(&mut out, 3);
                let mut bits: u128 = 0;
                let mut words = Vec::new();
                let mut filled = 0;
                for value in group {
                    bits |= u128::from(value) << filled;
                    filled += u32::from(width);
                    while filled >= 8 {
                        words.push(bits as u8);
                        bits >>= 8;
                        filled -= 8;
                    }
                }
                out.extend_from_slice(&words);
                at += 8;
            }
        }
        out
    }

    fn varint(out: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    proptest! {
        #[test]
        fn every_width_reads_back_in_pieces_of_any_size(
            width in 1u8..=32,
            seed in proptest::collection::vec((any::<u32>(), 1usize..40), 1..40),
            piece in 1usize..50,
        ) {
            let mask = if width == 32 { u32::MAX } else { (1u32 << width) - 1 };
            let values: Vec<u32> = seed.iter().flat_map(|(v, n)| std::iter::repeat_n(v & mask, *n)).collect();
            let mut stream = Hybrid::new(encode(&values, width, 9).into(), width).unwrap();
            let mut got = Vec::new();
            while got.len() < values.len() {
                let mut out = vec![0; piece.min(values.len() - got.len())];
                stream.read(&mut out).unwrap();
                got.extend(out);
            }
            prop_assert_eq!(got, values);
        }

        #[test]
        fn codes_are_looked_up_in_pieces_of_any_size(
            seed in proptest::collection::vec((0u32..200, prop_oneof![1usize..3, 1usize..40]), 1..200),
            piece in prop_oneof![1usize..50, 50usize..500],
            wider in 0u8..25,
        ) {
            let values: Vec<u32> = seed.iter().flat_map(|(v, n)| std::iter::repeat_n(*v, *n)).collect();
            let bits = 32 - values.iter().max().map_or(0, |most| most.leading_zeros()) as u8;
            let width = (bits + wider).max(1);
            let known = values.iter().max().map_or(0, |most| *most as usize + 1);
            let table: Vec<i64> = (0..known as i64).map(|code| code * 1_000 - 7).collect();
            let (mut stream, mut short) = (stream(&values, width), stream(&values, width));
            let (mut meanings, mut fewer) = (Meanings::default(), Meanings::default());
            meanings.set(|all| all.extend_from_slice(&table));
            fewer.set(|all| all.extend_from_slice(&table[1..]));
            let mut got = Vec::new();
            while got.len() < values.len() {
                let next = piece.min(values.len() - got.len());
                stream.look_up(next, &meanings, &mut got).unwrap();
            }
            prop_assert_eq!(got, values.iter().map(|code| table[*code as usize]).collect::<Vec<_>>());
            // A code past the end of the dictionary is damage, in a run and among packed bits.
            prop_assert_eq!(short.look_up(values.len(), &fewer, &mut Vec::new()), Err(Truncated));
        }

        #[test]
        fn levels_are_what_was_encoded(
            seed in proptest::collection::vec((any::<bool>(), 1usize..90), 1..40),
            piece in 1usize..150,
        ) {
            let values: Vec<u32> = seed.iter().flat_map(|(v, n)| std::iter::repeat_n(u32::from(*v), *n)).collect();
            let mut stream = stream(&values, 1);
            let mut got = Vec::new();
            while got.len() < values.len() {
                let next = piece.min(values.len() - got.len());
                let mut presence = Presence::default();
                stream.levels(next, &mut presence).unwrap();
                let mut out: Vec<u32> = vec![1; presence.count()];
                presence.spread(&mut out, 0, 0);
                got.extend(out);
            }
            prop_assert_eq!(got, values);
        }
    }

    #[test]
    fn a_stream_that_ends_early_is_an_error() {
        let mut stream = Hybrid::new(vec![2 << 1].into(), 9).unwrap();
        assert!(stream.read(&mut [0; 2]).is_err());
    }
}
