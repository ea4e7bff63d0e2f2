//! What `beneficiary_year` and `risk_score` show, as numbers that add up over people: `check` and `run` fill them alike.

use super::finding::{Finding, Measure};
use super::limits::Limits;
use super::lives::ScoreRange;
use super::pattern::named;
use super::span::Span;
use crate::error::Result;
use crate::money::Decimal;
use crate::rules::EnrollmentType;
use crate::scan::NULL_INT;

/// People of one month, by what the month is to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Enrollment {
    /// By enrollment type, in table order.
    pub counting: [u64; 4],
    /// In a group plan.
    pub plan: u64,
    /// In one part alone.
    pub one_part: u64,
}

impl Enrollment {
    /// People who count.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.counting.iter().sum()
    }

    fn numbers(&self) -> [i64; 6] {
        let [one, two, three, four] = self.counting;
        [one, two, three, four, self.plan, self.one_part].map(|people| people as i64)
    }

    fn of(numbers: [i64; 6]) -> Self {
        let [one, two, three, four, plan, one_part] = numbers.map(|people| people as u64);
        Self { counting: [one, two, three, four], plan, one_part }
    }
}

/// What is counted beside months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Counted {
    /// People.
    People,
    /// Rows of `beneficiary_year`.
    Rows,
    /// Rows of it that name nobody.
    Nameless,
    /// Rows of it whose status is none.
    Status,
    /// Rows of it of a person and year that had one.
    Repeated,
    /// Rows of it with months that count.
    Living,
    /// Of these, rows without a county.
    NoCounty,
    /// Rows of it with months after death.
    AfterDeath,
    /// People with a hole between two months in which they are enrolled.
    Gaps,
    /// Rows of `risk_score`.
    Scores,
    /// Rows of it of nobody.
    Strangers,
    /// Scores.
    Cells,
    /// Scores that no model gives.
    OutOfRange,
}

/// How many counts there are.
const COUNTS: usize = 13;

/// What numbers are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeoplePart {
    /// People of a month of the span: by enrollment type, in a plan, in one part alone.
    Month(usize),
    /// One of the counts.
    Count(usize),
    /// People who count in a year of the span, and how many of them have no score.
    Unscored(usize),
}

/// What the two tables show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    months: Vec<Enrollment>,
    counts: [u64; COUNTS],
    unscored: Vec<[u64; 2]>,
}

impl Enrolled {
    /// Nothing seen yet of the years of a span.
    #[must_use]
    pub fn nothing(span: &Span) -> Self {
        Self { months: vec![Enrollment::default(); span.months()], counts: [0; COUNTS], unscored: vec![[0; 2]; span.years()] }
    }

    /// What each month holds.
    #[must_use]
    pub fn months(&self) -> &[Enrollment] {
        &self.months
    }

    pub(super) fn month(&mut self, month: usize) -> &mut Enrollment {
        &mut self.months[month]
    }

    /// One of the counts.
    #[must_use]
    pub fn count(&self, of: Counted) -> u64 {
        self.counts[of as usize]
    }

    /// Adds to one of the counts.
    #[inline]
    pub fn add(&mut self, to: Counted, count: u64) {
        self.counts[to as usize] += count;
    }

    /// Counts scores and those that no model gives, in millionths.
    pub fn scores(&mut self, scores: &[i64], range: &ScoreRange) {
        let (mut known, mut out) = (0, 0);
        for score in scores {
            let there = *score != NULL_INT;
            known += u64::from(there);
            out += u64::from(there & !range.contains(score));
        }
        self.add(Counted::Cells, known);
        self.add(Counted::OutOfRange, out);
    }

    pub(super) fn unscored(&mut self, year: usize) -> &mut [u64; 2] {
        &mut self.unscored[year]
    }

    /// Adds what other rows showed.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.months.iter_mut().zip(&other.months) {
            let (one, two) = (mine.numbers(), theirs.numbers());
            *mine = Enrollment::of(std::array::from_fn(|at| one[at] + two[at]));
        }
        self.counts.iter_mut().zip(other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.unscored.iter_mut().flatten().zip(other.unscored.iter().flatten()).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Everything, as numbers that add up.
    pub fn parts(&self) -> impl Iterator<Item = (PeoplePart, Vec<i64>)> {
        let months = self.months.iter().enumerate().map(|(at, month)| (PeoplePart::Month(at), month.numbers().to_vec()));
        let counts = self.counts.iter().enumerate().map(|(at, count)| (PeoplePart::Count(at), vec![*count as i64]));
        let unscored = self.unscored.iter().enumerate();
        let unscored = unscored.map(|(at, people)| (PeoplePart::Unscored(at), people.map(|people| people as i64).to_vec()));
        months.chain(counts).chain(unscored)
    }

    /// Puts back what [`Enrolled::parts`] gave; none when there is no such part.
    pub fn put(&mut self, part: PeoplePart, numbers: &[i64]) -> Option<()> {
        match part {
            PeoplePart::Month(at) => *self.months.get_mut(at)? = Enrollment::of(numbers.try_into().ok()?),
            PeoplePart::Count(at) => *self.counts.get_mut(at)? = *numbers.first()? as u64,
            PeoplePart::Unscored(at) => {
                let [people, without]: [i64; 2] = numbers.try_into().ok()?;
                *self.unscored.get_mut(at)? = [people as u64, without as u64];
            }
        }
        Some(())
    }

    /// What is wrong with the tables.
    ///
    /// # Errors
    /// When a check is not in the limits.
    pub fn findings(&self, span: &Span, limits: &Limits) -> Result<Vec<Finding>> {
        use Counted::{
            AfterDeath, Cells, Gaps, Living, Nameless, NoCounty, OutOfRange, People, Repeated, Rows, Scores, Status, Strangers,
        };
        const YEARS: &str = "beneficiary_year";
        const SCORES: &str = "risk_score";
        let mut found = Vec::new();
        let counted = |count, of| Measure { count: self.count(count), of: self.count(of), ..Measure::default() };
        for (check, column, measure) in [
            ("no_beneficiary", "bene_id", counted(Nameless, Rows)),
            ("status", "status", counted(Status, Rows)),
            ("duplicate_years", "year", counted(Repeated, Rows)),
            ("county", "county", counted(NoCounty, Living)),
            ("enrolled_after_death", "death_date", counted(AfterDeath, Rows)),
            ("enrollment_gaps", "status", counted(Gaps, People)),
        ] {
            found.extend(Finding::judge(limits, check, YEARS, Some(column), measure, String::new())?);
        }
        let (steps, names) = self.steps(span, limits);
        found.extend(Finding::judge(limits, "enrollment_step", YEARS, Some("status"), steps, named(&names))?);
        let (mut unscored, mut names) = (Measure::default(), Vec::new());
        for (year, [people, without]) in self.unscored.iter().enumerate() {
            unscored.of += people;
            unscored.count += without;
            if *without > 0 {
                names.push(format!("{without} of {people} in {}", span.year(year)));
            }
        }
        for (check, column, measure, detail) in [
            ("no_risk_score", "hcc_version", unscored, named(&names)),
            ("risk_score_range", "score_agnd", counted(OutOfRange, Cells), String::new()),
            ("risk_score_unknown", "bene_id", counted(Strangers, Scores), String::new()),
        ] {
            found.extend(Finding::judge(limits, check, SCORES, Some(column), measure, detail)?);
        }
        Ok(found)
    }

    /// Months with far fewer people than the month before.
    fn steps(&self, span: &Span, limits: &Limits) -> (Measure, Vec<String>) {
        let (mut names, mut steps) = (Vec::new(), Measure::default());
        for (at, pair) in self.months.windows(2).enumerate() {
            let (before, now) = (pair[0].all(), pair[1].all());
            steps.of += 1;
            let few = Decimal::from(now) < limits.limits.enrollment_step.0 * Decimal::from(before);
            if before >= limits.limits.rows_a_month && few {
                steps.count += 1;
                names.push(format!("{} ({now} people, {before} the month before)", span.name(at + 1)));
            }
        }
        (steps, names)
    }
}

/// Names of the enrollment types, in the order of [`Enrollment::counting`].
#[must_use]
pub fn type_names() -> [&'static str; 4] {
    EnrollmentType::ALL.map(EnrollmentType::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_put_back_are_the_whole() {
        let span = Span::over([2021, 2022].into_iter());
        let mut seen = Enrolled::nothing(&span);
        seen.month(3).counting[2] = 7;
        seen.month(23).plan = 1;
        seen.add(Counted::OutOfRange, 5);
        *seen.unscored(1) = [9, 4];
        let mut back = Enrolled::nothing(&span);
        seen.parts().for_each(|(part, numbers)| back.put(part, &numbers).unwrap());
        assert_eq!(back, seen);
        back.merge(&seen);
        assert_eq!((back.month(3).counting[2], back.count(Counted::OutOfRange), *back.unscored(1)), (14, 10, [18, 8]));
        for beyond in [PeoplePart::Month(24), PeoplePart::Count(COUNTS), PeoplePart::Unscored(2)] {
            assert_eq!(back.put(beyond, &[0; 6]), None);
        }
    }

    #[test]
    fn every_count_has_its_place() {
        assert_eq!(Counted::OutOfRange as usize + 1, COUNTS);
    }
}
