//! A person's years: months by type, dollars, windows, rivals, steps, and the ACO assigned.

use super::account::{ListAccount, RivalAccount, TypeAccount, YearAccount, biller, dollars, iso};
use crate::aggregate::truncated_twelvefold;
use crate::assignment::{Assigner, Decided, Designation, UNASSIGNED};
use crate::beneficiary::{Component, MonthsTest, NO_SCORE, Partition, PersonYear, WindowKind};
use crate::error::Result;
use crate::factors::AssignmentMethod;
use crate::money::{Cents, div_half_even};
use crate::rules::EnrollmentType;
use crate::run::assign::{Assigned, ChoiceLapse, Ineligible, ListLapse, Listener, Windows, assignable, person_assigned, windows};
use crate::run::facts::Facts;
use crate::run::findings::Premises;
use crate::run::join::Thresholds;
use crate::run::rounds::{Common, Round};

/// Every year of the run.
pub fn accounts(
    facts: &Facts,
    premises: Premises<'_>,
    rounds: &[Round],
    common: Common<'_>,
    names: &[String],
    thresholds: &Thresholds,
) -> Result<Vec<YearAccount>> {
    // A trace holds one person, and him alone.
    facts.partitions.one(0, |partition| partition_accounts(partition, facts, premises, rounds, common, names, thresholds))
}

#[allow(clippy::too_many_arguments, reason = "one person and all that decides on him")]
fn partition_accounts(
    partition: &Partition,
    facts: &Facts,
    premises: Premises<'_>,
    rounds: &[Round],
    common: Common<'_>,
    names: &[String],
    thresholds: &Thresholds,
) -> Vec<YearAccount> {
    let calendar = facts.policy.calendar();
    let terms = premises.terms;
    let counted = &terms.counted;
    let mut places: Vec<Assigned> = Vec::new();
    for round in rounds {
        places.push(round.judge(common, calendar, terms).assigned(partition, places.first()));
    }
    let mut accounts = Vec::new();
    for (index, year) in calendar.years().iter().enumerate() {
        let person_year = &partition.person_years[index];
        let county = |code| facts.counties.name(code).map(str::to_string);
        let mut heard =
            Heard { person: partition.first, facts, names, half: None, year: index, designations: Vec::new(), lists: Vec::new() };
        let windows = windows(calendar, index);
        let mut assigned = Vec::new();
        for (at, (round, place)) in rounds.iter().zip(&places).enumerate() {
            heard.half = (rounds.len() > 1).then_some(if at == 0 { "first half" } else { "second half" });
            let grounds = round.grounds(common);
            let mut assigner = Assigner::new(grounds.owners, grounds.draw);
            person_assigned(partition, 0, index, calendar, grounds, &windows, &mut assigner, &mut heard);
            let aco = place[index];
            if aco != UNASSIGNED && round.stands.counted(counted)[index][usize::from(aco)] {
                assigned.push(names[usize::from(aco)].clone());
            }
        }
        let assignable = |(kind, reach, name): (WindowKind, WindowKind, &'static str)| {
            let window = calendar.window(kind, index)?;
            assignable(partition, 0, window, calendar.window(reach, index)).then_some(name)
        };
        let kinds = [
            (WindowKind::Calendar, WindowKind::CalendarReach, "calendar year"),
            (WindowKind::Offset, WindowKind::OffsetReach, "offset window"),
        ];
        accounts.push(YearAccount {
            year: *year,
            months: months(person_year),
            county: county(person_year.county),
            county_september: county(person_year.county_september),
            expenditure: calendar.spending()[index],
            types: types(partition, index, thresholds),
            assignable: kinds.into_iter().filter_map(assignable).collect(),
            designations: heard.designations,
            lists: heard.lists,
            assigned,
        });
    }
    accounts
}

fn months(person_year: &PersonYear) -> Vec<&'static str> {
    let month = |month| match person_year.months.kind(month) {
        Some(kind) => kind.name(),
        None if person_year.months.in_episode(month) => "covid",
        None => "-",
    };
    (0..12).map(month).collect()
}

fn types(partition: &Partition, year: usize, thresholds: &Thresholds) -> Vec<TypeAccount> {
    let account = |kind: EnrollmentType| {
        let slot = partition.spending.slot(year, kind)?;
        let months = partition.person_years[year].months.count(kind);
        let cents = partition.spending.cents(slot);
        let total: i64 = cents.iter().sum();
        let threshold = thresholds[year][kind];
        let per_month = |twelvefold: i128, months: u32| dollars(div_half_even(twelvefold, i128::from(months.max(1))) as i64);
        let parts = Component::ALL.iter().zip(cents).filter(|(_, cents)| *cents != 0);
        let score = partition.scores[0].prospective[slot];
        Some(TypeAccount {
            enrollment_type: kind.name(),
            months,
            components: parts.map(|(component, cents)| (component.name(), dollars(cents))).collect(),
            total: dollars(total),
            annualised: per_month(i128::from(total) * 12, months),
            threshold: threshold.map(|limit| limit.to_string()),
            truncated: threshold.map(|Cents(limit)| per_month(truncated_twelvefold(total, months, limit), 12)),
            score: (score != NO_SCORE).then(|| format!("{:.6}", crate::money::Decimal::new(i64::from(score), 6))),
        })
    };
    EnrollmentType::ALL.into_iter().filter_map(account).collect()
}

/// Writes down what the kernels of assignment decide.
struct Heard<'r> {
    person: u32,
    facts: &'r Facts,
    names: &'r [String],
    half: Option<&'static str>,
    year: usize,
    designations: Vec<String>,
    lists: Vec<ListAccount>,
}

impl Heard<'_> {
    fn aco(&self, aco: u16) -> &str {
        &self.names[usize::from(aco)]
    }
}

impl Listener for Heard<'_> {
    fn choice(&mut self, designation: Designation, judged: std::result::Result<u16, ChoiceLapse>) {
        let of = designation.aco.map_or_else(|| "no ACO".to_string(), |aco| self.aco(aco).to_string());
        let what = match judged {
            Ok(_) => "assigns".to_string(),
            Err(ChoiceLapse::Outside) => "keeps claims from assigning if he furnishes primary care".into(),
            Err(ChoiceLapse::NotPrimaryCare) => "does not assign: he is not one who furnishes primary care".into(),
            Err(ChoiceLapse::AcoNotInYear) => "does not assign: the ACO has no people of its own in the year".into(),
            Err(ChoiceLapse::Ineligible(why)) => format!("does not assign: {}", ineligible(why)),
            Err(ChoiceLapse::NotFurnished) => {
                "does not assign: no physician of the ACO furnished primary care in the window".into()
            }
        };
        let half = self.half.map_or_else(String::new, |half| format!(", {half}"));
        self.designations.push(format!("clinician of {of}{half}: {what}"));
    }

    fn list(&mut self, windows: Windows, judged: std::result::Result<u16, ListLapse>, assigner: &Assigner<'_>) {
        let calendar = self.facts.policy.calendar();
        let window = calendar.windows()[windows.window];
        let looked = !matches!(judged, Err(ListLapse::Ineligible(_)));
        let contest = looked.then(|| assigner.contest(self.person, calendar.years()[self.year]));
        let day = |day: u16| (day != 0).then(|| iso(i64::from(calendar.base()) + i64::from(day) - 1));
        let expands = contest.as_ref().is_some_and(|contest| contest.step == Some(3));
        let rivals = contest.iter().flat_map(|contest| &contest.rivals).map(|rival| RivalAccount {
            name: match (rival.aco, rival.entity) {
                (Some(aco), _) => self.aco(aco).to_string(),
                (None, Some(entity)) => biller(&self.facts.entities[entity as usize]),
                (None, None) => String::new(),
            },
            wins: rival.wins,
            is_aco: rival.aco.is_some(),
            step1: dollars(rival.window.step1),
            step1_day: day(rival.window.step1_day),
            step2: dollars(rival.window.step2),
            step2_day: day(rival.window.step2_day),
            expanded: expands.then(|| dollars(rival.reach.step1 + rival.reach.step2)),
            opens: rival.opens,
        });
        let mut rivals: Vec<RivalAccount> = rivals.collect();
        rivals.sort_by(|left, right| right.wins.cmp(&left.wins).then_with(|| left.cmp(right)));
        let outcome = match judged {
            Ok(aco) => format!("assigned to {}", self.aco(aco)),
            Err(ListLapse::Ineligible(why)) => format!("not eligible: {}", ineligible(why)),
            Err(ListLapse::NobodyOfAnAco) => nobody(&rivals).into(),
            Err(ListLapse::OtherMethod(aco)) => format!("{} is assigned people by the other method", self.aco(aco)),
            Err(ListLapse::AcoNotInYear(aco)) => format!("{} has no people of its own in the year", self.aco(aco)),
            Err(ListLapse::ChoiceElsewhere(aco)) => {
                format!("not assigned to {}: the person chose a clinician elsewhere", self.aco(aco))
            }
        };
        self.lists.push(ListAccount {
            half: self.half,
            method: match windows.method {
                AssignmentMethod::Prospective => "prospective",
                AssignmentMethod::Retrospective => "retrospective",
            },
            window: [iso(i64::from(window.first)), iso(i64::from(window.last))],
            step: contest.as_ref().and_then(|contest| contest.step),
            decided_by: contest.and_then(|contest| contest.decided).map(|decided| match decided {
                Decided::Alone => "no other",
                Decided::Charges => "greater charges",
                Decided::LatestPrimaryCare => "equal charges, then the latest primary care service",
                Decided::LatestSpecialist => "equal charges and days, then the latest service of a specialist",
                Decided::Draw => "equal charges and days, then the last tie-break (choice last_tie)",
            }),
            rivals,
            outcome,
        });
    }
}

fn nobody(rivals: &[RivalAccount]) -> &'static str {
    match rivals.iter().find(|rival| rival.wins) {
        None => "no primary care service that counts",
        Some(winner) if winner.is_aco => "the ACO with the plurality has no physician's service in the window",
        Some(_) => "the plurality is of a biller outside every ACO",
    }
}

fn ineligible(why: Ineligible) -> &'static str {
    match why {
        Ineligible::Dead => "dead before the year",
        Ineligible::Months(MonthsTest { plan: true, .. }) => "a month in a plan",
        Ineligible::Months(MonthsTest { one_part: true, .. }) => "a month in Part A or Part B alone",
        Ineligible::Months(_) => "no month in both parts",
        Ineligible::OtherInitiative => "assigned to another shared savings initiative",
        Ineligible::NotResident => "not a resident of the United States",
        Ineligible::NotResidentInSeptember => "not a resident of the United States when the list was made",
        Ineligible::YearsUnknown => "the years of the window are unknown",
    }
}
