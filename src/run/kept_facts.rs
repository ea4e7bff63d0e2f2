//! Facts as a product of the work folder: what the claims say, without saying of whom.
//!
//! Beneficiaries are numbers there; the identifiers are numbered anew from `beneficiary_year`, which is the same file or the
//! product does not hold.

use rayon::prelude::*;

use super::alignment::Chosen;
use super::enroll::Counties;
use super::facts::Facts;
use super::findings::Ledger;
use super::memory::Room;
use super::partitions::{Partitions, kept};
use super::work::Product;
use crate::beneficiary::{ColumnsIn, ColumnsOut, Damaged, Entity, IdTable, Partition, Policy};
use crate::disk::BlocksOut;
use crate::error::Result;

/// Partitions turned to bytes before they are written.
const AT_ONCE: usize = 8;

/// Appends facts: a block of what is not of persons, then one for each partition.
pub fn write(facts: &Facts, out: &mut BlocksOut) -> Result<()> {
    out.append(&head(facts))?;
    for first in (0..facts.partitions.len()).step_by(AT_ONCE) {
        let some = first..facts.partitions.len().min(first + AT_ONCE);
        let blocks = some.into_par_iter().map(|at| facts.partitions.one(at, Partition::keep)).collect::<Result<Vec<_>>>()?;
        blocks.iter().try_for_each(|block| out.append(block))?;
    }
    Ok(())
}

/// Reads facts back, into the numbering of people and counties and the rules at hand. Where memory has no room for the partitions
/// they are looked at once, and read again whenever they are asked for.
pub fn read(product: Product, ids: IdTable, counties: Counties, policy: Policy, room: Room) -> Result<Facts, String> {
    let damaged = |Damaged| String::from("it does not hold facts");
    let head = product.block(0)?;
    let columns = ColumnsIn::new(&head);
    let mut facts = head_of(columns, ids, counties, policy).map_err(damaged)?;
    let numbers = (0..product.len() - 1).into_par_iter();
    let people: usize = match room {
        Room::Held => {
            let partitions = numbers.map(|at| kept(&product, at)).collect::<Result<Vec<_>, String>>()?;
            let people = partitions.iter().map(|partition| partition.people).sum();
            facts.partitions = Partitions::Held(partitions);
            people
        }
        Room::Spilled => {
            let people = numbers.map(|at| Ok(kept(&product, at)?.people)).sum::<Result<usize, String>>()?;
            facts.partitions = Partitions::Kept(product);
            people
        }
    };
    if people == facts.ids.len() { Ok(facts) } else { Err("it is of another number of people".into()) }
}

fn head(facts: &Facts) -> Vec<u8> {
    let mut out = ColumnsOut::default();
    Entity::keep_all(&facts.entities, &mut out);
    out.small(facts.revenue.iter().copied());
    out.wide(facts.billers.iter().map(|bills| u8::from(*bills)).collect::<Vec<_>>().into_iter());
    facts.ledger.keep(&mut out);
    out.one(facts.chosen.len() as u64);
    for Chosen { bene, npi, from, until, tin, furnishes } in &facts.chosen {
        out.one(*bene);
        out.one(*npi);
        out.one(*from);
        out.small(until.iter().copied());
        out.small(tin.iter().map(|tin| i64::from(*tin)).collect::<Vec<_>>().into_iter());
        out.one(u8::from(*furnishes));
    }
    out.text(facts.remarks.join("\n").as_bytes());
    out.into_bytes()
}

fn head_of(mut columns: ColumnsIn<'_>, ids: IdTable, counties: Counties, policy: Policy) -> Result<Facts, Damaged> {
    let entities = Entity::kept_all(&mut columns)?;
    let revenue = columns.small()?;
    let billers: Vec<bool> = columns.wide::<u8>()?.into_iter().map(|bills| bills != 0).collect();
    let ledger = Ledger::kept(&mut columns)?;
    let rows = columns.length(20)?;
    let chosen = (0..rows)
        .map(|_| {
            Ok(Chosen {
                bene: columns.one()?,
                npi: columns.one()?,
                from: columns.one()?,
                until: columns.small()?.first().copied(),
                tin: columns.small()?.first().map(|tin| u32::try_from(*tin)).transpose().map_err(|_| Damaged)?,
                furnishes: columns.one::<u8>()? != 0,
            })
        })
        .collect::<Result<Vec<_>, Damaged>>()?;
    let remarks = std::str::from_utf8(columns.text()?).map_err(|_| Damaged)?.lines().map(str::to_string).collect();
    columns.end()?;
    let known = |tin: u32| (tin as usize) < entities.len();
    if revenue.len() > entities.len() || billers.len() > entities.len() || !chosen.iter().filter_map(|row| row.tin).all(known) {
        return Err(Damaged);
    }
    let (policy, partitions) = (policy.into(), Partitions::Held(Vec::new()));
    Ok(Facts { ids, counties, entities, policy, partitions, revenue, billers, ledger, chosen, remarks })
}
