//! An ACO's settlement as it was and as it would be under other choices, for a terminal, a page or a program.

use serde::Serialize;

use super::table::{aligned, dollars};
use crate::error::{Error, Result};
use crate::money::Decimal;

/// A settlement beside another of the same ACO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The ACO, with its half in 2019.
    pub aco: String,
    /// Performance year.
    pub performance_year: u16,
    /// Cells of table `aco` that differ.
    pub changed: Vec<Changed>,
    /// Values in the order in which a settlement goes.
    pub rows: Vec<Compared>,
    /// What is to be known of the cells asked for, as sentences: that one has no bearing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What one cell does to the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
}

/// A cell as it was and as it would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Column of table `aco`.
    pub key: &'static str,
    /// Cell of the run.
    pub before: String,
    /// Cell asked for.
    pub after: String,
}

impl Changed {
    /// The change in words, cells and their column as `shown` writes them.
    pub(super) fn told(&self, shown: impl Fn(&str) -> String) -> String {
        let (key, before, after) = (shown(self.key), shown(&self.before), shown(&self.after));
        match (before.is_empty(), after.is_empty()) {
            (_, true) => format!("no {key} instead of {before}"),
            (true, false) => format!("{key} {after} instead of none"),
            (false, false) => format!("{key} {after} instead of {before}"),
        }
    }
}

/// A value as it was and as it would be, at full precision; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Name, as the column of `settlement.csv` or `benchmark.csv`.
    pub name: &'static str,
    /// Value of the run.
    pub base: String,
    /// Value under the other choices.
    pub alternative: String,
}

/// A settlement for each value of one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// Column of table `aco`.
    pub key: String,
    /// One per value, in the order asked for.
    pub points: Vec<Point>,
}

/// A settlement of a sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The cell.
    pub value: String,
    /// What the year came to.
    pub outcome: String,
    /// Final sharing rate, a fraction.
    pub sharing_rate: Option<Decimal>,
    /// Final loss rate, a fraction; none on a one-sided track.
    pub loss_rate: Option<Decimal>,
    /// What is paid or owed, dollars; none when it is undetermined.
    pub payment: Option<Decimal>,
}

impl Compared {
    /// Alternative less base, where both are numbers; nothing stands for zero where the other is a number.
    #[must_use]
    pub fn difference(&self) -> Option<Decimal> {
        let number = |cell: &str| if cell.is_empty() { Some(Decimal::ZERO) } else { cell.parse::<Decimal>().ok() };
        number(&self.alternative)?.checked_sub(number(&self.base)?)
    }

    fn is_rate(&self) -> bool {
        self.name.ends_with("_rate") || self.name.ends_with("_share") || matches!(self.name, "msr" | "mlr")
    }

    /// The name, the base, the alternative and their difference as people read them.
    pub(super) fn told(&self) -> Vec<String> {
        let cell = |text: &str| match self.name {
            // Track 2 is no amount.
            "track" => text.to_string(),
            _ if self.is_rate() => percent(text),
            _ => dollars(text),
        };
        let difference = match self.difference() {
            Some(_) if self.name == "track" && self.base != self.alternative => "differs".to_string(),
            Some(difference) if difference.is_zero() => "-".to_string(),
            Some(difference) => {
                let sign = if difference > Decimal::ZERO { "+" } else { "" };
                let unit = if self.is_rate() { " points" } else { "" };
                let text = cell(&difference.normalize().to_string());
                format!("{sign}{}{unit}", text.trim_end_matches(" %"))
            }
            None if self.base == self.alternative => "-".to_string(),
            None => "differs".to_string(),
        };
        vec![self.name.replace('_', " "), cell(&self.base), cell(&self.alternative), difference]
    }
}

/// A fraction as a percentage of at most four decimals; what is no number stands as it is, and nothing as a dash.
fn percent(cell: &str) -> String {
    match cell.parse::<Decimal>() {
        Ok(rate) => format!("{} %", (rate * Decimal::ONE_HUNDRED).round_dp(4).normalize()),
        Err(_) if cell.is_empty() => "-".to_string(),
        Err(_) => cell.to_string(),
    }
}

const HEADINGS: [&str; 4] = ["", "base", "alternative", "difference"];
const POINT: [&str; 5] = ["outcome", "sharing rate", "loss rate", "payment", ""];

impl Comparison {
    /// The title of a page: the ACO, its year and what is changed.
    #[must_use]
    pub fn title(&self) -> String {
        let changes: Vec<String> = self.changed.iter().map(|changed| changed.told(str::to_string)).collect();
        let changes = if changes.is_empty() { "as it was".to_string() } else { changes.join(", ") };
        format!("{}, performance year {}: {changes}", self.aco, self.performance_year)
    }

    /// Rows of cells with a heading; the base alone where nothing is changed.
    fn columns<'r>(&self, rows: impl Iterator<Item = &'r Compared>) -> Vec<Vec<String>> {
        let mut cells = vec![HEADINGS.map(str::to_string).to_vec()];
        cells.extend(rows.map(Compared::told));
        if self.changed.is_empty() {
            for row in &mut cells {
                row.truncate(2);
            }
        }
        cells
    }

    /// A table for a terminal, and bars for a sweep. Dollars to the cent; rates in percent.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = self.columns(self.rows.iter().filter(|row| row.name != "reason"));
        let mut out = format!("{}\n\n{}", self.title(), aligned(&rows, 1));
        // A sentence would make every column as wide as itself.
        for row in self.rows.iter().filter(|row| row.name == "reason") {
            for (side, reason) in [("base", &row.base), ("alternative", &row.alternative)] {
                if !reason.is_empty() {
                    out += &format!("\n{side} undetermined: {reason}\n");
                }
            }
        }
        for note in &self.notes {
            out += &format!("\n{note}\n");
        }
        if let Some(sweep) = &self.sweep {
            out.push('\n');
            out += &aligned(&sweep.table(true), 1);
        }
        out
    }

    /// The same in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let table = |rows: &[Vec<String>]| -> String {
            let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
            let rule = format!("|---|{}\n", "---:|".repeat(rows[0].len() - 1));
            line(&rows[0]) + &rule + &rows[1..].iter().map(line).collect::<String>()
        };
        let rows = self.columns(self.rows.iter());
        let mut out = format!("# {}\n\n{}", self.title(), table(&rows));
        for note in &self.notes {
            out += &format!("\n{note}\n");
        }
        if let Some(sweep) = &self.sweep {
            out += &format!("\n{}", table(&sweep.table(false)));
        }
        out
    }
}

impl Sweep {
    /// Rows of cells with a heading; with bars for the payments if asked for.
    pub(super) fn table(&self, bars: bool) -> Vec<Vec<String>> {
        let headings = if bars { &POINT[..] } else { &POINT[..4] };
        let mut rows = vec![std::iter::once(self.key.as_str()).chain(headings.iter().copied()).map(str::to_string).collect()];
        let rate = |rate: Option<Decimal>| percent(&rate.map(|rate| rate.to_string()).unwrap_or_default());
        let scale = Scale::of(&self.points);
        for point in &self.points {
            let payment = point.payment.map(|payment| payment.to_string()).unwrap_or_default();
            let mut row = vec![
                point.value.clone(),
                point.outcome.clone(),
                rate(point.sharing_rate),
                rate(point.loss_rate),
                dollars(&payment),
            ];
            if bars {
                row.push(scale.bar(point.payment.unwrap_or_default()));
            }
            rows.push(row);
        }
        rows
    }
}

/// Cells of a bar chart in a terminal, zero included.
struct Scale {
    low: Decimal,
    high: Decimal,
}

impl Scale {
    /// Characters that the bars may take.
    const WIDTH: u32 = 40;

    fn of(points: &[Point]) -> Self {
        let payments = || points.iter().filter_map(|point| point.payment);
        Self {
            low: payments().min().unwrap_or_default().min(Decimal::ZERO),
            high: payments().max().unwrap_or_default().max(Decimal::ZERO),
        }
    }

    /// Where an amount stands, from 0 to the width.
    fn place(&self, amount: Decimal) -> usize {
        let span = self.high - self.low;
        if span.is_zero() {
            return 0;
        }
        let place = (amount - self.low) / span * Decimal::from(Self::WIDTH);
        place.round().to_string().parse().unwrap_or(0)
    }

    /// A bar from zero to the amount, all of them equally wide.
    fn bar(&self, amount: Decimal) -> String {
        let (zero, end) = (self.place(Decimal::ZERO), self.place(amount));
        let width = Self::WIDTH as usize;
        let (from, to) = (zero.min(end), zero.max(end));
        let mut bar: String = (0..width).map(|at| if (from..to).contains(&at) { '█' } else { ' ' }).collect();
        let byte = bar.char_indices().nth(zero).map_or(bar.len(), |(at, _)| at);
        bar.insert(byte, '|');
        bar
    }
}

/// The comparisons as JSON, values at full precision.
///
/// # Errors
/// When they cannot be written, which is a defect.
pub fn comparisons_json(comparisons: &[Comparison]) -> Result<String> {
    serde_json::to_string_pretty(comparisons)
        .map_err(|fault| Error::failed(format!("cannot write JSON: {fault}"), "report this as a defect"))
}

/// The comparisons as CSV at full precision: a row per value, and per point of a sweep its cell and payment.
///
/// # Errors
/// When they cannot be written, which is a defect.
pub fn comparisons_csv(comparisons: &[Comparison]) -> Result<String> {
    let broken = |fault: csv::Error| Error::failed(format!("cannot write CSV: {fault}"), "report this as a defect");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["aco", "cell", "value", "base", "alternative", "difference"]).map_err(broken)?;
    for comparison in comparisons {
        let number = |value: Option<Decimal>| value.map(|value| value.normalize().to_string()).unwrap_or_default();
        for row in &comparison.rows {
            let cells = [&comparison.aco, "", row.name, &row.base, &row.alternative, &number(row.difference())];
            writer.write_record(cells).map_err(broken)?;
        }
        let base = comparison.rows.iter().find(|row| row.name == "payment").map(|row| row.base.clone()).unwrap_or_default();
        for (sweep, point) in comparison.sweep.iter().flat_map(|sweep| sweep.points.iter().map(move |point| (sweep, point))) {
            let cell = format!("{}={}", sweep.key, point.value);
            let row = Compared { name: "payment", base: base.clone(), alternative: number(point.payment) };
            let cells = [&comparison.aco, &cell, row.name, &row.base, &row.alternative, &number(row.difference())];
            writer.write_record(cells).map_err(broken)?;
        }
    }
    let text = writer.into_inner().map_err(|fault| broken(fault.into_error().into()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
