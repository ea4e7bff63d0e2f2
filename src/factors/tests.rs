//! What is written reads back, and every fault of a table is told with table, column and key.

use std::path::Path;

use rust_decimal::Decimal;

use super::{
    AcoKey, AcoYear, AssignmentMethod, FactorTables, FactorYear, MinimumRateChoice, QualityStandard, Termination, Window,
};
use crate::error::Error;
use crate::rules::arrangements::{Level, Track};
use crate::rules::regimes::Population;
use crate::rules::{Choice, EnrollmentType, Rules};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// One ACO of a two-sided BASIC level with 100 person-years of each type in each year, living in two counties.
fn tables() -> FactorTables {
    let key = AcoKey::new("A1");
    let mut tables = FactorTables {
        acos: vec![super::Aco {
            key: key.clone(),
            performance_year: 2022,
            performance_months: 12,
            agreement_start: "2022-01-01".parse().unwrap(),
            agreement_period: 1,
            times_regionally_adjusted: 1,
            track: Track::Basic(Level::E),
            assignment_method: AssignmentMethod::Retrospective,
            assigned_beneficiaries: 420,
            msr_choice: Some(MinimumRateChoice::Fixed(number("0.01"))),
            quality_standard: QualityStandard::Met,
            quality_score: Some(number("0.8125")),
            participant_revenue: Some(number("123456.78")),
            low_revenue: Some(true),
            revenue_loss_limit: None,
            euc_share_beneficiaries: None,
            euc_share_year: Some(number("0.5")),
            lis_dual_share: Some(number("0.3")),
            dual_share_by3: None,
            prior_savings: [Some(number("-12.5")), None, Some(Decimal::ZERO)],
            prior_person_years: [Some(number("400")), None, Some(number("401.25"))],
            prior_sharing_rate: [None; 3],
            termination: Termination::Voluntary,
            termination_date: Some("2022-12-31".parse().unwrap()),
            closeout_complete: Some(false),
            aip_outstanding: None,
            prepaid_outstanding: Some(Decimal::ZERO),
        }],
        ..FactorTables::default()
    };
    for kind in EnrollmentType::ALL {
        for year in FactorYear::ALL {
            tables.aco_years.push(AcoYear {
                key: key.clone(),
                year: *year,
                enrollment_type: kind,
                person_years: number("100"),
                per_capita_expenditure: number("12345.678901234567890123"),
                hcc_risk_score: Some(number("1.012345")),
                demographic_risk_score: Some(Decimal::ONE),
                new_person_years: None,
                new_hcc_risk_score: None,
                continuing_hcc_risk_score: None,
                continuing_demographic_risk_score: None,
            });
            for (county, people) in [("01001", "75"), ("01003", "25")] {
                tables.aco_counties.push(super::AcoCounty {
                    key: key.clone(),
                    year: *year,
                    county: county.to_string(),
                    enrollment_type: kind,
                    person_years: number(people),
                });
            }
        }
        for year in 2019..=2022 {
            tables.national.push(super::National {
                calendar_year: year,
                population: Population::Assignable,
                enrollment_type: kind,
                per_capita_expenditure: number("10000"),
                truncated_per_capita: None,
            });
            for (county, people, cost) in [("01001", "300", "12000"), ("01003", "20", "9000")] {
                tables.counties.push(super::County {
                    calendar_year: year,
                    window: Window::Calendar,
                    county: county.to_string(),
                    enrollment_type: kind,
                    scores: None,
                    person_years: number(people),
                    per_capita_expenditure: number(cost),
                    hcc_risk_score: Some(number("1.2")),
                    demographic_risk_score: Some(number("0.9")),
                });
            }
        }
    }
    tables
}

fn sorted(mut tables: FactorTables) -> FactorTables {
    tables.aco_years.sort_by_key(|row| (row.key.clone(), row.year, row.enrollment_type));
    tables.national.sort_by_key(|row| (row.calendar_year, row.enrollment_type));
    tables.counties.sort_by_key(|row| (row.calendar_year, row.county.clone(), row.enrollment_type));
    tables.aco_counties.sort_by_key(|row| (row.year, row.county.clone(), row.enrollment_type));
    tables
}

fn edit(folder: &Path, table: &str, change: impl FnOnce(String) -> String) {
    let path = folder.join(format!("{table}.csv"));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

#[test]
fn what_is_written_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let tables = sorted(tables());
    tables.write(folder.path()).unwrap();
    assert_eq!(FactorTables::read(folder.path()).unwrap(), tables);
}

#[test]
fn every_fault_of_a_table_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    tables().write(folder.path()).unwrap();
    edit(folder.path(), "aco", |text| text.replace("0.8125", "1.2").replace("BASIC", "BASICS").replace(",0.3,", ",-0.3,"));
    let Error::Inputs(faults) = FactorTables::read(folder.path()).unwrap_err() else { panic!() };
    let told = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(faults.len(), 3, "{told}");
    for word in ["column: track", "column: quality_score", "column: lis_dual_share", "key: A1 2022", "table: aco", "aco.csv"] {
        assert!(told.contains(word), "{told}");
    }
}

#[test]
fn a_missing_year_a_negative_person_year_and_a_stranger_are_refused_by_name() {
    type Edit = fn(String) -> String;
    let cases: [(&str, Edit, &[&str]); 8] = [
        (
            "aco_year",
            |text| text.replace("A1,BY2,DIS,100,12345.678901234567890123,,1.012345,1,,,,\n", ""),
            &["A1 BY2 DIS", "missing"],
        ),
        ("aco_year", |text| text.replace("A1,BY1,ESRD,100", "A1,BY1,ESRD,-100"), &["negative", "A1 BY1 ESRD", "person_years"]),
        ("aco_year", |text| text.replace("A1,PY,ESRD", "A2,PY,ESRD"), &["A2", "aco_id", "A1 PY ESRD"]),
        ("aco_year", |text| text.replace("A1,PY,AGND", "A1,PY,AGDU"), &["twice", "A1 PY AGDU"]),
        ("aco_year", |text| text.replacen(",1.012345,", ",,", 1), &["risk score is missing"]),
        ("aco_year", |text| text.replace("person_years,per", "person_years,pre"), &["column is missing", "not known"]),
        ("aco", |text| text.replace("2022-01-01", "2022-13-01"), &["agreement_start", "2022-13-01"]),
        ("national", |text| text.replace("assignable", "everyone"), &["population", "everyone"]),
    ];
    for (table, change, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        tables().write(folder.path()).unwrap();
        edit(folder.path(), table, change);
        let fault = FactorTables::read(folder.path()).unwrap_err();
        assert_eq!(fault.exit_code(), 3);
        let told = fault.to_string();
        assert!(words.iter().all(|word| told.contains(word)), "{words:?} in {told}");
    }
}

#[test]
fn a_region_is_the_mean_of_its_counties_by_the_acos_own_people() {
    let regions = tables().regions(&Rules::load(None).unwrap()).unwrap();
    assert_eq!(regions.len(), 16);
    let py = regions.iter().find(|row| row.year == FactorYear::Py).unwrap();
    // 0.75 x 12000 / 1.2 + 0.25 x 9000 / 1.2
    assert_eq!(py.regional_expenditure, number("9375"));
    // 0.75 x 75 / 300 + 0.25 x 1, capped from 25 / 20
    assert_eq!(py.national_weight, Some(number("0.4375")));
    assert_eq!(py.regional_hcc_score, Some(number("1.2")));
    assert_eq!(regions.iter().find(|row| row.year == FactorYear::By1).unwrap().national_weight, None);
}

#[test]
fn a_share_of_a_county_above_one_counts_as_one_or_as_computed() {
    let as_computed = Choice { name: "county_share_above_one".into(), value: "as_computed".into() };
    let weight = |rules: &Rules| {
        let regions = tables().regions(rules).unwrap();
        regions.iter().find(|row| row.year == FactorYear::Py).unwrap().national_weight
    };
    assert_eq!(weight(&Rules::load(None).unwrap()), Some(number("0.4375")));
    // 0.75 x 75 / 300 + 0.25 x 25 / 20
    assert_eq!(weight(&Rules::load_with(None, &[as_computed]).unwrap()), Some(number("0.5")));
}

#[test]
fn a_county_without_figures_is_left_out_or_refused_by_name() {
    let mut tables = tables();
    tables.counties.retain(|row| row.county != "01003" || row.calendar_year != 2020);
    let left_out = tables.regions(&Rules::load(None).unwrap()).unwrap();
    assert_eq!(left_out.iter().find(|row| row.year == FactorYear::By2).unwrap().regional_expenditure, number("10000"));
    let refuse = Choice { name: "county_without_figures".into(), value: "refuse".into() };
    let told = tables.regions(&Rules::load_with(None, &[refuse]).unwrap()).unwrap_err().to_string();
    assert!(told.contains("2020 calendar 01003 ESRD") && told.contains("table: county"), "{told}");
}
