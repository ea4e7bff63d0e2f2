//! An extract as the streams that an engine sends to workers: rows of all tables tagged and together by beneficiary.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use acobench::cluster::{Holds, Plan, STREAMED};
use acobench::disk;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type, UInt8Type, UInt16Type, UInt64Type};
use arrow_array::{
    Array as _, ArrayRef, BinaryArray, Int8Array, Int32Array, Int64Array, RecordBatch, UInt32Array, new_null_array,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Every row of an extract that a plan asks for, as the plan lays it out, as one batch.
pub fn tagged(extract: &Path, plan: &Plan) -> RecordBatch {
    let types = plan.stream.slots().map(|(name, holds)| {
        let kind = match holds {
            Holds::Tinyint => DataType::Int8,
            Holds::Binary => DataType::Binary,
            Holds::Int => DataType::Int32,
            Holds::Bigint => DataType::Int64,
        };
        Field::new(name, kind, true)
    });
    let schema = Arc::new(Schema::new(types.collect::<Vec<_>>()));
    let mut batches = Vec::new();
    for table in STREAMED {
        let Some(number) = plan.stream.number(table.name) else { continue };
        let columns: BTreeMap<&str, &str> = plan.stream.columns(table.name).map(|(name, slot)| (slot, name)).collect();
        for path in disk::find_table(extract, table.name).unwrap().unwrap_or_default() {
            for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap() {
                let batch = batch.unwrap();
                let cells = |field: &Arc<Field>| -> ArrayRef {
                    if field.name() == "table" {
                        return Arc::new(Int8Array::from(vec![number as i8; batch.num_rows()]));
                    }
                    let found = columns.get(field.name().as_str()).and_then(|name| batch.column_by_name(name));
                    found.map_or_else(
                        || new_null_array(field.data_type(), batch.num_rows()),
                        |cells| plain(cells, field.data_type()),
                    )
                };
                batches.push(RecordBatch::try_new(schema.clone(), schema.fields().iter().map(cells).collect()).unwrap());
            }
        }
    }
    concat_batches(&schema, &batches).unwrap()
}

/// A column in the plain type of the stream's: text as its bytes, dates as days, money as cents, scores as millionths.
fn plain(cells: &ArrayRef, wanted: &DataType) -> ArrayRef {
    let whole: Vec<Option<i64>> = match cells.data_type() {
        DataType::Utf8 => {
            return Arc::new(cells.as_string::<i32>().iter().map(|text| text.map(str::as_bytes)).collect::<BinaryArray>());
        }
        DataType::UInt8 => cells.as_primitive::<UInt8Type>().iter().map(|cell| cell.map(i64::from)).collect(),
        DataType::UInt16 => cells.as_primitive::<UInt16Type>().iter().map(|cell| cell.map(i64::from)).collect(),
        DataType::UInt64 => cells.as_primitive::<UInt64Type>().iter().map(|cell| cell.map(|cell| cell as i64)).collect(),
        DataType::Date32 => cells.as_primitive::<Date32Type>().iter().map(|cell| cell.map(i64::from)).collect(),
        DataType::Decimal128(..) => {
            cells.as_primitive::<Decimal128Type>().iter().map(|cell| cell.map(|cell| cell as i64)).collect()
        }
        DataType::Boolean => cells.as_boolean().iter().map(|cell| cell.map(i64::from)).collect(),
        other => panic!("{other}"),
    };
    match wanted {
        DataType::Int32 => Arc::new(whole.into_iter().map(|cell| cell.map(|cell| cell as i32)).collect::<Int32Array>()),
        _ => Arc::new(Int64Array::from(whole)),
    }
}

/// The rows of each of so many partitions, by a hash of the beneficiary; the last partition stays empty.
pub fn partitions(rows: &RecordBatch, count: usize, salt: u64) -> Vec<Vec<u32>> {
    let ids = rows.column_by_name("bene_id").unwrap().as_binary::<i32>();
    let mut partitions = vec![Vec::new(); count + 1];
    for row in 0..rows.num_rows() {
        let mut hash = DefaultHasher::new();
        (salt, if ids.is_null(row) { b"" } else { ids.value(row) }).hash(&mut hash);
        partitions[(hash.finish() % count as u64) as usize].push(row as u32);
    }
    partitions
}

/// The rows in order of beneficiary.
pub fn grouped(rows: &RecordBatch, mut numbers: Vec<u32>) -> Vec<u32> {
    let ids = rows.column_by_name("bene_id").unwrap().as_binary::<i32>();
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
