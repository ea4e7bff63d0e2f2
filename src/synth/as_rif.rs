//! The same people as research identifiable files: a row per line with the claim's columns repeated, a file per kind of claim,
//! and one file of enrollment per year.

use std::path::Path;

use super::foreign::{self, Rows, amount, day};
use super::records::{Header, Line, Year};
use super::world::World;
use crate::disk::{self, Meter};
use crate::error::Result;
use crate::extract::TableSink;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEPT", "OCT", "NOV", "DEC"];
/// September, counted from 0: the end of a prospective window.
const SEPTEMBER: usize = 8;

/// The claim files, by claim types; the last takes what no other does.
const CLAIM_FILES: [(&str, &[u8]); 7] = [
    ("carrier.csv", &[71, 72]),
    ("dme.csv", &[81, 82]),
    ("inpatient.csv", &[60, 61, 62, 63, 64]),
    ("snf.csv", &[20, 30]),
    ("hha.csv", &[10]),
    ("hospice.csv", &[50]),
    ("outpatient.csv", &[]),
];

const INSTITUTIONAL: &str = "DML_IND|BENE_ID|CLM_ID|FINAL_ACTION|NCH_CLM_TYPE_CD|CLM_FROM_DT|CLM_THRU_DT|CLM_ADMSN_DT|NCH_BENE_DSCHRG_DT|\
    PRVDR_NUM|CLM_FAC_TYPE_CD|CLM_SRVC_CLSFCTN_TYPE_CD|CLM_MDCR_NON_PMT_RSN_CD|AT_PHYSN_NPI|OT_PHYSN_NPI|RNDRNG_PHYSN_NPI|\
    NCH_WKLY_PROC_DT|CLM_PMT_AMT|IME_OP_CLM_VAL_AMT|DSH_OP_CLM_VAL_AMT|CLM_PPS_CPTL_IME_AMT|CLM_PPS_CPTL_DSPRPRTNT_SHR_AMT|\
    CLM_UNCOMPD_CARE_PMT_AMT|ICD_DGNS_CD1|ICD_DGNS_CD2|CLM_LINE_NUM|REV_CNTR|REV_CNTR_DT|HCPCS_CD|REV_CNTR_PMT_AMT_AMT|\
    REV_CNTR_PTNT_RSPNSBLTY_PMT\n";
const PROFESSIONAL: &str = "DML_IND|BENE_ID|CLM_ID|FINAL_ACTION|NCH_CLM_TYPE_CD|LINE_NUM|LINE_1ST_EXPNS_DT|LINE_LAST_EXPNS_DT|HCPCS_CD|\
    LINE_PLACE_OF_SRVC_CD|PRVDR_SPCLTY|TAX_NUM|PRF_PHYSN_NPI|LINE_NCH_PMT_AMT|LINE_ALOWD_CHRG_AMT|CARR_CLM_PMT_DNL_CD|\
    LINE_PRCSG_IND_CD|NCH_WKLY_PROC_DT\n";

/// Writes the files.
pub fn write(world: &World, folder: &Path, scores: &mut TableSink<disk::Output>, watch: &Meter) -> Result<()> {
    let first = world.plan.first_year;
    let mut names: Vec<String> = CLAIM_FILES.iter().map(|(name, _)| (*name).to_string()).collect();
    names.extend(world.plan.years().map(|year| format!("beneficiary_{year}.csv")));
    for (number, name) in names.iter().enumerate() {
        let header = match number {
            0 | 1 => PROFESSIONAL.to_string(),
            2..=6 => INSTITUTIONAL.to_string(),
            _ => enrollment_header(),
        };
        disk::append(&folder.join(name), header.as_bytes())?;
    }
    foreign::write(world, folder, &names, scores, watch, |rows, files| {
        claims(rows, files);
        for year in rows.years {
            enrollment(year, &mut files[CLAIM_FILES.len() + usize::from(year.year - first)]);
        }
    })?;
    Ok(())
}

fn file_of(claim_type: u8) -> usize {
    CLAIM_FILES.iter().position(|(_, types)| types.contains(&claim_type)).unwrap_or(CLAIM_FILES.len() - 1)
}

fn claims(rows: &Rows<'_>, files: &mut [Vec<u8>]) {
    for header in rows.headers {
        let out = &mut files[file_of(header.claim_type)];
        let mut lines = rows.lines.iter().filter(|line| line.claim == header.claim).peekable();
        if lines.peek().is_none() {
            institutional(header, None, out);
        }
        for line in lines {
            institutional(header, Some(line), out);
        }
    }
    // A revenue line without its claim has no row of its own in these files.
    for line in rows.lines.iter().filter(|line| file_of(line.claim_type) < 2) {
        professional(line, &mut files[file_of(line.claim_type)]);
    }
}

/// The cells of one row.
struct Cells<'o>(&'o mut Vec<u8>);

impl Cells<'_> {
    fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'|');
        self
    }
    fn optional(&mut self, text: Option<&str>) -> &mut Self {
        self.text(text.unwrap_or_default())
    }
    fn number(&mut self, number: u64) -> &mut Self {
        if number == 0 { self.text("") } else { self.text(&number.to_string()) }
    }
    /// As `28-Feb-2019`, which is how CMS writes it.
    fn day(&mut self, days: Option<i32>) -> &mut Self {
        let text = days.map(day).unwrap_or_default();
        match (text.get(..4), text.get(5..7).and_then(|month| month.parse::<usize>().ok()), text.get(8..)) {
            (Some(year), Some(month), Some(day)) => {
                let name = &MONTHS[month - 1][..3];
                self.text(&format!("{day}-{}{}-{year}", &name[..1], name[1..].to_ascii_lowercase()))
            }
            _ => self.text(""),
        }
    }
    fn money(&mut self, cents: Option<i64>) -> &mut Self {
        self.text(&cents.map(amount).unwrap_or_default())
    }
    /// Ends the row.
    fn end(&mut self) {
        if let Some(last) = self.0.last_mut() {
            *last = b'\n';
        }
    }
}

fn institutional(header: &Header, line: Option<&Line>, out: &mut Vec<u8>) {
    let bill = |place: usize| header.bill.some().and_then(|bill| bill.get(place..=place));
    let mut cells = Cells(out);
    cells.text("INSERT").text(header.bene.as_str()).text(header.claim_id().as_str()).text("F");
    cells.number(u64::from(header.claim_type)).day(Some(header.from)).day(Some(header.thru));
    cells.day(header.admission).day(header.discharge).optional(header.ccn.some()).optional(bill(0)).optional(bill(1));
    cells.optional(header.non_payment.some()).number(header.attending).number(header.other).number(header.rendering);
    cells.day(header.processed).money(Some(header.payment));
    for cents in [header.ime, header.dsh, header.ime_capital, header.dsh_capital, header.uncompensated] {
        cells.money(cents);
    }
    cells.text(if header.b9729 == Some(true) { "B9729" } else { "Z9989" });
    cells.text(if header.u071 == Some(true) { "U071" } else { "" });
    cells.number(line.map_or(1, |line| u64::from(line.number))).optional(line.and_then(|line| line.revenue.some()));
    cells.day(line.map(|line| line.last)).optional(line.and_then(|line| line.hcpcs.some()));
    let payment = line.map(|line| line.payment);
    let responsibility = line.and_then(|line| line.allowed).zip(payment).map(|(allowed, paid)| allowed - paid);
    cells.money(payment).money(responsibility).end();
}

fn professional(line: &Line, out: &mut Vec<u8>) {
    let mut cells = Cells(out);
    cells.text("INSERT").text(line.bene.as_str()).text(line.claim_id().as_str()).text("F");
    cells.number(u64::from(line.claim_type)).number(u64::from(line.number)).day(line.first).day(Some(line.last));
    cells.optional(line.hcpcs.some()).optional(line.pos.some()).optional(line.specialty.some()).optional(line.tin.some());
    cells.number(line.npi).money(Some(line.payment)).money(line.allowed).optional(line.denial.some());
    cells.optional(line.processing.some()).day(line.processed).end();
}

fn enrollment_header() -> String {
    let mut names: Vec<String> = ["DML_IND", "BENE_ID", "RFRNC_YR", "BENE_BIRTH_DT", "DEATH_DT"].map(str::to_string).to_vec();
    for (number, month) in MONTHS.iter().enumerate() {
        let number = number + 1;
        names.extend([format!("MDCR_ENTLMT_BUYIN_{number}_IND"), format!("HMO_{number}_IND"), format!("ESRD_{number}_IND")]);
        names.extend([format!("MDCR_STUS_{month}_CD"), format!("META_DUAL_ELGBL_STUS_{month}_CD")]);
        names.extend([format!("CST_SHR_GRP_{month}_CD"), format!("FIPS_STATE_CNTY_{month}_CD")]);
    }
    names.join("|") + "\n"
}

fn enrollment(year: &Year, out: &mut Vec<u8>) {
    let mut cells = Cells(out);
    cells.text("INSERT").text(year.bene.as_str()).number(u64::from(year.year)).day(year.birth).day(year.death);
    for month in 0..12 {
        let status = year.status.0[month];
        let buy_in = match status {
            b'0' => "0",
            b'A' => "1",
            b'B' => "2",
            _ => "3",
        };
        cells.text(buy_in).text(if status == b'9' { "1" } else { "0" }).text(if status == b'1' { "1" } else { "0" });
        let code = year.medicare.0.get(2 * month..2 * month + 2).and_then(|code| std::str::from_utf8(code).ok());
        cells.optional(code.filter(|code| *code != "00"));
        match year.dual.0[month] {
            b'0' => cells.text("NA"),
            digit => cells.text(&format!("0{}", char::from(digit))),
        };
        cells.text(if year.subsidy.0[month] == b'1' { "01" } else { "NA" });
        let county = year.september.some().filter(|_| month <= SEPTEMBER).or(year.county.some());
        cells.optional(county);
    }
    cells.end();
}
