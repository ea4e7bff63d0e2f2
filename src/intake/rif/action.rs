//! Which rows stand: final actions, of a snapshot rather than of a feed of changes.

use crate::error::{Error, Place, Result};
use crate::intake::delimited::{Delimited, Header};
use crate::intake::refusal::{Reason, Refused};
use crate::intake::row::{self, Col, Row};

/// The columns that say whether a row stands.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    final_action: Col,
    change: Col,
}

/// Why a row is not taken, or why the work ends.
pub enum Stop {
    /// The row alone.
    Row(Refused),
    /// The whole import.
    Import(Error),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Row(refused)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Import(error)
    }
}

impl Action {
    /// Finds the columns; a file without them holds final actions only.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        Self { final_action: header.optional(&["FINAL_ACTION"]), change: header.optional(&["DML_IND"]) }
    }

    /// Lets a row pass that stands: `FINAL_ACTION` is `F` or blank.
    ///
    /// # Errors
    /// A row that is not the final action, or a `DELETE`, after which nothing says which earlier row is meant.
    #[inline]
    pub fn stands(self, row: Row<'_>, file: &Delimited) -> Result<(), Stop> {
        if row.bytes(self.change).eq_ignore_ascii_case(b"DELETE") {
            return Err(Stop::Import(deletion(file)));
        }
        match row.bytes(self.final_action) {
            b"F" | b"f" | b"" => Ok(()),
            b"N" | b"n" => Err(Stop::Row(Reason::NotFinalAction.into())),
            _ => Err(Stop::Row(row::at(Reason::UnknownCode, self.final_action))),
        }
    }
}

#[cold]
fn deletion(file: &Delimited) -> Error {
    Error::input(
        "the file takes back rows (DML_IND is DELETE): it is a feed of changes, not a snapshot",
        Place::file(file.path()).at_column("DML_IND").at_line(file.line()),
        "export a snapshot: one row per line of every claim that stands",
    )
}
