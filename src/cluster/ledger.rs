//! Where rows and dollars went, to a partial and back.

use crate::aggregate::{Key, Partial, What, narrow};
use crate::error::Result;
use crate::rules::Year;
use crate::run::enroll::PeopleFaults;
use crate::run::findings::{Ledger, Read};
use crate::run::reconciliation::Tally;

/// Adds a ledger, and how many scores were read.
pub(super) fn add(partial: &mut Partial, ledger: &Ledger, years: &[Year], scores: u64) -> Result<()> {
    for row in ledger.reconciliation.rows() {
        let key = Key::of(What::Reason).name(format!("{}/{}", row.table, row.purpose)).within(row.reason);
        let tally = Tally { rows: row.rows, cents: row.cents, absolute: row.absolute_cents };
        partial.add(key, &numbers(What::Reason, tally)?)?;
    }
    let Read { header, line, service, non_claims } = ledger.read;
    let scores = Tally { rows: scores, ..Tally::default() };
    for (name, tally) in [(HEADER, header), (LINE, line), (SERVICE, service), (NON_CLAIMS, non_claims), (SCORES, scores)] {
        partial.add(Key::of(What::Read).name(name), &numbers(What::Read, tally)?)?;
    }
    for (name, count) in faults(&mut ledger.clone()) {
        partial.add(Key::of(What::Fault).name(name), &[*count as i64])?;
    }
    for (year, months) in years.iter().zip(&ledger.months) {
        partial.add(Key::of(What::Months).year(*year), &[*months as i64])?;
    }
    Ok(())
}

/// Adds the revenue of each agreement's participants.
pub(super) fn add_revenue(partial: &mut Partial, agreements: &[String], revenue: &[i128]) -> Result<()> {
    for (name, cents) in agreements.iter().zip(revenue) {
        partial.add(Key::of(What::Revenue).name(name), &[narrow(What::Revenue, *cents)?])?;
    }
    Ok(())
}

/// The ledger of a partial, and how many scores were read.
pub(super) fn of(partial: &Partial, years: &[Year]) -> (Ledger, u64) {
    let mut ledger = Ledger { months: vec![0; years.len()], ..Ledger::default() };
    let mut scores = 0;
    for (key, numbers) in partial.iter() {
        match key.what {
            What::Reason => {
                let (table, purpose) = key.name.split_once('/').unwrap_or_default();
                ledger.reconciliation.add_row(table, purpose, &key.within, tally(numbers));
            }
            What::Read => match key.name.as_str() {
                HEADER => ledger.read.header = of_numbers(numbers),
                LINE => ledger.read.line = of_numbers(numbers),
                SERVICE => ledger.read.service = of_numbers(numbers),
                NON_CLAIMS => ledger.read.non_claims = of_numbers(numbers),
                _ => scores = numbers[0] as u64,
            },
            What::Fault => {
                for (name, count) in faults(&mut ledger) {
                    if name == key.name {
                        *count = numbers[0] as u64;
                    }
                }
            }
            What::Months => {
                if let Some(at) = years.iter().position(|year| *year == key.year) {
                    ledger.months[at] = numbers[0] as u64;
                }
            }
            _ => {}
        }
    }
    (ledger, scores)
}

/// The revenue of each agreement's participants.
pub(super) fn revenue(partial: &Partial, agreements: &[String]) -> Vec<i128> {
    let mut revenue = vec![0; agreements.len()];
    for (key, numbers) in partial.iter().filter(|(key, _)| key.what == What::Revenue) {
        if let Some(at) = agreements.iter().position(|name| *name == key.name) {
            revenue[at] = i128::from(numbers[0]);
        }
    }
    revenue
}

const HEADER: &str = "claim_header/expenditure";
const LINE: &str = "claim_line/expenditure";
const SERVICE: &str = "claim_line/assignment";
const NON_CLAIMS: &str = "non_claims_payment/expenditure";
const SCORES: &str = "risk_score";

fn numbers(what: What, tally: Tally) -> Result<[i64; 3]> {
    Ok([tally.rows as i64, narrow(what, tally.cents)?, narrow(what, tally.absolute)?])
}

fn tally(numbers: &[i64]) -> (u64, i128, i128) {
    (numbers[0] as u64, i128::from(numbers[1]), i128::from(numbers[2]))
}

fn of_numbers(numbers: &[i64]) -> Tally {
    let (rows, cents, absolute) = tally(numbers);
    Tally { rows, cents, absolute }
}

/// Every count of rows that could not be used.
fn faults(ledger: &mut Ledger) -> [(&'static str, &mut u64); 9] {
    let Ledger { people, scores, unknown_designations, .. } = ledger;
    let PeopleFaults { no_beneficiary, bad_status, conflicting, unknown_beneficiary } = people;
    [
        ("beneficiary_year/no_beneficiary", no_beneficiary),
        ("beneficiary_year/bad_status", bad_status),
        ("beneficiary_year/conflicting", conflicting),
        ("beneficiary_year/unknown_beneficiary", unknown_beneficiary),
        ("risk_score/no_beneficiary", &mut scores.no_beneficiary),
        ("risk_score/bad_status", &mut scores.bad_status),
        ("risk_score/conflicting", &mut scores.conflicting),
        ("risk_score/unknown_beneficiary", &mut scores.unknown_beneficiary),
        ("voluntary_alignment/unknown", unknown_designations),
    ]
}
