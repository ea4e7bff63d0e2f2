//! The cells of the factor tables as leaves of the derivation, each made once.

use rust_decimal::Decimal;

use super::Facts;
use crate::derivation::{Derivation, Node};
use crate::factors::FactorYear;
use crate::rules::{ByType, EnrollmentType};

type ByYear = [ByType<Node>; 4];

/// An ACO's leaves by year and enrollment type. A cell that the regime does not ask for may be absent and is then 0.
#[derive(Debug, Clone)]
pub struct Givens {
    people: ByYear,
    cost: ByYear,
    hcc: ByYear,
    demographic: ByYear,
    region: ByYear,
    national: ByYear,
    national_weight: ByYear,
    region_hcc: ByYear,
    region_demographic: ByYear,
    populated: [ByType<bool>; 4],
}

/// Names of a value in the four years.
type Names = [&'static str; 4];

const PEOPLE: Names = ["person_years_by1", "person_years_by2", "person_years_by3", "person_years_py"];
const COST: Names = ["per_capita_by1", "per_capita_by2", "per_capita_by3", "per_capita_py"];
const HCC: Names = ["hcc_score_by1", "hcc_score_by2", "hcc_score_by3", "hcc_score_py"];
const DEMOGRAPHIC: Names = ["demographic_score_by1", "demographic_score_by2", "demographic_score_by3", "demographic_score_py"];
const REGION: Names =
    ["regional_expenditure_by1", "regional_expenditure_by2", "regional_expenditure_by3", "regional_expenditure_py"];
const NATIONAL: Names =
    ["national_per_capita_by1", "national_per_capita_by2", "national_per_capita_by3", "national_per_capita_py"];
const WEIGHT: Names = ["national_weight_by1", "national_weight_by2", "national_weight_by3", "national_weight_py"];
const REGION_HCC: Names = ["regional_hcc_score_by1", "regional_hcc_score_by2", "regional_hcc_score_by3", "regional_hcc_score_py"];
const REGION_DEMOGRAPHIC: Names = [
    "regional_demographic_score_by1",
    "regional_demographic_score_by2",
    "regional_demographic_score_by3",
    "regional_demographic_score_py",
];

impl Givens {
    /// Places the cells into a tree.
    pub fn place(facts: &Facts<'_, '_>, tree: &mut Derivation<'_>) -> Self {
        let mut cells = |names: Names, table: &'static str, cell: &dyn Fn(usize, EnrollmentType) -> Option<Decimal>| -> ByYear {
            std::array::from_fn(|year| {
                ByType::from_fn(|kind| match cell(year, kind) {
                    Some(value) => tree.given(names[year], Some(kind), value, table),
                    None => Node::ZERO,
                })
            })
        };
        let own = |year: usize, kind| facts.years[year][kind];
        let region = |year: usize, kind| facts.regions[year][kind];
        Self {
            people: cells(PEOPLE, "aco_year", &|year, kind| own(year, kind).map(|row| row.person_years)),
            cost: cells(COST, "aco_year", &|year, kind| own(year, kind).map(|row| row.per_capita_expenditure)),
            hcc: cells(HCC, "aco_year", &|year, kind| own(year, kind).and_then(|row| row.hcc_risk_score)),
            demographic: cells(DEMOGRAPHIC, "aco_year", &|year, kind| own(year, kind).and_then(|row| row.demographic_risk_score)),
            region: cells(REGION, "aco_region", &|year, kind| region(year, kind).map(|row| row.regional_expenditure)),
            national: cells(NATIONAL, "national", &|year, kind| facts.national[year][kind].map(|row| row.per_capita_expenditure)),
            national_weight: cells(WEIGHT, "aco_region", &|year, kind| region(year, kind).and_then(|row| row.national_weight)),
            region_hcc: cells(REGION_HCC, "aco_region", &|year, kind| region(year, kind).and_then(|row| row.regional_hcc_score)),
            region_demographic: cells(REGION_DEMOGRAPHIC, "aco_region", &|year, kind| {
                region(year, kind).and_then(|row| row.regional_demographic_score)
            }),
            populated: std::array::from_fn(|year| {
                ByType::from_fn(|kind| own(year, kind).is_some_and(|row| row.person_years > Decimal::ZERO))
            }),
        }
    }

    /// Whether the ACO has person-years of a type in a year.
    pub fn has_people(&self, year: FactorYear, kind: EnrollmentType) -> bool {
        self.populated[year as usize][kind]
    }

    /// Whether the type has a historical benchmark: person-years in benchmark year 3.
    pub fn is_historical(&self, kind: EnrollmentType) -> bool {
        self.has_people(FactorYear::By3, kind)
    }

    /// The types that have a historical benchmark.
    pub fn historical_types(&self) -> impl Iterator<Item = EnrollmentType> {
        EnrollmentType::ALL.into_iter().filter(|kind| self.is_historical(*kind))
    }

    /// The types with person-years in the performance year, with that year.
    pub fn performance_types(&self) -> impl Iterator<Item = (FactorYear, EnrollmentType)> {
        EnrollmentType::ALL.into_iter().map(|kind| (FactorYear::Py, kind)).filter(|(year, kind)| self.has_people(*year, *kind))
    }

    /// The types with person-years in both benchmark year 3 and the performance year.
    pub fn lasting_types(&self) -> impl Iterator<Item = EnrollmentType> {
        self.historical_types().filter(|kind| self.has_people(FactorYear::Py, *kind))
    }

    /// Person-years.
    pub fn people(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.people[year as usize][kind]
    }

    /// Expenditure per person-year.
    pub fn cost(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.cost[year as usize][kind]
    }

    /// HCC score.
    pub fn hcc(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.hcc[year as usize][kind]
    }

    /// Demographic score.
    pub fn demographic(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.demographic[year as usize][kind]
    }

    /// Risk-standardised regional expenditure.
    pub fn region(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.region[year as usize][kind]
    }

    /// National expenditure per person-year.
    pub fn national(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.national[year as usize][kind]
    }

    /// The ACO's share of its region.
    pub fn national_weight(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.national_weight[year as usize][kind]
    }

    /// Regional HCC score.
    pub fn region_hcc(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.region_hcc[year as usize][kind]
    }

    /// Regional demographic score.
    pub fn region_demographic(&self, year: FactorYear, kind: EnrollmentType) -> Node {
        self.region_demographic[year as usize][kind]
    }

    /// Mean of a value over the types that have a historical benchmark, by benchmark year 3's person-years.
    pub fn by3_mean(&self, values: &super::Typed, tree: &mut Derivation<'_>) -> Node {
        let pairs: Vec<_> =
            self.historical_types().filter_map(|kind| Some((self.people(FactorYear::By3, kind), values[kind]?))).collect();
        tree.weighted_mean(&pairs)
    }

    /// Person-years of all types in a year.
    pub fn people_of(&self, year: FactorYear) -> Vec<Node> {
        EnrollmentType::ALL.into_iter().map(|kind| self.people(year, kind)).collect()
    }

    /// Person-years and expenditure per person-year of the performance year, all types together.
    pub fn performance_totals(&self, tree: &mut Derivation<'_>) -> (Node, Node) {
        const CITATION: &str = "42 CFR 425.604(a), 425.605(a), 425.606(a), 425.610(a); specification v11, 4.3 steps 1-3";
        let people = tree.sum(&self.people_of(FactorYear::Py));
        let people = tree.name(people, PEOPLE[3], None, CITATION);
        let pairs: Vec<_> =
            self.performance_types().map(|(year, kind)| (self.people(year, kind), self.cost(year, kind))).collect();
        let cost = tree.weighted_mean(&pairs);
        (people, tree.name(cost, COST[3], None, CITATION))
    }
}
