//! A finished run as one self-contained page: the program on top, then each ACO. No network, no font, no script of others;
//! charts are drawn by plotters (a pure Rust library with an SVG backend and no fonts of its own to install), markup by maud,
//! which escapes every text and is checked when the program is built.

mod account;
mod benchmark;
mod chart;
mod derivations;
mod map;
mod overview;
mod settlement;
mod whatif;
mod words;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use overview::{Member, Program};
pub use whatif::whatif_page;

use super::finished::{AcoYearResult, Finished};
use super::shown::{SUPPRESSED, Shown, Unit};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::money::Decimal;

/// What a page tells of the run it was made of.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Name of the execution.
    pub run_id: String,
    /// Version of the program that made the run.
    pub version: String,
    /// When it ended, UTC.
    pub ended: String,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// The page of a run.
///
/// # Errors
/// When a chart cannot be drawn, which is a defect.
pub fn run_page(finished: &Finished, about: &About) -> Result<String> {
    let program = program(finished);
    let mut pages = Vec::new();
    for result in &finished.acos {
        pages.push(account::page(result, finished)?);
    }
    let overview = html! {
        (overview::overview(&program, &participation(finished)?)?)
        @if !about.notes.is_empty() {
            section.panel { h2 { "Notes of the run" } ul.notes { @for note in &about.notes { li { (note) } } } }
        }
    };
    let acos: Vec<String> = finished.acos.iter().map(|result| result.aco.key.to_string()).collect();
    let footer = html! {
        "Run " (about.run_id) ", made by acobench " (about.version) ", ended " (minute(&about.ended)) ". "
        @if finished.internal { strong { "Internal: cells resting on few beneficiaries are shown; not to be handed to others. " } }
        @else { "Cells that rest on 1 to 10 beneficiaries, and those that would give them back, are suppressed (" (SUPPRESSED) "). " }
        "Specification v11 is CMS's “Shared Savings and Losses, Assignment and Quality Performance Standard Methodology”, version 11."
    };
    let title = format!("Performance year {}", finished.performance_year());
    Ok(document(&title, &acos, &overview, &pages, &derivations::data(&finished.acos), &footer))
}

/// The page of a year's published results: the program alone.
///
/// # Errors
/// When a chart cannot be drawn, which is a defect.
pub fn program_page(program: &Program) -> Result<String> {
    let overview = overview::overview(program, &html! {})?;
    let none = derivations::data(&[]);
    Ok(document(&program.title, &[], &overview, &[], &none, &html! { (program.source) }))
}

fn program(finished: &Finished) -> Program {
    let members = finished.acos.iter().map(|result| {
        let value = |name: &str| result.shown(name, None);
        let aco = &result.aco;
        Member {
            aco_id: aco.key.aco_id.clone(),
            part: result.part_of_year(),
            name: aco.key.to_string(),
            link: Some(anchor(result)),
            track: aco.track.to_string(),
            outcome: result.outcome.clone(),
            beneficiaries: if result.suppression.shows(None) {
                Shown::Number(Decimal::from(aco.assigned_beneficiaries))
            } else {
                Shown::Suppressed
            },
            benchmark: value("total_benchmark"),
            expenditure: value("total_expenditure"),
            benchmark_per_capita: value("updated_benchmark"),
            expenditure_per_capita: value("per_capita_py"),
            balance: value("benchmark_minus_expenditure"),
            savings_rate: value("savings_rate"),
            minimum_rate: value("msr"),
            two_sided: result.step("mlr").is_some(),
            generated: value("generated_savings_losses"),
            earned: value("earned_savings_losses"),
            limit: value("payment_limit"),
        }
    });
    Program {
        title: format!("Performance year {}", finished.performance_year()),
        source: String::new(),
        members: members.collect(),
        steps: true,
    }
}

/// A moment to the minute; what is none stays as it is.
fn minute(moment: &str) -> String {
    match (moment.get(..16), moment.ends_with('Z')) {
        (Some(start), true) => format!("{} UTC", start.replacen('T', " ", 1)),
        _ => moment.to_string(),
    }
}

/// Where an ACO's page stands.
fn anchor(result: &AcoYearResult) -> String {
    fragment(&result.aco.key.to_string())
}

fn fragment(aco: &str) -> String {
    aco.replace(' ', "-")
}

/// The pages by name; of many ACOs a field that finds one.
fn navigation(acos: &[String]) -> Markup {
    let many = acos.len() >= MANY;
    html! {
        nav aria-label="Pages" {
            ul {
                li { a href="#overview" { "Program" } }
                @if many { li { a #current hidden {} } }
                @else { @for aco in acos { li { a href=(format!("#{}", fragment(aco))) { (aco) } } } }
            }
            @if many {
                label { "Go to ACO " input #goto list="acos" autocomplete="off" spellcheck="false" placeholder=(acos[0]); }
                datalist #acos { @for aco in acos { option value=(aco) {} } }
                button.plain #before { "Previous" } button.plain #after { "Next" }
            }
        }
    }
}

/// The map, where the run knows counties.
fn participation(finished: &Finished) -> Result<Markup> {
    let mut counties = map::Counties::new();
    let kept = |row: &&crate::factors::AcoCounty| {
        row.year == FactorYear::Py && finished.acos.iter().any(|result| result.aco.key == row.key)
    };
    for row in finished.factors.aco_counties.iter().filter(kept) {
        *counties.entry(row.county.clone()).or_default().entry(row.key.aco_id.clone()).or_default() += row.person_years;
    }
    if counties.is_empty() {
        return Ok(html! {});
    }
    let Some(hidden) = &finished.hidden_counties else {
        return Ok(html! { section.panel {
            h2 { "Where assigned beneficiaries live" }
            p { "The map is in the report of all ACOs. Maps of different ACOs would differ by few people." }
        } });
    };
    Ok(html! { section.panel { h2 { "Where assigned beneficiaries live" } (map::map(&counties, hidden, finished.fewest)?) } })
}

/// A number that opens its derivation.
fn number(result: &AcoYearResult, label: &str, unit: Unit) -> Markup {
    opening(result, label, unit, |told| told)
}

/// An amount with its dollar sign, that opens its derivation.
fn money(result: &AcoYearResult, label: &str) -> Markup {
    opening(result, label, Unit::Dollars, |told| with_sign(&told))
}

fn opening(result: &AcoYearResult, label: &str, unit: Unit, written: impl Fn(String) -> String) -> Markup {
    let shown = match result.step(label).and_then(|step| step.value.parse::<Decimal>().ok()) {
        None => Shown::Absent,
        Some(_) if !result.suppression.shows_label(label) => Shown::Suppressed,
        Some(value) => Shown::Number(value),
    };
    let told = written(told(shown, unit));
    if shown == Shown::Absent {
        return html! { (told) };
    }
    html! {
        button.num data-step=(label) data-unit=(unit) { (told) }
    }
}

/// A number to draw with.
fn float(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap_or(0.0)
}

/// A number with a minus sign as long as a plus.
fn told(shown: Shown, unit: Unit) -> String {
    minus(&shown.told(unit))
}

fn minus(text: &str) -> String {
    text.strip_prefix('-').filter(|rest| !rest.is_empty()).map_or_else(|| text.to_string(), |rest| format!("−{rest}"))
}

/// An amount with its dollar sign; no amount stays as it is.
fn with_sign(told: &str) -> String {
    let (sign, amount) = told.strip_prefix('−').map_or(("", told), |amount| ("−", amount));
    if amount.starts_with(|first: char| first.is_ascii_digit()) { format!("{sign}${amount}") } else { told.to_string() }
}

/// An amount in whole dollars, with its sign.
fn whole_dollars(amount: Decimal) -> String {
    let told = told(Shown::Number(amount.round()), Unit::Dollars);
    with_sign(told.strip_suffix(".00").unwrap_or(&told))
}

/// From this many ACOs on a page is laid out when it is asked for, and found by its name instead of a list.
const MANY: usize = 25;

fn document(title: &str, acos: &[String], overview: &Markup, pages: &[Markup], data: &str, footer: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Shared Savings Program, " (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.top { div {
                    p.soft { "Medicare Shared Savings Program" }
                    h1 { (title) }
                    @if !acos.is_empty() { (navigation(acos)) }
                } }
                main #content tabindex="-1" {
                    span #all {}
                    section.page #overview aria-label="Program" { (overview) }
                    @if pages.len() < MANY { @for page in pages { (page) } }
                    @else { @for (aco, page) in acos.iter().zip(pages) { script type="text/html" data-page=(fragment(aco)) { (page) } } }
                }
                footer.soft { p { (footer) } @if !pages.is_empty() { p.noprint { a href="#all" { "All pages below each other" } ", to print them" } } }
                div.tip role="status" hidden {}
                dialog #derivation aria-labelledby="derivation-title" {
                    button.plain.close type="button" { "Close" }
                    div.body {}
                }
                script type="application/json" #derivations { (PreEscaped(data)) }
                script { (PreEscaped(include_str!("script.js"))) }
            }
        }
    }
    .into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_moments_are_told_to_people() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(told(Shown::Number(number("-12.345")), Unit::Dollars), "−12.34");
        assert_eq!(["−12.34", "7.00", "*", "–"].map(with_sign), ["−$12.34", "$7.00", "*", "–"]);
        assert_eq!(["1234.5", "-1234.6", "0"].map(|text| whole_dollars(number(text))), ["$1,234", "−$1,235", "$0"]);
        assert_eq!(minute("2026-11-27T03:29:13Z"), "2026-11-27 03:29 UTC");
        assert_eq!(minute("yesterday"), "yesterday");
    }
}
