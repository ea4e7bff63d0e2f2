//! The floor of the reference job: arrow-rs decodes the columns that the job needs, strings as dictionaries, and adds them up.
//!
//! `floor EXTRACT THREADS` prints rows and one sum that keeps the work from being left out; `floor EXTRACT THREADS check` decodes
//! the columns that `acobench check` looks at.

#![allow(clippy::print_stdout, reason = "a measuring program prints what it measured")]

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type, Int32Type, UInt8Type, UInt16Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;

const TABLES: [(&str, &[&str]); 3] = [
    (
        "claim_line",
        &[
            "bene_id",
            "claim_type",
            "last_date",
            "hcpcs",
            "specialty",
            "tin",
            "payment_amt",
            "allowed_amt",
            "claim_denial",
            "processing_indicator",
            "processed_date",
            "sequestration_amt",
            "pbp_reduction_amt",
        ],
    ),
    (
        "claim_header",
        &[
            "bene_id",
            "claim_type",
            "thru_date",
            "payment_amt",
            "non_payment_reason",
            "processed_date",
            "ime_operating_amt",
            "dsh_operating_amt",
            "uncompensated_care_amt",
            "sequestration_amt",
            "pbp_reduction_amt",
        ],
    ),
    ("beneficiary_year", &["bene_id", "year", "status", "county"]),
];

/// The columns of `acobench check`.
const CHECKED: [(&str, &[&str]); 4] = [
    (
        "claim_line",
        &[
            "bene_id",
            "claim_id",
            "line_num",
            "claim_type",
            "first_date",
            "last_date",
            "hcpcs",
            "specialty",
            "tin",
            "ccn",
            "facility_type",
            "service_classification",
            "payment_amt",
            "non_payment_reason",
            "claim_denial",
            "processing_indicator",
            "processed_date",
        ],
    ),
    (
        "claim_header",
        &[
            "bene_id",
            "claim_id",
            "claim_type",
            "from_date",
            "thru_date",
            "ccn",
            "facility_type",
            "service_classification",
            "non_payment_reason",
            "payment_amt",
            "processed_date",
        ],
    ),
    ("beneficiary_year", &["bene_id", "year", "status", "county", "death_date"]),
    ("risk_score", &["bene_id", "year", "hcc_version", "score_esrd", "score_dis", "score_agdu", "score_agnd"]),
];

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (extract, threads) = (arguments.next().ok_or("which extract?")?, arguments.next().ok_or("how many threads?")?);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
    let mut units = Vec::new();
    let tables: &[(&str, &'static [&'static str])] = if arguments.next().is_some() { &CHECKED } else { &TABLES };
    for (table, columns) in tables {
        for entry in std::fs::read_dir(Path::new(&extract).join(table))? {
            let path = entry?.path();
            let metadata = metadata(&path)?;
            units
                .extend((0..metadata.metadata().num_row_groups()).map(|group| (path.clone(), *columns, metadata.clone(), group)));
        }
    }
    let sums: Outcome<Vec<(u64, i128)>> = pool.install(|| {
        units.into_par_iter().map(|(path, columns, metadata, group)| read(&path, columns, metadata, group)).collect()
    });
    let (rows, sum) = sums?.into_iter().fold((0, 0), |whole, part| (whole.0 + part.0, whole.1 + part.1));
    println!("{rows} rows, sum {sum}");
    Ok(())
}

/// The metadata of a file, with its strings told to be dictionaries.
fn metadata(path: &PathBuf) -> Outcome<ArrowReaderMetadata> {
    let found = ArrowReaderMetadata::load(&File::open(path)?, ArrowReaderOptions::new())?;
    let fields = found.schema().fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 => {
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(Field::new(field.name(), dictionary, field.is_nullable()))
        }
        _ => Arc::clone(field),
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    Ok(ArrowReaderMetadata::try_new(Arc::clone(found.metadata()), ArrowReaderOptions::new().with_schema(schema))?)
}

fn read(path: &PathBuf, columns: &[&str], metadata: ArrowReaderMetadata, group: usize) -> Outcome<(u64, i128)> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path)?, metadata);
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let (mut rows, mut sum) = (0, 0);
    for batch in builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(8192).build()? {
        let batch: RecordBatch = batch?;
        rows += batch.num_rows() as u64;
        for column in batch.columns() {
            sum += added(column)?;
        }
    }
    Ok((rows, sum))
}

fn added(column: &dyn Array) -> Outcome<i128> {
    Ok(match column.data_type() {
        DataType::Dictionary(..) => {
            column.as_dictionary::<Int32Type>().keys().values().iter().map(|key| i64::from(*key)).sum::<i64>().into()
        }
        DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().values().iter().sum(),
        DataType::Date32 => column.as_primitive::<Date32Type>().values().iter().map(|day| i64::from(*day)).sum::<i64>().into(),
        DataType::UInt8 => column.as_primitive::<UInt8Type>().values().iter().map(|value| i64::from(*value)).sum::<i64>().into(),
        DataType::UInt16 => {
            column.as_primitive::<UInt16Type>().values().iter().map(|value| i64::from(*value)).sum::<i64>().into()
        }
        other => return Err(format!("a column of {other} was not expected").into()),
    })
}
