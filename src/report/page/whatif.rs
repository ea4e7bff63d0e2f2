//! A settlement beside another one as a page, with the payment drawn over the values of a choice.

use maud::{PreEscaped, html};

use super::words::words;
use super::{chart, derivations, document, minus};
use crate::error::Result;
use crate::report::comparison::{Comparison, Sweep};

/// The page of one or two comparisons of an ACO.
///
/// # Errors
/// When a chart cannot be drawn, which is a defect.
pub fn whatif_page(comparisons: &[Comparison]) -> Result<String> {
    let mut parts = Vec::new();
    for comparison in comparisons {
        let drawn = comparison.sweep.as_ref().map(drawn).transpose()?.flatten();
        parts.push(html! {
            section.panel {
                h2 { (comparison.aco) ", performance year " (comparison.performance_year) ": " (changes(comparison)) }
                @for note in &comparison.notes { p { (note) } }
                @if let Some(sweep) = &comparison.sweep {
                    @if let Some(svg) = &drawn {
                        figure { div.wide { (PreEscaped(svg)) } figcaption { "Payment in dollars by " (plain(&sweep.key)) "; below zero the ACO owes." } }
                    } @else { p { "The payment is the same whatever the " (plain(&sweep.key)) "." } }
                    details open[drawn.is_none()] { summary { "Payment by " (plain(&sweep.key)) ", as a table" } div.scroll { table {
                        thead { tr { @for heading in &sweep.table(false)[0] { th scope="col" { (sentence(heading)) } } } }
                        tbody { @for row in &sweep.table(false)[1..] { tr {
                            @for (at, cell) in row.iter().enumerate() { @if at == 0 { th scope="row" { (cell) } } @else { td { (cell_of(cell)) } } }
                        } } }
                    } } }
                }
                @let otherwise = !comparison.changed.is_empty();
                h3 { @if otherwise { "Settled as it was, and otherwise" } @else { "Settled as it was" } }
                div.scroll { table {
                    thead { tr { th scope="col" { "Value" } th scope="col" { "Base" }
                        @if otherwise { th scope="col" { "Alternative" } th scope="col" { "Difference" } } } }
                    tbody { @for row in &comparison.rows { tr class=(if row.name == "payment" { "sum" } else { "" }) {
                        th scope="row" { (words(row.name)) }
                        @for cell in &row.told()[1..if otherwise { 4 } else { 2 }] { td { (cell_of(cell)) } }
                    } } }
                } }
            }
        });
    }
    let body = html! { @for part in &parts { (part) } };
    let title = comparisons.first().map_or_else(String::new, |first| format!("{}: under other choices", first.aco));
    let footer = html! { "Settled from the finished run's own factors: what the claims came to is the same on both sides." };
    Ok(document(&title, &[], &body, &[], &derivations::data(&[]), &footer))
}

/// A cell with a minus sign as long as a plus, and a dash where there is nothing.
fn cell_of(text: &str) -> String {
    if text == "-" { "–".to_string() } else { minus(text) }
}

fn plain(key: &str) -> String {
    key.replace('_', " ")
}

fn sentence(heading: &str) -> String {
    let mut text = plain(heading);
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn changes(comparison: &Comparison) -> String {
    let changes: Vec<String> = comparison.changed.iter().map(|changed| changed.told(plain)).collect();
    match &comparison.sweep {
        Some(sweep) if changes.is_empty() => format!("payment by {}", plain(&sweep.key)),
        None if changes.is_empty() => "as it was".to_string(),
        _ => changes.join(", "),
    }
}

/// The payments of a sweep as a chart, where they are not all alike.
fn drawn(sweep: &Sweep) -> Result<Option<String>> {
    let payments = || sweep.points.iter().filter_map(|point| Some((point.value.as_str(), point.payment?)));
    if payments().all(|(_, payment)| Some(payment) == payments().next().map(|(_, first)| first)) {
        return Ok(None);
    }
    let amount = |payment: crate::money::Decimal| payment.to_string().parse().unwrap_or_default();
    let numbers: Option<Vec<(f64, f64)>> =
        payments().map(|(value, payment)| Some((value.parse().ok()?, amount(payment)))).collect();
    Ok(Some(match numbers {
        Some(points) => chart::line(&points)?,
        None => chart::columns(&payments().map(|(value, payment)| (value.to_string(), amount(payment))).collect::<Vec<_>>())?,
    }))
}
