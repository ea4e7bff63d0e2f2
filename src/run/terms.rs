//! What the rules say to assignment and to the sums: everything that is read of them between facts and sums.
//!
//! The stage is handed these values instead of the rules, so that a product kept under their hash cannot rest on a row that the
//! hash does not know.

use super::agreements::Acos;
use crate::assignment::YearTest;
use crate::beneficiary::day_of;
use crate::error::Result;
use crate::factors::Window;
use crate::rules::assignment::Deadline;
use crate::rules::choices::{
    CountyOfResidence, LastTie, PruningByParts, PruningByResidence, ThirdStepTie, ThresholdRank, WholeYearAssignment,
};
use crate::rules::expenditure::Percentile;
use crate::rules::regimes::Population;
use crate::rules::{CodeList, Rules, Year};

/// The values, of a performance year and its ACOs.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The people whose figures are the nation's.
    pub population: Population,
    /// Whether counties are needed by the offset window too.
    pub offset: bool,
    /// When people are looked for in their county.
    pub county_of_residence: CountyOfResidence,
    /// In which years an agreement's people are its own, by year of the run and number of the agreement.
    pub counted: Vec<Vec<bool>>,
    /// In which years an agreement is given people, by year of the run and number of the agreement.
    pub needed: Vec<Vec<bool>>,
    /// Whether the assignment of the year before the performance year is needed.
    pub year_before: bool,
    /// How a tie between ACOs is broken at last.
    pub last_tie: LastTie,
    /// How a tie is broken in step 3.
    pub third_step_tie: ThirdStepTie,
    /// Which months take a person off a prospective list.
    pub by_parts: PruningByParts,
    /// Where a person on a prospective list must live.
    pub by_residence: PruningByResidence,
    /// States in which one must live to be assigned.
    pub residence_states: CodeList,
    /// The twelve months by which prospective lists are made.
    pub offset_window: Deadline,
    /// What a designation must be in each year of the run; last, where agreements begin in the year's second half.
    pub designations: [Vec<YearTest>; 2],
    /// Whether an agreement of the whole year keeps its people of the first half.
    pub keeps: bool,
    /// The percentile of each year's truncation threshold.
    pub percentiles: Vec<Percentile>,
    /// Which rank of a percentile is the threshold.
    pub threshold_rank: ThresholdRank,
}

impl Terms {
    /// Reads the rules, for the years of a run.
    ///
    /// # Errors
    /// When a rule has no row for one of them.
    pub fn of(acos: &Acos, years: &[Year], performance_year: Year, rules: &Rules) -> Result<Self> {
        let Rules { choices, assignment, expenditure, regimes, .. } = rules;
        let mut offset = false;
        for (aco, ..) in &acos.agreements {
            offset |= Acos::basing(aco, rules)?.window == Window::Offset;
        }
        let percentiles = years.iter().map(|year| Ok(expenditure.truncation.at(*year)?.value));
        Ok(Self {
            population: regimes.national_population.at(performance_year)?.value,
            offset,
            county_of_residence: choices.county_of_residence.at(performance_year)?.value,
            counted: acos.needed(years, false, rules)?,
            needed: acos.needed(years, true, rules)?,
            year_before: acos.span(performance_year, rules)?.year_before,
            last_tie: choices.last_tie.at(performance_year)?.value,
            third_step_tie: choices.third_step_tie.find(&performance_year).map_or(ThirdStepTie::LatestService, |row| row.value),
            by_parts: choices.pruning_by_parts.at(performance_year)?.value,
            by_residence: choices.pruning_by_residence.at(performance_year)?.value,
            residence_states: assignment.residence_states.at(performance_year)?.value.clone(),
            offset_window: assignment.offset_window.at(performance_year)?.value,
            designations: [false, true].map(|second_half| designations(years, performance_year, second_half, rules)),
            keeps: choices.whole_year_assignment.at(performance_year)?.value == WholeYearAssignment::KeepsPeople,
            percentiles: percentiles.collect::<Result<_>>()?,
            threshold_rank: choices.threshold_rank.at(performance_year)?.value,
        })
    }

    /// A hash of all of them.
    pub fn hash(&self) -> String {
        // The derived text names every field.
        blake3::hash(format!("{self:?}").as_bytes()).to_hex().to_string()
    }
}

/// What a designation must be in each year; `second_half` says that people are assigned under agreements that begin with the
/// second half of the performance year.
fn designations(years: &[Year], performance_year: Year, second_half: bool, rules: &Rules) -> Vec<YearTest> {
    let deadline = |year: &Year| {
        let half =
            (second_half && *year == performance_year).then(|| rules.assignment.designation_deadline_second_half.find(year));
        half.flatten().or_else(|| rules.assignment.designation_deadline.find(year))
    };
    let furnishes = rules.assignment.designee_furnishes.find(&performance_year).is_some_and(|row| row.value);
    let tests = years.iter().map(|year| YearTest {
        deadline: deadline(year).map(|row| {
            let deadline = row.value;
            i64::from(day_of((*year - deadline.years_before) as i16, deadline.month, deadline.day))
        }),
        furnishes,
    });
    tests.collect()
}
