//! The exact half: factor tables to benchmarks and settlements, each ACO with its derivation.

use rayon::prelude::*;

use super::exact_tables;
use crate::benchmark::{self, Facts, Selected};
use crate::derivation::Derivation;
use crate::error::{Error, Result};
use crate::factors::{Aco, AcoRegion, FactorTables, Unread};
use crate::rules::Rules;
use crate::settlement::{self, Outcome, Position, Settlement, Terms};

/// One ACO's performance year, settled.
#[derive(Debug, Clone)]
pub struct Account<'t, 'r> {
    /// Row of table `aco`.
    pub aco: &'t Aco,
    /// Name of the benchmark regime.
    pub regime: &'r str,
    /// Every value, with how it came about.
    pub tree: Derivation<'r>,
    /// Which adjustment the historical benchmark got; none where there is no benchmark.
    pub selected: Option<Selected>,
    /// What the year came to.
    pub settlement: Settlement,
    /// Why the outcome is undetermined; empty when it is not.
    pub reason: String,
}

/// Benchmarks and settles every ACO, in key order.
///
/// # Errors
/// [`Error::Inputs`]: every value that some ACO's regime or arrangement needs and the tables lack, every agreement outside
/// all regimes, every track that did not exist.
pub fn settle<'t, 'r>(tables: &'t FactorTables, rules: &'r Rules) -> Result<Vec<Account<'t, 'r>>> {
    let mut faults = Vec::new();
    let regions = tables.regions(rules).map_err(|fault| faults.push(fault)).ok();
    let facts = gathered(tables, regions.as_deref(), &Unread::default(), rules, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Inputs(faults));
    }
    let mut acos: Vec<&Aco> = tables.acos.iter().collect();
    acos.sort_by(|a, b| a.key.cmp(&b.key));
    acos.par_iter().zip(&facts).map(|(aco, facts)| account(aco, facts, rules)).collect()
}

/// What settling would refuse in the rows that read, apart from what follows from rows that do not.
#[must_use]
pub fn faults(tables: &FactorTables, unread: &Unread, rules: &Rules) -> Vec<Error> {
    let mut faults = Vec::new();
    let regions = tables.regions(rules).map_err(|fault| faults.push(fault)).ok();
    if unread.may_hold("county", &[]) {
        faults.clear();
    }
    gathered(tables, regions.as_deref(), unread, rules, &mut faults);
    faults
}

fn gathered<'t, 'r>(
    tables: &'t FactorTables,
    regions: Option<&'t [AcoRegion]>,
    unread: &Unread,
    rules: &'r Rules,
    faults: &mut Vec<Error>,
) -> Vec<Facts<'t, 'r>> {
    let facts = benchmark::gather(tables, regions, unread, rules).map_err(|fault| faults.push(fault)).unwrap_or_default();
    faults.extend(tables.acos.iter().filter_map(|aco| Terms::find(aco, rules).err()));
    facts
}

fn account<'t, 'r>(aco: &'t Aco, facts: &Facts<'_, 'r>, rules: &'r Rules) -> Result<Account<'t, 'r>> {
    let undetermined =
        Settlement { outcome: Outcome::Undetermined, recalculated_benchmark_used: false, reduced_rate: false, reason: None };
    let mut account = Account {
        aco,
        regime: facts.regime_name,
        tree: Derivation::new(),
        selected: None,
        settlement: undetermined,
        reason: String::new(),
    };
    let terms = Terms::find(aco, rules)?;
    let tree = &mut account.tree;
    match benchmark::compute(facts, tree)? {
        Err(reason) => account.reason = reason.to_string(),
        Ok(benchmark) => {
            account.selected = Some(benchmark.selected);
            let guard = &facts.regime.recalculated_benchmark;
            let position = Position {
                benchmark: benchmark.updated,
                two_way: benchmark.two_way.filter(|_| guard.concept).map(|node| (node, guard.citation.as_str())),
                person_years: benchmark.person_years,
                per_capita: benchmark.per_capita,
            };
            account.settlement = settlement::settle(&terms, &position, tree)?;
            account.reason = account.settlement.reason.unwrap_or_default().to_string();
        }
    }
    if let Some(step) = account.tree.fault() {
        account.settlement = undetermined;
        account.reason = format!("{step} divides by zero or exceeds 28 digits");
    }
    Ok(account)
}

/// Writes `benchmark.csv`, `settlement.csv` and `derivation.jsonl` into a folder.
///
/// # Errors
/// When a file cannot be written.
pub fn write(accounts: &[Account<'_, '_>], folder: &std::path::Path) -> Result<()> {
    exact_tables::benchmark(accounts, folder)?;
    exact_tables::settlement(accounts, folder)?;
    exact_tables::derivation(accounts, folder)
}
