//! An extract that is not what it must be: refused with exit 3, one message that names table, file, column and row group and says
//! what to do, and the earlier output as it was. The messages are held to the letter.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, Date32Array, Float64Array, StringArray};
use extract::{copy, files, other_than, rewrite, rewrite_with, run, text, with, without};

const PERFORMANCE_YEAR: &str = "2022";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_input")
}

/// A small extract without a fault.
fn good() -> &'static Path {
    static GOOD: OnceLock<PathBuf> = OnceLock::new();
    GOOD.get_or_init(|| {
        let out = folder().join("good");
        let made = run(&[
            "synth",
            "--quiet",
            "--beneficiaries",
            "400",
            "--years",
            "2019..2022",
            "--acos",
            "2",
            "--seed",
            "7",
            "--starts",
            "2022-01-01",
            "--tracks",
            "current",
            "--assignment",
            "retrospective",
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        out
    })
}

/// What `run` says of a copy of the good extract after `spoil`, paths from the extract.
fn refusal(name: &str, spoil: impl FnOnce(&Path)) -> String {
    let home = folder().join(name);
    let _ = fs::remove_dir_all(&home);
    let (bad, out) = (home.join("extract"), home.join("out"));
    copy(good(), &bad);
    spoil(&bad);
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join(".acobench"), "").unwrap();
    fs::write(out.join("settlement.csv"), "earlier").unwrap();
    let ended = run(&[
        "run",
        "--quiet",
        "--extract",
        bad.to_str().unwrap(),
        "--performance-year",
        PERFORMANCE_YEAR,
        "--out",
        out.to_str().unwrap(),
    ]);
    let told = String::from_utf8_lossy(&ended.stderr).replace(&format!("{}", bad.display()), "EXTRACT");
    assert_eq!(ended.status.code(), Some(3), "{told}");
    assert_eq!(fs::read_to_string(out.join("settlement.csv")).unwrap(), "earlier", "the earlier output was touched");
    assert_eq!(acobench::disk::list(&home).unwrap(), [bad, out], "something is left behind");
    told
}

fn first(extract: &Path, table: &str) -> PathBuf {
    files(extract, table).remove(0)
}

#[test]
fn a_missing_table() {
    let told = refusal("missing_table", |extract| {
        for file in files(extract, "claim_line") {
            fs::remove_file(file).unwrap();
        }
        let _ = fs::remove_dir(extract.join("claim_line"));
    });
    assert_eq!(
        told,
        concat!(
            "error: table claim_line is missing\n",
            "  table: claim_line\n",
            "  file: EXTRACT\n",
            "  hint: deliver it as claim_line.parquet, or as a folder claim_line/ of .parquet files; `acobench import` writes both\n"
        )
    );
}

#[test]
fn a_missing_column() {
    let told = refusal("missing_column", |extract| {
        rewrite(&first(extract, "participant"), |batch| vec![without(batch, "aco_id")]);
    });
    assert_eq!(
        told,
        concat!(
            "error: column aco_id is missing\n",
            "  table: participant\n",
            "  file: EXTRACT/participant.parquet\n",
            "  column: aco_id\n",
            "  hint: docs/data-dictionary.md lists the columns; make the extract with acobench import, or add the column\n"
        )
    );
}

#[test]
fn a_column_of_the_wrong_type() {
    let told = refusal("wrong_type", |extract| {
        rewrite(&first(extract, "claim_line"), |batch| {
            let money: ArrayRef = Arc::new(Float64Array::from(vec![1.5; batch.num_rows()]));
            vec![with(batch, "payment_amt", money)]
        });
    });
    assert_eq!(
        told,
        concat!(
            "error: column payment_amt is stored as DOUBLE; Decimal128(12, 2) is wanted\n",
            "  table: claim_line\n",
            "  file: EXTRACT/claim_line/part-0000.parquet\n",
            "  column: payment_amt\n",
            "  hint: write the column in the type that docs/data-dictionary.md gives\n"
        )
    );
}

#[test]
fn a_date_that_is_text() {
    let told = refusal("text_date", |extract| {
        rewrite(&first(extract, "agreement"), |batch| {
            let start: ArrayRef = Arc::new(StringArray::from(vec!["January"; batch.num_rows()]));
            vec![with(batch, "agreement_start", start)]
        });
    });
    assert_eq!(
        told,
        concat!(
            "error: column agreement_start is stored as BYTE_ARRAY (String); Date32 is wanted\n",
            "  table: agreement\n",
            "  file: EXTRACT/agreement.parquet\n",
            "  column: agreement_start\n",
            "  hint: write the column in the type that docs/data-dictionary.md gives\n"
        )
    );
}

#[test]
fn a_file_cut_short() {
    let told = refusal("cut_short", |extract| {
        let file = fs::OpenOptions::new().write(true).open(first(extract, "claim_header")).unwrap();
        file.set_len(1_000).unwrap();
    });
    assert_eq!(
        told,
        concat!(
            "error: this is not a whole Parquet file: Parquet error: Invalid Parquet file. Corrupt footer\n",
            "  table: claim_header\n",
            "  file: EXTRACT/claim_header/part-0000.parquet\n",
            "  hint: the file has 1000 bytes; it was cut short or is of another format; deliver it again\n"
        )
    );
}

#[test]
fn a_file_of_no_bytes() {
    let told = refusal("no_bytes", |extract| fs::write(first(extract, "beneficiary_year"), "").unwrap());
    assert_eq!(
        told,
        concat!(
            "error: the file is empty\n",
            "  table: beneficiary_year\n",
            "  file: EXTRACT/beneficiary_year/part-0000.parquet\n",
            "  hint: deliver the file again; nothing in it can be read\n"
        )
    );
}

#[test]
fn a_page_with_flipped_bits() {
    let told = refusal("flipped", |extract| {
        let path = first(extract, "claim_line");
        let mut bytes = fs::read(&path).unwrap();
        let half = bytes.len() / 2;
        bytes[4..half].iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55);
        fs::write(path, bytes).unwrap();
    });
    let (decoder, place) = told.split_once('\n').unwrap();
    assert!(decoder.starts_with("error: a column cannot be decoded: "), "{told}");
    assert_eq!(
        place,
        concat!(
            "  table: claim_line\n",
            "  file: EXTRACT/claim_line/part-0000.parquet\n",
            "  column: hcpcs\n",
            "  row group: 0\n",
            "  hint: the file is damaged or was cut short; deliver it again\n"
        )
    );
}

#[test]
fn a_foreign_schema_version() {
    let told = refusal("foreign", |extract| {
        let foreign = |mut keys: Vec<parquet::file::metadata::KeyValue>| {
            keys.iter_mut().filter(|key| key.key == "schema_version").for_each(|key| key.value = Some("2.0".into()));
            keys
        };
        rewrite_with(&first(extract, "participant"), foreign, |batch| vec![batch.clone()]);
    });
    assert_eq!(
        told,
        concat!(
            "error: the file is of schema version 2.0; this program reads 1.0\n",
            "  table: participant\n",
            "  file: EXTRACT/participant.parquet\n",
            "  hint: make the extract again with this program's import, or run the program of that version\n"
        )
    );
}

#[test]
fn an_aco_without_participants() {
    let told = refusal("no_participants", |extract| {
        rewrite(&first(extract, "participant"), |batch| {
            let aco = text(batch, "aco_id").value(0).to_string();
            other_than(batch, "aco_id", &aco)
        });
    });
    assert_eq!(
        told,
        concat!(
            "error: A1001 has no participant in 2022\n",
            "  table: participant\n",
            "  file: EXTRACT\n",
            "  column: tin\n",
            "  key: A1001\n",
            "  hint: add the TINs and CCNs of the ACO's certified participant list of that year\n"
        )
    );
}

#[test]
fn an_agreement_date_that_no_regime_covers() {
    let told = refusal("no_regime", |extract| {
        rewrite(&first(extract, "agreement"), |batch| {
            let start: ArrayRef = Arc::new(Date32Array::from(vec![3_653; batch.num_rows()]));
            vec![with(batch, "agreement_start", start)]
        });
    });
    assert_eq!(
        told,
        concat!(
            "error: no benchmark regime covers agreement 1 of A1001, begun on 1980-01-02\n",
            "  table: agreement\n",
            "  file: EXTRACT\n",
            "  column: agreement_start\n",
            "  key: A1001\n",
            "  hint: agreements began on the days that `acobench rules` lists under regimes; correct the date\n",
            "error: no benchmark regime covers agreement 1 of A1002, begun on 1980-01-02\n",
            "  table: agreement\n",
            "  file: EXTRACT\n",
            "  column: agreement_start\n",
            "  key: A1002\n",
            "  hint: agreements began on the days that `acobench rules` lists under regimes; correct the date\n"
        )
    );
}

#[test]
fn no_risk_scores() {
    let told = refusal("no_risk", |extract| {
        for file in files(extract, "risk_score") {
            fs::remove_file(file).unwrap();
        }
        let _ = fs::remove_dir(extract.join("risk_score"));
    });
    assert_eq!(
        told,
        concat!(
            "error: the extract has no risk scores\n",
            "  table: risk_score\n",
            "  file: EXTRACT\n",
            "  hint: deliver the table, or say --risk none to count every score as 1\n"
        )
    );
}

#[test]
fn a_benchmark_year_that_the_extract_lacks() {
    let told = refusal("missing_year", |extract| {
        rewrite(&first(extract, "agreement"), |batch| {
            // 2020-01-01: then benchmark year 1 is 2017, a year before the extract begins.
            let start: ArrayRef = Arc::new(Date32Array::from(vec![18_262; batch.num_rows()]));
            vec![with(batch, "agreement_start", start)]
        });
    });
    assert_eq!(
        told,
        concat!(
            "error: the extract holds nobody in 2017, which A1001, A1002 need\n",
            "  table: beneficiary_year\n",
            "  file: EXTRACT\n",
            "  column: year\n",
            "  key: 2017\n",
            "  hint: deliver that year's enrollment and claims, or leave those ACOs out of the agreements of the year\n",
            "error: the extract holds nobody in 2018, which A1001, A1002 need\n",
            "  table: beneficiary_year\n",
            "  file: EXTRACT\n",
            "  column: year\n",
            "  key: 2018\n",
            "  hint: deliver that year's enrollment and claims, or leave those ACOs out of the agreements of the year\n"
        )
    );
}
