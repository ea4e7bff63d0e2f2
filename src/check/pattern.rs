//! What the months of a ledger say of each other: missing months, denials, completion, outliers.

use super::finding::{Finding, Measure};
use super::limits::Limits;
use super::monthly::{LAGS, Monthly};
use super::span::{Span, days_since_epoch};
use crate::error::Result;
use crate::money::Decimal;
use crate::rules::{Fraction, Rules};

/// At most so many months or claim types are named in a finding.
const NAMED: usize = 12;

/// Everything that the ledger of one table shows.
///
/// # Errors
/// When a check is not in the limits, or no run-out rule holds.
pub fn findings(table: &'static str, ledger: &Monthly, span: &Span, limits: &Limits, rules: &Rules) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    found.extend(missing_months(table, ledger, span, limits)?);
    found.extend(denied_share(table, ledger, span, limits)?);
    found.extend(completion(table, ledger, span, limits)?);
    found.extend(run_out(table, ledger, span, limits, rules)?);
    found.extend(sizes(table, ledger, limits)?);
    found.extend(outside(table, ledger, limits)?);
    Ok(found)
}

/// Names up to [`NAMED`] things, and how many more there are.
pub(super) fn named(names: &[String]) -> String {
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text += &format!(" and {} more", names.len() - NAMED);
    }
    text
}

fn share(part: u64, whole: u64) -> Decimal {
    if whole == 0 { Decimal::ZERO } else { Decimal::from(part) / Decimal::from(whole) }
}

fn below(part: u64, whole: u64, limit: Fraction) -> bool {
    Decimal::from(part) < limit.0 * Decimal::from(whole)
}

/// The middle one of some counts.
fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn missing_months(table: &'static str, ledger: &Monthly, span: &Span, limits: &Limits) -> Result<Vec<Finding>> {
    let (mut missing_names, mut thin_names) = (Vec::new(), Vec::new());
    let mut lost = [Measure::default(); 2];
    // Years before the first claim of any kind were not delivered, and nobody asked for them.
    let first = (0..span.months()).find(|month| (0..ledger.other()).any(|kind| ledger.cell(kind, *month).rows > 0));
    let first = first.unwrap_or(0);
    for (kind, about) in ledger.kinds().iter().enumerate().take(ledger.other()) {
        let series = ledger.series(kind);
        let usual = median(series.iter().map(|cell| cell.rows).filter(|rows| *rows > 0));
        if usual < limits.limits.rows_a_month {
            continue;
        }
        let rows: u64 = series.iter().map(|cell| cell.rows).sum();
        let cents: i128 = series.iter().map(|cell| i128::from(cell.cents)).sum();
        for (month, cell) in series.iter().enumerate().skip(first) {
            for measure in &mut lost {
                measure.of += 1;
            }
            // The first month lacks what began before it.
            let missing = month > first && below(cell.rows, usual, limits.limits.missing_month);
            if !missing && !below(cell.rows, usual, limits.limits.thin_month) {
                continue;
            }
            let (measure, names) = if missing { (&mut lost[0], &mut missing_names) } else { (&mut lost[1], &mut thin_names) };
            measure.count += 1;
            // What the month lacks of the usual one, at the price of a usual row.
            let lacking = i128::from(usual.saturating_sub(cell.rows));
            measure.cents += if rows > 0 { cents * lacking / i128::from(rows) } else { 0 };
            names.push(format!("{} {} ({} rows, usually {usual})", about.component, span.name(month), cell.rows));
        }
    }
    let mut found = Vec::new();
    for (check, names, measure) in [("missing_month", missing_names, lost[0]), ("thin_month", thin_names, lost[1])] {
        found.extend(Finding::judge(limits, check, table, None, measure, named(&names))?);
    }
    Ok(found)
}

fn denied_share(table: &'static str, ledger: &Monthly, span: &Span, limits: &Limits) -> Result<Option<Finding>> {
    let (mut names, mut measure) = (Vec::new(), Measure::default());
    for (kind, about) in ledger.kinds().iter().enumerate().take(ledger.other()) {
        let series = ledger.series(kind);
        let (rows, denied) = series.iter().fold((0, 0), |(rows, denied), cell| (rows + cell.rows, denied + cell.denied));
        let usual = share(denied, rows);
        for (month, cell) in series.iter().enumerate().filter(|(_, cell)| cell.rows >= limits.limits.rows_a_month) {
            measure.of += 1;
            let this = share(cell.denied, cell.rows);
            let points = Decimal::from(limits.limits.denied_points) / Decimal::ONE_HUNDRED;
            if this > usual * Decimal::from(limits.limits.denied_times) && this > usual + points {
                measure.count += 1;
                let percent = |share: Decimal| (share * Decimal::ONE_HUNDRED).round_dp(1);
                names.push(format!(
                    "{} {}: {} % denied, usually {} %",
                    about.component,
                    span.name(month),
                    percent(this),
                    percent(usual)
                ));
            }
        }
    }
    Finding::judge(limits, "denied_share", table, None, measure, named(&names))
}

/// The share of its final payments that a month has reached after so many months, by the months that are old enough to
/// have all of theirs; `None` where none is.
#[must_use]
pub fn completed_by_age(ledger: &Monthly, span: &Span, kind: usize) -> Option<[Decimal; LAGS]> {
    let until = ledger.last_processed()?;
    let mut sums = [0_i128; LAGS];
    for month in 0..span.months() {
        if (until - span.first_day(month)) / 30 < LAGS as i64 {
            continue;
        }
        for (sum, cents) in sums.iter_mut().zip(ledger.lateness(kind, month)) {
            *sum += i128::from(*cents);
        }
    }
    let all: i128 = sums.iter().sum();
    if all <= 0 {
        return None;
    }
    let mut reached = 0;
    Some(sums.map(|cents| {
        reached += cents;
        Decimal::from_i128_with_scale(reached, 0) / Decimal::from_i128_with_scale(all, 0)
    }))
}

/// Months since a month, when the last row was processed.
fn age(until: i64, span: &Span, month: usize) -> usize {
    usize::try_from((until - span.first_day(month) - 15) / 30).unwrap_or(0)
}

fn completion(table: &'static str, ledger: &Monthly, span: &Span, limits: &Limits) -> Result<Option<Finding>> {
    let Some(until) = ledger.last_processed() else { return Ok(None) };
    let (mut measure, mut names, mut paid) = (Measure::default(), Vec::new(), 0_i128);
    for (kind, about) in ledger.kinds().iter().enumerate().take(ledger.other()) {
        let Some(reached) = completed_by_age(ledger, span, kind) else { continue };
        let (mut here, mut final_) = (Decimal::ZERO, Decimal::ZERO);
        for month in span.months().saturating_sub(12)..span.months() {
            let cents = Decimal::from(ledger.cell(kind, month).cents);
            let share = reached[age(until, span, month).min(LAGS - 1)];
            here += cents;
            final_ += if share > Decimal::ZERO { cents / share } else { cents };
        }
        paid += i128::try_from(here.round()).unwrap_or(0);
        measure.of += 1;
        if final_ > Decimal::ZERO && here < limits.limits.completion.0 * final_ {
            measure.count += 1;
            measure.cents += i128::try_from((final_ - here).round()).unwrap_or(0);
            names.push(format!("{} {} % complete", about.component, (here / final_ * Decimal::ONE_HUNDRED).round_dp(1)));
        }
    }
    measure.at_stake = (measure.cents, paid);
    let mut found = Finding::judge(limits, "completion", table, Some("processed_date"), measure, named(&names))?;
    if let Some(found) = &mut found {
        found.what = format!("parts of expenditure are incomplete: about ${} {}", found.dollars, found.what);
    }
    Ok(found)
}

fn run_out(table: &'static str, ledger: &Monthly, span: &Span, limits: &Limits, rules: &Rules) -> Result<Option<Finding>> {
    let (Some(until), Some(year)) = (ledger.last_processed(), span.last_year()) else { return Ok(None) };
    let last = rules.expenditure.run_out.at(year)?.value;
    let ends = days_since_epoch(jiff::civil::date(year as i16 + 1, last.month, last.day));
    // The last week of a run-out may hold no claim by chance.
    let lacking = ends.saturating_sub(until).saturating_sub(7).max(0) as u64;
    let processed = jiff::Span::new().try_days(until).and_then(|days| jiff::civil::date(1970, 1, 1).checked_add(days));
    let detail = processed.map_or_else(
        |_| String::new(),
        |day| {
            format!(
                "the last row of {table} was processed on {day}; the run-out of {year} ends on {}-{:02}-{:02}",
                year + 1,
                last.month,
                last.day
            )
        },
    );
    Finding::judge(
        limits,
        "run_out",
        table,
        Some("processed_date"),
        Measure { count: lacking, of: lacking, ..Measure::default() },
        detail,
    )
}

fn sizes(table: &'static str, ledger: &Monthly, limits: &Limits) -> Result<Vec<Finding>> {
    let (mut outliers, mut negatives) = (Measure::default(), Measure::default());
    let (mut far, mut below_zero) = (Vec::new(), Vec::new());
    let mut all_cents = 0;
    for (kind, about) in ledger.kinds().iter().enumerate().take(ledger.other()) {
        let bins = ledger.sizes(kind);
        let rows: u64 = bins.iter().map(|bin| bin.rows).sum();
        all_cents += bins.iter().map(|bin| i128::from(bin.cents)).sum::<i128>();
        outliers.of += rows;
        negatives.of += rows;
        let negative = ledger.negative(kind);
        if negative.rows > 0 {
            negatives.count += negative.rows;
            negatives.cents -= i128::from(negative.cents);
            below_zero.push(format!("{} (type {}): {} rows", about.component, about.claim_type, negative.rows));
        }
        // The size that all but one in a thousand stay below; of few rows the two largest are never usual.
        let mut above = 0;
        let usual = (0..bins.len()).rev().find(|size| {
            above += bins[*size].rows;
            above > 2 && above * 1_000 > rows
        });
        let Some(usual) = usual else { continue };
        let least = (usual + limits.limits.outlier_doublings).max((limits.limits.outlier_dollars * 100).ilog2() as usize + 1);
        let (count, cents) = bins.iter().skip(least).fold((0, 0), |(rows, cents), bin| (rows + bin.rows, cents + bin.cents));
        if count > 0 {
            outliers.count += count;
            outliers.cents += i128::from(cents);
            let dollars = (1_u64 << least) / 100;
            far.push(format!("{} (type {}): {count} rows above ${dollars}", about.component, about.claim_type));
        }
    }
    outliers.at_stake = (0, 0);
    negatives.at_stake = (negatives.cents, all_cents);
    let mut found = Vec::new();
    found.extend(Finding::judge(limits, "payment_outliers", table, Some("payment_amt"), outliers, named(&far))?);
    found.extend(Finding::judge(limits, "negative_payments", table, Some("payment_amt"), negatives, named(&below_zero))?);
    Ok(found)
}

fn outside(table: &'static str, ledger: &Monthly, limits: &Limits) -> Result<Vec<Finding>> {
    let (rows, _) = ledger.total();
    let absolute = ledger.absolute();
    let mut outside = Measure { of: rows, ..Measure::default() };
    for kind in 0..ledger.kinds().len() {
        let cell = ledger.outside(kind);
        outside.count += cell.rows;
        outside.cents += i128::from(cell.cents);
    }
    let other: i128 = ledger.sizes(ledger.other()).iter().map(|bin| i128::from(bin.cents)).sum();
    let cells = ledger.series(ledger.other());
    let mut unknown = Measure { of: rows, at_stake: (other, absolute), ..Measure::default() };
    for cell in cells.iter().chain([&ledger.outside(ledger.other())]) {
        unknown.count += cell.rows;
        unknown.cents += i128::from(cell.cents);
    }
    let mut found = Vec::new();
    found.extend(Finding::judge(limits, "outside_years", table, None, outside, String::new())?);
    found.extend(Finding::judge(limits, "unknown_claim_type", table, Some("claim_type"), unknown, String::new())?);
    Ok(found)
}
