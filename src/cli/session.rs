//! What every command is handed: where to print, how the run is named, where progress goes.

use std::io::IsTerminal as _;

use indicatif::MultiProgress;

use super::{Global, LogFormat, logging, print};
use crate::disk::{cancel, guard, privacy};
use crate::error::Result;
use crate::report::Terminal;
use crate::run::progress::{Progress, Shown};

/// One execution of the program.
#[derive(Debug)]
pub struct Session {
    run_id: String,
    progress: Progress,
}

impl Session {
    pub(super) fn begin(global: &Global) -> Result<Self> {
        privacy::no_core();
        let run_id = crate::run::new_run_id();
        let shown = match (global.quiet, global.log) {
            (true, _) => Shown::Nothing,
            (false, LogFormat::Text) if std::io::stderr().is_terminal() => Shown::Bars(MultiProgress::new()),
            (false, _) => Shown::Log,
        };
        let bars = if let Shown::Bars(bars) = &shown { Some(bars) } else { None };
        logging::begin(global.log, global.quiet, &run_id, bars);
        let (format, run) = (global.log, run_id.clone());
        guard::install(move |error| logging::last_line(format, &run, error))?;
        cancel::listen()?;
        Ok(Self { run_id, progress: Progress::new(shown) })
    }

    /// Name of this execution, in every log line and in the manifest.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The board on which stages are opened.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What standard output is: a terminal of some width with colours, unless `NO_COLOR` is set, or a file.
    #[must_use]
    #[allow(clippy::unused_self)] // only a command writes, and only a command has a session
    pub fn terminal(&self) -> Terminal {
        let output = std::io::stdout();
        if !output.is_terminal() {
            return Terminal::default();
        }
        let colour = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        let width = terminal_size::terminal_size_of(&output).map(|(width, _)| usize::from(width.0));
        Terminal { colour, width }
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
