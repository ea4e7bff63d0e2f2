//! A finished run settled under other choices: the base is the run's, the alternative is what `benchmark` makes of the same
//! factors with the cell changed in the file, and what cannot be asked is said.

#![allow(clippy::unwrap_used)] // here a panic is the message

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

struct Demo {
    folder: tempfile::TempDir,
    run: PathBuf,
}

static DEMO: LazyLock<Demo> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("demo");
    let output = acobench(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Demo { folder, run }
});

fn acobench(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_acobench")).current_dir(root).arg("--quiet").args(arguments).output().unwrap()
}

fn whatif(arguments: &[&str]) -> Output {
    acobench(&[&["whatif", DEMO.run.to_str().unwrap()], arguments].concat())
}

fn told(arguments: &[&str]) -> String {
    let output = whatif(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str::<Value>(&told(&[arguments, &["--format", "json"]].concat())).unwrap()[0].clone()
}

/// A value of a comparison: base and alternative.
fn value(comparison: &Value, name: &str) -> (String, String) {
    let rows = comparison["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    (row["base"].as_str().unwrap().to_string(), row["alternative"].as_str().unwrap().to_string())
}

/// Cells of a CSV file of a run, by column, of one ACO.
fn filed(run: &Path, file: &str, aco: &str, column: &str) -> String {
    let text = std::fs::read_to_string(run.join(file)).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
    let row = reader.records().map(Result::unwrap).find(|row| &row[0] == aco).unwrap();
    row[at].to_string()
}

/// What `benchmark` makes of the run's factors with cells of one ACO's row changed in the file.
fn settled(name: &str, aco: &str, cells: &[(&str, &str)]) -> PathBuf {
    let (factors, out) = (DEMO.folder.path().join(format!("{name}-factors")), DEMO.folder.path().join(name));
    std::fs::create_dir(&factors).unwrap();
    for file in std::fs::read_dir(DEMO.run.join("factors")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), factors.join(file.file_name())).unwrap();
    }
    let mut reader = csv::Reader::from_path(factors.join("aco.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut writer = csv::Writer::from_path(factors.join("changed")).unwrap();
    writer.write_record(&header).unwrap();
    for row in reader.records() {
        let mut row: Vec<String> = row.unwrap().iter().map(str::to_string).collect();
        let own = row[0] == aco;
        for (column, cell) in cells.iter().filter(|_| own) {
            row[header.iter().position(|name| name == *column).unwrap()] = (*cell).to_string();
        }
        writer.write_record(&row).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    std::fs::rename(factors.join("changed"), factors.join("aco.csv")).unwrap();
    let output = acobench(&["benchmark", "--factors", factors.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    out
}

#[test]
fn the_base_is_the_runs_and_the_alternative_is_what_the_changed_factors_settle_to() {
    for (name, aco, cells) in [
        ("enhanced", "A1003", vec![("track", "ENHANCED"), ("level", ""), ("msr_choice", "0.01"), ("quality_score", "0.8")]),
        ("basic", "A1002", vec![("track", "BASIC"), ("level", "C"), ("msr_choice", "0.02"), ("participant_revenue", "1000000")]),
        ("one-sided", "A1002", vec![("track", "BASIC"), ("level", "A")]),
        ("prior", "A1001", vec![("assigned_beneficiaries", "7000"), ("aip_outstanding", "5000"), ("agreement_period", "3")]),
    ] {
        let settings: Vec<String> = cells.iter().map(|(key, cell)| format!("{key}={cell}")).collect();
        let mut arguments = vec!["--aco", aco];
        for setting in &settings {
            arguments.extend(["--set", setting]);
        }
        let comparison = json(&arguments);
        let other = settled(name, aco, &cells);
        let mut compared = 0;
        for row in comparison["rows"].as_array().unwrap() {
            let column = row["name"].as_str().unwrap();
            if column == "track" || column.ends_with("_benchmark") && column != "total_benchmark" {
                continue;
            }
            let (base, alternative) = value(&comparison, column);
            assert_eq!(base, filed(&DEMO.run, "settlement.csv", aco, column), "{name} {column}");
            assert_eq!(alternative, filed(&other, "settlement.csv", aco, column), "{name} {column}");
            compared += 1;
        }
        assert!(compared > 12, "{compared}");
        assert!(comparison["changed"].as_array().unwrap().len() <= cells.len());
    }
}

#[test]
fn a_track_brings_its_level() {
    let (_, track) = value(&json(&["--aco", "A1003", "--set", "track=ENHANCED"]), "track");
    assert_eq!(track, "ENHANCED");
    let (was, is) = value(&json(&["--aco", "A1003", "--set", "track=BASIC D"]), "track");
    assert_eq!((was.as_str(), is.as_str()), ("BASIC E", "BASIC D"));
    assert_eq!(value(&json(&["--aco", "A1003", "--set", "track=BASIC"]), "track").1, "BASIC E");
}

#[test]
fn a_sweep_settles_every_value() {
    let arguments = ["--aco", "A1003", "--set", "quality_standard=alternative", "--sweep", "quality_score=0..1..0.25"];
    let points = json(&arguments)["sweep"]["points"].as_array().unwrap().clone();
    assert_eq!(points.len(), 5);
    for point in &points {
        let score = point["value"].as_str().unwrap();
        let set = format!("quality_score={score}");
        let alone = json(&["--aco", "A1003", "--set", "quality_standard=alternative", "--set", &set]);
        assert_eq!(point["payment"].as_str().unwrap(), value(&alone, "payment").1, "{score}");
    }
    assert_eq!(points[0]["payment"], "0");
    let text = told(&arguments);
    let longest = text.lines().find(|line| line.starts_with("1 ")).unwrap();
    assert!(longest.ends_with(&"█".repeat(40)) && longest.contains("935,793.62"), "{text}");
    let list = json(&["--aco", "A1002", "--sweep", "track=BASIC A,BASIC E,ENHANCED"]);
    assert_eq!(list["sweep"]["points"].as_array().unwrap().len(), 3);
}

#[test]
fn a_chosen_rate_that_has_no_bearing_is_said_to_have_none() {
    let choose = "msr_choice=0.01";
    let small = "msr_choice has no bearing: with 4999 assigned beneficiaries, fewer than 5000, the variable rate takes its place (42 CFR 425.110(b)(3))";
    let few = ["--aco", "A1003", "--set", "assigned_beneficiaries=4999"];
    for more in [["--set", choose], ["--sweep", "msr_choice=variable,0,0.01"]] {
        let arguments = [&few[..], &more].concat();
        assert_eq!(json(&arguments)["notes"], Value::from(vec![small]));
        assert!(told(&arguments).contains(&format!("\n{small}\n")));
        assert!(told(&[&arguments[..], &["--format", "md"]].concat()).contains(&format!("\n{small}\n")));
    }
    let with = |choice: &str| value(&json(&[&few[..], &["--set", &format!("msr_choice={choice}")]].concat()), "msr").1;
    assert_eq!(with("0.01"), with("variable"), "it has none indeed");
    let enough = json(&["--aco", "A1003", "--set", "assigned_beneficiaries=5000", "--set", choose]);
    assert_eq!((&enough["notes"], value(&enough, "msr").1.as_str()), (&Value::Null, "0.01"));
    assert_eq!(json(&few)["notes"], Value::Null, "nobody asked");
}

#[test]
fn every_format_tells_the_payment() {
    let arguments = ["--aco", "A1003", "--set", "track=ENHANCED", "--set", "msr_choice=0.01"];
    let (base, alternative) = value(&json(&arguments), "payment");
    let csv = told(&[&arguments[..], &["--format", "csv"]].concat());
    assert!(csv.lines().any(|line| line.starts_with(&format!("A1003,,payment,{base},{alternative},"))), "{csv}");
    let markdown = told(&[&arguments[..], &["--format", "md"]].concat());
    assert!(
        markdown.starts_with("# A1003, performance year 2023: ") && markdown.contains("| payment | 935,793.62 | "),
        "{markdown}"
    );
    assert!(told(&arguments).contains("track ENHANCED instead of BASIC"));
}

#[test]
fn what_cannot_be_asked_is_said_by_its_key() {
    for (arguments, words) in [
        (vec!["--set", "trak=ENHANCED"], ["no column trak", "quality_score"]),
        (vec!["--set", "track=SILVER"], ["track: `SILVER`", "ENHANCED, or BASIC with a level"]),
        (vec!["--set", "quality_score=1.2"], ["quality_score: 1.2", "between 0 and 1"]),
        (vec!["--set", "agreement_start=2022-01-01"], ["agreement_start cannot be changed", "run again"]),
        (vec!["--set", "msr_choice=0.03"], ["msr_choice: 0.03 was never offered", "minimum_rate_choices"]),
        (vec!["--set", "track=3"], ["track: track 3", "correct"]),
        (vec!["--set", "quality_score"], ["KEY=VALUE", "--set"]),
        (vec!["--sweep", "quality_score=0..1..0"], ["LO..HI..STEP", "above 0"]),
        (vec!["--sweep", "quality_score=0..1..0.0001"], ["at most 1000 points", "larger step"]),
        (vec!["--sweep", "low_revenue=1..3..1"], ["low_revenue: `2`", "yes or no"]),
    ] {
        let output = whatif(&[&["--aco", "A1003"], arguments.as_slice()].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        for word in words {
            assert!(told.contains(word), "no `{word}` in {told}");
        }
    }
    let output = whatif(&["--aco", "A9999"]);
    assert!(output.status.code() == Some(2) && String::from_utf8(output.stderr).unwrap().contains("A1001, A1002, A1003"));
}

#[test]
fn a_run_that_was_edited_is_refused() {
    let copy = DEMO.folder.path().join("edited");
    std::fs::create_dir_all(copy.join("factors")).unwrap();
    for file in ["manifest.json", "settlement.csv"] {
        std::fs::copy(DEMO.run.join(file), copy.join(file)).unwrap();
    }
    for file in std::fs::read_dir(DEMO.run.join("factors")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.join("factors").join(file.file_name())).unwrap();
    }
    let ask = || acobench(&["whatif", copy.to_str().unwrap(), "--aco", "A1001"]);
    assert!(ask().status.success());
    let path = copy.join("factors/aco_year.csv");
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replacen(",15.75,", ",15.85,", 1)).unwrap();
    let output = ask();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(3) && told.contains("aco_year.csv") && told.contains("no longer"), "{told}");
}
