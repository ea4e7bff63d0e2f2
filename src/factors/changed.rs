//! An ACO's row with some of its cells written anew, as a question of what would be asks for.

use super::cells::Sheet;
use super::faults::Found;
use super::read;
use super::tables::{Aco, FactorTables};
use super::write::{self, ACO};
use crate::error::{Error, Place, Result};

/// Columns whose cells decide which people and years the factors are of: another value needs another run.
const SETTLED: [(&str, &str); 6] = [
    ("aco_id", "it names the ACO"),
    ("performance_year", "the factors are of that year"),
    ("performance_half", "the factors are of that half"),
    ("performance_months", "the factors are of those months"),
    ("agreement_start", "the factors are of the benchmark years before it"),
    ("assignment_method", "the factors are of the people so assigned"),
];

/// The columns of table `aco` that can be written anew while the other tables stand.
#[must_use]
pub fn changeable() -> Vec<&'static str> {
    columns().filter(|name| SETTLED.iter().all(|(settled, _)| settled != name)).collect()
}

fn columns() -> impl Iterator<Item = &'static str> {
    ACO.required.iter().chain(ACO.optional).copied()
}

impl Aco {
    /// The cells of the row, by column.
    #[must_use]
    pub fn cells(&self) -> Vec<(&'static str, String)> {
        columns().zip(write::aco(self).1).collect()
    }

    /// The row with other cells, each read as if it stood in `aco.csv`. A track brings its level: `BASIC D` is both, and a
    /// track without levels clears the one that was there.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the column and what it may hold, when there is no such column, its value needs another run, or
    /// the value does not read.
    pub fn changed(&self, cells: &[(String, String)]) -> Result<Self> {
        let header: Vec<&str> = columns().collect();
        let mut own = write::aco(self).1;
        let at = |name: &str| header.iter().position(|column| *column == name);
        for (name, value) in cells {
            if let Some((_, why)) = SETTLED.iter().find(|(settled, _)| settled == name) {
                let hint = "change it in the extract and run again";
                return Err(Error::usage(format!("{name} cannot be changed after a run: {why}"), hint));
            }
            let Some(place) = at(name) else {
                return Err(Error::unknown(format!("table aco has no column {name}"), name, "the columns are", &changeable()));
            };
            own[place] = value.trim().to_string();
            if name == "track" && cells.iter().all(|(other, _)| other != "level") {
                let (track, level) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
                let keeps = level.is_empty() && track == "BASIC" && !self.track.level().is_empty();
                own[place] = track.to_string();
                if let Some(place) = at("level").filter(|_| !keeps) {
                    own[place] = level.to_string();
                }
            }
        }
        let sheet = Sheet::of_record(ACO.table, &header, &own);
        let mut found = Found::default();
        let row = sheet.rows(&mut found, read::aco).pop();
        match (row, found.faults.is_empty()) {
            (Some(row), true) => Ok(row),
            (None, true) => Err(Error::failed("a changed row cannot be read", "report this as a defect")),
            (_, false) => Err(asked(Error::Inputs(found.faults))),
        }
    }
}

/// Faults of cells that a person wrote on the command line, as refusals of that request.
///
/// An error that is about no cell of table `aco` is left as it is.
#[must_use]
pub fn asked(fault: Error) -> Error {
    match fault {
        Error::Inputs(mut faults) if faults.len() == 1 => asked(faults.remove(0)),
        Error::Inputs(faults) => Error::Inputs(faults.into_iter().map(asked).collect()),
        Error::Input { what, place, hint } => match *place {
            Place { table: Some(table), column: Some(column), .. } if table == ACO.table => {
                Error::usage(format!("{column}: {what}"), hint)
            }
            place => Error::input(what, place, hint),
        },
        other => other,
    }
}

impl FactorTables {
    /// The tables of one ACO alone, with the nation's and the counties' as they are; none when it is not there.
    #[must_use]
    pub fn of(self, aco_id: &str) -> Option<Self> {
        let mut tables = self;
        tables.acos.retain(|row| row.key.aco_id == aco_id);
        tables.aco_years.retain(|row| row.key.aco_id == aco_id);
        tables.aco_regions.retain(|row| row.key.aco_id == aco_id);
        tables.aco_counties.retain(|row| row.key.aco_id == aco_id);
        (!tables.acos.is_empty()).then_some(tables)
    }
}
