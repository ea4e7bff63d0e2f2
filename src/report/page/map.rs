//! The map of participation: counties by the person-years of assigned people who live there.
//!
//! `atlas.json` holds the outlines of counties and states (npm package us-atlas, from the U.S. Census Bureau), projected and
//! simplified by `scripts/report/atlas`; `atlas.LICENSE` is its notice.

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

/// The notice that goes with every copy of the outlines.
const NOTICE: &str = include_str!("atlas.LICENSE");

/// Person-years of assigned people by county of residence and ACO.
pub(super) type Counties = BTreeMap<String, BTreeMap<String, Decimal>>;

/// From how many person-years on, and the colour: of counties, and of states.
type Classes = [(u32, &'static str); 5];
const OF_COUNTIES: Classes = [(11, "m1"), (25, "m2"), (100, "m3"), (500, "m4"), (2_500, "m5")];
const OF_STATES: Classes = [(11, "m1"), (100, "m2"), (1_000, "m3"), (10_000, "m4"), (100_000, "m5")];

/// Who is assigned in a county or a state.
struct Place {
    name: String,
    /// Counties in which somebody is; of a county 1.
    counties: usize,
    /// ACOs that have as many people there as a cell must rest on.
    acos: Shown,
    person_years: Shown,
}

impl Place {
    fn of(name: String, counties: usize, shown: bool, acos: &BTreeMap<&str, Decimal>, fewest: u32) -> Self {
        let told = |number: Decimal| if shown { Shown::Number(number) } else { Shown::Suppressed };
        let enough = |people: &&Decimal| !people.is_zero() && **people >= Decimal::from(fewest);
        let count = acos.values().filter(enough).count();
        Self { name, counties, acos: told(Decimal::from(count)), person_years: told(acos.values().copied().sum()) }
    }

    /// What is told of it under the pointer.
    fn words(&self) -> String {
        match self.person_years {
            Shown::Number(_) => {
                let acos = self.acos.told(Unit::People);
                let noun = if acos == "1" { "ACO" } else { "ACOs" };
                format!("{}: {} person-years, {acos} {noun}", self.name, self.person_years.told(Unit::PersonYears))
            }
            _ => format!("{}: suppressed", self.name),
        }
    }

    fn drawn(&self, kind: &str, classes: &Classes, outline: &str) -> String {
        let class = self.person_years.number().map_or("m1", |people| class_of(classes, people));
        let words = self.words().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        format!("<path class=\"{kind}\" style=\"fill:var(--{class})\" data-said=\"{words}\" d=\"{outline}\"/>")
    }
}

/// The map with its tables; `hidden` are the counties that no report of the run shows, `fewest` the people that a cell must
/// rest on.
///
/// # Errors
/// When the embedded outlines do not read, which is a defect.
pub(super) fn map(counties: &Counties, hidden: &HiddenCounties, fewest: u32) -> Result<Markup> {
    let atlas = Atlas::read()?;
    let state_name = |code: &str| atlas.states.get(code).map_or_else(|| elsewhere(code), |shape| shape.name.clone());
    let mut states: BTreeMap<&str, (usize, BTreeMap<&str, Decimal>)> = BTreeMap::new();
    let mut unmapped = 0;
    let (mut by_county, mut county_paths) = (Vec::new(), String::new());
    for (county, acos) in counties {
        let code = state_of(county);
        let acos: BTreeMap<&str, Decimal> = acos.iter().map(|(aco, people)| (aco.as_str(), *people)).collect();
        let (count, of_state) = states.entry(code).or_default();
        *count += 1;
        for (aco, people) in &acos {
            *of_state.entry(aco).or_default() += *people;
        }
        let shape = atlas.counties.get(county);
        let name = shape.map_or_else(|| county.clone(), |shape| shape.name.clone());
        let place = Place::of(format!("{name}, {}", state_name(code)), 1, hidden.shows(county), &acos, fewest);
        match shape {
            Some(shape) => county_paths += &place.drawn("county", &OF_COUNTIES, &atlas.outline(shape)),
            None => unmapped += 1,
        }
        by_county.push(place);
    }
    let (mut by_state, mut state_paths) = (Vec::new(), String::new());
    for (code, (count, acos)) in &states {
        let place = Place::of(state_name(code), *count, hidden.shows_state(code), acos, fewest);
        if let Some(shape) = atlas.states.get(*code) {
            state_paths += &place.drawn("county", &OF_STATES, &atlas.outline(shape));
        }
        by_state.push(place);
    }
    let land: String = atlas.states.values().map(|shape| atlas.outline(shape)).collect();
    let (width, height) = (atlas.width, atlas.height);
    Ok(html! {
        (PreEscaped(format!("<!--\n{NOTICE}-->")))
        fieldset.layers.noprint {
            legend { "Shown by" }
            label { input type="radio" name="layer" #by-county checked; " county" }
            label { input type="radio" name="layer" #by-state; " state" }
        }
        figure.participation aria-labelledby="map-words" {
            svg.map role="img" aria-labelledby="map-words" viewBox=(format!("0 0 {width} {height}")) {
                path.land d=(land) {}
                g.of-counties { (PreEscaped(county_paths)) }
                g.of-states { (PreEscaped(state_paths)) }
                path.state d=(land) {}
            }
            (key("of-counties", &OF_COUNTIES))
            (key("of-states", &OF_STATES))
            figcaption id="map-words" {
                "Person-years of assigned beneficiaries by residence, performance year"
                @if fewest > 0 { "; ACOs are counted where they have " (fewest) " or more" } ". "
                @if unmapped > 0 { (unmapped) " counties are not on the map of counties (territories, unknown, or newer than its outlines); the tables have them. " }
                "Outlines: " (atlas.source) "."
            }
        }
        (table("By state", "State", true, &by_state))
        (table("By county", "County", false, &by_county))
    })
}

fn key(of: &str, classes: &Classes) -> Markup {
    let people = |number: u32| Shown::Number(Decimal::from(number)).told(Unit::People);
    html! {
        ul class=(format!("key {of}")) aria-hidden="true" {
            @for (at, (from, class)) in classes.iter().enumerate() {
                li { i style=(format!("background:var(--{class})")) {}
                    @match classes.get(at + 1) {
                        Some((next, _)) if at == 0 => { "under " (people(*next)) ", or suppressed" }
                        Some((next, _)) => { (people(*from)) " to " (people(*next)) }
                        None => { (people(*from)) " and more" }
                    }
                }
            }
            li { i style="background:var(--m0)" {} "nobody assigned" }
        }
    }
}

fn table(summary: &str, heading: &str, of_states: bool, places: &[Place]) -> Markup {
    html! {
        details {
            summary { (summary) }
            div.scroll { table {
                thead { tr {
                    th scope="col" { (heading) }
                    @if of_states { th scope="col" { "Counties" } }
                    th scope="col" { "ACOs" } th scope="col" { "Person-years" }
                } }
                tbody { @for place in places { tr {
                    th scope="row" { (place.name) }
                    @if of_states { td { (place.counties) } }
                    td { (place.acos.told(Unit::People)) } td { (place.person_years.told(Unit::PersonYears)) }
                } } }
            } }
        }
    }
}

fn class_of(classes: &Classes, people: Decimal) -> &'static str {
    classes.iter().rev().find(|(from, _)| people >= Decimal::from(*from)).map_or("m1", |(_, class)| *class)
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
        assert!(atlas.counties.len() > 3_100 && atlas.states.len() >= 51);
        let holder = "2013-2019 Michael Bostock";
        assert!(NOTICE.contains(holder) && atlas.source.contains(holder) && atlas.source.contains("ISC"));
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
        let of = |row: &AcoCounty| (row.county.clone(), BTreeMap::from([("A1".to_string(), row.person_years)]));
        let counties: Counties = rows.iter().map(of).collect();
        let page = map(&counties, &HiddenCounties::of(&rows, 11), 11).unwrap().into_string();
        assert!(page.contains("Autauga, Alabama: suppressed") && page.contains("Baldwin, Alabama: suppressed"));
        assert!(page.contains("Barbour, Alabama: 300.0 person-years, 1 ACO\"") && page.contains("Alabama: 347.0 person-years"));
        let open = map(&counties, &HiddenCounties::default(), 0).unwrap().into_string();
        assert!(open.contains("7.0 person-years"));
    }

    #[test]
    fn acos_are_counted_where_they_have_people_enough() {
        let acos = BTreeMap::from([("A1", Decimal::from(40)), ("A2", Decimal::from(3)), ("A3", Decimal::ZERO)]);
        let count = |fewest| Place::of(String::new(), 1, true, &acos, fewest).acos;
        assert_eq!([count(11), count(0)], [1, 2].map(|count| Shown::Number(Decimal::from(count))));
        assert_eq!(Place::of(String::new(), 1, false, &acos, 11).acos, Shown::Suppressed);
    }
}
