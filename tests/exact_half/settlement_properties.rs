//! What holds of every settlement, whatever the ACO.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

use crate::exact;

use acobench::factors::{Aco, MinimumRateChoice, QualityStandard};
use acobench::money::Decimal;
use acobench::rules::Rules;
use acobench::rules::arrangements::{Level, Track};
use acobench::settlement::{Outcome, Terms};
use exact::{aco, number, settled_against};
use proptest::prelude::*;

const STARTS: [(&str, u16); 8] = [
    ("2014-01-01", 2016),
    ("2016-01-01", 2018),
    ("2018-01-01", 2019),
    ("2019-07-01", 2020),
    ("2020-01-01", 2021),
    ("2022-01-01", 2023),
    ("2024-01-01", 2024),
    ("2025-01-01", 2026),
];

/// Any ACO whose track existed in its year.
fn any_aco(rules: &Rules) -> impl Strategy<Value = Aco> {
    let rules = rules.clone();
    let parts = (
        prop::sample::select(STARTS.to_vec()),
        prop::sample::select(Track::ALL.to_vec()),
        500..80_000u64,
        prop::sample::select(vec!["variable", "0", "0.005", "0.01", "0.015", "0.02"]),
        prop::sample::select(vec![QualityStandard::Met, QualityStandard::Alternative, QualityStandard::NotMet]),
        0..=100u32,
        0..200_000_000i64,
        any::<(bool, bool)>(),
        prop::option::of(0..=100u32),
    );
    parts.prop_filter_map(
        "the track did not exist",
        move |(start, track, heads, choice, standard, score, revenue, flags, euc)| {
            let mut aco = aco(track, start.0, start.1);
            aco.assigned_beneficiaries = heads;
            aco.msr_choice = Some(match choice {
                "variable" => MinimumRateChoice::Variable,
                rate => MinimumRateChoice::Fixed(number(rate)),
            });
            aco.quality_standard = standard;
            aco.quality_score = Some(Decimal::new(i64::from(score), 2));
            aco.participant_revenue = Some(Decimal::from(revenue));
            aco.low_revenue = Some(flags.0);
            aco.revenue_loss_limit = Some(flags.1);
            aco.euc_share_beneficiaries = euc.map(|share| Decimal::new(i64::from(share), 2));
            aco.euc_share_year = euc.map(|_| number("0.5"));
            let existed = Terms::find(&aco, &rules).is_ok();
            existed.then_some(aco)
        },
    )
}

fn money() -> impl Strategy<Value = Decimal> {
    (5_000_000_000_i64..15_000_000_000).prop_map(|cents| Decimal::new(cents, 2))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn less_is_earned_when_more_is_spent(
        aco in any_aco(&Rules::load(None).unwrap()), benchmark in money(), two_way in prop::option::of(money()), a in money(), b in money()
    ) {
        let rules = Rules::load(None).unwrap();
        let (less, more) = (a.min(b), a.max(b));
        let first = settled_against(&aco, &rules, benchmark, two_way, less);
        let second = settled_against(&aco, &rules, benchmark, two_way, more);
        if first.settlement == second.settlement {
            prop_assert!(first.get("earned_savings_losses") >= second.get("earned_savings_losses"));
        }
    }

    #[test]
    fn no_amount_exceeds_its_limit_and_no_one_sided_aco_owes(
        aco in any_aco(&Rules::load(None).unwrap()), benchmark in money(), two_way in prop::option::of(money()), spent in money()
    ) {
        let rules = Rules::load(None).unwrap();
        let settled = settled_against(&aco, &rules, benchmark, two_way, spent);
        let earned = settled.get("earned_savings_losses");
        prop_assert!(earned <= settled.get("payment_limit"));
        let two_sided = Terms::find(&aco, &rules).unwrap().is_two_sided();
        if two_sided {
            prop_assert!(-earned <= settled.get("loss_limit"));
        } else {
            prop_assert!(earned >= Decimal::ZERO);
        }
        match settled.settlement.outcome {
            Outcome::Savings => prop_assert!(earned >= Decimal::ZERO),
            Outcome::Losses => prop_assert!(earned <= Decimal::ZERO),
            Outcome::None | Outcome::Undetermined => prop_assert!(earned.is_zero()),
        }
    }

    #[test]
    fn scaling_all_dollars_scales_all_dollars(
        aco in any_aco(&Rules::load(None).unwrap()), benchmark in money(), two_way in prop::option::of(money()), spent in money(), by in 2..50u32
    ) {
        let rules = Rules::load(None).unwrap();
        let by = Decimal::from(by);
        let mut scaled = aco.clone();
        scaled.participant_revenue = aco.participant_revenue.map(|revenue| revenue * by);
        let one = settled_against(&aco, &rules, benchmark, two_way, spent);
        let many = settled_against(&scaled, &rules, benchmark * by, two_way.map(|value| value * by), spent * by);
        prop_assert_eq!(one.settlement, many.settlement);
        for name in ["earned_savings_losses", "payment", "payment_limit", "generated_savings_losses", "minimum_savings"] {
            let gap = (one.get(name) * by - many.get(name)).abs();
            prop_assert!(gap < number("0.000001"), "{} {}", name, gap);
        }
    }
}

#[test]
fn levels_a_and_b_are_one_sided() {
    let rules = Rules::load(None).unwrap();
    for (level, two_sided) in [(Level::A, false), (Level::B, false), (Level::C, true), (Level::D, true), (Level::E, true)] {
        assert_eq!(Terms::find(&aco(Track::Basic(level), "2022-01-01", 2022), &rules).unwrap().is_two_sided(), two_sided);
    }
}
