//! Runs on one work folder: what is reused, what is done again, and that no output tells the difference.
#![allow(clippy::unwrap_used)]

#[path = "common/extract.rs"]
mod extract;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use acobench::run::manifest::Manifest;
use extract::run;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reuse").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// An extract that several tests copy and change.
fn good() -> &'static Path {
    static GOOD: OnceLock<PathBuf> = OnceLock::new();
    GOOD.get_or_init(|| {
        let good = folder("good").join("extract");
        let made = run(&[
            "synth",
            "--quiet",
            "--beneficiaries",
            "2000",
            "--years",
            "2019..2022",
            "--acos",
            "3",
            "--seed",
            "5",
            "--files",
            "4",
            "--starts",
            "2022-01-01",
            "--tracks",
            "current",
            "--assignment",
            "mixed",
            "--out",
            good.to_str().unwrap(),
        ]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        good
    })
}

/// Runs, and gives the manifest.
fn settled(extract: &Path, out: &Path, more: &[&str]) -> Manifest {
    let mut arguments = vec!["run", "--quiet", "--extract", extract.to_str().unwrap(), "--performance-year", "2022"];
    arguments.extend(["--out", out.to_str().unwrap()]);
    arguments.extend(more);
    let ended = run(&arguments);
    assert!(ended.status.success(), "{more:?}: {}", String::from_utf8_lossy(&ended.stderr));
    Manifest::read(out).unwrap()
}

/// The files of a run and their hashes.
fn outputs(manifest: &Manifest) -> BTreeMap<PathBuf, String> {
    manifest.outputs.iter().map(|output| (output.path.clone(), output.blake3.clone())).collect()
}

/// Bytes decoded of the two tables of claims.
fn claims_decoded(manifest: &Manifest) -> u64 {
    manifest.decoded["claim_header"] + manifest.decoded["claim_line"]
}

/// Takes every other row out of the participant list.
fn shorten_participants(extract: &Path) {
    extract::rewrite(&extract.join("participant.parquet"), |batch| {
        (0..batch.num_rows()).step_by(2).map(|row| batch.slice(row, 1)).collect()
    });
}

#[test]
fn a_participant_list_that_changed_rejoins_facts_and_rereads_no_claim() {
    let home = folder("participants");
    let work = home.join("work");
    let with_work = ["--work", work.to_str().unwrap()];
    let cold = settled(good(), &home.join("cold"), &with_work);
    assert!(claims_decoded(&cold) > 0 && cold.reused["facts"].starts_with("redone: nothing is kept"));

    let changed = home.join("extract");
    extract::copy(good(), &changed);
    shorten_participants(&changed);
    let again = settled(&changed, &home.join("again"), &with_work);
    assert_eq!(again.reused["facts"], "reused");
    assert_eq!(claims_decoded(&again), 0);
    let undisturbed = settled(&changed, &home.join("undisturbed"), &[]);
    assert_eq!(outputs(&again), outputs(&undisturbed));
    assert_ne!(outputs(&again), outputs(&cold));
    assert_eq!(again.reconciliation, undisturbed.reconciliation);
    assert_eq!(again.notes, undisturbed.notes);
}

#[test]
fn a_rule_row_that_the_claims_pass_reads_makes_the_claims_be_read_again_and_another_does_not() {
    let home = folder("rules");
    let work = home.join("work");
    let with_work = ["--work", work.to_str().unwrap()];
    settled(good(), &home.join("cold"), &with_work);
    // It begins inside the row it is laid over.
    let sequestration =
        "[[sequestration]]\nfrom = \"2022-10-01\"\nuntil = \"2022-12-31\"\nvalue = \"0.03\"\ncitation = \"a test\"\n";
    let sharing = "[[enhanced.sharing_rate]]\nfrom = 2012\nvalue = \"0.74\"\ncitation = \"a test\"\n\n\
                   [[basic_e.sharing_rate]]\nfrom = 2012\nvalue = \"0.49\"\ncitation = \"a test\"\n";
    for (subject, row, facts) in
        [("expenditure", sequestration, "redone: the rules of the claims pass changed"), ("arrangements", sharing, "reused")]
    {
        let rules = home.join(format!("rules_{subject}"));
        fs::create_dir(&rules).unwrap();
        fs::write(rules.join(format!("{subject}.toml")), row).unwrap();
        let overlaid = ["--rules", rules.to_str().unwrap()];
        let again = settled(good(), &home.join("again"), &[with_work, overlaid].concat());
        assert_eq!(again.reused["facts"], facts);
        assert_eq!(claims_decoded(&again) == 0, facts == "reused");
        assert_eq!(outputs(&again), outputs(&settled(good(), &home.join("undisturbed"), &overlaid)), "{subject}");
    }
}

#[test]
fn a_flipped_bit_in_a_kept_product_is_found_and_the_stage_done_again() {
    let home = folder("flipped");
    let work = home.join("work");
    let with_work = ["--work", work.to_str().unwrap()];
    let cold = settled(good(), &home.join("cold"), &with_work);
    let products: Vec<PathBuf> = fs::read_dir(&work)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "kept"))
        .collect();
    assert!(!products.is_empty());
    for product in products {
        let whole = fs::read(&product).unwrap();
        for at in [10, whole.len() / 3, whole.len() / 2, whole.len() - 100, whole.len() - 3] {
            let mut flipped = fs::read(&product).unwrap_or_else(|_| whole.clone());
            flipped[at] ^= 0x10;
            fs::write(&product, flipped).unwrap();
            let again = settled(good(), &home.join("again"), &with_work);
            assert!(again.reused["facts"].contains("damaged") || again.reused["facts"].contains("redone"), "byte {at}");
            assert_eq!(outputs(&again), outputs(&cold), "byte {at}");
        }
    }
    assert_eq!(settled(good(), &home.join("again"), &with_work).reused["facts"], "reused");
}
