//! Counties: where people live, and the cost, risk and mix of each.
//!
//! Counties come from CMS's county table where one is given, else they are made. CMS's table numbers states and counties the
//! Social Security way; states translate by number, counties by name with a crosswalk, and without one they are numbered in
//! the order of the table within their state, as FIPS does: 001, 003, 005, ...

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::ids::Short;
use super::parameters::{Parameters, PerType};
use super::plan::Plan;
use super::random::{Purpose, Stream};
use crate::disk;
use crate::error::{Error, Place, Result};

/// Person-years that stand in for a cell suppressed with `*` (fewer than eleven people).
const SUPPRESSED_PERSON_YEARS: f64 = 5.0;

/// A state by its numbers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    ssa: String,
    fips: String,
    letters: String,
    #[serde(rename = "name")]
    _name: String,
}

#[derive(Deserialize)]
struct States {
    state: Vec<State>,
}

static STATES: LazyLock<Vec<State>> =
    LazyLock::new(|| toml::from_str::<States>(include_str!("states.toml")).map(|file| file.state).unwrap_or_default());

/// A county.
#[derive(Debug, Clone)]
pub struct County {
    /// FIPS state and county number.
    pub fips: Short<5>,
    /// SSA number of its state: the first two digits of its facilities' CCNs.
    pub ssa_state: Short<2>,
    /// Its place among the counties of its state, from 0.
    pub rank: u32,
    /// Person-years by type, in any unit.
    pub weight: PerType,
    /// Expenditure per person-year by type in the reference year.
    pub per_capita: PerType,
    /// Mean risk score by type in the reference year.
    pub risk: PerType,
}

/// All counties, and the year their figures are for.
#[derive(Debug, Clone)]
pub struct Geography {
    /// Counties, those of a state together.
    pub counties: Vec<County>,
    /// Year of cost and risk.
    pub reference_year: u16,
}

impl Geography {
    /// The counties of a plan.
    pub fn new(plan: &Plan, parameters: &Parameters) -> Result<Self> {
        match &plan.county_table {
            Some(path) => from_table(path, plan.crosswalk.as_deref()),
            None => Ok(made(plan, parameters)),
        }
    }
}

fn made(plan: &Plan, parameters: &Parameters) -> Geography {
    let population = &parameters.population;
    let count = (plan.beneficiaries / population.people_per_county).clamp(population.least_counties, population.most_counties);
    // Puerto Rico and Maryland, whose hospitals have rules of their own, come first so that small extracts have them.
    let mut states: Vec<&State> = STATES.iter().filter(|state| state.ssa.as_str() < "63").collect();
    states.sort_by_key(|state| (!matches!(state.letters.as_str(), "MD" | "PR"), state.ssa.clone()));
    let per_state = count.div_ceil(states.len() as u64).max(2);
    let mut counties = Vec::with_capacity(count as usize);
    for (number, state) in (0..count).map(|i| (i, states[(i / per_state) as usize % states.len()])) {
        let mut stream = Stream::new(plan.seed, Purpose::Places, number);
        let size = stream.lognormal(0.5) * if state.letters == "PR" { 0.3 } else { 1.0 };
        let cost = stream.lognormal(population.county_cost_sigma);
        let risk = stream.lognormal(population.county_risk_sigma);
        let rank = (number % per_state) as u32;
        counties.push(County {
            fips: county_number(&state.fips, rank),
            ssa_state: Short::new(&state.ssa),
            rank,
            weight: population.mix.map(|share| share * size),
            per_capita: population.per_capita.map(|dollars| dollars * cost),
            risk: population.risk.map(|score| score * risk),
        });
    }
    Geography { counties, reference_year: population.reference_year }
}

fn county_number(state_fips: &str, rank: u32) -> Short<5> {
    Short::new(&format!("{state_fips}{:03}", 2 * rank + 1))
}

/// Column triples of the county table: expenditure, risk and person-years per type.
const TABLE_TYPES: [&str; 4] = ["ESRD", "DISABLED", "AGED/DUAL", "AGED/NON-DUAL"];

/// A cell of the county table.
#[derive(Debug, Clone, Copy)]
enum Cell {
    Given(f64),
    /// `*`: too few people to publish.
    Suppressed,
    /// `.`: nobody.
    Nobody,
}

fn from_table(path: &Path, crosswalk: Option<&Path>) -> Result<Geography> {
    let text = disk::read_text(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let refuse = |what: String, column: &str| {
        Error::input(
            what,
            Place::file(path).in_table("county table").at_column(column),
            "give CMS's county-level FFS results file, as published, in CSV",
        )
    };
    let headers = reader.headers().map_err(|e| refuse(format!("the county table cannot be read: {e}"), "(header)"))?.clone();
    let find = |name: &str| {
        headers
            .iter()
            .position(|header| header.eq_ignore_ascii_case(name))
            .ok_or_else(|| refuse(format!("the county table has no column {name}"), name))
    };
    let (year, state, name) = (find("Year")?, find("State ID")?, find("County Name")?);
    let mut columns = Vec::new();
    for kind in TABLE_TYPES {
        columns.push([
            find(&format!("Per capita {kind} expenditures"))?,
            find(&format!("Average {kind} HCC risk score"))?,
            find(&format!("{kind} person-years"))?,
        ]);
    }
    let codes = crosswalk.map(read_crosswalk).transpose()?.unwrap_or_default();
    let mut taken: HashSet<Short<5>> = codes.values().copied().collect();
    let mut rows: Vec<(County, [[Cell; 3]; 4])> = Vec::new();
    let mut ranks: HashMap<String, u32> = HashMap::new();
    let mut reference_year = 0;
    for record in reader.records() {
        let record = record.map_err(|e| refuse(format!("the county table cannot be read: {e}"), "(row)"))?;
        reference_year = record[year].parse().map_err(|_| refuse(format!("`{}` is no year", &record[year]), "Year"))?;
        let ssa = format!("{:0>2}", &record[state]);
        let state = STATES
            .iter()
            .find(|state| state.ssa == ssa)
            .ok_or_else(|| refuse(format!("state number {ssa} is not known"), "State ID"))?;
        let rank = ranks.entry(state.fips.clone()).or_insert(0);
        let known = codes.get(&(state.letters.clone(), plain(&record[name])));
        // A county that the crosswalk does not know takes the first number from its rank on that no other county has.
        let mut free = (*rank..).map(|rank| county_number(&state.fips, rank)).filter(|number| !taken.contains(number));
        let fips = known.copied().or_else(|| free.next()).unwrap_or(Short::EMPTY);
        taken.insert(fips);
        let mut cells = [[Cell::Nobody; 3]; 4];
        for (kind, triple) in columns.iter().enumerate() {
            for (slot, column) in triple.iter().enumerate() {
                cells[kind][slot] = match &record[*column] {
                    "*" => Cell::Suppressed,
                    "." | "" => Cell::Nobody,
                    number => Cell::Given(
                        number
                            .replace(',', "")
                            .parse()
                            .map_err(|_| refuse(format!("`{number}` is no number"), &headers[*column]))?,
                    ),
                };
            }
        }
        let county =
            County { fips, ssa_state: Short::new(&ssa), rank: *rank, weight: [0.0; 4], per_capita: [0.0; 4], risk: [0.0; 4] };
        *rank += 1;
        rows.push((county, cells));
    }
    if rows.is_empty() {
        return Err(refuse("the county table has no rows".into(), "(row)"));
    }
    Ok(Geography { counties: fill(rows), reference_year })
}

/// Fills suppressed cells with the person-year-weighted mean of the state, else of the nation.
fn fill(rows: Vec<(County, [[Cell; 3]; 4])>) -> Vec<County> {
    let mut means: HashMap<Option<Short<2>>, [[f64; 3]; 4]> = HashMap::new();
    for (county, cells) in &rows {
        for key in [None, Some(county.ssa_state)] {
            let sums = means.entry(key).or_insert([[0.0; 3]; 4]);
            for (kind, cell) in cells.iter().enumerate() {
                if let [Cell::Given(cost), Cell::Given(risk), Cell::Given(years)] = cell {
                    sums[kind][0] += cost * years;
                    sums[kind][1] += risk * years;
                    sums[kind][2] += years;
                }
            }
        }
    }
    let mean = |key: Option<Short<2>>, kind: usize, slot: usize| {
        means.get(&key).map(|sums| sums[kind]).filter(|sums| sums[2] > 0.0).map(|sums| sums[slot] / sums[2])
    };
    let filled = rows.into_iter().map(|(mut county, cells)| {
        for (kind, triple) in cells.iter().enumerate() {
            let stand_in = |slot| mean(Some(county.ssa_state), kind, slot).or_else(|| mean(None, kind, slot)).unwrap_or(1.0);
            let value = |slot: usize| match triple[slot] {
                Cell::Given(number) => number,
                Cell::Suppressed | Cell::Nobody => stand_in(slot),
            };
            county.per_capita[kind] = value(0);
            county.risk[kind] = value(1);
            county.weight[kind] = match triple[2] {
                Cell::Given(years) => years,
                Cell::Suppressed => SUPPRESSED_PERSON_YEARS,
                Cell::Nobody => 0.0,
            };
        }
        county
    });
    filled.collect()
}

/// The letters of a state by its SSA number.
pub fn letters_of_state(ssa: &str) -> Option<&'static str> {
    STATES.iter().find(|state| state.ssa == ssa).map(|state| state.letters.as_str())
}

/// FIPS codes of counties by state and name.
#[derive(Debug, Clone)]
pub struct Crosswalk(HashMap<(String, String), Short<5>>);

impl Crosswalk {
    /// Reads a CSV file with the columns `FIPS`, `Name` and `State` (two letters).
    ///
    /// # Errors
    /// When the file is no such table.
    pub fn read(path: &Path) -> Result<Self> {
        read_crosswalk(path).map(Self)
    }

    /// The FIPS code of a county by its state's letters and its name, however it is written.
    pub fn county(&self, letters: &str, name: &str) -> Option<&str> {
        self.0.get(&(letters.to_string(), plain(name))).map(Short::as_str)
    }
}

/// Letters and digits of a county's name, without the word that says what it is.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    let short =
        [" county", " parish", " borough", " census area", " municipio"].iter().fold(lower, |text, end| text.replace(end, ""));
    short.replace("saint ", "st").chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Reads a crosswalk: a CSV file with columns `FIPS`, `Name` and `State` (two letters).
fn read_crosswalk(path: &Path) -> Result<HashMap<(String, String), Short<5>>> {
    let text = disk::read_text(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let refuse = |what: String| {
        Error::input(what, Place::file(path).in_table("crosswalk"), "give a CSV file with the columns FIPS, Name and State")
    };
    let headers = reader.headers().map_err(|e| refuse(e.to_string()))?.clone();
    let find = |name: &str| {
        headers
            .iter()
            .position(|header| header.eq_ignore_ascii_case(name))
            .ok_or_else(|| refuse(format!("the crosswalk has no column {name}")))
    };
    let (fips, name, state) = (find("FIPS")?, find("Name")?, find("State")?);
    let mut codes = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|e| refuse(e.to_string()))?;
        codes.insert((record[state].to_uppercase(), plain(&record[name])), Short::new(&format!("{:0>5}", &record[fips])));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Geography, Plan};

    fn table() -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let columns = super::TABLE_TYPES
            .map(|kind| format!(",Per capita {kind} expenditures,Average {kind} HCC risk score,{kind} person-years "));
        let header = format!("Year,State Name,County Name,State ID,County ID{}", columns.concat());
        writeln!(file, "{header}").expect("written");
        writeln!(file, "2018,Maryland,Allegany,21,0,60000,0.9,50,9000,0.8,600,15000,0.9,300,9500,1.0,3000").expect("written");
        writeln!(file, "2018,Maryland,Saint Mary's,21,10,*,*,*,10000,0.9,400,.,.,.,10500,1.1,2000").expect("written");
        file
    }

    #[test]
    fn suppressed_cells_take_the_mean_of_their_state() {
        let file = table();
        let mut plan = Plan::new(100, 2018..=2018, 1, 0);
        plan.county_table = Some(file.path().into());
        let geography = Geography::new(&plan, &plan.parameters().expect("parameters")).expect("counties");
        let second = &geography.counties[1];
        assert_eq!((second.fips.as_str(), second.ssa_state.as_str(), geography.reference_year), ("24003", "21", 2018));
        assert!((second.per_capita[0] - 60_000.0).abs() < 1e-9 && (second.weight[0] - 5.0).abs() < 1e-9);
        assert!((second.risk[2] - 0.9).abs() < 1e-9 && second.weight[2] == 0.0);
    }

    #[test]
    fn a_crosswalk_gives_the_true_county_numbers() {
        let file = table();
        let mut codes = tempfile::NamedTempFile::new().expect("a file");
        writeln!(codes, "FIPS,Name,State\n24001,Garrett,MD\n24037,St. Mary's,MD").expect("written");
        let mut plan = Plan::new(100, 2018..=2018, 1, 0);
        plan.county_table = Some(file.path().into());
        plan.crosswalk = Some(codes.path().into());
        let geography = Geography::new(&plan, &plan.parameters().expect("parameters")).expect("counties");
        // Allegany is not in the crosswalk, and the number of its rank is another county's.
        assert_eq!(geography.counties.iter().map(|county| county.fips.as_str()).collect::<Vec<_>>(), ["24003", "24037"]);
    }

    #[test]
    fn a_table_without_its_columns_is_refused_by_name() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        writeln!(file, "Year,State ID,County Name\n2018,1,Autauga").expect("written");
        let mut plan = Plan::new(100, 2018..=2018, 1, 0);
        plan.county_table = Some(file.path().into());
        let error = Geography::new(&plan, &plan.parameters().expect("parameters")).expect_err("refused");
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("Per capita ESRD expenditures"));
    }
}
