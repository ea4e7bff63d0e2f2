//! Deliveries that cannot be read: one clear message each, exit code 3, and nothing published.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // in a test a panic is the message

use crate::common;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use acobench::intake::{Quarantine, Rename, cclf};
use acobench::rules::Rules;
use common::feed::{self, Claim, Delivery};

fn refusal_of(folder: &Path) -> String {
    let place = tempfile::tempdir().unwrap();
    let import = cclf::Import {
        folder: folder.to_path_buf(),
        out: place.path().join("extract"),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::default(),
        memory: 1 << 30,
    };
    let error = import.run(&Arc::default()).unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "something was left behind");
    error.to_string().replace(&folder.display().to_string(), "feed")
}

/// The message with which a delivery is refused after `change`.
fn refusal(change: impl FnOnce(&mut Delivery, &Path)) -> String {
    let mut delivery = Delivery::new("220115");
    feed::person(&mut delivery, "P1");
    feed::header(&mut delivery, &Claim::default());
    feed::physician(&mut delivery, &Claim::default(), "1");
    let place = tempfile::tempdir().unwrap();
    delivery.write(place.path());
    change(&mut delivery, place.path());
    refusal_of(place.path())
}

fn rewritten(change: impl FnOnce(&mut Delivery)) -> String {
    refusal(|delivery, folder| {
        change(delivery);
        delivery.write(folder);
    })
}

#[test]
fn a_short_line_is_named() {
    let message = rewritten(|delivery| {
        feed::physician(delivery, &Claim::default(), "2");
        delivery.files.get_mut("CCLF5").unwrap()[1].truncate(100);
    });
    insta::assert_snapshot!(message, @r"
    a record shorter or longer than the file's first (1 of 2 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      line: 2
      hint: the line was cut, joined to the next or converted on its way; fetch the file again as CMS packs it
    ");
}

#[test]
fn records_of_a_length_that_no_version_has_are_refused() {
    insta::assert_snapshot!(rewritten(|delivery| delivery.files.get_mut("CCLF5").unwrap()[0].push_str("EXTRA")), @r"
    records of 393 characters; those of CCLF5 have 388, 383, 363
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      line: 1
      hint: deliver the file as CMS packs it: no column added, no trailing blanks cut
    ");
}

#[test]
fn a_field_that_does_not_read_is_named_by_line_and_field() {
    insta::assert_snapshot!(rewritten(|delivery| delivery.change("CCLF1", "CLM_PMT_AMT", "12.345")), @r"
    not an amount in dollars and cents (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_header
      file: feed/P.A1234.ACO.ZC1Y22.D220115.T1203050
      column: CLM_PMT_AMT
      line: 1
      hint: amounts are dollars with at most two decimals and a point, without thousands separators
    ");
    insta::assert_snapshot!(rewritten(|delivery| delivery.change("CCLF5", "CLM_LINE_THRU_DT", "2022-02-30")), @r"
    not a day (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      column: CLM_LINE_THRU_DT
      line: 1
      hint: days are read as DD-MON-YYYY, YYYYMMDD or YYYY-MM-DD
    ");
    insta::assert_snapshot!(rewritten(|delivery| delivery.change("CCLF5", "CLM_ADJSMT_TYPE_CD", "7")), @r"
    a code that the rules do not know (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      column: CLM_ADJSMT_TYPE_CD
      line: 1
      hint: correct the file, or add the code with its citation to an enrollment.toml in a folder given by --rules
    ");
    insta::assert_snapshot!(rewritten(|delivery| delivery.change("CCLF1", "BENE_MBI_ID", "")), @r"
    a required cell is blank (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_header
      file: feed/P.A1234.ACO.ZC1Y22.D220115.T1203050
      column: BENE_MBI_ID
      line: 1
      hint: look at that line in the source, or raise --max-quarantined
    ");
    insta::assert_snapshot!(rewritten(|delivery| delivery.change("CCLF8", "BENE_DOB", "10/05/1940")), @r"
    not a day (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: beneficiary_year
      file: feed/P.A1234.ACO.ZC8Y22.D220115.T1203050
      column: BENE_DOB
      line: 1
      hint: days are read as DD-MON-YYYY, YYYYMMDD or YYYY-MM-DD
    ");
}

#[test]
fn bytes_of_another_encoding_are_named_by_line_and_field() {
    // One byte of Latin-1 in a field that is taken; and where a name with an accent was made two bytes, the record is longer.
    let with = |file: &'static str, field: &'static str, byte: u8| {
        refusal(move |delivery, folder| {
            let mut bytes = delivery.files[file].join("\n").into_bytes();
            bytes[feed::place(file, field).0] = byte;
            fs::write(folder.join(delivery.name(file)), bytes).unwrap();
        })
    };
    insta::assert_snapshot!(with("CCLF5", "CLM_LINE_HCPCS_CD", 0xe9), @r"
    not UTF-8 text (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_line
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      column: CLM_LINE_HCPCS_CD
      line: 1
      hint: deliver the file as UTF-8 or ASCII
    ");
    insta::assert_snapshot!(with("CCLF1", "BENE_MBI_ID", 0xe9), @r"
    not UTF-8 text (1 of 1 rows are faulty, more than --max-quarantined 0.001 allows)
      table: claim_header
      file: feed/P.A1234.ACO.ZC1Y22.D220115.T1203050
      column: BENE_MBI_ID
      line: 1
      hint: deliver the file as UTF-8 or ASCII
    ");
    let message = refusal(|delivery, folder| {
        feed::person(delivery, "P2");
        let mut records = delivery.files["CCLF8"].clone();
        let name = feed::width("CCLF8") - 60;
        records[1].replace_range(name..=name, "é");
        fs::write(folder.join(delivery.name("CCLF8")), records.join("\n")).unwrap();
        fs::remove_file(folder.join(delivery.name("CCLF0"))).unwrap();
    });
    assert!(message.starts_with("a record shorter or longer") && message.contains("line: 2"), "{message}");
    let message = refusal(|delivery, folder| {
        let text = format!("\u{feff}{}", delivery.files["CCLF5"].join("\n"));
        fs::write(folder.join(delivery.name("CCLF5")), text).unwrap();
    });
    insta::assert_snapshot!(message, @r"
    the file begins with a byte order mark
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      line: 1
      hint: an editor put it there: fetch the file again, and keep it as it came
    ");
}

#[test]
fn faulty_records_are_counted_and_priced_where_they_are_let_pass() {
    let mut delivery = Delivery::new("220115");
    feed::person(&mut delivery, "P1");
    feed::physician(&mut delivery, &Claim { paid: "12.50", action: "7", ..Claim::default() }, "1");
    feed::physician(&mut delivery, &Claim { id: "2", paid: "-7.25", action: "7", ..Claim::default() }, "1");
    feed::physician(&mut delivery, &Claim { id: "3", ..Claim::default() }, "1");
    delivery.files.get_mut("CCLF5").unwrap()[2].push_str("  ");
    feed::physician(&mut delivery, &Claim { id: "4", ..Claim::default() }, "1");
    let place = tempfile::tempdir().unwrap();
    delivery.write(&place.path().join("feed"));
    let import = cclf::Import {
        folder: place.path().join("feed"),
        out: place.path().join("extract"),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::new("1".parse().unwrap()).unwrap(),
        memory: 1 << 20,
    };
    let report = import.run(&Arc::default()).unwrap();
    let told = report.text();
    let file = delivery.name("CCLF5");
    for said in [
        format!("{file}: 2 rows, 19.75 dollars: a code that the rules do not know (first at line 1, CLM_ADJSMT_TYPE_CD)"),
        format!("{file}: 1 rows, 0.00 dollars: a record shorter or longer than the file's first (first at line 3)"),
    ] {
        assert!(told.contains(&said), "{told}");
    }
    assert_eq!(report.by_type()[&("claim_line", 71)].rows, 1);
}

#[test]
fn records_are_held_against_cclf0() {
    let message = refusal(|delivery, folder| {
        feed::physician(delivery, &Claim::default(), "2");
        fs::write(folder.join(delivery.name("CCLF5")), delivery.files["CCLF5"].join("\n")).unwrap();
        fs::remove_file(folder.join(delivery.name("CCLF1"))).unwrap();
    });
    insta::assert_snapshot!(message, @r"
    CCLF1 of the delivery Y22 2022-01-15 is not there, CCLF0 says it has 1 records
      table: CCLF1
      file: feed/P.A1234.ACO.ZC0Y22.D220115.T1203050
      hint: the delivery is not whole: fetch it again
    CCLF5 of the delivery Y22 2022-01-15 has 2 records, CCLF0 says 1
      table: CCLF5
      file: feed/P.A1234.ACO.ZC0Y22.D220115.T1203050
      hint: the delivery is not whole: fetch it again
    ");
    let message = refusal(|delivery, folder| {
        fs::remove_file(folder.join(delivery.name("CCLF0"))).unwrap();
        fs::write(folder.join(delivery.name("CCLF5")), "").unwrap();
    });
    insta::assert_snapshot!(message, @r"
    the file is empty
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      hint: deliver it again, or with the CCLF0 that says that it has no records
    ");
}

#[test]
fn a_month_twice_two_acos_and_strangers_are_told_at_once() {
    let message = refusal(|delivery, folder| {
        let text = delivery.files["CCLF5"].join("\n");
        fs::write(folder.join(delivery.name("CCLF5").replace("T12", "T13")), &text).unwrap();
        fs::write(folder.join("P.A9999.ACO.ZC6Y22.D220115.T1203050"), &text).unwrap();
        fs::write(folder.join("notes.txt"), "call me").unwrap();
        fs::write(folder.join("CCLF5.txt"), &text).unwrap();
    });
    insta::assert_snapshot!(message, @r"
    the file's name does not say of which day the delivery is
      table: CCLF5
      file: feed/CCLF5.txt
      hint: keep CMS's name, or put the day in it, as in CCLF5.D230115.txt
    the file's name is none of the claim and claim line feed's
      file: feed/notes.txt
      hint: CMS names it like P.A1234.ACO.ZC5Y23.D230115.T1203050; move other files out of the folder
    the folder mixes files of A1234 and A9999
      file: feed/P.A9999.ACO.ZC6Y22.D220115.T1203050
      hint: import each ACO's files by themselves
    the delivery Y22 2022-01-15 is there twice: also as P.A1234.ACO.ZC5Y22.D220115.T1203050
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1303050
      hint: keep one of the two files
    ");
}

#[test]
fn damaged_packing_is_named() {
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let message = refusal(|delivery, folder| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(delivery.files["CCLF5"].join("\n").as_bytes()).unwrap();
        fs::remove_file(folder.join(delivery.name("CCLF5"))).unwrap();
        fs::write(folder.join(delivery.name("CCLF5") + ".gz"), cut(out.finish().unwrap())).unwrap();
    });
    insta::assert_snapshot!(message, @r"
    the packed file ends too early
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050.gz
      hint: the transfer was cut short: fetch the file again
    ");
    let message = refusal(|delivery, folder| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file(delivery.name("CCLF5"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(delivery.files["CCLF5"].join("\n").as_bytes()).unwrap();
        fs::write(folder.join("P.A1234.ACO.ZCY22.D220115.T1203050.zip"), cut(archive.finish().unwrap().into_inner())).unwrap();
    });
    assert!(message.starts_with("the zip archive is damaged"), "{message}");
}

#[test]
fn what_is_no_fixed_width_text_is_refused() {
    let bytes = |bytes: &'static [u8], times: usize| {
        refusal(move |delivery, folder| fs::write(folder.join(delivery.name("CCLF5")), bytes.repeat(times)).unwrap())
    };
    insta::assert_snapshot!(bytes(b"x", 9 << 20), @r"
    a line without end
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      line: 1
      hint: the file is damaged: fetch it again
    ");
    insta::assert_snapshot!(bytes(b"\xff\xfe1\0", 200), @r"
    the file is not ASCII text
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      hint: deliver it as CMS does, without converting it
    ");
}

#[test]
fn a_line_without_end_after_good_ones_is_refused() {
    let message = refusal(|delivery, folder| {
        let text = delivery.files["CCLF5"].join("\n") + "\n" + &"y".repeat(9 << 20) + "\n";
        fs::write(folder.join(delivery.name("CCLF5")), text).unwrap();
    });
    insta::assert_snapshot!(message, @r"
    a line without end
      table: CCLF5
      file: feed/P.A1234.ACO.ZC5Y22.D220115.T1203050
      line: 2
      hint: the file is damaged: fetch it again
    ");
}

#[test]
fn a_folder_without_people_or_claims_is_refused() {
    insta::assert_snapshot!(refusal(|delivery, folder| fs::remove_file(folder.join(delivery.name("CCLF8"))).unwrap()), @r"
    the folder has no beneficiary file
      table: CCLF8
      file: feed
      hint: put the CCLF8 of every delivery beside its claims
    ");
    let message = refusal(|delivery, folder| {
        for file in ["CCLF1", "CCLF5"] {
            fs::remove_file(folder.join(delivery.name(file))).unwrap();
        }
    });
    insta::assert_snapshot!(message, @r"
    the folder has no claims file
      table: CCLF1
      file: feed
      hint: put CCLF1, CCLF5 and CCLF6 beside the CCLF8
    ");
}

#[test]
fn the_specimen_whose_records_are_cut_short_is_refused_by_their_length() {
    let Some(folder) = common::shared("data/cclf") else { return };
    let place = tempfile::tempdir().unwrap();
    for symbol in ["0", "8", "9"] {
        fs::copy(folder.join(format!("test_small_ZC{symbol}")), place.path().join(format!("ZC{symbol}Y18.D181120"))).unwrap();
    }
    fs::write(place.path().join("ZC5Y18.D181120"), "").unwrap();
    let message = refusal_of(place.path());
    assert!(message.contains("records of") && message.contains("CCLF9"), "{message}");
}
