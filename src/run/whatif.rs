//! `acobench whatif`: one ACO of a finished run settled again under other choices, from the run's own factors.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::exact::{self, Account};
use super::exact_tables::{plain, settlement_cells, settlement_columns};
use super::manifest::Manifest;
use crate::disk;
use crate::error::{Error, Place, Result};
use crate::factors::{Aco, AcoKey, FactorTables, asked};
use crate::money::Decimal;
use crate::report::{Changed, Compared, Comparison, Point, Sweep};
use crate::rules::Rules;
use crate::settlement::Terms;

/// The most points of a sweep.
const MOST_POINTS: usize = 1000;
/// Values of the benchmark that stand above those of the settlement.
const BENCHMARK: [&str; 2] = ["historical_benchmark", "updated_benchmark"];

/// A cell of table `aco` written anew: `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Column.
    pub key: String,
    /// Cell.
    pub value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, such as track=ENHANCED")?;
        if value.contains('=') {
            return Err("say --set once for each key: --set track=ENHANCED --set msr_choice=0.01".to_string());
        }
        Ok(Self { key: key.trim().to_string(), value: value.trim().to_string() })
    }
}

/// A cell written anew once for each of several values: `KEY=LO..HI..STEP`, or `KEY=A,B,C`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Column.
    pub key: String,
    /// Cells, in order.
    pub values: Vec<String>,
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "write KEY=LO..HI..STEP, such as quality_score=0..1..0.1, or KEY=A,B,C";
        let (key, values) = text.split_once('=').ok_or(FORM)?;
        let key = key.trim().to_string();
        let ends: Vec<&str> = values.split("..").map(str::trim).collect();
        if ends.len() == 1 {
            if !values.contains(',') {
                return Err(format!("{values} is one value; {FORM}"));
            }
            let values = values.split(',').map(|value| value.trim().to_string()).collect();
            return Ok(Self { key, values });
        }
        let numbers: Vec<Decimal> = ends.iter().map_while(|end| end.parse().ok()).collect();
        let &[low, high, step] = numbers.as_slice() else { return Err(FORM.to_string()) };
        if ends.len() != 3 || step <= Decimal::ZERO || high < low {
            return Err(format!("{FORM}; the step is above 0 and HI not below LO"));
        }
        let points = ((high - low) / step).floor();
        if points >= Decimal::from(MOST_POINTS) {
            return Err(format!("a sweep has at most {MOST_POINTS} points; take a larger step"));
        }
        let mut values = Vec::new();
        let mut value = low;
        while value <= high {
            values.push(plain(value));
            value += step;
        }
        Ok(Self { key, values })
    }
}

/// A question of what would be.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folder of a finished run.
    pub run: PathBuf,
    /// The ACO.
    pub aco: String,
    /// Cells written anew.
    pub set: Vec<Setting>,
    /// A cell written anew several times.
    pub sweep: Option<Range>,
    /// Folder of rule rows laid over the embedded ones, where it is no longer where the run read it.
    pub rules: Option<PathBuf>,
}

/// Settles the ACO as it was and as it would be; one comparison, or one per half of 2019.
///
/// # Errors
/// When the folder is no finished run or was changed, the ACO is not in it, the rules are not those of the run, or a cell
/// cannot be what is asked for.
pub fn compare(request: &Request) -> Result<Vec<Comparison>> {
    let manifest = Manifest::read(&request.run)?;
    manifest.verify(&request.run, |path| path.starts_with("factors") || path == Path::new("settlement.csv"))?;
    let rules = rules_of(&manifest, request.rules.as_deref())?;
    let factors = request.run.join("factors");
    let tables = FactorTables::read_finished(&factors)?;
    let known: Vec<String> = tables.acos.iter().map(|aco| aco.key.aco_id.clone()).collect();
    let Some(tables) = tables.of(&request.aco) else {
        let what = format!("the run has no ACO {}", request.aco);
        return Err(Error::unknown(what, &request.aco, "the run has", &known.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    let base = exact::settle(&tables, &rules)?;
    agrees(&base, &request.run)?;

    let cells: Vec<(String, String)> = request.set.iter().map(|set| (set.key.clone(), set.value.clone())).collect();
    let changed = with(&tables, &cells)?;
    let alternative = exact::settle(&changed, &rules).map_err(asked)?;
    let mut comparisons: Vec<Comparison> =
        base.iter().zip(&alternative).map(|(before, after)| comparison(before, after)).collect();
    let mut keys = cells.iter().map(|(key, _)| key.as_str()).chain(request.sweep.iter().map(|range| range.key.as_str()));
    if keys.any(|key| key == "msr_choice") {
        for (comparison, after) in comparisons.iter_mut().zip(&alternative) {
            let why = Terms::find(after.aco, &rules)?.why_choice_has_no_bearing()?;
            comparison.notes.extend(why.map(|why| format!("msr_choice has no bearing: {why}")));
        }
    }
    if let Some(range) = &request.sweep {
        for (at, comparison) in comparisons.iter_mut().enumerate() {
            comparison.sweep = Some(sweep(&tables, &rules, &cells, range, at)?);
        }
    }
    Ok(comparisons)
}

/// The rules that the run was made with.
pub(super) fn rules_of(manifest: &Manifest, folder: Option<&Path>) -> Result<Rules> {
    let folder = folder.or(manifest.rules.folder.as_deref());
    let law = Rules::load(folder)?;
    let rules = Rules::load_with(folder, &manifest.choices(&law))?;
    if rules.content_hash() != manifest.rules.blake3 {
        let place = Place::table("rules");
        let place = if let Some(folder) = folder { place.in_file(folder) } else { place };
        return Err(Error::input(
            format!("the rule tables are not those of the run, which acobench {} made", manifest.acobench),
            place,
            "run again with this version, or name the folder laid over the rules with --rules",
        ));
    }
    Ok(rules)
}

/// Refuses a run that this program would settle otherwise: a difference would not be of the choices alone.
fn agrees(base: &[Account<'_, '_>], run: &Path) -> Result<()> {
    let path = run.join("settlement.csv");
    let text = disk::read_text(&path)?;
    let broken = |what: String| Error::input(what, Place::file(&path), "run again with this version of acobench");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|fault| broken(fault.to_string()))?.clone();
    let at = |name: &str| header.iter().position(|column| column == name);
    let filed: Vec<csv::StringRecord> = reader.records().filter_map(std::result::Result::ok).collect();
    let cell = |row: &csv::StringRecord, name: &str| at(name).and_then(|place| row.get(place)).unwrap_or_default().to_string();
    for account in base {
        let AcoKey { aco_id, performance_half } = &account.aco.key;
        let half = performance_half.map(|half| half.to_string()).unwrap_or_default();
        let row = filed.iter().find(|row| cell(row, "aco_id") == *aco_id && cell(row, "performance_half") == half);
        let same = row.is_some_and(|row| {
            settlement_columns().iter().zip(settlement_cells(account)).all(|(name, value)| cell(row, name) == value)
        });
        if !same {
            return Err(broken(format!("{} was settled otherwise by the acobench that made the run", account.aco.key)));
        }
    }
    Ok(())
}

fn with(tables: &FactorTables, cells: &[(String, String)]) -> Result<FactorTables> {
    let acos = tables.acos.iter().map(|aco| aco.changed(cells)).collect::<Result<_>>()?;
    Ok(FactorTables { acos, ..tables.clone() })
}

fn comparison(before: &Account<'_, '_>, after: &Account<'_, '_>) -> Comparison {
    let cells = |aco: &Aco| aco.cells();
    let changed = cells(before.aco).into_iter().zip(cells(after.aco)).filter(|((_, was), (_, is))| was != is);
    let changed = changed.map(|((key, before), (_, after))| Changed { key, before, after }).collect();
    let values = |account: &Account<'_, '_>| -> Vec<String> {
        let of_all = BENCHMARK.map(|name| {
            let found = account.tree.named().find(|(label, _)| label.name == name && label.kind.is_none());
            found.map(|(_, value)| plain(value)).unwrap_or_default()
        });
        let track = account.aco.track.to_string();
        std::iter::once(track).chain(of_all).chain(settlement_cells(account)).collect()
    };
    let names = std::iter::once("track").chain(BENCHMARK).chain(settlement_columns().iter().copied());
    let rows = names.zip(values(before).into_iter().zip(values(after)));
    let rows = rows.map(|(name, (base, alternative))| Compared { name, base, alternative });
    Comparison {
        aco: before.aco.key.to_string(),
        performance_year: before.aco.performance_year,
        changed,
        rows: rows.filter(|row| !(row.base.is_empty() && row.alternative.is_empty())).collect(),
        notes: Vec::new(),
        sweep: None,
    }
}

/// The settlement of the account number `at` for each value of a range, beside the cells set already.
fn sweep(tables: &FactorTables, rules: &Rules, cells: &[(String, String)], range: &Range, at: usize) -> Result<Sweep> {
    let mut points = Vec::new();
    for value in &range.values {
        let mut cells: Vec<(String, String)> = cells.iter().filter(|(key, _)| *key != range.key).cloned().collect();
        cells.push((range.key.clone(), value.clone()));
        let changed = with(tables, &cells)?;
        let accounts = exact::settle(&changed, rules).map_err(asked)?;
        let account = &accounts[at];
        let amount = |name: &str| account.tree.named().find(|(label, _)| label.name == name).map(|(_, value)| value);
        points.push(Point {
            value: value.clone(),
            outcome: account.settlement.outcome.to_string(),
            sharing_rate: amount("final_sharing_rate"),
            loss_rate: amount("final_loss_rate"),
            payment: amount("payment").filter(|_| account.reason.is_empty()).map(|payment| payment.normalize()),
        });
    }
    Ok(Sweep { key: range.key.clone(), points })
}
