//! Rounding, always to the even neighbour when two are equally near.

use rust_decimal::{Decimal, RoundingStrategy};

/// `numerator / denominator` as a whole number, half to even.
///
/// # Panics
/// When `denominator` is zero.
#[must_use]
pub fn div_half_even(numerator: i128, denominator: i128) -> i128 {
    let (numerator, denominator) = if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
    let quotient = numerator.div_euclid(denominator);
    let twice = numerator.rem_euclid(denominator) * 2;
    match twice.cmp(&denominator) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

/// Dollars rounded half to even to the cent, as reports print them.
#[must_use]
pub fn round_dollars(dollars: Decimal) -> Decimal {
    dollars.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven)
}

#[cfg(test)]
mod tests {
    use super::div_half_even;

    #[test]
    fn halves_go_to_the_even_neighbour_on_both_sides_of_zero() {
        for (n, d, want) in [
            (5, 2, 2),
            (7, 2, 4),
            (-5, 2, -2),
            (-7, 2, -4),
            (1, 3, 0),
            (2, 3, 1),
            (-1, 3, 0),
            (5, -2, -2),
            (10, 4, 2),
            (14, 4, 4),
        ] {
            assert_eq!(div_half_even(n, d), want, "{n}/{d}");
        }
    }
}
