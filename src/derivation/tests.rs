//! A printed formula, evaluated on its printed operands, gives the printed value.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Derivation, Node, Origin, evaluate};
use crate::rules::EnrollmentType;

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Evaluates every step of a tree from its text alone.
fn holds(tree: &Derivation<'_>) {
    for step in tree.steps().filter(|step| step.origin == Origin::Step) {
        let operand = |name: &str| step.inputs.iter().find(|(label, _)| label.to_string() == name).map(|(_, value)| *value);
        assert_eq!(evaluate(&step.formula, &operand), Some(step.value), "{} = {}", step.label, step.formula);
    }
}

#[test]
fn a_blend_prints_as_the_regulation_reads() {
    let mut tree = Derivation::new();
    let kind = Some(EnrollmentType::Disabled);
    let weight = tree.given("national_weight", kind, number("0.25"), "aco_region");
    let national = tree.given("national", kind, number("1.04"), "national");
    let regional = tree.given("regional", kind, number("1.08"), "aco_region");
    let blend = tree.blend(weight, national, regional);
    let trend = tree.name(blend, "trend", kind, "42 CFR 425.601(a)(5)");
    let step = tree.steps().last().unwrap();
    assert_eq!(step.formula, "national_weight[DIS] * national[DIS] + (1 - national_weight[DIS]) * regional[DIS]");
    assert_eq!((step.value, step.citation), (number("1.07"), "42 CFR 425.601(a)(5)"));
    assert_eq!(step.inputs.len(), 3);
    assert_eq!(tree.value(trend), number("1.07"));
    holds(&tree);
}

#[test]
fn naming_a_named_value_makes_a_second_step() {
    let mut tree = Derivation::new();
    let given = tree.given("cost", None, number("5"), "aco_year");
    let again = tree.name(given, "trended", None, "c");
    let zero = tree.name(Node::ZERO, "nothing", None, "c");
    assert_ne!(given, again);
    assert_ne!(zero, Node::ZERO);
    let formulas: Vec<_> = tree.steps().map(|step| step.formula).collect();
    assert_eq!(formulas, ["", "cost", "0"]);
    holds(&tree);
}

#[test]
fn a_division_by_zero_is_told_by_the_step_it_spoils() {
    let mut tree = Derivation::new();
    let cost = tree.given("cost", None, number("5"), "aco_year");
    let ratio = tree.ratio(cost, Node::ZERO);
    let more = tree.sum(&[ratio, cost]);
    tree.name(more, "risk_ratio", Some(EnrollmentType::Esrd), "c");
    assert_eq!(tree.fault().as_deref(), Some("risk_ratio[ESRD]"));
}

#[test]
fn what_is_no_formula_has_no_value() {
    for text in ["", "1 +", "(1", "min(1)", "if(1, 2, 3)", "1 2", "x", "1 / 0"] {
        assert_eq!(evaluate(text, &|_| None), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_tree_prints_what_it_computed(operations in prop::collection::vec((0..9u8, 0..64usize, 0..64usize, -999_999i64..999_999), 1..40)) {
        let mut tree = Derivation::new();
        let mut nodes = vec![Node::ZERO, Node::ONE];
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
            "u", "v", "w", "x", "y", "z", "aa", "ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "ak", "al", "am", "an"];
        for (at, (operation, left, right, amount)) in operations.into_iter().enumerate() {
            let (a, b) = (nodes[left % nodes.len()], nodes[right % nodes.len()]);
            let node = match operation {
                0 => tree.sum(&[a, b, a]),
                1 => tree.difference(a, b),
                2 if tree.value(a).abs() < number("1000000") && tree.value(b).abs() < number("1000000") => tree.product(&[a, b]),
                3 if !tree.value(b).is_zero() && tree.value(b).abs() > number("0.001") => tree.ratio(a, b),
                4 => tree.least(a, b),
                5 => tree.greatest(a, b),
                6 => tree.if_at_least(a, b, b, a),
                7 => tree.if_above(a, b, a, Node::ONE),
                _ => tree.given(names[at], None, Decimal::new(amount, 3), "t"),
            };
            prop_assume!(tree.fault().is_none());
            let node = if at % 3 == 0 { tree.name(node, names[at], None, "c") } else { node };
            nodes.push(node);
        }
        let last = *nodes.last().unwrap();
        tree.name(last, "last", None, "c");
        holds(&tree);
    }
}
