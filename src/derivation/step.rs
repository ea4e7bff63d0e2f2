//! Steps: the named nodes, as they are printed, explained and filed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde::Serialize;

use super::tree::{Derivation, Label, Node, Operator};

/// Where a step's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A cell of a factor table.
    Given,
    /// A value of a rule table.
    Rule,
    /// Computed.
    Step,
}

/// A named value with its formula, operands and citation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'d> {
    /// Name and enrollment type.
    pub label: Label,
    /// The number, at full precision.
    pub value: Decimal,
    /// Where it comes from.
    pub origin: Origin,
    /// The formula, with names; empty for cells and rules.
    pub formula: String,
    /// The operands, each once, in the order of the formula.
    pub inputs: Vec<(Label, Decimal)>,
    /// The paragraph of 42 CFR; for a cell the factor table.
    pub citation: &'d str,
}

impl Derivation<'_> {
    /// Every step in the order in which it was made: operands come before what is made of them.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.nodes().filter_map(|node| self.step(node))
    }

    fn step(&self, node: Node) -> Option<Step<'_>> {
        let entry = self.entry(node);
        let label = entry.label?;
        let origin = match entry.operator {
            Operator::Given => Origin::Given,
            Operator::Rule => Origin::Rule,
            _ => Origin::Step,
        };
        let mut step =
            Step { label, value: entry.value, origin, formula: String::new(), inputs: Vec::new(), citation: entry.citation };
        if origin == Origin::Step {
            let mut seen = BTreeSet::new();
            step.formula = self.formula(node, &mut |operand, text| {
                let operand = self.entry(operand);
                if let Some(label) = operand.label {
                    let _ = write!(text, "{label}");
                    if seen.insert(label) {
                        step.inputs.push((label, operand.value));
                    }
                }
            });
        }
        Some(step)
    }
}
