//! What a table and a column are, and the data dictionary made from them.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

/// Version of the extract's tables, `major.minor`; a reader refuses another major version by name.
pub const SCHEMA_VERSION: &str = "1.0";
/// Key of the version in a file's Parquet metadata.
pub const VERSION_KEY: &str = "schema_version";
/// Key in a file's Parquet metadata whose value `bene_id` says that its rows are in byte order of `bene_id`.
pub const SORTED_KEY: &str = "sorted_by";

/// The type of a column, in memory and on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string as the source has it.
    Text,
    /// A small whole number.
    UInt8,
    /// A calendar or performance year, a line number.
    UInt16,
    /// A National Provider Identifier.
    UInt64,
    /// A day.
    Date,
    /// Dollars and cents, `decimal(12,2)` stored as INT64.
    Money,
    /// A score, rate or per-capita amount, `decimal(18,6)` stored as INT64.
    Number,
    /// Yes or no.
    Flag,
}

impl Kind {
    /// The Arrow type that holds the column.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt64 => DataType::UInt64,
            Self::Date => DataType::Date32,
            Self::Money => DataType::Decimal128(12, 2),
            Self::Number => DataType::Decimal128(18, 6),
            Self::Flag => DataType::Boolean,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt64 => "uint64",
            Self::Date => "date",
            Self::Money => "decimal(12,2) as INT64",
            Self::Number => "decimal(18,6) as INT64",
            Self::Flag => "boolean",
        }
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name in the file.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Whether a row may have no value.
    pub nullable: bool,
    /// Where RIF has it.
    pub rif: &'static str,
    /// Where CCLF has it.
    pub cclf: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// One table of the extract.
#[derive(Debug)]
pub struct Table {
    /// Name of the file or folder.
    pub name: &'static str,
    /// What one row is.
    pub grain: &'static str,
    /// Whether a run may do without it.
    pub optional: bool,
    /// Its columns, in order.
    pub columns: &'static [Column],
}

impl Table {
    /// The Arrow schema of a file of this table.
    #[must_use]
    pub fn arrow_schema(&self) -> Arc<Schema> {
        let fields = self.columns.iter().map(|column| Field::new(column.name, column.kind.data_type(), column.nullable));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The text of `docs/data-dictionary.md`.
#[must_use]
pub fn data_dictionary(tables: &[&Table]) -> String {
    let mut out = String::from(
        "# Data dictionary of the extract\n\n\
         Generated from the schemas in `src/extract/tables.rs`; a test holds this page to them.\n\n\
         An extract is a folder. Each table is one Parquet file `<table>.parquet` or a folder `<table>/` of Parquet files, \
         rows in any order. Every file carries `schema_version` in its Parquet metadata",
    );
    let _ = writeln!(
        out,
        " (now {SCHEMA_VERSION}). A file whose rows are in byte order of `bene_id` may say so with `{SORTED_KEY} = bene_id`.\n"
    );
    for table in tables {
        let _ = writeln!(
            out,
            "## {}{}\n\nOne row per {}.\n",
            table.name,
            if table.optional { " (optional)" } else { "" },
            table.grain
        );
        out.push_str("| column | type | may be null | meaning | RIF | CCLF |\n|---|---|---|---|---|---|\n");
        for column in table.columns {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} | {} |",
                column.name,
                column.kind.words(),
                if column.nullable { "yes" } else { "no" },
                column.meaning,
                column.rif,
                column.cclf
            );
        }
        out.push('\n');
    }
    out
}
