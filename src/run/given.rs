//! Figures given instead of computed: thresholds, mean scores, the nation, the counties.
//!
//! An extract of one ACO does not hold the nation; CMS publishes what the run would have computed of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::county_results;
use super::join::Thresholds;
use crate::disk;
use crate::error::{Error, Place, Result};
use crate::factors::{Acpt, County, FactorTables, National};
use crate::money::{Cents, Decimal};
use crate::rules::{EnrollmentType, Year};

/// The files, where they are given.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Table `national`.
    pub national: Option<PathBuf>,
    /// Table `county`, or CMS's county-level results.
    pub county: Option<PathBuf>,
    /// FIPS codes of counties by name, for CMS's results.
    pub fips: Option<PathBuf>,
    /// `calendar_year, enrollment_type, threshold`.
    pub thresholds: Option<PathBuf>,
    /// `calendar_year, hcc_version, enrollment_type, mean_score`.
    pub renormalise: Option<PathBuf>,
    /// Table `acpt`.
    pub acpt: Option<PathBuf>,
}

/// What the files say.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    national: Vec<National>,
    counties: Vec<County>,
    /// What a person should know of the files.
    pub notes: Vec<String>,
    acpt: Vec<Acpt>,
    thresholds: BTreeMap<(Year, EnrollmentType), Cents>,
    mean_scores: BTreeMap<(Year, String, EnrollmentType), Decimal>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdRow {
    calendar_year: Year,
    enrollment_type: EnrollmentType,
    threshold: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeanRow {
    calendar_year: Year,
    hcc_version: String,
    enrollment_type: EnrollmentType,
    mean_score: Decimal,
}

impl Given {
    /// The files that are given, by what they are.
    pub fn files(&self) -> Vec<(&'static str, &Path)> {
        let files = [
            ("national", &self.national),
            ("county", &self.county),
            ("fips", &self.fips),
            ("thresholds", &self.thresholds),
            ("renormalise", &self.renormalise),
            ("acpt", &self.acpt),
        ];
        files.into_iter().filter_map(|(what, path)| path.as_deref().map(|path| (what, path))).collect()
    }

    /// Reads the files.
    ///
    /// # Errors
    /// When a file is not the table it should be.
    pub fn read(&self) -> Result<Figures> {
        let mut figures = Figures::default();
        if let Some(path) = &self.national {
            figures.national = FactorTables::read_national(path)?;
        }
        if let Some(path) = &self.county {
            if county_results::is_one(path)? {
                let results = county_results::read(path, self.fips.as_deref())?;
                figures.notes.push(results.note());
                figures.counties = results.counties;
            } else {
                figures.counties = FactorTables::read_county(path)?;
            }
        }
        if let Some(path) = &self.acpt {
            figures.acpt = FactorTables::read_acpt(path)?;
        }
        if let Some(path) = &self.thresholds {
            for row in records::<ThresholdRow>(path, "thresholds", "calendar_year, enrollment_type, threshold")? {
                let key = (row.calendar_year, row.enrollment_type);
                let amount = Cents::parse(&row.threshold).filter(|amount| amount.0 > 0).ok_or_else(|| {
                    Error::input(
                        "a threshold is not a positive amount in dollars and cents",
                        Place::table("thresholds").in_file(path).at_column("threshold").at_key(format!("{} {}", key.0, key.1)),
                        "write it as 139227.69",
                    )
                })?;
                figures.thresholds.insert(key, amount);
            }
        }
        if let Some(path) = &self.renormalise {
            let columns = "calendar_year, hcc_version, enrollment_type, mean_score";
            for row in records::<MeanRow>(path, "renormalise", columns)? {
                if row.mean_score <= Decimal::ZERO {
                    return Err(Error::input(
                        "a mean score is not positive",
                        Place::table("renormalise").in_file(path).at_column("mean_score").at_key(row.calendar_year.to_string()),
                        "CMS publishes means near 1",
                    ));
                }
                figures.mean_scores.insert((row.calendar_year, row.hcc_version, row.enrollment_type), row.mean_score);
            }
        }
        Ok(figures)
    }
}

impl Figures {
    /// The thresholds of a run, those given in place of those computed.
    pub fn thresholds(&self, mut computed: Thresholds, years: &[Year]) -> Thresholds {
        for (limits, year) in computed.iter_mut().zip(years) {
            for kind in EnrollmentType::ALL {
                if let Some(given) = self.thresholds.get(&(*year, kind)) {
                    limits[kind] = Some(*given);
                }
            }
        }
        computed
    }

    /// A hash of everything that factor tables take of them.
    pub fn content_hash(&self) -> String {
        let Self { national, counties, notes: _, acpt, thresholds: _, mean_scores } = self;
        // The derived text names every field.
        blake3::hash(format!("{national:?}{counties:?}{acpt:?}{mean_scores:?}").as_bytes()).to_hex().to_string()
    }

    /// The mean score given for a year, model and type.
    pub fn mean_score(&self, year: Year, version: &str, kind: EnrollmentType) -> Option<Decimal> {
        self.mean_scores.get(&(year, version.to_string(), kind)).copied()
    }

    /// Puts given rows of the nation and of counties in place of computed ones.
    pub fn lay_over(&self, tables: &mut FactorTables) {
        let key = |row: &National| (row.calendar_year, row.population, row.enrollment_type);
        tables.national.retain(|row| !self.national.iter().any(|given| key(given) == key(row)));
        tables.national.extend(self.national.iter().cloned());
        let key = |row: &Acpt| (row.agreement_start, row.performance_year, row.enrollment_type);
        tables.acpt.retain(|row| !self.acpt.iter().any(|given| key(given) == key(row)));
        tables.acpt.extend(self.acpt.iter().cloned());
        let years: Vec<(Year, _)> = self.counties.iter().map(|row| (row.calendar_year, row.window)).collect();
        tables.counties.retain(|row| !years.contains(&(row.calendar_year, row.window)));
        tables.counties.extend(self.counties.iter().cloned());
    }
}

fn records<T: DeserializeOwned>(path: &Path, table: &str, columns: &str) -> Result<Vec<T>> {
    let text = disk::read_text(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Result<Vec<T>, csv::Error> = reader.deserialize().collect();
    rows.map_err(|fault| {
        Error::input(
            format!("the file does not read as a table: {fault}"),
            Place::table(table).in_file(path),
            format!("its columns are {columns}"),
        )
    })
}
