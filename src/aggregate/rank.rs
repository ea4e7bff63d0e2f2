//! The truncation threshold: a percentile of annualised expenditures, exact.

use std::cmp::Ordering;

use crate::money::{Cents, div_half_even};
use crate::rules::choices::ThresholdRank;
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

/// The people of greatest annualised expenditure among all that were seen: as many as a percentile can fall on.
#[derive(Debug, Clone)]
pub struct Top {
    percentile: Percentile,
    rank: ThresholdRank,
    most: usize,
    seen: u64,
    people: Vec<Annual>,
}

/// People beyond the most that are held before the least of them are let go.
const SLACK: usize = 1_024;

impl Top {
    /// Nobody yet, of at most so many people.
    pub fn new(people: u64, percentile: Percentile, rank: ThresholdRank) -> Self {
        let below = position(people, percentile, rank).map_or(0, |(at, _)| at);
        let most = usize::try_from(people.max(1) - below).unwrap_or(usize::MAX);
        Self { percentile, rank, most, seen: 0, people: Vec::new() }
    }

    /// Sees a person.
    #[inline]
    pub fn add(&mut self, person: Annual) {
        self.seen += 1;
        self.people.push(person);
        if self.people.len() > self.most.saturating_mul(2).saturating_add(SLACK) {
            self.trim();
        }
    }

    /// Sees everybody whom another saw.
    pub fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        self.people.extend(other.people);
        self.trim();
    }

    fn trim(&mut self) {
        if self.people.len() > self.most {
            self.people.select_nth_unstable_by(self.most - 1, |left, right| right.order(left));
            self.people.truncate(self.most);
        }
    }

    /// The element of rank ceil(p n) by annualised expenditure, half to even to the cent; none without people. Interpolated,
    /// what lies at p of the way from the first element to the last, in proportion between its neighbours.
    ///
    /// 42 CFR 425.601(a)(4): the 99th percentile of national Medicare fee-for-service expenditures.
    pub fn threshold(mut self) -> Option<Cents> {
        let (at, part) = position(self.seen, self.percentile, self.rank)?;
        // More people than were told of can let go of the one that is asked for.
        let from_top = usize::try_from(self.seen - 1 - at).ok().filter(|from_top| *from_top < self.people.len())?;
        let (above, chosen, _) = self.people.select_nth_unstable_by(from_top, |left, right| right.order(left));
        let low = chosen.per_year();
        let next = above.iter().copied().min_by(Annual::order).filter(|_| part > 0);
        Some(Cents(between(low, next.map_or(low, Annual::per_year), part, self.percentile)))
    }
}

/// The same of people counted by [`Annual::per_year`], ascending: rounding keeps order, so the element of a rank, rounded, is
/// the element of that rank among the rounded.
pub fn threshold_of_counts(people: &[(i64, u64)], percentile: Percentile, rank: ThresholdRank) -> Option<i64> {
    let (at, part) = position(people.iter().map(|(_, count)| count).sum(), percentile, rank)?;
    let element = |at: u64| {
        let mut left = at;
        for (amount, count) in people {
            if left < *count {
                return Some(*amount);
            }
            left -= count;
        }
        None
    };
    let low = element(at)?;
    Some(between(low, if part > 0 { element(at + 1)? } else { low }, part, percentile))
}

/// The element of a percentile, counted from 0, and how many parts of the denominator lie between it and the next.
fn position(count: u64, percentile: Percentile, rank: ThresholdRank) -> Option<(u64, u64)> {
    let Percentile { numerator, denominator } = percentile;
    match rank {
        ThresholdRank::Nearest => Some(((count * numerator).div_ceil(denominator).checked_sub(1)?, 0)),
        ThresholdRank::Interpolated => {
            let way = count.checked_sub(1)? * numerator;
            Some((way / denominator, way % denominator))
        }
    }
}

/// What lies so many parts of the denominator between two amounts, each to the cent, half to even.
fn between(low: i64, high: i64, part: u64, percentile: Percentile) -> i64 {
    let (part, whole) = (i128::from(part), i128::from(percentile.denominator));
    div_half_even(i128::from(low) * (whole - part) + i128::from(high) * part, whole) as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Annual, Top, threshold_of_counts};
    use crate::money::Cents;
    use crate::rules::choices::ThresholdRank;
    use crate::rules::expenditure::Percentile;

    const P99: Percentile = Percentile { numerator: 99, denominator: 100 };

    /// By two that saw a part each, told of more people than there are.
    fn threshold(people: &[Annual], percentile: Percentile, rank: ThresholdRank) -> Option<Cents> {
        let (left, right) = people.split_at(people.len() / 3);
        let seen = |some: &[Annual]| {
            let mut top = Top::new(people.len() as u64 + 7, percentile, rank);
            for person in some {
                top.add(*person);
            }
            top
        };
        let mut top = seen(left);
        top.merge(seen(right));
        top.threshold()
    }

    #[test]
    fn the_rank_is_the_nearest_above() {
        let people = |n: i64| (1..=n).map(|cents| Annual { cents, months: 12 }).collect::<Vec<_>>();
        for (n, want) in [(1, 1), (99, 99), (30_000, 29_700), (100, 99), (101, 100), (200, 198), (1_000, 990)] {
            assert_eq!(threshold(&people(n), P99, ThresholdRank::Nearest).unwrap().0, want, "{n}");
        }
        assert_eq!(threshold(&[], P99, ThresholdRank::Nearest), None);
    }

    #[test]
    fn parts_of_a_year_are_compared_as_whole_years() {
        let people = [Annual { cents: 100, months: 1 }, Annual { cents: 1_000, months: 12 }];
        assert_eq!(threshold(&people, P99, ThresholdRank::Nearest).unwrap().0, 1_200);
    }

    #[test]
    fn between_two_ranks_the_threshold_is_in_proportion() {
        let at = |people: &[Annual]| threshold(people, P99, ThresholdRank::Interpolated).unwrap().0;
        // 0.99 x 100 = 99 steps from the first of 101; 0.99 x 9 = 8.91 steps from the first of 10.
        assert_eq!(at(&(1..=101).map(|cents| Annual { cents, months: 12 }).collect::<Vec<_>>()), 100);
        assert_eq!(at(&(1..=10).map(|n| Annual { cents: n * 1_000, months: 12 }).collect::<Vec<_>>()), 9_910);
        assert_eq!(at(&[Annual { cents: 600, months: 6 }, Annual { cents: 1_300, months: 12 }]), 1_299);
        assert_eq!(threshold(&[], P99, ThresholdRank::Interpolated), None);
    }

    proptest! {
        #[test]
        fn counts_of_rounded_amounts_have_the_same_threshold(people in proptest::collection::vec((-9_999i64..99_999, 1u8..=12), 0..300)) {
            let people: Vec<Annual> = people.into_iter().map(|(cents, months)| Annual { cents, months }).collect();
            let mut counts = std::collections::BTreeMap::new();
            for person in &people {
                *counts.entry(person.per_year()).or_insert(0u64) += 1;
            }
            let counts: Vec<(i64, u64)> = counts.into_iter().collect();
            for rank in [ThresholdRank::Nearest, ThresholdRank::Interpolated] {
                prop_assert_eq!(threshold(&people, P99, rank).map(|limit| limit.0), threshold_of_counts(&counts, P99, rank));
            }
        }

        #[test]
        fn the_order_of_people_does_not_matter(mut people in proptest::collection::vec((-9_999i64..99_999, 1u8..=12), 1..200)) {
            let annual = |people: &[(i64, u8)]| people.iter().map(|(cents, months)| Annual { cents: *cents, months: *months }).collect::<Vec<_>>();
            let forward = threshold(&annual(&people), P99, ThresholdRank::Nearest);
            people.reverse();
            prop_assert_eq!(forward, threshold(&annual(&people), P99, ThresholdRank::Nearest));
        }
    }
}
