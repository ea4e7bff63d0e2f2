//! `participant`: who is listed and bills nothing.

use std::collections::{BTreeMap, HashMap};

use super::finding::{Finding, Measure};
use super::limits::Limits;
use super::pattern::named;
use crate::error::Result;
use crate::scan::{Extract, SmallTable};

/// Participants by TIN or CCN.
#[derive(Debug)]
pub struct Participants {
    numbers: HashMap<Vec<u8>, usize>,
    /// ACO of each, of its last list.
    acos: Vec<String>,
}

impl Participants {
    /// Reads the table.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(extract: &Extract) -> Result<Self> {
        let table = SmallTable::read(&extract.participant)?;
        let mut listed: BTreeMap<Vec<u8>, String> = BTreeMap::new();
        for row in 0..table.rows() {
            for column in ["tin", "ccn"] {
                if let (Some(code), Some(aco)) = (table.text(row, column), table.text(row, "aco_id")) {
                    listed.insert(code.as_bytes().to_vec(), aco.to_string());
                }
            }
        }
        let acos = listed.values().cloned().collect();
        Ok(Self { numbers: listed.into_keys().enumerate().map(|(number, code)| (code, number)).collect(), acos })
    }

    /// Number of each TIN and CCN.
    #[must_use]
    pub fn numbers(&self) -> &HashMap<Vec<u8>, usize> {
        &self.numbers
    }

    /// Participants that bill nothing.
    ///
    /// # Errors
    /// When the check is not in the limits.
    pub fn findings(&self, headers: &[bool], lines: &[bool], limits: &Limits) -> Result<Option<Finding>> {
        let mut silent: BTreeMap<&str, u64> = BTreeMap::new();
        for (aco, (header, line)) in self.acos.iter().zip(headers.iter().zip(lines)) {
            if !header && !line {
                *silent.entry(aco).or_default() += 1;
            }
        }
        let measure = Measure { count: silent.values().sum(), of: self.acos.len() as u64, ..Measure::default() };
        let mut names: Vec<(&str, u64)> = silent.into_iter().collect();
        names.sort_by_key(|(aco, count)| (std::cmp::Reverse(*count), *aco));
        let names: Vec<String> = names.iter().map(|(aco, count)| format!("{count} of {aco}")).collect();
        Finding::judge(limits, "participants_not_billed", "participant", Some("tin"), measure, named(&names))
    }
}
