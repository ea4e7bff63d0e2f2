//! Part files of the tables that hold people, each for a range of them, rows in byte order of `bene_id`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::claims::{self, Claims};
use super::enrollment;
use super::person::Person;
use super::records::{Header, Line, Score, Year};
use super::world::World;
use crate::disk::{self, Meter};
use crate::error::Result;
use crate::extract::{Row, TableSink};

/// A part file being written.
pub struct Part<R: Row> {
    sink: TableSink<disk::Output>,
    path: PathBuf,
    row: std::marker::PhantomData<R>,
}

impl<R: Row> Part<R> {
    /// Begins part `number` of the row's table.
    pub fn begin(folder: &Path, number: u64, sorted: bool) -> Result<Self> {
        let path = folder.join(R::TABLE.name).join(format!("part-{number:04}.parquet"));
        Ok(Self { sink: TableSink::new(R::TABLE, disk::create(&path)?, sorted)?, path, row: std::marker::PhantomData })
    }

    /// Appends a row.
    #[inline]
    pub fn push(&mut self, row: &R) -> Result<()> {
        self.sink.push(row)
    }

    /// Ends the part.
    pub fn end(self) -> Result<()> {
        disk::close(self.sink.finish::<R>()?, &self.path)
    }
}

/// Makes the folders of the tables that come in parts.
pub fn create_folders(folder: &Path) -> Result<()> {
    for table in [Header::TABLE, Line::TABLE, Year::TABLE, Score::TABLE] {
        disk::create_dir(&folder.join(table.name))?;
    }
    Ok(())
}

/// The people of part `number` of `parts`.
pub fn range(people: u64, parts: u64, number: u64) -> Range<u64> {
    let at = |i: u64| (u128::from(people) * u128::from(i) / u128::from(parts)) as u64;
    at(number)..at(number + 1)
}

/// Writes all parts, on all threads.
pub fn write(world: &World, folder: &Path, watch: &Meter) -> Result<()> {
    create_folders(folder)?;
    let parts = world.plan.part_files();
    (0..parts as usize)
        .into_par_iter()
        .with_max_len(1)
        .try_for_each(|number| write_part(world, folder, number as u64, parts, watch))
}

fn write_part(world: &World, folder: &Path, number: u64, parts: u64, watch: &Meter) -> Result<()> {
    let mut headers = Part::<Header>::begin(folder, number, true)?;
    let mut lines = Part::<Line>::begin(folder, number, true)?;
    let mut years_out = Part::<Year>::begin(folder, number, true)?;
    let mut scores_out = Part::<Score>::begin(folder, number, true)?;
    let mut made = Claims::default();
    let (mut years, mut scores) = (Vec::new(), Vec::new());
    for index in range(world.plan.beneficiaries, parts, number) {
        if index % 256 == 0 {
            disk::cancel::check()?;
        }
        let person = Person::new(world, index);
        enrollment::write(world, &person, &mut years, &mut scores);
        claims::write(world, &person, &mut made);
        for year in years.drain(..) {
            years_out.push(&year)?;
        }
        for score in scores.drain(..) {
            scores_out.push(&score)?;
        }
        for header in &made.headers {
            headers.push(header)?;
        }
        for line in &made.lines {
            lines.push(line)?;
        }
        watch.add_rows((made.headers.len() + made.lines.len()) as u64);
    }
    headers.end()?;
    lines.end()?;
    years_out.end()?;
    scores_out.end()
}
