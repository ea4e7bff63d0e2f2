//! What must hold between the rows of the factor tables, whatever the law.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

use rust_decimal::Decimal;

use super::faults::{Found, Unread};
use super::tables::{AcoKey, FactorTables, FactorYear, Termination};
use crate::error::{Error, Place};
use crate::rules::EnrollmentType;

struct Faults<'f> {
    folder: &'f Path,
    unread: &'f Unread,
    found: Vec<Error>,
}

impl Faults<'_> {
    fn push(&mut self, table: &str, column: &str, key: impl Display, what: impl Into<String>, hint: &str) {
        let place = Place::table(table).in_file(self.folder.join(format!("{table}.csv"))).at_column(column);
        self.found.push(Error::input(what, place.at_key(key.to_string()), hint));
    }

    fn unique<K: Ord>(&mut self, table: &str, keys: impl Iterator<Item = (K, String)>) {
        let mut seen = BTreeSet::new();
        for (key, name) in keys {
            if !seen.insert(key) {
                self.push(table, "key", name, "a row stands twice", "keep one row of each key");
            }
        }
    }
}

/// Checks the rows that read, and keeps what is wrong with them in `found`.
pub(super) fn check(tables: &FactorTables, folder: &Path, found: &mut Found) {
    let mut faults = Faults { folder, unread: &found.unread, found: Vec::new() };
    acos(tables, &mut faults);
    keys(tables, &mut faults);
    years(tables, &mut faults);
    let told: Vec<Error> = faults.found.into_iter().filter(|fault| !found.unread.holds_cell_of(fault)).collect();
    found.faults.extend(told);
}

fn acos(tables: &FactorTables, faults: &mut Faults<'_>) {
    for aco in &tables.acos {
        let key = format!("{} {}", aco.key, aco.performance_year);
        if (aco.performance_months == 6) != aco.key.performance_half.is_some() {
            let what = format!("{} months do not go with performance_half", aco.performance_months);
            faults.push("aco", "performance_months", &key, what, "write 6 with a half, 12 without");
        }
        if i32::from(aco.performance_year) < i32::from(aco.agreement_start.year()) {
            let what = format!("the agreement starts on {}, after the performance year", aco.agreement_start);
            faults.push("aco", "agreement_start", &key, what, "give the agreement in force in the performance year");
        }
        if (aco.termination == Termination::None) != aco.termination_date.is_none() {
            faults.push("aco", "termination_date", &key, "termination and its date do not go together", "give both or neither");
        }
    }
}

fn keys<'f>(tables: &'f FactorTables, faults: &mut Faults<'_>) {
    faults.unique("aco", tables.acos.iter().map(|row| (&row.key, row.key.to_string())));
    let typed = |key: &AcoKey, year: FactorYear, kind: EnrollmentType| format!("{key} {year} {kind}");
    faults.unique(
        "aco_year",
        tables
            .aco_years
            .iter()
            .map(|row| ((&row.key, row.year, row.enrollment_type), typed(&row.key, row.year, row.enrollment_type))),
    );
    faults.unique(
        "aco_region",
        tables
            .aco_regions
            .iter()
            .map(|row| ((&row.key, row.year, row.enrollment_type), typed(&row.key, row.year, row.enrollment_type))),
    );
    faults.unique(
        "national",
        tables.national.iter().map(|row| {
            let key = (row.calendar_year, row.population, row.enrollment_type);
            (key, format!("{} {} {}", row.calendar_year, row.population.name(), row.enrollment_type))
        }),
    );
    faults.unique(
        "acpt",
        tables.acpt.iter().map(|row| {
            let key = (row.agreement_start, row.performance_year, row.enrollment_type);
            (key, format!("{} {} {}", row.agreement_start, row.performance_year, row.enrollment_type))
        }),
    );
    faults.unique(
        "county",
        tables.counties.iter().map(|row| {
            let key = (row.calendar_year, row.window, &row.county, row.enrollment_type, row.scores);
            (key, format!("{} {} {} {}", row.calendar_year, row.window, row.county, row.enrollment_type))
        }),
    );
    faults.unique(
        "aco_county",
        tables.aco_counties.iter().map(|row| {
            let key = (&row.key, row.year, &row.county, row.enrollment_type);
            (key, format!("{} {} {} {}", row.key, row.year, row.county, row.enrollment_type))
        }),
    );
    let unread = faults.unread;
    let known: BTreeSet<&AcoKey> = tables.acos.iter().map(|aco| &aco.key).collect();
    let mut strangers: BTreeSet<(&str, &AcoKey)> = BTreeSet::new();
    let mut meet = |table, key: &'f AcoKey| {
        if !known.contains(key) && !unread.may_hold("aco", &[&key.aco_id, &key.half_cell()]) {
            strangers.insert((table, key));
        }
    };
    tables.aco_years.iter().for_each(|row| meet("aco_year", &row.key));
    tables.aco_regions.iter().for_each(|row| meet("aco_region", &row.key));
    tables.aco_counties.iter().for_each(|row| meet("aco_county", &row.key));
    for (table, key) in strangers {
        faults.push(table, "aco_id", key, "the ACO is not in the aco table", "add it there, or take its rows away");
    }
}

fn years(tables: &FactorTables, faults: &mut Faults<'_>) {
    let rows: BTreeMap<_, _> = tables.aco_years.iter().map(|row| ((&row.key, row.year, row.enrollment_type), row)).collect();
    for aco in &tables.acos {
        for year in FactorYear::ALL {
            for kind in EnrollmentType::ALL {
                let cells: [&dyn Display; 4] = [&aco.key.aco_id, &aco.key.half_cell(), year, &kind];
                if !rows.contains_key(&(&aco.key, *year, kind)) && !faults.unread.may_hold("aco_year", &cells) {
                    let key = format!("{} {year} {kind}", aco.key);
                    faults.push(
                        "aco_year",
                        "person_years",
                        key,
                        "a row is missing",
                        "give every year and enrollment type; 0 where nobody is",
                    );
                }
            }
        }
    }
    for row in &tables.aco_years {
        let key = format!("{} {} {}", row.key, row.year, row.enrollment_type);
        if row.person_years > Decimal::ZERO && row.hcc_risk_score.is_none() {
            faults.push(
                "aco_year",
                "hcc_risk_score",
                &key,
                "a risk score is missing",
                "give the mean score of the people there are",
            );
        }
        if row.person_years.is_zero() && !row.per_capita_expenditure.is_zero() {
            faults.push("aco_year", "per_capita_expenditure", &key, "an expenditure without people", "write 0 where nobody is");
        }
        if row.new_person_years.is_some_and(|new| new > row.person_years) {
            faults.push("aco_year", "new_person_years", &key, "more than the person-years", "give the part newly assigned");
        }
    }
}
