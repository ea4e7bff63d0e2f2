//! Small tables (participants, agreements, crosswalks) read whole into columns of cells.

use serde::{Deserialize, Serialize};

use super::column::{ColumnCursor, NULL_INT};
use super::table::TableFiles;
use crate::error::Result;
use crate::extract::Kind;

/// One column of a small table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SmallColumn {
    /// Strings.
    Text(Vec<Option<String>>),
    /// Whole numbers, days, cents or millionths, by the column's kind.
    Int(Vec<Option<i64>>),
}

/// A table read whole: rows in the order of its files.
#[derive(Debug)]
pub struct SmallTable {
    columns: Vec<SmallColumn>,
    names: Vec<&'static str>,
    rows: usize,
}

impl SmallTable {
    /// Reads every row of every file.
    pub fn read(files: &TableFiles) -> Result<Self> {
        let mut columns = Vec::new();
        for column in files.table.columns {
            let text = column.kind == Kind::Text;
            let mut texts = Vec::new();
            let mut ints = Vec::new();
            for (file, group) in files.units() {
                let mut cursor = ColumnCursor::open(file, &group, column.name)?;
                if text {
                    let mut entries: Vec<String> = Vec::new();
                    let mut codes = Vec::new();
                    cursor.read_codes(group.rows, &mut codes, u32::MAX, &mut |bytes| {
                        entries.push(String::from_utf8_lossy(bytes).into_owned());
                        entries.len() as u32 - 1
                    })?;
                    texts.extend(codes.into_iter().map(|code| entries.get(code as usize).cloned()));
                } else {
                    let mut values = Vec::new();
                    cursor.read_ints(group.rows, &mut values)?;
                    ints.extend(values.into_iter().map(|value| (value != NULL_INT).then_some(value)));
                }
            }
            columns.push(if text { SmallColumn::Text(texts) } else { SmallColumn::Int(ints) });
        }
        let names = files.table.columns.iter().map(|column| column.name).collect();
        Ok(Self { columns, names, rows: files.rows() as usize })
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A cell of a string column; an empty string counts as none.
    pub fn text(&self, row: usize, column: &str) -> Option<&str> {
        match self.find(column)? {
            SmallColumn::Text(cells) => cells[row].as_deref().map(str::trim).filter(|text| !text.is_empty()),
            SmallColumn::Int(_) => None,
        }
    }

    /// A cell of any other column.
    pub fn int(&self, row: usize, column: &str) -> Option<i64> {
        match self.find(column)? {
            SmallColumn::Int(cells) => cells[row],
            SmallColumn::Text(_) => None,
        }
    }

    /// Every column, by name.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &SmallColumn)> {
        self.names.iter().copied().zip(&self.columns)
    }

    fn find(&self, column: &str) -> Option<&SmallColumn> {
        self.names.iter().position(|name| *name == column).map(|at| &self.columns[at])
    }
}
