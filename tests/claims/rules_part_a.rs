//! Each rule of assignment (42 CFR 425.400-425.404), on an extract of a few people made for it. The table of rules and tests
//! is `docs/tested-rules.md`.
#![allow(clippy::unwrap_used)]

use crate::tiny;

use tiny::Tiny;

/// Halves of 2019: A1 has both, by other methods; B2 the whole year; C3 the second.
fn halves() -> Tiny {
    let mut tiny = Tiny::new(2019);
    tiny.aco("A1", &["T1"], "performance_half=1 agreement_start=2016-01-01 track=3 msr_choice=0 assignment_method=prospective");
    tiny.aco("A1", &[], "performance_half=2 agreement_start=2019-07-01");
    tiny.aco("B2", &["U1"], "agreement_start=2018-01-01");
    tiny.aco("C3", &["V1"], "performance_half=2 agreement_start=2019-07-01");
    tiny
}

#[test]
fn both_halves_of_2019_are_assigned_each_by_its_own_method_and_rivals() {
    let mut tiny = halves();
    for year in 2017..=2019 {
        for bene in ["p1", "p2", "p3", "p4"] {
            tiny.person(bene, year, "444444444444", "");
        }
    }
    // On the prospective list of the first half by services of 2018; in the second assigned by those of 2019.
    tiny.visit("p1", "2018-05-05", "T1", "30", "").visit("p1", "2019-05-05", "V1", "30", "");
    // On no list of the first half, and retrospectively assigned in the second.
    tiny.visit("p2", "2019-05-05", "T1", "30", "");
    tiny.visit("p3", "2019-05-05", "U1", "30", "");
    // More from A1 and C3 together than from B2, but they are no ACO together.
    tiny.visit("p4", "2019-05-05", "U1", "30", "");
    tiny.visit("p4", "2019-05-06", "T1", "20", "").visit("p4", "2019-05-06", "V1", "20", "");
    tiny.line("p1", "2019-03-03", "100", "").line("p2", "2019-09-03", "7", "");
    let found = tiny.run();
    assert_eq!(found.homes(2019), "p1>A1/1 p1>C3/2 p2>A1/2 p3>B2 p4>B2");
    assert_eq!(found.homes(2018), "p1>A1/2", "2018 is a benchmark year of the agreements begun in July, by its calendar window");
    // Whole-year figures on both halves: 425.609 takes half of the result at the end.
    for (aco, total) in [("A1/1", 10_000), ("A1/2", 700), ("B2", 0), ("C3/2", 10_000)] {
        assert_eq!(found.sum(aco, 2019, "AGND", "total"), total, "{aco}");
    }
    let year = |half: &str, year: &str, column: &str| {
        found.cell(
            "factors/aco_year.csv",
            &[("aco_id", "A1"), ("performance_half", half), ("year", year), ("enrollment_type", "AGND")],
            column,
        )
    };
    assert_eq!(year("1", "PY", "person_years"), "1");
    assert_eq!(year("1", "PY", "new_person_years"), "1", "the older agreement tells new people");
    assert_eq!(year("2", "PY", "new_person_years"), "");
    assert_eq!((year("1", "BY3", "person_years"), year("2", "BY3", "person_years")), ("0".into(), "1".into()));
    let aco = |half: &str, column: &str| found.cell("factors/aco.csv", &[("aco_id", "A1"), ("performance_half", half)], column);
    assert_eq!((aco("1", "assigned_beneficiaries"), aco("1", "assignment_method")), ("1".into(), "prospective".into()));
    assert_eq!((aco("2", "assigned_beneficiaries"), aco("2", "assignment_method")), ("1".into(), "retrospective".into()));
}

#[test]
fn a_participant_of_one_aco_until_june_and_another_from_july_is_shared_by_none() {
    let mut tiny = Tiny::new(2019);
    tiny.aco("A1", &["T1"], "performance_half=1 agreement_start=2016-01-01");
    tiny.aco("C3", &["T1"], "performance_half=2 agreement_start=2019-07-01");
    tiny.whole("p1").visit("p1", "2019-05-05", "T1", "30", "");
    assert_eq!(tiny.run().homes(2019), "p1>A1/1 p1>C3/2");
}

#[test]
fn each_half_of_2019_is_assigned_by_its_own_list_of_participants() {
    let mut tiny = Tiny::new(2019);
    tiny.aco("A1", &["T1"], "performance_half=1 agreement_start=2016-01-01");
    tiny.aco("A1", &[], "performance_half=2 agreement_start=2019-07-01");
    for (half, tin) in [(1, "T2"), (2, "T3")] {
        tiny.put("participant", format!("aco_id=A1 performance_year=2019 tin={tin} performance_half={half}"));
    }
    for tin in ["T1", "T2", "T3"] {
        let bene = format!("of-{tin}");
        tiny.whole(&bene).visit(&bene, "2019-05-05", tin, "30", "");
        tiny.line(&bene, "2019-05-05", "10", &format!("tin={tin}"));
    }
    let found = tiny.run();
    assert_eq!(found.homes(2019), "of-T1>A1/1 of-T1>A1/2 of-T2>A1/1 of-T3>A1/2");
    let revenue =
        |half: &str| found.cell("factors/aco.csv", &[("aco_id", "A1"), ("performance_half", half)], "participant_revenue");
    assert_eq!((revenue("1"), revenue("2")), ("20.26".to_string(), "20.26".to_string()));
}

#[test]
fn a_person_of_a_whole_year_aco_stays_its_own_in_the_second_half_unless_switched() {
    let mut tiny = Tiny::new(2019);
    tiny.aco("B2", &["U1"], "agreement_start=2018-01-01");
    tiny.aco("C3", &["V1", "V2"], "performance_half=2 agreement_start=2019-07-01");
    // V1 and V2 are rivals of each other until they are one ACO.
    tiny.whole("p1").visit("p1", "2019-05-05", "U1", "30", "");
    tiny.visit("p1", "2019-05-05", "V1", "20", "").visit("p1", "2019-05-05", "V2", "20", "");
    assert_eq!(tiny.run().homes(2019), "p1>B2");
    tiny.options = vec!["--choose".into(), "whole_year_assignment=rounds_apart".into()];
    assert_eq!(tiny.run().homes(2019), "p1>B2 p1>C3/2");
}

#[test]
fn designations_of_july_2019_starters_count_until_30_april_and_others_until_31_october() {
    let mut tiny = halves();
    for (at, day) in ["2018-10-31", "2018-11-01", "2019-04-30", "2019-05-01"].into_iter().enumerate() {
        for tin in ["V1", "U1"] {
            let bene = format!("p{}{tin}", at + 1);
            tiny.whole(&bene);
            tiny.put("voluntary_alignment", format!("bene_id={bene} npi=7 tin={tin} designated_date={day}"));
        }
    }
    tiny.visit("zz", "2019-02-02", "X1", "1", ""); // somebody of the county is assignable
    assert_eq!(tiny.run().homes(2019), "p1U1>B2 p1V1>C3/2 p2V1>C3/2 p3V1>C3/2");
}

#[test]
fn an_agreement_begun_in_july_must_say_that_it_has_the_second_half() {
    let mut tiny = Tiny::new(2019);
    tiny.aco("C3", &["V1"], "agreement_start=2019-07-01");
    let refusal = tiny.try_run().err().unwrap();
    assert!(refusal.contains("performance_half must hold 2 where the agreement begins within"), "{refusal}");
}

/// An ACO A1 of the taxpayers T1 and T2, whose agreement begins with the performance year.
fn one_aco(year: u16) -> Tiny {
    let mut tiny = Tiny::new(year);
    tiny.aco("A1", &["T1", "T2"], "");
    tiny
}

/// Services of one window are enough: everybody is enrolled all of the performance year and visits T1 once.
fn visited(year: u16, cases: &[(&str, &str)]) -> Tiny {
    let mut tiny = one_aco(year);
    let day = format!("{year}-05-05");
    for (bene, more) in cases {
        tiny.whole(bene).visit(bene, &day, "T1", "30", more);
    }
    tiny
}

#[test]
fn eligible_are_those_with_a_month_in_both_parts_none_in_one_alone_and_none_in_a_plan() {
    let mut tiny = one_aco(2022);
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
    let mut tiny = one_aco(2022);
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
    let mut tiny = one_aco(2022);
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
    let mut tiny = visited(
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
        let mut tiny = one_aco(year);
        tiny.whole("p1").facility("p1", &format!("{year}-05-05"), "111800", "77", "30", "hcpcs=99213");
        assert_eq!(tiny.run().sum("*", year, "AGND", "people"), assignable, "{year}");
    }
}

#[test]
fn from_2025_a_physician_of_24_months_and_a_non_physician_of_12_make_people_assignable_and_open_step_3() {
    for (year, homes) in [(2024, ""), (2025, "reaches>A1")] {
        let mut tiny = one_aco(year);
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
        let mut tiny = visited(year, &[("in-time", ""), ("late", ""), ("outside", ""), ("withdrawn", "")]);
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
    let mut tiny = visited(2017, &[("p1", "")]);
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
        let mut tiny =
            visited(year, &[("internist-outside", ""), ("internist-rival", ""), ("surgeon-outside", ""), ("surgeon-rival", "")]);
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
fn an_acos_billers_are_one_rival_and_a_plurality_is_enough() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1", "T2", "111800"], "");
    for bene in ["pooled", "beaten", "plurality"] {
        tiny.whole(bene);
    }
    let day = "2022-05-05";
    tiny.visit("pooled", day, "T1", "20", "")
        .visit("pooled", day, "T2", "20", "")
        .facility("pooled", day, "111800", "77", "20", "");
    tiny.visit("pooled", day, "X1", "59", "");
    // Two taxpayers outside are two rivals.
    tiny.visit("beaten", day, "T1", "30", "").visit("beaten", day, "X1", "31", "");
    tiny.visit("plurality", day, "T1", "40", "").visit("plurality", day, "X1", "39", "").visit("plurality", day, "X2", "39", "");
    assert_eq!(tiny.run().homes(2022), "plurality>A1 pooled>A1");
}

#[test]
fn services_of_a_biller_in_two_acos_are_set_aside_and_still_make_people_assignable() {
    let mut tiny = one_aco(2022);
    tiny.aco("B2", &["U1", "T2"], "");
    for bene in ["p1", "p2"] {
        tiny.whole(bene).visit(bene, "2022-05-05", "T2", "500", "");
    }
    tiny.visit("p1", "2022-05-05", "U1", "1", "");
    let found = tiny.run();
    assert_eq!(found.homes(2022), "p1>B2");
    assert_eq!(found.sum("*", 2022, "AGND", "people"), 2);
}

#[test]
fn the_pre_step_asks_for_a_physician_of_the_aco_in_primary_care_or_a_listed_specialty() {
    let mut tiny = visited(
        2022,
        &[("nurse-alone", "specialty=50"), ("with-cardiologist", "specialty=50"), ("with-surgeon", "specialty=50")],
    );
    tiny.visit("with-cardiologist", "2022-05-05", "T2", "0", "specialty=06");
    tiny.visit("with-surgeon", "2022-05-05", "T2", "0", "specialty=02");
    assert_eq!(tiny.run().homes(2022), "with-cardiologist>A1");
}

#[test]
fn step_1_counts_primary_physicians_and_non_physicians_and_step_2_is_for_people_whom_none_of_them_saw() {
    let mut tiny = one_aco(2022);
    for bene in ["step-1", "step-2", "seen-by-a-nurse", "surgeon-counts-in-none"] {
        tiny.whole(bene);
    }
    let day = "2022-05-05";
    // The nurses' 40 beat the internist's 30 of another; cardiologists' charges count nothing in step 1.
    tiny.visit("step-1", day, "T1", "10", "").visit("step-1", day, "T1", "40", "specialty=97");
    tiny.visit("step-1", day, "X1", "49", "").visit("step-1", day, "X2", "999", "specialty=06");
    tiny.visit("step-2", day, "T1", "30", "specialty=06").visit("step-2", day, "X1", "20", "specialty=06");
    tiny.visit("seen-by-a-nurse", day, "T1", "30", "specialty=06").visit("seen-by-a-nurse", day, "X1", "1", "specialty=50");
    tiny.visit("surgeon-counts-in-none", day, "T1", "30", "specialty=02");
    assert_eq!(tiny.run().homes(2022), "step-1>A1 step-2>A1");
}

#[test]
fn ties_go_to_the_latest_primary_clinician_then_to_the_latest_specialist() {
    let mut tiny = one_aco(2022);
    tiny.aco("B2", &["U1"], "");
    for bene in ["clinician", "specialist", "clinician-first"] {
        tiny.whole(bene);
        for tin in ["T1", "U1"] {
            tiny.visit(bene, "2022-01-05", tin, "30", "");
        }
    }
    tiny.visit("clinician", "2022-03-01", "U1", "0", "");
    tiny.visit("specialist", "2022-03-01", "T1", "0", "specialty=06");
    tiny.visit("clinician-first", "2022-03-01", "U1", "0", "specialty=06").visit("clinician-first", "2022-02-01", "T1", "0", "");
    assert_eq!(tiny.run().homes(2022), "clinician>B2 clinician-first>A1 specialist>A1");
}

#[test]
fn the_last_tie_is_drawn_by_the_seed_and_runs_repeat() {
    let mut tiny = one_aco(2022);
    tiny.aco("B2", &["U1"], "");
    for at in 0..12 {
        let bene = format!("p{at:02}");
        tiny.whole(&bene).visit(&bene, "2022-01-05", "T1", "30", "").visit(&bene, "2022-01-05", "U1", "30", "");
    }
    // The lower SHA-256 of seed, year, person and ACO.
    let hash = |seed: u64, bene: &str, aco: &str| {
        use sha2::Digest as _;
        sha2::Sha256::digest(format!("{seed}|2022|{bene}|{aco}"))
    };
    for seed in [0, 5] {
        tiny.options = vec!["--seed".into(), seed.to_string()];
        let drawn = (0..12).map(|at| {
            let bene = format!("p{at:02}");
            let aco = if hash(seed, &bene, "A1") < hash(seed, &bene, "B2") { "A1" } else { "B2" };
            format!("{bene}>{aco}")
        });
        let homes = tiny.run().homes(2022);
        assert_eq!(homes, drawn.collect::<Vec<_>>().join(" "));
        assert!(homes.contains("A1") && homes.contains("B2"), "{homes}");
    }
}

#[test]
fn until_2015_step_1_is_of_primary_physicians_and_step_2_of_all_other_professionals() {
    let mut tiny = visited(
        2015,
        &[("internist", ""), ("nurse", "specialty=50"), ("pediatrics", "specialty=37"), ("nurse-alone", "specialty=50")],
    );
    let day = "2015-05-05";
    tiny.visit("internist", day, "X1", "90", "specialty=50"); // nurses are in no first step yet
    tiny.visit("nurse", day, "T1", "5", "specialty=02"); // any physician of the ACO opens the steps
    tiny.visit("nurse", day, "X1", "34", "specialty=02"); // and counts in the second: 34 against 35
    tiny.visit("pediatrics", day, "X1", "1", ""); // pediatrics is primary care from 2016
    assert_eq!(tiny.run().homes(2015), "internist>A1 nurse>A1");
}

#[test]
fn pediatrics_is_primary_care_from_2016() {
    for (year, homes) in [(2015, ""), (2016, "p1>A1")] {
        let mut tiny = visited(year, &[("p1", "specialty=37")]);
        tiny.visit("p1", &format!("{year}-05-05"), "X1", "1", "specialty=11");
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn benchmark_years_are_assigned_by_the_performance_years_codes_and_participants() {
    // Listed from 2021 on; the participant of 2022 had joined nobody in 2019.
    let mut tiny = one_aco(2022);
    for year in 2019..=2022 {
        tiny.person("p1", year, "444444444444", "").visit("p1", &format!("{year}-05-05"), "T1", "30", "hcpcs=99483");
    }
    let found = tiny.run();
    assert_eq!([2019, 2020, 2021, 2022].map(|year| found.homes(year)), ["p1>A1"; 4].map(String::from));
}

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
        let mut tiny =
            visited(year, &[("place", &place), ("elsewhere", "hcpcs=99308 pos=32"), ("stay", nursing), ("before", nursing)]);
        let stay = format!("from_date={year}-05-01");
        tiny.claim("stay", 20, &format!("{year}-05-05"), "1", &stay).claim("before", 30, &format!("{year}-05-04"), "1", &stay);
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn care_planning_in_hospital_leaves_from_2021() {
    for (year, homes) in [(2020, "in>A1 out>A1"), (2021, "out>A1")] {
        let mut tiny = visited(year, &[("in", "hcpcs=99497"), ("out", "hcpcs=99497")]);
        let stay = format!("from_date={year}-05-05");
        tiny.claim("in", 60, &format!("{year}-05-09"), "1", &stay).claim("out", 20, &format!("{year}-05-09"), "1", &stay);
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn home_visits_are_at_home_from_2019_to_2022() {
    for (year, homes) in [(2018, "home>A1 office>A1"), (2019, "home>A1"), (2022, "home>A1"), (2023, "home>A1 office>A1")] {
        let tiny = visited(year, &[("home", "hcpcs=99348 pos=12"), ("office", "hcpcs=99348 pos=11")]);
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn prolonged_services_count_beside_a_listed_one_on_the_same_claim() {
    let mut tiny =
        visited(2020, &[("alone", "hcpcs=99354"), ("beside", "hcpcs=99354 claim_id=C1"), ("add-ons", "hcpcs=99355 claim_id=C2")]);
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
    let mut tiny = one_aco(2025);
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
    let mut tiny = one_aco(2020);
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
    let tiny = visited(
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
