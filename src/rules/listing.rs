//! The rule tables as lines to print: what holds, when, and which paragraph says so.

use toml::{Table, Value};

use super::document::Document;

/// One row of one rule, as text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleLine {
    /// Subject: the file's name without its ending.
    pub subject: String,
    /// Name of the rule within the subject, with dots between levels: `basic_c.loss_rate`.
    pub rule: String,
    /// What `from` and `until` are: a performance year, an agreement start, ...
    pub governed_by: String,
    /// First year or date.
    pub from: String,
    /// Last year or date; empty when open.
    pub until: String,
    /// The value as written.
    pub value: String,
    /// The paragraph, or `silent`.
    pub citation: String,
    /// The word of explanation, or empty.
    pub reason: String,
    /// What else could be chosen, where the law is silent.
    pub alternatives: Vec<String>,
    /// Whether the value is carried from the nearest year for which one is published.
    pub carried: bool,
    /// Whether the row bears on what is made of claims, before any factor table is.
    pub of_claims: bool,
    /// Whether a user's folder or switch laid the row over the embedded ones.
    pub overlaid: bool,
}

impl RuleLine {
    /// Whether the row holds somewhere in a year; agreement starts up to the year's end count.
    #[must_use]
    pub fn touches(&self, year: u16) -> bool {
        let first = self.from.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
        let last = self.until.get(..4).and_then(|year| year.parse().ok()).unwrap_or(u16::MAX);
        first <= year && (year <= last || self.governed_by.contains("agreement"))
    }
}

/// The lines of one file.
pub(super) fn lines(document: &Document) -> Vec<RuleLine> {
    let mut lines = Vec::new();
    walk(document, &document.rules, "", &mut lines);
    lines
}

fn walk(document: &Document, rules: &Table, path: &str, lines: &mut Vec<RuleLine>) {
    for (name, value) in rules {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::Table(inner) if inner.contains_key("citation") => lines.push(line(document, &path, inner)),
            Value::Table(inner) => walk(document, inner, &path, lines),
            Value::Array(rows) => lines.extend(rows.iter().filter_map(Value::as_table).map(|row| line(document, &path, row))),
            _ => {}
        }
    }
}

fn line(document: &Document, rule: &str, row: &Table) -> RuleLine {
    let text = |name: &str| row.get(name).map(plain).unwrap_or_default();
    let kind = match row.get("from") {
        Some(Value::String(_)) => "dates",
        _ => "years",
    };
    RuleLine {
        subject: document.subject.clone(),
        rule: rule.to_string(),
        governed_by: document.about.get(kind).map(plain).unwrap_or_default(),
        from: text("from"),
        until: text("until"),
        value: row.get("value").or_else(|| row.get("concept")).map(plain).unwrap_or_default(),
        citation: text("citation"),
        reason: text("reason"),
        alternatives: row
            .get("alternatives")
            .and_then(Value::as_array)
            .map(|all| all.iter().map(plain).collect())
            .unwrap_or_default(),
        carried: row.get("carried").and_then(Value::as_bool).unwrap_or_default(),
        of_claims: row.get("of_claims").and_then(Value::as_bool).unwrap_or_default(),
        overlaid: row.get("overlaid").and_then(Value::as_bool).unwrap_or_default(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let fields = table.iter().map(|(name, value)| format!("{name} = {}", plain(value))).collect::<Vec<_>>();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(day) => day.to_string(),
    }
}
