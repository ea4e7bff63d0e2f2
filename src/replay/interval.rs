//! What a printed number leaves open: every value that would be printed so.

use rust_decimal::Decimal;

/// Ratios beyond this come of no results.
const LARGEST_RATIO: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0); // a thousand million million

/// A closed interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Lowest number.
    pub low: Decimal,
    /// Highest number.
    pub high: Decimal,
}

impl Interval {
    /// One number alone.
    #[must_use]
    pub const fn exactly(value: Decimal) -> Self {
        Self { low: value, high: value }
    }

    /// The smallest interval that holds all the numbers; none of none.
    pub fn hull(values: impl IntoIterator<Item = Decimal>) -> Option<Self> {
        values.into_iter().map(Self::exactly).reduce(Self::join)
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// What lies in both, if anything does.
    #[must_use]
    pub fn meet(self, other: Self) -> Option<Self> {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        (low <= high).then_some(Self { low, high })
    }

    /// Whether some number lies in both. Ends count: a printed half may have been rounded either way.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.meet(other).is_some()
    }

    /// The interval without its part below `least`.
    #[must_use]
    pub fn at_least(self, least: Decimal) -> Self {
        Self { low: self.low.max(least), high: self.high.max(least) }
    }

    /// The interval without its part above `most`.
    #[must_use]
    pub fn at_most(self, most: Decimal) -> Self {
        Self { low: self.low.min(most), high: self.high.min(most) }
    }

    /// Both numbers added.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }

    /// The second taken from the first.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { low: self.low - other.high, high: self.high - other.low }
    }

    /// Both numbers multiplied.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let ends = [self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high];
        Self { low: ends.into_iter().fold(ends[0], Decimal::min), high: ends.into_iter().fold(ends[0], Decimal::max) }
    }

    /// The first divided by the second; none when the second may be 0 or the ratio is beyond all numbers.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        if other.low <= Decimal::ZERO && other.high >= Decimal::ZERO {
            return None;
        }
        let corners = [(self.low, other.low), (self.low, other.high), (self.high, other.low), (self.high, other.high)];
        let ends: Option<Vec<Decimal>> = corners.into_iter().map(|(above, below)| above.checked_div(below)).collect();
        Self::hull(ends?).filter(|ratio| ratio.low.abs().max(ratio.high.abs()) <= LARGEST_RATIO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(low: i64, high: i64) -> Interval {
        Interval { low: low.into(), high: high.into() }
    }

    #[test]
    fn ends_count() {
        assert!(of(1, 2).meets(of(2, 3)) && !of(1, 2).meets(of(3, 4)));
    }

    #[test]
    fn products_and_ratios_look_at_every_corner() {
        assert_eq!(of(-2, 3).times(of(-5, 1)), of(-15, 10));
        assert_eq!(of(-8, 4).over(of(2, 4)), Some(of(-4, 2)));
        assert_eq!(of(1, 1).over(of(-1, 1)), None);
        assert_eq!(LARGEST_RATIO.to_string(), "1000000000000000");
        assert_eq!(of(1, 4).minus(of(1, 2)), of(-1, 3));
    }
}
