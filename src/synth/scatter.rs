//! The same rows in random order over all files: people scattered over every file and every row group.
//!
//! A first pass drops each row into one of many buckets on disk, by a hash of the row; a second reads one bucket at a time,
//! orders it by another part of that hash, and appends it to its file. No more than a bucket per thread is in memory.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use super::claims::{self, Claims};
use super::enrollment;
use super::person::Person;
use super::random::{Purpose, Stream};
use super::records::{Header, Line, Packed, Score, Year};
use super::sorted::{self, Part};
use super::world::World;
use crate::disk::{self, Meter};
use crate::error::Result;
use crate::extract::Row;

/// People made between two appends to the buckets.
const BLOCK: u64 = 1_024;
/// Rows that a bucket is meant to hold.
const BUCKET_ROWS: u64 = 400_000;
/// Rows of a person and year, for the number of buckets.
const ROWS_PER_YEAR: u64 = 50;

/// Buckets of one table.
struct Buckets {
    paths: Vec<PathBuf>,
    locks: Vec<Mutex<()>>,
}

impl Buckets {
    fn new(spill: &Path, table: &str, count: u64) -> Self {
        Self {
            paths: (0..count).map(|i| spill.join(format!("{table}-{i:05}"))).collect(),
            locks: (0..count).map(|_| Mutex::new(())).collect(),
        }
    }

    fn append(&self, bucket: usize, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let _held = self.locks[bucket].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        disk::append(&self.paths[bucket], bytes)
    }
}

/// What a thread has made for the buckets of one table and not appended yet.
struct Pile<'a> {
    buckets: &'a Buckets,
    bytes: Vec<Vec<u8>>,
}

impl<'a> Pile<'a> {
    fn new(buckets: &'a Buckets) -> Self {
        Self { buckets, bytes: vec![Vec::new(); buckets.paths.len()] }
    }

    fn drop_row(&mut self, row: &impl Packed, order: &mut Stream) {
        let bucket = order.below(self.bytes.len() as u64) as usize;
        let bytes = &mut self.bytes[bucket];
        order.bits().pack(bytes);
        row.pack(bytes);
    }

    fn append(self) -> Result<()> {
        self.bytes.iter().enumerate().try_for_each(|(bucket, bytes)| self.buckets.append(bucket, bytes))
    }
}

/// Writes all parts in random order.
pub fn write(world: &World, folder: &Path, spill: &Path, watch: &Meter) -> Result<()> {
    sorted::create_folders(folder)?;
    let parts = world.plan.part_files();
    let people = world.plan.beneficiaries;
    let rows = people * u64::from(world.plan.last_year - world.plan.first_year + 1) * ROWS_PER_YEAR;
    let count = parts * rows.div_ceil(BUCKET_ROWS).div_ceil(parts).max(1);
    let tables = [Header::TABLE, Line::TABLE, Year::TABLE, Score::TABLE].map(|table| Buckets::new(spill, table.name, count));
    (0..people.div_ceil(BLOCK) as usize).into_par_iter().with_max_len(4).try_for_each(|block| {
        let block = block as u64;
        disk::cancel::check()?;
        let mut piles = [Pile::new(&tables[0]), Pile::new(&tables[1]), Pile::new(&tables[2]), Pile::new(&tables[3])];
        let mut made = Claims::default();
        let (mut years, mut scores) = (Vec::new(), Vec::new());
        for index in block * BLOCK..((block + 1) * BLOCK).min(people) {
            let mut order = Stream::new(world.plan.seed, Purpose::Scatter, index);
            let person = Person::new(world, index);
            enrollment::write(world, &person, &mut years, &mut scores);
            claims::write(world, &person, &mut made);
            made.headers.iter().for_each(|row| piles[0].drop_row(row, &mut order));
            made.lines.iter().for_each(|row| piles[1].drop_row(row, &mut order));
            years.drain(..).for_each(|row| piles[2].drop_row(&row, &mut order));
            scores.drain(..).for_each(|row| piles[3].drop_row(&row, &mut order));
            watch.add_rows((made.headers.len() + made.lines.len()) as u64);
        }
        piles.into_iter().try_for_each(Pile::append)
    })?;
    (0..parts as usize).into_par_iter().with_max_len(1).try_for_each(|number| {
        let number = number as u64;
        gather::<Header>(&tables[0], folder, number, parts)?;
        gather::<Line>(&tables[1], folder, number, parts)?;
        gather::<Year>(&tables[2], folder, number, parts)?;
        gather::<Score>(&tables[3], folder, number, parts)
    })
}

/// Writes part `number` from the buckets that are its own.
fn gather<R: Row + Packed>(buckets: &Buckets, folder: &Path, number: u64, parts: u64) -> Result<()> {
    let mut part = Part::<R>::begin(folder, number, false)?;
    for path in buckets.paths.iter().skip(number as usize).step_by(parts as usize).filter(|path| disk::exists(path)) {
        let bytes = disk::read_bytes(path)?;
        let mut from = bytes.as_slice();
        let mut rows = Vec::new();
        while !from.is_empty() {
            rows.push((u64::unpack(&mut from), R::unpack(&mut from)));
        }
        disk::remove(path)?;
        // Threads append in any order; the hash decides, and two rows never share one in practice.
        rows.sort_unstable_by_key(|(order, _)| *order);
        for (_, row) in &rows {
            part.push(row)?;
        }
    }
    part.end()
}
