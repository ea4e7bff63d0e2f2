//! Assignment by the plurality of primary care charges (42 CFR 425.402(b)).

use sha2::{Digest as _, Sha256};

use super::owners::{Owner, Owners};
use crate::beneficiary::{Entity, IdTable, Role, ServiceFact};
use crate::rules::Year;

/// The ACO of a person who is assigned to none.
pub const UNASSIGNED: u16 = u16::MAX;

/// What the last tie-break hashes, and by what names.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'r> {
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

#[derive(Debug, Clone, Copy)]
struct Rival {
    who: Who,
    step1: i64,
    step2: i64,
    step1_day: u16,
    step2_day: u16,
    roles: Role,
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

    /// The ACO to which a person's services of one window assign him in a year, by number, or [`UNASSIGNED`].
    ///
    /// The person must be eligible. `bene` is his number in the cohort.
    pub fn assign<'f>(&mut self, bene: u32, year: Year, facts: impl Iterator<Item = &'f ServiceFact>) -> u16 {
        self.pool(facts);
        let step1 = self.rivals.iter().any(|rival| rival.roles.has(Role::STEP1));
        let step = if step1 { Role::STEP1 } else { Role::STEP2 };
        let merit = |rival: &Rival| (if step1 { rival.step1 } else { rival.step2 }, rival.step1_day, rival.step2_day);
        let mut best: Option<Rival> = None;
        for rival in self.rivals.iter().filter(|rival| rival.roles.has(step)) {
            let wins = best.is_none_or(|best| match merit(rival).cmp(&merit(&best)) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => self.drawn(bene, year, rival.who) < self.drawn(bene, year, best.who),
            });
            if wins {
                best = Some(*rival);
            }
        }
        match best {
            Some(Rival { who: Who::Aco(aco), roles, .. }) if roles.has(Role::PRE_STEP) => aco,
            _ => UNASSIGNED,
        }
    }

    fn pool<'f>(&mut self, facts: impl Iterator<Item = &'f ServiceFact>) {
        self.rivals.clear();
        for fact in facts {
            let who = match self.owners.of(fact.entity) {
                Owner::Itself => Who::Entity(fact.entity),
                Owner::Aco(aco) => Who::Aco(aco),
                Owner::Shared => continue,
            };
            match self.rivals.iter_mut().find(|rival| rival.who == who) {
                Some(rival) => {
                    rival.step1 += fact.step1;
                    rival.step2 += fact.step2;
                    rival.step1_day = rival.step1_day.max(fact.step1_day);
                    rival.step2_day = rival.step2_day.max(fact.step2_day);
                    rival.roles = rival.roles.with(fact.roles);
                }
                None => self.rivals.push(Rival {
                    who,
                    step1: fact.step1,
                    step2: fact.step2,
                    step1_day: fact.step1_day,
                    step2_day: fact.step2_day,
                    roles: fact.roles,
                }),
            }
        }
    }

    fn drawn(&self, bene: u32, year: Year, who: Who) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(format!("{}|{year}|", self.draw.seed));
        hash.update(self.draw.ids.id(bene));
        hash.update(b"|");
        match who {
            Who::Aco(aco) => hash.update(&self.draw.acos[usize::from(aco)]),
            Who::Entity(entity) => hash.update(self.draw.entities[entity as usize].text()),
        }
        hash.finalize().into()
    }
}
