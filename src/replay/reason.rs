//! Why a published figure cannot be recomputed: a closed list, each with the bound that still holds.

use std::fmt;

use super::interval::Interval;
use super::sheet::{Absent, Sheet};

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The file lacks a column that determines the figure.
    ColumnMissing(String),
    /// A cell that determines it is suppressed.
    Suppressed(String),
    /// A cell that determines it is empty.
    Blank(String),
    /// A cell that determines it holds no number.
    NoNumber(String),
    /// The loss limit is a share of a revenue that CMS does not publish.
    RevenueNotPublished,
    /// The file says that a termination prorated the figure, and not when it was.
    TerminationNotPublished,
    /// The minimum savings rate of so few people is in no table.
    RateNotTabulated,
    /// The file says by the rate alone that the quality standard was missed.
    StandardNotPublished,
    /// Track, start and year make no arrangement that the rules know.
    ArrangementUnknown(String),
    /// The benchmark depends on the ACO's region, whose figures CMS does not publish by ACO.
    RegionNotPublished(String),
    /// Too few ACOs share the national trends for them to be found.
    CohortTooSmall(usize),
    /// The counts by age are of a part of the performance year's people.
    AgesOfOneYear,
    /// A benchmark year has no people of a type that has some in benchmark year 3.
    TypeWithoutPeople(String),
}

impl Reason {
    /// The reason's name in the results.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ColumnMissing(_) => "column_missing",
            Self::Suppressed(_) => "suppressed",
            Self::Blank(_) => "blank",
            Self::NoNumber(_) => "no_number",
            Self::RevenueNotPublished => "revenue_not_published",
            Self::TerminationNotPublished => "termination_not_published",
            Self::RateNotTabulated => "rate_not_tabulated",
            Self::StandardNotPublished => "standard_not_published",
            Self::ArrangementUnknown(_) => "arrangement_unknown",
            Self::RegionNotPublished(_) => "region_not_published",
            Self::CohortTooSmall(_) => "cohort_too_small",
            Self::AgesOfOneYear => "ages_of_one_year",
            Self::TypeWithoutPeople(_) => "type_without_people",
        }
    }

    /// The reason that a cell gives which holds no number.
    #[must_use]
    pub fn of(absent: Absent, sheet: &Sheet) -> Self {
        match absent {
            Absent::Column(key) => Self::ColumnMissing(sheet.name(key)),
            Absent::Suppressed(key) => Self::Suppressed(sheet.name(key)),
            Absent::Blank(key) => Self::Blank(sheet.name(key)),
            Absent::Text(key) => Self::NoNumber(sheet.name(key)),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code())?;
        match self {
            Self::ColumnMissing(name) => write!(f, "the file has no column {name}"),
            Self::Suppressed(name) => write!(f, "{name} is suppressed"),
            Self::Blank(name) => write!(f, "{name} is empty"),
            Self::NoNumber(name) => write!(f, "{name} holds no number"),
            Self::RevenueNotPublished => f.write_str("the loss limit is a share of participant revenue"),
            Self::TerminationNotPublished => f.write_str("prorated for a termination whose month is not published"),
            Self::RateNotTabulated => f.write_str("too few assigned beneficiaries for the table of minimum savings rates"),
            Self::StandardNotPublished => f.write_str("that the quality standard was missed shows in the rate alone"),
            Self::ArrangementUnknown(what) => f.write_str(what),
            Self::RegionNotPublished(regime) => write!(f, "regional figures enter the benchmark under {regime}"),
            Self::CohortTooSmall(rows) => {
                write!(f, "{rows} ACOs with every cell share the national trends, too few to find them")
            }
            Self::AgesOfOneYear => f.write_str("the performance year spans more than the calendar year that is counted by age"),
            Self::TypeWithoutPeople(name) => write!(f, "no people in {name}"),
        }
    }
}

/// A figure that is not determined, and what is known of it all the same.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// Why.
    pub reason: Reason,
    /// Where it must lie, and in what words.
    pub bound: Option<(Interval, String)>,
}

impl From<Reason> for Doubt {
    fn from(reason: Reason) -> Self {
        Self { reason, bound: None }
    }
}

impl Doubt {
    /// A doubt within bounds.
    pub fn within(reason: Reason, bound: Interval, words: impl Into<String>) -> Self {
        Self { reason, bound: Some((bound, words.into())) }
    }
}
