//! The small tables: ACOs and their participants, clinicians, designations, payments outside claims.

use std::path::Path;

use super::agreements::Term;
use super::calendar::parse_day;
use super::ids::Short;
use super::market::{CLINICIANS, PRIMARY_PHYSICIANS, npi, specialty};
use super::person::Person;
use super::random::{Purpose, Stream, unit_of};
use super::world::World;
use crate::disk;
use crate::error::Result;
use crate::extract::{Agreement, EtaCcn, NonClaimsPayment, NpiSpecialty, Participant, Row, TableSink, VoluntaryAlignment};
use crate::money::Cents;

type Sink = TableSink<disk::Output>;

/// Writes one table as one file.
fn table<R: Row>(folder: &Path, sorted: bool, fill: impl FnOnce(&mut Sink) -> Result<()>) -> Result<()> {
    let path = folder.join(format!("{}.parquet", R::TABLE.name));
    let mut sink = TableSink::new(R::TABLE, disk::create(&path)?, sorted)?;
    fill(&mut sink)?;
    disk::close(sink.finish::<R>()?, &path)
}

/// Writes all small tables.
pub fn write(world: &World, folder: &Path) -> Result<()> {
    table::<Agreement>(folder, false, |sink| {
        world.acos.iter().flat_map(|aco| &aco.terms).try_for_each(|term| sink.push(&agreement(world, term)))
    })?;
    table::<Participant>(folder, false, |sink| participants(world, sink))?;
    table::<NpiSpecialty>(folder, false, |sink| clinicians(world, sink))?;
    table::<EtaCcn>(folder, false, |sink| elections(world, sink))?;
    table::<VoluntaryAlignment>(folder, true, |sink| designations(world, sink))?;
    table::<NonClaimsPayment>(folder, true, |sink| payments(world, sink))
}

fn agreement<'a>(world: &'a World, term: &Term) -> Agreement<'a> {
    let [first, second, third] = term.prior;
    Agreement {
        aco_id: world.acos[term.aco as usize].id.as_str(),
        performance_year: term.year,
        performance_half: term.half,
        agreement_start: term.start,
        agreement_period: term.period,
        times_regionally_adjusted: term.times_adjusted,
        track: term.track,
        level: term.level,
        assignment_method: if term.prospective { "prospective" } else { "retrospective" },
        msr_choice: Some(term.msr_choice),
        quality_standard: Some(term.quality_standard),
        quality_score: Some(term.quality_score),
        revenue_loss_limit: term.revenue_loss_limit,
        euc_share_beneficiaries: term.circumstance.map(|shares| shares.0),
        euc_share_year: term.circumstance.map(|shares| shares.1),
        prior_savings_1: first.map(|year| year.0),
        prior_savings_2: second.map(|year| year.0),
        prior_savings_3: third.map(|year| year.0),
        prior_person_years_1: first.map(|year| year.1),
        prior_person_years_2: second.map(|year| year.1),
        prior_person_years_3: third.map(|year| year.1),
        prior_sharing_rate_1: first.and_then(|year| year.2),
        prior_sharing_rate_2: second.and_then(|year| year.2),
        prior_sharing_rate_3: third.and_then(|year| year.2),
        termination: Some(term.termination.map_or("none", |(kind, _, _)| kind)),
        termination_date: term.termination.map(|(_, day, _)| day),
        closeout_complete: term.termination.map(|(_, _, done)| done),
        aip_outstanding: term.advance_outstanding,
        prepaid_outstanding: term.prepaid_outstanding,
        assigned_beneficiaries: None,
        participant_revenue: None,
        low_revenue: None,
        lis_dual_share: None,
        dual_share_by3: None,
    }
}

/// The lists of each ACO's performance years: TINs, and the CCNs of its clinics and hospitals.
fn participants(world: &World, sink: &mut Sink) -> Result<()> {
    let market = &world.market;
    let attested_until = world.parameters.reports.attested_until;
    for (number, aco) in world.acos.iter().enumerate() {
        let number = number as u16;
        let members: Vec<u32> =
            (0..market.practices.len() as u32).filter(|i| market.practices[*i as usize].acos.contains(&Some(number))).collect();
        let mut years: Vec<u16> = aco.terms.iter().map(|term| term.year).collect();
        years.sort_unstable();
        years.dedup();
        for year in years {
            let row = |tin, ccn, npi| Participant {
                aco_id: aco.id.as_str(),
                performance_year: year,
                tin,
                ccn,
                npi,
                performance_half: None,
            };
            // A list is never empty: practices that left or came late stay where there would be no other.
            let nobody = !members.iter().any(|practice| market.listed(*practice, number, year));
            for practice in &members {
                if market.listed(*practice, number, year) || nobody {
                    sink.push(&row(Some(market.practices[*practice as usize].tin.as_str()), None, None))?;
                }
            }
            let mut ccns: Vec<(Short<6>, u64)> = Vec::new();
            for (county, f) in market.facilities.iter().enumerate().filter(|(_, f)| f.aco == Some(number)) {
                let attesting = npi(market.local[county].first, 0);
                ccns.push((f.qualified_center, attesting));
                ccns.extend(f.rural_clinic.map(|ccn| (ccn, attesting)));
                if f.critical_access || f.teaching_amendment {
                    ccns.push((f.hospital, 0));
                }
            }
            ccns.sort_unstable();
            ccns.dedup_by_key(|(ccn, _)| *ccn);
            for (ccn, attesting) in &ccns {
                // Clinics once attested which of their clinicians provide primary care (42 CFR 425.404(a)).
                sink.push(&row(None, Some(ccn.as_str()), (*attesting > 0 && year <= attested_until).then_some(*attesting)))?;
            }
        }
    }
    Ok(())
}

/// Specialties of all clinicians but a few whom PECOS does not know.
fn clinicians(world: &World, sink: &mut Sink) -> Result<()> {
    for (number, practice) in world.market.practices.iter().enumerate() {
        for clinician in 0..CLINICIANS {
            let npi = npi(number as u32, clinician);
            if unit_of(world.plan.seed, Purpose::SideTables, npi) > world.parameters.oddities.missing_optional {
                sink.push(&NpiSpecialty { npi, specialty: specialty(practice.primary, clinician).as_str() })?;
            }
        }
    }
    Ok(())
}

/// Hospitals that elected teaching amendment billing, year by year, a few years left out.
fn elections(world: &World, sink: &mut Sink) -> Result<()> {
    let mut hospitals: Vec<Short<6>> =
        world.market.facilities.iter().filter(|f| f.teaching_amendment).map(|f| f.hospital).collect();
    hospitals.sort_unstable();
    hospitals.dedup();
    for (number, hospital) in hospitals.iter().enumerate() {
        for year in world.plan.years() {
            if unit_of(world.plan.seed, Purpose::SideTables, (number as u64) << 16 | u64::from(year)) > 0.1 {
                sink.push(&EtaCcn { ccn: hospital.as_str(), year })?;
            }
        }
    }
    Ok(())
}

/// Who designated whom: mostly their own physician, some a clinician elsewhere, some withdrawn or changed.
fn designations(world: &World, sink: &mut Sink) -> Result<()> {
    let opened = parse_day("2016-06-01")?;
    let first = world.calendar.start(-18).max(opened);
    let end = world.calendar.start(world.calendar.months);
    if first >= end {
        return Ok(());
    }
    for index in 0..world.plan.beneficiaries {
        let mut s = Stream::new(world.plan.seed, Purpose::SideTables, 1 << 40 | index);
        if !s.chance(world.parameters.people.voluntary_alignment) {
            continue;
        }
        let person = Person::new(world, index);
        let day = s.between(first, end - 1);
        let own = s.chance(0.6);
        let practice = if own { person.practice } else { s.below(world.market.practices.len() as u64) as u32 };
        let clinician = if s.chance(0.8) { s.below(PRIMARY_PHYSICIANS) } else { s.below(CLINICIANS) };
        let ended = s.chance(0.2).then(|| day + s.between(30, 700));
        let row = |practice: u32, day, ended, with_tin: bool| VoluntaryAlignment {
            bene_id: person.id.as_str(),
            npi: npi(practice, clinician),
            tin: with_tin.then(|| world.market.practices[practice as usize].tin.as_str()),
            designated_date: day,
            ended_date: ended,
        };
        let with_tin = !s.chance(0.1);
        sink.push(&row(practice, day, ended, with_tin))?;
        if let Some(ended) = ended.filter(|_| s.chance(0.5)) {
            sink.push(&row(person.rival, ended + 1, None, true))?;
        }
    }
    Ok(())
}

/// Individually identifiable payments of other initiatives, final and interim.
fn payments(world: &World, sink: &mut Sink) -> Result<()> {
    for index in 0..world.plan.beneficiaries {
        let mut s = Stream::new(world.plan.seed, Purpose::SideTables, 2 << 40 | index);
        if !s.chance(world.parameters.people.non_claims_payment) {
            continue;
        }
        for _ in 0..=s.below(4) {
            let month = s.between(0, world.calendar.months - 1);
            let amount = 2_000 + s.below(60_000) as i64;
            sink.push(&NonClaimsPayment {
                bene_id: world.ids.at(index).as_str(),
                payment_date: world.calendar.start(month) + s.between(0, 27),
                payment_amt: Cents(if s.chance(0.05) { -amount } else { amount }),
                final_payment: s.chance(0.6),
                tin: None,
            })?;
        }
    }
    Ok(())
}
