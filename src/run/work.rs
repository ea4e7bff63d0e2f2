//! The work folder: what stages keep between runs, under keys of everything it was made from.
//!
//! A product is a file of blocks that appears whole or not at all. Its first block says what it was made from, part by part,
//! so that a later run can tell not only that it does not hold any more but why. Nothing here can make a run fail that would
//! succeed without a work folder: what cannot be read is made again, what cannot be written is not kept, and both are said.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::disk::{self, Blocks, BlocksOut, Lock, Taken};
use crate::error::{Error, Result};

/// Where and how products are kept.
#[derive(Debug, Clone)]
pub struct WorkFolder {
    /// The folder.
    pub folder: PathBuf,
    /// What to do when another run is at work there.
    pub taken: Taken,
    /// Most bytes of products that a run leaves behind.
    pub limit: u64,
    /// Whether every input is read for its hash, however unchanged it looks.
    pub rehash: bool,
}

/// What a product was made from: names of parts, and the hash or value of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(BTreeMap<String, String>);

/// What a product tells of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Origin {
    parts: Key,
    seconds: f64,
    rows: u64,
}

/// Whether a stage's product holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It does, and takes that many bytes.
    Holds(u64),
    /// It does not, and why; the seconds a row took when the stage was last done.
    Redone(String, Option<f64>),
}

impl Key {
    /// A key of this program's own making.
    pub fn begin() -> Self {
        Self::default().with("program", disk::program())
    }

    /// Adds a part.
    #[must_use]
    pub fn with(mut self, part: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(part.into(), value.into());
        self
    }

    /// The key as a name.
    pub fn name(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (part, value) in &self.0 {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
            hasher.update(&(value.len() as u64).to_le_bytes()).update(value.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_string()
    }

    /// Parts of this key that another has not, or has otherwise; then those that only the other has.
    fn differing(&self, other: &Self) -> Vec<String> {
        let mine = self.0.iter().filter(|(part, value)| other.0.get(*part) != Some(value)).map(|(part, _)| part.clone());
        let theirs = other.0.keys().filter(|part| !self.0.contains_key(*part)).map(|part| format!("{part} (gone)"));
        mine.chain(theirs).collect()
    }
}

/// A work folder that this run alone works in.
#[derive(Debug)]
pub struct Work {
    folder: PathBuf,
    limit: u64,
    used: RefCell<Vec<PathBuf>>,
    full: Cell<bool>,
    _lock: Lock,
}

impl Work {
    /// Opens a work folder, and sweeps what a run that did not end has left there.
    ///
    /// # Errors
    /// When the folder is someone else's, another run is at work in it, or it cannot be created.
    pub fn open(request: &WorkFolder) -> Result<Self> {
        disk::refuse_foreign_work(&request.folder)?;
        let lock = Lock::take(&request.folder, request.taken)?;
        disk::sweep_partial(&request.folder);
        Ok(Self {
            folder: request.folder.clone(),
            limit: request.limit,
            used: RefCell::default(),
            full: Cell::new(false),
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, stage: &str, key: &Key) -> PathBuf {
        self.folder.join(format!("{stage}-{}.kept", key.name()))
    }

    /// Whether a stage's product holds, without reading it.
    pub fn standing(&self, stage: &str, key: &Key) -> Standing {
        let path = self.path(stage, key);
        if let Ok(product) = disk::Input::look(&path) {
            return Standing::Holds(product.bytes());
        }
        let known = self.origins(stage);
        let pace = known.iter().rfind(|origin| origin.rows > 0).map(|origin| origin.seconds / origin.rows as f64);
        let nearest = known.iter().map(|origin| key.differing(&origin.parts)).min_by_key(Vec::len);
        let why = nearest.map_or_else(|| "nothing is kept of it".into(), |parts| changed(&parts));
        Standing::Redone(why, pace)
    }

    /// What differs between a key and that of the product of a stage that is nearest to it.
    pub fn changed(&self, stage: &str, key: &Key) -> Vec<String> {
        let known = self.origins(stage);
        known.iter().map(|origin| key.differing(&origin.parts)).min_by_key(Vec::len).unwrap_or_default()
    }

    /// The keys of a stage's products, without some of their parts.
    pub fn keys_but_for(&self, stage: &str, parts: &[&str]) -> Vec<Key> {
        let mut keys: Vec<Key> = self.origins(stage).into_iter().map(|origin| origin.parts).collect();
        for key in &mut keys {
            key.0.retain(|part, _| !parts.contains(&part.as_str()));
        }
        keys
    }

    /// What the products of a stage were made from, the longest unused first.
    fn origins(&self, stage: &str) -> Vec<Origin> {
        let prefix = format!("{stage}-");
        let products = disk::products(&self.folder).unwrap_or_default().into_iter().map(|product| product.path);
        let ours = products.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)));
        ours.filter_map(|path| {
            let first = Blocks::open(&path).ok()?.block(0).ok()?;
            serde_json::from_slice(&first).ok()
        })
        .collect()
    }

    /// Reads a stage's product with `read`, which is handed its blocks but for the first. None when there is none, or when it
    /// is damaged: then it is said, and the product removed.
    pub fn reuse<T>(&self, stage: &str, key: &Key, read: impl FnOnce(Product) -> Result<T, String>) -> Option<T> {
        let path = self.path(stage, key);
        if !disk::exists(&path) {
            return None;
        }
        let found = Blocks::open(&path).and_then(|blocks| {
            let origin: Option<Origin> = serde_json::from_slice(&blocks.block(0)?).ok();
            if origin.is_none_or(|origin| origin.parts != *key) {
                return Err("it was made from something else".into());
            }
            read(Product { blocks })
        });
        match found {
            Ok(value) => {
                disk::touch(&path);
                self.used.borrow_mut().push(path);
                Some(value)
            }
            Err(why) => {
                tracing::warn!("{} is made again: {why}", path.display());
                let _ = disk::remove(&path);
                None
            }
        }
    }

    /// Keeps a stage's product: `write` appends its blocks; whether it is kept. A folder that takes no more is said, once, and does
    /// not end the run.
    ///
    /// # Errors
    /// When a signal came.
    pub fn keep(
        &self,
        stage: &str,
        key: &Key,
        (seconds, rows): (f64, u64),
        write: impl FnOnce(&mut BlocksOut) -> Result<()>,
    ) -> Result<bool> {
        if self.full.get() {
            return Ok(false);
        }
        let path = self.path(stage, key);
        let origin = Origin { parts: key.clone(), seconds, rows };
        let written = (|| {
            let first = serde_json::to_vec(&origin).map_err(|e| {
                Error::failed(format!("cannot write what {stage} was made from: {e}"), "this is a defect of acobench")
            })?;
            let mut out = BlocksOut::begin(&path)?;
            out.append(&first)?;
            write(&mut out)?;
            out.finish()
        })();
        match written {
            Ok(_) => {
                self.used.borrow_mut().push(path);
                Ok(true)
            }
            Err(interrupted @ Error::Interrupted(_)) => Err(interrupted),
            Err(error) => {
                tracing::warn!("the next run will do `{stage}` and what comes after it again, for it cannot be kept: {error}");
                self.full.set(true);
                Ok(false)
            }
        }
    }

    /// Removes the longest unused products beyond the limit; those of this run go last.
    pub fn bound(&self) {
        let used = self.used.borrow();
        let mut removed = disk::age_products(&self.folder, self.limit, &used).unwrap_or_default();
        removed.extend(disk::age_products(&self.folder, self.limit, &[]).unwrap_or_default());
        for product in removed {
            tracing::info!("removed {} ({} bytes): --work-limit", product.path.display(), product.bytes);
        }
    }
}

/// A product being read.
#[derive(Debug)]
pub struct Product {
    blocks: Blocks,
}

impl Product {
    /// Blocks beside the one that says what it was made from.
    pub fn len(&self) -> usize {
        self.blocks.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Holds every block against its hash.
    ///
    /// # Errors
    /// Why one cannot be used.
    pub fn whole(&self) -> Result<(), String> {
        (0..self.len()).into_par_iter().try_for_each(|number| self.block(number).map(drop))
    }

    /// A block, held against its hash.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn block(&self, number: usize) -> Result<Vec<u8>, String> {
        self.blocks.block(number + 1)
    }
}

/// Which parts differ, in words.
fn changed(parts: &[String]) -> String {
    match parts {
        [] => "it is not kept any more".into(),
        [one] => format!("{one} changed"),
        [one, two] => format!("{one} and {two} changed"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more changed", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(folder: &Path, limit: u64) -> Work {
        Work::open(&WorkFolder { folder: folder.to_path_buf(), taken: Taken::Refuse, limit, rehash: false }).unwrap()
    }

    fn keep(work: &Work, key: &Key, content: &[u8]) {
        work.keep("facts", key, (2.0, 100), |out| out.append(content)).unwrap();
    }

    fn reuse(work: &Work, key: &Key) -> Option<Vec<u8>> {
        work.reuse("facts", key, |product| product.block(0))
    }

    #[test]
    fn a_product_holds_for_the_key_it_was_made_under_and_no_other() {
        let home = tempfile::tempdir().unwrap();
        let work = work(home.path(), u64::MAX);
        let key = Key::begin().with("claim_line", "1").with("rules", "a");
        keep(&work, &key, b"facts");
        assert_eq!(reuse(&work, &key).unwrap(), b"facts");
        let other = key.clone().with("claim_line", "2");
        assert_eq!(reuse(&work, &other), None);
        assert_eq!(work.standing("facts", &other), Standing::Redone("claim_line changed".into(), Some(0.02)));
        assert!(matches!(work.standing("facts", &key), Standing::Holds(_)));
        assert_eq!(work.standing("tables", &key), Standing::Redone("nothing is kept of it".into(), None));
    }

    #[test]
    fn a_product_with_a_flipped_bit_is_not_used_and_goes() {
        let home = tempfile::tempdir().unwrap();
        let work = work(home.path(), u64::MAX);
        let key = Key::begin();
        keep(&work, &key, &[5; 1000]);
        let path = work.path("facts", &key);
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 200;
        bytes[last] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(reuse(&work, &key), None);
        assert!(!path.exists());
    }

    #[test]
    fn products_beyond_the_limit_go_and_those_of_this_run_last() {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (Key::begin().with("x", "1"), Key::begin().with("x", "2"));
        {
            let earlier = work(home.path(), u64::MAX);
            keep(&earlier, &new, &[1; 4000]);
            keep(&earlier, &old, &[2; 4000]);
        }
        let work = work(home.path(), 6000);
        assert!(reuse(&work, &new).is_some());
        work.bound();
        assert!(reuse(&work, &new).is_some() && reuse(&work, &old).is_none());
    }
}
