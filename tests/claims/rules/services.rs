//! Which services assign people (425.400(c), 425.404).

use crate::tiny::Tiny;

#[test]
fn nursing_visits_leave_by_place_in_2017_to_2020_and_by_stay_from_2019() {
    for (year, homes) in [
        (2016, "before>A1 elsewhere>A1 place>A1 stay>A1"),
        (2017, "before>A1 elsewhere>A1 stay>A1"),
        (2018, "before>A1 elsewhere>A1 stay>A1"),
        (2019, "before>A1 elsewhere>A1"),
        (2020, "before>A1 elsewhere>A1"),
        (2021, "before>A1 elsewhere>A1 place>A1"),
    ] {
        let nursing = "hcpcs=99308";
        let place = format!("{nursing} pos=31");
        let mut tiny = Tiny::visited(
            year,
            &[("place", &place), ("elsewhere", "hcpcs=99308 pos=32"), ("stay", nursing), ("before", nursing)],
        );
        let stay = format!("from_date={year}-05-01");
        tiny.claim("stay", 20, &format!("{year}-05-05"), "1", &stay).claim("before", 30, &format!("{year}-05-04"), "1", &stay);
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn care_planning_in_hospital_leaves_from_2021() {
    for (year, homes) in [(2020, "in>A1 out>A1"), (2021, "out>A1")] {
        let mut tiny = Tiny::visited(year, &[("in", "hcpcs=99497"), ("out", "hcpcs=99497")]);
        let stay = format!("from_date={year}-05-05");
        tiny.claim("in", 60, &format!("{year}-05-09"), "1", &stay).claim("out", 20, &format!("{year}-05-09"), "1", &stay);
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn home_visits_are_at_home_from_2019_to_2022() {
    for (year, homes) in [(2018, "home>A1 office>A1"), (2019, "home>A1"), (2022, "home>A1"), (2023, "home>A1 office>A1")] {
        let tiny = Tiny::visited(year, &[("home", "hcpcs=99348 pos=12"), ("office", "hcpcs=99348 pos=11")]);
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn prolonged_services_count_beside_a_listed_one_on_the_same_claim() {
    let mut tiny = Tiny::visited(
        2020,
        &[("alone", "hcpcs=99354"), ("beside", "hcpcs=99354 claim_id=C1"), ("add-ons", "hcpcs=99355 claim_id=C2")],
    );
    tiny.visit("beside", "2020-05-05", "X9", "1", "claim_id=C1").visit(
        "add-ons",
        "2020-05-05",
        "X9",
        "1",
        "hcpcs=99354 claim_id=C2",
    );
    assert_eq!(tiny.run().homes(2020), "beside>A1");
}

#[test]
fn clinic_visits_of_hospitals_count_under_elected_teaching_amendment_billing_alone() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1", "330001", "330002"], "").put("eta_ccn", "ccn=330001 year=2022");
    tiny.put("npi_specialty", "npi=1 specialty=11").put("npi_specialty", "npi=2 specialty=02");
    for (bene, ccn, more) in [
        ("attending", "330001", "attending_npi=1"),
        ("other-first", "330001", "other_npi=2 attending_npi=1"),
        ("not-elected", "330002", "attending_npi=1"),
    ] {
        tiny.whole(bene).facility(bene, "2022-05-05", ccn, "13", "30", &format!("hcpcs=G0463 {more}"));
    }
    tiny.whole("professional").visit("professional", "2022-05-05", "T1", "30", "hcpcs=G0463");
    assert_eq!(tiny.run().homes(2022), "attending>A1");
}

#[test]
fn telephone_visits_count_from_2022_until_medicare_paid_no_more() {
    let mut tiny = Tiny::new(2025);
    tiny.aco("A1", &["T1"], "assignment_method=prospective");
    for bene in ["list-of-2025", "list-of-2026"] {
        for year in 2022..=2025 {
            tiny.person(bene, year, "444444444444", "");
        }
    }
    tiny.visit("list-of-2025", "2024-09-30", "T1", "30", "hcpcs=99442");
    tiny.visit("zz", "2025-05-05", "X1", "1", ""); // somebody of the county is assignable
    assert_eq!(tiny.run().homes(2025), "list-of-2025>A1");
    let mut tiny = Tiny::one_aco(2025);
    for (bene, day) in [("last-day", "2024-12-31"), ("next", "2025-01-01")] {
        let year: u16 = day[..4].parse().unwrap();
        tiny.person(bene, year, "444444444444", "").visit(bene, day, "T1", "30", "hcpcs=99442");
    }
    tiny.visit("zz", "2025-05-05", "T1", "1", "");
    let found = tiny.run();
    assert_eq!((found.homes(2024), found.homes(2025)), ("last-day>A1".to_string(), "zz>A1".to_string()));
}

#[test]
fn telephone_visits_count_in_windows_that_hold_a_month_of_the_emergency() {
    // 99421 is listed from 2021; in 2020 the emergency alone brings it, and not into the benchmark years before it.
    let mut tiny = Tiny::one_aco(2020);
    for year in [2019, 2020] {
        tiny.person("p1", year, "444444444444", "").visit("p1", &format!("{year}-01-05"), "T1", "30", "hcpcs=99421");
    }
    let found = tiny.run();
    assert_eq!((found.homes(2019), found.homes(2020)), (String::new(), "p1>A1".to_string()), "all months of the window count");
    let mut tiny = Tiny::new(2020);
    tiny.aco("A1", &["T1"], "assignment_method=prospective");
    for year in 2018..=2020 {
        tiny.person("p1", year, "444444444444", "");
    }
    tiny.visit("p1", "2019-05-05", "T1", "30", "hcpcs=99441");
    assert_eq!(tiny.run().homes(2020), "", "the prospective window of 2020 ends in September 2019");
}

#[test]
fn wellness_visits_of_2009_and_2010_are_not_listed_under_elected_teaching_amendment_billing() {
    let mut tiny = Tiny::new(2013);
    tiny.aco("A1", &["T1", "330001"], "agreement_start=2012-04-01").put("npi_specialty", "npi=1 specialty=11");
    for year in 2009..=2011 {
        tiny.put("eta_ccn", format!("ccn=330001 year={year}"));
        for (bene, hcpcs) in [("visit", "99213"), ("wellness", "G0439")] {
            tiny.person(bene, year, "444444444444", "");
            tiny.facility(bene, &format!("{year}-05-05"), "330001", "13", "30", &format!("hcpcs={hcpcs} attending_npi=1"));
        }
    }
    let found = tiny.run();
    assert_eq!([2009, 2010, 2011].map(|year| found.homes(year)), ["visit>A1", "visit>A1", "visit>A1 wellness>A1"]);
}

#[test]
fn a_health_centers_bill_type_changed_in_april_2010_and_its_revenue_centers_tell_visits_until_that_year_ends() {
    let mut tiny = Tiny::new(2013);
    tiny.aco("A1", &["T1"], "agreement_start=2012-04-01");
    tiny.put("participant", "aco_id=A1 performance_year=2013 ccn=111800 npi=5");
    for (bene, day, bill, code) in [
        ("a-old-bill", "2010-03-31", "73", "revenue_center=0521"),
        ("b-new-bill-early", "2010-03-31", "77", "revenue_center=0521"),
        ("c-old-bill-late", "2010-04-01", "73", "revenue_center=0521"),
        ("d-new-bill", "2010-04-01", "77", "revenue_center=0521"),
        ("e-center-last", "2010-12-31", "77", "revenue_center=0525"),
        ("f-center-late", "2011-01-01", "77", "revenue_center=0525"),
        ("g-code", "2011-01-01", "77", "hcpcs=99213"),
        ("h-rural", "2011-01-01", "71", "revenue_center=0525"),
    ] {
        let year: u16 = day[..4].parse().unwrap();
        tiny.person(bene, year, "444444444444", "").facility(bene, day, "111800", bill, "30", &format!("{code} attending_npi=5"));
    }
    let found = tiny.run();
    assert_eq!(
        (found.homes(2010), found.homes(2011)),
        ("a-old-bill>A1 d-new-bill>A1 e-center-last>A1".into(), "g-code>A1 h-rural>A1".to_string())
    );
}

#[test]
fn nursing_and_planning_codes_on_clinics_claims_count_until_2020_and_nursing_ones_leave_during_a_stay_from_2021() {
    for (year, homes) in [(2020, "nursing>A1 planning>A1"), (2021, "planning>A1")] {
        let mut tiny = Tiny::new(year);
        tiny.aco("A1", &["T1", "113400"], if year == 2020 { "" } else { "agreement_start=2020-01-01" });
        let (day, from, thru) = (format!("{year}-05-05"), format!("from_date={year}-05-01"), format!("{year}-05-09"));
        for (bene, hcpcs, claim_type) in [("nursing", "99308", 20), ("planning", "99497", 60)] {
            tiny.whole(bene).facility(bene, &day, "113400", "71", "30", &format!("hcpcs={hcpcs}"));
            tiny.claim(bene, claim_type, &thru, "1", &from);
        }
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn every_service_of_a_clinic_is_a_primary_physicians_from_2019() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1", "111800", "113400"], "");
    for (bene, ccn, bill, more) in [
        ("health-center", "111800", "77", "hcpcs=G0467"),
        ("rural-clinic", "113400", "71", ""),
        ("nursing-code", "113400", "71", "hcpcs=99308"),
        ("nursing-stay", "113400", "71", "hcpcs=99308"),
        ("other-bill-type", "113400", "73", ""),
        ("denied", "111800", "77", "non_payment_reason=N"),
        ("blank-is-paid", "111800", "77", "non_payment_reason=~"),
    ] {
        tiny.whole(bene).facility(bene, "2022-05-05", ccn, bill, "30", more);
    }
    tiny.claim("nursing-stay", 20, "2022-05-09", "1", "from_date=2022-05-01");
    assert_eq!(tiny.run().homes(2022), "blank-is-paid>A1 health-center>A1 nursing-code>A1 rural-clinic>A1");
}

#[test]
fn until_2018_a_clinics_visit_is_told_by_its_code_and_the_attested_clinician() {
    let mut tiny = Tiny::new(2017);
    tiny.aco("A1", &["T1"], "").put("participant", "aco_id=A1 performance_year=2017 ccn=111800 npi=5");
    for (bene, more) in [
        ("attested", "revenue_center=0521 attending_npi=5"),
        ("listed-code", "hcpcs=99213 attending_npi=5"),
        ("no-visit", "revenue_center=0510 attending_npi=5"),
        ("not-attested", "revenue_center=0521 attending_npi=6"),
    ] {
        tiny.whole(bene).facility(bene, "2017-05-05", "111800", "71", "30", more);
    }
    // A clinician not attested stands for a non-physician: no pre-step.
    assert_eq!(tiny.run().homes(2017), "attested>A1 listed-code>A1");
}

#[test]
fn critical_access_hospitals_count_by_professional_revenue_centers_and_the_clinicians_specialty() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1", "361300"], "");
    tiny.put("npi_specialty", "npi=1 specialty=11").put("npi_specialty", "npi=2 specialty=02");
    for (bene, more) in [
        ("rendering", "revenue_center=0983 npi=1"),
        ("rendering-first", "revenue_center=0983 npi=2 attending_npi=1"),
        ("attending-last", "revenue_center=0960 attending_npi=1"),
        ("other-before-attending", "revenue_center=0971 other_npi=2 attending_npi=1"),
        ("facility-center", "revenue_center=0510 npi=1"),
        ("no-clinician", "revenue_center=0983"),
    ] {
        tiny.whole(bene).facility(bene, "2022-05-05", "361300", "85", "30", &format!("hcpcs=99213 {more}"));
    }
    assert_eq!(tiny.run().homes(2022), "attending-last>A1 rendering>A1");
}

#[test]
fn denied_services_assign_nobody() {
    let tiny = Tiny::visited(
        2022,
        &[
            ("paid", "claim_denial=1 processing_indicator=A"),
            ("claim-0", "claim_denial=~0"),
            ("claim-d", "claim_denial=D"),
            ("claim-y", "claim_denial=Y"),
            ("claim-z", "claim_denial=Z"),
            ("line-b", "processing_indicator=B"),
            ("line-s", "processing_indicator=S~"),
            ("unknown", ""),
        ],
    );
    assert_eq!(tiny.run().homes(2022), "claim-z>A1 line-s>A1 paid>A1 unknown>A1");
}

#[test]
fn services_processed_three_months_after_their_window_assign_nobody_unless_switched() {
    for (method, served, in_time, late) in
        [("retrospective", "2022-05-05", "2023-03-31", "2023-04-01"), ("prospective", "2021-05-05", "2021-12-31", "2022-01-01")]
    {
        let mut tiny = Tiny::new(2022);
        tiny.aco("A1", &["T1"], &format!("assignment_method={method}"));
        for (bene, processed) in [("in-time", in_time), ("late", late)] {
            for year in 2020..=2022 {
                tiny.person(bene, year, "444444444444", "");
            }
            tiny.visit(bene, served, "T1", "30", &format!("processed_date={processed}"));
        }
        tiny.visit("zz", "2022-05-05", "X1", "1", ""); // somebody of the county is assignable
        assert_eq!(tiny.run().homes(2022), "in-time>A1", "{method}");
        tiny.options = vec!["--choose".into(), "late_services=count".into()];
        assert_eq!(tiny.run().homes(2022), "in-time>A1 late>A1", "{method}");
    }
}
