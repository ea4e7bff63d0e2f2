//! Claims file by file, for runs with a work folder: what a file contributes to the facts is kept under its content, so that a
//! file that changed is read again and no other.
//!
//! Beside its content a contribution rests on the rules by which its table is read, on who is enrolled when, and for lines on
//! what stands beside the add-on procedures among them; the key says all four. Facts are then put together from contributions
//! alone, whether they were read now or before.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::add_ons::{AddOns, Looked};
use super::batches::{Batch, at_once, batches, unchanged, units};
use super::claims::{Claims, ClaimsRead, Ground, Left, Worker};
use super::look::{Look, Sample};
use super::manifest::InputFile;
use super::memory::{self, Beside};
use super::plan::{HEADERS, LINES, ToRead};
use super::progress::{Progress, Stage};
use super::reuse::{ENROLLMENT, Reused, part_name};
use super::watch::{Watch, Watched};
use super::work::{Key, Product, Work};
use super::{contribution_head as head, contribution_head::Head, kept_add_ons, kept_keys};
use crate::beneficiary::{Aside, Cohort, Damaged, Overflow, RulesHashes, Scatter, Stay};
use crate::disk::cancel;
use crate::error::{Error, Result};
use crate::scan::{Extract, TableFile, TableFiles, Unit, over_units};

/// Parts of a key that are known only once people are enrolled, and lines looked through.
const MONTHS: &str = "who is enrolled when";
const ADD_ONS: &str = "the claims of add-on procedures";

/// What is told where nothing is reused.
const EVERY_FILE: &str = "redone: every file is read";

/// Who keeps contributions, and what they rest on.
#[derive(Debug)]
pub struct Keeper<'r> {
    work: &'r Work,
    inputs: &'r [InputFile],
    rules: RulesHashes,
    attested: Option<String>,
    looks: (Look, Sample),
    told: RefCell<Reused>,
    lost: Cell<bool>,
}

/// A contribution: a block of what is not of persons, then one for each partition it names.
#[derive(Debug)]
enum Contribution {
    Kept(Product),
    /// The folder took no more.
    Held(Vec<Vec<u8>>),
}

impl Contribution {
    fn block(&self, number: usize) -> Result<Cow<'_, [u8]>, String> {
        match self {
            Self::Kept(product) => product.block(number).map(Cow::Owned),
            Self::Held(blocks) => blocks.get(number).map(|block| Cow::Borrowed(&block[..])).ok_or_else(|| "no such block".into()),
        }
    }
}

impl<'r> Keeper<'r> {
    /// Keeps in a work folder, for a run over inputs whose hashes are known; `attested` is a hash of the clinicians attested at
    /// clinics, where they matter, and `looks` says how much is looked at, and which claims are told apart.
    pub fn new(
        work: &'r Work,
        inputs: &'r [InputFile],
        rules: RulesHashes,
        attested: Option<String>,
        looks: (Look, Sample),
    ) -> Self {
        Self { work, inputs, rules, attested, looks, told: RefCell::default(), lost: Cell::new(false) }
    }

    /// What was reused of each table of claims.
    pub fn told(self) -> Reused {
        self.told.into_inner()
    }

    /// Whether some file need not be read.
    pub fn spared(&self) -> bool {
        self.told.borrow().values().any(|told| told != EVERY_FILE)
    }

    /// Whether something that was kept could not be read any more when it was needed.
    pub fn lost(&self) -> bool {
        self.lost.get()
    }

    /// Whether memory has room for what files contribute while they are read, and for what is held `beside`.
    pub fn has_room(limit: Option<u64>, people: u64, years: u64, windows: u64, threads: u64, beside: Beside) -> bool {
        let counted = memory::counted(people, years, windows);
        limit.is_none_or(|limit| memory::estimate(people, years, windows, threads) + counted + beside.all() <= limit)
    }

    /// The key of a batch but for what is known only once people are enrolled and lines looked through.
    ///
    /// # Errors
    /// When a file has no hash, which those that were opened all have.
    fn key(&self, table: &str, batch: &Batch<'_>) -> Result<Key> {
        let rules = if table == "claim_header" { &self.rules.headers } else { &self.rules.lines };
        let (look, sample) = self.looks;
        let mut key = look.in_key(Key::begin().with("the rules by which it is read", rules.as_str()), sample);
        let of = |file: &TableFile| {
            let input = file.on_disk().and_then(|file| self.input(table, file.input.path()));
            let unhashed =
                || Error::failed(format!("a file of {table} has no hash"), "this is a defect of acobench; please report it");
            input.map(|input| input.blake3.as_str()).ok_or_else(unhashed)
        };
        // In the order in which they are read, for what is kept of them tells row groups by their place.
        let hashes = batch.iter().map(|file| of(file)).collect::<Result<Vec<_>>>()?;
        key = key.with("claims", hashes.join(" "));
        if table == "claim_line" {
            for input in self.inputs.iter().filter(|input| ["npi_specialty", "eta_ccn"].contains(&input.table.as_str())) {
                key = key.with(part_name(input), input.blake3.as_str());
            }
            if let Some(attested) = &self.attested {
                key = key.with("the clinicians attested at clinics", attested.as_str());
            }
        }
        Ok(key)
    }

    fn input(&self, table: &str, path: &Path) -> Option<&InputFile> {
        self.inputs.iter().find(|input| input.table == table && input.path == path)
    }

    /// The claims that a run will read whose facts do not hold, and of which `changed` parts are other than when they were made:
    /// as far as can be told before people are enrolled.
    ///
    /// # Errors
    /// When a file has no hash.
    pub fn foresee(&self, extract: &Extract, changed: &[String]) -> Result<[ToRead; 2]> {
        let of_people = |part: &String| part.starts_with("beneficiary_year") || part.as_str() == ENROLLMENT;
        let people_changed = changed.iter().any(of_people);
        let of = |(stage, table): (&'static str, &TableFiles)| {
            let mut claims = ToRead::nothing(stage, table);
            let known = self.work.keys_but_for(table.table.name, &[MONTHS, ADD_ONS]);
            for batch in batches(&table.files) {
                if people_changed || !known.contains(&self.key(table.table.name, &batch)?) {
                    for file in batch {
                        claims.add(file);
                    }
                }
            }
            Ok(claims)
        };
        Ok([of((HEADERS, &extract.claim_header))?, of((LINES, &extract.claim_line))?])
    }

    /// Reads all claims into the cohort, which knows who is enrolled and nothing else.
    ///
    /// # Errors
    /// When a file cannot be read, or what was kept cannot be read any more ([`Keeper::lost`]).
    pub fn claims(
        &self,
        extract: &Extract,
        ground: Ground<'_>,
        cohort: &Arc<Cohort>,
        watch: &Watch<'_>,
        seen: &mut Watched,
        progress: &Progress,
    ) -> Result<ClaimsRead> {
        let months = ground.cohort.months_hash(ground.ids);
        let stage = progress.stage(HEADERS);
        let headers = self.table(Claims::Headers, &extract.claim_header, &months, ground, cohort, watch, &stage)?;
        stage.finish();
        let stage = progress.stage(LINES);
        let add_ons = self.add_ons(&extract.claim_line, ground)?;
        let lines = self.table(Claims::Lines(&add_ons), &extract.claim_line, &months, ground, cohort, watch, &stage)?;
        stage.finish();
        let stage = progress.stage("put claims together");
        let merged = merge(&headers, &lines, ground, watch, seen);
        stage.finish();
        merged.inspect_err(|error| self.lost.set(!matches!(error, Error::Interrupted(_))))
    }

    /// What stands beside the add-on procedures of all lines.
    fn add_ons(&self, lines: &TableFiles, ground: Ground<'_>) -> Result<AddOns> {
        let batches = batches(&lines.files);
        let units: Vec<Vec<Unit<'_>>> = batches.iter().map(units).collect();
        let ids = ground.ids.content_hash();
        let key = |batch| Ok(self.key("claim_line", batch)?.with("the people", ids.as_str()));
        let keys = batches.iter().map(key).collect::<Result<Vec<Key>>>()?;
        let kept = keys.iter().zip(&units).map(|(key, units)| {
            self.work.reuse("add_ons", key, |product| kept_add_ons::read(&product, units.len())).unwrap_or_default()
        });
        let mut known: Vec<Looked> = kept.collect();
        let before: Vec<_> = known.iter().map(Looked::extent).collect();
        let found = AddOns::find_in(&units, &mut known, true, ground)?;
        for (((key, looked), before), batch) in keys.iter().zip(&known).zip(before).zip(&batches) {
            if looked.extent() != before {
                unchanged(batch)?;
                self.work.keep("add_ons", key, (0.0, 0), |out| out.append(&kept_add_ons::write(looked)))?;
            }
        }
        Ok(found)
    }

    /// What every file of a table contributes.
    #[allow(clippy::too_many_arguments, reason = "one table and all that reading it rests on")]
    fn table(
        &self,
        claims: Claims<'_>,
        table: &TableFiles,
        months: &str,
        ground: Ground<'_>,
        cohort: &Arc<Cohort>,
        watch: &Watch<'_>,
        stage: &Stage,
    ) -> Result<Vec<Contribution>> {
        let name = table.table.name;
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for batch in batches(&table.files) {
            let mut key = self.key(name, &batch)?.with(MONTHS, months);
            if let Claims::Lines(add_ons) = claims {
                key = add_ons.hash(&units(&batch)).into_iter().fold(key, |key, hash| key.with(ADD_ONS, hash));
            }
            match self.work.reuse(name, &key, |product| product.whole().map(|()| product)) {
                Some(product) => found.push(Contribution::Kept(product)),
                None => missing.push((batch, key)),
            }
        }
        let mut to_read = ToRead::nothing(name, table);
        missing.iter().flat_map(|(batch, _)| batch).for_each(|file| to_read.add(file));
        self.tell(name, &to_read);
        stage.expect_rows(to_read.rows());
        let mut left = &missing[..];
        while !left.is_empty() {
            let (now, later) = left.split_at(at_once(left, ground));
            left = later;
            let asides: Vec<Arc<Aside>> = now.iter().map(|_| Arc::new(Aside::new(cohort))).collect();
            let read = read(claims, now, &asides, ground, watch, stage)?;
            for (((batch, key), aside), left) in now.iter().zip(&asides).zip(read) {
                unchanged(batch)?;
                let blocks = blocks(left, aside, ground);
                let rows = batch.iter().map(|file| file.rows()).sum();
                let kept = self.work.keep(name, key, (0.0, rows), |out| blocks.iter().try_for_each(|block| out.append(block)))?;
                let product = if kept { self.work.reuse(name, key, Ok) } else { None };
                found.push(product.map_or(Contribution::Held(blocks), Contribution::Kept));
            }
        }
        Ok(found)
    }

    fn tell(&self, table: &'static str, read: &ToRead) {
        let told = match read.words() {
            None if read.is_of_something() => String::from("reused"),
            None => EVERY_FILE.into(),
            Some(words) => format!("redone: {words}"),
        };
        tracing::info!(stage = table, rows = read.rows(), "{told}");
        self.told.borrow_mut().insert(table.into(), told);
    }
}

/// Reads batches at the same time, each into its own aside.
fn read(
    claims: Claims<'_>,
    now: &[(Batch<'_>, Key)],
    asides: &[Arc<Aside>],
    ground: Ground<'_>,
    watch: &Watch<'_>,
    stage: &Stage,
) -> Result<Vec<Left>> {
    #[derive(Default)]
    struct Hand<'r> {
        at: Option<(usize, Worker<'r>)>,
        ended: Vec<(usize, Left)>,
    }
    let cohorts: Vec<Cohort> =
        asides.iter().map(|aside| ground.cohort.elsewhere(Arc::clone(aside) as Arc<dyn Overflow>)).collect();
    let each = now.iter().enumerate().flat_map(|(at, (batch, _))| batch.iter().map(move |file| (at, *file)));
    let numbered: Vec<(usize, &TableFile)> = each.collect();
    let units: Vec<_> = numbered.iter().flat_map(|(_, file)| file.row_groups().map(move |group| (*file, group))).collect();
    let hands = over_units(&units, Hand::default, |hand: &mut Hand<'_>, file, group| {
        let at = numbered.iter().find(|(_, known)| std::ptr::eq(*known, file)).map_or(0, |(at, _)| *at);
        if hand.at.as_ref().is_none_or(|(now, _)| *now != at) {
            hand.ended.extend(hand.at.take().map(|(at, worker)| (at, worker.end())));
        }
        let begin = || (at, claims.worker(Scatter::new(&cohorts[at]), ground, watch));
        let (_, worker) = hand.at.get_or_insert_with(begin);
        claims.read(worker, ground, watch, (file, group), stage.meter())
    })?;
    let mut all: Vec<Left> = now.iter().map(|_| claims.nothing(watch)).collect();
    for hand in hands {
        let last = hand.at.map(|(at, worker)| (at, worker.end()));
        hand.ended.into_iter().chain(last).for_each(|(at, left)| all[at].merge(left));
    }
    Ok(all)
}

/// The contribution of a batch as blocks.
fn blocks(mut left: Left, aside: &Aside, ground: Ground<'_>) -> Vec<Vec<u8>> {
    let cohort = ground.cohort;
    left.stays.sort_unstable_by_key(|(bene, _)| *bene);
    let stays: Vec<&[(u32, Stay)]> =
        left.stays.chunk_by(|(a, _), (b, _)| cohort.partition_of(*a) == cohort.partition_of(*b)).collect();
    let names = ground.entities.names();
    let mut used = left.read.billers.clone();
    used.resize(names.len(), false);
    aside.mark(&mut used);
    let numbers = head::Numbers::of(&names, used, &left.read.revenue);
    let blocks: Vec<_> = (0..cohort.partitions())
        .into_par_iter()
        .filter_map(|at| {
            let stays = stays.binary_search_by_key(&at, |some| cohort.partition_of(some[0].0)).map_or(&[][..], |of| stays[of]);
            let (bytes, reconciliation) = aside.take(at, stays, &|entity| numbers.kept(entity))?;
            Some((at as u32, bytes, reconciliation))
        })
        .collect();
    for (_, _, reconciliation) in &blocks {
        left.read.reconciliation.merge(reconciliation);
    }
    let partitions: Vec<u32> = blocks.iter().map(|(at, ..)| *at).collect();
    let first = head::write(&left.read, &left.months, &numbers, &partitions);
    let keys = left.keys.into_iter().flat_map(kept_keys::blocks);
    std::iter::once(first).chain(blocks.into_iter().map(|(_, bytes, _)| bytes)).chain(keys).collect()
}

/// Puts the facts of all claims together.
fn merge(
    headers: &[Contribution],
    lines: &[Contribution],
    ground: Ground<'_>,
    watch: &Watch<'_>,
    seen: &mut Watched,
) -> Result<ClaimsRead> {
    let damaged = |Damaged| lost("it does not hold contributions");
    let mut read = ClaimsRead::default();
    let none = AddOns::default();
    let mut places: Vec<[Vec<(usize, usize)>; 2]> = vec![Default::default(); ground.cohort.partitions()];
    let mut entities: [Vec<Vec<u32>>; 2] = Default::default();
    for (kind, (claims, all)) in [(Claims::Headers, headers), (Claims::Lines(&none), lines)].into_iter().enumerate() {
        for (number, contribution) in all.iter().enumerate() {
            let mut months = watch.nothing();
            let months = claims.months(&mut months);
            let head = Head::read(&contribution.block(0).map_err(|why| lost(&why))?, ground.entities, months).map_err(damaged)?;
            let first_of_keys = head.partitions.len() + 1;
            let block = |number: usize| contribution.block(first_of_keys + number).map_err(|why| lost(&why));
            let keys = watch.no_keys().map(|keys| kept_keys::read(keys, block, damaged)).transpose()?;
            claims.add(seen, months, keys);
            read.merge(&head.read);
            for (block, partition) in head.partitions.iter().enumerate() {
                places.get_mut(*partition as usize).ok_or(Damaged).map_err(damaged)?[kind].push((number, block + 1));
            }
            entities[kind].push(head.entities);
        }
    }
    places.par_iter().enumerate().try_for_each(|(at, places)| {
        cancel::check()?;
        let mut partition = ground.cohort.enter(at);
        let mut waiting = Vec::new();
        for (kind, all) in [headers, lines].into_iter().enumerate() {
            for (number, block) in &places[kind] {
                let bytes = all[*number].block(*block).map_err(|why| lost(&why))?;
                waiting.extend(partition.add(&bytes, &entities[kind][*number]).map_err(damaged)?);
            }
        }
        partition.stays.seal();
        partition.serve(&waiting);
        Ok::<(), Error>(())
    })?;
    Ok(read)
}

fn lost(why: &str) -> Error {
    Error::failed(format!("what was kept of the claims cannot be read again: {why}"), "look at the disk of the work folder")
}
