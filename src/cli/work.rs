//! Options of commands that keep stages between runs.

use std::path::PathBuf;

use clap::Args;

use crate::disk::Taken;
use crate::run::work::WorkFolder;

/// Under which they stand in help.
const KEPT: &str = "What is kept for the next run";

/// Where stages are kept, and for how long.
#[derive(Debug, Args)]
#[allow(clippy::struct_field_names, reason = "the names are those of the options")]
pub(super) struct Work {
    /// Folder in which stages are kept for the next run, which does again only what changed.
    #[arg(long, value_name = "DIR", help_heading = KEPT)]
    work: Option<PathBuf>,
    /// Wait while another run is at work in that folder, instead of giving up.
    #[arg(long, requires = "work", help_heading = KEPT)]
    work_wait: bool,
    /// Most that a run leaves there, such as 20GiB; what was unused longest goes first. No limit by default.
    #[arg(long, value_name = "SIZE", value_parser = super::import::size, requires = "work", help_heading = KEPT)]
    work_limit: Option<u64>,
    /// Read every input for its hash, even one whose device, inode, size and times are as they were.
    #[arg(long, requires = "work", help_heading = KEPT)]
    rehash: bool,
    /// File in which hashes of inputs are remembered between runs; a work folder has its own.
    #[arg(long, value_name = "FILE", conflicts_with = "work", help_heading = KEPT)]
    hashes: Option<PathBuf>,
}

impl Work {
    pub(super) fn folder(&self) -> Option<WorkFolder> {
        self.work.clone().map(|folder| WorkFolder {
            folder,
            taken: if self.work_wait { Taken::Wait } else { Taken::Refuse },
            limit: self.work_limit.unwrap_or(u64::MAX),
            rehash: self.rehash,
        })
    }

    pub(super) fn hashes(&self) -> Option<PathBuf> {
        self.hashes.clone()
    }
}
