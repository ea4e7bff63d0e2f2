//! The sums of a run to a partial and back: codes that serve within one process to names that serve among many.

use super::partial::{Key, Partial, What, narrow};
use super::sums::{ScoreSums, Sums};
use super::tables::{Aggregates, Heads, Shape};
use crate::beneficiary::COMPONENTS;
use crate::error::{Error, Result};
use crate::rules::{EnrollmentType, Year};

/// The names of agreements, years and counties, by number, index and code.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'r> {
    /// Agreements; each name once.
    pub agreements: &'r [String],
    /// Years of the run, ascending.
    pub years: &'r [Year],
    /// Counties; none for the unknown one.
    pub counties: &'r [Option<String>],
}

impl Sums {
    fn numbers(&self, what: What) -> Result<Vec<i64>> {
        let mut numbers = vec![i128::from(self.people), i128::from(self.months)];
        numbers.extend(self.components);
        numbers.extend([self.capped12, i128::from(self.capped_people)]);
        for scores in &self.scores {
            let months = [scores.months, scores.demographic_months].map(i128::from);
            numbers.extend([months[0], scores.score, months[1], scores.demographic]);
        }
        numbers.into_iter().map(|number| narrow(what, number)).collect()
    }

    fn of_numbers(numbers: &[i64]) -> Self {
        let mut left = numbers.iter().copied();
        let mut next = || left.next().unwrap_or_default();
        Self {
            people: next() as u64,
            months: next() as u64,
            components: std::array::from_fn::<_, COMPONENTS, _>(|_| i128::from(next())),
            capped12: i128::from(next()),
            capped_people: next() as u64,
            scores: std::array::from_fn(|_| ScoreSums {
                months: next() as u64,
                score: i128::from(next()),
                demographic_months: next() as u64,
                demographic: i128::from(next()),
            }),
        }
    }
}

impl Aggregates {
    /// Adds every sum to a partial, under its names.
    ///
    /// # Errors
    /// When a sum outgrows 64 bits.
    pub fn add_to(&self, partial: &mut Partial, labels: Labels<'_>) -> Result<()> {
        let county = |code: usize| labels.counties[code].as_deref().unwrap_or_default();
        let mut add = |key: Key, sums: &Sums| {
            if sums.people == 0 { Ok(()) } else { partial.add(key.clone(), &sums.numbers(key.what)?) }
        };
        for (index, year) in labels.years.iter().enumerate() {
            for kind in EnrollmentType::ALL {
                let key = |what| Key::of(what).year(*year).kind(kind);
                add(key(What::Nobody), self.nobody(index, kind))?;
                add(key(What::Nation), self.nation(index, kind))?;
                for (number, name) in labels.agreements.iter().enumerate() {
                    add(key(What::Aco).name(name), self.aco(number, index, kind))?;
                }
                for (window, what) in WINDOWS.into_iter().enumerate().take(self.shape().windows) {
                    for code in 0..self.shape().counties {
                        add(key(what).within(county(code)), self.county(window, code as u16, index, kind))?;
                    }
                }
            }
        }
        for kind in EnrollmentType::ALL {
            for (number, name) in labels.agreements.iter().enumerate() {
                let key = |what| Key::of(what).name(name).kind(kind);
                add(key(What::Newly), self.acquainted(number, kind, true))?;
                add(key(What::Continuously), self.acquainted(number, kind, false))?;
            }
        }
        for (number, name) in labels.agreements.iter().enumerate() {
            for (index, year) in labels.years.iter().enumerate() {
                let heads = self.heads(number, index);
                let numbers = [heads.people, heads.months, heads.dual_months, heads.low_income_or_dual_months];
                let numbers: Vec<i64> = numbers.into_iter().chain(heads.users).map(|count| count as i64).collect();
                partial.add(Key::of(What::Heads).name(name).year(*year), &numbers)?;
                for kind in EnrollmentType::ALL {
                    for (code, months) in self.residence(number as u16, index as u16, kind) {
                        let key = Key::of(What::Residence).name(name).within(county(usize::from(code)));
                        partial.add(key.year(*year).kind(kind), &[months as i64])?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The sums of a partial, by number, index and code.
    ///
    /// # Errors
    /// When the partial names an agreement, year or county that is not among the labels.
    pub fn of_partial(partial: &Partial, shape: Shape, labels: Labels<'_>) -> Result<Self> {
        let mut all = Self::empty(shape);
        for (key, numbers) in partial.iter() {
            let agreement = || find(labels.agreements.iter(), &key.name, "agreement");
            let year = || find(labels.years.iter(), &key.year, "year");
            let kind = || key.kind.ok_or_else(|| unknown("enrollment type", "none"));
            let county = || {
                let wanted = Some(key.within.as_str()).filter(|name| !name.is_empty());
                find(labels.counties.iter().map(Option::as_deref), wanted, "county").map(|code| code as u16)
            };
            let sums = || Sums::of_numbers(numbers);
            match key.what {
                What::Aco => all.aco_mut(agreement()?, year()?, kind()?).merge(&sums()),
                What::Nobody => all.nobody_mut(year()?, kind()?).merge(&sums()),
                What::Nation => all.nation_mut(year()?, kind()?).merge(&sums()),
                What::County => all.county_mut(0, county()?, year()?, kind()?).merge(&sums()),
                What::CountyOffset => all.county_mut(1, county()?, year()?, kind()?).merge(&sums()),
                What::Newly => all.acquainted_mut(agreement()?, kind()?, true).merge(&sums()),
                What::Continuously => all.acquainted_mut(agreement()?, kind()?, false).merge(&sums()),
                What::Heads => {
                    let mut counts = numbers.iter().map(|count| *count as u64);
                    let mut next = || counts.next().unwrap_or_default();
                    *all.heads_mut(agreement()?, year()?) = Heads {
                        people: next(),
                        months: next(),
                        dual_months: next(),
                        low_income_or_dual_months: next(),
                        users: std::array::from_fn::<_, COMPONENTS, _>(|_| next()),
                    };
                }
                What::Residence => {
                    all.reside(agreement()? as u16, year()? as u16, county()?, kind()?, numbers.iter().sum::<i64>() as u64);
                }
                _ => {}
            }
        }
        Ok(all)
    }
}

/// The kinds of sum of a county's people, by window.
const WINDOWS: [What; 2] = [What::County, What::CountyOffset];

fn find<T: PartialEq<U>, U: std::fmt::Debug>(mut among: impl Iterator<Item = T>, wanted: U, what: &str) -> Result<usize> {
    among.position(|known| known == wanted).ok_or_else(|| unknown(what, &format!("{wanted:?}")))
}

fn unknown(what: &str, found: &str) -> Error {
    Error::failed(
        format!("a partial has sums of the {what} {found}, which its plan does not know"),
        "fold the partition again under the plan; if it comes back, report it as a defect",
    )
}
