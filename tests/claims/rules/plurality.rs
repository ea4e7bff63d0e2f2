//! To whom people are assigned: rivals, steps, ties (425.402), and by the codes of which year.

use crate::tiny::Tiny;

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
    let mut tiny = Tiny::one_aco(2022);
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
    let mut tiny = Tiny::visited(
        2022,
        &[("nurse-alone", "specialty=50"), ("with-cardiologist", "specialty=50"), ("with-surgeon", "specialty=50")],
    );
    tiny.visit("with-cardiologist", "2022-05-05", "T2", "0", "specialty=06");
    tiny.visit("with-surgeon", "2022-05-05", "T2", "0", "specialty=02");
    assert_eq!(tiny.run().homes(2022), "with-cardiologist>A1");
}

#[test]
fn step_1_counts_primary_physicians_and_non_physicians_and_step_2_is_for_people_whom_none_of_them_saw() {
    let mut tiny = Tiny::one_aco(2022);
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
    let mut tiny = Tiny::one_aco(2022);
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
    let mut tiny = Tiny::one_aco(2022);
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
    let mut tiny = Tiny::visited(
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
        let mut tiny = Tiny::visited(year, &[("p1", "specialty=37")]);
        tiny.visit("p1", &format!("{year}-05-05"), "X1", "1", "specialty=11");
        assert_eq!(tiny.run().homes(year), homes, "{year}");
    }
}

#[test]
fn benchmark_years_are_assigned_by_the_performance_years_codes_and_participants() {
    // Listed from 2021 on; the participant of 2022 had joined nobody in 2019.
    let mut tiny = Tiny::one_aco(2022);
    for year in 2019..=2022 {
        tiny.person("p1", year, "444444444444", "").visit("p1", &format!("{year}-05-05"), "T1", "30", "hcpcs=99483");
    }
    let found = tiny.run();
    assert_eq!([2019, 2020, 2021, 2022].map(|year| found.homes(year)), ["p1>A1"; 4].map(String::from));
}
