//! Assignment by the plurality of primary care charges (42 CFR 425.402(b)).

use sha2::{Digest as _, Sha256};

use super::owners::{Owner, Owners};
use crate::beneficiary::{Entity, IdTable, Role, ServiceFact};
use crate::rules::Year;
use crate::rules::choices::{LastTie, ThirdStepTie};

/// The ACO of a person who is assigned to none.
pub const UNASSIGNED: u16 = u16::MAX;

/// What the last tie-break hashes, and by what names.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'r> {
    /// How equals are told apart.
    pub tie: LastTie,
    /// Seed of the run.
    pub seed: u64,
    /// Identifiers.
    pub ids: &'r IdTable,
    /// Entities by number.
    pub entities: &'r [Entity],
    /// ACOs by number.
    pub acos: &'r [String],
    /// What decides between equal charges in step 3.
    pub third_step: ThirdStepTie,
}

/// One who furnished primary care to a person: an ACO, or an entity of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Aco(u16),
    Entity(u32),
}

/// What a rival did in the window, and in the longer one that reaches back a year.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// Charges of step 1, cents.
    pub step1: i64,
    /// Charges of step 2, cents.
    pub step2: i64,
    /// Latest day of a step 1 service, as [`crate::beneficiary::Calendar::ordinal`]; 0 for none.
    pub step1_day: u16,
    /// Latest day of a step 2 service.
    pub step2_day: u16,
    /// All roles met.
    pub roles: Role,
}

impl Done {
    fn add(&mut self, fact: &ServiceFact) {
        self.step1 += fact.step1;
        self.step2 += fact.step2;
        self.step1_day = self.step1_day.max(fact.step1_day);
        self.step2_day = self.step2_day.max(fact.step2_day);
        self.roles = self.roles.with(fact.roles);
    }
}

#[derive(Debug, Clone, Copy)]
struct Rival {
    who: Who,
    window: Done,
    reach: Done,
}

impl Rival {
    /// Whether a physician of the rival opens steps 1 and 2 to it (42 CFR 425.402(b)(1)).
    fn opens(&self) -> bool {
        self.window.roles.has(Role::PRE_STEP)
    }

    /// Whether step 3 is open to it: a non-physician in the window, a physician in the expanded one (425.402(b)(5)).
    fn opens_third(&self) -> bool {
        self.window.roles.has(Role::NON_PHYSICIAN) && self.reach.roles.has(Role::PRE_STEP)
    }

    fn is_aco(&self) -> bool {
        matches!(self.who, Who::Aco(_))
    }
}

/// The step in which a person is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Step {
    First = 1,
    Second = 2,
    Third = 3,
}

impl Step {
    /// Charges, then the latest days that break a tie of them.
    fn merit(self, rival: &Rival, third: ThirdStepTie) -> (i64, u16, u16) {
        match self {
            Self::First => (rival.window.step1, rival.window.step1_day, rival.window.step2_day),
            Self::Second => (rival.window.step2, rival.window.step1_day, rival.window.step2_day),
            Self::Third if third == ThirdStepTie::Draw => (rival.reach.step1 + rival.reach.step2, 0, 0),
            Self::Third => (rival.reach.step1 + rival.reach.step2, rival.reach.step1_day, rival.reach.step2_day),
        }
    }

    /// Whether a rival has services that are compared.
    fn admits(self, rival: &Rival) -> bool {
        match self {
            Self::First => rival.window.roles.has(Role::STEP1),
            Self::Second => rival.window.roles.has(Role::STEP2),
            Self::Third => rival.reach.roles.has(Role::STEP1.with(Role::STEP2)),
        }
    }

    /// Whether an ACO that wins is given the person.
    fn opens(self, rival: &Rival) -> bool {
        if self == Self::Third { rival.opens_third() } else { rival.opens() }
    }
}

/// How a person's services compare in a window.
#[derive(Debug, Clone)]
pub struct Contest {
    /// The step, 1 to 3; none without services that count.
    pub step: Option<u8>,
    /// Every rival, in no order that means anything.
    pub rivals: Vec<Standing>,
    /// What told the winner from the next.
    pub decided: Option<Decided>,
}

/// One rival of a contest.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The ACO, by number.
    pub aco: Option<u16>,
    /// The billing entity, where it is of no ACO.
    pub entity: Option<u32>,
    /// What it did in the window.
    pub window: Done,
    /// What it did in the expanded window.
    pub reach: Done,
    /// Whether it has services that are compared in the step.
    pub admitted: bool,
    /// Whether a physician of its own opens the step to it.
    pub opens: bool,
    /// Whether it won.
    pub wins: bool,
}

/// What told the winner of a step from the next rival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// There is no other.
    Alone,
    /// Greater charges.
    Charges,
    /// A later primary care service.
    LatestPrimaryCare,
    /// A later service of a specialist.
    LatestSpecialist,
    /// The last tie-break.
    Draw,
}

/// Assigns one person after the other, reusing its lists.
#[derive(Debug)]
pub struct Assigner<'r> {
    owners: &'r Owners,
    draw: Draw<'r>,
    rivals: Vec<Rival>,
}

impl<'r> Assigner<'r> {
    /// An assigner by a participant list.
    pub fn new(owners: &'r Owners, draw: Draw<'r>) -> Self {
        Self { owners, draw, rivals: Vec::new() }
    }

    /// Looks at a person's services in a window and, where step 3 exists, in the expanded one.
    pub fn look<'f>(
        &mut self,
        window: impl Iterator<Item = &'f ServiceFact>,
        reach: Option<impl Iterator<Item = &'f ServiceFact>>,
    ) {
        self.rivals.clear();
        for fact in window {
            if let Some(rival) = self.rival(fact) {
                rival.window.add(fact);
            }
        }
        for fact in reach.into_iter().flatten() {
            if let Some(rival) = self.rival(fact) {
                rival.reach.add(fact);
            }
        }
    }

    /// The ACO to which the services looked at assign a person in a year, by number, or [`UNASSIGNED`].
    ///
    /// The person must be eligible. `bene` is his number in the cohort.
    pub fn plurality(&self, bene: u32, year: Year) -> u16 {
        let Some(step) = self.step() else { return UNASSIGNED };
        match self.best(step, bene, year) {
            Some(rival) if step.opens(rival) => match rival.who {
                Who::Aco(aco) => aco,
                Who::Entity(_) => UNASSIGNED,
            },
            _ => UNASSIGNED,
        }
    }

    /// The rival that wins a step.
    fn best(&self, step: Step, bene: u32, year: Year) -> Option<&Rival> {
        let merit = |rival: &Rival| step.merit(rival, self.draw.third_step);
        let mut best: Option<&Rival> = None;
        for rival in self.rivals.iter().filter(|rival| step.admits(rival)) {
            let wins = best.is_none_or(|best| match merit(rival).cmp(&merit(best)) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal if self.draw.tie == LastTie::LowestName => self.name(rival.who) < self.name(best.who),
                std::cmp::Ordering::Equal => self.drawn(bene, year, rival.who) < self.drawn(bene, year, best.who),
            });
            if wins {
                best = Some(rival);
            }
        }
        best
    }

    /// How the services looked at compare, for an account of one person: every rival, the step, who won it and by what.
    pub fn contest(&self, bene: u32, year: Year) -> Contest {
        let step = self.step();
        let best = step.and_then(|step| self.best(step, bene, year).map(|best| (step, best)));
        let decided = best.map(|(step, best)| {
            let merit = |rival: &Rival| step.merit(rival, self.draw.third_step);
            let others = self.rivals.iter().filter(|rival| step.admits(rival) && rival.who != best.who);
            match others.map(merit).max() {
                None => Decided::Alone,
                Some(second) => {
                    let first = merit(best);
                    match (first.0 == second.0, first.1 == second.1, first.2 == second.2) {
                        (false, ..) => Decided::Charges,
                        (true, false, _) => Decided::LatestPrimaryCare,
                        (true, true, false) => Decided::LatestSpecialist,
                        (true, true, true) => Decided::Draw,
                    }
                }
            }
        });
        let rivals = self.rivals.iter().map(|rival| Standing {
            aco: match rival.who {
                Who::Aco(aco) => Some(aco),
                Who::Entity(_) => None,
            },
            entity: match rival.who {
                Who::Aco(_) => None,
                Who::Entity(entity) => Some(entity),
            },
            window: rival.window,
            reach: rival.reach,
            admitted: step.is_some_and(|step| step.admits(rival)),
            opens: step.is_some_and(|step| step.opens(rival)),
            wins: best.is_some_and(|(_, best)| best.who == rival.who),
        });
        Contest { step: step.map(|step| step as u8), rivals: rivals.collect(), decided }
    }

    /// Whether a physician of an ACO furnished primary care in the window looked at.
    pub fn opened(&self, aco: u16) -> bool {
        self.rivals.iter().any(|rival| rival.who == Who::Aco(aco) && rival.opens())
    }

    fn step(&self) -> Option<Step> {
        let aco = |open: fn(&Rival) -> bool| self.rivals.iter().any(|rival| rival.is_aco() && open(rival));
        if !aco(Rival::opens) && aco(Rival::opens_third) {
            return Some(Step::Third);
        }
        let any = |role| self.rivals.iter().any(|rival| rival.window.roles.has(role));
        if any(Role::STEP1) {
            Some(Step::First)
        } else if any(Role::STEP2) {
            Some(Step::Second)
        } else {
            None
        }
    }

    fn rival(&mut self, fact: &ServiceFact) -> Option<&mut Rival> {
        let who = match self.owners.of(fact.entity) {
            Owner::Itself => Who::Entity(fact.entity),
            Owner::Aco(aco) => Who::Aco(aco),
            Owner::Shared => return None,
        };
        let at = self.rivals.iter().position(|rival| rival.who == who).unwrap_or_else(|| {
            self.rivals.push(Rival { who, window: Done::default(), reach: Done::default() });
            self.rivals.len() - 1
        });
        self.rivals.get_mut(at)
    }

    fn drawn(&self, bene: u32, year: Year, who: Who) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(format!("{}|{year}|", self.draw.seed));
        hash.update(self.draw.ids.id(bene));
        hash.update(b"|");
        hash.update(self.name(who));
        hash.finalize().into()
    }

    fn name(&self, who: Who) -> &'r [u8] {
        match who {
            Who::Aco(aco) => self.draw.acos[usize::from(aco)].as_bytes(),
            Who::Entity(entity) => self.draw.entities[entity as usize].text(),
        }
    }
}
