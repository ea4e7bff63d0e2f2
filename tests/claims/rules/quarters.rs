//! A performance year as far as a quarter: windows, run-out, completion, lists.

use crate::tiny::{self, Tiny};

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
