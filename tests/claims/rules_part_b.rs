//! Each rule of expenditures (42 CFR 425.601(a)(1)-(4), 425.605(a), 425.611, 425.670; methodology specifications, section 3), on
//! an extract of a few people made for it. The table of rules and tests is `docs/tested-rules.md`.
#![allow(clippy::unwrap_used)]

use crate::tiny;

use tiny::Tiny;

/// An ACO whose one person `p1` is enrolled in both parts, aged and not dual, all year.
fn one_person(year: u16) -> Tiny {
    let mut tiny = Tiny::new(year);
    tiny.aco("A1", &["T1"], "");
    tiny.whole("p1").visit("p1", &format!("{year}-01-05"), "T1", "30", "");
    tiny
}

/// Cents that count of `p1`, who is everybody that has any.
fn counted(tiny: &Tiny) -> i128 {
    tiny.run().everybody(tiny.year, "AGND").0
}

#[test]
fn seven_kinds_of_claims_count_and_no_other_type() {
    let mut tiny = one_person(2022);
    for (claim_type, paid) in [(10, "1"), (20, "2"), (30, "4"), (40, "8"), (50, "16"), (60, "32")] {
        tiny.claim("p1", claim_type, "2022-02-02", paid, "");
    }
    for claim_type in [61, 62, 63, 64] {
        tiny.claim("p1", claim_type, "2022-02-02", "1000", "");
    }
    for (claim_type, paid) in [(71, "64"), (72, "128"), (81, "256"), (82, "512")] {
        tiny.line("p1", "2022-02-02", paid, &format!("claim_type={claim_type}"));
    }
    // Revenue lines carry no money: the header does.
    tiny.line("p1", "2022-02-02", "1000", "claim_type=40");
    let found = tiny.run();
    let part = |column: &str| found.sum("A1", 2022, "AGND", column);
    assert_eq!(part("total"), 102_300);
    let parts = ["home_health", "skilled_nursing", "outpatient", "hospice", "inpatient", "carrier", "dme"].map(part);
    assert_eq!(parts, [100, 600, 800, 1_600, 3_200, 19_200, 76_800]);
}

#[test]
fn institutional_claims_are_denied_by_a_reason_and_outpatient_and_home_health_by_religious_institutions_too() {
    let mut tiny = one_person(2022);
    for (at, more) in
        ["", "non_payment_reason=~", "non_payment_reason=N", "facility_type=4", "facility_type=~5", "facility_type=8"]
            .into_iter()
            .enumerate()
    {
        for (kind, claim_type) in [40, 10, 50].into_iter().enumerate() {
            tiny.claim("p1", claim_type, "2022-02-02", &(1u64 << (at * 3 + kind)).to_string(), more);
        }
    }
    // Of the six, outpatient (bits 0, 3, 6, ...) and home health (1, 4, 7, ...) keep the first two and the last, hospice (2, 5, ...)
    // all but the third.
    let kept = |kind: u32, cases: &[u32]| cases.iter().map(|at| 1i128 << (at * 3 + kind)).sum::<i128>();
    assert_eq!(counted(&tiny), 100 * (kept(0, &[0, 1, 5]) + kept(1, &[0, 1, 5]) + kept(2, &[0, 1, 3, 4, 5])));
}

#[test]
fn carrier_and_dme_lines_are_denied_by_the_claims_code_or_the_lines_indicator() {
    let mut tiny = one_person(2022);
    for (claim_type, unit) in [(71, 1u64), (82, 10_000)] {
        for (more, paid) in [
            ("", 1),
            ("claim_denial=1 processing_indicator=A", 2),
            ("claim_denial=C processing_indicator=R", 4),
            ("claim_denial=Z processing_indicator=S", 8),
            ("claim_denial=0", 1_000),
            ("claim_denial=~D", 1_000),
            ("claim_denial=Y", 1_000),
            ("processing_indicator=B", 1_000),
        ] {
            tiny.line("p1", "2022-02-02", &(paid * unit).to_string(), &format!("claim_type={claim_type} {more}"));
        }
    }
    assert_eq!(counted(&tiny), 100 * 15 * 10_001);
}

#[test]
fn a_payment_belongs_to_the_type_of_the_month_of_its_through_date_or_the_lines_last_day() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "");
    tiny.person("p1", 2022, "144433322290", "");
    tiny.claim("p1", 60, "2022-04-30", "100", "from_date=2022-01-01").claim("p1", 40, "2022-05-01", "10", "from_date=2022-04-01");
    tiny.line("p1", "2022-08-15", "7", "first_date=2022-01-01").line("p1", "2022-01-31", "3", "");
    tiny.claim("p1", 50, "2023-01-01", "1000", "from_date=2022-12-01");
    // A month in a plan and one of no enrollment take no payment.
    tiny.line("p1", "2022-11-15", "1000", "").line("p1", "2022-12-15", "1000", "");
    let found = tiny.run();
    let of = |kind: &str| found.everybody(2022, kind);
    // `zz` adds twelve months and no payment.
    assert_eq!((of("AGND"), of("AGDU"), of("DIS"), of("ESRD")), ((10_000, 15), (1_000, 3), (700, 3), (300, 1)));
}

#[test]
fn teaching_disproportionate_share_and_uncompensated_care_leave_inpatient_claims_but_not_marylands() {
    let all = "ime_operating_amt=1 dsh_operating_amt=2 ime_capital_amt=4 dsh_capital_amt=8 uncompensated_care_amt=16";
    for (claim_type, ccn, left) in [(60, "360001", 969), (60, "210001", 1_000), (60, "800001", 1_000), (40, "360001", 1_000)] {
        let mut tiny = one_person(2022);
        tiny.claim("p1", claim_type, "2022-02-02", "1000", &format!("ccn={ccn} {all}"));
        assert_eq!(counted(&tiny), left * 100, "{claim_type} {ccn}");
    }
}

#[test]
fn the_supplement_of_ihs_and_puerto_rico_hospitals_leaves_from_2023() {
    for (year, left) in [(2022, 1_000), (2023, 900)] {
        let mut tiny = one_person(year);
        tiny.claim("p1", 60, &format!("{year}-02-02"), "1000", "ccn=400001 ihs_pr_supplement_amt=100");
        assert_eq!(counted(&tiny), left * 100, "{year}");
    }
}

#[test]
fn sequestration_is_added_back_as_given_else_by_the_date() {
    for (day, paid, cents) in [
        ("2013-03-31", "98", 9_800),
        ("2013-04-01", "98", 10_000),
        ("2020-04-30", "98", 10_000),
        ("2020-05-01", "98", 9_800),
        ("2022-03-31", "98", 9_800),
        ("2022-04-01", "99", 10_000),
        ("2022-06-30", "0.50", 51), // 50 / 0.99 = 50.505... cents
        ("2022-07-01", "98", 10_000),
        ("2022-07-01", "-98", -10_000),
    ] {
        let year: u16 = day[..4].parse().unwrap();
        let mut tiny = one_person(year);
        let id = if year < 2016 { "L9" } else { "L8" };
        tiny.put("claim_line", format!("bene_id=p1 claim_id={id} line_num=1 claim_type=71 last_date={day} payment_amt={paid}"));
        assert_eq!(counted(&tiny), cents, "{day} {paid}");
    }
    let mut tiny = one_person(2022);
    tiny.line("p1", "2022-07-03", "98", "sequestration_amt=3").claim("p1", 40, "2022-07-03", "98", "sequestration_amt=4");
    assert_eq!(counted(&tiny), 20_300);
}

#[test]
fn reductions_for_population_based_payments_are_added_back() {
    let mut tiny = one_person(2022);
    tiny.claim("p1", 40, "2022-02-02", "10", "pbp_reduction_amt=1").line("p1", "2022-02-02", "20", "pbp_reduction_amt=2");
    assert_eq!(counted(&tiny), 3_300);
}

#[test]
fn payments_outside_claims_count_and_from_2018_final_ones_alone() {
    for (year, cents) in [(2017, 300), (2018, 100)] {
        let mut tiny = one_person(year);
        for (amount, last) in [(1, "yes"), (2, "no")] {
            tiny.put(
                "non_claims_payment",
                format!("bene_id=p1 payment_date={year}-05-01 payment_amt={amount} final_payment={last}"),
            );
        }
        assert_eq!(counted(&tiny), cents, "{year}");
    }
}

#[test]
fn negative_payments_are_kept() {
    let mut tiny = one_person(2022);
    tiny.claim("p1", 60, "2022-02-02", "-50", "").line("p1", "2022-02-02", "20", "");
    assert_eq!(counted(&tiny), -3_000);
}

#[test]
fn an_episode_of_covid_19_takes_payments_and_months_from_admission_through_the_month_after_discharge() {
    let stay = "ccn=360001 admission_date=2022-02-25 discharge_date=2022-03-02 covid_u071=yes";
    for (more, months, cents) in [
        (stay, 9, 100), // February, March and April are gone, and May's dollar is left
        ("ccn=364000 admission_date=2022-02-25 discharge_date=2022-03-02 covid_u071=yes", 12, 10_300),
        ("ccn=360001 admission_date=2022-02-25 discharge_date=2022-03-02 covid_b9729=yes", 12, 10_300),
        ("ccn=360001 admission_date=2022-02-25 discharge_date=2022-03-02 covid_u071=yes covid_no_positive_test=yes", 12, 10_300),
        ("ccn=360001 discharge_date=2022-03-02 covid_u071=yes", 12, 10_300),
        ("ccn=36T001 admission_date=2022-02-25 discharge_date=2022-03-02 covid_u071=yes", 9, 100),
        ("ccn=361300 admission_date=2022-02-25 discharge_date=2022-03-02 covid_u071=yes", 9, 100),
    ] {
        let mut tiny = one_person(2022);
        for month in ["02", "03", "05"] {
            tiny.line("p1", &format!("2022-{month}-10"), "1", "");
        }
        tiny.claim("p1", 60, "2022-03-02", "100", more);
        let found = tiny.run();
        // The months of `p1` beside the twelve of `zz`.
        assert_eq!(found.everybody(2022, "AGND"), (cents, months + 12), "{more}");
        assert_eq!(found.homes(2022), "p1>A1", "an episode does not touch enrollment");
    }
}

#[test]
fn episodes_begin_by_diagnosis_of_their_days() {
    for (admitted, discharged, diagnosis, taken) in [
        ("2020-01-27", "2020-01-27", "covid_b9729", true),
        ("2020-03-20", "2020-04-01", "covid_b9729", false),
        ("2020-03-20", "2020-04-01", "covid_u071", true),
        ("2020-03-20", "2020-03-31", "covid_u071", false),
        ("2023-05-01", "2023-05-11", "covid_u071", true),
        ("2023-05-12", "2023-05-20", "covid_u071", false),
    ] {
        for ccn in ["360001", "361300"] {
            assert_eq!(in_episode(ccn, admitted, discharged, diagnosis), taken, "{ccn} {admitted} {discharged} {diagnosis}");
        }
    }
}

#[test]
fn episodes_lie_in_the_emergency_by_discharge_under_prospective_payment_and_by_admission_elsewhere() {
    // A short-term hospital; one of Maryland, a critical access hospital, a long-term one, a rehabilitation unit.
    for (ccn, by_discharge) in [("360001", true), ("210001", false), ("361300", false), ("362000", false), ("36T001", false)] {
        assert_eq!(in_episode(ccn, "2020-01-20", "2020-01-27", "covid_b9729"), by_discharge, "{ccn}");
        assert_eq!(in_episode(ccn, "2023-05-11", "2023-05-12", "covid_u071"), !by_discharge, "{ccn}");
    }
}

/// Whether a stay's own payment is gone.
fn in_episode(ccn: &str, admitted: &str, discharged: &str, diagnosis: &str) -> bool {
    let mut tiny = one_person(admitted[..4].parse().unwrap());
    let days = format!("ccn={ccn} admission_date={admitted} discharge_date={discharged} {diagnosis}=yes");
    tiny.claim("p1", 60, discharged, "100", &days);
    counted(&tiny) == 0
}

#[test]
fn anomalous_catheters_leave_dme_claims_of_2023_as_performance_or_benchmark_year() {
    for (claim_type, hcpcs, day, left) in [
        (72, "A4352", "2023-05-05", 0),
        (82, "A4353", "2023-05-05", 0),
        (82, "A4351", "2023-05-05", 10_000),
        (71, "A4352", "2023-05-05", 10_000),
        (81, "A4352", "2023-05-05", 10_000),
    ] {
        let mut tiny = one_person(2023);
        tiny.line("p1", day, "100", &format!("claim_type={claim_type} hcpcs={hcpcs}"));
        assert_eq!(counted(&tiny), left, "{claim_type} {hcpcs}");
    }
    let mut tiny = one_person(2024);
    tiny.person("p1", 2023, "444444444444", "").line("p1", "2023-05-05", "100", "claim_type=82 hcpcs=A4352");
    tiny.line("p1", "2024-05-05", "7", "claim_type=82 hcpcs=A4352");
    let found = tiny.run();
    assert_eq!((found.everybody(2023, "AGND").0, found.everybody(2024, "AGND").0), (0, 700));
}

#[test]
fn claims_processed_after_march_of_the_next_year_are_left_out() {
    let mut tiny = one_person(2022);
    for (processed, paid) in [("2023-03-31", "1"), ("2023-04-01", "1000")] {
        tiny.line("p1", "2022-12-31", paid, &format!("processed_date={processed}"));
        tiny.claim("p1", 40, "2022-01-01", paid, &format!("processed_date={processed}"));
    }
    tiny.line("p1", "2022-12-31", "4", ""); // not known when: counts
    assert_eq!(counted(&tiny), 600);
}

#[test]
fn months_count_for_one_type_each_and_person_years_are_months_over_twelve() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "");
    tiny.person("p1", 2022, "112223333000", "").visit("p1", "2022-01-05", "T1", "30", "");
    let found = tiny.run();
    let months = ["ESRD", "DIS", "AGDU"].map(|kind| found.sum("A1", 2022, kind, "months"));
    assert_eq!(months, [2, 3, 4]);
    let years = |kind: &str| {
        let key = [("aco_id", "A1"), ("year", "PY"), ("enrollment_type", kind)];
        found.cell("factors/aco_year.csv", &key, "person_years")
    };
    assert_eq!((years("DIS"), years("AGND")), ("0.25".to_string(), "0".to_string()));
    assert!(years("ESRD").starts_with("0.1666666666666666"), "{}", years("ESRD"));
}

/// A hundred assignable people who cost 1 to 100 dollars each, and others of whom nobody is assignable.
fn a_hundred(year: u16, more: &[(&str, &str, &str)]) -> Tiny {
    let mut tiny = Tiny::new(year);
    tiny.aco("A1", &["T1"], "");
    let day = format!("{year}-05-05");
    for dollars in 1..=100 {
        let bene = format!("h{dollars:03}");
        tiny.whole(&bene).visit(&bene, &day, "X1", "30", "").line(&bene, &day, &dollars.to_string(), "");
    }
    for (bene, status, paid) in more {
        tiny.person(bene, year, status, "").line(bene, &day, paid, "");
    }
    tiny
}

#[test]
fn the_threshold_is_the_nearest_rank_of_annualised_uncompleted_dollars_of_the_assignable() {
    assert_eq!(a_hundred(2022, &[]).run().threshold(2022, "AGND"), "99.00");
    // One of the hundred and first rank for six months: 120 a year; ceil(99.99) is the hundredth.
    let mut tiny = a_hundred(2022, &[("part", "444444000000", "60")]);
    tiny.visit("part", "2022-05-05", "X1", "30", "");
    assert_eq!(tiny.run().threshold(2022, "AGND"), "100.00");
    // Not assignable: the rank stays.
    assert_eq!(a_hundred(2022, &[("dear", "444444444444", "9999")]).run().threshold(2022, "AGND"), "99.00");
}

#[test]
fn the_nation_is_all_fee_for_service_before_2017_and_the_assignable_from_2017() {
    // Everybody in fee-for-service adds `zz`, who costs nothing, and the dear one: of 102 the hundred and first costs 100.
    for (year, threshold, population) in [(2016, "100.00", "all_ffs"), (2017, "99.00", "assignable")] {
        let found = a_hundred(year, &[("dear", "444444444444", "9999")]).run();
        assert_eq!(found.threshold(year, "AGND"), threshold, "{year}");
        assert_eq!(found.cell("factors/national.csv", &[("calendar_year", &year.to_string())], "population"), population);
    }
}

#[test]
fn agreements_of_2014_to_2016_are_restated_to_the_assignable_in_2017_beside_those_begun_then() {
    // 42 CFR 425.602(a)(4)(ii), (a)(5)(ii): the split is at performance year 2017 whatever the start, so one run holds one nation.
    let starts = acobench::rules::Rules::load(None).unwrap();
    for (start, first, last) in [(2015, 2015, 2017), (2016, 2016, 2018), (2017, 2017, 2019)] {
        for year in first..=last {
            let by_the_law = if start < 2017 && year < 2017 { "all_ffs" } else { "assignable" };
            assert_eq!(starts.regimes.national_population.at(year).unwrap().value.name(), by_the_law, "{start} {year}");
        }
    }
    let mut tiny = a_hundred(2017, &[("dear", "444444444444", "9999")]);
    tiny.aco("B2", &["U1"], "agreement_start=2015-01-01").aco("C3", &["V1"], "agreement_start=2016-01-01");
    let found = tiny.run();
    assert_eq!(found.threshold(2017, "AGND"), "99.00");
    let rows = tiny::records(&found.out.join("factors/national.csv"));
    assert!(rows.iter().all(|row| row["population"] == "assignable"), "benchmark years too");
    let years: Vec<_> =
        rows.iter().filter(|row| row["enrollment_type"] == "AGND").map(|row| row["calendar_year"].as_str()).collect();
    assert_eq!(years, ["2012", "2013", "2014", "2015", "2016", "2017"], "the benchmark years of every start");
}

#[test]
fn expenditures_are_truncated_both_ways_then_completed_then_weighted() {
    // The threshold is 99 dollars a year: in six months 49.50 count, completed by 1.013.
    let mut tiny = a_hundred(2022, &[]);
    for (bene, paid, status) in [("dear", "5000", "444444000000"), ("owes", "-5000", "444000000000")] {
        tiny.person(bene, 2022, status, "").visit(bene, "2022-01-05", "T1", "30", "").line(bene, "2022-01-05", paid, "");
    }
    tiny.options = ["--thresholds", "tests/data/threshold_99.csv"].map(String::from).to_vec();
    let found = tiny.run();
    // 12 times 49.50 and 12 times -24.75.
    assert_eq!(found.sum("A1", 2022, "AGND", "capped12"), 59_400 - 29_700);
    assert_eq!(found.sum("A1", 2022, "AGND", "capped_people"), 2);
    let per_capita = found.cell(
        "factors/aco_year.csv",
        &[("aco_id", "A1"), ("year", "PY"), ("enrollment_type", "AGND")],
        "per_capita_expenditure",
    );
    // (49.50 - 24.75) * 1.013 over nine twelfths of a year.
    assert_eq!(per_capita, "33.429");
}

#[test]
fn scores_are_means_by_months_renormalised_by_type_over_the_assignable() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "");
    for (bene, status, tin, score) in
        [("mine", "444444444444", "T1", 2), ("half", "444444000000", "T1", 1), ("theirs", "444444444444", "X1", 1)]
    {
        tiny.person(bene, 2022, status, "").visit(bene, "2022-01-05", tin, "30", "");
        tiny.put("risk_score", format!("bene_id={bene} year=2022 hcc_version=V24 score_agnd={score} demographic_agnd=1"));
    }
    let found = tiny.run();
    let score =
        found.cell("factors/aco_year.csv", &[("aco_id", "A1"), ("year", "PY"), ("enrollment_type", "AGND")], "hcc_risk_score");
    // (2 * 12 + 1 * 6) / 18 over (2 * 12 + 6 + 12) / 30: 25/21.
    assert!(score.starts_with("1.190476190476190476"), "{score}");
}

#[test]
fn participant_revenue_is_untruncated_of_everybody_with_supplements_and_without_sequestration() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1", "360001"], "");
    tiny.whole("p1").whole("p2").visit("p1", "2022-01-05", "T1", "30", "");
    tiny.line("p1", "2022-08-08", "98", "tin=T1 sequestration_amt=2 pbp_reduction_amt=5").line(
        "p2",
        "2022-08-08",
        "10",
        "tin=T1",
    );
    tiny.claim("p2", 60, "2022-02-02", "1000", "ccn=360001 ime_operating_amt=400").line("p2", "2022-08-08", "7", "tin=X1");
    tiny.line("p2", "2022-08-08", "7", "tin=T1 claim_denial=0").line("p2", "2021-08-08", "7", "tin=T1");
    let found = tiny.run();
    // (98 + 5 + 10 + 1000) * 1.013
    assert_eq!(found.cell("factors/aco.csv", &[("aco_id", "A1")], "participant_revenue"), "1127.469");
}

#[test]
fn participant_revenue_holds_final_payments_outside_claims_where_it_is_known_who_was_paid() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "").whole("p1").visit("p1", "2022-01-05", "T1", "30", "");
    for (day, amount, more) in [
        ("2022-05-05", "100", "final_payment=yes tin=T1"),
        ("2022-05-05", "1000", "final_payment=no tin=T1"),
        ("2022-05-05", "1000", "final_payment=yes tin=X1"),
        ("2022-05-05", "1000", "final_payment=yes"),
        ("2021-05-05", "1000", "final_payment=yes tin=T1"),
    ] {
        tiny.put("non_claims_payment", format!("bene_id=p1 payment_date={day} payment_amt={amount} {more}"));
    }
    assert_eq!(tiny.run().cell("factors/aco.csv", &[("aco_id", "A1")], "participant_revenue"), "101.3");
}

#[test]
fn an_aco_is_low_revenue_below_thirty_five_percent_of_its_peoples_expenditures() {
    for (paid, low) in [("34.99", "yes"), ("35", "no")] {
        let mut tiny = Tiny::new(2022);
        tiny.aco("A1", &["T1"], "").whole("p1").visit("p1", "2022-01-05", "T1", "30", "");
        tiny.line("p1", "2022-02-02", paid, "tin=T1");
        let rest = 100.0 - paid.parse::<f64>().unwrap();
        tiny.line("p1", "2022-02-02", &format!("{rest:.2}"), "tin=X1");
        assert_eq!(tiny.run().cell("factors/aco.csv", &[("aco_id", "A1")], "low_revenue"), low, "{paid}");
    }
}

#[test]
fn low_revenue_is_told_by_truncated_expenditures_unless_switched() {
    // A hundred people of nobody set the threshold at 99 dollars; the ACO's one person costs 1,000, of which it earned 50.
    let mut tiny = a_hundred(2022, &[("dear", "444444444444", "950")]);
    tiny.visit("dear", "2022-05-05", "T1", "30", "").line("dear", "2022-05-05", "50", "tin=T1");
    tiny.options = ["--thresholds", "tests/data/threshold_99.csv"].map(String::from).to_vec();
    let low = |tiny: &Tiny| tiny.run().cell("factors/aco.csv", &[("aco_id", "A1")], "low_revenue");
    assert_eq!(low(&tiny), "no", "50 of 99");
    tiny.options.extend(["--choose", "low_revenue_expenditures=untruncated"].map(String::from));
    assert_eq!(low(&tiny), "yes", "50 of 1,000");
}

#[test]
fn counties_have_a_row_for_each_set_of_scores_where_agreements_ask_for_both() {
    let mut tiny = Tiny::new(2024);
    tiny.aco("A1", &["T1"], "agreement_start=2022-01-01").aco("A2", &["T2"], "agreement_start=2024-01-01");
    for year in 2018..=2024 {
        for (bene, tin, own, current) in [("p1", "T1", "2.0", "1.0"), ("p2", "T2", "1.0", "1.0"), ("p3", "X1", "0.0", "1.0")] {
            tiny.person(bene, year, "444444444444", if bene == "p3" { "county=39049" } else { "county=39035" });
            tiny.visit(bene, &format!("{year}-01-05"), tin, "30", "");
            for (version, score) in [("V22", own), ("V24", own), ("V24+V28", current)] {
                tiny.put(
                    "risk_score",
                    format!("bene_id={bene} year={year} hcc_version={version} score_agnd={score} demographic_agnd=1"),
                );
            }
        }
    }
    let found = tiny.run();
    let score = |scores: &str| {
        let key = [("calendar_year", "2021"), ("county", "39035"), ("enrollment_type", "AGND"), ("scores", scores)];
        found.cell("factors/county.csv", &key, "hcc_risk_score")
    };
    // (2 + 1) / 2 over the nation's mean of 1; by the performance year's model everybody is average.
    assert_eq!((score("own_year"), score("performance_year")), ("1.5".into(), "1".into()));
    let region = |aco: &str| {
        found.cell(
            "factors/aco_region.csv",
            &[("aco_id", aco), ("year", "BY3"), ("enrollment_type", "AGND")],
            "regional_hcc_score",
        )
    };
    assert_eq!((region("A1"), region("A2")), ("1.5".into(), "1".into()));
    let again = found.tables.regions(&acobench::rules::Rules::load(None).unwrap()).unwrap();
    assert_eq!(again, found.tables.aco_regions, "the county tables alone give the same regions");
}

#[test]
fn counties_are_of_the_year_end_and_weigh_by_the_acos_person_years() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "");
    for (bene, county, tin, paid) in [("p1", "39035", "T1", "1000"), ("p2", "39035", "X1", "500"), ("p3", "39049", "T1", "400")] {
        tiny.person(bene, 2022, "444444444444", &format!("county={county} county_september=39001"));
        tiny.visit(bene, "2022-01-05", tin, "30", "").line(bene, "2022-01-05", paid, "");
    }
    let found = tiny.run();
    let county = |county: &str, column: &str| {
        found.cell("factors/county.csv", &[("calendar_year", "2022"), ("county", county), ("enrollment_type", "AGND")], column)
    };
    assert_eq!((county("39035", "person_years"), county("39049", "person_years")), ("2".into(), "1".into()));
    // (1000 + 500) / 2 and 400, completed.
    assert_eq!(
        (county("39035", "per_capita_expenditure"), county("39049", "per_capita_expenditure")),
        ("759.75".into(), "405.2".into())
    );
    let region = [("aco_id", "A1"), ("year", "PY"), ("enrollment_type", "AGND")];
    assert_eq!(found.cell("factors/aco_region.csv", &region, "regional_expenditure"), "582.475");
    // Half of its people in a county of which it has a half, half in one of which it has all.
    assert_eq!(found.cell("factors/aco_region.csv", &region, "national_weight"), "0.75");
}

/// An ACO with prospective assignment whose person costs a dollar on each of some days, all told how long before the report.
fn to_date(quarter: u8) -> Tiny {
    let mut tiny = Tiny::new(2023);
    tiny.aco("A1", &["T1"], "assignment_method=prospective");
    for year in 2021..=2023 {
        tiny.person("p1", year, "444444444444", "").person("q1", year, "444444444444", "");
    }
    tiny.visit("p1", "2022-05-05", "T1", "30", "");
    // Assignable by the latest twelve months, whichever quarter ends them: of the year before, and of this one.
    tiny.visit("q1", "2022-12-31", "X1", "30", "").visit("p1", "2023-01-01", "X1", "1", "");
    tiny.options = vec!["--quarter".into(), quarter.to_string()];
    tiny
}

#[test]
fn a_quarter_ends_the_performance_year_with_seven_days_of_run_out_and_its_completion_factor() {
    for (quarter, last, run_out, late, per_capita) in [
        // Four dollars in a quarter of a year are 16 a year, times 1.349, and so on; those of three quarters, 5.3333, are
        // truncated at the threshold, which is themselves to the cent.
        (1, "2023-03-31", "2023-04-07", "2023-04-08", "21.584"),
        (2, "2023-06-30", "2023-07-07", "2023-07-08", "9.232"),
        (3, "2023-09-30", "2023-10-07", "2023-10-08", "5.88965"),
        (4, "2023-12-31", "2024-01-07", "2024-01-08", "4.288"),
    ] {
        let mut tiny = to_date(quarter);
        tiny.line("p1", "2023-01-01", "1", "").line("p1", last, "1", &format!("processed_date={run_out}"));
        tiny.claim("p1", 40, last, "2", &format!("processed_date={run_out}"));
        tiny.claim("p1", 40, last, "1000", &format!("processed_date={late}"));
        tiny.line("p1", last, "1000", &format!("processed_date={late}"));
        if quarter < 4 {
            tiny.line("p1", "2023-12-01", "1000", "");
        }
        // Not of the quarter: benchmark years keep three months of run-out.
        tiny.line("p1", "2022-12-31", "5", "processed_date=2023-03-31");
        let found = tiny.run();
        assert_eq!(found.sum("A1", 2023, "AGND", "total"), 400, "quarter {quarter}");
        assert_eq!(found.sum("A1", 2023, "AGND", "months"), i128::from(quarter) * 3, "quarter {quarter}");
        assert_eq!(found.everybody(2022, "AGND").0, 500, "quarter {quarter}");
        let key = [("aco_id", "A1"), ("year", "PY"), ("enrollment_type", "AGND")];
        assert_eq!(found.cell("factors/aco_year.csv", &key, "per_capita_expenditure"), per_capita, "quarter {quarter}");
        assert!(!found.out.join("settlement.csv").exists() && !found.out.join("benchmark.csv").exists());
        assert!(found.manifest().contains("a quarter has no updated benchmark and no settlement"));
    }
}

#[test]
fn a_quarters_assignable_are_of_the_latest_twelve_months_and_its_lists_are_pruned_to_its_end() {
    // `q1` was last seen on 31 December 2022: in the latest twelve months of quarters 1 to 3.
    for (quarter, people) in [(1, 2), (3, 2), (4, 1)] {
        assert_eq!(to_date(quarter).run().sum("*", 2023, "AGND", "people"), people, "quarter {quarter}");
    }
    for (quarter, homes) in [(2, "p1>A1"), (3, "")] {
        let mut tiny = Tiny::new(2023);
        tiny.aco("A1", &["T1"], "assignment_method=prospective");
        for year in [2021, 2022] {
            tiny.person("p1", year, "444444444444", "");
        }
        // Joins a plan in July.
        tiny.person("p1", 2023, "444444999999", "").visit("p1", "2022-05-05", "T1", "30", "").visit(
            "zz",
            "2023-01-05",
            "X1",
            "1",
            "",
        );
        tiny.options = vec!["--quarter".into(), quarter.to_string()];
        assert_eq!(tiny.run().homes(2023), homes, "quarter {quarter}");
    }
}

#[test]
fn a_quarter_of_a_retrospective_aco_is_of_the_latest_twelve_months() {
    for (quarter, first, last, run_out, late) in [
        (1, "2022-04-01", "2023-03-31", "2023-04-07", "2023-04-08"),
        (2, "2022-07-01", "2023-06-30", "2023-07-07", "2023-07-08"),
        (3, "2022-10-01", "2023-09-30", "2023-10-07", "2023-10-08"),
        (4, "2023-01-01", "2023-12-31", "2024-01-07", "2024-01-08"),
    ] {
        let before = |day: &str| day.parse::<jiff::civil::Date>().unwrap().yesterday().unwrap().to_string();
        let mut tiny = Tiny::new(2023);
        tiny.aco("A1", &["T1"], "");
        for bene in ["p1", "early", "late", "left"] {
            tiny.person(bene, 2022, "444444444444", "");
        }
        // Disabled in the months of the year before that count, and a plan in those that do not; the other way for who left.
        let months = usize::try_from(quarter).unwrap() * 3;
        let status = |own: &str, other: &str| own.repeat(months) + &other.repeat(12 - months);
        tiny.person("mixed", 2022, &status("9", "2"), "").person("mixed", 2023, &status("4", "9"), "");
        tiny.person("p1", 2023, "444444444444", "").person("early", 2023, "444444444444", "");
        tiny.person("late", 2023, "444444444444", "").person("left", 2023, &status("9", "4"), "");
        tiny.visit("p1", first, "T1", "30", "").visit("mixed", last, "T1", "30", "").visit("left", first, "T1", "30", "");
        tiny.visit("early", &before(first), "T1", "30", "");
        tiny.visit("late", last, "T1", "30", &format!("processed_date={late}"));
        for (day, paid) in [(first, "1"), (last, "2"), (&before(first), "1000")] {
            tiny.line("p1", day, paid, &format!("tin=T1 processed_date={run_out}"));
            tiny.claim("p1", 40, day, paid, "").line("p1", day, paid, &format!("tin=T1 processed_date={late}"));
        }
        tiny.put("non_claims_payment", format!("bene_id=p1 payment_date={first} payment_amt=10 final_payment=yes tin=T1"));
        tiny.line("mixed", first, "5", "");
        tiny.options = vec!["--quarter".into(), quarter.to_string()];
        let found = tiny.run();
        assert_eq!(found.homes(2023), "mixed>A1 p1>A1", "quarter {quarter}");
        let sum = |kind: &str, column: &str| found.sum("A1", 2023, kind, column);
        assert_eq!(
            (sum("AGND", "total"), sum("AGND", "months")),
            (1_600 + if quarter == 4 { 500 } else { 0 }, 12 + months as i128)
        );
        if quarter < 4 {
            assert_eq!((sum("DIS", "total"), sum("DIS", "months")), (500, 12 - months as i128), "quarter {quarter}");
        }
        // The year before stands for itself too: every dollar processed by March.
        let own: i128 = [first, &before(first)]
            .iter()
            .filter(|day| day.starts_with("2022"))
            .map(|day| if *day == first { 1 } else { 1_000 })
            .sum();
        let in_time = |day: &str| i128::from(day <= "2023-03-31");
        let counted = own * (1 + in_time(run_out) + in_time(late)) + if quarter < 4 { 5 + 10 } else { 0 };
        let year_before = ["AGND", "DIS"].map(|kind| found.everybody(2022, kind).0).iter().sum::<i128>();
        assert_eq!(year_before, counted * 100, "quarter {quarter}");
        // Revenue of the same months: three dollars in time, and ten outside claims.
        let aco = |column: &str| found.cell("factors/aco.csv", &[("aco_id", "A1")], column);
        assert_eq!(aco("participant_revenue"), "13.936", "quarter {quarter}");
        assert!(found.manifest().contains("1.072") && !found.out.join("settlement.csv").exists());
    }
}

#[test]
fn an_episode_takes_its_months_from_the_latest_twelve_and_from_their_own_year() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "agreement_start=2022-01-01");
    tiny.person("p1", 2021, "444444444444", "").person("p1", 2022, "444444444444", "");
    tiny.visit("p1", "2022-01-05", "T1", "30", "").line("p1", "2021-10-10", "7", "").line("p1", "2021-12-10", "5", "");
    let days = "ccn=360001 admission_date=2021-09-25 discharge_date=2021-10-02 covid_u071=yes";
    tiny.claim("p1", 60, "2021-10-02", "100", days);
    tiny.options = vec!["--quarter".into(), "2".into()];
    let found = tiny.run();
    assert_eq!((found.sum("A1", 2022, "AGND", "months"), found.sum("A1", 2022, "AGND", "total")), (9, 500));
    // Beside the twelve months of `zz`.
    assert_eq!(found.everybody(2021, "AGND"), (500, 9 + 12));
}

#[test]
fn a_quarter_is_of_one_method_and_the_other_acos_stay_rivals() {
    let mut tiny = Tiny::new(2023);
    tiny.aco("A1", &["T1"], "").aco("B2", &["U1"], "assignment_method=prospective");
    for bene in ["p1", "p2"] {
        for year in 2021..=2023 {
            tiny.person(bene, year, "444444444444", "");
        }
        tiny.visit(bene, "2023-02-02", "T1", "99", "").line(bene, "2022-08-08", "10", "").line(bene, "2023-02-02", "1", "");
    }
    tiny.visit("p2", "2022-05-05", "U1", "1", "");
    tiny.options = vec!["--quarter".into(), "2".into()];
    let refusal = tiny.try_run().err().unwrap();
    assert!(refusal.starts_with("Some(2)") && refusal.contains("--quarter-of"), "{refusal}");
    for (of, aco, total, months) in [("retrospective", "A1", 1_100, 12), ("prospective", "B2", 100, 6)] {
        tiny.options = ["--quarter", "2", "--quarter-of", of].map(String::from).to_vec();
        let found = tiny.run();
        assert_eq!(found.homes(2023), "p1>A1 p2>B2", "{of}");
        assert_eq!((found.sum(aco, 2023, "AGND", "total"), found.sum(aco, 2023, "AGND", "months")), (total, months), "{of}");
        let acos = tiny::records(&found.out.join("factors/aco.csv"));
        assert_eq!(acos.iter().map(|row| row["aco_id"].as_str()).collect::<Vec<_>>(), [aco], "{of}");
    }
    tiny.options = vec!["--quarter-of".into(), "prospective".into()];
    assert!(tiny.try_run().err().unwrap().contains("give --quarter too"));
}

#[test]
fn counties_are_of_the_end_of_the_window_unless_switched() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "assignment_method=prospective");
    for year in [2020, 2021, 2022] {
        let county = if year == 2021 { "county=39003 county_september=39001" } else { "county=39035" };
        tiny.person("p1", year, "444444444444", county);
    }
    tiny.visit("p1", "2021-05-05", "T1", "30", "").visit("zz", "2022-05-05", "X1", "1", "");
    tiny.person("q1", 2022, "444444444444", "county=39001").visit("q1", "2022-05-05", "X1", "1", "");
    for (options, home) in
        [(vec![], "39001"), (vec!["--choose".to_string(), "county_of_residence=year_end".to_string()], "39035")]
    {
        tiny.options = options;
        let rows = tiny::records(&tiny.run().out.join("factors/aco_county.csv"));
        let counties: Vec<_> = rows.iter().filter(|row| row["year"] == "PY").map(|row| row["county"].as_str()).collect();
        assert_eq!(counties, [home]);
    }
}
