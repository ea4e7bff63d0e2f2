//! What a run notes beside its derivations, as values that reports call by name: heads assigned in the benchmark years, and
//! what expenditures and scores were made with. Nothing in a derivation is made of them.

use std::collections::BTreeMap;
use std::path::Path;

use super::records::Records;
use super::steps::FiledStep;
use crate::disk;
use crate::error::Result;
use crate::factors::{Aco, FactorYear};

/// The tables; none where the run did not begin from claims.
#[derive(Debug)]
pub(super) struct Noted(Option<[Records; 2]>);

/// Columns of `year_basis.csv` that hold for all enrollment types, and those that each has its own of.
const COLUMNS: [(&str, bool); 4] =
    [("completion_factor", false), ("threshold", true), ("mean_hcc_score", true), ("mean_demographic_score", true)];

impl Noted {
    pub(super) fn read(run: &Path) -> Result<Self> {
        let (years, acos) = ("factors/year_basis.csv", "factors/aco_basis.csv");
        let there = disk::exists(&run.join(years)) && disk::exists(&run.join(acos));
        Ok(Self(
            there.then(|| Ok::<_, crate::error::Error>([Records::read(run, years)?, Records::read(run, acos)?])).transpose()?,
        ))
    }

    /// An ACO's values: `assigned_beneficiaries_by1`, `threshold_py[DIS]`, ...
    pub(super) fn of(&self, aco: &Aco) -> Result<Vec<FiledStep>> {
        let Some([years, acos]) = &self.0 else { return Ok(Vec::new()) };
        let half = aco.key.performance_half.map(|half| half.to_string()).unwrap_or_default();
        let mut steps = Vec::new();
        for row in acos.rows() {
            let cell = |column| acos.cell(row, column);
            let Some(year) = FactorYear::ALL.iter().find(|year| cell("year").is_ok_and(|name| name == year.name())) else {
                continue;
            };
            if cell("aco_id")? != aco.key.aco_id || cell("performance_half")? != half {
                continue;
            }
            let named = |name: &str| format!("{name}_{}", year.name().to_lowercase());
            steps.push(noted(aco, named("assigned_beneficiaries"), None, cell("assigned_beneficiaries")?, "aco_basis"));
            let calendar_year = aco.calendar_year(*year).to_string();
            for row in years.rows() {
                if years.cell(row, "calendar_year")? != calendar_year || years.cell(row, "scores")? != cell("scores")? {
                    continue;
                }
                let kind = years.cell(row, "enrollment_type")?;
                for (column, of_type) in COLUMNS {
                    let step = noted(aco, named(column), of_type.then_some(kind), years.cell(row, column)?, "year_basis");
                    if !step.value.is_empty() && !steps.iter().any(|known| known.label() == step.label()) {
                        steps.push(step);
                    }
                }
            }
        }
        Ok(steps)
    }
}

fn noted(aco: &Aco, name: String, kind: Option<&str>, value: &str, table: &str) -> FiledStep {
    FiledStep {
        aco_id: aco.key.aco_id.clone(),
        performance_half: aco.key.performance_half,
        name,
        enrollment_type: kind.map(str::to_string),
        value: value.to_string(),
        origin: "noted".to_string(),
        formula: String::new(),
        inputs: BTreeMap::new(),
        citation: table.to_string(),
    }
}
