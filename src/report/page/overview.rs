//! The program of a year: totals, who saved, who stands near a threshold.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use super::chart::{self, Bar, Dot, Ink};
use super::words::outcome;
use super::{told, whole_dollars};
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
    /// Identifier.
    pub aco_id: String,
    /// How much of its year counts: 1, or a half where a year has two. Savings of a half are made of a whole year's amounts.
    pub part: Decimal,
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
/// How many are named where none is near.
const NEAREST: usize = 5;
/// The most ACOs whose bars carry the marks of their minimum rates.
const MOST_MARKED: usize = 60;

fn float(shown: Shown) -> Option<f64> {
    shown.number().map(super::float)
}

impl Program {
    fn total(&self, of: impl Fn(&Member) -> Shown) -> Decimal {
        self.members.iter().filter_map(|member| of(member).number()).sum()
    }

    /// A total of whole years' amounts, of which those of half years count in part.
    fn counted(&self, of: impl Fn(&Member) -> Shown) -> Decimal {
        self.total(|member| of(member).map(|amount| amount * member.part))
    }

    fn halves(&self) -> bool {
        self.members.iter().any(|member| member.part != Decimal::ONE)
    }

    /// An amount made of others, as exact as they are: results files have whole dollars.
    fn exact(&self, shown: Shown) -> Shown {
        if self.steps { shown } else { shown.map(|amount| amount.round()) }
    }

    /// An amount of the program; results files have whole dollars.
    fn told(&self, shown: Shown, unit: Unit) -> String {
        let told = told(shown, unit);
        if self.steps { told } else { told.strip_suffix(".00").map(str::to_string).unwrap_or(told) }
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
                    figcaption { "Each dot is an ACO, in dollars per person-year. Below the line expenditures are under the benchmark." }
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
    let (benchmark, expenditure) = (program.counted(|m| m.benchmark), program.counted(|m| m.expenditure));
    let earned: Decimal = members.iter().filter_map(|m| m.earned.number()).filter(|e| *e > Decimal::ZERO).sum();
    let owed: Decimal = members.iter().filter_map(|m| m.earned.number()).filter(|e| *e < Decimal::ZERO).sum();
    let saved = program.counted(|m| m.balance);
    let acos: BTreeSet<&str> = members.iter().map(|member| member.aco_id.as_str()).collect();
    let count = |outcome: &str| members.iter().filter(|member| member.outcome == outcome).count();
    let card = |label: &str, key: &str, value: Decimal, text: String| {
        html! { div.card { span.label { (label) } span.value data-total=(key) data-value=(value.normalize()) { (text) } } }
    };
    let people = |label: &str, key: &str, value: Decimal| card(label, key, value, told(Shown::Number(value), Unit::People));
    let money = |label: &str, key: &str, value: Decimal| card(label, key, value, whole_dollars(value));
    html! {
        div.cards {
            (people("ACOs", "acos", Decimal::from(acos.len())))
            (people("Assigned beneficiaries", "assigned_beneficiaries", program.total(|m| m.beneficiaries)))
            (money("Benchmark", "total_benchmark", benchmark))
            (money("Expenditures", "total_expenditure", expenditure))
            (money("Gross savings", "benchmark_minus_expenditure", saved))
            (money("Earned by ACOs", "earned", earned))
            (money("Owed by ACOs", "owed", -owed))
            (money("Net to Medicare", "net", saved - earned - owed))
        }
        p { "ACOs with savings beyond their minimum: " strong { (count("savings")) } "; with losses beyond it: " strong { (count("losses")) }
            "; neither: " strong { (count("none")) }
            @if count("undetermined") > 0 { "; not settled: " strong { (count("undetermined")) } } "." }
        @if program.halves() {
            p { "Half years: savings and losses are measured over the whole year, and half of them is earned or owed (42 CFR 425.609). "
                "Here half of each amount counts; below and on the pages stand whole years' amounts, but for what is earned or owed. "
                "People of an ACO that has both halves are counted in each." }
        }
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
    let line = |member: &&Member| {
        let rate = told(member.savings_rate, Unit::Percent);
        let words = match member.outcome.as_str() {
            "savings" => format!("{}: {rate}, savings beyond the minimum", member.name),
            "losses" => format!("{}: {rate}, losses beyond the minimum", member.name),
            "none" => format!("{}: {rate}, within the minimum", member.name),
            other => format!("{}: {rate}, {other}", member.name),
        };
        serde_json::json!([words, member.link])
    };
    serde_json::Value::Array(members.iter().map(line).collect()).to_string()
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
        .filter_map(|m| {
            let (x, y) = (float(m.benchmark_per_capita)?, float(m.expenditure_per_capita)?);
            Some(Dot { label: m.name.clone(), x, y, ink: ink(&m.outcome) })
        })
        .collect();
    chart::scatter(&points)
}

/// A threshold of an ACO, and how far it is from it.
struct Gap<'p> {
    member: &'p Member,
    threshold: &'static str,
    /// Savings rate less the rate of the threshold.
    points: Decimal,
}

impl Program {
    /// Every ACO's distance from each of its minimum rates, the nearest first.
    fn gaps(&self) -> Vec<Gap<'_>> {
        let mut gaps = Vec::new();
        for member in &self.members {
            let (Some(rate), Some(minimum)) = (member.savings_rate.number(), member.minimum_rate.number()) else { continue };
            let loss = (member.two_sided && !minimum.is_zero()).then_some((-minimum, "minimum loss rate"));
            for (gate, threshold) in std::iter::once((minimum, "minimum savings rate")).chain(loss) {
                gaps.push(Gap { member, threshold, points: rate - gate });
            }
        }
        gaps.sort_by(|a, b| (a.points.abs(), &a.member.name).cmp(&(b.points.abs(), &b.member.name)));
        gaps
    }
}

/// ACOs whose savings rate is close to a minimum rate, or whose payment is at its limit.
fn near(program: &Program) -> Markup {
    let gaps = program.gaps();
    let close = gaps.iter().take_while(|gap| gap.points.abs() < NEAR).count();
    let limited: Vec<&Member> = program
        .members
        .iter()
        .filter(|m| m.limit.number().is_some_and(|limit| !limit.is_zero() && m.earned.number() == Some(limit)))
        .collect();
    let listed = |gaps: &[Gap<'_>]| {
        html! { div.scroll { table {
            thead { tr { th scope="col" { "ACO" } th.left scope="col" { "Threshold" } th scope="col" { "Points" } th scope="col" { "Dollars" } } }
            tbody { @for Gap { member, threshold, points } in gaps { tr {
                th scope="row" { (name_of(member)) }
                td.left { (threshold) }
                td { (signed(&told(Shown::Number(*points), Unit::Percent).replace(" %", ""))) }
                td { (signed(&program.told(program.exact(member.benchmark.map(|benchmark| benchmark * *points)), Unit::Dollars))) }
            } } }
        } } }
    };
    let first = if close == 0 { gaps.len().min(NEAREST) } else { close.min(MOST_NEAR) };
    html! {
        h2 { "Near a threshold" }
        @if close == 0 {
            p.soft { "No ACO's savings rate is within half a percentage point of a minimum rate." @if first > 0 { " The nearest:" } }
        } @else {
            p.soft { "Savings rates within half a percentage point of a minimum rate: by how many points, and dollars of the benchmark, above it or below." }
        }
        @if first > 0 { (listed(&gaps[..first])) }
        @if close > first { details { summary { (close - first) " more" } (listed(&gaps[first..close])) } }
        @if !limited.is_empty() {
            p { "At their payment limit: "
                @for (at, member) in limited.iter().enumerate().take(MOST_NEAR) { @if at > 0 { ", " } (name_of(member)) }
                @if limited.len() > MOST_NEAR { " and " (limited.len() - MOST_NEAR) " more" } "." }
        }
    }
}

/// A number with its sign, whichever it is.
fn signed(told: &str) -> String {
    let positive = told.starts_with(|first: char| first.is_ascii_digit()) && told.contains(|digit| ('1'..='9').contains(&digit));
    if positive { format!("+{told}") } else { told.to_string() }
}

fn name_of(member: &Member) -> Markup {
    html! { @if let Some(link) = &member.link { a href=(format!("#{link}")) { (member.name) } } @else { (member.name) } }
}

fn table(program: &Program) -> Markup {
    let cell = |member: &Member, step: &str, shown: Shown, unit: Unit| {
        let told = program.told(shown, unit);
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
                td { (told(m.beneficiaries, Unit::People)) }
                (cell(m, "total_benchmark", m.benchmark, Unit::Dollars))
                (cell(m, "total_expenditure", m.expenditure, Unit::Dollars))
                (cell(m, "savings_rate", m.savings_rate, Unit::Percent))
                (cell(m, "msr", m.minimum_rate, Unit::Percent))
                td.left { span class=(m.outcome) { (outcome(&m.outcome)) } }
                (cell(m, "earned_savings_losses", m.earned, Unit::Dollars))
            } } }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(aco_id: &str, half: Option<u8>, balance: i64, earned: i64) -> Member {
        let number = |number: i64| Shown::Number(Decimal::from(number));
        Member {
            aco_id: aco_id.to_string(),
            part: half.map_or(Decimal::ONE, |_| Decimal::new(5, 1)),
            name: aco_id.to_string(),
            link: None,
            track: String::new(),
            outcome: if earned > 0 { "savings" } else { "none" }.to_string(),
            beneficiaries: number(6_000),
            benchmark: number(1_000),
            expenditure: number(1_000 - balance),
            benchmark_per_capita: number(10),
            expenditure_per_capita: number(9),
            balance: number(balance),
            savings_rate: Shown::Number(Decimal::new(balance, 3)),
            minimum_rate: Shown::Number(Decimal::new(20, 3)),
            two_sided: false,
            generated: number(balance),
            earned: number(earned),
            limit: number(100),
        }
    }

    fn page(members: Vec<Member>) -> String {
        let program = Program { title: String::new(), source: String::new(), members, steps: false };
        (totals(&program).into_string() + &near(&program).into_string()).replace("</span>", "")
    }

    #[test]
    fn half_years_count_half_and_their_aco_once() {
        let page = page(vec![member("A1", Some(1), 40, 10), member("A1", Some(2), 60, 15), member("A2", None, 10, 0)]);
        for (key, value) in [("acos", "2"), ("total_benchmark", "2000"), ("benchmark_minus_expenditure", "60"), ("net", "35")] {
            assert!(page.contains(&format!("data-total=\"{key}\" data-value=\"{value}\"")), "{key} is not {value} in {page}");
        }
        assert!(page.contains("425.609"), "{page}");
    }

    #[test]
    fn the_nearest_are_named_where_none_is_near() {
        let far = page(vec![member("A1", None, 40, 10), member("A2", None, 5, 0)]);
        assert!(
            far.contains("The nearest:") && far.contains("+2.00") && far.contains("−1.50") && !far.contains("At their"),
            "{far}"
        );
        let near = page(vec![member("A1", None, 24, 100), member("A2", None, 5, 0)]);
        assert!(near.contains("+0.40") && near.contains("+4") && !near.contains("−1.50") && near.contains("At their"), "{near}");
    }
}
