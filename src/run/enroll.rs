//! `beneficiary_year` and `risk_score` into the cohort.

use ahash::{HashMap, HashSet};

use crate::beneficiary::{Cohort, Enrolling, IdSet, IdTable, Months, NO_BENEFICIARY, NO_SCORE, PersonYear};
use crate::check::{Counted, Enrolled, Limits, Lives, Span, YearMonths, YearRow, shape};
use crate::disk::Meter;
use crate::error::{Error, Result};
use crate::rules::{CodeList, EnrollmentType, Year};
use crate::scan::Extract;
use crate::scan::over_units;
use crate::scan::{ColumnCursor, NULL_INT};

/// Rows decoded at a time.
pub(super) const CHUNK: usize = 1_024;

/// Counties met, in byte order; code 0 stands for none.
#[derive(Debug, Default)]
pub struct Counties {
    names: Vec<String>,
}

impl Counties {
    /// The county of a code.
    pub fn name(&self, code: u16) -> Option<&str> {
        usize::from(code).checked_sub(1).and_then(|at| self.names.get(at)).map(String::as_str)
    }

    /// Number of counties.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn code(&self, text: &[u8]) -> u32 {
        let text = text.trim_ascii();
        self.names.binary_search_by(|name| name.as_bytes().cmp(text)).map_or(0, |at| at as u32 + 1)
    }
}

/// Rows of `beneficiary_year` and `risk_score` that could not be used, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleFaults {
    /// No identifier.
    pub no_beneficiary: u64,
    /// A status that is not twelve known characters.
    pub bad_status: u64,
    /// A second row of a person and year that says otherwise.
    pub conflicting: u64,
    /// A score of nobody in `beneficiary_year`.
    pub unknown_beneficiary: u64,
}

/// What `check` looks at while people and their scores are read.
#[derive(Debug)]
pub struct People<'r> {
    span: &'r Span,
    /// None where nothing is looked at.
    lives: Option<Lives>,
    enrolled: Enrolled,
}

impl<'r> People<'r> {
    /// So many people over the years of a span, of whom nothing is known yet.
    pub fn new(people: usize, span: &'r Span, looks: bool) -> Self {
        Self { span, lives: looks.then(|| Lives::new(people, span)), enrolled: Enrolled::nothing(span) }
    }

    /// What was seen, in the end, and who counts when; `years` are those of which scores were read.
    pub fn conclude(mut self, years: &[Year]) -> (Enrolled, Option<Lives>) {
        if let Some(lives) = &self.lives {
            lives.conclude(&mut self.enrolled, |year| years.contains(&self.span.year(year)));
        }
        (self.enrolled, self.lives)
    }
}

/// Numbers the beneficiaries and the counties.
pub fn number(extract: &Extract, meter: &Meter) -> Result<(IdTable, Counties)> {
    type Found = (IdSet, HashSet<Box<[u8]>>);
    let units = extract.beneficiary_year.units();
    let found = over_units(&units, Found::default, |(ids, counties), file, group| {
        let mut codes = Vec::new();
        for name in ["bene_id", "county", "county_september"] {
            let mut cursor = ColumnCursor::open(file, group, name)?;
            for start in (0..group.rows).step_by(CHUNK) {
                let take = CHUNK.min(group.rows - start);
                cursor.read_codes(take, &mut codes, 0, &mut |text| {
                    if name == "bene_id" && !text.is_empty() {
                        ids.add(text);
                    } else if !text.is_empty() && !counties.contains(text) {
                        counties.insert(text.into());
                    }
                    0
                })?;
            }
        }
        meter.add_rows(group.rows as u64);
        Ok(())
    })?;
    let mut ids = Vec::new();
    let mut names = HashSet::default();
    for (some_ids, some_counties) in found {
        ids.push(some_ids);
        names.extend(some_counties.into_iter().map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned()));
    }
    names.remove("");
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    if names.len() >= usize::from(u16::MAX) {
        return Err(Error::input(
            format!("{} different counties are named; no nation has so many", names.len()),
            crate::error::Place::table("beneficiary_year").in_file(&extract.folder).at_column("county"),
            "county holds five-digit FIPS codes",
        ));
    }
    Ok((IdTable::of(ids), Counties { names }))
}

/// Fills the cohort's person-years; `full_dual` lists the dual status codes that make a month dual.
#[allow(clippy::too_many_arguments, reason = "one table and all that reading it rests on")]
pub fn enroll(
    extract: &Extract,
    ids: &IdTable,
    counties: &Counties,
    years: &[Year],
    full_dual: &CodeList,
    cohort: &Cohort,
    people: &mut People<'_>,
    meter: &Meter,
) -> Result<PeopleFaults> {
    let units = extract.beneficiary_year.units();
    let (span, lives) = (people.span, people.lives.as_ref());
    let shaped: Vec<bool> =
        std::iter::once(false).chain(counties.names.iter().map(|name| shape::county(name.as_bytes()))).collect();
    let nothing = || (PeopleFaults::default(), Enrolled::nothing(span));
    let states = over_units(&units, nothing, |(faults, seen), file, group| {
        let mut bene = ColumnCursor::open(file, group, "bene_id")?;
        let mut year = ColumnCursor::open(file, group, "year")?;
        let mut status = ColumnCursor::open(file, group, "status")?;
        let mut county = ColumnCursor::open(file, group, "county")?;
        let mut september = ColumnCursor::open(file, group, "county_september")?;
        let mut dual = ColumnCursor::open(file, group, "dual_status")?;
        let mut low_income = ColumnCursor::open(file, group, "lis_status")?;
        let mut death = ColumnCursor::open(file, group, "death_date")?;
        let mut other = ColumnCursor::open(file, group, "other_initiative")?;
        let (mut deaths, mut others) = (Vec::new(), Vec::new());
        let mut statuses: Vec<(Option<Months>, Option<YearMonths>)> = Vec::new();
        let mut cells = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut enrolling = Enrolling::new(cohort);
        let mut left = group.rows;
        while left > 0 {
            let take = left.min(CHUNK);
            bene.read_many_codes(take, &mut cells.0, NO_BENEFICIARY, &mut &*ids)?;
            year.read_ints(take, &mut cells.1)?;
            status.read_codes(take, &mut cells.2, u32::MAX, &mut |text| {
                statuses.push((Months::parse(text), YearMonths::parse(text)));
                statuses.len() as u32 - 1
            })?;
            county.read_codes(take, &mut cells.3, 0, &mut |text| counties.code(text))?;
            september.read_codes(take, &mut cells.4, u32::MAX, &mut |text| counties.code(text))?;
            dual.read_codes(take, &mut cells.5, 0, &mut |text| months_where(text, |code| full_dual.has(&[b'0', code])))?;
            low_income.read_codes(take, &mut cells.6, 0, &mut |text| months_where(text, |code| code == b'1'))?;
            death.read_ints(take, &mut deaths)?;
            other.read_ints(take, &mut others)?;
            for row in 0..take {
                let (parsed, months) = statuses.get(cells.2[row] as usize).copied().unwrap_or_default();
                let person = Some(cells.0[row]).filter(|person| *person != NO_BENEFICIARY);
                let (year, has_county, death) = (cells.1[row], shaped[cells.3[row] as usize], deaths[row]);
                if let Some(lives) = lives {
                    lives.row(seen, span, YearRow { person, year, months, has_county, death });
                }
                if person.is_none() {
                    faults.no_beneficiary += 1;
                    continue;
                }
                if deaths[row] != NULL_INT {
                    enrolling.dies(cells.0[row], deaths[row] as i32);
                }
                let Some(index) = years.iter().position(|year| i64::from(*year) == cells.1[row]) else { continue };
                let Some(months) = parsed else {
                    faults.bad_status += 1;
                    continue;
                };
                let months = if others[row] == 1 { months.of_another_initiative() } else { months };
                let county = cells.3[row] as u16;
                let county_september = if cells.4[row] == u32::MAX { county } else { cells.4[row] as u16 };
                let (dual, low_income) = (cells.5[row] as u16, cells.6[row] as u16);
                let person_year = PersonYear { months, county, county_september, dual, low_income };
                enrolling.enroll(cells.0[row], index, person_year);
            }
            left -= take;
        }
        enrolling.flush();
        meter.add_rows(group.rows as u64);
        Ok(())
    })?;
    let mut faults = PeopleFaults::default();
    for (state, seen) in states {
        faults.no_beneficiary += state.no_beneficiary;
        faults.bad_status += state.bad_status;
        people.enrolled.merge(&seen);
    }
    for partition in 0..cohort.partitions() {
        faults.conflicting += cohort.enter(partition).conflicts;
    }
    Ok(faults)
}

fn months_where(text: &[u8], holds: impl Fn(u8) -> bool) -> u32 {
    text.iter().take(12).enumerate().filter(|(_, code)| holds(**code)).fold(0, |set, (month, _)| set | 1 << month)
}

/// Fills the cohort's scores; `versions` names the model of each set, by year of the run.
pub fn score(
    extract: &Extract,
    ids: &IdTable,
    years: &[Year],
    versions: &[Vec<String>],
    cohort: &Cohort,
    people: &mut People<'_>,
    meter: &Meter,
) -> Result<PeopleFaults> {
    let units = extract.risk_score.units();
    let (span, lives, range) = (people.span, people.lives.as_ref(), Limits::embedded()?.scores());
    let mut models: Vec<&str> = versions.iter().flatten().map(String::as_str).collect();
    models.sort_unstable();
    models.dedup();
    let names: HashMap<&[u8], u32> = models.iter().enumerate().map(|(at, name)| (name.as_bytes(), at as u32)).collect();
    let nothing = || (PeopleFaults::default(), Enrolled::nothing(span));
    let states = over_units(&units, nothing, |(faults, seen), file, group| {
        let mut bene = ColumnCursor::open(file, group, "bene_id")?;
        let mut year = ColumnCursor::open(file, group, "year")?;
        let mut version = ColumnCursor::open(file, group, "hcc_version")?;
        let mut scores = Vec::new();
        for name in SCORE_COLUMNS {
            scores.push((ColumnCursor::open(file, group, name)?, Vec::new()));
        }
        let (mut benes, mut years_read, mut version_codes) = (Vec::new(), Vec::new(), Vec::new());
        let mut left = group.rows;
        while left > 0 {
            let take = left.min(CHUNK);
            bene.read_many_codes(take, &mut benes, NO_BENEFICIARY, &mut &*ids)?;
            year.read_ints(take, &mut years_read)?;
            version.read_codes(take, &mut version_codes, u32::MAX, &mut |text| names.get(text).copied().unwrap_or(u32::MAX))?;
            for (cursor, cells) in &mut scores {
                cursor.read_ints(take, cells)?;
            }
            if lives.is_some() {
                seen.add(Counted::Scores, take as u64);
                scores[..EnrollmentType::ALL.len()].iter().for_each(|(_, cells)| seen.scores(cells, &range));
            }
            for row in 0..take {
                let Some(index) = years.iter().position(|year| i64::from(*year) == years_read[row]) else { continue };
                let Some(model) = models.get(version_codes[row] as usize) else { continue };
                if !versions.iter().any(|set| set[index] == **model) {
                    continue;
                }
                if benes[row] == NO_BENEFICIARY {
                    faults.unknown_beneficiary += 1;
                    continue;
                }
                let own_model = versions[0][index] == **model;
                if let (Some(lives), Some(year), true) = (lives, span.year_index(years_read[row]), own_model) {
                    lives.score(benes[row], year);
                }
                let mut partition = cohort.enter(cohort.partition_of(benes[row]));
                for kind in EnrollmentType::ALL {
                    let cell = |at: usize| {
                        let value = scores[at].1[row];
                        (value != NULL_INT).then(|| i32::try_from(value).unwrap_or(NO_SCORE)).filter(|score| *score != NO_SCORE)
                    };
                    let pair = [cell(kind.index()), cell(4 + kind.index())];
                    for (set, _) in versions.iter().enumerate().filter(|(_, set)| set[index] == **model) {
                        partition.score(benes[row], index, kind, set, pair);
                    }
                }
            }
            left -= take;
        }
        meter.add_rows(group.rows as u64);
        Ok(())
    })?;
    let mut faults = PeopleFaults::default();
    for (state, seen) in states {
        faults.unknown_beneficiary += state.unknown_beneficiary;
        people.enrolled.merge(&seen);
    }
    Ok(faults)
}

const SCORE_COLUMNS: [&str; 8] = [
    "score_esrd",
    "score_dis",
    "score_agdu",
    "score_agnd",
    "demographic_esrd",
    "demographic_dis",
    "demographic_agdu",
    "demographic_agnd",
];
