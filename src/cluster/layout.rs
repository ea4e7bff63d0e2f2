//! Where the cells of every table lie in a row of the stream.
//!
//! The tables share columns: a row is as wide as the widest table, not as all of them together, for what a row costs, in the
//! engine's shuffle and in the pipe, is its width. Cells come in the plainest types there are: bytes, 32 and 64 bits.

use std::collections::BTreeMap;

use arrow_schema::{DataType, Schema};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};
use crate::extract::{Kind, Table};
use crate::scan::is_text;

/// The column that says of which table a row is, by its number.
pub const TAG: &str = "table";
/// The column that all rows of a beneficiary have in common.
pub const BENEFICIARY: &str = "bene_id";

/// The columns of a stream, and which of them hold what of each table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    slots: Vec<Slot>,
    tables: BTreeMap<String, Placing>,
}

/// A column of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    name: String,
    #[serde(rename = "type")]
    holds: Holds,
}

/// What a column of the stream holds, in the names that SQL engines have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// The number of a table.
    Tinyint,
    /// Text, as bytes.
    Binary,
    /// Small whole numbers, flags as 0 and 1, dates as days since 1970-01-01.
    Int,
    /// Large whole numbers, money as cents, scores as millionths.
    Bigint,
}

/// Where a table lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placing {
    number: u8,
    columns: BTreeMap<String, String>,
}

impl Holds {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Binary,
            Kind::UInt8 | Kind::UInt16 | Kind::Date | Kind::Flag => Self::Int,
            Kind::UInt64 | Kind::Money | Kind::Number => Self::Bigint,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Tinyint => "table",
            Self::Binary => "text",
            Self::Int => "int",
            Self::Bigint => "long",
        }
    }

    fn suits(self, found: &DataType) -> bool {
        match self {
            Self::Tinyint => *found == DataType::Int8,
            Self::Binary => is_text(found),
            Self::Int | Self::Bigint => found.is_integer(),
        }
    }
}

impl Layout {
    /// Lays out the columns that are wanted of some tables, in the order of the tables' own.
    pub fn of(tables: &[&Table], wanted: impl Fn(&Table, &str) -> bool) -> Self {
        let slot = |name: &str, holds| Slot { name: name.to_string(), holds };
        let mut layout = Self { slots: vec![slot(BENEFICIARY, Holds::Binary), slot(TAG, Holds::Tinyint)], ..Self::default() };
        let mut most = [Holds::Binary, Holds::Int, Holds::Bigint].map(|holds| (holds, 0));
        for (number, table) in tables.iter().enumerate() {
            let mut taken = most.map(|(holds, _)| (holds, 0));
            let mut columns = BTreeMap::new();
            for column in table.columns.iter().filter(|column| wanted(table, column.name)) {
                let name = if column.name == BENEFICIARY {
                    BENEFICIARY.to_string()
                } else {
                    let holds = Holds::of(column.kind);
                    let next = taken.iter_mut().find(|(of, _)| *of == holds).map_or(0, |(_, next)| {
                        *next += 1;
                        *next - 1
                    });
                    format!("{}{next}", holds.prefix())
                };
                columns.insert(column.name.to_string(), name);
            }
            for ((_, most), (_, taken)) in most.iter_mut().zip(taken) {
                *most = taken.max(*most);
            }
            layout.tables.insert(table.name.to_string(), Placing { number: number as u8, columns });
        }
        let slots = most.into_iter().flat_map(|(holds, count)| (0..count).map(move |at| (holds, at)));
        layout.slots.extend(slots.map(|(holds, at): (Holds, usize)| slot(&format!("{}{at}", holds.prefix()), holds)));
        layout
    }

    /// The names and types of the stream's columns.
    pub fn slots(&self) -> impl Iterator<Item = (&str, Holds)> {
        self.slots.iter().map(|slot| (slot.name.as_str(), slot.holds))
    }

    /// The number of a table, if the stream carries it.
    pub fn number(&self, table: &str) -> Option<u8> {
        self.tables.get(table).map(|placing| placing.number)
    }

    /// The columns of a table, each with the column of the stream in which it lies.
    pub fn columns(&self, table: &str) -> impl Iterator<Item = (&str, &str)> {
        let columns = self.tables.get(table).into_iter().flat_map(|placing| &placing.columns);
        columns.map(|(name, slot)| (name.as_str(), slot.as_str()))
    }

    /// Holds the schema of a stream to the layout.
    ///
    /// # Errors
    /// Naming the column, and its type where that is at fault.
    pub fn check(&self, schema: &Schema) -> Result<()> {
        let refuse = |what, name: &str| {
            let hint = "send the columns that `stream` of the plan lists, in its types";
            Err(Error::input(what, Place::table("the stream").at_column(name), hint))
        };
        for Slot { name, holds } in &self.slots {
            match schema.field_with_name(name) {
                Err(_) => return refuse(format!("the stream has no column {name}"), name),
                Ok(field) if !holds.suits(field.data_type()) => {
                    return refuse(format!("column {name} arrives as {}; {holds:?} is wanted", field.data_type()), name);
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{ClaimHeader, ClaimLine, Row as _};

    #[test]
    fn tables_share_columns_and_none_lies_upon_another() {
        let tables = [ClaimHeader::TABLE, ClaimLine::TABLE];
        let layout = Layout::of(&tables, |_, name| name != "line_num");
        let most = |holds| {
            let count = |table: &&Table| {
                let others = table.columns.iter().filter(|column| !["bene_id", "line_num"].contains(&column.name));
                others.filter(|column| Holds::of(column.kind) == holds).count()
            };
            tables.iter().map(count).max().unwrap()
        };
        for holds in [Holds::Binary, Holds::Int, Holds::Bigint] {
            let slots = layout.slots().filter(|(name, of)| *of == holds && *name != BENEFICIARY).count();
            assert_eq!(slots, most(holds), "{holds:?}");
        }
        for table in tables {
            let mut slots: Vec<&str> = layout.columns(table.name).map(|(_, slot)| slot).collect();
            let columns = slots.len();
            slots.sort_unstable();
            slots.dedup();
            assert_eq!(slots.len(), columns, "{}", table.name);
            for (name, slot) in layout.columns(table.name) {
                let kind = table.columns.iter().find(|column| column.name == name).unwrap().kind;
                assert_eq!(layout.slots().find(|(found, _)| *found == slot).unwrap().1, Holds::of(kind), "{name}");
            }
        }
        assert_eq!((layout.number("claim_line"), layout.number("participant")), (Some(1), None));
        assert!(layout.columns("claim_line").all(|(name, _)| name != "line_num"));
    }
}
