//! The heavy half of a run: from an opened extract to facts per beneficiary.

use std::path::Path;
use std::sync::Arc;

use super::agreements::Acos;
use super::alignment::{self, Chosen};
use super::claims::{self, ClaimsRead, Ground};
use super::contributions::Keeper;
use super::enroll::{self, Counties, PeopleFaults};
use super::findings::{Ledger, Read};
use super::look::Look;
use super::memory::{self, Room};
use super::partitions::{Partitions, Records, Spilled};
use super::pipeline::Request;
use super::progress::Progress;
use super::reconciliation::Tally;
use super::watch::{Watch, Watched};
use super::{episodes, non_claims};
use crate::beneficiary::{Calendar, Cohort, Entities, Entity, IdTable, Overflow, Policy, Role};
use crate::check::{Gone, Limits};
use crate::error::{Error, Result};
use crate::factors::Risk;
use crate::rules::{EnrollmentType, Rules, Year};
use crate::scan::Extract;
use crate::scan::SmallTable;

/// Everything the claims say, before any ACO is known of.
#[derive(Debug)]
pub struct Facts {
    /// Beneficiary numbers.
    pub ids: IdTable,
    /// Counties.
    pub counties: Counties,
    /// Billing entities by number.
    pub entities: Vec<Entity>,
    /// The rules they were made under.
    pub policy: Arc<Policy>,
    /// The beneficiaries.
    pub partitions: Partitions,
    /// Revenue by biller, cents.
    pub revenue: Vec<i64>,
    /// Which taxpayers and facilities bill something.
    pub billers: Vec<bool>,
    /// Where every row and dollar went.
    pub ledger: Ledger,
    /// Designations of clinicians.
    pub chosen: Vec<Chosen>,
    /// What is odd about the months and rows of the claims, in words: errors and warnings of `check`.
    pub remarks: Vec<String>,
}

/// What reading claims rests on: the rules as look-ups, and the billing entities that they name.
#[derive(Debug)]
pub struct Footing {
    entities: Entities,
    policy: Arc<Policy>,
}

impl Footing {
    /// Compiles the rules of a performance year for its ACOs, clinicians and hospitals.
    ///
    /// # Errors
    /// When a rule has no row for a year of the run, or a table cannot be read.
    pub fn lay(extract: &Extract, acos: &Acos, performance_year: Year, rules: &Rules) -> Result<Self> {
        let entities = Entities::default();
        let span = acos.span(performance_year, rules)?;
        let mut policy = Policy::compile(rules, &span, &acos.attested(&entities))?;
        clinicians(extract, &mut policy)?;
        elected_teaching(extract, &mut policy, &entities)?;
        Ok(Self { entities, policy: Arc::new(policy) })
    }

    /// The rules as look-ups.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The billing entities that the rules name, and the rules.
    pub fn into_parts(self) -> (Entities, Arc<Policy>) {
        (self.entities, self.policy)
    }

    /// The years and windows.
    pub fn calendar(&self) -> &Calendar {
        self.policy.calendar()
    }
}

/// What is asked of an extract.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'r> {
    /// The ACOs whose every year must be there; none when the extract holds a part of the people.
    pub whole: Option<&'r Acos>,
    /// Performance year.
    pub performance_year: Year,
    /// Where risk scores come from.
    pub risk: Risk,
    /// Bytes of memory the run may take beside mapped files, and the folder for what they do not hold; all is held without.
    pub memory: Option<(u64, &'r Path)>,
    /// How much is looked at beside what is needed.
    pub look: Look,
    /// Who keeps what files of claims contribute, if someone does.
    pub keeper: Option<&'r Keeper<'r>>,
}

/// Reads an extract for a performance year, claims file by file where someone keeps what each contributes.
///
/// # Errors
/// When a file cannot be read, or the extract lacks a year that an ACO needs.
pub fn read(
    extract: &Extract,
    acos: &Acos,
    request: &Request,
    rules: &Rules,
    keeper: Option<&Keeper<'_>>,
    progress: &Progress,
) -> Result<Facts> {
    let Request { performance_year, risk, look, .. } = *request;
    let scratch = request.scratch();
    let memory = request.memory.map(|limit| (limit, scratch.as_path()));
    let footing = Footing::lay(extract, acos, performance_year, rules)?;
    let asked = Asked { whole: Some(acos), performance_year, risk, memory, look, keeper };
    let (mut facts, seen) = match gather(extract, &footing, asked, rules, progress) {
        Err(error) if keeper.is_some_and(Keeper::lost) => {
            tracing::warn!("all claims are read again: {error}");
            gather(extract, &footing, Asked { keeper: None, ..asked }, rules, progress)?
        }
        read => read?,
    };
    facts.remarks = Watch::new(footing.calendar(), performance_year, rules)?.looking(look).remarks(&seen)?;
    Ok(facts)
}

/// Reads an extract on a footing: the facts, without remarks, and the months that remarks are of.
///
/// # Errors
/// As [`read`].
pub fn gather(
    extract: &Extract,
    footing: &Footing,
    asked: Asked<'_>,
    rules: &Rules,
    progress: &Progress,
) -> Result<(Facts, Watched)> {
    let Asked { whole, performance_year, risk, memory, look, keeper } = asked;
    let Footing { entities, policy } = footing;
    let stage = progress.stage("number people");
    stage.expect_rows(extract.beneficiary_year.rows());
    let (ids, counties) = enroll::number(extract, stage.meter())?;
    stage.finish();

    let stage = progress.stage("enroll");
    stage.expect_rows(extract.beneficiary_year.rows());
    let years = policy.calendar().years().to_vec();
    let windows = policy.calendar().windows().len();
    let threads = rayon::current_num_threads() as u64;
    let limit = memory.map(|(limit, _)| limit);
    let sample = look.sample(extract, limit);
    let beside = look.memory(sample, ids.len() as u64, years.len() as u64, threads);
    let room = memory::plan(limit, ids.len() as u64, years.len() as u64, windows as u64, threads, beside)?;
    let mut cohort = match room {
        Room::Held => {
            let taken = memory::estimate(ids.len() as u64, years.len() as u64, windows as u64, threads) + beside.all();
            Cohort::new(ids.len(), years.len()).with_room_of_blocks(memory::room_of_blocks(limit, taken, threads))
        }
        Room::Spilled => Cohort::of_small_partitions(ids.len(), years.len()),
    };
    let full_dual = rules.enrollment.at(performance_year)?.full_dual;
    let watch = Watch::new(policy.calendar(), performance_year, rules)?.looking(look);
    let mut looked_at = enroll::People::new(ids.len(), watch.span(), watch.looks());
    let people = enroll::enroll(extract, &ids, &counties, &years, full_dual, &cohort, &mut looked_at, stage.meter())?;
    let gone = gone(&cohort)?;
    if let Some(cut) = policy.calendar().cut() {
        (0..cohort.partitions()).for_each(|partition| cohort.enter(partition).cut(cut));
    }
    let months = months(&cohort);
    if let Some(acos) = whole {
        acos.years_present(&years, &months, &extract.folder)?;
    }
    episodes::exclude(extract, &ids, policy, &cohort, stage.meter())?;
    for partition in 0..cohort.partitions() {
        let mut partition = cohort.enter(partition);
        partition.open(windows, policy.calendar().spending());
        if room == Room::Spilled {
            partition.strip();
        }
    }
    let mut records = None;
    if let (Room::Spilled, Some((_, scratch))) = (room, memory) {
        let file = Arc::new(Records::begin(scratch, cohort.partitions())?);
        cohort = cohort.overflowing(Arc::clone(&file) as Arc<dyn Overflow>);
        records = Some(file);
    }
    stage.finish();

    let scores = if risk == Risk::Scores {
        let stage = progress.stage("risk scores");
        stage.expect_rows(extract.risk_score.rows());
        let versions = score_sets(&years, performance_year, rules)?;
        let scores = enroll::score(extract, &ids, &years, &versions, &cohort, &mut looked_at, stage.meter())?;
        if policy.stand_ins.unscored_is_average {
            for partition in 0..cohort.partitions() {
                cohort.enter(partition).score_the_unscored();
            }
        }
        stage.finish();
        scores
    } else {
        PeopleFaults::default()
    };

    let (people_seen, lives) = looked_at.conclude(if risk == Risk::Scores { &years } else { &[] });
    let watch = watch.knowing(gone, lives, &ids, sample);
    let mut seen = Watched { people: people_seen, ..watch.nothing() };
    let cohort = Arc::new(cohort);
    let ground = Ground { ids: &ids, entities, policy, cohort: &cohort };
    let has_room = || Keeper::has_room(limit, ids.len() as u64, years.len() as u64, windows as u64, threads, beside);
    let mut read: ClaimsRead = match keeper {
        Some(keeper) if room == Room::Held && has_room() => {
            keeper.claims(extract, ground, &cohort, &watch, &mut seen, progress)?
        }
        _ => claims::all(extract, ground, &watch, &mut seen, progress)?,
    };

    watch.tell_apart(&mut seen, extract, progress)?;
    read.merge(&non_claims::pay(extract, ground)?);

    let (chosen, unknown_designations) = alignment::read(extract, &ids, entities, policy)?;
    let cohort = Arc::into_inner(cohort).ok_or_else(|| {
        Error::failed("claims are still counted when all are read", "this is a defect of acobench; please report it")
    })?;
    let mut reconciliation = std::mem::take(&mut read.reconciliation);
    let partitions = if let Some(records) = records {
        let stage = progress.stage("build spilled facts");
        let spilled = Spilled::new(cohort, records, windows);
        let (revenue, account) = spilled.account()?;
        read.revenue = revenue;
        reconciliation.merge(&account);
        stage.finish();
        Partitions::Spilled(spilled)
    } else {
        let partitions = cohort.into_partitions();
        for partition in &partitions {
            reconciliation.merge(&partition.reconciliation);
        }
        Partitions::Held(partitions)
    };
    let tally = |rows: u64, (cents, absolute): (i128, i128)| Tally { rows, cents, absolute };
    let ledger = Ledger {
        reconciliation,
        read: Read {
            header: tally(extract.claim_header.rows(), read.header_payments),
            line: tally(extract.claim_line.rows(), read.line_payments),
            service: tally(extract.claim_line.rows(), read.line_allowed),
            non_claims: tally(extract.non_claims_payment.rows(), read.non_claims_payments),
        },
        people,
        scores,
        unknown_designations,
        months,
    };
    let (entities, policy) = (entities.names(), policy.clone());
    let (revenue, billers, remarks) = (read.revenue, read.billers, Vec::new());
    Ok((Facts { ids, counties, entities, policy, partitions, revenue, billers, ledger, chosen, remarks }, seen))
}

/// The model of each set, by year of the run: that in force in the year, and that in force in the performance year.
pub fn score_sets(years: &[Year], performance_year: Year, rules: &Rules) -> Result<Vec<Vec<String>>> {
    let own = |year: &Year| Ok(rules.expenditure.hcc_version.at(*year)?.value.clone());
    let own_year = years.iter().map(own).collect::<Result<Vec<_>>>()?;
    let current = own(&performance_year)?;
    Ok(vec![own_year, vec![current; years.len()]])
}

fn clinicians(extract: &Extract, policy: &mut Policy) -> Result<()> {
    let table = SmallTable::read(&extract.npi_specialty)?;
    for row in 0..table.rows() {
        let (Some(npi), Some(specialty)) = (table.int(row, "npi"), table.text(row, "specialty")) else { continue };
        let role = Role(policy.specialty(specialty.as_bytes()) as u8);
        let known = policy.clinicians.entry(npi as u64).or_default();
        *known = known.with(role);
    }
    Ok(())
}

fn elected_teaching(extract: &Extract, policy: &mut Policy, entities: &Entities) -> Result<()> {
    let table = SmallTable::read(&extract.eta_ccn)?;
    for row in 0..table.rows() {
        let (Some(ccn), Some(year)) = (table.text(row, "ccn"), table.int(row, "year")) else { continue };
        policy.elected_teaching.insert((entities.ccn(ccn.as_bytes()), year as u16));
    }
    Ok(())
}

/// Who has died, by person number.
fn gone(cohort: &Cohort) -> Result<Gone> {
    let deaths = (0..cohort.partitions()).flat_map(|partition| cohort.enter(partition).deaths.clone());
    Ok(Gone::of(deaths, Limits::embedded()?.limits.days_after_death))
}

/// Months that count for some type, by year of the run.
fn months(cohort: &Cohort) -> Vec<u64> {
    let mut months = vec![0u64; cohort.years()];
    for partition in 0..cohort.partitions() {
        let partition = cohort.enter(partition);
        for (at, person_year) in partition.person_years.iter().enumerate() {
            months[at % cohort.years()] +=
                EnrollmentType::ALL.iter().map(|kind| u64::from(person_year.months.count(*kind))).sum::<u64>();
        }
    }
    months
}
