//! The one error type of the library, written for the person on call at 3 a.m.: what is wrong, where, what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a fault was found. Every part is optional; no part ever holds a beneficiary identifier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// File or folder that was being read or written.
    pub file: Option<PathBuf>,
    /// Table of the extract, factor table or rule table.
    pub table: Option<String>,
    /// Column or field.
    pub column: Option<String>,
    /// Row group of a Parquet file, counted from 0.
    pub row_group: Option<usize>,
    /// Line of a text file, counted from 1.
    pub line: Option<u64>,
    /// Key of the row: an ACO, a year, an enrollment type; never a person.
    pub key: Option<String>,
}

impl Place {
    /// A place that is a file.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self { file: Some(path.as_ref().to_path_buf()), ..Self::default() }
    }

    /// A place that is a table.
    #[must_use]
    pub fn table(table: impl Into<String>) -> Self {
        Self { table: Some(table.into()), ..Self::default() }
    }

    /// The same place, within a file.
    #[must_use]
    pub fn in_file(mut self, path: impl AsRef<Path>) -> Self {
        self.file = Some(path.as_ref().to_path_buf());
        self
    }

    /// The same place, within a table.
    #[must_use]
    pub fn in_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// The same place, at a column.
    #[must_use]
    pub fn at_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// The same place, at a row group counted from 0.
    #[must_use]
    pub fn at_row_group(mut self, row_group: usize) -> Self {
        self.row_group = Some(row_group);
        self
    }

    /// The same place, at a line of a text file counted from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same place, at a key such as `A1234 2022 ESRD`.
    #[must_use]
    pub fn at_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(table) = &self.table {
            write!(f, "\n  table: {table}")?;
        }
        if let Some(file) = &self.file {
            write!(f, "\n  file: {}", file.display())?;
        }
        if let Some(column) = &self.column {
            write!(f, "\n  column: {column}")?;
        }
        if let Some(row_group) = self.row_group {
            write!(f, "\n  row group: {row_group}")?;
        }
        if let Some(line) = self.line {
            write!(f, "\n  line: {line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, "\n  key: {key}")?;
        }
        Ok(())
    }
}

/// Everything that can go wrong. The binary maps each variant to an exit code with [`Error::exit_code`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line asks for something that cannot be: exit 2.
    #[error("{what}\n  hint: {hint}")]
    Usage {
        /// What is wrong with the request.
        what: String,
        /// What to write instead.
        hint: String,
    },
    /// An input is not what it must be, and the run is refused: exit 3.
    #[error("{what}{place}\n  hint: {hint}")]
    Input {
        /// What is wrong with the input.
        what: String,
        /// Where.
        place: Box<Place>,
        /// What to do about it.
        hint: String,
    },
    /// Several faults of one input, all told at once: exit 3.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Inputs(Vec<Error>),
    /// No rule row holds at a date: exit 3, because a rule table or an agreement is wrong.
    #[error(
        "no rule for {what} at {at}\n  file: {file}\n  hint: add a row that holds at {at}, with its citation, in a folder given by --rules"
    )]
    NoRule {
        /// The rule sought.
        what: String,
        /// The performance year or the date at which it was sought.
        at: String,
        /// The rule file that ought to hold it.
        file: String,
    },
    /// The operating system refused something: exit 1.
    #[error("cannot {action} {}: {source}\n  hint: {hint}", .path.display())]
    Io {
        /// `read`, `write`, `rename`, ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What to do about it.
        hint: String,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// A signal asked the program to stop: exit 128 + signal.
    #[error("stopped by signal {0}; nothing was published")]
    Interrupted(i32),
    /// Anything else that ended the work: exit 1.
    #[error("{what}\n  hint: {hint}")]
    Failed {
        /// What went wrong.
        what: String,
        /// What to do about it.
        hint: String,
    },
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An input that is refused.
    pub fn input(what: impl Into<String>, place: Place, hint: impl Into<String>) -> Self {
        Self::Input { what: what.into(), place: Box::new(place), hint: hint.into() }
    }

    /// A request that is refused.
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: hint.into() }
    }

    /// A word that is none of those known: the hint names the nearest, and all of them where they are few. `are` says what they
    /// are: `its rows are`.
    #[must_use]
    pub fn unknown(what: impl Into<String>, word: &str, are: &str, known: &[&str]) -> Self {
        const FEW: usize = 60;
        const ALIKE: f64 = 0.8;
        let likeness = |name: &str| strsim::normalized_damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase());
        let within = |name: &str| word.len() >= 3 && name.to_lowercase().contains(&word.to_lowercase());
        let alike = known.iter().map(|name| (likeness(name), *name)).filter(|(alike, name)| *alike >= ALIKE || within(name));
        let nearest =
            alike.max_by(|(a, x), (b, y)| a.total_cmp(b).then(y.cmp(x))).map(|(_, name)| format!("did you mean {name}? "));
        let list = match known {
            [] => "there are none".to_string(),
            few if few.len() <= FEW => format!("{are} {}", few.join(", ")),
            [first, .., last] => format!("{are} {} in all, from {first} to {last}", known.len()),
            [one] => format!("{are} {one}"),
        };
        Self::usage(what, nearest.unwrap_or_default() + &list)
    }

    /// A failure of the work itself.
    pub fn failed(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), hint: hint.into() }
    }

    /// A refusal by the operating system.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let hint = match source.kind() {
            std::io::ErrorKind::NotFound => "check the path; nothing is there",
            std::io::ErrorKind::PermissionDenied => "check the owner and the mode of the path",
            std::io::ErrorKind::StorageFull => "free room on that disk and run again; earlier output is untouched",
            _ => "run again; if it comes back, look at the disk",
        };
        Self::Io { action, path: path.as_ref().to_path_buf(), hint: hint.to_string(), source }
    }

    /// The process exit code: 1 failed, 2 usage, 3 input refused, 128 + signal.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::Inputs(faults) if faults.iter().all(|fault| matches!(fault, Self::Usage { .. })) => 2,
            Self::Input { .. } | Self::Inputs(_) | Self::NoRule { .. } => 3,
            Self::Interrupted(signal) => u8::try_from(128 + signal).unwrap_or(130),
            Self::Io { .. } | Self::Failed { .. } => 1,
        }
    }
}
