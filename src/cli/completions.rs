//! `acobench completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Outcome, Session};
use crate::error::Result;

/// Print a script with which a shell completes acobench's commands and options.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  acobench completions bash > ~/.local/share/bash-completion/completions/acobench\n  \
    acobench completions zsh > ~/.zfunc/_acobench")]
pub struct Completions {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "acobench", &mut script);
        session.print(&String::from_utf8_lossy(&script))?;
        Ok(Outcome::Done)
    }
}
