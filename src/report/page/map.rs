//! The map of participation: counties by the person-years of assigned people who live there.
//!
//! `atlas.json` holds the outlines of counties and states (npm package us-atlas, from the U.S. Census Bureau), projected and
//! simplified by `scripts/report/atlas`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::money::Decimal;
use crate::report::shown::{Shown, Unit};
use crate::report::suppression::{HiddenCounties, state_of};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Atlas {
    source: String,
    width: u32,
    height: u32,
    /// Quarters of a pixel: a point, then the steps from each to the next.
    arcs: Vec<Vec<i32>>,
    counties: BTreeMap<String, Shape>,
    states: BTreeMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    name: String,
    /// Arcs of each ring; the complement of a number is that arc backwards.
    rings: Vec<Vec<i32>>,
}

impl Atlas {
    fn read() -> Result<Self> {
        serde_json::from_str(include_str!("atlas.json"))
            .map_err(|fault| Error::failed(format!("the embedded atlas does not read: {fault}"), "report this as a defect"))
    }

    fn points(&self, arc: i32) -> Vec<(i32, i32)> {
        let index = if arc < 0 { !arc } else { arc };
        let steps = self.arcs.get(index as usize).map_or(&[][..], Vec::as_slice);
        let (mut x, mut y) = (0, 0);
        let mut points: Vec<(i32, i32)> = steps
            .chunks_exact(2)
            .map(|step| {
                (x, y) = (x + step[0], y + step[1]);
                (x, y)
            })
            .collect();
        if arc < 0 {
            points.reverse();
        }
        points
    }

    /// The outline of a shape as the data of an SVG path.
    fn outline(&self, shape: &Shape) -> String {
        let mut path = String::new();
        for ring in &shape.rings {
            let mut points: Vec<(i32, i32)> = Vec::new();
            for arc in ring {
                let skip = usize::from(!points.is_empty());
                points.extend(self.points(*arc).into_iter().skip(skip));
            }
            let Some((first, rest)) = points.split_first() else { continue };
            let _ = write!(path, "M{} {}l", first.0, first.1);
            let mut last = *first;
            for point in rest {
                let _ = write!(path, "{} {} ", point.0 - last.0, point.1 - last.1);
                last = *point;
            }
            path.truncate(path.trim_end().len());
            path.push('z');
        }
        path
    }
}

/// Classes of the map: from how many person-years on, and their colour.
const CLASSES: [(u32, &str); 5] = [(11, "m1"), (25, "m2"), (100, "m3"), (500, "m4"), (2_500, "m5")];

/// The map and a table by state, of person-years by county; `hidden` are the counties that no report of the run shows.
///
/// # Errors
/// When the embedded outlines do not read, which is a defect.
pub(super) fn map(counties: &BTreeMap<String, Decimal>, hidden: &HiddenCounties) -> Result<Markup> {
    let atlas = Atlas::read()?;
    let mut states: BTreeMap<&str, Vec<(&str, Decimal)>> = BTreeMap::new();
    for (county, people) in counties {
        states.entry(state_of(county)).or_default().push((county, *people));
    }
    let told = |shown: bool, people: Decimal| if shown { Shown::Number(people) } else { Shown::Suppressed };
    let state_name = |code: &str| atlas.states.get(code).map_or_else(|| elsewhere(code), |shape| shape.name.clone());

    let mut paths = String::new();
    let mut unmapped = 0;
    let mut rows = Vec::new();
    for (code, counties) in &states {
        let total = told(hidden.shows_state(code), counties.iter().map(|(_, people)| *people).sum());
        for (county, people) in counties {
            let people = told(hidden.shows(county), *people);
            let Some(shape) = atlas.counties.get(*county) else {
                unmapped += 1;
                continue;
            };
            let (class, words) = match people {
                Shown::Number(number) => (class_of(number), format!("{} person-years", people.told(Unit::PersonYears))),
                _ => ("m1", "suppressed".to_string()),
            };
            let title = format!("{}, {}: {words}", shape.name, state_name(code)).replace('&', "&amp;").replace('<', "&lt;");
            let outline = atlas.outline(shape);
            let _ = write!(
                paths,
                "<path class=\"county\" style=\"fill:var(--{class})\" d=\"{outline}\"><title>{title}</title></path>"
            );
        }
        rows.push((state_name(code), counties.len(), total));
    }
    let mut land = String::new();
    for shape in atlas.states.values() {
        land += &atlas.outline(shape);
    }
    let (width, height) = (atlas.width, atlas.height);
    Ok(html! {
        figure aria-labelledby="map-words" {
            svg.map role="img" aria-labelledby="map-words" viewBox=(format!("0 0 {width} {height}")) {
                path.land d=(land) {}
                (PreEscaped(paths))
                path.state d=(land) {}
            }
            ul.key aria-hidden="true" {
                @for (at, (from, class)) in CLASSES.iter().enumerate() {
                    li { i style=(format!("background:var(--{class})")) {}
                        @if at == 0 { "under 25, or suppressed" }
                        @else if let Some((next, _)) = CLASSES.get(at + 1) { (from) " to " (next) }
                        @else { (from) " and more" }
                    }
                }
                li { i style="background:var(--m0)" {} "nobody assigned" }
            }
            figcaption id="map-words" {
                "Person-years of assigned beneficiaries by county of residence, performance year. "
                @if unmapped > 0 { (unmapped) " counties are not on the map (territories, unknown, or newer than its outlines); the table has them by state. " }
                "Outlines: " (atlas.source) "."
            }
        }
        details {
            summary { "By state" }
            div.scroll { table {
                thead { tr { th scope="col" { "State" } th scope="col" { "Counties" } th scope="col" { "Person-years" } } }
                tbody { @for (name, counties, people) in &rows {
                    tr { th scope="row" { (name) } td { (counties) } td { (people.told(Unit::PersonYears)) } }
                } }
            } }
        }
    })
}

fn class_of(people: Decimal) -> &'static str {
    CLASSES.iter().rev().find(|(from, _)| people >= Decimal::from(*from)).map_or("m1", |(_, class)| *class)
}

fn elsewhere(code: &str) -> String {
    match code {
        "72" => "Puerto Rico".to_string(),
        "78" => "U.S. Virgin Islands".to_string(),
        "66" => "Guam".to_string(),
        "60" => "American Samoa".to_string(),
        "69" => "Northern Mariana Islands".to_string(),
        _ => format!("Elsewhere or unknown ({code})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::{AcoCounty, AcoKey, FactorYear};
    use crate::rules::EnrollmentType;

    #[test]
    fn the_atlas_has_every_state_and_draws_closed_outlines() {
        let atlas = Atlas::read().unwrap();
        assert!(atlas.counties.len() > 3_100 && atlas.states.len() >= 51 && atlas.source.contains("ISC"));
        for shape in atlas.states.values().chain(atlas.counties.values()) {
            let outline = atlas.outline(shape);
            assert!(outline.starts_with('M') && outline.ends_with('z'), "{}", shape.name);
        }
    }

    #[test]
    fn few_people_of_a_county_are_not_told() {
        let rows: Vec<AcoCounty> = [("01001", 7), ("01003", 40), ("01005", 300)]
            .map(|(county, people)| AcoCounty {
                key: AcoKey::new("A1"),
                year: FactorYear::Py,
                county: county.to_string(),
                enrollment_type: EnrollmentType::ALL[3],
                person_years: Decimal::from(people),
            })
            .into();
        let counties: BTreeMap<String, Decimal> = rows.iter().map(|row| (row.county.clone(), row.person_years)).collect();
        let page = map(&counties, &HiddenCounties::of(&rows, 11)).unwrap().into_string();
        assert!(page.contains("Autauga, Alabama: suppressed") && page.contains("Baldwin, Alabama: suppressed"));
        assert!(page.contains("Barbour, Alabama: 300.0 person-years") && page.contains("347.0"));
        let open = map(&counties, &HiddenCounties::default()).unwrap().into_string();
        assert!(open.contains("7.0 person-years"));
    }
}
