//! What a replay writes and prints: the results as CSV, and a report as text or JSON.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::history::FoundTrend;
use super::program::Program;
use super::replayed::{Counts, Replay, count};
use super::sheet::{Form, UnitBy};
use super::verdict::{Field, Finding, Verdict};
use crate::error::{Error, Result};

/// Most figures that differ in the printed report; the results hold them all.
const SHOWN: usize = 20;

/// The results: one row per ACO and figure.
///
/// # Errors
/// When a cell cannot be written, which is a defect.
pub fn csv(findings: &[Finding]) -> Result<Vec<u8>> {
    let broken =
        |fault: &dyn std::fmt::Display| Error::failed(format!("cannot write the results: {fault}"), "report this as a defect");
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["ACO_ID", "field", "published", "recomputed", "difference", "verdict", "reason"];
    writer.write_record(header).map_err(|fault| broken(&fault))?;
    for finding in findings {
        let cells = [
            finding.aco.as_str(),
            finding.field.name(),
            &finding.published,
            &finding.recomputed,
            &finding.difference,
            finding.verdict.name(),
            &finding.reason,
        ];
        writer.write_record(cells).map_err(|fault| broken(&fault))?;
    }
    writer.into_inner().map_err(|fault| broken(&fault))
}

/// What was found, for a reader.
#[derive(Debug)]
pub struct Report<'a> {
    year: u16,
    counts: Counts,
    differing: Vec<&'a Finding>,
    program: Program,
    encoding: &'static str,
    rows: usize,
    footnotes: usize,
    other_years: usize,
    unknown_columns: usize,
    missing: Vec<String>,
    rates: Vec<(String, Form)>,
    prints_one_sided_losses: bool,
    trends: Vec<FoundTrend>,
}

impl<'a> Report<'a> {
    /// Sums up.
    #[must_use]
    pub fn of(replay: &Replay<'_>, findings: &'a [Finding]) -> Self {
        let sheet = replay.sheet();
        let (footnotes, other_years) = sheet.left_out();
        Self {
            year: replay.year(),
            counts: count(findings),
            differing: findings.iter().filter(|finding| finding.verdict == Verdict::Differs).collect(),
            program: replay.program(),
            encoding: sheet.encoding(),
            rows: sheet.rows().len(),
            footnotes,
            other_years,
            unknown_columns: sheet.unknown_columns(),
            missing: sheet.missing(),
            rates: sheet.rates().collect(),
            prints_one_sided_losses: replay.prints_one_sided_losses(),
            trends: replay.trends(),
        }
    }

    /// Whether some figure differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        !self.differing.is_empty()
    }

    /// The report as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: String| {
            text.push_str(&words);
            text.push('\n');
        };
        line(format!("performance year {}: {} rows, {}", self.year, self.rows, self.encoding));
        if self.footnotes + self.other_years > 0 {
            line(format!("left out: {} lines of one cell, {} rows of other years", self.footnotes, self.other_years));
        }
        if !self.missing.is_empty() {
            line(format!("columns missing: {}", self.missing.join(", ")));
        }
        for (name, form) in &self.rates {
            line(format!("{name}: {} with {} decimals, by {}", unit(*form), form.decimals, by(*form)));
        }
        if self.prints_one_sided_losses {
            line("losses of ACOs that owe nothing for them are printed in GenSaveLoss".to_string());
        }
        for FoundTrend { start, kind, from_by1, from_by2 } in &self.trends {
            line(format!("national trends found, start {start}, {kind}: {from_by1:.4} from BY1, {from_by2:.4} from BY2"));
        }
        line(format!("\n{:<24}{:>8}{:>10}{:>16}", "field", "match", "differs", "not_derivable"));
        for field in Field::ALL {
            let Some(counts) = self.counts.get(field) else { continue };
            let [same, differs, open] = Verdict::ALL.map(|verdict| counts.get(&verdict).copied().unwrap_or_default());
            line(format!("{:<24}{same:>8}{differs:>10}{open:>16}", field.name()));
        }
        let program = &self.program;
        line(format!("\nACOs                {:>22}", program.acos));
        for (name, value) in [
            ("beneficiaries", program.beneficiaries),
            ("benchmark", program.benchmark),
            ("expenditure", program.expenditure),
            ("gross savings", program.gross_savings),
            ("generated", program.generated),
            ("earned", program.earned),
            ("owed", program.owed),
            ("net to Medicare", program.net_to_medicare),
        ] {
            line(format!("{name:<20}{:>22}", grouped(value)));
        }
        if self.differs() {
            line(format!("\n{} figures differ:", self.differing.len()));
        }
        for finding in self.differing.iter().take(SHOWN) {
            let Finding { aco, field, published, recomputed, reason, .. } = finding;
            line(format!("  {aco} {field}: published {published}, recomputed {recomputed}: {reason}"));
        }
        if self.differing.len() > SHOWN {
            line(format!("  and {} more in the results", self.differing.len() - SHOWN));
        }
        text
    }

    /// The report as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let fields: serde_json::Map<String, Value> = Field::ALL
            .iter()
            .filter_map(|field| {
                let counts = self.counts.get(field)?;
                let counts = Verdict::ALL.map(|verdict| (verdict.name().to_string(), json!(counts.get(&verdict).unwrap_or(&0))));
                Some((field.name().to_string(), Value::Object(counts.into_iter().collect())))
            })
            .collect();
        let rates: serde_json::Map<String, Value> = self
            .rates
            .iter()
            .map(|(name, form)| {
                (name.clone(), json!({ "unit": unit(*form), "decimals": form.decimals, "unit_known_by": by(*form) }))
            })
            .collect();
        let differing: Vec<Value> = self
            .differing
            .iter()
            .map(|finding| {
                json!({
                    "ACO_ID": finding.aco,
                    "field": finding.field.name(),
                    "published": finding.published,
                    "recomputed": finding.recomputed,
                    "difference": finding.difference,
                    "reason": finding.reason,
                })
            })
            .collect();
        let rounded = |trend: f64| Decimal::from_f64_retain(trend).unwrap_or_default().round_dp(4);
        let trend = |trend: &FoundTrend| {
            json!({
                "start": trend.start,
                "enrollment_type": trend.kind,
                "from_by1": rounded(trend.from_by1),
                "from_by2": rounded(trend.from_by2),
            })
        };
        let trends: Vec<Value> = self.trends.iter().map(trend).collect();
        let report = json!({
            "performance_year": self.year,
            "rows": self.rows,
            "encoding": self.encoding,
            "lines_of_one_cell": self.footnotes,
            "rows_of_other_years": self.other_years,
            "columns_unknown": self.unknown_columns,
            "columns_missing": self.missing,
            "rates": rates,
            "prints_one_sided_losses": self.prints_one_sided_losses,
            "trends_found": trends,
            "fields": fields,
            "program": self.program,
            "differs": differing,
        });
        let mut text = String::new();
        let _ = writeln!(text, "{report:#}");
        text
    }
}

const fn unit(form: Form) -> &'static str {
    if form.percent { "percentages" } else { "fractions" }
}

const fn by(form: Form) -> &'static str {
    match form.unit_by {
        UnitBy::Kind => "kind",
        UnitBy::Sign => "percent signs",
        UnitBy::Size => "the size of the values",
        UnitBy::Identity => "the dollars of the rows",
    }
}

/// A number with thousands separators, to the dollar.
fn grouped(value: Decimal) -> String {
    let digits = value.abs().round().normalize().to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value.is_sign_negative() && !value.is_zero() { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_grouped_by_thousands() {
        for (value, expected) in [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.4", "-1,234,567")] {
            assert_eq!(grouped(value.parse().unwrap()), expected);
        }
    }
}
