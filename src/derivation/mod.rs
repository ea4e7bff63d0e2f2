//! Values that remember how they came about: an expression tree with names, operands, operators and citations.
//!
//! A [`Derivation`] is the tree of one ACO, held flat. The number, the printed formula and the formula with numbers put in
//! are all made from it; nothing is printed while computing. A step is a node with a name; a step's formula runs down to the
//! next names, so that evaluating a printed formula on its printed operands gives its printed value.

mod formula;
mod step;
mod tree;

pub use formula::evaluate;
pub use step::{Origin, Step};
pub use tree::{Derivation, Label, Node, Operator};

#[cfg(test)]
mod tests;
