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
    /// Cents per person-year, half to even to the cent.
    pub fn per_year(self) -> i64 {
        div_half_even(i128::from(self.cents) * 12, i128::from(self.months)) as i64
    }

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
    Some(Cents(chosen.per_year()))
}

/// The same of people counted by [`Annual::per_year`], ascending: rounding keeps order, so the element of a rank, rounded, is
/// the element of that rank among the rounded.
pub fn threshold_of_counts(people: &[(i64, u64)], percentile: Percentile) -> Option<i64> {
    let all: u64 = people.iter().map(|(_, count)| count).sum();
    let mut left = (all * percentile.numerator).div_ceil(percentile.denominator);
    for (amount, count) in people {
        if left <= *count {
            return (left > 0).then_some(*amount);
        }
        left -= count;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Annual, threshold, threshold_of_counts};
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
        fn counts_of_rounded_amounts_have_the_same_threshold(people in proptest::collection::vec((-9_999i64..99_999, 1u8..=12), 0..300)) {
            let mut people: Vec<Annual> = people.into_iter().map(|(cents, months)| Annual { cents, months }).collect();
            let mut counts = std::collections::BTreeMap::new();
            for person in &people {
                *counts.entry(person.per_year()).or_insert(0u64) += 1;
            }
            let counts: Vec<(i64, u64)> = counts.into_iter().collect();
            prop_assert_eq!(threshold(&mut people, P99).map(|limit| limit.0), threshold_of_counts(&counts, P99));
        }

        #[test]
        fn the_order_of_people_does_not_matter(mut people in proptest::collection::vec((-9_999i64..99_999, 1u8..=12), 1..200)) {
            let annual = |people: &[(i64, u8)]| people.iter().map(|(cents, months)| Annual { cents: *cents, months: *months }).collect::<Vec<_>>();
            let forward = threshold(&mut annual(&people), P99);
            people.reverse();
            prop_assert_eq!(forward, threshold(&mut annual(&people), P99));
        }
    }
}
