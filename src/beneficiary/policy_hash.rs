//! What the rules say to the claims pass, as a hash: facts kept under it are those of these rules.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::policy::{ClinicVisits, Policy};

impl Policy {
    /// A hash of everything compiled from rule tables. What a policy takes from tables of the extract (clinicians, elected
    /// teaching billing, attested clinics) is left to the hashes of those tables.
    pub fn rules_hash(&self) -> String {
        // Naming every field makes a new one stop the build here until it is decided whether facts depend on it.
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
        let mut hasher = blake3::Hasher::new();
        let mut add = |value: &dyn Debug| {
            // The derived text of a value names all that it holds, and ends before the next begins.
            hasher.update(format!("{value:?}\n").as_bytes());
        };
        add(&calendar.as_ref().map(|calendar| (calendar.years(), calendar.spending(), calendar.windows(), calendar.cut())));
        add(&(header_class, line_class, voiding_facility_types, states_keeping_supplements, supplements));
        add(&(kept, run_out, service_run_out, tests));
        add(&procedures.iter().collect::<BTreeMap<_, _>>());
        add(&specialties.iter().map(|(code, role)| (code, role.0)).collect::<BTreeMap<_, _>>());
        add(clinic_role);
        add(&clinic_visits.as_ref().map(|visits| {
            let ClinicVisits { revenue_centers, health_centers, not_attested, participants: _, attested: _ } = visits;
            (revenue_centers, health_centers, not_attested)
        }));
        add(&(nursing_places, home_places));
        add(&(bill_types.iter().collect::<BTreeMap<_, _>>(), health_center_bill_types));
        add(&(professional_revenue_centers, denial_codes, paid_indicators));
        add(&(revenue_year, episodes, interim_payments_count, stand_ins));
        hasher.finalize().to_hex().to_string()
    }
}
