//! Settlements the specification works out, and the corners of the arrangements.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

use crate::exact;

use acobench::factors::{AcoKey, MinimumRateChoice, QualityStandard, Termination};
use acobench::rules::arrangements::{Level, Track};
use acobench::rules::{Choice, Rules};
use acobench::settlement::{Outcome, Terms};
use exact::{aco, number, settled, settled_against};

const LEVEL_B: Track = Track::Basic(Level::B);
const LEVEL_E: Track = Track::Basic(Level::E);

fn rules() -> Rules {
    Rules::load(None).unwrap()
}

#[test]
fn level_b_shares_forty_percent_less_sequestration() {
    let mut aco = aco(LEVEL_B, "2022-01-01", 2023);
    aco.assigned_beneficiaries = 60_000;
    let met = settled(&aco, &rules(), number("500000000"), number("487000000"));
    assert_eq!(met.get("minimum_savings"), number("10000000"));
    assert_eq!(met.get("shared_before_sequestration"), number("5200000"));
    assert_eq!(met.get("earned_savings_losses"), number("5096000"));
    aco.quality_standard = QualityStandard::Alternative;
    aco.quality_score = Some(number("0.45"));
    let alternative = settled(&aco, &rules(), number("500000000"), number("487000000"));
    assert_eq!(alternative.get("final_sharing_rate"), number("0.18"));
    assert_eq!(alternative.get("payment"), number("2293200"));
}

#[test]
fn enhanced_losses_are_reduced_by_circumstances() {
    let mut aco = aco(Track::Enhanced, "2022-01-01", 2023);
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0.01")));
    aco.quality_standard = QualityStandard::NotMet;
    aco.euc_share_beneficiaries = Some(number("0.15"));
    aco.euc_share_year = Some(number("0.9"));
    let none = settled(&aco, &rules(), number("130000000"), number("132600000"));
    assert_eq!(none.get("final_loss_rate"), number("0.75"));
    assert_eq!(none.get("shared_losses_before_limit"), number("1950000"));
    assert_eq!(none.get("euc_reduction"), number("263250"));
    assert_eq!(none.get("payment"), number("-1686750"));
    aco.quality_standard = QualityStandard::Alternative;
    aco.quality_score = Some(number("0.45"));
    let alternative = settled(&aco, &rules(), number("130000000"), number("132600000"));
    assert_eq!(alternative.get("final_loss_rate"), number("0.6625"));
    assert_eq!(alternative.get("shared_losses_before_limit"), number("1722500"));
    assert_eq!(alternative.get("euc_reduction"), number("232537.5"));
    assert_eq!(alternative.get("payment"), number("-1489962.5"));
}

#[test]
fn level_e_losses_stop_at_the_lower_of_revenue_and_benchmark() {
    let mut aco = aco(LEVEL_E, "2022-01-01", 2023);
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0.01")));
    aco.participant_revenue = Some(number("13630983"));
    let settled = settled(&aco, &rules(), number("93411313"), number("103411313"));
    assert_eq!(settled.get("loss_limit_of_revenue").round_dp(0), number("1090479"));
    assert_eq!(settled.get("loss_limit_of_benchmark").round_dp(0), number("3736453"));
    assert_eq!(settled.get("owed_losses").round_dp(0), number("1090479"));
}

#[test]
fn savings_below_the_minimum_are_shared_at_half_the_rate_and_recouped() {
    let mut aco = aco(LEVEL_B, "2024-01-01", 2024);
    aco.low_revenue = Some(true);
    aco.aip_outstanding = Some(number("565455"));
    let small = settled(&aco, &rules(), number("100000000"), number("99967916"));
    assert!(small.settlement.reduced_rate);
    assert_eq!(small.settlement.outcome, Outcome::Savings);
    assert_eq!(small.get("final_sharing_rate"), number("0.2"));
    assert_eq!(small.get("earned_savings_losses"), number("6288.464"));
    assert_eq!((small.get("aip_recoupment"), small.get("payment")), (number("6288.464"), number("0")));
    let changes: [fn(&mut acobench::factors::Aco); 4] = [
        |aco| aco.low_revenue = Some(false),
        |aco| aco.assigned_beneficiaries = 4_999,
        |aco| aco.quality_standard = QualityStandard::NotMet,
        |aco| aco.agreement_start = "2023-01-01".parse().unwrap(),
    ];
    for change in changes {
        let mut other = aco.clone();
        change(&mut other);
        let other = settled(&other, &rules(), number("100000000"), number("99967916"));
        assert_eq!((other.settlement.outcome, other.get("payment")), (Outcome::None, number("0")));
    }
}

#[test]
fn the_minimum_savings_rate_runs_straight_between_the_printed_ends() {
    let mut aco = aco(LEVEL_B, "2022-01-01", 2022);
    for (heads, rate) in [
        (500, "0.122"),
        (999, "0.087"),
        (1_000, "0.087"),
        (4_999, "0.039"),
        (5_000, "0.039"),
        (5_333, "0.0380"),
        (5_999, "0.036"),
        (9_999, "0.030"),
        (12_500, "0.0285"),
        (49_999, "0.022"),
        (60_000, "0.020"),
        (328_733, "0.020"),
    ] {
        aco.assigned_beneficiaries = heads;
        let msr = settled(&aco, &rules(), number("100000000"), number("90000000")).get("msr");
        assert_eq!(msr.round_dp(4), number(rate), "{heads}");
    }
}

#[test]
fn an_aco_below_the_table_is_undetermined_and_the_choice_can_be_switched() {
    let mut aco = aco(LEVEL_B, "2022-01-01", 2022);
    aco.assigned_beneficiaries = 499;
    let small = settled(&aco, &rules(), number("1000000"), number("900000"));
    assert_eq!(small.settlement.outcome, Outcome::Undetermined);
    assert!(small.settlement.reason.is_some() && !small.has("payment"));
    let switched = Rules::load_with(None, &[Choice { name: "below_table".into(), value: "highest_rate".into() }]).unwrap();
    assert_eq!(settled(&aco, &switched, number("1000000"), number("800000")).get("msr"), number("0.122"));
}

#[test]
fn a_fixed_choice_gives_way_to_the_table_below_5000_from_july_2019() {
    for (track, start, year, half, rate) in [
        (Track::Two, "2016-01-01", 2018, None, "0.01"),
        (Track::Two, "2016-01-01", 2019, Some(1), "0.01"),
        (Track::Enhanced, "2019-07-01", 2019, Some(2), "0.0401"),
        (Track::Enhanced, "2019-07-01", 2022, None, "0.0401"),
        (Track::Two, "2014-01-01", 2016, None, "0.02"),
    ] {
        let mut aco = aco(track, start, year);
        aco.key = AcoKey { performance_half: half, ..aco.key };
        aco.performance_months = if half.is_some() { 6 } else { 12 };
        aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0.01")));
        aco.assigned_beneficiaries = 4_800;
        let msr = settled(&aco, &rules(), number("50000000"), number("50000000")).get("msr");
        assert_eq!(msr.round_dp(4), number(rate), "{track} {start} {year}");
    }
}

#[test]
fn a_gate_is_reached_at_equality() {
    let mut aco = aco(LEVEL_E, "2022-01-01", 2022);
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0.02")));
    for (spent, outcome) in [
        ("98000000", Outcome::Savings),
        ("98000000.01", Outcome::None),
        ("100000000", Outcome::None),
        ("101999999.99", Outcome::None),
        ("102000000", Outcome::Losses),
    ] {
        assert_eq!(settled(&aco, &rules(), number("100000000"), number(spent)).settlement.outcome, outcome, "{spent}");
    }
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0")));
    for (spent, outcome) in [("99999999.99", Outcome::Savings), ("100000000", Outcome::None), ("100000000.01", Outcome::Losses)] {
        assert_eq!(settled(&aco, &rules(), number("100000000"), number(spent)).settlement.outcome, outcome, "{spent}");
    }
}

#[test]
fn sharing_and_loss_rates_follow_the_quality_rule_of_their_era() {
    for (track, start, year, standard, share, loss) in [
        (Track::One, "2016-01-01", 2018, QualityStandard::Met, "0.45", None),
        (Track::Two, "2016-01-01", 2018, QualityStandard::Met, "0.54", Some("0.46")),
        (Track::Three, "2016-01-01", 2018, QualityStandard::Met, "0.675", Some("0.40")),
        (Track::Three, "2016-01-01", 2018, QualityStandard::NotMet, "0", Some("0.75")),
        (Track::OnePlus, "2018-01-01", 2018, QualityStandard::Met, "0.45", Some("0.30")),
        (Track::Enhanced, "2020-01-01", 2020, QualityStandard::Met, "0.675", Some("0.40")),
        (Track::Enhanced, "2020-01-01", 2021, QualityStandard::Met, "0.75", Some("0.40")),
        (Track::Enhanced, "2020-01-01", 2022, QualityStandard::NotMet, "0", Some("0.75")),
        (Track::Enhanced, "2022-01-01", 2023, QualityStandard::Alternative, "0.675", Some("0.40")),
        (Track::Basic(Level::C), "2022-01-01", 2022, QualityStandard::Alternative, "0", Some("0.30")),
        (Track::Basic(Level::A), "2022-01-01", 2023, QualityStandard::Alternative, "0.36", None),
    ] {
        let mut aco = aco(track, start, year);
        aco.quality_standard = standard;
        let settled = settled(&aco, &rules(), number("100000000"), number("120000000"));
        assert_eq!(settled.get("final_sharing_rate"), number(share), "{track} {year}");
        assert_eq!(settled.has("final_loss_rate").then(|| settled.get("final_loss_rate")), loss.map(number), "{track} {year}");
    }
}

#[test]
fn track_2_limits_grow_with_the_year_of_the_agreement() {
    for (start, year, share) in [
        ("2016-01-01", 2016, "5"),
        ("2016-01-01", 2017, "7.5"),
        ("2016-01-01", 2018, "10"),
        ("2012-07-01", 2013, "5"),
        ("2014-01-01", 2017, "10"),
    ] {
        let settled = settled(&aco(Track::Two, start, year), &rules(), number("100"), number("200"));
        assert_eq!(settled.get("loss_limit"), number(share), "{start} {year}");
    }
}

#[test]
fn a_half_year_is_half_the_result_of_the_whole_year() {
    let mut whole = aco(LEVEL_E, "2019-07-01", 2020);
    whole.msr_choice = Some(MinimumRateChoice::Fixed(number("0")));
    let mut half = whole.clone();
    half.performance_year = 2019;
    half.key.performance_half = Some(2);
    half.performance_months = 6;
    for spent in ["90000000", "101000000"] {
        let year = settled(&whole, &rules(), number("100000000"), number(spent)).get("earned_savings_losses");
        let part = settled(&half, &rules(), number("100000000"), number(spent)).get("earned_savings_losses");
        assert_eq!(part * number("2"), year);
        assert!(!year.is_zero());
    }
}

#[test]
fn a_termination_keeps_savings_only_at_the_end_of_the_year_and_losses_by_the_month() {
    let mut aco = aco(LEVEL_E, "2022-01-01", 2023);
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0")));
    for (kind, day, closed, savings, losses) in [
        (Termination::Voluntary, "2023-12-31", true, "4900000", "-300000"),
        (Termination::Voluntary, "2023-12-31", false, "0", "-300000"),
        (Termination::Voluntary, "2023-12-30", true, "0", "-300000"),
        (Termination::Voluntary, "2023-09-15", true, "0", "-225000"),
        (Termination::Voluntary, "2023-06-30", true, "0", "0"),
        (Termination::Involuntary, "2023-03-01", true, "0", "-75000"),
        (Termination::Involuntary, "2023-12-31", true, "0", "-300000"),
    ] {
        aco.termination = kind;
        aco.termination_date = Some(day.parse().unwrap());
        aco.closeout_complete = Some(closed);
        let saved = settled(&aco, &rules(), number("100000000"), number("90000000"));
        assert_eq!(saved.get("payment"), number(savings), "{kind} {day}");
        let lost = settled(&aco, &rules(), number("100000000"), number("101000000"));
        assert_eq!(lost.get("payment"), number(losses), "{kind} {day}");
    }
}

#[test]
fn sequestration_is_taken_before_the_limit_and_not_in_2019_and_2020() {
    let mut aco = aco(LEVEL_E, "2019-07-01", 2021);
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0")));
    for (year, spent, earned) in [
        (2021, "79000000", "10000000"),
        (2021, "80000000", "9800000"),
        (2020, "80000000", "9000000"),
        (2022, "80000000", "9800000"),
    ] {
        aco.performance_year = year;
        assert_eq!(settled(&aco, &rules(), number("100000000"), number(spent)).get("payment"), number(earned), "{year} {spent}");
    }
}

#[test]
fn advances_are_recouped_from_savings_alone_one_after_the_other() {
    let mut aco = aco(LEVEL_E, "2026-01-01", 2026);
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0")));
    aco.aip_outstanding = Some(number("4000000"));
    aco.prepaid_outstanding = Some(number("1500000"));
    let saved = settled(&aco, &rules(), number("100000000"), number("90000000"));
    assert_eq!(saved.get("earned_savings_losses"), number("4900000"));
    assert_eq!((saved.get("aip_recoupment"), saved.get("prepaid_recoupment")), (number("4000000"), number("900000")));
    assert_eq!(saved.get("payment"), number("0"));
    let lost = settled(&aco, &rules(), number("100000000"), number("101000000"));
    assert_eq!((lost.get("aip_recoupment"), lost.get("payment")), (number("0"), number("-300000")));
}

#[test]
fn the_recalculated_benchmark_can_be_tested_again() {
    let mut aco = aco(LEVEL_E, "2024-01-01", 2025);
    aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0.02")));
    let again = Rules::load_with(None, &[Choice { name: "recalculated_retest".into(), value: "yes".into() }]).unwrap();
    for (rules, outcome, payment) in [(&rules(), Outcome::Losses, "-300000"), (&again, Outcome::None, "0")] {
        let settled = settled_against(&aco, rules, number("100000000"), Some(number("102000000")), number("103000000"));
        assert!(settled.settlement.recalculated_benchmark_used);
        assert_eq!((settled.settlement.outcome, settled.get("payment")), (outcome, number(payment)));
        assert_eq!(settled.get("total_benchmark"), number("102000000"));
    }
}

#[test]
fn what_an_arrangement_needs_and_lacks_is_told_at_once() {
    let rules = rules();
    let mut wrong = aco(LEVEL_E, "2024-01-01", 2024);
    wrong.msr_choice = Some(MinimumRateChoice::Fixed(number("0.03")));
    wrong.participant_revenue = None;
    wrong.low_revenue = None;
    let told = Terms::find(&wrong, &rules).unwrap_err().to_string();
    for word in ["0.03 was never offered", "participant_revenue", "low_revenue", "A1 2024"] {
        assert!(told.contains(word), "{told}");
    }
    for (track, start, year) in [
        (Track::One, "2016-01-01", 2022),
        (LEVEL_E, "2018-01-01", 2019),
        (Track::Three, "2015-01-01", 2016),
        (Track::OnePlus, "2018-01-01", 2017),
    ] {
        let fault = Terms::find(&aco(track, start, year), &rules).unwrap_err();
        assert!(fault.exit_code() == 3 && fault.to_string().contains("column: track"), "{fault}");
    }
}
