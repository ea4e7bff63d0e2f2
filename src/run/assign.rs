//! Who is assigned where: by own choice, else by a prospective list, else at the year's end (42 CFR 425.400, 425.402).

use crate::assignment::{Assigner, Designation, Designations, Draw, Owners, UNASSIGNED};
use crate::beneficiary::{Calendar, Cut, MonthsTest, Partition, Role, WindowKind};
use crate::factors::AssignmentMethod;
use crate::rules::assignment::Deadline;
use crate::rules::choices::{PruningByParts, PruningByResidence};

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
    /// Which months take a person off a prospective list.
    pub by_parts: PruningByParts,
    /// Where a person on a prospective list must live.
    pub by_residence: PruningByResidence,
    /// First day of the window of prospective assignment.
    pub offset_window: Deadline,
    /// First day of each year of the run, since 1970-01-01.
    pub first_days: &'r [i32],
    /// The year that ends with a quarter, where one does.
    pub cut: Option<Cut>,
}

/// The ACO of every person and year of a partition, by number, or [`UNASSIGNED`].
pub type Assigned = Vec<u16>;

/// The windows of a year by method, and the expanded ones where step 3 exists.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// The method that looks at them.
    pub method: AssignmentMethod,
    /// The assignment window, by number.
    pub window: usize,
    /// The expanded window.
    pub reach: Option<usize>,
}

/// Why a designation does not assign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceLapse {
    /// The clinician is of no ACO.
    Outside,
    /// He is not of those who furnish primary care.
    NotPrimaryCare,
    /// His ACO has no people of its own in the year.
    AcoNotInYear,
    /// The person cannot be assigned.
    Ineligible(Ineligible),
    /// No physician of the ACO furnished primary care in the window.
    NotFurnished,
}

/// Why services in a window do not assign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListLapse {
    /// The person cannot be assigned.
    Ineligible(Ineligible),
    /// No ACO has the plurality and a physician of its own.
    NobodyOfAnAco,
    /// The ACO is assigned people by the other method.
    OtherMethod(u16),
    /// The ACO has no people of its own in the year.
    AcoNotInYear(u16),
    /// The person chose a clinician elsewhere.
    ChoiceElsewhere(u16),
}

/// Hears how a person is assigned. Nobody does during a run.
pub trait Listener {
    /// A designation stands in the year, and assigns or lapses.
    fn choice(&mut self, designation: Designation, judged: Result<u16, ChoiceLapse>);
    /// A method's windows assign, or do not; `assigner` has looked at them if the person is eligible.
    fn list(&mut self, windows: Windows, judged: Result<u16, ListLapse>, assigner: &Assigner<'_>);
}

impl Listener for () {
    #[inline]
    fn choice(&mut self, _: Designation, _: Result<u16, ChoiceLapse>) {}
    #[inline]
    fn list(&mut self, _: Windows, _: Result<u16, ListLapse>, _: &Assigner<'_>) {}
}

/// The windows that assign people in a year of the run, in the order in which they do.
pub fn windows(calendar: &Calendar, year: usize) -> Vec<Windows> {
    let of = |method, kind, reach| {
        let window = calendar.window(kind, year)?;
        Some(Windows { method, window, reach: calendar.window(reach, year) })
    };
    let prospective = of(AssignmentMethod::Prospective, WindowKind::Offset, WindowKind::OffsetReach);
    let retrospective = of(AssignmentMethod::Retrospective, WindowKind::Calendar, WindowKind::CalendarReach);
    prospective.into_iter().chain(retrospective).collect()
}

/// The ACO of every person and year of a partition, by number. In a year that an ACO does not need it is a rival like any other,
/// and is given nobody. `years` are the windows of each year.
pub fn assign(partition: &Partition, calendar: &Calendar, grounds: Grounds<'_>, years: &[Vec<Windows>]) -> Assigned {
    let mut assigner = Assigner::new(grounds.owners, grounds.draw);
    let cells = partition.people * partition.years;
    let mut assigned = vec![UNASSIGNED; cells];
    for person in 0..partition.people {
        for (year, windows) in years.iter().enumerate() {
            assigned[person * partition.years + year] =
                person_assigned(partition, person, year, calendar, grounds, windows, &mut assigner, &mut ());
        }
    }
    assigned
}

/// The ACO of a person in a year, by number, or [`UNASSIGNED`]; `listener` is told of every judgement on the way.
#[allow(clippy::too_many_arguments, reason = "one person-year and all that decides on it")]
pub fn person_assigned<L: Listener>(
    partition: &Partition,
    person: usize,
    year: usize,
    calendar: &Calendar,
    grounds: Grounds<'_>,
    windows: &[Windows],
    assigner: &mut Assigner<'_>,
    listener: &mut L,
) -> u16 {
    let bene = partition.first + person as u32;
    let calendar_year = calendar.years()[year];
    let designation = grounds.designations.of(bene, year);
    let method_of = |aco: u16| grounds.methods[usize::from(aco)];
    let needs = |aco: u16| grounds.needed[year][usize::from(aco)];
    // A choice goes before every list; among lists the prospective one comes first.
    if let Some(designation) = designation {
        let mut judge = || {
            let aco = designation.aco.ok_or(ChoiceLapse::Outside)?;
            if !designation.counts {
                return Err(ChoiceLapse::NotPrimaryCare);
            }
            if !needs(aco) {
                return Err(ChoiceLapse::AcoNotInYear);
            }
            let mine = windows.iter().find(|windows| windows.method == method_of(aco)).ok_or(ChoiceLapse::AcoNotInYear)?;
            eligible(partition, person, year, grounds, mine.method).map_err(ChoiceLapse::Ineligible)?;
            if grounds.designations.must_furnish(year) {
                look(assigner, partition, person, *mine);
                if !assigner.opened(aco) {
                    return Err(ChoiceLapse::NotFurnished);
                }
            }
            Ok(aco)
        };
        let judged = judge();
        listener.choice(designation, judged);
        if let Ok(aco) = judged {
            return aco;
        }
    }
    for windows in windows {
        let judge = |assigner: &mut Assigner<'_>| {
            eligible(partition, person, year, grounds, windows.method).map_err(ListLapse::Ineligible)?;
            look(assigner, partition, person, *windows);
            let aco = assigner.plurality(bene, calendar_year);
            if aco == UNASSIGNED {
                return Err(ListLapse::NobodyOfAnAco);
            }
            if method_of(aco) != windows.method {
                return Err(ListLapse::OtherMethod(aco));
            }
            if !needs(aco) {
                return Err(ListLapse::AcoNotInYear(aco));
            }
            if designation.is_some_and(|designation| !designation.leaves_claims(aco)) {
                return Err(ListLapse::ChoiceElsewhere(aco));
            }
            Ok(aco)
        };
        let judged = judge(assigner);
        listener.list(*windows, judged, assigner);
        if let Ok(aco) = judged {
            return aco;
        }
    }
    UNASSIGNED
}

fn look(assigner: &mut Assigner<'_>, partition: &Partition, person: usize, windows: Windows) {
    let facts = |window| partition.services.facts(person, window);
    assigner.look(facts(windows.window), windows.reach.map(facts));
}

/// Why a person cannot be assigned in a year under a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ineligible {
    /// Dead before the year.
    Dead,
    /// The months of the year, or of the offset window, do not pass.
    Months(MonthsTest),
    /// Assigned to another shared savings initiative.
    OtherInitiative,
    /// Not a resident.
    NotResident,
    /// Not a resident when the prospective list was made.
    NotResidentInSeptember,
    /// The run does not know the years of the offset window.
    YearsUnknown,
}

/// Whether a person can be assigned in a year under a method (42 CFR 425.401).
fn eligible(
    partition: &Partition,
    person: usize,
    year: usize,
    grounds: Grounds<'_>,
    method: AssignmentMethod,
) -> Result<(), Ineligible> {
    let at = |year: usize| &partition.person_years[person * partition.years + year];
    if partition.deaths[person] < grounds.first_days[year] {
        return Err(Ineligible::Dead);
    }
    let resident = |county: u16| grounds.resident[usize::from(county)];
    let this = at(year);
    if this.months.in_another_initiative() {
        return Err(Ineligible::OtherInitiative);
    }
    let passes = |test: MonthsTest| if test.passes() { Ok(()) } else { Err(Ineligible::Months(test)) };
    let prospective = method == AssignmentMethod::Prospective;
    let months = match grounds.cut.filter(|cut| cut.year == year && cut.months < 12) {
        None => this.months.eligible(0, 12),
        // A list is pruned by the year to date; the window of a retrospective one is the latest twelve months.
        Some(cut) if prospective => this.months.eligible(0, cut.months),
        Some(cut) => both(at(year - 1).months.eligible(cut.months, 12), this.months.eligible(0, cut.months)),
    };
    // A prospective list is pruned by the year itself (425.401(b)).
    let stays = match grounds.by_parts {
        PruningByParts::Both if prospective => !months.plan && (months.both_parts || !months.one_part),
        _ => months.passes(),
    };
    if !stays {
        return Err(Ineligible::Months(months));
    }
    let anywhere = prospective && grounds.by_residence == PruningByResidence::WindowEnd;
    if !anywhere && !resident(this.county) {
        return Err(Ineligible::NotResident);
    }
    if prospective {
        // The list is fixed by the offset window.
        let begins = grounds.offset_window;
        let first = year.checked_sub(usize::from(begins.years_before)).ok_or(Ineligible::YearsUnknown)?;
        let (second, month) = (first + 1, begins.month as usize - 1);
        passes(both(at(first).months.eligible(month, 12), at(second).months.eligible(0, month)))?;
        if !resident(at(second).county_september) {
            return Err(Ineligible::NotResidentInSeptember);
        }
    }
    Ok(())
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
