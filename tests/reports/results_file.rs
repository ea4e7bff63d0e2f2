//! A run in the columns of CMS's results file: `replay` reads it back and finds nothing that differs, and no small cell is in it.

#![allow(clippy::unwrap_used)] // here a panic is the message

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn acobench(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_acobench")).current_dir(root).arg("--quiet").args(arguments).output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let output = acobench(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The results file of a run, row by row.
fn results(run: &Path, more: &[&str]) -> Vec<BTreeMap<String, String>> {
    let text = done(&[&["report", run.to_str().unwrap(), "--puf"], more].concat());
    csv::Reader::from_reader(text.as_bytes()).into_deserialize().map(Result::unwrap).collect()
}

/// Replays the results file of a run; verdicts by how often they were given.
fn replayed(run: &Path, year: &str, more: &[&str]) -> BTreeMap<String, usize> {
    let (file, out) = (run.with_extension("puf.csv"), run.with_extension("replayed.csv"));
    done(&[&["report", run.to_str().unwrap(), "--puf", "--out", file.to_str().unwrap()], more].concat());
    let output = acobench(&["replay", file.to_str().unwrap(), "--performance-year", year, "--out", out.to_str().unwrap()]);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), differing(&text));
    let mut verdicts = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        *verdicts.entry(row.unwrap()[5].to_string()).or_default() += 1;
    }
    verdicts
}

fn differing(text: &str) -> String {
    text.lines().filter(|line| line.contains("differs")).collect::<Vec<_>>().join("\n")
}

#[test]
fn replay_matches_every_derivable_field_of_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("demo");
    done(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    let all = replayed(&run, "2023", &["--internal"]);
    assert!(all["match"] >= 30 && !all.contains_key("differs"), "{all:?}");
    let shared = replayed(&run, "2023", &[]);
    assert!(shared["match"] >= 25 && !shared.contains_key("differs"), "{shared:?}");

    let rows = results(&run, &["--internal"]);
    assert_eq!(rows.len(), 3);
    let third = &rows[2];
    for (column, cell) in [
        ("ACO_ID", "A1003"),
        ("Current_Track", "E"),
        ("Agree_Type", "Renewal"),
        ("Current_Start_Date", "01/01/2023"),
        ("Risk_Model", "Two-Sided"),
        ("Rev_Exp_Cat", "Low Revenue"),
        ("N_AB", "1153"),
        ("EarnSaveLoss", "935794"),
        ("FinalShareRate", "50.00%"),
        ("Met_QPS", "1"),
        ("CAHPS_1", ""),
    ] {
        assert_eq!(third[column], cell, "{column}");
    }
}

#[test]
fn cells_of_few_people_are_hidden_and_no_total_gives_them_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("demo");
    done(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    let (shared, internal) = (results(&run, &[]), results(&run, &["--internal"]));
    let mut hidden_cells = 0;
    for (shared, internal) in shared.iter().zip(&internal) {
        for year in ["BY3", "PY"] {
            let types = ["ESRD", "DIS", "AGED_Dual", "AGED_NonDual"].map(|kind| format!("N_AB_Year_{kind}_{year}"));
            let people = |column: &String| internal[column].parse::<u32>().unwrap();
            let hidden: Vec<u32> = types.iter().filter(|column| shared[*column] == "*").map(people).collect();
            hidden_cells += hidden.len();
            assert!(hidden.is_empty() || (hidden.len() > 1 && hidden.iter().sum::<u32>() >= 11), "{hidden:?}");
            for column in types.iter().filter(|column| shared[*column] != "*") {
                assert!(people(column) == 0 || people(column) >= 11, "{column} shows {}", shared[column]);
            }
        }
        let differ = shared.iter().filter(|(column, cell)| internal[*column] != **cell);
        assert!(differ.into_iter().all(|(_, cell)| cell == "*"));
    }
    assert!(hidden_cells > 0, "the demo has no small cell to try the rule on");
}

/// A run of a synthetic extract of a performance year, and what replaying its results file finds.
fn of_year(year: &str, starts: &str, beneficiaries: &str) -> (Vec<BTreeMap<String, String>>, BTreeMap<String, usize>) {
    let folder = tempfile::tempdir().unwrap();
    let (extract, run): (PathBuf, PathBuf) = (folder.path().join("extract"), folder.path().join("run"));
    let first = starts.split(',').map(|start| start[..4].parse::<u16>().unwrap()).min().unwrap() - 3;
    let years = format!("{first}..{year}");
    let made = ["synth", "--beneficiaries", beneficiaries, "--years", &years, "--acos", "4", "--seed", "3", "--starts", starts];
    done(&[&made[..], &["--effect-spread", "0.2", "--out", extract.to_str().unwrap()]].concat());
    done(&["run", "--extract", extract.to_str().unwrap(), "--performance-year", year, "--out", run.to_str().unwrap()]);
    (results(&run, &["--internal"]), replayed(&run, year, &["--internal"]))
}

fn replays(years: &[(&str, &str)]) {
    for (year, starts) in years {
        let (rows, verdicts) = of_year(year, starts, "4000");
        assert_eq!(rows.len(), 4, "{year}");
        assert!(verdicts["match"] >= 20 && !verdicts.contains_key("differs"), "{year} {verdicts:?}");
    }
}

#[test]
fn years_of_the_first_agreements_replay() {
    replays(&[("2013", "2012-04-01"), ("2014", "2013-01-01"), ("2015", "2013-01-01"), ("2016", "2014-01-01")]);
}

#[test]
fn years_of_resets_replay() {
    replays(&[("2017", "2015-01-01"), ("2018", "2016-01-01"), ("2020", "2019-07-01")]);
}

#[test]
fn years_of_the_regional_benchmark_replay() {
    replays(&[("2021", "2020-01-01"), ("2022", "2020-01-01"), ("2023", "2022-01-01")]);
}

#[test]
fn years_of_the_three_way_blend_replay() {
    replays(&[("2024", "2024-01-01"), ("2025", "2024-01-01"), ("2026", "2022-01-01")]);
}

#[test]
fn both_halves_of_2019_stand_in_one_file_and_replay() {
    let (rows, verdicts) = of_year("2019", "2016-01-01,2019-07-01", "4000");
    let started = |day: &str| rows.iter().filter(|row| row["Current_Start_Date"] == day).count();
    assert!(started("01/01/2016") > 0 && started("07/01/2019") > 0 && rows.len() == 4, "{rows:?}");
    // Half of what the whole year came to, whether it was settled or too few people are assigned for that.
    assert!(rows.iter().any(|row| row["EarnSaveLoss"].is_empty()), "{rows:?}");
    for row in &rows {
        let [benchmark, per_capita, people] =
            ["ABtotBnchmk", "UpdatedBnchmk", "N_AB_Year_PY"].map(|column| row[column].parse::<f64>().unwrap());
        assert!((benchmark - per_capita * people / 2.0).abs() <= per_capita, "{row:?}");
    }
    assert!(verdicts["match"] >= 20 && !verdicts.contains_key("differs"), "{verdicts:?}");
}
