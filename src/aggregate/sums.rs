//! The sums of one group of people in one year and enrollment type.

use crate::beneficiary::{COMPONENTS, NO_SCORE};
use crate::scan::prefetch;

/// Integer sums; adding them in any order gives the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// People with at least one month.
    pub people: u64,
    /// Months.
    pub months: u64,
    /// Cents by component, before truncation.
    pub components: [i128; COMPONENTS],
    /// Twelve times the truncated cents.
    pub capped12: i128,
    /// People whose expenditure was truncated.
    pub capped_people: u64,
    /// Scores by the model of each year, and by that of the performance year.
    pub scores: [ScoreSums; 2],
}

/// Sums of scores over people who have one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScoreSums {
    /// Months of people with a prospective score.
    pub months: u64,
    /// Sum of score times months, millionths.
    pub score: i128,
    /// Months of people with a demographic score.
    pub demographic_months: u64,
    /// Sum of demographic score times months, millionths.
    pub demographic: i128,
}

impl ScoreSums {
    fn add(&mut self, months: u32, prospective: i32, demographic: i32) {
        if prospective != NO_SCORE {
            self.months += u64::from(months);
            self.score += i128::from(prospective) * i128::from(months);
        }
        if demographic != NO_SCORE {
            self.demographic_months += u64::from(months);
            self.demographic += i128::from(demographic) * i128::from(months);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.months += other.months;
        self.score += other.score;
        self.demographic_months += other.demographic_months;
        self.demographic += other.demographic;
    }
}

/// What one person adds.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Months, at least one.
    pub months: u32,
    /// Cents by component.
    pub components: [i64; COMPONENTS],
    /// Threshold in cents per person-year.
    pub threshold: i64,
    /// Prospective and demographic score of each set, millionths or `NO_SCORE`.
    pub scores: [(i32, i32); 2],
}

/// Twelve times a person's expenditure, truncated at plus and minus the threshold of his months (42 CFR 425.605(a)(4)).
#[inline]
pub fn truncated_twelvefold(cents: i64, months: u32, threshold: i64) -> i128 {
    // A percentile may lie below zero where few people are of a type; it then truncates at its distance from zero.
    let limit = (i128::from(threshold) * i128::from(months)).abs();
    (i128::from(cents) * 12).clamp(-limit, limit)
}

impl Sums {
    /// Asks for the sums to be brought near.
    #[inline]
    pub fn ask(&self) {
        prefetch(std::slice::from_ref(&self.people), 0);
        prefetch(&self.components, 0);
        prefetch(&self.components, COMPONENTS / 2);
        prefetch(std::slice::from_ref(&self.capped12), 0);
        prefetch(&self.scores, 0);
        prefetch(&self.scores, 1);
    }

    /// The sums of one person, reckoned once for every group that he is of.
    #[must_use]
    pub fn of(part: &Part) -> Self {
        let mut sums = Self::default();
        sums.add(part);
        sums
    }

    /// Adds one person's months, payments and scores.
    pub fn add(&mut self, part: &Part) {
        let Part { months, components, threshold, scores } = *part;
        self.people += 1;
        self.months += u64::from(months);
        for (sum, cents) in self.components.iter_mut().zip(components) {
            *sum += i128::from(cents);
        }
        let total: i64 = components.iter().sum();
        let capped = truncated_twelvefold(total, months, threshold);
        self.capped12 += capped;
        self.capped_people += u64::from(capped != i128::from(total) * 12);
        for (sums, (prospective, demographic)) in self.scores.iter_mut().zip(scores) {
            sums.add(months, prospective, demographic);
        }
    }

    /// Adds the sums of another group.
    #[inline]
    pub fn merge(&mut self, other: &Self) {
        self.people += other.people;
        self.months += other.months;
        for (sum, cents) in self.components.iter_mut().zip(&other.components) {
            *sum += cents;
        }
        self.capped12 += other.capped12;
        self.capped_people += other.capped_people;
        for (sums, others) in self.scores.iter_mut().zip(&other.scores) {
            sums.merge(others);
        }
    }

    /// Cents of all components, before truncation.
    pub fn total(&self) -> i128 {
        self.components.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Part, Sums, truncated_twelvefold};

    #[test]
    fn truncation_holds_on_both_sides_and_by_the_months() {
        // The worked example of the methodology: thresholds of 150,000 and 140,000 dollars.
        for (cents, months, threshold, want) in [
            (900_000, 12, 15_000_000, 900_000 * 12),
            (4_000_000, 3, 14_000_000, 14_000_000 * 3),
            (12_000_000, 6, 15_000_000, 15_000_000 * 6),
            (-2_000_000, 1, 15_000_000, -15_000_000),
            (-6_000, 12, -5_000, -5_000 * 12),
        ] {
            assert_eq!(truncated_twelvefold(cents, months, threshold), want);
        }
    }

    fn some() -> impl Strategy<Value = Vec<(u32, [i64; 8], i32)>> {
        proptest::collection::vec((1u32..=12, proptest::array::uniform8(-100_000i64..1_000_000), 0i32..5_000_000), 0..30)
    }

    proptest! {
        #[test]
        fn merging_sums_is_summing_together(left in some(), right in some()) {
            let sum = |people: &[(u32, [i64; 8], i32)]| people.iter().fold(Sums::default(), |mut sums, (months, cents, score)| {
                sums.add(&Part { months: *months, components: *cents, threshold: 1_000_000, scores: [(*score, *score); 2] });
                sums
            });
            let mut merged = sum(&right);
            merged.merge(&sum(&left));
            let together: Vec<_> = left.iter().chain(&right).copied().collect();
            prop_assert_eq!(merged, sum(&together));
            let mut with_nothing = merged;
            with_nothing.merge(&Sums::default());
            prop_assert_eq!(with_nothing, merged);
        }
    }
}
