//! What is known of beneficiaries as bytes, a partition at a time, and back: for whoever keeps facts between runs, or puts them
//! aside while memory is short.
//!
//! The bytes hold numbers alone: who a beneficiary is stays in [`super::IdTable`], which is never kept. They are of this
//! program's version; whoever keeps them keeps that beside them, and a hash, for a flipped bit can make other facts.

use super::cohort::{Partition, Scores};
use super::columns::{ColumnsIn, ColumnsOut, Damaged};
use super::enrollment::{Months, PersonYear};
use super::entities::Entity;
use super::policy::Role;
use super::reason::{REASONS, Reconciliation, Tally, Weight};
use super::services::{ServiceFact, Services};
use super::spending::{COMPONENTS, Spending};
use super::stays::{Stay, StayKind, Stays};
use crate::rules::EnrollmentType;

impl Partition {
    /// The partition as bytes.
    pub fn keep(&self) -> Vec<u8> {
        let mut out = ColumnsOut::default();
        out.one(self.first);
        out.one(self.people as u64);
        out.one(self.years as u64);
        out.one(self.conflicts);
        let years = &self.person_years;
        out.wide(years.iter().map(|year| year.months.0));
        out.wide(years.iter().map(|year| year.county));
        out.wide(years.iter().map(|year| year.county_september));
        out.wide(years.iter().map(|year| year.dual));
        out.wide(years.iter().map(|year| year.low_income));
        self.spending.keep(&mut out);
        self.services.keep(&mut out);
        self.stays.keep(&mut out);
        for scores in &self.scores {
            out.wide(scores.prospective.iter().copied());
            out.wide(scores.demographic.iter().copied());
        }
        out.wide(self.deaths.iter().copied());
        self.reconciliation.keep(&mut out);
        out.into_bytes()
    }

    /// The partition that was kept.
    ///
    /// # Errors
    /// [`Damaged`] when the bytes are not those of a partition.
    pub fn kept(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut columns = ColumnsIn::new(bytes);
        let first = columns.one()?;
        let people = size(columns.one()?)?;
        let years = size(columns.one()?)?;
        let conflicts = columns.one()?;
        let months: Vec<u64> = columns.wide()?;
        let cells = people.checked_mul(years).ok_or(Damaged)?;
        let by_cell = [columns.wide::<u16>()?, columns.wide()?, columns.wide()?, columns.wide()?];
        if months.len() != cells || by_cell.iter().any(|column| column.len() != cells) {
            return Err(Damaged);
        }
        let person_year = |at: usize| PersonYear {
            months: Months(months[at]),
            county: by_cell[0][at],
            county_september: by_cell[1][at],
            dual: by_cell[2][at],
            low_income: by_cell[3][at],
        };
        let person_years: Vec<PersonYear> = (0..cells).map(person_year).collect();
        let spending = Spending::kept(&mut columns, &person_years)?;
        let services = Services::kept(&mut columns, people)?;
        let stays = Stays::kept(&mut columns)?;
        let mut scores: [Scores; 2] = Default::default();
        for scores in &mut scores {
            *scores = Scores { prospective: columns.wide()?, demographic: columns.wide()? };
            let slots = spending.slots();
            if !scores.prospective.is_empty() && scores.prospective.len() != slots
                || scores.demographic.len() != scores.prospective.len()
            {
                return Err(Damaged);
            }
        }
        let deaths: Vec<i32> = columns.wide()?;
        let reconciliation = Reconciliation::kept(&mut columns)?;
        columns.end()?;
        if deaths.len() != people {
            return Err(Damaged);
        }
        Ok(Self { first, people, years, person_years, conflicts, spending, services, stays, scores, deaths, reconciliation })
    }
}

fn size(value: u64) -> Result<usize, Damaged> {
    usize::try_from(value).map_err(|_| Damaged)
}

impl Spending {
    fn keep(&self, out: &mut ColumnsOut) {
        let person_years = self.index.len().saturating_sub(1);
        out.wide(self.index[..person_years].iter().map(|entry| entry.kinds));
        for component in 0..COMPONENTS {
            out.small((0..self.cents.len()).map(|slot| self.cents(slot)[component]));
        }
    }

    fn kept(columns: &mut ColumnsIn<'_>, person_years: &[PersonYear]) -> Result<Self, Damaged> {
        let kinds: Vec<u8> = columns.wide()?;
        let known = |set: &u8| *set >> EnrollmentType::ALL.len() == 0;
        if !kinds.iter().all(known) || !(kinds.is_empty() || kinds.len() == person_years.len()) {
            return Err(Damaged);
        }
        let mut spending = Self::of(&person_years[..kinds.len()], kinds.iter().copied());
        for component in 0..COMPONENTS {
            let column = columns.small()?;
            if column.len() != spending.cents.len() {
                return Err(Damaged);
            }
            let mut slots = spending.slots_of();
            (0..).zip(column).for_each(|(slot, cents)| slots.add(slot, component as u8, cents));
        }
        // Before the payments there are no slots at all.
        Ok(if kinds.is_empty() { Self::default() } else { spending })
    }
}

impl Services {
    fn keep(&self, out: &mut ColumnsOut) {
        let chains = self.heads.len();
        let people = chains.checked_div(self.windows).unwrap_or(0);
        let order = || (0..people).flat_map(|person| (0..self.windows).flat_map(move |window| self.facts(person, window)));
        let facts: Vec<&ServiceFact> = order().collect();
        let count = |chain: usize| self.facts(chain / self.windows, chain % self.windows).count() as i64;
        out.one(self.windows as u64);
        out.small((0..chains).map(count));
        out.wide(self.roles.iter().copied());
        out.small(facts.iter().map(|fact| fact.step1));
        out.small(facts.iter().map(|fact| fact.step2));
        out.small(facts.iter().map(|fact| i64::from(fact.entity)));
        out.wide(facts.iter().map(|fact| fact.step1_day));
        out.wide(facts.iter().map(|fact| fact.step2_day));
        out.wide(facts.iter().map(|fact| fact.roles.0));
    }

    fn kept(columns: &mut ColumnsIn<'_>, people: usize) -> Result<Self, Damaged> {
        let windows = size(columns.one()?)?;
        let counts = columns.small()?;
        let roles: Vec<u8> = columns.wide()?;
        let (step1, step2, entities) = (columns.small()?, columns.small()?, columns.small()?);
        let (step1_days, step2_days): (Vec<u16>, Vec<u16>) = (columns.wide()?, columns.wide()?);
        let met: Vec<u8> = columns.wide()?;
        let chains = people.checked_mul(windows).ok_or(Damaged)?;
        let all = counts.iter().try_fold(0usize, |sum, count| sum.checked_add(usize::try_from(*count).ok()?)).ok_or(Damaged)?;
        let lengths = [step1.len(), step2.len(), entities.len(), step1_days.len(), step2_days.len(), met.len()];
        if counts.len() != chains || roles.len() != chains || lengths.iter().any(|length| *length != all) {
            return Err(Damaged);
        }
        let mut facts = Vec::with_capacity(all);
        let mut heads = Vec::with_capacity(chains);
        for count in counts {
            let end = facts.len() + count as usize;
            heads.push(if count == 0 { Self::END } else { facts.len() as u32 });
            for at in facts.len()..end {
                facts.push(ServiceFact {
                    step1: step1[at],
                    step2: step2[at],
                    entity: u32::try_from(entities[at]).map_err(|_| Damaged)?,
                    next: if at + 1 < end { at as u32 + 1 } else { Self::END },
                    step1_day: step1_days[at],
                    step2_day: step2_days[at],
                    roles: Role(met[at]),
                });
            }
        }
        Ok(Self { windows, heads, roles, facts })
    }
}

impl Stays {
    fn keep(&self, out: &mut ColumnsOut) {
        out.one(u8::from(self.sorted));
        out.small(self.stays.iter().map(|stay| i64::from(stay.bene)));
        out.wide(self.stays.iter().map(|stay| stay.from));
        out.wide(self.stays.iter().map(|stay| stay.to));
        out.wide(self.stays.iter().map(|stay| stay.kind as u8));
    }

    fn kept(columns: &mut ColumnsIn<'_>) -> Result<Self, Damaged> {
        let sorted = columns.one::<u8>()? != 0;
        let people = columns.small()?;
        let (from, to): (Vec<u16>, Vec<u16>) = (columns.wide()?, columns.wide()?);
        let kinds: Vec<u8> = columns.wide()?;
        if [from.len(), to.len(), kinds.len()].iter().any(|length| *length != people.len()) {
            return Err(Damaged);
        }
        let stay = |at: usize| {
            let kind = match kinds[at] {
                1 => StayKind::SkilledNursing,
                2 => StayKind::Inpatient,
                _ => return Err(Damaged),
            };
            Ok(Stay { bene: u32::try_from(people[at]).map_err(|_| Damaged)?, from: from[at], to: to[at], kind })
        };
        Ok(Self { stays: (0..people.len()).map(stay).collect::<Result<_, _>>()?, sorted })
    }
}

impl Tally {
    fn keep(&self, out: &mut ColumnsOut) {
        out.wide(self.reasons.iter().map(|weight| weight.rows));
        out.wide(self.reasons.iter().map(|weight| weight.cents));
        out.wide(self.reasons.iter().map(|weight| weight.magnitude));
    }

    fn kept(columns: &mut ColumnsIn<'_>) -> Result<Self, Damaged> {
        let (rows, cents, magnitude) = (columns.wide()?, columns.wide()?, columns.wide()?);
        if [rows.len(), cents.len(), magnitude.len()] != [REASONS; 3] {
            return Err(Damaged);
        }
        let weight = |at: usize| Weight { rows: rows[at], cents: cents[at], magnitude: magnitude[at] };
        Ok(Self { reasons: std::array::from_fn(weight) })
    }
}

impl Reconciliation {
    /// The account as columns.
    pub fn keep(&self, out: &mut ColumnsOut) {
        let Self { header, line, service, non_claims } = self;
        for tally in [header, line, service, non_claims] {
            tally.keep(out);
        }
    }

    /// The account that was kept.
    ///
    /// # Errors
    /// [`Damaged`] when the columns are not those of an account.
    pub fn kept(columns: &mut ColumnsIn<'_>) -> Result<Self, Damaged> {
        let mut tally = || Tally::kept(columns);
        Ok(Self { header: tally()?, line: tally()?, service: tally()?, non_claims: tally()? })
    }
}

impl Entity {
    /// Entities in order of their numbers, as columns.
    pub fn keep_all(entities: &[Self], out: &mut ColumnsOut) {
        out.one(entities.len() as u64);
        for entity in entities {
            match entity {
                Self::Tin(text) => {
                    out.one(0u8);
                    out.text(text);
                }
                Self::Ccn(text) => {
                    out.one(1u8);
                    out.text(text);
                }
                Self::Pair(tin, ccn) => {
                    out.one(2u8);
                    out.one(*tin);
                    out.one(*ccn);
                }
            }
        }
    }

    /// The entities that were kept.
    ///
    /// # Errors
    /// [`Damaged`] when the columns are not those of entities.
    pub fn kept_all(columns: &mut ColumnsIn<'_>) -> Result<Vec<Self>, Damaged> {
        let entities = columns.length(9)?;
        (0..entities)
            .map(|_| match columns.one::<u8>()? {
                0 => Ok(Self::Tin(columns.text()?.into())),
                1 => Ok(Self::Ccn(columns.text()?.into())),
                2 => Ok(Self::Pair(columns.one()?, columns.one()?)),
                _ => Err(Damaged),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cohort::Cohort;
    use super::super::day::MonthOfRun;
    use super::super::record::{Origin, ServiceRecord, SpendingRecord};
    use super::*;
    use crate::rules::EnrollmentType;

    /// A partition in which everything that can be kept is something.
    fn partition() -> Partition {
        let cohort = Cohort::new(3, 2);
        let mut partition = cohort.enter(0);
        for (bene, status) in [(0, b"444444444444"), (1, b"113333330000"), (2, b"900000000000")] {
            let months = Months::parse(status).unwrap();
            partition.enroll(bene, 1, PersonYear { months, county: 7, county_september: 8, dual: 0xfff, low_income: 3 });
        }
        partition.open(2, &[false, true]);
        partition.dies(1, 18_000);
        partition.stay(0, Stay { bene: 0, from: 3, to: 9, kind: StayKind::Inpatient });
        partition.stays.seal();
        partition.score(0, 1, EnrollmentType::AgedNonDual, 0, [Some(1_100_000), None]);
        let payment = SpendingRecord {
            cents: -120_055,
            read: -120_000,
            bene: 0,
            month: MonthOfRun::of(14),
            component: 3,
            origin: Origin::Header,
            biller: 5,
        };
        let more = SpendingRecord { cents: 5_000_000_000, component: 4, ..payment };
        partition.spend(&[payment, more, more], &mut Vec::new());
        let service = ServiceRecord { cents: 9_900, bene: 1, entity: 4, windows: 3, day: 200, role: 9, stays: 0 };
        partition.serve(&[
            service,
            ServiceRecord { entity: 9, day: 100, ..service },
            ServiceRecord { bene: 2, windows: 2, ..service },
        ]);
        std::mem::take(&mut *partition)
    }

    /// Facts per person and window in an order that does not depend on their chains.
    fn facts(partition: &Partition) -> Vec<(usize, usize, [i64; 6])> {
        let mut found = Vec::new();
        for person in 0..partition.people {
            for window in 0..2 {
                for fact in partition.services.facts(person, window) {
                    let days = [i64::from(fact.step1_day), i64::from(fact.step2_day)];
                    let more = [i64::from(fact.entity), i64::from(fact.roles.0)];
                    found.push((person, window, [fact.step1, fact.step2, days[0], days[1], more[0], more[1]]));
                }
            }
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn a_partition_comes_back_with_all_it_knows() {
        let whole = partition();
        let bytes = whole.keep();
        let back = Partition::kept(&bytes).unwrap();
        assert_eq!(back.keep(), bytes);
        assert_eq!(facts(&back), facts(&whole));
        assert_eq!(facts(&whole).len(), 5);
        assert_eq!(back.person_years, whole.person_years);
        assert_eq!((back.first, back.people, back.years, &back.deaths), (0, 3, 2, &whole.deaths));
        let slot = back.spending.slot(1, EnrollmentType::AgedNonDual).unwrap();
        assert_eq!(back.spending.cents(slot)[3..5], [-120_055, 10_000_000_000]);
        assert_eq!(back.scores[0].prospective[slot], 1_100_000);
        assert!(back.stays.hold(0, 5, 2) && back.reconciliation == whole.reconciliation);
        assert!(back.services.any(2, 1, Role(8)) && !back.services.any(2, 0, Role(8)));
    }

    #[test]
    fn a_partition_before_its_payments_comes_back_too() {
        let cohort = Cohort::new(2, 3);
        let bytes = cohort.enter(0).keep();
        assert_eq!(Partition::kept(&bytes).unwrap().keep(), bytes);
    }

    #[test]
    fn bytes_that_are_cut_or_longer_are_damaged() {
        let bytes = partition().keep();
        for end in 0..bytes.len() {
            assert!(Partition::kept(&bytes[..end]).is_err(), "cut at {end}");
        }
        assert!(Partition::kept(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn entities_come_back_by_number() {
        let entities = vec![Entity::Tin(b"123".as_slice().into()), Entity::Ccn(b"010001".as_slice().into()), Entity::Pair(0, 1)];
        let mut out = ColumnsOut::default();
        Entity::keep_all(&entities, &mut out);
        let bytes = out.into_bytes();
        assert_eq!(Entity::kept_all(&mut ColumnsIn::new(&bytes)).unwrap(), entities);
    }
}
