//! An ACO's page: how its benchmark came about, what was spent, and what is paid.

use maud::{Markup, PreEscaped, html};

use super::chart::{self, Ink};
use super::words::{BENCHMARK, outcome, words};
use super::{anchor, benchmark, float, money, number, settlement, told};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::money::Decimal;
use crate::report::finished::{AcoYearResult, ComponentFigures, Finished, label};
use crate::report::shown::{SUPPRESSED, Shown, Unit, unit_of};
use crate::rules::EnrollmentType;

pub(super) fn page(result: &AcoYearResult, finished: &Finished) -> Result<Markup> {
    let aco = &result.aco;
    let n = |name: &str, unit: Unit| number(result, name, unit);
    Ok(html! {
        section.page.aco id=(anchor(result)) data-aco=(anchor(result)) aria-labelledby=(format!("{}-title", anchor(result))) {
            h2 id=(format!("{}-title", anchor(result))) { (aco.key) " "
                span class=(format!("tag {}", result.outcome)) { (outcome(&result.outcome)) } }
            p.soft {
                (aco.track) ", " (aco.assignment_method) " assignment, agreement period " (aco.agreement_period) " from "
                (aco.agreement_start) ", rules of " (result.regime)
                @if !result.selected_adjustment.is_empty() { ", adjustment: " (result.selected_adjustment.replace('_', " ")) } ". "
                "Benchmark years " (aco.calendar_year(FactorYear::By1)) ", " (aco.calendar_year(FactorYear::By2)) " and "
                (aco.calendar_year(FactorYear::By3)) " (BY1 to BY3), performance year " (aco.calendar_year(FactorYear::Py)) " (PY)."
                @if let Some(half) = aco.key.performance_half {
                    " Half " (half) " of the year: savings are measured over the whole year, and " (aco.performance_months)
                    " months of twelve are earned or owed (42 CFR 425.609)."
                }
            }
            @if !result.reason.is_empty() { p.losses { strong { "Undetermined: " } (result.reason) } }
            div.cards {
                (card("Payment", &money(result, "payment")))
                (card("Benchmark per person-year", &money(result, "updated_benchmark")))
                (card("Expenditure per person-year", &money(result, "per_capita_py")))
                (card("Savings rate", &n("savings_rate", Unit::Percent)))
                (card("Minimum savings rate", &n("msr", Unit::Percent)))
                (card("Savings or losses that count", &money(result, "generated_savings_losses")))
                (card("Final sharing rate", &n("final_sharing_rate", Unit::Percent)))
                (card("Person-years", &n("person_years_py", Unit::PersonYears)))
            }
            div.grid {
                section.panel { (benchmark::waterfall(result)?) }
                section.panel { (by_type(result)) }
                (components(result, finished)?)
                section.panel.half { (mix(result)?) }
                section.panel.half { (settlement::table(result)) }
                section.panel { (settlement::drawn(result)?) }
            }
            details.panel {
                summary { "Every step of " (aco.key) }
                div.scroll { table {
                    thead { tr { th scope="col" { "Step" } th scope="col" { "Value" } th.left scope="col" { "Follows" } } }
                    tbody { @for step in result.steps.iter().filter(|step| step.enrollment_type.is_none()) { tr {
                        th scope="row" { (words(&step.name)) }
                        td { (number(result, &step.label(), unit_of(&step.name))) }
                        td.left { (step.citation) }
                    } } }
                } }
            }
        }
    })
}

fn card(label: &str, value: &Markup) -> Markup {
    html! { div.card { span.label { (label) } span.value { (value) } } }
}

/// The benchmark's values by enrollment type.
fn by_type(result: &AcoYearResult) -> Markup {
    let kinds: Vec<Option<EnrollmentType>> = EnrollmentType::ALL.into_iter().map(Some).chain([None]).collect();
    let present = |name: &str| kinds.iter().any(|kind| result.step(&label(name, *kind)).is_some());
    html! {
        h3 { "By enrollment type" }
        div.scroll { table {
            thead { tr { th scope="col" { "Dollars per person-year, ratios" }
                @for kind in EnrollmentType::ALL { th scope="col" { abbr title=(long(kind)) { (kind) } } } th scope="col" { "All" } } }
            tbody { @for (words, name, unit) in BENCHMARK.iter().filter(|(_, name, _)| present(name)) {
                tr class=(if name.ends_with("_benchmark") { "sum" } else { "" }) {
                    th scope="row" { (words) }
                    @for kind in &kinds { td { (number(result, &label(name, *kind), *unit)) } }
                }
            } }
        } }
    }
}

fn long(kind: EnrollmentType) -> &'static str {
    ["End-stage renal disease", "Disabled", "Aged, dual eligible", "Aged, not dual eligible"][kind.index()]
}

/// Expenditures by claim type, against region and nation; nothing where the run was not made from claims.
fn components(result: &AcoYearResult, finished: &Finished) -> Result<Markup> {
    let told_of = |row: &&ComponentFigures| row.hidden || row.figures.iter().flatten().any(|figure| figure.abs() >= Decimal::ONE);
    let rows: Vec<_> = finished.components.iter().filter(|row| row.key == result.aco.key).filter(told_of).collect();
    if rows.is_empty() || !result.suppression.shows(None) {
        return Ok(html! {});
    }
    let name = |component: &str| match component {
        "skilled_nursing" => "Skilled nursing".to_string(),
        "home_health" => "Home health".to_string(),
        "carrier" => "Physician and supplier".to_string(),
        "dme" => "Durable equipment".to_string(),
        "non_claims" => "Outside claims".to_string(),
        other => other[..1].to_uppercase() + &other[1..],
    };
    // Region and nation are the same for all; only the mix at which they are taken is the ACO's.
    let beside = result.suppression.shows_mix();
    let figures = |row: &ComponentFigures| {
        let mut figures = row.figures.map(|figure| figure.map_or(Shown::Absent, Shown::Number));
        if row.hidden {
            figures.fill(Shown::Suppressed);
        } else if !beside {
            figures[1..].fill(Shown::Suppressed);
        }
        figures
    };
    let inks = [Ink::Accent, Ink::Alt, Ink::Flat];
    let bars: Vec<_> = rows
        .iter()
        .map(|row| {
            let values = figures(row).into_iter().zip(inks).filter_map(|(figure, ink)| Some((float(figure.number()?), ink)));
            (name(&row.component), values.collect::<Vec<_>>())
        })
        .collect();
    Ok(html! {
        section.panel {
            h3 { "Expenditures by claim type" }
            figure {
                div.wide { (PreEscaped(chart::grouped_bars(&bars)?)) }
                ul.key aria-hidden="true" {
                    li { i style="background:var(--accent)" {} "This ACO" }
                    @if beside {
                        li { i style="background:var(--alt)" {} "Its region" }
                        li { i style="background:var(--flat)" {} "Nation" }
                    }
                }
                figcaption { "Dollars per person-year of the performance year, completed and not truncated"
                    @if beside { "; region and nation at the ACO's mix of enrollment types" }
                    @if rows.iter().any(|row| row.hidden) { ". Hidden (" (SUPPRESSED) "): what few people have payments of, and what would give that back" } "." }
            }
            details { summary { "As a table" }
                div.scroll { table {
                    thead { tr { th scope="col" { "Claim type" } th scope="col" { "This ACO" } th scope="col" { "Region" } th scope="col" { "Nation" } } }
                    tbody { @for row in &rows { tr { th scope="row" { (name(&row.component)) } @for figure in figures(row) { td { (told(figure, Unit::Dollars)) } } } } }
                } }
            }
        }
    })
}

/// Who the assigned people are, year by year.
fn mix(result: &AcoYearResult) -> Result<Markup> {
    let open = |kind: &EnrollmentType| result.suppression.shows(Some(*kind));
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    for year in FactorYear::ALL {
        let people = |kind: EnrollmentType| result.value(&format!("person_years_{}", year.name().to_lowercase()), Some(kind));
        let mut parts: Vec<(f64, Ink)> = EnrollmentType::ALL
            .into_iter()
            .filter(open)
            .map(|kind| (people(kind).map_or(0.0, float), Ink::Type(kind.index() as u8)))
            .collect();
        let hidden: Decimal = result.suppression.hidden().iter().filter_map(|kind| people(*kind)).sum();
        if !result.suppression.hidden().is_empty() {
            parts.push((float(hidden), Ink::Flat));
        }
        bars.push((format!("{} {}", year.name(), result.aco.calendar_year(*year)), parts));
        let name = format!("person_years_{}", year.name().to_lowercase());
        rows.push((year.name(), EnrollmentType::ALL.map(|kind| number(result, &label(&name, Some(kind)), Unit::PersonYears))));
    }
    Ok(html! {
        h3 { "Enrollment types" }
        @if result.suppression.shows(None) {
            figure {
                div.wide { (PreEscaped(chart::shares(&bars)?)) }
                ul.key aria-hidden="true" {
                    @for kind in EnrollmentType::ALL.into_iter().filter(open) {
                        li { i style=(format!("background:var(--t{})", kind.index())) {} (long(kind)) }
                    }
                    @if !result.suppression.hidden().is_empty() { li { i style="background:var(--flat)" {} "Types with few people" } }
                }
                figcaption { "Shares of assigned person-years." }
            }
        }
        div.scroll { table {
            thead { tr { th scope="col" { "Person-years" } @for kind in EnrollmentType::ALL { th scope="col" { (kind) } } } }
            tbody { @for (year, cells) in &rows { tr { th scope="row" { (year) } @for cell in cells { td { (cell) } } } } }
        } }
    })
}
