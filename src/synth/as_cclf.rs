//! The same people as an ACO's Claim and Claim Line Feed: a delivery a month, records of fixed width under CMS's names.
//!
//! A claim is in the delivery of the month in which it was processed. Some are delivered, cancelled and delivered again as
//! adjustments, and some people had another identifier at first, so that an import has something to net and to follow.

use std::fmt::Write as _;
use std::path::Path;

use super::foreign::{self, Rows, amount, day};
use super::records::{Header, Line, Year};
use super::world::World;
use crate::disk::{self, Meter};
use crate::error::{Error, Result};
use crate::extract::TableSink;
use crate::intake::cclf::{FileKind, Layouts, Span};

/// The files of a delivery that are written: CMS's symbol, and fields in the order in which they are filled.
const FILES: [(u8, &[&str]); 9] = [
    (
        b'1',
        &[
            "CUR_CLM_UNIQ_ID",
            "PRVDR_OSCAR_NUM",
            "BENE_MBI_ID",
            "CLM_TYPE_CD",
            "CLM_FROM_DT",
            "CLM_THRU_DT",
            "CLM_BILL_FAC_TYPE_CD",
            "CLM_BILL_CLSFCTN_CD",
            "CLM_MDCR_NPMT_RSN_CD",
            "CLM_PMT_AMT",
            "ATNDG_PRVDR_NPI_NUM",
            "OTHR_PRVDR_NPI_NUM",
            "CLM_ADJSMT_TYPE_CD",
            "CLM_EFCTV_DT",
            "CLM_MDCR_IP_PPS_CPTL_IME_AMT",
            "CLM_OPRTNL_IME_AMT",
            "CLM_MDCR_IP_PPS_DSPRPRTNT_AMT",
            "CLM_HIPPS_UNCOMPD_CARE_AMT",
            "CLM_OPRTNL_DSPRPRTNT_AMT",
            "CLM_CNTL_NUM",
            "CLM_ORG_CNTL_NUM",
        ],
    ),
    (
        b'2',
        &[
            "CUR_CLM_UNIQ_ID",
            "CLM_LINE_NUM",
            "BENE_MBI_ID",
            "CLM_LINE_PROD_REV_CTR_CD",
            "CLM_LINE_INSTNL_REV_CTR_DT",
            "CLM_LINE_HCPCS_CD",
            "CLM_LINE_CVRD_PD_AMT",
        ],
    ),
    (b'4', &["CUR_CLM_UNIQ_ID", "BENE_MBI_ID", "CLM_DGNS_CD"]),
    (
        b'5',
        &[
            "CUR_CLM_UNIQ_ID",
            "CLM_LINE_NUM",
            "BENE_MBI_ID",
            "CLM_TYPE_CD",
            "CLM_POS_CD",
            "CLM_LINE_FROM_DT",
            "CLM_LINE_THRU_DT",
            "CLM_LINE_HCPCS_CD",
            "CLM_LINE_CVRD_PD_AMT",
            "CLM_CARR_PMT_DNL_CD",
            "CLM_PRCSG_IND_CD",
            "CLM_ADJSMT_TYPE_CD",
            "CLM_EFCTV_DT",
            "CLM_CNTL_NUM",
            "CLM_LINE_ALOWD_CHRG_AMT",
            "RNDRG_PRVDR_NPI_NUM",
            "CLM_PRVDR_SPCLTY_CD",
            "CLM_RNDRG_PRVDR_TAX_NUM",
        ],
    ),
    (
        b'6',
        &[
            "CUR_CLM_UNIQ_ID",
            "CLM_LINE_NUM",
            "BENE_MBI_ID",
            "CLM_TYPE_CD",
            "CLM_POS_CD",
            "CLM_LINE_FROM_DT",
            "CLM_LINE_THRU_DT",
            "CLM_LINE_HCPCS_CD",
            "CLM_LINE_CVRD_PD_AMT",
            "CLM_CARR_PMT_DNL_CD",
            "CLM_PRCSG_IND_CD",
            "CLM_ADJSMT_TYPE_CD",
            "CLM_EFCTV_DT",
            "CLM_CNTL_NUM",
            "CLM_LINE_ALOWD_CHRG_AMT",
            "PAYTO_PRVDR_NPI_NUM",
        ],
    ),
    (
        b'8',
        &[
            "BENE_MBI_ID",
            "BENE_FIPS_STATE_CD",
            "BENE_FIPS_CNTY_CD",
            "BENE_DOB",
            "BENE_MDCR_STUS_CD",
            "BENE_DUAL_STUS_CD",
            "BENE_DEATH_DT",
            "BENE_ENTLMT_BUYIN_IND",
        ],
    ),
    (b'9', &["CRNT_NUM", "PRVS_NUM", "PRVS_ID_EFCTV_DT", "PRVS_ID_OBSLT_DT"]),
    (b'A', &["CUR_CLM_UNIQ_ID", "BENE_MBI_ID", "CLM_ACTV_CARE_FROM_DT", "CLM_PBP_RDCTN_AMT", "CLM_SQSTRTN_RDCTN_AMT"]),
    (b'B', &["CUR_CLM_UNIQ_ID", "CLM_LINE_NUM", "BENE_MBI_ID", "CLM_PBP_RDCTN_AMT", "CLM_SQSTRTN_RDCTN_AMT"]),
];
const HEADERS: usize = 0;
const REVENUE: usize = 1;
const DIAGNOSES: usize = 2;
const PHYSICIAN: usize = 3;
const DME: usize = 4;
const PEOPLE: usize = 5;
const IDENTIFIERS: usize = 6;
const PART_A: usize = 7;
const PART_B: usize = 8;

/// September, counted from 0: the end of a prospective window.
const SEPTEMBER: usize = 8;
/// What CMS fills in where it has no day.
const NO_DAY: &str = "1000-01-01";
/// One claim in so many is cancelled and delivered again.
const ADJUSTED: u32 = 16;
/// Added to the number of a claim that is cancelled later, beyond every number of a person's claims that stand.
const BEFORE_ADJUSTMENT: u64 = 50_000;
/// One person in so many had another identifier before.
const RENAMED: u64 = 40;

/// Where the fields of a file are, in the order in which they are filled.
struct Form {
    width: usize,
    spans: Vec<Span>,
}

/// One record being filled.
struct Record<'o> {
    bytes: &'o mut [u8],
    spans: std::slice::Iter<'o, Span>,
}

impl Form {
    fn all() -> Result<Vec<Self>> {
        let layouts = Layouts::embedded()?;
        let form = |(symbol, fields): &(u8, &[&str])| {
            let kind = FileKind::of(*symbol).ok_or_else(|| Error::failed("a file has no kind", "report this as a defect"))?;
            let layout = layouts.of(kind)?;
            Ok(Self { width: layout.widths.first().copied().unwrap_or_default(), spans: layout.spans(fields)? })
        };
        FILES.iter().map(form).collect()
    }

    fn record<'o>(&'o self, out: &'o mut Vec<u8>) -> Record<'o> {
        let start = out.len();
        out.resize(start + self.width, b' ');
        out.push(b'\n');
        Record { bytes: &mut out[start..start + self.width], spans: self.spans.iter() }
    }
}

impl Record<'_> {
    fn text(&mut self, text: &str) -> &mut Self {
        if let Some((from, _)) = self.spans.next().map(|span| span.range()) {
            self.bytes[from..from + text.len()].copy_from_slice(text.as_bytes());
        }
        self
    }
    fn optional(&mut self, text: Option<&str>) -> &mut Self {
        self.text(text.unwrap_or_default())
    }
    fn number(&mut self, number: u64) -> &mut Self {
        if number == 0 { self.text("") } else { self.right(&number.to_string()) }
    }
    /// Flush to the right, as CMS writes numbers.
    fn right(&mut self, text: &str) -> &mut Self {
        if let Some((_, to)) = self.spans.next().map(|span| span.range()) {
            self.bytes[to - text.len()..to].copy_from_slice(text.as_bytes());
        }
        self
    }
    fn day(&mut self, days: Option<i32>) -> &mut Self {
        let text = days.map_or_else(|| NO_DAY.to_string(), day);
        self.text(&text)
    }
    fn money(&mut self, cents: Option<i64>) -> &mut Self {
        self.right(&cents.map(amount).unwrap_or_default())
    }
}

/// What writes one person's records.
struct Feed<'w> {
    world: &'w World,
    forms: Vec<Form>,
    months: usize,
}

/// Writes the deliveries.
pub fn write(world: &World, folder: &Path, scores: &mut TableSink<disk::Output>, watch: &Meter) -> Result<()> {
    let months = usize::from(world.plan.last_year - world.plan.first_year + 1) * 12;
    let feed = Feed { world, forms: Form::all()?, months };
    let name = |month: usize, symbol: char| {
        let (year, number) = (usize::from(world.plan.first_year) + month / 12, month % 12 + 1);
        format!("P.A1234.ACO.ZC{symbol}Y{:02}.D{:02}{number:02}15.T1203050", year % 100, year % 100)
    };
    let names: Vec<String> = (0..months)
        .flat_map(|month| FILES.iter().map(move |(symbol, _)| (month, char::from(*symbol))))
        .map(|(m, s)| name(m, s))
        .collect();
    let bytes = foreign::write(world, folder, &names, scores, watch, |rows, files| feed.person(rows, files))?;
    for month in 0..months {
        let mut list = String::from("File Number  |File Description    |Total Records Count |Record Length\n");
        for (file, (symbol, _)) in FILES.iter().enumerate() {
            let at = month * FILES.len() + file;
            let width = feed.forms[file].width;
            let _ = writeln!(
                list,
                "CCLF{}        |Synthetic           |{:>20}|{width:>13}",
                char::from(*symbol),
                bytes[at] / (width as u64 + 1)
            );
        }
        disk::append(&folder.join(name(month, '0')), list.as_bytes())?;
    }
    Ok(())
}

impl Feed<'_> {
    fn person(&self, rows: &Rows<'_>, files: &mut [Vec<u8>]) {
        let first = self.world.plan.first_year;
        let id = rows.headers.first().map(|row| row.bene).or(rows.lines.first().map(|row| row.bene));
        let Some(id) = rows.years.first().map(|row| row.bene).or(id) else { return };
        // No identifier begins with a zero, so that none is another's earlier one.
        let renamed = rows.index.is_multiple_of(RENAMED);
        let mut earlier = id;
        earlier.0[0] = b'0';
        let known_as = |day: i32| if renamed && day < self.world.calendar.january(first + 1) { earlier } else { id };
        for month in 0..self.months {
            let year = rows.years.iter().find(|year| usize::from(year.year - first) == month / 12);
            self.demographics(id.as_str(), year, rows.years, month, &mut files[month * FILES.len() + PEOPLE]);
        }
        if renamed {
            let out = &mut files[(self.months - 1) * FILES.len() + IDENTIFIERS];
            let mut record = self.forms[IDENTIFIERS].record(out);
            record.text(id.as_str()).text(earlier.as_str()).day(None).day(None);
        }
        for header in rows.headers {
            self.claim(header, known_as(header.thru).as_str(), rows, files);
        }
        for line in rows.lines {
            self.line(line, known_as(line.last).as_str(), files);
        }
    }

    /// The first file of the delivery that holds what was processed on a day, or of the last one.
    fn delivery(&self, processed: Option<i32>, day: i32) -> usize {
        let month = self.world.calendar.month_of(processed.unwrap_or(day)).clamp(0, self.months as i32 - 1);
        month as usize * FILES.len()
    }

    fn demographics(&self, id: &str, year: Option<&Year>, years: &[Year], month: usize, out: &mut Vec<u8>) {
        let of_year = month % 12;
        let status = year.map_or(b'0', |year| year.status.0[of_year]);
        let county = year.and_then(|year| year.september.some().filter(|_| of_year <= SEPTEMBER).or(year.county.some()));
        let code = year.and_then(|year| year.medicare.0.get(2 * of_year..2 * of_year + 2));
        let code = code.and_then(|code| std::str::from_utf8(code).ok()).filter(|code| *code != "00");
        let dual = year.map_or(b'0', |year| year.dual.0[of_year]);
        let mut record = self.forms[PEOPLE].record(out);
        record.text(id).optional(county.and_then(|county| county.get(..2))).optional(county.and_then(|county| county.get(2..)));
        record.day(years.iter().find_map(|year| year.birth)).optional(code);
        if dual == b'0' {
            record.text("NA")
        } else {
            record.text(&format!("0{}", char::from(dual)))
        };
        record.day(years.iter().find_map(|year| year.death));
        // The feed knows no plans: such a month looks like one in both parts.
        record.text(match status {
            b'0' => "0",
            b'A' => "1",
            b'B' => "2",
            _ => "3",
        });
    }

    fn claim(&self, header: &Header, id: &str, rows: &Rows<'_>, files: &mut [Vec<u8>]) {
        let delivery = self.delivery(header.processed, header.thru);
        let number = header.feed_number(0);
        let adjusted = header.claim.is_multiple_of(ADJUSTED);
        if adjusted {
            let before = header.feed_number(BEFORE_ADJUSTMENT);
            for action in ["0", "1"] {
                self.header(header, id, &before, &before, action, header.payment - 100, &mut files[delivery + HEADERS]);
            }
        }
        self.header(
            header,
            id,
            &number,
            &number,
            if adjusted { "2" } else { "0" },
            header.payment,
            &mut files[delivery + HEADERS],
        );
        for (diagnosed, code) in [(header.b9729, "B9729"), (header.u071, "U071")] {
            if diagnosed == Some(true) {
                self.forms[DIAGNOSES].record(&mut files[delivery + DIAGNOSES]).text(&number).text(id).text(code);
            }
        }
        if header.admission.is_some() || header.population.is_some() || header.sequestration.is_some() {
            let mut record = self.forms[PART_A].record(&mut files[delivery + PART_A]);
            record.text(&number).text(id).day(header.admission).money(header.population).money(header.sequestration);
        }
        for line in rows.lines.iter().filter(|line| line.claim == header.claim) {
            let mut record = self.forms[REVENUE].record(&mut files[delivery + REVENUE]);
            record.text(&number).number(u64::from(line.number)).text(id).optional(line.revenue.some());
            record.day(Some(line.last)).optional(line.hcpcs.some()).money(Some(line.payment));
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one record from all that can differ between its deliveries")]
    fn header(&self, header: &Header, id: &str, claim: &str, control: &str, action: &str, payment: i64, out: &mut Vec<u8>) {
        let bill = |place: usize| header.bill.some().and_then(|bill| bill.get(place..=place));
        let mut record = self.forms[HEADERS].record(out);
        record.text(claim).optional(header.ccn.some()).text(id).text(&format!("{:02}", header.claim_type));
        record.day(Some(header.from)).day(Some(header.thru)).optional(bill(0)).optional(bill(1));
        record.optional(header.non_payment.some()).money(Some(payment)).number(header.attending).number(header.other);
        record.text(action).day(header.processed);
        for cents in [header.ime_capital, header.ime, header.dsh_capital, header.uncompensated, header.dsh] {
            record.money(cents);
        }
        record.text(control).text("");
    }

    fn line(&self, line: &Line, id: &str, files: &mut [Vec<u8>]) {
        let (file, is_dme) = match line.claim_type {
            71 | 72 => (PHYSICIAN, false),
            81 | 82 => (DME, true),
            // Revenue lines go with their claim.
            _ => return,
        };
        let delivery = self.delivery(line.processed, line.last);
        let (number, before) = (line.feed_number(0), line.feed_number(BEFORE_ADJUSTMENT));
        let adjusted = line.claim.is_multiple_of(ADJUSTED);
        let actions: &[(&str, &str, i64)] = if adjusted {
            &[(&before, "0", line.payment + 100), (&before, "1", line.payment + 100), (&number, "2", line.payment)]
        } else {
            &[(&number, "0", line.payment)]
        };
        for (claim, action, payment) in actions {
            let mut record = self.forms[file].record(&mut files[delivery + file]);
            record.text(claim).number(u64::from(line.number)).text(id).text(&format!("{:02}", line.claim_type));
            record.optional(line.pos.some()).day(line.first).day(Some(line.last)).optional(line.hcpcs.some());
            record.money(Some(*payment)).optional(line.denial.some()).optional(line.processing.some());
            record.text(action).day(line.processed).text(claim).money(line.allowed).number(line.npi);
            if !is_dme {
                record.optional(line.specialty.some()).optional(line.tin.some());
            }
        }
        if line.population.is_some() || line.sequestration.is_some() {
            let mut record = self.forms[PART_B].record(&mut files[delivery + PART_B]);
            record.text(&number).number(u64::from(line.number)).text(id).money(line.population).money(line.sequestration);
        }
    }
}
