//! The four enrollment types, in which every figure of the program is kept apart (42 CFR 425.601(a)(2)).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a month of a beneficiary counts, by the hierarchy end-stage renal disease, disabled, aged and dual, aged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EnrollmentType {
    /// End-stage renal disease by CMS's monthly status.
    #[serde(rename = "ESRD")]
    Esrd,
    /// Under 65 and not ESRD.
    #[serde(rename = "DIS")]
    Disabled,
    /// 65 or older, dually eligible for Medicare and Medicaid.
    #[serde(rename = "AGDU")]
    AgedDual,
    /// 65 or older, not dually eligible.
    #[serde(rename = "AGND")]
    AgedNonDual,
}

impl EnrollmentType {
    /// All types, in the order of every table.
    pub const ALL: [Self; 4] = [Self::Esrd, Self::Disabled, Self::AgedDual, Self::AgedNonDual];

    /// The name used in tables: `ESRD`, `DIS`, `AGDU`, `AGND`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Esrd => "ESRD",
            Self::Disabled => "DIS",
            Self::AgedDual => "AGDU",
            Self::AgedNonDual => "AGND",
        }
    }

    /// Position in [`EnrollmentType::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for EnrollmentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EnrollmentType {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(())
    }
}

/// One value per enrollment type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByType<T>(pub [T; 4]);

impl<T> ByType<T> {
    /// Makes a value for each type.
    pub fn from_fn(mut make: impl FnMut(EnrollmentType) -> T) -> Self {
        Self(EnrollmentType::ALL.map(&mut make))
    }

    /// Pairs of type and value, in table order.
    pub fn iter(&self) -> impl Iterator<Item = (EnrollmentType, &T)> {
        EnrollmentType::ALL.into_iter().zip(&self.0)
    }
}

impl<T> std::ops::Index<EnrollmentType> for ByType<T> {
    type Output = T;
    fn index(&self, kind: EnrollmentType) -> &T {
        &self.0[kind.index()]
    }
}

impl<T> std::ops::IndexMut<EnrollmentType> for ByType<T> {
    fn index_mut(&mut self, kind: EnrollmentType) -> &mut T {
        &mut self.0[kind.index()]
    }
}
