//! Facts joined with assignment and thresholds: the sums of everything.

use rayon::prelude::*;

use super::assign::{Assigned, Grounds, assignable};
use crate::aggregate::{Aggregates, Annual, Part, Shape, Sums, threshold};
use crate::assignment::UNASSIGNED;
use crate::beneficiary::{Calendar, Partition, WindowKind};
use crate::factors::AssignmentMethod;
use crate::money::Cents;
use crate::rules::choices::ThresholdRank;
use crate::rules::expenditure::Percentile;
use crate::rules::regimes::Population;
use crate::rules::{ByType, EnrollmentType};

/// Truncation thresholds by year of the run; none where no person of reference has a month of the type.
pub type Thresholds = Vec<ByType<Option<Cents>>>;

/// The people whose figures are the nation's, and the windows in which counties' people are assignable.
#[derive(Debug, Clone)]
pub struct Reference<'r> {
    /// The calendar.
    pub calendar: &'r Calendar,
    /// Who is of the nation.
    pub population: Population,
    /// Whether counties are needed by the offset window too.
    pub offset: bool,
}

impl Reference<'_> {
    fn window(&self, kind: WindowKind, reach: WindowKind, year: usize) -> Option<(usize, Option<usize>)> {
        Some((self.calendar.window(kind, year)?, self.calendar.window(reach, year)))
    }

    fn calendar_window(&self, year: usize) -> Option<(usize, Option<usize>)> {
        self.window(WindowKind::Calendar, WindowKind::CalendarReach, year)
    }

    fn offset_window(&self, year: usize) -> Option<(usize, Option<usize>)> {
        self.window(WindowKind::Offset, WindowKind::OffsetReach, year).filter(|_| self.offset)
    }

    /// Whether a person is of the nation in a year.
    fn counts(&self, partition: &Partition, person: usize, year: usize) -> bool {
        self.population == Population::AllFfs
            || self.calendar_window(year).is_some_and(|(window, reach)| assignable(partition, person, window, reach))
    }
}

/// The thresholds of every year and type over the nation (42 CFR 425.601(a)(4), 425.602(a)(4)).
pub fn thresholds(
    partitions: &[Partition],
    reference: &Reference<'_>,
    percentiles: &[Percentile],
    rank: ThresholdRank,
) -> Thresholds {
    let of =
        |year: usize, kind: EnrollmentType| threshold(&mut annual(partitions, reference, year, kind), percentiles[year], rank);
    (0..percentiles.len()).map(|year| ByType::from_fn(|kind| of(year, kind))).collect()
}

/// The people of the nation with a month of a type in a year, by what they cost.
pub fn annual(partitions: &[Partition], reference: &Reference<'_>, year: usize, kind: EnrollmentType) -> Vec<Annual> {
    let annual = |partition: &Partition| -> Vec<Annual> {
        let people = (0..partition.people).filter_map(|person| {
            let at = person * partition.years + year;
            let slot = partition.spending.slot(at, kind)?;
            let months = partition.person_years[at].months.count(kind) as u8;
            let counts = months > 0 && reference.counts(partition, person, year);
            counts.then(|| Annual { cents: partition.spending.cents(slot).iter().sum(), months })
        });
        people.collect()
    };
    partitions.par_iter().flat_map_iter(annual).collect()
}

/// How people new to an ACO are told from those it had the year before (42 CFR 425.20).
#[derive(Debug, Clone, Copy)]
pub struct Acquaintance<'r> {
    /// Position of the performance year.
    pub performance_year: usize,
    /// Position of the year before it.
    pub year_before: usize,
    /// What assignment rests on.
    pub grounds: Grounds<'r>,
}

/// A round of assignment as the sums need it.
#[derive(Debug)]
pub struct Placed<'r> {
    /// Who is assigned where, by partition.
    pub assigned: &'r [Assigned],
    /// In which years an agreement's people are its own, by year and number.
    pub counted: &'r [Vec<bool>],
    /// How newly assigned people are told from the others, where some agreement asks for it.
    pub acquaintance: Option<Acquaintance<'r>>,
}

/// Agreements whose a person can be in one year: one of each round.
const ROUNDS: usize = 2;

/// An agreement that has a person in a year, and whether he is new to its ACO where that is asked.
type Home = (u16, Option<bool>);

/// The sums of everything over at most two rounds of assignment. A type without a threshold is not truncated, for nobody of
/// reference has a month of it.
pub fn aggregate(
    partitions: &[Partition],
    reference: &Reference<'_>,
    rounds: &[Placed<'_>],
    thresholds: &Thresholds,
    shape: Shape,
) -> Aggregates {
    let fold = |mut sums: Aggregates, (number, partition): (usize, &Partition)| {
        for person in 0..partition.people {
            for year in (0..partition.years).filter(|year| reference.calendar.spending()[*year]) {
                let mut homes = [(UNASSIGNED, None); ROUNDS];
                for (home, round) in homes.iter_mut().zip(rounds) {
                    let assigned = &round.assigned[number];
                    let aco = assigned[person * partition.years + year];
                    if aco != UNASSIGNED && round.counted[year][usize::from(aco)] {
                        let known = round.acquaintance.filter(|known| known.performance_year == year);
                        *home = (aco, known.and_then(|known| is_new(partition, person, assigned, known, reference)));
                    }
                }
                add_person_year(&mut sums, partition, person, year, homes, reference, thresholds);
            }
        }
        sums
    };
    partitions.par_iter().enumerate().fold(|| Aggregates::empty(shape), fold).reduce(
        || Aggregates::empty(shape),
        |mut left, right| {
            left.merge(&right);
            left
        },
    )
}

/// Whether a person assigned in the performance year is new to the ACO: neither assigned to it nor furnished primary care by
/// it in the window of the year before.
fn is_new(
    partition: &Partition,
    person: usize,
    assigned: &[u16],
    known: Acquaintance<'_>,
    reference: &Reference<'_>,
) -> Option<bool> {
    let at = |year: usize| person * partition.years + year;
    let aco = assigned[at(known.performance_year)];
    if aco == UNASSIGNED {
        return None;
    }
    if assigned[at(known.year_before)] == aco {
        return Some(false);
    }
    let kind = match known.grounds.methods[usize::from(aco)] {
        AssignmentMethod::Prospective => WindowKind::Offset,
        AssignmentMethod::Retrospective => WindowKind::Calendar,
    };
    let window = reference.calendar.window(kind, known.year_before)?;
    let mut services = partition.services.facts(person, window);
    Some(!services.any(|fact| known.grounds.owners.lists(aco, fact.entity)))
}

#[allow(clippy::too_many_arguments, reason = "one person-year seen from every product of the run")]
fn add_person_year(
    sums: &mut Aggregates,
    partition: &Partition,
    person: usize,
    year: usize,
    homes: [Home; ROUNDS],
    reference: &Reference<'_>,
    thresholds: &Thresholds,
) {
    let settled = || homes.into_iter().filter(|(aco, _)| *aco != UNASSIGNED);
    let at = person * partition.years + year;
    let person_year = &partition.person_years[at];
    let of_nation = reference.counts(partition, person, year);
    let within = |window: Option<(usize, Option<usize>)>| {
        window.is_some_and(|(window, reach)| assignable(partition, person, window, reach))
    };
    let by_window = [within(reference.calendar_window(year)), within(reference.offset_window(year))];
    let mut all_months = 0;
    for kind in EnrollmentType::ALL {
        let Some(slot) = partition.spending.slot(at, kind) else { continue };
        let months = person_year.months.count(kind);
        if months == 0 {
            continue;
        }
        all_months += u64::from(months);
        let part = Part {
            months,
            components: partition.spending.cents(slot),
            threshold: thresholds[year][kind].map_or(i64::MAX / 12, |limit| limit.0),
            scores: std::array::from_fn(|set| {
                let scores = &partition.scores[set];
                (scores.prospective[slot], scores.demographic[slot])
            }),
        };
        let add = |sums: &mut Sums| sums.add(&part);
        if of_nation {
            add(sums.nation_mut(year, kind));
        }
        for (window, assignable) in by_window.into_iter().enumerate() {
            if assignable {
                add(sums.county_mut(window, person_year.county, year, kind));
            }
        }
        if settled().next().is_none() {
            add(sums.nobody_mut(year, kind));
        }
        for (aco, newly) in settled() {
            add(sums.aco_mut(usize::from(aco), year, kind));
            sums.reside(aco, year as u16, person_year.county, kind, u64::from(months));
            if let Some(newly) = newly {
                add(sums.acquainted_mut(usize::from(aco), kind, newly));
            }
        }
    }
    for (aco, _) in settled() {
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
