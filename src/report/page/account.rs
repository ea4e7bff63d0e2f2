//! An ACO's page: how its benchmark came about, what was spent, and what is paid.

use maud::{Markup, PreEscaped, html};

use super::chart::{self, Fall, Ink};
use super::{anchor, number};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::money::Decimal;
use crate::report::finished::{AcoYearResult, ComponentFigures, Finished, label};
use crate::report::shown::{Shown, Unit, unit_of};
use crate::rules::EnrollmentType;

pub(super) fn page(result: &AcoYearResult, finished: &Finished) -> Result<Markup> {
    let aco = &result.aco;
    let n = |name: &str, unit: Unit| number(result, name, unit);
    Ok(html! {
        section.page.aco id=(anchor(result)) data-aco=(anchor(result)) aria-labelledby=(format!("{}-title", anchor(result))) {
            h2 id=(format!("{}-title", anchor(result))) { (aco.key) " "
                span class=(format!("tag {}", result.outcome)) { (result.outcome) } }
            p.soft {
                (aco.track) ", " (aco.assignment_method) " assignment, agreement period " (aco.agreement_period) " from "
                (aco.agreement_start) ", rules of " (result.regime)
                @if !result.selected_adjustment.is_empty() { ", adjustment: " (result.selected_adjustment.replace('_', " ")) } "."
            }
            @if !result.reason.is_empty() { p.losses { strong { "Undetermined: " } (result.reason) } }
            div.cards {
                (card("Payment, dollars", &n("payment", Unit::Dollars)))
                (card("Benchmark per person-year, dollars", &n("updated_benchmark", Unit::Dollars)))
                (card("Expenditure per person-year, dollars", &n("per_capita_py", Unit::Dollars)))
                (card("Savings rate", &n("savings_rate", Unit::Percent)))
                (card("Minimum savings rate", &n("msr", Unit::Percent)))
                (card("Final sharing rate", &n("final_sharing_rate", Unit::Percent)))
                (card("Person-years", &n("person_years_py", Unit::PersonYears)))
                (card("Savings or losses that count, dollars", &n("generated_savings_losses", Unit::Dollars)))
            }
            div.grid {
                section.panel { (benchmark_waterfall(result)?) }
                section.panel { (by_type(result)) }
                (components(result, finished)?)
                section.panel.half { (mix(result)?) }
                section.panel.half { (settlement(result)) }
                section.panel { (settlement_chart(result)?) }
            }
            details.panel {
                summary { "Every step of " (aco.key) }
                div.scroll { table {
                    thead { tr { th scope="col" { "Step" } th scope="col" { "Value" } th.left scope="col" { "Follows" } } }
                    tbody { @for step in result.steps.iter().filter(|step| step.enrollment_type.is_none()) { tr {
                        th scope="row" { (step.name.replace('_', " ")) }
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

fn float(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap_or(0.0)
}

/// Effects on the benchmark per person-year, each of which starts where the one before it ended.
struct Effects {
    /// Expenditures of each benchmark year, at the mix of BY3.
    years: [Decimal; 3],
    spent: Decimal,
    trended: Decimal,
    before_adjustment: Decimal,
    historical: Decimal,
    mixed: Decimal,
    risk_adjusted: Decimal,
    updated: Decimal,
}

/// The effects, from values of the types weighted by their person-years; none where there is no benchmark.
fn effects(result: &AcoYearResult) -> Option<Effects> {
    let zero = Decimal::ZERO;
    let all = |name: &str| result.value(name, None);
    let mut effects = Effects {
        years: [zero; 3],
        spent: zero,
        trended: zero,
        before_adjustment: all("historical_before_adjustment").or_else(|| all("historical_benchmark"))?,
        historical: all("historical_benchmark")?,
        mixed: zero,
        risk_adjusted: zero,
        updated: all("updated_benchmark")?,
    };
    let by3: Decimal = EnrollmentType::ALL.iter().filter_map(|kind| result.value("person_years_by3", Some(*kind))).sum();
    let py: Decimal = EnrollmentType::ALL
        .iter()
        .filter(|kind| result.value("updated_benchmark", Some(**kind)).is_some())
        .filter_map(|kind| result.value("person_years_py", Some(*kind)))
        .sum();
    for kind in EnrollmentType::ALL {
        let value = |name: &str| result.value(name, Some(kind));
        let (mut spent, mut trended, mut weights) = (zero, zero, zero);
        let share = value("person_years_by3").unwrap_or_default().checked_div(by3).unwrap_or_default();
        for (year, of_year) in ["by1", "by2", "by3"].into_iter().zip(&mut effects.years) {
            let people = value(&format!("person_years_{year}")).unwrap_or_default();
            let Some(cost) = value(&format!("per_capita_{year}")).filter(|_| !people.is_zero()) else { continue };
            let weight = all(&format!("weight_{year}")).unwrap_or(Decimal::ONE);
            let trend = value(&format!("trend_{year}")).unwrap_or(Decimal::ONE);
            *of_year += share * cost;
            spent += weight * cost;
            trended += weight * cost * trend;
            weights += weight;
        }
        effects.spent += share * spent.checked_div(weights).unwrap_or_default();
        effects.trended += share * trended.checked_div(weights).unwrap_or_default();
        let Some(historical) = value("historical_benchmark") else { continue };
        let share = value("person_years_py").unwrap_or_default().checked_div(py).unwrap_or_default();
        effects.mixed += share * historical;
        effects.risk_adjusted += share * historical * value("risk_ratio").unwrap_or(Decimal::ONE);
    }
    Some(effects)
}

/// A bar of the waterfall, and the step that it ends at where there is one.
struct Part {
    label: String,
    from: Option<Decimal>,
    to: Decimal,
    step: &'static str,
}

fn benchmark_waterfall(result: &AcoYearResult) -> Result<Markup> {
    let Some(effects) = effects(result).filter(|_| result.suppression.shows(None)) else {
        return Ok(html! { h3 { "From past expenditures to the benchmark" } p { "There is no benchmark to draw." } });
    };
    let adjusted = match result.selected_adjustment.as_str() {
        "" | "none" => "Adjustment\n(none)".to_string(),
        name => {
            let name = name.replace('_', " ");
            format!("{}{}\nadjustment", name[..1].to_uppercase(), &name[1..])
        }
    };
    let [by1, by2, by3] = effects.years;
    let part = |label: &str, from, to, step: &'static str| Part { label: label.to_string(), from, to, step };
    let parts = [
        part("Spent\nin BY1", None, by1, ""),
        part("Spent\nin BY2", None, by2, ""),
        part("Spent\nin BY3", None, by3, ""),
        part("Weighted\nmean", None, effects.spent, ""),
        part("Trend\nto BY3", Some(effects.spent), effects.trended, ""),
        part("Risk, to\nBY3 health", Some(effects.trended), effects.before_adjustment, "historical_before_adjustment"),
        part(&adjusted, Some(effects.before_adjustment), effects.historical, "historical_benchmark"),
        part("Historical\nbenchmark", None, effects.historical, "historical_benchmark"),
        part("Mix of types\nin PY", Some(effects.historical), effects.mixed, ""),
        part("Risk, to\nPY health", Some(effects.mixed), effects.risk_adjusted, ""),
        part("Update\nto PY", Some(effects.risk_adjusted), effects.updated, "updated_benchmark"),
        part("Updated\nbenchmark", None, effects.updated, "updated_benchmark"),
    ];
    let bars: Vec<Fall> = parts
        .iter()
        .map(|Part { label, from, to, .. }| {
            let ink = match from {
                None if label.starts_with("Spent") => Ink::Flat,
                None => Ink::Accent,
                Some(from) if to >= from => Ink::Good,
                Some(_) => Ink::Bad,
            };
            Fall { label: label.clone(), from: from.map_or(0.0, float), to: float(*to), ink }
        })
        .collect();
    Ok(html! {
        h3 { "From past expenditures to the benchmark" }
        figure {
            div.wide { (PreEscaped(chart::waterfall(&bars, None, false)?)) }
            figcaption { "Dollars per person-year, all enrollment types. Benchmark years are weighted as the agreement's rules say; types by their person-years of BY3, and from the mix on by those of the performance year. The scale does not begin at zero." }
        }
        details { summary { "As a table" }
            div.scroll { table {
                thead { tr { th scope="col" { "Part" } th scope="col" { "Effect" } th scope="col" { "Comes to" } } }
                tbody { @for Part { label, from, to, step } in &parts { tr {
                    th scope="row" { (label.replace('\n', " ")) }
                    td { @if let Some(from) = from { (Shown::Number(*to - *from).told(Unit::Dollars)) } }
                    td { @if result.step(step).is_some() { (number(result, step, Unit::Dollars)) } @else { (Shown::Number(*to).told(Unit::Dollars)) } }
                } } }
            } }
        }
    })
}

/// The benchmark's values by enrollment type.
fn by_type(result: &AcoYearResult) -> Markup {
    const ROWS: [(&str, &str, Unit); 20] = [
        ("Expenditure per person-year, BY1", "per_capita_by1", Unit::Dollars),
        ("Expenditure per person-year, BY2", "per_capita_by2", Unit::Dollars),
        ("Expenditure per person-year, BY3", "per_capita_by3", Unit::Dollars),
        ("HCC score, BY1", "hcc_score_by1", Unit::Ratio),
        ("HCC score, BY2", "hcc_score_by2", Unit::Ratio),
        ("HCC score, BY3", "hcc_score_by3", Unit::Ratio),
        ("HCC score, PY", "hcc_score_py", Unit::Ratio),
        ("Trend, BY1 to BY3", "trend_by1", Unit::Ratio),
        ("Trend, BY2 to BY3", "trend_by2", Unit::Ratio),
        ("Before adjustment", "historical_before_adjustment", Unit::Dollars),
        ("Regional expenditure, BY3, at the ACO's risk", "regional_risk_adjusted", Unit::Dollars),
        ("Regional adjustment", "regional_adjustment", Unit::Dollars),
        ("Prior savings adjustment", "prior_savings_adjustment", Unit::Dollars),
        ("Population adjustment", "population_adjustment", Unit::Dollars),
        ("Adjustment applied", "adjustment_applied", Unit::Dollars),
        ("Historical benchmark", "historical_benchmark", Unit::Dollars),
        ("Risk ratio, capped", "risk_ratio", Unit::Ratio),
        ("Update factor", "update_factor", Unit::Ratio),
        ("Updated benchmark", "updated_benchmark", Unit::Dollars),
        ("Expenditure per person-year, PY", "per_capita_py", Unit::Dollars),
    ];
    let kinds: Vec<Option<EnrollmentType>> = EnrollmentType::ALL.into_iter().map(Some).chain([None]).collect();
    let present = |name: &str| kinds.iter().any(|kind| result.step(&label(name, *kind)).is_some());
    html! {
        h3 { "By enrollment type" }
        div.scroll { table {
            thead { tr { th scope="col" { "Dollars per person-year, ratios" }
                @for kind in EnrollmentType::ALL { th scope="col" { abbr title=(long(kind)) { (kind) } } } th scope="col" { "All" } } }
            tbody { @for (words, name, unit) in ROWS.iter().filter(|(_, name, _)| present(name)) {
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
    let rows: Vec<_> = finished.components.iter().filter(|row| row.key == result.aco.key).collect();
    let rows: Vec<_> =
        rows.into_iter().filter(|row| row.figures.iter().flatten().any(|figure| figure.abs() >= Decimal::ONE)).collect();
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
        if !beside {
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
                    li { i style="background:var(--alt)" {} "Its region" }
                    li { i style="background:var(--flat)" {} "Nation" }
                }
                figcaption { "Dollars per person-year of the performance year, completed and not truncated; region and nation at the ACO's mix of enrollment types." }
            }
            details { summary { "As a table" }
                div.scroll { table {
                    thead { tr { th scope="col" { "Claim type" } th scope="col" { "This ACO" } th scope="col" { "Region" } th scope="col" { "Nation" } } }
                    tbody { @for row in &rows { tr { th scope="row" { (name(&row.component)) } @for figure in figures(row) { td { (figure.told(Unit::Dollars)) } } } } }
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
        bars.push((year.name().to_string(), parts));
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

/// The settlement as a table, from savings to payment.
fn settlement(result: &AcoYearResult) -> Markup {
    const ROWS: [(&str, &str, Unit); 20] = [
        ("Benchmark", "total_benchmark", Unit::Dollars),
        ("Expenditures", "total_expenditure", Unit::Dollars),
        ("Benchmark less expenditures", "benchmark_minus_expenditure", Unit::Dollars),
        ("Minimum savings rate", "msr", Unit::Percent),
        ("Gate: minimum savings or losses", "minimum_savings", Unit::Dollars),
        ("Savings or losses beyond the gate", "generated_savings_losses", Unit::Dollars),
        ("Final sharing rate", "final_sharing_rate", Unit::Percent),
        ("Shared savings", "shared_before_sequestration", Unit::Dollars),
        ("Sequestration", "sequestration", Unit::Dollars),
        ("Payment limit", "payment_limit", Unit::Dollars),
        ("Earned savings", "earned_savings", Unit::Dollars),
        ("Final loss rate", "final_loss_rate", Unit::Percent),
        ("Shared losses", "shared_losses_before_limit", Unit::Dollars),
        ("Loss limit", "loss_limit", Unit::Dollars),
        ("Relief for circumstances", "euc_reduction", Unit::Dollars),
        ("Owed losses", "owed_losses", Unit::Dollars),
        ("Earned savings or owed losses", "earned_savings_losses", Unit::Dollars),
        ("Advance investment recouped", "aip_recoupment", Unit::Dollars),
        ("Prepaid savings recouped", "prepaid_recoupment", Unit::Dollars),
        ("Payment", "payment", Unit::Dollars),
    ];
    html! {
        h3 { "From savings to payment" }
        div.scroll { table {
            tbody { @for (words, name, unit) in ROWS.iter().filter(|(_, name, _)| result.step(name).is_some()) {
                tr class=(if *name == "payment" { "sum" } else { "" }) { th scope="row" { (words) } td { (number(result, name, *unit)) } }
            } }
        } }
    }
}

/// The settlement drawn: the gate, and what stands between savings or losses and the payment.
fn settlement_chart(result: &AcoYearResult) -> Result<Markup> {
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
    step("Recoupment,\nhalf year", value("payment").unwrap_or_default(), false);
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
