//! Invented RIF files: the layouts, with one or two rows that nobody lived.

#![allow(dead_code)] // each test program has its own copy of this module

use std::sync::Arc;

use arrow_array::RecordBatch;

/// Days since 1970-01-01 of a day written `DD-MON-YYYY`.
fn days(text: &str) -> i32 {
    let date = jiff::civil::Date::strptime("%d-%b-%Y", text).unwrap();
    i32::try_from(date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24).unwrap()
}

/// A delimited file under construction.
#[derive(Clone)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(cells: &[(&str, &[&str])]) -> Self {
        let rows = cells[0].1.len();
        let row =
            |number: usize| cells.iter().map(|(_, column)| (*column.get(number).unwrap_or(&column[0])).to_string()).collect();
        Self { header: cells.iter().map(|(name, _)| (*name).to_string()).collect(), rows: (0..rows).map(row).collect() }
    }

    pub fn column(&self, name: &str) -> usize {
        self.header.iter().position(|header| header == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    pub fn set(&mut self, row: usize, name: &str, cell: &str) {
        let column = self.column(name);
        self.rows[row][column] = cell.to_string();
    }

    pub fn without(mut self, name: &str) -> Self {
        let column = self.column(name);
        self.header.remove(column);
        self.rows.iter_mut().for_each(|row| drop(row.remove(column)));
        self
    }

    pub fn text(&self, delimiter: char, quoted: bool) -> String {
        let cell = |cell: &String| if quoted { format!("\"{cell}\"") } else { cell.clone() };
        let line = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<_>>().join(&delimiter.to_string()) + "\n";
        std::iter::once(&self.header).chain(&self.rows).map(line).collect()
    }

    /// The same as Parquet: every column as text, or amounts as doubles, days as days and numbers as numbers.
    pub fn parquet(&self, typed: bool) -> Vec<u8> {
        use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray};
        let column = |index: usize| -> ArrayRef {
            let name = &self.header[index];
            let cells = self.rows.iter().map(|row| Some(row[index].as_str()).filter(|cell| !cell.is_empty()));
            match name.rsplit('_').next() {
                Some("AMT" | "PMT") if typed => {
                    Arc::new(cells.map(|cell| cell.map(|c| c.parse().unwrap())).collect::<Float64Array>())
                }
                Some("DT") if typed => Arc::new(cells.map(|cell| cell.map(days)).collect::<Date32Array>()),
                Some("NUM" | "YR" | "NPI") if typed && name != "TAX_NUM" && name != "PRVDR_NUM" && self.is_numeric(index) => {
                    Arc::new(cells.map(|cell| cell.map(|c| c.parse().unwrap())).collect::<Int64Array>())
                }
                _ => Arc::new(cells.collect::<StringArray>()),
            }
        };
        let batch = (0..self.header.len()).map(|index| (self.header[index].to_ascii_lowercase(), column(index), true));
        let batch = RecordBatch::try_from_iter_with_nullable(batch).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    fn is_numeric(&self, column: usize) -> bool {
        self.rows.iter().all(|row| row[column].is_empty() || row[column].parse::<i64>().is_ok())
    }

    pub fn piped(&self) -> Vec<u8> {
        self.text('|', false).into_bytes()
    }
}

/// Two lines of one office visit.
pub fn carrier() -> Table {
    Table::new(&[
        ("BENE_ID", &["1", "1"]),
        ("CLM_ID", &["5"]),
        ("FINAL_ACTION", &["F"]),
        ("NCH_CLM_TYPE_CD", &["71"]),
        ("NCH_WKLY_PROC_DT", &["20-Mar-2019"]),
        ("CARR_CLM_PMT_DNL_CD", &["1"]),
        ("LINE_NUM", &["1", "2"]),
        ("PRF_PHYSN_NPI", &["1234567890"]),
        ("TAX_NUM", &["012345678"]),
        ("PRVDR_SPCLTY", &["08"]),
        ("LINE_PLACE_OF_SRVC_CD", &["11"]),
        ("LINE_1ST_EXPNS_DT", &["01-Mar-2019"]),
        ("LINE_LAST_EXPNS_DT", &["01-Mar-2019"]),
        ("HCPCS_CD", &["99213", "36415"]),
        ("LINE_NCH_PMT_AMT", &["80.00", "3.10"]),
        ("LINE_ALOWD_CHRG_AMT", &["100.00", "3.10"]),
        ("LINE_PRCSG_IND_CD", &["A"]),
    ])
}

/// One inpatient stay, admitted 18,000 days after 1970-01-01.
pub fn inpatient() -> Table {
    Table::new(&[
        ("BENE_ID", &["1"]),
        ("CLM_ID", &["6"]),
        ("FINAL_ACTION", &["F"]),
        ("NCH_CLM_TYPE_CD", &["60"]),
        ("CLM_FROM_DT", &["14-Apr-2019"]),
        ("CLM_THRU_DT", &["20-Apr-2019"]),
        ("NCH_WKLY_PROC_DT", &["05-May-2019"]),
        ("CLM_ADMSN_DT", &["14-Apr-2019"]),
        ("PRVDR_NUM", &["050001"]),
        ("CLM_FAC_TYPE_CD", &["1"]),
        ("CLM_SRVC_CLSFCTN_TYPE_CD", &["1"]),
        ("CLM_MDCR_NON_PMT_RSN_CD", &[""]),
        ("CLM_PMT_AMT", &["9000.00"]),
        ("ICD_DGNS_CD1", &["I10"]),
        ("ICD_DGNS_CD2", &[""]),
        ("IME_OP_CLM_VAL_AMT", &["0"]),
        ("DSH_OP_CLM_VAL_AMT", &["0"]),
    ])
}

/// Two clinic visits.
pub fn outpatient() -> Table {
    Table::new(&[
        ("BENE_ID", &["1", "1"]),
        ("CLM_ID", &["7", "8"]),
        ("FINAL_ACTION", &["F"]),
        ("NCH_CLM_TYPE_CD", &["40"]),
        ("CLM_FROM_DT", &["03-May-2019"]),
        ("CLM_THRU_DT", &["03-May-2019"]),
        ("NCH_WKLY_PROC_DT", &["20-May-2019"]),
        ("PRVDR_NUM", &["051801"]),
        ("CLM_FAC_TYPE_CD", &["7"]),
        ("CLM_SRVC_CLSFCTN_TYPE_CD", &["7"]),
        ("CLM_MDCR_NON_PMT_RSN_CD", &[""]),
        ("CLM_PMT_AMT", &["100.00"]),
        ("CLM_LINE_NUM", &["1"]),
        ("REV_CNTR", &["0521"]),
        ("REV_CNTR_DT", &["03-May-2019"]),
        ("HCPCS_CD", &["G0466"]),
        ("REV_CNTR_PMT_AMT_AMT", &["100.00"]),
        ("REV_CNTR_PTNT_RSPNSBLTY_PMT", &["20.00"]),
    ])
}

/// One person, aged, all of 2019 in Parts A and B.
pub fn enrollment() -> Table {
    let mut table =
        Table::new(&[("BENE_ID", &["1"]), ("RFRNC_YR", &["2019"]), ("BENE_BIRTH_DT", &["10-Jun-1940"]), ("DEATH_DT", &[""])]);
    let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEPT", "OCT", "NOV", "DEC"];
    for (number, month) in months.iter().enumerate() {
        for (name, cell) in [
            (format!("MDCR_ENTLMT_BUYIN_{}_IND", number + 1), "3"),
            (format!("HMO_{}_IND", number + 1), "0"),
            (format!("MDCR_STUS_{month}_CD"), "10"),
            (format!("META_DUAL_ELGBL_STUS_{month}_CD"), "NA"),
            (format!("CST_SHR_GRP_{month}_CD"), "09"),
            (format!("FIPS_STATE_CNTY_{month}_CD"), "06075"),
        ] {
            table.header.push(name);
            table.rows[0].push(cell.to_string());
        }
    }
    table
}
