//! The rows of one person, each with what the kernels say of it.

use crate::beneficiary::{
    AssignmentReason, EntityCache, ExpenditureReason, HeaderColumns, LineColumns, NOBODY, ServiceRecord, SpendingRecord, Stay,
    Worth,
};
use crate::disk::cancel;
use crate::error::Result;
use crate::rules::EnrollmentType;
use crate::run::add_ons::{AddOns, ClaimHash};
use crate::run::claim_rows::{HeaderRows, LineRows};
use crate::run::claims::Ground;
use crate::run::non_claims;
use crate::scan::Extract;
use crate::scan::{ColumnCursor, NULL_INT, RowGroup, SmallTable, TableFile};

/// What became of a payment: the record that was summed, what made its worth and the type it counts for, or why not.
pub type Payment = Result<(SpendingRecord, Worth, EnrollmentType), ExpenditureReason>;

/// A row of a claim table.
#[derive(Debug, Clone)]
pub struct ClaimRow {
    /// The table.
    pub table: &'static str,
    /// Hash of the claim's identifier; 0 for none.
    pub claim: u128,
    /// Claim type.
    pub claim_type: Option<i64>,
    /// Number of the line.
    pub line: Option<i64>,
    /// First day.
    pub from: Option<i64>,
    /// Last day, which decides on month and window.
    pub day: Option<i64>,
    /// Cells of [`HEADER_TEXTS`] or [`LINE_TEXTS`], trimmed; empty for none.
    pub texts: Vec<String>,
    /// Payment, cents.
    pub paid: Option<i64>,
    /// Allowed charge, cents.
    pub allowed: Option<i64>,
    /// What became of it as expenditure.
    pub payment: Payment,
    /// What became of it as a service; none for an institutional claim.
    pub service: Option<Result<ServiceRecord, AssignmentReason>>,
}

/// A payment outside claims.
#[derive(Debug, Clone)]
pub struct OutsideRow {
    /// Day.
    pub day: Option<i64>,
    /// Cents.
    pub paid: Option<i64>,
    /// What became of it.
    pub payment: Payment,
}

/// Everything that was paid for one person.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Claims.
    pub claims: Vec<ClaimRow>,
    /// Payments outside claims.
    pub outside: Vec<OutsideRow>,
}

/// Texts told of an institutional claim.
pub const HEADER_TEXTS: [&str; 3] = ["tin", "ccn", "facility_type"];
/// Texts told of a line.
pub const LINE_TEXTS: [&str; 8] =
    ["hcpcs", "specialty", "pos", "revenue_center", "tin", "ccn", "facility_type", "service_classification"];

/// Reads the person's rows, runs the kernels on them and leaves the facts in the cohort.
pub fn rows(extract: &Extract, ground: Ground<'_>) -> Result<Rows> {
    let mut rows = Rows::default();
    let mut entities = EntityCache::new(ground.entities);
    for (file, group) in mine(extract.claim_header.units(), ground)? {
        headers(file, &group, ground, &mut entities, &mut rows.claims)?;
    }
    ground.cohort.enter(0).stays.seal();
    let add_ons = AddOns::find(extract, ground)?;
    for (file, group) in mine(extract.claim_line.units(), ground)? {
        lines(file, &group, ground, &add_ons, &mut entities, &mut rows.claims)?;
    }
    let table = SmallTable::read(&extract.non_claims_payment)?;
    for row in 0..table.rows() {
        if table.text(row, "bene_id").is_some_and(|id| ground.ids.number(id.as_bytes()) < NOBODY) {
            let record = non_claims::record(&table, row, ground, false).map(|record| (record, Worth::default()));
            let (day, paid) = (table.int(row, "payment_date"), table.int(row, "payment_amt"));
            rows.outside.push(OutsideRow { day, paid, payment: pay(record, ground) });
        }
    }
    Ok(rows)
}

/// The units that hold a row of the person.
fn mine<'f>(units: Vec<(&'f TableFile, RowGroup)>, ground: Ground<'_>) -> Result<Vec<(&'f TableFile, RowGroup)>> {
    let mut kept = Vec::new();
    let mut codes = Vec::new();
    for (file, group) in units {
        cancel::check()?;
        let mut bene = ColumnCursor::open(file, &group, "bene_id")?;
        bene.read_codes(group.rows, &mut codes, NOBODY, &mut |text| ground.ids.number(text))?;
        if codes.iter().any(|bene| *bene < NOBODY) {
            kept.push((file, group));
        }
    }
    Ok(kept)
}

fn headers(
    file: &TableFile,
    group: &RowGroup,
    ground: Ground<'_>,
    entities: &mut EntityCache<'_>,
    found: &mut Vec<ClaimRow>,
) -> Result<()> {
    let mut rows = HeaderRows::open(file, group)?;
    let mut texts = Texts::open(file, group, &HEADER_TEXTS, ground)?;
    let mut columns = HeaderColumns::default();
    let mut stays: Vec<(u32, Stay)> = Vec::new();
    while let Some(take) = rows.next(ground, entities, &mut columns)? {
        columns.stand_in(ground.policy);
        texts.next(take)?;
        for row in (0..take).filter(|row| columns.bene[*row] < NOBODY) {
            let record = columns.explain(row, ground.policy, &mut stays);
            for (bene, stay) in stays.drain(..) {
                ground.cohort.enter(0).stay(bene, stay);
            }
            found.push(ClaimRow {
                table: "claim_header",
                claim: texts.claim(row),
                claim_type: some(columns.claim_type[row]),
                line: None,
                from: some(columns.from_date[row]),
                day: some(columns.thru_date[row]),
                texts: texts.row(row),
                paid: some(columns.payment[row]),
                allowed: None,
                payment: pay(record, ground),
                service: None,
            });
        }
    }
    Ok(())
}

fn lines(
    file: &TableFile,
    group: &RowGroup,
    ground: Ground<'_>,
    add_ons: &AddOns,
    entities: &mut EntityCache<'_>,
    found: &mut Vec<ClaimRow>,
) -> Result<()> {
    let mut rows = LineRows::open(file, group, ground.policy, add_ons, None)?;
    let mut texts = Texts::open(file, group, &LINE_TEXTS, ground)?;
    let mut numbers = ColumnCursor::open(file, group, "line_num")?;
    let mut first = ColumnCursor::open(file, group, "first_date")?;
    let (mut line, mut from) = (Vec::new(), Vec::new());
    let mut columns = LineColumns::default();
    while let Some(take) = rows.next(ground, entities, &mut columns)? {
        columns.stand_in(ground.policy);
        texts.next(take)?;
        numbers.read_ints(take, &mut line)?;
        first.read_ints(take, &mut from)?;
        for row in (0..take).filter(|row| columns.bene[*row] < NOBODY) {
            found.push(ClaimRow {
                table: "claim_line",
                claim: texts.claim(row),
                claim_type: some(columns.claim_type[row]),
                line: some(line[row]),
                from: some(from[row]),
                day: some(columns.last_date[row]),
                texts: texts.row(row),
                paid: some(columns.payment[row]),
                allowed: some(columns.allowed[row]),
                payment: pay(columns.explain_payment(row, ground.policy), ground),
                service: Some(serve(columns.explain_service(row, ground.policy), ground)),
            });
        }
    }
    Ok(())
}

/// Sends a payment to the cohort and tells what the cohort did with it.
fn pay(record: Result<(SpendingRecord, Worth), ExpenditureReason>, ground: Ground<'_>) -> Payment {
    let (record, worth) = record?;
    let mut partition = ground.cohort.enter(0);
    partition.spend(&[record], &mut Vec::new());
    let kind = partition.kind_of(&record)?;
    Ok((record, worth, kind))
}

/// Sends a service to the cohort and tells what the cohort did with it.
fn serve(record: Result<ServiceRecord, AssignmentReason>, ground: Ground<'_>) -> Result<ServiceRecord, AssignmentReason> {
    let record = record?;
    let mut partition = ground.cohort.enter(0);
    partition.serve(&[record]);
    if partition.voids(&record) { Err(AssignmentReason::DuringStay) } else { Ok(record) }
}

fn some(cell: i64) -> Option<i64> {
    (cell != NULL_INT).then_some(cell)
}

/// Columns of text, which the kernels see as codes only.
struct Texts<'f> {
    cursors: Vec<ColumnCursor<'f>>,
    codes: Vec<Vec<u32>>,
    entries: Vec<Vec<String>>,
    claim: ColumnCursor<'f>,
    claims: Vec<u32>,
    hashes: Vec<u128>,
    hash: ClaimHash,
}

impl<'f> Texts<'f> {
    fn open(file: &'f TableFile, group: &RowGroup, names: &[&'static str], ground: Ground<'_>) -> Result<Self> {
        Ok(Self {
            cursors: names.iter().map(|name| ColumnCursor::open(file, group, name)).collect::<Result<_>>()?,
            codes: vec![Vec::new(); names.len()],
            entries: vec![Vec::new(); names.len()],
            claim: ColumnCursor::open(file, group, "claim_id")?,
            claims: Vec::new(),
            hashes: Vec::new(),
            hash: ClaimHash::of_people(ground.ids),
        })
    }

    fn next(&mut self, take: usize) -> Result<()> {
        for ((cursor, codes), entries) in self.cursors.iter_mut().zip(&mut self.codes).zip(&mut self.entries) {
            cursor.read_codes(take, codes, u32::MAX, &mut |text| {
                entries.push(String::from_utf8_lossy(text.trim_ascii()).into_owned());
                entries.len() as u32 - 1
            })?;
        }
        let (hash, hashes) = (&self.hash, &mut self.hashes);
        self.claim.read_codes(take, &mut self.claims, u32::MAX, &mut |text| {
            hashes.push(hash.of(text));
            hashes.len() as u32 - 1
        })
    }

    fn row(&self, row: usize) -> Vec<String> {
        let cell = |(codes, entries): (&Vec<u32>, &Vec<String>)| entries.get(codes[row] as usize).cloned().unwrap_or_default();
        self.codes.iter().zip(&self.entries).map(cell).collect()
    }

    fn claim(&self, row: usize) -> u128 {
        self.hashes.get(self.claims[row] as usize).copied().unwrap_or_default()
    }
}
