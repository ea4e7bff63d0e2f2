//! CMS's research identifiable files: delimited text or Parquet, one row per line of a claim with the claim's columns repeated
//! or claims and lines in files of their own, and one file of enrollment per calendar year.
//!
//! Files are told apart by their columns, matched by name in either case. All headers are looked at before the first row is
//! read; then files are read at the same time, each into Parquet files of its own, so that the result does not depend on
//! threads. Lines whose claims lie in other files are read after these.

mod action;
mod beneficiary;
mod claim_book;
mod doubts;
mod institutional;
mod kind;
mod professional;
mod revenue;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub use kind::Kind;

use self::action::{Action, Stop};
use self::beneficiary::Beneficiaries;
use self::claim_book::{Claim, ClaimBook, Room};
use self::institutional::Institutional;
use self::professional::{DENIAL, Professional, ProfessionalClaims};
use self::revenue::RevenueLines;
use super::delimited::{Delimited, Rename};
use super::part::Part;
use super::refusal::{Quarantine, Reason, Tally};
use super::row::{Col, Row};
use super::{FileReport, Given, ImportReport};
use crate::disk::{self, Meter, Staging};
use crate::error::{Error, Place, Result};
use crate::extract::{BeneficiaryYear, ClaimHeader, ClaimLine, Row as _, TABLES, Table};
use crate::money::Cents;
use crate::rules::Rules;

const NO_LINES: &str = "facility claims without revenue lines: their services count for no assignment";

/// What to import, and where to.
#[derive(Debug, Clone)]
pub struct Import {
    /// Folder of RIF files; folders inside it are not entered.
    pub folder: PathBuf,
    /// Where the extract appears.
    pub out: PathBuf,
    /// Columns that the files name in another way.
    pub rename: Rename,
    /// Tables given beside.
    pub given: Vec<Given>,
    /// What codes mean.
    pub rules: Rules,
    /// How many faulty rows are let pass.
    pub quarantine: Quarantine,
    /// Bytes that claims may take whose lines lie in other files.
    pub memory: u64,
}

struct Input {
    path: PathBuf,
    kind: Kind,
    /// Name of the file of which this one is a copy, byte for byte.
    copy_of: Option<String>,
    /// Name of the Parquet files made from it.
    name: String,
}

impl Import {
    /// Reads the folder and publishes the extract.
    ///
    /// # Errors
    /// When a file is none that RIF knows, lacks a column, is damaged, or when too many rows of a table are faulty.
    pub fn run(&self, meter: &Arc<Meter>) -> Result<ImportReport> {
        let mut inputs = self.inputs()?;
        doubts::find_copies(&mut inputs)?;
        let staging = Staging::begin(&self.out)?;
        let mut files = self.read(&inputs, staging.path(), meter)?;
        self.judge(&inputs, &files)?;
        for given in &self.given {
            files.push(given.copy(staging.path(), &self.rename, meter)?);
        }
        let needed = complete(staging.path())?;
        let report =
            ImportReport { source: "rif", version: env!("CARGO_PKG_VERSION"), warnings: doubts::of(&files), files, needed };
        report.write(staging.path())?;
        staging.publish()?;
        Ok(report)
    }

    /// Reads every file, lines after the claims that they need; the reports come in order of the files.
    fn read(&self, inputs: &[Input], extract: &Path, meter: &Arc<Meter>) -> Result<Vec<FileReport>> {
        let room = Room::new(self.memory);
        let wanted = inputs.iter().any(|input| input.kind.needs_claims());
        let read = |input: &Input, book: Option<&ClaimBook>| -> Result<(FileReport, ClaimBook)> {
            let mut told = wanted.then(ClaimBook::default);
            let around = Around { extract, rename: &self.rename, rules: &self.rules, meter, room: &room, book };
            Ok((input.read(&around, told.as_mut())?, told.unwrap_or_default()))
        };
        let of = |late: bool| inputs.iter().enumerate().filter(move |(_, input)| input.kind.needs_claims() == late);
        let mut reports: Vec<(usize, FileReport)> = Vec::new();
        let mut book = ClaimBook::default();
        for late in [false, true] {
            let together: Vec<_> = of(late).collect();
            let known = late.then_some(&book);
            let done: Vec<_> = together.par_iter().map(|(number, input)| (*number, read(input, known))).collect();
            for (number, done) in done {
                let (report, told) = done?;
                reports.push((number, report));
                book.merge(told);
            }
        }
        reports.sort_by_key(|(number, _)| *number);
        Ok(reports.into_iter().map(|(_, report)| report).collect())
    }

    /// Looks at every header, and tells all that is wrong with them at once.
    fn inputs(&self) -> Result<Vec<Input>> {
        let mut inputs: Vec<Input> = Vec::new();
        let mut faults = Vec::new();
        let mut names = BTreeSet::new();
        for path in disk::list(&self.folder)? {
            let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if file_name.starts_with('.') || disk::is_dir(&path) {
                continue;
            }
            let stem = file_name.split('.').next().unwrap_or_default().to_string();
            let name = if names.contains(&stem) { file_name.clone() } else { stem };
            match recognise(&path, &self.rename, &self.rules) {
                Ok(kind) => {
                    names.insert(name.clone());
                    inputs.push(Input { path, kind, copy_of: None, name });
                }
                Err(fault) => faults.push(fault),
            }
        }
        let lacks = |kind: Kind| !inputs.iter().any(|input| input.kind == kind);
        let place = || Place::file(&self.folder);
        if faults.is_empty() && lacks(Kind::BeneficiaryYear) {
            let place = place().in_table(BeneficiaryYear::TABLE.name);
            faults.push(Error::input("the folder has no enrollment file", place, "put beneficiary_YYYY files beside the claims"));
        }
        if faults.is_empty() && [Kind::Institutional, Kind::Professional, Kind::ProfessionalLines].into_iter().all(lacks) {
            let place = place().in_table(ClaimHeader::TABLE.name);
            faults.push(Error::input("the folder has no claims file", place, "put the claims files beside the enrollment files"));
        }
        if faults.is_empty() {
            faults.extend(inputs.iter().filter_map(|input| {
                let place = || Place::file(&input.path).in_table(ClaimLine::TABLE.name);
                match input.kind {
                    Kind::ProfessionalLines if lacks(Kind::ProfessionalClaims) => {
                        Some(claim_book::lacking(place(), "carrier or DME claims", DENIAL))
                    }
                    Kind::RevenueLines if lacks(Kind::Institutional) => {
                        Some(claim_book::lacking(place(), "claims of facilities", "CLM_FAC_TYPE_CD"))
                    }
                    _ => None,
                }
            }));
        }
        match faults.len() {
            0 => Ok(inputs),
            1 => Err(faults.remove(0)),
            _ => Err(Error::Inputs(faults)),
        }
    }

    fn judge(&self, inputs: &[Input], files: &[FileReport]) -> Result<()> {
        for table in [ClaimHeader::TABLE, ClaimLine::TABLE, BeneficiaryYear::TABLE] {
            let of_table = inputs.iter().zip(files).filter(|(input, _)| input.kind.table().is_some_and(|t| t.name == table.name));
            let tallies: Vec<(&Path, &Tally)> = of_table.map(|(_, file)| (file.path.as_path(), &file.tally)).collect();
            self.quarantine.judge(table.name, tallies.into_iter())?;
        }
        Ok(())
    }
}

/// What a file holds; its columns are looked for, so that a missing one is told before hours of reading.
fn recognise(path: &Path, rename: &Rename, rules: &Rules) -> Result<Kind> {
    let mut file = Delimited::open(path, rename, "", &Arc::default())?;
    let kind = Kind::of(&file.header, path)?;
    file.header.set_table(kind.table().map_or("", |table| table.name));
    Reader::new(kind, &file, rules)?;
    Ok(kind)
}

enum Reader<'r> {
    Institutional(Box<Institutional<'r>>),
    Revenue(RevenueLines),
    Professional(Professional),
    ProfessionalClaims(ProfessionalClaims),
    Beneficiaries(Box<Beneficiaries<'r>>),
    None,
}

impl<'r> Reader<'r> {
    fn new(kind: Kind, file: &Delimited, rules: &'r Rules) -> Result<Self> {
        Ok(match kind {
            Kind::Institutional => Self::Institutional(Box::new(Institutional::new(&file.header, &rules.claim_codes)?)),
            Kind::RevenueLines => Self::Revenue(RevenueLines::new(&file.header)?),
            Kind::Professional | Kind::ProfessionalLines => {
                Self::Professional(Professional::new(&file.header, kind == Kind::Professional)?)
            }
            Kind::ProfessionalClaims => Self::ProfessionalClaims(ProfessionalClaims::new(&file.header)?),
            Kind::BeneficiaryYear => Self::Beneficiaries(Box::new(Beneficiaries::new(&file.header, &rules.enrollment)?)),
            Kind::Unused => Self::None,
        })
    }
}

/// What the reading of every file goes by.
struct Around<'a> {
    extract: &'a Path,
    rename: &'a Rename,
    rules: &'a Rules,
    meter: &'a Arc<Meter>,
    room: &'a Room,
    /// What claims say, for lines without their claims.
    book: Option<&'a ClaimBook>,
}

impl Input {
    /// Reads the file into the extract, and into `told` what it says of claims whose lines lie in other files.
    fn read(&self, around: &Around<'_>, told: Option<&mut ClaimBook>) -> Result<FileReport> {
        let mut report = FileReport::new(self.path.clone(), self.kind.words());
        if let Some(original) = &self.copy_of {
            report.read_as = format!("copy of {original}");
            return Ok(report);
        }
        let Some(table) = self.kind.table() else { return Ok(report) };
        let seen = disk::Input::look(&self.path)?;
        let mut file = Delimited::open(&self.path, around.rename, table.name, around.meter)?;
        let part = |table: &'static Table| Part::create(around.extract, table, &self.name);
        let action = Action::new(&file.header);
        let none = ClaimBook::default();
        let book = around.book.unwrap_or(&none);
        match Reader::new(self.kind, &file, around.rules)? {
            Reader::Institutional(mut reader) => {
                if let Some(lack) = reader.lacks(&file.header) {
                    report.note(lack);
                }
                let (mut headers, mut lines) = (part(ClaimHeader::TABLE)?, part(ClaimLine::TABLE)?);
                let alone = reader.holds_claims_alone();
                let mut told = told.filter(|_| alone);
                let claim = if told.is_some() { file.header.optional(&["CLM_ID"]) } else { Col::ABSENT };
                let aside = each_row(&mut file, &mut report, action, claim, |row, report| {
                    let amount = reader.amount(row);
                    let mut taken = reader.take(row, &mut headers, &mut lines, report);
                    match told.as_deref_mut() {
                        Some(told) if taken.is_ok() => taken = reader.note(row, told, around.room),
                        None if alone && reader.keeps_lines(row) => report.note(NO_LINES),
                        _ => {}
                    }
                    (amount, taken)
                })?;
                set_aside(&aside, told, around.room)?;
                headers.finish()?;
                lines.finish()?;
            }
            Reader::Revenue(reader) => {
                let mut lines = part(ClaimLine::TABLE)?;
                each_row(&mut file, &mut report, action, Col::ABSENT, |row, report| {
                    (Cents::ZERO, reader.take(row, book, &mut lines, report))
                })?;
                lines.finish()?;
            }
            Reader::Professional(reader) => {
                let book = self.kind.needs_claims().then_some(book);
                let mut lines = part(ClaimLine::TABLE)?;
                each_row(&mut file, &mut report, action, Col::ABSENT, |row, report| {
                    (reader.amount(row), reader.take(row, book, &mut lines, report))
                })?;
                lines.finish()?;
            }
            Reader::ProfessionalClaims(reader) => {
                let mut told = told;
                let claim = if told.is_some() { file.header.optional(&["CLM_ID"]) } else { Col::ABSENT };
                let aside = each_row(&mut file, &mut report, action, claim, |row, _| {
                    (Cents::ZERO, told.as_deref_mut().map_or(Ok(()), |told| reader.note(row, told, around.room)))
                })?;
                set_aside(&aside, told, around.room)?;
            }
            Reader::Beneficiaries(reader) => {
                let mut years = part(BeneficiaryYear::TABLE)?;
                each_row(&mut file, &mut report, action, Col::ABSENT, |row, report| {
                    (Cents::ZERO, reader.take(row, &mut years, report))
                })?;
                years.finish()?;
            }
            Reader::None => {}
        }
        seen.unchanged()?;
        report.close();
        Ok(report)
    }
}

/// Remembers claims that are no final actions, so that their lines are set aside too.
fn set_aside(claims: &[String], book: Option<&mut ClaimBook>, room: &Room) -> Result<()> {
    book.map_or(Ok(()), |book| claims.iter().try_for_each(|claim| book.add(claim, Claim::NotFinal, room)))
}

/// Reads every row, counts it, and refuses those that cannot be taken. Gives the claims that are no final
/// actions, by the column of their number where that is asked for.
fn each_row(
    file: &mut Delimited,
    report: &mut FileReport,
    action: Action,
    claim: Col,
    mut take: impl FnMut(Row<'_>, &mut FileReport) -> (Cents, Result<(), Stop>),
) -> Result<Vec<String>> {
    let mut aside = Vec::new();
    while file.advance()? {
        let row = file.row();
        let stands = if file.is_whole() { action.stands(row, file) } else { Err(Stop::Row(Reason::CellCount.into())) };
        let (amount, taken) = match stands {
            Ok(()) => take(row, report),
            Err(stop) => (Cents::ZERO, Err(stop)),
        };
        report.tally.read(amount);
        match taken {
            Ok(()) => {}
            Err(Stop::Import(error)) => return Err(error),
            Err(Stop::Row(refused)) => {
                if refused.reason == Reason::NotFinalAction {
                    aside.extend(row.text(claim).ok().flatten().map(str::to_string));
                }
                let name_of = |index: usize| file.header.names().get(index).cloned().unwrap_or_default();
                report.tally.refuse(refused, amount, file.line(), name_of);
            }
        }
    }
    Ok(aside)
}

/// Writes tables without rows where a run asks for a table and the files could have held it, and names those that it asks for
/// and no RIF file holds.
fn complete(extract: &Path) -> Result<Vec<&'static str>> {
    let mut needed = Vec::new();
    for table in TABLES.iter().filter(|table| !table.optional && !disk::exists(&extract.join(table.name))) {
        if [ClaimHeader::TABLE.name, ClaimLine::TABLE.name].contains(&table.name) {
            Part::create(extract, table, "none")?.finish()?;
        } else {
            needed.push(table.name);
        }
    }
    Ok(needed)
}
