//! Each ACO's benchmark and settlement as a table for a terminal.

use std::collections::HashMap;
use std::path::Path;

use super::records::Records;
use super::table::{aligned, dollars};
use crate::error::Result;

const HEADINGS: [&str; 7] = [
    "ACO",
    "historical benchmark",
    "updated benchmark",
    "benchmark, total",
    "expenditures, total",
    "savings or losses",
    "payment",
];

/// The table: per ACO the historical and updated benchmark per person-year, benchmark and expenditures in total, savings or
/// losses between them, and what is paid (to the ACO, or owed by it when negative). Dollars, rounded half-even to the cent.
/// Below it stands why an ACO has no result.
///
/// # Errors
/// When the folder is not that of a finished run.
pub fn settlements(run: &Path) -> Result<String> {
    let benchmark = Records::read(run, "benchmark.csv")?;
    let settlement = Records::read(run, "settlement.csv")?;
    let key = |table: &Records, row| -> Result<(String, String)> {
        Ok((table.cell(row, "aco_id")?.to_string(), table.cell(row, "performance_half")?.to_string()))
    };
    let mut of_all = HashMap::new();
    for row in benchmark.rows() {
        if benchmark.cell(row, "enrollment_type")? == "ALL" {
            of_all.insert(key(&benchmark, row)?, row);
        }
    }
    let mut rows = vec![HEADINGS.map(str::to_string).to_vec()];
    let mut reasons = String::new();
    for row in settlement.rows() {
        let (aco, half) = key(&settlement, row)?;
        let of_aco = of_all.get(&(aco.clone(), half.clone()));
        let name = if half.is_empty() { aco } else { format!("{aco} half {half}") };
        let per_year = |column| of_aco.map_or(Ok(""), |row| benchmark.cell(row, column)).map(dollars);
        let outcome = settlement.cell(row, "outcome")?;
        let gap = dollars(settlement.cell(row, "benchmark_minus_expenditure")?);
        let reason = settlement.cell(row, "reason")?;
        if !reason.is_empty() {
            let gap = if reasons.is_empty() { "\n" } else { "" };
            reasons += &[gap, &name, ": ", reason, "\n"].concat();
        }
        rows.push(vec![
            name,
            per_year("historical_benchmark")?,
            per_year("updated_benchmark")?,
            dollars(settlement.cell(row, "total_benchmark")?),
            dollars(settlement.cell(row, "total_expenditure")?),
            format!("{gap} {outcome:<12}"),
            dollars(settlement.cell(row, "payment")?),
        ]);
    }
    Ok(aligned(&rows, 1) + &reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_aco_of_the_settlement_has_a_row() {
        let run = tempfile::tempdir().unwrap();
        let benchmark = "aco_id,performance_half,enrollment_type,historical_benchmark,updated_benchmark\n\
                         A0001,,ESRD,80000,81000\nA0001,,ALL,11000.5,11500.25\nA0003,1,ALL,1,1\nA0003,2,ALL,2,2\n";
        let settlement = "aco_id,performance_half,total_benchmark,total_expenditure,benchmark_minus_expenditure,outcome,payment,reason\n\
             A0001,,115002500,110000000,5002500,savings,2000000,\nA0002,,,,,undetermined,,nobody is assigned\n\
             A0003,2,1,1,0,none,0,\n";
        std::fs::write(run.path().join("benchmark.csv"), benchmark).unwrap();
        std::fs::write(run.path().join("settlement.csv"), settlement).unwrap();
        let table = settlements(run.path()).unwrap();
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 6, "{table}");
        assert!(lines[1].starts_with("A0001") && lines[1].ends_with("5,002,500.00 savings       2,000,000.00"), "{table}");
        assert!(lines[2].starts_with("A0002") && lines[2].contains("undetermined"), "{table}");
        assert!(lines[3].starts_with("A0003 half 2") && lines[3].contains("  2.00  "), "{table}");
        assert_eq!(lines[5], "A0002: nobody is assigned");
    }

    #[test]
    fn a_folder_that_is_no_run_is_refused_by_name() {
        let run = tempfile::tempdir().unwrap();
        let refusal = settlements(run.path()).unwrap_err();
        assert!(refusal.exit_code() == 3 && refusal.to_string().contains("benchmark.csv is missing"));
    }
}
