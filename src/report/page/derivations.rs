//! The derivations of a page's numbers as JSON: labels, formulas and citations once each, and per ACO its steps by their
//! numbers. A hidden value is null.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::anchor;
use super::words::words;
use crate::report::finished::AcoYearResult;

/// Texts that occur often, each kept once.
#[derive(Default)]
struct Pool {
    texts: Vec<String>,
    places: HashMap<String, usize>,
}

impl Pool {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.texts.push(text.to_string());
        self.places.insert(text.to_string(), self.texts.len() - 1);
        self.texts.len() - 1
    }
}

/// The JSON, safe inside a script element.
pub(super) fn data(results: &[AcoYearResult]) -> String {
    let (mut labels, mut formulas, mut citations, mut origins) =
        (Pool::default(), Pool::default(), Pool::default(), Pool::default());
    let mut acos = serde_json::Map::new();
    for result in results {
        let rows: Vec<Value> = result
            .steps
            .iter()
            .map(|step| {
                let label = step.label();
                let value = if result.suppression.shows_label(&label) { json!(plain(&step.value)) } else { Value::Null };
                json!([
                    labels.place(&label),
                    formulas.place(&step.formula),
                    citations.place(&step.citation),
                    origins.place(&step.origin),
                    value
                ])
            })
            .collect();
        acos.insert(anchor(result), Value::Array(rows));
    }
    let words: Vec<String> = labels.texts.iter().map(|label| in_words(label)).collect();
    let data = json!({
        "labels": labels.texts, "words": words, "formulas": formulas.texts, "citations": citations.texts, "origins": origins.texts, "acos": acos,
    });
    data.to_string().replace('<', "\\u003c")
}

/// What a label is called: `trend_by1[DIS]` is the trend from BY1 to BY3, of the disabled.
fn in_words(label: &str) -> String {
    match label.split_once('[') {
        Some((name, kind)) => format!("{}, {}", words(name), kind.trim_end_matches(']')),
        None => words(label),
    }
}

/// A number without trailing zeros.
fn plain(value: &str) -> String {
    value.parse::<crate::money::Decimal>().map_or_else(|_| value.to_string(), |value| value.normalize().to_string())
}
