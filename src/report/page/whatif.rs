//! A settlement beside another one as a page, with the payment drawn over the values of a choice.

use maud::{PreEscaped, html};

use super::{chart, derivations, document};
use crate::error::Result;
use crate::report::comparison::{Comparison, Sweep};

/// The page of one or two comparisons of an ACO.
///
/// # Errors
/// When a chart cannot be drawn, which is a defect.
pub fn whatif_page(comparisons: &[Comparison]) -> Result<String> {
    let mut parts = Vec::new();
    for comparison in comparisons {
        let drawn = comparison.sweep.as_ref().map(drawn).transpose()?;
        parts.push(html! {
            section.panel {
                h2 { (comparison.title()) }
                @if let (Some(sweep), Some(svg)) = (&comparison.sweep, drawn) {
                    figure { div.wide { (PreEscaped(svg)) } figcaption { "Payment in dollars by " (sweep.key.replace('_', " ")) "; below zero the ACO owes." } }
                    details { summary { "As a table" } div.scroll { table {
                        thead { tr { @for heading in &sweep.table(false)[0] { th scope="col" { (heading.replace('_', " ")) } } } }
                        tbody { @for row in &sweep.table(false)[1..] { tr { @for cell in row { td { (cell) } } } } }
                    } } }
                }
                div.scroll { table {
                    thead { tr { th scope="col" { "Value" } th scope="col" { "Base" } th scope="col" { "Alternative" } th scope="col" { "Difference" } } }
                    tbody { @for row in &comparison.rows { tr class=(if row.name == "payment" { "sum" } else { "" }) {
                        @for (at, cell) in row.told().iter().enumerate() {
                            @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                        }
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

fn drawn(sweep: &Sweep) -> Result<String> {
    let numbers: Option<Vec<f64>> = sweep.points.iter().map(|point| point.value.parse().ok()).collect();
    let names: Vec<String> = sweep.points.iter().map(|point| point.value.clone()).collect();
    let place = |at: usize| numbers.as_ref().map_or(at as f64, |numbers| numbers[at]);
    let payment = |at: usize| sweep.points[at].payment?.to_string().parse().ok();
    let points: Vec<(f64, f64)> = (0..sweep.points.len()).filter_map(|at| Some((place(at), payment(at)?))).collect();
    chart::line(&points, if numbers.is_some() { &[] } else { &names })
}
