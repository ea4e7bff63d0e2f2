//! The plan: everything that every machine must agree on, in one file that can be shipped to all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use crate::aggregate::{Stamp, VERSION};
use crate::beneficiary::Policy;
use crate::disk::{self, IoMode};
use crate::error::{Error, Place, Result};
use crate::extract::{
    Agreement, BeneficiaryYear, ClaimHeader, ClaimLine, EtaCcn, NonClaimsPayment, NpiSpecialty, Participant, RiskScore, Row as _,
    Table, VoluntaryAlignment,
};
use crate::factors::{AssignmentMethod, Risk};
use crate::money::Cents;
use crate::rules::{ByType, Choice, EnrollmentType, Rules, Year};
use crate::run::agreements::Acos;
use crate::run::facts::Footing;
use crate::run::findings::Premises;
use crate::run::given::Given;
use crate::run::join::Thresholds;
use crate::run::terms::Terms;
use crate::scan::{Arrived, Extract, SmallColumn, SmallTable, TableFile, TableFiles};

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folder of the extract, or one that holds its small tables alone.
    pub extract: PathBuf,
    /// Performance year.
    pub performance_year: Year,
    /// The quarter to whose end the performance year runs; none for the whole year.
    pub quarter: Option<u8>,
    /// The method of the ACOs whose quarterly figures are wanted; none where all have one.
    pub quarter_of: Option<AssignmentMethod>,
    /// Where risk scores come from.
    pub risk: Risk,
    /// Seed of the last tie-break.
    pub seed: u64,
    /// Folder of rule rows laid over the embedded ones.
    pub rules: Option<PathBuf>,
    /// Choices switched where the law is silent.
    pub choices: Vec<Choice>,
    /// Truncation thresholds given instead of computed.
    pub thresholds: Option<PathBuf>,
}

/// A plan as it stands on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    version: String,
    /// Performance year.
    pub performance_year: Year,
    /// The quarter to whose end the performance year runs; none for the whole year.
    pub quarter: Option<u8>,
    quarter_of: Option<String>,
    /// Seed of the last tie-break.
    pub seed: u64,
    risk: String,
    choices: Vec<(String, String)>,
    rules: Vec<(PathBuf, String)>,
    rules_blake3: String,
    /// What a stream carries: the columns that the workers need of each table, and where they lie.
    pub stream: Layout,
    given_thresholds: Vec<Limit>,
    thresholds: Option<Vec<Limit>>,
    tables: BTreeMap<String, BTreeMap<String, SmallColumn>>,
}

/// A truncation threshold; none where nobody of reference has a month of the type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    year: Year,
    enrollment_type: EnrollmentType,
    cents: Option<i64>,
}

/// What a plan says, compiled.
#[derive(Debug)]
pub struct Compiled {
    /// The rules.
    pub rules: Rules,
    /// The ACOs.
    pub acos: Acos,
    /// The rules as look-ups.
    pub footing: Footing,
    /// What the rules say to assignment and to the sums.
    pub terms: Terms,
    /// Performance year.
    pub performance_year: Year,
    /// Seed of the last tie-break.
    pub seed: u64,
    /// Where risk scores come from.
    pub risk: Risk,
}

impl Compiled {
    /// What the sums rest on beside the facts.
    pub fn premises(&self) -> Premises<'_> {
        let Self { acos, terms, performance_year, seed, .. } = self;
        Premises { acos, terms, performance_year: *performance_year, seed: *seed }
    }

    /// A name of its own for each agreement.
    pub fn agreements(&self) -> Vec<String> {
        let ids = &self.acos.ids;
        let again = |at: usize| ids[..at].iter().filter(|id| **id == ids[at]).count();
        let name = |at: usize| if again(at) == 0 { ids[at].clone() } else { format!("{}/{}", ids[at], again(at) + 1) };
        (0..ids.len()).map(name).collect()
    }
}

/// Tables of which a plan holds the rows.
const HELD: [&Table; 4] = [Agreement::TABLE, Participant::TABLE, EtaCcn::TABLE, NpiSpecialty::TABLE];
/// Tables that a stream carries.
pub const STREAMED: [&Table; 6] = [
    BeneficiaryYear::TABLE,
    RiskScore::TABLE,
    ClaimHeader::TABLE,
    ClaimLine::TABLE,
    NonClaimsPayment::TABLE,
    VoluntaryAlignment::TABLE,
];

impl Plan {
    /// Makes a plan.
    ///
    /// # Errors
    /// When a table or a rule is not what it must be.
    pub fn make(request: &Request) -> Result<Self> {
        let overlay = request.rules.as_deref().map(Rules::overlay).transpose()?.unwrap_or_default();
        let rules = Rules::load_overlaid(&overlay, &request.choices)?;
        let Request { performance_year, quarter, quarter_of, seed, risk, .. } = *request;
        let unscored = disk::find_table(&request.extract, RiskScore::TABLE.name)?.is_none()
            && disk::find_table(&request.extract, BeneficiaryYear::TABLE.name)?.is_some();
        if risk == Risk::Scores && unscored {
            return Err(no_scores(&Place::table(RiskScore::TABLE.name).in_file(&request.extract)));
        }
        let mut tables = BTreeMap::new();
        for table in HELD {
            let rows = SmallTable::read(&TableFiles::open(&request.extract, table, IoMode::Read)?)?;
            tables.insert(table.name.to_string(), columns(&rows, performance_year));
        }
        let given = Given { thresholds: request.thresholds.clone(), ..Given::default() }.read()?;
        let choices = request.choices.iter().map(|choice| (choice.name.clone(), choice.value.clone())).collect();
        let mut plan = Self {
            version: VERSION.to_string(),
            performance_year,
            quarter,
            quarter_of: quarter_of.map(|method| method.name().to_string()),
            seed,
            risk: String::from(if risk == Risk::Scores { "scores" } else { "none" }),
            choices,
            rules: overlay,
            rules_blake3: rules.content_hash(),
            stream: Layout::default(),
            given_thresholds: Vec::new(),
            thresholds: None,
            tables,
        };
        let compiled = plan.compile(&request.extract)?;
        let calendar = compiled.footing.calendar();
        let unknown: Thresholds = vec![ByType::from_fn(|_| None); calendar.years().len()];
        plan.given_thresholds = limits(&given.thresholds(unknown, calendar.years()), calendar.years());
        plan.given_thresholds.retain(|limit| limit.cents.is_some());
        let wanted = calendar.spending().iter().filter(|counts| **counts).count() * EnrollmentType::ALL.len();
        if plan.given_thresholds.len() >= wanted {
            plan.thresholds = Some(plan.given_thresholds.clone());
        }
        plan.stream = needed(compiled.footing.policy(), risk);
        Ok(plan)
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// When the file is no plan, or one of another version of the program or of its rules.
    pub fn read(path: &Path) -> Result<Self> {
        let text = disk::read_text(path)?;
        let version = serde_json::from_str::<Versioned>(&text).map(|plan| plan.version).ok();
        if let Some(version) = version.filter(|version| version != VERSION) {
            return Err(Error::input(
                format!("the plan is of version {version}; this program works under {VERSION}"),
                Place::file(path),
                "ship one acobench to every machine, and make the plan with it",
            ));
        }
        serde_json::from_str(&text).map_err(|e| {
            Error::input(
                format!("the file is no plan: {e}"),
                Place::file(path),
                "give the file that `acobench plan --out` wrote, as it was written",
            )
        })
    }

    /// Writes the plan.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        disk::replace(path, self.text().as_bytes())
    }

    fn text(&self) -> String {
        // Strings, numbers and maps with string keys: there is nothing in it that JSON lacks.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What partials of a pass are stamped with.
    pub fn stamp(&self, pass: Pass) -> Stamp {
        Stamp { plan: blake3::hash(self.text().as_bytes()).to_hex().to_string(), pass: pass.name().to_string() }
    }

    /// Where risk scores come from.
    pub fn risk(&self) -> Risk {
        if self.risk == "none" { Risk::None } else { Risk::Scores }
    }

    /// The method of the ACOs whose quarterly figures are wanted; none where all have one.
    pub fn quarter_of(&self) -> Option<AssignmentMethod> {
        self.quarter_of.as_deref().and_then(AssignmentMethod::read)
    }

    /// The choices that were switched.
    pub fn choices(&self) -> &[(String, String)] {
        &self.choices
    }

    /// The thresholds by year of the run, if they are known.
    pub fn thresholds(&self, years: &[Year]) -> Option<Thresholds> {
        let known = self.thresholds.as_ref()?;
        let of = |year: Year, kind| known.iter().find(|limit| limit.year == year && limit.enrollment_type == kind);
        let year = |year: &Year| ByType::from_fn(|kind| of(*year, kind)?.cents.map(Cents));
        Some(years.iter().map(year).collect())
    }

    /// The same plan with thresholds; those that were given stay.
    #[must_use]
    pub fn with_thresholds(mut self, computed: &Thresholds, years: &[Year]) -> Self {
        let mut all = limits(computed, years);
        for limit in &mut all {
            let same = |given: &&Limit| given.year == limit.year && given.enrollment_type == limit.enrollment_type;
            if let Some(given) = self.given_thresholds.iter().find(same) {
                limit.cents = given.cents;
            }
        }
        self.thresholds = Some(all);
        self
    }

    /// Compiles the rules and reads the ACOs; `place` is told where a table is at fault.
    ///
    /// # Errors
    /// When the plan was made with other rules, or a table is not what it must be.
    pub fn compile(&self, place: &Path) -> Result<Compiled> {
        let choice = |(name, value): &(String, String)| Choice { name: name.clone(), value: value.clone() };
        let rules = Rules::load_overlaid(&self.rules, &self.choices.iter().map(choice).collect::<Vec<_>>())?;
        if rules.content_hash() != self.rules_blake3 {
            return Err(Error::input(
                "the plan was made with other rule tables than this program holds",
                Place::file(place),
                "ship one acobench to every machine, and make the plan with it",
            ));
        }
        let mut extract = Extract::empty(place);
        for table in HELD {
            if let Some(columns) = self.tables.get(table.name) {
                extract.add(held(table, columns)?);
            }
        }
        let Self { performance_year, quarter, seed, .. } = *self;
        let acos = Acos::read(&extract, performance_year, &rules)?.to_quarter(quarter, self.quarter_of())?;
        let footing = Footing::lay(&extract, &acos, performance_year, &rules)?;
        let terms = Terms::of(&acos, footing.calendar().years(), performance_year, &rules)?;
        Ok(Compiled { rules, acos, footing, terms, performance_year, seed, risk: self.risk() })
    }
}

/// As much of a plan as every version has.
#[derive(Deserialize)]
struct Versioned {
    version: String,
}

/// What a pass over the people sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// People by annualised expenditure, from which truncation thresholds are taken.
    Thresholds,
    /// Everything that the exact half needs.
    Sums,
}

impl Pass {
    /// The name of the pass.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Thresholds => "thresholds",
            Self::Sums => "sums",
        }
    }
}

/// The refusal of a run without risk scores that asks for them.
pub(super) fn no_scores(place: &Place) -> Error {
    Error::input(
        "the extract has no risk scores",
        place.clone(),
        "deliver the table, or say --risk none to count every score as 1",
    )
}

fn limits(thresholds: &Thresholds, years: &[Year]) -> Vec<Limit> {
    let of = |(year, limits): (&Year, &ByType<Option<Cents>>)| {
        EnrollmentType::ALL.map(|kind| Limit { year: *year, enrollment_type: kind, cents: limits[kind].map(|limit| limit.0) })
    };
    years.iter().zip(thresholds).flat_map(of).collect()
}

/// The columns of a table that hold anything, without the rows of other performance years.
fn columns(rows: &SmallTable, performance_year: Year) -> BTreeMap<String, SmallColumn> {
    let year = |row: usize| rows.int(row, "performance_year");
    let keep: Vec<usize> =
        (0..rows.rows()).filter(|row| year(*row).is_none_or(|year| year == i64::from(performance_year))).collect();
    let kept = rows.columns().map(|(name, column)| {
        let column = match column {
            SmallColumn::Text(cells) => SmallColumn::Text(keep.iter().map(|row| cells[*row].clone()).collect()),
            SmallColumn::Int(cells) => SmallColumn::Int(keep.iter().map(|row| cells[*row]).collect()),
        };
        (name.to_string(), column)
    });
    let any = |column: &SmallColumn| match column {
        SmallColumn::Text(cells) => cells.iter().any(Option::is_some),
        SmallColumn::Int(cells) => cells.iter().any(Option::is_some),
    };
    kept.filter(|(_, column)| any(column)).collect()
}

/// A table of a plan as if it had been read from a file.
fn held(table: &'static Table, columns: &BTreeMap<String, SmallColumn>) -> Result<TableFile> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (name, column) in columns {
        let (kind, array): (DataType, ArrayRef) = match column {
            SmallColumn::Text(cells) => (DataType::Utf8, Arc::new(StringArray::from_iter(cells))),
            SmallColumn::Int(cells) => (DataType::Int64, Arc::new(Int64Array::from_iter(cells))),
        };
        fields.push(Field::new(name, kind, true));
        arrays.push(array);
    }
    if arrays.is_empty() {
        return Ok(TableFile::arrived(table, Vec::new()));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| {
        Error::input(format!("a table of the plan is damaged: {e}"), Place::table(table.name), "make the plan again")
    })?;
    let rows = std::iter::once(0..batch.num_rows()).collect();
    let positions = columns.keys().enumerate().map(|(at, name)| (name.clone(), at)).collect();
    let mut arrived = Arrived::new(Arc::new(positions));
    arrived.add(batch, rows);
    Ok(TableFile::arrived(table, vec![arrived]))
}

/// Columns that no kernel reads.
const UNREAD: &[(&str, &[&str])] = &[
    ("claim_header", &["claim_id", "service_classification", "attending_npi", "other_npi", "rendering_npi"]),
    ("claim_line", &["line_num", "first_date"]),
    ("beneficiary_year", &["birth_date", "medicare_status"]),
];
/// Columns of `claim_header` that tell an episode of COVID-19.
const EPISODE: &[&str] = &["admission_date", "discharge_date", "covid_b9729", "covid_u071", "covid_no_positive_test"];

/// Columns of `claim_line` that only a facility's line is asked for.
const OF_FACILITIES: &[&str] =
    &["revenue_center", "ccn", "facility_type", "service_classification", "npi", "other_npi", "attending_npi"];

/// What a stream must carry under a policy.
fn needed(policy: &Policy, risk: Risk) -> Layout {
    let episodes = policy.episodes.iter().any(Option::is_some);
    let add_ons = policy.tests.iter().any(|test| test.add_on);
    let mut streamed = STREAMED.to_vec();
    streamed.retain(|table| risk == Risk::Scores || table.name != RiskScore::TABLE.name);
    Layout::of(&streamed, |table, name| {
        let unread = UNREAD.iter().any(|(of, names)| *of == table.name && names.contains(&name));
        let episode = table.name == ClaimHeader::TABLE.name && EPISODE.contains(&name);
        let of_line = |asked: bool, names: &[&str]| !asked && table.name == ClaimLine::TABLE.name && names.contains(&name);
        let unasked = of_line(add_ons, &["claim_id"])
            || of_line(policy.asks_for_facilities(), OF_FACILITIES)
            || of_line(policy.asks_for_places(), &["pos"]);
        !unread && (episodes || !episode) && !unasked
    })
}
