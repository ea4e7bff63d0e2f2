//! A finished run as reports read it: its factors, its steps and what each ACO came to.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::noted::Noted;
use super::records::Records;
use super::shown::Shown;
use super::steps::{FiledStep, all_steps};
use super::suppression::{Amount, HiddenCounties, Suppression, hidden_amounts};
use crate::disk;
use crate::error::{Error, Result};
use crate::factors::{Aco, AcoKey, FactorTables, FactorYear};
use crate::money::Decimal;
use crate::rules::{EnrollmentType, Rules, Year};

/// A finished run.
#[derive(Debug)]
pub struct Finished {
    /// The factor tables.
    pub factors: FactorTables,
    /// What each ACO came to, in key order.
    pub acos: Vec<AcoYearResult>,
    /// Expenditures by component, where the run was made from claims.
    pub components: Vec<ComponentFigures>,
    /// Whether cells resting on few people are shown.
    pub internal: bool,
    /// Counties that its map hides; none where it has no map, being of some ACOs alone.
    pub hidden_counties: Option<HiddenCounties>,
    /// On how many beneficiaries a cell must rest to be shown; 0 where every cell is.
    pub fewest: u32,
}

/// For whom a report is made.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'r> {
    /// Those who may see every cell, however few people it rests on.
    Internal,
    /// Everybody else: cells are suppressed by the rules.
    Others(&'r Rules),
}

/// A component of an ACO's expenditures in the performance year, dollars per person-year.
#[derive(Debug, Clone)]
pub struct ComponentFigures {
    /// The ACO.
    pub key: AcoKey,
    /// Name: `inpatient`, ...
    pub component: String,
    /// Of its assigned people; of the assignable people of its region; of the nation.
    pub figures: [Option<Decimal>; 3],
    /// Whether it rests on too few people to be shown, or would give such a one back.
    pub hidden: bool,
}

/// What one ACO's performance year came to.
#[derive(Debug)]
pub struct AcoYearResult {
    /// Row of table `aco`.
    pub aco: Aco,
    /// Name of the benchmark regime.
    pub regime: String,
    /// Which adjustment the historical benchmark got; empty where there is no benchmark.
    pub selected_adjustment: String,
    /// `savings`, `losses`, `none` or `undetermined`.
    pub outcome: String,
    /// Why it is undetermined; empty when it is not.
    pub reason: String,
    /// Whether losses were measured on the recalculated benchmark.
    pub recalculated: bool,
    /// Whether savings are shared at the reduced rate.
    pub reduced_rate: bool,
    /// Every step of the derivation, operands first.
    pub steps: Vec<FiledStep>,
    /// What may be shown.
    pub suppression: Suppression,
    /// What the run notes beside them.
    pub noted: Vec<FiledStep>,
    by_label: HashMap<String, usize>,
}

impl Finished {
    /// Reads a run's folder; of its ACOs those named, or all.
    ///
    /// # Errors
    /// When a file is missing or does not read, or an ACO is not in the run.
    pub fn read(run: &Path, acos: &[String], audience: Audience<'_>) -> Result<Self> {
        let factors = FactorTables::read_finished(&run.join("factors"))?;
        for named in acos {
            if factors.acos.iter().all(|aco| aco.key.aco_id != *named) {
                let known: Vec<&str> = factors.acos.iter().map(|aco| aco.key.aco_id.as_str()).collect();
                return Err(Error::unknown(format!("the run has no ACO {named}"), named, "the run has", &known));
            }
        }
        let internal = matches!(audience, Audience::Internal);
        let least = match audience {
            Audience::Internal => 0,
            Audience::Others(rules) => {
                let year = factors.acos.first().map_or(Year::MAX, |aco| aco.performance_year);
                rules.results_files.fewest_beneficiaries_shown.at(year)?.value
            }
        };
        let settlement = Records::read(run, "settlement.csv")?;
        let benchmark = Records::read(run, "benchmark.csv")?;
        let mut steps: HashMap<AcoKey, Vec<FiledStep>> = HashMap::new();
        for step in all_steps(run)? {
            let key = AcoKey { aco_id: step.aco_id.clone(), performance_half: step.performance_half };
            steps.entry(key).or_default().push(step);
        }
        let mut rows: BTreeMap<AcoKey, Vec<String>> = BTreeMap::new();
        for row in settlement.rows() {
            let columns = ["outcome", "reason", "recalculated_benchmark_used", "reduced_rate_used"];
            let cells = columns.iter().map(|column| settlement.cell(row, column).map(str::to_string)).collect::<Result<_>>()?;
            rows.insert(key(&settlement, row)?, cells);
        }
        let mut regimes: HashMap<AcoKey, (String, String)> = HashMap::new();
        for row in benchmark.rows() {
            let words = (benchmark.cell(row, "regime")?.to_string(), benchmark.cell(row, "selected_adjustment")?.to_string());
            regimes.insert(key(&benchmark, row)?, words);
        }
        let notes = Noted::read(run)?;
        let mut results = Vec::new();
        for aco in &factors.acos {
            if !acos.is_empty() && !acos.contains(&aco.key.aco_id) {
                continue;
            }
            let words = rows.get(&aco.key).cloned().unwrap_or_else(|| vec![String::new(); 4]);
            let (regime, selected_adjustment) = regimes.get(&aco.key).cloned().unwrap_or_default();
            let steps = steps.remove(&aco.key).unwrap_or_default();
            let by_label = steps.iter().enumerate().map(|(at, step)| (step.label(), at)).collect();
            results.push(AcoYearResult {
                aco: aco.clone(),
                regime,
                selected_adjustment,
                outcome: words[0].clone(),
                reason: words[1].clone(),
                recalculated: words[2] == "yes",
                reduced_rate: words[3] == "yes",
                suppression: if internal { Suppression::none() } else { Suppression::of(&aco.key, &factors.aco_years, least) },
                noted: notes.of(aco)?,
                steps,
                by_label,
            });
        }
        results.sort_by(|a, b| a.aco.key.cmp(&b.aco.key));
        let components = components(run, least)?;
        let all = results.len() == factors.acos.len();
        let hidden_counties = (internal || all).then(|| HiddenCounties::of(&factors.aco_counties, least));
        Ok(Self { factors, acos: results, components, internal, hidden_counties, fewest: least })
    }

    /// Performance year, as the ACOs have it.
    #[must_use]
    pub fn performance_year(&self) -> u16 {
        self.factors.acos.first().map_or(0, |aco| aco.performance_year)
    }
}

fn components(run: &Path, least: u32) -> Result<Vec<ComponentFigures>> {
    const FILE: &str = "factors/aco_component.csv";
    if !disk::exists(&run.join(FILE)) {
        return Ok(Vec::new());
    }
    let table = Records::read(run, FILE)?;
    let mut rows = Vec::new();
    let mut amounts: BTreeMap<AcoKey, Vec<Amount>> = BTreeMap::new();
    for row in table.rows() {
        let number = |column| table.cell(row, column).map(|cell| cell.parse().ok());
        let figures = [number("per_capita")?, number("regional_per_capita")?, number("national_per_capita")?];
        let key = key(&table, row)?;
        let users = table.cell(row, "users")?.parse().unwrap_or_default();
        let slight = figures[0].is_none_or(|figure: Decimal| figure.abs() < Decimal::ONE);
        amounts.entry(key.clone()).or_default().push(Amount { users, slight });
        rows.push(ComponentFigures { key, component: table.cell(row, "component")?.to_string(), figures, hidden: true });
    }
    let mut hidden: BTreeMap<AcoKey, _> =
        amounts.into_iter().map(|(key, amounts)| (key, hidden_amounts(&amounts, least).into_iter())).collect();
    for row in &mut rows {
        row.hidden = hidden.get_mut(&row.key).and_then(Iterator::next).unwrap_or(true);
    }
    Ok(rows)
}

fn key(table: &Records, row: &super::records::Record) -> Result<AcoKey> {
    Ok(AcoKey {
        aco_id: table.cell(row, "aco_id")?.to_string(),
        performance_half: table.cell(row, "performance_half")?.parse().ok(),
    })
}

impl AcoYearResult {
    /// How much of what the year came to is earned or owed: all, or of a half of 2019 its share (42 CFR 425.609).
    #[must_use]
    pub fn part_of_year(&self) -> Decimal {
        let of_half = |_| Decimal::from(self.aco.performance_months) / Decimal::from(12);
        self.aco.key.performance_half.map_or(Decimal::ONE, of_half)
    }

    /// A step by the name that formulas give it, such as `trend_by1[DIS]`.
    #[must_use]
    pub fn step(&self, label: &str) -> Option<&FiledStep> {
        self.by_label.get(label).map(|at| &self.steps[*at])
    }

    /// A value that the run notes beside the steps, such as `threshold_py[DIS]`.
    #[must_use]
    pub fn noted(&self, label: &str) -> Option<&FiledStep> {
        self.noted.iter().find(|step| step.label() == label)
    }

    /// A value, whether it may be shown or not; none where the derivation has no such step.
    #[must_use]
    pub fn value(&self, name: &str, kind: Option<EnrollmentType>) -> Option<Decimal> {
        self.step(&label(name, kind))?.value.parse().ok()
    }

    /// A value as a reader may see it.
    #[must_use]
    pub fn shown(&self, name: &str, kind: Option<EnrollmentType>) -> Shown {
        match self.value(name, kind) {
            None => Shown::Absent,
            Some(_) if !self.suppression.shows(kind) => Shown::Suppressed,
            Some(value) => Shown::Number(value),
        }
    }

    /// A value of a year: `per_capita` of benchmark year 1 is `per_capita_by1`.
    #[must_use]
    pub fn shown_in(&self, name: &str, year: FactorYear, kind: Option<EnrollmentType>) -> Shown {
        self.shown(&format!("{name}_{}", year.name().to_lowercase()), kind)
    }
}

/// The name by which formulas call a value.
#[must_use]
pub fn label(name: &str, kind: Option<EnrollmentType>) -> String {
    kind.map_or_else(|| name.to_string(), |kind| format!("{name}[{kind}]"))
}
