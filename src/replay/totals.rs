//! Sums, products and ratios: people by age, person-years by type, per-capita figures and totals.

use rust_decimal::Decimal;

use super::columns::{Column, Key};
use super::interval::Interval;
use super::reason::{Doubt, Reason};
use super::sheet::{Number, Row};
use super::verdict::Recomputed;
use crate::factors::FactorYear;
use crate::rules::{EnrollmentType, Rules};

type Answer = Result<Recomputed, Doubt>;

/// A number, or the reason why there is none.
pub fn cell(row: Row<'_>, key: impl Into<Key>) -> Result<Number, Doubt> {
    row.number(key).map_err(|absent| Reason::of(absent, row.sheet()).into())
}

/// Assigned beneficiaries as the sum of four ages.
pub fn beneficiaries(row: Row<'_>, rules: &Rules, year: u16) -> Answer {
    let counted = sum(row, &[Column::Age0, Column::Age65, Column::Age75, Column::Age85].map(Key::from))?;
    if rules.results_files.ages_add_up.find(&year).is_some_and(|row| row.value) {
        return Ok(counted);
    }
    Err(at_least(Reason::AgesOfOneYear, counted.open[0].low, "the sum over the ages"))
}

/// Person-years as the sum of four types.
pub fn person_years(row: Row<'_>) -> Answer {
    sum(row, &EnrollmentType::ALL.map(|kind| Column::PersonYearsOfType.of(kind, FactorYear::Py)))
}

/// The sum of cells; where some are suppressed, at least the sum of the others.
fn sum(row: Row<'_>, keys: &[Key]) -> Answer {
    let (mut value, mut open, mut first_doubt) = (Decimal::ZERO, Interval::exactly(Decimal::ZERO), None);
    for key in keys {
        match cell(row, *key) {
            Ok(number) => {
                value += number.value;
                open = open.plus(number.interval);
            }
            Err(doubt) => first_doubt = first_doubt.or(Some(doubt)),
        }
    }
    match first_doubt {
        None => Ok(Recomputed::new(value, open)),
        Some(doubt) => Err(at_least(doubt.reason, open.low, "the sum of the other cells")),
    }
}

fn at_least(reason: Reason, low: Decimal, what: &str) -> Doubt {
    Doubt::within(reason, Interval { low, high: Decimal::MAX }, format!("at least {}, {what}", low.round_dp(2).normalize()))
}

/// Expenditure per person-year as the mean of four types, weighted by person-years.
pub fn per_capita(row: Row<'_>) -> Answer {
    let (mut parts, mut doubt) = (Vec::new(), None);
    for kind in EnrollmentType::ALL {
        let years = cell(row, Column::PersonYearsOfType.of(kind, FactorYear::Py));
        let nobody = years.as_ref().is_ok_and(|years| years.value.is_zero());
        match (years, cell(row, Column::PerCapitaOfType.of(kind, FactorYear::Py))) {
            (Ok(years), Ok(dollars)) => parts.push((years, dollars)),
            (Ok(_), Err(_)) if nobody => {}
            (Ok(_), Err(other)) | (Err(other), _) => doubt = doubt.or(Some(other)),
        }
    }
    if let Some(doubt) = doubt {
        // Whatever the type cost, it was not less than nothing: the others' dollars over everybody's years is a bound.
        let known = parts.iter().fold(Decimal::ZERO, |sum, (years, dollars)| {
            sum + years.interval.low.max(Decimal::ZERO) * dollars.interval.low.max(Decimal::ZERO)
        });
        let least = cell(row, Column::PersonYears).ok().and_then(|all| known.checked_div(all.interval.high));
        return Err(match least {
            Some(least) => at_least(doubt.reason, least, "the other types' dollars over all person-years"),
            None => doubt,
        });
    }
    let total: Decimal = parts.iter().map(|(years, _)| years.value).sum();
    let dollars: Decimal = parts.iter().map(|(years, dollars)| years.value * dollars.value).sum();
    let (Some(value), Some(open)) = (dollars.checked_div(total), weighted_mean(&parts)) else {
        return Err(Reason::Blank(row.sheet().name(Column::PersonYears)).into());
    };
    Ok(Recomputed::new(value, open))
}

/// Every weighted mean that printed weights and values allow: a mean is extreme where each weight and value is.
fn weighted_mean(parts: &[(Number, Number)]) -> Option<Interval> {
    let mut open: Option<Interval> = None;
    for corner in 0..1_u32 << parts.len() {
        let weight = |place: usize, years: &Number| {
            let end = if corner >> place & 1 == 0 { years.interval.low } else { years.interval.high };
            end.max(Decimal::ZERO)
        };
        let total: Decimal = parts.iter().enumerate().map(|(place, (years, _))| weight(place, years)).sum();
        for end in [|value: &Number| value.interval.low, |value: &Number| value.interval.high] {
            let dollars: Decimal = parts.iter().enumerate().map(|(place, (years, each))| weight(place, years) * end(each)).sum();
            let Some(mean) = dollars.checked_div(total) else { continue };
            let mean = Interval::exactly(mean);
            open = Some(open.map_or(mean, |open| open.join(mean)));
        }
    }
    open
}

/// A total as per-capita dollars times person-years, for a whole year or for a part that the file may print.
pub fn total(row: Row<'_>, per_capita: Column, printed: Column, rules: &Rules, year: u16) -> Answer {
    let (dollars, years) = (cell(row, per_capita)?, cell(row, Column::PersonYears)?);
    let whole = Recomputed::new(dollars.value * years.value, dollars.interval.times(years.interval.at_least(Decimal::ZERO)));
    let Some(part) = rules.results_files.printed_share_of_year.find(&year) else { return Ok(whole) };
    let share = Interval::exactly(part.value.0);
    let part = Recomputed::new(whole.value * part.value.0, whole.open[0].times(share));
    let published = cell(row, printed)?;
    let is_part = part.open[0].meets(published.interval);
    Ok(if is_part { part } else { whole })
}

/// Share of the year that a row's totals are printed for.
pub fn printed_share(row: Row<'_>, rules: &Rules, year: u16) -> Decimal {
    let Some(part) = rules.results_files.printed_share_of_year.find(&year) else { return Decimal::ONE };
    let (Ok(total), Ok(dollars), Ok(years)) =
        (cell(row, Column::TotalBenchmark), cell(row, Column::UpdatedBenchmark), cell(row, Column::PersonYears))
    else {
        return Decimal::ONE;
    };
    let of_part = dollars.interval.times(years.interval).times(Interval::exactly(part.value.0));
    if of_part.meets(total.interval) { part.value.0 } else { Decimal::ONE }
}

/// Benchmark less expenditure.
pub fn difference(row: Row<'_>) -> Answer {
    let (benchmark, expenditure) = (cell(row, Column::TotalBenchmark)?, cell(row, Column::TotalExpenditure)?);
    Ok(Recomputed::new(benchmark.value - expenditure.value, benchmark.interval.minus(expenditure.interval)))
}

/// Benchmark less expenditure as a share of the benchmark.
pub fn savings_rate(row: Row<'_>) -> Answer {
    let (benchmark, expenditure) = (cell(row, Column::TotalBenchmark)?, cell(row, Column::TotalExpenditure)?);
    let one = Interval::exactly(Decimal::ONE);
    match (expenditure.value.checked_div(benchmark.value), expenditure.interval.over(benchmark.interval)) {
        (Some(share), Some(open)) => Ok(Recomputed::new(Decimal::ONE - share, one.minus(open))),
        _ => Err(Reason::Blank(row.sheet().name(Column::TotalBenchmark)).into()),
    }
}
