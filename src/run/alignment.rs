//! `voluntary_alignment` joined to ACOs and specialties.

use crate::assignment::{Designated, Designations, Owner, Owners, YearTest};
use crate::beneficiary::{Entities, IdTable, NO_BENEFICIARY, Policy, Role, day_of};
use crate::error::Result;
use crate::rules::{Rules, Year};
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

/// The designations that stand in each year of the run under the rules of a performance year; `second_half` says that people are
/// assigned under agreements that begin with its second half.
pub fn stand(
    chosen: &[Chosen],
    owners: &Owners,
    policy: &Policy,
    rules: &Rules,
    performance_year: Year,
    second_half: bool,
) -> Designations {
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
    let deadline = |year: &Year| {
        let half =
            (second_half && *year == performance_year).then(|| rules.assignment.designation_deadline_second_half.find(year));
        half.flatten().or_else(|| rules.assignment.designation_deadline.find(year))
    };
    let furnishes = rules.assignment.designee_furnishes.find(&performance_year).is_some_and(|row| row.value);
    let tests = policy.calendar().years().iter().map(|year| YearTest {
        deadline: deadline(year).map(|row| {
            let deadline = row.value;
            i64::from(day_of((*year - deadline.years_before) as i16, deadline.month, deadline.day))
        }),
        furnishes,
    });
    Designations::new(&rows, tests.collect())
}
