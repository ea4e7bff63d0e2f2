//! `acobench dictionary`: the data dictionary, from the schemas the program reads with.

use clap::Args;

use super::{Outcome, Session};
use crate::error::Result;
use crate::extract::{TABLES, data_dictionary};

/// Print the data dictionary of the extract in Markdown.
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct Dictionary {}

impl Dictionary {
    #[allow(clippy::unused_self)] // the shape of every command
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        session.print(&data_dictionary(TABLES))?;
        Ok(Outcome::Done)
    }
}
