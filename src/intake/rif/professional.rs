//! Carrier and DME lines: one `claim_line` per row. The claim's own payment is not used; the lines add up to it.
//!
//! A file repeats what the claim says on every line, or the claims lie in a file of their own.

use super::action::Stop;
use super::claim_book::{Claim, ClaimBook, ProfessionalClaim, Room};
use crate::error::Result;
use crate::extract::{ClaimLine, Row as _};
use crate::intake::delimited::Header;
use crate::intake::part::Part;
use crate::intake::refusal::Reason;
use crate::intake::report::FileReport;
use crate::intake::row::{self, Col, Row};
use crate::money::Cents;

/// The column that says why a claim was denied.
pub const DENIAL: &str = "CARR_CLM_PMT_DNL_CD";

/// Reads the rows of one file of lines.
pub struct Professional {
    bene_id: Col,
    claim_id: Col,
    line: Col,
    claim_type: Col,
    first: Col,
    last: Col,
    hcpcs: Col,
    pos: Col,
    specialty: Col,
    tin: Col,
    npi: Col,
    payment: Col,
    allowed: Col,
    denial: Col,
    indicator: Col,
    processed: Col,
}

impl Professional {
    /// Finds the columns of a file, whose lines repeat what their claim says or not.
    ///
    /// # Errors
    /// When one that cannot be done without is missing.
    pub fn new(header: &Header, with_claims: bool) -> Result<Self> {
        let required = |name: &str| header.required(&[name]);
        Ok(Self {
            bene_id: required("BENE_ID")?,
            claim_id: required("CLM_ID")?,
            line: required("LINE_NUM")?,
            claim_type: required("NCH_CLM_TYPE_CD")?,
            first: header.optional(&["LINE_1ST_EXPNS_DT"]),
            last: required("LINE_LAST_EXPNS_DT")?,
            hcpcs: required("HCPCS_CD")?,
            pos: required("LINE_PLACE_OF_SRVC_CD")?,
            specialty: required("PRVDR_SPCLTY")?,
            tin: required("TAX_NUM")?,
            npi: header.optional(&["PRF_PHYSN_NPI", "PRVDR_NPI"]),
            payment: required("LINE_NCH_PMT_AMT")?,
            allowed: required("LINE_ALOWD_CHRG_AMT")?,
            denial: if with_claims { required(DENIAL)? } else { Col::ABSENT },
            indicator: required("LINE_PRCSG_IND_CD")?,
            processed: header.optional(&["NCH_WKLY_PROC_DT"]),
        })
    }

    /// What the row adds to the dollars read.
    #[inline]
    pub fn amount(&self, row: Row<'_>) -> Cents {
        row.money(self.payment).ok().flatten().unwrap_or_default()
    }

    /// Takes a row; `book` holds its claim where the row does not.
    ///
    /// # Errors
    /// A row that cannot be taken, or a file that cannot be written.
    #[inline]
    pub fn take(&self, row: Row<'_>, book: Option<&ClaimBook>, lines: &mut Part, report: &mut FileReport) -> Result<(), Stop> {
        let bene_id = row.the_text(self.bene_id)?;
        let claim_id = row.the_text(self.claim_id)?;
        let claim = match book.map(|book| book.claim(claim_id)) {
            None => None,
            Some(Ok(Claim::Professional(claim))) => Some(claim),
            Some(Ok(_)) => return Err(row::at(Reason::NoClaim, self.claim_id).into()),
            Some(Err(reason)) => return Err(row::at(reason, self.claim_id).into()),
        };
        let line = ClaimLine {
            bene_id,
            claim_id,
            line_num: row.the_number(self.line)?,
            claim_type: row.the_number(self.claim_type)?,
            first_date: row.day(self.first)?,
            last_date: row.the_day(self.last)?,
            hcpcs: row.text(self.hcpcs)?,
            revenue_center: None,
            pos: row.text(self.pos)?,
            specialty: row.text(self.specialty)?,
            tin: row.text(self.tin)?,
            ccn: None,
            facility_type: None,
            service_classification: None,
            npi: row.npi(self.npi),
            other_npi: None,
            attending_npi: None,
            payment_amt: row.the_money(self.payment)?,
            allowed_amt: row.money(self.allowed)?,
            non_payment_reason: None,
            claim_denial: claim.map_or_else(|| row.text(self.denial), |claim| Ok(claim.denial()))?,
            processing_indicator: row.text(self.indicator)?,
            processed_date: row.day(self.processed)?.or(claim.and_then(|claim| claim.processed)),
            sequestration_amt: None,
            pbp_reduction_amt: None,
        };
        lines.push(bene_id, &line)?;
        report.wrote(ClaimLine::TABLE.name, line.claim_type, line.payment_amt);
        Ok(())
    }
}

/// Reads the rows of a file of carrier or DME claims without their lines.
pub struct ProfessionalClaims {
    claim_id: Col,
    denial: Col,
    processed: Col,
}

impl ProfessionalClaims {
    /// Finds the columns of a file.
    ///
    /// # Errors
    /// When one that cannot be done without is missing.
    pub fn new(header: &Header) -> Result<Self> {
        Ok(Self {
            claim_id: header.required(&["CLM_ID"])?,
            denial: header.required(&[DENIAL])?,
            processed: header.optional(&["NCH_WKLY_PROC_DT"]),
        })
    }

    /// Remembers what the row says of its claim.
    ///
    /// # Errors
    /// A row that cannot be taken, or more claims than there is room for.
    pub fn note(&self, row: Row<'_>, book: &mut ClaimBook, room: &Room) -> Result<(), Stop> {
        let claim = ProfessionalClaim::new(row.text(self.denial)?, row.day(self.processed)?);
        let claim = claim.map_err(|reason| row::at(reason, self.denial))?;
        Ok(book.add(row.the_text(self.claim_id)?, Claim::Professional(claim), room)?)
    }
}
