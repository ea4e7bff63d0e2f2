//! Who can be assigned: eligible and assignable people, lists, designations (425.400-425.402).

use crate::tiny::Tiny;

#[test]
fn eligible_are_those_with_a_month_in_both_parts_none_in_one_alone_and_none_in_a_plan() {
    let mut tiny = Tiny::one_aco(2022);
    for (bene, status) in [
        ("all", "444444444444"),
        ("none", "000000000000"),
        ("one-month", "000000000004"),
        ("part-a", "A44444444444"),
        ("part-b", "44444444444B"),
        ("plan", "444444944444"),
    ] {
        tiny.person(bene, 2022, status, "").visit(bene, "2022-01-05", "T1", "30", "");
    }
    assert_eq!(tiny.run().homes(2022), "all>A1 one-month>A1");
}

#[test]
fn eligible_are_residents_of_the_united_states_at_the_end_of_the_window() {
    let mut tiny = Tiny::one_aco(2022);
    for county in ["39035", "11001", "72001", "78010", "66010", "60010", "69100", "99001", "03001", "~"] {
        let bene = if county == "~" { "unknown" } else { county };
        tiny.person(bene, 2022, "444444444444", &format!("county={county}")).visit(bene, "2022-01-05", "T1", "30", "");
    }
    assert_eq!(tiny.run().homes(2022), "11001>A1 39035>A1 60010>A1 66010>A1 69100>A1 72001>A1 78010>A1");
}

#[test]
fn people_of_another_shared_savings_initiative_are_not_assigned_in_its_year_and_stay_assignable() {
    for method in ["retrospective", "prospective"] {
        let mut tiny = Tiny::new(2023);
        tiny.aco("A1", &["T1"], &format!("assignment_method={method} agreement_start=2022-01-01"));
        for (bene, told) in [("elsewhere", "other_initiative=yes"), ("told-no", "other_initiative=no"), ("untold", "")] {
            for year in 2021..=2023 {
                tiny.person(bene, year, "444444444444", if year == 2023 { told } else { "" });
                tiny.visit(bene, &format!("{year}-05-05"), "T1", "30", "");
            }
        }
        let found = tiny.run();
        assert_eq!(found.homes(2023), "told-no>A1 untold>A1", "{method}");
        assert_eq!(found.sum("*", 2023, "AGND", "people"), 3, "{method}");
        assert!(found.homes(2021).contains("elsewhere>A1") == (method == "retrospective"), "{method}");
    }
}

#[test]
fn the_dead_of_earlier_years_are_not_assigned_and_those_who_die_in_the_year_stay() {
    let mut tiny = Tiny::one_aco(2022);
    for (bene, day) in [("before", "2021-12-31"), ("first-day", "2022-01-01"), ("within", "2022-02-15")] {
        tiny.person(bene, 2022, "440000000000", &format!("death_date={day}")).visit(bene, "2022-01-05", "T1", "30", "");
    }
    assert_eq!(tiny.run().homes(2022), "first-day>A1 within>A1");
}

#[test]
fn prospective_lists_are_of_the_offset_window_and_pruned_by_the_year_itself() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "assignment_method=prospective");
    for (bene, day, year) in [
        ("a-day-early", "2020-09-30", "444444444444"),
        ("first-day", "2020-10-01", "444444444444"),
        ("last-day", "2021-09-30", "444444444444"),
        ("a-day-late", "2021-10-01", "444444444444"),
        ("joins-a-plan", "2021-05-05", "444444444449"),
        ("loses-part-b", "2021-05-05", "44444444444A"),
        ("dies", "2021-05-05", "440000000000"),
        ("never-there", "2021-05-05", "000000000000"),
    ] {
        for earlier in [2020, 2021] {
            tiny.person(bene, earlier, "444444444444", "");
        }
        tiny.person(bene, 2022, year, "").visit(bene, day, "T1", "30", "");
    }
    for (bene, autumn, winter) in [("abroad-in-september", "99001", "39035"), ("abroad-at-the-end", "39035", "99001")] {
        tiny.person(bene, 2020, "444444444444", "");
        tiny.person(bene, 2021, "444444444444", &format!("county=39035 county_september={autumn}"));
        tiny.person(bene, 2022, "444444444444", &format!("county={winter}")).visit(bene, "2021-05-05", "T1", "30", "");
    }
    tiny.visit("zz", "2022-05-05", "X1", "1", ""); // somebody of the county is assignable
    assert_eq!(tiny.run().homes(2022), "dies>A1 first-day>A1 last-day>A1");
}

#[test]
fn a_prospective_list_comes_before_retrospective_assignment() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "assignment_method=prospective").aco("B2", &["U1"], "");
    for year in 2020..=2022 {
        tiny.person("p1", year, "444444444444", "").person("p2", year, "444444444444", "");
    }
    tiny.visit("p1", "2021-05-05", "T1", "1", "").visit("p1", "2022-05-05", "U1", "99", "");
    tiny.visit("p2", "2022-05-05", "U1", "99", "");
    assert_eq!(tiny.run().homes(2022), "p1>A1 p2>B2");
}

#[test]
fn assignable_are_those_with_a_primary_physician_or_listed_specialist_anywhere_eligible_or_not() {
    let mut tiny = Tiny::visited(
        2022,
        &[
            ("internist", "specialty=11 tin=X9"),
            ("cardiologist", "specialty=06 tin=X9"),
            ("surgeon", "specialty=02"),
            ("nurse", "specialty=50"),
            ("not-listed", "hcpcs=99291"),
        ],
    );
    tiny.person("plan", 2022, "444444999999", "").visit("plan", "2022-05-05", "X9", "1", "");
    let found = tiny.run();
    // Two whole years, and six months of the one who joined a plan.
    assert_eq!((found.sum("*", 2022, "AGND", "people"), found.sum("*", 2022, "AGND", "months")), (3, 30));
    assert_eq!(found.homes(2022), "", "none of them is the ACO's: elsewhere, in no step, without the pre-step, or in a plan");
}

#[test]
fn clinics_make_people_assignable_from_2019() {
    for (year, assignable) in [(2018, 0), (2019, 1)] {
        let mut tiny = Tiny::one_aco(year);
        tiny.whole("p1").facility("p1", &format!("{year}-05-05"), "111800", "77", "30", "hcpcs=99213");
        assert_eq!(tiny.run().sum("*", year, "AGND", "people"), assignable, "{year}");
    }
}

#[test]
fn from_2025_a_physician_of_24_months_and_a_non_physician_of_12_make_people_assignable_and_open_step_3() {
    for (year, homes) in [(2024, ""), (2025, "reaches>A1")] {
        let mut tiny = Tiny::one_aco(year);
        let (now, back, too_far) = (format!("{year}-05-05"), format!("{}-01-01", year - 1), format!("{}-12-31", year - 2));
        for bene in ["reaches", "too-far-back", "outweighed", "no-non-physician"] {
            tiny.person(bene, year, "444444444444", "");
        }
        for bene in ["reaches", "too-far-back", "outweighed"] {
            tiny.visit(bene, &now, "T1", "30", "specialty=50");
        }
        tiny.visit("reaches", &back, "T2", "10", "").visit("too-far-back", &too_far, "T2", "10", "");
        // Both services count in step 3, over 24 months: 40 of the ACO and 41 of a rival.
        tiny.visit("outweighed", &back, "T2", "10", "").visit("outweighed", &back, "X1", "41", "");
        tiny.visit("no-non-physician", &back, "T2", "10", "");
        let found = tiny.run();
        assert_eq!(found.homes(year), homes, "{year}");
        let assignable = found.sum("*", year, "AGND", "people");
        assert_eq!(assignable, if year == 2025 { 2 } else { 0 }, "{year}");
    }
}

#[test]
fn designations_count_until_their_deadline_go_before_claims_and_ask_for_eligibility() {
    for (year, last, next) in
        [(2018, "2017-10-31", "2017-11-01"), (2020, "2019-09-30", "2019-10-01"), (2023, "2022-09-30", "2022-10-01")]
    {
        let mut tiny = Tiny::visited(year, &[("in-time", ""), ("late", ""), ("outside", ""), ("withdrawn", "")]);
        tiny.aco("B2", &["U1"], "").put("npi_specialty", "npi=7 specialty=11");
        tiny.person("plan", year, "444444444449", "");
        for (bene, tin, day) in [("in-time", "U1", last), ("late", "U1", next), ("outside", "X9", last), ("plan", "U1", last)] {
            tiny.put("voluntary_alignment", format!("bene_id={bene} npi=7 tin={tin} designated_date={day}"));
        }
        tiny.put("voluntary_alignment", format!("bene_id=withdrawn npi=7 tin=U1 designated_date=2016-05-05 ended_date={last}"));
        tiny.visit("in-time", &format!("{year}-05-05"), "U1", "1", "");
        assert_eq!(
            tiny.run().homes(year),
            "in-time>B2 late>A1 withdrawn>A1",
            "{year}: a designee outside keeps claims from assigning"
        );
    }
}

#[test]
fn before_2018_no_designation_counts() {
    let mut tiny = Tiny::visited(2017, &[("p1", "")]);
    tiny.aco("B2", &["U1"], "").put("voluntary_alignment", "bene_id=p1 npi=7 tin=U1 designated_date=2015-05-05");
    assert_eq!(tiny.run().homes(2017), "p1>A1");
}

#[test]
fn in_2018_a_designee_furnishes_primary_care_and_a_physician_of_the_aco_has_and_from_2019_neither_is_asked() {
    for (year, homes) in [(2018, "furnished>B2"), (2019, "furnished>B2 not-furnished>B2 surgeon>B2")] {
        let mut tiny = Tiny::new(year);
        tiny.aco("B2", &["U1"], "agreement_start=2018-01-01");
        tiny.put("npi_specialty", "npi=7 specialty=11").put("npi_specialty", "npi=8 specialty=02");
        for (bene, npi) in [("furnished", 7), ("not-furnished", 7), ("surgeon", 8)] {
            tiny.whole(bene);
            tiny.put("voluntary_alignment", format!("bene_id={bene} npi={npi} tin=U1 designated_date=2017-05-05"));
        }
        let day = format!("{year}-05-05");
        tiny.visit("furnished", &day, "U1", "1", "").visit("furnished", &day, "X1", "99", "");
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn in_2018_a_designee_elsewhere_keeps_claims_from_assigning_only_if_he_furnishes_primary_care() {
    for (year, homes) in [(2018, "surgeon-outside>A1 surgeon-rival>A1"), (2019, "internist-rival>B2 surgeon-rival>B2")] {
        let mut tiny = Tiny::visited(
            year,
            &[("internist-outside", ""), ("internist-rival", ""), ("surgeon-outside", ""), ("surgeon-rival", "")],
        );
        tiny.aco("B2", &["U1"], "").put("npi_specialty", "npi=7 specialty=11").put("npi_specialty", "npi=8 specialty=02");
        for (bene, npi, tin) in [
            ("internist-outside", 7, "X9"),
            ("internist-rival", 7, "U1"),
            ("surgeon-outside", 8, "X9"),
            ("surgeon-rival", 8, "U1"),
        ] {
            tiny.put("voluntary_alignment", format!("bene_id={bene} npi={npi} tin={tin} designated_date=2017-05-05"));
        }
        assert_eq!(tiny.run().homes(year), homes, "{year}: nobody of B2 furnished a service, which 2018 asks for");
    }
}

#[test]
fn what_2018_asked_of_a_designee_is_asked_of_no_benchmark_year_of_later_performance_years() {
    let mut tiny = Tiny::new(2020);
    tiny.aco("A1", &["T1"], "agreement_start=2020-01-01").put("npi_specialty", "npi=8 specialty=02");
    tiny.person("p1", 2018, "444444444444", "");
    tiny.put("voluntary_alignment", "bene_id=p1 npi=8 tin=T1 designated_date=2017-05-05");
    tiny.visit("zz", "2018-05-05", "X1", "1", ""); // somebody of the county is assignable
    assert_eq!(tiny.run().homes(2018), "p1>A1");
}

#[test]
fn newly_assigned_are_those_neither_assigned_nor_seen_by_the_aco_the_year_before() {
    let mut tiny = Tiny::new(2018);
    tiny.aco("A1", &["T1"], "agreement_start=2016-01-01");
    for bene in ["new", "assigned-before", "seen-before"] {
        for year in [2017, 2018] {
            tiny.person(bene, year, "444444444444", "");
        }
        tiny.visit(bene, "2018-05-05", "T1", "30", "");
    }
    tiny.visit("assigned-before", "2017-05-05", "T1", "30", "");
    tiny.visit("seen-before", "2017-05-05", "T1", "1", "specialty=02").visit("seen-before", "2017-05-05", "X1", "30", "");
    let found = tiny.run();
    let key = [("aco_id", "A1"), ("year", "PY"), ("enrollment_type", "AGND")];
    assert_eq!(found.cell("factors/aco_year.csv", &key, "person_years"), "3");
    assert_eq!(found.cell("factors/aco_year.csv", &key, "new_person_years"), "1");
}
