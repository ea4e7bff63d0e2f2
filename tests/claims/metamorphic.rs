//! Changes to an extract that must change no figure, or every dollar in proportion. Nothing is expected that a person worked
//! out: the figures before the change are the expectation.

#![allow(clippy::unwrap_used)] // here a panic is the message

use crate::extract;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use arrow_array::types::{Date32Type, Decimal128Type};
use arrow_array::{Array as _, ArrayRef, Date32Array, Decimal128Array, PrimitiveArray, RecordBatch, StringArray};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const YEAR: u16 = 2022;
const CLAIMS: [&str; 2] = ["claim_header", "claim_line"];
/// Columns of money that a line splits with its payment.
const LINE_MONEY: [&str; 4] = ["payment_amt", "allowed_amt", "sequestration_amt", "pbp_reduction_amt"];
const HEADER_MONEY: [&str; 9] = [
    "payment_amt",
    "ime_operating_amt",
    "dsh_operating_amt",
    "ime_capital_amt",
    "dsh_capital_amt",
    "uncompensated_care_amt",
    "ihs_pr_supplement_amt",
    "sequestration_amt",
    "pbp_reduction_amt",
];

/// What a run left, by file: the factor tables, benchmarks and settlements, and the sums in cents.
type Figures = BTreeMap<String, String>;

struct Before {
    folder: tempfile::TempDir,
    figures: Figures,
}

impl Before {
    fn extract(&self) -> PathBuf {
        self.folder.path().join("extract")
    }
}

/// A small extract in which sequestration is given on every claim, so that no payment is rounded on its way, and its figures.
static BEFORE: LazyLock<Before> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("extract");
    let arguments = "synth --quiet --beneficiaries 1500 --years 2019..2022 --acos 3 --seed 5 --files 2 --starts 2022-01-01 \
                     --tracks current --assignment retrospective --out";
    let made = [arguments.split_whitespace().collect::<Vec<_>>(), vec![made.to_str().unwrap()]].concat();
    let ended = extract::run(&made);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let before = Before { figures: Figures::new(), folder };
    for (table, _) in money() {
        for file in extract::files(&before.extract(), table) {
            extract::rewrite(&file, |batch| vec![amounts(batch, "sequestration_amt", |_, cents| Some(cents.unwrap_or(0)))]);
        }
    }
    let figures = figures(&before.extract(), &[]);
    assert!(figures.len() > 8, "{:?}", figures.keys());
    Before { figures, ..before }
});

/// Tables and their columns of money.
fn money() -> [(&'static str, &'static [&'static str]); 2] {
    [("claim_header", &HEADER_MONEY), ("claim_line", &LINE_MONEY)]
}

/// Runs on an extract. The last tie falls by name, so that it does not depend on identifiers; the accounts of rows read are
/// left out, for some changes make more rows.
fn figures(path: &Path, thresholds: &[(u16, i64)]) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let (out, audit) = (folder.path().join("run"), folder.path().join("audit"));
    let given = folder.path().join("thresholds.csv");
    let mut text = String::from("calendar_year,enrollment_type,threshold\n");
    for (year, dollars) in thresholds {
        for kind in ["ESRD", "DIS", "AGDU", "AGND"] {
            text += &format!("{year},{kind},{dollars}.00\n");
        }
    }
    fs::write(&given, text).unwrap();
    let paths = [path, &out, &audit, &given].map(|path| path.to_str().unwrap());
    let year = YEAR.to_string();
    let mut arguments = vec!["run", "--quiet", "--extract", paths[0], "--performance-year", &year, "--out", paths[1]];
    arguments.extend(["--audit", paths[2], "--choose", "last_tie=lowest_name", "--max-quarantined", "1", "--allow-findings"]);
    if !thresholds.is_empty() {
        arguments.extend(["--thresholds", paths[3]]);
    }
    let ended = extract::run(&arguments);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let mut figures = Figures::new();
    let mut note = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // People are told by rank, which is another for another identifier.
        if !["reconciliation.csv", "manifest.json", "assignment.csv", "people.csv"].contains(&name.as_str()) {
            figures.insert(name, fs::read_to_string(path).unwrap());
        }
    };
    for folder in [out.join("factors"), out, audit] {
        acobench::disk::list(&folder).unwrap().into_iter().filter(|path| path.is_file()).for_each(&mut note);
    }
    figures
}

/// A copy of the extract to change.
fn copied() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("extract");
    extract::copy(&BEFORE.extract(), &path);
    (folder, path)
}

/// Changes every file of some tables; rows may lose their order, so the files no longer claim one.
fn change(extract: &Path, tables: &[&str], change: impl Fn(&RecordBatch) -> Vec<RecordBatch>) {
    for file in tables.iter().flat_map(|table| extract::files(extract, table)) {
        let unsorted = |keys: Vec<_>| keys.into_iter().filter(|pair: &parquet::file::metadata::KeyValue| pair.key != "sorted_by");
        extract::rewrite_with(&file, |keys| unsorted(keys).collect(), &change);
    }
}

/// Each column of decimals as it is, with its cents changed row by row.
fn amounts(batch: &RecordBatch, column: &str, change: impl Fn(usize, Option<i128>) -> Option<i128>) -> RecordBatch {
    let cells: &Decimal128Array = batch.column_by_name(column).unwrap().as_any().downcast_ref().unwrap();
    let changed = (0..cells.len()).map(|row| change(row, (!cells.is_null(row)).then(|| cells.value(row))));
    let changed: PrimitiveArray<Decimal128Type> = changed.collect();
    extract::with(batch, column, Arc::new(changed.with_data_type(cells.data_type().clone())) as ArrayRef)
}

/// A column of text changed cell by cell.
fn texts(batch: &RecordBatch, column: &str, change: impl Fn(usize, Option<&str>) -> Option<String>) -> RecordBatch {
    let cells = extract::text(batch, column);
    let changed: StringArray = (0..cells.len()).map(|row| change(row, (!cells.is_null(row)).then(|| cells.value(row)))).collect();
    extract::with(batch, column, Arc::new(changed))
}

/// A column of days moved by so many days.
fn moved(batch: &RecordBatch, column: &str, by: i32) -> RecordBatch {
    let cells: &Date32Array = batch.column_by_name(column).unwrap().as_any().downcast_ref().unwrap();
    let changed: PrimitiveArray<Date32Type> = cells.iter().map(|day| day.map(|day| day + by)).collect();
    extract::with(batch, column, Arc::new(changed))
}

/// A number that a seed and a place decide.
fn chance(seed: u64, place: (usize, usize)) -> u64 {
    let bytes = blake3::hash(format!("{seed} {} {}", place.0, place.1).as_bytes());
    u64::from_le_bytes(bytes.as_bytes()[..8].try_into().unwrap())
}

/// The rows of a batch that a seed picks, about one in `of`.
fn picked(batch: &RecordBatch, seed: u64, of: u64) -> Vec<RecordBatch> {
    let rows = (0..batch.num_rows()).filter(|row| chance(seed, (*row, batch.num_rows())).is_multiple_of(of));
    rows.map(|row| batch.slice(row, 1)).collect()
}

/// Holds for a few seeds that an extract changed has the figures of before.
fn changes_nothing(make: impl Fn(&Path, u64)) {
    let mut runner = TestRunner::new(Config { cases: 3, failure_persistence: None, ..Config::default() });
    let held = runner.run(&any::<u64>(), |seed| {
        let (_folder, path) = copied();
        make(&path, seed);
        let after = figures(&path, &[]);
        prop_assert_eq!(after.keys().collect::<Vec<_>>(), BEFORE.figures.keys().collect::<Vec<_>>());
        for (name, text) in &BEFORE.figures {
            prop_assert!(after[name] == *text, "{} differs under seed {}", name, seed);
        }
        Ok(())
    });
    held.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn splitting_a_claim_line_in_two_changes_nothing() {
    changes_nothing(|path, seed| {
        change(path, &["claim_line"], |batch| {
            let part = |first: bool| {
                LINE_MONEY.iter().fold(batch.clone(), |batch, column| {
                    amounts(&batch, column, |row, cents| {
                        let cents = cents?;
                        let share = (chance(seed, (row, 1)) % 101) as i128;
                        // A line in four stays whole, beside one of nothing.
                        let of_first = if share < 25 { cents } else { cents * share / 100 };
                        Some(if first { of_first } else { cents - of_first })
                    })
                })
            };
            vec![part(true), part(false)]
        });
    });
}

#[test]
fn denied_claims_change_nothing() {
    changes_nothing(|path, seed| {
        change(path, &["claim_line"], |batch| {
            let denied = |line: RecordBatch| {
                let line = texts(&line, "claim_denial", |_, _| Some("0".into()));
                texts(&line, "non_payment_reason", |_, _| Some("N".into()))
            };
            [vec![batch.clone()], picked(batch, seed, 20).into_iter().map(denied).collect()].concat()
        });
        // A denied stay is a stay all the same, so its copy must lie on the same days, as this one does.
        change(path, &["claim_header"], |batch| {
            let denied = |claim: RecordBatch| texts(&claim, "non_payment_reason", |_, _| Some("N".into()));
            [vec![batch.clone()], picked(batch, seed, 20).into_iter().map(denied).collect()].concat()
        });
    });
}

#[test]
fn claims_outside_the_years_change_nothing() {
    changes_nothing(|path, seed| {
        let years = 366 * (10 + (seed % 20) as i32);
        let by = if seed % 2 == 0 { -years } else { years };
        let outside = |batch: &RecordBatch, days: &[&str]| {
            let away = |row: RecordBatch| days.iter().fold(row, |row, column| moved(&row, column, by));
            [vec![batch.clone()], picked(batch, seed, 20).into_iter().map(away).collect()].concat()
        };
        change(path, &["claim_line"], |batch| outside(batch, &["first_date", "last_date"]));
        change(path, &["claim_header"], |batch| outside(batch, &["from_date", "thru_date", "admission_date", "discharge_date"]));
    });
}

#[test]
fn other_identifiers_of_people_and_claims_change_nothing() {
    changes_nothing(|path, seed| {
        let another = |text: &str| blake3::hash(format!("{seed} {text}").as_bytes()).to_hex()[..11].to_string();
        let relabelled = |batch: &RecordBatch, column| texts(batch, column, |_, id| id.map(another));
        let tables = ["beneficiary_year", "risk_score", "voluntary_alignment", "non_claims_payment"];
        change(path, &tables, |batch| vec![relabelled(batch, "bene_id")]);
        change(path, &CLAIMS, |batch| vec![relabelled(&relabelled(batch, "bene_id"), "claim_id")]);
    });
}

#[test]
fn another_participant_of_the_same_aco_changes_nothing() {
    let mut participants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let file = &extract::files(&BEFORE.extract(), "participant")[0];
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(fs::File::open(file).unwrap()).unwrap();
    for batch in reader.build().unwrap().map(Result::unwrap) {
        let (acos, tins) = (extract::text(&batch, "aco_id"), extract::text(&batch, "tin"));
        for row in (0..batch.num_rows()).filter(|row| !tins.is_null(*row)) {
            participants.entry(acos.value(row).into()).or_default().push(tins.value(row).into());
        }
    }
    let mut listed: BTreeMap<&String, Vec<&Vec<String>>> = BTreeMap::new();
    for tins in participants.values() {
        for tin in tins {
            listed.entry(tin).or_default().push(tins);
        }
    }
    // One that several ACOs list is of none.
    let only: BTreeMap<&String, Vec<&String>> = listed
        .iter()
        .filter(|(_, acos)| acos.len() == 1)
        .map(|(tin, acos)| (*tin, acos[0].iter().filter(|tin| listed[tin].len() == 1).collect()))
        .collect();
    assert!(only.values().any(|tins| tins.len() > 1), "no ACO has two participants of its own");
    changes_nothing(|path, seed| {
        change(path, &["claim_line"], |batch| {
            vec![texts(batch, "tin", |row, tin| {
                let others = tin.and_then(|tin| only.get(&tin.to_string()));
                others.map_or(tin.map(str::to_string), |tins| Some(tins[chance(seed, (row, 2)) as usize % tins.len()].clone()))
            })]
        });
    });
}

#[test]
fn claims_in_other_files_change_nothing() {
    changes_nothing(|path, seed| {
        for table in CLAIMS {
            let files = extract::files(path, table);
            assert_eq!(files.len(), 2, "{table}");
            // What leaves one file must be added to the other: both are the same rows twice, and each keeps what it was dealt.
            let batches: Vec<RecordBatch> = files
                .iter()
                .flat_map(|file| {
                    let file = fs::File::open(file).unwrap();
                    parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap()
                })
                .map(Result::unwrap)
                .collect();
            let schema = batches[0].schema();
            let whole = arrow_select::concat::concat_batches(&schema, &batches).unwrap();
            for (at, file) in files.iter().enumerate() {
                let mine = (0..whole.num_rows()).step_by(64).filter(|row| chance(seed, (*row, 3)) as usize % 2 == at);
                let kept: Vec<RecordBatch> = mine.map(|row| whole.slice(row, 64.min(whole.num_rows() - row))).collect();
                assert!(!kept.is_empty());
                let kept = arrow_select::concat::concat_batches(&schema, &kept).unwrap();
                let first = std::cell::Cell::new(true);
                let unsorted = |keys: Vec<parquet::file::metadata::KeyValue>| {
                    keys.into_iter().filter(|pair| pair.key != "sorted_by").collect()
                };
                extract::rewrite_with(file, unsorted, |_| if first.replace(false) { vec![kept.clone()] } else { Vec::new() });
            }
        }
    });
}

#[test]
fn doubling_every_dollar_doubles_every_dollar() {
    let limits = |times: i64| -> Vec<(u16, i64)> { (2019..=YEAR).map(|year| (year, 40_000 * times)).collect() };
    let before = figures(&BEFORE.extract(), &limits(1));
    let (_folder, path) = copied();
    for (table, columns) in money() {
        change(&path, &[table], |batch| {
            vec![
                columns
                    .iter()
                    .fold(batch.clone(), |batch, column| amounts(&batch, column, |_, cents| cents.map(|cents| cents * 2))),
            ]
        });
    }
    change(&path, &["non_claims_payment"], |batch| vec![amounts(batch, "payment_amt", |_, cents| cents.map(|cents| cents * 2))]);
    let after = figures(&path, &limits(2));
    // The sums are integers: dollars double, heads and months stay.
    let (mut doubled, mut same) = (0, 0);
    let (before, after) = (&before["aggregates.csv"], &after["aggregates.csv"]);
    let header: Vec<&str> = before.lines().next().unwrap().split(',').collect();
    assert_eq!(before.lines().count(), after.lines().count());
    for (left, right) in before.lines().zip(after.lines()).skip(1) {
        for ((column, left), right) in header.iter().zip(left.split(',')).zip(right.split(',')) {
            let counts = ["aco_id", "performance_half", "year", "enrollment_type", "people", "months", "capped_people"];
            if counts.contains(column) {
                assert_eq!(left, right, "{column}");
                same += 1;
            } else {
                assert_eq!(left.parse::<i128>().unwrap() * 2, right.parse::<i128>().unwrap(), "{column}");
                doubled += i32::from(left != "0");
            }
        }
    }
    assert!(doubled > 300 && same > 300, "{doubled} dollars and {same} counts");
}
