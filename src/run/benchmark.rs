//! `acobench benchmark`: the exact half alone, from a folder of factor tables to a folder like a run's.

use std::path::{Path, PathBuf};

use super::choices;
use super::exact::{self, Account};
use super::manifest::{Manifest, Undetermined};
use super::progress::Progress;
use crate::disk::{self, Input, Staging};
use crate::error::{Error, Result};
use crate::factors::{FactorTables, Reading, told_at_once};
use crate::rules::{Choice, Rules};

/// What the exact half is asked to do.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folder of factor tables.
    pub factors: PathBuf,
    /// Folder in which the results appear.
    pub out: PathBuf,
    /// Folder of rule rows laid over the embedded ones.
    pub rules: Option<PathBuf>,
    /// Choices switched where the law is silent.
    pub choices: Vec<Choice>,
}

/// Reads the tables, settles, and publishes.
///
/// # Errors
/// When a table or a rule is refused, or the operating system refuses; earlier output is then untouched.
pub fn run(request: &Request, run_id: &str, progress: &Progress) -> Result<()> {
    choices::refuse_those_of_claims(&request.choices)?;
    let rules = Rules::load_with(request.rules.as_deref(), &request.choices)?;
    let mut manifest = Manifest::begin(run_id, "benchmark");
    manifest.rules.blake3 = rules.content_hash();
    manifest.rules.folder.clone_from(&request.rules);
    for choice in &request.choices {
        manifest.parameter(&choice.name, &choice.value);
    }
    let stage = progress.stage("read factor tables");
    let tables = read(&request.factors, &rules)?;
    for path in disk::list(&request.factors)?.iter().filter(|path| path.extension().is_some_and(|end| end == "csv")) {
        let table = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        manifest.add_inputs(&table, &[Input::look(path)?], stage.meter())?;
    }
    stage.finish();
    let stage = progress.stage("benchmark and settle");
    let accounts = exact::settle(&tables, &rules).map_err(|fault| match fault {
        Error::Inputs(faults) => told_at_once(faults, &request.factors),
        other => other,
    })?;
    stage.finish();
    let staging = Staging::begin(&request.out)?;
    let folder = staging.path().join("factors");
    disk::create_dir(&folder)?;
    tables.write(&folder)?;
    exact::write(&accounts, staging.path())?;
    note(&mut manifest, &accounts, &rules);
    manifest.publish(staging, progress)
}

/// Reads the tables; where something does not read, the refusal tells also what the regimes miss in the rest.
fn read(folder: &Path, rules: &Rules) -> Result<FactorTables> {
    Reading::of(folder)?.whole().map_err(|reading| {
        let more = exact::faults(reading.readable(), reading.unread(), rules);
        reading.refusal(more)
    })
}

/// Notes in the manifest the ACOs without a result and the rules carried from another year.
pub fn note(manifest: &mut Manifest, accounts: &[Account<'_, '_>], rules: &Rules) {
    manifest.undetermined = accounts
        .iter()
        .filter(|account| !account.reason.is_empty())
        .map(|account| Undetermined { aco_id: account.aco.key.to_string(), reason: account.reason.clone() })
        .collect();
    let mut years: Vec<u16> = accounts.iter().map(|account| account.aco.performance_year).collect();
    years.sort_unstable();
    years.dedup();
    for line in rules.lines().into_iter().filter(|line| line.carried) {
        for year in years.iter().filter(|year| line.touches(**year)) {
            manifest.rules.carried.push(format!("{}.{} {year}: {}", line.subject, line.rule, line.value));
        }
    }
}
