//! Claims of facilities: headers netted to what stands, and what other files say of them (CCLF1, 2, 4 and A).

use ahash::HashMap;

use super::identity::rank;
use super::layout::{Record, fields};
use super::netting::{Action, Entry, Fate, net};
use super::order;
use super::outcome::{Outcome, Source};
use crate::extract::{ClaimHeader, ClaimLine};
use crate::intake::refusal::{Reason, Refused};
use crate::rules::ClaimCodes;

fields! {
    /// What is taken of CCLF1.
    Header {
        Claim "CUR_CLM_UNIQ_ID",
        Ccn "PRVDR_OSCAR_NUM",
        Type "CLM_TYPE_CD",
        From "CLM_FROM_DT",
        Through "CLM_THRU_DT",
        Facility "CLM_BILL_FAC_TYPE_CD",
        Classification "CLM_BILL_CLSFCTN_CD",
        NonPayment "CLM_MDCR_NPMT_RSN_CD",
        Paid "CLM_PMT_AMT",
        Attending "ATNDG_PRVDR_NPI_NUM",
        Other "OTHR_PRVDR_NPI_NUM",
        Action "CLM_ADJSMT_TYPE_CD",
        Effective "CLM_EFCTV_DT",
        Loaded "CLM_IDR_LD_DT",
        ImeCapital "CLM_MDCR_IP_PPS_CPTL_IME_AMT",
        ImeOperating "CLM_OPRTNL_IME_AMT",
        DshCapital "CLM_MDCR_IP_PPS_DSPRPRTNT_AMT",
        Uncompensated "CLM_HIPPS_UNCOMPD_CARE_AMT",
        DshOperating "CLM_OPRTNL_DSPRPRTNT_AMT",
        BillingCcn "CLM_BLG_PRVDR_OSCAR_NUM",
        BillingAttending "CLM_ATNDG_PRVDR_NPI_NUM",
        BillingOther "CLM_OTHR_PRVDR_NPI_NUM",
        Control "CLM_CNTL_NUM",
        OriginalControl "CLM_ORG_CNTL_NUM",
    }
}

fields! {
    /// What is taken of CCLF2.
    Revenue {
        Claim "CUR_CLM_UNIQ_ID",
        Number "CLM_LINE_NUM",
        Through "CLM_LINE_THRU_DT",
        Center "CLM_LINE_PROD_REV_CTR_CD",
        Date "CLM_LINE_INSTNL_REV_CTR_DT",
        Hcpcs "CLM_LINE_HCPCS_CD",
        Paid "CLM_LINE_CVRD_PD_AMT",
    }
}

fields! {
    /// What is taken of CCLF4.
    Diagnosis {
        Claim "CUR_CLM_UNIQ_ID",
        Code "CLM_DGNS_CD",
    }
}

fields! {
    /// What is taken of CCLFA.
    Demo {
        Claim "CUR_CLM_UNIQ_ID",
        Admission "CLM_ACTV_CARE_FROM_DT",
        Reduction "CLM_PBP_RDCTN_AMT",
        Sequestration "CLM_SQSTRTN_RDCTN_AMT",
    }
}

/// A header, read.
#[derive(Debug, Clone, Copy)]
pub struct ReadHeader<'r> {
    row: ClaimHeader<'r>,
    /// The natural key's facility.
    facility: &'r [u8],
    entry: Entry<'r>,
    source: Source,
}

/// Reads a header.
///
/// # Errors
/// When a field cannot be read.
pub fn read_header<'r>(person: &'r str, record: Record<'r>, source: Source) -> Result<ReadHeader<'r>, Refused> {
    use Header as H;
    let payment_amt = record.the_money(H::Paid)?;
    let action =
        Action::of(record.bytes(H::Action)).ok_or(Refused { reason: Reason::UnknownCode, column: Some(H::Action as usize) })?;
    let claim_id = record.the_text(H::Claim)?;
    let (ccn, billing) = (record.text(H::Ccn)?, record.text(H::BillingCcn)?);
    let row = ClaimHeader {
        bene_id: person,
        claim_id,
        claim_type: record.the_number(H::Type)?,
        from_date: record.the_day(H::From)?,
        thru_date: record.the_day(H::Through)?,
        admission_date: None,
        discharge_date: None,
        ccn: ccn.or(billing),
        tin: None,
        facility_type: record.text(H::Facility)?,
        service_classification: record.text(H::Classification)?,
        non_payment_reason: record.text(H::NonPayment)?,
        attending_npi: record.npi(H::Attending, H::BillingAttending),
        other_npi: record.npi(H::Other, H::BillingOther),
        rendering_npi: None,
        processed_date: record.day(H::Effective)?,
        payment_amt,
        ime_operating_amt: record.money(H::ImeOperating)?,
        dsh_operating_amt: record.money(H::DshOperating)?,
        ime_capital_amt: record.money(H::ImeCapital)?,
        dsh_capital_amt: record.money(H::DshCapital)?,
        uncompensated_care_amt: record.money(H::Uncompensated)?,
        ihs_pr_supplement_amt: None,
        sequestration_amt: None,
        pbp_reduction_amt: None,
        covid_b9729: None,
        covid_u071: None,
        covid_no_positive_test: None,
    };
    let entry = Entry {
        effective: row.processed_date.unwrap_or(i32::MIN),
        loaded: record.day(H::Loaded)?.unwrap_or(i32::MIN),
        action,
        claim: claim_id.as_bytes(),
        control: record.bytes(H::Control),
        original_control: record.bytes(H::OriginalControl),
        amount: payment_amt,
    };
    Ok(ReadHeader { row, facility: billing.or(ccn).unwrap_or_default().as_bytes(), entry, source })
}

/// The claims of a range that stand, by person and claim.
pub struct Standing<'r> {
    headers: Vec<ClaimHeader<'r>>,
    at: HashMap<(&'r str, &'r str), usize>,
}

impl<'r> Standing<'r> {
    /// Nets headers by natural key: person, facility, from and through day. A cancellation is identical to what it takes back,
    /// so the claim type belongs to the key.
    pub fn net(read: &[ReadHeader<'r>], outcome: &mut Outcome) -> Self {
        let key = |header: &ReadHeader<'r>| {
            (rank(header.row.bene_id), header.row.claim_type, header.facility, header.row.from_date, header.row.thru_date)
        };
        let read = order::by(read, |header| (key(header), header.source));
        let mut headers = Vec::with_capacity(read.len());
        for group in read.chunk_by(|a, b| key(a) == key(b)) {
            let entries: Vec<Entry<'_>> = group.iter().map(|header| header.entry).collect();
            for (header, fate) in group.iter().zip(net(&entries)) {
                outcome.fate(fate, header.row.payment_amt);
                if fate == Fate::Stands {
                    headers.push(header.row);
                }
            }
        }
        let headers = order::by(&headers, |row| (rank(row.bene_id), row.thru_date, row.claim_type, row.claim_id));
        let at = headers.iter().enumerate().map(|(index, row)| ((row.bene_id, row.claim_id), index)).collect();
        Self { headers, at }
    }

    /// The rows, in order of person.
    pub fn rows(&self) -> &[ClaimHeader<'r>] {
        &self.headers
    }

    fn claim(&mut self, person: &str, claim: &str) -> Option<&mut ClaimHeader<'r>> {
        self.at.get(&(person, claim)).map(|index| &mut self.headers[*index])
    }

    /// Says of every claim that it has neither diagnosis, before those that have one are told.
    pub fn without_diagnoses(&mut self) {
        for row in &mut self.headers {
            (row.covid_b9729, row.covid_u071) = (Some(false), Some(false));
        }
    }

    /// Takes a diagnosis that matters.
    ///
    /// # Errors
    /// When the claim's number cannot be read.
    pub fn diagnosed(&mut self, person: &str, record: Record<'_>, codes: &ClaimCodes) -> Result<(), Refused> {
        let code = record.bytes(Diagnosis::Code);
        if let Some(row) = self.claim(person, record.the_text(Diagnosis::Claim)?) {
            row.covid_b9729 = Some(row.covid_b9729 == Some(true) || codes.is_b9729(code));
            row.covid_u071 = Some(row.covid_u071 == Some(true) || codes.is_u071(code));
        }
        Ok(())
    }

    /// Takes sequestration, reduction for population-based payments and admission.
    ///
    /// # Errors
    /// When a field cannot be read.
    pub fn demonstrated(&mut self, person: &str, record: Record<'_>) -> Result<(), Refused> {
        let sequestration = record.money(Demo::Sequestration)?;
        let reduction = record.money(Demo::Reduction)?;
        let admission = record.day(Demo::Admission)?;
        if let Some(row) = self.claim(person, record.the_text(Demo::Claim)?) {
            row.sequestration_amt = sequestration;
            row.pbp_reduction_amt = reduction;
            row.admission_date = admission;
        }
        Ok(())
    }

    /// The revenue line of a claim that stands, if assignment may need it. The feed has no allowed charge of revenue lines; the
    /// payment stands for it.
    ///
    /// # Errors
    /// When a field cannot be read.
    pub fn revenue_line(&self, person: &str, record: Record<'r>, codes: &ClaimCodes) -> Result<Option<ClaimLine<'r>>, Refused> {
        use Revenue as R;
        let Some(claim) = self.at.get(&(person, record.the_text(R::Claim)?)).map(|index| &self.headers[*index]) else {
            return Ok(None);
        };
        let code = |text: Option<&'r str>| text.unwrap_or_default().as_bytes();
        if !codes.keeps_lines_of(code(claim.facility_type), code(claim.service_classification)) {
            return Ok(None);
        }
        let paid = record.money(R::Paid)?;
        let date = record.day(R::Date)?.or(record.day(R::Through)?);
        Ok(Some(ClaimLine {
            bene_id: claim.bene_id,
            claim_id: claim.claim_id,
            line_num: record.the_number(R::Number)?,
            claim_type: claim.claim_type,
            first_date: date,
            last_date: date.unwrap_or(claim.thru_date),
            hcpcs: record.text(R::Hcpcs)?,
            revenue_center: record.text(R::Center)?,
            pos: None,
            specialty: None,
            tin: None,
            ccn: claim.ccn,
            facility_type: claim.facility_type,
            service_classification: claim.service_classification,
            npi: None,
            other_npi: claim.other_npi,
            attending_npi: claim.attending_npi,
            payment_amt: paid.unwrap_or_default(),
            allowed_amt: paid,
            non_payment_reason: claim.non_payment_reason,
            claim_denial: None,
            processing_indicator: None,
            processed_date: claim.processed_date,
            sequestration_amt: None,
            pbp_reduction_amt: None,
        }))
    }
}
