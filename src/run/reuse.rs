//! Which stages of a run still hold, and why the others do not.
//!
//! Facts are kept under the content of every table they were made from, the rules as the claims pass reads them, and this very
//! build of the program. `agreement`, `participant` and `assigned` are not among them: agreements decide years and windows, which are
//! (they stand in the compiled rules), and participants and lists join afterwards. Only under the rules before 2019, where a clinic's
//! visit depends on the clinicians it attests, are those attested part of the key. Sums are kept under the key of the facts and what
//! joins them: agreements, participants, lists, and the rules of assignment as [`Terms`] has them. Factor tables are kept under the
//! key of the sums, every table of rules but those that the exact half alone reads, and the figures given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::agreements::Acos;
use super::assignment_list::AssignmentLists;
use super::contributions::Keeper;
use super::facts::{self, Facts, score_sets};
use super::findings::{Findings, Ledger, Premises, Summed};
use super::given::Figures;
use super::kept_factors::{FACTORS, KeptFactors};
use super::kept_sums::Account;
use super::manifest::InputFile;
use super::memory::Beside;
use super::pipeline::{AssignedBy, Request};
use super::plan::{Plan, Standings};
use super::progress::Progress;
use super::terms::Terms;
use super::work::{Key, Standing, Work};
use super::{audit, enroll, kept_factors, kept_facts, memory, soundness};
use crate::beneficiary::{Entities, Policy};
use crate::disk::{self, Input, Meter};
use crate::error::Result;
use crate::factors::Risk;
use crate::rules::{ByType, Rules};
use crate::scan::Extract;

/// Names of stages in the work folder, the plan and the manifest.
pub const FACTS: &str = "facts";
/// As [`FACTS`].
pub const SUMS: &str = "sums";
/// Part of the key of facts.
pub(super) const ENROLLMENT: &str = "the rules of enrollment";
/// Tables that facts are not made from.
const JOINED: [&str; 3] = ["agreement", "participant", "assigned"];

/// By stage of the plan, whether it was reused, or why not.
pub type Reused = BTreeMap<String, String>;

/// A run, as far as stages depend on it.
#[derive(Debug, Clone, Copy)]
pub struct Job<'r> {
    /// The extract.
    pub extract: &'r Extract,
    /// Its ACOs.
    pub acos: &'r Acos,
    /// What is asked.
    pub request: &'r Request,
    /// The rules.
    pub rules: &'r Rules,
    /// Figures given instead of computed.
    pub given: &'r Figures,
    /// The files of the extract, with their hashes.
    pub inputs: &'r [InputFile],
}

/// What goes on from the facts of a run, and how it came about.
#[derive(Debug)]
pub struct Accounted<'w> {
    /// Sums, thresholds, and where rows and dollars went.
    pub account: Account,
    /// The rules they were made under.
    pub policy: Arc<Policy>,
    /// By stage, whether it was reused.
    pub reused: Reused,
    /// Where factor tables are kept, if anywhere.
    pub kept: Option<KeptFactors<'w>>,
}

/// The keys of a run's stages, and what they were compiled from.
#[derive(Debug)]
struct Keys {
    facts: Key,
    sums: Key,
    factors: Key,
    policy: Policy,
    terms: Terms,
}

/// The name of an input as a part of a key.
pub(super) fn part_name(file: &InputFile) -> String {
    file_name(&file.table, &file.path)
}

/// The name of a file of a table, below its table's where the table is a folder.
pub(super) fn file_name(table: &str, path: &Path) -> String {
    let name = path.file_name().map_or_else(Default::default, |name| name.to_string_lossy().into_owned());
    if name == format!("{table}.parquet") { name } else { format!("{table}/{name}") }
}

impl<'r> Job<'r> {
    /// The plan, where there is a work folder.
    ///
    /// # Errors
    /// When a rule has no row for a year of the run.
    pub fn plan(&self, work: &Work) -> Result<Plan> {
        let keys = self.keys()?;
        Ok(self.planned(&keys, &self.keeper(&keys.policy, work), work)?.0)
    }

    /// What goes on from the facts: kept, where it holds, else summed of facts, kept or read; all of it is then kept. Ledger and
    /// remarks are shown to `judge` before anything is summed. Where factor tables are kept comes with it.
    ///
    /// # Errors
    /// As [`facts::read`], [`Findings::sum`] and `judge`.
    pub fn account<'w>(
        &self,
        work: Option<&'w Work>,
        judge: impl Fn(&Ledger, &[String]) -> Result<()>,
        progress: &Progress,
    ) -> Result<Accounted<'w>> {
        let Self { extract, acos, request, rules, .. } = *self;
        let Some(work) = work else {
            let mut facts = facts::read(extract, acos, request, rules, None, progress)?;
            self.look_at_participants(&mut facts)?;
            judge(&facts.ledger, &facts.remarks)?;
            let terms = Terms::of(acos, facts.policy.calendar().years(), request.performance_year, rules)?;
            let policy = Arc::clone(&facts.policy);
            let account = self.sum(facts, &terms, progress)?;
            return Ok(Accounted { account, policy, reused: Reused::new(), kept: None });
        };
        let keys = self.keys()?;
        let keeper = self.keeper(&keys.policy, work);
        let (plan, Standings { facts, sums, factors }) = self.planned(&keys, &keeper, work)?;
        plan.log();
        let why_summed = match sums {
            // The second computation wants the facts themselves.
            Standing::Holds(_) if request.audit.is_none() => {
                let premises = self.premises(&keys.terms);
                let shape = |counties| premises.shape(keys.policy.calendar(), counties);
                if let Some(account) = work.reuse(SUMS, &keys.sums, |product| Account::read(&product, shape)) {
                    judge(&account.ledger, &account.remarks)?;
                    let told = [(SUMS, "reused"), (FACTS, "not asked for, the sums being reused")];
                    let told = told.map(|(stage, how)| (stage.to_string(), how.to_string()));
                    let kept = Some(KeptFactors::new(work, keys.factors, factors));
                    return Ok(Accounted { account, policy: Arc::new(keys.policy), reused: told.into(), kept });
                }
                "what was kept of them is damaged".to_string()
            }
            Standing::Holds(_) => "the audit asks for facts".to_string(),
            Standing::Redone(why, _) => why,
        };
        let Keys { facts: key, sums, factors: of_factors, policy, terms } = keys;
        let (mut facts, mut reused) = self.facts(&key, policy, facts, work, keeper, progress)?;
        self.look_at_participants(&mut facts)?;
        judge(&facts.ledger, &facts.remarks)?;
        let policy = Arc::clone(&facts.policy);
        let account = self.sum(facts, &terms, progress)?;
        extract.unchanged()?;
        if let Some(block) = account.write() {
            work.keep(SUMS, &sums, (0.0, 0), |out| out.append(&block))?;
        }
        reused.insert(SUMS.into(), format!("redone: {why_summed}"));
        Ok(Accounted { account, policy, reused, kept: Some(KeptFactors::new(work, of_factors, factors)) })
    }

    fn look_at_participants(&self, facts: &mut Facts) -> Result<()> {
        if self.request.look.looks() {
            facts.remarks.extend(soundness::of_participants(self.acos, facts)?);
        }
        Ok(())
    }

    fn premises<'t>(&self, terms: &'t Terms) -> Premises<'t>
    where
        'r: 't,
    {
        let Request { performance_year, seed, .. } = *self.request;
        Premises { acos: self.acos, terms, performance_year, seed }
    }

    /// Assigns and sums.
    fn sum(&self, facts: Facts, terms: &Terms, progress: &Progress) -> Result<Account> {
        let stage = progress.stage("assign and sum");
        let premises = self.premises(terms);
        let calendar = facts.policy.calendar();
        let thresholds = self.given.thresholds(premises.thresholds(&facts)?, calendar.years());
        let lists = match self.request.assigned {
            AssignedBy::Lists => Some(AssignmentLists::read(self.extract, &facts.ids)?),
            AssignedBy::Claims => None,
        };
        let Summed { findings, places, listed } = Findings::sum(&facts, premises, &thresholds, lists.as_ref())?;
        stage.finish();
        if let Some(folder) = &self.request.audit {
            audit::write(folder, self.acos, calendar, &places, &facts.partitions, &findings.aggregates, &thresholds)?;
        }
        Ok(Account { ledger: facts.ledger, remarks: facts.remarks, thresholds, findings, listed })
    }

    /// The keys of the stages.
    ///
    /// Whatever [`facts::read`] depends on stands in that of the facts: its tables by their content, its rules as compiled.
    /// Whatever [`Job::sum`] depends on beside stands in that of the sums.
    fn keys(&self) -> Result<Keys> {
        let Self { acos, request, rules, given, inputs, .. } = *self;
        let year = request.performance_year;
        let policy = Policy::compile(rules, &acos.span(year, rules)?, &acos.attested(&Entities::default()))?;
        let years = policy.calendar().years();
        let models = score_sets(years, year, rules)?;
        let full_dual = &rules.enrollment.at(year)?.full_dual;
        let mut facts = Key::begin()
            .with("the rules of the claims pass", policy.rules_hashes().all)
            .with(ENROLLMENT, format!("{full_dual:?}"));
        if request.risk == Risk::Scores {
            facts = facts.with("the risk models", format!("{models:?}"));
        }
        facts = request.look.in_key(facts, request.look.sample(self.extract, request.memory));
        if policy.clinic_visits.is_some() {
            facts = facts.with("the clinicians attested at clinics", acos.attested_hash());
        }
        for file in inputs.iter().filter(|file| !JOINED.contains(&file.table.as_str())) {
            if file.table == "risk_score" && request.risk == Risk::None {
                continue;
            }
            facts = facts.with(part_name(file), file.blake3.clone());
        }
        let terms = Terms::of(acos, years, year, rules)?;
        let thresholds = given.thresholds(vec![ByType::from_fn(|_| None); years.len()], years);
        let mut sums = facts
            .clone()
            .with("agreements and participants", acos.content_hash())
            .with("the rules of assignment and sums", terms.hash())
            .with("thresholds given", blake3::hash(format!("{thresholds:?}").as_bytes()).to_hex().to_string())
            .with("performance year and seed", format!("{year} {}", request.seed));
        if request.assigned == AssignedBy::Lists {
            for file in inputs.iter().filter(|file| file.table == "assigned") {
                sums = sums.with(part_name(file), file.blake3.clone());
            }
            sums = sums.with("assignment lists", "taken");
        }
        let factors = kept_factors::key(&sums, rules, given, request.risk);
        Ok(Keys { facts, sums, factors, policy, terms })
    }

    fn planned(&self, keys: &Keys, keeper: &Keeper<'_>, work: &Work) -> Result<(Plan, Standings)> {
        let standings = Standings {
            facts: work.standing(FACTS, &keys.facts),
            sums: work.standing(SUMS, &keys.sums),
            factors: work.standing(FACTORS, &keys.factors),
        };
        let claims = keeper.foresee(self.extract, &work.changed(FACTS, &keys.facts))?;
        Ok((Plan::of(self.request, &standings, &claims), standings))
    }

    fn keeper<'k>(&self, policy: &Policy, work: &'k Work) -> Keeper<'k>
    where
        'r: 'k,
    {
        let attested = policy.clinic_visits.is_some().then(|| self.acos.attested_hash());
        let Request { look, memory, .. } = *self.request;
        Keeper::new(work, self.inputs, policy.rules_hashes(), attested, (look, look.sample(self.extract, memory)))
    }

    /// The facts of a run: those kept, where they hold, else those read, which are then kept.
    fn facts(
        &self,
        key: &Key,
        policy: Policy,
        standing: Standing,
        work: &Work,
        keeper: Keeper<'_>,
        progress: &Progress,
    ) -> Result<(Facts, Reused)> {
        let Self { extract, acos, request, rules, .. } = *self;
        let told = |what: &str| Reused::from([(FACTS.to_string(), what.to_string())]);
        let why = match standing {
            Standing::Holds(bytes) => {
                let stage = progress.stage("number people");
                stage.expect_rows(extract.beneficiary_year.rows());
                let (ids, counties) = enroll::number(extract, stage.meter())?;
                stage.finish();
                let stage = progress.stage("facts of an earlier run");
                stage.meter().add_bytes(bytes);
                let (years, windows) = (policy.calendar().years().len() as u64, policy.calendar().windows().len() as u64);
                let room = memory::plan(
                    request.memory,
                    ids.len() as u64,
                    years,
                    windows,
                    rayon::current_num_threads() as u64,
                    Beside::default(),
                )?;
                let kept = work.reuse(FACTS, key, |product| kept_facts::read(product, ids, counties, policy, room));
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
        let facts = facts::read(extract, acos, request, rules, Some(&keeper), progress)?;
        let all = extract.claim_header.rows() + extract.claim_line.rows();
        // Where not all is read the seconds tell nothing of a row.
        let cost = (began.elapsed().as_secs_f64(), if keeper.spared() { 0 } else { all });
        // What was read of a file that changed meanwhile must not be kept under the hash that it had.
        extract.unchanged()?;
        let stage = progress.stage("keep facts");
        work.keep(FACTS, key, cost, |out| kept_facts::write(&facts, out))?;
        stage.finish();
        let mut reused = keeper.told();
        reused.extend(told(&format!("redone: {why}")));
        Ok((facts, reused))
    }
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
    /// What the work folder of a run remembers, or the file that it names for it; nothing without either, or when every input is
    /// to be read.
    pub fn of(request: &Request) -> Self {
        let (file, rehash) = match (&request.work, &request.hashes) {
            (Some(work), _) => (work.folder.join(SEEN), work.rehash),
            (None, Some(file)) => (file.clone(), false),
            (None, None) => return Self::default(),
        };
        let text = if rehash || !disk::exists(&file) { None } else { disk::read_text(&file).ok() };
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
