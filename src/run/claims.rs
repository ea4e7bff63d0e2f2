//! `claim_header` and `claim_line` through the kernels into the cohort.

use super::add_ons::{AddOns, ClaimHash};
use super::enroll::CHUNK;
use super::extract::Extract;
use super::threads::over_units;
use crate::beneficiary::{
    Cohort, Entities, EntityCache, HeaderColumns, IdTable, KEEPS, LineColumns, NO_ENTITY, NOBODY, Policy, Reconciliation,
    Scatter, Stay,
};
use crate::disk::Meter;
use crate::error::Result;
use crate::scan::{ColumnCursor, NULL_INT, RowGroup, TableFile};

/// What reading claims leaves beside the cohort's facts.
#[derive(Debug, Default)]
pub struct ClaimsRead {
    /// Rows and dollars by reason, those that ended before the cohort.
    pub reconciliation: Reconciliation,
    /// Payments that count in the revenue year, cents by biller.
    pub revenue: Vec<i64>,
    /// Net and absolute cents read, summed apart from the reasons so that the two can be held against each other.
    pub header_payments: (i128, i128),
    /// The same of lines.
    pub line_payments: (i128, i128),
    /// The same of lines' allowed charges.
    pub line_allowed: (i128, i128),
    /// The same of payments outside claims.
    pub non_claims_payments: (i128, i128),
}

/// Adds a column of cents to its net and absolute sums.
fn weigh(sums: &mut (i128, i128), cents: &[i64]) {
    for cents in cents.iter().filter(|cents| **cents != NULL_INT) {
        sums.0 += i128::from(*cents);
        sums.1 += i128::from(*cents).abs();
    }
}

impl ClaimsRead {
    /// Adds another to this one.
    pub fn merge(&mut self, other: &Self) {
        self.reconciliation.merge(&other.reconciliation);
        if other.revenue.len() > self.revenue.len() {
            self.revenue.resize(other.revenue.len(), 0);
        }
        for (mine, theirs) in [
            (&mut self.header_payments, other.header_payments),
            (&mut self.line_payments, other.line_payments),
            (&mut self.line_allowed, other.line_allowed),
            (&mut self.non_claims_payments, other.non_claims_payments),
        ] {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        for (sum, cents) in self.revenue.iter_mut().zip(&other.revenue) {
            *sum += cents;
        }
    }
}

/// What every kernel is given.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'r> {
    /// Beneficiary numbers.
    pub ids: &'r IdTable,
    /// Billing entities.
    pub entities: &'r Entities,
    /// Rules.
    pub policy: &'r Policy,
    /// Where facts go.
    pub cohort: &'r Cohort,
}

struct Worker<'r> {
    scatter: Scatter<'r>,
    entities: EntityCache<'r>,
    read: ClaimsRead,
    stays: Vec<(u32, Stay)>,
    header: HeaderColumns,
    line: LineColumns,
}

impl<'r> Worker<'r> {
    fn new(ground: Ground<'r>) -> Self {
        Self {
            scatter: Scatter::new(ground.cohort),
            entities: EntityCache::new(ground.entities),
            read: ClaimsRead::default(),
            stays: Vec::new(),
            header: HeaderColumns::default(),
            line: LineColumns::default(),
        }
    }
}

/// Reads every institutional claim, then puts the stays in order.
pub fn headers(extract: &Extract, ground: Ground<'_>, meter: &Meter) -> Result<ClaimsRead> {
    let units = extract.claim_header.units();
    let workers =
        over_units(&units, || Worker::new(ground), |worker, file, group| header_group(worker, ground, file, group, meter))?;
    let mut read = ClaimsRead::default();
    for mut worker in workers {
        worker.scatter.flush();
        worker.read.revenue = std::mem::take(&mut worker.scatter.revenue);
        read.merge(&worker.read);
    }
    for partition in 0..ground.cohort.partitions() {
        ground.cohort.enter(partition).stays.seal();
    }
    Ok(read)
}

fn header_group(worker: &mut Worker<'_>, ground: Ground<'_>, file: &TableFile, group: &RowGroup, meter: &Meter) -> Result<()> {
    let open = |name| ColumnCursor::open(file, group, name);
    let (mut bene, mut claim_type, mut from, mut thru) =
        (open("bene_id")?, open("claim_type")?, open("from_date")?, open("thru_date")?);
    let (mut ccn, mut tin, mut facility, mut non_payment) =
        (open("ccn")?, open("tin")?, open("facility_type")?, open("non_payment_reason")?);
    let (mut processed, mut payment) = (open("processed_date")?, open("payment_amt")?);
    let mut supplements = Vec::new();
    for name in SUPPLEMENTS {
        supplements.push(open(name)?);
    }
    let (mut sequestration, mut reduction) = (open("sequestration_amt")?, open("pbp_reduction_amt")?);
    let mut left = group.rows;
    while left > 0 {
        let take = left.min(CHUNK);
        let columns = &mut worker.header;
        let entities = &mut worker.entities;
        bene.read_codes(take, &mut columns.bene, NOBODY, &mut |text| ground.ids.number(text))?;
        claim_type.read_ints(take, &mut columns.claim_type)?;
        from.read_ints(take, &mut columns.from_date)?;
        thru.read_ints(take, &mut columns.thru_date)?;
        ccn.read_codes(take, &mut columns.ccn, NO_ENTITY & !KEEPS, &mut |text| {
            let keeps = if ground.policy.keeps_supplements(text) { KEEPS } else { 0 };
            entities.ccn(text) & !KEEPS | keeps
        })?;
        tin.read_codes(take, &mut columns.tin, NO_ENTITY, &mut |text| entities.tin(text))?;
        facility.read_codes(take, &mut columns.facility_type, 0, &mut Policy::character)?;
        non_payment.read_codes(take, &mut columns.non_payment, 0, &mut Policy::non_payment)?;
        processed.read_ints(take, &mut columns.processed)?;
        payment.read_ints(take, &mut columns.payment)?;
        weigh(&mut worker.read.header_payments, &columns.payment);
        for (cursor, cells) in supplements.iter_mut().zip(&mut columns.supplements) {
            cursor.read_ints(take, cells)?;
        }
        sequestration.read_ints(take, &mut columns.sequestration)?;
        reduction.read_ints(take, &mut columns.pbp_reduction)?;
        columns.scatter(
            ground.policy,
            &mut worker.scatter,
            &mut worker.stays,
            &mut worker.read.reconciliation.header,
            &mut |tin, ccn| entities.pair(tin, ccn),
        );
        for (bene, stay) in worker.stays.drain(..) {
            ground.cohort.enter(ground.cohort.partition_of(bene)).stay(bene, stay);
        }
        left -= take;
        meter.add_rows(take as u64);
    }
    Ok(())
}

const SUPPLEMENTS: [&str; 6] = [
    "ime_operating_amt",
    "dsh_operating_amt",
    "ime_capital_amt",
    "dsh_capital_amt",
    "uncompensated_care_amt",
    "ihs_pr_supplement_amt",
];

/// Reads every line; the headers must have been read.
pub fn lines(extract: &Extract, ground: Ground<'_>, meter: &Meter) -> Result<ClaimsRead> {
    let add_ons = AddOns::find(extract, ground)?;
    let units = extract.claim_line.units();
    let workers = over_units(
        &units,
        || Worker::new(ground),
        |worker, file, group| line_group(worker, ground, &add_ons, file, group, meter),
    )?;
    let mut read = ClaimsRead::default();
    for mut worker in workers {
        worker.scatter.flush();
        worker.read.revenue = std::mem::take(&mut worker.scatter.revenue);
        read.merge(&worker.read);
    }
    Ok(read)
}

fn line_group(
    worker: &mut Worker<'_>,
    ground: Ground<'_>,
    add_ons: &AddOns,
    file: &TableFile,
    group: &RowGroup,
    meter: &Meter,
) -> Result<()> {
    let open = |name| ColumnCursor::open(file, group, name);
    let (mut bene, mut claim_type, mut last, mut hcpcs) =
        (open("bene_id")?, open("claim_type")?, open("last_date")?, open("hcpcs")?);
    let (mut center, mut place, mut specialty) = (open("revenue_center")?, open("pos")?, open("specialty")?);
    let (mut tin, mut ccn, mut facility, mut classification) =
        (open("tin")?, open("ccn")?, open("facility_type")?, open("service_classification")?);
    let mut clinicians = [open("npi")?, open("other_npi")?, open("attending_npi")?];
    let clinicians_matter = file.may_have_values("facility_type");
    let (mut payment, mut allowed) = (open("payment_amt")?, open("allowed_amt")?);
    let (mut non_payment, mut denial, mut unpaid) =
        (open("non_payment_reason")?, open("claim_denial")?, open("processing_indicator")?);
    let (mut processed, mut sequestration, mut reduction) =
        (open("processed_date")?, open("sequestration_amt")?, open("pbp_reduction_amt")?);
    let policy = ground.policy;
    let mut claim = if add_ons.in_group(file, group) { Some(open("claim_id")?) } else { None };
    let hash = ClaimHash::default();
    let (mut hashes, mut codes) = (Vec::new(), Vec::new());
    let mut left = group.rows;
    while left > 0 {
        let take = left.min(CHUNK);
        let columns = &mut worker.line;
        columns.carried.clear();
        let entities = &mut worker.entities;
        bene.read_codes(take, &mut columns.bene, NOBODY, &mut |text| ground.ids.number(text))?;
        claim_type.read_ints(take, &mut columns.claim_type)?;
        last.read_ints(take, &mut columns.last_date)?;
        hcpcs.read_codes(take, &mut columns.procedure, 0, &mut |text| policy.procedure(text))?;
        center.read_codes(take, &mut columns.revenue_center, 0, &mut |text| policy.revenue_center(text))?;
        place.read_codes(take, &mut columns.place, 0, &mut |text| policy.place(text))?;
        specialty.read_codes(take, &mut columns.specialty, 0, &mut |text| policy.specialty(text))?;
        tin.read_codes(take, &mut columns.tin, NO_ENTITY, &mut |text| entities.tin(text))?;
        ccn.read_codes(take, &mut columns.ccn, NO_ENTITY, &mut |text| entities.ccn(text))?;
        facility.read_codes(take, &mut columns.facility_type, 0, &mut Policy::character)?;
        classification.read_codes(take, &mut columns.classification, 0, &mut Policy::character)?;
        for (cursor, cells) in clinicians.iter_mut().zip(&mut columns.clinicians) {
            if clinicians_matter {
                cursor.read_ints(take, cells)?;
            }
        }
        payment.read_ints(take, &mut columns.payment)?;
        allowed.read_ints(take, &mut columns.allowed)?;
        weigh(&mut worker.read.line_payments, &columns.payment);
        weigh(&mut worker.read.line_allowed, &columns.allowed);
        non_payment.read_codes(take, &mut columns.non_payment, 0, &mut Policy::non_payment)?;
        denial.read_codes(take, &mut columns.denial, 0, &mut |text| policy.denial(text))?;
        unpaid.read_codes(take, &mut columns.unpaid, 0, &mut |text| policy.unpaid(text))?;
        processed.read_ints(take, &mut columns.processed)?;
        sequestration.read_ints(take, &mut columns.sequestration)?;
        reduction.read_ints(take, &mut columns.pbp_reduction)?;
        if let Some(claim) = &mut claim {
            claim.read_codes(take, &mut codes, u32::MAX, &mut |text| {
                hashes.push(hash.of(text));
                hashes.len() as u32 - 1
            })?;
            for (row, code) in codes.iter().enumerate() {
                let key = hashes.get(*code as usize).map(|claim| ClaimHash::key(columns.bene[row], *claim));
                columns.carried.push(key.and_then(|key| add_ons.carried.get(&key)).copied().unwrap_or(0));
            }
        }
        columns.scatter(policy, &mut worker.scatter, &mut worker.read.reconciliation);
        left -= take;
        meter.add_rows(take as u64);
    }
    Ok(())
}
