//! What only a look at everything asks of the rows of claims: columns that a run does not decode otherwise, the keys by which
//! claims are told apart, and faults that the account of rows tells in the other runs.

use super::claim_rows::LineRows;
use super::row_faults::{LineCodes, mark_before, of_people};
use super::watch::{Watch, Whole};
use crate::beneficiary::{HeaderColumns, LineColumns, Policy};
use crate::check::{Fault, TableKeys, shape};
use crate::error::Result;
use crate::scan::{ColumnCursor, RowGroup, TableFile};

/// A row group of `claim_header`.
#[derive(Debug)]
pub(super) struct HeaderLook<'f> {
    whole: &'f Whole,
    claim: ColumnCursor<'f>,
    classification: ColumnCursor<'f>,
    hashes: Vec<u64>,
    codes: Vec<u32>,
    /// Not 0 for a claim that is denied by its facility type.
    pub(super) voided: Vec<u32>,
}

impl<'f> HeaderLook<'f> {
    /// Stands before the first row; none where not everything is looked at.
    ///
    /// # Errors
    /// When a column cannot be read.
    pub(super) fn open(file: &'f TableFile, group: &RowGroup, watch: &'f Watch<'_>) -> Result<Option<Self>> {
        let Some(whole) = &watch.whole else { return Ok(None) };
        let open = |name| ColumnCursor::open(file, group, name);
        let (claim, classification) = (open("claim_id")?, open("service_classification")?);
        Ok(Some(Self { whole, claim, classification, hashes: Vec::new(), codes: Vec::new(), voided: Vec::new() }))
    }

    /// Looks at the rows in the columns.
    ///
    /// # Errors
    /// When a page cannot be decoded.
    pub(super) fn next(
        &mut self,
        columns: &HeaderColumns,
        policy: &Policy,
        watch: &Watch<'_>,
        flags: &mut [u32],
        keys: &mut TableKeys,
    ) -> Result<()> {
        let take = columns.claim_type.len();
        let Self { whole, claim, classification, hashes, codes, voided } = self;
        mark_shape(classification, take, codes, flags, shape::bill_type, Fault::BillType)?;
        of_people(flags, &columns.bene, &columns.thru_date, &columns.payment, &whole.lives, &watch.span);
        voided.clear();
        voided.extend((0..take).map(|row| u32::from(policy.voids(columns.claim_type[row], columns.facility_type[row]))));
        claim.read_codes(take, codes, u32::MAX, &mut |text| {
            hashes.push(whole.hash.half(text));
            hashes.len() as u32 - 1
        })?;
        for code in codes.iter() {
            hashes.get(*code as usize).into_iter().for_each(|claim| keys.claim(*claim));
        }
        Ok(())
    }
}

/// A column of codes, the shape that they have, and the fault of those that have not.
type Shape<'f> = (ColumnCursor<'f>, fn(&[u8]) -> bool, Fault);

/// A row group of `claim_line`.
#[derive(Debug)]
pub(super) struct LineLook<'f> {
    whole: &'f Whole,
    first: ColumnCursor<'f>,
    line: ColumnCursor<'f>,
    /// The facility and both characters of its bill type, as far as no rule of the run asks for them.
    shapes: Vec<Shape<'f>>,
    days: Vec<i64>,
    lines: Vec<i64>,
    codes: Vec<u32>,
}

impl<'f> LineLook<'f> {
    /// Stands before the first row; none where not everything is looked at. `read` says which codes of lines the run reads.
    ///
    /// # Errors
    /// When a column cannot be read.
    pub(super) fn open(file: &'f TableFile, group: &RowGroup, watch: &'f Watch<'_>, read: LineCodes) -> Result<Option<Self>> {
        let Some(whole) = &watch.whole else { return Ok(None) };
        let open = |name| ColumnCursor::open(file, group, name);
        let mut shapes: Vec<Shape<'f>> = Vec::new();
        if !read.facilities {
            shapes.push((open("ccn")?, shape::ccn, Fault::CcnShape));
        }
        let some = ["facility_type", "service_classification"].into_iter().any(|name| file.may_have_values(name));
        if some && !read.bill_types {
            for name in ["facility_type", "service_classification"] {
                shapes.push((open(name)?, shape::bill_type, Fault::BillType));
            }
        }
        let (first, line) = (open("first_date")?, open("line_num")?);
        Ok(Some(Self { whole, first, line, shapes, days: Vec::new(), lines: Vec::new(), codes: Vec::new() }))
    }

    /// Looks at the rows in the columns, whose claims were read with them.
    ///
    /// # Errors
    /// When a page cannot be decoded.
    pub(super) fn next(
        &mut self,
        columns: &LineColumns,
        rows: &LineRows<'_>,
        watch: &Watch<'_>,
        flags: &mut [u32],
        keys: &mut TableKeys,
    ) -> Result<()> {
        let take = columns.claim_type.len();
        let Self { whole, first, line, shapes, days, lines, codes } = self;
        first.read_ints(take, days)?;
        line.read_ints(take, lines)?;
        mark_before(flags, &columns.last_date, days, Fault::FromAfterThru);
        for (cursor, right, fault) in shapes {
            mark_shape(cursor, take, codes, flags, *right, *fault)?;
        }
        of_people(flags, &columns.bene, &columns.last_date, &columns.payment, &whole.lives, &watch.span);
        for row in 0..take {
            let Some(claim) = rows.claim(row) else { continue };
            // A refused claim's lines assign nobody, and sources leave its header out.
            let paid = columns.non_payment[row] == 0 && whole.of_facilities[watch.lines.index(columns.claim_type[row])];
            keys.line(claim, lines[row], paid);
        }
        Ok(())
    }
}

/// Adds a fault to the rows whose code has not its shape, or that have none.
fn mark_shape(
    cursor: &mut ColumnCursor<'_>,
    take: usize,
    codes: &mut Vec<u32>,
    flags: &mut [u32],
    right: fn(&[u8]) -> bool,
    fault: Fault,
) -> Result<()> {
    cursor.read_codes(take, codes, fault.bit(), &mut |text| if right(text) { 0 } else { fault.bit() })?;
    for (flags, code) in flags.iter_mut().zip(codes) {
        *flags |= *code;
    }
    Ok(())
}
