//! The columns that replay knows, under the spellings of every year (`columns.toml`).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::error::{Error, Place, Result};
use crate::factors::FactorYear;
use crate::rules::{EnrollmentType, Fraction};

/// A column by what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is named and spelled in columns.toml")]
pub enum Column {
    AcoId,
    AcoName,
    PerformanceYear,
    AgreementStart,
    AgreementNumber,
    Track,
    #[serde(rename = "track_1")]
    Track1,
    #[serde(rename = "track_1_plus")]
    Track1Plus,
    #[serde(rename = "track_2")]
    Track2,
    #[serde(rename = "track_3")]
    Track3,
    BasicA,
    BasicB,
    BasicC,
    BasicD,
    BasicE,
    Enhanced,
    RevenueCategory,
    RevenueLossLimit,
    MidYearTermination,
    RecalculatedBenchmark,
    QualityMet,
    AlternativeQualityMet,
    AssignedBeneficiaries,
    #[serde(rename = "age_0_64")]
    Age0,
    #[serde(rename = "age_65_74")]
    Age65,
    #[serde(rename = "age_75_84")]
    Age75,
    #[serde(rename = "age_85")]
    Age85,
    SavingsRate,
    MinimumSavingsRate,
    BenchmarkMinusExpenditure,
    Generated,
    Earned,
    DisasterAdjustment,
    QualityScore,
    UpdatedBenchmark,
    HistoricalBenchmark,
    PriorSavings,
    TotalBenchmark,
    TotalExpenditure,
    MaximumSharingRate,
    FinalSharingRate,
    FinalLossRate,
    AipBalance,
    AipRecouped,
    AipOwed,
    PersonYears,
    PerCapita,
    PersonYearsOfType,
    PerCapitaOfType,
    RiskScoreOfType,
}

/// A column of one enrollment type and year, where it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it holds.
    pub column: Column,
    /// Of which type and year.
    pub of: Option<(EnrollmentType, FactorYear)>,
}

impl From<Column> for Key {
    fn from(column: Column) -> Self {
        Self { column, of: None }
    }
}

impl Column {
    /// The column of an enrollment type and year.
    #[must_use]
    pub const fn of(self, kind: EnrollmentType, year: FactorYear) -> Key {
        Key { column: self, of: Some((kind, year)) }
    }
}

/// What a column's cells hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words.
    Text,
    /// 0 or 1.
    Flag,
    /// A date.
    Day,
    /// People or person-years.
    Count,
    /// Dollars.
    Dollars,
    /// A risk score.
    Score,
    /// A fraction or a percentage.
    Rate,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kind: Kind,
    names: Vec<String>,
    #[serde(default)]
    years: Vec<String>,
    #[serde(default)]
    fraction_at_most: Option<Fraction>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spellings {
    #[serde(rename = "type")]
    kind: BTreeMap<EnrollmentType, Vec<String>>,
    year: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    spellings: Spellings,
    columns: BTreeMap<Column, Entry>,
}

/// One column as `columns.toml` describes it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Which.
    pub key: Key,
    /// What its cells hold.
    pub kind: Kind,
    /// The largest fraction a rate of it can be; larger numbers are percentages.
    pub fraction_at_most: Option<Fraction>,
    /// Its spellings, the usual one first.
    pub names: Vec<String>,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names.first().map_or("", String::as_str))
    }
}

/// Every known column, those of a type and year spelled out.
///
/// # Errors
/// When the embedded file does not read.
pub fn known() -> Result<Vec<Known>> {
    let file: File = toml::from_str(include_str!("columns.toml")).map_err(|fault| {
        Error::input(
            format!("the embedded list of columns does not read: {fault}"),
            Place::table("columns.toml"),
            "report this as a defect",
        )
    })?;
    let mut known = Vec::new();
    for (column, entry) in &file.columns {
        let one = |of, names| Known {
            key: Key { column: *column, of },
            kind: entry.kind,
            fraction_at_most: entry.fraction_at_most,
            names,
        };
        if !entry.names.iter().any(|name| name.contains('{')) {
            known.push(one(None, entry.names.clone()));
            continue;
        }
        for kind in EnrollmentType::ALL {
            let read = |year: &&FactorYear| entry.years.is_empty() || entry.years.iter().any(|name| name == year.name());
            for year in FactorYear::ALL.iter().filter(read) {
                known.push(one(Some((kind, *year)), file.spellings.of(kind, *year, &entry.names)));
            }
        }
    }
    Ok(known)
}

impl Spellings {
    fn of(&self, kind: EnrollmentType, year: FactorYear, names: &[String]) -> Vec<String> {
        let nothing = Vec::new();
        let kinds = self.kind.get(&kind).unwrap_or(&nothing);
        let years = self.year.get(year.name()).unwrap_or(&nothing);
        let mut spelled = Vec::new();
        for name in names {
            for year in years {
                spelled.extend(kinds.iter().map(|kind| name.replace("{type}", kind).replace("{year}", year)));
            }
        }
        spelled
    }
}

/// A name without what spellings differ in: case, spaces, punctuation. A plus sign is part of a track's name.
#[must_use]
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '+').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_means_two_columns() {
        let mut seen = BTreeMap::new();
        for column in known().unwrap() {
            for name in &column.names {
                let other = seen.insert(plain(name), column.key);
                assert!(other.is_none_or(|other| other == column.key), "{name}");
            }
        }
        assert!(seen.contains_key("nabyearageddual") && seen.contains_key("percapitaexpallagdupy"));
    }
}
