//! One beneficiary explained: the account adds up to what the run found for that person, and names nobody.

#![allow(clippy::unwrap_used)] // here a panic is the message

use crate::common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::extracts::column;
use serde_json::Value;

const YEAR: &str = "2023";
/// Ranks looked at: the first, the last, and some between.
const ROWS: [usize; 8] = [1, 7, 120, 2361, 4474, 5629, 8070, 9000];

fn acobench(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_acobench")).current_dir(root).arg("--quiet").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn trace(row: usize, more: &[&str]) -> String {
    let row = row.to_string();
    let given = ["trace", "--extract", "data-samples", "--performance-year", YEAR, "--row", &row];
    acobench(&[&given[..], more].concat())
}

fn json(row: usize) -> Value {
    serde_json::from_str(&trace(row, &["--format", "json"])).unwrap()
}

/// The lines of a CSV file after its heading, as cells.
fn cells(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_string).collect()).collect()
}

fn cents(dollars: &Value) -> i64 {
    dollars.as_str().unwrap().replace('.', "").parse().unwrap()
}

fn each(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn a_trace_says_what_the_run_found_for_that_person() {
    let folder = tempfile::tempdir().unwrap();
    let (out, audit) = (folder.path().join("run"), folder.path().join("audit"));
    let paths = [out.to_str().unwrap(), audit.to_str().unwrap()];
    let run = ["run", "--extract", "data-samples", "--performance-year", YEAR, "--out", paths[0], "--audit", paths[1]];
    acobench(&run);
    let (people, assignment) = (cells(&audit.join("people.csv")), cells(&audit.join("assignment.csv")));
    let mut assigned = 0;
    for row in ROWS {
        let trace = json(row);
        let mine = |cells: &&Vec<String>| cells[0] == row.to_string();
        let mut told = Vec::new();
        for year in each(&trace["years"]).iter().filter(|year| year["expenditure"] == true) {
            for kind in each(&year["types"]) {
                let assignable = each(&year["assignable"]).iter().any(|window| window == "calendar year");
                told.push(vec![
                    row.to_string(),
                    year["year"].to_string(),
                    kind["enrollment_type"].as_str().unwrap().to_string(),
                    kind["months"].to_string(),
                    cents(&kind["total"]).to_string(),
                    u8::from(assignable).to_string(),
                ]);
            }
        }
        assert_eq!(told, people.iter().filter(mine).cloned().collect::<Vec<_>>(), "row {row}");
        let mut told = Vec::new();
        for year in each(&trace["years"]) {
            for aco in each(&year["assigned"]) {
                told.push(vec![row.to_string(), year["year"].to_string(), aco.as_str().unwrap().to_string(), String::new()]);
            }
        }
        assigned += told.len();
        assert_eq!(told, assignment.iter().filter(mine).cloned().collect::<Vec<_>>(), "row {row}");
    }
    assert!(assigned > 5, "the rows show {assigned} assignments");
}

#[test]
fn the_amounts_of_the_claims_add_up_to_those_of_the_years_and_the_charges_to_those_of_the_rivals() {
    for row in ROWS {
        let trace = json(row);
        let mut counted: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut charges: BTreeMap<(String, String), i64> = BTreeMap::new();
        for line in each(&trace["claims"]).iter().flat_map(|claim| each(&claim["rows"])) {
            let money = &line["expenditure"]["counted"];
            if !money.is_null() {
                let parts = ["sequestration", "reduction"].map(|part| cents(&money[part])).iter().sum::<i64>();
                assert_eq!(cents(&money["amount"]), cents(&line["paid"]) + parts - cents(&money["supplements"]));
                let year = money["month"].as_str().unwrap()[..4].to_string();
                *counted.entry((year, money["enrollment_type"].to_string())).or_default() += cents(&money["amount"]);
            }
            let service = &line["assignment"];
            let whom = if service["of"].is_null() { &service["biller"] } else { &service["of"] };
            for window in each(&service["windows"]).iter().filter(|_| each(&service["counts_for"]).contains(&"step 1".into())) {
                let key = (window.as_str().unwrap().to_string(), whom.as_str().unwrap().to_string());
                *charges.entry(key).or_default() += cents(&line["allowed"]);
            }
        }
        for outside in
            each(&trace["outside"]).iter().map(|outside| &outside["expenditure"]["counted"]).filter(|money| !money.is_null())
        {
            let year = outside["month"].as_str().unwrap()[..4].to_string();
            *counted.entry((year, outside["enrollment_type"].to_string())).or_default() += cents(&outside["amount"]);
        }
        let mut rivals = 0;
        for year in each(&trace["years"]) {
            for kind in each(&year["types"]) {
                let key = (year["year"].to_string(), kind["enrollment_type"].to_string());
                assert_eq!(cents(&kind["total"]), counted.remove(&key).unwrap_or(0), "row {row} {key:?}");
            }
            for rival in each(&year["lists"]).iter().flat_map(|list| each(&list["rivals"])) {
                let key = (year["year"].to_string(), rival["name"].as_str().unwrap().to_string());
                assert_eq!(cents(&rival["step1"]), charges.get(&key).copied().unwrap_or(0), "row {row} {key:?}");
                rivals += 1;
            }
        }
        assert!(counted.is_empty(), "row {row}: {counted:?} is in no year");
        assert!(rivals > 0, "row {row} has no rivals");
    }
}

#[test]
fn a_trace_prints_no_identifier_of_a_person_or_claim() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples");
    let mut ids = column(&samples, "beneficiary_year", "bene_id");
    ids.sort();
    ids.dedup();
    let (benes, claims) = (column(&samples, "claim_line", "bene_id"), column(&samples, "claim_line", "claim_id"));
    for row in [1, 8070] {
        let (bene, text) = (&ids[row - 1], trace(row, &[]) + &trace(row, &["--format", "json"]));
        assert!(!text.contains(bene.as_str()), "row {row} is named");
        let mine: Vec<&String> = claims.iter().zip(&benes).filter(|(_, of)| *of == bene).map(|(claim, _)| claim).collect();
        assert!(!mine.is_empty());
        assert!(mine.iter().all(|claim| !text.contains(claim.as_str())), "a claim of row {row} is named");
    }
}

#[test]
fn another_rule_changes_the_account_where_it_decides() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().to_str().unwrap();
    let overlay = "[[non_physicians]]\nfrom = 2023\nvalue = [\"89\", \"97\"]\ncitation = \"planted\"\n";
    std::fs::write(folder.path().join("assignment.toml"), overlay).unwrap();
    let (usual, planted) = (trace(7, &[]), trace(7, &["--rules", rules]));
    let assignment = |line: &&str| line.trim_start().starts_with("assignment:");
    let mut changed = 0;
    for (line, other) in
        usual.lines().filter(assignment).zip(planted.lines().filter(assignment)).filter(|(left, right)| left != right)
    {
        assert!(line.contains("non-physician"), "{line}");
        assert!(other.ends_with("left out, specialty_not_used"), "{other}");
        changed += 1;
    }
    assert!(changed > 0);
    let elsewhere =
        |text: &str| text.lines().filter(|line| line.contains("expenditure:")).map(str::to_string).collect::<Vec<_>>();
    assert_eq!(elsewhere(&usual), elsewhere(&planted));
}
