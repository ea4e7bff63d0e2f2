//! One ACO's savings or losses, step by step.

use std::fmt;

use rust_decimal::Decimal;

use super::quality::Rates;
use super::{Terms, loss_rate, minimum_rate, quality, termination};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::rules::choices::RecalculatedRetest;

/// What a performance year came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Savings that reach the minimum, or that an ACO below it shares at the reduced rate.
    Savings,
    /// Losses that reach the minimum; a one-sided ACO owes nothing for them.
    Losses,
    /// Neither.
    None,
    /// The people or the tables do not determine it.
    Undetermined,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Savings => "savings",
            Self::Losses => "losses",
            Self::None => "none",
            Self::Undetermined => "undetermined",
        })
    }
}

/// What a settlement starts from.
#[derive(Debug, Clone, Copy)]
pub struct Position<'r> {
    /// Updated benchmark per person-year.
    pub benchmark: Node,
    /// The benchmark without the prospective trend, where losses may be measured on it, and the paragraph.
    pub two_way: Option<(Node, &'r str)>,
    /// Person-years of the performance year.
    pub person_years: Node,
    /// Expenditure per person-year.
    pub per_capita: Node,
}

/// How an ACO's year was settled; the amounts are steps of its derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// What the year came to.
    pub outcome: Outcome,
    /// Whether losses were measured on the recalculated benchmark (425.652(b)(5)).
    pub recalculated_benchmark_used: bool,
    /// Whether savings are shared at the reduced rate below the minimum (425.605(h)).
    pub reduced_rate: bool,
    /// Why an outcome is undetermined.
    pub reason: Option<&'static str>,
}

/// What is spent is held against the benchmark.
const DETERMINED: &str = "42 CFR 425.604(a), 425.605(a), 425.606(a), 425.610(a); specification v11, 4.3";
/// What an ACO is told that it earned or owes.
const NOTIFIED: &str = "42 CFR 425.604(f), 425.605(e), 425.606(h), 425.610(h); specification v11, 4.3";

/// Settles one ACO.
///
/// # Errors
/// When a rule row that the arrangement needs does not hold.
pub fn settle<'r>(terms: &Terms<'_, 'r>, position: &Position<'r>, tree: &mut Derivation<'r>) -> Result<Settlement> {
    let three_way = tree.product(&[position.benchmark, position.person_years]);
    let expenditure = tree.product(&[position.per_capita, position.person_years]);
    let expenditure = tree.name(expenditure, "total_expenditure", None, DETERMINED);
    let Some(msr) = minimum_rate::rate(terms, tree)? else {
        let benchmark = tree.name(three_way, "total_benchmark", None, DETERMINED);
        balance(benchmark, expenditure, tree);
        let reason = Some("too few assigned beneficiaries for a variable minimum savings rate");
        return Ok(Settlement {
            outcome: Outcome::Undetermined,
            recalculated_benchmark_used: false,
            reduced_rate: false,
            reason,
        });
    };
    let two_sided = terms.is_two_sided();
    if two_sided {
        let mlr = tree.difference(Node::ZERO, msr);
        tree.name(mlr, "mlr", None, &terms.minimum_rate.citation);
    }
    let (benchmark, recalculated) = match position.two_way {
        None => (tree.name(three_way, "total_benchmark", None, DETERMINED), None),
        Some((two_way, cite)) => {
            let first = tree.name(three_way, "total_three_way_benchmark", None, cite);
            let other = tree.product(&[two_way, position.person_years]);
            let other = tree.name(other, "total_two_way_benchmark", None, cite);
            let chosen = recalculate(first, other, expenditure, msr, tree);
            (tree.name(chosen, "total_benchmark", None, cite), Some(first))
        }
    };
    let balance = balance(benchmark, expenditure, tree);
    let minimum = tree.product(&[msr, benchmark]);
    let minimum = tree.name(minimum, "minimum_savings", None, &terms.minimum_rate.citation);
    let used = recalculated.is_some_and(|first| tree.value(benchmark) != tree.value(first));
    let (d, m) = (tree.value(balance), tree.value(minimum));
    let retest = terms.rules.choices.recalculated_retest.at(terms.aco.performance_year)?.value;

    let rates = quality::rates(terms, tree);
    let may_share_less = has_reduced_rate(terms, tree.value(rates.sharing))?;
    let reduced = !used && d > Decimal::ZERO && d < m && may_share_less;
    let outcome = if used {
        let beyond = retest == RecalculatedRetest::No || -d >= m;
        if d < Decimal::ZERO && beyond { Outcome::Losses } else { Outcome::None }
    } else if d > Decimal::ZERO && (d >= m || reduced) {
        Outcome::Savings
    } else if d < Decimal::ZERO && -d >= m {
        Outcome::Losses
    } else {
        Outcome::None
    };
    // Which side of a gate an ACO stands on is decided above; the steps below print every test that decided it, so that who
    // follows them with other numbers comes out on the other side.
    let loss_gate = if two_sided { balance } else { Node::ZERO };
    let minus = tree.difference(Node::ZERO, balance);
    let loss = tree.if_at_least(minus, minimum, loss_gate, Node::ZERO);
    let mut generated = if may_share_less {
        tree.if_above(balance, Node::ZERO, balance, loss)
    } else {
        tree.if_at_least(balance, minimum, balance, loss)
    };
    let raised = recalculated.map(|first| tree.difference(benchmark, first));
    if let Some(raised) = raised {
        let loss = match retest {
            RecalculatedRetest::No => tree.if_above(Node::ZERO, balance, loss_gate, Node::ZERO),
            RecalculatedRetest::Yes => loss,
        };
        generated = tree.if_above(raised, Node::ZERO, loss, generated);
    }
    let generated = tree.name(generated, "generated_savings_losses", None, &terms.minimum_rate.citation);
    let remaining = termination::remaining(terms, tree)?;
    let gate = may_share_less.then_some(Gate { balance, minimum, raised });
    let savings = shared_savings(terms, rates.sharing, gate, generated, remaining.savings, benchmark, tree)?;
    let owed = match &terms.losses {
        None => Node::ZERO,
        Some(_) => shared_losses(terms, rates, generated, remaining.losses, benchmark, tree)?,
    };
    let mut earned = tree.difference(savings, owed);
    if terms.aco.key.performance_half.is_some() {
        let months = tree.given("performance_months_of_half", None, Decimal::from(terms.aco.performance_months), "aco");
        let twelve = tree.number(Decimal::from(12));
        let half = tree.ratio(months, twelve);
        let half = tree.name(half, "half_year_share", None, "42 CFR 425.609");
        earned = tree.product(&[earned, half]);
    }
    let earned = tree.name(earned, "earned_savings_losses", None, NOTIFIED);
    pay(terms, earned, tree);
    Ok(Settlement { outcome, recalculated_benchmark_used: used, reduced_rate: reduced, reason: None })
}

/// Benchmark less expenditure, and the savings rate.
fn balance(benchmark: Node, expenditure: Node, tree: &mut Derivation<'_>) -> Node {
    let balance = tree.difference(benchmark, expenditure);
    let balance = tree.name(balance, "benchmark_minus_expenditure", None, DETERMINED);
    let rate = tree.ratio(balance, benchmark);
    tree.name(rate, "savings_rate", None, DETERMINED);
    balance
}

/// The benchmark losses are measured on: the two-way one where it is higher and losses reach the minimum (425.652(b)(5)).
fn recalculate(first: Node, other: Node, expenditure: Node, msr: Node, tree: &mut Derivation<'_>) -> Node {
    let loss = tree.difference(expenditure, first);
    let minimum = tree.product(&[msr, first]);
    let higher = tree.greatest(first, other);
    let beyond = tree.if_at_least(loss, minimum, higher, first);
    tree.if_above(loss, Node::ZERO, beyond, first)
}

/// Whether an ACO below its minimum shares at the reduced rate: a low-revenue one, large enough, with some quality.
fn has_reduced_rate(terms: &Terms<'_, '_>, full_rate: Decimal) -> Result<bool> {
    let least = terms.rules.settlement.eligible_beneficiaries.at(terms.aco.performance_year)?.value;
    Ok(terms.below_minimum_share.is_some()
        && terms.aco.low_revenue == Some(true)
        && terms.aco.assigned_beneficiaries >= least
        && full_rate > Decimal::ZERO)
}

/// What decides between the full sharing rate and the reduced one.
#[derive(Debug, Clone, Copy)]
struct Gate {
    balance: Node,
    minimum: Node,
    /// By how much recalculating raised the benchmark, where it is recalculated.
    raised: Option<Node>,
}

/// Shared savings after sequestration and limit; `gate` is there for an ACO that may share at the reduced rate.
fn shared_savings<'r>(
    terms: &Terms<'_, 'r>,
    full_rate: Node,
    gate: Option<Gate>,
    generated: Node,
    retained: Node,
    benchmark: Node,
    tree: &mut Derivation<'r>,
) -> Result<Node> {
    let row = terms.sharing_rate;
    let rate = match terms.below_minimum_share.zip(gate) {
        None => tree.name(full_rate, "final_sharing_rate", None, &row.citation),
        Some((share, Gate { balance, minimum, raised })) => {
            let part = tree.rule("below_minimum_share", share.value.0, &share.citation);
            let part = tree.product(&[full_rate, part]);
            let beyond = tree.if_at_least(balance, minimum, full_rate, part);
            let mut rate = tree.if_above(balance, Node::ZERO, beyond, full_rate);
            if let Some(raised) = raised {
                rate = tree.if_above(raised, Node::ZERO, full_rate, rate);
            }
            let citation = if tree.value(rate) == tree.value(full_rate) { &row.citation } else { &share.citation };
            tree.name(rate, "final_sharing_rate", None, citation)
        }
    };
    let saved = tree.greatest(generated, Node::ZERO);
    let shared = if retained == Node::ONE { tree.product(&[rate, saved]) } else { tree.product(&[rate, saved, retained]) };
    let shared = tree.name(shared, "shared_before_sequestration", None, &row.citation);
    let withheld_row = terms.rules.settlement.sequestration.at(terms.aco.performance_year)?;
    let withheld_rate = tree.rule("sequestration_rate", withheld_row.value.0, &withheld_row.citation);
    let withheld = tree.product(&[shared, withheld_rate]);
    let withheld = tree.name(withheld, "sequestration", None, &withheld_row.citation);
    let limit_row = terms.payment_limit;
    let limit_share = tree.rule("payment_limit_share", limit_row.value.0, &limit_row.citation);
    let limit = tree.product(&[limit_share, benchmark]);
    let limit = tree.name(limit, "payment_limit", None, &limit_row.citation);
    let net = tree.difference(shared, withheld);
    let earned = tree.least(net, limit);
    Ok(tree.name(earned, "earned_savings", None, &limit_row.citation))
}

/// Shared losses after limit, termination and circumstances.
fn shared_losses<'r>(
    terms: &Terms<'_, 'r>,
    rates: Rates,
    generated: Node,
    remaining: Node,
    benchmark: Node,
    tree: &mut Derivation<'r>,
) -> Result<Node> {
    let Some(losses) = &terms.losses else { return Ok(Node::ZERO) };
    let cite = losses.rate.citation.as_str();
    let rate = loss_rate::rate(terms, losses, rates, tree);
    let limit = loss_rate::limit(terms, losses, benchmark, tree)?;
    let loss = tree.difference(Node::ZERO, generated);
    let loss = tree.greatest(loss, Node::ZERO);
    let raw = tree.product(&[rate, loss]);
    let raw = tree.name(raw, "shared_losses_before_limit", None, cite);
    let mut liable = tree.least(raw, limit);
    if remaining != Node::ONE {
        liable = tree.product(&[liable, remaining]);
    }
    let liable = tree.name(liable, "liable_losses", None, cite);
    let aco = terms.aco;
    let (true, Some(people), Some(year)) = (losses.relief.value, aco.euc_share_beneficiaries, aco.euc_share_year) else {
        return Ok(tree.name(liable, "owed_losses", None, cite));
    };
    let people = tree.given("euc_share_beneficiaries", None, people, "aco");
    let year = tree.given("euc_share_year", None, year, "aco");
    let relief = tree.product(&[liable, people, year]);
    let relief = tree.name(relief, "euc_reduction", None, &losses.relief.citation);
    let owed = tree.difference(liable, relief);
    Ok(tree.name(owed, "owed_losses", None, &losses.relief.citation))
}

/// What is paid or owed after advances are recouped from savings (425.630, 425.640).
fn pay(terms: &Terms<'_, '_>, earned: Node, tree: &mut Derivation<'_>) {
    let mut left = earned;
    let advances = [
        (terms.aco.aip_outstanding, "aip_outstanding", "aip_recoupment", "42 CFR 425.630(g)"),
        (terms.aco.prepaid_outstanding, "prepaid_outstanding", "prepaid_recoupment", "42 CFR 425.640"),
    ];
    for (outstanding, cell, name, cite) in advances {
        let Some(outstanding) = outstanding else { continue };
        let outstanding = tree.given(cell, None, outstanding, "aco");
        let available = tree.greatest(left, Node::ZERO);
        let recouped = tree.least(available, outstanding);
        let recouped = tree.name(recouped, name, None, cite);
        left = tree.difference(left, recouped);
    }
    tree.name(left, "payment", None, NOTIFIED);
}
