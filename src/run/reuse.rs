//! Which stages of a run still hold, and why the others do not.
//!
//! Facts are kept under the content of every table they were made from, the rules as the claims pass reads them, and this very
//! build of the program. `agreement`, `participant` and `assigned` are not among them: agreements decide years and windows, which are
//! (they stand in the compiled rules), and participants and lists join afterwards. Only under the rules before 2019, where a clinic's
//! visit depends on the clinicians it attests, are those attested part of the key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use super::agreements::Acos;
use super::facts::{self, Facts, score_sets};
use super::manifest::InputFile;
use super::pipeline::Request;
use super::plan::Plan;
use super::progress::Progress;
use super::work::{Key, Standing, Work};
use super::{enroll, kept_facts, memory};
use crate::beneficiary::{Entities, Policy};
use crate::disk::{self, Input, Meter};
use crate::error::Result;
use crate::factors::Risk;
use crate::rules::Rules;
use crate::scan::Extract;

/// Name of the stage in the work folder, the plan and the manifest.
pub const FACTS: &str = "facts";
/// Tables that facts are not made from.
const JOINED: [&str; 3] = ["agreement", "participant", "assigned"];

/// By stage of the plan, whether it was reused, or why not.
pub type Reused = BTreeMap<String, String>;

/// The key of a run's facts.
///
/// Whatever [`facts::read`] depends on stands here: its tables by their content, its rules as compiled.
///
/// # Errors
/// When a rule has no row for a year of the run.
pub fn facts_key(acos: &Acos, request: &Request, rules: &Rules, inputs: &[InputFile]) -> Result<(Key, Policy)> {
    let year = request.performance_year;
    let policy = Policy::compile(rules, &acos.span(year, rules)?, &acos.attested(&Entities::default()))?;
    let models = score_sets(policy.calendar().years(), year, rules)?;
    let full_dual = &rules.enrollment.at(year)?.full_dual;
    let mut key = Key::begin()
        .with("the rules of the claims pass", policy.rules_hash())
        .with("the rules of enrollment", format!("{full_dual:?}"));
    if request.risk == Risk::Scores {
        key = key.with("the risk models", format!("{models:?}"));
    }
    if policy.clinic_visits.is_some() {
        key = key.with("the clinicians attested at clinics", acos.attested_hash());
    }
    for file in inputs.iter().filter(|file| !JOINED.contains(&file.table.as_str())) {
        if file.table == "risk_score" && request.risk == Risk::None {
            continue;
        }
        let name = file.path.file_name().map_or_else(Default::default, |name| name.to_string_lossy().into_owned());
        let part = if name == format!("{}.parquet", file.table) { name } else { format!("{}/{name}", file.table) };
        key = key.with(part, file.blake3.clone());
    }
    Ok((key, policy))
}

/// The facts of a run: those kept, where they hold, else those read, which are then kept.
///
/// # Errors
/// As [`facts::read`].
pub fn facts(
    extract: &Extract,
    acos: &Acos,
    request: &Request,
    rules: &Rules,
    inputs: &[InputFile],
    work: Option<&Work>,
    progress: &Progress,
) -> Result<(Facts, Reused)> {
    let Some(work) = work else { return Ok((facts::read(extract, acos, request, rules, progress)?, Reused::new())) };
    let (key, policy) = facts_key(acos, request, rules, inputs)?;
    let told = |what: &str| Reused::from([(FACTS.to_string(), what.to_string())]);
    let standing = work.standing(FACTS, &key);
    Plan::of(request, &standing, extract.claim_header.rows() + extract.claim_line.rows()).log();
    let why = match standing {
        Standing::Holds(bytes) => {
            let stage = progress.stage("number people");
            stage.expect_rows(extract.beneficiary_year.rows());
            let (ids, counties) = enroll::number(extract, stage.meter())?;
            stage.finish();
            let stage = progress.stage("facts of an earlier run");
            stage.meter().add_bytes(bytes);
            let (years, windows) = (policy.calendar().years().len() as u64, policy.calendar().windows().len() as u64);
            let room = memory::plan(request.memory, ids.len() as u64, years, windows, rayon::current_num_threads() as u64)?;
            let kept = work.reuse(FACTS, &key, |product| kept_facts::read(product, ids, counties, policy, room));
            stage.finish();
            match kept {
                Some(facts) => {
                    acos.years_present(facts.policy.calendar().years(), &facts.ledger.months, &extract.folder)?;
                    return Ok((facts, told("reused")));
                }
                None => "what was kept of it is damaged".to_string(),
            }
        }
        Standing::Redone(why, _) => why,
    };
    let began = Instant::now();
    let facts = facts::read(extract, acos, request, rules, progress)?;
    let cost = (began.elapsed().as_secs_f64(), extract.claim_header.rows() + extract.claim_line.rows());
    let stage = progress.stage("keep facts");
    work.keep(FACTS, &key, cost, |out| kept_facts::write(&facts, out))?;
    stage.finish();
    Ok((facts, told(&format!("redone: {why}"))))
}

/// Hashes of files that were seen before and have not been touched since: device, inode, size and both times are the same.
#[derive(Debug, Default)]
pub struct Seen {
    file: Option<PathBuf>,
    known: BTreeMap<String, String>,
    now: BTreeMap<String, String>,
}

/// In the work folder, where hashes are remembered.
const SEEN: &str = "seen.json";

impl Seen {
    /// What the work folder of a run remembers; nothing without one, or when every input is to be read.
    pub fn of(request: &Request) -> Self {
        let Some(work) = &request.work else { return Self::default() };
        let file = work.folder.join(SEEN);
        let text = if work.rehash || !disk::exists(&file) { None } else { disk::read_text(&file).ok() };
        // What cannot be read is forgotten, and the files are hashed.
        let known = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Self { file: Some(file), known, now: BTreeMap::new() }
    }

    /// The hashes of files, read only where they are not remembered.
    ///
    /// # Errors
    /// As [`disk::hash_all`].
    pub fn hash_all(&mut self, inputs: &[Input], meter: &Meter) -> Result<Vec<String>> {
        if self.file.is_none() {
            return disk::hash_all(inputs, meter);
        }
        let stamps: Vec<Option<String>> = inputs.iter().map(Input::stamp).collect();
        let known = |stamp: &Option<String>| stamp.as_ref().and_then(|stamp| self.known.get(stamp)).cloned();
        let unknown: Vec<Input> =
            inputs.iter().zip(&stamps).filter(|(_, stamp)| known(stamp).is_none()).map(|(input, _)| input.clone()).collect();
        let mut hashed = disk::hash_all(&unknown, meter)?.into_iter();
        let hashes: Vec<String> = stamps.iter().filter_map(|stamp| known(stamp).or_else(|| hashed.next())).collect();
        for (stamp, hash) in stamps.into_iter().zip(&hashes) {
            self.now.extend(stamp.map(|stamp| (stamp, hash.clone())));
        }
        Ok(hashes)
    }

    /// Remembers the files of this run and of those before it that are still there to be asked for.
    pub fn remember(self) {
        let Some(file) = self.file else { return };
        let text = serde_json::to_string(&self.now).unwrap_or_default();
        if let Err(error) = disk::replace(&file, text.as_bytes()) {
            tracing::warn!("the next run will hash every input again: {error}");
        }
    }
}
