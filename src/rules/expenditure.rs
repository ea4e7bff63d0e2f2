//! What counts as expenditure (`src/rules/expenditure.toml`, 42 CFR 425.601(a)(1), 425.605(a)).

use serde::Deserialize;

use super::timeline::{Span, every_year_has};
use super::{CodeList, Day, Fraction, Roster, Timeline, Year};

/// The rules of expenditure by calendar year of service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpenditureRules {
    /// Claim types paid by the claim.
    pub institutional: Timeline<Year, Institutional>,
    /// Claim types paid by the line.
    pub professional: Timeline<Year, Professional>,
    /// Facility types that void claims.
    pub voiding_facility_types: Timeline<Year, Voiding>,
    /// Denial codes, as ranges `from-to` of a first character.
    pub denial_codes: Timeline<Year, CodeList>,
    /// Processing indicators of paid lines.
    pub paid_indicators: Timeline<Year, CodeList>,
    /// Supplements taken out of inpatient payments, by performance year.
    pub supplements: Timeline<Year, CodeList>,
    /// CCN states whose hospitals keep them.
    pub states_keeping_supplements: Timeline<Year, CodeList>,
    /// Share taken by sequestration, by day of service.
    pub sequestration: Timeline<Day, Fraction>,
    /// Last processing day, in the year after the year of service.
    pub run_out: Timeline<Year, DayOfYear>,
    /// Factor that completes expenditures after that run-out.
    pub completion_factor: Timeline<Year, Fraction>,
    /// Days after a quarter up to which its claims may be processed, by performance year.
    pub quarterly_run_out_days: Timeline<Year, u8>,
    /// Factors that complete the year to the end of quarters 1 to 4 (prospective assignment), by performance year.
    pub quarterly_completion_prospective: Timeline<Year, [Fraction; 4]>,
    /// The factor that completes the latest twelve months (retrospective assignment), by performance year.
    pub quarterly_completion_retrospective: Timeline<Year, Fraction>,
    /// The percentile at which expenditures are truncated.
    pub truncation: Timeline<Year, Percentile>,
    /// Anomalous billing.
    pub anomalous_billing: Roster<Year, Anomalous>,
    /// The risk model of a calendar year.
    pub hcc_version: Timeline<Year, String>,
    /// Episodes of COVID-19, by calendar year of discharge.
    pub covid_episode: Timeline<Year, CovidEpisode>,
    /// Whether interim payments outside claims count, by performance year.
    pub interim_payments_count: Timeline<Year, bool>,
    /// Share of expenditures below which participant revenue makes a low-revenue ACO.
    pub low_revenue_below: Timeline<Year, Fraction>,
}

/// Claim types of institutional components.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institutional {
    /// Inpatient.
    pub inpatient: Vec<u8>,
    /// Skilled nursing.
    pub skilled_nursing: Vec<u8>,
    /// Outpatient.
    pub outpatient: Vec<u8>,
    /// Home health.
    pub home_health: Vec<u8>,
    /// Hospice.
    pub hospice: Vec<u8>,
}

/// Claim types of components paid by the line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Professional {
    /// Physicians and suppliers.
    pub carrier: Vec<u8>,
    /// Durable medical equipment.
    pub dme: Vec<u8>,
}

/// Facility types that void claims of some types.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voiding {
    /// Claim types.
    pub claim_types: Vec<u8>,
    /// Facility types.
    pub facility_types: CodeList,
}

/// A day of any year.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "DayCells")]
pub struct DayOfYear {
    /// Month, 1 to 12.
    pub month: i8,
    /// Day of the month, one that every year has.
    pub day: i8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayCells {
    month: i8,
    day: i8,
}

impl TryFrom<DayCells> for DayOfYear {
    type Error = String;
    fn try_from(cells: DayCells) -> Result<Self, String> {
        let (month, day) = every_year_has(cells.month, cells.day)?;
        Ok(Self { month, day })
    }
}

/// A percentile as a ratio of whole numbers.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentile {
    /// Above the line.
    pub numerator: u64,
    /// Below the line.
    pub denominator: u64,
}

/// Procedures billed anomalously on claims of some types.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anomalous {
    /// Procedures.
    pub procedures: CodeList,
    /// Claim types.
    pub claim_types: Vec<u8>,
}

/// What begins an episode of COVID-19.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CovidEpisode {
    /// Claim types of hospitals.
    pub claim_types: Vec<u8>,
    /// Last four characters of the CCN of hospitals under prospective payment, as ranges `from-to`.
    pub prospective_payment: CodeList,
    /// The same of other hospitals.
    pub other_ccn_ranges: CodeList,
    /// Third characters of the CCN of hospital units outside prospective payment.
    pub other_ccn_third: CodeList,
    /// First two characters of the CCN of hospitals that would be under prospective payment in other States.
    pub other_states: CodeList,
    /// The emergency.
    pub emergency: Span,
    /// Days of discharge with the diagnosis of the first weeks.
    pub b9729: Span,
    /// Days of discharge with the diagnosis of the time after.
    pub u071: Span,
}
