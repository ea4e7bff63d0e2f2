//! An extract as the streams that an engine sends to workers: rows of all tables tagged and together by beneficiary.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use acobench::cluster::{Plan, STREAMED};
use acobench::disk;
use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field, Schema};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Every row of an extract that a plan asks for, tagged with its table, as one batch.
pub fn tagged(extract: &Path, plan: &Plan) -> RecordBatch {
    let mut fields: BTreeMap<&str, Field> = BTreeMap::new();
    for table in STREAMED {
        for column in table.columns.iter().filter(|column| asked(plan, table.name, column.name)) {
            fields.insert(column.name, Field::new(column.name, column.kind.data_type(), true));
        }
    }
    let mut all: Vec<Field> = vec![Field::new("table", arrow_schema::DataType::Utf8, false)];
    all.extend(fields.into_values());
    let schema = Arc::new(Schema::new(all));
    let mut batches = Vec::new();
    for table in STREAMED.iter().filter(|table| plan.columns.contains_key(table.name)) {
        for path in disk::find_table(extract, table.name).unwrap().unwrap_or_default() {
            for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap() {
                let batch = batch.unwrap();
                let column = |field: &Arc<Field>| -> ArrayRef {
                    if field.name() == "table" {
                        return Arc::new(StringArray::from(vec![table.name; batch.num_rows()]));
                    }
                    let found = batch.column_by_name(field.name()).filter(|_| asked(plan, table.name, field.name()));
                    found.cloned().unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
                };
                batches.push(RecordBatch::try_new(schema.clone(), schema.fields().iter().map(column).collect()).unwrap());
            }
        }
    }
    concat_batches(&schema, &batches).unwrap()
}

fn asked(plan: &Plan, table: &str, column: &str) -> bool {
    plan.columns.get(table).is_some_and(|columns| columns.iter().any(|name| name == column))
}

/// The rows of each of so many partitions, by a hash of the beneficiary; the last partition stays empty.
pub fn partitions(rows: &RecordBatch, count: usize, salt: u64) -> Vec<Vec<u32>> {
    let ids = rows.column_by_name("bene_id").unwrap().as_string::<i32>();
    let mut partitions = vec![Vec::new(); count + 1];
    for row in 0..rows.num_rows() {
        let mut hash = DefaultHasher::new();
        (salt, if ids.is_null(row) { "" } else { ids.value(row) }).hash(&mut hash);
        partitions[(hash.finish() % count as u64) as usize].push(row as u32);
    }
    partitions
}

/// The rows in order of beneficiary.
pub fn grouped(rows: &RecordBatch, mut numbers: Vec<u32>) -> Vec<u32> {
    let ids = rows.column_by_name("bene_id").unwrap().as_string::<i32>();
    numbers.sort_by_key(|row| ids.value(*row as usize));
    numbers
}

/// Rows as the bytes of a stream, in batches of so many; no bytes for no rows.
pub fn bytes(rows: &RecordBatch, numbers: &[u32], batch: usize) -> Vec<u8> {
    let mut out = Vec::new();
    if numbers.is_empty() {
        return out;
    }
    let mut writer = StreamWriter::try_new(&mut out, &rows.schema()).unwrap();
    for some in numbers.chunks(batch) {
        writer.write(&take_record_batch(rows, &UInt32Array::from(some.to_vec())).unwrap()).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    out
}
