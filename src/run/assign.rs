//! Who is assigned where: by own choice, else by a prospective list, else at the year's end (42 CFR 425.400, 425.402).

use rayon::prelude::*;

use crate::assignment::{Assigner, Designations, Draw, Owners, UNASSIGNED};
use crate::beneficiary::{Calendar, MonthsTest, Partition, Role, WindowKind};
use crate::factors::AssignmentMethod;
use crate::rules::assignment::Deadline;

/// What assignment rests on beside the facts.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'r> {
    /// Owners of the billing entities.
    pub owners: &'r Owners,
    /// The last tie-break.
    pub draw: Draw<'r>,
    /// Whether one can be assigned who lives in a county, by its code.
    pub resident: &'r [bool],
    /// Method of each ACO, by its number.
    pub methods: &'r [AssignmentMethod],
    /// Whether an ACO is given its people in a year, by year of the run and number of the ACO.
    pub needed: &'r [Vec<bool>],
    /// Designations that stand.
    pub designations: &'r Designations,
    /// First day of the window of prospective assignment.
    pub offset_window: Deadline,
    /// First day of each year of the run, since 1970-01-01.
    pub first_days: &'r [i32],
}

/// The ACO of every person and year of a partition, by number, or [`UNASSIGNED`].
pub type Assigned = Vec<u16>;

/// The windows of a year by method, and the expanded ones where step 3 exists.
#[derive(Debug, Clone, Copy)]
struct Windows {
    method: AssignmentMethod,
    window: usize,
    reach: Option<usize>,
}

/// The ACO of every person and year, by number, for each partition. In a year that an ACO does not need it is a rival like
/// any other, and is given nobody.
pub fn assign(partitions: &[Partition], calendar: &Calendar, grounds: Grounds<'_>) -> Vec<Assigned> {
    let years: Vec<Vec<Windows>> = (0..calendar.years().len()).map(|year| windows(calendar, year)).collect();
    partitions.par_iter().map(|partition| partition_assigned(partition, calendar, grounds, &years)).collect()
}

fn windows(calendar: &Calendar, year: usize) -> Vec<Windows> {
    let of = |method, kind, reach| {
        let window = calendar.window(kind, year)?;
        Some(Windows { method, window, reach: calendar.window(reach, year) })
    };
    let prospective = of(AssignmentMethod::Prospective, WindowKind::Offset, WindowKind::OffsetReach);
    let retrospective = of(AssignmentMethod::Retrospective, WindowKind::Calendar, WindowKind::CalendarReach);
    prospective.into_iter().chain(retrospective).collect()
}

fn partition_assigned(partition: &Partition, calendar: &Calendar, grounds: Grounds<'_>, years: &[Vec<Windows>]) -> Assigned {
    let mut assigner = Assigner::new(grounds.owners, grounds.draw);
    let cells = partition.people * partition.years;
    let mut assigned = vec![UNASSIGNED; cells];
    for person in 0..partition.people {
        for (year, windows) in years.iter().enumerate() {
            assigned[person * partition.years + year] =
                person_assigned(partition, person, year, calendar, grounds, windows, &mut assigner);
        }
    }
    assigned
}

fn person_assigned(
    partition: &Partition,
    person: usize,
    year: usize,
    calendar: &Calendar,
    grounds: Grounds<'_>,
    windows: &[Windows],
    assigner: &mut Assigner<'_>,
) -> u16 {
    let bene = partition.first + person as u32;
    let calendar_year = calendar.years()[year];
    let designation = grounds.designations.of(bene, year);
    let method_of = |aco: u16| grounds.methods[usize::from(aco)];
    let needs = |aco: u16| grounds.needed[year][usize::from(aco)];
    // A choice goes before every list; among lists the prospective one comes first.
    if let Some(aco) = designation.filter(|found| found.counts).and_then(|found| found.aco).filter(|aco| needs(*aco)) {
        let mine = windows.iter().find(|windows| windows.method == method_of(aco));
        if let Some(mine) = mine.filter(|mine| eligible(partition, person, year, grounds, mine.method)) {
            let furnished = !grounds.designations.must_furnish(year) || {
                look(assigner, partition, person, *mine);
                assigner.opened(aco)
            };
            if furnished {
                return aco;
            }
        }
    }
    for windows in windows {
        if !eligible(partition, person, year, grounds, windows.method) {
            continue;
        }
        look(assigner, partition, person, *windows);
        let aco = assigner.plurality(bene, calendar_year);
        let free = designation.is_none_or(|designation| designation.leaves_claims(aco));
        if aco != UNASSIGNED && method_of(aco) == windows.method && needs(aco) && free {
            return aco;
        }
    }
    UNASSIGNED
}

fn look(assigner: &mut Assigner<'_>, partition: &Partition, person: usize, windows: Windows) {
    let facts = |window| partition.services.facts(person, window);
    assigner.look(facts(windows.window), windows.reach.map(facts));
}

/// Whether a person can be assigned in a year under a method (42 CFR 425.401).
fn eligible(partition: &Partition, person: usize, year: usize, grounds: Grounds<'_>, method: AssignmentMethod) -> bool {
    let at = |year: usize| &partition.person_years[person * partition.years + year];
    if partition.deaths[person] < grounds.first_days[year] {
        return false;
    }
    let resident = |county: u16| grounds.resident[usize::from(county)];
    let this = at(year);
    let in_year = this.months.eligible(0, 12).passes() && resident(this.county);
    match method {
        AssignmentMethod::Retrospective => in_year,
        AssignmentMethod::Prospective => {
            // The list is fixed by the offset window and pruned by the year itself (425.401(b)).
            let begins = grounds.offset_window;
            let Some(first) = year.checked_sub(usize::from(begins.years_before)) else { return false };
            let (second, month) = (first + 1, begins.month as usize - 1);
            let months = both(at(first).months.eligible(month, 12), at(second).months.eligible(0, month));
            in_year && months.passes() && resident(at(second).county_september)
        }
    }
}

fn both(left: MonthsTest, right: MonthsTest) -> MonthsTest {
    MonthsTest {
        both_parts: left.both_parts || right.both_parts,
        one_part: left.one_part || right.one_part,
        plan: left.plan || right.plan,
    }
}

/// Whether a person is assignable in a window (42 CFR 425.20): a physician's service in it or, where there is an expanded
/// window, a physician's in that one and a non-physician's in the window itself.
pub fn assignable(partition: &Partition, person: usize, window: usize, reach: Option<usize>) -> bool {
    let any = |window, role| partition.services.any(person, window, role);
    any(window, Role::ASSIGNABLE) || reach.is_some_and(|reach| any(reach, Role::ASSIGNABLE) && any(window, Role::NON_PHYSICIAN))
}
