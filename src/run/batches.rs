//! Files of claims in the batches in which they are kept and read.

use super::claims::Ground;
use super::memory;
use super::work::Key;
use crate::error::Result;
use crate::scan::{TableFile, Unit};

/// Most files of a table that are kept each by itself; of more, those whose names have the same hash are kept together.
const MOST: usize = 64;
/// Memory for what files contribute that are read at the same time; one file at least is.
const AT_ONCE: u64 = 512 << 20;
/// Row groups for each thread before which no thread need wait for another.
const UNITS_PER_THREAD: usize = 8;

/// Files kept together.
pub(super) type Batch<'f> = Vec<&'f TableFile>;

/// Files with rows, as they are kept.
pub(super) fn batches(files: &[TableFile]) -> Vec<Batch<'_>> {
    let files: Vec<&TableFile> = files.iter().filter(|file| file.rows() > 0).collect();
    if files.len() <= MOST {
        return files.into_iter().map(|file| vec![file]).collect();
    }
    let mut batches = vec![Vec::new(); MOST];
    for file in files {
        let name = file.on_disk().and_then(|file| file.input.path().file_name()).unwrap_or_default();
        let hash = blake3::hash(name.as_encoded_bytes());
        batches[usize::from(hash.as_bytes()[0]) % MOST].push(file);
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

/// Refuses files that are not any more what their hashes are of: what was read of them must not be kept under those.
pub(super) fn unchanged(batch: &Batch<'_>) -> Result<()> {
    batch.iter().filter_map(|file| file.on_disk()).try_for_each(|file| file.input.unchanged())
}

pub(super) fn units<'f>(batch: &Batch<'f>) -> Vec<Unit<'f>> {
    batch.iter().flat_map(|file| file.row_groups().map(|group| (*file, group))).collect()
}

/// How many batches are read at once: so many that no thread waits, but no more than memory is set aside for.
pub(super) fn at_once(left: &[(Batch<'_>, Key)], ground: Ground<'_>) -> usize {
    let calendar = ground.policy.calendar();
    let (years, windows) = (calendar.years().len() as u64, calendar.windows().len() as u64);
    let room = AT_ONCE / memory::counted(ground.ids.len() as u64, years, windows).max(1);
    let enough = UNITS_PER_THREAD * rayon::current_num_threads();
    let mut units = 0;
    let mut few = left.iter().take_while(|(batch, _)| {
        let already = units;
        units += batch.iter().map(|file| file.row_groups().count()).sum::<usize>();
        already < enough
    });
    few.by_ref().take(room.max(1) as usize).count().max(1)
}
