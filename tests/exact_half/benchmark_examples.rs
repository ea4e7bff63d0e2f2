//! The methodology's worked examples, from factor tables to every printed digit. Their inputs are invented.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use acobench::derivation::{Derivation, Node, Origin, evaluate};
use acobench::factors::{Aco, AcoKey, AssignmentMethod, FactorTables, MinimumRateChoice, QualityStandard, Termination};
use acobench::money::Decimal;
use acobench::rules::Rules;
use acobench::rules::arrangements::{Level, Track};
use acobench::run::exact;
use acobench::settlement::{Outcome, Position, Terms, settle};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/examples").join(name)
}

/// A value of an example rounded as the expected text is.
fn rounded(value: Decimal, like: &str) -> String {
    let places = like.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    format!("{:.places$}", value.round_dp(places as u32))
}

/// Settles an example and holds every expected value against it; the words selected per ACO are handed back.
fn hold(name: &str) -> BTreeMap<String, String> {
    let rules = Rules::load(None).unwrap();
    let tables = FactorTables::read(&example(name)).unwrap();
    let accounts = exact::settle(&tables, &rules).unwrap();
    let mut values = BTreeMap::new();
    for account in &accounts {
        for (label, value) in account.tree.named() {
            let kind = label.kind.map_or("ALL", |kind| kind.name());
            values.insert((account.aco.key.aco_id.clone(), label.name, kind), value);
        }
    }
    let expected = std::fs::read_to_string(example(name).join("expected.csv")).unwrap();
    let mut held = 0;
    for line in expected.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [aco, value_name, kind, expected] = cells[..] else { panic!("{line}") };
        let found = values.iter().find(|((a, n, k), _)| a == aco && *n == value_name && *k == kind);
        let (_, found) = found.unwrap_or_else(|| panic!("{name} has no {value_name} {kind} of {aco}"));
        assert_eq!(rounded(*found, expected), expected, "{name}: {value_name} {kind} of {aco}");
        held += 1;
    }
    assert!(held > 5);
    accounts.iter().map(|account| (account.aco.key.aco_id.clone(), account.selected.unwrap().to_string())).collect()
}

#[test]
fn first_agreements_and_renewals_of_2016() {
    hold("first_and_2016");
}

#[test]
fn agreements_rebased_from_2017() {
    hold("rebased_2017");
}

#[test]
fn agreements_from_july_2019() {
    hold("section_601");
}

#[test]
fn agreements_from_2024() {
    let selected = hold("section_652");
    assert_eq!([&selected["D1"], &selected["D2"], &selected["D3"]], ["regional", "prior_savings", "none"]);
}

#[test]
fn agreements_from_2025() {
    let selected = hold("section_662");
    // At 0.1499 nothing is left but the regional value 120; at 0.15 the population adjustment is 68.98, below it.
    assert_eq!([&selected["E1"], &selected["E2"], &selected["E3"]], ["population", "regional", "regional"]);
}

#[test]
fn the_aggregate_cap_binds_in_the_examples_of_2024() {
    let rules = Rules::load(None).unwrap();
    let tables = FactorTables::read(&example("section_652")).unwrap();
    for account in exact::settle(&tables, &rules).unwrap().iter().take(2) {
        let value = |name| account.tree.named().find(|(label, _)| label.name == name).unwrap().1;
        assert!(value("aggregate_hcc_growth") > value("aggregate_risk_cap"));
    }
}

#[test]
fn every_printed_formula_gives_its_printed_value() {
    let rules = Rules::load(None).unwrap();
    let mut steps = 0;
    for name in ["first_and_2016", "rebased_2017", "section_601", "section_652", "section_662"] {
        let tables = FactorTables::read(&example(name)).unwrap();
        for account in exact::settle(&tables, &rules).unwrap() {
            let mut names = std::collections::BTreeSet::new();
            for step in account.tree.steps() {
                assert!(names.insert(step.label), "{name}: {} is named twice", step.label);
                assert!(!step.citation.is_empty(), "{} is not cited", step.label);
                if step.origin == Origin::Step {
                    let operand =
                        |name: &str| step.inputs.iter().find(|(label, _)| label.to_string() == name).map(|(_, value)| *value);
                    assert_eq!(evaluate(&step.formula, &operand), Some(step.value), "{} = {}", step.label, step.formula);
                    steps += 1;
                }
            }
        }
    }
    assert!(steps > 1_000, "{steps}");
}

/// The recalculated benchmark: benchmark 12,000 with the prospective trend, minimum loss rate 2 percent.
#[test]
fn losses_measured_on_the_recalculated_benchmark() {
    let rules = Rules::load(None).unwrap();
    let aco = aco_2024();
    for (two_way, spent, used, outcome, generated) in [
        ("12250", "12400", true, Outcome::Losses, "-150.0000"),
        ("12500", "12400", true, Outcome::None, "0.0000"),
        ("11900", "12400", false, Outcome::Losses, "-400.0000"),
        ("12250", "12200", false, Outcome::None, "0.0000"),
    ] {
        let terms = Terms::find(&aco, &rules).unwrap();
        let mut tree = Derivation::new();
        let mut given = |name, value: &str| tree.given(name, None, value.parse().unwrap(), "test");
        let position = Position {
            benchmark: given("updated_benchmark", "12000"),
            two_way: Some((given("two_way_benchmark", two_way), "42 CFR 425.652(b)(5)")),
            person_years: Node::ONE,
            per_capita: given("per_capita_py", spent),
        };
        let settlement = settle(&terms, &position, &mut tree).unwrap();
        assert_eq!((settlement.recalculated_benchmark_used, settlement.outcome), (used, outcome), "{two_way} {spent}");
        let value = tree.named().find(|(label, _)| label.name == "generated_savings_losses").unwrap().1;
        assert_eq!(rounded(value, generated), generated);
    }
}

fn aco_2024() -> Aco {
    Aco {
        key: AcoKey::new("F1"),
        performance_year: 2025,
        performance_months: 12,
        agreement_start: "2024-01-01".parse().unwrap(),
        agreement_period: 1,
        times_regionally_adjusted: 1,
        track: Track::Basic(Level::E),
        assignment_method: AssignmentMethod::Retrospective,
        assigned_beneficiaries: 11_000,
        msr_choice: Some(MinimumRateChoice::Fixed("0.02".parse().unwrap())),
        quality_standard: QualityStandard::Met,
        quality_score: None,
        participant_revenue: Some("1000000".parse().unwrap()),
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
