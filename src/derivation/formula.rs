//! Formulas as text: printing a step's, and evaluating what was printed.
//!
//! A formula is made of names such as `trend_by1[DIS]`, decimal numbers, `+ - * /`, parentheses, `min(a, b)`, `max(a, b)`,
//! `if(a >= b, c, d)` and `if(a > b, c, d)`. Operators of one rank are taken from left to right.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::tree::{Derivation, Node, Operator};

impl Derivation<'_> {
    /// A step's formula; `leaf` writes each named operand.
    pub(super) fn formula(&self, step: Node, leaf: &mut dyn FnMut(Node, &mut String)) -> String {
        let mut text = String::new();
        self.write_operator(step, leaf, &mut text);
        text
    }

    fn write(&self, node: Node, inside: Rank, leaf: &mut dyn FnMut(Node, &mut String), text: &mut String) {
        let entry = self.entry(node);
        if entry.label.is_some() {
            return leaf(node, text);
        }
        let parentheses = rank(entry.operator) < inside || (entry.operator == Operator::Number && entry.value.is_sign_negative());
        if parentheses {
            text.push('(');
        }
        self.write_operator(node, leaf, text);
        if parentheses {
            text.push(')');
        }
    }

    fn write_operator(&self, node: Node, leaf: &mut dyn FnMut(Node, &mut String), text: &mut String) {
        let entry = self.entry(node);
        let operands = self.operands(node);
        let mut infix = |sign: &str, first: Rank, others: Rank, text: &mut String| {
            for (at, operand) in operands.iter().enumerate() {
                if at > 0 {
                    text.push_str(sign);
                }
                self.write(*operand, if at == 0 { first } else { others }, leaf, text);
            }
        };
        match entry.operator {
            Operator::Number | Operator::Given | Operator::Rule => {
                let _ = write!(text, "{}", entry.value);
            }
            Operator::Same => infix("", Rank::Choice, Rank::Choice, text),
            Operator::Sum => infix(" + ", Rank::Sum, Rank::Product, text),
            Operator::Difference => infix(" - ", Rank::Sum, Rank::Product, text),
            Operator::Product => infix(" * ", Rank::Product, Rank::Leaf, text),
            Operator::Ratio => infix(" / ", Rank::Product, Rank::Leaf, text),
            Operator::Least | Operator::Greatest => {
                text.push_str(if entry.operator == Operator::Least { "min(" } else { "max(" });
                infix(", ", Rank::Choice, Rank::Choice, text);
                text.push(')');
            }
            Operator::IfAtLeast | Operator::IfAbove => {
                text.push_str("if(");
                self.write(operands[0], Rank::Choice, leaf, text);
                text.push_str(if entry.operator == Operator::IfAtLeast { " >= " } else { " > " });
                for (at, operand) in operands[1..].iter().enumerate() {
                    if at > 0 {
                        text.push_str(", ");
                    }
                    self.write(*operand, Rank::Choice, leaf, text);
                }
                text.push(')');
            }
        }
    }
}

/// How tightly an operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Choice,
    Sum,
    Product,
    Leaf,
}

fn rank(operator: Operator) -> Rank {
    match operator {
        Operator::Sum | Operator::Difference => Rank::Sum,
        Operator::Product | Operator::Ratio => Rank::Product,
        _ => Rank::Leaf,
    }
}

/// Evaluates a printed formula on its printed operands; none when it does not read, lacks an operand or divides by zero.
pub fn evaluate(formula: &str, operand: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
    let mut reader = Reader { rest: formula, operand };
    let value = reader.sum()?;
    reader.rest.trim().is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
    operand: &'t dyn Fn(&str) -> Option<Decimal>,
}

impl Reader<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(after) = rest.strip_prefix(sign) else { return false };
        self.rest = after;
        true
    }

    fn sum(&mut self) -> Option<Decimal> {
        let mut value = self.product()?;
        loop {
            if self.take("+") {
                value = value.checked_add(self.product()?)?;
            } else if self.take("-") {
                value = value.checked_sub(self.product()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<Decimal> {
        let mut value = self.leaf()?;
        loop {
            if self.take("*") {
                value = value.checked_mul(self.leaf()?)?;
            } else if self.take("/") {
                value = value.checked_div(self.leaf()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn pair(&mut self) -> Option<(Decimal, Decimal)> {
        let first = self.sum()?;
        let second = self.take(",").then(|| self.sum())??;
        self.take(")").then_some((first, second))
    }

    fn leaf(&mut self) -> Option<Decimal> {
        if self.take("(") {
            let value = self.sum()?;
            return self.take(")").then_some(value);
        }
        if self.take("min(") {
            return self.pair().map(|(a, b)| a.min(b));
        }
        if self.take("max(") {
            return self.pair().map(|(a, b)| a.max(b));
        }
        if self.take("if(") {
            let a = self.sum()?;
            let or_equal = self.take(">=");
            if !or_equal && !self.take(">") {
                return None;
            }
            let b = self.sum()?;
            let (then, otherwise) = self.take(",").then(|| self.pair())??;
            return Some(if a > b || (or_equal && a == b) { then } else { otherwise });
        }
        let rest = self.rest.trim_start();
        let negative = rest.starts_with('-');
        let body = &rest[usize::from(negative)..];
        let end = body.find(|c: char| !(c.is_ascii_alphanumeric() || "_[].".contains(c))).unwrap_or(body.len());
        let (word, after) = rest.split_at(end + usize::from(negative));
        self.rest = after;
        if body.starts_with(|c: char| c.is_ascii_digit()) { word.parse().ok() } else { (self.operand)(word) }
    }
}
