//! Sums by key that add up in any order: what one part of the people leaves, and what parts of parts merge into.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::distribution::Distribution;
use crate::error::{Error, Result};
use crate::rules::{EnrollmentType, Year};

/// What a sum is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Kind of sum.
    pub what: What,
    /// The agreement, table or reason; empty where there is none.
    pub name: String,
    /// The county, the use of a table, or the reason a row met; empty where there is none.
    pub within: String,
    /// Calendar year; 0 where there is none.
    pub year: Year,
    /// Enrollment type.
    pub kind: Option<EnrollmentType>,
    /// Which of several, such as a month; 0 where there is one only.
    pub at: u16,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $arity:literal;)+) => {
        /// Kinds of sum.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum What {
            $($(#[$doc])* $variant,)+
        }

        impl What {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in a partial.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How many numbers are summed under one key.
            pub const fn arity(self) -> usize {
                match self { $(Self::$variant => $arity,)+ }
            }
        }
    };
}

kinds! {
    /// People assigned under an agreement.
    Aco = "aco", 20;
    /// People assigned under no agreement.
    Nobody = "nobody", 20;
    /// People of the nation.
    Nation = "nation", 20;
    /// People of a county who are assignable in the calendar window.
    County = "county", 20;
    /// People of a county who are assignable in the offset window.
    CountyOffset = "county_offset", 20;
    /// People of the performance year who are new to their ACO.
    Newly = "newly_assigned", 20;
    /// People of the performance year who are not.
    Continuously = "continuously_assigned", 20;
    /// People and months under an agreement, of all types together, and who of them has payments of each component.
    Heads = "heads", 12;
    /// Months under an agreement, by county.
    Residence = "residence", 1;
    /// Revenue of an agreement's participants, cents.
    Revenue = "revenue", 1;
    /// Rows, cents and absolute cents, by reason.
    Reason = "reason", 3;
    /// Rows, cents and absolute cents read.
    Read = "read", 3;
    /// Rows that could not be used.
    Fault = "fault", 1;
    /// Months that count for some type.
    Months = "months", 1;
    /// Claims of a type and month: rows, cents, rows denied, cents by lateness.
    Month = "month", 21;
    /// Claims of a type by size: rows and cents.
    Size = "size", 2;
    /// Claims of a type below zero: rows and cents.
    Negative = "negative", 2;
    /// Rows with a fault, by fault: rows, cents and absolute cents.
    RowFault = "row_fault", 3;
    /// People of a month, by what the month is to them: by enrollment type, in a plan, in one part alone.
    PeopleMonth = "people_month", 6;
    /// What is counted in `beneficiary_year` and `risk_score`, by count.
    PeopleCount = "people_count", 1;
    /// People who count in a year, and those of them without a score.
    Unscored = "unscored", 2;
    /// The last day on which a row was processed: days since 1970-01-01.
    LastProcessed = "last_processed", 1;
}

impl What {
    /// Whether numbers do not add up, but the greatest counts.
    fn is_greatest(self) -> bool {
        self == Self::LastProcessed
    }
}

/// Sums by key, and people by what they cost. Adding is associative and commutative; the empty partial is its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partial {
    sums: BTreeMap<Key, Vec<i64>>,
    people: BTreeMap<(Year, EnrollmentType), Distribution>,
}

impl Partial {
    /// Adds numbers under a key; sums that are all zero leave no trace.
    ///
    /// # Errors
    /// When a sum outgrows 64 bits or there are not as many numbers as the kind of sum has.
    pub fn add(&mut self, key: Key, numbers: &[i64]) -> Result<()> {
        if numbers.len() != key.what.arity() {
            return Err(Error::failed(
                format!("a sum of the kind {} has {} numbers instead of {}", key.what.name(), numbers.len(), key.what.arity()),
                "the partial was not made by this program; fold the partition again",
            ));
        }
        if !key.what.is_greatest() && numbers.iter().all(|number| *number == 0) {
            return Ok(());
        }
        let what = key.what;
        match self.sums.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(numbers.to_vec());
            }
            Entry::Occupied(mut entry) => {
                for (sum, number) in entry.get_mut().iter_mut().zip(numbers) {
                    if what.is_greatest() {
                        *sum = *number.max(sum);
                        continue;
                    }
                    *sum = sum.checked_add(*number).ok_or_else(|| outgrown(what))?;
                }
                if !what.is_greatest() && entry.get().iter().all(|sum| *sum == 0) {
                    entry.remove();
                }
            }
        }
        Ok(())
    }

    /// Adds another partial.
    ///
    /// # Errors
    /// When a sum outgrows 64 bits.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        for ((year, kind), people) in other.people {
            self.add_people(year, kind, people)?;
        }
        if self.sums.is_empty() {
            self.sums = other.sums;
            return Ok(());
        }
        other.sums.into_iter().try_for_each(|(key, numbers)| self.add(key, &numbers))
    }

    /// The sums, in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &[i64])> {
        self.sums.iter().map(|(key, numbers)| (key, numbers.as_slice()))
    }

    /// Adds people by what they cost.
    ///
    /// # Errors
    /// When there are more of them than 63 bits count.
    pub fn add_people(&mut self, year: Year, kind: EnrollmentType, people: Distribution) -> Result<()> {
        if people.counts().is_empty() {
            return Ok(());
        }
        let known = self.people.entry((year, kind)).or_default();
        *known = std::mem::take(known).merge(people)?;
        Ok(())
    }

    /// People by what they cost, by year and type.
    pub fn people(&self) -> impl Iterator<Item = (Year, EnrollmentType, &Distribution)> {
        self.people.iter().map(|((year, kind), people)| (*year, *kind, people))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty() && self.people.is_empty()
    }
}

impl Key {
    /// A key of a kind of sum and nothing else.
    pub fn of(what: What) -> Self {
        Self { what, name: String::new(), within: String::new(), year: 0, kind: None, at: 0 }
    }

    /// The same, of an agreement, table or reason.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The same, within a county, use or reason.
    #[must_use]
    pub fn within(self, within: impl Into<String>) -> Self {
        Self { within: within.into(), ..self }
    }

    /// The same, in a year.
    #[must_use]
    pub fn year(self, year: Year) -> Self {
        Self { year, ..self }
    }

    /// The same, of an enrollment type.
    #[must_use]
    pub fn kind(self, kind: EnrollmentType) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// The same, of one of several.
    #[must_use]
    pub fn at(self, at: u16) -> Self {
        Self { at, ..self }
    }
}

/// A sum in 64 bits.
///
/// # Errors
/// When it does not fit.
pub fn narrow(what: What, sum: i128) -> Result<i64> {
    i64::try_from(sum).map_err(|_| outgrown(what))
}

pub(super) fn outgrown(what: What) -> Error {
    Error::failed(
        format!("a sum of the kind {} outgrows 64 bits", what.name()),
        "no nation spends so much: look for an amount in the extract that cannot be one",
    )
}
