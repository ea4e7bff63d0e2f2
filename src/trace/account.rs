//! What is told of a person, and how claims come to be told: numbered in the order of their days, without identifiers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::gather::{ClaimRow, OutsideRow, Payment, Rows};
use crate::assignment::{Owner, Owners};
use crate::beneficiary::{Calendar, Component, Entity, ExpenditureReason, Role, Window, WindowKind};
use crate::money::Cents;
use crate::rules::Year;
use crate::run::facts::Facts;

/// Everything told of one person. Amounts are dollars and cents, days are ISO dates.
#[derive(Debug, Clone, Serialize)]
pub struct Trace {
    /// Rank of the person, from 1.
    pub row: u32,
    /// How many people the extract has.
    pub people: usize,
    /// Performance year.
    pub performance_year: Year,
    /// Claims in the order of their days.
    pub claims: Vec<Claim>,
    /// Payments outside claims.
    pub outside: Vec<OutsidePayment>,
    /// Calendar years of the run.
    pub years: Vec<YearAccount>,
}

/// A claim.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    /// Its number in the trace, from 1.
    pub number: usize,
    /// Its rows in both claim tables.
    pub rows: Vec<Row>,
}

/// A row of a claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Row {
    /// Last day: it decides on month and windows.
    pub day: Option<String>,
    /// First day.
    pub from: Option<String>,
    /// Table.
    pub table: &'static str,
    /// Number of the line.
    pub line: Option<i64>,
    /// Claim type.
    pub claim_type: Option<i64>,
    /// What else the row says, those cells that are filled.
    pub cells: BTreeMap<&'static str, String>,
    /// Payment.
    pub paid: Option<String>,
    /// Allowed charge.
    pub allowed: Option<String>,
    /// What became of the payment.
    pub expenditure: Paid,
    /// What became of the service; none for an institutional claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment: Option<Service>,
}

/// A payment outside claims.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OutsidePayment {
    /// Day.
    pub day: Option<String>,
    /// Payment.
    pub paid: Option<String>,
    /// What became of it.
    pub expenditure: Paid,
}

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Paid {
    /// `counted`, or why not, as in `reconciliation.csv`.
    pub reason: &'static str,
    /// What counts and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<Money>,
}

/// An amount that counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Money {
    /// Year and month.
    pub month: String,
    /// Enrollment type of the month.
    pub enrollment_type: &'static str,
    /// Component of expenditure.
    pub component: &'static str,
    /// The amount: payment, plus sequestration, less supplements, plus reduction.
    pub amount: String,
    /// Sequestration added back.
    pub sequestration: String,
    /// Supplements taken out.
    pub supplements: String,
    /// Reduction for population-based payments added back.
    pub reduction: String,
}

/// What became of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Service {
    /// `counted`, or why not, as in `reconciliation.csv`.
    pub reason: &'static str,
    /// Windows in which it counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
    /// For what it counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts_for: Vec<&'static str>,
    /// The billing entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub biller: Option<String>,
    /// The ACO it is a participant of; none for a biller of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// One calendar year of the run.
#[derive(Debug, Clone, Serialize)]
pub struct YearAccount {
    /// The year.
    pub year: Year,
    /// What each month is, January first: an enrollment type, `covid` for an episode's month, or `-`.
    pub months: Vec<&'static str>,
    /// County at the end of the year.
    pub county: Option<String>,
    /// County at the end of September.
    pub county_september: Option<String>,
    /// Whether a payment of the year counts for anybody.
    pub expenditure: bool,
    /// Payments by enrollment type.
    pub types: Vec<TypeAccount>,
    /// Windows of the year in which the person is assignable.
    pub assignable: Vec<&'static str>,
    /// What became of the designation that stands, if one does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub designations: Vec<String>,
    /// What the windows of each method say, in the order in which they are asked.
    pub lists: Vec<ListAccount>,
    /// The ACOs the person is assigned to: one, or one in each half of a year of two.
    pub assigned: Vec<String>,
}

/// One enrollment type of a year.
#[derive(Debug, Clone, Serialize)]
pub struct TypeAccount {
    /// The type.
    pub enrollment_type: &'static str,
    /// Months.
    pub months: u32,
    /// Dollars by component, those that are not nothing.
    pub components: BTreeMap<&'static str, String>,
    /// Their sum.
    pub total: String,
    /// Twelvefold sum over months: what the threshold is held against, rounded to the cent for reading.
    pub annualised: String,
    /// The threshold, where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// The sum after truncation, rounded to the cent for reading, where a threshold was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<String>,
    /// Prospective score by the model of the year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
}

/// What one method's windows say in a year.
#[derive(Debug, Clone, Serialize)]
pub struct ListAccount {
    /// The half of the year, where its agreements are rivals by halves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half: Option<&'static str>,
    /// The method.
    pub method: &'static str,
    /// First and last day of the window.
    pub window: [String; 2],
    /// The step in which services were compared.
    pub step: Option<u8>,
    /// Who furnished primary care, the winner first.
    pub rivals: Vec<RivalAccount>,
    /// What told the winner from the next.
    pub decided_by: Option<&'static str>,
    /// The ACO assigned, or why none is.
    pub outcome: String,
}

/// One who furnished primary care.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RivalAccount {
    /// An ACO, or a biller of its own.
    pub name: String,
    /// Whether it won the step.
    pub wins: bool,
    /// Whether it is an ACO.
    pub is_aco: bool,
    /// Charges of step 1 in the window.
    pub step1: String,
    /// Latest day of a step 1 service.
    pub step1_day: Option<String>,
    /// Charges of step 2 in the window.
    pub step2: String,
    /// Latest day of a step 2 service.
    pub step2_day: Option<String>,
    /// Charges in the expanded window, steps 1 and 2, where step 3 compares them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expanded: Option<String>,
    /// Whether a physician of its own opens the step to it.
    pub opens: bool,
}

/// A day since 1970-01-01 as an ISO date.
pub fn iso(day: i64) -> String {
    let date = jiff::Span::new().try_days(day).ok().and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span).ok());
    date.map_or_else(|| "not a day".into(), |date| date.to_string())
}

/// Cents as dollars.
pub fn dollars(cents: i64) -> String {
    Cents(cents).to_string()
}

/// A billing entity as people know it.
pub fn biller(entity: &Entity) -> String {
    match entity {
        Entity::Tin(text) => format!("TIN {}", String::from_utf8_lossy(text)),
        Entity::Ccn(text) => format!("CCN {}", String::from_utf8_lossy(text)),
        Entity::Pair(..) => String::new(),
    }
}

/// A window by the year it serves and its kind.
pub fn window_name(window: &Window, calendar: &Calendar) -> String {
    let kind = match window.kind {
        WindowKind::Calendar => "",
        WindowKind::Offset => " offset",
        WindowKind::CalendarReach => " expanded",
        WindowKind::OffsetReach => " offset expanded",
    };
    format!("{}{kind}", calendar.years()[window.year])
}

/// Claims in order, and payments outside claims.
pub fn claims(rows: &Rows, facts: &Facts, owners: &[&Owners], names: &[String]) -> (Vec<Claim>, Vec<OutsidePayment>) {
    let mut by_claim: BTreeMap<(u128, usize), Vec<Row>> = BTreeMap::new();
    for (at, row) in rows.claims.iter().enumerate() {
        // Rows without a claim identifier stand alone.
        let key = if row.claim == 0 { (0, at + 1) } else { (row.claim, 0) };
        by_claim.entry(key).or_default().push(told(row, facts, owners, names));
    }
    let mut claims: Vec<Vec<Row>> = by_claim.into_values().collect();
    for rows in &mut claims {
        rows.sort();
    }
    claims.sort();
    let claims = claims.into_iter().enumerate().map(|(at, rows)| Claim { number: at + 1, rows }).collect();
    let outside = |row: &OutsideRow| OutsidePayment {
        day: row.day.map(iso),
        paid: row.paid.map(dollars),
        expenditure: paid(&row.payment, facts.policy.calendar()),
    };
    let mut outside: Vec<OutsidePayment> = rows.outside.iter().map(outside).collect();
    outside.sort();
    (claims, outside)
}

fn told(row: &ClaimRow, facts: &Facts, owners: &[&Owners], names: &[String]) -> Row {
    let columns: &[&str] = if row.table == "claim_line" { &super::gather::LINE_TEXTS } else { &super::gather::HEADER_TEXTS };
    let filled = columns.iter().copied().zip(&row.texts).filter(|(_, text)| !text.is_empty());
    Row {
        day: row.day.map(iso),
        from: row.from.map(iso),
        table: row.table,
        line: row.line,
        claim_type: row.claim_type,
        cells: filled.map(|(name, text)| (name, text.clone())).collect(),
        paid: row.paid.map(dollars),
        allowed: row.allowed.map(dollars),
        expenditure: paid(&row.payment, facts.policy.calendar()),
        assignment: row.service.as_ref().map(|service| match service {
            Err(reason) => Service { reason: reason.name(), windows: Vec::new(), counts_for: Vec::new(), biller: None, of: None },
            Ok(record) => {
                let calendar = facts.policy.calendar();
                let windows = calendar.windows().iter().enumerate().filter(|(at, _)| record.windows >> at & 1 == 1);
                Service {
                    reason: crate::beneficiary::AssignmentReason::Counted.name(),
                    windows: windows.map(|(_, window)| window_name(window, calendar)).collect(),
                    counts_for: roles(Role(record.role)),
                    biller: Some(biller(&facts.entities[record.entity as usize])),
                    of: participant(record.entity, owners, names),
                }
            }
        }),
    }
}

/// The ACOs that list an entity, round by round; none for a biller of its own.
fn participant(entity: u32, owners: &[&Owners], names: &[String]) -> Option<String> {
    let mut of: Vec<&str> = Vec::new();
    for owners in owners {
        match owners.of(entity) {
            Owner::Itself => {}
            Owner::Aco(aco) => of.push(&names[usize::from(aco)]),
            Owner::Shared => of.push("several ACOs, so that it is set aside"),
        }
    }
    of.dedup();
    (!of.is_empty()).then(|| of.join(" and "))
}

fn roles(role: Role) -> Vec<&'static str> {
    let named = [
        (Role::STEP1, "step 1"),
        (Role::STEP2, "step 2"),
        (Role::PRE_STEP, "pre-step"),
        (Role::ASSIGNABLE, "assignable"),
        (Role::NON_PHYSICIAN, "non-physician"),
        (Role::FURNISHED, "primary care furnished"),
    ];
    named.into_iter().filter(|(which, _)| role.has(*which)).map(|(_, name)| name).collect()
}

fn paid(payment: &Payment, calendar: &Calendar) -> Paid {
    match payment {
        Err(reason) => Paid { reason: reason.name(), counted: None },
        Ok((record, worth, kind)) => Paid {
            reason: ExpenditureReason::Counted.name(),
            counted: Some(Money {
                month: format!("{}-{:02}", calendar.years()[usize::from(record.month.year)], record.month.month + 1),
                enrollment_type: kind.name(),
                component: Component::ALL[usize::from(record.component)].name(),
                amount: dollars(record.cents),
                sequestration: dollars(worth.sequestration),
                supplements: dollars(worth.supplements),
                reduction: dollars(worth.reduction),
            }),
        },
    }
}
