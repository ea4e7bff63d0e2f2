//! Nothing is dropped in silence: the rows and dollars of each table, by what became of them, add up to what was read.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::disk;
use crate::error::{Error, Result};

/// Name of the file in a run's folder.
pub const FILE: &str = "reconciliation.csv";

/// What became of the rows of every table, for each use that is made of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reconciliation(Vec<Account>);

/// One table and one use: `expenditure` or `assignment` for claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The table.
    pub table: String,
    /// The use made of it.
    pub used_for: String,
    /// What was read.
    pub read: Tally,
    /// What became of it, in the fixed order in which a row meets the reasons.
    pub reasons: Vec<Reason>,
}

/// What became of some rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Why they went where they went.
    pub reason: String,
    /// How many, and how much.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Rows and their money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows.
    pub rows: u64,
    /// Sum of their cents, in dollars on disk.
    #[serde(rename = "dollars", with = "in_dollars")]
    pub cents: i128,
    /// Sum of their cents without signs: what is at stake in them.
    #[serde(rename = "absolute_dollars", with = "in_dollars")]
    pub absolute: i128,
}

impl Tally {
    /// Adds another tally.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.cents += other.cents;
        self.absolute += other.absolute;
    }

    fn sum<'a>(reasons: impl Iterator<Item = &'a Reason>) -> Self {
        reasons.fold(Self::default(), |mut sum, reason| {
            sum.merge(reason.tally);
            sum
        })
    }
}

impl Reconciliation {
    /// Says what became of some rows of a table.
    pub fn add(&mut self, table: &str, used_for: &str, reason: &str, tally: Tally) {
        let reasons = &mut self.account(table, used_for).reasons;
        match reasons.iter_mut().find(|known| known.reason == reason) {
            Some(known) => known.tally.merge(tally),
            None => reasons.push(Reason { reason: reason.into(), tally }),
        }
    }

    /// Says how much of a table was read.
    pub fn read(&mut self, table: &str, used_for: &str, tally: Tally) {
        self.account(table, used_for).read.merge(tally);
    }

    /// The accounts, in the order in which they were first named.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.0
    }

    /// Whether there is nothing to account for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn account(&mut self, table: &str, used_for: &str) -> &mut Account {
        let at = self.0.iter().position(|account| account.table == table && account.used_for == used_for).unwrap_or_else(|| {
            let account = Account { table: table.into(), used_for: used_for.into(), read: Tally::default(), reasons: Vec::new() };
            self.0.push(account);
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    /// Refuses an account whose reasons do not add up to what was read.
    ///
    /// # Errors
    /// The first such account.
    pub fn check(&self) -> Result<()> {
        for Account { table, used_for, read, reasons } in &self.0 {
            let told = Tally::sum(reasons.iter());
            if told != *read {
                return Err(Error::failed(
                    format!(
                        "{} rows and {} dollars of {table} were read for {used_for}, and {} rows and {} dollars accounted for",
                        read.rows,
                        dollars(read.cents),
                        told.rows,
                        dollars(told.cents)
                    ),
                    "this is a defect of acobench; please report it with the manifest of an earlier run",
                ));
            }
        }
        Ok(())
    }

    /// The accounts as CSV: a row per reason, and the row `read` they add up to.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from("table,used_for,reason,rows,dollars,absolute_dollars\n");
        for Account { table, used_for, read, reasons } in &self.0 {
            let reasons = reasons.iter().map(|Reason { reason, tally }| (reason.as_str(), tally));
            for (reason, Tally { rows, cents, absolute }) in reasons.chain([("read", read)]) {
                let _ = writeln!(text, "{table},{used_for},{reason},{rows},{},{}", dollars(*cents), dollars(*absolute));
            }
        }
        text
    }

    /// Checks the accounts and writes them into a run's folder.
    ///
    /// # Errors
    /// When they do not add up or the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        self.check()?;
        disk::write_all(&folder.join(FILE), self.csv().as_bytes())
    }
}

fn dollars(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

/// Cents that stand on disk as a decimal string of dollars.
mod in_dollars {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape serde asks for
    pub fn serialize<S: Serializer>(cents: &i128, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::dollars(*cents))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<i128, D::Error> {
        let text = String::deserialize(input)?;
        let malformed = || D::Error::custom(format!("{text:?} is no amount of dollars and cents"));
        let (whole, cents) = text.split_once('.').filter(|(_, cents)| cents.len() == 2).ok_or_else(malformed)?;
        format!("{whole}{cents}").parse().map_err(|_| malformed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: u64, cents: i128) -> Tally {
        Tally { rows, cents, absolute: cents.abs() }
    }

    fn accounts() -> Reconciliation {
        let mut accounts = Reconciliation::default();
        accounts.read("claim_line", "expenditure", Tally { rows: 10, cents: 1_000, absolute: 1_100 });
        accounts.add("claim_line", "expenditure", "denied", tally(1, -50));
        accounts.add("claim_line", "expenditure", "counted", tally(9, 1_050));
        accounts
    }

    #[test]
    fn reasons_add_up_to_what_was_read() {
        accounts().check().unwrap();
        assert_eq!(
            accounts().csv(),
            "table,used_for,reason,rows,dollars,absolute_dollars\nclaim_line,expenditure,denied,1,-0.50,0.50\n\
             claim_line,expenditure,counted,9,10.50,10.50\nclaim_line,expenditure,read,10,10.00,11.00\n"
        );
    }

    #[test]
    fn accounts_come_back_from_json() {
        let text = serde_json::to_string(&accounts()).unwrap();
        assert!(text.contains(r#""reason":"denied","rows":1,"dollars":"-0.50""#), "{text}");
        assert_eq!(serde_json::from_str::<Reconciliation>(&text).unwrap(), accounts());
    }

    #[test]
    fn a_lost_cent_is_refused() {
        let mut accounts = accounts();
        accounts.read("claim_line", "expenditure", tally(0, 1));
        assert!(accounts.check().unwrap_err().to_string().contains("10.01 dollars of claim_line"));
    }
}
