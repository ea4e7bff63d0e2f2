//! Faults of a folder of factor tables, told all at once, and what a row that does not read leaves unknown.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::tables::FactorTables;
use super::write::{ACO, ACO_COUNTY, ACO_REGION, ACO_YEAR, ACPT, COUNTY, NATIONAL};
use crate::disk;
use crate::error::{Error, Place};

/// The tables in the order in which their faults are told.
const ORDER: [&str; 7] =
    [ACO.table, ACO_YEAR.table, ACO_REGION.table, NATIONAL.table, ACPT.table, COUNTY.table, ACO_COUNTY.table];

/// Rows and cells that are there and do not read. What seems missing because of them is no fault of its own.
#[derive(Debug, Clone, Default)]
pub struct Unread {
    rows: Vec<(&'static str, Vec<Option<String>>)>,
    cells: BTreeSet<(String, String, String)>,
}

impl Unread {
    /// Keeps a row of a table by the cells of its key, as far as they read; no cells for a table of which nothing reads.
    pub(super) fn add_row(&mut self, table: &'static str, key: Vec<Option<String>>) {
        self.rows.push((table, key));
    }

    /// Whether a row that does not read may be the one with this key, given cell by cell.
    pub fn may_hold(&self, table: &str, key: &[&dyn Display]) -> bool {
        let cells: Vec<Option<&dyn Display>> = key.iter().copied().map(Some).collect();
        self.may_hold_any(table, &cells)
    }

    /// The same for any key with the cells given.
    pub fn may_hold_any(&self, table: &str, key: &[Option<&dyn Display>]) -> bool {
        let agrees = |cell: &Option<String>, wanted: Option<&dyn Display>| match (cell, wanted) {
            (Some(cell), Some(wanted)) => *cell == wanted.to_string(),
            _ => true,
        };
        let rows = self.rows.iter().filter(|(of, _)| *of == table);
        rows.into_iter().any(|(_, cells)| cells.iter().zip(key).all(|(cell, wanted)| agrees(cell, *wanted)))
    }

    /// Whether a fault lies at a cell that does not read.
    pub(super) fn holds_cell_of(&self, fault: &Error) -> bool {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        place(fault).is_some_and(|place| self.cells.contains(&(part(&place.table), part(&place.key), part(&place.column))))
    }
}

/// What was found while reading.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) faults: Vec<Error>,
    pub(super) unread: Unread,
}

impl Found {
    /// Keeps a fault; a cell's place is remembered, so that the cell is not also told to be missing.
    pub(super) fn push(&mut self, fault: Error) {
        if let Error::Input { place, .. } = &fault
            && let (Some(table), Some(key), Some(column)) = (&place.table, &place.key, &place.column)
        {
            self.unread.cells.insert((table.clone(), key.clone(), column.clone()));
        }
        self.faults.push(fault);
    }

    /// Keeps the faults of a table of which nothing reads.
    pub(super) fn without_table<T>(&mut self, table: &'static str, faults: Vec<Error>) -> Option<T> {
        self.unread.add_row(table, Vec::new());
        for fault in faults {
            self.push(fault);
        }
        None
    }
}

/// A folder of factor tables as far as it reads.
#[derive(Debug)]
pub struct Reading {
    pub(super) folder: PathBuf,
    pub(super) tables: FactorTables,
    pub(super) found: Found,
}

impl Reading {
    /// The tables, when nothing in them is at fault.
    ///
    /// # Errors
    /// The reading itself.
    pub fn whole(self) -> Result<FactorTables, Box<Self>> {
        if self.found.faults.is_empty() { Ok(self.tables) } else { Err(Box::new(self)) }
    }

    /// The rows that read.
    #[must_use]
    pub fn readable(&self) -> &FactorTables {
        &self.tables
    }

    /// What does not read.
    #[must_use]
    pub fn unread(&self) -> &Unread {
        &self.found.unread
    }

    /// One refusal of everything found here and, among the rows that read, by others.
    #[must_use]
    pub fn refusal(self, more: Vec<Error>) -> Error {
        let later = flat(more).into_iter().filter(|fault| !self.found.unread.holds_cell_of(fault));
        told_at_once(self.found.faults.into_iter().chain(later).collect(), &self.folder)
    }
}

/// One refusal of faults in a folder's tables: each with its file, in the order of tables and keys, none twice.
#[must_use]
pub fn told_at_once(faults: Vec<Error>, folder: &Path) -> Error {
    let mut faults = flat(faults);
    for fault in &mut faults {
        if let Error::Input { place, .. } = fault
            && place.file.is_none()
            && let Some(table) = &place.table
        {
            let file = folder.join(format!("{table}.csv"));
            place.file = Some(if disk::exists(&file) { file } else { folder.to_path_buf() });
        }
    }
    let rank = |fault: &Error| {
        let table = place(fault).and_then(|place| place.table.as_deref());
        let at = ORDER.iter().position(|known| table == Some(known)).unwrap_or(ORDER.len());
        let part = |text: fn(&Place) -> &Option<String>| place(fault).and_then(|place| text(place).clone());
        (at, place(fault).and_then(|place| place.line), part(|place| &place.key), part(|place| &place.column), fault.to_string())
    };
    faults.sort_by_cached_key(rank);
    faults.dedup_by_key(|fault| fault.to_string());
    Error::Inputs(faults)
}

fn place(fault: &Error) -> Option<&Place> {
    match fault {
        Error::Input { place, .. } => Some(place),
        _ => None,
    }
}

fn flat(faults: Vec<Error>) -> Vec<Error> {
    let mut flat_faults = Vec::with_capacity(faults.len());
    for fault in faults {
        match fault {
            Error::Inputs(inner) => flat_faults.extend(flat(inner)),
            single => flat_faults.push(single),
        }
    }
    flat_faults
}
