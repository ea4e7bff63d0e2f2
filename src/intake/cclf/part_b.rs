//! Physician and DME lines, netted to what stands, with what CCLFB says of them (CCLF5, 6 and B).

use ahash::HashMap;

use super::identity::rank;
use super::layout::{Record, fields};
use super::netting::{Action, Entry, Fate, net};
use super::order;
use super::outcome::{Outcome, Source};
use crate::extract::ClaimLine;
use crate::intake::refusal::{Reason, Refused};
use crate::money::Cents;

fields! {
    /// What is taken of CCLF5.
    Physician {
        Claim "CUR_CLM_UNIQ_ID",
        Number "CLM_LINE_NUM",
        Type "CLM_TYPE_CD",
        From "CLM_LINE_FROM_DT",
        Through "CLM_LINE_THRU_DT",
        Hcpcs "CLM_LINE_HCPCS_CD",
        Pos "CLM_POS_CD",
        Paid "CLM_LINE_CVRD_PD_AMT",
        Allowed "CLM_LINE_ALOWD_CHRG_AMT",
        Denial "CLM_CARR_PMT_DNL_CD",
        Indicator "CLM_PRCSG_IND_CD",
        Action "CLM_ADJSMT_TYPE_CD",
        Effective "CLM_EFCTV_DT",
        Loaded "CLM_IDR_LD_DT",
        Control "CLM_CNTL_NUM",
        Npi "RNDRG_PRVDR_NPI_NUM",
        BillingNpi "CLM_RNDRG_PRVDR_NPI_NUM",
        Specialty "CLM_PRVDR_SPCLTY_CD",
        Tin "CLM_RNDRG_PRVDR_TAX_NUM",
    }
}

fields! {
    /// What is taken of CCLF6: the fields of CCLF5, as far as it has them and in the same order.
    Dme {
        Claim "CUR_CLM_UNIQ_ID",
        Number "CLM_LINE_NUM",
        Type "CLM_TYPE_CD",
        From "CLM_LINE_FROM_DT",
        Through "CLM_LINE_THRU_DT",
        Hcpcs "CLM_LINE_HCPCS_CD",
        Pos "CLM_POS_CD",
        Paid "CLM_LINE_CVRD_PD_AMT",
        Allowed "CLM_LINE_ALOWD_CHRG_AMT",
        Denial "CLM_CARR_PMT_DNL_CD",
        Indicator "CLM_PRCSG_IND_CD",
        Action "CLM_ADJSMT_TYPE_CD",
        Effective "CLM_EFCTV_DT",
        Loaded "CLM_IDR_LD_DT",
        Control "CLM_CNTL_NUM",
        Npi "PAYTO_PRVDR_NPI_NUM",
    }
}

fields! {
    /// What is taken of CCLFB.
    Demo {
        Claim "CUR_CLM_UNIQ_ID",
        Number "CLM_LINE_NUM",
        Reduction "CLM_PBP_RDCTN_AMT",
        Sequestration "CLM_SQSTRTN_RDCTN_AMT",
    }
}

/// A line, read.
#[derive(Debug, Clone, Copy)]
pub struct ReadLine<'r> {
    row: ClaimLine<'r>,
    control: &'r [u8],
    entry: Entry<'r>,
    source: Source,
}

impl ReadLine<'_> {
    /// What was paid.
    #[must_use]
    pub fn paid(&self) -> Cents {
        self.row.payment_amt
    }
}

/// Reads a physician line, or a DME line, which has neither specialty nor taxpayer.
///
/// # Errors
/// When a field cannot be read.
pub fn read_line<'r>(person: &'r str, record: Record<'r>, is_dme: bool, source: Source) -> Result<ReadLine<'r>, Refused> {
    use Physician as P;
    let action =
        Action::of(record.bytes(P::Action)).ok_or(Refused { reason: Reason::UnknownCode, column: Some(P::Action as usize) })?;
    let claim_id = record.the_text(P::Claim)?;
    let last_date = record.the_day(P::Through)?;
    let row = ClaimLine {
        bene_id: person,
        claim_id,
        line_num: record.the_number(P::Number)?,
        claim_type: record.the_number(P::Type)?,
        first_date: record.day(P::From)?,
        last_date,
        hcpcs: record.text(P::Hcpcs)?,
        revenue_center: None,
        pos: record.text(P::Pos)?,
        specialty: if is_dme { None } else { record.text(P::Specialty)? },
        tin: if is_dme { None } else { record.text(P::Tin)? },
        ccn: None,
        facility_type: None,
        service_classification: None,
        npi: record.npi(P::Npi, if is_dme { P::Npi } else { P::BillingNpi }),
        other_npi: None,
        attending_npi: None,
        payment_amt: record.the_money(P::Paid)?,
        allowed_amt: record.money(P::Allowed)?,
        non_payment_reason: None,
        claim_denial: record.text(P::Denial)?,
        processing_indicator: record.text(P::Indicator)?,
        processed_date: record.day(P::Effective)?,
        sequestration_amt: None,
        pbp_reduction_amt: None,
    };
    let control = match record.bytes(P::Control) {
        [] => claim_id.as_bytes(),
        control => control,
    };
    let entry = Entry {
        effective: row.processed_date.unwrap_or(i32::MIN),
        loaded: record.day(P::Loaded)?.unwrap_or(i32::MIN),
        action,
        claim: claim_id.as_bytes(),
        control,
        original_control: &[],
        amount: row.payment_amt,
    };
    Ok(ReadLine { row, control, entry, source })
}

/// Nets lines by natural key: person and control number, line by line, and gives those that stand.
pub fn stand<'r>(read: &[ReadLine<'r>], outcome: &mut Outcome) -> Vec<ClaimLine<'r>> {
    let key = |line: &ReadLine<'r>| (rank(line.row.bene_id), line.row.claim_type, line.control, line.row.line_num);
    let read = order::by(read, |line| (key(line), line.source));
    let mut standing = Vec::with_capacity(read.len());
    let mut entries = Vec::new();
    for group in read.chunk_by(|a, b| key(a) == key(b)) {
        entries.clear();
        entries.extend(group.iter().map(|line| line.entry));
        for (line, fate) in group.iter().zip(net(&entries)) {
            outcome.fate(fate, line.row.payment_amt);
            if fate == Fate::Stands {
                standing.push(line.row);
            }
        }
    }
    standing
}

/// What CCLFB says of lines, by person, claim and line.
#[derive(Default)]
pub struct Demos<'r>(HashMap<(&'r str, &'r str, u16), Said>);

/// Sequestration and reduction for population-based payments.
type Said = (Option<Cents>, Option<Cents>);

impl<'r> Demos<'r> {
    /// Takes a record; a later one has the last word.
    ///
    /// # Errors
    /// When a field cannot be read.
    pub fn take(&mut self, person: &'r str, record: Record<'r>) -> Result<(), Refused> {
        let key = (person, record.the_text(Demo::Claim)?, record.the_number(Demo::Number)?);
        self.0.insert(key, (record.money(Demo::Sequestration)?, record.money(Demo::Reduction)?));
        Ok(())
    }

    /// Tells a line what is said of it.
    pub fn tell(&self, line: &mut ClaimLine<'_>) {
        if let Some((sequestration, reduction)) = self.0.get(&(line.bene_id, line.claim_id, line.line_num)) {
            (line.sequestration_amt, line.pbp_reduction_amt) = (*sequestration, *reduction);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dme, Physician};

    #[test]
    fn dme_fields_stand_where_the_physician_fields_of_the_same_meaning_do() {
        let same = Physician::NAMES.iter().zip(Dme::NAMES).take_while(|(a, b)| a == b).count();
        assert_eq!(same, Dme::Npi as usize);
        assert_eq!(Dme::Npi as usize, Physician::Npi as usize);
    }
}
