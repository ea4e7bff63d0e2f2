//! The truncation threshold: a percentile of annualised expenditures, exact.

use std::cmp::Ordering;

use crate::money::{Cents, div_half_even};
use crate::rules::expenditure::Percentile;

/// A person's expenditure in one type and year, and the months it arose in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annual {
    /// Cents.
    pub cents: i64,
    /// Months, 1 to 12.
    pub months: u8,
}

impl Annual {
    fn order(&self, other: &Self) -> Ordering {
        (i128::from(self.cents) * i128::from(other.months)).cmp(&(i128::from(other.cents) * i128::from(self.months)))
    }
}

/// The element of rank ceil(p n) by annualised expenditure, half to even to the cent; none without people.
///
/// 42 CFR 425.601(a)(4): the 99th percentile of national Medicare fee-for-service expenditures.
pub fn threshold(people: &mut [Annual], percentile: Percentile) -> Option<Cents> {
    let rank = (people.len() as u64 * percentile.numerator).div_ceil(percentile.denominator).checked_sub(1)?;
    let (_, chosen, _) = people.select_nth_unstable_by(rank as usize, Annual::order);
    let annual = div_half_even(i128::from(chosen.cents) * 12, i128::from(chosen.months));
    i64::try_from(annual).ok().map(Cents)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Annual, threshold};
    use crate::rules::expenditure::Percentile;

    const P99: Percentile = Percentile { numerator: 99, denominator: 100 };

    #[test]
    fn the_rank_is_the_nearest_above() {
        let people = |n: i64| (1..=n).map(|cents| Annual { cents, months: 12 }).collect::<Vec<_>>();
        for (n, want) in [(1, 1), (99, 99), (100, 99), (101, 100), (200, 198), (1_000, 990)] {
            assert_eq!(threshold(&mut people(n), P99).unwrap().0, want, "{n}");
        }
        assert_eq!(threshold(&mut [], P99), None);
    }

    #[test]
    fn parts_of_a_year_are_compared_as_whole_years() {
        let mut people = [Annual { cents: 100, months: 1 }, Annual { cents: 1_000, months: 12 }];
        assert_eq!(threshold(&mut people, P99).unwrap().0, 1_200);
    }

    proptest! {
        #[test]
        fn the_order_of_people_does_not_matter(mut people in proptest::collection::vec((-9_999i64..99_999, 1u8..=12), 1..200)) {
            let annual = |people: &[(i64, u8)]| people.iter().map(|(cents, months)| Annual { cents: *cents, months: *months }).collect::<Vec<_>>();
            let forward = threshold(&mut annual(&people), P99);
            people.reverse();
            prop_assert_eq!(forward, threshold(&mut annual(&people), P99));
        }
    }
}
