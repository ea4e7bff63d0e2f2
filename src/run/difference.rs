//! `acobench diff`: what moved each ACO's figures from one run to another.
//!
//! The factors of the second run take the place of the first one's, a kind at a time in the order of [`Mover::ALL`], and after
//! each the exact half settles anew: what a figure moved by then is that kind's part. The last settlement is the second run's
//! own, so the parts add up to the whole by construction, to the millionth. A different order would share what moves together
//! otherwise; this one is fixed, and goes from people to money to law.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::exact;
use super::manifest::Manifest;
use super::whatif::rules_of;
use crate::error::{Error, Result};
use crate::factors::{Aco, AcoKey, AcoYear, FactorTables};
use crate::money::Decimal;
use crate::report::{AcoMoved, Audience, Differences, DifferentlyGiven, Finished, Moved, Mover};
use crate::rules::Rules;

/// The figures compared, the one that matters most first.
const FIGURES: [&str; 5] = ["payment", "updated_benchmark", "total_benchmark", "total_expenditure", "assigned_beneficiaries"];

/// Figures of every ACO after a step.
type Figures = BTreeMap<AcoKey, [Option<Decimal>; FIGURES.len()]>;

/// Compares two finished runs.
///
/// # Errors
/// When a folder is no finished run, or was changed since.
pub fn compare(a: &Path, b: &Path) -> Result<Differences> {
    let manifests = [Manifest::read(a)?, Manifest::read(b)?];
    for (manifest, run) in manifests.iter().zip([a, b]) {
        if manifest.command != "run" && manifest.command != "benchmark" {
            return Err(Error::usage(
                format!("{} is of `acobench {}`", run.display(), manifest.command),
                "give two folders that `acobench run` or `acobench benchmark` wrote",
            ));
        }
        manifest.verify(run, |path| path.starts_with("factors") || path.extension().is_some_and(|end| end == "csv"))?;
    }
    let finished = [Finished::read(a, &[], Audience::Internal)?, Finished::read(b, &[], Audience::Internal)?];
    let keys = |run: &Finished| run.acos.iter().map(|result| result.aco.key.clone()).collect::<BTreeSet<_>>();
    let (in_a, in_b) = (keys(&finished[0]), keys(&finished[1]));
    let both: BTreeSet<AcoKey> = in_a.intersection(&in_b).cloned().collect();
    let only = |one: &BTreeSet<AcoKey>, other: &BTreeSet<AcoKey>| one.difference(other).map(ToString::to_string).collect();
    let mut differences = Differences {
        runs: [&manifests[0], &manifests[1]].map(|manifest| format!("{}, acobench {}", manifest.run_id, manifest.acobench)),
        given: given(&manifests[0], &manifests[1]),
        only_in: [only(&in_a, &in_b), only(&in_b, &in_a)],
        acos: Vec::new(),
        notes: Vec::new(),
    };
    let steps = steps(&manifests, &finished, &both, &mut differences.notes)?;
    for key in &both {
        differences.acos.push(moved(key, &finished, &steps));
    }
    differences.sort();
    Ok(differences)
}

/// The figures as the first run has them, as this program has them after each mover, and as the second run has them.
fn steps(
    manifests: &[Manifest; 2],
    finished: &[Finished; 2],
    both: &BTreeSet<AcoKey>,
    notes: &mut Vec<String>,
) -> Result<Vec<(Option<Mover>, Figures)>> {
    let tables = [&finished[0], &finished[1]].map(|run| of_both(&run.factors, both));
    let mut steps = vec![(None, filed(&finished[0], both))];
    if tables[0] != tables[1] || manifests[0].rules.blake3 != manifests[1].rules.blake3 {
        let law = Rules::load(None)?;
        let rules = [&manifests[0], &manifests[1]].map(|manifest| rules_of(manifest, None).ok());
        if rules.iter().any(Option::is_none) {
            notes.push("the rules of a run are not at hand any more; what they moved is told with the version".into());
        }
        let fallback = rules[0].as_ref().or(rules[1].as_ref()).unwrap_or(&law);
        let [first, second] = [rules[0].as_ref().unwrap_or(fallback), rules[1].as_ref().unwrap_or(fallback)];
        // What this program makes of the first run's own factors and rules: any difference is the version's.
        steps.extend(settled(&tables[0], first).map(|figures| (Some(Mover::Version), figures)));
        for mover in [Mover::Assignment, Mover::Expenditure, Mover::Risk, Mover::Trend, Mover::Regional, Mover::Agreement] {
            let mixed = substituted(&tables[0], &tables[1], mover);
            match settled(&mixed, first) {
                Some(figures) => steps.push((Some(mover), figures)),
                None => notes
                    .push(format!("{} cannot be told from what comes after it: the factors do not go together", mover.name())),
            }
        }
        steps.extend(settled(&tables[1], second).map(|figures| (Some(Mover::Rule), figures)));
    }
    steps.push((Some(Mover::Version), filed(&finished[1], both)));
    Ok(steps)
}

fn moved(key: &AcoKey, finished: &[Finished; 2], steps: &[(Option<Mover>, Figures)]) -> AcoMoved {
    let figure = |step: &Figures, at: usize| step.get(key).and_then(|figures| figures[at]);
    let figures = FIGURES.iter().enumerate().map(|(at, name)| {
        let ends = [steps.first(), steps.last()].map(|step| step.and_then(|(_, figures)| figure(figures, at)));
        let mut parts = Vec::new();
        if let [Some(mut before), Some(_)] = ends {
            parts = vec![Decimal::ZERO; Mover::ALL.len()];
            for (mover, figures) in steps {
                // A figure that is undetermined half-way is moved by whatever determines it again.
                if let (Some(mover), Some(after)) = (mover, figure(figures, at)) {
                    parts[*mover as usize] += after - before;
                    before = after;
                }
            }
        }
        Moved { figure: name, a: ends[0], b: ends[1], parts }
    });
    let outcome = |run: &Finished| {
        let found = run.acos.iter().find(|result| result.aco.key == *key);
        found.map(|result| result.outcome.clone()).unwrap_or_default()
    };
    AcoMoved { aco: key.to_string(), figures: figures.collect(), outcome: [outcome(&finished[0]), outcome(&finished[1])] }
}

/// The millionth of a dollar, so that differences are exact.
fn exactly(value: Decimal) -> Decimal {
    value.round_dp(6).normalize()
}

/// The figures that a run filed.
fn filed(run: &Finished, both: &BTreeSet<AcoKey>) -> Figures {
    let of = |result: &crate::report::AcoYearResult| {
        FIGURES.map(|name| match name {
            "assigned_beneficiaries" => Some(Decimal::from(result.aco.assigned_beneficiaries)),
            name => result.steps.iter().find(|step| step.label() == name).and_then(|step| step.value.parse().ok()).map(exactly),
        })
    };
    run.acos.iter().filter(|result| both.contains(&result.aco.key)).map(|result| (result.aco.key.clone(), of(result))).collect()
}

/// The figures that factors come to; none when they do not go together.
fn settled(tables: &FactorTables, rules: &Rules) -> Option<Figures> {
    let accounts = exact::settle(tables, rules).ok()?;
    let of = |account: &exact::Account<'_, '_>| {
        FIGURES.map(|name| match name {
            "assigned_beneficiaries" => Some(Decimal::from(account.aco.assigned_beneficiaries)),
            name => {
                let found = account.tree.named().find(|(label, _)| label.name == name && label.kind.is_none());
                found.map(|(_, value)| exactly(value))
            }
        })
    };
    Some(accounts.iter().map(|account| (account.aco.key.clone(), of(account))).collect())
}

fn of_both(tables: &FactorTables, both: &BTreeSet<AcoKey>) -> FactorTables {
    let mut tables = tables.clone();
    tables.acos.retain(|row| both.contains(&row.key));
    tables.aco_years.retain(|row| both.contains(&row.key));
    tables.aco_regions.retain(|row| both.contains(&row.key));
    tables.aco_counties.retain(|row| both.contains(&row.key));
    tables
}

/// The first run's factors with the second one's in place of all kinds up to and including `last`.
fn substituted(a: &FactorTables, b: &FactorTables, last: Mover) -> FactorTables {
    let from = |mover: Mover| if mover <= last { b } else { a };
    let acos = a.acos.iter().zip(&b.acos).map(|(a, b)| aco(a, b, last)).collect();
    let known = |tables: &FactorTables| -> BTreeMap<_, AcoYear> {
        tables.aco_years.iter().map(|row| ((row.key.clone(), row.year, row.enrollment_type), row.clone())).collect()
    };
    let (years_a, years_b) = (known(a), known(b));
    let years_of = |mover: Mover| if mover <= last { (&years_b, &years_a) } else { (&years_a, &years_b) };
    let aco_years = from(Mover::Assignment).aco_years.iter().map(|people| {
        let key = (people.key.clone(), people.year, people.enrollment_type);
        // Where nobody of the type is, no cost and no score is known; those of the other run are.
        let row = |mover: Mover| -> AcoYear {
            let (first, other) = years_of(mover);
            let peopled = |row: &&AcoYear| !row.person_years.is_zero();
            first.get(&key).filter(peopled).or_else(|| other.get(&key)).cloned().unwrap_or_else(|| people.clone())
        };
        let (cost, risk) = (row(Mover::Expenditure), row(Mover::Risk));
        AcoYear {
            per_capita_expenditure: cost.per_capita_expenditure,
            person_years: people.person_years,
            new_person_years: people.new_person_years,
            ..risk
        }
    });
    FactorTables {
        acos,
        aco_years: aco_years.collect(),
        aco_regions: from(Mover::Regional).aco_regions.clone(),
        national: from(Mover::Trend).national.clone(),
        acpt: from(Mover::Trend).acpt.clone(),
        counties: from(Mover::Regional).counties.clone(),
        aco_counties: from(Mover::Assignment).aco_counties.clone(),
    }
}

fn aco(a: &Aco, b: &Aco, last: Mover) -> Aco {
    let from = |mover: Mover| if mover <= last { b } else { a };
    let (people, money) = (from(Mover::Assignment), from(Mover::Expenditure));
    Aco {
        assigned_beneficiaries: people.assigned_beneficiaries,
        lis_dual_share: people.lis_dual_share,
        dual_share_by3: people.dual_share_by3,
        participant_revenue: money.participant_revenue,
        low_revenue: money.low_revenue,
        ..from(Mover::Agreement).clone()
    }
}

/// What the runs were given that differs.
fn given(a: &Manifest, b: &Manifest) -> Vec<DifferentlyGiven> {
    let mut given = Vec::new();
    let mut tell =
        |kind: &'static str, name: &str, how: String| given.push(DifferentlyGiven { kind, name: name.to_string(), how });
    if a.acobench != b.acobench {
        tell("version", "acobench", format!("{} and {}", a.acobench, b.acobench));
    }
    if a.rules.blake3 != b.rules.blake3 {
        let folder =
            |manifest: &Manifest| manifest.rules.folder.as_ref().map_or("none".into(), |folder| folder.display().to_string());
        tell("rules", "rule tables", format!("differ (laid over: {} and {})", folder(a), folder(b)));
    }
    let names: BTreeSet<&String> = a.parameters.keys().chain(b.parameters.keys()).filter(|name| *name != "io").collect();
    for name in names {
        let (one, other) = (a.parameters.get(name), b.parameters.get(name));
        if one != other {
            let word = |value: Option<&String>| value.map_or("none", String::as_str).to_string();
            tell("parameter", name, format!("{} and {}", word(one), word(other)));
        }
    }
    let inputs = |manifest: &Manifest| -> BTreeMap<String, BTreeSet<String>> {
        let mut by_name: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for input in &manifest.inputs {
            let file = input.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            by_name.entry(format!("{}/{file}", input.table)).or_default().insert(input.blake3.clone());
        }
        by_name
    };
    let (in_a, in_b) = (inputs(a), inputs(b));
    for name in in_a.keys().chain(in_b.keys()).collect::<BTreeSet<_>>() {
        match (in_a.get(name), in_b.get(name)) {
            (Some(_), None) => tell("input", name, "is in A alone".into()),
            (None, Some(_)) => tell("input", name, "is in B alone".into()),
            (one, other) if one != other => tell("input", name, "has another content".into()),
            _ => {}
        }
    }
    given
}
