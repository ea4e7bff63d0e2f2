//! The model-validation page: every choice made where the law is silent, why, how to make another, and what that moves.

use std::collections::BTreeMap;
use std::path::Path;

use super::exact;
use crate::error::Result;
use crate::factors::{AcoKey, FactorTables};
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
}

/// What an ACO came to.
type Results = BTreeMap<AcoKey, (Outcome, Decimal)>;

fn results(tables: &FactorTables, rules: &Rules) -> Result<Results> {
    let accounts = exact::settle(tables, rules)?;
    let payment = |account: &exact::Account<'_, '_>| {
        account.tree.named().find(|(label, _)| label.name == "payment").map_or(Decimal::ZERO, |(_, value)| value)
    };
    Ok(accounts.iter().map(|account| (account.aco.key.clone(), (account.settlement.outcome, payment(account)))).collect())
}

/// What each switch of `choices.toml` moves in a folder's factor tables.
///
/// # Errors
/// When a table or a rule is refused.
pub fn effects(factors: &Path, overlay: Option<&Path>) -> Result<Vec<Effect>> {
    let tables = FactorTables::read(factors)?;
    let law = Rules::load(overlay)?;
    let base = results(&tables, &law)?;
    let mut effects = Vec::new();
    for line in law.lines().into_iter().filter(|line| line.subject == "choices") {
        for value in &line.alternatives {
            let choice = Choice { name: line.rule.clone(), value: value.clone() };
            let switched = Rules::load_with(overlay, std::slice::from_ref(&choice))?;
            let Ok(other) = results(&tables, &switched) else {
                effects.push(Effect { choice, dollars: None, acos: base.len() });
                continue;
            };
            let moved: Vec<Decimal> = base
                .iter()
                .filter_map(|(key, before)| {
                    let after = other.get(key)?;
                    (before != after).then(|| (before.1 - after.1).abs())
                })
                .collect();
            effects.push(Effect { choice, dollars: Some(moved.iter().sum()), acos: moved.len() });
        }
    }
    Ok(effects)
}

/// The page in Markdown, with what the switches move where that was computed.
#[must_use]
pub fn page(rules: &Rules, effects: &[Effect]) -> String {
    let mut out = String::from(
        "# Choices where the law is silent\n\n\
         Every default below is a row of a rule table with `citation = \"silent\"`. Rows of `choices.toml` are switched with\n\
         `--choose NAME=VALUE`; rows of other tables with a row laid over them (`--rules DIR`). The dollars are the absolute\n\
         differences of payments, summed over the ACOs of the demo (`acobench demo`, performance year 2023).\n\n\
         This page is generated: `acobench rules --choices RUN/factors > docs/choices.md`.\n",
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
        match effect.map(|effect| (effect.dollars, effect.acos)) {
            Some((Some(dollars), acos)) => out += &format!(": moves ${:.2} over {acos} ACOs", round_dollars(dollars)),
            Some((None, _)) => out += ": refuses the tables",
            None => {}
        }
        out += "\n";
    }
    out
}
