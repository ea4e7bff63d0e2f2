//! The Parquet files of one table, opened and held to the table's schema before a row is read.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::Length as _;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;

use super::arrived::Arrived;
use crate::disk::{self, Input, IoMode, Source};
use crate::error::{Error, Place, Result};
use crate::extract::{Column, Kind, SCHEMA_VERSION, SORTED_KEY, Table, VERSION_KEY, points_inside};

/// One Parquet file of a table, or rows of it that arrived in memory.
#[derive(Debug)]
pub struct TableFile {
    table: &'static Table,
    held: Held,
    read: AtomicU64,
}

/// Where the rows lie.
#[derive(Debug)]
enum Held {
    OnDisk(Box<OnDisk>),
    Arrived(Vec<Arrived>),
}

/// A Parquet file.
#[derive(Debug)]
pub struct OnDisk {
    /// The file as it was when it was opened.
    pub input: Input,
    /// Its bytes.
    pub source: Source,
    /// Its Parquet metadata.
    pub metadata: ParquetMetaData,
    /// Whether it says that its rows are in byte order of `bene_id`.
    pub sorted: bool,
}

/// One row group: the unit of work of a thread.
#[derive(Debug, Clone, Copy)]
pub struct RowGroup {
    /// Position in the file.
    pub index: usize,
    /// Rows it holds.
    pub rows: usize,
}

impl TableFile {
    /// Opens a file and holds it to the schema of `table`.
    pub fn open(table: &'static Table, path: &Path, mode: IoMode) -> Result<Self> {
        let input = Input::look(path).map_err(|error| in_table(error, table))?;
        let source = input.open(mode).map_err(|error| in_table(error, table))?;
        let size = source.len();
        let broken = |why: &str| {
            Error::input(
                format!("this is not a whole Parquet file: {why}"),
                Place::table(table.name).in_file(path),
                format!("the file has {size} bytes; it was cut short or is of another format; deliver it again"),
            )
        };
        let metadata = ParquetMetaDataReader::new()
            .parse_and_finish(&source)
            .map_err(|e| disk::failure_of_disk(path, &e).unwrap_or_else(|| broken(&e.to_string())))?;
        points_inside(&metadata, size).map_err(|why| broken(&why))?;
        let sorted = key(&metadata, SORTED_KEY).is_some_and(|value| value == "bene_id");
        let on_disk = OnDisk { input, source, metadata, sorted };
        on_disk.check_version(table)?;
        on_disk.check_columns(table)?;
        Ok(Self { table, held: Held::OnDisk(Box::new(on_disk)), read: AtomicU64::new(0) })
    }

    /// Rows that arrived in batches, each of which stands for a row group.
    pub fn arrived(table: &'static Table, batches: Vec<Arrived>) -> Self {
        Self { table, held: Held::Arrived(batches), read: AtomicU64::new(0) }
    }

    /// The table it belongs to.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// The file, unless its rows arrived in memory.
    pub fn on_disk(&self) -> Option<&OnDisk> {
        match &self.held {
            Held::OnDisk(file) => Some(file),
            Held::Arrived(_) => None,
        }
    }

    /// Bytes of the columns that were opened to be decoded so far, as they lie in the file.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Counts a column that is opened.
    pub(super) fn count_read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The rows of a row group, if they arrived in memory.
    pub(super) fn arrived_rows(&self, group: &RowGroup) -> Option<&Arrived> {
        match &self.held {
            Held::OnDisk(_) => None,
            Held::Arrived(batches) => batches.get(group.index),
        }
    }

    /// Rows in the whole file.
    pub fn rows(&self) -> u64 {
        match &self.held {
            Held::OnDisk(file) => u64::try_from(file.metadata.file_metadata().num_rows()).unwrap_or(0),
            Held::Arrived(batches) => batches.iter().map(|batch| batch.rows() as u64).sum(),
        }
    }

    /// Its row groups that hold rows.
    pub fn row_groups(&self) -> impl Iterator<Item = RowGroup> + '_ {
        let groups = match &self.held {
            Held::OnDisk(file) => file.metadata.num_row_groups(),
            Held::Arrived(batches) => batches.len(),
        };
        let rows = |index: usize| match &self.held {
            Held::OnDisk(file) => usize::try_from(file.metadata.row_group(index).num_rows()).unwrap_or(0),
            Held::Arrived(batches) => batches[index].rows(),
        };
        (0..groups).map(move |index| RowGroup { index, rows: rows(index) }).filter(|group| group.rows > 0)
    }

    /// Gives back the memory of a row group that has been read.
    pub fn release(&self, group: &RowGroup) {
        let Held::OnDisk(file) = &self.held else { return };
        let ranges = file.metadata.row_group(group.index).columns().iter().map(ColumnChunkMetaData::byte_range);
        let (first, end) =
            ranges.fold((u64::MAX, 0), |(first, end), (start, length)| (start.min(first), end.max(start + length)));
        file.source.release(first, end.saturating_sub(first));
    }

    /// Whether any row of the file may have a value in the column, by the statistics it carries.
    pub fn may_have_values(&self, name: &str) -> bool {
        match &self.held {
            Held::OnDisk(file) => file.may_have_values(name),
            Held::Arrived(batches) => batches.iter().any(|batch| batch.may_have_values(name)),
        }
    }

    /// What the statistics of a row group say of every column, if they tell its least and greatest `column`: two row groups with
    /// one print hold the same rows.
    pub fn print(&self, group: &RowGroup, column: &str) -> Option<blake3::Hash> {
        let Held::OnDisk(file) = &self.held else { return None };
        file.metadata.row_group(group.index).column(file.column_index(column)?).statistics()?.min_bytes_opt()?;
        let mut print = blake3::Hasher::new();
        for name in self.table.columns.iter().map(|column| column.name) {
            let Some(at) = file.column_index(name) else { continue };
            let Some(known) = file.metadata.row_group(group.index).column(at).statistics() else { continue };
            for part in [Some(name.as_bytes()), known.min_bytes_opt(), known.max_bytes_opt()] {
                let part = part.unwrap_or_default();
                print.update(&(part.len() as u64).to_le_bytes()).update(part);
            }
            print.update(&known.null_count_opt().unwrap_or(u64::MAX).to_le_bytes());
        }
        print.update(&(group.rows as u64).to_le_bytes());
        Some(print.finalize())
    }

    /// The file as a place of an error.
    pub fn place(&self) -> Place {
        let place = Place::table(self.table.name);
        match &self.held {
            Held::OnDisk(file) => place.in_file(file.input.path()),
            Held::Arrived(_) => place,
        }
    }
}

impl OnDisk {
    /// Position of a column, if the file has it.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.metadata.file_metadata().schema_descr().columns().iter().position(|column| column.name() == name)
    }

    fn may_have_values(&self, name: &str) -> bool {
        let Some(at) = self.column_index(name) else { return false };
        self.metadata.row_groups().iter().any(|group| {
            let nulls = group.column(at).statistics().and_then(Statistics::null_count_opt);
            nulls.is_none_or(|nulls| i64::try_from(nulls).unwrap_or(0) < group.num_rows())
        })
    }

    fn place(&self, table: &Table) -> Place {
        Place::table(table.name).in_file(self.input.path())
    }

    fn check_version(&self, table: &Table) -> Result<()> {
        let Some(version) = key(&self.metadata, VERSION_KEY) else { return Ok(()) };
        let major = |text: &str| text.split('.').next().map(str::to_string);
        if major(version) == major(SCHEMA_VERSION) {
            return Ok(());
        }
        Err(Error::input(
            format!("the file is of schema version {version}; this program reads {SCHEMA_VERSION}"),
            self.place(table),
            "make the extract again with this program's import, or run the program of that version",
        ))
    }

    fn check_columns(&self, table: &Table) -> Result<()> {
        let mut faults = Vec::new();
        for column in table.columns {
            let found = self.metadata.file_metadata().schema_descr();
            match found.columns().iter().find(|found| found.name() == column.name) {
                None if column.nullable => {}
                None => faults.push(Error::input(
                    format!("column {} is missing", column.name),
                    self.place(table).at_column(column.name),
                    "docs/data-dictionary.md lists the columns; make the extract with acobench import, or add the column",
                )),
                Some(found) => faults.extend(self.check_type(table, column, found)),
            }
        }
        match faults.len() {
            0 => Ok(()),
            1 => Err(faults.remove(0)),
            _ => Err(Error::Inputs(faults)),
        }
    }

    fn check_type(&self, table: &Table, column: &Column, found: &ColumnDescriptor) -> Option<Error> {
        let fits = found.max_rep_level() == 0 && found.max_def_level() <= 1 && fits(column.kind, found);
        if !fits {
            let stored = match found.logical_type_ref() {
                Some(logical) => format!("{} ({logical:?})", found.physical_type()),
                None => found.physical_type().to_string(),
            };
            return Some(Error::input(
                format!("column {} is stored as {stored}; {:?} is wanted", column.name, column.kind.data_type()),
                self.place(table).at_column(column.name),
                "write the column in the type that docs/data-dictionary.md gives",
            ));
        }
        let optional = found.self_type().get_basic_info().repetition() == Repetition::OPTIONAL;
        // A nullable column in the file is welcome: a null where a value is required is a row fault, not a file fault.
        let _ = optional;
        None
    }
}

fn fits(kind: Kind, found: &ColumnDescriptor) -> bool {
    let physical = found.physical_type();
    let logical = found.logical_type_ref();
    let decimal = |scale: i32| match logical {
        Some(LogicalType::Decimal(found)) => found.scale == scale,
        _ => found.converted_type() == ConvertedType::DECIMAL && found.type_scale() == scale,
    };
    let whole = matches!(physical, Physical::INT32 | Physical::INT64)
        && !matches!(
            logical,
            Some(LogicalType::Date | LogicalType::Decimal(..) | LogicalType::Timestamp { .. } | LogicalType::Time { .. })
        );
    match kind {
        Kind::Text => physical == Physical::BYTE_ARRAY && !decimal(2),
        Kind::UInt8 | Kind::UInt16 | Kind::UInt64 => whole,
        Kind::Date => {
            physical == Physical::INT32
                && (matches!(logical, Some(LogicalType::Date)) || found.converted_type() == ConvertedType::DATE)
        }
        Kind::Money => is_decimal_storage(physical) && decimal(2),
        Kind::Number => is_decimal_storage(physical) && decimal(6),
        Kind::Flag => physical == Physical::BOOLEAN,
    }
}

fn is_decimal_storage(physical: Physical) -> bool {
    matches!(physical, Physical::INT32 | Physical::INT64 | Physical::FIXED_LEN_BYTE_ARRAY)
}

fn key<'m>(metadata: &'m ParquetMetaData, name: &str) -> Option<&'m str> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    pairs.iter().find(|pair| pair.key == name)?.value.as_deref()
}

fn in_table(error: Error, table: &Table) -> Error {
    match error {
        Error::Input { what, place, hint } => Error::Input { what, place: Box::new(place.in_table(table.name)), hint },
        other => other,
    }
}

/// All files of one table.
#[derive(Debug)]
pub struct TableFiles {
    /// The table.
    pub table: &'static Table,
    /// Its files, in order of name.
    pub files: Vec<TableFile>,
}

impl TableFiles {
    /// Finds and opens the files of a table in an extract: `<table>.parquet`, or the files of the folder `<table>/`.
    ///
    /// An optional table that is not there has no files.
    pub fn open(extract: &Path, table: &'static Table, mode: IoMode) -> Result<Self> {
        let paths = if table.optional {
            disk::find_table(extract, table.name)?.unwrap_or_default()
        } else {
            disk::table_files(extract, table.name)?
        };
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            files.push(TableFile::open(table, &path, mode)?);
        }
        Ok(Self { table, files })
    }

    /// Bytes of the columns that were opened to be decoded so far.
    pub fn bytes_read(&self) -> u64 {
        self.files.iter().map(TableFile::bytes_read).sum()
    }

    /// Rows of all files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(TableFile::rows).sum()
    }

    /// Every row group of every file: the units of work.
    pub fn units(&self) -> Vec<(&TableFile, RowGroup)> {
        self.files.iter().flat_map(|file| file.row_groups().map(move |group| (file, group))).collect()
    }
}
