//! Whether what is shown of a run gives back what is hidden: every report of it is made, everything shown is written down as
//! equations, and the hidden cells are solved for by elimination. None that rests on one to ten beneficiaries may be found, nor a
//! sum of hidden ones that does.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use acobench::factors::{FactorTables, FactorYear};
use acobench::rules::EnrollmentType;
use arrow_array::{ArrayRef, StringArray};
use serde_json::Value;

const LEAST: f64 = 11.0;

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suppression");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn done(arguments: &[&str]) {
    let ended = extract::run(arguments);
    assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

/// Linear equations in hidden cells: each a sum of factors times cells that is known.
#[derive(Default)]
struct Known {
    cells: Vec<String>,
    rows: Vec<BTreeMap<usize, f64>>,
}

impl Known {
    fn cell(&mut self, name: String) -> usize {
        self.cells.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.cells.push(name);
            self.cells.len() - 1
        })
    }

    fn say(&mut self, terms: impl IntoIterator<Item = (String, f64)>) {
        let mut row = BTreeMap::new();
        for (name, factor) in terms {
            *row.entry(self.cell(name)).or_insert(0.0) += factor;
        }
        self.rows.push(row);
    }

    /// Every relation in its shortest form: each begins with a cell that no other has.
    fn solved(&self) -> Vec<BTreeMap<String, f64>> {
        let width = self.cells.len();
        let dense = |row: &BTreeMap<usize, f64>| (0..width).map(|at| row.get(&at).copied().unwrap_or(0.0)).collect::<Vec<f64>>();
        let mut rows: Vec<Vec<f64>> = self.rows.iter().map(dense).collect();
        let mut done = 0;
        for column in 0..width {
            let most = (done..rows.len()).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()));
            let Some(pivot) = most.filter(|row| rows[*row][column].abs() > 1e-7) else { continue };
            rows.swap(done, pivot);
            let lead = rows[done][column];
            rows[done].iter_mut().for_each(|factor| *factor /= lead);
            let lead = rows[done].clone();
            for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != done) {
                let _ = at;
                let factor = row[column];
                row.iter_mut().zip(&lead).for_each(|(value, lead)| *value -= factor * lead);
            }
            done += 1;
        }
        let named = |row: &Vec<f64>| {
            let terms = row.iter().enumerate().filter(|(_, factor)| factor.abs() > 1e-7);
            terms.map(|(at, factor)| (self.cells[at].clone(), *factor)).collect()
        };
        rows.iter().take(done).map(named).collect()
    }
}

/// The hidden cells that relations give back: alone, or as a sum of a few people.
fn given_back(known: &Known, truth: &BTreeMap<String, f64>) -> Vec<String> {
    let small = |people: f64| people > 0.0 && people < LEAST;
    let told = |relation: &BTreeMap<String, f64>| {
        let people: f64 = relation.keys().map(|cell| truth[cell]).sum();
        let alone = relation.len() == 1;
        let sum = relation.values().all(|factor| (factor - 1.0).abs() < 1e-6);
        // Cells of no people are nobody's.
        (alone || sum) && small(people)
    };
    known.solved().into_iter().filter(told).map(|relation| format!("{relation:?}")).collect()
}

/// Where a person lives: in a few counties of five states, in most of them hardly anybody.
fn county_of(bene: &str) -> &'static str {
    const COUNTIES: [&str; 14] = [
        "01001", "01003", "01005", "01007", "04001", "04003", "04005", "06001", "06003", "08001", "08003", "08005", "10001",
        "10003",
    ];
    let hash = blake3::hash(bene.as_bytes());
    let [one, two, ..] = *hash.as_bytes();
    // The square of an even draw: the first counties have most people.
    COUNTIES[usize::from(one) * usize::from(two) * COUNTIES.len() / (1 << 16)]
}

/// A run over few people and many ACOs, in which many cells are small.
fn run() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        let home = folder();
        let (extract, out) = (home.join("extract"), home.join("out"));
        let synth = "synth --quiet --beneficiaries 2500 --years 2019..2022 --acos 12 --seed 4 --files 1 --starts 2022-01-01 \
                     --tracks current --assignment retrospective --out";
        done(&synth.split_whitespace().chain([extract.to_str().unwrap()]).collect::<Vec<_>>());
        for file in extract::files(&extract, "beneficiary_year") {
            extract::rewrite(&file, |batch| {
                let scattered: StringArray = extract::text(batch, "bene_id").iter().map(|bene| bene.map(county_of)).collect();
                vec![extract::with(batch, "county", Arc::new(scattered) as ArrayRef)]
            });
        }
        let run = ["run", "--quiet", "--performance-year", "2022", "--allow-findings", "--extract", extract.to_str().unwrap()];
        done(&[&run[..], &["--out", out.to_str().unwrap()]].concat());
        out
    })
}

fn page(run: &Path, aco: Option<&str>) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path();
    let mut words = vec!["report", "--quiet", run.to_str().unwrap(), "--out", file.to_str().unwrap()];
    words.extend(aco.iter().flat_map(|aco| ["--aco", *aco]));
    done(&words);
    fs::read_to_string(file).unwrap()
}

/// What a page's derivations show, by ACO and label, with the formula of each; hidden values are none.
fn derivations(page: &str) -> BTreeMap<String, BTreeMap<String, (Option<f64>, String)>> {
    let (_, rest) = page.split_once("id=\"derivations\"").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let text = |pool: &str, at: &Value| data[pool][at.as_u64().unwrap() as usize].as_str().unwrap().to_string();
    let row = |row: &Value| {
        let value = row[4].as_str().and_then(|value| value.parse().ok());
        (text("labels", &row[0]), (value, text("formulas", &row[1])))
    };
    let acos = data["acos"].as_object().unwrap();
    acos.iter().map(|(aco, rows)| (aco.clone(), rows.as_array().unwrap().iter().map(row).collect())).collect()
}

/// Cells of the rows of a table, after its heading: the first one and the others.
fn cells(table: &str) -> Vec<(String, Vec<String>)> {
    let text = |cell: &str| cell.split_once('>').unwrap().1.split('<').next().unwrap().to_string();
    let row = |row: &str| (text(row.split("<th").nth(1).unwrap()), row.split("<td").skip(1).map(text).collect());
    table.split("</table>").next().unwrap().split("<tr>").skip(2).map(row).collect()
}

/// Expenditures by claim type on an ACO's page: its own, its region's, the nation's.
fn claim_types(page: &str) -> Vec<(String, [String; 3])> {
    let (_, table) = page.split_once("Expenditures by claim type").unwrap_or_default();
    if table.is_empty() {
        return Vec::new();
    }
    cells(table.split_once("<table").unwrap().1).into_iter().map(|(name, cells)| (name, cells.try_into().unwrap())).collect()
}

#[test]
fn no_type_of_few_people_can_be_solved_for() {
    let out = run();
    let factors = FactorTables::read(&out.join("factors")).unwrap();
    let number = |text: &acobench::money::Decimal| text.to_string().parse::<f64>().unwrap();
    let mut truth = BTreeMap::new();
    for row in &factors.aco_years {
        let label = format!("{}|person_years_{}[{}]", row.key.aco_id, row.year.name().to_lowercase(), row.enrollment_type);
        truth.insert(label, number(&row.person_years));
    }
    let small = truth.values().filter(|people| **people > 0.0 && **people < LEAST).count();
    assert!(small > 5, "the extract has {small} small cells, too few for a test");
    let shown = derivations(&page(out, None));
    // What is the same wherever it is shown holds for every ACO.
    let mut seen: BTreeMap<&str, (f64, usize, bool)> = BTreeMap::new();
    for (label, value) in shown.values().flatten().filter_map(|(label, (value, _))| Some((label.as_str(), (*value)?))) {
        let known = seen.entry(label).or_insert((value, 0, true));
        known.1 += 1;
        known.2 &= (known.0 - value).abs() < 1e-12;
    }
    let public = |label: &str| seen.get(label).filter(|(_, times, same)| *times > 1 && *same).map(|(value, ..)| *value);
    let mut known = Known::default();
    let mut means = 0;
    for (aco, steps) in &shown {
        for year in FactorYear::ALL {
            let weight = |kind: EnrollmentType| format!("person_years_{}[{kind}]", year.name().to_lowercase());
            let value = |label: &str| steps.get(label).and_then(|(value, _)| *value);
            for kind in EnrollmentType::ALL {
                let people = truth.get(&format!("{aco}|{}", weight(kind))).copied().unwrap_or(0.0);
                assert!(value(&weight(kind)).is_none_or(|_| people == 0.0 || people >= LEAST), "{aco} {}", weight(kind));
            }
            let hidden: Vec<_> = EnrollmentType::ALL
                .into_iter()
                .filter(|kind| truth.contains_key(&format!("{aco}|{}", weight(*kind))) && value(&weight(*kind)).is_none())
                .collect();
            if hidden.is_empty() {
                continue;
            }
            // What is left of a total when everything shown is taken out; the charts draw it for every year.
            known.say(hidden.iter().map(|kind| (format!("{aco}|{}", weight(*kind)), 1.0)));
            // A mean by the ACO's own mix, of values by type that are known from elsewhere.
            for (label, (mean, formula)) in steps.iter().filter(|(label, _)| !label.contains('[')) {
                let of = |kind: EnrollmentType| format!("{label}[{kind}]");
                let weighted =
                    EnrollmentType::ALL.iter().any(|kind| formula.contains(&format!("{} * {}", weight(*kind), of(*kind))));
                let (Some(mean), true) = (mean, weighted) else { continue };
                let values: Vec<_> = hidden.iter().filter_map(|kind| Some((*kind, public(&of(*kind))?))).collect();
                if values.len() == hidden.len() {
                    means += 1;
                    known.say(values.into_iter().map(|(kind, value)| (format!("{aco}|{}", weight(kind)), value / mean - 1.0)));
                }
            }
        }
    }
    assert!(!known.rows.is_empty(), "nothing is hidden");
    let found = given_back(&known, &truth);
    assert!(found.is_empty(), "{found:?} ({means} means)");
    // Region and nation at a hidden mix would be as many such means as there are claim types.
    for aco in shown.keys() {
        let hidden = shown[aco].iter().any(|(label, (value, _))| label.starts_with("person_years_py[") && value.is_none());
        for (claim_type, [own, beside @ ..]) in claim_types(&page(out, Some(aco))) {
            assert!(beside.iter().all(|cell| (cell == "*") == (hidden || own == "*")), "{aco} {claim_type} {beside:?}");
        }
    }
    // The proof that elimination finds what is there to be found: one hidden cell more, and a small one is given back.
    let (cell, _) = truth.iter().find(|(cell, people)| **people > 0.0 && **people < LEAST && known.cells.contains(cell)).unwrap();
    let others: BTreeSet<String> = known
        .rows
        .iter()
        .find(|row| row.contains_key(&known.cells.iter().position(|known| known == cell).unwrap()))
        .unwrap()
        .keys()
        .map(|at| known.cells[*at].clone())
        .filter(|other| other != cell)
        .collect();
    for other in others {
        known.say([(other, 1.0)]);
    }
    assert!(!given_back(&known, &truth).is_empty());
}

#[test]
fn no_county_of_few_people_can_be_solved_for() {
    let out = run();
    let factors = FactorTables::read(&out.join("factors")).unwrap();
    let mut truth: BTreeMap<String, f64> = BTreeMap::new();
    for row in factors.aco_counties.iter().filter(|row| row.year == FactorYear::Py && !row.person_years.is_zero()) {
        *truth.entry(row.county.clone()).or_default() += row.person_years.to_string().parse::<f64>().unwrap();
    }
    let small: Vec<String> = truth.iter().filter(|(_, people)| **people < LEAST).map(|(county, _)| county.clone()).collect();
    assert!(small.len() > 1, "the extract has {small:?}, too few small counties for a test");
    // The tables by county and by state, in order of the codes; the map draws what they say.
    let page = page(out, None);
    let table = |summary: &str| cells(page.split_once(summary).unwrap().1);
    let people = |row: &(String, Vec<String>)| row.1.last().unwrap().clone();
    let (titles, totals) = (table("<summary>By county"), table("<summary>By state"));
    let (titles, totals): (Vec<_>, Vec<_>) = (titles.iter().map(people).collect(), totals.iter().map(people).collect());
    assert_eq!(titles.len(), truth.len(), "{titles:?}");
    let drawn = page.matches("data-said=").count() - page.matches(": suppressed\"").count();
    assert!(drawn > 0 && drawn <= titles.iter().chain(&totals).filter(|people| *people != "*").count());
    let mut states: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for county in truth.keys() {
        states.entry(&county[..2]).or_default().push(county);
    }
    assert_eq!(totals.len(), states.len(), "{totals:?}");
    let mut known = Known::default();
    for (county, told) in truth.keys().zip(&titles) {
        if told != "*" {
            assert!(told.replace(',', "").parse::<f64>().unwrap() >= LEAST, "{county} {told}");
            known.say([(county.clone(), 1.0)]);
        }
    }
    assert!((1..truth.len()).contains(&known.rows.len()), "{titles:?}");
    for (within, total) in states.values().zip(&totals) {
        if !total.starts_with('*') {
            known.say(within.iter().map(|county| ((*county).clone(), 1.0)));
        }
    }
    known.say(truth.keys().map(|county| (county.clone(), 1.0)));
    let found = given_back(&known, &truth);
    assert!(found.is_empty(), "{found:?}");
    // The proof that elimination finds what is there to be found: with all others told, a small one is given back.
    for county in truth.keys().filter(|county| **county != small[0]) {
        known.say([(county.clone(), 1.0)]);
    }
    assert!(given_back(&known, &truth).iter().any(|found| found.contains(&small[0])));
}

#[test]
fn maps_of_some_acos_are_not_drawn_for_their_differences_would_tell() {
    let page = page(run(), Some("A1001"));
    assert!(page.contains("Maps of different ACOs") && !page.contains("data-said="));
}

#[test]
fn claim_types_that_few_have_payments_of_are_hidden_and_not_given_back() {
    let out = run();
    let rows = |file: &str| -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_path(out.join(file)).unwrap().into_deserialize().map(Result::unwrap).collect()
    };
    let heads: BTreeMap<String, u64> = rows("factors/aco_basis.csv")
        .iter()
        .filter(|row| row["year"] == "PY")
        .map(|row| (row["aco_id"].clone(), row["assigned_beneficiaries"].parse().unwrap()))
        .collect();
    let mut by_aco: BTreeMap<String, Vec<(u64, f64)>> = BTreeMap::new();
    for row in rows("factors/aco_component.csv") {
        let (users, own) = (row["users"].parse().unwrap(), row["per_capita"].parse().unwrap_or(0.0));
        assert!(users <= heads[&row["aco_id"]] && (users > 0 || own == 0.0), "{row:?}");
        by_aco.entry(row["aco_id"].clone()).or_default().push((users, own));
    }
    let (mut hidden_ones, mut shown_ones) = (0, 0);
    for (aco, components) in by_aco {
        let table = claim_types(&page(out, Some(&aco)));
        if table.is_empty() {
            continue;
        }
        let hidden = table.iter().filter(|(_, cells)| cells[0] == "*").count();
        let small = components.iter().filter(|(users, _)| *users > 0 && (*users as f64) < LEAST).count();
        // Beside small ones another that is more than next to nothing.
        assert!(hidden == 0 && small == 0 || hidden > small, "{aco} {components:?} {table:?}");
        hidden_ones += hidden;
        shown_ones += table.len() - hidden;
    }
    assert!(hidden_ones > 2 && shown_ones > 2, "{hidden_ones} hidden and {shown_ones} shown are too few for a test");
}
