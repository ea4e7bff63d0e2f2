//! What is told of everybody at once: thresholds, truncation and completion, the nation, scores, participants' revenue, counties.

use crate::tiny::{self, Tiny};

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
