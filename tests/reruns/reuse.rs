//! Runs on one work folder: what is reused, what is done again, and that no output tells the difference.
#![allow(clippy::unwrap_used)]

use crate::extract;

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
    assert_eq!(again.reused["sums"], "redone: agreements and participants changed");
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
    let rank = "[[threshold_rank]]\nfrom = 2012\nvalue = \"interpolated\"\ncitation = \"silent\"\nreason = \"a test\"\n";
    let completion = "[[completion_factor]]\nfrom = 2022\nuntil = 2022\nvalue = \"1.25\"\ncitation = \"a test\"\n";
    let growth = "[[growth]]\nfrom = \"2012-01-01\"\nuntil = \"2022-12-31\"\n\
                  value = { performance_year = 2022, ESRD = \"1.1\", DIS = \"1.1\", AGDU = \"1.1\", AGND = \"1.1\" }\n\
                  citation = \"a test\"\n";
    let not_asked_for = "not asked for, the sums being reused";
    let made_anew = |subject: &str| format!("redone: a rule of {subject} changed");
    for (subject, row, facts, sums, factors) in [
        ("arrangements", sharing, not_asked_for, "reused", "reused".into()),
        ("expenditure", completion, not_asked_for, "reused", made_anew("expenditure")),
        ("acpt", growth, not_asked_for, "reused", made_anew("acpt")),
        ("choices", rank, "reused", "redone: the rules of assignment and sums changed", "redone: ".into()),
        ("expenditure", sequestration, "redone: the rules of the claims pass changed", "redone: ", "redone: ".into()),
    ] {
        let rules = home.join("rules");
        let _ = fs::remove_dir_all(&rules);
        fs::create_dir(&rules).unwrap();
        fs::write(rules.join(format!("{subject}.toml")), row).unwrap();
        let overlaid = ["--rules", rules.to_str().unwrap()];
        let again = settled(good(), &home.join("again"), &[with_work, overlaid].concat());
        assert_eq!(again.reused["facts"], facts);
        assert!(again.reused["sums"].starts_with(sums), "{:?}", again.reused);
        assert!(again.reused["factors"].starts_with(&factors), "{:?}", again.reused);
        assert_eq!(claims_decoded(&again) == 0, row != sequestration);
        assert_eq!(again.decoded["beneficiary_year"] == 0, facts == not_asked_for);
        assert_eq!(outputs(&again), outputs(&settled(good(), &home.join("undisturbed"), &overlaid)), "{subject}");
    }
}

#[test]
fn a_flipped_bit_in_a_kept_product_is_found_and_the_stage_done_again() {
    let home = folder("flipped");
    let work = home.join("work");
    let with_work = ["--work", work.to_str().unwrap()];
    let cold = settled(good(), &home.join("cold"), &with_work);
    let products = |stage: &str| -> Vec<PathBuf> {
        let all = fs::read_dir(&work).unwrap().map(|entry| entry.unwrap().path());
        let of_stage = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(stage));
        all.filter(|path| path.extension().is_some_and(|end| end == "kept") && of_stage(path)).collect()
    };
    let stages = ["factors", "sums", "facts", "claim_header", "claim_line", "add_ons"];
    assert_eq!(stages.map(|stage| products(stage).len()), [1, 1, 1, 4, 4, 4]);
    for (at, stage) in stages.into_iter().enumerate() {
        let product = &products(stage)[0];
        let whole = fs::read(product).unwrap();
        for (byte, end) in [(10, false), (whole.len() / 3, false), (whole.len() / 2, false), (100, true), (3, true)] {
            let mut flipped = fs::read(product).unwrap_or_else(|_| whole.clone());
            // A product made again says how long it took, and so may have another length.
            let byte = if end { flipped.len() - 1 - byte } else { byte };
            flipped[byte] ^= 0x10;
            fs::write(product, flipped).unwrap();
            // Where a stage holds, nobody asks for what it was made of.
            for later in stages[..at.min(3)].iter().flat_map(|stage| products(stage)) {
                fs::remove_file(later).unwrap();
            }
            let again = settled(good(), &home.join("again"), &with_work);
            assert!(again.reused["factors"].starts_with("redone: "), "{stage}, byte {byte}: {:?}", again.reused);
            assert_eq!(again.reused["sums"] == "reused", stage == "factors", "{stage}, byte {byte}: {:?}", again.reused);
            assert_eq!(again.reused["facts"] == "reused", stage == "sums", "{stage}, byte {byte}: {:?}", again.reused);
            if at < 3 {
                assert!(again.reused[stage].starts_with("redone: "), "{stage}, byte {byte}: {:?}", again.reused);
            }
            for table in ["claim_header", "claim_line"].into_iter().filter(|_| at > 2) {
                let one = format!("redone: of 4 files {table}/");
                assert!(again.reused[table] == "reused" || table == stage && again.reused[table].starts_with(&one), "{again:?}");
            }
            assert_eq!(outputs(&again), outputs(&cold), "{stage}, byte {byte}");
        }
    }
    let again = settled(good(), &home.join("again"), &with_work);
    assert_eq!(["factors", "sums"].map(|stage| again.reused[stage].as_str()), ["reused", "reused"]);
}

#[test]
fn a_file_of_claims_that_changed_is_read_again_and_no_other() {
    let home = folder("one_file");
    let work = home.join("work");
    let with_work = ["--work", work.to_str().unwrap()];
    let (before, changed) = (home.join("before"), home.join("extract"));
    extract::copy(good(), &before);
    for file in ["claim_line", "claim_header"].iter().flat_map(|table| extract::files(&before, table)) {
        // Files that are written here are larger, all alike.
        extract::rewrite(&file, |batch| vec![batch.clone()]);
    }
    extract::copy(&before, &changed);
    let cold = settled(&before, &home.join("cold"), &with_work);
    let mut last = cold.clone();
    for (table, other) in [("claim_line", "claim_header"), ("claim_header", "claim_line")] {
        let file = &extract::files(&changed, table)[1];
        extract::rewrite(file, |batch| {
            // Stays, and with them episodes of the pandemic, are left alone.
            let (kept, left) = (batch.num_rows() * 9 / 10, batch.num_rows());
            if table == "claim_line" {
                vec![batch.slice(0, kept)]
            } else {
                vec![batch.slice(0, left), dearer(&batch.slice(0, 1))]
            }
        });
        let again = settled(&changed, &home.join("again"), &with_work);
        assert!(again.reused["facts"].starts_with("redone: "), "{:?}", again.reused);
        assert_eq!(again.reused[other], "reused", "{:?}", again.reused);
        let name = format!("{table}/{}", file.file_name().unwrap().to_string_lossy());
        assert_eq!(again.reused[table], format!("redone: of 4 files {name} is read"));
        assert!(again.decoded[table] * 2 < cold.decoded[table], "{:?} of {:?}", again.decoded, cold.decoded);
        assert_eq!(outputs(&again), outputs(&settled(&changed, &home.join("undisturbed"), &[])), "{table}");
        assert_ne!(outputs(&again), outputs(&last));
        last = again;
    }
    // As it was: nothing is read, for nothing that was kept is forgotten.
    let back = settled(&before, &home.join("back"), &with_work);
    assert_eq!((back.reused["sums"].as_str(), outputs(&back)), ("reused", outputs(&cold)));
}

/// An outpatient claim more, of the same person.
fn dearer(claim: &arrow_array::RecordBatch) -> arrow_array::RecordBatch {
    let one: arrow_array::UInt8Array = [40].into_iter().collect();
    let id: arrow_array::StringArray = [Some("ANOTHER")].into_iter().collect();
    let claim = extract::with(claim, "claim_type", std::sync::Arc::new(one));
    extract::with(&claim, "claim_id", std::sync::Arc::new(id))
}

#[test]
fn hashes_are_remembered_without_a_work_folder_until_a_file_is_touched() {
    let home = folder("hashes");
    let (extract, out, hashes) = (home.join("extract"), home.join("run"), home.join("hashes.json"));
    extract::copy(good(), &extract);
    let hashed = || {
        let manifest = settled(&extract, &out, &["--hashes", hashes.to_str().unwrap()]);
        manifest.inputs.into_iter().map(|input| (input.path, input.blake3)).collect::<BTreeMap<_, _>>()
    };
    // A file so young that it could change unseen is not remembered.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let first = hashed();
    // A hash that is remembered wrongly is believed: the file was not read for it.
    let text = fs::read_to_string(&hashes).unwrap();
    let (path, hash) = first.iter().find(|(path, _)| path.to_str().unwrap().contains("claim_line")).unwrap();
    assert!(text.contains(hash), "{text}");
    fs::write(&hashes, text.replace(hash, &"0".repeat(64))).unwrap();
    assert_eq!(hashed()[path], "0".repeat(64));
    fs::write(path, fs::read(path).unwrap()).unwrap();
    assert_eq!(hashed(), first);
    // What cannot be read is forgotten.
    fs::write(&hashes, "no list of hashes").unwrap();
    assert_eq!(hashed(), first);
}
