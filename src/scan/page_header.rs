//! Headers of pages: small Thrift structures in the compact protocol (parquet-format, `PageHeader`).
//!
//! They are read out of the bytes of their column alone. Whatever a header promises, no more is looked at than is there.

/// What a page holds, by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// What kind of page it is, with what only that kind tells.
    pub kind: PageKind,
    /// Bytes of the page as it lies in the file, the header apart.
    pub packed: usize,
    /// Bytes of it once unpacked.
    pub unpacked: usize,
}

/// Kinds of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageKind {
    /// Values that codes stand for.
    Dictionary { values: usize, encoding: i32 },
    /// Levels and values packed together.
    Data { values: usize, encoding: i32, level_encoding: i32 },
    /// Levels as they are, values packed or not.
    DataV2 { values: usize, encoding: i32, level_bytes: usize, repetition_bytes: usize, packed: bool },
    /// One that holds no values.
    Other,
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoHeader {
    /// They end before it does.
    Short,
    /// They are something else.
    Damaged,
}

type Read<T> = Result<T, NoHeader>;

/// Structures within structures that a header may have; those of the format have two.
const DEEPEST: u8 = 16;

impl PageHeader {
    /// The header at the front of some bytes, and how many it takes.
    pub fn read(bytes: &[u8]) -> Read<(Self, usize)> {
        let mut compact = Compact { rest: bytes };
        let (mut kind, mut unpacked, mut packed) = (None, None, None);
        let (mut data, mut dictionary, mut v2) = (None, None, None);
        compact.structure(DEEPEST, |compact, field| {
            match field {
                (1, INT) => kind = Some(compact.int()?),
                (2, INT) => unpacked = Some(count(compact.int()?)?),
                (3, INT) => packed = Some(count(compact.int()?)?),
                (5, STRUCT) => data = Some(compact.data()?),
                (7, STRUCT) => dictionary = Some(compact.dictionary()?),
                (8, STRUCT) => v2 = Some(compact.data_v2()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let kind = match kind.ok_or(NoHeader::Damaged)? {
            0 => data.ok_or(NoHeader::Damaged)?,
            2 => dictionary.ok_or(NoHeader::Damaged)?,
            3 => v2.ok_or(NoHeader::Damaged)?,
            _ => PageKind::Other,
        };
        let (Some(packed), Some(unpacked)) = (packed, unpacked) else { return Err(NoHeader::Damaged) };
        Ok((Self { kind, packed, unpacked }, bytes.len() - compact.rest.len()))
    }
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const SHORT: u8 = 4;
const INT: u8 = 5;
const LONG: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Bytes in Thrift's compact protocol.
struct Compact<'b> {
    rest: &'b [u8],
}

impl Compact<'_> {
    fn data(&mut self) -> Read<PageKind> {
        let ([values, encoding, level_encoding], _) = self.numbers([1, 2, 3], None)?;
        Ok(PageKind::Data { values: count(values)?, encoding, level_encoding })
    }

    fn dictionary(&mut self) -> Read<PageKind> {
        let ([values, encoding], _) = self.numbers([1, 2], None)?;
        Ok(PageKind::Dictionary { values: count(values)?, encoding })
    }

    fn data_v2(&mut self) -> Read<PageKind> {
        let ([values, encoding, levels, repetition], packed) = self.numbers([1, 4, 5, 6], Some(7))?;
        let (level_bytes, repetition_bytes) = (count(levels)?, count(repetition)?);
        // A page that does not say whether its values are packed has them packed.
        Ok(PageKind::DataV2 { values: count(values)?, encoding, level_bytes, repetition_bytes, packed: packed.unwrap_or(true) })
    }

    /// Reads a structure of which the numbers in these fields must be there, and the truth in another may be.
    fn numbers<const N: usize>(&mut self, fields: [i64; N], truth: Option<i64>) -> Read<([i32; N], Option<bool>)> {
        let (mut numbers, mut told) = ([None; N], None);
        self.structure(DEEPEST, |compact, (field, kind)| {
            match (fields.iter().position(|wanted| *wanted == field), kind) {
                (Some(at), INT) => numbers[at] = Some(compact.int()?),
                (None, TRUE | FALSE) if truth == Some(field) => told = Some(kind == TRUE),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if numbers.contains(&None) {
            return Err(NoHeader::Damaged);
        }
        Ok((numbers.map(Option::unwrap_or_default), told))
    }

    /// Reads a structure: `each` is given the number and type of a field and reads it, or passes it over by `false`.
    fn structure(&mut self, deepest: u8, mut each: impl FnMut(&mut Self, (i64, u8)) -> Read<bool>) -> Read<()> {
        let deeper = deepest.checked_sub(1).ok_or(NoHeader::Damaged)?;
        let mut number = 0i64;
        loop {
            let byte = self.byte()?;
            let (step, kind) = (byte >> 4, byte & 0x0f);
            if kind == 0 {
                return Ok(());
            }
            number = if step == 0 { self.zigzag()? } else { number.saturating_add(i64::from(step)) };
            if !each(self, (number, kind))? && !matches!(kind, TRUE | FALSE) {
                self.pass_over(kind, deeper)?;
            }
        }
    }

    /// Passes over a value. Each takes a byte at least, so that a promise of billions ends with the bytes.
    fn pass_over(&mut self, kind: u8, deepest: u8) -> Read<()> {
        match kind {
            TRUE | FALSE | BYTE => self.advance(1),
            SHORT | INT | LONG => self.varint().map(|_| ()),
            DOUBLE => self.advance(8),
            BINARY => {
                let length = self.length()?;
                self.advance(length)
            }
            LIST | SET => {
                let deeper = deepest.checked_sub(1).ok_or(NoHeader::Damaged)?;
                let byte = self.byte()?;
                let count = if byte >> 4 == 15 { self.length()? } else { usize::from(byte >> 4) };
                (0..count).try_for_each(|_| self.pass_over(byte & 0x0f, deeper))
            }
            MAP => {
                let deeper = deepest.checked_sub(1).ok_or(NoHeader::Damaged)?;
                let count = self.length()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.pass_over(kinds >> 4, deeper)?;
                    self.pass_over(kinds & 0x0f, deeper)
                })
            }
            STRUCT => self.structure(deepest, |_, _| Ok(false)),
            _ => Err(NoHeader::Damaged),
        }
    }

    fn byte(&mut self) -> Read<u8> {
        let (byte, rest) = self.rest.split_first().ok_or(NoHeader::Short)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn advance(&mut self, bytes: usize) -> Read<()> {
        self.rest = self.rest.get(bytes..).ok_or(NoHeader::Short)?;
        Ok(())
    }

    fn varint(&mut self) -> Read<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(NoHeader::Damaged)
    }

    fn length(&mut self) -> Read<usize> {
        usize::try_from(self.varint()?).map_err(|_| NoHeader::Damaged)
    }

    fn zigzag(&mut self) -> Read<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn int(&mut self) -> Read<i32> {
        i32::try_from(self.zigzag()?).map_err(|_| NoHeader::Damaged)
    }
}

/// A number of bytes or values, which is never below zero.
fn count(number: i32) -> Read<usize> {
    usize::try_from(number).map_err(|_| NoHeader::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data page of 3 values, 20 bytes packed and 30 unpacked, plain with levels in runs.
    const DATA: &[u8] = &[0x15, 0, 0x15, 60, 0x15, 40, 0x2c, 0x15, 6, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];

    #[test]
    fn a_header_tells_its_page_and_its_own_length() {
        let kind = PageKind::Data { values: 3, encoding: 0, level_encoding: 3 };
        let mut bytes = DATA.to_vec();
        bytes.extend([7; 9]);
        assert_eq!(PageHeader::read(&bytes), Ok((PageHeader { kind, packed: 20, unpacked: 30 }, DATA.len())));
    }

    #[test]
    fn one_cut_short_asks_for_more() {
        for end in 0..DATA.len() {
            assert_eq!(PageHeader::read(&DATA[..end]), Err(NoHeader::Short), "{end} bytes");
        }
    }

    #[test]
    fn fields_of_other_versions_are_passed_over() {
        // A list of two structures of one number each, a text, a map of one pair, a truth, a double, in fields 9 to 13.
        let strange: &[u8] = &[
            0x69, 0x2c, 0x15, 2, 0, 0x15, 4, 0, 0x18, 2, b'h', b'i', 0x1b, 1, 0x58, 6, 1, b'x', 0x11, 0x17, 0, 0, 0, 0, 0, 0, 0,
            0,
        ];
        let mut bytes = vec![0x15, 4, 0x15, 60, 0x15, 40];
        bytes.extend(strange);
        // The dictionary's own header, by its number: a step of nought and then the number.
        bytes.extend([0x0c, 14, 0x15, 10, 0x15, 0, 0, 0]);
        let kind = PageKind::Dictionary { values: 5, encoding: 0 };
        assert_eq!(PageHeader::read(&bytes), Ok((PageHeader { kind, packed: 20, unpacked: 30 }, bytes.len())));
    }

    #[test]
    fn promises_of_billions_end_with_the_bytes() {
        let billions = [0xff, 0xff, 0xff, 0xff, 0x0f];
        for (kind, of) in [(LIST, 0xf3), (LIST, 0xf1), (SET, 0xfc)] {
            let mut bytes = vec![0x90 | kind, of];
            bytes.extend(billions);
            bytes.extend([0; 40]);
            assert_eq!(PageHeader::read(&bytes), Err(NoHeader::Short), "a collection of type {kind:x}");
        }
        // Elements of no type take no bytes: nothing but the bytes would end them.
        let mut bytes = vec![0x99, 0xf0];
        bytes.extend(billions);
        assert_eq!(PageHeader::read(&bytes), Err(NoHeader::Damaged));
    }

    #[test]
    fn structures_without_an_end_are_not_followed() {
        assert_eq!(PageHeader::read(&[0x9c; 4_000]), Err(NoHeader::Damaged));
        assert_eq!(PageHeader::read(&[0x99; 4_000]), Err(NoHeader::Damaged));
    }

    #[test]
    fn counts_below_zero_are_damage() {
        let mut bytes = DATA.to_vec();
        bytes[5] = 41;
        assert_eq!(PageHeader::read(&bytes), Err(NoHeader::Damaged));
    }
}
