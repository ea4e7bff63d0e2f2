//! Factor tables as a product of the work folder: the files of `factors/`, byte for byte, so that a run that differs in the exact
//! half alone does not make them again.

use std::path::Path;

use super::given::Figures;
use super::work::{Key, Product, Standing, Work};
use crate::disk;
use crate::error::Result;
use crate::factors::{FactorTables, Risk};
use crate::rules::Rules;

/// Name of the product in the work folder, and of the stage in the manifest's account of what was reused.
pub const FACTORS: &str = "factors";
/// Tables of rules that no factor table rests on, for the exact half and `replay` alone read them.
const BEYOND: [&str; 3] = ["arrangements", "settlement", "results_files"];

/// Factor tables that are kept, or will be.
#[derive(Debug)]
pub struct KeptFactors<'w> {
    work: &'w Work,
    key: Key,
    standing: Standing,
}

/// What factor tables are made from, beside sums: every other table of rules, and the figures given.
pub(super) fn key(sums: &Key, rules: &Rules, given: &Figures, risk: Risk) -> Key {
    let key = sums.clone().with("figures given", given.content_hash()).with("risk", format!("{risk:?}"));
    rules.subject_hashes(&BEYOND).fold(key, |key, (subject, hash)| key.with(format!("a rule of {subject}"), hash))
}

impl<'w> KeptFactors<'w> {
    pub(super) fn new(work: &'w Work, key: Key, standing: Standing) -> Self {
        Self { work, key, standing }
    }

    /// Lays the files that an earlier run kept into a folder, and reads them; else why they are to be made. What is damaged is
    /// said and removed.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn lay(&self, folder: &Path) -> Result<Result<FactorTables, String>> {
        if let Standing::Redone(why, _) = &self.standing {
            return Ok(Err(why.clone()));
        }
        let mut failed = None;
        let tables = self.work.reuse(FACTORS, &self.key, |product| {
            for (name, bytes) in files(&product)? {
                if let Err(fault) = disk::write_all(&folder.join(name), &bytes) {
                    failed = Some(fault);
                    // The product is sound, and stays.
                    return Ok(None);
                }
            }
            let tables = FactorTables::read_finished(folder).map_err(|fault| format!("its tables do not read: {fault}"))?;
            Ok(Some(tables))
        });
        match (failed, tables.flatten()) {
            (Some(fault), _) => Err(fault),
            (None, Some(tables)) => Ok(Ok(tables)),
            (None, None) => Ok(Err("what was kept of them is damaged".into())),
        }
    }

    /// Keeps the files of a folder.
    ///
    /// # Errors
    /// When a file cannot be read, or a signal came.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        let mut blocks = Vec::new();
        for path in disk::list(folder)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
            blocks.push([name.as_bytes(), b"\0", &disk::read_bytes(&path)?].concat());
        }
        self.work.keep(FACTORS, &self.key, (0.0, 0), |out| blocks.iter().try_for_each(|block| out.append(block)))?;
        Ok(())
    }
}

/// Names and contents of the files of a product, every block held against its hash before the first is used.
fn files(product: &Product) -> Result<Vec<(String, Vec<u8>)>, String> {
    let file = |number| {
        let block = product.block(number)?;
        let end = block.iter().position(|byte| *byte == 0).ok_or("it does not hold factor tables")?;
        let name = std::str::from_utf8(&block[..end]).map_err(|_| "it does not hold factor tables")?;
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
            return Err("it does not hold factor tables".to_string());
        }
        Ok((name.to_string(), block[end + 1..].to_vec()))
    };
    (0..product.len()).map(file).collect()
}
