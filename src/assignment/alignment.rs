//! Voluntary alignment: the clinician whom a person designated (42 CFR 425.402(e)).

use ahash::HashMap;

/// The designation that stands for a person in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Designation {
    /// The ACO of the designee, by number; none for one outside.
    pub aco: Option<u16>,
    /// Whether the designee is of a kind that counts in that year.
    pub counts: bool,
}

/// One row of the table, already joined to ACOs and specialties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Designated {
    /// Beneficiary.
    pub bene: u32,
    /// Clinician.
    pub npi: u64,
    /// Day of the designation, since 1970-01-01.
    pub from: i64,
    /// Day on which it was withdrawn.
    pub until: Option<i64>,
    /// The ACO of the taxpayer number under which he was designated.
    pub aco: Option<u16>,
    /// Whether he is a primary care physician, a specialist of 425.402(c) or a non-physician of 425.20.
    pub furnishes: bool,
}

/// What a year asks of a designation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearTest {
    /// Last day of designation, since 1970-01-01; none before there was voluntary alignment.
    pub deadline: Option<i64>,
    /// Whether the designee must be one who furnishes primary care, and must have done so in the window.
    pub furnishes: bool,
}

/// The designations that stand, by person and year of the run.
#[derive(Debug, Clone, Default)]
pub struct Designations {
    standing: HashMap<(u32, usize), Designation>,
    tests: Vec<YearTest>,
}

impl Designations {
    /// Chooses for each person and year the last designation made by the deadline, if it still stood then.
    pub fn new(rows: &[Designated], tests: Vec<YearTest>) -> Self {
        let mut standing = HashMap::default();
        for (year, test) in tests.iter().enumerate() {
            let Some(deadline) = test.deadline else { continue };
            let mut last: HashMap<u32, &Designated> = HashMap::default();
            for row in rows.iter().filter(|row| row.from <= deadline) {
                let known = last.entry(row.bene).or_insert(row);
                // Of two rows alike in day and clinician the one that stands longer counts, whatever their order.
                let rank = |row: &Designated| (row.from, row.npi, row.until.unwrap_or(i64::MAX), row.aco);
                if rank(row) > rank(known) {
                    *known = row;
                }
            }
            for (bene, row) in last {
                if row.until.is_none_or(|until| until > deadline) {
                    let counts = !test.furnishes || row.furnishes;
                    standing.insert((bene, year), Designation { aco: row.aco, counts });
                }
            }
        }
        Self { standing, tests }
    }

    /// The designation that stands for a person in a year of the run.
    pub fn of(&self, bene: u32, year: usize) -> Option<Designation> {
        if self.standing.is_empty() { None } else { self.standing.get(&(bene, year)).copied() }
    }

    /// Whether a designee must have furnished primary care in the window of a year.
    pub fn must_furnish(&self, year: usize) -> bool {
        self.tests.get(year).is_some_and(|test| test.furnishes)
    }
}

impl Designation {
    /// Whether claims may still assign a person with this designation to an ACO: his clinician is one of the ACO's, or is none
    /// of those whose designation bears on anything (42 CFR 425.402(e)(2)(i)(D), (ii)(C)).
    pub fn leaves_claims(self, aco: u16) -> bool {
        self.aco == Some(aco) || !self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::{Designated, Designation, Designations, YearTest};

    #[test]
    fn the_last_designation_by_the_deadline_stands_unless_withdrawn_by_then() {
        let row = |npi, from, until| Designated { bene: 1, npi, from, until, aco: Some(npi as u16), furnishes: npi != 9 };
        let test = |deadline, furnishes| YearTest { deadline, furnishes };
        let rows = [row(1, 10, None), row(2, 20, Some(30)), row(9, 40, None)];
        let tests =
            vec![test(None, false), test(Some(15), true), test(Some(25), false), test(Some(35), false), test(Some(45), true)];
        let designations = Designations::new(&rows, tests);
        let aco = |year| designations.of(1, year).map(|found| (found.aco, found.counts));
        assert_eq!(aco(0), None);
        assert_eq!(aco(1), Some((Some(1), true)));
        assert_eq!(aco(2), Some((Some(2), true)));
        assert_eq!(aco(3), None, "withdrawn by the deadline, and an earlier one does not come back");
        assert_eq!(aco(4), Some((Some(9), false)));
    }

    #[test]
    fn a_designee_outside_keeps_claims_from_assigning() {
        assert!(!Designation { aco: None, counts: true }.leaves_claims(3));
        assert!(!Designation { aco: Some(2), counts: true }.leaves_claims(3));
        assert!(Designation { aco: Some(2), counts: false }.leaves_claims(3));
        assert!(Designation { aco: Some(3), counts: true }.leaves_claims(3));
        assert!(Designation { aco: None, counts: false }.leaves_claims(3));
    }
}
