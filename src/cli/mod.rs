//! The command line: one file per command, each of which parses its arguments, calls the library and prints.

mod benchmark;
mod check;
mod completions;
mod defect;
mod demo;
mod dictionary;
mod diff;
mod explain;
mod finish;
mod groups;
mod import;
mod logging;
mod man;
mod plan;
mod print;
mod replay;
mod report;
mod rules;
mod run;
mod session;
mod synth;
mod trace;
mod watch;
mod whatif;
mod work;
mod worker;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use logging::LogFormat;
pub use session::Session;

use crate::error::{Error, Result};

/// Medicare fee-for-service claims to Shared Savings Program benchmarks and settlements, exact to the cent.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 done; 1 failed, or a check found a difference; 2 usage; 3 input refused; \
    130 and 143 stopped by a signal.")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Under which options of every command stand in help.
const EVERYWHERE: &str = "Options of every command";

/// Options of every command.
#[derive(Debug, Args)]
struct Global {
    /// Print no progress and no log line below a warning.
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    quiet: bool,
    /// How log lines are written to standard error: text or json.
    #[arg(long, global = true, value_enum, hide_possible_values = true, default_value_t = LogFormat::Text, value_name = "FORMAT",
        help_heading = EVERYWHERE)]
    log: LogFormat,
    /// Threads to work with; all that the machine has by default. Results never depend on it.
    #[arg(long, global = true, value_name = "N", help_heading = EVERYWHERE)]
    threads: Option<NonZeroUsize>,
}

/// The commands. Each variant is the arguments of one, declared in the file of its name.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Check(check::Check),
    Run(Box<run::Run>),
    Benchmark(benchmark::Benchmark),
    Replay(replay::Replay),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Whatif(whatif::Whatif),
    Report(report::Report),
    Trace(trace::Trace),
    Rules(rules::Rulebook),
    Import(import::Import),
    Synth(synth::Synth),
    Dictionary(dictionary::Dictionary),
    Plan(plan::PlanCommand),
    Worker(worker::Worker),
    Finish(finish::Finish),
    Completions(completions::Completions),
    Man(man::Man),
}

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well: exit 0.
    Done,
    /// A command that looks for differences or faults found some: exit 1.
    Found,
}

/// A year as people write it.
fn year(text: &str) -> std::result::Result<u16, String> {
    let four_digits = text.len() == 4 && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| four_digits).ok_or_else(|| "write a year of four digits, such as 2023".to_string())
}

impl Command {
    fn run(&self, session: &Session) -> Result<Outcome> {
        match self {
            Self::Demo(command) => command.run(session),
            Self::Check(command) => command.run(session),
            Self::Run(command) => command.run(session),
            Self::Benchmark(command) => command.run(session),
            Self::Replay(command) => command.run(session),
            Self::Explain(command) => command.run(session),
            Self::Diff(command) => command.run(session),
            Self::Whatif(command) => command.run(session),
            Self::Report(command) => command.run(session),
            Self::Trace(command) => command.run(session),
            Self::Rules(command) => command.run(session),
            Self::Import(command) => command.run(session),
            Self::Synth(command) => command.run(session),
            Self::Dictionary(command) => command.run(session),
            Self::Plan(command) => command.run(session),
            Self::Worker(command) => command.run(session),
            Self::Finish(command) => command.run(session),
            Self::Completions(command) => command.run(session),
            Self::Man(command) => command.run(session),
        }
    }
}

/// Runs the command line of the process.
#[must_use]
pub fn main() -> ExitCode {
    let parsed = groups::grouped(Cli::command()).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(refusal) => {
            // Help and version come this way too, on standard output; a closed pipe is no failure.
            let _ = refusal.print();
            return ExitCode::from(u8::try_from(refusal.exit_code()).unwrap_or(2));
        }
    };
    match defect::caught(|| execute(&cli)) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::FAILURE,
        Err(error) if print::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&error, cli.global.log);
            ExitCode::from(error.exit_code())
        }
    }
}

fn execute(cli: &Cli) -> Result<Outcome> {
    let session = Session::begin(&cli.global)?;
    if let Some(threads) = cli.global.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .build_global()
            .map_err(|e| Error::failed(format!("cannot start {threads} threads: {e}"), "ask for fewer with --threads"))?;
    }
    cli.command.run(&session)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
