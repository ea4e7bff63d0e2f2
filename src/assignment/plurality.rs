//! Assignment by the plurality of primary care charges (42 CFR 425.402(b)).

use sha2::{Digest as _, Sha256};

use super::owners::{Owner, Owners};
use crate::beneficiary::{Entity, IdTable, Role, ServiceFact};
use crate::rules::Year;
use crate::rules::choices::LastTie;

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
}

/// One who furnished primary care to a person: an ACO, or an entity of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Aco(u16),
    Entity(u32),
}

/// What a rival did in the window, and in the longer one that reaches back a year.
#[derive(Debug, Clone, Copy, Default)]
struct Done {
    step1: i64,
    step2: i64,
    step1_day: u16,
    step2_day: u16,
    roles: Role,
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
enum Step {
    First,
    Second,
    Third,
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
        let merit = |rival: &Rival| match step {
            Step::First => (rival.window.step1, rival.window.step1_day, rival.window.step2_day),
            Step::Second => (rival.window.step2, rival.window.step1_day, rival.window.step2_day),
            Step::Third => (rival.reach.step1 + rival.reach.step2, rival.reach.step1_day, rival.reach.step2_day),
        };
        let enters = |rival: &&Rival| match step {
            Step::First => rival.window.roles.has(Role::STEP1),
            Step::Second => rival.window.roles.has(Role::STEP2),
            Step::Third => rival.reach.roles.has(Role::STEP1.with(Role::STEP2)),
        };
        let mut best: Option<&Rival> = None;
        for rival in self.rivals.iter().filter(enters) {
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
        let open = |rival: &Rival| if step == Step::Third { rival.opens_third() } else { rival.opens() };
        match best {
            Some(rival) if open(rival) => match rival.who {
                Who::Aco(aco) => aco,
                Who::Entity(_) => UNASSIGNED,
            },
            _ => UNASSIGNED,
        }
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
