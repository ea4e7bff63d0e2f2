//! One beneficiary explained: every claim and what was done with it and why, and who was assigned the person in each year.
//!
//! The kernels of a run work on the rows of this one person; what they say is written down instead of summed. A person is
//! named by the rank of his identifier in byte order, and no identifier of a person or claim is ever written.

mod account;
mod gather;
mod text;
mod years;

use std::path::PathBuf;

pub use account::{Claim, ListAccount, Money, OutsidePayment, Paid, RivalAccount, Row, Service, Trace, YearAccount};

use crate::assignment::Owners;
use crate::beneficiary::{Cohort, IdTable, NO_BENEFICIARY};
use crate::check::Span;
use crate::disk::{IoMode, Meter};
use crate::error::{Error, Place, Result};
use crate::rules::{ByType, Choice, Rules, Year};
use crate::run::agreements::Acos;
use crate::run::claims::Ground;
use crate::run::facts::{self, Facts, Footing};
use crate::run::findings::{Ledger, Premises};
use crate::run::given::Given;
use crate::run::partitions::Partitions;
use crate::run::terms::Terms;
use crate::run::{alignment, enroll, episodes};
use crate::scan::Extract;

/// What a trace is asked for: the options of a run that decide about one person.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folder of the extract.
    pub extract: PathBuf,
    /// Performance year.
    pub performance_year: Year,
    /// Rank of the beneficiary by identifier in byte order, from 1.
    pub row: u32,
    /// How input files are read.
    pub io: IoMode,
    /// Seed of the last tie-break.
    pub seed: u64,
    /// Folder of rule rows laid over the embedded ones.
    pub rules: Option<PathBuf>,
    /// Choices switched where the law is silent.
    pub choices: Vec<Choice>,
    /// Truncation thresholds: they rest on the whole nation, so that one person's rows cannot tell them.
    pub thresholds: Option<PathBuf>,
}

/// Explains one beneficiary.
///
/// # Errors
/// When an input is refused, or the extract has no such row.
pub fn trace(request: &Request) -> Result<Trace> {
    let Request { performance_year, seed, .. } = *request;
    let rules = Rules::load_with(request.rules.as_deref(), &request.choices)?;
    let extract = Extract::open(&request.extract, request.io)?;
    let acos = Acos::read(&extract, performance_year, &rules)?;
    let given = Given { thresholds: request.thresholds.clone(), ..Given::default() }.read()?;
    let meter = Meter::default();
    let (everybody, counties) = enroll::number(&extract, &meter)?;
    let people = everybody.len();
    let person = request.row.checked_sub(1).filter(|person| (*person as usize) < people).ok_or_else(|| {
        Error::input(
            format!("there is no row {}: the extract has {people} beneficiaries", request.row),
            Place::table("beneficiary_year").in_file(&extract.folder),
            "rows are counted from 1, in byte order of bene_id",
        )
    })?;
    // Alone in the table of identifiers, the person is the only one whose rows the kernels know.
    let ids = IdTable::new(vec![everybody.id(person).into()]);
    drop(everybody);
    debug_assert_ne!(ids.number(ids.id(0)), NO_BENEFICIARY);
    let (entities, policy) = Footing::lay(&extract, &acos, performance_year, &rules)?.into_parts();
    let years = policy.calendar().years().to_vec();
    let cohort = Cohort::new(1, years.len());
    let full_dual = rules.enrollment.at(performance_year)?.full_dual;
    let span = Span::over(years.iter().map(|year| i64::from(*year)));
    let mut looked_at = enroll::People::new(1, &span, false);
    enroll::enroll(&extract, &ids, &counties, &years, full_dual, &cohort, &mut looked_at, &meter)?;
    episodes::exclude(&extract, &ids, &policy, &cohort, &meter)?;
    cohort.enter(0).open(policy.calendar().windows().len(), policy.calendar().spending());
    let versions = facts::score_sets(&years, performance_year, &rules)?;
    enroll::score(&extract, &ids, &years, &versions, &cohort, &mut looked_at, &meter)?;
    let rows = gather::rows(&extract, Ground { ids: &ids, entities: &entities, policy: &policy, cohort: &cohort })?;
    let (chosen, _) = alignment::read(&extract, &ids, &entities, &policy)?;
    let partitions = Partitions::Held(cohort.into_partitions());
    let (entities, revenue, billers, ledger) = (entities.names(), Vec::new(), Vec::new(), Ledger::default());
    let facts = Facts { ids, counties, entities, policy, partitions, revenue, billers, ledger, chosen, remarks: Vec::new() };
    let thresholds = given.thresholds(vec![ByType::from_fn(|_| None); years.len()], &years);
    let terms = Terms::of(&acos, &years, performance_year, &rules)?;
    let premises = Premises { acos: &acos, terms: &terms, performance_year, seed };
    let names: Vec<String> = acos.agreements.iter().map(|(aco, ..)| aco.key.to_string()).collect();
    premises.assigning(&facts, |rounds, common| {
        let owners: Vec<&Owners> = rounds.iter().map(|round| round.grounds(common).owners).collect();
        let (claims, outside) = account::claims(&rows, &facts, &owners, &names);
        let years = years::accounts(&facts, premises, rounds, common, &names, &thresholds)?;
        Ok(Trace { row: request.row, people, performance_year, claims, outside, years })
    })
}
