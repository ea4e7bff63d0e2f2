//! What a RIF file holds, told from the names of its columns and never from the name of the file.

use std::path::Path;

use serde::Serialize;

use super::professional::DENIAL;
use crate::error::{Error, Place, Result};
use crate::extract::{BeneficiaryYear, ClaimHeader, ClaimLine, Row as _, Table};
use crate::intake::delimited::Header;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Claims of facilities: inpatient, skilled nursing, outpatient, home health, hospice.
    Institutional,
    /// Revenue lines, without what their claims say.
    RevenueLines,
    /// Carrier or DME lines.
    Professional,
    /// Carrier or DME lines, without what their claims say.
    ProfessionalLines,
    /// Carrier or DME claims without their lines.
    ProfessionalClaims,
    /// One calendar year of enrollment.
    BeneficiaryYear,
    /// Nothing that benchmarks need: drug events, earlier identifiers, an exporter's summary.
    Unused,
}

const PROFESSIONAL_LINE: &[&str] = &["LINE_NCH_PMT_AMT", "LINE_PRCSG_IND_CD", "LINE_LAST_EXPNS_DT"];
const PROFESSIONAL_CLAIM: &[&str] = &[DENIAL];
const INSTITUTIONAL: &[&str] = &["CLM_FAC_TYPE_CD", "CLM_SRVC_CLSFCTN_TYPE_CD", "CLM_MDCR_NON_PMT_RSN_CD"];
const REVENUE_LINE: &[&str] = &["REV_CNTR", "REV_CNTR_PMT_AMT_AMT"];
const BENEFICIARY: &[&str] = &["RFRNC_YR", "BENE_ENROLLMT_REF_YR", "MDCR_ENTLMT_BUYIN_1_IND", "MDCR_ENTLMT_BUYIN_IND_01"];
const UNUSED: &[&str] = &["PDE_ID", "BENE_CRNT_HIC_NUM", "MBI_NUM", "CARRIER_CLAIMS"];

impl Kind {
    /// What the file with this header holds.
    ///
    /// # Errors
    /// When the columns are of no file that RIF knows.
    pub fn of(header: &Header, path: &Path) -> Result<Self> {
        let lines = if header.has_any(PROFESSIONAL_CLAIM) { Self::Professional } else { Self::ProfessionalLines };
        let kinds = [
            (PROFESSIONAL_LINE, lines),
            (PROFESSIONAL_CLAIM, Self::ProfessionalClaims),
            (INSTITUTIONAL, Self::Institutional),
            (REVENUE_LINE, Self::RevenueLines),
            (BENEFICIARY, Self::BeneficiaryYear),
            (UNUSED, Self::Unused),
        ];
        let kind = kinds.into_iter().find(|(columns, _)| header.has_any(columns)).map(|(_, kind)| kind);
        kind.ok_or_else(|| {
            // Never the names themselves: were the header missing, they would be a person's cells.
            Error::input(
                format!("the file is none that RIF knows; no column of {} tells what it holds", header.names().len()),
                Place::file(path),
                "check that it begins with its header; else move it out of the folder, or name its columns as RIF does with --map",
            )
        })
    }

    /// Whether its rows are lines whose claims lie in other files.
    #[must_use]
    pub const fn needs_claims(self) -> bool {
        matches!(self, Self::RevenueLines | Self::ProfessionalLines)
    }

    /// The table that the rows of the file are counted for.
    #[must_use]
    pub fn table(self) -> Option<&'static Table> {
        match self {
            Self::Institutional => Some(ClaimHeader::TABLE),
            Self::RevenueLines | Self::Professional | Self::ProfessionalLines | Self::ProfessionalClaims => {
                Some(ClaimLine::TABLE)
            }
            Self::BeneficiaryYear => Some(BeneficiaryYear::TABLE),
            Self::Unused => None,
        }
    }

    /// The kind in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Institutional => "institutional claims",
            Self::RevenueLines => "revenue lines",
            Self::Professional | Self::ProfessionalLines => "carrier or DME lines",
            Self::ProfessionalClaims => "carrier or DME claims",
            Self::BeneficiaryYear => "enrollment of a year",
            Self::Unused => "not used",
        }
    }
}
