//! `acobench rules`: what the rule tables say.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::disk::Staging;
use crate::error::{Error, Result};
use crate::report;
use crate::rules::arrangements::Track;
use crate::rules::{Choice, Rules};
use crate::run::choices::{self, Again};

/// Print which rules apply, since when and by which paragraph.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  acobench rules --year 2024 --track 'BASIC E'\n  \
    acobench rules --choices run-2023/factors --extract data-samples > docs/choices.md")]
pub struct Rulebook {
    /// Only what holds in a performance year; agreement starts up to it count.
    #[arg(long, value_name = "YEAR")]
    year: Option<u16>,
    /// Only the arrangement of one track: 1, 1+, 2, 3, 'BASIC A' to 'BASIC E', ENHANCED.
    #[arg(long, value_name = "TRACK", value_parser = track)]
    track: Option<Track>,
    /// Folder of rule tables laid over the embedded ones.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Switch a choice where the law is silent.
    #[arg(long, value_name = "NAME=VALUE")]
    choose: Vec<Choice>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print instead the page of choices where the law is silent, with what each moves in a folder of factor tables.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["year", "track", "format", "choose"])]
    choices: Option<PathBuf>,
    /// With --choices: the extract of that run, to be run again under every choice that bears on claims.
    #[arg(long, value_name = "DIR", requires = "choices")]
    extract: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn track(text: &str) -> Result<Track, String> {
    Track::ALL.into_iter().find(|track| track.to_string().eq_ignore_ascii_case(text)).ok_or_else(|| {
        let known: Vec<String> = Track::ALL.iter().map(ToString::to_string).collect();
        format!("the tracks are {}", known.join(", "))
    })
}

impl Rulebook {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        let rules = Rules::load_with(self.rules.as_deref(), &self.choose)?;
        if let Some(factors) = &self.choices {
            // A folder that is never published vanishes with its handle.
            let scratch = std::env::temp_dir().join(format!("acobench-choices-{}", std::process::id()));
            let scratch = self.extract.is_some().then(|| Staging::begin(&scratch)).transpose()?;
            let progress = session.progress();
            let again = self.extract.as_deref().zip(scratch.as_ref());
            let again = again.map(|(extract, scratch)| Again { extract, scratch: scratch.path(), progress });
            let effects = choices::effects(factors, self.rules.as_deref(), again)?;
            session.print(&choices::page(&rules, &effects))?;
            return Ok(Outcome::Done);
        }
        let lines = report::rule_lines(&rules, self.year, self.track);
        let text = match self.format {
            Format::Text => report::rulebook(&lines),
            Format::Json => serde_json::to_string_pretty(&lines)
                .map_err(|fault| Error::failed(format!("cannot write JSON: {fault}"), "report this as a defect"))?,
        };
        session.print(&text)?;
        Ok(Outcome::Done)
    }
}
