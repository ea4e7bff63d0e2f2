//! `claim_header` and `claim_line` through the kernels into the cohort.

use super::add_ons::AddOns;
use super::claim_rows::{HeaderRows, LineRows};
use super::progress::Progress;
use super::row_faults;
use super::watch::{Watch, Watched};
use super::whole_rows::{HeaderLook, LineLook};
use crate::beneficiary::{
    Cohort, Entities, EntityCache, HeaderColumns, IdTable, LineColumns, Policy, Reconciliation, Scatter, Stay,
};
use crate::check::{Adding, Columns, Kinds, Monthly, TableKeys};
use crate::disk::Meter;
use crate::error::Result;
use crate::for_newer_processors;
use crate::scan::Extract;
use crate::scan::{NULL_INT, RowGroup, TableFile};
use crate::scan::{Unit, over_units};

/// What reading claims leaves beside the cohort's facts.
#[derive(Debug, Default, PartialEq, Eq)]
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
    /// Which taxpayers and facilities bill something, by number.
    pub billers: Vec<bool>,
}

for_newer_processors! {
    /// Adds a column of cents to its net and absolute sums.
    fn weigh(sums: &mut (i128, i128), cents: &[i64]) = weigh_column;
}

#[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
#[inline(always)]
fn weigh_column(sums: &mut (i128, i128), cents: &[i64]) {
    let known = |cents: &i64| if *cents == NULL_INT { 0 } else { *cents };
    for some in cents.chunks(4_096) {
        // Sums of so few amounts fit 64 bits when none has more than 50.
        let (mut bits, mut net, mut absolute) = (0, 0i64, 0i64);
        for cents in some.iter().map(known) {
            let magnitude = cents.wrapping_abs();
            bits |= magnitude;
            net = net.wrapping_add(cents);
            absolute = absolute.wrapping_add(magnitude);
        }
        if bits as u64 >> 50 == 0 {
            sums.0 += i128::from(net);
            sums.1 += i128::from(absolute);
        } else {
            for cents in some.iter().map(known) {
                sums.0 += i128::from(cents);
                sums.1 += i128::from(cents).abs();
            }
        }
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
        if other.billers.len() > self.billers.len() {
            self.billers.resize(other.billers.len(), false);
        }
        for (mine, theirs) in self.billers.iter_mut().zip(&other.billers) {
            *mine |= theirs;
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

/// A table of claims, and how its rows are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claims<'r> {
    /// `claim_header`.
    Headers,
    /// `claim_line`; the headers must have been read before its services are joined with stays.
    Lines(&'r AddOns),
}

impl Claims<'_> {
    /// The kinds of claims that are watched.
    fn kinds<'w>(self, watch: &'w Watch<'_>) -> &'w Kinds {
        match self {
            Self::Headers => &watch.headers,
            Self::Lines(_) => &watch.lines,
        }
    }

    /// The months of the table.
    pub(super) fn months(self, seen: &mut Watched) -> &mut Monthly {
        match self {
            Self::Headers => &mut seen.headers,
            Self::Lines(_) => &mut seen.lines,
        }
    }

    /// Nothing read yet.
    pub(super) fn nothing(self, watch: &Watch<'_>) -> Left {
        let months = Monthly::new(self.kinds(watch).clone(), &watch.span);
        Left { read: ClaimsRead::default(), months, keys: watch.no_keys(), stays: Vec::new() }
    }

    /// Adds what was seen of the table.
    pub(super) fn add(self, seen: &mut Watched, months: &Monthly, keys: Option<TableKeys>) {
        self.months(seen).merge(months);
        if let (Some([headers, lines]), Some(keys)) = (&mut seen.keys, keys) {
            let mine = if matches!(self, Self::Headers) { headers } else { lines };
            mine.merge(keys);
        }
    }

    /// Whoever reads it.
    pub(super) fn worker<'r>(self, scatter: Scatter<'r>, ground: Ground<'r>, watch: &Watch<'_>) -> Worker<'r> {
        Worker {
            scatter,
            entities: EntityCache::new(ground.entities),
            read: ClaimsRead::default(),
            stays: Vec::new(),
            header: HeaderColumns::default(),
            line: LineColumns::default(),
            months: Adding::new(self.kinds(watch).clone(), &watch.span),
            keys: watch.no_keys(),
            flags: Vec::new(),
        }
    }

    /// Reads a row group; stays are left with the worker.
    pub(super) fn read(
        self,
        worker: &mut Worker<'_>,
        ground: Ground<'_>,
        watch: &Watch<'_>,
        (file, group): (&TableFile, &RowGroup),
        meter: &Meter,
    ) -> Result<()> {
        match self {
            Self::Headers => header_group(worker, ground, watch, file, group, meter),
            Self::Lines(add_ons) => line_group(worker, ground, watch, add_ons, file, group, meter),
        }
    }
}

/// What one thread holds.
#[derive(Debug)]
pub(super) struct Worker<'r> {
    scatter: Scatter<'r>,
    entities: EntityCache<'r>,
    read: ClaimsRead,
    stays: Vec<(u32, Stay)>,
    header: HeaderColumns,
    line: LineColumns,
    months: Adding,
    /// None where claims are not told apart.
    keys: Option<TableKeys>,
    flags: Vec<u32>,
}

impl Worker<'_> {
    /// Delivers the records that are left, and gives what else was read.
    pub(super) fn end(mut self) -> Left {
        self.scatter.flush();
        self.read.revenue = std::mem::take(&mut self.scatter.revenue);
        for biller in self.entities.met().map(|number| number as usize) {
            if biller >= self.read.billers.len() {
                self.read.billers.resize(biller + 1, false);
            }
            self.read.billers[biller] = true;
        }
        Left { read: self.read, months: self.months.end(), keys: self.keys, stays: self.stays }
    }
}

/// What was read of a table beside records.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) read: ClaimsRead,
    pub(super) months: Monthly,
    pub(super) keys: Option<TableKeys>,
    /// Stays that no cohort has taken yet.
    pub(super) stays: Vec<(u32, Stay)>,
}

impl Left {
    /// Adds another to this one.
    pub(super) fn merge(&mut self, other: Self) {
        self.read.merge(&other.read);
        self.months.merge(&other.months);
        if let (Some(mine), Some(theirs)) = (&mut self.keys, other.keys) {
            mine.merge(theirs);
        }
        self.stays.extend(other.stays);
    }
}

/// Reads units of a table into the cohort.
fn read<'r>(
    claims: Claims<'_>,
    units: &[Unit<'_>],
    ground: Ground<'r>,
    watch: &Watch<'_>,
    seen: &mut Watched,
    meter: &Meter,
) -> Result<ClaimsRead> {
    let workers = over_units(
        units,
        || claims.worker(Scatter::new(ground.cohort), ground, watch),
        |worker: &mut Worker<'r>, file, group| {
            claims.read(worker, ground, watch, (file, group), meter)?;
            for (bene, stay) in worker.stays.drain(..) {
                ground.cohort.enter(ground.cohort.partition_of(bene)).stay(bene, stay);
            }
            ground.cohort.whole()
        },
    )?;
    let mut all = claims.nothing(watch);
    for worker in workers {
        all.merge(worker.end());
    }
    claims.add(seen, &all.months, all.keys);
    Ok(all.read)
}

/// Reads all claims.
pub fn all(
    extract: &Extract,
    ground: Ground<'_>,
    watch: &Watch<'_>,
    seen: &mut Watched,
    progress: &Progress,
) -> Result<ClaimsRead> {
    let stage = progress.stage("claim headers");
    stage.expect_rows(extract.claim_header.rows());
    let mut read = headers(extract, ground, watch, seen, stage.meter())?;
    stage.finish();
    let stage = progress.stage("claim lines");
    stage.expect_rows(extract.claim_line.rows());
    read.merge(&lines(extract, ground, watch, seen, stage.meter())?);
    stage.finish();
    Ok(read)
}

/// Reads every institutional claim, then puts the stays in order.
fn headers(extract: &Extract, ground: Ground<'_>, watch: &Watch<'_>, seen: &mut Watched, meter: &Meter) -> Result<ClaimsRead> {
    let read = read(Claims::Headers, &extract.claim_header.units(), ground, watch, seen, meter)?;
    for partition in 0..ground.cohort.partitions() {
        ground.cohort.enter(partition).stays.seal();
    }
    Ok(read)
}

/// Reads every line; the headers must have been read.
fn lines(extract: &Extract, ground: Ground<'_>, watch: &Watch<'_>, seen: &mut Watched, meter: &Meter) -> Result<ClaimsRead> {
    let add_ons = AddOns::find(extract, ground)?;
    read(Claims::Lines(&add_ons), &extract.claim_line.units(), ground, watch, seen, meter)
}

fn header_group(
    worker: &mut Worker<'_>,
    ground: Ground<'_>,
    watch: &Watch<'_>,
    file: &TableFile,
    group: &RowGroup,
    meter: &Meter,
) -> Result<()> {
    let mut rows = HeaderRows::open(file, group)?;
    let mut whole = HeaderLook::open(file, group, watch)?;
    while let Some(take) = rows.next(ground, &mut worker.entities, &mut worker.header)? {
        let Worker { header: columns, entities, flags, .. } = worker;
        if watch.looks() {
            row_faults::of_headers(flags, columns, &watch.gone, entities.odd());
            if let (Some(whole), Some(keys)) = (&mut whole, &mut worker.keys) {
                whole.next(columns, ground.policy, watch, flags, keys)?;
            }
            let voided = whole.as_ref().map_or(&columns.non_payment, |whole| &whole.voided);
            let seen = Columns {
                claim_type: &columns.claim_type,
                day: &columns.thru_date,
                payment: &columns.payment,
                processed: &columns.processed,
                denied: (&columns.non_payment, voided),
                faults: flags,
            };
            worker.months.add(&watch.span, seen);
        }
        columns.stand_in(ground.policy);
        weigh(&mut worker.read.header_payments, &columns.payment);
        columns.scatter(
            ground.policy,
            &mut worker.scatter,
            &mut worker.stays,
            &mut worker.read.reconciliation.header,
            &mut |tin, ccn| entities.pair(tin, ccn),
        );
        meter.add_rows(take as u64);
    }
    Ok(())
}

fn line_group(
    worker: &mut Worker<'_>,
    ground: Ground<'_>,
    watch: &Watch<'_>,
    add_ons: &AddOns,
    file: &TableFile,
    group: &RowGroup,
    meter: &Meter,
) -> Result<()> {
    let mut rows = LineRows::open(file, group, ground.policy, add_ons, watch.whole.as_ref().map(|whole| &whole.hash))?;
    let codes = rows.looked_at();
    let mut whole = LineLook::open(file, group, watch, codes)?;
    while let Some(take) = rows.next(ground, &mut worker.entities, &mut worker.line)? {
        if watch.looks() {
            let columns = &worker.line;
            let (no_procedure, odd) = (ground.policy.no_procedure(), worker.entities.odd());
            row_faults::of_lines(&mut worker.flags, columns, codes, &watch.gone, no_procedure, odd);
            if let (Some(whole), Some(keys)) = (&mut whole, &mut worker.keys) {
                whole.next(columns, &rows, watch, &mut worker.flags, keys)?;
            }
            let seen = Columns {
                claim_type: &columns.claim_type,
                day: &columns.last_date,
                payment: &columns.payment,
                processed: &columns.processed,
                denied: (&columns.denial, &columns.unpaid),
                faults: &worker.flags,
            };
            worker.months.add(&watch.span, seen);
        }
        worker.line.stand_in(ground.policy);
        weigh(&mut worker.read.line_payments, &worker.line.payment);
        weigh(&mut worker.read.line_allowed, &worker.line.allowed);
        worker.line.scatter(ground.policy, &mut worker.scatter, &mut worker.read.reconciliation);
        meter.add_rows(take as u64);
    }
    Ok(())
}
