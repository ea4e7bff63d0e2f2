//! A published figure beside the recomputed one.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::columns::{Column, Key};
use super::interval::Interval;
use super::reason::{Doubt, Reason};
use super::sheet::{Absent, Row};

/// The figures that are recomputed, named as CMS names their columns.
macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal of $column:ident,)+) => {
        /// A figure that is recomputed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $variant,)+ }

        impl Field {
            /// Every figure, in the order of the results.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// CMS's name of the column.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub(super) const fn column(self) -> Column {
                match self { $(Self::$variant => Column::$column),+ }
            }
        }
    };
}

fields! {
    /// Assigned beneficiaries, from their ages.
    AssignedBeneficiaries = "N_AB" of AssignedBeneficiaries,
    /// Person-years, from those of the types.
    PersonYears = "N_AB_Year_PY" of PersonYears,
    /// Expenditure per person-year, from that of the types.
    PerCapita = "Per_Capita_Exp_TOTAL_PY" of PerCapita,
    /// Total expenditure, per person-year times person-years.
    TotalExpenditure = "ABtotExp" of TotalExpenditure,
    /// Total benchmark, per person-year times person-years.
    TotalBenchmark = "ABtotBnchmk" of TotalBenchmark,
    /// Historical benchmark, from benchmark years and the cohort's trends.
    HistoricalBenchmark = "HistBnchmk" of HistoricalBenchmark,
    /// Benchmark less expenditure.
    BenchmarkMinusExpenditure = "BnchmkMinExp" of BenchmarkMinusExpenditure,
    /// That as a share of the benchmark.
    SavingsRate = "Sav_rate" of SavingsRate,
    /// Minimum savings rate.
    MinimumSavingsRate = "MinSavPerc" of MinimumSavingsRate,
    /// Savings or losses once the minimum is met.
    Generated = "GenSaveLoss" of Generated,
    /// Maximum sharing rate of the arrangement.
    MaximumSharingRate = "MaxShareRate" of MaximumSharingRate,
    /// Final sharing rate.
    FinalSharingRate = "FinalShareRate" of FinalSharingRate,
    /// Final loss rate.
    FinalLossRate = "FinalLossRate" of FinalLossRate,
    /// Shared savings paid or losses owed.
    Earned = "EarnSaveLoss" of Earned,
    /// Advance investment payments recouped.
    AipRecouped = "AIPRecoup" of AipRecouped,
    /// Advance investment payments still owed.
    AipOwed = "AIPOwe" of AipOwed,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a figure came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The recomputed figure would be printed as the published one is.
    Match,
    /// It would not.
    Differs,
    /// The file does not determine it.
    NotDerivable,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Match, Self::Differs, Self::NotDerivable];

    /// The word in the results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Differs => "differs",
            Self::NotDerivable => "not_derivable",
        }
    }
}

/// One row of the results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// ACO.
    pub aco: String,
    /// Figure.
    pub field: Field,
    /// The cell as printed.
    pub published: String,
    /// The figure in the cell's unit, to the digits that the column prints; of a doubtful figure the bound, in words.
    pub recomputed: String,
    /// Published less recomputed.
    pub difference: String,
    /// How it came out.
    pub verdict: Verdict,
    /// Why it is not derivable or differs.
    pub reason: String,
}

/// A recomputed figure: the value that the cells as printed give, and all that they leave open.
#[derive(Debug, Clone)]
pub struct Recomputed {
    /// From the cells as printed.
    pub value: Decimal,
    /// Everything that it may be. More than one interval where a gate stands between.
    pub open: Vec<Interval>,
}

impl Recomputed {
    /// A figure with one interval.
    pub fn new(value: Decimal, interval: Interval) -> Self {
        Self { value, open: vec![interval] }
    }
}

/// Compares; nothing where the file does not publish the figure at all.
pub fn judge(row: Row<'_>, field: Field, recomputed: Result<Recomputed, Doubt>) -> Option<Finding> {
    let published = match row.number(field.column()) {
        Ok(published) => published,
        Err(Absent::Column(_)) => return None,
        Err(absent) => return Some(not_derivable(row, field, &Reason::of(absent, row.sheet()), "")),
    };
    Some(match recomputed {
        Ok(recomputed) => {
            let matches = recomputed.open.iter().any(|open| open.meets(published.interval));
            let verdict = if matches { Verdict::Match } else { Verdict::Differs };
            let reason = if matches { String::new() } else { apart(row, field, &recomputed.open) };
            found(row, field, Some((published.value, recomputed.value)), verdict, reason)
        }
        Err(Doubt { reason, bound: None }) => not_derivable(row, field, &reason, ""),
        Err(Doubt { reason, bound: Some((bound, words)) }) if bound.meets(published.interval) => {
            not_derivable(row, field, &reason, &words)
        }
        Err(Doubt { reason, bound: Some((bound, words)) }) => {
            let nearest = published.value.max(bound.low).min(bound.high);
            let reason = format!("out of bounds: {words} ({reason})");
            found(row, field, Some((published.value, nearest)), Verdict::Differs, reason)
        }
    })
}

/// A figure that does not apply, where the cell says so too.
pub fn judge_absent(row: Row<'_>, field: Field) -> Option<Finding> {
    match row.number(field.column()) {
        Err(Absent::Column(_)) => None,
        Err(Absent::Blank(_)) => Some(found(row, field, None, Verdict::Match, String::new())),
        Ok(number) if number.value.is_zero() => Some(found(row, field, None, Verdict::Match, String::new())),
        Err(absent) => Some(not_derivable(row, field, &Reason::of(absent, row.sheet()), "")),
        Ok(_) => Some(found(row, field, None, Verdict::Differs, "nothing applies to this ACO".to_string())),
    }
}

fn not_derivable(row: Row<'_>, field: Field, reason: &Reason, bound: &str) -> Finding {
    let mut finding = found(row, field, None, Verdict::NotDerivable, reason.to_string());
    finding.recomputed = bound.to_string();
    finding
}

fn found(row: Row<'_>, field: Field, values: Option<(Decimal, Decimal)>, verdict: Verdict, reason: String) -> Finding {
    let shown = |value: Decimal| in_unit(row, field, value).normalize().to_string();
    let (recomputed, difference) = values.map_or_else(Default::default, |(published, recomputed)| {
        let difference = in_unit(row, field, published) - in_unit(row, field, recomputed);
        (shown(recomputed), difference.normalize().to_string())
    });
    Finding { aco: row.aco(), field, published: row.text(field.column()).to_string(), recomputed, difference, verdict, reason }
}

/// A value in the unit of a column, to the digits that it prints.
fn in_unit(row: Row<'_>, field: Field, value: Decimal) -> Decimal {
    let form = row.sheet().form(Key::from(field.column()));
    let value = if form.is_some_and(|form| form.percent) { percent(value) } else { value };
    value.round_dp_with_strategy(form.map_or(0, |form| form.decimals), RoundingStrategy::MidpointNearestEven)
}

/// A fraction as a percentage, as far as numbers go.
fn percent(value: Decimal) -> Decimal {
    value.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(value)
}

fn apart(row: Row<'_>, field: Field, open: &[Interval]) -> String {
    let percentage = row.sheet().form(field.column()).is_some_and(|form| form.percent);
    let shown = |value: Decimal| {
        let value = if percentage { percent(value) } else { value };
        value.round_dp(10).normalize().to_string()
    };
    let ranges: Vec<String> = open.iter().map(|open| format!("{} to {}", shown(open.low), shown(open.high))).collect();
    format!("the other cells allow {}", ranges.join(", or "))
}
