//! Rows that cannot be taken: counted and priced by reason, and a limit past which the whole import is refused.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::error::{Error, Place, Result};
use crate::money::Cents;

/// Why a row is not in the extract. A row falls into the first reason met, in this order of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// More or fewer cells than the header names.
    CellCount,
    /// A record of fixed width of another length than the file's others.
    RecordLength,
    /// The source says that the row is not the final action: set aside, not a fault.
    NotFinalAction,
    /// A cell that every row needs is blank.
    Blank,
    /// Not a day.
    NotADay,
    /// Not an amount in dollars and cents, or one that no column can hold.
    NotAnAmount,
    /// Not a whole number in the range of its column.
    NotANumber,
    /// Not a number with at most six decimals.
    NotADecimal,
    /// Bytes that are not UTF-8.
    NotText,
    /// A code that the rules do not know.
    UnknownCode,
    /// The rows of one claim do not agree on the claim's payment.
    ClaimDisagrees,
    /// A line whose claim no file holds.
    NoClaim,
    /// Neither the day of birth nor the Medicare status says whether a person is aged or disabled.
    NoAge,
}

impl Reason {
    /// Every reason, in order.
    pub const ALL: [Self; 13] = [
        Self::CellCount,
        Self::RecordLength,
        Self::NotFinalAction,
        Self::Blank,
        Self::NotADay,
        Self::NotAnAmount,
        Self::NotANumber,
        Self::NotADecimal,
        Self::NotText,
        Self::UnknownCode,
        Self::ClaimDisagrees,
        Self::NoClaim,
        Self::NoAge,
    ];

    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::CellCount => "more or fewer cells than the header",
            Self::RecordLength => "a record shorter or longer than the file's first",
            Self::NotFinalAction => "not the final action",
            Self::Blank => "a required cell is blank",
            Self::NotADay => "not a day",
            Self::NotAnAmount => "not an amount in dollars and cents",
            Self::NotANumber => "not a whole number in range",
            Self::NotADecimal => "not a number with at most six decimals",
            Self::NotText => "not UTF-8 text",
            Self::UnknownCode => "a code that the rules do not know",
            Self::ClaimDisagrees => "rows of one claim disagree on its payment",
            Self::NoClaim => "a line whose claim no file of claims holds",
            Self::NoAge => "neither day of birth nor Medicare status",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::CellCount => "the file may be cut short or hold the delimiter inside a cell; deliver it again",
            Self::RecordLength => {
                "the line was cut, joined to the next or converted on its way; fetch the file again as CMS packs it"
            }
            Self::NotFinalAction | Self::Blank => "look at that line in the source, or raise --max-quarantined",
            Self::NotADay => "days are read as DD-MON-YYYY, YYYYMMDD or YYYY-MM-DD",
            Self::NotAnAmount => "amounts are dollars with at most two decimals and a point, without thousands separators",
            Self::NotANumber | Self::NotADecimal => "look at that line in the source; the column holds numbers",
            Self::NotText => "deliver the file as UTF-8 or ASCII",
            Self::UnknownCode => {
                "correct the file, or add the code with its citation to an enrollment.toml in a folder given by --rules"
            }
            Self::ClaimDisagrees => "claim columns must be the same on every line of a claim; deliver the file again",
            Self::NoClaim => "deliver the claims' file of the same months beside the lines",
            Self::NoAge => "deliver BENE_BIRTH_DT, or MDCR_STUS_*_CD for every month",
        }
    }

    /// Whether the row is faulty, rather than rightly set aside.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::NotFinalAction)
    }
}

/// A row that cannot be taken: why, and at which cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// The cell, counted from 0.
    pub column: Option<usize>,
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self { reason, column: None }
    }
}

/// Rows refused for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// How many.
    pub rows: u64,
    /// Sum of their absolute amounts, as far as these can be read, in cents.
    pub absolute_cents: i128,
    /// The first of them.
    pub first: Option<First>,
}

/// The first row refused for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct First {
    /// Line of the file, from 1.
    pub line: u64,
    /// Name of the cell.
    pub column: Option<String>,
}

/// Rows read of one file, and those refused by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows read.
    pub rows: u64,
    /// Sum of the absolute amounts read, in cents.
    pub absolute_cents: i128,
    refused: [Refusals; Reason::ALL.len()],
}

impl Tally {
    /// Counts a row that was read, with its amount as far as it can be read.
    #[inline]
    pub fn read(&mut self, amount: Cents) {
        self.rows += 1;
        self.absolute_cents += i128::from(amount.0.unsigned_abs());
    }

    /// Counts a row, already counted as read, that is refused.
    pub fn refuse(&mut self, refused: Refused, amount: Cents, line: u64, name_of: impl FnOnce(usize) -> String) {
        let entry = &mut self.refused[refused.reason as usize];
        entry.rows += 1;
        entry.absolute_cents += i128::from(amount.0.unsigned_abs());
        if entry.first.is_none() {
            entry.first = Some(First { line, column: refused.column.map(name_of) });
        }
    }

    /// Counts rows refused elsewhere, already counted as read, of which this is the first.
    pub fn refuse_many(&mut self, reason: Reason, rows: u64, absolute_cents: i128, first: First) {
        let entry = &mut self.refused[reason as usize];
        entry.rows += rows;
        entry.absolute_cents += absolute_cents;
        if entry.first.as_ref().is_none_or(|known| first.line < known.line) {
            entry.first = Some(first);
        }
    }

    /// Reasons for which rows were refused.
    pub fn refused(&self) -> impl Iterator<Item = (Reason, &Refusals)> {
        Reason::ALL.into_iter().zip(&self.refused).filter(|(_, refusals)| refusals.rows > 0)
    }
}

/// How many faulty rows an import may have, as a share of a table's rows or absolute dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantine(Decimal);

impl Default for Quarantine {
    /// One in a thousand.
    fn default() -> Self {
        Self(Decimal::new(1, 3))
    }
}

impl Quarantine {
    /// A limit between 0 and 1.
    ///
    /// # Errors
    /// Outside that range.
    pub fn new(share: Decimal) -> Result<Self> {
        if (Decimal::ZERO..=Decimal::ONE).contains(&share) {
            Ok(Self(share))
        } else {
            Err(Error::usage("--max-quarantined must lie between 0 and 1", "0.001 lets one row in a thousand be faulty"))
        }
    }

    /// Refuses a table of which more is faulty than the limit allows, naming the first faulty row of each reason.
    ///
    /// # Errors
    /// [`Error::Input`] or [`Error::Inputs`] when the limit is passed.
    pub fn judge<'t>(self, table: &str, files: impl Iterator<Item = (&'t Path, &'t Tally)>) -> Result<()> {
        let (mut rows, mut cents, mut bad_rows, mut bad_cents) = (0_u64, 0_i128, 0_u64, 0_i128);
        let mut firsts: Vec<(Reason, PathBuf, First)> = Vec::new();
        for (path, tally) in files {
            rows += tally.rows;
            cents += tally.absolute_cents;
            for (reason, refusals) in tally.refused().filter(|(reason, _)| reason.is_fault()) {
                bad_rows += refusals.rows;
                bad_cents += refusals.absolute_cents;
                if let Some(first) = refusals.first.clone().filter(|_| !firsts.iter().any(|(known, ..)| *known == reason)) {
                    firsts.push((reason, path.to_path_buf(), first));
                }
            }
        }
        if !self.passed_by(i128::from(bad_rows), i128::from(rows)) && !self.passed_by(bad_cents, cents) {
            return Ok(());
        }
        let mut errors: Vec<Error> = firsts
            .into_iter()
            .map(|(reason, path, first)| {
                let mut place = Place::file(path).in_table(table).at_line(first.line);
                place.column = first.column;
                let share = format!("{bad_rows} of {rows} rows are faulty, more than --max-quarantined {} allows", self.0);
                Error::input(format!("{} ({share})", reason.words()), place, reason.hint())
            })
            .collect();
        Err(if errors.len() == 1 { errors.remove(0) } else { Error::Inputs(errors) })
    }

    fn passed_by(self, part: i128, whole: i128) -> bool {
        match (Decimal::try_from_i128_with_scale(part, 0), Decimal::try_from_i128_with_scale(whole, 0)) {
            (Ok(part), Ok(whole)) => self.0.checked_mul(whole).is_some_and(|allowed| part > allowed),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Quarantine, Reason, Refused, Tally};
    use crate::money::Cents;

    fn tally(good: u64, bad: u64, amount: Cents) -> Tally {
        let mut tally = Tally::default();
        for _ in 0..good {
            tally.read(Cents(100));
        }
        for line in 0..bad {
            tally.read(amount);
            tally.refuse(Refused { reason: Reason::NotADay, column: Some(3) }, amount, line + 2, |_| "CLM_THRU_DT".into());
        }
        tally
    }

    #[test]
    fn one_row_in_a_thousand_may_be_faulty_and_no_more() {
        let judge = |tally: &Tally| Quarantine::default().judge("claim_line", [(Path::new("a.csv"), tally)].into_iter());
        judge(&tally(999, 1, Cents(0))).unwrap();
        judge(&tally(5, 0, Cents(0))).unwrap();
        let refusal = judge(&tally(998, 2, Cents(0))).unwrap_err();
        assert_eq!(refusal.exit_code(), 3);
        insta::assert_snapshot!(refusal, @r"
        not a day (2 of 1000 rows are faulty, more than --max-quarantined 0.001 allows)
          table: claim_line
          file: a.csv
          column: CLM_THRU_DT
          line: 2
          hint: days are read as DD-MON-YYYY, YYYYMMDD or YYYY-MM-DD
        ");
        assert!(judge(&tally(9_999, 1, Cents(100_000_000))).is_err(), "a single row may hold too many dollars");
    }

    #[test]
    fn rows_set_aside_are_no_fault() {
        let mut tally = Tally::default();
        tally.read(Cents(5));
        tally.refuse(Reason::NotFinalAction.into(), Cents(5), 2, |_| String::new());
        Quarantine::default().judge("claim_line", [(Path::new("a.csv"), &tally)].into_iter()).unwrap();
        assert_eq!(tally.refused().count(), 1);
    }
}
