//! What counts as expenditure, and for how many months.

use crate::tiny::Tiny;

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
