//! `voluntary_alignment` joined to ACOs and specialties.

use crate::assignment::{Designated, Designations, Owner, Owners, YearTest};
use crate::beneficiary::{Entities, IdTable, NO_BENEFICIARY, Policy, Role};
use crate::error::Result;
use crate::scan::Extract;
use crate::scan::SmallTable;

/// A row of the table before any ACO is known: the taxpayer number by its entity number.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    pub(super) bene: u32,
    pub(super) npi: u64,
    pub(super) from: i64,
    pub(super) until: Option<i64>,
    pub(super) tin: Option<u32>,
    pub(super) furnishes: bool,
}

/// Reads the table; rows of nobody known are counted and left out.
pub fn read(extract: &Extract, ids: &IdTable, entities: &Entities, policy: &Policy) -> Result<(Vec<Chosen>, u64)> {
    let table = SmallTable::read(&extract.voluntary_alignment)?;
    let mut chosen = Vec::new();
    let mut unknown = 0;
    for row in 0..table.rows() {
        let bene = table.text(row, "bene_id").map_or(NO_BENEFICIARY, |id| ids.number(id.as_bytes()));
        let (Some(npi), Some(from)) = (table.int(row, "npi"), table.int(row, "designated_date")) else {
            unknown += 1;
            continue;
        };
        if bene == NO_BENEFICIARY {
            unknown += 1;
            continue;
        }
        let npi = npi as u64;
        let counted = Role::STEP1.with(Role::STEP2).with(Role::NON_PHYSICIAN);
        chosen.push(Chosen {
            bene,
            npi,
            from,
            until: table.int(row, "ended_date"),
            tin: table.text(row, "tin").map(|tin| entities.tin(tin.as_bytes())),
            furnishes: policy.clinicians.get(&npi).is_some_and(|role| role.has(counted)),
        });
    }
    Ok((chosen, unknown))
}

/// The designations that stand in each year of the run, by what each asks.
pub fn stand(chosen: &[Chosen], owners: &Owners, tests: &[YearTest]) -> Designations {
    let rows: Vec<Designated> = chosen
        .iter()
        .map(|row| Designated {
            bene: row.bene,
            npi: row.npi,
            from: row.from,
            until: row.until,
            aco: row.tin.and_then(|tin| match owners.of(tin) {
                Owner::Aco(aco) => Some(aco),
                Owner::Itself | Owner::Shared => None,
            }),
            furnishes: row.furnishes,
        })
        .collect();
    Designations::new(&rows, tests.to_vec())
}
