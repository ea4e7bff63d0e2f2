//! The model-validation page: every choice made where the law is silent, why, how to make another, and what that moves.

use std::collections::BTreeMap;
use std::path::Path;

use super::exact;
use super::given::Given;
use super::look::Look;
use super::pipeline::{self, AssignedBy, Request, Until};
use super::progress::Progress;
use crate::disk::IoMode;
use crate::error::{Error, Result};
use crate::factors::{AcoKey, FactorTables, Risk};
use crate::money::{Decimal, round_dollars};
use crate::rules::{Choice, RuleLine, Rules, SILENT};
use crate::settlement::Outcome;

/// What a switch moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The choice, switched.
    pub choice: Choice,
    /// Absolute differences of payments, summed over the ACOs, dollars; none when the tables are refused under the switch.
    pub dollars: Option<Decimal>,
    /// ACOs whose payment or outcome differs.
    pub acos: usize,
    /// Whether any value of any ACO differs.
    pub seen: bool,
}

/// Refuses choices that bear on claims where no claim is read.
///
/// # Errors
/// [`Error::Usage`] naming the first of them.
pub fn refuse_those_of_claims(choices: &[Choice]) -> Result<()> {
    let lines = Rules::load(None)?.lines();
    let of_claims = |choice: &&Choice| lines.iter().any(|line| line.of_claims && line.rule == choice.name);
    match choices.iter().find(of_claims) {
        None => Ok(()),
        Some(choice) => Err(Error::usage(
            format!("the choice `{}` bears on what is made of claims, and the factor tables are made", choice.name),
            format!("give it to the run that makes them: acobench run --choose {}={}", choice.name, choice.value),
        )),
    }
}

/// What an ACO came to.
#[derive(Debug, PartialEq, Eq)]
struct Come {
    outcome: Outcome,
    payment: Decimal,
    values: Vec<Decimal>,
}

/// What every ACO came to.
type Results = BTreeMap<AcoKey, Come>;

fn results(tables: &FactorTables, rules: &Rules) -> Result<Results> {
    let accounts = exact::settle(tables, rules)?;
    let come = |account: &exact::Account<'_, '_>| {
        let payment = account.tree.named().find(|(label, _)| label.name == "payment").map_or(Decimal::ZERO, |(_, value)| value);
        let values = account.tree.named().map(|(_, value)| value).collect();
        Come { outcome: account.settlement.outcome, payment, values }
    };
    Ok(accounts.iter().map(|account| (account.aco.key.clone(), come(account))).collect())
}

/// An extract to run again under the choices that bear on claims.
#[derive(Debug, Clone, Copy)]
pub struct Again<'r> {
    /// The extract that the factor tables were made of.
    pub extract: &'r Path,
    /// Folder that may come and go.
    pub scratch: &'r Path,
    /// Where the runs tell how far they are.
    pub progress: &'r Progress,
}

/// What each switch of `choices.toml` moves in a folder's factor tables. Choices that bear on claims are left out unless the
/// extract is there to be run again, once for each of them.
///
/// # Errors
/// When a table or a rule is refused.
pub fn effects(factors: &Path, overlay: Option<&Path>, again: Option<Again<'_>>) -> Result<Vec<Effect>> {
    let tables = FactorTables::read(factors)?;
    let law = Rules::load(overlay)?;
    let base = results(&tables, &law)?;
    let mut effects = Vec::new();
    for line in law.lines().into_iter().filter(|line| line.subject == "choices") {
        for value in &line.alternatives {
            let choice = Choice { name: line.rule.clone(), value: value.clone() };
            let switched = Rules::load_with(overlay, std::slice::from_ref(&choice))?;
            let other = match (line.of_claims, again) {
                (false, _) => results(&tables, &switched),
                (true, Some(again)) => made_again(&tables, overlay, &choice, again).and_then(|made| results(&made, &switched)),
                (true, None) => continue,
            };
            effects.push(match other {
                Ok(other) => effect(choice, &base, &other),
                Err(_) => Effect { choice, dollars: None, acos: base.len(), seen: true },
            });
        }
    }
    Ok(effects)
}

fn effect(choice: Choice, base: &Results, other: &Results) -> Effect {
    let pairs = || base.iter().filter_map(|(key, before)| Some((before, other.get(key)?)));
    let pays_otherwise = |(before, after): &(&Come, &Come)| (before.outcome, before.payment) != (after.outcome, after.payment);
    let moved: Vec<Decimal> =
        pairs().filter(pays_otherwise).map(|(before, after)| (before.payment - after.payment).abs()).collect();
    let seen = base.len() != other.len() || pairs().any(|(before, after)| before != after);
    Effect { choice, dollars: Some(moved.iter().sum()), acos: moved.len(), seen }
}

/// The factor tables of another run over the extract.
fn made_again(tables: &FactorTables, overlay: Option<&Path>, choice: &Choice, again: Again<'_>) -> Result<FactorTables> {
    let out = again.scratch.join("run");
    let request = Request {
        extract: again.extract.to_path_buf(),
        performance_year: tables.acos.first().map_or(0, |aco| aco.performance_year),
        out: out.clone(),
        io: IoMode::Map,
        risk: Risk::Scores,
        seed: 0,
        rules: overlay.map(Path::to_path_buf),
        choices: vec![choice.clone()],
        max_quarantined: Decimal::ONE,
        look: Look::Nothing,
        allow_findings: true,
        quarter: None,
        quarter_of: None,
        assigned: AssignedBy::Claims,
        given: Given::default(),
        memory: None,
        scratch: None,
        until: Until::Settlements,
        work: None,
        hashes: None,
        audit: None,
    };
    // Every run would say the same of the extract.
    let unheard = tracing::subscriber::NoSubscriber::default();
    tracing::subscriber::with_default(unheard, || pipeline::run(&request, "choices", again.progress))?;
    FactorTables::read(&out.join("factors"))
}

/// The page in Markdown, with what the switches move where that was computed.
#[must_use]
pub fn page(rules: &Rules, effects: &[Effect]) -> String {
    let mut out = String::from(
        "# Choices where the law is silent\n\n\
         Every default below is a row of a rule table with `citation = \"silent\"`. Rows of `choices.toml` are switched with\n\
         `--choose NAME=VALUE`; rows of other tables with a row laid over them (`--rules DIR`). The dollars are the absolute\n\
         differences of payments, summed over the ACOs of the demo (`acobench demo`, performance year 2023).\n\n\
         Choices that bear on claims are given to `acobench run`; its extract was run again under each.\n\n\
         This page is generated: `acobench rules --choices RUN/factors --extract data-samples > docs/choices.md`.\n",
    );
    let lines = rules.lines();
    for line in lines.iter().filter(|line| line.citation == SILENT) {
        out += &section(line, effects);
    }
    out
}

fn section(line: &RuleLine, effects: &[Effect]) -> String {
    let mut out = format!("\n## {}\n\n", line.rule);
    if line.subject != "choices" {
        let until = if line.until.is_empty() { "on" } else { &line.until };
        out += &format!("In `{}.toml`, {} {} to {until}.\n\n", line.subject, line.governed_by, line.from);
    }
    out += &format!("Default: `{}`. Why: {}.\n", line.value, line.reason);
    for value in &line.alternatives {
        let effect = effects.iter().find(|effect| effect.choice.name == line.rule && effect.choice.value == *value);
        let switch = if line.subject == "choices" {
            format!("`--choose {}={value}`", line.rule)
        } else {
            format!("a row with value `{value}`")
        };
        out += &format!("\n* {switch}");
        match effect.map(|effect| (effect.dollars, effect.acos, effect.seen)) {
            Some((Some(_), _, false)) => out += ": moves $0.00, for the demo never meets the case",
            Some((Some(dollars), acos, true)) => out += &format!(": moves ${:.2} over {acos} ACOs", round_dollars(dollars)),
            Some((None, ..)) => out += ": refuses the tables",
            None => {}
        }
        out += "\n";
    }
    out
}
