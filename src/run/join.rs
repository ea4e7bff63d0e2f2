//! Facts joined with participants and thresholds: who is assigned where, and the sums of everything.

use rayon::prelude::*;

use crate::aggregate::{Aggregates, Annual, Shape, Sums, threshold};
use crate::assignment::{Assigner, Draw, Owners, UNASSIGNED};
use crate::beneficiary::{Calendar, Partition, Role};
use crate::money::Cents;
use crate::rules::expenditure::Percentile;
use crate::rules::{ByType, EnrollmentType};

/// Truncation thresholds by year of the run; none where no assignable person has a month of the type.
pub type Thresholds = Vec<ByType<Option<Cents>>>;

/// Position of the window that serves a year of the run.
fn window_of(calendar: &Calendar, year: usize) -> usize {
    calendar.windows().iter().position(|window| window.year == year).unwrap_or(year)
}

/// The thresholds of every year and type, over the assignable people of the nation (42 CFR 425.601(a)(4)).
pub fn thresholds(partitions: &[Partition], calendar: &Calendar, percentiles: &[Percentile]) -> Thresholds {
    let years = 0..calendar.years().len();
    years
        .map(|year| {
            let window = window_of(calendar, year);
            ByType::from_fn(|kind| {
                let annual = |partition: &Partition| -> Vec<Annual> {
                    let people = (0..partition.people).filter(|person| partition.services.any(*person, window, Role::ASSIGNABLE));
                    let annual = people.filter_map(|person| {
                        let at = person * partition.years + year;
                        let slot = partition.spending.slot(at, kind)?;
                        let months = partition.person_years[at].months.count(kind) as u8;
                        (months > 0).then(|| Annual { cents: partition.spending.cents(slot).iter().sum(), months })
                    });
                    annual.collect()
                };
                let mut people: Vec<Annual> = partitions.par_iter().flat_map_iter(annual).collect();
                threshold(&mut people, percentiles[year])
            })
        })
        .collect()
}

/// What assignment rests on beside the facts.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'r> {
    /// Owners of the billing entities.
    pub owners: &'r Owners,
    /// The last tie-break.
    pub draw: Draw<'r>,
    /// Whether one can be assigned who lives in a county, by its code.
    pub resident: &'r [bool],
    /// Whether an ACO needs a year, by year of the run and number of the ACO.
    pub needed: &'r [Vec<bool>],
}

/// The ACO of every person and year, by number, for each partition. In a year that his ACO does not need a person is
/// nobody's.
pub fn assign(partitions: &[Partition], calendar: &Calendar, grounds: Grounds<'_>) -> Vec<Vec<u16>> {
    let assign_partition = |partition: &Partition| {
        let mut assigner = Assigner::new(grounds.owners, grounds.draw);
        let mut assigned = vec![UNASSIGNED; partition.people * partition.years];
        for person in 0..partition.people {
            for (year, calendar_year) in calendar.years().iter().enumerate() {
                let at = person * partition.years + year;
                let person_year = &partition.person_years[at];
                if !person_year.months.eligible(0, 12).passes() || !grounds.resident[usize::from(person_year.county)] {
                    continue;
                }
                let facts = partition.services.facts(person, window_of(calendar, year));
                let aco = assigner.assign(partition.first + person as u32, *calendar_year, facts);
                if aco != UNASSIGNED && grounds.needed[year][usize::from(aco)] {
                    assigned[at] = aco;
                }
            }
        }
        assigned
    };
    partitions.par_iter().map(assign_partition).collect()
}

/// The sums of everything. A type without a threshold is not truncated, for it has no assignable people.
pub fn aggregate(
    partitions: &[Partition],
    calendar: &Calendar,
    assigned: &[Vec<u16>],
    thresholds: &Thresholds,
    shape: Shape,
) -> Aggregates {
    let parts = partitions.par_iter().zip(assigned);
    let fold = |mut sums: Aggregates, (partition, assigned): (&Partition, &Vec<u16>)| {
        for person in 0..partition.people {
            for year in 0..partition.years {
                add_person_year(&mut sums, partition, person, year, assigned, calendar, thresholds);
            }
        }
        sums
    };
    parts.fold(|| Aggregates::empty(shape), fold).reduce(
        || Aggregates::empty(shape),
        |mut left, right| {
            left.merge(&right);
            left
        },
    )
}

fn add_person_year(
    sums: &mut Aggregates,
    partition: &Partition,
    person: usize,
    year: usize,
    assigned: &[u16],
    calendar: &Calendar,
    thresholds: &Thresholds,
) {
    let at = person * partition.years + year;
    let person_year = &partition.person_years[at];
    let aco = assigned[at];
    let assignable = partition.services.any(person, window_of(calendar, year), Role::ASSIGNABLE);
    let mut all_months = 0;
    for kind in EnrollmentType::ALL {
        let Some(slot) = partition.spending.slot(at, kind) else { continue };
        let months = person_year.months.count(kind);
        if months == 0 {
            continue;
        }
        all_months += u64::from(months);
        let limit = thresholds[year][kind].map_or(i64::MAX / 12, |limit| limit.0);
        let (score, demographic) = (partition.scores[slot], partition.demographics[slot]);
        let add = |sums: &mut Sums| sums.add(months, partition.spending.cents(slot), limit, score, demographic);
        if assignable {
            add(sums.nation_mut(year, kind));
            add(sums.county_mut(person_year.county, year, kind));
        }
        if aco == UNASSIGNED {
            add(sums.nobody_mut(year, kind));
        } else {
            add(sums.aco_mut(usize::from(aco), year, kind));
            sums.reside(aco, year as u16, person_year.county, kind, u64::from(months));
        }
    }
    if aco != UNASSIGNED {
        let heads = sums.heads_mut(usize::from(aco), year);
        heads.people += 1;
        heads.months += all_months;
        for month in (0..12).filter(|month| person_year.months.kind(*month).is_some()) {
            let bit = |set: u16| u64::from(set >> month & 1);
            heads.dual_months += bit(person_year.dual);
            heads.low_income_or_dual_months += bit(person_year.dual | person_year.low_income);
        }
    }
}
