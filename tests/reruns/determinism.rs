//! The same extract gives the same bytes, whatever the number of threads, the way of reading, the order of files or of rows.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use acobench::run::manifest::Manifest;
use extract::{files, run};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("determinism")
}

/// The files of a run with their hashes, and the bytes of the settlement among them.
fn outputs(name: &str, extract: &Path, more: &[&str]) -> BTreeMap<PathBuf, String> {
    let out = folder().join(name);
    let mut arguments = vec!["run", "--quiet", "--extract", extract.to_str().unwrap(), "--performance-year", "2022"];
    arguments.extend(["--out", out.to_str().unwrap()]);
    arguments.extend(more);
    let ended = run(&arguments);
    assert!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stderr));
    let manifest = Manifest::read(&out).unwrap();
    for output in &manifest.outputs {
        let bytes = fs::read(out.join(&output.path)).unwrap();
        assert_eq!(blake3::hash(&bytes).to_hex().to_string(), output.blake3, "{name}: {}", output.path.display());
    }
    manifest.outputs.into_iter().map(|output| (output.path, output.blake3)).collect()
}

#[test]
fn threads_reading_and_order_change_no_byte() {
    let good = folder().join("extract");
    let made = run(&[
        "synth",
        "--quiet",
        "--beneficiaries",
        "3000",
        "--years",
        "2019..2022",
        "--acos",
        "3",
        "--seed",
        "11",
        "--files",
        "4",
        "--starts",
        "2022-01-01",
        "--tracks",
        "current",
        "--assignment",
        "retrospective",
        "--out",
        good.to_str().unwrap(),
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let expected = outputs("one_thread", &good, &["--threads", "1"]);
    assert!(expected.len() > 4, "{expected:?}");
    for threads in ["2", "7"] {
        assert_eq!(outputs(threads, &good, &["--threads", threads]), expected, "{threads} threads");
    }
    assert_eq!(outputs("read", &good, &["--io", "read"]), expected, "read instead of mapped");

    let reversed = folder().join("reversed");
    let _ = fs::remove_dir_all(&reversed);
    extract::copy(&good, &reversed);
    for table in ["claim_header", "claim_line", "beneficiary_year", "risk_score"] {
        let parts = files(&reversed, table);
        for (at, part) in parts.iter().enumerate() {
            fs::rename(part, part.with_file_name(format!("{}.moved", parts.len() - at))).unwrap();
        }
        for at in 1..=parts.len() {
            let moved = parts[0].with_file_name(format!("{at}.moved"));
            fs::rename(&moved, moved.with_extension("parquet")).unwrap();
        }
    }
    assert_eq!(outputs("reversed_files", &reversed, &[]), expected, "files in reversed order");

    // Every file in handfuls of rows from its end to its start, no longer in any order that its metadata could promise.
    for table in ["claim_header", "claim_line", "beneficiary_year", "risk_score", "participant", "agreement"] {
        for file in files(&reversed, table) {
            extract::rewrite_with(
                &file,
                |keys| keys.into_iter().filter(|pair| pair.key != "sorted_by").collect(),
                |batch| {
                    (0..batch.num_rows()).step_by(13).rev().map(|row| batch.slice(row, 13.min(batch.num_rows() - row))).collect()
                },
            );
        }
    }
    assert_eq!(outputs("reversed_rows", &reversed, &[]), expected, "rows in reversed order");

    let scattered = folder().join("scattered");
    let made = run(&[
        "synth",
        "--quiet",
        "--beneficiaries",
        "3000",
        "--years",
        "2019..2022",
        "--acos",
        "3",
        "--seed",
        "11",
        "--unsorted",
        "--starts",
        "2022-01-01",
        "--tracks",
        "current",
        "--assignment",
        "retrospective",
        "--out",
        scattered.to_str().unwrap(),
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(outputs("scattered_rows", &scattered, &[]), expected, "rows scattered over all files");
}
