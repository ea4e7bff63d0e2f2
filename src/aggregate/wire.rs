//! A partial as an Arrow IPC stream: a row per key, the plan and the version it was made under in the schema's metadata.

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

use super::partial::{Key, Partial, What};
use crate::error::{Error, Place, Result};

/// Under what a partial was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Hash of the plan.
    pub plan: String,
    /// What was summed: `thresholds` or `sums`.
    pub pass: String,
}

/// Version of the program and of the shape of its partials.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "/1");
const PLAN_KEY: &str = "acobench.plan";
const PASS_KEY: &str = "acobench.pass";
const VERSION_KEY: &str = "acobench.version";
/// Rows of a batch.
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
        Field::new("amount", DataType::Int64, false),
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
        let mut rows = self.iter().peekable();
        while rows.peek().is_some() {
            let batch = batch(&schema, rows.by_ref().take(BATCH)).map_err(|e| unwritten(&e))?;
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
        let amounts = batch.column(5).as_primitive::<Int64Type>();
        let lists = batch.column(6).as_list::<i32>();
        for row in 0..batch.num_rows() {
            let what = What::ALL.iter().find(|what| what.name() == whats.value(row));
            let kind = if kinds.is_null(row) { Some(None) } else { kinds.value(row).parse().ok().map(Some) };
            let (Some(what), Some(kind), Ok(year)) = (what, kind, years.value(row).try_into()) else {
                return Err(Error::input(
                    format!("a partial has a row of an unknown kind: {}", whats.value(row)),
                    place.clone(),
                    "fold the partition again with this program",
                ));
            };
            let key = Key::of(*what).name(names.value(row)).within(withins.value(row)).year(year).amount(amounts.value(row));
            self.add(Key { kind, ..key }, lists.value(row).as_primitive::<Int64Type>().values())?;
        }
        Ok(())
    }
}

fn batch<'p>(schema: &Arc<Schema>, rows: impl Iterator<Item = (&'p Key, &'p [i64])>) -> Result<RecordBatch, ArrowError> {
    let (mut what, mut name, mut within) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut year, mut kind, mut amount) = (Int32Builder::new(), StringBuilder::new(), Int64Builder::new());
    let mut lists = ListBuilder::new(Int64Builder::new()).with_field(Field::new_list_field(DataType::Int64, false));
    for (key, numbers) in rows {
        what.append_value(key.what.name());
        name.append_value(&key.name);
        within.append_value(&key.within);
        year.append_value(i32::from(key.year));
        kind.append_option(key.kind.map(crate::rules::EnrollmentType::name));
        amount.append_value(key.amount);
        lists.values().append_slice(numbers);
        lists.append(true);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(what.finish()),
        Arc::new(name.finish()),
        Arc::new(within.finish()),
        Arc::new(year.finish()),
        Arc::new(kind.finish()),
        Arc::new(amount.finish()),
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
