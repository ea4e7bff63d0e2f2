//! CMS's published county-level results: assignable people of a calendar year by county, in CMS's own columns.
//!
//! One row per county; for each enrollment type three columns, `Per capita ESRD expenditures`, `Average ESRD HCC risk score`,
//! `ESRD person-years` and so on. States and counties are numbered the Social Security way: a crosswalk from names gives the
//! FIPS codes of the extract. `*` stands for few people, `.` for nobody; either leaves the county without figures of the type.

use std::path::Path;

use crate::disk;
use crate::error::{Error, Place, Result};
use crate::factors::{County, Window};
use crate::money::Decimal;
use crate::rules::{EnrollmentType, Year};
use crate::synth::geography::{Crosswalk, letters_of_state};

/// The words by which the columns name the types.
const TYPES: [(EnrollmentType, &str); 4] = [
    (EnrollmentType::Esrd, "ESRD"),
    (EnrollmentType::Disabled, "DISABLED"),
    (EnrollmentType::AgedDual, "AGED/DUAL"),
    (EnrollmentType::AgedNonDual, "AGED/NON-DUAL"),
];

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CountyResults {
    /// Rows of table `county`, of the calendar window.
    pub counties: Vec<County>,
    /// Counties and types of too few people to publish.
    pub suppressed: u64,
    /// Counties and types of nobody.
    pub nobody: u64,
    /// Counties that the crosswalk does not know, by name and state.
    pub strangers: Vec<String>,
}

/// Whether a file has CMS's columns rather than those of table `county`.
///
/// # Errors
/// When it cannot be read.
pub fn is_one(path: &Path) -> Result<bool> {
    let text = disk::read_text(path)?;
    Ok(text.lines().next().is_some_and(|header| header.contains("Per capita ") && header.contains("County Name")))
}

/// Reads the file.
///
/// # Errors
/// When a column is missing, a cell is no number, or there is no crosswalk.
pub fn read(path: &Path, crosswalk: Option<&Path>) -> Result<CountyResults> {
    let at = |column: &str| Place::table("county results").in_file(path).at_column(column);
    let refuse = |what: String, column: &str| Error::input(what, at(column), "give CMS's county-level file as published, in CSV");
    let crosswalk = crosswalk.ok_or_else(|| {
        Error::input(
            "CMS's county file numbers counties the Social Security way, and the extract by FIPS codes",
            at("County ID"),
            "give --fips FILE, a CSV file with the columns FIPS, Name and State",
        )
    })?;
    let crosswalk = Crosswalk::read(crosswalk)?;
    let text = disk::read_text(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers = reader.headers().map_err(|fault| refuse(format!("the header does not read: {fault}"), "(header)"))?.clone();
    let find = |name: &str| {
        let found = headers.iter().position(|header| header.eq_ignore_ascii_case(name));
        found.ok_or_else(|| refuse(format!("there is no column {name}"), name))
    };
    let (year, state, name) = (find("Year")?, find("State ID")?, find("County Name")?);
    let mut columns = Vec::new();
    for (kind, word) in TYPES {
        let [cost, score, people] =
            [format!("Per capita {word} expenditures"), format!("Average {word} HCC risk score"), format!("{word} person-years")];
        columns.push((kind, [find(&cost)?, find(&score)?, find(&people)?]));
    }
    let mut results = CountyResults::default();
    for record in reader.records() {
        let record = record.map_err(|fault| refuse(format!("a row does not read: {fault}"), "(row)"))?;
        let named = format!("{}, {}", &record[name], &record[state]);
        let calendar_year: Year = record[year]
            .parse()
            .map_err(|_| Error::input("a year is no year", at("Year").at_key(named.clone()), "write it as 2018"))?;
        let letters = letters_of_state(&format!("{:0>2}", &record[state]));
        let Some(county) = letters.and_then(|letters| crosswalk.county(letters, &record[name])) else {
            results.strangers.push(named);
            continue;
        };
        for (kind, triple) in &columns {
            let cells = triple.map(|column| &record[column]);
            if cells.contains(&"*") {
                results.suppressed += 1;
                continue;
            }
            if cells.iter().any(|cell| matches!(*cell, "." | "")) {
                results.nobody += 1;
                continue;
            }
            let mut numbers = [Decimal::ZERO; 3];
            for ((number, cell), column) in numbers.iter_mut().zip(cells).zip(triple) {
                *number = cell.replace(',', "").parse().map_err(|_| {
                    let place = at(&headers[*column]).at_key(named.clone());
                    Error::input(format!("`{cell}` is no number"), place, "cells are numbers, * or .")
                })?;
            }
            let [per_capita_expenditure, score, person_years] = numbers;
            results.counties.push(County {
                calendar_year,
                window: Window::Calendar,
                county: county.to_string(),
                enrollment_type: *kind,
                scores: None,
                person_years,
                per_capita_expenditure,
                hcc_risk_score: Some(score),
                demographic_risk_score: None,
            });
        }
    }
    if results.counties.is_empty() {
        return Err(refuse("no county of the file is in the crosswalk with figures".into(), "County Name"));
    }
    Ok(results)
}

impl CountyResults {
    /// What a person should know of it.
    pub fn note(&self) -> String {
        let years = self.counties.iter().map(|row| row.calendar_year);
        let (first, last) = (years.clone().min().unwrap_or_default(), years.max().unwrap_or_default());
        let mut note = format!(
            "county figures of {first} to {last} are CMS's: {} are given, {} suppressed for few people and {} of nobody; counties without figures are left out of regions",
            self.counties.len(),
            self.suppressed,
            self.nobody
        );
        if !self.strangers.is_empty() {
            note += &format!("; not in the crosswalk and left out: {}", self.strangers.join("; "));
        }
        note
    }
}
