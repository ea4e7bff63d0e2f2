//! All sums of a run: by ACO, for the nation, by county.

use std::collections::BTreeMap;

use super::sums::Sums;
use crate::beneficiary::COMPONENTS;
use crate::rules::EnrollmentType;

/// How many ACOs, years and counties there are sums of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// ACOs.
    pub acos: usize,
    /// Years of the run.
    pub years: usize,
    /// Counties, the unknown one included as 0.
    pub counties: usize,
    /// Windows in which people are assignable by county.
    pub windows: usize,
}

/// What is known of the people assigned to an ACO in a year, of all types together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heads {
    /// People.
    pub people: u64,
    /// Months that count.
    pub months: u64,
    /// Months that count with dual status.
    pub dual_months: u64,
    /// Months that count with dual status or a low-income subsidy.
    pub low_income_or_dual_months: u64,
    /// People with payments of a component that do not come to nothing, by component.
    pub users: [u64; COMPONENTS],
}

impl Heads {
    fn merge(&mut self, other: &Self) {
        self.people += other.people;
        self.dual_months += other.dual_months;
        self.months += other.months;
        self.low_income_or_dual_months += other.low_income_or_dual_months;
        for (mine, theirs) in self.users.iter_mut().zip(other.users) {
            *mine += theirs;
        }
    }
}

/// Every sum of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregates {
    shape: Shape,
    acos: Vec<Sums>,
    pub(super) heads: Vec<Heads>,
    nobody: Vec<Sums>,
    nation: Vec<Sums>,
    counties: Vec<Sums>,
    newly: Vec<Sums>,
    continuously: Vec<Sums>,
    pub(super) residence: BTreeMap<(u16, u16, u16, EnrollmentType), u64>,
}

const TYPES: usize = EnrollmentType::ALL.len();

impl Aggregates {
    /// No sums.
    pub fn empty(shape: Shape) -> Self {
        let cells = shape.years * TYPES;
        Self {
            shape,
            acos: vec![Sums::default(); shape.acos * cells],
            heads: vec![Heads::default(); shape.acos * shape.years],
            nobody: vec![Sums::default(); cells],
            nation: vec![Sums::default(); cells],
            counties: vec![Sums::default(); shape.windows * shape.counties * cells],
            newly: vec![Sums::default(); shape.acos * TYPES],
            continuously: vec![Sums::default(); shape.acos * TYPES],
            residence: BTreeMap::new(),
        }
    }

    /// Every table of sums.
    pub(super) fn tables(&self) -> [&[Sums]; 6] {
        [&self.acos, &self.nobody, &self.nation, &self.counties, &self.newly, &self.continuously]
    }

    /// The same, to be filled.
    pub(super) fn tables_mut(&mut self) -> [&mut [Sums]; 6] {
        [&mut self.acos, &mut self.nobody, &mut self.nation, &mut self.counties, &mut self.newly, &mut self.continuously]
    }

    /// What there are sums of.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    fn cell(&self, group: usize, year: usize, kind: EnrollmentType) -> usize {
        (group * self.shape.years + year) * TYPES + kind.index()
    }

    /// Sums of an ACO's assigned people.
    pub fn aco(&self, aco: usize, year: usize, kind: EnrollmentType) -> &Sums {
        &self.acos[self.cell(aco, year, kind)]
    }

    /// The same, to add to.
    pub fn aco_mut(&mut self, aco: usize, year: usize, kind: EnrollmentType) -> &mut Sums {
        let cell = self.cell(aco, year, kind);
        &mut self.acos[cell]
    }

    /// Heads of an ACO's assigned people.
    pub fn heads(&self, aco: usize, year: usize) -> &Heads {
        &self.heads[aco * self.shape.years + year]
    }

    /// The same, to add to.
    pub fn heads_mut(&mut self, aco: usize, year: usize) -> &mut Heads {
        &mut self.heads[aco * self.shape.years + year]
    }

    /// Sums of the people assigned to no ACO.
    pub fn nobody(&self, year: usize, kind: EnrollmentType) -> &Sums {
        &self.nobody[self.cell(0, year, kind)]
    }

    /// The same, to add to.
    pub fn nobody_mut(&mut self, year: usize, kind: EnrollmentType) -> &mut Sums {
        let cell = self.cell(0, year, kind);
        &mut self.nobody[cell]
    }

    /// Sums of the assignable people of the nation.
    pub fn nation(&self, year: usize, kind: EnrollmentType) -> &Sums {
        &self.nation[self.cell(0, year, kind)]
    }

    /// The same, to add to.
    pub fn nation_mut(&mut self, year: usize, kind: EnrollmentType) -> &mut Sums {
        let cell = self.cell(0, year, kind);
        &mut self.nation[cell]
    }

    /// Sums of the people of a county who are assignable in a window.
    pub fn county(&self, window: usize, county: u16, year: usize, kind: EnrollmentType) -> &Sums {
        &self.counties[self.cell(window * self.shape.counties + usize::from(county), year, kind)]
    }

    /// The same, to add to.
    pub fn county_mut(&mut self, window: usize, county: u16, year: usize, kind: EnrollmentType) -> &mut Sums {
        let cell = self.cell(window * self.shape.counties + usize::from(county), year, kind);
        &mut self.counties[cell]
    }

    /// Sums of an ACO's people of the performance year who are new to it, or not (42 CFR 425.20).
    pub fn acquainted(&self, aco: usize, kind: EnrollmentType, newly: bool) -> &Sums {
        let sums = if newly { &self.newly } else { &self.continuously };
        &sums[aco * TYPES + kind.index()]
    }

    /// The same, to add to.
    pub fn acquainted_mut(&mut self, aco: usize, kind: EnrollmentType, newly: bool) -> &mut Sums {
        let sums = if newly { &mut self.newly } else { &mut self.continuously };
        &mut sums[aco * TYPES + kind.index()]
    }

    /// Adds months of an ACO's assigned people in a county.
    pub fn reside(&mut self, aco: u16, year: u16, county: u16, kind: EnrollmentType, months: u64) {
        *self.residence.entry((aco, year, county, kind)).or_default() += months;
    }

    /// Months of an ACO's assigned people of a type in a year, by county.
    pub fn residence(&self, aco: u16, year: u16, kind: EnrollmentType) -> impl Iterator<Item = (u16, u64)> {
        let range =
            self.residence.range((aco, year, 0, EnrollmentType::Esrd)..=(aco, year, u16::MAX, EnrollmentType::AgedNonDual));
        range.filter(move |((_, _, _, at), _)| *at == kind).map(|((_, _, county, _), months)| (*county, *months))
    }

    /// Adds the sums of another part of the people.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.shape, other.shape);
        for (mine, theirs) in self.tables_mut().into_iter().zip(other.tables()) {
            for (sum, part) in mine.iter_mut().zip(theirs) {
                sum.merge(part);
            }
        }
        for (sum, part) in self.heads.iter_mut().zip(&other.heads) {
            sum.merge(part);
        }
        for (key, months) in &other.residence {
            *self.residence.entry(*key).or_default() += months;
        }
    }
}
