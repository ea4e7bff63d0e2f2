//! Primary care services by performance year (`src/rules/primary_care.toml`, 42 CFR 425.400(c)).

use serde::Deserialize;

use super::timeline::Span;
use super::{CodeList, Day, Roster, Timeline, Year};

/// The procedures and their conditions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrimaryCare {
    /// Procedures on the list.
    pub listed: Roster<Year, CodeList>,
    /// Procedures added in windows that hold a month of the public health emergency.
    pub emergency_listed: Timeline<Year, CodeList>,
    /// First and last day of the emergency.
    pub emergency: Timeline<Year, Span>,
    /// Not at a nursing facility's place of service.
    pub not_at_nursing_place: Timeline<Year, CodeList>,
    /// Not during a stay in a skilled nursing facility.
    pub not_during_nursing_stay: Timeline<Year, CodeList>,
    /// Not during one on a clinic's claim either.
    pub not_during_nursing_stay_at_clinics: Timeline<Year, CodeList>,
    /// Not during a hospital stay.
    pub not_during_inpatient_stay: Timeline<Year, CodeList>,
    /// At home only.
    pub home_only: Timeline<Year, CodeList>,
    /// With a base code on the same claim only.
    pub add_on: Timeline<Year, CodeList>,
    /// On lines under elected teaching amendment billing only.
    pub elected_teaching_only: Timeline<Year, CodeList>,
    /// Not on such lines, by year of service.
    pub not_under_elected_teaching: Timeline<Year, CodeList>,
    /// Not when furnished after a day.
    pub payable_until: Roster<Year, Payable>,
    /// Places of service at a skilled nursing facility.
    pub nursing_places: Timeline<Year, CodeList>,
    /// Places of service at home.
    pub home_places: Timeline<Year, CodeList>,
}

/// Procedures that Medicare paid until a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payable {
    /// Procedures.
    pub procedures: CodeList,
    /// Last day.
    pub last: Day,
}
