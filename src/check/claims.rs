//! `claim_header` and `claim_line`: one pass over the columns, chunk by chunk.

use std::collections::HashMap;

use super::adding::Adding;
use super::columns::Columns;
use super::kinds::Kinds;
use super::limits::Limits;
use super::lives::Gone;
use super::monthly::Monthly;
use super::people::{CHUNK, NAMELESS, People, STRANGER, hash};
use super::repeated::TableKeys;
use super::rows::Fault;
use super::shape;
use super::span::Span;
use crate::disk::Meter;
use crate::error::Result;
use crate::rules::{CodeList, Rules, Year};
use crate::scan::{ColumnCursor, NULL_INT, RowGroup, TableFile, TableFiles, over_units};

/// What the pass over one table found.
#[derive(Debug)]
pub struct ClaimsSeen {
    /// Rows and dollars by month.
    pub ledger: Monthly,
    /// Claims, or lines.
    pub keys: TableKeys,
    /// Which participants bill something.
    pub billers: Vec<bool>,
}

/// Codes by which a row is denied.
#[derive(Debug, Clone)]
struct Denials {
    voiding_types: Vec<u8>,
    voiding: CodeList,
    codes: Vec<(u8, u8)>,
    paid: CodeList,
}

/// What both tables are held against.
#[derive(Debug)]
pub struct Grounds<'g> {
    /// Months.
    pub span: &'g Span,
    /// People.
    pub people: &'g People,
    /// Numbers of participants by TIN or CCN.
    pub participants: &'g HashMap<Vec<u8>, usize>,
    /// Which keys are looked at.
    pub mask: u64,
    gone: Gone,
    denials: Denials,
    headers: Kinds,
    lines: Kinds,
}

impl<'g> Grounds<'g> {
    /// What both tables are held against, under the rules of a year.
    ///
    /// # Errors
    /// When no rule holds in the year.
    pub fn new(
        rules: &Rules,
        year: Year,
        span: &'g Span,
        people: &'g People,
        participants: &'g HashMap<Vec<u8>, usize>,
        mask: u64,
        limits: &Limits,
    ) -> Result<Self> {
        let voiding = &rules.expenditure.voiding_facility_types.at(year)?.value;
        let codes = &rules.expenditure.denial_codes.at(year)?.value;
        let ranges = codes.iter().filter_map(|range| match range.as_bytes() {
            [from, b'-', to] => Some((*from, *to)),
            _ => None,
        });
        let denials = Denials {
            voiding_types: voiding.claim_types.clone(),
            voiding: voiding.facility_types.clone(),
            codes: ranges.collect(),
            paid: rules.expenditure.paid_indicators.at(year)?.value.clone(),
        };
        let (headers, lines) = (Kinds::of_headers(rules, year)?, Kinds::of_lines(rules, year)?);
        let gone = people.lives.gone(limits.limits.days_after_death);
        Ok(Self { span, people, participants, mask, gone, denials, headers, lines })
    }
}

struct Worker {
    ledger: Adding,
    keys: TableKeys,
    billers: Vec<bool>,
    claims: Vec<u64>,
    cells: Cells,
}

#[derive(Default)]
struct Cells {
    bene: Vec<u32>,
    claim: Vec<u32>,
    line: Vec<i64>,
    claim_type: Vec<i64>,
    from: Vec<i64>,
    day: Vec<i64>,
    processed: Vec<i64>,
    payment: Vec<i64>,
    denied: [Vec<u32>; 2],
    codes: Vec<u32>,
    flags: Vec<u32>,
}

fn worker(grounds: &Grounds<'_>, kinds: &Kinds) -> Worker {
    Worker {
        ledger: Adding::new(kinds.clone(), grounds.span),
        keys: TableKeys::new(grounds.mask),
        billers: vec![false; grounds.participants.len()],
        claims: Vec::new(),
        cells: Cells::default(),
    }
}

fn gather(workers: Vec<Worker>, grounds: &Grounds<'_>, kinds: &Kinds) -> ClaimsSeen {
    let mut all = ClaimsSeen {
        ledger: Monthly::new(kinds.clone(), grounds.span),
        keys: TableKeys::new(grounds.mask),
        billers: vec![false; grounds.participants.len()],
    };
    for worker in workers {
        all.ledger.merge(&worker.ledger.end());
        all.keys.merge(worker.keys);
        for (mine, theirs) in all.billers.iter_mut().zip(worker.billers) {
            *mine |= theirs;
        }
    }
    all
}

/// Looks at every institutional claim.
///
/// # Errors
/// When a file cannot be read.
pub fn headers(files: &TableFiles, grounds: &Grounds<'_>, meter: &Meter) -> Result<ClaimsSeen> {
    let make = || worker(grounds, &grounds.headers);
    let workers = over_units(&files.units(), make, |worker, file, group| header_group(worker, grounds, file, group, meter))?;
    Ok(gather(workers, grounds, &grounds.headers))
}

/// Looks at every line.
///
/// # Errors
/// When a file cannot be read.
pub fn lines(files: &TableFiles, grounds: &Grounds<'_>, meter: &Meter) -> Result<ClaimsSeen> {
    let make = || worker(grounds, &grounds.lines);
    let workers = over_units(&files.units(), make, |worker, file, group| line_group(worker, grounds, file, group, meter))?;
    Ok(gather(workers, grounds, &grounds.lines))
}

/// Marks the participant of a code, if it is one, and gives the fault of a code of the wrong shape.
fn biller(text: &[u8], grounds: &Grounds<'_>, billers: &mut [bool], right: fn(&[u8]) -> bool, fault: Fault) -> u32 {
    if let Some(participant) = grounds.participants.get(text.trim_ascii()) {
        billers[*participant] = true;
    }
    if right(text) { 0 } else { fault.bit() }
}

fn header_group(worker: &mut Worker, grounds: &Grounds<'_>, file: &TableFile, group: &RowGroup, meter: &Meter) -> Result<()> {
    let open = |name| ColumnCursor::open(file, group, name);
    let (mut bene, mut claim, mut claim_type) = (open("bene_id")?, open("claim_id")?, open("claim_type")?);
    let (mut from, mut thru, mut processed) = (open("from_date")?, open("thru_date")?, open("processed_date")?);
    let (mut ccn, mut facility, mut class) = (open("ccn")?, open("facility_type")?, open("service_classification")?);
    let (mut non_payment, mut payment) = (open("non_payment_reason")?, open("payment_amt")?);
    let voids = |text: &[u8]| u32::from(grounds.denials.voiding.has(text.trim_ascii())) << 31;
    worker.claims.clear();
    let mut left = group.rows;
    while left > 0 {
        let take = left.min(CHUNK);
        let Worker { ledger, keys, billers, claims, cells } = worker;
        bene.read_codes(take, &mut cells.bene, NAMELESS, &mut |text| grounds.people.number(text))?;
        claim_type.read_ints(take, &mut cells.claim_type)?;
        from.read_ints(take, &mut cells.from)?;
        thru.read_ints(take, &mut cells.day)?;
        processed.read_ints(take, &mut cells.processed)?;
        payment.read_ints(take, &mut cells.payment)?;
        non_payment.read_codes(take, &mut cells.denied[0], 0, &mut |text| u32::from(!text.trim_ascii().is_empty()))?;
        cells.flags.clear();
        cells.flags.resize(take, 0);
        let wrong = Fault::BillType.bit();
        facility.read_codes(take, &mut cells.codes, wrong, &mut |text| {
            voids(text) | if shape::bill_type(text) { 0 } else { wrong }
        })?;
        cells.denied[1].clear();
        cells.denied[1].extend(cells.codes.iter().zip(&cells.claim_type).map(|(code, claim_type)| {
            code >> 31 & u32::from(grounds.denials.voiding_types.iter().any(|t| i64::from(*t) == *claim_type))
        }));
        mark(&mut cells.flags, &cells.codes);
        class.read_codes(take, &mut cells.codes, wrong, &mut |text| if shape::bill_type(text) { 0 } else { wrong })?;
        mark(&mut cells.flags, &cells.codes);
        ccn.read_codes(take, &mut cells.codes, Fault::CcnShape.bit(), &mut |text| {
            biller(text, grounds, billers, shape::ccn, Fault::CcnShape)
        })?;
        mark(&mut cells.flags, &cells.codes);
        claim.read_codes(take, &mut cells.claim, u32::MAX, &mut |text| {
            claims.push(hash(text));
            claims.len() as u32 - 1
        })?;
        for code in &cells.claim {
            claims.get(*code as usize).into_iter().for_each(|claim| keys.claim(*claim));
        }
        cells.days(grounds);
        finish(ledger, cells, grounds);
        left -= take;
        meter.add_rows(take as u64);
    }
    Ok(())
}

fn line_group(worker: &mut Worker, grounds: &Grounds<'_>, file: &TableFile, group: &RowGroup, meter: &Meter) -> Result<()> {
    let open = |name| ColumnCursor::open(file, group, name);
    let (mut bene, mut claim, mut line, mut claim_type) =
        (open("bene_id")?, open("claim_id")?, open("line_num")?, open("claim_type")?);
    let (mut first, mut last, mut processed) = (open("first_date")?, open("last_date")?, open("processed_date")?);
    let (mut hcpcs, mut specialty, mut tin, mut ccn) = (open("hcpcs")?, open("specialty")?, open("tin")?, open("ccn")?);
    let (mut facility, mut class) = (open("facility_type")?, open("service_classification")?);
    let (mut denial, mut indicator) = (open("claim_denial")?, open("processing_indicator")?);
    let mut payment = open("payment_amt")?;
    let (mut non_payment, mut refused) = (open("non_payment_reason")?, Vec::new());
    let any_refused = file.may_have_values("non_payment_reason");
    let bill_types = file.may_have_values("facility_type") || file.may_have_values("service_classification");
    let kinds = &grounds.lines.all;
    let facility_kinds: Vec<bool> = kinds.iter().map(|kind| kind.component == "facility line").collect();
    worker.claims.clear();
    let mut left = group.rows;
    while left > 0 {
        let take = left.min(CHUNK);
        let Worker { ledger, keys, billers, claims, cells } = worker;
        bene.read_codes(take, &mut cells.bene, NAMELESS, &mut |text| grounds.people.number(text))?;
        claim_type.read_ints(take, &mut cells.claim_type)?;
        first.read_ints(take, &mut cells.from)?;
        last.read_ints(take, &mut cells.day)?;
        processed.read_ints(take, &mut cells.processed)?;
        payment.read_ints(take, &mut cells.payment)?;
        line.read_ints(take, &mut cells.line)?;
        denial.read_codes(take, &mut cells.denied[0], 0, &mut |text| {
            let code = text.trim_ascii().first();
            u32::from(code.is_some_and(|code| grounds.denials.codes.iter().any(|(from, to)| (from..=to).contains(&code))))
        })?;
        indicator.read_codes(take, &mut cells.denied[1], 0, &mut |text| {
            let code = text.trim_ascii();
            u32::from(!code.is_empty() && !grounds.denials.paid.has(&code[..1]))
        })?;
        cells.flags.clear();
        cells.flags.resize(take, 0);
        for (cursor, right, fault) in [
            (&mut hcpcs, shape::hcpcs as fn(&[u8]) -> bool, Fault::HcpcsShape),
            (&mut specialty, shape::specialty, Fault::SpecialtyShape),
        ] {
            cursor.read_codes(take, &mut cells.codes, fault.bit(), &mut |text| if right(text) { 0 } else { fault.bit() })?;
            mark(&mut cells.flags, &cells.codes);
        }
        for (cursor, right, fault) in
            [(&mut tin, shape::tin as fn(&[u8]) -> bool, Fault::TinShape), (&mut ccn, shape::ccn, Fault::CcnShape)]
        {
            cursor.read_codes(take, &mut cells.codes, fault.bit(), &mut |text| biller(text, grounds, billers, right, fault))?;
            mark(&mut cells.flags, &cells.codes);
        }
        if bill_types {
            let wrong = Fault::BillType.bit();
            for cursor in [&mut facility, &mut class] {
                cursor.read_codes(take, &mut cells.codes, wrong, &mut |text| if shape::bill_type(text) { 0 } else { wrong })?;
                mark(&mut cells.flags, &cells.codes);
            }
        }
        claim.read_codes(take, &mut cells.claim, u32::MAX, &mut |text| {
            claims.push(hash(text));
            claims.len() as u32 - 1
        })?;
        // A refused claim's lines assign nobody, and sources leave its header out.
        refused.clear();
        if any_refused {
            non_payment.read_codes(take, &mut refused, 0, &mut |text| u32::from(!text.trim_ascii().is_empty()))?;
        }
        for row in 0..take {
            let kind = grounds.lines.index(cells.claim_type[row]);
            let Some(claim) = claims.get(cells.claim[row] as usize) else { continue };
            keys.line(*claim, cells.line[row], facility_kinds[kind] && refused.get(row) != Some(&1));
        }
        cells.days(grounds);
        finish(ledger, cells, grounds);
        left -= take;
        meter.add_rows(take as u64);
    }
    Ok(())
}

fn mark(flags: &mut [u32], codes: &[u32]) {
    for (flags, code) in flags.iter_mut().zip(codes) {
        *flags |= code;
    }
}

impl Cells {
    /// Adds the faults of days, payments and people.
    fn days(&mut self, grounds: &Grounds<'_>) {
        let bit = |fault: Fault, holds: bool| u32::from(holds) << fault as u8;
        for row in 0..self.flags.len() {
            let (from, day, processed) = (self.from[row], self.day[row], self.processed[row]);
            let dated = day != NULL_INT;
            // A null reads as the least number, which is after nothing.
            let mut flags = bit(Fault::NoDate, !dated)
                | bit(Fault::FromAfterThru, dated && from > day)
                | bit(Fault::ProcessedBeforeService, dated && processed != NULL_INT && processed < day)
                | bit(Fault::NoAmount, self.payment[row] == NULL_INT);
            let bene = self.bene[row];
            if bene >= STRANGER {
                flags |= bit(Fault::NoBeneficiary, bene == NAMELESS) | bit(Fault::UnknownBeneficiary, bene == STRANGER);
            } else {
                let month = grounds.span.month(day);
                let inside = month < grounds.span.months();
                flags |= bit(Fault::NotCountedMonth, inside && !grounds.people.lives.counts(bene, month));
                flags |= bit(Fault::AfterDeath, grounds.gone.before(bene, day));
            }
            self.flags[row] |= flags;
        }
    }
}

fn finish(ledger: &mut Adding, cells: &Cells, grounds: &Grounds<'_>) {
    let columns = Columns {
        claim_type: &cells.claim_type,
        day: &cells.day,
        payment: &cells.payment,
        processed: &cells.processed,
        denied: (&cells.denied[0], &cells.denied[1]),
        faults: &cells.flags,
    };
    ledger.add(grounds.span, columns);
}
