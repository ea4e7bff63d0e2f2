//! What a run will do, stage by stage, told before it does it.

use std::fmt::Write as _;

use super::manifest::Manifest;
use super::pipeline::Request;
use super::reuse::FACTS;
use super::work::Standing;

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

/// The stages of a run, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan(Vec<Planned>);

/// Stages whose product is not kept, and why they are done.
const ALWAYS: [(&str, &str); 3] = [
    ("assign and sum", "participants join the facts here"),
    ("factor tables", "made from the sums"),
    ("benchmark and settle", "made from the factor tables"),
];
/// Stages of a manifest that make up the stage `facts` when it is done, and when it is reused.
const MAKING: [&str; 5] = ["number people", "enroll", "risk scores", "claim headers", "claim lines"];
const READING: [&str; 2] = ["number people", "facts of an earlier run"];

impl Plan {
    /// The plan of a run whose facts stand so; `rows` of claims. Estimates are by the run that is in place at `--out`, and by
    /// what the work folder knows of its own products.
    #[must_use]
    pub fn of(request: &Request, standing: &Standing, rows: u64) -> Self {
        let earlier = Manifest::read(&request.out).ok();
        let took = |stages: &[&str]| {
            let timings = &earlier.as_ref()?.stages;
            let found: Vec<f64> =
                timings.iter().filter(|timing| stages.contains(&timing.stage.as_str())).map(|t| t.seconds).collect();
            (!found.is_empty()).then(|| found.iter().sum::<f64>())
        };
        let facts = match standing {
            Standing::Holds(bytes) => {
                Planned { stage: FACTS, reused: true, why: format!("kept, {} MB", bytes / 1_000_000), seconds: took(&READING) }
            }
            Standing::Redone(why, pace) => {
                let seconds = pace.map(|pace| pace * rows as f64).or_else(|| took(&MAKING));
                Planned { stage: FACTS, reused: false, why: format!("{why}; {rows} rows of claims are read"), seconds }
            }
        };
        let rest = ALWAYS.map(|(stage, why)| Planned { stage, reused: false, why: why.into(), seconds: took(&[stage]) });
        Self(std::iter::once(facts).chain(rest).collect())
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
        for Planned { stage, reused, why, seconds } in &self.0 {
            let seconds = seconds.map(|seconds| (seconds * 1000.0).round() / 1000.0);
            tracing::info!(stage = stage, seconds, "plan: {}: {why}", if *reused { "reused" } else { "done" });
        }
    }
}
