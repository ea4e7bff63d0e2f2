//! A report for a terminal.

use std::fmt::Write as _;

use super::finding::Finding;
use super::report::{MonthRow, Report};

/// Blocks of a sparkline, from least to most.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The report: totals, one line of months for each claim type and year, findings with what they do.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = format!("{}: {}\n\n", report.extract, report.verdict());
    for table in report.tables.iter().filter(|table| table.files > 0) {
        let dollars = table.dollars.map_or_else(String::new, |dollars| format!("  ${}", grouped(&dollars.to_string())));
        let _ = writeln!(out, "{:<20} {:>15} rows{dollars}", table.table, grouped(&table.rows.to_string()));
    }
    out.push_str("\nrows by month, January to December; · stands for no row\n");
    let mut rows = report.months.as_slice();
    while let Some(first) = rows.first() {
        let same = |row: &&MonthRow| (row.table, row.claim_type, year(row)) == (first.table, first.claim_type, year(first));
        let months = rows.iter().take_while(same).count();
        let most = report.months.iter().filter(|row| (row.table, row.claim_type) == (first.table, first.claim_type));
        let most = most.map(|row| row.rows).max().unwrap_or(0);
        let (this, rest) = rows.split_at(months);
        let line: String = this.iter().map(|row| block(row.rows, most)).collect();
        let sum: u64 = this.iter().map(|row| row.rows).sum();
        let cents: i128 = this.iter().map(|row| row.dollars.0).sum();
        let dollars = super::finding::Dollars(cents).to_string();
        let _ = writeln!(
            out,
            "{:<16} {:>3}  {}  {line}  {:>13} rows  ${}",
            first.component,
            first.claim_type,
            year(first),
            grouped(&sum.to_string()),
            grouped(&dollars)
        );
        rows = rest;
    }
    if report.findings.is_empty() {
        out.push_str("\nnothing was found\n");
    }
    for finding in &report.findings {
        let _ = write!(out, "\n{}", told(finding));
    }
    let _ = writeln!(out, "\n{}", report.verdict());
    out
}

/// One finding: what, how much, and what it does.
pub fn told(finding: &Finding) -> String {
    let place = finding.column.map_or_else(|| finding.table.to_string(), |column| format!("{}.{column}", finding.table));
    let mut out = format!(
        "{}: {place}: {} of {} {}",
        finding.severity.name(),
        grouped(&finding.count.to_string()),
        grouped(&finding.of.to_string()),
        finding.what
    );
    if finding.dollars.0 != 0 {
        let dollars = grouped(&finding.dollars.to_string());
        let (sign, amount) = dollars.strip_prefix('-').map_or(("", dollars.as_str()), |amount| ("-", amount));
        let _ = write!(out, ", {sign}${amount}");
    }
    out.push('\n');
    for line in [&finding.detail, &finding.effect].into_iter().filter(|line| !line.is_empty()) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

fn year(row: &MonthRow) -> &str {
    row.month.get(..4).unwrap_or_default()
}

fn block(rows: u64, most: u64) -> char {
    if rows == 0 || most == 0 { '·' } else { BLOCKS[((rows * 8).div_ceil(most) as usize).clamp(1, 8) - 1] }
}

/// A number with separators.
pub(super) fn grouped(text: &str) -> String {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::from(sign);
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_months_drawn() {
        assert_eq!((grouped("-1234567.80").as_str(), grouped("12").as_str()), ("-1,234,567.80", "12"));
        assert_eq!([block(0, 9), block(1, 100), block(50, 100), block(100, 100)], ['·', '▁', '▄', '█']);
    }
}
