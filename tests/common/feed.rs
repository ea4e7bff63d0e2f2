//! Invented files of the claim and claim line feed, written by the layouts that the program reads.

#![allow(dead_code)] // each test program has its own copy of this module

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const LAYOUTS: &str = include_str!("../../src/intake/cclf/layout.toml");

/// A record: fields and their text.
pub type Fields<'f> = &'f [(&'f str, &'f str)];

/// Where a field begins, counted from 0, and how long it is.
pub fn place(file: &str, field: &str) -> (usize, usize) {
    let layouts: toml::Table = LAYOUTS.parse().unwrap();
    let place = layouts[file]["fields"].get(field).unwrap_or_else(|| panic!("no {field} in {file}")).as_array().unwrap();
    let number = |at: usize| usize::try_from(place[at].as_integer().unwrap()).unwrap();
    (number(0) - 1, number(1))
}

/// The length of a record.
pub fn width(file: &str) -> usize {
    let layouts: toml::Table = LAYOUTS.parse().unwrap();
    usize::try_from(layouts[file]["widths"][0].as_integer().unwrap()).unwrap()
}

/// One month's delivery.
#[derive(Clone, Default)]
pub struct Delivery {
    pub day: String,
    pub files: BTreeMap<String, Vec<String>>,
}

impl Delivery {
    pub fn new(day: &str) -> Self {
        Self { day: day.to_string(), files: BTreeMap::new() }
    }

    /// Adds a record.
    pub fn add(&mut self, file: &str, fields: Fields<'_>) -> &mut Self {
        let mut record = vec![b' '; width(file)];
        for (field, text) in fields {
            let (start, length) = place(file, field);
            let is_amount = field.ends_with("_AMT");
            let start = if is_amount { start + length - text.len() } else { start };
            record[start..start + text.len()].copy_from_slice(text.as_bytes());
        }
        self.files.entry(file.to_string()).or_default().push(String::from_utf8(record).unwrap());
        self
    }

    /// Changes a field of the record added last.
    pub fn change(&mut self, file: &str, field: &str, text: &str) {
        let (start, length) = place(file, field);
        let record = self.files.get_mut(file).unwrap().last_mut().unwrap();
        record.replace_range(start..start + length, &format!("{text:length$}"));
    }

    /// CMS's name of a file.
    pub fn name(&self, file: &str) -> String {
        format!("P.A1234.ACO.ZC{}Y{}.D{}.T1203050", &file[4..], &self.day[..2], self.day)
    }

    /// The text of every file, CCLF0 first.
    pub fn texts(&self) -> Vec<(String, String)> {
        let mut list = String::from("File Number  |File Description    |Total Records Count |Record Length\n");
        for (file, records) in &self.files {
            let count = records.len();
            writeln!(list, "{file}  |A file              |{count:>20}|{:>13}", width(file)).unwrap();
        }
        let mut texts = vec![(self.name("CCLF0"), list)];
        texts.extend(self.files.iter().map(|(file, records)| (self.name(file), records.join("\n") + "\n")));
        texts
    }

    /// Writes the files, plain.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in self.texts() {
            fs::write(folder.join(name), text).unwrap();
        }
    }
}

/// A person in Parts A and B, aged.
pub fn person(delivery: &mut Delivery, mbi: &str) {
    delivery.add(
        "CCLF8",
        &[
            ("BENE_MBI_ID", mbi),
            ("BENE_FIPS_STATE_CD", "06"),
            ("BENE_FIPS_CNTY_CD", "075"),
            ("BENE_DOB", "1940-05-10"),
            ("BENE_MDCR_STUS_CD", "10"),
            ("BENE_DUAL_STUS_CD", "NA"),
            ("BENE_DEATH_DT", "9999-12-31"),
            ("BENE_ENTLMT_BUYIN_IND", "3"),
            ("BENE_PART_A_ENRLMT_BGN_DT", "2005-05-01"),
            ("BENE_PART_B_ENRLMT_BGN_DT", "1000-01-01"),
        ],
    );
}

/// An institutional claim.
pub struct Claim<'c> {
    pub id: &'c str,
    pub mbi: &'c str,
    pub action: &'c str,
    pub paid: &'c str,
    pub effective: &'c str,
    pub ccn: &'c str,
    pub bill: &'c str,
    pub kind: &'c str,
    pub day: &'c str,
    pub control: &'c str,
}

impl Default for Claim<'_> {
    fn default() -> Self {
        Self {
            id: "1",
            mbi: "P1",
            action: "0",
            paid: "100.00",
            effective: "2022-02-01",
            ccn: "050001",
            bill: "11",
            kind: "60",
            day: "2022-01-10",
            control: "",
        }
    }
}

pub fn header(delivery: &mut Delivery, claim: &Claim<'_>) {
    delivery.add(
        "CCLF1",
        &[
            ("CUR_CLM_UNIQ_ID", claim.id),
            ("PRVDR_OSCAR_NUM", claim.ccn),
            ("CLM_BLG_PRVDR_OSCAR_NUM", claim.ccn),
            ("BENE_MBI_ID", claim.mbi),
            ("CLM_TYPE_CD", claim.kind),
            ("CLM_FROM_DT", claim.day),
            ("CLM_THRU_DT", claim.day),
            ("CLM_BILL_FAC_TYPE_CD", &claim.bill[..1]),
            ("CLM_BILL_CLSFCTN_CD", &claim.bill[1..]),
            ("CLM_PMT_AMT", claim.paid),
            ("CLM_ADJSMT_TYPE_CD", claim.action),
            ("CLM_EFCTV_DT", claim.effective),
            ("CLM_IDR_LD_DT", claim.effective),
            ("CLM_CNTL_NUM", claim.control),
            ("ATNDG_PRVDR_NPI_NUM", "1234567890"),
        ],
    );
}

/// A physician line.
pub fn physician(delivery: &mut Delivery, claim: &Claim<'_>, number: &str) {
    delivery.add(
        "CCLF5",
        &[
            ("CUR_CLM_UNIQ_ID", claim.id),
            ("CLM_LINE_NUM", number),
            ("BENE_MBI_ID", claim.mbi),
            ("CLM_TYPE_CD", "71"),
            ("CLM_PRVDR_SPCLTY_CD", "08"),
            ("CLM_POS_CD", "11"),
            ("CLM_LINE_FROM_DT", claim.day),
            ("CLM_LINE_THRU_DT", claim.day),
            ("CLM_LINE_HCPCS_CD", "99213"),
            ("CLM_LINE_CVRD_PD_AMT", claim.paid),
            ("CLM_LINE_ALOWD_CHRG_AMT", claim.paid),
            ("CLM_RNDRG_PRVDR_TAX_NUM", "012345678"),
            ("RNDRG_PRVDR_NPI_NUM", "1234567890"),
            ("CLM_CARR_PMT_DNL_CD", "1"),
            ("CLM_PRCSG_IND_CD", "A"),
            ("CLM_ADJSMT_TYPE_CD", claim.action),
            ("CLM_EFCTV_DT", claim.effective),
            ("CLM_IDR_LD_DT", claim.effective),
            ("CLM_CNTL_NUM", claim.control),
        ],
    );
}
