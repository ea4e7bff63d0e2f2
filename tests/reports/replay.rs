//! CMS's published results recomputed, and files of our own that are written in every way CMS has written them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use acobench::factors::FactorYear;
use acobench::replay::{Column, Counts, Field, Finding, Key, Program, Replay, Verdict, count};
use acobench::rules::{EnrollmentType, Rules};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn invented(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/replay").join(name)
}

fn begin<'r>(path: &Path, year: u16, rules: &'r Rules) -> Replay<'r> {
    Replay::begin(&std::fs::read(path).unwrap(), path, year, rules).unwrap()
}

fn replayed(path: &Path, year: u16) -> (Vec<Finding>, Program) {
    let rules = Rules::load(None).unwrap();
    let replay = begin(path, year, &rules);
    (replay.findings(), replay.program())
}

fn assert_nothing_differs(findings: &[Finding]) {
    let differing: Vec<_> = findings.iter().filter(|finding| finding.verdict == Verdict::Differs).collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

fn of(counts: &Counts, field: Field, verdict: Verdict) -> usize {
    counts.get(&field).and_then(|counts| counts.get(&verdict)).copied().unwrap_or_default()
}

/// The rows of `tests/data/replay/verdicts.csv`: year, field, match, differs, not_derivable.
fn expected_counts() -> BTreeMap<u16, BTreeMap<String, [usize; 3]>> {
    let mut years: BTreeMap<u16, BTreeMap<String, [usize; 3]>> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(invented("verdicts.csv")).unwrap();
    for record in reader.deserialize::<(u16, String, usize, usize, usize)>() {
        let (year, field, same, differs, open) = record.unwrap();
        years.entry(year).or_default().insert(field, [same, differs, open]);
    }
    years
}

#[test]
fn every_published_year_recomputes() {
    let Some(folder) = common::shared("data/puf") else { return };
    let mut found = String::from("year,field,match,differs,not_derivable\n");
    let mut faults = Vec::new();
    for (year, expected) in expected_counts() {
        let (findings, _) = replayed(&folder.join(format!("PY{year}.csv")), year);
        let counts = count(&findings);
        for field in Field::ALL.iter().filter(|field| counts.contains_key(field)) {
            let counted = Verdict::ALL.map(|verdict| of(&counts, *field, verdict));
            let _ = writeln!(found, "{year},{field},{},{},{}", counted[0], counted[1], counted[2]);
            if expected.get(field.name()) != Some(&counted) {
                faults.push(format!("{year} {field}"));
            }
        }
        assert_eq!(expected.len(), counts.len(), "{year}");
        let unpaid = |finding: &&Finding| finding.field == Field::Earned && finding.verdict == Verdict::NotDerivable;
        assert!(findings.iter().filter(unpaid).all(|finding| finding.reason.starts_with("revenue_not_published")));
    }
    assert!(faults.is_empty(), "{faults:?}\n{found}");
}

#[test]
fn the_program_of_2022_saved_medicare_more_than_1_8_thousand_million() {
    let Some(folder) = common::shared("data/puf") else { return };
    let (_, program) = replayed(&folder.join("PY2022.csv"), 2022);
    assert_eq!((program.acos, program.net_to_medicare), (482, Decimal::from(1_804_872_097)));
    assert_eq!(program.net_to_medicare, program.gross_savings - program.earned - program.owed);
}

#[test]
fn signs_separators_brackets_stars_and_dashes_are_read() {
    let (findings, program) = replayed(&invented("signs_2022.csv"), 2022);
    assert_nothing_differs(&findings);
    let counts = count(&findings);
    assert_eq!(of(&counts, Field::Earned, Verdict::Match), 12);
    assert_eq!(of(&counts, Field::PersonYears, Verdict::NotDerivable), 1);
    let star = findings.iter().find(|finding| finding.aco == "A9004" && finding.field == Field::PerCapita).unwrap();
    assert!(star.reason.starts_with("suppressed: N_AB_Year_ESRD_PY") && star.recomputed.starts_with("at least "), "{star:?}");
    assert_eq!((program.acos, program.beneficiaries), (12, Decimal::from(237_555)));
}

#[test]
fn another_way_of_writing_the_same_file_gives_the_same_verdicts() {
    let verdicts = |path: &Path| {
        let (findings, program) = replayed(path, 2022);
        let verdicts: Vec<_> = findings.into_iter().filter(|finding| finding.field != Field::HistoricalBenchmark).collect();
        (verdicts.into_iter().map(|f| (f.aco, f.field, f.recomputed, f.verdict)).collect::<Vec<_>>(), program)
    };
    assert_eq!(verdicts(&invented("signs_2022.csv")), verdicts(&invented("plain_2022.tsv")));
}

#[test]
fn a_cohort_shares_its_national_trends() {
    let (findings, _) = replayed(&invented("cohort_2014.csv"), 2014);
    assert_nothing_differs(&findings);
    let counts = count(&findings);
    assert_eq!(of(&counts, Field::HistoricalBenchmark, Verdict::Match), 30);
    assert_eq!(of(&counts, Field::FinalSharingRate, Verdict::NotDerivable), 1, "a missed standard shows in the rate alone");
}

#[test]
fn advances_reduced_rates_and_recalculated_benchmarks() {
    let (findings, _) = replayed(&invented("advances_2024.csv"), 2024);
    assert_nothing_differs(&findings);
    let counts = count(&findings);
    for field in [Field::Generated, Field::FinalSharingRate, Field::FinalLossRate, Field::Earned, Field::AipRecouped] {
        assert_eq!(of(&counts, field, Verdict::Match), 8, "{field}");
    }
}

#[test]
fn totals_of_a_half_year_may_be_printed() {
    let (findings, _) = replayed(&invented("halves_2019.csv"), 2019);
    assert_nothing_differs(&findings);
    assert_eq!(of(&count(&findings), Field::TotalBenchmark, Verdict::Match), 5);
}

#[test]
fn a_year_without_its_columns_says_which() {
    let text = "ACO_Name,N_AB,ABtotBnchmk,ABtotExp,BnchmkMinExp,Extra\nInvented,5333,1000000.50,900000.25,100000.25,x\n";
    let rules = Rules::load(None).unwrap();
    let replay = Replay::begin(text.as_bytes(), Path::new("old.csv"), 2013, &rules).unwrap();
    let findings = replay.findings();
    assert_nothing_differs(&findings);
    assert!(replay.sheet().missing().contains(&"Current_Track".to_string()));
    let total = findings.iter().find(|finding| finding.field == Field::TotalBenchmark).unwrap();
    assert_eq!(total.reason, "column_missing: the file has no column UpdatedBnchmk");
    let difference = findings.iter().find(|finding| finding.field == Field::BenchmarkMinusExpenditure).unwrap();
    assert_eq!((difference.verdict, difference.recomputed.as_str()), (Verdict::Match, "100000.25"));
}

/// A file of our own with other texts in some cells.
fn with_cells(name: &str, change: impl Fn(&str, usize, &str) -> Option<String>) -> Vec<u8> {
    let mut reader = csv::Reader::from_path(invented(name)).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for (row, record) in reader.records().enumerate() {
        let record = record.unwrap();
        let cells = header.iter().zip(&record).map(|(name, cell)| change(name, row, cell).unwrap_or_else(|| cell.to_string()));
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn suppressed_cells_leave_doubt_and_never_a_difference() {
    let rules = Rules::load(None).unwrap();
    for column in ["QualScore", "DisAdj", "AIPBalance", "FinalLossRate", "FinalShareRate", "MinSavPerc", "ABtotBnchmk", "N_AB"] {
        for file in ["cohort_2014.csv", "advances_2024.csv", "halves_2019.csv"] {
            let bytes = with_cells(file, |name, _, _| (name == column).then(|| "*".to_string()));
            let year = file[file.len() - 8..file.len() - 4].parse().unwrap();
            let replay = Replay::begin(&bytes, Path::new(file), year, &rules).unwrap();
            assert_nothing_differs(&replay.findings());
        }
    }
}

#[test]
fn a_decision_column_that_is_withheld_leaves_doubt_and_never_a_difference() {
    let Some(folder) = common::shared("data/puf") else { return };
    let rules = Rules::load(None).unwrap();
    for (year, columns) in [
        (2018, &["Agreement_Period_Num", "Current_Start_Date", "QualScore"][..]),
        (2022, &["QualScore", "Current_Start_Date"][..]),
    ] {
        let path = folder.join(format!("PY{year}.csv"));
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for column in columns {
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let header = reader.headers().unwrap().clone();
            let place = header.iter().position(|name| name.trim() == *column).unwrap();
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&header).unwrap();
            for record in reader.records() {
                let record = record.unwrap();
                writer.write_record(record.iter().enumerate().map(|(at, cell)| if at == place { "*" } else { cell })).unwrap();
            }
            let replay = Replay::begin(&writer.into_inner().unwrap(), &path, year, &rules).unwrap();
            assert_nothing_differs(&replay.findings());
        }
    }
}

#[test]
fn no_cell_however_odd_ends_the_work() {
    let rules = Rules::load(None).unwrap();
    let odd = ["1e13", "-1e13", "1e-20", "0", "-", "", "*", "99999999999999999999", "1,2,3", "0.00000000000000000001", "%"];
    for (shift, file) in ["cohort_2014.csv", "advances_2024.csv", "halves_2019.csv"].into_iter().enumerate() {
        for seed in 0..odd.len() {
            let bytes = with_cells(file, |name, row, _| {
                let place = name.len() * 7 + row * 5 + seed + shift;
                (place % 4 == 0 && name != "year").then(|| odd[place / 4 % odd.len()].to_string())
            });
            for year in [2013, 2014, 2019, 2024, 2031] {
                if let Ok(replay) = Replay::begin(&bytes, Path::new(file), year, &rules) {
                    assert!(!replay.findings().is_empty());
                }
            }
        }
    }
}

#[test]
fn the_command_writes_its_results_and_tells_differences_by_its_exit() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("results.csv");
    let replay = |file: &Path, year: &str, format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acobench"));
        command.arg("replay").arg(file).args(["--performance-year", year, "--format", format, "--out"]).arg(&out);
        command.output().unwrap()
    };
    let done = replay(&invented("signs_2022.csv"), "2022", "text");
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && text.contains("net to Medicare"), "{text}");
    let results = std::fs::read_to_string(&out).unwrap();
    assert!(results.starts_with("ACO_ID,field,published,recomputed,difference,verdict,reason\nA9001,N_AB,"), "{results}");

    let wrong = home.path().join("wrong.csv");
    let text = std::fs::read_to_string(invented("cohort_2014.csv")).unwrap();
    let line = text.lines().nth(1).unwrap();
    let balance = line.split(',').nth(8).unwrap();
    std::fs::write(&wrong, text.replacen(&format!(",{balance},"), &format!(",{balance}7,"), 1)).unwrap();
    let found = replay(&wrong, "2014", "json");
    let report: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((found.status.code(), report["differs"][0]["field"].as_str()), (Some(1), Some("BnchmkMinExp")));

    let refused = replay(&invented("cohort_2014.csv"), "2015", "text");
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("no row of performance year 2015"));
}

/// Cells that determine figures of a row, and in units of their last printed digit a change that no longer fits: the sum of
/// what the cells of the tightest identity leave open.
fn used_cells() -> Vec<(Key, i64)> {
    let totals = [
        (Column::TotalBenchmark, 4),
        (Column::TotalExpenditure, 4),
        (Column::BenchmarkMinusExpenditure, 4),
        (Column::Generated, 4),
        (Column::SavingsRate, 3),
        (Column::MinimumSavingsRate, 2),
        (Column::FinalSharingRate, 4),
        (Column::AssignedBeneficiaries, 5),
        (Column::Age0, 5),
        (Column::Age65, 5),
        (Column::Age75, 5),
        (Column::Age85, 5),
        (Column::UpdatedBenchmark, 8),
        (Column::PerCapita, 8),
    ];
    totals.into_iter().map(|(column, steps)| (Key::from(column), steps)).collect()
}

/// The text of a cell moved by so many of its column's last digits.
fn moved(replay: &Replay<'_>, row: usize, key: Key, steps: i64) -> Option<String> {
    let form = replay.sheet().form(key)?;
    let number = replay.sheet().row(row).number(key).ok()?;
    let printed = if form.percent { number.value * Decimal::ONE_HUNDRED } else { number.value };
    let sign = if form.percent && replay.sheet().row(row).text(key).contains('%') { "%" } else { "" };
    Some(format!("{}{sign}", printed + Decimal::new(steps, form.decimals)))
}

/// Of rates of small ACOs printed to many digits the dollars leave more open than the rate does.
fn slack_of_dollars(replay: &Replay<'_>, row: usize, key: Key) -> i64 {
    if key != Key::from(Column::SavingsRate) {
        return 0;
    }
    let form = replay.sheet().form(key).unwrap();
    let benchmark = replay.sheet().row(row).number(Column::TotalBenchmark).unwrap().value;
    let unit = if form.percent { Decimal::ONE_HUNDRED } else { Decimal::ONE };
    i64::try_from((Decimal::from(3) * unit / benchmark / Decimal::new(1, form.decimals)).ceil()).unwrap()
}

fn flips(replay: &Replay<'_>, row: usize, key: Key, steps: i64) -> bool {
    let steps = steps + steps.signum() * slack_of_dollars(replay, row, key);
    let Some(text) = moved(replay, row, key, steps) else { return true };
    let verdicts =
        |findings: Vec<Finding>| findings.into_iter().map(|finding| (finding.field, finding.verdict)).collect::<Vec<_>>();
    let before = verdicts(replay.row(replay.sheet().row(row)));
    let sheet = replay.sheet().clone().with(row, key, &text);
    let after = replay.row(sheet.row(row));
    // A result that now lies outside every bound counts like one that differs.
    verdicts(after) != before
}

fn rows_of(path: &Path, year: u16, rules: &Rules) -> usize {
    begin(path, year, rules).sheet().rows().len()
}

#[test]
fn a_cell_moved_beyond_its_printed_digits_flips_a_verdict_in_every_published_year() {
    let Some(folder) = common::shared("data/puf") else { return };
    let rules = Rules::load(None).unwrap();
    for year in expected_counts().into_keys() {
        let path = folder.join(format!("PY{year}.csv"));
        let replay = begin(&path, year, &rules);
        let rows = replay.sheet().rows().len();
        for row in (0..rows).step_by(23) {
            for (key, steps) in used_cells() {
                for steps in [steps, -steps] {
                    assert!(flips(&replay, row, key, steps), "{year} row {row} {key:?} by {steps}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cell_moved_beyond_its_printed_digits_flips_a_verdict(row in 0_usize..30, cell in 0_usize..14, more in 0_i64..1000, up: bool) {
        let rules = Rules::load(None).unwrap();
        let replay = begin(&invented("cohort_2014.csv"), 2014, &rules);
        let (key, least) = used_cells()[cell];
        let steps = if up { least + more } else { -(least + more) };
        prop_assert!(flips(&replay, row % rows_of(&invented("cohort_2014.csv"), 2014, &rules), key, steps));
    }

    #[test]
    fn a_historical_benchmark_moved_by_more_than_its_cells_allow_differs(row in 0_usize..30, dollars in 40_i64..400, up: bool) {
        let rules = Rules::load(None).unwrap();
        let replay = begin(&invented("cohort_2014.csv"), 2014, &rules);
        let steps = if up { dollars } else { -dollars };
        prop_assert!(flips(&replay, row, Column::HistoricalBenchmark.into(), steps));
        let cost = Column::PerCapitaOfType.of(EnrollmentType::AgedNonDual, FactorYear::By3);
        prop_assert!(flips(&replay, row, cost, steps * 4));
    }
}
