//! CMS's own assignment lists instead of what the claims say (`run --assigned given`), and how the two differ.
//!
//! The claims of one ACO's people do not hold their visits' rivals; the list that CMS sent does not need them. A year of an ACO
//! that has a list takes its people of it; a year without one is assigned by claims, and told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use ahash::HashMap;
use serde::{Deserialize, Serialize};

use super::agreements::Acos;
use super::assign::Assigned;
use crate::assignment::UNASSIGNED;
use crate::beneficiary::{IdTable, NO_BENEFICIARY};
use crate::error::{Error, Place, Result};
use crate::extract::{Assigned as Row, Row as _};
use crate::rules::Year;
use crate::scan::{Extract, SmallTable};

/// The people of an ACO in a calendar year, by its list and by claims.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedYear {
    /// The ACO.
    pub aco_id: String,
    /// Calendar year.
    pub year: Year,
    /// People on the list.
    pub listed: u64,
    /// Of them, people of whom the extract has no enrollment: they count nowhere.
    pub unknown: u64,
    /// People of the list whom claims assign to the ACO too.
    pub both: u64,
    /// People of the list whom claims assign elsewhere, or nowhere.
    pub by_list_alone: u64,
    /// People whom claims assign to the ACO, and whom its list does not name.
    pub by_claims_alone: u64,
}

impl fmt::Display for ListedYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { aco_id, year, listed, unknown, both, by_list_alone, by_claims_alone } = self;
        write!(
            f,
            "{aco_id} {year}: {listed} people by CMS's list ({unknown} of them unknown to the extract); claims agree on {both}, \
             do not assign {by_list_alone} and would assign {by_claims_alone} more"
        )
    }
}

/// The lists of an extract.
#[derive(Debug)]
pub struct AssignmentLists {
    /// ACO of each person on a list, by calendar year.
    homes: BTreeMap<Year, HashMap<u32, usize>>,
    /// ACOs that have a list.
    acos: Vec<String>,
    /// People listed, and those unknown, by ACO and calendar year.
    counts: BTreeMap<(usize, Year), (u64, u64)>,
}

impl AssignmentLists {
    /// Reads the table `assigned`.
    ///
    /// # Errors
    /// When the extract has no list, or a person is on the lists of two ACOs in one year.
    pub fn read(extract: &Extract, ids: &IdTable) -> Result<Self> {
        let table = SmallTable::read(&extract.assigned)?;
        let place = || Place::table(Row::TABLE.name).in_file(&extract.folder);
        if table.rows() == 0 {
            let hint = "put CMS's assignment list reports into it with `acobench import alr`, or say --assigned computed";
            return Err(Error::input("the extract has no assignment list", place(), hint));
        }
        let text = |row, column| table.text(row, column).unwrap_or_default();
        let acos: BTreeSet<String> = (0..table.rows()).map(|row| text(row, "aco_id").to_string()).collect();
        let acos: Vec<String> = acos.into_iter().collect();
        let mut lists = Self { homes: BTreeMap::new(), acos, counts: BTreeMap::new() };
        for row in 0..table.rows() {
            let year = table.int(row, "year").and_then(|year| Year::try_from(year).ok()).unwrap_or_default();
            let aco = lists.acos.binary_search_by(|aco| aco.as_str().cmp(text(row, "aco_id"))).unwrap_or_default();
            let bene = ids.number(text(row, "bene_id").as_bytes());
            if bene == NO_BENEFICIARY {
                let counts = lists.counts.entry((aco, year)).or_default();
                *counts = (counts.0 + 1, counts.1 + 1);
                continue;
            }
            match lists.homes.entry(year).or_default().insert(bene, aco) {
                Some(other) if other != aco => {
                    let what = format!("one person is on the lists of {} and {}", lists.acos[other], lists.acos[aco]);
                    return Err(Error::input(what, place().at_key(year.to_string()), "keep the list that CMS sent last"));
                }
                Some(_) => {}
                None => lists.counts.entry((aco, year)).or_default().0 += 1,
            }
        }
        Ok(lists)
    }

    /// The lists as they bear on the agreements of a round. `needed` says in which years an agreement is given people.
    pub fn over<'l>(&'l self, acos: &Acos, needed: &[Vec<bool>], years: &[Year]) -> Overlay<'l> {
        let of_year = |(year, calendar_year): (usize, &Year)| {
            let agreement = |aco: usize| {
                let of = |number: u16| acos.agreements.iter().any(|(of, at, _)| *at == number && of.key.aco_id == self.acos[aco]);
                (0..acos.ids.len() as u16).find(|number| needed[year][usize::from(*number)] && of(*number))
            };
            let mut numbers = vec![None; self.acos.len()];
            let mut counts = BTreeMap::new();
            for (aco, of) in self.counts.keys().filter(|(_, of)| of == calendar_year) {
                numbers[*aco] = agreement(*aco);
                counts.extend(numbers[*aco].map(|number| (number, Counts::of((*aco, *of)))));
            }
            OfYear { homes: self.homes.get(calendar_year), numbers, counts }
        };
        Overlay { lists: self, years: years.iter().enumerate().map(of_year).collect() }
    }
}

/// The lists over one round of assignment.
#[derive(Debug)]
pub struct Overlay<'l> {
    lists: &'l AssignmentLists,
    years: Vec<OfYear<'l>>,
}

#[derive(Debug)]
struct OfYear<'l> {
    homes: Option<&'l HashMap<u32, usize>>,
    /// Agreement of each ACO that has a list of the year.
    numbers: Vec<Option<u16>>,
    /// By agreement.
    counts: BTreeMap<u16, Counts>,
}

/// Threads count together; sums do not depend on their order.
#[derive(Debug, Default)]
struct Counts {
    key: (usize, Year),
    both: AtomicU64,
    by_list_alone: AtomicU64,
    by_claims_alone: AtomicU64,
}

impl Counts {
    fn of(key: (usize, Year)) -> Self {
        Self { key, ..Self::default() }
    }
}

impl Overlay<'_> {
    /// Puts the lists in the place of what claims say, for people of so many years each, the first of whom has that number.
    pub fn lay_over(&self, first: u32, years: usize, assigned: &mut Assigned) {
        for (person, homes) in assigned.chunks_mut(years.max(1)).enumerate() {
            let bene = first + person as u32;
            for (home, year) in homes.iter_mut().zip(&self.years).filter(|(_, year)| !year.counts.is_empty()) {
                let listed = year.homes.and_then(|homes| homes.get(&bene)).and_then(|aco| year.numbers[*aco]);
                *home = moved(*home, listed, &year.counts);
            }
        }
    }

    /// How the lists differ from claims, when everybody has been laid over.
    pub fn told(&self) -> Vec<ListedYear> {
        let told = self.years.iter().flat_map(|year| year.counts.values()).map(|counts| {
            let (listed, unknown) = self.lists.counts[&counts.key];
            let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
            ListedYear {
                aco_id: self.lists.acos[counts.key.0].clone(),
                year: counts.key.1,
                listed,
                unknown,
                both: read(&counts.both),
                by_list_alone: read(&counts.by_list_alone),
                by_claims_alone: read(&counts.by_claims_alone),
            }
        });
        told.collect()
    }
}

/// Where a person is by the lists, who is somewhere by claims.
fn moved(by_claims: u16, listed: Option<u16>, counts: &BTreeMap<u16, Counts>) -> u16 {
    let one = |count: &AtomicU64| {
        count.fetch_add(1, Ordering::Relaxed);
    };
    if let Some(of) = listed.and_then(|listed| counts.get(&listed)) {
        if listed == Some(by_claims) {
            one(&of.both);
            return by_claims;
        }
        one(&of.by_list_alone);
    }
    match counts.get(&by_claims) {
        Some(of) => {
            one(&of.by_claims_alone);
            listed.unwrap_or(UNASSIGNED)
        }
        None => listed.unwrap_or(by_claims),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::Ordering;

    use super::{Counts, moved};
    use crate::assignment::UNASSIGNED;

    #[test]
    fn a_list_takes_and_gives_people_and_leaves_others_alone() {
        // ACOs 0 and 1 have lists, ACO 2 has none.
        let counts: BTreeMap<u16, Counts> = [(0, Counts::default()), (1, Counts::default())].into();
        let to = |by_claims, listed| moved(by_claims, listed, &counts);
        assert_eq!([to(0, Some(0)), to(1, Some(0)), to(UNASSIGNED, Some(0)), to(2, Some(0))], [0; 4]);
        assert_eq!([to(0, None), to(1, None), to(2, None), to(UNASSIGNED, None)], [UNASSIGNED, UNASSIGNED, 2, UNASSIGNED]);
        let told = |aco: u16| {
            let of = &counts[&aco];
            [&of.both, &of.by_list_alone, &of.by_claims_alone].map(|count| count.load(Ordering::Relaxed))
        };
        assert_eq!([told(0), told(1)], [[1, 3, 1], [0, 0, 2]]);
    }
}
