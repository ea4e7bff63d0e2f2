//! Which numbers of an ACO may be shown to others: no cell that rests on 1 to 10 beneficiaries, and none that together with
//! those shown would give such a cell back (CMS cell size suppression policy).
//!
//! A factor table holds person-years, not heads. Fewer than eleven person-years may be fewer than eleven people; eleven or
//! more cannot be. So a type is taken for small when it has person-years, but fewer than eleven, in any year. How many a cell must
//! rest on is a rule (`fewest_beneficiaries_shown` in `src/rules/results_files.toml`).

mod components;
mod counties;

use std::collections::BTreeMap;

pub use components::{Amount, hidden_amounts};
pub use counties::{HiddenCounties, state_of};

use crate::factors::{AcoKey, AcoYear};
use crate::money::Decimal;
use crate::rules::EnrollmentType;

/// What of an ACO is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppression {
    hidden: Vec<EnrollmentType>,
    whole: bool,
}

impl Suppression {
    /// Everything is shown.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What of an ACO is not shown. A type that is small in one year is hidden in all, since each year's figures are made of
    /// the others'. While the hidden types of a year together are as small, or are one alone, so that a total less the shown
    /// ones gives it back, the smallest of the others is hidden too. `least` is the fewest beneficiaries that may be shown.
    #[must_use]
    pub fn of(key: &AcoKey, rows: &[AcoYear], least: u32) -> Self {
        let least = Decimal::from(least);
        let mut years: BTreeMap<_, BTreeMap<EnrollmentType, Decimal>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.key == *key) {
            *years.entry(row.year).or_default().entry(row.enrollment_type).or_default() += row.person_years;
        }
        let small = |people: Decimal| people > Decimal::ZERO && people < least;
        let mut hidden: Vec<EnrollmentType> = EnrollmentType::ALL
            .into_iter()
            .filter(|kind| years.values().any(|types| types.get(kind).is_some_and(|people| small(*people))))
            .collect();
        if hidden.is_empty() {
            return Self::none();
        }
        // Types without anybody are nobody's cell, and hide nothing behind them.
        let people = |kind: EnrollmentType| -> Decimal { years.values().filter_map(|types| types.get(&kind)).sum() };
        loop {
            let gives_back = years.values().any(|types| {
                let of: Vec<Decimal> =
                    hidden.iter().filter_map(|kind| types.get(kind)).copied().filter(|people| !people.is_zero()).collect();
                !of.is_empty() && (of.len() == 1 || of.iter().sum::<Decimal>() < least)
            });
            let others = EnrollmentType::ALL.into_iter().filter(|kind| !hidden.contains(kind) && !people(*kind).is_zero());
            let Some(next) = others.min_by_key(|kind| people(*kind)).filter(|_| gives_back) else { break };
            hidden.push(next);
        }
        hidden.sort_unstable();
        let whole = years.values().any(|types| small(types.values().sum()));
        Self { hidden, whole }
    }

    /// Whether a value of a type, or of the whole ACO, may be shown.
    #[must_use]
    pub fn shows(&self, kind: Option<EnrollmentType>) -> bool {
        !self.whole && kind.is_none_or(|kind| !self.hidden.contains(&kind))
    }

    /// Whether a value called so in formulas may be shown: `trend_by1[DIS]`.
    #[must_use]
    pub fn shows_label(&self, label: &str) -> bool {
        let kind = label.split_once('[').and_then(|(_, rest)| rest.trim_end_matches(']').parse().ok());
        self.shows(kind)
    }

    /// Whether figures of others at the ACO's own mix of types may be shown: what is the same for all ACOs, such as a nation's
    /// figures by type, is told by reports of other ACOs, and its mean by a hidden mix gives the mix back.
    #[must_use]
    pub fn shows_mix(&self) -> bool {
        self.hidden.is_empty() && !self.whole
    }

    /// Types whose cells are hidden.
    #[must_use]
    pub fn hidden(&self) -> &[EnrollmentType] {
        &self.hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::FactorYear;
    use EnrollmentType as T;

    fn rows(people: &[(FactorYear, [i64; 4])]) -> Vec<AcoYear> {
        let mut rows = Vec::new();
        for (year, people) in people {
            for (kind, tenths) in T::ALL.into_iter().zip(people) {
                rows.push(AcoYear {
                    key: AcoKey::new("A1"),
                    year: *year,
                    enrollment_type: kind,
                    person_years: Decimal::new(*tenths, 1),
                    per_capita_expenditure: Decimal::ONE,
                    hcc_risk_score: None,
                    demographic_risk_score: None,
                    new_person_years: None,
                    new_hcc_risk_score: None,
                    continuing_hcc_risk_score: None,
                    continuing_demographic_risk_score: None,
                });
            }
        }
        rows
    }

    fn hidden(people: &[(FactorYear, [i64; 4])]) -> Vec<T> {
        Suppression::of(&AcoKey::new("A1"), &rows(people), 11).hidden().to_vec()
    }

    #[test]
    fn no_small_type_is_shown_or_given_back() {
        let (by1, py) = (FactorYear::By1, FactorYear::Py);
        let [esrd, dis, agdu, agnd] = T::ALL;
        assert_eq!(hidden(&[(by1, [110, 900, 800, 5000]), (py, [110, 900, 800, 5000])]), []);
        // The smallest of the others goes with a small one.
        assert_eq!(hidden(&[(by1, [120, 900, 800, 5000]), (py, [100, 900, 800, 5000])]), [esrd, agdu]);
        // Two that are small together take a third with them.
        assert_eq!(hidden(&[(py, [30, 40, 8000, 5000])]), [esrd, dis, agnd]);
        // Nobody is no cell; what is hidden beside it would be given back.
        assert_eq!(hidden(&[(py, [0, 50, 800, 5000])]), [dis, agdu]);
        assert_eq!(hidden(&[(py, [109, 5000, 0, 0])]), [esrd, dis]);
        let tiny = Suppression::of(&AcoKey::new("A1"), &rows(&[(py, [0, 50, 0, 30])]), 11);
        assert!(!tiny.shows(None) && tiny.hidden() == [dis, agnd], "{agdu:?}");
    }

    #[test]
    fn labels_carry_their_type() {
        let some = Suppression { hidden: vec![T::ALL[1]], whole: false };
        assert!(!some.shows_label("trend_by1[DIS]") && some.shows_label("trend_by1[ESRD]") && some.shows_label("payment"));
    }
}
