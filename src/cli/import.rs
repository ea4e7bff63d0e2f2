//! `acobench import`: other people's files to the canonical extract.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rust_decimal::Decimal;

use super::{Outcome, Session};
use crate::error::Result;
use crate::extract::{Agreement, Participant, RiskScore, Row as _, Table};
use crate::intake::{Given, ImportReport, Quarantine, Rename, cclf, rif};
use crate::rules::Rules;

/// Turn the files of a source into an extract.
#[derive(Debug, Args)]
pub struct Import {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    Rif(Rif),
    Cclf(Cclf),
}

/// CMS's research identifiable files: claims with their lines, and a file of enrollment per year.
///
/// Files are told apart by their columns, which are matched by name in either case: pipe, comma or tab, quoted or not,
/// gzipped or not. Days may be written DD-MON-YYYY, YYYYMMDD or YYYY-MM-DD. The extract appears only when it is whole.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    acobench import rif delivery/ --out extract/\n  \
    acobench import rif delivery/ --out extract/ --participants participants.csv --agreements agreements.csv\n  \
    acobench import rif delivery/ --out extract/ --map our-columns.csv --max-quarantined 0.0001")]
struct Rif {
    /// Folder of RIF files.
    folder: PathBuf,
    /// Where the extract appears; an earlier one there is replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    beside: Beside,
}

/// CMS's Claim and Claim Line Feed: the fixed-width files that an ACO receives each month.
///
/// The folder holds any number of deliveries, as CMS packs them (zip), gzipped or plain, under CMS's names. Debits and credits
/// are netted to what finally stands, earlier identifiers of a person are followed to the one he has now, and records are
/// counted against CCLF0. The extract depends on what the folder holds alone, never on what was imported before.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    acobench import cclf deliveries/ --out extract/\n  \
    acobench import cclf deliveries/ --out extract/ --participants participants.csv --agreements agreements.csv --memory 4GiB")]
struct Cclf {
    /// Folder of deliveries.
    folder: PathBuf,
    /// Where the extract appears; an earlier one there is replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Memory for records, such as 512MiB or 4GiB; what does not fit goes through a scratch file beside the extract.
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    memory: u64,
    #[command(flatten)]
    beside: Beside,
}

/// What a source does not hold, or names in another way.
#[derive(Debug, Args)]
struct Beside {
    /// Columns that the files name in another way: a table with the columns `column` and `known_as`.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// The participant table as text with the extract's column names.
    #[arg(long, value_name = "FILE")]
    participants: Option<PathBuf>,
    /// The agreement table as text with the extract's column names.
    #[arg(long, value_name = "FILE")]
    agreements: Option<PathBuf>,
    /// The risk_score table as text with the extract's column names.
    #[arg(long, value_name = "FILE")]
    risk: Option<PathBuf>,
    /// Share of a table's rows, or of its absolute dollars, that may be faulty before the import is refused.
    #[arg(long, value_name = "SHARE", default_value = "0.001")]
    max_quarantined: Decimal,
    /// Folder of rule tables whose rows lie over the program's own.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

impl Import {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        match &self.source {
            Source::Rif(source) => source.run(session),
            Source::Cclf(source) => source.run(session),
        }
    }
}

impl Rif {
    fn run(&self, session: &Session) -> Result<Outcome> {
        let import = rif::Import {
            folder: self.folder.clone(),
            out: self.out.clone(),
            rename: self.beside.rename()?,
            given: self.beside.given(),
            rules: Rules::load(self.beside.rules.as_deref())?,
            quarantine: Quarantine::new(self.beside.max_quarantined)?,
        };
        let stage = session.progress().stage("import rif");
        let report = import.run(stage.meter())?;
        stage.finish();
        tell(session, &report, &self.out)
    }
}

impl Cclf {
    fn run(&self, session: &Session) -> Result<Outcome> {
        let import = cclf::Import {
            folder: self.folder.clone(),
            out: self.out.clone(),
            rename: self.beside.rename()?,
            given: self.beside.given(),
            rules: Rules::load(self.beside.rules.as_deref())?,
            quarantine: Quarantine::new(self.beside.max_quarantined)?,
            memory: self.memory,
        };
        let stage = session.progress().stage("import cclf");
        let report = import.run(stage.meter())?;
        stage.finish();
        tell(session, &report, &self.out)
    }
}

/// A number of bytes, as a person writes it.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1_u64 << 30,
        _ => return Err("write it as 512MiB or 4GiB".to_string()),
    };
    let number = text[..digits].parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    number.filter(|bytes| *bytes >= 1 << 20).ok_or_else(|| "at least 1MiB".to_string())
}

impl Beside {
    fn rename(&self) -> Result<Rename> {
        self.map.as_deref().map_or_else(|| Ok(Rename::default()), Rename::read)
    }

    fn given(&self) -> Vec<Given> {
        let table = |table: &'static Table, path: &Option<PathBuf>| path.clone().map(|path| Given { table, path });
        [
            table(Participant::TABLE, &self.participants),
            table(Agreement::TABLE, &self.agreements),
            table(RiskScore::TABLE, &self.risk),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn tell(session: &Session, report: &ImportReport, out: &std::path::Path) -> Result<Outcome> {
    session.print(&report.text())?;
    session.print(&format!("\nextract: {}", out.display()))?;
    if !report.needed.is_empty() {
        session.print(&format!(
            "`run` also needs the tables {}, which these files do not hold: import again with --participants and --agreements,\n\
             or put {} into the extract",
            report.needed.join(" and "),
            report.needed.iter().map(|table| format!("{table}.parquet")).collect::<Vec<_>>().join(" and ")
        ))?;
    }
    Ok(Outcome::Done)
}
