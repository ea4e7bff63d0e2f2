//! Primary care services per person, window and billing entity: facts that know no ACO.

use super::policy::Role;
use super::record::ServiceRecord;
use crate::scan::prefetch;

/// End of a chain.
const END: u32 = u32::MAX;

/// What one billing entity did for one person in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceFact {
    /// Allowed charges that count in step 1, cents.
    pub step1: i64,
    /// Allowed charges that count in step 2, cents.
    pub step2: i64,
    /// Billing entity.
    pub entity: u32,
    pub(super) next: u32,
    /// Latest day of a step 1 service; 0 for none.
    pub step1_day: u16,
    /// Latest day of a step 2 service; 0 for none.
    pub step2_day: u16,
    /// All roles met.
    pub roles: Role,
}

/// The services of a partition, as one chain of facts per person and window.
#[derive(Debug, Default)]
pub struct Services {
    pub(super) windows: usize,
    pub(super) heads: Vec<u32>,
    pub(super) roles: Vec<u8>,
    pub(super) facts: Vec<ServiceFact>,
}

impl Services {
    /// End of a chain.
    pub(super) const END: u32 = END;

    /// Empty chains.
    pub fn new(people: usize, windows: usize) -> Self {
        Self { windows, heads: vec![END; people * windows], roles: vec![0; people * windows], facts: Vec::new() }
    }

    /// Adds a service in every window it counts in; `person` is within the partition.
    #[inline]
    pub fn add(&mut self, person: usize, record: &ServiceRecord) {
        let mut windows = record.windows;
        while windows != 0 {
            let window = windows.trailing_zeros() as usize;
            windows &= windows - 1;
            let chain = person * self.windows + window;
            self.roles[chain] |= record.role;
            let fact = self.fact(chain, record.entity);
            let role = Role(record.role);
            fact.roles = fact.roles.with(role);
            if role.has(Role::STEP1) {
                fact.step1 += record.cents;
                fact.step1_day = fact.step1_day.max(record.day);
            }
            if role.has(Role::STEP2) {
                fact.step2 += record.cents;
                fact.step2_day = fact.step2_day.max(record.day);
            }
        }
    }

    /// Asks for the chain of a person in the first of some windows.
    #[inline]
    pub(super) fn approach(&self, person: usize, windows: u64) {
        prefetch(&self.heads, self.chain(person, windows));
    }

    /// Asks for what the chain of a person in the first of some windows begins with.
    #[inline]
    pub(super) fn ask(&self, person: usize, windows: u64) {
        let chain = self.chain(person, windows);
        prefetch(&self.roles, chain);
        prefetch(&self.facts, self.heads.get(chain).map_or(0, |head| *head as usize));
    }

    #[inline]
    fn chain(&self, person: usize, windows: u64) -> usize {
        person * self.windows + windows.trailing_zeros() as usize
    }

    #[inline]
    pub(super) fn fact(&mut self, chain: usize, entity: u32) -> &mut ServiceFact {
        let mut at = self.heads[chain];
        while at != END {
            if self.facts[at as usize].entity == entity {
                return &mut self.facts[at as usize];
            }
            at = self.facts[at as usize].next;
        }
        let next = std::mem::replace(&mut self.heads[chain], self.facts.len() as u32);
        self.facts.push(ServiceFact { step1: 0, step2: 0, entity, next, step1_day: 0, step2_day: 0, roles: Role(0) });
        let last = self.facts.len() - 1;
        &mut self.facts[last]
    }

    /// The facts of a person in a window, in no order that means anything.
    pub fn facts(&self, person: usize, window: usize) -> impl Iterator<Item = &ServiceFact> {
        let mut at = self.heads[person * self.windows + window];
        std::iter::from_fn(move || {
            let fact = self.facts.get(at as usize)?;
            at = fact.next;
            Some(fact)
        })
    }

    /// Whether any service of the person in the window has the role.
    pub fn any(&self, person: usize, window: usize, role: Role) -> bool {
        Role(self.roles[person * self.windows + window]).has(role)
    }

    /// Number of facts.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there is no fact.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }
}
