//! Files damaged at random: an import ends well or with exit code 3 and a message, never in a panic, and never tells a person.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // in a test a panic is the message

use crate::common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use acobench::intake::{Quarantine, Rename, cclf, rif};
use acobench::rules::Rules;
use common::feed::{self, Claim, Delivery};
use common::invented::{carrier, enrollment, inpatient, outpatient};
use proptest::prelude::*;

/// A beneficiary that no message may hold.
const PERSON: &str = "1EG4TE5MK73";

/// One damage: where, as a share of the file, and what stands there afterwards.
type Damage = (f64, u8, Vec<u8>);

fn damage() -> impl Strategy<Value = Damage> {
    (0.0..1.0, 0..4_u8, prop::collection::vec(any::<u8>(), 0..12))
}

fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (share, how, with) in damages {
        let at = (*share * bytes.len() as f64) as usize;
        match how {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, with.iter().copied())),
            2 => drop(bytes.splice(at..(at + with.len()).min(bytes.len()), with.iter().copied())),
            _ => drop(bytes.splice(at..at, [b'|', b'\n', b'"'])),
        }
    }
    bytes
}

fn holds(result: acobench::error::Result<acobench::intake::ImportReport>) -> std::result::Result<(), TestCaseError> {
    match result {
        Ok(report) => prop_assert!(!report.text().contains(PERSON)),
        Err(error) => {
            prop_assert_eq!(error.exit_code(), 3, "{}", error);
            prop_assert!(!error.to_string().contains(PERSON), "{}", error);
        }
    }
    Ok(())
}

fn rif_import(folder: &Path, out: &Path) -> rif::Import {
    rif::Import {
        folder: folder.to_path_buf(),
        out: out.to_path_buf(),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::default(),
        memory: 1 << 30,
    }
}

fn cclf_import(folder: &Path, out: &Path) -> cclf::Import {
    cclf::Import {
        folder: folder.to_path_buf(),
        out: out.to_path_buf(),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::new(rust_decimal::Decimal::ONE).unwrap(),
        memory: 1 << 20,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damaged_rif_files_end_in_words(which in 0..5_usize, damages in prop::collection::vec(damage(), 1..4)) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("rif");
        fs::create_dir(&folder).unwrap();
        let mut people = enrollment();
        people.set(0, "BENE_ID", PERSON);
        let mut lines = carrier();
        (0..2).for_each(|row| lines.set(row, "BENE_ID", PERSON));
        let parquet = lines.parquet(true);
        let files = [("a", lines.piped()), ("b", inpatient().piped()), ("c", outpatient().piped()), ("d", people.piped()), ("e", parquet)];
        for (index, (name, bytes)) in files.iter().enumerate() {
            fs::write(folder.join(name), if index == which { damaged(bytes, &damages) } else { bytes.clone() }).unwrap();
        }
        holds(rif_import(&folder, &place.path().join("extract")).run(&Arc::default()))?;
    }

    #[test]
    fn damaged_deliveries_end_in_words(which in 0..7_usize, damages in prop::collection::vec(damage(), 1..4)) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("feed");
        fs::create_dir(&folder).unwrap();
        let mut delivery = Delivery::new("220115");
        let claim = Claim { mbi: PERSON, ..Claim::default() };
        for _ in 0..3 {
            feed::person(&mut delivery, PERSON);
            feed::header(&mut delivery, &claim);
            feed::physician(&mut delivery, &claim, "1");
        }
        delivery.add("CCLF9", &[("CRNT_NUM", PERSON), ("PRVS_NUM", "OLD")]);
        delivery.add("CCLFA", &[("CUR_CLM_UNIQ_ID", "1"), ("BENE_MBI_ID", PERSON), ("CLM_SQSTRTN_RDCTN_AMT", "1.00")]);
        delivery.add("CCLFB", &[("CUR_CLM_UNIQ_ID", "1"), ("BENE_MBI_ID", PERSON), ("CLM_LINE_NUM", "1")]);
        for (index, (name, text)) in delivery.texts().into_iter().enumerate() {
            let bytes = if index == which { damaged(text.as_bytes(), &damages) } else { text.into_bytes() };
            fs::write(folder.join(name), bytes).unwrap();
        }
        holds(cclf_import(&folder, &place.path().join("extract")).run(&Arc::default()))?;
    }
}
