//! Which columns the results file of a year has, and how it prints rates (`layouts.toml`).

use serde::Deserialize;

use crate::error::{Error, Place, Result};

/// How rates are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rates {
    /// `0.0646`.
    Fraction,
    /// `6.46%`.
    Percent,
}

/// A file's layout, for the performance years from the first to the last.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layout {
    from: u16,
    #[serde(default)]
    until: Option<u16>,
    pub(super) rates: Rates,
    /// Digits of a rate behind the point.
    pub(super) decimals: u32,
    /// Whether `PosRegAdj` is an amount and not a flag.
    #[serde(default)]
    pub(super) regional_adjustment_in_dollars: bool,
    columns: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layouts {
    layout: Vec<Layout>,
}

impl Layout {
    /// The columns, in the order of the file.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.split_whitespace()
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns().any(|own| own == column)
    }
}

/// The layout of a year's file.
pub(super) fn of_year(year: u16) -> Result<Layout> {
    let place = || Place::table("layouts.toml").at_key(year.to_string());
    let layouts: Layouts = toml::from_str(include_str!("layouts.toml")).map_err(|fault| {
        Error::input(format!("the embedded layouts do not read: {fault}"), place(), "report this as a defect")
    })?;
    let holds = |layout: &Layout| layout.from <= year && layout.until.is_none_or(|until| year <= until);
    layouts.layout.into_iter().find(holds).ok_or_else(|| {
        Error::input(format!("no results file of performance year {year} is known"), place(), "the program began in 2012")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_year_of_the_program_has_one_layout_without_doubles() {
        for year in 2012..2030 {
            let layout = of_year(year).unwrap();
            let mut columns: Vec<&str> = layout.columns().collect();
            assert!(
                columns.len() > 100 && layout.has("EarnSaveLoss") && (layout.has("ACO_ID") || layout.has("ACO_Num")),
                "{year}"
            );
            columns.sort_unstable();
            let all = columns.len();
            columns.dedup();
            assert_eq!(columns.len(), all, "{year}");
        }
        assert!(of_year(2011).is_err());
    }
}
