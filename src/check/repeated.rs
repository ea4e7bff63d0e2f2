//! Claims and lines that come twice, and revenue lines without their claim: `check` and `run` fill the keys alike.

use super::finding::{Finding, Measure};
use super::keys::{KEY_BYTES, Keys, Ordered, line_key, sample};
use super::limits::Limits;
use super::people::CHUNK;
use crate::error::Result;
use crate::scan::{ColumnCursor, Extract, NULL_INT, TableFiles, over_units};

/// The keys of one table of claims.
#[derive(Debug)]
pub struct TableKeys {
    /// Claims (`claim_header`), lines (`claim_line`).
    pub rows: Keys,
    /// Claims of facility lines that Medicare paid.
    pub facility: Keys,
    /// How many such lines there are of the claims looked at.
    pub facility_lines: u64,
    /// The claim of the last one: lines of a claim mostly follow one another.
    last: Option<u64>,
}

/// Which claims are told apart, and by what hash of their number.
#[derive(Debug, Clone, Copy)]
pub struct Apart<H> {
    /// One key in so many is looked at, as a mask; all for 0.
    pub mask: u64,
    /// The hash.
    pub hash: H,
}

/// The most keys that an extract can have: one of each claim and line, and one of the claim of each facility line.
fn most(extract: &Extract) -> u64 {
    extract.claim_header.rows() + 2 * extract.claim_line.rows()
}

/// Which share of the keys of an extract to look at so that they take no more than so many bytes, as a mask, and how many all of
/// them take at most.
#[must_use]
pub fn share(extract: &Extract, bytes: u64) -> (u64, u64) {
    let most = most(extract);
    (sample(most, bytes), most * KEY_BYTES)
}

impl TableKeys {
    /// No key yet.
    #[must_use]
    pub fn new(mask: u64) -> Self {
        Self { rows: Keys::new(mask), facility: Keys::new(mask), facility_lines: 0, last: None }
    }

    /// Adds a claim of `claim_header`.
    #[inline]
    pub fn claim(&mut self, claim: u64) {
        self.rows.add(claim);
    }

    /// Adds a line of a claim, `paid` when it is a facility's that Medicare did not refuse.
    #[inline]
    pub fn line(&mut self, claim: u64, line: i64, paid: bool) {
        self.rows.add(line_key(claim, line));
        if paid {
            if self.last == Some(claim) {
                self.facility_lines += 1;
            } else if self.facility.add(claim) {
                self.facility_lines += 1;
                self.last = Some(claim);
            }
        }
    }

    /// Adds the keys of another.
    pub fn merge(&mut self, other: Self) {
        self.rows.merge(other.rows);
        self.facility.merge(other.facility);
        self.facility_lines += other.facility_lines;
    }
}

/// Claims and lines that come twice, and revenue lines without their claim; `absolute` are the cents of both tables without signs.
/// Files are read again only for what was found.
///
/// # Errors
/// When a file cannot be read, or a check is not in the limits.
pub fn findings<H: Fn(&[u8]) -> u64 + Sync>(
    extract: &Extract,
    [headers, lines]: [TableKeys; 2],
    absolute: [i128; 2],
    apart: &Apart<H>,
    limits: &Limits,
) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    let TableKeys { rows, facility, facility_lines, .. } = lines;
    let repeated = rows.in_order();
    let claims = headers.rows.in_order();
    found.extend(duplicates(&extract.claim_header, &claims, false, absolute[0], apart, limits)?);
    found.extend(duplicates(&extract.claim_line, &repeated, true, absolute[1], apart, limits)?);
    drop(repeated);
    let missing = facility.in_order().missing_from(&claims);
    let mut measure = Measure { of: facility_lines, ..Measure::default() };
    if !missing.is_empty() {
        (measure.count, measure.cents) = price(&extract.claim_line, &missing, false, "allowed_amt", apart)?;
    }
    found.extend(Finding::judge(limits, "orphan_lines", "claim_line", Some("claim_id"), measure, sampled(apart.mask))?);
    Ok(found)
}

/// How much was looked at, when it was not everything.
fn sampled(mask: u64) -> String {
    if mask == 0 { String::new() } else { format!("one claim in {} was looked at; --memory allows more", mask + 1) }
}

fn duplicates<H: Fn(&[u8]) -> u64 + Sync>(
    files: &TableFiles,
    keys: &Ordered,
    by_line: bool,
    absolute: i128,
    apart: &Apart<H>,
    limits: &Limits,
) -> Result<Option<Finding>> {
    let mut measure = Measure { count: keys.rows, of: keys.len() as u64 + keys.rows, ..Measure::default() };
    if keys.rows > 0 {
        let (rows, cents) = price(files, &keys.repeated, by_line, "payment_amt", apart)?;
        // Of so many rows with a key all but one are too many.
        measure.cents = if rows > 0 { cents * i128::from(keys.rows) / i128::from(rows) } else { 0 };
        measure.at_stake = (measure.cents, absolute);
    }
    Finding::judge(limits, "duplicate_claims", files.table.name, Some("claim_id"), measure, sampled(apart.mask))
}

/// Rows and cents of the rows whose key is among some (ascending): only read when there are any.
fn price<H: Fn(&[u8]) -> u64 + Sync>(
    files: &TableFiles,
    wanted: &[u64],
    by_line: bool,
    money: &'static str,
    apart: &Apart<H>,
) -> Result<(u64, i128)> {
    let sums = over_units(
        &files.units(),
        || (0_u64, 0_i128),
        |sums, file, group| {
            let (mut claim, mut payment) =
                (ColumnCursor::open(file, group, "claim_id")?, ColumnCursor::open(file, group, money)?);
            let mut line = if by_line { Some(ColumnCursor::open(file, group, "line_num")?) } else { None };
            let (mut hashes, mut codes, mut cents, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let mut left = group.rows;
            while left > 0 {
                let take = left.min(CHUNK);
                claim.read_codes(take, &mut codes, u32::MAX, &mut |text| {
                    hashes.push((apart.hash)(text));
                    hashes.len() as u32 - 1
                })?;
                payment.read_ints(take, &mut cents)?;
                if let Some(line) = &mut line {
                    line.read_ints(take, &mut numbers)?;
                }
                for row in 0..take {
                    let Some(claim) = hashes.get(codes[row] as usize) else { continue };
                    let key = numbers.get(row).map_or(*claim, |line| line_key(*claim, *line));
                    if wanted.binary_search(&key).is_ok() {
                        sums.0 += 1;
                        sums.1 += if cents[row] == NULL_INT { 0 } else { i128::from(cents[row]) };
                    }
                }
                left -= take;
            }
            Ok(())
        },
    )?;
    Ok(sums.into_iter().fold((0, 0), |(rows, cents), sum| (rows + sum.0, cents + sum.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_claim_that_follow_one_another_are_one_key_and_as_many_lines() {
        let mut keys = TableKeys::new(1);
        for (claim, line, paid) in
            [(2, 1, true), (2, 2, true), (4, 1, false), (2, 3, true), (3, 1, true), (3, 2, true), (6, 1, true)]
        {
            keys.line(claim, line, paid);
        }
        assert_eq!((keys.facility.len(), keys.facility_lines), (2, 4));
        let mut other = TableKeys::new(1);
        other.line(6, 2, true);
        keys.merge(other);
        let facility = keys.facility.in_order();
        assert_eq!((facility.repeated, facility.rows, keys.facility_lines), (vec![6], 1, 5));
    }
}
