//! Two runs compared: every change is traced to what moved it, and the parts add up to the whole.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use acobench::money::Decimal;
use arrow_array::{Array as _, ArrayRef, Decimal128Array, RecordBatch, StringArray};
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
const RISK: usize = 2;
const TREND: usize = 3;
const REGIONAL: usize = 4;
const AGREEMENT: usize = 5;
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

/// A table with one column 1 % greater in its last calendar year.
fn greater(from: &Path, to: &Path, column: &str) {
    let mut reader = csv::Reader::from_path(from).unwrap();
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|known| known == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let last = rows.iter().map(|row| row[at("calendar_year")].to_string()).max().unwrap();
    let mut writer = csv::Writer::from_path(to).unwrap();
    writer.write_record(&header).unwrap();
    for row in rows {
        let cell = |(place, cell): (usize, &str)| {
            let known = (place == at(column) && row[at("calendar_year")] == last).then(|| cell.parse::<Decimal>().unwrap());
            known.map_or_else(|| cell.to_string(), |known| (known * Decimal::new(101, 2)).to_string())
        };
        writer.write_record(row.iter().enumerate().map(cell).collect::<Vec<_>>()).unwrap();
    }
    writer.flush().unwrap();
}

#[test]
fn risk_trend_counties_and_agreements_move_what_is_theirs_and_the_most_moved_come_first() {
    let home = folder("movers");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples");
    let [first, scored, changed] = ["first", "scored", "extract"].map(|name| home.join(name));
    run(&samples, &first, &[]);
    // One file of scores holds others: what people cost is as it was.
    extract::copy(&samples, &changed);
    extract::rewrite(&extract::files(&changed, "risk_score")[0], |batch| {
        let mut scaled = batch.clone();
        for column in ["score_agnd", "score_agdu", "score_dis"] {
            let at = batch.schema().index_of(column).unwrap();
            let cells = batch.column(at).as_any().downcast_ref::<Decimal128Array>().unwrap();
            let cells: Decimal128Array = cells
                .iter()
                .enumerate()
                .map(|(row, cell)| cell.map(|score| if row % 3 == 0 { score * 11 / 10 } else { score }))
                .collect();
            let cells = cells.with_precision_and_scale(18, 6).unwrap();
            scaled = extract::with(&scaled, column, Arc::new(cells) as ArrayRef);
        }
        vec![scaled]
    });
    run(&changed, &scored, &[]);
    let by_risk = moved(&first, &scored, "updated_benchmark");
    assert!(by_risk[RISK] > 0 && by_risk[ASSIGNMENT] == 0 && by_risk[RULE] == 0, "{by_risk:?}");
    assert!(moved(&first, &scored, "total_expenditure").iter().all(|part| *part == 0));

    // The nation's and the counties' figures, given as the run has them and a little greater in the performance year.
    for (option, mover) in [("national", TREND), ("county", REGIONAL)] {
        let table = first.join(format!("factors/{option}.csv"));
        let (dearer, [as_they_are, greater_]) =
            (home.join(format!("{option}.csv")), ["as", "greater"].map(|name| home.join(format!("{option}_{name}"))));
        greater(&table, &dearer, "per_capita_expenditure");
        run(&samples, &as_they_are, &[&format!("--{option}"), table.to_str().unwrap()]);
        run(&samples, &greater_, &[&format!("--{option}"), dearer.to_str().unwrap()]);
        let parts = moved(&as_they_are, &greater_, "updated_benchmark");
        assert!(parts[mover] > 0, "{option}: {parts:?}");
        assert!(
            parts[ASSIGNMENT] == 0 && parts[EXPENDITURE] == 0 && parts[RULE] == 0 && parts[VERSION] == 0,
            "{option}: {parts:?}"
        );
    }

    // One ACO does not meet the quality standard: its payment moves, and it is told first.
    fs::remove_dir_all(&changed).unwrap();
    extract::copy(&samples, &changed);
    let settlement = fs::read_to_string(first.join("settlement.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(settlement.as_bytes());
    let at = rows.headers().unwrap().iter().position(|name| name == "payment").unwrap();
    let paid = |row: &csv::StringRecord| row[at].parse::<Decimal>().unwrap_or_default();
    let most = rows.records().map(Result::unwrap).max_by_key(paid).unwrap();
    assert!(paid(&most) > Decimal::ZERO, "{most:?}");
    extract::rewrite(&extract::files(&changed, "agreement")[0], |batch| {
        let (acos, cells) = (extract::text(batch, "aco_id"), extract::text(batch, "quality_standard"));
        let cells: StringArray = (0..batch.num_rows())
            .map(
                |row| if acos.value(row) == &most[0] { Some("not_met") } else { (!cells.is_null(row)).then(|| cells.value(row)) },
            )
            .collect();
        vec![extract::with(batch, "quality_standard", Arc::new(cells) as ArrayRef)]
    });
    let failing = home.join("failing");
    run(&changed, &failing, &[]);
    let by_agreement = moved(&first, &failing, "payment");
    assert!(by_agreement[AGREEMENT] > 0 && by_agreement[..AGREEMENT].iter().all(|part| *part == 0), "{by_agreement:?}");
    let told: Value = serde_json::from_slice(&diff(&first, &failing, "json").stdout).unwrap();
    assert!(told["acos"][0]["aco"].as_str().unwrap().starts_with(&most[0]), "{told}");
    let effect =
        |aco: &Value| aco["figures"][0]["parts"].as_array().map_or(0, |parts| parts.iter().map(millionths).sum::<i128>().abs());
    let effects: Vec<i128> = told["acos"].as_array().unwrap().iter().map(effect).collect();
    assert!(effects.is_sorted_by(|a, b| a >= b), "{effects:?}");
}
