//! The cells of one row by column, each read as what it must be.

use csv::ByteRecord;

use super::cell;
use super::refusal::{Reason, Refused};
use crate::money::Cents;

/// A column of a file, found once by name; one that the file does not have reads as blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Col(usize);

impl Col {
    /// A column that the file does not have.
    pub const ABSENT: Self = Self(usize::MAX);

    /// The column at that position, from 0.
    #[must_use]
    pub const fn at(index: usize) -> Self {
        Self(index)
    }

    /// Whether the file does not have it.
    #[must_use]
    pub const fn is_absent(self) -> bool {
        self.0 == usize::MAX
    }
}

/// One row of a delimited file.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r>(&'r ByteRecord);

type Cell<T> = Result<T, Refused>;

impl<'r> Row<'r> {
    /// The row of a record.
    #[must_use]
    pub const fn new(record: &'r ByteRecord) -> Self {
        Self(record)
    }

    /// The bytes of a cell without the blanks around them; empty when absent.
    #[inline]
    #[must_use]
    pub fn bytes(self, col: Col) -> &'r [u8] {
        self.0.get(col.0).map_or(&[], cell::trim)
    }

    /// A string.
    #[inline]
    pub fn text(self, col: Col) -> Cell<Option<&'r str>> {
        cell::text(self.bytes(col)).map_err(|reason| at(reason, col))
    }

    /// A string that must be there.
    #[inline]
    pub fn the_text(self, col: Col) -> Cell<&'r str> {
        self.text(col)?.ok_or_else(|| at(Reason::Blank, col))
    }

    /// An amount.
    #[inline]
    pub fn money(self, col: Col) -> Cell<Option<Cents>> {
        cell::money(self.bytes(col)).map_err(|reason| at(reason, col))
    }

    /// An amount that must be there.
    #[inline]
    pub fn the_money(self, col: Col) -> Cell<Cents> {
        self.money(col)?.ok_or_else(|| at(Reason::Blank, col))
    }

    /// A day.
    #[inline]
    pub fn day(self, col: Col) -> Cell<Option<i32>> {
        cell::day(self.bytes(col)).map_err(|reason| at(reason, col))
    }

    /// A day that must be there.
    #[inline]
    pub fn the_day(self, col: Col) -> Cell<i32> {
        self.day(col)?.ok_or_else(|| at(Reason::Blank, col))
    }

    /// A whole number that must be there and fit its column.
    #[inline]
    pub fn the_number<N: TryFrom<u64>>(self, col: Col) -> Cell<N> {
        let number = cell::whole(self.bytes(col)).map_err(|reason| at(reason, col))?.ok_or_else(|| at(Reason::Blank, col))?;
        N::try_from(number).map_err(|_| at(Reason::NotANumber, col))
    }

    /// A National Provider Identifier.
    #[inline]
    #[must_use]
    pub fn npi(self, col: Col) -> Option<u64> {
        cell::npi(self.bytes(col))
    }
}

/// A refusal at a column.
#[inline]
#[must_use]
pub fn at(reason: Reason, col: Col) -> Refused {
    Refused { reason, column: (!col.is_absent()).then_some(col.0) }
}
