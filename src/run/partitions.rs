//! The partitions of a cohort: held in memory, or built one at a time from what memory has no room for.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::work::Product;
use crate::beneficiary::{Cohort, Damaged, Overflow, PACKED, Partition, Reconciliation, ServiceRecord, SpendingRecord};
use crate::disk::{Scratch, cancel};
use crate::error::{Error, Result};

/// All partitions of a run, in order of their people.
#[derive(Debug)]
pub enum Partitions {
    /// In memory.
    Held(Vec<Partition>),
    /// Enrollment in memory, payments and services in a scratch file.
    Spilled(Spilled),
    /// In the work folder.
    Kept(Product),
}

/// A cohort whose records lie in a scratch file.
#[derive(Debug)]
pub struct Spilled {
    cohort: Cohort,
    records: Arc<Records>,
    windows: usize,
}

impl Partitions {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Held(partitions) => partitions.len(),
            Self::Spilled(spilled) => spilled.cohort.partitions(),
            Self::Kept(product) => product.len() - 1,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at one.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn one<R>(&self, at: usize, look: impl FnOnce(&Partition) -> R) -> Result<R> {
        match self {
            Self::Held(partitions) => Ok(look(&partitions[at])),
            Self::Spilled(spilled) => spilled.build(at, &mut Vec::new(), look),
            Self::Kept(product) => Ok(look(&kept(product, at).map_err(|why| lost(&why))?)),
        }
    }

    /// Looks at all of them on every thread of the current pool; what each thread made of those it saw.
    ///
    /// # Errors
    /// As [`Partitions::one`].
    pub fn fold<S: Send>(&self, make: impl Fn() -> S + Sync, look: impl Fn(&mut S, usize, &Partition) + Sync) -> Result<Vec<S>> {
        share(self.len(), make, |seen, at| self.one(at, |partition| look(seen, at, partition)))
    }
}

/// A partition of a product that begins with a block of other things.
///
/// # Errors
/// Why there is none.
pub fn kept(product: &Product, at: usize) -> Result<Partition, String> {
    Partition::kept(&product.block(at + 1)?).map_err(|Damaged| "it does not hold facts".into())
}

/// What was read before cannot be read any more.
fn lost(why: &str) -> Error {
    Error::failed(
        format!("facts of an earlier run cannot be read again: {why}"),
        "look at the disk of the work folder, then run again",
    )
}

impl Spilled {
    /// A cohort of which everything but payments and services is known, and the file in which those are.
    pub fn new(cohort: Cohort, records: Arc<Records>, windows: usize) -> Self {
        Self { cohort, records, windows }
    }

    /// Revenue by biller, and what became of every row.
    ///
    /// # Errors
    /// When records could not be written, or cannot be read back.
    pub fn account(&self) -> Result<(Vec<i64>, Reconciliation)> {
        self.records.whole()?;
        let seen = share(
            self.cohort.partitions(),
            || (Vec::new(), Reconciliation::default()),
            |(revenue, reconciliation): &mut (Vec<i64>, Reconciliation), at| {
                self.build(at, revenue, |partition| reconciliation.merge(&partition.reconciliation))
            },
        )?;
        let (mut revenue, mut reconciliation) = (Vec::new(), Reconciliation::default());
        for (some, account) in seen {
            revenue.resize(some.len().max(revenue.len()), 0);
            revenue.iter_mut().zip(some).for_each(|(sum, cents): (&mut i64, i64)| *sum += cents);
            reconciliation.merge(&account);
        }
        Ok((revenue, reconciliation))
    }

    fn build<R>(&self, at: usize, revenue: &mut Vec<i64>, look: impl FnOnce(&Partition) -> R) -> Result<R> {
        let mut partition = self.cohort.enter(at);
        partition.furnish(self.windows);
        let seen = self.records.replay(at, &mut partition, revenue).map(|()| look(&partition));
        partition.strip();
        seen
    }
}

/// Hands the numbers up to `count` out to every thread of the current pool.
fn share<S: Send>(
    count: usize,
    make: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let next = AtomicUsize::new(0);
    let all = || {
        let mut state = make();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return Ok(state);
            }
            if let Err(error) = cancel::check().and_then(|()| work(&mut state, at)) {
                next.store(count, Ordering::Relaxed);
                return Err(error);
            }
        }
    };
    // Waking every thread costs more than one partition.
    if count <= 1 {
        return Ok(vec![all()?]);
    }
    rayon::broadcast(|_| all()).into_iter().collect()
}

/// Records of payments and services in a scratch file, by partition.
#[derive(Debug)]
pub struct Records {
    scratch: Scratch,
    blocks: Vec<Mutex<Vec<Block>>>,
    failure: Mutex<Option<Error>>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    begin: u64,
    records: u32,
    payments: bool,
}

impl Records {
    /// An empty file in a folder, for so many partitions.
    ///
    /// # Errors
    /// When the folder takes no file.
    pub fn begin(folder: &Path, partitions: usize) -> Result<Self> {
        let blocks = (0..partitions).map(|_| Mutex::new(Vec::new())).collect();
        Ok(Self { scratch: Scratch::begin(folder).map_err(elsewhere)?, blocks, failure: Mutex::new(None) })
    }

    fn keep(&self, partition: usize, payments: bool, records: usize, bytes: &[u8]) {
        match self.scratch.append(bytes) {
            Ok(begin) => locked(&self.blocks[partition]).push(Block { begin, records: records as u32, payments }),
            Err(error) => {
                locked(&self.failure).get_or_insert(elsewhere(error));
            }
        }
    }

    fn replay(&self, at: usize, partition: &mut Partition, revenue: &mut Vec<i64>) -> Result<()> {
        let (mut bytes, mut payments, mut services) = (Vec::new(), Vec::new(), Vec::new());
        for block in locked(&self.blocks[at]).iter() {
            bytes.resize(block.records as usize * PACKED, 0);
            self.scratch.read(block.begin, &mut bytes)?;
            let (packed, _) = bytes.as_chunks::<PACKED>();
            if block.payments {
                payments.clear();
                payments.extend(packed.iter().map(SpendingRecord::unpack));
                partition.spend(&payments, revenue);
            } else {
                services.clear();
                services.extend(packed.iter().map(ServiceRecord::unpack));
                partition.serve(&services);
            }
        }
        Ok(())
    }
}

impl Overflow for Records {
    fn whole(&self) -> Result<()> {
        locked(&self.failure).take().map_or(Ok(()), Err)
    }

    fn payments(&self, partition: usize, records: &[SpendingRecord], _: &mut Vec<i64>) {
        let mut bytes = Vec::with_capacity(records.len() * PACKED);
        for record in records {
            record.pack(&mut bytes);
        }
        self.keep(partition, true, records.len(), &bytes);
    }

    fn services(&self, partition: usize, records: &[ServiceRecord]) {
        let mut bytes = Vec::with_capacity(records.len() * PACKED);
        for record in records {
            record.pack(&mut bytes);
        }
        self.keep(partition, false, records.len(), &bytes);
    }
}

/// Says how to use another disk.
fn elsewhere(mut error: Error) -> Error {
    if let Error::Io { hint, .. } = &mut error {
        hint.push_str("; --scratch names another folder");
    }
    error
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
