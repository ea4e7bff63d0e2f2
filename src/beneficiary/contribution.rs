//! What some of the claims contribute to facts: counted apart from the rest, kept as bytes, and added to the rest again.
//!
//! A contribution depends on the claims it is of, on the rules, and on who is enrolled when. On other claims it does not depend:
//! services that a stay may void wait until all stays are known, whose claims may lie elsewhere. Sums add up, of days the latest
//! stands, roles unite; so contributions may come in any order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cohort::{Cohort, Overflow, Partition};
use super::columns::{ColumnsIn, ColumnsOut, Damaged};
use super::policy::Role;
use super::reason::Reconciliation;
use super::record::{ServiceRecord, SpendingRecord};
use super::services::Services;
use super::spending::{COMPONENTS, Spending};
use super::stays::{Stay, StayKind};
use crate::error::Result;

/// Payments and services of some of the claims, beside the cohort they are of.
#[derive(Debug)]
pub struct Aside {
    cohort: Arc<Cohort>,
    partitions: Vec<Mutex<Option<Box<Counted>>>>,
}

/// What is set aside of a partition.
#[derive(Debug)]
struct Counted {
    partition: Partition,
    waiting: Vec<ServiceRecord>,
}

impl Overflow for Aside {
    fn whole(&self) -> Result<()> {
        Ok(())
    }

    fn payments(&self, partition: usize, records: &[SpendingRecord], revenue: &mut Vec<i64>) {
        self.count(partition, |counted| counted.partition.spend(records, revenue));
    }

    /// Services that a stay may void wait.
    fn services(&self, partition: usize, records: &[ServiceRecord]) {
        self.count(partition, |counted| {
            for some in records.chunk_by(|a, b| (a.stays == 0) == (b.stays == 0)) {
                if some[0].stays == 0 {
                    counted.partition.serve(some);
                } else {
                    counted.waiting.extend_from_slice(some);
                }
            }
        });
    }
}

impl Aside {
    /// Nothing, beside a cohort whose enrollment is known and in which nothing is counted.
    pub fn new(cohort: &Arc<Cohort>) -> Self {
        Self { cohort: Arc::clone(cohort), partitions: (0..cohort.partitions()).map(|_| Mutex::default()).collect() }
    }

    fn enter(&self, partition: usize) -> MutexGuard<'_, Option<Box<Counted>>> {
        self.partitions[partition].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count<R>(&self, partition: usize, count: impl FnOnce(&mut Counted) -> R) -> R {
        let mut counted = self.enter(partition);
        let blank = || Box::new(Counted { partition: self.cohort.enter(partition).blank(), waiting: Vec::new() });
        count(counted.get_or_insert_with(blank))
    }

    /// Marks the billing entities of everything set aside, by number.
    pub fn mark(&self, used: &mut Vec<bool>) {
        for partition in 0..self.partitions.len() {
            let counted = self.enter(partition);
            let Some(counted) = counted.as_deref() else { continue };
            let facts = counted.partition.services.facts.iter().map(|fact| fact.entity);
            for entity in facts.chain(counted.waiting.iter().map(|record| record.entity)) {
                let at = entity as usize;
                if at >= used.len() {
                    used.resize(at + 1, false);
                }
                used[at] = true;
            }
        }
    }

    /// What is set aside of a partition and the stays in it, as bytes, and what became of its rows; none when there is nothing.
    /// `number` gives the number under which an entity is kept.
    pub fn take(
        &self,
        partition: usize,
        stays: &[(u32, Stay)],
        number: &(dyn Fn(u32) -> u32 + Sync),
    ) -> Option<(Vec<u8>, Reconciliation)> {
        let counted = self.enter(partition).take();
        if counted.is_none() && stays.is_empty() {
            return None;
        }
        let mut out = ColumnsOut::default();
        let first = self.cohort.enter(partition).first;
        let Counted { partition, waiting } = counted.map_or_else(Counted::nothing, |counted| *counted);
        partition.spending.contribute(&mut out);
        partition.services.contribute(&mut out, number);
        out.small(waiting.iter().map(|record| i64::from(record.bene - first)));
        out.small(waiting.iter().map(|record| record.cents));
        out.small(waiting.iter().map(|record| i64::from(number(record.entity))));
        out.wide(waiting.iter().map(|record| record.windows));
        out.wide(waiting.iter().map(|record| record.day));
        out.wide(waiting.iter().map(|record| record.role));
        out.wide(waiting.iter().map(|record| record.stays));
        out.small(stays.iter().map(|(bene, _)| i64::from(bene - first)));
        out.wide(stays.iter().map(|(_, stay)| stay.from));
        out.wide(stays.iter().map(|(_, stay)| stay.to));
        out.wide(stays.iter().map(|(_, stay)| stay.kind as u8));
        Some((out.into_bytes(), partition.reconciliation))
    }
}

impl Counted {
    fn nothing() -> Self {
        Self { partition: Partition::default(), waiting: Vec::new() }
    }
}

impl Partition {
    /// The same people and months, nothing counted.
    fn blank(&self) -> Self {
        Self {
            first: self.first,
            people: self.people,
            years: self.years,
            person_years: self.person_years.clone(),
            spending: self.spending.blank(),
            services: Services::new(self.people, self.services.windows),
            ..Self::default()
        }
    }

    /// Adds a contribution, whose entities are numbered by their place in `entities`; the services that wait for the stays.
    ///
    /// # Errors
    /// [`Damaged`] when the bytes are not of this partition.
    pub fn add(&mut self, bytes: &[u8], entities: &[u32]) -> Result<Vec<ServiceRecord>, Damaged> {
        let mut columns = ColumnsIn::new(bytes);
        self.spending.add_contribution(&mut columns)?;
        self.services.add_contribution(&mut columns, entities)?;
        let (people, cents, numbers) = (columns.small()?, columns.small()?, columns.small()?);
        let (windows, days): (Vec<u64>, Vec<u16>) = (columns.wide()?, columns.wide()?);
        let (roles, kinds): (Vec<u8>, Vec<u8>) = (columns.wide()?, columns.wide()?);
        let lengths = [cents.len(), numbers.len(), windows.len(), days.len(), roles.len(), kinds.len()];
        if lengths.iter().any(|length| *length != people.len()) {
            return Err(Damaged);
        }
        let (first, held) = (self.first, self.people);
        let bene = |person: i64| {
            let person = u32::try_from(person).ok().filter(|person| (*person as usize) < held);
            person.map(|person| first + person).ok_or(Damaged)
        };
        let waiting = |at: usize| {
            // A bit beyond the windows would lie in another person's.
            if windows[at] >> 1 >> self.services.windows.saturating_sub(1) != 0 {
                return Err(Damaged);
            }
            Ok(ServiceRecord {
                cents: cents[at],
                bene: bene(people[at])?,
                entity: entity(entities, numbers[at])?,
                windows: windows[at],
                day: days[at],
                role: roles[at],
                stays: kinds[at],
            })
        };
        let waiting = (0..people.len()).map(waiting).collect::<Result<Vec<_>, _>>()?;
        let people = columns.small()?;
        let (from, to): (Vec<u16>, Vec<u16>) = (columns.wide()?, columns.wide()?);
        let kinds: Vec<u8> = columns.wide()?;
        columns.end()?;
        if [from.len(), to.len(), kinds.len()].iter().any(|length| *length != people.len()) {
            return Err(Damaged);
        }
        for at in 0..people.len() {
            let kind = match kinds[at] {
                1 => StayKind::SkilledNursing,
                2 => StayKind::Inpatient,
                _ => return Err(Damaged),
            };
            let bene = bene(people[at])?;
            self.stay(bene, Stay { bene, from: from[at], to: to[at], kind });
        }
        Ok(waiting)
    }
}

fn entity(entities: &[u32], number: i64) -> Result<u32, Damaged> {
    usize::try_from(number).ok().and_then(|at| entities.get(at)).copied().ok_or(Damaged)
}

/// Numbers that ascend, as differences.
fn apart(numbers: &[usize]) -> impl ExactSizeIterator<Item = i64> {
    let mut last = 0;
    numbers.iter().map(move |number| (number - std::mem::replace(&mut last, *number)) as i64)
}

/// The numbers that such differences are of, all below `end`.
fn together(apart: &[i64], end: usize) -> Result<Vec<usize>, Damaged> {
    let mut last = 0usize;
    let mut next = |difference: &i64| {
        last = usize::try_from(*difference).ok().and_then(|more| last.checked_add(more)).filter(|at| *at < end)?;
        Some(last)
    };
    apart.iter().map(|difference| next(difference).ok_or(Damaged)).collect()
}

impl Spending {
    fn contribute(&self, out: &mut ColumnsOut) {
        for component in 0..COMPONENTS {
            let paid = (0..self.cents.len()).filter(|slot| self.cents(*slot)[component] != 0).collect::<Vec<_>>();
            out.small(apart(&paid));
            out.small(paid.iter().map(|slot| self.cents(*slot)[component]));
        }
    }

    fn add_contribution(&mut self, columns: &mut ColumnsIn<'_>) -> Result<(), Damaged> {
        for component in 0..COMPONENTS {
            let (slots, cents) = (together(&columns.small()?, self.cents.len())?, columns.small()?);
            if slots.len() != cents.len() {
                return Err(Damaged);
            }
            let mut held = self.slots_of();
            slots.into_iter().zip(cents).for_each(|(slot, cents)| held.add(slot as u32, component as u8, cents));
        }
        Ok(())
    }
}

impl Services {
    fn contribute(&self, out: &mut ColumnsOut, number: &(dyn Fn(u32) -> u32 + Sync)) {
        let chains = (0..self.heads.len()).filter(|chain| self.heads[*chain] != Self::END).collect::<Vec<_>>();
        let of = |chain: usize| self.facts(chain / self.windows, chain % self.windows);
        let facts = chains.iter().flat_map(|chain| of(*chain)).collect::<Vec<_>>();
        out.small(apart(&chains));
        out.small(chains.iter().map(|chain| of(*chain).count() as i64));
        out.small(facts.iter().map(|fact| fact.step1));
        out.small(facts.iter().map(|fact| fact.step2));
        out.small(facts.iter().map(|fact| i64::from(number(fact.entity))));
        out.wide(facts.iter().map(|fact| fact.step1_day));
        out.wide(facts.iter().map(|fact| fact.step2_day));
        out.wide(facts.iter().map(|fact| fact.roles.0));
    }

    fn add_contribution(&mut self, columns: &mut ColumnsIn<'_>, entities: &[u32]) -> Result<(), Damaged> {
        let (chains, counts) = (together(&columns.small()?, self.heads.len())?, columns.small()?);
        let (step1, step2, numbers) = (columns.small()?, columns.small()?, columns.small()?);
        let (step1_days, step2_days): (Vec<u16>, Vec<u16>) = (columns.wide()?, columns.wide()?);
        let roles: Vec<u8> = columns.wide()?;
        let all = counts.iter().try_fold(0usize, |sum, count| sum.checked_add(usize::try_from(*count).ok()?)).ok_or(Damaged)?;
        let lengths = [step1.len(), step2.len(), numbers.len(), step1_days.len(), step2_days.len(), roles.len()];
        if counts.len() != chains.len() || lengths.iter().any(|length| *length != all) {
            return Err(Damaged);
        }
        let mut at = 0;
        for (chain, count) in chains.into_iter().zip(counts) {
            for _ in 0..count {
                let fact = self.fact(chain, entity(entities, numbers[at])?);
                fact.step1 += step1[at];
                fact.step2 += step2[at];
                fact.step1_day = fact.step1_day.max(step1_days[at]);
                fact.step2_day = fact.step2_day.max(step2_days[at]);
                fact.roles = fact.roles.with(Role(roles[at]));
                self.roles[chain] |= roles[at];
                at += 1;
            }
        }
        Ok(())
    }
}
