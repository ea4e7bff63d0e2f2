//! Halves of 2019, each assigned by itself (425.400-425.404).

use crate::tiny::Tiny;

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
