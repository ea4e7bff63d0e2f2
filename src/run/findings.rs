//! What the heavy half leaves of the facts: sums that know no person, and where every row and dollar went.

use super::agreements::Acos;
use super::assign::{Assigned, Grounds};
use super::assignment_list::{AssignmentLists, ListedYear, Overlay};
use super::enroll::PeopleFaults;
use super::facts::Facts;
use super::join::{self, Acquaintance, Reference, Sitting, Thresholds};
use super::reconciliation::Tally;
use super::rounds::{Common, Round};
use super::terms::Terms;
use crate::aggregate::{Aggregates, Annual, Shape};
use crate::assignment::{Draw, Owners};
use crate::beneficiary::{Calendar, Reconciliation, day_of};
use crate::error::Result;
use crate::rules::{CodeList, EnrollmentType, Year};

/// What the sums rest on beside the facts.
#[derive(Debug, Clone, Copy)]
pub struct Premises<'r> {
    /// The ACOs.
    pub acos: &'r Acos,
    /// What the rules say.
    pub terms: &'r Terms,
    /// Performance year.
    pub performance_year: Year,
    /// Seed of the last tie-break.
    pub seed: u64,
}

/// Where every row and dollar went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Rows and dollars of the claims, by reason.
    pub reconciliation: Reconciliation,
    /// What was read, summed apart from the reasons so that the two can be held against each other.
    pub read: Read,
    /// Rows of `beneficiary_year`.
    pub people: PeopleFaults,
    /// Rows of `risk_score`.
    pub scores: PeopleFaults,
    /// Designations of nobody known.
    pub unknown_designations: u64,
    /// Months that count for some type, by year of the run.
    pub months: Vec<u64>,
}

/// Rows and cents read, by table and use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Read {
    /// `claim_header`.
    pub header: Tally,
    /// `claim_line`, payments.
    pub line: Tally,
    /// `claim_line`, allowed charges.
    pub service: Tally,
    /// `non_claims_payment`.
    pub non_claims: Tally,
}

/// Everything that the exact half needs of the claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Sums.
    pub aggregates: Aggregates,
    /// County of each code of the sums; none for code 0, the unknown one.
    pub counties: Vec<Option<String>>,
    /// Revenue of each ACO's participants, cents.
    pub revenue: Vec<i128>,
}

/// Sums, and what they were made of.
#[derive(Debug)]
pub struct Summed {
    /// The sums.
    pub findings: Findings,
    /// Who is assigned where, round by round.
    pub places: Vec<Place>,
    /// How CMS's lists differ from claims, where they were taken.
    pub listed: Vec<ListedYear>,
}

/// A round of assignment, done.
#[derive(Debug)]
pub struct Place {
    /// The agreement of every person and year, by partition.
    pub assigned: Vec<Assigned>,
    /// In which years an agreement's people are its own, by year and number.
    pub counted: Vec<Vec<bool>>,
}

impl Findings {
    /// Assigns everybody, by CMS's lists where they are given, and sums.
    ///
    /// # Errors
    /// When a partition cannot be built.
    pub fn sum(
        facts: &Facts,
        premises: Premises<'_>,
        thresholds: &Thresholds,
        lists: Option<&AssignmentLists>,
    ) -> Result<Summed> {
        let Premises { acos, terms, .. } = premises;
        let calendar = facts.policy.calendar();
        let reference = premises.reference(calendar);
        let counted = &terms.counted;
        let shape = premises.shape(calendar, facts.counties.len() + 1);
        premises.assigning(facts, |rounds, common| {
            let mut sittings = Vec::new();
            for round in rounds {
                sittings.push(Sitting {
                    judge: round.judge(common, calendar, terms),
                    counted: round.stands.counted(counted),
                    list: lists.map(|lists| lists.over(acos, &round.stands.counted(round.needed()), calendar.years())),
                    acquaintance: premises.acquaintance(round.grounds(common), calendar),
                });
            }
            let (aggregates, assigned) = join::aggregate(&facts.partitions, &reference, &sittings, thresholds, shape)?;
            let listed = sittings.iter().filter_map(|sitting| sitting.list.as_ref()).flat_map(Overlay::told).collect();
            let place = |(sitting, assigned): (Sitting<'_>, _)| Place { assigned, counted: sitting.counted };
            let places = sittings.into_iter().zip(assigned).map(place).collect();
            let counties = (0..=facts.counties.len() as u16).map(|code| facts.counties.name(code).map(str::to_string)).collect();
            let findings = Self { aggregates, counties, revenue: revenue(acos, facts) };
            Ok(Summed { findings, places, listed })
        })
    }
}

impl Premises<'_> {
    /// Hands the rounds of assignment and what all of them rest on to `work`.
    ///
    /// # Errors
    /// When `work` fails.
    pub fn assigning<T>(&self, facts: &Facts, work: impl FnOnce(&[Round], Common<'_>) -> Result<T>) -> Result<T> {
        let Self { acos, terms, seed, .. } = *self;
        let first_day = |year: &Year| day_of(*year as i16, 1, 1);
        let common = Common {
            draw: Draw {
                tie: terms.last_tie,
                third_step: terms.third_step_tie,
                seed,
                ids: &facts.ids,
                entities: &facts.entities,
                acos: &acos.ids,
            },
            by_parts: terms.by_parts,
            by_residence: terms.by_residence,
            resident: &residents(facts, &terms.residence_states),
            methods: &acos.methods(),
            offset_window: terms.offset_window,
            cut: facts.policy.calendar().cut(),
            first_days: &facts.policy.calendar().years().iter().map(first_day).collect::<Vec<_>>(),
        };
        work(&Round::all(acos, facts, terms), common)
    }

    /// Who is of the nation, and by which windows counties are needed.
    fn reference<'f>(&self, calendar: &'f Calendar) -> Reference<'f> {
        let Terms { population, offset, county_of_residence, .. } = *self.terms;
        Reference { calendar, population, offset, county_of_residence, methods: self.acos.methods() }
    }

    /// How many sums of each kind there are.
    pub fn shape(&self, calendar: &Calendar, counties: usize) -> Shape {
        let windows = if self.terms.offset { 2 } else { 1 };
        Shape { acos: self.acos.ids.len(), years: calendar.years().len(), counties, windows }
    }

    /// How newly assigned people are told from the others, where some agreement asks for it.
    fn acquaintance<'g>(&self, grounds: Grounds<'g>, calendar: &Calendar) -> Option<Acquaintance<'g>> {
        let year_before = self.performance_year.saturating_sub(1);
        let indices = calendar.year_index(self.performance_year).zip(calendar.year_index(year_before));
        let (performance_year, year_before) = indices.filter(|_| self.terms.year_before)?;
        Some(Acquaintance { performance_year, year_before, grounds })
    }

    /// The people of the nation by what they cost: year of the run, by its position, type, and person.
    ///
    /// # Errors
    /// When a partition cannot be built.
    pub fn annual(&self, facts: &Facts) -> Result<Vec<(usize, EnrollmentType, Annual)>> {
        join::annual(&facts.partitions, &self.reference(facts.policy.calendar()))
    }

    /// The truncation thresholds of every year and type.
    ///
    /// # Errors
    /// When a partition cannot be built.
    pub fn thresholds(&self, facts: &Facts) -> Result<Thresholds> {
        let (Terms { percentiles, threshold_rank, .. }, calendar) = (self.terms, facts.policy.calendar());
        join::thresholds(&facts.partitions, facts.ids.len(), &self.reference(calendar), percentiles, *threshold_rank)
    }
}

/// Which county codes lie where a beneficiary must live.
fn residents(facts: &Facts, states: &CodeList) -> Vec<bool> {
    let lives = |code| facts.counties.name(code).is_some_and(|name| name.len() == 5 && states.has(&name.as_bytes()[..2]));
    (0..=facts.counties.len() as u16).map(lives).collect()
}

/// Revenue of each ACO's participants, cents.
fn revenue(acos: &Acos, facts: &Facts) -> Vec<i128> {
    let mut revenue = vec![0; acos.ids.len()];
    for (biller, cents) in facts.revenue.iter().enumerate().filter(|(_, cents)| **cents != 0) {
        for aco in Owners::earners(&acos.listed, &facts.entities, &facts.entities[biller]) {
            revenue[usize::from(aco)] += i128::from(*cents);
        }
    }
    revenue
}
