//! Extracts that are whole and yet unlike any other: thousands of tiny files, millions of claims of one person, one ACO that has
//! everybody, none that has anybody.
#![allow(clippy::unwrap_used)]

#[path = "common/extract.rs"]
mod extract;
#[path = "common/tiny.rs"]
mod tiny;

use std::fs;
use std::path::Path;

use arrow_array::RecordBatch;
use tiny::{Found, Tiny};

/// One ACO with one participant, whom `ann` sees once, and a stay of hers.
fn one_visit() -> Tiny {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "").whole("ann");
    tiny.claim("ann", 60, "2022-05-03", "700.25", "");
    tiny.line("ann", "2022-04-02", "1.37", "hcpcs=99213 specialty=11 tin=T1 allowed_amt=100");
    tiny
}

fn total(found: &Found) -> i128 {
    found.sum("A1", 2022, "AGND", "total")
}

#[test]
fn ten_thousand_tiny_files_are_read_as_one_table() {
    const FILES: usize = 10_000;
    let tiny = one_visit();
    let once = total(&tiny.run());
    let folder = tiny.lay();
    let (one, many) = (folder.join("extract/claim_line.parquet"), folder.join("extract/claim_line"));
    let bytes = fs::read(&one).unwrap();
    fs::remove_file(one).unwrap();
    fs::create_dir(&many).unwrap();
    for at in 0..FILES {
        fs::write(many.join(format!("part-{at:05}.parquet")), &bytes).unwrap();
    }
    // However they are read, few are open at once: the runs inherit the limit.
    let few = libc::rlimit { rlim_cur: 256, rlim_max: 256 };
    // SAFETY: the limit is plain data that outlives the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const few) }, 0);
    let found = tiny.try_run_in(&folder).unwrap();
    assert_eq!(total(&found), once + 137 * (FILES as i128 - 1));
    let (tables, mapped) = (folder.join("extract"), folder.join("mapped"));
    let mut words = vec!["run", "--quiet", "--performance-year", "2022", "--risk", "none", "--allow-findings"];
    words.extend(["--max-quarantined", "1", "--extract", tables.to_str().unwrap(), "--out", mapped.to_str().unwrap()]);
    let ended = extract::run(&words);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(fs::read(mapped.join("settlement.csv")).unwrap(), fs::read(found.out.join("settlement.csv")).unwrap());
    fs::remove_dir_all(folder).unwrap();
}

/// Writes the rows of a table so many times more into its one file.
fn repeat(path: &Path, times: usize) {
    extract::rewrite(path, |batch| {
        let many: Vec<&RecordBatch> = std::iter::repeat_n(batch, 1_000).collect();
        let thousand = arrow_select::concat::concat_batches(&batch.schema(), many).unwrap();
        vec![thousand; times / 1_000]
    });
}

#[test]
fn two_million_claims_of_one_person_are_all_hers() {
    const CLAIMS: usize = 2_000_000;
    let tiny = one_visit();
    let once = total(&tiny.run());
    let folder = tiny.lay();
    repeat(&folder.join("extract/claim_line.parquet"), CLAIMS);
    let found = tiny.try_run_in(&folder).unwrap();
    assert_eq!(total(&found), once + 137 * (CLAIMS as i128 - 1));
    assert_eq!(found.homes(2022), "ann>A1");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_aco_that_has_everybody_leaves_nobody_to_none() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1", "T2"], "");
    for person in ["ann", "bob", "cid"] {
        tiny.whole(person).visit(person, "2022-03-04", "T1", "80", "").visit(person, "2022-09-04", "T2", "70", "");
        tiny.claim(person, 60, "2022-06-01", "9000", "");
    }
    let found = tiny.run();
    assert_eq!(found.homes(2022), "ann>A1 bob>A1 cid>A1");
    assert_eq!((found.sum("A1", 2022, "AGND", "total"), found.sum("*", 2022, "AGND", "total")), (2_700_000, 2_700_000));
}

#[test]
fn a_year_without_any_agreement_is_refused_with_what_to_do() {
    let mut tiny = Tiny::new(2022);
    tiny.whole("ann").visit("ann", "2022-03-04", "T1", "80", "");
    let refusal = tiny.try_run().err().unwrap();
    assert!(refusal.starts_with("Some(3)") && refusal.contains("agreement") && refusal.contains("2022"), "{refusal}");
    assert!(refusal.contains("hint:"), "{refusal}");
}

#[test]
fn an_aco_without_participants_has_nobody_and_no_settlement() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &[], "").aco("B2", &["T1"], "").whole("ann").visit("ann", "2022-03-04", "T1", "80", "");
    match tiny.try_run() {
        Ok(found) => assert_eq!(found.homes(2022), "ann>B2"),
        Err(refusal) => assert!(refusal.starts_with("Some(3)") && refusal.contains("A1"), "{refusal}"),
    }
}
