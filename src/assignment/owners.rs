//! Which ACO a billing entity belongs to, by a participant list.

use ahash::HashMap;

use crate::beneficiary::Entity;

/// To whom a billing entity's services count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// To itself.
    Itself,
    /// To an ACO, by its number.
    Aco(u16),
    /// To nobody: more than one ACO lists it (42 CFR 425.400(a)(2)(iii)).
    Shared,
}

/// One row of a participant list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The ACO's number.
    pub aco: u16,
    /// Its participant.
    pub entity: Entity,
}

/// The owner of every billing entity of a run.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    owners: Vec<u16>,
}

const ITSELF: u16 = u16::MAX;
const SHARED: u16 = u16::MAX - 1;

impl Owners {
    /// Joins a participant list to the entities met in the claims, `names` by number.
    pub fn new(listed: &[Listed], names: &[Entity]) -> Self {
        let mut by_name: HashMap<&Entity, u16> = HashMap::default();
        for row in listed {
            let owner = by_name.entry(&row.entity).or_insert(row.aco);
            if *owner != row.aco {
                *owner = SHARED;
            }
        }
        Self { owners: names.iter().map(|name| by_name.get(name).copied().unwrap_or(ITSELF)).collect() }
    }

    /// The owner of an entity.
    #[inline]
    pub fn of(&self, entity: u32) -> Owner {
        match self.owners[entity as usize] {
            ITSELF => Owner::Itself,
            SHARED => Owner::Shared,
            aco => Owner::Aco(aco),
        }
    }

    /// The names that more than one ACO lists, in order.
    pub fn shared(listed: &[Listed]) -> Vec<Entity> {
        let mut by_name: HashMap<&Entity, u16> = HashMap::default();
        let mut shared = Vec::new();
        for row in listed {
            if *by_name.entry(&row.entity).or_insert(row.aco) != row.aco {
                shared.push(row.entity.clone());
            }
        }
        shared.sort_unstable();
        shared.dedup();
        shared
    }
}
