//! The record layouts (`layout.toml`), and records read by them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::intake::cell;
use crate::intake::refusal::{Reason, Refused};
use crate::money::Cents;

/// The files of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum FileKind {
    Control,
    Headers,
    RevenueLines,
    Procedures,
    Diagnoses,
    Physician,
    Dme,
    PartD,
    People,
    Identifiers,
    PartADemo,
    PartBDemo,
}

impl FileKind {
    /// The kind of a file called `CCLF<symbol>` or `ZC<symbol>`.
    #[must_use]
    pub fn of(symbol: u8) -> Option<Self> {
        Some(match symbol.to_ascii_uppercase() {
            b'0' => Self::Control,
            b'1' => Self::Headers,
            b'2' => Self::RevenueLines,
            b'3' => Self::Procedures,
            b'4' => Self::Diagnoses,
            b'5' => Self::Physician,
            b'6' => Self::Dme,
            b'7' => Self::PartD,
            b'8' => Self::People,
            b'9' => Self::Identifiers,
            b'A' => Self::PartADemo,
            b'B' => Self::PartBDemo,
            _ => return None,
        })
    }

    /// Its name in CMS's papers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Control => "CCLF0",
            Self::Headers => "CCLF1",
            Self::RevenueLines => "CCLF2",
            Self::Procedures => "CCLF3",
            Self::Diagnoses => "CCLF4",
            Self::Physician => "CCLF5",
            Self::Dme => "CCLF6",
            Self::PartD => "CCLF7",
            Self::People => "CCLF8",
            Self::Identifiers => "CCLF9",
            Self::PartADemo => "CCLFA",
            Self::PartBDemo => "CCLFB",
        }
    }
}

/// Where a field is in a record: bytes from, to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "[usize; 2]")]
pub struct Span {
    from: usize,
    to: usize,
}

impl From<[usize; 2]> for Span {
    fn from([start, length]: [usize; 2]) -> Self {
        Self { from: start - 1, to: start - 1 + length }
    }
}

impl Span {
    /// The field in a record, without blanks around it; empty beyond the record's end.
    #[inline]
    #[must_use]
    pub fn of(self, record: &[u8]) -> &[u8] {
        cell::trim(self.whole(record))
    }

    /// The field in a record; empty beyond the record's end.
    #[inline]
    fn whole(self, record: &[u8]) -> &[u8] {
        record.get(self.from..self.to).unwrap_or_default()
    }

    /// Bytes from and to, counted from 0.
    #[must_use]
    pub const fn range(self) -> (usize, usize) {
        (self.from, self.to)
    }
}

/// The layout of one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// What a record is.
    pub title: String,
    /// Lengths of a record in this and earlier versions.
    pub widths: Vec<usize>,
    fields: BTreeMap<String, Span>,
}

/// The layouts of all files.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Layouts(BTreeMap<String, Layout>);

impl Layouts {
    /// The layouts that come with the program.
    ///
    /// # Errors
    /// When the embedded table is malformed.
    pub fn embedded() -> Result<Self> {
        toml::from_str(include_str!("layout.toml"))
            .map_err(|e| Error::failed(format!("the CCLF layouts do not read: {e}"), "report this as a defect"))
    }

    /// The layout of a file.
    ///
    /// # Errors
    /// When the table has none, which the tests exclude.
    pub fn of(&self, kind: FileKind) -> Result<&Layout> {
        self.0.get(kind.name()).ok_or_else(|| missing(kind.name()))
    }
}

impl Layout {
    /// Where a field is.
    ///
    /// # Errors
    /// When the layout has no such field, which the tests exclude.
    pub fn span(&self, field: &str) -> Result<Span> {
        self.fields.get(field).copied().ok_or_else(|| missing(field))
    }

    /// Where fields are, in the order asked for.
    ///
    /// # Errors
    /// When the layout lacks one.
    pub fn spans(&self, fields: &[&str]) -> Result<Vec<Span>> {
        fields.iter().map(|field| self.span(field)).collect()
    }
}

fn missing(what: &str) -> Error {
    Error::failed(format!("the CCLF layouts lack {what}"), "report this as a defect")
}

/// Declares the fields taken of a file: an enum that indexes them, and their names in CMS's papers.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($field:ident $cms:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name { $($field,)+ }

        impl $name {
            /// Names in CMS's papers, in the order of the fields.
            pub const NAMES: &'static [&'static str] = &[$($cms,)+];
        }

        impl From<$name> for usize {
            fn from(field: $name) -> usize {
                field as usize
            }
        }
    };
}
pub(super) use fields;

/// A record whose fields are read by number.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    bytes: &'r [u8],
    spans: &'r [Span],
    /// From where on all bytes are text, looked at once for all fields, and that text.
    text: Option<(usize, &'r str)>,
}

type Cell<T> = Result<T, Refused>;

impl<'r> Record<'r> {
    /// A record and where its fields are.
    #[must_use]
    pub const fn new(bytes: &'r [u8], spans: &'r [Span]) -> Self {
        Self { bytes, spans, text: None }
    }

    /// A record of which many fields are text: from `first` on it is looked at as a whole, where it is text.
    #[inline]
    #[must_use]
    pub fn of_text(bytes: &'r [u8], spans: &'r [Span], first: usize) -> Self {
        let text = bytes.get(first..).and_then(|rest| std::str::from_utf8(rest).ok());
        Self { bytes, spans, text: text.map(|text| (first, text)) }
    }

    /// The bytes of a field without the blanks around them.
    #[inline]
    #[must_use]
    pub fn bytes(self, field: impl Into<usize>) -> &'r [u8] {
        self.spans[field.into()].of(self.bytes)
    }

    /// The bytes of a field with their blanks, which those who read them pass over.
    #[inline]
    fn whole(self, field: usize) -> &'r [u8] {
        self.spans[field].whole(self.bytes)
    }

    /// A string.
    #[inline]
    pub fn text(self, field: impl Into<usize>) -> Cell<Option<&'r str>> {
        let field = field.into();
        let (from, to) = self.spans[field].range();
        let known = self.text.and_then(|(first, text)| text.get(from.checked_sub(first)?..to - first));
        match known.map(str::trim_ascii) {
            Some(text) => Ok((!text.is_empty()).then_some(text)),
            None => cell::text(self.bytes(field)).map_err(|reason| at(reason, field)),
        }
    }

    /// A string that must be there.
    #[inline]
    pub fn the_text(self, field: impl Into<usize>) -> Cell<&'r str> {
        let field = field.into();
        self.text(field)?.ok_or_else(|| at(Reason::Blank, field))
    }

    /// An amount.
    #[inline]
    pub fn money(self, field: impl Into<usize>) -> Cell<Option<Cents>> {
        let field = field.into();
        cell::money(self.whole(field)).map_err(|reason| at(reason, field))
    }

    /// An amount that must be there.
    #[inline]
    pub fn the_money(self, field: impl Into<usize>) -> Cell<Cents> {
        let field = field.into();
        self.money(field)?.ok_or_else(|| at(Reason::Blank, field))
    }

    /// A day; none when blank or one of the days that CMS fills in where it has none.
    #[inline]
    pub fn day(self, field: impl Into<usize>) -> Cell<Option<i32>> {
        let field = field.into();
        day(self.whole(field)).map_err(|reason| at(reason, field))
    }

    /// A day that must be there.
    #[inline]
    pub fn the_day(self, field: impl Into<usize>) -> Cell<i32> {
        let field = field.into();
        self.day(field)?.ok_or_else(|| at(Reason::Blank, field))
    }

    /// A whole number that must be there and fit its column.
    #[inline]
    pub fn the_number<N: TryFrom<u64>>(self, field: impl Into<usize>) -> Cell<N> {
        let field = field.into();
        let number = cell::whole(self.whole(field)).map_err(|reason| at(reason, field))?;
        number.and_then(|number| N::try_from(number).ok()).ok_or_else(|| at(Reason::NotANumber, field))
    }

    /// The first of two fields that holds a National Provider Identifier.
    #[inline]
    #[must_use]
    pub fn npi(self, field: impl Into<usize>, otherwise: impl Into<usize>) -> Option<u64> {
        cell::npi(self.whole(field.into())).or_else(|| cell::npi(self.whole(otherwise.into())))
    }
}

fn at(reason: Reason, field: usize) -> Refused {
    Refused { reason, column: Some(field) }
}

/// A day; none when blank, `1000-01-01` or `9999-12-31`.
#[inline]
pub fn day(cell: &[u8]) -> Result<Option<i32>, Reason> {
    const PLACEHOLDERS: [Option<i32>; 2] = [cell::day_of(1_000, 1, 1), cell::day_of(9_999, 12, 31)];
    cell::day(cell).map(|day| if PLACEHOLDERS.contains(&day) { None } else { day })
}

#[cfg(test)]
mod tests {
    use super::{FileKind, Layouts, Record, Span, day};
    use crate::money::Cents;

    const KINDS: &[u8] = b"123456789AB";

    #[test]
    fn every_field_ends_within_the_longest_record() {
        let layouts = Layouts::embedded().unwrap();
        for kind in KINDS.iter().map(|symbol| FileKind::of(*symbol).unwrap()) {
            let layout = layouts.of(kind).unwrap();
            let longest = *layout.widths.iter().max().unwrap();
            assert!(layout.fields.values().all(|span| span.range().1 <= longest), "{}", kind.name());
        }
    }

    #[test]
    fn fields_are_trimmed_and_placeholder_days_are_none() {
        let spans = [Span::from([1, 5]), Span::from([6, 8]), Span::from([14, 10]), Span::from([24, 4])];
        let record = Record::new(b"ab      12.501000-01-01", &spans);
        assert_eq!(record.text(0_usize), Ok(Some("ab")));
        assert_eq!(record.money(1_usize), Ok(Some(Cents(1_250))));
        assert_eq!(record.day(2_usize), Ok(None));
        assert_eq!(record.text(3_usize), Ok(None), "a field beyond the end of an older record is blank");
        // Looked at as a whole, or from where it is text, or not at all where some of it is none: the same.
        for (bytes, first) in
            [(&b"ab      12.501000-01-01"[..], 0), (b"ab      12.501000-01-01", 5), (b"ab   \xff  12.501000-01-01", 0)]
        {
            let whole = Record::of_text(bytes, &spans, first);
            assert_eq!((whole.text(0_usize), whole.text(2_usize)), (Ok(Some("ab")), Ok(Some("1000-01-01"))));
            assert_eq!(whole.text(3_usize), Ok(None));
        }
        assert_eq!([day(b"9999-12-31"), day(b""), day(b"1970-01-02")], [Ok(None), Ok(None), Ok(Some(1))]);
    }
}
