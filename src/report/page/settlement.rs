//! How an ACO's payment came about: a table from savings to payment, and a drawing of the gate and the limits.

use maud::{Markup, PreEscaped, html};

use super::chart::{self, Fall, Ink};
use super::words::SETTLEMENT;
use super::{float, number};
use crate::error::Result;
use crate::report::finished::AcoYearResult;

/// The settlement as a table, from savings to payment.
pub(super) fn table(result: &AcoYearResult) -> Markup {
    html! {
        h3 { "From savings to payment" }
        div.scroll { table {
            tbody { @for (words, name, unit) in SETTLEMENT.iter().filter(|(_, name, _)| result.step(name).is_some()) {
                tr class=(if *name == "payment" { "sum" } else { "" }) { th scope="row" { (words) } td { (number(result, name, *unit)) } }
            } }
        } }
    }
}

/// The settlement drawn: the gate, and what stands between savings or losses and the payment.
pub(super) fn drawn(result: &AcoYearResult) -> Result<Markup> {
    let value = |name: &str| result.value(name, None).map(float);
    let (Some(balance), Some(gate)) = (value("benchmark_minus_expenditure"), value("minimum_savings")) else {
        return Ok(html! { h3 { "The gate and the limits" } p { "There is nothing to draw." } });
    };
    if !result.suppression.shows(None) {
        return Ok(html! { h3 { "The gate and the limits" } p { "Too few people to be shown." } });
    }
    let change = |label: &str, from: f64, to: f64| Fall {
        label: label.to_string(),
        from,
        to,
        ink: if to >= from { Ink::Good } else { Ink::Bad },
    };
    let whole = |label: &str, to: f64| Fall { label: label.to_string(), from: 0.0, to, ink: Ink::Accent };
    let mut bars = vec![whole("Benchmark less\nexpenditures", balance)];
    let generated = value("generated_savings_losses").unwrap_or_default();
    let mut at = balance;
    let mut step = |label: &str, to: f64, always: bool| {
        if always || (to - at).abs() > 0.005 {
            bars.push(change(label, at, to));
        }
        at = to;
    };
    step("Not beyond\nthe gate", generated, false);
    let earned = value("earned_savings").unwrap_or_default();
    let owed = value("owed_losses").unwrap_or_default();
    let limit = if generated < 0.0 {
        let shared = value("shared_losses_before_limit").unwrap_or_default();
        let limit = value("loss_limit");
        step("Borne by\nMedicare", -shared, true);
        step("Above the\nloss limit", -limit.map_or(shared, |limit| shared.min(limit)), false);
        step("Termination,\ncircumstances", -owed, false);
        limit.map(|limit| (-limit, "loss limit"))
    } else {
        let shared = value("shared_before_sequestration").unwrap_or_default();
        let withheld = value("sequestration").unwrap_or_default();
        if generated > 0.0 {
            step("Kept by\nMedicare", shared, true);
            step("Sequestration", shared - withheld, true);
            step("Above the\npayment limit", earned, false);
        }
        value("payment_limit").map(|limit| (limit, "payment limit"))
    };
    if result.aco.key.performance_half.is_some() {
        step("Half of\nthe year", value("earned_savings_losses").unwrap_or_default(), false);
    }
    step("Recoupment", value("payment").unwrap_or_default(), false);
    let payment = value("payment").unwrap_or_default();
    bars.push(Fall {
        label: "Payment".to_string(),
        from: 0.0,
        to: payment,
        ink: if payment < 0.0 { Ink::Bad } else { Ink::Accent },
    });
    // A limit far beyond every bar would flatten them; the table has it.
    let most = bars.iter().flat_map(|bar| [bar.from.abs(), bar.to.abs()]).fold(gate.abs(), f64::max);
    let limit = limit.filter(|(height, _)| generated != 0.0 && height.abs() <= 2.5 * most);
    let gates = if result.step("mlr").is_some() { vec![gate, -gate] } else { vec![gate] };
    Ok(html! {
        h3 { "The gate and the limits" }
        div.grid style="margin:0" {
            figure style="grid-column:span 12" {
                div.wide { (PreEscaped(chart::gate(balance, &gates)?)) }
                figcaption { "Benchmark less expenditures against the minimum savings"
                    @if gates.len() > 1 { " and losses" } " that it must reach to count." }
            }
            figure style="grid-column:span 12" {
                div.wide { (PreEscaped(chart::waterfall(&bars, limit, true)?)) }
                figcaption { "Dollars of the performance year." }
            }
        }
    })
}
