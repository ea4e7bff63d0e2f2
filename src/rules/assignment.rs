//! Who can be assigned and whose services count (`src/rules/assignment.toml`, 42 CFR 425.401-425.404).

use serde::Deserialize;

use super::timeline::every_year_has;
use super::{CodeList, Day, Timeline, Year};

/// The rules of assignment by performance year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentRules {
    /// Specialties of primary care physicians.
    pub primary_care_physicians: Timeline<Year, CodeList>,
    /// Specialties of physicians of every other kind.
    pub other_physicians: Timeline<Year, CodeList>,
    /// Whether they count in step 2 and open the steps.
    pub every_physician_counts: Timeline<Year, bool>,
    /// Whether services of the twelve months before the window count in step 3.
    pub expanded_window: Timeline<Year, bool>,
    /// Revenue centers of a visit to a clinic, while visits had to be told.
    pub clinic_visit_revenue_centers: Timeline<Year, CodeList>,
    /// Whether they tell a visit to a federally qualified health center too, by day of service.
    pub health_centers_told_by_revenue_center: Timeline<Day, bool>,
    /// Months after a window within which claims for its services are processed.
    pub service_run_out_months: Timeline<Year, u8>,
    /// First day of the twelve months by whose services people are assigned prospectively.
    pub offset_window: Timeline<Year, Deadline>,
    /// Day by which a designation counts for a year.
    pub designation_deadline: Timeline<Year, Deadline>,
    /// The same for the second half of a year, under agreements that begin with it.
    pub designation_deadline_second_half: Timeline<Year, Deadline>,
    /// Whether the designee must be a clinician who furnishes primary care, and must have done so.
    pub designee_furnishes: Timeline<Year, bool>,
    /// Specialties of 42 CFR 425.402(c).
    pub specialists: Timeline<Year, CodeList>,
    /// Nurse practitioners, physician assistants, clinical nurse specialists.
    pub non_physicians: Timeline<Year, CodeList>,
    /// Whether every service of a clinic counts as one by a primary care physician.
    pub clinics_count: Timeline<Year, bool>,
    /// Bill types of the facilities whose lines can count.
    pub bill_types: Timeline<Year, BillTypes>,
    /// Those of federally qualified health centers, by day of service.
    pub health_center_bill_types: Timeline<Day, CodeList>,
    /// First three characters of a professional's revenue centers under method II.
    pub professional_revenue_centers: Timeline<Year, CodeList>,
    /// FIPS states in which a beneficiary can live.
    pub residence_states: Timeline<Year, CodeList>,
}

/// A day in a year before the one it serves.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "DeadlineCells")]
pub struct Deadline {
    /// Years before.
    pub years_before: u16,
    /// Month, 1 to 12.
    pub month: i8,
    /// Day of the month, one that every year has.
    pub day: i8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadlineCells {
    years_before: u16,
    month: i8,
    day: i8,
}

impl TryFrom<DeadlineCells> for Deadline {
    type Error = String;
    fn try_from(cells: DeadlineCells) -> Result<Self, String> {
        let (month, day) = every_year_has(cells.month, cells.day)?;
        Ok(Self { years_before: cells.years_before, month, day })
    }
}

/// Bill types: facility type and classification.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillTypes {
    /// Rural health clinics.
    pub rural_clinic: CodeList,
    /// Critical access hospitals.
    pub critical_access: CodeList,
    /// Hospital outpatient departments.
    pub hospital: CodeList,
}
