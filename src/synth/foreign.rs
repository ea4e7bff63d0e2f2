//! The same people in the files of others: what every such form shares.
//!
//! People are made in blocks, a few at a time on all threads, and each block is appended to the files in order, so that the
//! bytes do not depend on the threads and memory does not grow with the number of people.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::claims::{self, Claims};
use super::person::Person;
use super::plan::Form;
use super::records::{Header, Line, Score, Year};
use super::world::World;
use super::{as_cclf, as_rif, enrollment, side_tables};
use crate::disk::{self, Meter};
use crate::error::Result;
use crate::extract::{Row as _, TableSink};
use crate::money::Cents;

/// People made between two appends.
const BLOCK: u64 = 256;

/// Writes the files into `files/`, and the tables that they lack into `beside/`: participants, agreements, risk scores and the
/// rest, as the extract has them.
pub fn deliver(world: &World, folder: &Path, watch: &Meter) -> Result<()> {
    let (files, beside) = (folder.join("files"), folder.join("beside"));
    disk::create_dir(&files)?;
    disk::create_dir(&beside)?;
    side_tables::write(world, &beside)?;
    let path = beside.join(format!("{}.parquet", Score::TABLE.name));
    let mut scores = TableSink::new(Score::TABLE, disk::create(&path)?, true)?;
    if world.plan.form == Form::Rif {
        as_rif::write(world, &files, &mut scores, watch)?;
    } else {
        as_cclf::write(world, &files, &mut scores, watch)?;
    }
    disk::close(scores.finish::<Score>()?, &path)
}

/// Everything about one person.
pub struct Rows<'r> {
    /// Position among the people.
    pub index: u64,
    /// Years.
    pub years: &'r [Year],
    /// Institutional claims, in order of their days.
    pub headers: &'r [Header],
    /// Lines, in order of their days.
    pub lines: &'r [Line],
}

/// Writes every person with `write` into files of these names; returns the bytes of each, and leaves none out that is empty.
pub fn write(
    world: &World,
    folder: &Path,
    names: &[String],
    scores_out: &mut TableSink<disk::Output>,
    watch: &Meter,
    write: impl Fn(&Rows<'_>, &mut [Vec<u8>]) + Sync,
) -> Result<Vec<u64>> {
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    let mut bytes = vec![0_u64; names.len()];
    let people = world.plan.beneficiaries;
    let blocks: Vec<u64> = (0..people.div_ceil(BLOCK)).collect();
    for several in blocks.chunks(rayon::current_num_threads() * 4) {
        disk::cancel::check()?;
        let made: Vec<(Vec<Vec<u8>>, Vec<Score>)> = several
            .par_iter()
            .map(|block| {
                let mut files = vec![Vec::new(); names.len()];
                let (mut years, mut scores, mut claims) = (Vec::new(), Vec::new(), Claims::default());
                for index in block * BLOCK..((block + 1) * BLOCK).min(people) {
                    let person = Person::new(world, index);
                    years.clear();
                    enrollment::write(world, &person, &mut years, &mut scores);
                    claims::write(world, &person, &mut claims);
                    write(&Rows { index, years: &years, headers: &claims.headers, lines: &claims.lines }, &mut files);
                    watch.add_rows((claims.headers.len() + claims.lines.len()) as u64);
                }
                (files, scores)
            })
            .collect();
        for (files, scores) in &made {
            scores.iter().try_for_each(|score| scores_out.push(score))?;
            for ((text, path), bytes) in files.iter().zip(&paths).zip(&mut bytes) {
                if !text.is_empty() {
                    disk::append(path, text)?;
                    *bytes += text.len() as u64;
                }
            }
        }
    }
    Ok(bytes)
}

/// A day as `2019-02-28`.
pub fn day(days: i32) -> String {
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days));
    date.map_or_else(|_| String::new(), |date| date.to_string())
}

/// An amount as dollars and cents.
pub fn amount(cents: i64) -> String {
    Cents(cents).to_string()
}
