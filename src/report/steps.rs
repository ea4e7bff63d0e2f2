//! The steps of a finished run, as `derivation.jsonl` holds them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::disk;
use crate::error::{Error, Place, Result};

/// One line of `derivation.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledStep {
    /// The ACO.
    pub aco_id: String,
    /// The half of 2019, where there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_half: Option<u8>,
    /// Name.
    pub name: String,
    /// Enrollment type; none for a value of the whole ACO.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrollment_type: Option<String>,
    /// The number, at full precision.
    pub value: String,
    /// `given`, `rule` or `step`.
    pub origin: String,
    /// The formula, with names.
    pub formula: String,
    /// The operands by the names of the formula.
    pub inputs: BTreeMap<String, String>,
    /// The paragraph, or the factor table.
    pub citation: String,
}

impl FiledStep {
    /// The name as formulas write it: `trend_by1[DIS]`.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.enrollment_type {
            None => self.name.clone(),
            Some(kind) => format!("{}[{kind}]", self.name),
        }
    }

    /// The formula with numbers put in for names; negative ones in parentheses.
    #[must_use]
    pub fn filled(&self) -> String {
        let mut out = String::new();
        let mut rest = self.formula.as_str();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_ascii_alphanumeric() || "_[].".contains(c);
            let end = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
            let (word, after) = rest.split_at(end);
            match self.inputs.get(word) {
                Some(value) if value.starts_with('-') => out += &format!("({value})"),
                Some(value) => out += value,
                None => out += word,
            }
            rest = after;
        }
        out
    }
}

/// Every step of a finished run, in the order of its file.
///
/// # Errors
/// When the folder is no finished run, or a line does not read.
pub fn all_steps(run: &Path) -> Result<Vec<FiledStep>> {
    let path = run.join("derivation.jsonl");
    if !disk::exists(&path) {
        let hint = "give the folder that `acobench run --out` or `acobench benchmark --out` wrote";
        return Err(Error::input("the folder holds no derivation.jsonl", Place::file(run), hint));
    }
    let text = disk::read_text(&path)?;
    let read = |(at, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|fault| {
            let place = Place::file(&path).at_line(at as u64 + 1);
            Error::input(format!("a step cannot be read: {fault}"), place, "run again; the file was changed by hand")
        })
    };
    text.lines().enumerate().map(read).collect()
}

/// The steps of one ACO in a finished run.
///
/// # Errors
/// When the folder is no finished run, a line does not read, or the run has no such ACO.
pub fn steps_of(run: &Path, aco_id: &str) -> Result<Vec<FiledStep>> {
    let (steps, others): (Vec<_>, Vec<_>) = all_steps(run)?.into_iter().partition(|step| step.aco_id == aco_id);
    if steps.is_empty() {
        let mut acos: Vec<String> = others.into_iter().map(|step| step.aco_id).collect();
        acos.dedup();
        let what = format!("the run has no steps of an ACO {aco_id}");
        return Err(Error::unknown(what, aco_id, "the run has", &acos.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::FiledStep;

    #[test]
    fn numbers_are_put_in_for_whole_names() {
        let step = FiledStep {
            aco_id: "A1".into(),
            performance_half: None,
            name: "x".into(),
            enrollment_type: Some("DIS".into()),
            value: "3".into(),
            origin: "step".into(),
            formula: "min(a[DIS], a) + (1 - ab) * 12".into(),
            inputs: [("a[DIS]", "5"), ("a", "-2"), ("ab", "0.5")].map(|(k, v)| (k.into(), v.into())).into(),
            citation: "c".into(),
        };
        assert_eq!(step.filled(), "min(5, (-2)) + (1 - 0.5) * 12");
        assert_eq!(step.label(), "x[DIS]");
    }
}
