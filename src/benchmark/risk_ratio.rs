//! Risk from benchmark year 3 to the performance year (425.604(a), 425.605(a), 425.610(a)).

use super::{Facts, Givens, Typed};
use crate::derivation::{Derivation, Node};
use crate::error::Result;
use crate::factors::FactorYear;
use crate::rules::EnrollmentType;
use crate::rules::choices::NewlyAssignedBlend;
use crate::rules::regimes::Risk;

/// Risk ratios by type; none where the ACO has nobody in either year. Declines are never limited. `dollars` are the benchmark
/// dollars by which growth is averaged over the types.
pub(super) fn to_performance_year<'r>(
    facts: &Facts<'_, 'r>,
    givens: &Givens,
    dollars: &Typed,
    tree: &mut Derivation<'r>,
) -> Result<Typed> {
    match facts.regime.risk.concept {
        Risk::NewlyAndContinuouslyAssigned => newly_and_continuously(facts, givens, tree),
        Risk::CappedByType => capped_by_type(facts, givens, tree),
        Risk::CappedInAggregate => capped_in_aggregate(facts, givens, dollars, tree),
    }
}

/// HCC growth by type, before any cap.
fn growth<'r>(facts: &Facts<'_, 'r>, givens: &Givens, tree: &mut Derivation<'r>) -> Typed {
    let mut growth = Typed::default();
    for kind in givens.lasting_types() {
        let ratio = tree.ratio(givens.hcc(FactorYear::Py, kind), givens.hcc(FactorYear::By3, kind));
        growth[kind] = Some(tree.name(ratio, "risk_ratio_uncapped", Some(kind), &facts.regime.risk.citation));
    }
    growth
}

fn capped_by_type<'r>(facts: &Facts<'_, 'r>, givens: &Givens, tree: &mut Derivation<'r>) -> Result<Typed> {
    let row = facts.rules.regimes.risk_cap_by_type.at(facts.start)?;
    let cap = tree.rule("risk_cap", row.value.0, &row.citation);
    let mut ratios = growth(facts, givens, tree);
    for kind in givens.lasting_types() {
        ratios[kind] = ratios[kind].map(|ratio| {
            let capped = tree.least(ratio, cap);
            tree.name(capped, "risk_ratio", Some(kind), &row.citation)
        });
    }
    Ok(ratios)
}

/// Capped only where growth over all types exceeds demographic growth by more than the allowance; a type that stays below
/// the cap keeps its own growth.
fn capped_in_aggregate<'r>(facts: &Facts<'_, 'r>, givens: &Givens, dollars: &Typed, tree: &mut Derivation<'r>) -> Result<Typed> {
    let cite = facts.regime.risk.citation.as_str();
    let mut ratios = growth(facts, givens, tree);
    let mut demographic = Typed::default();
    for kind in givens.lasting_types() {
        let ratio = tree.ratio(givens.demographic(FactorYear::Py, kind), givens.demographic(FactorYear::By3, kind));
        demographic[kind] = Some(tree.name(ratio, "demographic_ratio", Some(kind), cite));
    }
    let hcc = aggregate(dollars, &ratios, tree);
    let hcc = tree.name(hcc, "aggregate_hcc_growth", None, cite);
    let demographic = aggregate(dollars, &demographic, tree);
    let demographic = tree.name(demographic, "aggregate_demographic_growth", None, cite);
    let row = facts.rules.regimes.risk_cap_allowance.at(facts.start)?;
    let allowance = tree.rule("risk_cap_allowance", row.value.0, &row.citation);
    let cap = tree.sum(&[demographic, allowance]);
    let cap = tree.name(cap, "aggregate_risk_cap", None, &row.citation);
    for kind in givens.lasting_types() {
        ratios[kind] = ratios[kind].map(|ratio| {
            let capped = tree.least(ratio, cap);
            let chosen = tree.if_above(hcc, cap, capped, ratio);
            tree.name(chosen, "risk_ratio", Some(kind), &row.citation)
        });
    }
    Ok(ratios)
}

/// Benchmark dollars of the performance year by type: the weights of aggregate growth.
pub(super) fn benchmark_dollars<'r>(givens: &Givens, benchmark: &Typed, cite: &'r str, tree: &mut Derivation<'r>) -> Typed {
    let mut dollars = Typed::default();
    for kind in givens.lasting_types() {
        dollars[kind] = benchmark[kind].map(|benchmark| {
            let amount = tree.product(&[benchmark, givens.people(FactorYear::Py, kind)]);
            tree.name(amount, "benchmark_dollars", Some(kind), cite)
        });
    }
    dollars
}

/// Mean of a growth over the types, by benchmark dollars.
pub(super) fn aggregate(weights: &Typed, growth: &Typed, tree: &mut Derivation<'_>) -> Node {
    let pairs: Vec<_> = EnrollmentType::ALL.into_iter().filter_map(|kind| Some((weights[kind]?, growth[kind]?))).collect();
    tree.weighted_mean(&pairs)
}

/// The newly assigned by their HCC scores; the continuously assigned by demographic scores, or by HCC scores when those fell.
fn newly_and_continuously<'r>(facts: &Facts<'_, 'r>, givens: &Givens, tree: &mut Derivation<'r>) -> Result<Typed> {
    let cite = facts.regime.risk.citation.as_str();
    let blend = facts.rules.choices.newly_assigned_blend.at(facts.aco.performance_year)?.value;
    let mut ratios = Typed::default();
    for kind in givens.lasting_types() {
        let Some(row) = facts.years[FactorYear::Py as usize][kind] else { continue };
        let of_kind = Some(kind);
        let score = |name, value: Option<rust_decimal::Decimal>, base, tree: &mut Derivation<'r>| {
            let score = tree.given(name, of_kind, value?, "aco_year");
            Some(tree.ratio(score, base))
        };
        let (hcc, demographic) = (givens.hcc(FactorYear::By3, kind), givens.demographic(FactorYear::By3, kind));
        let new = score("new_hcc_score", row.new_hcc_risk_score, hcc, tree)
            .map(|ratio| tree.name(ratio, "newly_assigned_ratio", of_kind, cite));
        let continuing_hcc = score("continuing_hcc_score", row.continuing_hcc_risk_score, hcc, tree)
            .map(|ratio| tree.name(ratio, "continuing_hcc_ratio", of_kind, cite));
        let continuing_demographic =
            score("continuing_demographic_score", row.continuing_demographic_risk_score, demographic, tree)
                .map(|ratio| tree.name(ratio, "continuing_demographic_ratio", of_kind, cite));
        let continuing = match (continuing_hcc, continuing_demographic) {
            (Some(hcc), Some(demographic)) => {
                let ratio = tree.if_above(Node::ONE, hcc, hcc, demographic);
                Some(tree.name(ratio, "continuously_assigned_ratio", of_kind, cite))
            }
            _ => None,
        };
        let ratio = match (new, continuing) {
            (Some(new), Some(continuing)) if blend == NewlyAssignedBlend::PersonYears => {
                let new_people = tree.given("new_person_years", of_kind, row.new_person_years.unwrap_or_default(), "aco_year");
                let share = tree.ratio(new_people, givens.people(FactorYear::Py, kind));
                let share = tree.name(share, "newly_assigned_share", of_kind, cite);
                tree.blend(share, new, continuing)
            }
            (new, continuing) => continuing.or(new).unwrap_or(Node::ONE),
        };
        ratios[kind] = Some(tree.name(ratio, "risk_ratio", of_kind, cite));
    }
    Ok(ratios)
}
