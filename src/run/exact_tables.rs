//! The output tables of the exact half: one column per named value, at full precision.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use ahash::AHashMap;
use rayon::prelude::*;
use rust_decimal::Decimal;
use serde::Serialize;

use super::exact::Account;
use crate::derivation::Step;
use crate::disk;
use crate::error::{Error, Result};
use crate::factors::AcoKey;
use crate::rules::EnrollmentType;

/// Values of `benchmark.csv`, in the order of its columns.
const BENCHMARK: &[&str] = &[
    "person_years_by1",
    "person_years_by2",
    "person_years_by3",
    "per_capita_by1",
    "per_capita_by2",
    "per_capita_by3",
    "hcc_score_by1",
    "hcc_score_by2",
    "hcc_score_by3",
    "hcc_score_py",
    "national_weight_by3",
    "national_weight_py",
    "national_trend_by1",
    "national_trend_by2",
    "regional_trend_by1",
    "regional_trend_by2",
    "trend_by1",
    "trend_by2",
    "risk_ratio_by1",
    "risk_ratio_by2",
    "trended_by1",
    "trended_by2",
    "trended_by3",
    "historical_before_adjustment",
    "regional_expenditure_by3",
    "regional_risk_adjusted",
    "regional_difference",
    "regional_weight",
    "regional_adjustment",
    "regional_cap",
    "regional_floor",
    "regional_adjustment_capped",
    "dollar_weighted_score_by3",
    "offset_factor",
    "regional_adjustment_offset",
    "prior_savings_average",
    "prior_sharing_rate_average",
    "prior_savings_proration",
    "prior_savings_prorated",
    "prior_savings_cap",
    "prior_savings_adjustment",
    "national_per_capita_by3",
    "population_scaler",
    "population_adjustment",
    "adjustment_applied",
    "historical_benchmark",
    "newly_assigned_ratio",
    "continuously_assigned_ratio",
    "risk_ratio_uncapped",
    "demographic_ratio",
    "aggregate_hcc_growth",
    "aggregate_demographic_growth",
    "aggregate_risk_cap",
    "risk_ratio",
    "regional_hcc_growth",
    "regional_demographic_growth",
    "aggregate_regional_hcc_growth",
    "aggregate_regional_demographic_growth",
    "aggregate_market_share",
    "regional_risk_cap",
    "regional_cap_factor",
    "national_update_factor",
    "regional_update_factor",
    "two_way_factor",
    "acpt_flat_dollar",
    "acpt_risk_adjusted_dollar",
    "acpt_factor",
    "flat_dollar_update",
    "update_factor",
    "updated_benchmark",
    "two_way_benchmark",
    "person_years_py",
    "per_capita_py",
];

/// Values of `settlement.csv`, in the order of its columns; the words stand among them.
const SETTLEMENT: &[&str] = &[
    "total_benchmark",
    "total_expenditure",
    "benchmark_minus_expenditure",
    "savings_rate",
    "msr",
    "mlr",
    "minimum_savings",
    "outcome",
    "final_sharing_rate",
    "final_loss_rate",
    "generated_savings_losses",
    "recalculated_benchmark_used",
    "reduced_rate_used",
    "shared_before_sequestration",
    "sequestration",
    "payment_limit",
    "earned_savings",
    "shared_losses_before_limit",
    "loss_limit",
    "termination_share",
    "euc_reduction",
    "owed_losses",
    "half_year_share",
    "earned_savings_losses",
    "aip_recoupment",
    "prepaid_recoupment",
    "payment",
    "reason",
];

/// A number as it stands in a table: exact, without trailing zeros, and 0 without a sign.
pub(super) fn plain(value: Decimal) -> String {
    if value.is_zero() { "0".to_string() } else { value.normalize().to_string() }
}

fn half(key: &AcoKey) -> String {
    key.performance_half.map(|half| half.to_string()).unwrap_or_default()
}

fn position(columns: &[&'static str]) -> AHashMap<&'static str, usize> {
    columns.iter().enumerate().map(|(at, name)| (*name, at)).collect()
}

struct Sheet {
    name: &'static str,
    writer: csv::Writer<Vec<u8>>,
}

impl Sheet {
    fn begin(name: &'static str, keys: &[&str], columns: &[&str]) -> Result<Self> {
        let mut sheet = Self { name, writer: csv::Writer::from_writer(Vec::new()) };
        sheet.row(keys.iter().chain(columns).map(ToString::to_string))?;
        Ok(sheet)
    }

    fn row(&mut self, cells: impl Iterator<Item = String>) -> Result<()> {
        self.writer.write_record(cells.map(String::into_bytes)).map_err(|fault| broken(self.name, &fault))
    }

    fn publish(self, folder: &Path) -> Result<()> {
        let text = self.writer.into_inner().map_err(|fault| broken(self.name, &fault.into_error().into()))?;
        disk::write_all(&folder.join(self.name), &text)
    }
}

fn broken(name: &str, fault: &csv::Error) -> Error {
    Error::failed(format!("cannot write {name}: {fault}"), "report this as a defect")
}

/// `benchmark.csv`: per ACO a row of each enrollment type and one of all.
pub(super) fn benchmark(accounts: &[Account<'_, '_>], folder: &Path) -> Result<()> {
    let keys = ["aco_id", "performance_year", "performance_half", "enrollment_type", "regime", "selected_adjustment"];
    let columns: Vec<&'static str> = BENCHMARK.iter().copied().chain(["reason"]).collect();
    let at = position(BENCHMARK);
    let mut sheet = Sheet::begin("benchmark.csv", &keys, &columns)?;
    for account in accounts {
        // Rows 0 to 3 are the types, row 4 is all of them.
        let mut rows = vec![vec![String::new(); columns.len()]; EnrollmentType::ALL.len() + 1];
        for (label, value) in account.tree.named() {
            if let Some(column) = at.get(label.name) {
                rows[label.kind.map_or(EnrollmentType::ALL.len(), EnrollmentType::index)][*column] = plain(value);
            }
        }
        for (row, mut cells) in rows.into_iter().enumerate() {
            let kind = EnrollmentType::ALL.get(row);
            if kind.is_none() {
                cells[columns.len() - 1].clone_from(&account.reason);
            }
            let own = [
                account.aco.key.aco_id.clone(),
                account.aco.performance_year.to_string(),
                half(&account.aco.key),
                kind.map_or("ALL", |kind| kind.name()).to_string(),
                account.regime.to_string(),
                account.selected.map(|selected| selected.to_string()).unwrap_or_default(),
            ];
            sheet.row(own.into_iter().chain(cells))?;
        }
    }
    sheet.publish(folder)
}

/// The columns of `settlement.csv` after its keys.
pub(super) const fn settlement_columns() -> &'static [&'static str] {
    SETTLEMENT
}

/// An ACO's cells of `settlement.csv`, in the order of its columns; empty where there is no such value.
pub(super) fn settlement_cells(account: &Account<'_, '_>) -> Vec<String> {
    let at = position(SETTLEMENT);
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_string();
    let mut cells = vec![String::new(); SETTLEMENT.len()];
    for (label, value) in account.tree.named() {
        if let Some(column) = at.get(label.name) {
            cells[*column] = plain(value);
        }
    }
    for (name, word) in [
        ("outcome", account.settlement.outcome.to_string()),
        ("recalculated_benchmark_used", yes(account.settlement.recalculated_benchmark_used)),
        ("reduced_rate_used", yes(account.settlement.reduced_rate)),
        ("reason", account.reason.clone()),
    ] {
        cells[at[name]] = word;
    }
    cells
}

/// `settlement.csv`: one row per ACO.
pub(super) fn settlement(accounts: &[Account<'_, '_>], folder: &Path) -> Result<()> {
    let keys = ["aco_id", "performance_year", "performance_half", "track", "level", "assigned_beneficiaries"];
    let mut sheet = Sheet::begin("settlement.csv", &keys, SETTLEMENT)?;
    for account in accounts {
        let cells = settlement_cells(account);
        let own = [
            account.aco.key.aco_id.clone(),
            account.aco.performance_year.to_string(),
            half(&account.aco.key),
            account.aco.track.name().to_string(),
            account.aco.track.level().to_string(),
            account.aco.assigned_beneficiaries.to_string(),
        ];
        sheet.row(own.into_iter().chain(cells))?;
    }
    sheet.publish(folder)
}

/// A line of `derivation.jsonl`.
#[derive(Serialize)]
struct Line<'s> {
    aco_id: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    performance_half: Option<u8>,
    name: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrollment_type: Option<&'static str>,
    value: String,
    origin: crate::derivation::Origin,
    formula: &'s str,
    inputs: BTreeMap<String, String>,
    citation: &'s str,
}

/// Accounts that are put into words at the same time: some megabytes.
const TOGETHER: usize = 64;

/// `derivation.jsonl`: one step per line, operands before what is made of them.
pub(super) fn derivation(accounts: &[Account<'_, '_>], folder: &Path) -> Result<()> {
    let path = folder.join("derivation.jsonl");
    let mut out = disk::create(&path)?;
    for some in accounts.chunks(TOGETHER) {
        let texts = some.par_iter().map(|account| {
            let mut text = Vec::new();
            for step in account.tree.steps() {
                serde_json::to_writer(&mut text, &line(&account.aco.key, &step))?;
                text.push(b'\n');
            }
            Ok(text)
        });
        let texts = texts.collect::<serde_json::Result<Vec<Vec<u8>>>>();
        let wrote = texts.map_err(std::io::Error::from).and_then(|texts| texts.iter().try_for_each(|text| out.write_all(text)));
        wrote.map_err(|fault| Error::io("write", &path, fault))?;
    }
    disk::close(out, &path)
}

fn line<'s>(key: &'s AcoKey, step: &'s Step<'_>) -> Line<'s> {
    Line {
        aco_id: &key.aco_id,
        performance_half: key.performance_half,
        name: step.label.name,
        enrollment_type: step.label.kind.map(EnrollmentType::name),
        value: step.value.to_string(),
        origin: step.origin,
        formula: &step.formula,
        inputs: step.inputs.iter().map(|(label, value)| (label.to_string(), value.to_string())).collect(),
        citation: step.citation,
    }
}
