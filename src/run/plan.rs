//! What a run will do, stage by stage, told before it does it.

use std::fmt::Write as _;

use super::manifest::Manifest;
use super::pipeline::{Request, Until};
use super::reuse::{FACTS, file_name};
use super::watch::APART;
use super::work::Standing;
use crate::scan::{Extract, TableFile, TableFiles};

/// One stage of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The stage.
    pub stage: &'static str,
    /// Whether an earlier run's product stands for it.
    pub reused: bool,
    /// Why it is done, or what is reused.
    pub why: String,
    /// Seconds it took or will take, by an earlier run.
    pub seconds: Option<f64>,
}

impl Planned {
    /// Says it in the log.
    pub fn log(&self) {
        let Self { stage, reused, why, seconds } = self;
        let seconds = seconds.map(|seconds| (seconds * 1000.0).round() / 1000.0);
        tracing::info!(stage = stage, seconds, "plan: {}: {why}", if *reused { "reused" } else { "done" });
    }
}

/// The stages of a run, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan(Vec<Planned>);

/// The stages that read claims.
pub(super) const HEADERS: &str = "claim headers";
/// As [`HEADERS`].
pub(super) const LINES: &str = "claim lines";
/// The stage of the sums.
const SUMMING: &str = "assign and sum";
/// That of the factor tables.
const TABLES: &str = "factor tables";
/// The stage whose product is the run itself.
const SETTLING: &str = "benchmark and settle";
/// Stages of a manifest that make up the stage `facts` beside the claims when it is done, and when it is reused.
const MAKING: [&str; 5] = ["number people", "enroll", "risk scores", "put claims together", APART];
const READING: [&str; 2] = ["number people", "facts of an earlier run"];

/// Which products of a work folder hold.
#[derive(Debug)]
pub struct Standings {
    /// Facts of every beneficiary.
    pub facts: Standing,
    /// Sums of a run.
    pub sums: Standing,
    /// Factor tables.
    pub factors: Standing,
}

impl Standings {
    /// Of a run with no work folder to look in.
    pub fn nothing(why: &str) -> Self {
        let nothing = || Standing::Redone(why.into(), None);
        Self { facts: nothing(), sums: nothing(), factors: nothing() }
    }
}

/// Files of claims that are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToRead {
    stage: &'static str,
    table: &'static str,
    /// Files of the table that have rows.
    files: usize,
    rows: u64,
    names: Vec<String>,
}

impl ToRead {
    /// No file of a table that a stage reads.
    pub fn nothing(stage: &'static str, table: &TableFiles) -> Self {
        let files = table.files.iter().filter(|file| file.rows() > 0).count();
        Self { stage, table: table.table.name, files, rows: 0, names: Vec::new() }
    }

    /// Every file of both tables.
    pub fn all(extract: &Extract) -> [Self; 2] {
        [(HEADERS, &extract.claim_header), (LINES, &extract.claim_line)].map(|(stage, table)| {
            let mut all = Self::nothing(stage, table);
            table.files.iter().filter(|file| file.rows() > 0).for_each(|file| all.add(file));
            all
        })
    }

    /// A file more.
    pub fn add(&mut self, file: &TableFile) {
        self.rows += file.rows();
        self.names.extend(file.on_disk().map(|on_disk| file_name(self.table, on_disk.input.path())));
    }

    /// Rows that are read.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether there is something to be read or to be spared.
    pub fn is_of_something(&self) -> bool {
        self.files > 0
    }

    /// What is read, in words; none where nothing is.
    pub fn words(&self) -> Option<String> {
        let Self { files, names, .. } = self;
        match &names[..] {
            [] => None,
            all if all.len() == *files => Some("every file is read".into()),
            [one] => Some(format!("of {files} files {one} is read")),
            [one, rest @ ..] => Some(format!("of {files} files {one} and {} more are read", rest.len())),
        }
    }

    /// The stage; `pace` is the seconds for a row, `took` those of the stage in an earlier run.
    fn planned(&self, pace: Option<f64>, took: Option<f64>) -> Planned {
        let Self { stage, files, rows, .. } = self;
        match self.words() {
            None => Planned { stage, reused: true, why: format!("{files} files kept"), seconds: Some(0.0) },
            Some(words) => {
                let seconds = pace.map(|pace| pace * *rows as f64).or(took);
                Planned { stage, reused: false, why: format!("{words}, {rows} rows"), seconds }
            }
        }
    }
}

impl Plan {
    /// The plan of a run whose products stand so, with the claims that are read where facts do not hold. Estimates are by the run
    /// that is in place at `--out`, and by what the work folder knows of its own products.
    #[must_use]
    pub fn of(request: &Request, Standings { facts, sums, factors }: &Standings, claims: &[ToRead]) -> Self {
        let earlier = Manifest::read(&request.out).ok();
        let took = |stages: &[&str]| {
            let timings = &earlier.as_ref()?.stages;
            let found: Vec<f64> =
                timings.iter().filter(|timing| stages.contains(&timing.stage.as_str())).map(|t| t.seconds).collect();
            (!found.is_empty()).then(|| found.iter().sum::<f64>())
        };
        let holds = matches!(sums, Standing::Holds(_)) && request.audit.is_none();
        let reused = |stage, why: String, seconds| Planned { stage, reused: true, why, seconds };
        let done = |stage, why: String| Planned { stage, reused: false, why, seconds: took(&[stage]) };
        let idle = |stage| reused(stage, "not asked for".into(), Some(0.0));
        let mut planned: Vec<Planned> = Vec::new();
        match facts {
            Standing::Redone(why, pace) if !holds => {
                planned.extend(claims.iter().map(|claims| claims.planned(*pace, took(&[claims.stage]))));
                planned.push(Planned { stage: FACTS, reused: false, why: why.clone(), seconds: took(&MAKING) });
            }
            Standing::Holds(bytes) if !holds => {
                planned.extend(claims.iter().map(|claims| idle(claims.stage)));
                planned.push(reused(FACTS, format!("kept, {} MB", bytes / 1_000_000), took(&READING)));
            }
            _ => planned.extend(claims.iter().map(|claims| claims.stage).chain([FACTS]).map(idle)),
        }
        planned.push(match sums {
            Standing::Holds(bytes) if holds => reused(SUMMING, format!("kept, {} KB", bytes / 1_000), Some(0.0)),
            Standing::Holds(_) => done(SUMMING, "the audit asks for facts".into()),
            Standing::Redone(why, _) => done(SUMMING, why.clone()),
        });
        if request.until == Until::Settlements {
            planned.push(match factors {
                Standing::Holds(bytes) => reused(TABLES, format!("kept, {} KB", bytes / 1_000), took(&[TABLES])),
                Standing::Redone(why, _) => done(TABLES, why.clone()),
            });
            if request.quarter.is_none() {
                planned.push(done(SETTLING, "made from the factor tables".into()));
            }
        }
        Self(planned)
    }

    /// The stages.
    #[must_use]
    pub fn stages(&self) -> &[Planned] {
        &self.0
    }

    /// The plan for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Planned { stage, reused, why, seconds } in &self.0 {
            let what = if *reused { "reused" } else { "done" };
            let seconds = seconds.map_or_else(|| "?".into(), |seconds| format!("{seconds:.1}"));
            let _ = writeln!(text, "{stage:22} {what:7} {seconds:>7} s  {why}");
        }
        let known: Vec<f64> = self.0.iter().filter_map(|planned| planned.seconds).collect();
        if known.len() == self.0.len() {
            let _ = writeln!(
                text,
                "{:22} {:7} {:>7.1} s  by earlier runs; hashing inputs apart",
                "all",
                "",
                known.iter().sum::<f64>()
            );
        } else {
            text += "No earlier run tells how long the stages marked ? take.\n";
        }
        text
    }

    /// Says the plan in the log.
    pub fn log(&self) {
        self.0.iter().for_each(Planned::log);
    }
}
