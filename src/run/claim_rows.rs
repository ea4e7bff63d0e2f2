//! The columns of a row group of claims, chunk by chunk, as the integers that the kernels take.

use super::add_ons::{AddOns, ClaimHash};
use super::claims::Ground;
use super::enroll::CHUNK;
use super::row_faults::LineCodes;
use crate::beneficiary::{EntityCache, HeaderColumns, KEEPS, LineColumns, NO_ENTITY, NO_SPECIALTY, NOBODY, Policy};
use crate::error::Result;
use crate::scan::{ColumnCursor, RowGroup, Single, TableFile};

/// A row group of `claim_header`.
#[derive(Debug)]
pub struct HeaderRows<'f> {
    left: usize,
    bene: ColumnCursor<'f>,
    claim_type: ColumnCursor<'f>,
    from: ColumnCursor<'f>,
    thru: ColumnCursor<'f>,
    ccn: ColumnCursor<'f>,
    tin: ColumnCursor<'f>,
    facility: ColumnCursor<'f>,
    non_payment: ColumnCursor<'f>,
    processed: ColumnCursor<'f>,
    payment: ColumnCursor<'f>,
    supplements: Vec<ColumnCursor<'f>>,
    sequestration: ColumnCursor<'f>,
    reduction: ColumnCursor<'f>,
}

const SUPPLEMENTS: [&str; 6] = [
    "ime_operating_amt",
    "dsh_operating_amt",
    "ime_capital_amt",
    "dsh_capital_amt",
    "uncompensated_care_amt",
    "ihs_pr_supplement_amt",
];

impl<'f> HeaderRows<'f> {
    /// Stands before the first row.
    ///
    /// # Errors
    /// When a column cannot be read.
    pub fn open(file: &'f TableFile, group: &RowGroup) -> Result<Self> {
        let open = |name| ColumnCursor::open(file, group, name);
        Ok(Self {
            left: group.rows,
            bene: open("bene_id")?,
            claim_type: open("claim_type")?,
            from: open("from_date")?,
            thru: open("thru_date")?,
            ccn: open("ccn")?,
            tin: open("tin")?,
            facility: open("facility_type")?,
            non_payment: open("non_payment_reason")?,
            processed: open("processed_date")?,
            payment: open("payment_amt")?,
            supplements: SUPPLEMENTS.into_iter().map(open).collect::<Result<_>>()?,
            sequestration: open("sequestration_amt")?,
            reduction: open("pbp_reduction_amt")?,
        })
    }

    /// Fills the columns with the next rows, as they are in the file, and tells how many there are; none after the last.
    ///
    /// # Errors
    /// When a page cannot be decoded.
    pub fn next(
        &mut self,
        ground: Ground<'_>,
        entities: &mut EntityCache<'_>,
        columns: &mut HeaderColumns,
    ) -> Result<Option<usize>> {
        let take = self.left.min(CHUNK);
        if take == 0 {
            return Ok(None);
        }
        self.bene.read_many_codes(take, &mut columns.bene, NOBODY, &mut { ground.ids })?;
        self.claim_type.read_ints(take, &mut columns.claim_type)?;
        self.from.read_ints(take, &mut columns.from_date)?;
        self.thru.read_ints(take, &mut columns.thru_date)?;
        self.ccn.read_codes(take, &mut columns.ccn, NO_ENTITY & !KEEPS, &mut |text| {
            let keeps = if ground.policy.keeps_supplements(text) { KEEPS } else { 0 };
            entities.ccn(text) & !KEEPS | keeps
        })?;
        self.tin.read_codes(take, &mut columns.tin, NO_ENTITY, &mut |text| entities.tin(text))?;
        self.facility.read_codes(take, &mut columns.facility_type, 0, &mut Policy::character)?;
        self.non_payment.read_codes(take, &mut columns.non_payment, 0, &mut Policy::non_payment)?;
        self.processed.read_ints(take, &mut columns.processed)?;
        self.payment.read_ints(take, &mut columns.payment)?;
        for (cursor, cells) in self.supplements.iter_mut().zip(&mut columns.supplements) {
            cursor.read_ints(take, cells)?;
        }
        self.sequestration.read_ints(take, &mut columns.sequestration)?;
        self.reduction.read_ints(take, &mut columns.pbp_reduction)?;
        self.left -= take;
        Ok(Some(take))
    }
}

/// The procedures of a row group, from its next row on.
#[derive(Debug)]
enum Procedures<'f> {
    Known(&'f [u32]),
    Unread(Box<ColumnCursor<'f>>),
}

/// A row group of `claim_line`.
#[derive(Debug)]
pub struct LineRows<'f> {
    left: usize,
    bene: ColumnCursor<'f>,
    claim_type: ColumnCursor<'f>,
    last: ColumnCursor<'f>,
    procedures: Procedures<'f>,
    center: Option<ColumnCursor<'f>>,
    place: Option<ColumnCursor<'f>>,
    specialty: ColumnCursor<'f>,
    tin: ColumnCursor<'f>,
    ccn: Option<ColumnCursor<'f>>,
    facility: Option<ColumnCursor<'f>>,
    classification: Option<ColumnCursor<'f>>,
    clinicians: [ColumnCursor<'f>; 3],
    /// Whether bill types are read, and some are there.
    bill_types: bool,
    payment: ColumnCursor<'f>,
    allowed: ColumnCursor<'f>,
    non_payment: ColumnCursor<'f>,
    denial: ColumnCursor<'f>,
    unpaid: ColumnCursor<'f>,
    processed: ColumnCursor<'f>,
    sequestration: ColumnCursor<'f>,
    reduction: ColumnCursor<'f>,
    /// Claims, where someone asks for them.
    claim: Option<Claim<'f>>,
    hashes: Vec<u128>,
    codes: Vec<u32>,
    /// Which rows have an add-on.
    add_on: Vec<bool>,
}

/// How claims are read: with both halves of their hash where some procedure of the group is an add-on.
#[derive(Debug)]
struct Claim<'f> {
    cursor: ColumnCursor<'f>,
    hash: &'f ClaimHash,
    add_ons: Option<&'f AddOns>,
    /// Whether those of all rows are read, and not of those with an add-on alone.
    apart: bool,
}

impl<'f> LineRows<'f> {
    /// Stands before the first row; `apart` is how claims are hashed where they are told apart.
    ///
    /// # Errors
    /// When a column cannot be read.
    pub fn open(
        file: &'f TableFile,
        group: &RowGroup,
        policy: &Policy,
        add_ons: &'f AddOns,
        apart: Option<&'f ClaimHash>,
    ) -> Result<Self> {
        let open = |name| ColumnCursor::open(file, group, name);
        // A column that no rule of the run asks for is not read.
        let open_if = |asked: bool, name| asked.then(|| open(name)).transpose();
        let (facilities, places) = (policy.asks_for_facilities(), policy.asks_for_places());
        Ok(Self {
            left: group.rows,
            bene: open("bene_id")?,
            claim_type: open("claim_type")?,
            last: open("last_date")?,
            procedures: match add_ons.procedures(file, group) {
                Some(known) => Procedures::Known(known),
                None => Procedures::Unread(Box::new(open("hcpcs")?)),
            },
            center: open_if(facilities, "revenue_center")?,
            place: open_if(places, "pos")?,
            specialty: open("specialty")?,
            tin: open("tin")?,
            ccn: open_if(facilities, "ccn")?,
            facility: open_if(facilities, "facility_type")?,
            classification: open_if(facilities, "service_classification")?,
            clinicians: [open("npi")?, open("other_npi")?, open("attending_npi")?],
            bill_types: facilities && file.may_have_values("facility_type"),
            payment: open("payment_amt")?,
            allowed: open("allowed_amt")?,
            non_payment: open("non_payment_reason")?,
            denial: open("claim_denial")?,
            unpaid: open("processing_indicator")?,
            processed: open("processed_date")?,
            sequestration: open("sequestration_amt")?,
            reduction: open("pbp_reduction_amt")?,
            claim: match (add_ons.in_group(file, group), apart) {
                (Some(hash), _) => {
                    Some(Claim { cursor: open("claim_id")?, hash, add_ons: Some(add_ons), apart: apart.is_some() })
                }
                (None, Some(hash)) => Some(Claim { cursor: open("claim_id")?, hash, add_ons: None, apart: true }),
                (None, None) => None,
            },
            hashes: Vec::new(),
            codes: Vec::new(),
            add_on: Vec::new(),
        })
    }

    /// What of the rows' codes is read, and therefore looked at.
    pub fn looked_at(&self) -> LineCodes {
        LineCodes { facilities: self.ccn.is_some(), bill_types: self.bill_types }
    }

    /// By what a claim of the rows read last is told apart; none for a line without a claim, and where claims are not read.
    #[inline]
    pub fn claim(&self, row: usize) -> Option<u64> {
        self.hashes.get(*self.codes.get(row)? as usize).map(|hash| (hash >> 64) as u64)
    }

    /// Fills the columns with the next rows, as they are in the file, and tells how many there are; none after the last.
    ///
    /// # Errors
    /// When a page cannot be decoded.
    pub fn next(
        &mut self,
        ground: Ground<'_>,
        entities: &mut EntityCache<'_>,
        columns: &mut LineColumns,
    ) -> Result<Option<usize>> {
        let take = self.left.min(CHUNK);
        if take == 0 {
            return Ok(None);
        }
        let policy = ground.policy;
        columns.carried.clear();
        self.bene.read_many_codes(take, &mut columns.bene, NOBODY, &mut { ground.ids })?;
        self.claim_type.read_ints(take, &mut columns.claim_type)?;
        self.last.read_ints(take, &mut columns.last_date)?;
        match &mut self.procedures {
            Procedures::Known(known) => {
                let (next, rest) = known.split_at(take.min(known.len()));
                columns.procedure.clear();
                columns.procedure.extend_from_slice(next);
                *known = rest;
            }
            Procedures::Unread(cursor) => {
                cursor.read_codes(take, &mut columns.procedure, policy.no_procedure(), &mut |text| policy.procedure(text))?;
            }
        }
        read_if(&mut self.center, take, &mut columns.revenue_center, 0, &mut |text| policy.revenue_center(text))?;
        read_if(&mut self.place, take, &mut columns.place, 0, &mut |text| policy.place(text))?;
        self.specialty.read_codes(take, &mut columns.specialty, NO_SPECIALTY, &mut |text| policy.specialty(text))?;
        self.tin.read_codes(take, &mut columns.tin, NO_ENTITY, &mut |text| entities.tin(text))?;
        read_if(&mut self.ccn, take, &mut columns.ccn, NO_ENTITY, &mut |text| entities.ccn(text))?;
        read_if(&mut self.facility, take, &mut columns.facility_type, 0, &mut Policy::character)?;
        read_if(&mut self.classification, take, &mut columns.classification, 0, &mut Policy::character)?;
        for (cursor, cells) in self.clinicians.iter_mut().zip(&mut columns.clinicians) {
            if self.bill_types {
                cursor.read_ints(take, cells)?;
            }
        }
        self.payment.read_ints(take, &mut columns.payment)?;
        self.allowed.read_ints(take, &mut columns.allowed)?;
        self.non_payment.read_codes(take, &mut columns.non_payment, 0, &mut Policy::non_payment)?;
        self.denial.read_codes(take, &mut columns.denial, 0, &mut |text| policy.denial(text))?;
        self.unpaid.read_codes(take, &mut columns.unpaid, 0, &mut |text| policy.unpaid(text))?;
        self.processed.read_ints(take, &mut columns.processed)?;
        self.sequestration.read_ints(take, &mut columns.sequestration)?;
        self.reduction.read_ints(take, &mut columns.pbp_reduction)?;
        if let Some(Claim { cursor, hash, add_ons, apart }) = &mut self.claim {
            let Self { hashes, codes, add_on, .. } = self;
            let both = add_ons.is_some();
            // Whoever carries no add-on is not asked after, for every look-up waits for memory.
            add_on.clear();
            add_on.extend(columns.procedure.iter().map(|procedure| both && policy.tests[*procedure as usize].add_on));
            let mut number = |text: &[u8]| {
                hashes.push(if both { hash.of(text) } else { u128::from(hash.half(text)) << 64 });
                hashes.len() as u32 - 1
            };
            if *apart {
                cursor.read_codes(take, codes, u32::MAX, &mut number)?;
            } else {
                cursor.read_wanted_codes(add_on, codes, u32::MAX, &mut Single(&mut number))?;
            }
            if let Some(add_ons) = add_ons {
                let windows = |((bene, code), add_on): ((&u32, &u32), &bool)| {
                    let claim = hashes.get(*code as usize).filter(|_| *add_on);
                    let key = claim.map(|claim| ClaimHash::key(*bene, *claim));
                    key.and_then(|key| add_ons.carried.get(&key)).copied().unwrap_or(0)
                };
                columns.carried.extend(columns.bene.iter().zip(codes.iter()).zip(add_on.iter()).map(windows));
            }
        }
        self.left -= take;
        Ok(Some(take))
    }
}

/// Reads a column that a rule asks for. One that none asks for is null in every row of the run, so that it is filled once.
fn read_if(
    cursor: &mut Option<ColumnCursor<'_>>,
    take: usize,
    out: &mut Vec<u32>,
    null: u32,
    code: &mut dyn FnMut(&[u8]) -> u32,
) -> Result<()> {
    if let Some(cursor) = cursor {
        return cursor.read_codes(take, out, null, code);
    }
    out.resize(take, null);
    Ok(())
}
