//! Every table of the extract: the one place where its columns are named.

use super::schema::{Column, Kind, Table};
use super::sink::{BatchBuilder, Row};
use crate::money::Cents;

/// The Rust type of a cell.
macro_rules! cell {
    (UInt8) => {
        u8
    };
    (UInt16) => {
        u16
    };
    (UInt64) => {
        u64
    };
    (Date) => {
        i32
    };
    (Money) => {
        Cents
    };
    (Number) => {
        i64
    };
    (Flag) => {
        bool
    };
}

macro_rules! field {
    ($life:lifetime, Text, required) => { &$life str };
    ($life:lifetime, Text, optional) => { Option<&$life str> };
    ($life:lifetime, $kind:ident, required) => { cell!($kind) };
    ($life:lifetime, $kind:ident, optional) => { Option<cell!($kind)> };
}

macro_rules! push {
    ($batch:ident, $i:expr, Text, required, $value:expr) => {
        $batch.text($i, Some($value))
    };
    ($batch:ident, $i:expr, Text, optional, $value:expr) => {
        $batch.text($i, $value)
    };
    ($batch:ident, $i:expr, UInt8, required, $value:expr) => {
        $batch.uint8($i, Some($value))
    };
    ($batch:ident, $i:expr, UInt8, optional, $value:expr) => {
        $batch.uint8($i, $value)
    };
    ($batch:ident, $i:expr, UInt16, required, $value:expr) => {
        $batch.uint16($i, Some($value))
    };
    ($batch:ident, $i:expr, UInt16, optional, $value:expr) => {
        $batch.uint16($i, $value)
    };
    ($batch:ident, $i:expr, UInt64, required, $value:expr) => {
        $batch.uint64($i, Some($value))
    };
    ($batch:ident, $i:expr, UInt64, optional, $value:expr) => {
        $batch.uint64($i, $value)
    };
    ($batch:ident, $i:expr, Date, required, $value:expr) => {
        $batch.date($i, Some($value))
    };
    ($batch:ident, $i:expr, Date, optional, $value:expr) => {
        $batch.date($i, $value)
    };
    ($batch:ident, $i:expr, Money, required, $value:expr) => {
        $batch.decimal($i, Some($value.0))
    };
    ($batch:ident, $i:expr, Money, optional, $value:expr) => {
        $batch.decimal($i, $value.map(|cents| cents.0))
    };
    ($batch:ident, $i:expr, Number, required, $value:expr) => {
        $batch.decimal($i, Some($value))
    };
    ($batch:ident, $i:expr, Number, optional, $value:expr) => {
        $batch.decimal($i, $value)
    };
    ($batch:ident, $i:expr, Flag, required, $value:expr) => {
        $batch.flag($i, Some($value))
    };
    ($batch:ident, $i:expr, Flag, optional, $value:expr) => {
        $batch.flag($i, $value)
    };
}

macro_rules! is_optional {
    (optional) => {
        true
    };
    (required) => {
        false
    };
}

/// Declares a table, its row type and how a row is appended. Dates are days since 1970-01-01, numbers are millionths.
macro_rules! table {
    ($row:ident, $name:literal, $need:ident, $grain:literal, {
        $($column:ident: $kind:ident $null:ident, $rif:literal, $cclf:literal, $meaning:literal;)+
    }) => {
        #[doc = concat!("One row of `", $name, "`: ", $grain, ".")]
        #[derive(Debug, Clone, Copy)]
        pub struct $row<'a> {
            $(#[doc = $meaning] pub $column: field!('a, $kind, $null),)+
        }

        impl Row for $row<'_> {
            const TABLE: &'static Table = &Table {
                name: $name,
                grain: $grain,
                optional: is_optional!($need),
                columns: &[$(Column {
                    name: stringify!($column),
                    kind: Kind::$kind,
                    nullable: is_optional!($null),
                    rif: $rif,
                    cclf: $cclf,
                    meaning: $meaning,
                }),+],
            };

            fn append(&self, batch: &mut BatchBuilder) {
                let mut column = 0;
                $(push!(batch, column, $kind, $null, self.$column); column += 1;)+
                batch.end_row(column);
            }
        }
    };
}

table!(ClaimHeader, "claim_header", required, "institutional claim (inpatient, skilled nursing, outpatient, home health, hospice)", {
    bene_id: Text required, "BENE_ID", "BENE_MBI_ID through CCLF9", "beneficiary, as the source identifies him";
    claim_id: Text required, "CLM_ID", "CUR_CLM_UNIQ_ID", "claim";
    claim_type: UInt8 required, "NCH_CLM_TYPE_CD", "CLM_TYPE_CD", "10 home health, 20 and 30 skilled nursing, 40 outpatient, 50 hospice, 60 inpatient; others are read and not counted";
    from_date: Date required, "CLM_FROM_DT", "CLM_FROM_DT", "first day of the claim";
    thru_date: Date required, "CLM_THRU_DT", "CLM_THRU_DT", "last day of the claim: the month the payment belongs to";
    admission_date: Date optional, "CLM_ADMSN_DT", "CLM_ACTV_CARE_FROM_DT", "admission";
    discharge_date: Date optional, "NCH_BENE_DSCHRG_DT", "", "discharge";
    ccn: Text optional, "PRVDR_NUM", "PRVDR_OSCAR_NUM", "CMS certification number of the facility";
    tin: Text optional, "", "", "taxpayer number that owns the CCN (PECOS), where the source knows it";
    facility_type: Text optional, "CLM_FAC_TYPE_CD", "CLM_BILL_FAC_TYPE_CD", "first character of the bill type";
    service_classification: Text optional, "CLM_SRVC_CLSFCTN_TYPE_CD", "CLM_BILL_CLSFCTN_CD", "second character of the bill type";
    non_payment_reason: Text optional, "CLM_MDCR_NON_PMT_RSN_CD", "CLM_MDCR_NPMT_RSN_CD", "why Medicare did not pay; blank or null when it did";
    attending_npi: UInt64 optional, "AT_PHYSN_NPI", "ATNDG_PRVDR_NPI_NUM", "attending clinician";
    other_npi: UInt64 optional, "OT_PHYSN_NPI", "OTHR_PRVDR_NPI_NUM", "other clinician";
    rendering_npi: UInt64 optional, "RNDRNG_PHYSN_NPI", "", "rendering clinician of the claim";
    processed_date: Date optional, "NCH_WKLY_PROC_DT", "CLM_EFCTV_DT", "when the claim was paid: the run-out test";
    payment_amt: Money required, "CLM_PMT_AMT", "CLM_PMT_AMT", "Medicare's payment of the claim";
    ime_operating_amt: Money optional, "IME_OP_CLM_VAL_AMT", "CLM_OPRTNL_IME_AMT", "operating indirect medical education, inside the payment";
    dsh_operating_amt: Money optional, "DSH_OP_CLM_VAL_AMT", "CLM_OPRTNL_DSPRPRTNT_AMT", "operating disproportionate share, inside the payment";
    ime_capital_amt: Money optional, "CLM_PPS_CPTL_IME_AMT", "CLM_MDCR_IP_PPS_CPTL_IME_AMT", "capital indirect medical education, inside the payment";
    dsh_capital_amt: Money optional, "CLM_PPS_CPTL_DSPRPRTNT_SHR_AMT", "CLM_MDCR_IP_PPS_DSPRPRTNT_AMT", "capital disproportionate share, inside the payment";
    uncompensated_care_amt: Money optional, "CLM_UNCOMPD_CARE_PMT_AMT", "CLM_HIPPS_UNCOMPD_CARE_AMT", "uncompensated care, inside the payment";
    ihs_pr_supplement_amt: Money optional, "", "", "supplement for IHS, Tribal and Puerto Rico hospitals, inside the payment";
    sequestration_amt: Money optional, "", "CCLFA CLM_SQSTRTN_RDCTN_AMT", "sequestration taken from the payment; null where the source does not say";
    pbp_reduction_amt: Money optional, "", "CCLFA CLM_PBP_RDCTN_AMT", "reduction for population-based payments";
    covid_b9729: Flag optional, "ICD_DGNS_CD1..25", "CCLF4 CLM_DGNS_CD", "diagnosis B97.29 on the claim";
    covid_u071: Flag optional, "ICD_DGNS_CD1..25", "CCLF4 CLM_DGNS_CD", "diagnosis U07.1 on the claim";
    covid_no_positive_test: Flag optional, "", "", "flagged as having no positive test";
});

table!(ClaimLine, "claim_line", required, "carrier or DME line, and revenue line of a facility whose services count in assignment", {
    bene_id: Text required, "BENE_ID", "BENE_MBI_ID through CCLF9", "beneficiary, as the source identifies him";
    claim_id: Text required, "CLM_ID", "CUR_CLM_UNIQ_ID", "claim";
    line_num: UInt16 required, "LINE_NUM or CLM_LINE_NUM", "CLM_LINE_NUM", "line of the claim";
    claim_type: UInt8 required, "NCH_CLM_TYPE_CD", "CLM_TYPE_CD", "71 and 72 carrier, 81 and 82 DME, 40 revenue line of an outpatient facility (money is in claim_header)";
    first_date: Date optional, "LINE_1ST_EXPNS_DT or REV_CNTR_DT", "CLM_LINE_FROM_DT", "first day of service";
    last_date: Date required, "LINE_LAST_EXPNS_DT or REV_CNTR_DT", "CLM_LINE_THRU_DT", "last day of service: the month the payment belongs to, and the date of a primary care service";
    hcpcs: Text optional, "HCPCS_CD", "CLM_LINE_HCPCS_CD", "procedure";
    revenue_center: Text optional, "REV_CNTR", "CLM_LINE_PROD_REV_CTR_CD", "revenue center of a facility line";
    pos: Text optional, "LINE_PLACE_OF_SRVC_CD", "CLM_POS_CD", "place of service";
    specialty: Text optional, "PRVDR_SPCLTY", "CLM_PRVDR_SPCLTY_CD", "CMS specialty of the line";
    tin: Text optional, "TAX_NUM", "CLM_RNDRG_PRVDR_TAX_NUM", "billing taxpayer number of a carrier or DME line";
    ccn: Text optional, "PRVDR_NUM", "PRVDR_OSCAR_NUM", "CMS certification number of a facility line";
    facility_type: Text optional, "CLM_FAC_TYPE_CD", "CLM_BILL_FAC_TYPE_CD", "first character of the bill type of a facility line";
    service_classification: Text optional, "CLM_SRVC_CLSFCTN_TYPE_CD", "CLM_BILL_CLSFCTN_CD", "second character of the bill type of a facility line";
    npi: UInt64 optional, "PRF_PHYSN_NPI or RNDRNG_PHYSN_NPI", "RNDRG_PRVDR_NPI_NUM", "performing or rendering clinician";
    other_npi: UInt64 optional, "OT_PHYSN_NPI", "OTHR_PRVDR_NPI_NUM", "other clinician of a facility line's claim";
    attending_npi: UInt64 optional, "AT_PHYSN_NPI", "ATNDG_PRVDR_NPI_NUM", "attending clinician of a facility line's claim";
    payment_amt: Money required, "LINE_NCH_PMT_AMT or REV_CNTR_PMT_AMT_AMT", "CLM_LINE_CVRD_PD_AMT", "Medicare's payment of the line";
    allowed_amt: Money optional, "LINE_ALOWD_CHRG_AMT, or REV_CNTR_PMT_AMT_AMT + REV_CNTR_PTNT_RSPNSBLTY_PMT", "CLM_LINE_ALOWD_CHRG_AMT", "allowed charge, deductible and coinsurance included";
    non_payment_reason: Text optional, "CLM_MDCR_NON_PMT_RSN_CD", "CLM_MDCR_NPMT_RSN_CD", "why Medicare did not pay a facility line's claim; blank or null when it did";
    claim_denial: Text optional, "CARR_CLM_PMT_DNL_CD", "CLM_CARR_PMT_DNL_CD", "denial code of a carrier or DME claim";
    processing_indicator: Text optional, "LINE_PRCSG_IND_CD", "CLM_PRCSG_IND_CD", "processing indicator of a carrier or DME line";
    processed_date: Date optional, "NCH_WKLY_PROC_DT", "CLM_EFCTV_DT", "when the claim was paid: the run-out test";
    sequestration_amt: Money optional, "", "CCLFB CLM_SQSTRTN_RDCTN_AMT", "sequestration taken from the payment; null where the source does not say";
    pbp_reduction_amt: Money optional, "", "CCLFB CLM_PBP_RDCTN_AMT", "reduction for population-based payments";
});

table!(BeneficiaryYear, "beneficiary_year", required, "beneficiary and calendar year", {
    bene_id: Text required, "BENE_ID", "BENE_MBI_ID through CCLF9", "beneficiary, as the source identifies him";
    year: UInt16 required, "RFRNC_YR", "months of CCLF8 deliveries", "calendar year";
    status: Text required, "MDCR_ENTLMT_BUYIN_1..12_IND, HMO_1..12_IND, MDCR_STUS_*_CD, META_DUAL_ELGBL_STUS_*_CD", "BENE_MDCR_STUS_CD, BENE_DUAL_STUS_CD", "twelve characters, January to December: 1 ESRD, 2 disabled, 3 aged/dual, 4 aged/non-dual, 9 group plan, A Part A only, B Part B only, 0 not enrolled or not alive on the first";
    county: Text optional, "FIPS_STATE_CNTY_*_CD", "BENE_FIPS_STATE_CD, BENE_FIPS_CNTY_CD", "FIPS county of residence in December, or in the last month known before";
    county_september: Text optional, "FIPS_STATE_CNTY_SEPT_CD", "", "FIPS county of residence in September, or in the last month known before: the end of a prospective window; null when it is county";
    birth_date: Date optional, "BENE_BIRTH_DT", "BENE_DOB", "day of birth";
    death_date: Date optional, "DEATH_DT", "BENE_DEATH_DT", "day of death";
    dual_status: Text optional, "META_DUAL_ELGBL_STUS_*_CD", "BENE_DUAL_STUS_CD", "twelve characters, January to December: last digit of the monthly dual status, 0 for none";
    lis_status: Text optional, "CST_SHR_GRP_*_CD", "", "twelve characters, January to December: 1 where the month has a Part D low-income subsidy, else 0";
    medicare_status: Text optional, "MDCR_STUS_*_CD", "BENE_MDCR_STUS_CD", "twelve two-character Medicare status codes, January to December, 00 for none";
    other_initiative: Flag optional, "", "", "whether he is assigned to another Medicare shared savings initiative in the year, and for benchmark years, was known to be when the benchmark was set; null when not";
});

table!(RiskScore, "risk_score", optional, "beneficiary, calendar year and HCC version", {
    bene_id: Text required, "", "", "beneficiary, as the source identifies him";
    year: UInt16 required, "", "", "calendar year whose expenditures the score predicts";
    hcc_version: Text required, "", "", "model or blend, such as V24 or V24+V28";
    score_esrd: Number optional, "", "", "mean prospective score over the ESRD months";
    score_dis: Number optional, "", "", "mean prospective score over the disabled months";
    score_agdu: Number optional, "", "", "mean prospective score over the aged/dual months";
    score_agnd: Number optional, "", "", "mean prospective score over the aged/non-dual months";
    demographic_esrd: Number optional, "", "", "demographic score over the ESRD months";
    demographic_dis: Number optional, "", "", "demographic score over the disabled months";
    demographic_agdu: Number optional, "", "", "demographic score over the aged/dual months";
    demographic_agnd: Number optional, "", "", "demographic score over the aged/non-dual months";
});

table!(Participant, "participant", required, "ACO, performance year and participant TIN or CCN", {
    aco_id: Text required, "", "", "ACO";
    performance_year: UInt16 required, "", "", "performance year of the list";
    tin: Text optional, "", "", "participant taxpayer number";
    ccn: Text optional, "", "", "CCN of a participant";
    npi: UInt64 optional, "", "", "clinician attested or listed under the participant, where the rules of the year ask for it";
    performance_half: UInt8 optional, "", "", "1 or 2 where the participant is on the list of that half of 2019 alone; null for the lists of every agreement of the year";
});

table!(Agreement, "agreement", required, "ACO and performance year: what the ACO signed and reported", {
    aco_id: Text required, "", "", "ACO";
    performance_year: UInt16 required, "", "", "performance year";
    performance_half: UInt8 optional, "", "", "1 or 2 for the half years of 2019, else null";
    agreement_start: Date required, "", "", "start of the agreement";
    agreement_period: UInt8 required, "", "", "1 for the first agreement, 2 for the second, ...";
    times_regionally_adjusted: UInt8 required, "", "", "how often the benchmark has been regionally adjusted, this agreement included";
    track: Text required, "", "", "1, 1+, 2, 3, BASIC or ENHANCED";
    level: Text optional, "", "", "A to E on the BASIC track";
    assignment_method: Text required, "", "", "retrospective or prospective";
    msr_choice: Text optional, "", "", "variable, or the fixed rate chosen as a fraction";
    quality_standard: Text optional, "", "", "met, alternative or not_met";
    quality_score: Number optional, "", "", "quality score as a fraction";
    revenue_loss_limit: Flag optional, "", "", "track 1+: whether the revenue-based loss limit applies";
    euc_share_beneficiaries: Number optional, "", "", "share of assigned beneficiaries in counties under an extreme and uncontrollable circumstance";
    euc_share_year: Number optional, "", "", "share of the year under the circumstance";
    prior_savings_1: Number optional, "", "", "gross per-capita savings or losses three years before the agreement; null not reconciled, 0 payment denied";
    prior_savings_2: Number optional, "", "", "the same, two years before";
    prior_savings_3: Number optional, "", "", "the same, the year before";
    prior_person_years_1: Number optional, "", "", "person-years reconciled three years before the agreement";
    prior_person_years_2: Number optional, "", "", "the same, two years before";
    prior_person_years_3: Number optional, "", "", "the same, the year before";
    prior_sharing_rate_1: Number optional, "", "", "final sharing rate of the first agreement's first year (425.603(b))";
    prior_sharing_rate_2: Number optional, "", "", "the same, second year";
    prior_sharing_rate_3: Number optional, "", "", "the same, third year";
    termination: Text optional, "", "", "none, voluntary or involuntary";
    termination_date: Date optional, "", "", "effective day of the termination";
    closeout_complete: Flag optional, "", "", "whether the close-out procedures were completed";
    aip_outstanding: Number optional, "", "", "advance investment payments still owed, dollars";
    prepaid_outstanding: Number optional, "", "", "prepaid shared savings still owed, dollars";
    assigned_beneficiaries: UInt64 optional, "", "", "overrides the run's own count";
    participant_revenue: Number optional, "", "", "overrides the run's own sum, dollars";
    low_revenue: Flag optional, "", "", "overrides the run's own test";
    lis_dual_share: Number optional, "", "", "overrides the run's own share of the performance year's assigned population with LIS or dual status";
    dual_share_by3: Number optional, "", "", "overrides the run's own share of benchmark year 3's assigned population with dual status";
});

table!(VoluntaryAlignment, "voluntary_alignment", optional, "beneficiary and designation of a primary clinician", {
    bene_id: Text required, "", "", "beneficiary, as the source identifies him";
    npi: UInt64 required, "", "", "clinician designated";
    tin: Text optional, "", "", "taxpayer number under which the clinician was designated";
    designated_date: Date required, "", "", "day of the designation";
    ended_date: Date optional, "", "", "day on which it was withdrawn";
});

table!(NonClaimsPayment, "non_claims_payment", optional, "individually identifiable payment outside claims", {
    bene_id: Text required, "", "", "beneficiary, as the source identifies him";
    payment_date: Date required, "", "", "day whose month the payment belongs to";
    payment_amt: Money required, "", "", "dollars";
    final_payment: Flag required, "", "", "whether the payment is final rather than interim";
    tin: Text optional, "", "", "taxpayer number that was paid, whose revenue the payment is; null where that is not known";
});

table!(EtaCcn, "eta_ccn", optional, "hospital elected for teaching amendment billing and year", {
    ccn: Text required, "", "", "CMS certification number";
    year: UInt16 required, "", "", "calendar year";
});

table!(NpiSpecialty, "npi_specialty", optional, "clinician and specialty (PECOS)", {
    npi: UInt64 required, "", "", "clinician";
    specialty: Text required, "", "", "CMS specialty";
});

table!(Assigned, "assigned", optional, "beneficiary whom CMS assigned to an ACO in a calendar year", {
    aco_id: Text required, "", "", "ACO";
    year: UInt16 required, "", "", "calendar year of the assignment list";
    bene_id: Text required, "", "", "beneficiary, as the source identifies him";
});

/// All tables, in the order of the data dictionary.
pub const TABLES: &[&Table] = &[
    ClaimHeader::TABLE,
    ClaimLine::TABLE,
    BeneficiaryYear::TABLE,
    RiskScore::TABLE,
    Participant::TABLE,
    Agreement::TABLE,
    VoluntaryAlignment::TABLE,
    NonClaimsPayment::TABLE,
    EtaCcn::TABLE,
    NpiSpecialty::TABLE,
    Assigned::TABLE,
];

/// The table of that name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.name == name)
}
