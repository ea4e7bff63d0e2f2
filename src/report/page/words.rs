//! What values are called on a page.

use crate::report::shown::Unit;

/// A value's words, its name in derivations, and its unit.
pub(super) type Row = (&'static str, &'static str, Unit);

/// What makes a benchmark, per person-year.
pub(super) const BENCHMARK: [Row; 20] = [
    ("Expenditure per person-year, BY1", "per_capita_by1", Unit::Dollars),
    ("Expenditure per person-year, BY2", "per_capita_by2", Unit::Dollars),
    ("Expenditure per person-year, BY3", "per_capita_by3", Unit::Dollars),
    ("HCC score, BY1", "hcc_score_by1", Unit::Ratio),
    ("HCC score, BY2", "hcc_score_by2", Unit::Ratio),
    ("HCC score, BY3", "hcc_score_by3", Unit::Ratio),
    ("HCC score, PY", "hcc_score_py", Unit::Ratio),
    ("Trend, BY1 to BY3", "trend_by1", Unit::Ratio),
    ("Trend, BY2 to BY3", "trend_by2", Unit::Ratio),
    ("Before adjustment", "historical_before_adjustment", Unit::Dollars),
    ("Regional expenditure, BY3, at the ACO's risk", "regional_risk_adjusted", Unit::Dollars),
    ("Regional adjustment", "regional_adjustment", Unit::Dollars),
    ("Prior savings adjustment", "prior_savings_adjustment", Unit::Dollars),
    ("Population adjustment", "population_adjustment", Unit::Dollars),
    ("Adjustment applied", "adjustment_applied", Unit::Dollars),
    ("Historical benchmark", "historical_benchmark", Unit::Dollars),
    ("Risk ratio, capped", "risk_ratio", Unit::Ratio),
    ("Update factor", "update_factor", Unit::Ratio),
    ("Updated benchmark", "updated_benchmark", Unit::Dollars),
    ("Expenditure per person-year, PY", "per_capita_py", Unit::Dollars),
];

/// What makes a settlement, from savings to payment.
pub(super) const SETTLEMENT: [Row; 23] = [
    ("Benchmark", "total_benchmark", Unit::Dollars),
    ("Expenditures", "total_expenditure", Unit::Dollars),
    ("Benchmark less expenditures", "benchmark_minus_expenditure", Unit::Dollars),
    ("Savings rate", "savings_rate", Unit::Percent),
    ("Minimum savings rate", "msr", Unit::Percent),
    ("Gate: minimum savings or losses", "minimum_savings", Unit::Dollars),
    ("Savings or losses beyond the gate", "generated_savings_losses", Unit::Dollars),
    ("Final sharing rate", "final_sharing_rate", Unit::Percent),
    ("Shared savings", "shared_before_sequestration", Unit::Dollars),
    ("Sequestration", "sequestration", Unit::Dollars),
    ("Payment limit", "payment_limit", Unit::Dollars),
    ("Earned savings", "earned_savings", Unit::Dollars),
    ("Final loss rate", "final_loss_rate", Unit::Percent),
    ("Shared losses", "shared_losses_before_limit", Unit::Dollars),
    ("Loss limit", "loss_limit", Unit::Dollars),
    ("Share of losses after termination", "termination_share", Unit::Percent),
    ("Relief for circumstances", "euc_reduction", Unit::Dollars),
    ("Owed losses", "owed_losses", Unit::Dollars),
    ("Share of the year", "half_year_share", Unit::Percent),
    ("Earned savings or owed losses", "earned_savings_losses", Unit::Dollars),
    ("Advance investment recouped", "aip_recoupment", Unit::Dollars),
    ("Prepaid savings recouped", "prepaid_recoupment", Unit::Dollars),
    ("Payment", "payment", Unit::Dollars),
];

/// Values of a settlement beside those.
const OTHERS: [(&str, &str); 3] = [
    ("Minimum loss rate", "mlr"),
    ("Losses measured on the recalculated benchmark", "recalculated_benchmark_used"),
    ("Reduced sharing rate used", "reduced_rate_used"),
];

/// The words of a value; its name with blanks where it has none.
pub(super) fn words(name: &str) -> String {
    let rows = SETTLEMENT.iter().chain(&BENCHMARK).map(|(words, known, _)| (*words, *known)).chain(OTHERS);
    if let Some((words, _)) = rows.into_iter().find(|(_, known)| *known == name) {
        return words.to_string();
    }
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// What a year came to, in a word.
pub(super) fn outcome(outcome: &str) -> &str {
    if outcome == "none" { "neither" } else { outcome }
}
