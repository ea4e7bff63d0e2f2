//! Rounds of assignment: which agreements are rivals of each other.
//!
//! In 2019 agreements ended in June and others began in July, and an ACO may have had both (42 CFR 425.609). People are
//! assigned for each half among the agreements that stood in it, always by services of whole windows. An agreement of the
//! whole year stands in both rounds and has its people of the first.

use super::agreements::Acos;
use super::alignment;
use super::assign::{Assigned, Grounds, Windows, assign, windows};
use super::facts::Facts;
use super::terms::Terms;
use crate::assignment::{Designations, Draw, Listed, Owners};
use crate::beneficiary::{Calendar, Cut, Partition};
use crate::factors::AssignmentMethod;
use crate::rules::assignment::Deadline;
use crate::rules::choices::{PruningByParts, PruningByResidence};

/// Who stands in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// Agreements that do, by number.
    members: Vec<bool>,
    /// Agreements that have their people of it, by number.
    gives: Vec<bool>,
    /// Whether it is of the year's second half.
    second_half: bool,
}

impl Stands {
    /// The rounds of a performance year: one, or one of each half where some agreement begins in the second.
    pub fn all(acos: &Acos) -> Vec<Self> {
        let halves: Vec<Option<u8>> = acos.agreements.iter().map(|(aco, ..)| aco.key.performance_half).collect();
        let of = |second_half: bool, apart: bool| {
            let other = if second_half { Some(1) } else { Some(2) };
            let members: Vec<bool> = halves.iter().map(|half| !apart || *half != other).collect();
            let gives = halves.iter().zip(&members).map(|(half, member)| *member && (!second_half || half.is_some()));
            Self { gives: gives.collect(), members, second_half }
        };
        if halves.contains(&Some(2)) { vec![of(false, true), of(true, true)] } else { vec![of(false, false)] }
    }

    /// The participants of the agreements that stand.
    pub fn listed(&self, acos: &Acos) -> Vec<Listed> {
        acos.listed.iter().filter(|row| self.members[usize::from(row.aco)]).cloned().collect()
    }

    /// Of flags by year and agreement, those of the agreements that have their people of this round.
    pub fn counted(&self, years: &[Vec<bool>]) -> Vec<Vec<bool>> {
        narrowed(years, &self.gives)
    }
}

fn narrowed(years: &[Vec<bool>], to: &[bool]) -> Vec<Vec<bool>> {
    years.iter().map(|year| year.iter().zip(to).map(|(flag, holds)| *flag && *holds).collect()).collect()
}

/// What every round rests on.
#[derive(Debug, Clone, Copy)]
pub struct Common<'r> {
    /// The last tie-break.
    pub draw: Draw<'r>,
    /// Whether one can be assigned who lives in a county, by its code.
    pub resident: &'r [bool],
    /// Method of each agreement, by its number.
    pub methods: &'r [AssignmentMethod],
    /// Which months take a person off a prospective list.
    pub by_parts: PruningByParts,
    /// Where a person on a prospective list must live.
    pub by_residence: PruningByResidence,
    /// The twelve months by which prospective lists are made.
    pub offset_window: Deadline,
    /// First day of each year of the run, since 1970-01-01.
    pub first_days: &'r [i32],
    /// The year that ends with a quarter, where one does.
    pub cut: Option<Cut>,
}

/// One round, joined to the facts.
#[derive(Debug)]
pub struct Round {
    /// Who stands in it.
    pub stands: Stands,
    owners: Owners,
    designations: Designations,
    needed: Vec<Vec<bool>>,
}

impl Round {
    /// The rounds of a performance year.
    pub fn all(acos: &Acos, facts: &Facts, terms: &Terms) -> Vec<Self> {
        let join = |stands: Stands| {
            let owners = Owners::new(&stands.listed(acos), &facts.entities);
            let designations = alignment::stand(&facts.chosen, &owners, &terms.designations[usize::from(stands.second_half)]);
            Self { owners, designations, needed: narrowed(&terms.needed, &stands.members), stands }
        };
        Stands::all(acos).into_iter().map(join).collect()
    }

    /// In which years an agreement is given people in the round, by year and number.
    pub fn needed(&self) -> &[Vec<bool>] {
        &self.needed
    }

    /// What assignment of the round rests on.
    pub fn grounds<'r>(&'r self, common: Common<'r>) -> Grounds<'r> {
        let Common { draw, resident, methods, by_parts, by_residence, offset_window, first_days, cut } = common;
        let Self { owners, designations, needed, .. } = self;
        Grounds { owners, draw, resident, methods, needed, designations, by_parts, by_residence, offset_window, first_days, cut }
    }

    /// Whoever assigns the people of the round.
    pub fn judge<'r>(&'r self, common: Common<'r>, calendar: &'r Calendar, terms: &Terms) -> Judge<'r> {
        let windows = (0..calendar.years().len()).map(|year| windows(calendar, year)).collect();
        Judge { grounds: self.grounds(common), calendar, windows, members: &self.stands.members, keeps: terms.keeps }
    }
}

/// Assigns the people of a round, partition by partition.
#[derive(Debug)]
pub struct Judge<'r> {
    grounds: Grounds<'r>,
    calendar: &'r Calendar,
    windows: Vec<Vec<Windows>>,
    members: &'r [bool],
    keeps: bool,
}

impl Judge<'_> {
    /// Who of a partition is assigned where; `first` is who was in the first round, where this one is of the second.
    pub fn assigned(&self, partition: &Partition, first: Option<&Assigned>) -> Assigned {
        let mut assigned = assign(partition, self.calendar, self.grounds, &self.windows);
        if let Some(first) = first.filter(|_| self.keeps) {
            for (mine, firsts) in assigned.iter_mut().zip(first) {
                // Whoever stands in both rounds is of the whole year.
                if self.members.get(usize::from(*firsts)).is_some_and(|member| *member) {
                    *mine = *firsts;
                }
            }
        }
        assigned
    }
}
