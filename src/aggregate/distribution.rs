//! People by what they cost, exact to the cent: what a percentile of the whole nation is taken from.

use super::rank::Annual;
use crate::error::{Error, Result};

/// People by annualised cents, ascending, each amount once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    counts: Vec<(i64, u64)>,
}

impl Distribution {
    /// Counts people.
    pub fn of(people: &[Annual]) -> Self {
        let mut amounts: Vec<i64> = people.iter().map(|person| person.per_year()).collect();
        amounts.sort_unstable();
        let counts = amounts.chunk_by(|left, right| left == right).map(|same| (same[0], same.len() as u64)).collect();
        Self { counts }
    }

    /// A distribution as it was written; none when its amounts do not ascend or an amount has nobody.
    pub fn of_counts(counts: Vec<(i64, u64)>) -> Option<Self> {
        let ascending = counts.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (ascending && counts.iter().all(|(_, people)| *people > 0)).then_some(Self { counts })
    }

    /// The amounts, ascending, and how many people each has.
    pub fn counts(&self) -> &[(i64, u64)] {
        &self.counts
    }

    /// Adds two distributions.
    ///
    /// # Errors
    /// When an amount has more people than can be counted.
    pub fn merge(self, other: Self) -> Result<Self> {
        if self.counts.is_empty() {
            return Ok(other);
        }
        let mut counts: Vec<(i64, u64)> = Vec::with_capacity(self.counts.len() + other.counts.len());
        let (mut left, mut right) = (self.counts.into_iter().peekable(), other.counts.into_iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(mine), Some(theirs)) if mine.0 == theirs.0 => {
                    let sum = mine.1.checked_add(theirs.1).filter(|people| i64::try_from(*people).is_ok());
                    let next = (mine.0, sum.ok_or_else(outgrown)?);
                    right.next();
                    left.next();
                    Some(next)
                }
                (Some(mine), Some(theirs)) if theirs.0 < mine.0 => right.next(),
                (Some(_), _) => left.next(),
                (None, _) => right.next(),
            };
            let Some(next) = next else { return Ok(Self { counts }) };
            counts.push(next);
        }
    }
}

fn outgrown() -> Error {
    Error::failed("more people cost one amount than can be counted", "a partial is damaged; fold its partition again")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn people() -> impl Strategy<Value = Vec<Annual>> {
        let person = (-500i64..500, 1u8..=12).prop_map(|(cents, months)| Annual { cents, months });
        prop::collection::vec(person, 0..60)
    }

    proptest! {
        #[test]
        fn merging_is_counting_together(left in people(), right in people()) {
            let merged = Distribution::of(&left).merge(Distribution::of(&right)).unwrap();
            let together = Distribution::of(&[left, right].concat());
            prop_assert_eq!(&merged, &together);
            prop_assert_eq!(Distribution::of_counts(together.counts().to_vec()), Some(together));
        }
    }

    #[test]
    fn amounts_that_do_not_ascend_are_none() {
        assert_eq!(Distribution::of_counts(vec![(2, 1), (2, 1)]), None);
        assert_eq!(Distribution::of_counts(vec![(2, 1), (1, 1)]), None);
        assert_eq!(Distribution::of_counts(vec![(2, 0)]), None);
    }
}
