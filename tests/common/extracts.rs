//! Extracts read back: columns as text, folders as bytes.

#![allow(dead_code)] // each test program has its own copy of this module

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type, UInt8Type, UInt16Type, UInt64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// The cells of a column as text, over the files of a table in order of name; blank for null.
pub fn column(extract: &Path, table: &str, column: &str) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(extract.join(table)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut cells = Vec::new();
    for path in paths {
        let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap().build().unwrap();
        for batch in reader.map(std::result::Result::unwrap) {
            let array = batch.column_by_name(column).unwrap_or_else(|| panic!("no column {column}")).clone();
            cells.extend((0..array.len()).map(|row| cell(&array, row)));
        }
    }
    cells
}

fn cell(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return String::new();
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_string(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).to_string(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Date32 => {
            let day = jiff::SignedDuration::from_hours(24 * i64::from(array.as_primitive::<Date32Type>().value(row)));
            jiff::civil::date(1970, 1, 1).checked_add(day).unwrap().to_string()
        }
        DataType::Decimal128(_, scale) => {
            let units = array.as_primitive::<Decimal128Type>().value(row);
            rust_decimal::Decimal::from_i128_with_scale(units, u32::try_from(*scale).unwrap()).to_string()
        }
        other => panic!("{other} is in no table"),
    }
}

/// Every file below a folder and its bytes.
pub fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                files.insert(entry.strip_prefix(folder).unwrap().display().to_string(), fs::read(entry).unwrap());
            }
        }
    }
    files
}
