//! The tree: nodes held flat, each computed when it is made.

use std::fmt;

use rust_decimal::Decimal;

use crate::rules::EnrollmentType;

/// A value of a [`Derivation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u32);

impl Node {
    /// The number 0.
    pub const ZERO: Self = Self(0);
    /// The number 1.
    pub const ONE: Self = Self(1);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a named value is called: a name, and the enrollment type it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Name, as the column of an output table.
    pub name: &'static str,
    /// Enrollment type; none for a value of the whole ACO.
    pub kind: Option<EnrollmentType>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            None => f.write_str(self.name),
            Some(kind) => write!(f, "{}[{kind}]", self.name),
        }
    }
}

/// How a node is made of its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// A number standing in a formula.
    Number,
    /// A cell of a factor table.
    Given,
    /// A value of a rule table.
    Rule,
    /// The operand itself, under another name.
    Same,
    /// Sum of the operands.
    Sum,
    /// First less second.
    Difference,
    /// Product of the operands.
    Product,
    /// First over second.
    Ratio,
    /// Least operand.
    Least,
    /// Greatest operand.
    Greatest,
    /// Third when the first is at least the second, else fourth.
    IfAtLeast,
    /// Third when the first is above the second, else fourth.
    IfAbove,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'r> {
    pub(super) value: Decimal,
    pub(super) label: Option<Label>,
    pub(super) citation: &'r str,
    pub(super) operator: Operator,
    first: u32,
    count: u32,
}

/// The values of one ACO. Citations are borrowed from the rule tables, `'r`.
#[derive(Debug, Clone)]
pub struct Derivation<'r> {
    entries: Vec<Entry<'r>>,
    operands: Vec<Node>,
    /// First node that could not be computed: a division by zero, or a number beyond 28 digits.
    fault: Option<Node>,
}

impl Default for Derivation<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'r> Derivation<'r> {
    /// A tree that knows 0 and 1.
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Self { entries: Vec::with_capacity(512), operands: Vec::with_capacity(1024), fault: None };
        tree.push(Operator::Number, Decimal::ZERO, &[]);
        tree.push(Operator::Number, Decimal::ONE, &[]);
        tree
    }

    fn push(&mut self, operator: Operator, value: Decimal, operands: &[Node]) -> Node {
        let node = Node(self.entries.len() as u32);
        let first = self.operands.len() as u32;
        self.operands.extend_from_slice(operands);
        self.entries.push(Entry { value, label: None, citation: "", operator, first, count: operands.len() as u32 });
        node
    }

    fn computed(&mut self, operator: Operator, value: Option<Decimal>, operands: &[Node]) -> Node {
        let node = self.push(operator, value.unwrap_or_default(), operands);
        if value.is_none() && self.fault.is_none() {
            self.fault = Some(node);
        }
        node
    }

    /// The number.
    #[must_use]
    pub fn value(&self, node: Node) -> Decimal {
        self.entries[node.index()].value
    }

    pub(super) fn entry(&self, node: Node) -> &Entry<'r> {
        &self.entries[node.index()]
    }

    pub(super) fn operands(&self, node: Node) -> &[Node] {
        let entry = self.entry(node);
        &self.operands[entry.first as usize..(entry.first + entry.count) as usize]
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        (0..self.entries.len() as u32).map(Node)
    }

    /// Named values in the order in which they were made, with their labels.
    pub fn named(&self) -> impl Iterator<Item = (Label, Decimal)> {
        self.entries.iter().filter_map(|entry| Some((entry.label?, entry.value)))
    }

    /// The name of the first step that could not be computed, if any.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let fault = self.fault?;
        let step = self.entries[fault.index()..].iter().find_map(|entry| entry.label);
        Some(step.map_or_else(|| "a value".to_string(), |label| label.to_string()))
    }

    /// A number standing in a formula.
    pub fn number(&mut self, value: Decimal) -> Node {
        self.push(Operator::Number, value, &[])
    }

    /// A cell of a factor table.
    pub fn given(&mut self, name: &'static str, kind: Option<EnrollmentType>, value: Decimal, table: &'static str) -> Node {
        let node = self.push(Operator::Given, value, &[]);
        self.label(node, Label { name, kind }, table)
    }

    /// A value of a rule table, with its citation.
    pub fn rule(&mut self, name: &'static str, value: Decimal, citation: &'r str) -> Node {
        let node = self.push(Operator::Rule, value, &[]);
        self.label(node, Label { name, kind: None }, citation)
    }

    /// Names a value: it becomes a step with a citation. A value that has a name keeps it, and gains a second step.
    pub fn name(&mut self, node: Node, name: &'static str, kind: Option<EnrollmentType>, citation: &'r str) -> Node {
        let fresh = self.entry(node).label.is_none() && self.entry(node).operator != Operator::Number;
        let node = if fresh { node } else { self.push(Operator::Same, self.value(node), &[node]) };
        self.label(node, Label { name, kind }, citation)
    }

    fn label(&mut self, node: Node, label: Label, citation: &'r str) -> Node {
        let entry = &mut self.entries[node.index()];
        entry.label = Some(label);
        entry.citation = citation;
        node
    }

    /// The sum.
    pub fn sum(&mut self, terms: &[Node]) -> Node {
        let value = terms.iter().try_fold(Decimal::ZERO, |sum, term| sum.checked_add(self.value(*term)));
        self.computed(Operator::Sum, value, terms)
    }

    /// `a - b`.
    pub fn difference(&mut self, a: Node, b: Node) -> Node {
        let value = self.value(a).checked_sub(self.value(b));
        self.computed(Operator::Difference, value, &[a, b])
    }

    /// The product.
    pub fn product(&mut self, factors: &[Node]) -> Node {
        let value = factors.iter().try_fold(Decimal::ONE, |product, factor| product.checked_mul(self.value(*factor)));
        self.computed(Operator::Product, value, factors)
    }

    /// `a / b`.
    pub fn ratio(&mut self, a: Node, b: Node) -> Node {
        let value = self.value(a).checked_div(self.value(b));
        self.computed(Operator::Ratio, value, &[a, b])
    }

    /// The lesser.
    pub fn least(&mut self, a: Node, b: Node) -> Node {
        let value = self.value(a).min(self.value(b));
        self.computed(Operator::Least, Some(value), &[a, b])
    }

    /// The greater.
    pub fn greatest(&mut self, a: Node, b: Node) -> Node {
        let value = self.value(a).max(self.value(b));
        self.computed(Operator::Greatest, Some(value), &[a, b])
    }

    /// `then` when `a >= b`, else `otherwise`.
    pub fn if_at_least(&mut self, a: Node, b: Node, then: Node, otherwise: Node) -> Node {
        let value = self.value(if self.value(a) >= self.value(b) { then } else { otherwise });
        self.computed(Operator::IfAtLeast, Some(value), &[a, b, then, otherwise])
    }

    /// `then` when `a > b`, else `otherwise`.
    pub fn if_above(&mut self, a: Node, b: Node, then: Node, otherwise: Node) -> Node {
        let value = self.value(if self.value(a) > self.value(b) { then } else { otherwise });
        self.computed(Operator::IfAbove, Some(value), &[a, b, then, otherwise])
    }

    /// `a` by `weight`, `b` by the rest.
    pub fn blend(&mut self, weight: Node, a: Node, b: Node) -> Node {
        let rest = self.difference(Node::ONE, weight);
        let first = self.product(&[weight, a]);
        let second = self.product(&[rest, b]);
        self.sum(&[first, second])
    }

    /// Sum of products of pairs.
    pub fn weighted_sum(&mut self, pairs: &[(Node, Node)]) -> Node {
        let terms: Vec<Node> = pairs.iter().map(|(weight, value)| self.product(&[*weight, *value])).collect();
        self.sum(&terms)
    }

    /// Mean of the second of each pair, weighted by the first; one division, so that no share is rounded.
    pub fn weighted_mean(&mut self, pairs: &[(Node, Node)]) -> Node {
        let over = self.weighted_sum(pairs);
        let weights: Vec<Node> = pairs.iter().map(|(weight, _)| *weight).collect();
        let under = self.sum(&weights);
        self.ratio(over, under)
    }

    /// A value kept between two bounds.
    pub fn clamp(&mut self, value: Node, low: Node, high: Node) -> Node {
        let below = self.least(value, high);
        self.greatest(below, low)
    }
}
