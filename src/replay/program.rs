//! The program's year in one line: sums over the ACOs of a file.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Serialize;

use super::columns::Column;
use super::sheet::Sheet;

/// Sums over a results file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Program {
    /// ACOs.
    pub acos: usize,
    /// Assigned beneficiaries.
    pub beneficiaries: Decimal,
    /// Total benchmark, dollars.
    pub benchmark: Decimal,
    /// Total expenditure, dollars.
    pub expenditure: Decimal,
    /// Benchmark less expenditure over all ACOs: gross savings.
    pub gross_savings: Decimal,
    /// Savings and losses that met their minimum.
    pub generated: Decimal,
    /// Shared savings paid.
    pub earned: Decimal,
    /// Shared losses owed, a negative number.
    pub owed: Decimal,
    /// Gross savings less what was paid, and plus what is owed: the sum of BnchmkMinExp less the sum of EarnSaveLoss.
    pub net_to_medicare: Decimal,
}

impl Program {
    /// Adds a file up. Cells without a number count as 0.
    #[must_use]
    pub fn of(sheet: &Sheet) -> Self {
        let sum = |column: Column| sheet.rows().filter_map(|row| row.number(column).ok()).map(|number| number.value).sum();
        let (mut earned, mut owed) = (Decimal::ZERO, Decimal::ZERO);
        for number in sheet.rows().filter_map(|row| row.number(Column::Earned).ok()) {
            if number.value > Decimal::ZERO {
                earned += number.value;
            } else {
                owed += number.value;
            }
        }
        let gross_savings: Decimal = sum(Column::BenchmarkMinusExpenditure);
        Self {
            acos: sheet.rows().map(|row| row.aco()).collect::<BTreeSet<_>>().len(),
            beneficiaries: sum(Column::AssignedBeneficiaries),
            benchmark: sum(Column::TotalBenchmark),
            expenditure: sum(Column::TotalExpenditure),
            gross_savings,
            generated: sum(Column::Generated),
            earned,
            owed,
            net_to_medicare: gross_savings - earned - owed,
        }
    }
}
