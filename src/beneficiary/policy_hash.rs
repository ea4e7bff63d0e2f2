//! What the rules say to the claims pass, as hashes: facts kept under them are those of these rules.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::cohort::Cohort;
use super::ids::IdTable;
use super::policy::{ClinicVisits, Policy};
use super::stand_in::StandIns;

/// Hashes of what is compiled from rule tables, by what reads it. What a policy takes from tables of the extract (clinicians,
/// elected teaching billing, attested clinics) is left to the hashes of those tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesHashes {
    /// Of what claims of `claim_header` are read by.
    pub headers: String,
    /// Of what lines are read by.
    pub lines: String,
    /// Of everything.
    pub all: String,
}

impl Policy {
    /// The hashes.
    pub fn rules_hashes(&self) -> RulesHashes {
        // Naming every field makes a new one stop the build here until it is decided what depends on it.
        let Self {
            calendar,
            header_class,
            line_class,
            voiding_facility_types,
            states_keeping_supplements,
            supplements,
            kept,
            run_out,
            service_run_out,
            tests,
            procedures,
            specialties,
            clinic_role,
            clinic_visits,
            clinicians: _,
            elected_teaching: _,
            nursing_places,
            home_places,
            bill_types,
            health_center_bill_types,
            professional_revenue_centers,
            denial_codes,
            paid_indicators,
            revenue_year,
            episodes,
            interim_payments_count,
            stand_ins,
            by_day: _,
            by_day_again: _,
        } = self;
        let StandIns { undated_is_late, sequestration_by_day, facility_is_paid, denied_by_both, unscored_is_average } = stand_ins;
        let calendar =
            calendar.as_ref().map(|calendar| (calendar.years(), calendar.spending(), calendar.windows(), calendar.cut()));
        let both: [&dyn Debug; 6] = [&calendar, kept, run_out, revenue_year, undated_is_late, sequestration_by_day];
        let headers: [&dyn Debug; 5] =
            [header_class, voiding_facility_types, states_keeping_supplements, supplements, denied_by_both];
        let procedures = procedures.iter().collect::<BTreeMap<_, _>>();
        let specialties = specialties.iter().map(|(code, role)| (code, role.0)).collect::<BTreeMap<_, _>>();
        let clinic_visits = clinic_visits.as_ref().map(|visits| {
            let ClinicVisits { revenue_centers, health_centers, not_attested, participants: _, attested: _ } = visits;
            (revenue_centers, health_centers, not_attested)
        });
        let bill_types = bill_types.iter().collect::<BTreeMap<_, _>>();
        let lines: [&dyn Debug; 15] = [
            line_class,
            service_run_out,
            tests,
            &procedures,
            &specialties,
            clinic_role,
            &clinic_visits,
            nursing_places,
            home_places,
            &bill_types,
            health_center_bill_types,
            professional_revenue_centers,
            denial_codes,
            paid_indicators,
            facility_is_paid,
        ];
        let rest: [&dyn Debug; 3] = [episodes, interim_payments_count, unscored_is_average];
        RulesHashes {
            headers: hash([&both[..], &headers].concat()),
            lines: hash([&both[..], &lines].concat()),
            all: hash([&both[..], &headers, &lines, &rest].concat()),
        }
    }
}

/// The derived text of a value names all that it holds, and ends before the next begins.
fn hash(values: Vec<&dyn Debug>) -> String {
    let mut hasher = blake3::Hasher::new();
    for value in values {
        hasher.update(format!("{value:?}\n").as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

impl Cohort {
    /// A hash of who has which number, of the months by which payments count and of deaths: what claims are read by beside the rules.
    pub fn months_hash(&self, ids: &IdTable) -> String {
        let mut hasher = blake3::Hasher::new();
        ids.hash_into(&mut hasher);
        for partition in 0..self.partitions() {
            let partition = self.enter(partition);
            let months = partition.person_years.iter().flat_map(|year| year.months.as_claims_see_them().to_le_bytes());
            hasher.update(&months.collect::<Vec<u8>>());
            hasher.update(&partition.deaths.iter().flat_map(|day| day.to_le_bytes()).collect::<Vec<u8>>());
        }
        hasher.finalize().to_hex().to_string()
    }
}
