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
/// The most ACOs that the list of near ones names at once.
const MOST_NEAR: usize = 10;
/// The most ACOs whose bars carry the marks of their minimum rates.
const MOST_MARKED: usize = 60;

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
                figure data-across=(told_along(&by_rate(program))) { div.wide { (PreEscaped(savings_rates(program)?)) }
                    figcaption {
                        "Benchmark less expenditures, over the benchmark, from the greatest to the least. "
                        @if by_rate(program).len() <= MOST_MARKED { "Marks: minimum savings rate, and for two-sided ACOs the minimum loss rate. " }
                        @else { "Minimum rates stand in the table below. " }
                        span.savings { "Green" } ": savings beyond the minimum. " span.losses { "Red" } ": losses beyond it. Grey: neither."
                    }
                }
            }
            section.panel.half {
                h2 { "Benchmarks against expenditures" }
                figure data-dots=(told_along(&by_costs(program))) { div.wide { (PreEscaped(scatter(program)?)) }
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

/// Members with a savings rate, from the greatest to the least.
fn by_rate(program: &Program) -> Vec<&Member> {
    let mut members: Vec<&Member> = program.members.iter().filter(|member| member.savings_rate.number().is_some()).collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.savings_rate.number()));
    members
}

/// Members with a benchmark and expenditures to be drawn.
fn by_costs(program: &Program) -> Vec<&Member> {
    let drawn = |m: &&Member| m.benchmark_per_capita.number().and(m.expenditure_per_capita.number()).is_some();
    program.members.iter().filter(drawn).collect()
}

/// What the page tells where a pointer rests on a chart: a line and a link for each mark, in the order they are drawn.
fn told_along(members: &[&Member]) -> String {
    let told = |member: &&Member| {
        let words = format!("{}: {} {}", member.name, member.savings_rate.told(Unit::Percent), member.outcome);
        serde_json::json!([words, member.link])
    };
    serde_json::Value::Array(members.iter().map(told).collect()).to_string()
}

fn savings_rates(program: &Program) -> Result<String> {
    let members = by_rate(program);
    let marked = members.len() <= MOST_MARKED;
    let bars: Vec<Bar> = members
        .into_iter()
        .filter_map(|member| {
            let minimum = float(member.minimum_rate).filter(|_| marked);
            let low = minimum.filter(|_| member.two_sided).map(|minimum| -minimum);
            Some(Bar {
                label: member.name.clone(),
                value: float(member.savings_rate)?,
                ticks: minimum.into_iter().chain(low).collect(),
                ink: ink(&member.outcome),
            })
        })
        .collect();
    chart::rates(&bars)
}

fn scatter(program: &Program) -> Result<String> {
    let points = by_costs(program).into_iter();
    let points: Vec<_> = points
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
    // Those that may fall on either side come before those that are at their limit.
    let limited = |row: &(Decimal, &Member, String, Decimal, Decimal)| row.2.starts_with("payment limit");
    rows.sort_by(|a, b| (limited(a), a.0, &a.1.name).cmp(&(limited(b), b.0, &b.1.name)));
    let (first, rest) = rows.split_at(rows.len().min(MOST_NEAR));
    let listed = |rows: &[(Decimal, &Member, String, Decimal, Decimal)]| {
        html! { div.scroll { table {
            thead { tr { th scope="col" { "ACO" } th.left scope="col" { "Threshold" } th scope="col" { "Points off" } th scope="col" { "Dollars off" } } }
            tbody { @for (_, member, name, points, dollars) in rows { tr {
                th scope="row" { (name_of(member)) }
                td.left { (name) }
                td { (Shown::Number(*points).told(Unit::Percent)) }
                td { (Shown::Number(*dollars).told(Unit::Dollars)) }
            } } }
        } } }
    };
    html! {
        h2 { "Near a threshold" }
        p.soft { "Within half a percentage point of a minimum rate, or at the payment limit." }
        @if rows.is_empty() { p { "No ACO." } } @else { (listed(first)) }
        @if !rest.is_empty() { details { summary { (rest.len()) " more" } (listed(rest)) } }
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
                td { button.num data-step=(step) data-unit=(unit) data-of=(link) { (told) } }
            },
            _ => html! { td { (told) } },
        }
    };
    html! {
        @if program.members.len() > 12 {
            p.noprint { label { "Find " input #find type="search" autocomplete="off"; } " " span #found role="status" {} }
        }
        div.scroll { table.sortable {
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
