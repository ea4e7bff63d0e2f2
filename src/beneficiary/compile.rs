//! The policy of a run, compiled from the rule tables.

use ahash::HashMap;
use jiff::civil::Date;

use super::calendar::{Calendar, day_of};
use super::dated::Dated;
use super::episode::{EpisodeDays, EpisodeTest, StayEnd};
use super::header::WHOLE;
use super::policy::{ClaimClass, ClinicVisits, Component, FacilityKind, Policy, Role, ServiceTest, Supplements};
use super::span::{Attested, Span, after_quarter};
use super::stand_in::StandIns;
use crate::error::{Error, Result};
use crate::money::Decimal;
use crate::rules::choices::{
    BenchmarkYearProcedures, CapitalSupplements, FacilityCharge, FacilityTypeDenial, LastEpisode, LateServices,
    NursingFacilityTest, NursingVisitsOnClinicClaims, PersonWithoutScore, SequestrationAmount, UndatedClaim,
};
use crate::rules::{self, CodeList, Day, Rules, Timeline, Year};

impl Policy {
    /// Compiles the rules of a performance year for a span of calendar years.
    ///
    /// # Errors
    /// When a rule has no row for a year or day of the run.
    pub fn compile(rules: &Rules, span: &Span, attested: &Attested) -> Result<Self> {
        let calendar = span.calendar(rules)?;
        let year = span.performance_year;
        let mut policy = Self { revenue_year: calendar.year_index(year), ..Self::default() };
        policy.claims(rules, year)?;
        policy.supplements(rules, year)?;
        policy.clock(rules, &calendar)?;
        if let (Some(quarter), Some(cut)) = (span.quarter, calendar.cut()) {
            let days = rules.expenditure.quarterly_run_out_days.at(year)?.value;
            policy.run_out[cut.year] = i64::from(after_quarter(year, quarter.number) - 1) + i64::from(days);
        }
        policy.service_run_out(rules, span, &calendar)?;
        policy.procedures(rules, year, &calendar)?;
        if policy.tests.iter().all(|test| test.anomalous_years == 0) {
            // In years without such billing no row need be held against its codes.
            policy.line_class.iter_mut().for_each(|class| class.anomalous = false);
        }
        policy.clinicians_and_facilities(rules, span, attested, &calendar)?;
        let last = rules.choices.last_episode.at(year)?.value;
        policy.episodes = calendar.years().iter().map(|year| episode_test(rules, *year, last)).collect::<Result<_>>()?;
        policy.stand_ins = stand_ins(rules, year)?;
        policy.interim_payments_count = rules.expenditure.interim_payments_count.at(year)?.value;
        policy.calendar = Some(calendar);
        Ok(policy)
    }

    fn claims(&mut self, rules: &Rules, year: Year) -> Result<()> {
        let rules = &rules.expenditure;
        let institutional = &rules.institutional.at(year)?.value;
        let voiding = &rules.voiding_facility_types.at(year)?.value;
        self.header_class = vec![ClaimClass::default(); 256];
        for (component, types) in [
            (Component::Inpatient, &institutional.inpatient),
            (Component::SkilledNursing, &institutional.skilled_nursing),
            (Component::Outpatient, &institutional.outpatient),
            (Component::HomeHealth, &institutional.home_health),
            (Component::Hospice, &institutional.hospice),
        ] {
            for claim_type in types {
                self.header_class[usize::from(*claim_type)] = ClaimClass {
                    component: Some(component),
                    facility_type_denies: voiding.claim_types.contains(claim_type),
                    removes_supplements: component == Component::Inpatient,
                    skilled_nursing_stay: component == Component::SkilledNursing,
                    inpatient_stay: component == Component::Inpatient,
                    ..ClaimClass::default()
                };
            }
        }
        let professional = &rules.professional.at(year)?.value;
        self.line_class = vec![ClaimClass::default(); 256];
        for claim_type in &professional.carrier {
            self.line_class[usize::from(*claim_type)] =
                ClaimClass { component: Some(Component::Carrier), professional: true, ..ClaimClass::default() };
        }
        for claim_type in &professional.dme {
            self.line_class[usize::from(*claim_type)] = ClaimClass { component: Some(Component::Dme), ..ClaimClass::default() };
        }
        for claim_type in &institutional.outpatient {
            self.line_class[usize::from(*claim_type)].facility = true;
        }
        for row in rules.anomalous_billing.rows() {
            for claim_type in &row.value.claim_types {
                self.line_class[usize::from(*claim_type)].anomalous = true;
            }
        }
        self.voiding_facility_types = characters(&voiding.facility_types);
        self.states_keeping_supplements =
            fixed(&rules.states_keeping_supplements.at(year)?.value, "expenditure.toml", "states_keeping_supplements")?;
        self.denial_codes = Vec::new();
        for range in rules.denial_codes.at(year)?.value.iter() {
            match range.as_bytes() {
                [from, b'-', to] => self.denial_codes.push((*from, *to)),
                _ => return Err(malformed("denial_codes", range, "two characters joined by a hyphen")),
            }
        }
        self.paid_indicators = characters(&rules.paid_indicators.at(year)?.value);
        Ok(())
    }

    fn supplements(&mut self, rules: &Rules, year: Year) -> Result<()> {
        let taken = &rules.expenditure.supplements.at(year)?.value;
        let capital = rules.choices.capital_supplements.at(year)?.value == CapitalSupplements::Remove;
        self.supplements = Supplements {
            ime_operating: taken.has(b"ime_operating"),
            dsh_operating: taken.has(b"dsh_operating"),
            ime_capital: capital && taken.has(b"ime_capital"),
            dsh_capital: capital && taken.has(b"dsh_capital"),
            uncompensated_care: taken.has(b"uncompensated_care"),
            ihs_pr: taken.has(b"ihs_pr"),
        };
        Ok(())
    }

    fn clock(&mut self, rules: &Rules, calendar: &Calendar) -> Result<()> {
        let rules = &rules.expenditure;
        let epoch = jiff::civil::date(1970, 1, 1);
        let mut kept = Vec::with_capacity(calendar.days());
        let first = epoch
            .checked_add(jiff::Span::new().days(i64::from(calendar.base())))
            .map_err(|_| Error::failed("a window lies outside the civil calendar", "check the performance year"))?;
        // Day by day, for a row laid over the others may begin and end inside one of them.
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        for day in days.take(calendar.days()) {
            let row = rules.sequestration.at(Day(day))?;
            let left = (Decimal::ONE - row.value.0) * Decimal::from(WHOLE);
            let left = u16::try_from(left).ok().filter(|_| left.fract().is_zero() && left > Decimal::ZERO);
            kept.push(
                left.ok_or_else(|| malformed("sequestration", &row.value.0.to_string(), "a share with at most four decimals"))?,
            );
        }
        self.kept = kept;
        self.run_out = Vec::new();
        for year in calendar.years() {
            let last = rules.run_out.at(*year)?.value;
            self.run_out.push(i64::from(day_of(*year as i16 + 1, last.month, last.day)));
        }
        Ok(())
    }

    /// The last day on which a claim may be processed whose services count in a window, by window.
    fn service_run_out(&mut self, rules: &Rules, span: &Span, calendar: &Calendar) -> Result<()> {
        let year = span.performance_year;
        if rules.choices.late_services.at(year)?.value == LateServices::Count {
            return Ok(());
        }
        let months = rules.assignment.service_run_out_months.at(year)?.value;
        for window in calendar.windows() {
            let to_quarter = calendar.cut().is_some_and(|cut| cut.year == window.year) && !window.kind.is_offset();
            self.service_run_out.push(if to_quarter {
                i64::from(window.last) + i64::from(rules.expenditure.quarterly_run_out_days.at(year)?.value)
            } else {
                i64::from(months_after(window.last, months)?)
            });
        }
        Ok(())
    }

    fn procedures(&mut self, rules: &Rules, year: Year, calendar: &Calendar) -> Result<()> {
        let care = &rules.primary_care;
        let own = rules.choices.benchmark_year_procedures.at(year)?.value == BenchmarkYearProcedures::OwnYear;
        let mut tests: std::collections::BTreeMap<String, ServiceTest> = std::collections::BTreeMap::new();
        for (index, window) in calendar.windows().iter().enumerate() {
            let listed_in = if own { calendar.years()[window.year] } else { year };
            let mut list = |procedures: &CodeList| {
                for procedure in procedures.iter() {
                    tests.entry(procedure.to_string()).or_default().windows |= 1u64 << index;
                }
            };
            care.listed.at(listed_in).for_each(|row| list(&row.value));
            if let Some(row) = care.emergency_listed.find(&listed_in) {
                let emergency = &care.emergency.at(year)?.value;
                if window.first <= days(emergency.last.0) && window.last >= days(emergency.first.0) {
                    list(&row.value);
                }
            }
        }
        let mut mark = |list: &Timeline<Year, CodeList>, set: fn(&mut ServiceTest)| {
            for procedure in list.find(&year).into_iter().flat_map(|row| row.value.iter()) {
                if let Some(test) = tests.get_mut(procedure) {
                    set(test);
                }
            }
        };
        mark(&care.not_at_nursing_place, |test| test.not_at_nursing_place = true);
        mark(&care.not_during_nursing_stay, |test| test.not_during_nursing_stay = true);
        mark(&care.not_during_inpatient_stay, |test| test.not_during_inpatient_stay = true);
        mark(&care.not_during_nursing_stay_at_clinics, |test| test.not_during_nursing_stay_at_clinics = true);
        mark(&care.home_only, |test| test.home_only = true);
        mark(&care.add_on, |test| test.add_on = true);
        mark(&care.elected_teaching_only, |test| test.elected_teaching_only = true);
        nursing_visits(rules, year, &mut tests)?;
        for row in care.payable_until.at(year) {
            for procedure in row.value.procedures.iter() {
                if let Some(test) = tests.get_mut(procedure) {
                    let last = i64::from(days(row.value.last.0));
                    test.last_day = Some(test.last_day.map_or(last, |known| known.min(last)));
                }
            }
        }
        for (index, calendar_year) in calendar.years().iter().enumerate() {
            for procedure in care.not_under_elected_teaching.find(calendar_year).into_iter().flat_map(|row| row.value.iter()) {
                if let Some(test) = tests.get_mut(procedure) {
                    test.not_elected_teaching_years |= 1 << index;
                }
            }
            for row in rules.expenditure.anomalous_billing.at(*calendar_year) {
                for procedure in row.value.procedures.iter() {
                    tests.entry(procedure.to_string()).or_default().anomalous_years |= 1 << index;
                }
            }
        }
        self.tests = vec![ServiceTest::default()];
        self.procedures = HashMap::default();
        for (procedure, test) in tests {
            self.procedures.insert(procedure.into_bytes().into(), self.tests.len() as u32);
            self.tests.push(test);
        }
        // What has not even the shape of a procedure.
        self.tests.push(ServiceTest::default());
        let places = |list: &Timeline<Year, CodeList>| -> Vec<Box<[u8]>> {
            list.find(&year).into_iter().flat_map(|row| row.value.iter()).map(|place| place.as_bytes().into()).collect()
        };
        self.nursing_places = places(&care.nursing_places);
        self.home_places = places(&care.home_places);
        Ok(())
    }

    fn clinicians_and_facilities(&mut self, rules: &Rules, span: &Span, attested: &Attested, calendar: &Calendar) -> Result<()> {
        let year = span.performance_year;
        let rules = &rules.assignment;
        let primary = Role::STEP1.with(Role::PRE_STEP).with(Role::ASSIGNABLE);
        let specialist = Role::STEP2.with(Role::PRE_STEP).with(Role::ASSIGNABLE);
        // Under the first rules step 2 compared all ACO professionals who are not primary care physicians.
        let first_rules = rules.every_physician_counts.find(&year).is_some_and(|row| row.value);
        let other = if first_rules { Role::STEP2 } else { Role::STEP1 }.with(Role::NON_PHYSICIAN);
        let physician = if first_rules { primary.with(Role::STEP2) } else { primary };
        if first_rules || span.year_before {
            let role = if first_rules { Role::STEP2.with(Role::PRE_STEP) } else { Role::FURNISHED };
            for specialty in rules.other_physicians.at(year)?.value.iter() {
                self.specialties.insert(specialty.as_bytes().into(), role);
            }
        }
        for (list, role) in
            [(&rules.specialists, specialist), (&rules.primary_care_physicians, physician), (&rules.non_physicians, other)]
        {
            for specialty in list.at(year)?.value.iter() {
                self.specialties.insert(specialty.as_bytes().into(), role);
            }
        }
        if rules.clinics_count.find(&year).is_some_and(|row| row.value) {
            self.clinic_role = primary;
        } else {
            // A clinic's visit stands for a primary care physician, who does not make a person assignable yet.
            self.clinic_role = Role::STEP1.with(Role::PRE_STEP);
            let centers = rules.clinic_visit_revenue_centers.at(year)?.value.iter();
            self.clinic_visits = Some(ClinicVisits {
                revenue_centers: centers.map(|center| center.as_bytes().into()).collect(),
                health_centers: Dated::of(&rules.health_centers_told_by_revenue_center, |told| *told),
                not_attested: other,
                participants: attested.clinics.iter().copied().collect(),
                attested: attested.clinicians.iter().copied().collect(),
            });
        }
        let bill_types = &rules.bill_types.at(year)?.value;
        for (list, kind) in [
            (&bill_types.rural_clinic, FacilityKind::RuralClinic),
            (&bill_types.critical_access, FacilityKind::CriticalAccess),
            (&bill_types.hospital, FacilityKind::Hospital),
        ] {
            for bill_type in fixed::<2>(list, "assignment.toml", "bill_types")? {
                self.bill_types.insert(bill_type, kind);
            }
        }
        let mut broken = None;
        self.health_center_bill_types = Dated::of(&rules.health_center_bill_types, |list| {
            fixed::<2>(list, "assignment.toml", "health_center_bill_types").unwrap_or_else(|fault| {
                broken = Some(fault);
                Vec::new()
            })
        });
        if let Some(fault) = broken {
            return Err(fault);
        }
        let (first, days) = (i64::from(calendar.base()), calendar.days() as i64);
        let in_force = (first..first + days).filter_map(|day| self.health_center_bill_types.at(day));
        let health_centers: std::collections::BTreeSet<[u8; 2]> = in_force.flatten().copied().collect();
        self.bill_types.extend(health_centers.into_iter().map(|bill_type| (bill_type, FacilityKind::HealthCenter)));
        self.professional_revenue_centers =
            fixed(&rules.professional_revenue_centers.at(year)?.value, "assignment.toml", "professional_revenue_centers")?;
        Ok(())
    }
}

/// Leaves of the tests of nursing facility visits those that were chosen.
fn nursing_visits(rules: &Rules, year: Year, tests: &mut std::collections::BTreeMap<String, ServiceTest>) -> Result<()> {
    let (care, choices) = (&rules.primary_care, &rules.choices);
    let both = care.not_at_nursing_place.find(&year).and(care.not_during_nursing_stay.find(&year)).is_some();
    let by = if both { choices.nursing_facility_test.at(year)?.value } else { NursingFacilityTest::PlaceOrStay };
    let at_clinics = care.not_during_nursing_stay_at_clinics.find(&year).is_some()
        && choices.nursing_visits_on_clinic_claims.at(year)?.value == NursingVisitsOnClinicClaims::LeaveOut;
    for test in tests.values_mut() {
        test.not_at_nursing_place &= by != NursingFacilityTest::Stay;
        test.not_during_nursing_stay &= by != NursingFacilityTest::Place;
        test.not_on_clinic_claim = at_clinics && test.not_during_nursing_stay_at_clinics;
    }
    Ok(())
}

fn stand_ins(rules: &Rules, year: Year) -> Result<StandIns> {
    let choices = &rules.choices;
    Ok(StandIns {
        undated_is_late: choices.undated_claim.at(year)?.value == UndatedClaim::Late,
        sequestration_by_day: choices.sequestration_amount.at(year)?.value == SequestrationAmount::ByDay,
        facility_is_paid: choices.facility_charge.at(year)?.value == FacilityCharge::Payment,
        denied_by_both: choices.facility_type_denial.at(year)?.value == FacilityTypeDenial::WithReason,
        unscored_is_average: choices.person_without_score.at(year)?.value == PersonWithoutScore::One,
    })
}

fn episode_test(rules: &Rules, year: Year, last: LastEpisode) -> Result<Option<EpisodeTest>> {
    let Some(row) = rules.expenditure.covid_episode.find(&year) else { return Ok(None) };
    let rule = &row.value;
    let span = |span: rules::Span| EpisodeDays { first: i64::from(days(span.first.0)), last: i64::from(days(span.last.0)) };
    let ranges = |list: &CodeList| {
        let read = |range: &str| {
            let (from, to) = range.split_once('-')?;
            Some((from.as_bytes().try_into().ok()?, to.as_bytes().try_into().ok()?))
        };
        let wanted = "four characters, a hyphen, four characters";
        list.iter().map(|range| read(range).ok_or_else(|| malformed("covid_episode", range, wanted))).collect::<Result<_>>()
    };
    Ok(Some(EpisodeTest {
        claim_types: rule.claim_types.clone(),
        prospective_payment: ranges(&rule.prospective_payment)?,
        others: ranges(&rule.other_ccn_ranges)?,
        other_thirds: characters(&rule.other_ccn_third),
        other_states: fixed(&rule.other_states, "expenditure.toml", "covid_episode")?,
        end: match last {
            LastEpisode::ByHospital => None,
            LastEpisode::Admitted => Some(StayEnd::Admission),
            LastEpisode::Discharged => Some(StayEnd::Discharge),
        },
        emergency: span(rule.emergency),
        b9729: span(rule.b9729),
        u071: span(rule.u071),
    }))
}

/// The last day of so many months after a window that ends with a month.
fn months_after(last: i32, months: u8) -> Result<i32> {
    let beyond = jiff::civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().days(i64::from(last) + 1))
        .and_then(|next| next.checked_add(jiff::Span::new().months(i64::from(months))));
    let beyond = beyond.map_err(|_| Error::failed("a window lies outside the civil calendar", "check the performance year"))?;
    Ok(days(beyond) - 1)
}

fn days(date: Date) -> i32 {
    day_of(date.year(), date.month(), date.day())
}

fn characters(list: &CodeList) -> Vec<u8> {
    list.iter().filter_map(|code| code.bytes().next()).collect()
}

fn fixed<const N: usize>(list: &CodeList, file: &str, rule: &str) -> Result<Vec<[u8; N]>> {
    list.iter()
        .map(|code| {
            code.as_bytes().try_into().map_err(|_| {
                Error::input(
                    format!("the code {code} does not have {N} characters"),
                    crate::error::Place::table(file).at_column(rule),
                    "correct the row of the rule table",
                )
            })
        })
        .collect()
}

fn malformed(rule: &str, found: &str, wanted: &str) -> Error {
    let place = crate::error::Place::table("expenditure.toml").at_column(rule);
    Error::input(format!("{found} is not {wanted}"), place, "correct the row of the rule table")
}
