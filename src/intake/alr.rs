//! CMS's assignment list report of an ACO (table 1-1): whom CMS assigned, in which months they count, and their scores.
//!
//! Annual reports give a final score for each month, and the months' enrollment flags say of which type it is: the score of a
//! type is the mean over its months. Quarterly reports give one score per type. Scores go into `risk_score`, the people into
//! `assigned`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use super::addition::Addition;
use super::cclf::is_aco;
use super::cell;
use super::delimited::{Delimited, Header, Rename};
use super::refusal::Reason;
use super::row::{Col, Row};
use crate::disk::{self, Meter};
use crate::error::{Error, Place, Result};
use crate::extract::{Assigned, BeneficiaryYear, RiskScore, Row as _};
use crate::rules::{EnrollmentType, Rules};

/// One report and where its scores go.
#[derive(Debug, Clone)]
pub struct Import {
    /// The report.
    pub file: PathBuf,
    /// Calendar year that it is of.
    pub year: u16,
    /// The ACO that it is of, where the name of the file does not say so.
    pub aco: Option<String>,
    /// The extract.
    pub into: PathBuf,
    /// Risk model; that of the year by default.
    pub version: Option<String>,
    /// Columns named in another way.
    pub rename: Rename,
    /// Rules, for the model of the year.
    pub rules: Rules,
}

/// What a report held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The ACO, where it is known; without it nobody is written as assigned.
    pub aco: Option<String>,
    /// People.
    pub people: u64,
    /// Of them, people of whom the extract has no row in that year.
    pub strangers: u64,
    /// Of them, people without a score.
    pub unscored: u64,
    /// Months that count, by enrollment type in table order.
    pub months: [u64; 4],
    /// People of the extract in that year whom the report does not list.
    pub unlisted: u64,
}

struct Columns {
    person: Col,
    flags: [Col; 12],
    monthly: [Col; 12],
    scores: [Col; 4],
    demographic: [Col; 4],
}

const TYPES: [&str; 4] = ["ESRD", "DIS", "AGDU", "AGND"];
/// Digits of a score in the extract.
const PLACES: u32 = 6;

impl Columns {
    fn find(header: &Header) -> Result<Self> {
        let monthly = |name: &dyn Fn(usize) -> String| std::array::from_fn(|month| header.optional(&[&name(month + 1)]));
        Ok(Self {
            person: header.required(&["BENE_MBI_ID"])?,
            flags: monthly(&|month| format!("ENROLLFLAG{month}")),
            monthly: monthly(&|month| format!("BENE_RSK_R_SCRE_{month:02}")),
            scores: TYPES.map(|kind| header.optional(&[&format!("{kind}_SCORE")])),
            demographic: TYPES.map(|kind| header.optional(&[&format!("DEM_{kind}_SCORE")])),
        })
    }
}

impl Import {
    /// Reads the report and puts its scores beside those that the extract has.
    ///
    /// # Errors
    /// When a file cannot be read, a cell is no score or flag, or the extract keeps its scores in one file.
    pub fn run(&self, meter: &Arc<Meter>) -> Result<Listed> {
        let version = match &self.version {
            Some(version) => version.clone(),
            None => self.rules.expenditure.hcc_version.at(self.year)?.value.clone(),
        };
        let people = self.people(meter)?;
        let mut file = Delimited::open(&self.file, &self.rename, RiskScore::TABLE.name, meter)?;
        let columns = Columns::find(&file.header)?;
        let mut listed = Listed { aco: self.aco.clone().or_else(|| aco_in(&self.file)), ..Listed::default() };
        let of_aco = listed.aco.as_ref().map_or_else(String::new, |aco| format!("-{aco}"));
        let name = format!("alr-{}{of_aco}", self.year);
        let (scores_added, mut part) = Addition::begin(&self.into, RiskScore::TABLE, &name)?;
        let mut met: HashSet<String> = HashSet::new();
        while file.advance()? {
            let refuse = |(reason, col): (Reason, Col)| {
                let name =
                    file.header.names().iter().enumerate().find(|(at, _)| Col::at(*at) == col).map(|(_, name)| name.clone());
                let mut place = Place::file(&self.file).in_table(RiskScore::TABLE.name).at_line(file.line());
                place.column = name;
                Error::input(reason.words(), place, "correct that line and import again")
            };
            let row = file.row();
            let id =
                cell::text(row.bytes(columns.person)).ok().flatten().ok_or_else(|| refuse((Reason::Blank, columns.person)))?;
            if !met.insert(id.to_string()) {
                let place = Place::file(&self.file).in_table(RiskScore::TABLE.name).at_column("BENE_MBI_ID").at_line(file.line());
                return Err(Error::input("a person is listed twice", place, "give the report of one year, as CMS delivers it"));
            }
            let (scores, months) = scores(row, &columns).map_err(refuse)?;
            let demographic = each(row, &columns.demographic).map_err(refuse)?;
            listed.people += 1;
            listed.strangers += u64::from(!people.contains(id));
            for (sum, months) in listed.months.iter_mut().zip(months) {
                *sum += months;
            }
            if scores.iter().all(Option::is_none) {
                listed.unscored += 1;
                continue;
            }
            part.push(
                id,
                &RiskScore {
                    bene_id: id,
                    year: self.year,
                    hcc_version: &version,
                    score_esrd: scores[0],
                    score_dis: scores[1],
                    score_agdu: scores[2],
                    score_agnd: scores[3],
                    demographic_esrd: demographic[0],
                    demographic_dis: demographic[1],
                    demographic_agdu: demographic[2],
                    demographic_agnd: demographic[3],
                },
            )?;
        }
        part.finish()?;
        let people_added = listed.aco.as_deref().map(|aco| self.assigned(aco, &name, &met)).transpose()?;
        // Both files are whole; each takes its place in one step.
        scores_added.put()?;
        people_added.map_or(Ok(()), Addition::put)?;
        listed.unlisted = people.iter().filter(|id| !met.contains(*id)).count() as u64;
        Ok(listed)
    }

    /// Everyone listed, for the table `assigned`.
    fn assigned(&self, aco: &str, name: &str, met: &HashSet<String>) -> Result<Addition> {
        let (addition, mut part) = Addition::begin(&self.into, Assigned::TABLE, name)?;
        let mut people: Vec<&String> = met.iter().collect();
        people.sort_unstable();
        for person in people {
            part.push(person, &Assigned { aco_id: aco, year: self.year, bene_id: person })?;
        }
        part.finish()?;
        Ok(addition)
    }

    /// People of the extract in the report's year.
    fn people(&self, meter: &Arc<Meter>) -> Result<HashSet<String>> {
        let mut people = HashSet::new();
        for path in disk::table_files(&self.into, BeneficiaryYear::TABLE.name)? {
            people_of(&path, self.year, meter, &mut people)?;
        }
        Ok(people)
    }
}

/// The ACO that CMS's file name names, as in `P.A1234.ACO.QALR...`.
fn aco_in(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_ascii_uppercase();
    name.split(['.', '_', '-']).find(|word| is_aco(word)).map(str::to_string)
}

fn people_of(path: &Path, year: u16, meter: &Arc<Meter>, people: &mut HashSet<String>) -> Result<()> {
    let mut file = Delimited::open(path, &Rename::default(), BeneficiaryYear::TABLE.name, meter)?;
    let (person, of) = (file.header.required(&["BENE_ID"])?, file.header.required(&["YEAR"])?);
    while file.advance()? {
        let row = file.row();
        if cell::whole(row.bytes(of)).ok().flatten() == Some(u64::from(year))
            && let Ok(Some(id)) = cell::text(row.bytes(person))
        {
            people.insert(id.to_string());
        }
    }
    Ok(())
}

type Found<T> = Result<T, (Reason, Col)>;

fn number(row: Row<'_>, col: Col) -> Found<Option<Decimal>> {
    let Some(text) = cell::text(row.bytes(col)).map_err(|reason| (reason, col))? else { return Ok(None) };
    // Reports have up to fourteen decimals, and thousands of no score.
    Decimal::from_str_exact(text).map(Some).map_err(|_| (Reason::NotADecimal, col))
}

fn millionths(score: Decimal) -> Option<i64> {
    let rounded = score.round_dp_with_strategy(PLACES, RoundingStrategy::MidpointNearestEven);
    (rounded * Decimal::from(1_000_000)).to_i64()
}

fn each(row: Row<'_>, columns: &[Col; 4]) -> Found<[Option<i64>; 4]> {
    let mut scores = [None; 4];
    for (score, col) in scores.iter_mut().zip(columns) {
        *score = number(row, *col)?.and_then(millionths);
    }
    Ok(scores)
}

/// The score of each type, and its months.
fn scores(row: Row<'_>, columns: &Columns) -> Found<([Option<i64>; 4], [u64; 4])> {
    let (mut sums, mut scored, mut months) = ([Decimal::ZERO; 4], [0_u64; 4], [0_u64; 4]);
    for (flag, monthly) in columns.flags.iter().zip(&columns.monthly) {
        // The flags are numbered as the types stand in every table, from 1; 0 is a month that does not count.
        let kind = match row.bytes(*flag) {
            [] | b"0" => continue,
            [digit @ b'1'..=b'4'] => EnrollmentType::ALL[usize::from(digit - b'1')].index(),
            _ => return Err((Reason::UnknownCode, *flag)),
        };
        months[kind] += 1;
        if let Some(score) = number(row, *monthly)? {
            sums[kind] += score;
            scored[kind] += 1;
        }
    }
    let mut scores = each(row, &columns.scores)?;
    for kind in 0..4 {
        if scored[kind] > 0 {
            scores[kind] = millionths(sums[kind] / Decimal::from(scored[kind]));
        }
    }
    Ok((scores, months))
}
