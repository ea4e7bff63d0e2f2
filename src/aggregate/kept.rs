//! The sums of a run as columns, and back: for whoever keeps them between runs.

use super::sums::{ScoreSums, Sums};
use super::tables::{Aggregates, Heads, Shape};
use crate::beneficiary::{COMPONENTS, ColumnsIn, ColumnsOut, Damaged};
use crate::rules::EnrollmentType;

/// Numbers of a sum.
const NUMBERS: usize = 4 + COMPONENTS + 8;
/// Numbers of the heads of an ACO.
const HEADS: usize = 4 + COMPONENTS;

impl Sums {
    fn cells(&self) -> [i128; NUMBERS] {
        let Self { people, months, components, capped12, capped_people, scores } = self;
        let scores = scores.iter().flat_map(|ScoreSums { months, score, demographic_months, demographic }| {
            [i128::from(*months), *score, i128::from(*demographic_months), *demographic]
        });
        let mut all = [i128::from(*people), i128::from(*months), *capped12, i128::from(*capped_people)]
            .into_iter()
            .chain(*components)
            .chain(scores);
        std::array::from_fn(|_| all.next().unwrap_or_default())
    }

    fn of_cells(mut numbers: impl Iterator<Item = i64>) -> Self {
        let mut next = || numbers.next().unwrap_or_default();
        let (people, months, capped12, capped_people) = (next() as u64, next() as u64, i128::from(next()), next() as u64);
        let components = std::array::from_fn(|_| i128::from(next()));
        let scores = std::array::from_fn(|_| ScoreSums {
            months: next() as u64,
            score: i128::from(next()),
            demographic_months: next() as u64,
            demographic: i128::from(next()),
        });
        Self { people, months, components, capped12, capped_people, scores }
    }
}

impl Heads {
    fn cells(&self) -> [u64; HEADS] {
        let Self { people, months, dual_months, low_income_or_dual_months, users } = self;
        let mut all = [*people, *months, *dual_months, *low_income_or_dual_months].into_iter().chain(*users);
        std::array::from_fn(|_| all.next().unwrap_or_default())
    }

    fn of_cells(mut numbers: impl Iterator<Item = u64>) -> Self {
        let mut next = || numbers.next().unwrap_or_default();
        Self {
            people: next(),
            months: next(),
            dual_months: next(),
            low_income_or_dual_months: next(),
            users: std::array::from_fn(|_| next()),
        }
    }
}

impl Aggregates {
    /// The sums as columns; none when one outgrows 64 bits, in an extract of more than any nation spends.
    pub fn keep(&self, out: &mut ColumnsOut) -> Option<()> {
        let Shape { acos, years, counties, windows } = self.shape();
        out.wide([acos, years, counties, windows].map(|count| count as u64).into_iter());
        for table in self.tables() {
            for number in 0..NUMBERS {
                let column = table.iter().map(|sums| i64::try_from(sums.cells()[number]).ok());
                out.small(column.collect::<Option<Vec<_>>>()?.into_iter());
            }
        }
        for number in 0..HEADS {
            out.wide(self.heads.iter().map(|heads| heads.cells()[number]));
        }
        out.wide(self.residence.keys().map(|(aco, ..)| *aco));
        out.wide(self.residence.keys().map(|(_, year, ..)| *year));
        out.wide(self.residence.keys().map(|(_, _, county, _)| *county));
        out.wide(self.residence.keys().map(|(.., kind)| kind.index() as u8));
        out.wide(self.residence.values().copied());
        Some(())
    }

    /// The sums that were kept, of a shape that is known.
    ///
    /// # Errors
    /// [`Damaged`] when the columns are not those of such sums.
    pub fn kept(columns: &mut ColumnsIn<'_>, shape: Shape) -> Result<Self, Damaged> {
        let Shape { acos, years, counties, windows } = shape;
        if columns.wide::<u64>()? != [acos, years, counties, windows].map(|count| count as u64) {
            return Err(Damaged);
        }
        let mut all = Self::empty(shape);
        for table in all.tables_mut() {
            let numbers = (0..NUMBERS).map(|_| columns.small()).collect::<Result<Vec<_>, _>>()?;
            if numbers.iter().any(|column| column.len() != table.len()) {
                return Err(Damaged);
            }
            for (at, sums) in table.iter_mut().enumerate() {
                *sums = Sums::of_cells(numbers.iter().map(|column| column[at]));
            }
        }
        let heads = (0..HEADS).map(|_| columns.wide()).collect::<Result<Vec<Vec<u64>>, _>>()?;
        if heads.iter().any(|column| column.len() != all.heads.len()) {
            return Err(Damaged);
        }
        for (at, known) in all.heads.iter_mut().enumerate() {
            *known = Heads::of_cells(heads.iter().map(|column| column[at]));
        }
        let (of, year, county): (Vec<u16>, Vec<u16>, Vec<u16>) = (columns.wide()?, columns.wide()?, columns.wide()?);
        let (kinds, months): (Vec<u8>, Vec<u64>) = (columns.wide()?, columns.wide()?);
        if [year.len(), county.len(), kinds.len(), months.len()].iter().any(|length| *length != of.len()) {
            return Err(Damaged);
        }
        for at in 0..of.len() {
            let kind = EnrollmentType::ALL.get(usize::from(kinds[at])).ok_or(Damaged)?;
            all.reside(of[at], year[at], county[at], *kind, months[at]);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Part;

    #[test]
    fn sums_come_back() {
        let shape = Shape { acos: 2, years: 3, counties: 4, windows: 2 };
        let mut sums = Aggregates::empty(shape);
        let part = Part { months: 7, components: [1, -2, 3, 4, 5, 6, 7, 800], threshold: 10, scores: [(3, 4), (5, 6)] };
        for kind in EnrollmentType::ALL {
            sums.aco_mut(1, 2, kind).add(&part);
            sums.nobody_mut(0, kind).add(&part);
            sums.nation_mut(1, kind).add(&part);
            sums.county_mut(1, 3, 0, kind).add(&part);
            sums.acquainted_mut(0, kind, true).add(&part);
            sums.acquainted_mut(1, kind, false).add(&part);
            sums.reside(1, 2, 3, kind, 11);
        }
        *sums.heads_mut(0, 1) = Heads {
            people: 1,
            months: 2,
            dual_months: 3,
            low_income_or_dual_months: 4,
            users: std::array::from_fn(|at| 5 + at as u64),
        };
        let mut out = ColumnsOut::default();
        sums.keep(&mut out).unwrap();
        let bytes = out.into_bytes();
        assert_eq!(Aggregates::kept(&mut ColumnsIn::new(&bytes), shape), Ok(sums));
        let other = Shape { acos: 3, ..shape };
        assert_eq!(Aggregates::kept(&mut ColumnsIn::new(&bytes), other), Err(Damaged));
        assert!((0..bytes.len()).all(|end| Aggregates::kept(&mut ColumnsIn::new(&bytes[..end]), shape).is_err()));
        let mut outgrown = Aggregates::empty(shape);
        outgrown.nation_mut(0, EnrollmentType::Esrd).capped12 = i128::from(i64::MAX) + 1;
        assert_eq!(outgrown.keep(&mut ColumnsOut::default()), None);
    }
}
