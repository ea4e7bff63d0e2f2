//! Which counties of the map may be shown.
//!
//! They are chosen for all ACOs of a run together, and a report of some of its ACOs has no map: who held maps of different ACOs
//! would hold their differences.

use std::collections::{BTreeMap, BTreeSet};

use crate::factors::{AcoCounty, FactorYear};
use crate::money::Decimal;

/// Counties, and totals of states, that the map of a run does not show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HiddenCounties {
    counties: BTreeSet<String>,
    states: BTreeSet<String>,
}

/// The state of a county, by FIPS codes.
#[must_use]
pub fn state_of(county: &str) -> &str {
    county.get(..2).unwrap_or(county)
}

/// Person-years of assigned people by county.
type People<'r> = BTreeMap<&'r str, Decimal>;

impl HiddenCounties {
    /// What is hidden: every county in which people live, but fewer than `least` person-years. A state's total less the counties
    /// shown is what is hidden in it, and the whole less the states shown is what is hidden in the others. While that is one
    /// county alone or fewer than `least`, the smallest of the others is hidden too; where there is no other left, the state's
    /// total.
    #[must_use]
    pub fn of(rows: &[AcoCounty], least: u32) -> Self {
        let least = Decimal::from(least);
        let mut people = People::new();
        for row in rows.iter().filter(|row| row.year == FactorYear::Py && !row.person_years.is_zero()) {
            *people.entry(&row.county).or_default() += row.person_years;
        }
        let small = people.iter().filter(|(_, people)| **people < least).map(|(county, _)| (*county).to_string());
        let mut hidden = Self { counties: small.collect(), states: BTreeSet::new() };
        while hidden.hide_more(&people, least) {}
        hidden
    }

    /// Whether a county may be shown.
    #[must_use]
    pub fn shows(&self, county: &str) -> bool {
        !self.counties.contains(county)
    }

    /// Whether a state's total may be shown.
    #[must_use]
    pub fn shows_state(&self, state: &str) -> bool {
        !self.states.contains(state)
    }

    /// Hides one more cell if something hidden is given back; whether it did.
    fn hide_more(&mut self, people: &People<'_>, least: Decimal) -> bool {
        let states: BTreeSet<&str> = people.keys().map(|county| state_of(county)).collect();
        for state in states.iter().filter(|state| self.shows_state(state)) {
            let within = |county: &&str| state_of(county) == *state;
            if !self.gives_back(people, within, least) {
                continue;
            }
            if !self.hide_smallest(people, within) {
                self.states.insert((*state).to_string());
            }
            return true;
        }
        let elsewhere = |hidden: &Self, county: &str| hidden.states.contains(state_of(county));
        if !self.gives_back(people, |county| elsewhere(self, county), least) {
            return false;
        }
        let here = self.states.clone();
        if self.hide_smallest(people, |county| here.contains(state_of(county))) {
            return true;
        }
        // Another state joins those whose totals are hidden, with its smallest county if none of it is hidden yet.
        let total = |state: &&&str| -> Decimal {
            people.iter().filter(|(county, _)| state_of(county) == **state).map(|(_, people)| *people).sum()
        };
        let Some(next) = states.iter().filter(|state| self.shows_state(state)).min_by_key(total) else { return false };
        self.states.insert((*next).to_string());
        if people.keys().filter(|county| state_of(county) == *next).all(|county| self.shows(county)) {
            self.hide_smallest(people, |county| state_of(county) == *next);
        }
        true
    }

    /// Whether the hidden counties among some are too few, or too few people, and one of them is small.
    fn gives_back(&self, people: &People<'_>, among: impl Fn(&&str) -> bool, least: Decimal) -> bool {
        let of = people.iter().filter(|(county, _)| among(county) && !self.shows(county)).map(|(_, people)| *people);
        let hidden: Vec<Decimal> = of.collect();
        let enough = hidden.len() > 1 && hidden.iter().sum::<Decimal>() >= least;
        hidden.iter().any(|people| *people < least) && !enough
    }

    fn hide_smallest(&mut self, people: &People<'_>, among: impl Fn(&&str) -> bool) -> bool {
        let shown = people.iter().filter(|(county, _)| among(county) && self.shows(county));
        let Some((county, _)) = shown.min_by_key(|(_, people)| **people) else { return false };
        self.counties.insert((*county).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::AcoKey;
    use crate::rules::EnrollmentType;

    /// What is hidden of so many person-years in counties.
    fn hidden(counties: &[(&str, i64)]) -> HiddenCounties {
        let row = |(county, people): &(&str, i64)| AcoCounty {
            key: AcoKey::new("A1"),
            year: FactorYear::Py,
            county: (*county).to_string(),
            enrollment_type: EnrollmentType::ALL[3],
            person_years: Decimal::from(*people),
        };
        HiddenCounties::of(&counties.iter().map(row).collect::<Vec<_>>(), 11)
    }

    fn names(hidden: &HiddenCounties) -> (Vec<&str>, Vec<&str>) {
        (hidden.counties.iter().map(String::as_str).collect(), hidden.states.iter().map(String::as_str).collect())
    }

    #[test]
    fn a_small_county_takes_the_smallest_other_with_it() {
        assert_eq!(names(&hidden(&[("01001", 7), ("01003", 40), ("01005", 300)])), (vec!["01001", "01003"], vec![]));
        assert_eq!(names(&hidden(&[("01001", 11), ("01003", 40)])), (vec![], vec![]));
        assert_eq!(names(&hidden(&[("01001", 4), ("01003", 5), ("01005", 30)])), (vec!["01001", "01003", "01005"], vec![]));
    }

    #[test]
    fn a_lone_county_hides_its_state_and_that_another() {
        let found = hidden(&[("01001", 7), ("02001", 40), ("02003", 60), ("04001", 500)]);
        assert_eq!(names(&found), (vec!["01001", "02001"], vec!["01", "02"]));
    }

    #[test]
    fn few_people_of_one_county_have_nowhere_to_hide() {
        assert_eq!(names(&hidden(&[("01001", 7)])), (vec!["01001"], vec!["01"]));
    }
}
