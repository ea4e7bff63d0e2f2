//! The shapes of the synthetic population, read from `parameters.toml`.

use serde::Deserialize;

use crate::error::{Error, Result};

/// One value per enrollment type, in table order.
pub type PerType = [f64; 4];

/// Everything the generator takes for granted about people, markets and charges.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // each field is described in parameters.toml
pub struct Parameters {
    pub population: Population,
    pub people: People,
    pub market: Market,
    pub reports: Reports,
    pub rates: Rates,
    pub prices: Prices,
    pub oddities: Oddities,
    pub calibration: Calibration,
    pub charges: Charges,
}

/// The made nation: used where no county table is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Population {
    pub years: (u16, u16),
    pub reference_year: u16,
    pub mix: PerType,
    pub per_capita: PerType,
    pub risk: PerType,
    pub county_cost_sigma: f64,
    pub county_risk_sigma: f64,
    pub people_per_county: u64,
    pub least_counties: u64,
    pub most_counties: u64,
    pub growth: PerType,
    pub year_factors: Vec<(u16, f64)>,
}

/// What happens to people over the years.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct People {
    pub activity_sigma: PerType,
    pub year_sigma: PerType,
    pub risk_sigma: PerType,
    pub risk_activity_correlation: f64,
    pub risk_year_sigma: f64,
    pub demographic_sigma: f64,
    pub death_hazard: f64,
    pub death_growth: f64,
    pub death_by_type: PerType,
    pub plan_spell: f64,
    pub part_a_only: f64,
    pub part_b_only: f64,
    pub moves_per_year: f64,
    pub practice_change_per_year: f64,
    pub dual_change_per_year: f64,
    pub esrd_onset_per_year: f64,
    pub transplant: f64,
    pub late_disability_entry: f64,
    pub dual_among_disabled: f64,
    pub low_income_subsidy_non_dual: f64,
    pub foreign_address: f64,
    pub unknown_address: f64,
    pub hospice_before_death: f64,
    pub nursing_home: PerType,
    pub homebound: PerType,
    pub clinic_user: f64,
    pub equal_charges: f64,
    pub voluntary_alignment: f64,
    pub non_claims_payment: f64,
    pub contested: f64,
    pub loyalty: [f64; 2],
}

/// Practices, facilities and ACOs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Market {
    pub people_per_practice: u64,
    pub least_practices: u64,
    pub most_practices: u64,
    pub size_exponent: f64,
    pub specialist_practices: f64,
    pub aco_share: f64,
    pub neighbour_share: f64,
    pub two_acos: f64,
    pub joins_later: f64,
    pub leaves_early: f64,
    pub clinics_in_acos: f64,
    pub teaching_hospitals: f64,
    pub rural_counties: f64,
    pub eta_counties: f64,
    pub ihs_hospitals: f64,
    pub effect_spread: f64,
}

/// First and last years of what ACOs report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Reports {
    pub alternative_standard_from: u16,
    pub circumstances_from: u16,
    pub prepaid_from: u16,
    pub attested_until: u16,
}

/// Events per person-year at average activity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Rates {
    pub office_visit: PerType,
    pub specialist_visit: PerType,
    pub specialist_procedure: PerType,
    pub extra_primary_care: PerType,
    pub outpatient: PerType,
    pub inpatient: PerType,
    pub home_health: PerType,
    pub equipment: PerType,
    pub dialysis: PerType,
    pub clinic_visit: PerType,
    pub method_two: PerType,
    pub eta_visit: PerType,
}

/// Mean dollars and the standard deviation of their logarithm.
#[derive(Debug, Clone, Copy, Deserialize)]
#[allow(missing_docs)]
pub struct Price(pub f64, pub f64);

/// What events cost at scale 1.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Prices {
    pub outpatient: Price,
    pub inpatient: Price,
    pub skilled_nursing_day: Price,
    pub home_health: Price,
    pub hospice_day: Price,
    pub dialysis_month: Price,
    pub procedure: Price,
    pub equipment: Price,
    pub clinic: Price,
    pub correction: Price,
}

/// Shares of rows out of the ordinary.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Oddities {
    pub denied: f64,
    pub zero: f64,
    pub negative: f64,
    pub late: f64,
    pub missing_optional: f64,
    pub religious_institution: f64,
    pub given_sequestration: f64,
    pub population_based_payment: f64,
    pub unlisted_claim_type: f64,
    pub no_positive_test: f64,
    pub correction_per_year: f64,
    pub catheter_claims_per_year: f64,
    pub catheter_year: u16,
    pub covid_share: Vec<(u16, f64)>,
    pub telehealth_share: f64,
    pub telehealth_later: (u16, f64),
    pub u071_from: String,
    pub agreement_terminated: f64,
}

/// What the cost and risk models yield per type at scale 1.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Calibration {
    pub cost: PerType,
    pub risk: PerType,
}

/// Code, allowed charge, weight, first and last year of service.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Charge(pub String, pub f64, pub f64, pub u16, pub u16);

/// What is billed, by kind of encounter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Charges {
    pub office: Vec<Charge>,
    pub primary_extra: Vec<Charge>,
    pub telehealth: Vec<Charge>,
    pub transitional: Vec<Charge>,
    pub prolonged: Vec<Charge>,
    pub nursing_facility: Vec<Charge>,
    pub home: Vec<Charge>,
    pub domiciliary: Vec<Charge>,
    pub hospital_visit: Vec<Charge>,
    pub emergency: Vec<Charge>,
    pub equipment: Vec<Charge>,
    pub catheter: Vec<Charge>,
    pub dialysis_physician: Vec<Charge>,
    pub federally_qualified: Vec<Charge>,
    pub rural: Vec<Charge>,
    pub clinic: Vec<Charge>,
}

impl Parameters {
    /// The parameters built into the program.
    pub fn load() -> Result<Self> {
        toml::from_str(include_str!("parameters.toml")).map_err(|e| {
            Error::failed(
                format!("the generator's parameters cannot be read: {e}"),
                "this is a defect of acobench; please report it",
            )
        })
    }

    /// Cost level of a year against the reference year, for a type.
    pub fn trend(&self, year: u16, reference: u16, kind: usize) -> f64 {
        let level = |year: u16| {
            let steps = i32::from(year) - i32::from(self.population.reference_year);
            let single = self.population.year_factors.iter().find(|(y, _)| *y == year).map_or(1.0, |(_, factor)| *factor);
            (1.0 + self.population.growth[kind]).powi(steps) * single
        };
        level(year) / level(reference)
    }
}

/// The share that belongs to a year in a list of years and shares; 0 for other years.
pub fn of_year(list: &[(u16, f64)], year: u16) -> f64 {
    list.iter().find(|(y, _)| *y == year).map_or(0.0, |(_, share)| *share)
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn the_parameters_are_read() {
        let parameters = Parameters::load().expect("parameters");
        assert!((parameters.population.mix.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let year = parameters.population.reference_year;
        assert!((parameters.trend(year, year, 0) - 1.0).abs() < 1e-12);
        assert!(parameters.trend(year + 2, year + 1, 3) < 1.0, "2020 fell below 2019");
    }
}
