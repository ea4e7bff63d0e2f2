//! How an ACO's benchmark came about, drawn: from what was spent in BY1 to BY3 to the updated benchmark.

use maud::{Markup, PreEscaped, html};

use super::chart::{self, Fall, Ink};
use super::{float, number, told};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::money::Decimal;
use crate::report::finished::AcoYearResult;
use crate::report::shown::{Shown, Unit};
use crate::rules::EnrollmentType;

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

pub(super) fn waterfall(result: &AcoYearResult) -> Result<Markup> {
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
    let spent =
        |year, to| part(&format!("Spent in\n{} ({})", FactorYear::name(year), result.aco.calendar_year(year)), None, to, "");
    let parts = [
        spent(FactorYear::By1, by1),
        spent(FactorYear::By2, by2),
        spent(FactorYear::By3, by3),
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
                    td { @if let Some(from) = from { (told(Shown::Number(*to - *from), Unit::Dollars)) } }
                    td { @if result.step(step).is_some() { (number(result, step, Unit::Dollars)) } @else { (told(Shown::Number(*to), Unit::Dollars)) } }
                } } }
            } }
        }
    })
}
