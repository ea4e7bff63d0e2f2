//! `acobench man`: manual pages, one per command.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};

use super::{Cli, Outcome, Session};
use crate::disk;
use crate::error::{Error, Result};

/// Write manual pages into a folder: acobench.1, and one for each command.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  acobench man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Folder of the pages, created if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Man {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        disk::create_dir(&self.out)?;
        let mut command = Cli::command();
        command.build();
        let pages = written(&command, "acobench", &self.out)?;
        session.print(&format!("{pages} pages written to {}.", self.out.display()))?;
        Ok(Outcome::Done)
    }
}

/// Writes the page of a command and of those below it.
fn written(command: &clap::Command, name: &str, folder: &Path) -> Result<usize> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut page);
    rendered.map_err(|fault| Error::failed(format!("cannot write a manual page: {fault}"), "report this as a defect"))?;
    disk::replace(&folder.join(format!("{name}.1")), &page)?;
    let mut pages = 1;
    for below in command.get_subcommands() {
        pages += written(below, &format!("{name}-{}", below.get_name()), folder)?;
    }
    Ok(pages)
}
