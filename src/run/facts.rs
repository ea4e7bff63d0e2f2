//! The heavy half of a run: from an opened extract to facts per beneficiary.

use super::agreements::Acos;
use super::alignment::{self, Chosen};
use super::claims::{self, ClaimsRead, Ground};
use super::enroll::{self, Counties, PeopleFaults};
use super::extract::Extract;
use super::memory;
use super::pipeline::Request;
use super::progress::Progress;
use super::{episodes, non_claims};
use crate::beneficiary::{Cohort, Entities, Entity, IdTable, Partition, Policy, Reconciliation, Role};
use crate::error::{Error, Place, Result};
use crate::factors::Risk;
use crate::rules::{EnrollmentType, Rules, Year};
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
    pub policy: Policy,
    /// The beneficiaries.
    pub partitions: Vec<Partition>,
    /// What reading claims left beside the facts.
    pub read: ClaimsRead,
    /// Rows and dollars of the claims, by reason.
    pub reconciliation: Reconciliation,
    /// Rows of `beneficiary_year`.
    pub people: PeopleFaults,
    /// Rows of `risk_score`.
    pub scores: PeopleFaults,
    /// Designations of clinicians.
    pub chosen: Vec<Chosen>,
    /// Designations of nobody known.
    pub unknown_designations: u64,
}

/// Reads an extract for a performance year.
///
/// # Errors
/// When a file cannot be read, or the extract lacks a year that an ACO needs.
pub fn read(extract: &Extract, acos: &Acos, request: &Request, rules: &Rules, progress: &Progress) -> Result<Facts> {
    let Request { performance_year, risk, .. } = *request;
    let stage = progress.stage("number people");
    stage.expect_rows(extract.beneficiary_year.rows());
    let (ids, counties) = enroll::number(extract, stage.meter())?;
    stage.finish();

    let entities = Entities::default();
    let span = acos.span(performance_year, rules)?;
    let mut policy = Policy::compile(rules, &span, &acos.attested(&entities))?;
    clinicians(extract, &mut policy)?;
    elected_teaching(extract, &mut policy, &entities)?;

    let stage = progress.stage("enroll");
    stage.expect_rows(extract.beneficiary_year.rows());
    let years = policy.calendar().years().to_vec();
    let windows = policy.calendar().windows().len();
    let threads = rayon::current_num_threads() as u64;
    memory::allow(request.memory, memory::estimate(ids.len() as u64, years.len() as u64, windows as u64, threads))?;
    let cohort = Cohort::new(ids.len(), years.len());
    let full_dual = rules.enrollment.at(performance_year)?.full_dual;
    let people = enroll::enroll(extract, &ids, &counties, &years, full_dual, &cohort, stage.meter())?;
    years_present(extract, acos, &years, &cohort)?;
    episodes::exclude(extract, &ids, &policy, &cohort, stage.meter())?;
    for partition in 0..cohort.partitions() {
        cohort.enter(partition).open(windows, policy.calendar().spending());
    }
    stage.finish();

    let scores = if risk == Risk::Scores {
        let stage = progress.stage("risk scores");
        stage.expect_rows(extract.risk_score.rows());
        let versions = score_sets(&years, performance_year, rules)?;
        let scores = enroll::score(extract, &ids, &years, &versions, &cohort, stage.meter())?;
        stage.finish();
        scores
    } else {
        PeopleFaults::default()
    };

    let ground = Ground { ids: &ids, entities: &entities, policy: &policy, cohort: &cohort };
    let stage = progress.stage("claim headers");
    stage.expect_rows(extract.claim_header.rows());
    let mut read: ClaimsRead = claims::headers(extract, ground, stage.meter())?;
    stage.finish();
    let stage = progress.stage("claim lines");
    stage.expect_rows(extract.claim_line.rows());
    read.merge(&claims::lines(extract, ground, stage.meter())?);
    stage.finish();

    read.merge(&non_claims::pay(extract, ground)?);

    let (chosen, unknown_designations) = alignment::read(extract, &ids, &entities, &policy)?;
    let partitions = cohort.into_partitions();
    let mut reconciliation = std::mem::take(&mut read.reconciliation);
    for partition in &partitions {
        reconciliation.merge(&partition.reconciliation);
    }
    let entities = entities.names();
    Ok(Facts { ids, counties, entities, policy, partitions, read, reconciliation, people, scores, chosen, unknown_designations })
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

/// Refuses a run for which the extract holds nobody in some year that an ACO needs.
fn years_present(extract: &Extract, acos: &Acos, years: &[Year], cohort: &Cohort) -> Result<()> {
    let mut months = vec![0u64; years.len()];
    for partition in 0..cohort.partitions() {
        let partition = cohort.enter(partition);
        for (at, person_year) in partition.person_years.iter().enumerate() {
            months[at % years.len()] +=
                EnrollmentType::ALL.iter().map(|kind| u64::from(person_year.months.count(*kind))).sum::<u64>();
        }
    }
    let missing = years.iter().zip(&months).filter(|(year, months)| **months == 0 && acos.years.contains(year));
    let mut faults: Vec<Error> = missing
        .map(|(year, _)| {
            Error::input(
                format!("the extract holds nobody in {year}, which {} need", acos.needing(*year).join(", ")),
                Place::table("beneficiary_year").in_file(&extract.folder).at_column("year").at_key(year.to_string()),
                "deliver that year's enrollment and claims, or leave those ACOs out of the agreements of the year",
            )
        })
        .collect();
    match faults.len() {
        0 => Ok(()),
        1 => Err(faults.remove(0)),
        _ => Err(Error::Inputs(faults)),
    }
}
