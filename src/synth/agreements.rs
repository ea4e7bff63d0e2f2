//! ACOs, what they signed and what they reported, drawn from the dated list of starts that existed.

use super::calendar::{Calendar, day_number};
use super::ids::{Short, digits};
use super::parameters::Parameters;
use super::plan::{Assignment, Plan, Tracks};
use super::random::{Permutation, Purpose, Stream};
use crate::error::{Error, Result};
use crate::rules::{AgreementStart, AgreementStarts, Day, Row};

/// Gross per-capita savings, person-years and, where asked, the sharing rate of a year before the agreement, in millionths.
pub type Prior = (i64, i64, Option<i64>);

/// One performance year of an ACO.
#[derive(Debug, Clone)]
pub struct Term {
    /// The ACO.
    pub aco: u16,
    /// Performance year, and which half of it where the halves stood apart.
    pub year: u16,
    pub half: Option<u8>,
    /// Day on which the agreement began.
    pub start: i32,
    /// Year in which the agreement began.
    pub start_year: u16,
    /// Which agreement it is, from 1.
    pub period: u8,
    pub times_adjusted: u8,
    pub track: &'static str,
    pub level: Option<&'static str>,
    pub prospective: bool,
    pub msr_choice: &'static str,
    pub quality_standard: &'static str,
    /// Millionths.
    pub quality_score: i64,
    pub revenue_loss_limit: Option<bool>,
    /// Shares of people and of the year under an extreme and uncontrollable circumstance, in millionths.
    pub circumstance: Option<(i64, i64)>,
    /// The three years before the agreement.
    pub prior: [Option<Prior>; 3],
    /// Whether benchmark years are scored with the performance year's HCC version.
    pub rescored: bool,
    /// Kind of termination, its day, and whether close-out was done.
    pub termination: Option<(&'static str, i32, bool)>,
    pub advance_outstanding: Option<i64>,
    pub prepaid_outstanding: Option<i64>,
}

/// An ACO.
#[derive(Debug, Clone)]
pub struct Aco {
    /// Identifier.
    pub id: Short<5>,
    /// Effect on the cost of its patients in performance years.
    pub effect: f64,
    /// Its performance years, in order.
    pub terms: Vec<Term>,
}

impl Aco {
    /// Factor on the cost of its patients in a year.
    #[inline]
    pub fn factor(&self, year: u16) -> f64 {
        if self.terms.first().is_some_and(|term| term.start_year <= year) { 1.0 + self.effect } else { 1.0 }
    }
}

/// The ACOs of a plan.
pub fn acos(plan: &Plan, known: &AgreementStarts, parameters: &Parameters, calendar: &Calendar) -> Result<Vec<Aco>> {
    let starts = eligible_starts(plan, known);
    if starts.is_empty() && plan.acos > 0 {
        return Err(Error::usage(
            format!("no agreement start has a performance year in {}..{}", plan.first_year, plan.last_year),
            "widen --years or --starts",
        ));
    }
    let order = Permutation::new(plan.seed ^ 0xac0, u64::from(plan.acos.max(1)));
    Ok((0..plan.acos)
        .map(|number| {
            let place = order.at(u64::from(number)) as f64 + 0.5;
            let effect = parameters.market.effect_spread * (2.0 * place / f64::from(plan.acos) - 1.0);
            let start = starts[(number as usize) % starts.len()];
            let mut stream = Stream::new(plan.seed, Purpose::Agreements, u64::from(number));
            Aco {
                id: Short::new(&format!("A{}", digits::<4>(u64::from(number) + 1_001).as_str())),
                effect,
                terms: terms(plan, parameters, calendar, number as u16, start, &mut stream),
            }
        })
        .collect())
}

type Start = Row<Day, AgreementStart>;

/// Starts with a performance year in the plan's years, best those whose three benchmark years are there too.
fn eligible_starts<'r>(plan: &Plan, known: &'r AgreementStarts) -> Vec<&'r Start> {
    let current = |start: &Start| start.value.tracks.iter().any(|track| track == "BASIC");
    let fits: Vec<&Start> = known
        .start
        .rows()
        .iter()
        .filter(|start| plan.starts.is_empty() || plan.starts.contains(&start.from.to_string()))
        .filter(|start| plan.tracks == Tracks::All || current(start))
        .filter(|start| start.value.first_year <= plan.last_year && start.value.last_year >= plan.first_year)
        .collect();
    let benchmarked: Vec<&Start> = fits.iter().copied().filter(|start| start_year(start) - 3 >= plan.first_year).collect();
    if benchmarked.is_empty() { fits } else { benchmarked }
}

fn start_year(start: &Start) -> u16 {
    start.from.0.year().unsigned_abs()
}

const LEVELS: [&str; 5] = ["A", "B", "C", "D", "E"];
const CHOICES: [&str; 6] = ["variable", "0", "0.005", "0.01", "0.015", "0.02"];

#[allow(clippy::too_many_arguments)]
fn terms(plan: &Plan, parameters: &Parameters, calendar: &Calendar, aco: u16, start: &Start, stream: &mut Stream) -> Vec<Term> {
    let begun = day_number(start.from.0);
    let begun_year = start_year(start);
    let start = &start.value;
    let track = track_name(stream.pick::<String>(&start.tracks));
    let current = matches!(track, "BASIC" | "ENHANCED");
    let renewal = start.renewal_only || (start.renewal && stream.chance(0.4));
    let period = if renewal { 2 } else { 1 };
    let times_adjusted = if renewal && start.regional && stream.chance(0.5) { 2 } else { 1 };
    let first_level = stream.below(5);
    let chosen_method = match plan.assignment {
        Assignment::Retrospective => false,
        Assignment::Prospective => true,
        Assignment::Mixed => stream.chance(0.4),
    };
    let fixed_choice = *stream.pick(&CHOICES);
    let prior = prior_years(stream, start, renewal);
    let advance =
        (start.advance_payments && !renewal && stream.chance(0.5)).then(|| (200_000 + stream.below(400_000) as i64) * 1_000_000);
    let half = |year| start.half_year.filter(|(half_year, _)| *half_year == year).map(|(_, half)| half);
    let mut years: Vec<(u16, Option<u8>)> = (start.first_year..=start.last_year).map(|year| (year, half(year))).collect();
    // An agreement that was extended by half a year has it after its last full one.
    years.extend(start.half_year.filter(|(year, _)| *year > start.last_year).map(|(year, half)| (year, Some(half))));
    let mut terms = Vec::new();
    for (step, (year, half)) in years.into_iter().enumerate() {
        if !plan.years().contains(&year) {
            continue;
        }
        let level = (track == "BASIC").then(|| LEVELS[(first_level as usize + step).min(4)]);
        let one_sided = track == "1" || level.is_some_and(|level| level <= "B");
        let changes = current && plan.assignment == Assignment::Mixed && stream.chance(0.05);
        let prospective = if current { chosen_method ^ changes } else { matches!(track, "3" | "1+") };
        let quality = stream.unit();
        let quality_standard = match quality {
            q if q < 0.07 => "not_met",
            q if q < 0.15 && year >= parameters.reports.alternative_standard_from => "alternative",
            _ => "met",
        };
        let emergency = calendar.emergency_months(year);
        let circumstance = if emergency > 0 {
            Some((1_000_000, (i64::from(emergency) * 1_000_000 + 6) / 12))
        } else if year >= parameters.reports.circumstances_from && stream.chance(0.1) {
            Some((50_000 * stream.between(1, 20) as i64, i64::from(stream.between(1, 12)) * 1_000_000 / 12))
        } else {
            None
        };
        let ends = stream.chance(parameters.oddities.agreement_terminated);
        let termination = ends.then(|| {
            let kind = if stream.chance(0.8) { "voluntary" } else { "involuntary" };
            let last_month = calendar.january(year) + if stream.chance(0.5) { 11 } else { stream.between(3, 10) };
            (kind, calendar.start(last_month + 1) - 1, stream.chance(0.8))
        });
        terms.push(Term {
            aco,
            year,
            half,
            start: begun,
            start_year: begun_year,
            period,
            times_adjusted,
            track,
            level,
            prospective,
            msr_choice: match track {
                _ if one_sided => "variable",
                "2" if start.fixed_minimum.is_some() => CHOICES[CHOICES.len() - 1],
                _ => fixed_choice,
            },
            quality_standard,
            quality_score: 650_000 + stream.below(340_000) as i64,
            revenue_loss_limit: (track == "1+").then(|| stream.chance(0.5)),
            circumstance,
            prior,
            rescored: start.rescored,
            termination,
            advance_outstanding: advance,
            prepaid_outstanding: (year >= parameters.reports.prepaid_from && stream.chance(0.2))
                .then(|| stream.below(900_000) as i64 * 1_000_000),
        });
        if ends {
            break;
        }
    }
    terms
}

/// Savings before the agreement, where its rules ask for them.
fn prior_years(stream: &mut Stream, start: &AgreementStart, renewal: bool) -> [Option<Prior>; 3] {
    let asked = renewal && start.prior_savings;
    std::array::from_fn(|_| {
        let (draw, size, share) = (stream.unit(), stream.normal(), stream.unit());
        (asked && draw > 0.1).then(|| {
            let savings = if draw < 0.15 { 0 } else { (size * 25_000.0 + 15_000.0) as i64 * 10_000 };
            let rate = start.prior_sharing_rates.then_some(300_000 + (share * 400_000.0) as i64);
            (savings, (4_000 + (share * 20_000.0) as i64) * 1_000_000, rate)
        })
    })
}

fn track_name(name: &str) -> &'static str {
    ["1", "1+", "2", "3", "BASIC", "ENHANCED"].into_iter().find(|known| *known == name).unwrap_or("BASIC")
}

#[cfg(test)]
mod tests {
    use super::{Calendar, Plan, Tracks, acos};

    fn all(plan: &Plan) -> Vec<super::Aco> {
        let rules = crate::rules::Rules::load(None).expect("rules");
        let calendar = Calendar::new(plan.first_year, plan.last_year, &rules);
        acos(plan, &rules.agreement_starts, &plan.parameters().expect("parameters"), &calendar).expect("ACOs")
    }

    #[test]
    fn the_whole_mix_of_starts_and_tracks_occurs() {
        let acos = all(&Plan::new(1_000, 2009..=2026, 200, 1));
        let terms: Vec<_> = acos.iter().flat_map(|aco| &aco.terms).collect();
        for track in ["1", "1+", "2", "3", "BASIC", "ENHANCED"] {
            assert!(terms.iter().any(|term| term.track == track), "{track}");
        }
        for level in super::LEVELS {
            assert!(terms.iter().any(|term| term.level == Some(level)), "{level}");
        }
        let mut starts: Vec<i32> = terms.iter().map(|term| term.start).collect();
        starts.sort_unstable();
        starts.dedup();
        assert_eq!(starts.len(), 16);
        assert!(terms.iter().any(|term| term.half == Some(1)) && terms.iter().any(|term| term.half == Some(2)));
        assert!(terms.iter().any(|term| term.termination.is_some()) && terms.iter().any(|term| term.prior[0].is_some()));
    }

    #[test]
    fn a_plan_may_ask_for_one_start_and_retrospective_assignment() {
        let mut plan = Plan::new(1_000, 2019..=2023, 6, 1);
        plan.starts = vec!["2022-01-01".into()];
        plan.tracks = Tracks::Current;
        plan.assignment = super::Assignment::Retrospective;
        let acos = all(&plan);
        assert!(
            acos.iter()
                .flat_map(|aco| &aco.terms)
                .all(|term| plan.starts[0].starts_with(&term.start_year.to_string()) && !term.prospective)
        );
        assert!(acos.iter().any(|aco| aco.effect > 0.0) && acos.iter().any(|aco| aco.effect < 0.0));
    }
}
