//! What a run finds of `check` without a pass of its own: judged by the same limits, in the same words.
//!
//! Months and rows are looked at while the claims go by ([`super::watch::Watch`]), and claims told apart where everything is looked
//! at; here are the findings of what is known before and afterwards: where rows went, who bills, which files hold the same rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::agreements::Acos;
use super::facts::Facts;
use super::findings::Ledger;
use super::manifest::InputFile;
use super::watch::remark;
use crate::beneficiary::Entity;
use crate::check::{Finding, Limits, Measure, Severity};
use crate::error::Result;
use crate::scan::Extract;

/// Checks whose rows the ledger counts under a reason; rows at fault are judged by `--max-quarantined`.
const REASONS: [(&str, &str); 3] = [
    ("outside_years", "outside_years"),
    ("claim_type_not_counted", "unknown_claim_type"),
    ("month_without_type", "not_counted_month"),
];

/// What is worth a word, as errors and warnings in words.
fn words(found: impl IntoIterator<Item = Finding>) -> Vec<String> {
    found.into_iter().filter(|finding| finding.severity != Severity::Note).map(|finding| remark(&finding)).collect()
}

/// What the ledger shows: claims that fall out by rule, and rows of people and scores that cannot be used; `rows` are those of
/// `beneficiary_year` and `risk_score`.
///
/// # Errors
/// When a check is not in the limits.
pub fn of_ledger(ledger: &Ledger, rows: (u64, u64)) -> Result<Vec<String>> {
    let limits = Limits::embedded()?;
    let accounted = ledger.reconciliation.rows();
    let mut found = Vec::new();
    for table in ["claim_header", "claim_line"] {
        let mine = || accounted.iter().filter(|row| (row.table, row.purpose) == (table, "expenditure"));
        let (of, absolute) = mine().fold((0, 0), |(rows, cents), row| (rows + row.rows, cents + row.absolute_cents));
        for (reason, check) in REASONS {
            for row in mine().filter(|row| row.reason == reason) {
                let at_stake = (row.absolute_cents, absolute);
                let measure = Measure { count: row.rows, of, cents: row.cents, at_stake };
                found.extend(Finding::judge(&limits, check, table, None, measure, String::new())?);
            }
        }
    }
    let (people, scores) = rows;
    for (count, of, table, check) in [
        (ledger.people.bad_status, people, "beneficiary_year", "status"),
        (ledger.people.conflicting, people, "beneficiary_year", "duplicate_years"),
        (ledger.scores.unknown_beneficiary, scores, "risk_score", "risk_score_unknown"),
    ] {
        let measure = Measure { count, of, ..Measure::default() };
        // Warnings of these are notes of every run already.
        let judged = Finding::judge(&limits, check, table, None, measure, String::new())?;
        found.extend(judged.filter(|finding| finding.severity == Severity::Error));
    }
    Ok(words(found))
}

/// Participants that bill nothing.
///
/// # Errors
/// When a check is not in the limits.
pub fn of_participants(acos: &Acos, facts: &Facts) -> Result<Vec<String>> {
    let met = facts.entities.iter().zip(&facts.billers).filter(|(_, bills)| **bills).map(|(name, _)| name);
    let met: BTreeSet<&Entity> = met.collect();
    let listed: BTreeMap<&Entity, u16> = acos.listed.iter().map(|row| (&row.entity, row.aco)).collect();
    let mut silent: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, aco) in listed.iter().filter(|(entity, _)| !met.contains(*entity)) {
        *silent.entry(&acos.ids[usize::from(*aco)]).or_default() += 1;
    }
    let measure = Measure { count: silent.values().sum(), of: listed.len() as u64, ..Measure::default() };
    let mut most: Vec<(u64, &str)> = silent.into_iter().map(|(aco, count)| (count, aco)).collect();
    most.sort_by_key(|(count, aco)| (std::cmp::Reverse(*count), *aco));
    let named: Vec<String> = most.iter().take(3).map(|(count, aco)| format!("{count} of {aco}")).collect();
    let limits = Limits::embedded()?;
    Ok(words(Finding::judge(&limits, "participants_not_billed", "participant", Some("tin"), measure, named.join(", "))?))
}

/// Files, or row groups of them, that hold the same rows as others: a delivery loaded twice.
///
/// # Errors
/// When a check is not in the limits.
pub fn of_files(extract: &Extract, inputs: &[InputFile]) -> Result<Vec<String>> {
    let limits = Limits::embedded()?;
    let mut found = Vec::new();
    for table in [&extract.claim_header, &extract.claim_line] {
        let mut first: HashMap<blake3::Hash, &str> = HashMap::new();
        let mut names: Vec<String> = Vec::new();
        let mut repeated = 0;
        for file in &table.files {
            let on_disk = file.on_disk().and_then(|file| inputs.iter().find(|input| input.path == file.input.path()));
            let Some(input) = on_disk else { continue };
            let name = input.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            for group in file.row_groups().filter(|group| group.rows > 0) {
                let by_content = || blake3::hash(format!("{} {}", input.blake3, group.index).as_bytes());
                let print = file.print(&group, "claim_id").unwrap_or_else(by_content);
                if let Some(other) = first.get(&print) {
                    repeated += group.rows as u64;
                    names.push(format!("{name} as {other}"));
                } else {
                    first.insert(print, name);
                }
            }
        }
        names.dedup();
        let measure = Measure { count: repeated, of: table.rows(), ..Measure::default() };
        names.truncate(3);
        found.extend(Finding::judge(&limits, "duplicate_claims", table.table.name, None, measure, names.join(", "))?);
    }
    Ok(words(found))
}
