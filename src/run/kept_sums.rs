//! Sums as a product of the work folder: everything that a run needs of its facts once people are assigned, so that neither
//! claims nor facts are read for a run that differs in the exact half alone.

use super::assignment_list::ListedYear;
use super::enroll::PeopleFaults;
use super::findings::{Findings, Ledger, Read};
use super::join::Thresholds;
use super::reconciliation::Tally;
use super::work::Product;
use crate::aggregate::{Aggregates, Shape};
use crate::beneficiary::{ColumnsIn, ColumnsOut, Damaged, Reconciliation};
use crate::money::Cents;
use crate::rules::{ByType, EnrollmentType};

/// What goes on from the facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Where rows and dollars went.
    pub ledger: Ledger,
    /// What is odd about the months of the claims.
    pub remarks: Vec<String>,
    /// Truncation thresholds, those given in place of those computed.
    pub thresholds: Thresholds,
    /// The sums.
    pub findings: Findings,
    /// How CMS's lists differ from claims, where they were taken.
    pub listed: Vec<ListedYear>,
}

impl Account {
    /// The account as a block; none where a sum outgrows what is kept.
    pub fn write(&self) -> Option<Vec<u8>> {
        let Self { ledger, remarks, thresholds, findings, listed } = self;
        let mut out = ColumnsOut::default();
        ledger.keep(&mut out);
        let words = serde_json::to_vec(&(remarks, listed)).ok()?;
        out.text(&words);
        let each = || thresholds.iter().flat_map(|year| EnrollmentType::ALL.map(|kind| year[kind]));
        out.wide(each().map(|known| u8::from(known.is_some())).collect::<Vec<_>>().into_iter());
        out.wide(each().map(|known| known.map_or(0, |cents| cents.0)).collect::<Vec<_>>().into_iter());
        let Findings { aggregates, counties, revenue } = findings;
        out.one(counties.len() as u64);
        for county in counties {
            out.text(county.as_deref().unwrap_or_default().as_bytes());
        }
        out.wide(revenue.iter().copied());
        aggregates.keep(&mut out)?;
        Some(out.into_bytes())
    }

    /// Reads an account back; `shape` says how many sums there are, by the number of counties.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(product: &Product, shape: impl Fn(usize) -> Shape) -> Result<Self, String> {
        account(&product.block(0)?, shape).map_err(|Damaged| "it does not hold sums".into())
    }
}

fn account(bytes: &[u8], shape: impl Fn(usize) -> Shape) -> Result<Account, Damaged> {
    let mut columns = ColumnsIn::new(bytes);
    let ledger = Ledger::kept(&mut columns)?;
    let (remarks, listed) = serde_json::from_slice(columns.text()?).map_err(|_| Damaged)?;
    let (known, cents): (Vec<u8>, Vec<i64>) = (columns.wide()?, columns.wide()?);
    let types = EnrollmentType::ALL.len();
    if known.len() != cents.len() || !known.len().is_multiple_of(types) {
        return Err(Damaged);
    }
    let threshold = |at: usize| (known[at] != 0).then_some(Cents(cents[at]));
    let thresholds =
        (0..known.len() / types).map(|year| ByType::from_fn(|kind| threshold(year * types + kind.index()))).collect();
    let counties = columns.length(8)?;
    let county =
        |text: &[u8]| Ok(Some(std::str::from_utf8(text).map_err(|_| Damaged)?.to_string()).filter(|name| !name.is_empty()));
    let counties = (0..counties).map(|_| county(columns.text()?)).collect::<Result<Vec<_>, _>>()?;
    let revenue = columns.wide()?;
    let aggregates = Aggregates::kept(&mut columns, shape(counties.len()))?;
    columns.end()?;
    Ok(Account { ledger, remarks, thresholds, findings: Findings { aggregates, counties, revenue }, listed })
}

impl Ledger {
    /// The ledger as columns.
    pub(super) fn keep(&self, out: &mut ColumnsOut) {
        let Self { reconciliation, read, people, scores, unknown_designations, months } = self;
        reconciliation.keep(out);
        let Read { header, line, service, non_claims } = read;
        for Tally { rows, cents, absolute } in [header, line, service, non_claims] {
            out.one(*rows);
            out.one(*cents);
            out.one(*absolute);
        }
        for PeopleFaults { no_beneficiary, bad_status, conflicting, unknown_beneficiary } in [people, scores] {
            out.wide([*no_beneficiary, *bad_status, *conflicting, *unknown_beneficiary].into_iter());
        }
        out.one(*unknown_designations);
        out.wide(months.iter().copied());
    }

    /// The ledger that was kept.
    pub(super) fn kept(columns: &mut ColumnsIn<'_>) -> Result<Self, Damaged> {
        let reconciliation = Reconciliation::kept(columns)?;
        let mut tally = || Ok(Tally { rows: columns.one()?, cents: columns.one()?, absolute: columns.one()? });
        let read = Read { header: tally()?, line: tally()?, service: tally()?, non_claims: tally()? };
        let mut faults = || {
            let [no_beneficiary, bad_status, conflicting, unknown_beneficiary] =
                columns.wide::<u64>()?.try_into().map_err(|_| Damaged)?;
            Ok(PeopleFaults { no_beneficiary, bad_status, conflicting, unknown_beneficiary })
        };
        let (people, scores) = (faults()?, faults()?);
        let (unknown_designations, months) = (columns.one()?, columns.wide()?);
        Ok(Self { reconciliation, read, people, scores, unknown_designations, months })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_comes_back() {
        let shape = |counties| Shape { acos: 2, years: 1, counties, windows: 1 };
        let mut aggregates = Aggregates::empty(shape(2));
        aggregates.nation_mut(0, EnrollmentType::Disabled).capped12 = -5;
        let limit = |kind: EnrollmentType| (kind != EnrollmentType::Esrd).then_some(Cents(kind.index() as i64 - 1));
        let whole = Account {
            ledger: Ledger { months: vec![4, 5], unknown_designations: 6, ..Ledger::default() },
            remarks: vec!["two\nlines".into()],
            thresholds: vec![ByType::from_fn(limit)],
            findings: Findings { aggregates, counties: vec![None, Some("01001".into())], revenue: vec![-7, 1 << 100] },
            listed: vec![ListedYear { aco_id: "A1".into(), year: 2022, listed: 9, ..ListedYear::default() }],
        };
        let bytes = whole.write().unwrap();
        assert_eq!(account(&bytes, shape), Ok(whole));
        assert!((0..bytes.len()).all(|end| account(&bytes[..end], shape).is_err()));
    }
}
