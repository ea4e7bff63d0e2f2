//! An ACO's region from the counties of its people: risk-standardised expenditure, market share, scores.
//!
//! The weights are the ACO's person-years of the type and year in each county (425.601(d), 425.603(f), 425.654(b)).

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::compute::ScoreSet;
use super::tables::{Aco, AcoCounty, AcoRegion, AssignmentMethod, County, FactorTables, FactorYear, Window};
use crate::error::{Error, Place, Result};
use crate::rules::choices::{CountyShareAboveOne, CountyWithoutFigures};
use crate::rules::regimes::{CountyWindow, Regime};
use crate::rules::{Day, EnrollmentType, Rules};

impl FactorTables {
    /// The `aco_region` rows: computed where the county tables are given, else those of the table.
    ///
    /// # Errors
    /// When a county in which an ACO has people is not in the county table.
    pub fn regions(&self, rules: &Rules) -> Result<Vec<AcoRegion>> {
        if self.counties.is_empty() || self.aco_counties.is_empty() {
            return Ok(self.aco_regions.clone());
        }
        let acos: BTreeMap<_, _> = self.acos.iter().map(|aco| (&aco.key, aco)).collect();
        let counties: BTreeMap<_, _> = self.counties.iter().map(|row| (figures_of(row), row)).collect();
        let mut homes: BTreeMap<_, Vec<&AcoCounty>> = BTreeMap::new();
        for row in self.aco_counties.iter().filter(|row| row.person_years > Decimal::ZERO) {
            homes.entry((&row.key, row.year, row.enrollment_type)).or_default().push(row);
        }
        let (mut regions, mut faults) = (Vec::new(), Vec::new());
        for ((key, year, kind), mut homes) in homes {
            let Some(aco) = acos.get(key) else { continue };
            // An agreement outside every regime is refused by name when its benchmark is asked for.
            let Ok((_, regime)) = rules.regimes.of(Day(aco.agreement_start), aco.agreement_period) else { continue };
            if !regime.is_regional() {
                continue;
            }
            homes.sort_by(|a, b| a.county.cmp(&b.county));
            let (window, scores) = (window(aco, regime), ScoreSet::of(regime));
            let cap = rules.choices.county_share_above_one.at(aco.performance_year)?.value;
            let absent_counts =
                rules.choices.county_without_figures.at(aco.performance_year)?.value == CountyWithoutFigures::Refuse;
            let calendar_year = aco.calendar_year(year);
            let found: Vec<_> = homes
                .iter()
                .filter_map(|home| {
                    match serving(scores, |set| counties.get(&(calendar_year, window, kind, &*home.county, set))) {
                        Some(county) if usable(county) => Some((home.person_years, *county)),
                        _ => {
                            if absent_counts {
                                faults.push(absent(home, calendar_year, window));
                            }
                            None
                        }
                    }
                })
                .collect();
            if let Some(region) = region(aco, year, kind, &found, cap) {
                regions.push(region);
            }
        }
        if faults.is_empty() { Ok(regions) } else { Err(Error::Inputs(faults)) }
    }
}

/// Person-years of ACOs' people in counties without figures, which their regions leave out.
pub fn without_figures(acos: &[Aco], homes: &[AcoCounty], counties: &[County], rules: &Rules) -> Decimal {
    let regional = acos.iter().filter_map(|aco| {
        let (_, regime) = rules.regimes.of(Day(aco.agreement_start), aco.agreement_period).ok()?;
        regime.is_regional().then(|| (&aco.key, (aco, window(aco, regime), ScoreSet::of(regime))))
    });
    let windows: BTreeMap<_, _> = regional.collect();
    let figures: BTreeSet<_> = counties.iter().filter(|county| usable(county)).map(figures_of).collect();
    let left_out = homes.iter().filter(|home| {
        windows.get(&home.key).is_some_and(|(aco, window, scores)| {
            let of = |set| (aco.calendar_year(home.year), *window, home.enrollment_type, home.county.as_str(), set);
            serving(*scores, |set| figures.get(&of(set))).is_none()
        })
    });
    left_out.map(|home| home.person_years).sum()
}

/// By what county figures are found.
type Figures<'t> = (u16, Window, EnrollmentType, &'t str, Option<ScoreSet>);

fn figures_of(row: &County) -> Figures<'_> {
    (row.calendar_year, row.window, row.enrollment_type, row.county.as_str(), row.scores)
}

/// What serves agreements of a set of scores: their own figures, else those that serve all.
fn serving<T>(scores: ScoreSet, found: impl Fn(Option<ScoreSet>) -> Option<T>) -> Option<T> {
    found(Some(scores)).or_else(|| found(None))
}

/// The window whose county figures an ACO's regime asks for.
fn window(aco: &Aco, regime: &Regime) -> Window {
    match (regime.county_window.concept, aco.assignment_method) {
        (CountyWindow::Assignment, AssignmentMethod::Prospective) => Window::Offset,
        _ => Window::Calendar,
    }
}

fn usable(county: &County) -> bool {
    county.person_years > Decimal::ZERO && county.hcc_risk_score.is_some_and(|score| score > Decimal::ZERO)
}

fn absent(home: &AcoCounty, calendar_year: u16, window: Window) -> Error {
    Error::input(
        format!("{} has people in a county without assignable people or score", home.key),
        Place::table("county")
            .at_column("person_years")
            .at_key(format!("{calendar_year} {window} {} {}", home.county, home.enrollment_type)),
        "give the county's figures, or what stands in for them where they are suppressed",
    )
}

/// One region from the ACO's person-years in each county and the county's figures; none when it has nobody.
fn region(
    aco: &Aco,
    year: FactorYear,
    enrollment_type: EnrollmentType,
    counties: &[(Decimal, &County)],
    above_one: CountyShareAboveOne,
) -> Option<AcoRegion> {
    let own: Decimal = counties.iter().map(|(own, _)| own).sum();
    // Products are summed before the one division, so that no share is rounded.
    let mean = |figure: &dyn Fn(&Decimal, &County) -> Option<Decimal>| {
        let mut sum = Decimal::ZERO;
        for (own, county) in counties {
            sum = sum.checked_add(own.checked_mul(figure(own, county)?)?)?;
        }
        sum.checked_div(own)
    };
    let expenditure = mean(&|_, county| county.per_capita_expenditure.checked_div(county.hcc_risk_score?))?;
    let national_weight = mean(&|own, county| {
        let share = own.checked_div(county.person_years)?;
        Some(if above_one == CountyShareAboveOne::Cap { share.min(Decimal::ONE) } else { share })
    });
    let ends = matches!(year, FactorYear::By3 | FactorYear::Py);
    Some(AcoRegion {
        key: aco.key.clone(),
        year,
        enrollment_type,
        regional_expenditure: expenditure,
        national_weight: national_weight.filter(|_| ends),
        regional_hcc_score: mean(&|_, county| county.hcc_risk_score).filter(|_| ends),
        regional_demographic_score: mean(&|_, county| county.demographic_risk_score).filter(|_| ends),
    })
}
