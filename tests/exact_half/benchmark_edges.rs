//! Corners of the benchmark, reached from the worked examples by changing what leads there.

#![allow(clippy::unwrap_used)] // in a test a panic is the message

use crate::exact;

use acobench::factors::{FactorTables, FactorYear};
use acobench::money::Decimal;
use acobench::rules::{Choice, EnrollmentType, Rules};
use exact::{number, tables, with_account};

fn rules() -> Rules {
    Rules::load(None).unwrap()
}

fn switched(name: &str, value: &str) -> Rules {
    Rules::load_with(None, &[Choice { name: name.into(), value: value.into() }]).unwrap()
}

/// Sets cells of the ACO's years.
fn set(
    tables: &mut FactorTables,
    year: FactorYear,
    kind: Option<EnrollmentType>,
    change: impl Fn(&mut acobench::factors::AcoYear),
) {
    for row in &mut tables.aco_years {
        if row.year == year && kind.is_none_or(|kind| row.enrollment_type == kind) {
            change(row);
        }
    }
}

const ALL: [&str; 4] = ["ESRD", "DIS", "AGDU", "AGND"];

#[test]
fn a_net_difference_of_exactly_zero_takes_the_lower_spending_weight() {
    // The flat example has a difference of 240 in every type; two types pushed apart cancel at benchmark year 3's mix.
    let mut tables = tables("section_662", "E1");
    for row in &mut tables.aco_regions {
        let away = match row.enrollment_type {
            EnrollmentType::Esrd => number("-240") - number("40"),
            EnrollmentType::AgedNonDual => number("-240") + number("0.5"),
            _ => number("-240"),
        };
        row.regional_expenditure += away;
    }
    with_account(&tables, &rules(), |_, values| {
        assert_eq!(values.get("regional_difference"), Decimal::ZERO);
        assert_eq!(values.get("regional_weight"), number("0.50"));
        assert_eq!(values.get("regional_adjustment[ESRD]"), number("-20"));
    });
}

#[test]
fn a_type_without_people_in_benchmark_year_3_leaves_the_mix_unless_switched() {
    let mut tables = tables("section_601", "C1");
    let nobody = |row: &mut acobench::factors::AcoYear| {
        row.person_years = Decimal::ZERO;
        row.per_capita_expenditure = Decimal::ZERO;
        row.hcc_risk_score = None;
    };
    set(&mut tables, FactorYear::By3, Some(EnrollmentType::Esrd), nobody);
    tables.aco_counties.retain(|row| row.year != FactorYear::By3 || row.enrollment_type != EnrollmentType::Esrd);
    let left_out = with_account(&tables, &rules(), |account, values| {
        assert!(account.reason.is_empty());
        assert_eq!(values.find("historical_benchmark[ESRD]"), None);
        let (mut over, mut under) = (Decimal::ZERO, Decimal::ZERO);
        for kind in &ALL[1..] {
            let people = values.get(&format!("person_years_py[{kind}]"));
            over += people * values.get(&format!("updated_benchmark[{kind}]"));
            under += people;
        }
        assert_eq!(values.get("updated_benchmark"), over / under);
        values.get("updated_benchmark")
    });
    let zero = switched("type_absent_in_by3", "zero");
    with_account(&tables, &zero, |_, values| {
        // 110 of 11,000 person-years have no benchmark.
        let gap = values.get("updated_benchmark") - left_out * number("0.99");
        assert!(gap.abs() < number("0.0000000000001"), "{gap}");
    });
}

#[test]
fn a_type_without_people_in_an_earlier_year_rescales_the_weights_unless_switched() {
    let mut tables = tables("section_601", "C1");
    set(&mut tables, FactorYear::By1, Some(EnrollmentType::Disabled), |row| {
        row.person_years = Decimal::ZERO;
        row.per_capita_expenditure = Decimal::ZERO;
        row.hcc_risk_score = None;
    });
    tables.aco_counties.retain(|row| row.year != FactorYear::By1 || row.enrollment_type != EnrollmentType::Disabled);
    let partial =
        |values: &exact::Values| number("0.3") * values.get("trended_by2[DIS]") + number("0.6") * values.get("trended_by3[DIS]");
    with_account(&tables, &rules(), |_, values| {
        assert_eq!(values.find("trended_by1[DIS]"), None);
        assert_eq!(values.get("historical_before_adjustment[DIS]"), partial(values) / number("0.9"));
    });
    with_account(&tables, &switched("type_absent_in_benchmark_year", "zero"), |_, values| {
        assert_eq!(values.get("historical_before_adjustment[DIS]"), partial(values));
    });
}

#[test]
fn without_people_an_aco_is_undetermined_and_says_why() {
    let mut tables = tables("section_601", "C1");
    set(&mut tables, FactorYear::Py, None, |row| {
        row.person_years = Decimal::ZERO;
        row.per_capita_expenditure = Decimal::ZERO;
        row.hcc_risk_score = None;
    });
    with_account(&tables, &rules(), |account, _| {
        assert_eq!(account.settlement.outcome.to_string(), "undetermined");
        assert_eq!(account.reason, "no person-years in the performance year");
    });
}

#[test]
fn a_score_of_zero_makes_an_aco_undetermined_not_the_run() {
    let mut tables = tables("section_601", "C1");
    set(&mut tables, FactorYear::By2, Some(EnrollmentType::Esrd), |row| row.hcc_risk_score = Some(Decimal::ZERO));
    with_account(&tables, &rules(), |account, _| {
        assert!(account.reason.starts_with("risk_ratio_by2[ESRD] divides by zero"), "{}", account.reason);
    });
}

#[test]
fn below_the_aggregate_cap_nothing_is_capped() {
    let mut tables = tables("section_652", "D1");
    set(&mut tables, FactorYear::Py, None, |row| {
        row.hcc_risk_score = Some(number(if row.enrollment_type == EnrollmentType::Esrd { "1.30" } else { "1.00" }));
    });
    with_account(&tables, &rules(), |_, values| {
        assert!(values.get("aggregate_hcc_growth") <= values.get("aggregate_risk_cap"));
        assert!(values.get("risk_ratio[ESRD]") > values.get("aggregate_risk_cap"));
        for kind in ALL {
            assert_eq!(values.get(&format!("risk_ratio[{kind}]")), values.get(&format!("risk_ratio_uncapped[{kind}]")));
        }
    });
}

#[test]
fn above_the_aggregate_cap_a_type_that_shrinks_keeps_its_decline() {
    let mut tables = tables("section_652", "D1");
    set(&mut tables, FactorYear::Py, Some(EnrollmentType::Disabled), |row| row.hcc_risk_score = Some(number("0.90")));
    with_account(&tables, &rules(), |_, values| {
        assert!(values.get("aggregate_hcc_growth") > values.get("aggregate_risk_cap"));
        assert_eq!(values.get("risk_ratio[DIS]"), number("0.9"));
        assert_eq!(values.get("risk_ratio[AGND]"), values.get("aggregate_risk_cap"));
    });
}

#[test]
fn of_equal_adjustments_the_regional_one_is_taken_unless_switched() {
    let mut tables = tables("section_662", "E2");
    // A regional value of 120 and prior savings of half of 240.
    tables.acos[0].prior_savings = [Some(number("240")); 3];
    tables.acos[0].lis_dual_share = Some(Decimal::ZERO);
    with_account(&tables, &rules(), |account, values| {
        assert_eq!(values.get("regional_adjustment"), values.get("prior_savings_adjustment"));
        assert_eq!(account.selected.unwrap().to_string(), "regional");
    });
    with_account(&tables, &switched("adjustment_tie", "flat"), |account, _| {
        assert_eq!(account.selected.unwrap().to_string(), "prior_savings");
    });
}

#[test]
fn prior_savings_stop_at_their_cap_and_losses_give_none() {
    let mut rich = tables("section_652", "D2");
    rich.acos[0].prior_savings = [Some(number("5000")), None, Some(number("5000"))];
    with_account(&rich, &rules(), |account, values| {
        assert_eq!(values.get("prior_savings_adjustment"), values.get("prior_savings_cap"));
        assert_eq!(values.get("prior_savings_cap"), number("579.85"));
        assert_eq!(account.selected.unwrap().to_string(), "prior_savings");
    });
    let mut poor = rich.clone();
    poor.acos[0].prior_savings = [Some(number("500")), Some(number("-900")), Some(number("300"))];
    with_account(&poor, &rules(), |account, values| {
        assert_eq!(values.get("prior_savings_adjustment"), Decimal::ZERO);
        assert_eq!(account.selected.unwrap().to_string(), "regional");
    });
}

#[test]
fn a_year_not_reconciled_counts_as_no_savings_and_its_person_years_by_choice() {
    let mut tables = tables("section_652", "D2");
    tables.acos[0].prior_savings = [Some(number("900")), None, Some(number("900"))];
    tables.acos[0].prior_person_years = [Some(number("6000")), None, Some(number("6000"))];
    with_account(&tables, &rules(), |_, values| {
        assert_eq!(values.get("prior_savings_average"), number("600"));
        assert_eq!(values.get("prior_person_years_average"), number("6000"));
    });
    with_account(&tables, &switched("unreconciled_person_years", "three_years"), |_, values| {
        assert_eq!(values.get("prior_person_years_average"), number("4000"));
    });
}

#[test]
fn the_offset_stays_between_zero_and_one() {
    for (duals, score, factor) in [("1", "1.00", "1"), ("0", "0.80", "0")] {
        let mut tables = tables("section_652", "D3");
        tables.acos[0].dual_share_by3 = Some(number(duals));
        for year in [FactorYear::By1, FactorYear::By2, FactorYear::By3] {
            set(&mut tables, year, None, |row| row.hcc_risk_score = Some(number(score)));
        }
        with_account(&tables, &rules(), |_, values| {
            assert_eq!(values.get("offset_factor"), number(factor));
            for kind in ALL {
                let capped = values.get(&format!("regional_adjustment_capped[{kind}]"));
                assert!(capped < Decimal::ZERO);
                let left = if factor == "1" { Decimal::ZERO } else { capped };
                assert_eq!(values.get(&format!("regional_adjustment_offset[{kind}]")), left);
            }
        });
    }
}

#[test]
fn moving_between_counties_of_constant_cost_moves_the_trend() {
    let mut tables = tables("section_601", "C1");
    let costs: Vec<_> = tables
        .counties
        .iter()
        .filter(|row| row.calendar_year == 2021)
        .map(|row| (row.county.clone(), row.enrollment_type, row.per_capita_expenditure))
        .collect();
    for row in &mut tables.counties {
        let (_, _, cost) = costs.iter().find(|(county, kind, _)| *county == row.county && *kind == row.enrollment_type).unwrap();
        row.per_capita_expenditure = *cost;
        row.hcc_risk_score = Some(Decimal::ONE);
    }
    with_account(&tables, &rules(), |_, values| {
        assert_eq!(values.get("regional_trend_by1[AGND]"), Decimal::ONE);
        // 70/30 between the counties in the performance year, 75/25 before.
        assert_eq!(values.get("regional_update_factor[AGND]"), number("11230") / number("11275"));
    });
}

#[test]
fn with_the_whole_market_the_regional_risk_cap_never_binds() {
    let mut tables = tables("section_652", "D1");
    tables.aco_regions = tables.regions(&rules()).unwrap();
    tables.counties.clear();
    tables.aco_counties.clear();
    for row in tables.aco_regions.iter_mut().filter(|row| row.year == FactorYear::Py) {
        row.national_weight = Some(Decimal::ONE);
        row.regional_hcc_score = row.regional_hcc_score.map(|score| score * number("1.2"));
    }
    with_account(&tables, &rules(), |_, values| {
        assert_eq!(values.get("aggregate_market_share"), Decimal::ONE);
        for kind in ALL {
            let growth = values.get(&format!("regional_hcc_growth[{kind}]"));
            let factor = values.get(&format!("regional_cap_factor[{kind}]"));
            assert!(factor == Decimal::ONE || growth <= values.get("aggregate_regional_hcc_growth"), "{kind} {factor}");
        }
        let gap = values.get("regional_risk_cap") - values.get("aggregate_regional_hcc_growth");
        assert!(gap.abs() < number("0.000000000000000000000001"), "{gap}");
    });
}

#[test]
fn the_prospective_trend_weighs_a_sixth_in_2024_and_a_third_after() {
    let mut tables = tables("section_652", "D1");
    with_account(&tables, &rules(), |_, values| assert_eq!(values.get("acpt_weight").round_dp(6), number("0.333333")));
    let mut more = Vec::new();
    for row in &tables.national {
        more.push(acobench::factors::National { calendar_year: 2024, ..row.clone() });
    }
    tables.national.extend(more.into_iter().take(4));
    tables.counties.iter_mut().filter(|row| row.calendar_year == 2025).for_each(|row| row.calendar_year = 2024);
    tables.acpt.iter_mut().for_each(|row| row.performance_year = 2024);
    tables.acos[0].performance_year = 2024;
    with_account(&tables, &rules(), |_, values| assert_eq!(values.get("acpt_weight").round_dp(6), number("0.166667")));
}

#[test]
fn the_specifications_risk_ratios() {
    let mut tables = tables("section_601", "C1");
    let scores = [("1.031", "1.054"), ("1.123", "1.074"), ("0.987", "1.046"), ("1.025", "1.001")];
    for (kind, (before, after)) in EnrollmentType::ALL.into_iter().zip(scores) {
        set(&mut tables, FactorYear::By3, Some(kind), |row| row.hcc_risk_score = Some(number(before)));
        set(&mut tables, FactorYear::Py, Some(kind), |row| row.hcc_risk_score = Some(number(after)));
    }
    with_account(&tables, &rules(), |_, values| {
        let ratios = ALL.map(|kind| values.get(&format!("risk_ratio[{kind}]")).round_dp(3));
        assert_eq!(ratios, ["1.022", "0.956", "1.030", "0.977"].map(number));
        assert_eq!(values.get("risk_ratio_uncapped[AGDU]").round_dp(3), number("1.060"));
    });
}

#[test]
fn the_specifications_trend() {
    let mut tables = tables("section_601", "C1");
    for row in &mut tables.aco_counties {
        row.person_years = number(if row.county == "01001" { "9000" } else { "2000" });
    }
    for row in &mut tables.counties {
        row.person_years = number(if row.county == "01001" { "10000" } else { "12000" });
        row.per_capita_expenditure = number(if row.calendar_year == 2021 { "13000" } else { "12000" });
        row.hcc_risk_score = Some(Decimal::ONE);
    }
    for row in &mut tables.national {
        row.per_capita_expenditure = number(if row.calendar_year == 2021 { "19229" } else { "18354" });
    }
    with_account(&tables, &rules(), |_, values| {
        assert_eq!(values.get("national_weight_by3[AGDU]").round_dp(6), number("0.766667"));
        assert_eq!(values.get("trend_by2[AGDU]").round_dp(6), number("1.055994"));
    });
}

#[test]
fn scaling_every_dollar_scales_every_benchmark() {
    for (name, aco) in
        [("first_and_2016", "A1"), ("rebased_2017", "B1"), ("section_601", "C1"), ("section_652", "D2"), ("section_662", "E1")]
    {
        let one = tables(name, aco);
        let mut two = one.clone();
        let by = number("2");
        two.aco_years.iter_mut().for_each(|row| row.per_capita_expenditure *= by);
        two.aco_regions.iter_mut().for_each(|row| row.regional_expenditure *= by);
        two.counties.iter_mut().for_each(|row| row.per_capita_expenditure *= by);
        for row in &mut two.national {
            row.per_capita_expenditure *= by;
            row.truncated_per_capita = row.truncated_per_capita.map(|value| value * by);
        }
        for savings in two.acos[0].prior_savings.iter_mut().flatten() {
            *savings *= by;
        }
        let single = with_account(&one, &rules(), |_, values| values.get("updated_benchmark"));
        let double = with_account(&two, &rules(), |_, values| values.get("updated_benchmark"));
        assert!((single * by - double).abs() < number("0.000000000000000001"), "{name}: {single} {double}");
    }
}

#[test]
fn the_other_readings_of_2016_can_be_switched_on() {
    let renewal = tables("first_and_2016", "A2");
    for (name, value, amount) in [
        ("prior_savings_sharing_rate", "omit", "89.4737"),
        ("prior_savings_limit", "omit", "31.0000"),
        ("prior_savings_limit", "mean_person_years", "27.7368"),
    ] {
        with_account(&renewal, &switched(name, value), |_, values| {
            assert_eq!(values.get("prior_savings_adjustment").round_dp(4), number(amount), "{name}={value}");
        });
    }
    let first = tables("first_and_2016", "A1");
    let base = with_account(&first, &rules(), |_, values| values.get("updated_benchmark"));
    for (name, value) in [("flat_dollar_order", "update_first"), ("newly_assigned_blend", "continuously_assigned")] {
        assert_ne!(with_account(&first, &switched(name, value), |_, values| values.get("updated_benchmark")), base, "{name}");
    }
}
