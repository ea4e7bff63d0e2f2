//! The same extract gives the same bytes, whatever the number of threads, the way of reading, the order of files or of rows.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use acobench::run::manifest::Manifest;
use extract::{files, repack, run};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};

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

#[test]
fn packings_pages_and_encodings_change_no_byte() {
    let good = folder().join("to_pack");
    let words = ["synth", "--quiet", "--beneficiaries", "600", "--years", "2019..2022", "--acos", "2", "--seed", "12"];
    let rest = ["--starts", "2022-01-01", "--tracks", "current", "--out", good.to_str().unwrap()];
    let made = run(&[&words[..], &rest].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let expected = outputs("as_made", &good, &[]);
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let packings = [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::LZ4, Compression::LZ4_RAW, zstd];
    for (at, packing) in packings.into_iter().enumerate() {
        for (version, name) in [(WriterVersion::PARQUET_1_0, "1"), (WriterVersion::PARQUET_2_0, "2")] {
            // Dictionaries, none, and such as are full in the middle of a column.
            let (dictionary, full) = [(true, 1 << 20), (false, 1 << 20), (true, 600)][(at + usize::from(name == "2")) % 3];
            let packed = folder().join("packed");
            let _ = fs::remove_dir_all(&packed);
            extract::copy(&good, &packed);
            let tables = ["claim_header", "claim_line", "beneficiary_year", "risk_score", "participant", "agreement"];
            for file in tables.iter().flat_map(|table| files(&packed, table)) {
                let properties = WriterProperties::builder()
                    .set_compression(packing)
                    .set_writer_version(version)
                    .set_dictionary_enabled(dictionary)
                    .set_dictionary_page_size_limit(full)
                    .set_encoding(Encoding::PLAIN)
                    .set_data_page_row_count_limit(if name == "1" { 700 } else { 5_000 })
                    .set_write_batch_size(100)
                    .set_max_row_group_row_count(Some(9_000));
                repack(&file, properties);
            }
            let how = format!("{packing:?}, pages of version {name}, dictionary {dictionary} of {full} bytes");
            for io in ["map", "read"] {
                assert_eq!(outputs("packed_run", &packed, &["--io", io]), expected, "{how}, {io}");
            }
        }
    }
}
