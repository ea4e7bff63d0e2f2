//! The rule tables as a page: what applies in a year and to a track, and which paragraph says so.

use super::table::aligned;
use crate::rules::arrangements::Track;
use crate::rules::{RuleLine, Rules};

/// The rows that hold in a year and concern a track, or all of them.
#[must_use]
pub fn rule_lines(rules: &Rules, year: Option<u16>, track: Option<Track>) -> Vec<RuleLine> {
    let concerns = |line: &RuleLine| {
        let arrangement = line.rule.split('.').next().unwrap_or_default();
        line.subject != "arrangements" || track.is_none_or(|track| arrangement == track.key())
    };
    rules.lines().into_iter().filter(|line| year.is_none_or(|year| line.touches(year)) && concerns(line)).collect()
}

/// The rows as a table for a terminal, subject by subject.
#[must_use]
pub fn rulebook(lines: &[RuleLine]) -> String {
    const WIDEST: usize = 60;
    let mut out = String::new();
    for subject in lines.chunk_by(|a, b| a.subject == b.subject) {
        out += &format!("{}\n", subject[0].subject);
        let mut rows = Vec::new();
        for line in subject {
            let mut value: String = line.value.chars().take(WIDEST).collect();
            if value.len() < line.value.len() {
                value += "...";
            }
            let span = match (line.from.as_str(), line.until.as_str()) {
                ("", _) => String::new(),
                (from, "") => format!("{from} on"),
                (from, until) if from == until => from.to_string(),
                (from, until) => format!("{from} to {until}"),
            };
            let mut why = line.citation.clone();
            if !line.reason.is_empty() {
                why += &format!(": {}", line.reason);
            }
            if line.carried {
                why += " (carried from the nearest year published)";
            }
            if line.overlaid {
                why += " (laid over)";
            }
            rows.push(vec![format!("  {}", line.rule), line.governed_by.clone(), span, value, why]);
        }
        out += &aligned(&rows, 5);
        out.push('\n');
    }
    out
}
