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

/// One row of a participant list; lists are kept in order of participant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The participant.
    pub entity: Entity,
    /// The number of its ACO.
    pub aco: u16,
}

/// The owner of every billing entity of a run.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    owners: Vec<u16>,
    shared: HashMap<u32, Vec<u16>>,
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
        let owners: Vec<u16> = names.iter().map(|name| by_name.get(name).copied().unwrap_or(ITSELF)).collect();
        let shared = owners
            .iter()
            .enumerate()
            .filter(|(_, owner)| **owner == SHARED)
            .map(|(number, _)| (number as u32, Self::earners(listed, names, &names[number])));
        Self { shared: shared.collect(), owners }
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

    /// Whether an ACO lists an entity, alone or with others.
    pub fn lists(&self, aco: u16, entity: u32) -> bool {
        self.of(entity) == Owner::Aco(aco) || self.shared.get(&entity).is_some_and(|acos| acos.contains(&aco))
    }

    /// The ACOs that a biller's revenue is of: those that list it, its taxpayer or its facility.
    pub fn earners(listed: &[Listed], names: &[Entity], biller: &Entity) -> Vec<u16> {
        let part = |number: u32| names.get(number as usize);
        let parts: Vec<&Entity> = match biller {
            Entity::Pair(tin, ccn) => [part(*tin), part(*ccn)].into_iter().flatten().collect(),
            alone => vec![alone],
        };
        let mut acos: Vec<u16> = parts
            .iter()
            .flat_map(|entity| {
                let from = listed.partition_point(|row| row.entity < **entity);
                listed[from..].iter().take_while(|row| row.entity == **entity).map(|row| row.aco)
            })
            .collect();
        acos.sort_unstable();
        acos.dedup();
        acos
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
