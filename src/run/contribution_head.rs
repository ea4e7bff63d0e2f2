//! The first block of a contribution: what is not of persons.

use super::claims::ClaimsRead;
use crate::beneficiary::{ColumnsIn, ColumnsOut, Damaged, Entities, Entity, NO_ENTITY, Reconciliation};
use crate::check::{Monthly, Part};

/// Numbers of billing entities within a contribution: of those alone that it names, in order of those of the run.
#[derive(Debug)]
pub(super) struct Numbers {
    names: Vec<Entity>,
    kept: Vec<u32>,
}

impl Numbers {
    /// Of the entities of a run, those that are used, that have revenue, and those of which such are made.
    pub(super) fn of(names: &[Entity], mut used: Vec<bool>, revenue: &[i64]) -> Self {
        for (entity, name) in names.iter().enumerate() {
            used[entity] |= revenue.get(entity).is_some_and(|cents| *cents != 0);
            if let (Entity::Pair(tin, ccn), true) = (name, used[entity]) {
                for part in [tin, ccn] {
                    if let Some(used) = used.get_mut(*part as usize) {
                        *used = true;
                    }
                }
            }
        }
        let mut next = 0;
        let mut number = |used: &bool| {
            let number = if *used { next } else { NO_ENTITY };
            next += u32::from(*used);
            number
        };
        let kept: Vec<u32> = used.iter().map(&mut number).collect();
        let mut numbers = Self { names: Vec::new(), kept };
        let named = |(name, used): (&Entity, &bool)| used.then(|| numbers.within(name));
        let names = names.iter().zip(&used).filter_map(named).collect();
        numbers.names = names;
        numbers
    }

    fn within(&self, name: &Entity) -> Entity {
        match name {
            // What is no entity stays what it is.
            Entity::Pair(tin, ccn) => Entity::Pair(self.kept(*tin), self.kept(*ccn)),
            other => other.clone(),
        }
    }

    /// The number of an entity of the run.
    pub(super) fn kept(&self, entity: u32) -> u32 {
        self.kept.get(entity as usize).copied().unwrap_or(entity)
    }
}

/// The block.
pub(super) fn write(read: &ClaimsRead, months: &Monthly, numbers: &Numbers, partitions: &[u32]) -> Vec<u8> {
    let mut out = ColumnsOut::default();
    Entity::keep_all(&numbers.names, &mut out);
    let ClaimsRead { reconciliation, revenue, header_payments, line_payments, line_allowed, non_claims_payments, billers: _ } =
        read;
    let earned: Vec<(u32, i64)> = (0..).zip(revenue.iter().copied()).filter(|(_, cents)| *cents != 0).collect();
    out.small(earned.iter().map(|(entity, _)| i64::from(numbers.kept(*entity))));
    out.small(earned.iter().map(|(_, cents)| *cents));
    reconciliation.keep(&mut out);
    for (net, absolute) in [header_payments, line_payments, line_allowed, non_claims_payments] {
        out.one(*net);
        out.one(*absolute);
    }
    let parts: Vec<(Part, Vec<i64>)> = months.parts().collect();
    out.one(parts.len() as u64);
    for (part, cells) in parts {
        let (tag, claim_type, at) = match part {
            Part::Month { claim_type, month } => (0u8, claim_type, month),
            Part::Size { claim_type, power } => (1, claim_type, power),
            Part::Negative { claim_type } => (2, claim_type, 0),
            Part::LastProcessed => (3, 0, 0),
            Part::Fault { bit } => (4, 0, bit),
        };
        out.one(tag);
        out.one(claim_type);
        out.one(at as u64);
        out.small(cells.into_iter());
    }
    out.wide(partitions.iter().copied());
    out.into_bytes()
}

/// The block, read back.
#[derive(Debug)]
pub(super) struct Head {
    /// Rows, dollars and revenue, by entities of the run at hand.
    pub(super) read: ClaimsRead,
    /// The entities of the run at hand, by their numbers within the contribution.
    pub(super) entities: Vec<u32>,
    /// The partitions of the blocks that follow.
    pub(super) partitions: Vec<u32>,
}

impl Head {
    /// Reads the block; `months` are filled.
    pub(super) fn read(bytes: &[u8], entities: &Entities, months: &mut Monthly) -> Result<Self, Damaged> {
        let mut columns = ColumnsIn::new(bytes);
        let names = Entity::kept_all(&mut columns)?;
        let mut numbers: Vec<u32> = Vec::with_capacity(names.len());
        for name in &names {
            if let Entity::Tin(text) = name {
                numbers.push(entities.tin(text));
            } else if let Entity::Ccn(text) = name {
                numbers.push(entities.ccn(text));
            } else {
                numbers.push(NO_ENTITY);
            }
        }
        for at in 0..names.len() {
            if let Entity::Pair(tin, ccn) = names[at] {
                let of = |part: u32| numbers.get(part as usize).copied().unwrap_or(part);
                numbers[at] = entities.pair(of(tin), of(ccn));
            }
        }
        // Of each name but pairs there was a row.
        let mut met = Vec::new();
        let each = names.iter().zip(&numbers).filter(|(name, _)| !matches!(name, Entity::Pair(..)));
        for at in each.map(|(_, number)| *number as usize).filter(|number| *number != NO_ENTITY as usize) {
            if at >= met.len() {
                met.resize(at + 1, false);
            }
            met[at] = true;
        }
        let (billers, cents) = (columns.small()?, columns.small()?);
        if billers.len() != cents.len() {
            return Err(Damaged);
        }
        let mut revenue = Vec::new();
        for (biller, cents) in billers.into_iter().zip(cents) {
            let biller = usize::try_from(biller)
                .ok()
                .and_then(|at| numbers.get(at))
                .filter(|biller| **biller != NO_ENTITY)
                .ok_or(Damaged)?;
            let at = *biller as usize;
            if at >= revenue.len() {
                revenue.resize(at + 1, 0);
            }
            revenue[at] += cents;
        }
        let reconciliation = Reconciliation::kept(&mut columns)?;
        let mut pair = || Ok((columns.one::<i128>()?, columns.one::<i128>()?));
        let read = ClaimsRead {
            reconciliation,
            revenue,
            header_payments: pair()?,
            line_payments: pair()?,
            line_allowed: pair()?,
            non_claims_payments: pair()?,
            billers: met,
        };
        for _ in 0..columns.length(18)? {
            let (tag, claim_type, at) = (columns.one::<u8>()?, columns.one::<u8>()?, columns.one::<u64>()?);
            let at = usize::try_from(at).map_err(|_| Damaged)?;
            let part = match tag {
                0 => Part::Month { claim_type, month: at },
                1 => Part::Size { claim_type, power: at },
                2 => Part::Negative { claim_type },
                3 => Part::LastProcessed,
                4 => Part::Fault { bit: at },
                _ => return Err(Damaged),
            };
            months.put(part, &columns.small()?).ok_or(Damaged)?;
        }
        let partitions = columns.wide()?;
        columns.end()?;
        Ok(Self { read, entities: numbers, partitions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_keep_their_names_under_other_numbers() {
        let run = Entities::default();
        let (_, tin, ccn, other) = (run.tin(b"T0"), run.tin(b"T1"), run.ccn(b"C1"), run.tin(b"T2"));
        let none = 0x7fff_ffff;
        let (pair, alone, idle) = (run.pair(tin, ccn), run.pair(tin, none), run.pair(other, ccn));
        let mut revenue = vec![0; 8];
        revenue[pair as usize] = 5;
        revenue[alone as usize] = -7;
        let names = run.names();
        let numbers = Numbers::of(&names, vec![false; names.len()], &revenue);
        assert_eq!(
            numbers.names,
            [Entity::Tin(b"T1"[..].into()), Entity::Ccn(b"C1"[..].into()), Entity::Pair(0, 1), Entity::Pair(0, none)]
        );
        assert_eq!((numbers.kept(pair), numbers.kept(alone), numbers.kept(idle), numbers.kept(none)), (2, 3, u32::MAX, none));
    }
}
