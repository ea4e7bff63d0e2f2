//! `acobench import`: other people's files to the canonical extract.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rust_decimal::Decimal;

use super::{Outcome, Session};
use crate::error::Result;
use crate::extract::{Agreement, Participant, RiskScore, Row as _, Table};
use crate::intake::{Given, ImportReport, Quarantine, Rename, alr, cclf, rif};
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
    Risk(RiskList),
    Alr(Alr),
}

/// CMS's research identifiable files: claims with their lines, and a file of enrollment per year.
///
/// Files are told apart by their columns, which are matched by name in either case: pipe, comma or tab, quoted or not,
/// gzipped or not, or Parquet. Lines repeat what their claim says, or claims and lines lie in files of their own. Days may be written DD-MON-YYYY, YYYYMMDD or YYYY-MM-DD. The extract appears only when it is whole.
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
    /// Memory for what claims say whose lines lie in files of their own, such as 512MiB or 8GiB.
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    memory: u64,
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

/// Risk scores into an extract: a text or Parquet table with the column names of risk_score.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  acobench import risk scores.csv --into extract/")]
struct RiskList {
    /// The table.
    file: PathBuf,
    /// Extract that takes it; an earlier list there is replaced.
    #[arg(long, value_name = "EXTRACT")]
    into: PathBuf,
    /// Columns that the file names in another way: a table with the columns `column` and `known_as`.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
}

/// CMS's assignment list report of an ACO (table 1-1) into an extract: whom CMS assigned, and their scores.
///
/// Annual reports give a score for each month, quarterly ones a score for each enrollment type. The report's people are held
/// against those of the extract in that year.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  acobench import alr P.A1234.ACO.AALR.Y2022.D249999.T0100000_1-1.csv --year 2022 --into extract/"
)]
struct Alr {
    /// The report.
    file: PathBuf,
    /// Calendar year that it is of.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// ACO of the report; by default the one that the file's name names.
    #[arg(long, value_name = "ACO")]
    aco: Option<String>,
    /// Extract that takes its people and scores; those of an earlier report of the year are replaced.
    #[arg(long, value_name = "EXTRACT")]
    into: PathBuf,
    /// Risk model of the scores, such as V24; that of the year by default.
    #[arg(long, value_name = "MODEL")]
    hcc_version: Option<String>,
    /// Columns that the file names in another way: a table with the columns `column` and `known_as`.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Folder of rule tables whose rows lie over the program's own.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
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
            Source::Risk(source) => source.run(session),
            Source::Alr(source) => source.run(session),
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
            memory: self.memory,
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

impl RiskList {
    fn run(&self, session: &Session) -> Result<Outcome> {
        let given = Given { table: RiskScore::TABLE, path: self.file.clone() };
        let rename = self.map.as_deref().map_or_else(|| Ok(Rename::default()), Rename::read)?;
        let stage = session.progress().stage("import risk");
        let report = given.add(&self.into, &rename, stage.meter())?;
        stage.finish();
        session.print(&format!("{} scores in {}", report.tally.rows, self.into.display()))?;
        Ok(Outcome::Done)
    }
}

impl Alr {
    fn run(&self, session: &Session) -> Result<Outcome> {
        let import = alr::Import {
            file: self.file.clone(),
            year: self.year,
            aco: self.aco.clone(),
            into: self.into.clone(),
            version: self.hcc_version.clone(),
            rename: self.map.as_deref().map_or_else(|| Ok(Rename::default()), Rename::read)?,
            rules: Rules::load(self.rules.as_deref())?,
        };
        let stage = session.progress().stage("import alr");
        let listed = import.run(stage.meter())?;
        stage.finish();
        let [esrd, disabled, dual, aged] = listed.months;
        session.print(&format!(
            "{} people listed, {} of them not in the extract, {} without a score; {} people of the extract in {} are not listed\n\
             months: {esrd} ESRD, {disabled} disabled, {dual} aged/dual, {aged} aged/non-dual",
            listed.people, listed.strangers, listed.unscored, listed.unlisted, self.year
        ))?;
        let assigned = match &listed.aco {
            Some(aco) => {
                format!("assigned to {aco} in {}: {} people; `run --assigned given` takes them", self.year, listed.people)
            }
            None => "nobody is written as assigned: the file's name does not say to which ACO; give --aco".to_string(),
        };
        session.print(&assigned)?;
        Ok(Outcome::Done)
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
