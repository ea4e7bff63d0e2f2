//! Time a person spends in an enrollment type, in months.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Months of eligibility, summed over people; twelve make a person-year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonMonths(pub u64);

impl PersonMonths {
    /// The same time in years, to 28 digits.
    #[must_use]
    pub fn years(self) -> Decimal {
        Decimal::from(self.0) / Decimal::from(12)
    }
}

impl Add for PersonMonths {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for PersonMonths {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for PersonMonths {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}
