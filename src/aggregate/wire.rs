//! A partial as an Arrow IPC stream: a row per key, the plan and the version it was made under in the schema's metadata.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::distribution::Distribution;
use super::partial::{Key, Partial, What};
use crate::error::{Error, Place, Result};
use crate::rules::{EnrollmentType, Year};

/// Under what a partial was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Hash of the plan.
    pub plan: String,
    /// What was summed: `thresholds` or `sums`.
    pub pass: String,
}

/// Version of the program and of the shape of its partials.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "/4");
const PLAN_KEY: &str = "acobench.plan";
const PASS_KEY: &str = "acobench.pass";
const VERSION_KEY: &str = "acobench.version";
/// The kind of a row that counts people: its numbers are annualised cents and people, by turns.
const PEOPLE: &str = "people";
/// Rows of a batch, and amounts of a row that counts people.
const BATCH: usize = 65_536;

fn schema(stamp: &Stamp) -> Arc<Schema> {
    let metadata = [(PLAN_KEY, stamp.plan.as_str()), (PASS_KEY, stamp.pass.as_str()), (VERSION_KEY, VERSION)];
    let metadata: HashMap<String, String> = metadata.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let numbers = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, false)));
    let fields = vec![
        Field::new("sum", DataType::Utf8, false),
        Field::new("name", DataType::Utf8, false),
        Field::new("within", DataType::Utf8, false),
        Field::new("year", DataType::Int32, false),
        Field::new("enrollment_type", DataType::Utf8, true),
        Field::new("at", DataType::Int32, false),
        Field::new("numbers", numbers, false),
    ];
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

impl Partial {
    /// Writes the partial.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&self, stamp: &Stamp, out: impl Write) -> Result<()> {
        let schema = schema(stamp);
        let mut writer = StreamWriter::try_new(out, &schema).map_err(|e| unwritten(&e))?;
        let sums = self.iter().map(|(key, numbers)| Row {
            what: key.what.name(),
            names: [&key.name, &key.within],
            year: key.year,
            kind: key.kind,
            at: key.at,
            numbers: Cow::Borrowed(numbers),
        });
        let people = self.people().flat_map(|(year, kind, people)| {
            people.counts().chunks(BATCH).map(move |some| Row {
                what: PEOPLE,
                names: ["", ""],
                year,
                kind: Some(kind),
                at: 0,
                numbers: some.iter().flat_map(|(amount, people)| [*amount, *people as i64]).collect(),
            })
        });
        let mut sums = sums.peekable();
        while sums.peek().is_some() {
            let batch = batch(&schema, sums.by_ref().take(BATCH)).map_err(|e| unwritten(&e))?;
            writer.write(&batch).map_err(|e| unwritten(&e))?;
        }
        for row in people {
            let batch = batch(&schema, std::iter::once(row)).map_err(|e| unwritten(&e))?;
            writer.write(&batch).map_err(|e| unwritten(&e))?;
        }
        writer.finish().map_err(|e| unwritten(&e))
    }

    /// Reads every partial of a stream of streams, one after another, and merges them; an empty stream is the empty partial.
    ///
    /// # Errors
    /// When the stream holds something else, or a partial of another plan, pass or version.
    pub fn read(mut input: impl Read, stamp: &Stamp, place: &Place) -> Result<Self> {
        let mut all = Self::default();
        let mut first = [0];
        loop {
            let begun =
                input.read(&mut first).map_err(|e| unread(&ArrowError::IoError(String::from("cannot read"), e), place))?;
            if begun == 0 {
                return Ok(all);
            }
            let one = StreamReader::try_new((&first[..]).chain(&mut input), None).map_err(|e| unread(&e, place))?;
            check(&one.schema(), stamp, place)?;
            for batch in one {
                all.take_in(&batch.map_err(|e| unread(&e, place))?, place)?;
            }
        }
    }

    fn take_in(&mut self, batch: &RecordBatch, place: &Place) -> Result<()> {
        let text = |at: usize| batch.column(at).as_string::<i32>();
        let (whats, names, withins, kinds) = (text(0), text(1), text(2), text(4));
        let years = batch.column(3).as_primitive::<Int32Type>();
        let ats = batch.column(5).as_primitive::<Int32Type>();
        let lists = batch.column(6).as_list::<i32>();
        for row in 0..batch.num_rows() {
            let strange = || {
                Error::input(
                    format!("a partial has a row of an unknown kind: {}", whats.value(row)),
                    place.clone(),
                    "fold the partition again with this program",
                )
            };
            let kind = if kinds.is_null(row) { None } else { Some(kinds.value(row).parse().map_err(|()| strange())?) };
            let year = years.value(row).try_into().map_err(|_| strange())?;
            let list = lists.value(row);
            let numbers = list.as_primitive::<Int64Type>().values();
            if let (PEOPLE, Some(kind)) = (whats.value(row), kind) {
                let counts = numbers.chunks(2).map(|pair| Some((pair[0], u64::try_from(*pair.get(1)?).ok()?)));
                let people = counts.collect::<Option<Vec<_>>>().and_then(Distribution::of_counts);
                self.add_people(year, kind, people.ok_or_else(strange)?)?;
                continue;
            }
            let what = What::ALL.iter().find(|what| what.name() == whats.value(row)).ok_or_else(strange)?;
            let at = ats.value(row).try_into().map_err(|_| strange())?;
            let key = Key::of(*what).name(names.value(row)).within(withins.value(row)).year(year).at(at);
            self.add(Key { kind, ..key }, numbers)?;
        }
        Ok(())
    }
}

/// A row of a partial.
struct Row<'p> {
    what: &'static str,
    names: [&'p str; 2],
    year: Year,
    kind: Option<EnrollmentType>,
    at: u16,
    numbers: Cow<'p, [i64]>,
}

fn batch<'p>(schema: &Arc<Schema>, rows: impl Iterator<Item = Row<'p>>) -> Result<RecordBatch, ArrowError> {
    let (mut what, mut name, mut within) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut year, mut kind, mut at) = (Int32Builder::new(), StringBuilder::new(), Int32Builder::new());
    let mut lists = ListBuilder::new(Int64Builder::new()).with_field(Field::new_list_field(DataType::Int64, false));
    for row in rows {
        what.append_value(row.what);
        name.append_value(row.names[0]);
        within.append_value(row.names[1]);
        year.append_value(i32::from(row.year));
        kind.append_option(row.kind.map(EnrollmentType::name));
        at.append_value(i32::from(row.at));
        lists.values().append_slice(&row.numbers);
        lists.append(true);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(what.finish()),
        Arc::new(name.finish()),
        Arc::new(within.finish()),
        Arc::new(year.finish()),
        Arc::new(kind.finish()),
        Arc::new(at.finish()),
        Arc::new(lists.finish()),
    ];
    RecordBatch::try_new(schema.clone(), columns)
}

/// Refuses a partial that was not made under the same plan, for the same pass, by the same version.
fn check(found: &Schema, stamp: &Stamp, place: &Place) -> Result<()> {
    let of = |key: &str| found.metadata().get(key).map_or("none", String::as_str);
    let refuse = |what: String, hint: &str| Err(Error::input(what, place.clone(), hint));
    if of(VERSION_KEY) != VERSION {
        let what = format!("a partial is of version {}; this program merges {VERSION}", of(VERSION_KEY));
        return refuse(what, "ship one acobench to every machine and fold the partitions again");
    }
    if of(PASS_KEY) != stamp.pass {
        let what = format!("a partial is of the pass {}; {} is wanted", of(PASS_KEY), stamp.pass);
        return refuse(what, "give the partials that `acobench worker fold` made in this pass");
    }
    if of(PLAN_KEY) != stamp.plan {
        let what = format!("a partial was made under the plan {}; this plan is {}", of(PLAN_KEY), stamp.plan);
        return refuse(what, "fold the partition again under this plan, or merge under the plan it was made with");
    }
    let wanted = schema(stamp);
    if found.fields() != wanted.fields() {
        return refuse(String::from("a partial does not have the columns of one"), "fold the partition again with this program");
    }
    Ok(())
}

fn unwritten(fault: &ArrowError) -> Error {
    match fault {
        ArrowError::IoError(_, source) => {
            Error::io("write", "standard output", std::io::Error::new(source.kind(), source.to_string()))
        }
        other => Error::failed(format!("the partial cannot be written: {other}"), "report this as a defect"),
    }
}

fn unread(fault: &ArrowError, place: &Place) -> Error {
    Error::input(
        format!("what should be a partial does not read as one: {fault}"),
        place.clone(),
        "give Arrow IPC streams that `acobench worker` wrote, whole and one after another",
    )
}
