//! The same people written as RIF and as CCLF come back from their import cell for cell, as far as each form carries them.

#![allow(clippy::unwrap_used)]

use crate::common::extracts;
use crate::extract;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use extract::run;
use extracts::column;

/// Rows of a table: the cells of some columns, blanks around them taken away.
fn rows(extract: &Path, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let cells: Vec<Vec<String>> = columns.iter().map(|name| column(extract, table, name)).collect();
    (0..cells[0].len()).map(|row| cells.iter().map(|column| column[row].trim().to_string()).collect()).collect()
}

fn made(home: &Path, form: &str) -> PathBuf {
    let out = home.join(form);
    let done = run(&[
        "synth",
        "--beneficiaries",
        "300",
        "--years",
        "2021..2022",
        "--acos",
        "2",
        "--seed",
        "7",
        "--quiet",
        "--as",
        form,
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

fn imported(home: &Path, form: &str) -> PathBuf {
    let (files, out) = (made(home, form), home.join(format!("from-{form}")));
    let beside = |name: &str| files.join("beside").join(format!("{name}.parquet")).to_str().unwrap().to_string();
    let done = run(&[
        "import",
        form,
        files.join("files").to_str().unwrap(),
        "--quiet",
        "--max-quarantined",
        "0",
        "--participants",
        &beside("participant"),
        "--agreements",
        &beside("agreement"),
        "--risk",
        &beside("risk_score"),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

/// Compares two lists of rows as sets with counts, telling the first that differs.
fn same(what: &str, mut want: Vec<Vec<String>>, mut got: Vec<Vec<String>>) {
    assert!(!want.is_empty(), "{what} has rows");
    want.sort();
    got.sort();
    let differs = want.iter().zip(&got).find(|(want, got)| want != got);
    assert!(differs.is_none(), "{what}: {differs:?}");
    assert_eq!(want.len(), got.len(), "rows of {what}");
}

const PROFESSIONAL: [&str; 4] = ["71", "72", "81", "82"];

/// Claims that have both a header and a revenue line: only of these the forms have rows for every line and none besides.
fn whole_claims(extract: &Path) -> BTreeSet<String> {
    let headers: BTreeSet<String> = column(extract, "claim_header", "claim_id").into_iter().collect();
    let lines: BTreeSet<String> = column(extract, "claim_line", "claim_id").into_iter().collect();
    headers.intersection(&lines).cloned().collect()
}

#[test]
fn rif_gives_back_what_it_carries() {
    let home = tempfile::tempdir().unwrap();
    let (plain, back) = (made(home.path(), "extract"), imported(home.path(), "rif"));
    let header = [
        "bene_id",
        "claim_id",
        "claim_type",
        "from_date",
        "thru_date",
        "admission_date",
        "discharge_date",
        "ccn",
        "facility_type",
        "service_classification",
        "non_payment_reason",
        "attending_npi",
        "other_npi",
        "rendering_npi",
        "processed_date",
        "payment_amt",
        "ime_operating_amt",
        "dsh_operating_amt",
        "ime_capital_amt",
        "dsh_capital_amt",
        "uncompensated_care_amt",
    ];
    same("claim_header", rows(&plain, "claim_header", &header), rows(&back, "claim_header", &header));
    // A flag of a diagnosis is a diagnosis or none: nobody knows of a claim that it was not looked at.
    let flags = |extract: &Path| {
        let mut rows = rows(extract, "claim_header", &["claim_id", "covid_b9729", "covid_u071"]);
        rows.iter_mut().flat_map(|row| &mut row[1..]).for_each(|flag| *flag = (flag == "true").to_string());
        rows
    };
    same("diagnoses", flags(&plain), flags(&back));

    let line = [
        "claim_type",
        "bene_id",
        "claim_id",
        "line_num",
        "first_date",
        "last_date",
        "hcpcs",
        "pos",
        "specialty",
        "tin",
        "npi",
        "payment_amt",
        "allowed_amt",
        "claim_denial",
        "processing_indicator",
        "processed_date",
    ];
    let professional = |extract: &Path| {
        rows(extract, "claim_line", &line).into_iter().filter(|row| PROFESSIONAL.contains(&row[0].as_str())).collect::<Vec<_>>()
    };
    same("carrier and DME lines", professional(&plain), professional(&back));

    let revenue = [
        "claim_id",
        "bene_id",
        "line_num",
        "last_date",
        "hcpcs",
        "revenue_center",
        "facility_type",
        "service_classification",
        "npi",
        "other_npi",
        "attending_npi",
        "payment_amt",
        "allowed_amt",
        "claim_type",
        "ccn",
        "non_payment_reason",
        "processed_date",
    ];
    let whole = whole_claims(&plain);
    let attending = |extract: &Path| -> BTreeMap<String, String> {
        rows(extract, "claim_header", &["claim_id", "attending_npi"])
            .into_iter()
            .map(|row| (row[0].clone(), row[1].clone()))
            .collect()
    };
    let of_claims = attending(&plain);
    let facility = |extract: &Path| {
        let mut rows = rows(extract, "claim_line", &revenue);
        rows.retain(|row| whole.contains(&row[0]));
        // The attending clinician is the claim's.
        for row in &mut rows {
            row[10] = of_claims[&row[0]].clone();
        }
        rows
    };
    same("revenue lines", facility(&plain), facility(&back));

    let year = [
        "bene_id",
        "year",
        "status",
        "county",
        "county_september",
        "birth_date",
        "death_date",
        "dual_status",
        "lis_status",
        "medicare_status",
    ];
    same("beneficiary_year", rows(&plain, "beneficiary_year", &year), rows(&back, "beneficiary_year", &year));
    let score = acobench::extract::table("risk_score").unwrap().columns.iter().map(|column| column.name).collect::<Vec<_>>();
    assert_eq!(score.len(), 11);
    same("risk_score", rows(&plain, "risk_score", &score), rows(&back, "risk_score", &score));
}

/// The claim number as the feed has it: thirteen digits.
fn fed(mut rows: Vec<Vec<String>>, column: usize) -> Vec<Vec<String>> {
    for row in &mut rows {
        row[column] = row[column][row[column].len() - 13..].to_string();
    }
    rows
}

#[test]
fn the_feed_gives_back_what_it_carries() {
    let home = tempfile::tempdir().unwrap();
    let (plain, back) = (made(home.path(), "extract"), imported(home.path(), "cclf"));
    let header = [
        "bene_id",
        "claim_id",
        "claim_type",
        "from_date",
        "thru_date",
        "admission_date",
        "ccn",
        "facility_type",
        "service_classification",
        "non_payment_reason",
        "attending_npi",
        "other_npi",
        "processed_date",
        "payment_amt",
        "ime_operating_amt",
        "dsh_operating_amt",
        "ime_capital_amt",
        "dsh_capital_amt",
        "uncompensated_care_amt",
        "sequestration_amt",
        "pbp_reduction_amt",
    ];
    same("claim_header", fed(rows(&plain, "claim_header", &header), 1), fed(rows(&back, "claim_header", &header), 1));

    for (types, more) in [(["71", "72"], ["specialty", "tin"].as_slice()), (["81", "82"], &[])] {
        let mut line = vec![
            "claim_type",
            "claim_id",
            "bene_id",
            "line_num",
            "first_date",
            "last_date",
            "hcpcs",
            "pos",
            "npi",
            "payment_amt",
            "allowed_amt",
            "claim_denial",
            "processing_indicator",
            "processed_date",
            "sequestration_amt",
            "pbp_reduction_amt",
        ];
        line.extend(more);
        let of = |extract: &Path| {
            let rows = rows(extract, "claim_line", &line).into_iter().filter(|row| types.contains(&row[0].as_str())).collect();
            fed(rows, 1)
        };
        same("lines", of(&plain), of(&back));
    }

    let revenue = [
        "claim_id",
        "bene_id",
        "line_num",
        "last_date",
        "hcpcs",
        "revenue_center",
        "facility_type",
        "payment_amt",
        "claim_type",
        "ccn",
        "service_classification",
        "non_payment_reason",
        "processed_date",
    ];
    let whole: BTreeSet<String> = whole_claims(&plain).into_iter().map(|claim| claim[claim.len() - 13..].to_string()).collect();
    let facility = |extract: &Path| {
        let mut rows = fed(rows(extract, "claim_line", &revenue), 0);
        rows.retain(|row| whole.contains(&row[0]));
        rows
    };
    same("revenue lines", facility(&plain), facility(&back));

    let year = ["bene_id", "year", "county", "birth_date", "dual_status", "medicare_status", "status", "death_date"];
    let want: BTreeMap<_, _> = rows(&plain, "beneficiary_year", &year).into_iter().map(|row| (row[..2].to_vec(), row)).collect();
    let got: BTreeMap<_, _> = rows(&back, "beneficiary_year", &year).into_iter().map(|row| (row[..2].to_vec(), row)).collect();
    let mut months = 0;
    for (key, want) in &want {
        let got = got.get(key).unwrap_or_else(|| panic!("a year is missing"));
        assert_eq!(want[2..6], got[2..6], "county, birth, dual and Medicare status of {}", key[1]);
        if !want[7].is_empty() {
            assert_eq!(want[7], got[7]);
        }
        let got_codes = got[5].as_bytes();
        for (month, (want, got)) in want[6].bytes().zip(got[6].bytes()).enumerate() {
            let renal = got_codes[2 * month + 1] == b'1';
            // Plans and grafts are not in the feed.
            if want != b'9' && !renal {
                assert_eq!(char::from(want), char::from(got), "month {month} of {}", key[1]);
                months += 1;
            }
        }
    }
    assert!(months > 4_000, "{months}");
}
