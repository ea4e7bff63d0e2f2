//! Dollars as whole cents.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An amount of money in whole cents. Sums that can outgrow an `i64` are carried as `i128` by their owners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The amount in dollars, exact.
    #[must_use]
    pub fn dollars(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// The amount without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Reads a decimal amount such as `-12.5` or `3`, refusing more than two decimals that matter.
    ///
    /// ```
    /// use acobench::money::Cents;
    /// assert_eq!(Cents::parse("-12.5"), Some(Cents(-1250)));
    /// assert_eq!(Cents::parse("0.005"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let point = digits.bytes().position(|byte| byte == b'.');
        let (whole, fraction) = match point {
            Some(at) => (&digits.as_bytes()[..at], &digits.as_bytes()[at + 1..]),
            None => (digits.as_bytes(), &[][..]),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut value: i64 = 0;
        for byte in whole {
            value = value.checked_mul(10)?.checked_add(i64::from(digit(*byte)?))?;
        }
        let mut places = fraction.iter().copied();
        for _ in 0..2 {
            value = value.checked_mul(10)?.checked_add(i64::from(places.next().map_or(Some(0), digit)?))?;
        }
        if places.any(|byte| byte != b'0') {
            return None;
        }
        Some(Self(if negative { -value } else { value }))
    }
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}

impl Add for Cents {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Cents {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Cents {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::Cents;

    #[test]
    fn amounts_are_read_to_the_cent_or_not_at_all() {
        for (text, cents) in [
            ("0", Some(0)),
            ("109.44", Some(10_944)),
            ("-0.07", Some(-7)),
            ("+3.5", Some(350)),
            (".5", Some(50)),
            ("12.340", Some(1_234)),
            (" 8 ", Some(800)),
            ("12.345", None),
            ("1,000", None),
            ("", None),
            ("-", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Cents::parse(text).map(|amount| amount.0), cents, "{text:?}");
        }
    }

    #[test]
    fn amounts_print_as_they_read() {
        for cents in [0, 5, -5, 100, -123_456, i64::MAX, i64::MIN + 1] {
            assert_eq!(Cents::parse(&Cents(cents).to_string()), Some(Cents(cents)));
        }
    }
}
