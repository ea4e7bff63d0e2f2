//! What workers on many machines make of an extract is what one machine makes of it, byte for byte.
#![allow(clippy::unwrap_used)]

use crate::extract;
use crate::stream;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

use acobench::aggregate::Partial;
use acobench::cluster::{self, Pass, Plan};
use acobench::error::Place;
use acobench::run::manifest::Manifest;
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryViewArray, Int8Array, Int64Array, LargeBinaryArray, LargeStringArray, RecordBatch, StringArray,
    StringViewArray,
};
use arrow_schema::{DataType, Field, Schema};
use extract::run;
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("beyond_one_machine")
}

fn done(ended: &Output) {
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// A program with standard input.
fn piped(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_acobench"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A worker that refuses its input closes the pipe; what it says is looked at by the caller.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

struct World {
    extract: PathBuf,
    plan: PathBuf,
    rows: RecordBatch,
}

/// A small extract of both ways of assignment and of all tables, the plan of its second pass, and its rows.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let _ = fs::remove_dir_all(folder());
        let extract = folder().join("extract");
        let out = extract.to_str().unwrap();
        done(&run(&[
            "synth",
            "--quiet",
            "--beneficiaries",
            "600",
            "--years",
            "2018..2022",
            "--acos",
            "3",
            "--seed",
            "5",
            "--out",
            out,
        ]));
        let (plan, first) = (folder().join("plan-2.json"), folder().join("plan.json"));
        let request = ["plan", "--extract", out, "--performance-year", "2022", "--out", first.to_str().unwrap()];
        done(&run(&request));
        let rows = stream::tagged(&extract, &Plan::read(&first).unwrap());
        let partials = folder().join("first");
        fs::create_dir_all(&partials).unwrap();
        for (at, numbers) in stream::partitions(&rows, 3, 1).into_iter().enumerate() {
            let input = stream::bytes(&rows, &numbers, 1_000);
            let fold = ["worker", "fold", "--pass", "thresholds", "--plan", first.to_str().unwrap()];
            let folded = piped(&fold, &input);
            done(&folded);
            fs::write(partials.join(format!("{at}.arrows")), folded.stdout).unwrap();
        }
        let finish = ["finish", "--pass", "thresholds", "--plan", first.to_str().unwrap(), "--partials"];
        done(&run(&[&finish[..], &[partials.to_str().unwrap(), "--out", plan.to_str().unwrap()]].concat()));
        World { extract, plan, rows }
    })
}

/// The files of a run but its manifest, and the manifest's notes.
fn outputs(run: &Path) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<String>) {
    let manifest = Manifest::read(run).unwrap();
    let files = manifest.outputs.iter().map(|output| (output.path.clone(), fs::read(run.join(&output.path)).unwrap()));
    let text: serde_json::Value = serde_json::from_slice(&fs::read(run.join("manifest.json")).unwrap()).unwrap();
    let notes = text["notes"].as_array().into_iter().flatten().map(ToString::to_string);
    (files.collect(), notes.collect())
}

#[test]
fn many_workers_make_the_run_of_one_machine() {
    let World { extract, plan, rows } = world();
    let one = folder().join("one");
    let asked = ["run", "--quiet", "--performance-year", "2022", "--extract", extract.to_str().unwrap()];
    done(&run(&[&asked[..], &["--out", one.to_str().unwrap()]].concat()));
    let (expected, notes) = outputs(&one);
    assert!(expected.contains_key(Path::new("settlement.csv")) && expected.len() > 8, "{:?}", expected.keys());

    for (count, in_order) in [(1, true), (3, false), (5, true)] {
        let partials = folder().join(format!("second-{count}"));
        fs::create_dir_all(&partials).unwrap();
        let mut merged = Vec::new();
        for (at, numbers) in stream::partitions(rows, count, 7).into_iter().enumerate() {
            let numbers = if in_order { stream::grouped(rows, numbers) } else { numbers };
            let mut fold = vec!["worker", "fold", "--plan", plan.to_str().unwrap()];
            if in_order {
                fold.push("--grouped");
            }
            let folded = piped(&fold, &stream::bytes(rows, &numbers, 777));
            done(&folded);
            if at < 2 {
                merged.extend(folded.stdout);
            } else {
                fs::write(partials.join(format!("{at}.arrows")), folded.stdout).unwrap();
            }
        }
        let merge = piped(&["worker", "merge", "--plan", plan.to_str().unwrap()], &merged);
        done(&merge);
        fs::write(partials.join("merged.arrows"), merge.stdout).unwrap();
        fs::write(partials.join("_SUCCESS"), b"").unwrap();
        let many = folder().join(format!("many-{count}"));
        let finish = ["finish", "--quiet", "--plan", plan.to_str().unwrap(), "--partials", partials.to_str().unwrap()];
        done(&run(&[&finish[..], &["--out", many.to_str().unwrap()]].concat()));
        let (found, told) = outputs(&many);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, bytes) in &expected {
            assert!(found[path] == *bytes, "{} differs over {count} partitions", path.display());
        }
        assert_eq!(told, notes);
    }
}

/// What a worker makes of a stream.
fn folded(plan: &Plan, pass: Pass, group_rows: Option<usize>, input: &[u8]) -> Partial {
    let mut out = Vec::new();
    cluster::fold(plan, pass, group_rows, input, &mut out).unwrap();
    Partial::read(&out[..], &plan.stamp(pass), &Place::default()).unwrap()
}

fn everyone() -> &'static [(Pass, Partial)] {
    static WHOLE: OnceLock<Vec<(Pass, Partial)>> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let World { plan, rows, .. } = world();
        let plan = Plan::read(plan).unwrap();
        let all: Vec<u32> = (0..rows.num_rows() as u32).collect();
        let input = stream::bytes(rows, &all, 10_000);
        [Pass::Thresholds, Pass::Sums].map(|pass| (pass, folded(&plan, pass, None, &input))).into()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn folding_any_split_and_merging_in_any_order_is_one_fold(count in 1usize..6, salt: u64, turn in 0usize..6, group_rows in proptest::option::of(1usize..9_000)) {
        let World { plan, rows, .. } = world();
        let plan = Plan::read(plan).unwrap();
        for (pass, whole) in everyone() {
            let mut partials: Vec<Partial> = stream::partitions(rows, count, salt).into_iter().map(|numbers| {
                let numbers = if group_rows.is_some() { stream::grouped(rows, numbers) } else { numbers };
                folded(&plan, *pass, group_rows, &stream::bytes(rows, &numbers, 900))
            }).collect();
            let turn = turn % partials.len();
            partials.rotate_left(turn);
            // From the left, and from the right.
            let left = partials.iter().cloned().reduce(|mut sum, next| { sum.merge(next).unwrap(); sum }).unwrap();
            let right = partials.into_iter().rev().reduce(|next, mut sum| { sum.merge(next).unwrap(); sum }).unwrap();
            prop_assert!(left == *whole && right == *whole);
        }
    }
}

#[test]
fn a_partial_survives_the_wire_and_adds_nothing_when_empty() {
    let World { plan, .. } = world();
    let plan = Plan::read(plan).unwrap();
    for (pass, whole) in everyone() {
        let stamp = plan.stamp(*pass);
        let mut bytes = Vec::new();
        whole.write(&stamp, &mut bytes).unwrap();
        Partial::default().write(&stamp, &mut bytes).unwrap();
        assert!(Partial::read(&bytes[..], &stamp, &Place::default()).unwrap() == *whole);
        assert!(folded(&plan, *pass, None, b"").is_empty());
    }
}

#[test]
fn a_strangers_partial_is_refused_by_name() {
    let World { plan, extract, .. } = world();
    let other = folder().join("other-seed.json");
    let made = ["plan", "--seed", "9", "--performance-year", "2022", "--extract", extract.to_str().unwrap(), "--out"];
    done(&run(&[&made[..], &[other.to_str().unwrap()]].concat()));
    let whole = &everyone()[1].1;
    let plan_read = Plan::read(plan).unwrap();
    let mut bytes = Vec::new();
    whole.write(&plan_read.stamp(Pass::Sums), &mut bytes).unwrap();
    let refused = |arguments: &[&str], input: &[u8], why: &str| {
        let ended = piped(arguments, input);
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(3) && told.contains(why) && ended.stdout.is_empty(), "{told}");
    };
    let hash = plan_read.stamp(Pass::Sums).plan;
    refused(&["worker", "merge", "--plan", other.to_str().unwrap()], &bytes, &format!("made under the plan {hash}"));
    refused(&["worker", "merge", "--pass", "thresholds", "--plan", plan.to_str().unwrap()], &bytes, "is of the pass sums");
    let at = bytes.windows(7).position(|some| some == b"0.1.0/4").unwrap();
    bytes[at + 6] = b'0';
    refused(&["worker", "merge", "--plan", plan.to_str().unwrap()], &bytes, "is of version 0.1.0/0");
    refused(&["worker", "merge", "--plan", plan.to_str().unwrap()], b"no stream", "does not read as one");

    let text = fs::read_to_string(plan).unwrap();
    fs::write(&other, text.replace("0.1.0/4", "0.0.9/4")).unwrap();
    refused(&["worker", "fold", "--plan", other.to_str().unwrap()], b"", "the plan is of version 0.0.9/4");
    let no_thresholds = folder().join("plan.json");
    let rows = stream::bytes(&world().rows, &[0, 1, 2], 10);
    let ended = piped(&["worker", "fold", "--plan", no_thresholds.to_str().unwrap()], &rows);
    assert_eq!(ended.status.code(), Some(2), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_stream_that_is_not_what_it_says_is_refused() {
    let World { plan, rows, .. } = world();
    let plan = Plan::read(plan).unwrap();
    let refusal = |group_rows, input: &[u8]| cluster::fold(&plan, Pass::Sums, group_rows, input, &mut Vec::new()).unwrap_err();
    let all: Vec<u32> = (0..rows.num_rows() as u32).collect();
    let input = stream::bytes(rows, &all, 10_000);
    let scattered = refusal(Some(100), &input);
    assert!(scattered.exit_code() == 3 && scattered.to_string().contains("do not follow one another"), "{scattered}");
    let cut = refusal(None, &input[..input.len() / 2]);
    assert!(cut.exit_code() == 3 && cut.to_string().contains("no whole Arrow IPC stream"), "{cut}");
    let but = |name: &str| (0..rows.num_columns()).filter(|at| rows.schema().field(*at).name() != name).collect::<Vec<_>>();
    let untagged = refusal(None, &stream::bytes(&rows.project(&but("table")).unwrap(), &all, 10_000));
    assert!(untagged.to_string().contains("no column table"), "{untagged}");
    let narrow = refusal(None, &stream::bytes(&rows.project(&but("long0")).unwrap(), &all, 10_000));
    assert!(narrow.to_string().contains("no column long0"), "{narrow}");
    let mut columns = rows.columns().to_vec();
    columns[rows.schema().index_of("table").unwrap()] = Arc::new(Int8Array::from(vec![17; rows.num_rows()]));
    let unknown = RecordBatch::try_new(rows.schema(), columns).unwrap();
    let unknown = refusal(None, &stream::bytes(&unknown, &all, 10_000));
    assert!(unknown.exit_code() == 3 && unknown.to_string().contains("of the table 17"), "{unknown}");
}

/// A column as some engine would hand it over: numbers of another width, text in another layout.
fn as_another_engine(at: usize, column: &ArrayRef) -> ArrayRef {
    let text = || column.as_binary::<i32>().iter();
    let words = || text().map(|text| text.map(|text| std::str::from_utf8(text).unwrap()));
    match column.data_type() {
        DataType::Int32 => {
            Arc::new(column.as_primitive::<Int32Type>().iter().map(|cell| cell.map(i64::from)).collect::<Int64Array>())
        }
        DataType::Binary => match at % 5 {
            0 => Arc::new(words().collect::<StringArray>()),
            1 => Arc::new(words().collect::<LargeStringArray>()),
            2 => Arc::new(words().collect::<StringViewArray>()),
            3 => Arc::new(text().collect::<LargeBinaryArray>()),
            _ => Arc::new(text().collect::<BinaryViewArray>()),
        },
        _ => column.clone(),
    }
}

#[test]
fn the_types_of_other_engines_are_read_alike() {
    let World { plan, rows, .. } = world();
    let plan = Plan::read(plan).unwrap();
    let columns: Vec<ArrayRef> = rows.columns().iter().enumerate().map(|(at, column)| as_another_engine(at, column)).collect();
    let schema = rows.schema();
    let fields =
        schema.fields().iter().zip(&columns).map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true));
    let other = RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns).unwrap();
    let all: Vec<u32> = (0..other.num_rows() as u32).collect();
    assert!(folded(&plan, Pass::Sums, None, &stream::bytes(&other, &all, 5_000)) == everyone()[1].1);
}
