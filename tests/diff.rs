//! Two runs compared: every change is traced to what moved it, and the parts add up to the whole.
#![allow(clippy::unwrap_used)]

#[path = "common/extract.rs"]
mod extract;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, RecordBatch};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diff").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(extract: &Path, out: &Path, more: &[&str]) {
    let mut arguments = vec!["run", "--quiet", "--performance-year", "2023", "--extract"];
    arguments.extend([extract.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    arguments.extend(more);
    let ended = extract::run(&arguments);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

fn diff(a: &Path, b: &Path, format: &str) -> Output {
    extract::run(&["diff", "--quiet", a.to_str().unwrap(), b.to_str().unwrap(), "--format", format])
}

/// A number of the JSON, in millionths.
fn millionths(value: &Value) -> i128 {
    let text = value.as_str().unwrap();
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    sign * format!("{whole}{part:0<6}").parse::<i128>().unwrap()
}

/// The sum, over the ACOs, of what each mover did to a figure without its sign; holds that parts add up.
fn moved(a: &Path, b: &Path, figure: &str) -> Vec<i128> {
    let output = diff(a, b, "json");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut sums = vec![0; 8];
    for aco in told["acos"].as_array().unwrap() {
        for moved in aco["figures"].as_array().unwrap() {
            let parts: Vec<i128> = moved["parts"].as_array().unwrap().iter().map(millionths).collect();
            if parts.is_empty() {
                continue;
            }
            let whole = millionths(&moved["b"]) - millionths(&moved["a"]);
            assert_eq!(parts.iter().sum::<i128>(), whole, "{moved}");
            if moved["figure"] == figure {
                sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part.abs());
            }
        }
    }
    sums
}

const ASSIGNMENT: usize = 0;
const EXPENDITURE: usize = 1;
const RULE: usize = 6;
const VERSION: usize = 7;

#[test]
fn changes_are_traced_to_what_moved_them() {
    let home = folder("traced");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples");
    let [first, again, shorter, dearer, ruled] = ["first", "again", "shorter", "dearer", "ruled"].map(|name| home.join(name));
    let changed = home.join("extract");
    run(&samples, &first, &[]);
    run(&samples, &again, &["--threads", "1"]);
    let same = diff(&first, &again, "text");
    assert_eq!(same.status.code(), Some(0), "{}", String::from_utf8_lossy(&same.stdout));
    assert!(String::from_utf8_lossy(&same.stdout).contains("Inputs, rules, parameters and version are the same."));

    // Every other participant leaves: people move, and with them all that is theirs.
    extract::copy(&samples, &changed);
    extract::rewrite(&changed.join("participant.parquet"), |batch| {
        (0..batch.num_rows()).step_by(2).map(|row| batch.slice(row, 1)).collect()
    });
    run(&changed, &shorter, &[]);
    let people = moved(&first, &shorter, "assigned_beneficiaries");
    assert!(people[ASSIGNMENT] > 0 && people[EXPENDITURE..].iter().all(|part| *part == 0), "{people:?}");
    let text = String::from_utf8(diff(&first, &shorter, "text").stdout).unwrap();
    assert!(text.contains("input: participant/participant.parquet has another content"), "{text}");

    // One table of payments outside claims is paid tenfold: money alone moves, for ACOs, nation and counties.
    fs::remove_dir_all(&changed).unwrap();
    extract::copy(&samples, &changed);
    extract::rewrite(&changed.join("non_claims_payment.parquet"), |batch| vec![tenfold(batch)]);
    run(&changed, &dearer, &[]);
    let spent = moved(&first, &dearer, "total_expenditure");
    assert!(spent[EXPENDITURE] > 0 && spent[ASSIGNMENT] == 0 && spent[RULE] == 0 && spent[VERSION] == 0, "{spent:?}");

    // A sharing rate is a rule: the payment moves by it and by nothing else.
    let rules = home.join("rules");
    fs::create_dir(&rules).unwrap();
    let rows = ["a", "b", "c", "d", "e"]
        .map(|level| format!("[[basic_{level}.sharing_rate]]\nfrom = 2012\nvalue = \"0.31\"\ncitation = \"a test\"\n"));
    let enhanced = "[[enhanced.sharing_rate]]\nfrom = 2012\nvalue = \"0.31\"\ncitation = \"a test\"\n";
    fs::write(rules.join("arrangements.toml"), rows.join("\n") + enhanced).unwrap();
    run(&samples, &ruled, &["--rules", rules.to_str().unwrap()]);
    let paid = moved(&first, &ruled, "payment");
    assert!(paid[RULE] > 0 && paid[..RULE].iter().all(|part| *part == 0) && paid[VERSION] == 0, "{paid:?}");

    let csv = String::from_utf8(diff(&first, &ruled, "csv").stdout).unwrap();
    assert!(
        csv.starts_with("aco,figure,a,b,change,assignment,expenditure,risk,trend,regional,agreement,rule,version\n"),
        "{csv}"
    );
}

fn tenfold(batch: &RecordBatch) -> RecordBatch {
    let at = batch.schema().index_of("payment_amt").unwrap();
    let cells = batch.column(at).as_any().downcast_ref::<Decimal128Array>().unwrap();
    let tenfold: Decimal128Array = cells.iter().map(|cell| cell.map(|cents| cents * 10)).collect();
    let tenfold = tenfold.with_precision_and_scale(cells.precision(), cells.scale()).unwrap();
    extract::with(batch, "payment_amt", Arc::new(tenfold) as ArrayRef)
}

#[test]
fn a_run_that_was_edited_is_refused() {
    let home = folder("edited");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples");
    let (a, b) = (home.join("a"), home.join("b"));
    run(&samples, &a, &[]);
    run(&samples, &b, &[]);
    let path = b.join("settlement.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text + "\n").unwrap();
    let refused = diff(&a, &b, "text");
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("settlement.csv"));
}
