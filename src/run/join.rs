//! Facts joined with assignment and thresholds: the sums of everything.

use ahash::HashMap;

use super::assign::{Assigned, Grounds, assignable};
use super::assignment_list::Overlay;
use super::partitions::Partitions;
use super::rounds::Judge;
use crate::aggregate::{Aggregates, Annual, Part, Shape, Sums, Top};
use crate::assignment::UNASSIGNED;
use crate::beneficiary::{COMPONENTS, Calendar, Partition, WindowKind};
use crate::error::Result;
use crate::factors::AssignmentMethod;
use crate::money::Cents;
use crate::rules::choices::{CountyOfResidence, ThresholdRank};
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
    /// When people are looked for in their county.
    pub county_of_residence: CountyOfResidence,
    /// Method of each agreement, by its number.
    pub methods: Vec<AssignmentMethod>,
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

    /// Where a person lives at the end of the window of a method, by the county's code; `at` is his year.
    fn home(&self, partition: &Partition, at: usize, method: AssignmentMethod) -> u16 {
        let by_window = self.county_of_residence == CountyOfResidence::WindowEnd && method == AssignmentMethod::Prospective;
        if by_window { partition.person_years[at - 1].county_september } else { partition.person_years[at].county }
    }

    /// Whether a person is of the nation in a year.
    fn counts(&self, partition: &Partition, person: usize, year: usize) -> bool {
        self.population == Population::AllFfs
            || self.calendar_window(year).is_some_and(|(window, reach)| assignable(partition, person, window, reach))
    }
}

/// The thresholds of every year and type over the nation (42 CFR 425.601(a)(4), 425.602(a)(4)) of an extract of so many people.
///
/// # Errors
/// When a partition cannot be built.
pub fn thresholds(
    partitions: &Partitions,
    people: usize,
    reference: &Reference<'_>,
    percentiles: &[Percentile],
    rank: ThresholdRank,
) -> Result<Thresholds> {
    let nobody = || -> Vec<ByType<Top>> {
        percentiles.iter().map(|percentile| ByType::from_fn(|_| Top::new(people as u64, *percentile, rank))).collect()
    };
    let seen = partitions.fold(nobody, |tops, _, partition| {
        each_annual(partition, reference, |year, kind, person| tops[year][kind].add(person));
    })?;
    let mut all = nobody();
    for (year, mut some) in seen.into_iter().flat_map(|some| some.into_iter().enumerate()) {
        for kind in EnrollmentType::ALL {
            all[year][kind].merge(std::mem::replace(&mut some[kind], Top::new(0, percentiles[year], rank)));
        }
    }
    Ok(all.into_iter().map(|tops| ByType::from_fn(|kind| tops[kind].clone().threshold())).collect())
}

/// The people of the nation by what they cost: year of the run, by its position, type, and person.
///
/// # Errors
/// When a partition cannot be built.
pub fn annual(partitions: &Partitions, reference: &Reference<'_>) -> Result<Vec<(usize, EnrollmentType, Annual)>> {
    let seen = partitions.fold(Vec::new, |people, _, partition| {
        each_annual(partition, reference, |year, kind, person| people.push((year, kind, person)));
    })?;
    Ok(seen.into_iter().flatten().collect())
}

/// Shows whoever is of the nation, by every year and type of which he has a month.
fn each_annual(partition: &Partition, reference: &Reference<'_>, mut see: impl FnMut(usize, EnrollmentType, Annual)) {
    for person in 0..partition.people {
        for year in 0..partition.years {
            let at = person * partition.years + year;
            let held = |kind: &EnrollmentType| partition.spending.slot(at, *kind);
            if EnrollmentType::ALL.iter().all(|kind| held(kind).is_none()) || !reference.counts(partition, person, year) {
                continue;
            }
            for kind in EnrollmentType::ALL {
                let months = partition.person_years[at].months.count(kind) as u8;
                if let Some(slot) = held(&kind).filter(|_| months > 0) {
                    see(year, kind, Annual { cents: partition.spending.cents(slot).iter().sum(), months });
                }
            }
        }
    }
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
pub struct Sitting<'r> {
    /// Whoever assigns its people.
    pub judge: Judge<'r>,
    /// CMS's lists instead of the judge, where they are taken.
    pub list: Option<Overlay<'r>>,
    /// In which years an agreement's people are its own, by year and number.
    pub counted: Vec<Vec<bool>>,
    /// How newly assigned people are told from the others, where some agreement asks for it.
    pub acquaintance: Option<Acquaintance<'r>>,
}

/// The method whose window people of a county are looked for in, by window.
const METHODS: [AssignmentMethod; 2] = [AssignmentMethod::Retrospective, AssignmentMethod::Prospective];

/// People ahead of him whose sums are asked for.
const AHEAD: usize = 2;

/// Agreements whose a person can be in one year: one of each round.
const ROUNDS: usize = 2;

/// Months of assigned people by agreement, year, county and type.
type Residing = HashMap<(u16, u16, u16, EnrollmentType), u64>;

/// An agreement that has a person in a year, and whether he is new to its ACO where that is asked.
type Home = (u16, Option<bool>);

/// The sums of everything over at most two rounds of assignment, and who is assigned where in each, by partition. A type without
/// a threshold is not truncated, for nobody of reference has a month of it.
///
/// # Errors
/// When a partition cannot be built.
pub fn aggregate(
    partitions: &Partitions,
    reference: &Reference<'_>,
    rounds: &[Sitting<'_>],
    thresholds: &Thresholds,
    shape: Shape,
) -> Result<(Aggregates, Vec<Vec<Assigned>>)> {
    type Seen = (Aggregates, Residing, Vec<(usize, Vec<Assigned>)>);
    let seen = partitions.fold(
        || (Aggregates::empty(shape), Residing::default(), Vec::new()),
        |(sums, residing, all): &mut Seen, at, partition| {
            let mut assigned: Vec<Assigned> = Vec::with_capacity(rounds.len());
            for round in rounds {
                let mut judged = round.judge.assigned(partition, assigned.first());
                if let Some(list) = &round.list {
                    list.lay_over(partition.first, partition.years, &mut judged);
                }
                assigned.push(judged);
            }
            add((sums, residing), partition, reference, rounds, &assigned, thresholds);
            all.push((at, assigned));
        },
    )?;
    let mut sums: Option<Aggregates> = None;
    let mut all = Vec::with_capacity(partitions.len());
    for (mut some, residing, assigned) in seen {
        for ((aco, year, county, kind), months) in residing {
            some.reside(aco, year, county, kind, months);
        }
        match &mut sums {
            Some(sums) => sums.merge(&some),
            None => sums = Some(some),
        }
        all.extend(assigned);
    }
    all.sort_unstable_by_key(|(at, _)| *at);
    let mut by_round = vec![Vec::with_capacity(all.len()); rounds.len()];
    for (_, assigned) in all {
        by_round.iter_mut().zip(assigned).for_each(|(round, assigned)| round.push(assigned));
    }
    Ok((sums.unwrap_or_else(|| Aggregates::empty(shape)), by_round))
}

/// Adds a partition to the sums, assigned round by round.
fn add(
    (sums, residing): (&mut Aggregates, &mut Residing),
    partition: &Partition,
    reference: &Reference<'_>,
    rounds: &[Sitting<'_>],
    assigned: &[Assigned],
    thresholds: &Thresholds,
) {
    let spending = || (0..partition.years).filter(|year| reference.calendar.spending()[*year]);
    for person in 0..partition.people {
        let later = person + AHEAD;
        if later < partition.people {
            spending().for_each(|year| approach(sums, partition, later * partition.years + year, year, reference, assigned));
        }
        for year in spending() {
            let mut homes = [(UNASSIGNED, None); ROUNDS];
            for ((home, round), assigned) in homes.iter_mut().zip(rounds).zip(assigned) {
                let aco = assigned[person * partition.years + year];
                if aco != UNASSIGNED && round.counted[year][usize::from(aco)] {
                    let known = round.acquaintance.filter(|known| known.performance_year == year);
                    *home = (aco, known.and_then(|known| is_new(partition, person, assigned, known, reference)));
                }
            }
            add_person_year((sums, residing), partition, person, year, homes, reference, thresholds);
        }
    }
}

/// Asks for the sums that a person-year will be added to: neighbours by number live anywhere and are anybody's.
fn approach(sums: &Aggregates, partition: &Partition, at: usize, year: usize, reference: &Reference<'_>, assigned: &[Assigned]) {
    let held = |kind: &EnrollmentType| partition.spending.slot(at, *kind).is_some();
    let known =
        [reference.calendar_window(year).map(|_| (0, METHODS[0])), reference.offset_window(year).map(|_| (1, METHODS[1]))];
    for kind in EnrollmentType::ALL.into_iter().filter(held) {
        for (window, method) in known.into_iter().flatten() {
            sums.county(window, reference.home(partition, at, method), year, kind).ask();
        }
        for aco in assigned.iter().map(|assigned| assigned[at]).filter(|aco| *aco != UNASSIGNED) {
            sums.aco(usize::from(aco), year, kind).ask();
        }
    }
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
    (sums, residing): (&mut Aggregates, &mut Residing),
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
    let mut used = [false; COMPONENTS];
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
        for (used, cents) in used.iter_mut().zip(part.components) {
            *used |= cents != 0;
        }
        let his = Sums::of(&part);
        let add = |sums: &mut Sums| sums.merge(&his);
        if of_nation {
            add(sums.nation_mut(year, kind));
        }
        for (window, assignable) in by_window.into_iter().enumerate() {
            if assignable {
                add(sums.county_mut(window, reference.home(partition, at, METHODS[window]), year, kind));
            }
        }
        if settled().next().is_none() {
            add(sums.nobody_mut(year, kind));
        }
        for (aco, newly) in settled() {
            add(sums.aco_mut(usize::from(aco), year, kind));
            let county = reference.home(partition, at, reference.methods[usize::from(aco)]);
            *residing.entry((aco, year as u16, county, kind)).or_default() += u64::from(months);
            if let Some(newly) = newly {
                add(sums.acquainted_mut(usize::from(aco), kind, newly));
            }
        }
    }
    for (aco, _) in settled() {
        let heads = sums.heads_mut(usize::from(aco), year);
        heads.people += 1;
        heads.months += all_months;
        for (users, used) in heads.users.iter_mut().zip(used) {
            *users += u64::from(used);
        }
        let of_a_type = |set: u16| u64::from((set & person_year.months.of_a_type()).count_ones());
        heads.dual_months += of_a_type(person_year.dual);
        heads.low_income_or_dual_months += of_a_type(person_year.dual | person_year.low_income);
    }
}
