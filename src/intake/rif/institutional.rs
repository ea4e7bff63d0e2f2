//! Claims of facilities: one `claim_header` per claim, and a `claim_line` for each revenue line that assignment may need.
//!
//! A file repeats its claims on every revenue line, or holds claims alone, whose lines lie in files of their own.

use ahash::HashSet;

use super::action::Stop;
use super::claim_book::{Claim, ClaimBook, FacilityClaim, Room};
use super::revenue::{OfClaim, RevenueColumns};
use crate::error::Result;
use crate::extract::{ClaimHeader, ClaimLine, Row as _};
use crate::intake::delimited::Header;
use crate::intake::part::Part;
use crate::intake::refusal::{Reason, Refused};
use crate::intake::report::FileReport;
use crate::intake::row::{self, Col, Row};
use crate::money::Cents;
use crate::rules::ClaimCodes;

/// Columns that every line of a claim repeats.
struct ClaimColumns {
    bene_id: Col,
    claim_id: Col,
    claim_type: Col,
    from: Col,
    thru: Col,
    admission: Col,
    discharge: Col,
    ccn: Col,
    facility: Col,
    classification: Col,
    non_payment: Col,
    attending: Col,
    other: Col,
    rendering: Col,
    processed: Col,
    payment: Col,
    ime_operating: Col,
    dsh_operating: Col,
    ime_capital: Col,
    dsh_capital: Col,
    uncompensated: Col,
    diagnoses: Vec<Col>,
}

/// Reads the rows of one file.
pub struct Institutional<'c> {
    codes: &'c ClaimCodes,
    claim: ClaimColumns,
    line: RevenueColumns,
    /// Beneficiary and claims at which the file stands: a claim whose lines are not together still gives one header, as long
    /// as the rows of its beneficiary are together.
    beneficiary: String,
    claims: HashSet<Box<str>>,
    current: String,
    payment: Cents,
}

impl<'c> Institutional<'c> {
    /// Finds the columns of a file.
    ///
    /// # Errors
    /// When one that cannot be done without is missing.
    pub fn new(header: &Header, codes: &'c ClaimCodes) -> Result<Self> {
        let required = |name: &str| header.required(&[name]);
        let optional = |name: &str| header.optional(&[name]);
        let diagnosis = |number: usize| header.optional(&[&format!("ICD_DGNS_CD{number}")]);
        let claim = ClaimColumns {
            bene_id: required("BENE_ID")?,
            claim_id: required("CLM_ID")?,
            claim_type: required("NCH_CLM_TYPE_CD")?,
            from: required("CLM_FROM_DT")?,
            thru: required("CLM_THRU_DT")?,
            admission: optional("CLM_ADMSN_DT"),
            discharge: optional("NCH_BENE_DSCHRG_DT"),
            ccn: required("PRVDR_NUM")?,
            facility: required("CLM_FAC_TYPE_CD")?,
            classification: required("CLM_SRVC_CLSFCTN_TYPE_CD")?,
            non_payment: required("CLM_MDCR_NON_PMT_RSN_CD")?,
            attending: optional("AT_PHYSN_NPI"),
            other: optional("OT_PHYSN_NPI"),
            rendering: optional("RNDRNG_PHYSN_NPI"),
            processed: optional("NCH_WKLY_PROC_DT"),
            payment: required("CLM_PMT_AMT")?,
            ime_operating: optional("IME_OP_CLM_VAL_AMT"),
            dsh_operating: optional("DSH_OP_CLM_VAL_AMT"),
            ime_capital: optional("CLM_PPS_CPTL_IME_AMT"),
            dsh_capital: optional("CLM_PPS_CPTL_DSPRPRTNT_SHR_AMT"),
            uncompensated: optional("CLM_UNCOMPD_CARE_PMT_AMT"),
            diagnoses: std::iter::once(optional("PRNCPAL_DGNS_CD"))
                .chain((1..=25).map(diagnosis))
                .filter(|col| !col.is_absent())
                .collect(),
        };
        let line = RevenueColumns::find(header);
        let (beneficiary, claims, current) = <(String, HashSet<Box<str>>, String)>::default();
        Ok(Self { codes, claim, line, beneficiary, claims, current, payment: Cents::ZERO })
    }

    /// What a file of this layout cannot say, for the closing summary.
    pub fn lacks(&self, header: &Header) -> Option<&'static str> {
        let inpatient = header.has_any(&["CLM_TOT_PPS_CPTL_AMT", "BENE_LRD_USED_CNT"]);
        (inpatient && (self.claim.ime_operating.is_absent() || self.claim.dsh_operating.is_absent()))
            .then_some("inpatient files without IME_OP_CLM_VAL_AMT or DSH_OP_CLM_VAL_AMT: these amounts stay inside the payments")
    }

    /// What the row adds to the dollars read: the claim's payment, once per claim.
    #[inline]
    pub fn amount(&self, row: Row<'_>) -> Cents {
        let repeated = row.bytes(self.claim.claim_id) == self.current.as_bytes();
        if repeated { Cents::ZERO } else { row.money(self.claim.payment).ok().flatten().unwrap_or_default() }
    }

    /// Whether the file holds claims without their lines.
    pub fn holds_claims_alone(&self) -> bool {
        self.line.are_absent()
    }

    /// Takes a row: the header with the first row of a claim, the revenue line if assignment may need it.
    ///
    /// # Errors
    /// A row that cannot be taken, or a file that cannot be written.
    pub fn take(&mut self, row: Row<'_>, headers: &mut Part, lines: &mut Part, report: &mut FileReport) -> Result<(), Stop> {
        let bene_id = row.the_text(self.claim.bene_id)?;
        let claim_id = row.the_text(self.claim.claim_id)?;
        let payment = row.the_money(self.claim.payment)?;
        if self.begins(bene_id, claim_id) {
            let header = self.header(row, bene_id, claim_id, payment)?;
            headers.push(bene_id, &header)?;
            report.wrote(ClaimHeader::TABLE.name, header.claim_type, payment);
            self.remember(bene_id, claim_id, payment);
        } else if claim_id == self.current && payment != self.payment {
            return Err(row::at(Reason::ClaimDisagrees, self.claim.payment).into());
        }
        if self.keeps_lines(row) && !self.holds_claims_alone() {
            let line = self.line.line(row, bene_id, claim_id, &self.of_claim(row)?)?;
            lines.push(bene_id, &line)?;
            report.wrote(ClaimLine::TABLE.name, line.claim_type, line.payment_amt);
        }
        Ok(())
    }

    /// Whether assignment may need the lines of the row's claim.
    #[inline]
    pub fn keeps_lines(&self, row: Row<'_>) -> bool {
        self.codes.keeps_lines_of(row.bytes(self.claim.facility), row.bytes(self.claim.classification))
    }

    /// Remembers what the row says of its claim, for lines in files of their own.
    ///
    /// # Errors
    /// A row that cannot be taken, or more claims than there is room for.
    pub fn note(&self, row: Row<'_>, book: &mut ClaimBook, room: &Room) -> Result<(), Stop> {
        let claim = if self.keeps_lines(row) {
            let of = self.of_claim(row)?;
            let text = |text: Option<&str>| text.map(Box::from);
            Claim::Facility(Box::new(FacilityClaim {
                claim_type: of.claim_type,
                thru: of.thru,
                ccn: text(of.ccn),
                facility_type: text(of.facility_type),
                service_classification: text(of.service_classification),
                non_payment_reason: text(of.non_payment_reason),
                attending_npi: of.attending_npi,
                other_npi: of.other_npi,
                rendering_npi: of.rendering_npi,
                processed: of.processed,
            }))
        } else {
            Claim::WithoutLines
        };
        Ok(book.add(row.the_text(self.claim.claim_id)?, claim, room)?)
    }

    fn of_claim<'r>(&self, row: Row<'r>) -> Result<OfClaim<'r>, Refused> {
        let claim = &self.claim;
        Ok(OfClaim {
            claim_type: row.the_number(claim.claim_type)?,
            thru: row.the_day(claim.thru)?,
            ccn: row.text(claim.ccn)?,
            facility_type: row.text(claim.facility)?,
            service_classification: row.text(claim.classification)?,
            non_payment_reason: row.text(claim.non_payment)?,
            attending_npi: row.npi(claim.attending),
            other_npi: row.npi(claim.other),
            rendering_npi: row.npi(claim.rendering),
            processed: row.day(claim.processed)?,
        })
    }

    fn begins(&self, bene_id: &str, claim_id: &str) -> bool {
        claim_id != self.current && (bene_id != self.beneficiary || !self.claims.contains(claim_id))
    }

    fn remember(&mut self, bene_id: &str, claim_id: &str, payment: Cents) {
        if self.beneficiary != bene_id {
            self.claims.clear();
            bene_id.clone_into(&mut self.beneficiary);
        }
        self.claims.insert(claim_id.into());
        claim_id.clone_into(&mut self.current);
        self.payment = payment;
    }

    fn header<'r>(&self, row: Row<'r>, bene_id: &'r str, claim_id: &'r str, payment: Cents) -> Result<ClaimHeader<'r>, Refused> {
        let columns = &self.claim;
        let diagnosed = |is: fn(&ClaimCodes, &[u8]) -> bool| {
            (!columns.diagnoses.is_empty()).then(|| columns.diagnoses.iter().any(|col| is(self.codes, row.bytes(*col))))
        };
        Ok(ClaimHeader {
            bene_id,
            claim_id,
            claim_type: row.the_number(columns.claim_type)?,
            from_date: row.the_day(columns.from)?,
            thru_date: row.the_day(columns.thru)?,
            admission_date: row.day(columns.admission)?,
            discharge_date: row.day(columns.discharge)?,
            ccn: row.text(columns.ccn)?,
            tin: None,
            facility_type: row.text(columns.facility)?,
            service_classification: row.text(columns.classification)?,
            non_payment_reason: row.text(columns.non_payment)?,
            attending_npi: row.npi(columns.attending),
            other_npi: row.npi(columns.other),
            rendering_npi: row.npi(columns.rendering),
            processed_date: row.day(columns.processed)?,
            payment_amt: payment,
            ime_operating_amt: row.money(columns.ime_operating)?,
            dsh_operating_amt: row.money(columns.dsh_operating)?,
            ime_capital_amt: row.money(columns.ime_capital)?,
            dsh_capital_amt: row.money(columns.dsh_capital)?,
            uncompensated_care_amt: row.money(columns.uncompensated)?,
            ihs_pr_supplement_amt: None,
            sequestration_amt: None,
            pbp_reduction_amt: None,
            covid_b9729: diagnosed(ClaimCodes::is_b9729),
            covid_u071: diagnosed(ClaimCodes::is_u071),
            covid_no_positive_test: None,
        })
    }
}
