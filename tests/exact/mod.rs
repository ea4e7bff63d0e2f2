//! An ACO to settle, and its settlement by name.

#![allow(clippy::unwrap_used)] // in a test a panic is the message
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use acobench::derivation::Derivation;
use acobench::factors::{Aco, AcoKey, AssignmentMethod, FactorTables, MinimumRateChoice, QualityStandard, Termination};
use acobench::money::Decimal;
use acobench::rules::Rules;
use acobench::rules::arrangements::Track;
use acobench::run::exact::{self, Account};
use acobench::settlement::{Position, Settlement, Terms, settle};

pub fn number(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// An ACO with a variable minimum rate, quality met, 11,000 beneficiaries.
pub fn aco(track: Track, start: &str, year: u16) -> Aco {
    Aco {
        key: AcoKey::new("A1"),
        performance_year: year,
        performance_months: 12,
        agreement_start: start.parse().unwrap(),
        agreement_period: 1,
        times_regionally_adjusted: 1,
        track,
        assignment_method: AssignmentMethod::Retrospective,
        assigned_beneficiaries: 11_000,
        msr_choice: Some(MinimumRateChoice::Variable),
        quality_standard: QualityStandard::Met,
        quality_score: Some(number("0.9")),
        participant_revenue: Some(number("40000000")),
        low_revenue: Some(false),
        revenue_loss_limit: None,
        euc_share_beneficiaries: None,
        euc_share_year: None,
        lis_dual_share: None,
        dual_share_by3: None,
        prior_savings: [None; 3],
        prior_person_years: [None; 3],
        prior_sharing_rate: [None; 3],
        termination: Termination::None,
        termination_date: None,
        closeout_complete: None,
        aip_outstanding: None,
        prepaid_outstanding: None,
    }
}

/// Amounts of a settlement by name.
#[derive(Debug)]
pub struct Settled {
    pub settlement: Settlement,
    values: BTreeMap<&'static str, Decimal>,
}

impl Settled {
    pub fn get(&self, name: &str) -> Decimal {
        *self.values.get(name).unwrap_or_else(|| panic!("no step {name}"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}

/// Settles an ACO on a total benchmark and total expenditure.
pub fn settled(aco: &Aco, rules: &Rules, benchmark: Decimal, expenditure: Decimal) -> Settled {
    settled_against(aco, rules, benchmark, None, expenditure)
}

/// The same with a two-way benchmark beside.
pub fn settled_against(aco: &Aco, rules: &Rules, benchmark: Decimal, two_way: Option<Decimal>, expenditure: Decimal) -> Settled {
    let terms = Terms::find(aco, rules).unwrap();
    let mut tree = Derivation::new();
    let mut given = |name, value| tree.given(name, None, value, "test");
    let position = Position {
        benchmark: given("updated_benchmark", benchmark / number("10000")),
        two_way: two_way.map(|value| (given("two_way_benchmark", value / number("10000")), "42 CFR 425.652(b)(5)")),
        person_years: given("person_years_py", number("10000")),
        per_capita: given("per_capita_py", expenditure / number("10000")),
    };
    let settlement = settle(&terms, &position, &mut tree).unwrap();
    assert_eq!(tree.fault(), None);
    Settled { settlement, values: tree.named().map(|(label, value)| (label.name, value)).collect() }
}

/// The folder of a worked example.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/examples").join(name)
}

/// The tables of a worked example, with one ACO alone.
pub fn tables(name: &str, aco: &str) -> FactorTables {
    let mut tables = FactorTables::read(&example(name)).unwrap();
    tables.acos.retain(|row| row.key.aco_id == aco);
    tables.aco_years.retain(|row| row.key.aco_id == aco);
    tables.aco_regions.retain(|row| row.key.aco_id == aco);
    tables.aco_counties.retain(|row| row.key.aco_id == aco);
    tables
}

/// Settles the one ACO of the tables and hands it to a test.
pub fn with_account<T>(tables: &FactorTables, rules: &Rules, test: impl FnOnce(&Account<'_, '_>, &Values) -> T) -> T {
    let accounts = exact::settle(tables, rules).unwrap();
    assert_eq!(accounts.len(), 1);
    let values = accounts[0].tree.named().map(|(label, value)| (label.to_string(), value)).collect();
    test(&accounts[0], &Values(values))
}

/// Values by printed name, such as `trend_by1[DIS]`.
pub struct Values(BTreeMap<String, Decimal>);

impl Values {
    pub fn get(&self, name: &str) -> Decimal {
        *self.0.get(name).unwrap_or_else(|| panic!("no step {name}"))
    }

    pub fn find(&self, name: &str) -> Option<Decimal> {
        self.0.get(name).copied()
    }
}
