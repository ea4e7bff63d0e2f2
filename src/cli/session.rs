//! What every command is handed: where to print, and how the run is named.

use super::{Global, print};
use crate::error::Result;

/// One execution of the program.
#[derive(Debug)]
pub struct Session {
    quiet: bool,
}

impl Session {
    pub(super) fn begin(global: &Global) -> Self {
        Self { quiet: global.quiet }
    }

    /// Whether the person asked for silence.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a result to standard output, with a line end if it has none.
    ///
    /// # Errors
    /// When standard output cannot be written.
    #[allow(clippy::unused_self)] // only a command prints, and only a command has a session
    pub fn print(&self, text: &str) -> Result<()> {
        print::result(text)
    }
}
