//! Whatever changes between runs on one work folder, in whatever order: every run comes to what a run without a work folder
//! comes to, byte for byte.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use acobench::disk::{IoMode, Taken};
use acobench::factors::{AssignmentMethod, Risk};
use acobench::money::Decimal;
use acobench::run::given;
use acobench::run::look::Look;
use acobench::run::manifest::Manifest;
use acobench::run::pipeline::{self, AssignedBy, Request, Until};
use acobench::run::progress::{Progress, Shown};
use acobench::run::work::WorkFolder;
use arrow_array::{Array as _, ArrayRef, RecordBatch, StringArray};

/// Numbers that are the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())].clone()
    }
}

/// Puts other procedures into lines: visits that a stay voids, and add-ons, whose bases lie in any file.
fn recoded(batch: &RecordBatch, every: usize) -> RecordBatch {
    let cells = extract::text(batch, "hcpcs");
    let code = |row: usize| match row % every {
        0 => Some(["99354", "99310", "99497", "99355"][row / every % 4]),
        _ => (!cells.is_null(row)).then(|| cells.value(row)),
    };
    let codes: StringArray = (0..batch.num_rows()).map(code).collect();
    extract::with(batch, "hcpcs", Arc::new(codes) as ArrayRef)
}

fn without_every(batch: &RecordBatch, every: usize, first: usize) -> Vec<RecordBatch> {
    let kept = (0..batch.num_rows()).filter(|row| row % every != first);
    let rows: Vec<RecordBatch> = kept.map(|row| batch.slice(row, 1)).collect();
    if rows.is_empty() { vec![batch.slice(0, 0)] } else { rows }
}

/// A change, in words.
fn change(dice: &mut Dice, extract: &Path, good: &Path, rules: &Path, work: &Path) -> String {
    let file = |dice: &mut Dice, table: &str| dice.one(&extract::files(extract, table));
    match dice.roll(13) {
        0 | 1 => {
            let (file, every) = (file(dice, "claim_line"), 3 + dice.roll(9));
            extract::rewrite(&file, |batch| without_every(batch, every, 1));
            format!("every {every}th row out of {}", file.display())
        }
        2 => {
            let (file, every) = (file(dice, "claim_header"), 2 + dice.roll(5));
            extract::rewrite(&file, |batch| without_every(batch, every, 1));
            format!("every {every}th row out of {}", file.display())
        }
        3 => {
            let file = file(dice, "claim_line");
            fs::rename(&file, file.with_file_name(format!("moved-{}.parquet", dice.roll(1000)))).unwrap();
            format!("{} under another name", file.display())
        }
        4 => {
            let file = file(dice, "claim_line");
            let half = file.with_file_name(format!("half-{}.parquet", dice.roll(100_000)));
            fs::copy(&file, &half).unwrap();
            extract::rewrite(&file, |batch| without_every(batch, 2, 0));
            extract::rewrite(&half, |batch| without_every(batch, 2, 1));
            format!("{} in two", file.display())
        }
        5 => {
            extract::rewrite(&file(dice, "participant"), |batch| without_every(batch, 7, 3));
            "a shorter participant list".into()
        }
        6 => {
            extract::rewrite(&file(dice, "beneficiary_year"), |batch| without_every(batch, 11, 5));
            "fewer rows of beneficiary_year".into()
        }
        7 | 8 => {
            let rows = [
                (
                    "expenditure",
                    "[[sequestration]]\nfrom = \"2022-10-01\"\nuntil = \"2022-12-31\"\nvalue = \"0.03\"\ncitation = \"t\"\n",
                ),
                ("expenditure", "[[completion_factor]]\nfrom = 2022\nvalue = \"1.25\"\ncitation = \"t\"\n"),
                ("arrangements", "[[enhanced.sharing_rate]]\nfrom = 2012\nvalue = \"0.74\"\ncitation = \"t\"\n"),
                ("choices", "[[facility_charge]]\nfrom = 2012\nvalue = \"payment\"\ncitation = \"silent\"\nreason = \"t\"\n"),
                (
                    "choices",
                    "[[facility_type_denial]]\nfrom = 2012\nvalue = \"with_reason\"\ncitation = \"silent\"\nreason = \"t\"\n",
                ),
            ];
            let (subject, text) = dice.one(&rows);
            let path = rules.join(format!("{subject}.toml"));
            if path.exists() {
                fs::remove_file(path).unwrap();
            } else {
                fs::write(path, text).unwrap();
            }
            format!("a row of {subject} laid over or taken away")
        }
        9 => {
            fs::remove_dir_all(extract).unwrap();
            extract::copy(good, extract);
            "everything as it was".into()
        }
        10 => {
            let products: Vec<PathBuf> =
                fs::read_dir(work).map_or_else(|_| Vec::new(), |all| all.map(|entry| entry.unwrap().path()).collect());
            let products: Vec<PathBuf> =
                products.into_iter().filter(|path| path.extension().is_some_and(|end| end == "kept")).collect();
            if products.is_empty() {
                return "nothing to damage yet".into();
            }
            let product = dice.one(&products);
            let mut bytes = fs::read(&product).unwrap();
            let at = dice.roll(bytes.len());
            bytes[at] ^= 1 << dice.roll(8);
            fs::write(&product, bytes).unwrap();
            // Factor tables that hold would hide what is made again of the damaged product.
            let factors = products.iter().filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("factors-"));
            factors.filter(|path| **path != product).for_each(|path| fs::remove_file(path).unwrap());
            format!("a bit of {} flipped", product.display())
        }
        11 => {
            let (file, every) = (file(dice, "claim_line"), 5 + dice.roll(20));
            extract::rewrite(&file, |batch| vec![recoded(batch, every)]);
            format!("other procedures in every {every}th row of {}", file.display())
        }
        _ => {
            let file = file(dice, "claim_line");
            extract::rewrite(&file, |batch| vec![batch.slice(0, 0)]);
            format!("{} without rows", file.display())
        }
    }
}

/// What is asked of a run beside its extract.
#[derive(Clone, Copy)]
struct Asked {
    memory: Option<u64>,
    quarter: Option<(u8, AssignmentMethod)>,
    seed: u64,
}

impl Asked {
    /// Now and then something else.
    fn roll(dice: &mut Dice) -> Self {
        let (retrospective, prospective) = (AssignmentMethod::Retrospective, AssignmentMethod::Prospective);
        let quarters = [None, None, None, None, None, Some((2, retrospective)), Some((3, prospective))];
        Self {
            memory: if dice.roll(8) == 0 { Some(60 << 20) } else { None },
            quarter: dice.one(&quarters),
            seed: if dice.roll(8) == 0 { 9 } else { 0 },
        }
    }
}

fn request(extract: &Path, out: &Path, rules: &Path, work: Option<&Path>, asked: Asked) -> Request {
    Request {
        extract: extract.to_path_buf(),
        performance_year: 2022,
        out: out.to_path_buf(),
        io: IoMode::Map,
        risk: Risk::Scores,
        seed: asked.seed,
        rules: Some(rules.to_path_buf()),
        choices: Vec::new(),
        max_quarantined: Decimal::ONE,
        look: Look::Passing,
        allow_findings: true,
        quarter: asked.quarter.map(|(number, _)| number),
        quarter_of: asked.quarter.map(|(_, method)| method),
        assigned: AssignedBy::Claims,
        given: given::Given::default(),
        memory: asked.memory,
        scratch: None,
        until: Until::Settlements,
        hashes: None,
        work: work.map(|folder| WorkFolder {
            folder: folder.to_path_buf(),
            taken: Taken::Refuse,
            limit: u64::MAX,
            rehash: false,
        }),
        audit: None,
    }
}

/// What a run comes to: the hashes of its files, its notes and its account, or what it was refused for.
type Result = std::result::Result<(BTreeMap<PathBuf, String>, Vec<String>, BTreeMap<String, String>), String>;

fn come_to(request: &Request) -> Result {
    pipeline::run(request, "a sequence", &Progress::new(Shown::Nothing)).map_err(|error| error.to_string())?;
    let manifest = Manifest::read(&request.out).unwrap();
    let outputs = manifest.outputs.into_iter().map(|output| (output.path, output.blake3)).collect();
    Ok((outputs, manifest.notes, manifest.reused))
}

/// Runs after each of many changes; how often a file of claims was reused while another was read.
fn sequence(name: &str, seed: u64, synth: &[&str]) -> usize {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reuse_sequences").join(name);
    let _ = fs::remove_dir_all(&home);
    let [good, extract, rules, work] = ["good", "extract", "rules", "work"].map(|name| home.join(name));
    fs::create_dir_all(&rules).unwrap();
    let words =
        ["synth", "--quiet", "--beneficiaries", "500", "--years", "2019..2022", "--acos", "2", "--files", "5", "--seed", "4"];
    let rest = ["--starts", "2022-01-01", "--tracks", "current", "--assignment", "mixed", "--out", good.to_str().unwrap()];
    let made = extract::run(&[&words[..], synth, &rest].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for file in extract::files(&good, "claim_line") {
        extract::rewrite(&file, |batch| vec![recoded(batch, 9)]);
    }
    extract::copy(&good, &extract);
    let mut dice = Dice(seed);
    let mut changes = vec![String::from("nothing yet")];
    let mut partly = 0;
    for _ in 0..22 {
        let asked = Asked::roll(&mut dice);
        let kept = come_to(&request(&extract, &home.join("kept"), &rules, Some(&work), asked));
        let cold = come_to(&request(&extract, &home.join("cold"), &rules, None, Asked { memory: None, ..asked }));
        match (kept, cold) {
            (Ok(kept), Ok(cold)) => {
                assert_eq!((&kept.0, &kept.1), (&cold.0, &cold.1), "after {changes:#?}\n{:?}", kept.2);
                partly += kept.2.values().filter(|told| told.starts_with("redone: of ")).count();
            }
            (kept, cold) => assert_eq!(kept.err(), cold.err(), "after {changes:#?}"),
        }
        changes.push(change(&mut dice, &extract, &good, &rules, &work));
    }
    partly
}

#[test]
fn people_whose_claims_lie_together() {
    assert!(sequence("together", 3, &[]) > 3);
}

#[test]
fn people_whose_claims_lie_in_every_file() {
    assert!(sequence("scattered", 2, &["--unsorted"]) > 3);
}
