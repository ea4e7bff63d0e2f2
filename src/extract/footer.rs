//! What the footer of a Parquet file promises, held against the file itself.

use parquet::file::metadata::ParquetMetaData;

/// Holds every place that the footer names to the bytes that there are; readers trust them without a look.
///
/// # Errors
/// What is wrong, in words: a column that lies outside the file, or numbers of rows that do not agree.
pub fn points_inside(footer: &ParquetMetaData, bytes: u64) -> Result<(), String> {
    let rows = footer.row_groups().iter().try_fold(0_i64, |rows, group| rows.checked_add(group.num_rows()));
    if rows != Some(footer.file_metadata().num_rows()) {
        return Err("its row groups do not have the rows that it has".to_string());
    }
    for (number, group) in footer.row_groups().iter().enumerate() {
        if group.num_rows() < 0 {
            return Err(format!("row group {number} has fewer than no rows"));
        }
        for column in group.columns() {
            let begin = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = begin.checked_add(column.compressed_size()).and_then(|end| u64::try_from(end).ok());
            let is_flat = column.column_descr().max_rep_level() == 0;
            if is_flat && column.num_values() != group.num_rows() {
                return Err(format!("column {} of row group {number} has not a value for each row", column.column_path()));
            }
            let lies_inside = begin >= 0
                && column.data_page_offset() >= 0
                && column.compressed_size() >= 0
                && column.num_values() >= 0
                && end.is_some_and(|end| end <= bytes);
            if !lies_inside {
                return Err(format!("column {} of row group {number} lies outside the file", column.column_path()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

    use super::points_inside;
    use crate::extract::{EtaCcn, Row as _, TableSink};

    fn file() -> bytes::Bytes {
        let mut sink = TableSink::new(EtaCcn::TABLE, Vec::new(), false).unwrap();
        sink.push(&EtaCcn { ccn: "050001", year: 2022 }).unwrap();
        sink.finish_cells().unwrap().into()
    }

    fn moved(footer: &ParquetMetaData, offset: i64) -> ParquetMetaData {
        let group = footer.row_group(0).clone();
        let columns = group.columns().iter().cloned();
        let columns = columns
            .map(|column| column.into_builder().set_dictionary_page_offset(None).set_data_page_offset(offset).build().unwrap());
        let columns = columns.collect();
        let group = group.into_builder().set_column_metadata(columns).build().unwrap();
        footer.clone().into_builder().set_row_groups(vec![group]).build()
    }

    #[test]
    fn a_footer_that_points_elsewhere_is_told() {
        let bytes = file();
        let (footer, length) = (ParquetMetaDataReader::new().parse_and_finish(&bytes).unwrap(), bytes.len() as u64);
        points_inside(&footer, length).unwrap();
        assert!(points_inside(&footer, 8).unwrap_err().contains("lies outside the file"));
        for offset in [-1, i64::MIN, i64::MAX, bytes.len() as i64] {
            assert!(points_inside(&moved(&footer, offset), length).is_err(), "{offset}");
        }
    }
}
