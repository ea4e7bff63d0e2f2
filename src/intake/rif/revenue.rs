//! Revenue lines of facilities that assignment may need: beside their claim on a row, or in a file of their own.

use super::action::Stop;
use super::claim_book::{Claim, ClaimBook, FacilityClaim};
use crate::error::Result;
use crate::extract::{ClaimLine, Row as _};
use crate::intake::delimited::Header;
use crate::intake::part::Part;
use crate::intake::refusal::Refused;
use crate::intake::report::FileReport;
use crate::intake::row::{self, Col, Row};

/// Columns of a revenue line.
#[derive(Debug, Clone, Copy)]
pub struct RevenueColumns {
    number: Col,
    center: Col,
    date: Col,
    hcpcs: Col,
    payment: Col,
    responsibility: Col,
    rendering: Col,
}

/// What a line takes from its claim.
#[derive(Debug, Clone, Copy)]
pub struct OfClaim<'r> {
    /// Claim type.
    pub claim_type: u8,
    /// Last day, in days since 1970-01-01.
    pub thru: i32,
    /// CMS certification number.
    pub ccn: Option<&'r str>,
    /// First character of the bill type.
    pub facility_type: Option<&'r str>,
    /// Second character of the bill type.
    pub service_classification: Option<&'r str>,
    /// Why Medicare did not pay.
    pub non_payment_reason: Option<&'r str>,
    /// Attending clinician.
    pub attending_npi: Option<u64>,
    /// Other clinician.
    pub other_npi: Option<u64>,
    /// Rendering clinician of the claim.
    pub rendering_npi: Option<u64>,
    /// When it was paid.
    pub processed: Option<i32>,
}

impl<'r> From<&'r FacilityClaim> for OfClaim<'r> {
    fn from(claim: &'r FacilityClaim) -> Self {
        Self {
            claim_type: claim.claim_type,
            thru: claim.thru,
            ccn: claim.ccn.as_deref(),
            facility_type: claim.facility_type.as_deref(),
            service_classification: claim.service_classification.as_deref(),
            non_payment_reason: claim.non_payment_reason.as_deref(),
            attending_npi: claim.attending_npi,
            other_npi: claim.other_npi,
            rendering_npi: claim.rendering_npi,
            processed: claim.processed,
        }
    }
}

impl RevenueColumns {
    /// Finds the columns of a file.
    #[must_use]
    pub fn find(header: &Header) -> Self {
        let optional = |name: &str| header.optional(&[name]);
        Self {
            number: optional("CLM_LINE_NUM"),
            center: optional("REV_CNTR"),
            date: optional("REV_CNTR_DT"),
            hcpcs: optional("HCPCS_CD"),
            payment: optional("REV_CNTR_PMT_AMT_AMT"),
            responsibility: optional("REV_CNTR_PTNT_RSPNSBLTY_PMT"),
            rendering: header.optional(&["REV_CNTR_RNDRNG_PHYSN_NPI", "RNDRNG_PHYSN_NPI"]),
        }
    }

    /// Whether the file has no lines.
    #[must_use]
    pub fn are_absent(&self) -> bool {
        self.number.is_absent()
    }

    /// The line of a row. Its allowed charge is the payment with what the patient owes; its day, where it has none, the claim's
    /// last.
    ///
    /// # Errors
    /// When a cell cannot be read.
    pub fn line<'r>(
        &self,
        row: Row<'r>,
        bene_id: &'r str,
        claim_id: &'r str,
        claim: &OfClaim<'r>,
    ) -> Result<ClaimLine<'r>, Refused> {
        let paid = row.money(self.payment)?;
        let responsibility = row.money(self.responsibility)?;
        let date = row.day(self.date)?;
        Ok(ClaimLine {
            bene_id,
            claim_id,
            line_num: row.the_number(self.number)?,
            claim_type: claim.claim_type,
            first_date: date,
            last_date: date.unwrap_or(claim.thru),
            hcpcs: row.text(self.hcpcs)?,
            revenue_center: row.text(self.center)?,
            pos: None,
            specialty: None,
            tin: None,
            ccn: claim.ccn,
            facility_type: claim.facility_type,
            service_classification: claim.service_classification,
            npi: row.npi(self.rendering).or(claim.rendering_npi),
            other_npi: claim.other_npi,
            attending_npi: claim.attending_npi,
            payment_amt: paid.unwrap_or_default(),
            allowed_amt: (paid.is_some() || responsibility.is_some())
                .then(|| paid.unwrap_or_default() + responsibility.unwrap_or_default()),
            non_payment_reason: claim.non_payment_reason,
            claim_denial: None,
            processing_indicator: None,
            processed_date: claim.processed,
            sequestration_amt: None,
            pbp_reduction_amt: None,
        })
    }
}

/// Reads the rows of a file of revenue lines without their claims.
pub struct RevenueLines {
    bene_id: Col,
    claim_id: Col,
    columns: RevenueColumns,
}

impl RevenueLines {
    /// Finds the columns of a file.
    ///
    /// # Errors
    /// When one that cannot be done without is missing.
    pub fn new(header: &Header) -> Result<Self> {
        header.required(&["CLM_LINE_NUM"])?;
        let (bene_id, claim_id) = (header.required(&["BENE_ID"])?, header.required(&["CLM_ID"])?);
        Ok(Self { bene_id, claim_id, columns: RevenueColumns::find(header) })
    }

    /// Takes a row, if assignment may need it.
    ///
    /// # Errors
    /// A row that cannot be taken, or a file that cannot be written.
    pub fn take(&self, row: Row<'_>, book: &ClaimBook, lines: &mut Part, report: &mut FileReport) -> Result<(), Stop> {
        let bene_id = row.the_text(self.bene_id)?;
        let claim_id = row.the_text(self.claim_id)?;
        if let Claim::Facility(claim) = book.claim(claim_id).map_err(|reason| row::at(reason, self.claim_id))? {
            let line = self.columns.line(row, bene_id, claim_id, &OfClaim::from(&**claim))?;
            lines.push(bene_id, &line)?;
            report.wrote(ClaimLine::TABLE.name, line.claim_type, line.payment_amt);
        }
        Ok(())
    }
}
