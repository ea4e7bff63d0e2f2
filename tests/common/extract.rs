//! Extracts to break: made by `acobench synth`, copied, and spoilt in one place.
#![allow(dead_code)] // each test program has its own copy of this module

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, RecordBatch, StringArray};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::{FileReader as _, SerializedFileReader};

/// Runs the program and waits for it.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_acobench")).args(arguments).env_remove("ACOBENCH_FAIL").output().unwrap()
}

/// The files of a table.
pub fn files(extract: &Path, table: &str) -> Vec<PathBuf> {
    ::acobench::disk::table_files(extract, table).unwrap()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in ::acobench::disk::list(from).unwrap() {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// Writes a Parquet file anew with its batches changed and its metadata kept.
pub fn rewrite(path: &Path, change: impl Fn(&RecordBatch) -> Vec<RecordBatch>) {
    rewrite_with(path, |keys| keys, change);
}

/// The same, with the metadata changed too.
pub fn rewrite_with(
    path: &Path,
    keys: impl FnOnce(Vec<KeyValue>) -> Vec<KeyValue>,
    change: impl Fn(&RecordBatch) -> Vec<RecordBatch>,
) {
    let metadata = SerializedFileReader::new(File::open(path).unwrap()).unwrap().metadata().file_metadata().clone();
    let kept = metadata.key_value_metadata().cloned().unwrap_or_default();
    let kept = kept.into_iter().filter(|pair| pair.key != "ARROW:schema").collect();
    let properties = WriterProperties::builder().set_key_value_metadata(Some(keys(kept))).build();
    write_anew(path, properties, change);
}

/// Writes a Parquet file anew, its rows packed otherwise and its metadata kept.
pub fn repack(path: &Path, properties: WriterPropertiesBuilder) {
    let metadata = SerializedFileReader::new(File::open(path).unwrap()).unwrap().metadata().file_metadata().clone();
    let kept = metadata.key_value_metadata().cloned().unwrap_or_default();
    let kept = kept.into_iter().filter(|pair| pair.key != "ARROW:schema").collect();
    write_anew(path, properties.set_key_value_metadata(Some(kept)).build(), |batch| vec![batch.clone()]);
}

fn write_anew(path: &Path, properties: WriterProperties, change: impl Fn(&RecordBatch) -> Vec<RecordBatch>) {
    let batches: Vec<_> = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap())
        .unwrap()
        .build()
        .unwrap()
        .map(Result::unwrap)
        .collect();
    if batches.is_empty() {
        return; // no rows to change
    }
    let changed: Vec<_> = batches.iter().flat_map(change).collect();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), changed[0].schema(), Some(properties)).unwrap();
    for batch in &changed {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
}

/// The batch without a column.
pub fn without(batch: &RecordBatch, column: &str) -> RecordBatch {
    let kept: Vec<_> = (0..batch.num_columns()).filter(|&at| batch.schema().field(at).name() != column).collect();
    batch.project(&kept).unwrap()
}

/// The batch with a column replaced, of whatever type.
pub fn with(batch: &RecordBatch, column: &str, cells: ArrayRef) -> RecordBatch {
    let at = batch.schema().index_of(column).unwrap();
    let mut fields = batch.schema().fields().to_vec();
    fields[at] = Arc::new(fields[at].as_ref().clone().with_data_type(cells.data_type().clone()));
    let mut columns = batch.columns().to_vec();
    columns[at] = cells;
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// The rows of a batch for which a string column holds another value than the one given.
pub fn other_than(batch: &RecordBatch, column: &str, value: &str) -> Vec<RecordBatch> {
    let cells = text(batch, column);
    (0..batch.num_rows()).filter(|&row| cells.value(row) != value).map(|row| batch.slice(row, 1)).collect()
}

/// A string column.
pub fn text<'b>(batch: &'b RecordBatch, column: &str) -> &'b StringArray {
    batch.column_by_name(column).unwrap().as_any().downcast_ref().unwrap()
}
