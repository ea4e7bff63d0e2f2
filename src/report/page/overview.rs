//! The program of a year: totals, who saved, who stands near a threshold.

use maud::{Markup, PreEscaped, html};

use super::chart::{self, Bar, Ink};
use crate::error::Result;
use crate::money::Decimal;
use crate::report::shown::{Shown, Unit};

/// A year of the program, from a run or from CMS's published results.
#[derive(Debug, Clone)]
pub struct Program {
    /// Title of the page.
    pub title: String,
    /// Where the numbers come from.
    pub source: String,
    /// The ACOs.
    pub members: Vec<Member>,
    /// Whether the numbers have derivations on this page.
    pub steps: bool,
}

/// An ACO's year. Amounts in dollars, rates as fractions.
#[derive(Debug, Clone)]
pub struct Member {
    /// Identifier, or name.
    pub name: String,
    /// Anchor of its page, where there is one.
    pub link: Option<String>,
    /// Track and level.
    pub track: String,
    /// `savings`, `losses`, `none` or `undetermined`.
    pub outcome: String,
    /// Assigned beneficiaries.
    pub beneficiaries: Shown,
    /// Updated benchmark in total.
    pub benchmark: Shown,
    /// Expenditures in total.
    pub expenditure: Shown,
    /// Updated benchmark per person-year.
    pub benchmark_per_capita: Shown,
    /// Expenditures per person-year.
    pub expenditure_per_capita: Shown,
    /// Benchmark less expenditure.
    pub balance: Shown,
    /// Savings rate.
    pub savings_rate: Shown,
    /// Minimum savings rate.
    pub minimum_rate: Shown,
    /// Whether losses are shared.
    pub two_sided: bool,
    /// Savings or losses beyond the minimum.
    pub generated: Shown,
    /// Earned, or owed when negative.
    pub earned: Shown,
    /// The most that can be earned.
    pub limit: Shown,
}

/// An ACO nearer to its minimum rate than this many percentage points stands near a threshold.
const NEAR: Decimal = Decimal::from_parts(5, 0, 0, false, 3);
/// The most ACOs that the list of near ones names.
const MOST_NEAR: usize = 12;

fn float(shown: Shown) -> Option<f64> {
    shown.number()?.to_string().parse().ok()
}

impl Program {
    fn total(&self, of: impl Fn(&Member) -> Shown) -> Decimal {
        self.members.iter().filter_map(|member| of(member).number()).sum()
    }
}

/// The overview; `map` stands between the charts and the table.
pub(super) fn overview(program: &Program, map: &Markup) -> Result<Markup> {
    Ok(html! {
        (totals(program))
        div.grid {
            section.panel {
                h2 { "Savings rate by ACO" }
                figure { (PreEscaped(savings_rates(program)?))
                    figcaption {
                        "Benchmark less expenditures, over the benchmark, from the greatest to the least. Marks: minimum savings rate, and for two-sided ACOs the minimum loss rate. "
                        span.savings { "Green" } ": savings beyond the minimum. " span.losses { "Red" } ": losses beyond it. Grey: neither."
                    }
                }
            }
            section.panel.half {
                h2 { "Benchmarks against expenditures" }
                figure { (PreEscaped(scatter(program)?))
                    figcaption { "Each dot is an ACO, per person-year. Below the line expenditures are under the benchmark." }
                }
            }
            section.panel.half { (near(program)) }
        }
        (map)
        section.panel { h2 { "Every ACO" } (table(program)) }
    })
}

fn totals(program: &Program) -> Markup {
    let members = &program.members;
    let (benchmark, expenditure) = (program.total(|m| m.benchmark), program.total(|m| m.expenditure));
    let earned: Decimal = members.iter().filter_map(|m| m.earned.number()).filter(|e| *e > Decimal::ZERO).sum();
    let owed: Decimal = members.iter().filter_map(|m| m.earned.number()).filter(|e| *e < Decimal::ZERO).sum();
    let saved = program.total(|m| m.balance);
    let count = |outcome: &str| members.iter().filter(|member| member.outcome == outcome).count();
    let card = |label: &str, key: &str, value: Decimal, unit: Unit| {
        let text = Shown::Number(value).told(unit);
        let text = if unit == Unit::Dollars {
            text.rsplit_once('.').map_or(text.clone(), |(whole, _)| format!("${whole}").replace("$-", "−$"))
        } else {
            text
        };
        html! { div.card { span.label { (label) } span.value data-total=(key) data-value=(value.normalize()) { (text) } } }
    };
    html! {
        div.cards {
            (card("ACOs", "acos", Decimal::from(members.len()), Unit::People))
            (card("Assigned beneficiaries", "assigned_beneficiaries", program.total(|m| m.beneficiaries), Unit::People))
            (card("Benchmark", "total_benchmark", benchmark, Unit::Dollars))
            (card("Expenditures", "total_expenditure", expenditure, Unit::Dollars))
            (card("Gross savings", "benchmark_minus_expenditure", saved, Unit::Dollars))
            (card("Earned by ACOs", "earned", earned, Unit::Dollars))
            (card("Owed by ACOs", "owed", -owed, Unit::Dollars))
            (card("Net to Medicare", "net", saved - earned - owed, Unit::Dollars))
        }
        p { "ACOs with savings beyond their minimum: " strong { (count("savings")) } "; with losses beyond it: " strong { (count("losses")) }
            "; neither: " strong { (count("none")) }
            @if count("undetermined") > 0 { "; not settled: " strong { (count("undetermined")) } } "." }
    }
}

fn ink(outcome: &str) -> Ink {
    match outcome {
        "savings" => Ink::Good,
        "losses" => Ink::Bad,
        _ => Ink::Flat,
    }
}

fn savings_rates(program: &Program) -> Result<String> {
    let mut bars: Vec<Bar> = program
        .members
        .iter()
        .filter_map(|member| {
            let value = float(member.savings_rate)?;
            let minimum = float(member.minimum_rate);
            let low = minimum.filter(|_| member.two_sided).map(|minimum| -minimum);
            Some(Bar {
                label: member.name.clone(),
                value,
                ticks: minimum.into_iter().chain(low).collect(),
                ink: ink(&member.outcome),
            })
        })
        .collect();
    bars.sort_by(|a, b| b.value.total_cmp(&a.value));
    chart::rates(&bars)
}

fn scatter(program: &Program) -> Result<String> {
    let points: Vec<_> = program
        .members
        .iter()
        .filter_map(|m| Some((float(m.benchmark_per_capita)?, float(m.expenditure_per_capita)?, ink(&m.outcome))))
        .collect();
    chart::scatter(&points)
}

/// ACOs whose savings rate is close to a minimum rate, or whose payment is at its limit.
fn near(program: &Program) -> Markup {
    let mut rows = Vec::new();
    for member in &program.members {
        if let (Some(rate), Some(minimum), Some(benchmark)) =
            (member.savings_rate.number(), member.minimum_rate.number(), member.benchmark.number())
        {
            let gates = [(minimum, "minimum savings rate")]
                .into_iter()
                .chain((member.two_sided && !minimum.is_zero()).then_some((-minimum, "minimum loss rate")));
            for (gate, name) in gates {
                let distance = rate - gate;
                if distance.abs() < NEAR {
                    rows.push((distance.abs(), member, name.to_string(), distance, distance * benchmark));
                }
            }
        }
        if let (Some(earned), Some(limit)) = (member.earned.number(), member.limit.number())
            && earned == limit
            && !limit.is_zero()
        {
            rows.push((Decimal::ZERO, member, "payment limit, reached".to_string(), Decimal::ZERO, Decimal::ZERO));
        }
    }
    rows.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    let left = rows.len().saturating_sub(MOST_NEAR);
    rows.truncate(MOST_NEAR);
    html! {
        h2 { "Near a threshold" }
        p.soft { "Within half a percentage point of a minimum rate, or at the payment limit." }
        @if rows.is_empty() { p { "No ACO." } } @else {
            div.scroll { table {
                thead { tr { th scope="col" { "ACO" } th.left scope="col" { "Threshold" } th scope="col" { "Points off" } th scope="col" { "Dollars off" } } }
                tbody { @for (_, member, name, points, dollars) in &rows { tr {
                    th scope="row" { (name_of(member)) }
                    td.left { (name) }
                    td { (Shown::Number(*points).told(Unit::Percent)) }
                    td { (Shown::Number(*dollars).told(Unit::Dollars)) }
                } } }
            } }
            @if left > 0 { p.soft { "and " (left) " more" } }
        }
    }
}

fn name_of(member: &Member) -> Markup {
    html! { @if let Some(link) = &member.link { a href=(format!("#{link}")) { (member.name) } } @else { (member.name) } }
}

fn table(program: &Program) -> Markup {
    let cell = |member: &Member, step: &str, shown: Shown, unit: Unit| {
        let told = shown.told(unit);
        match &member.link {
            Some(link) if program.steps && shown != Shown::Absent && shown != Shown::Suppressed => html! {
                td { button.num type="button" data-aco=(link) data-step=(step) data-unit=(unit) aria-haspopup="dialog" { (told) } }
            },
            _ => html! { td { (told) } },
        }
    };
    html! {
        div.scroll { table {
            thead { tr {
                th scope="col" { "ACO" } th.left scope="col" { "Track" } th scope="col" { "Assigned" }
                th scope="col" { "Benchmark" } th scope="col" { "Expenditures" } th scope="col" { "Savings rate" }
                th scope="col" { "Minimum rate" } th.left scope="col" { "Outcome" } th scope="col" { "Earned or owed" }
            } }
            tbody { @for m in &program.members { tr {
                th scope="row" { (name_of(m)) }
                td.left { (m.track) }
                td { (m.beneficiaries.told(Unit::People)) }
                (cell(m, "total_benchmark", m.benchmark, Unit::Dollars))
                (cell(m, "total_expenditure", m.expenditure, Unit::Dollars))
                (cell(m, "savings_rate", m.savings_rate, Unit::Percent))
                (cell(m, "msr", m.minimum_rate, Unit::Percent))
                td.left { span class=(m.outcome) { (m.outcome) } }
                (cell(m, "earned_savings_losses", m.earned, Unit::Dollars))
            } } }
        } }
    }
}
