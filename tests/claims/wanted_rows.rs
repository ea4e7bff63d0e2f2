//! Columns of which some rows are wanted.

use std::path::{Path, PathBuf};

use acobench::disk::IoMode;
use acobench::scan::{ColumnCursor, Extract, Single};
use parquet::file::properties::WriterProperties;

use super::extract;

const NULL: u32 = u32::MAX;

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wanted_rows");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join("extract")
}

/// The number of each text in `known`, which it joins if it is new.
fn number<'k>(known: &'k mut Vec<Vec<u8>>, asked: &'k mut usize) -> impl FnMut(&[u8]) -> u32 + 'k {
    move |text| {
        *asked += 1;
        let at = known.iter().position(|known| known == text).unwrap_or_else(|| {
            known.push(text.to_vec());
            known.len() - 1
        });
        at as u32
    }
}

#[test]
fn rows_that_are_wanted_have_their_codes_and_no_other_is_asked_for_where_texts_are_plain() {
    let good = folder();
    let words = ["synth", "--quiet", "--beneficiaries", "60", "--years", "2021..2022", "--acos", "1", "--files", "1", "--out"];
    assert!(extract::run(&[&words[..], &[good.to_str().unwrap()]].concat()).status.success());
    let line = extract::files(&good, "claim_line").pop().unwrap();
    // Dictionaries, one that is full in the middle of the column, and none.
    for (dictionary, full) in [(true, 1 << 20), (true, 600), (false, 1)] {
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(dictionary)
            .set_dictionary_page_size_limit(full)
            .set_data_page_row_count_limit(300)
            .set_write_batch_size(100);
        extract::repack(&line, properties);
        let opened = Extract::open(&good, IoMode::Map).unwrap();
        for (file, group) in opened.claim_line.units() {
            for name in ["claim_id", "hcpcs", "tin", "ccn", "bene_id"] {
                let (mut known, mut asked, mut all) = (Vec::new(), 0, Vec::new());
                let mut cursor = ColumnCursor::open(file, &group, name).unwrap();
                cursor.read_codes(group.rows, &mut all, NULL, &mut number(&mut known, &mut asked)).unwrap();
                for every in [1, 7, 400, usize::MAX] {
                    let wanted: Vec<bool> = (0..group.rows).map(|row| row * 31 % every == every / 2).collect();
                    let expected: Vec<u32> =
                        all.iter().zip(&wanted).map(|(code, wanted)| if *wanted { *code } else { NULL }).collect();
                    let (mut found, mut some, mut asked) = (Vec::new(), Vec::new(), 0);
                    let mut cursor = ColumnCursor::open(file, &group, name).unwrap();
                    let mut code = number(&mut known, &mut asked);
                    for wanted in wanted.chunks(333) {
                        cursor.read_wanted_codes(wanted, &mut some, NULL, &mut Single(&mut code)).unwrap();
                        found.extend_from_slice(&some);
                    }
                    drop(code);
                    assert_eq!(found, expected, "{name}, every {every}th, dictionary {dictionary} of {full} bytes");
                    if !dictionary {
                        assert_eq!(asked, expected.iter().filter(|code| **code != NULL).count(), "{name}");
                    }
                }
            }
        }
    }
}
