//! One rule file as read, before it is typed: laying a user's rows over it, switching a choice, hashing.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::disk;
use crate::error::{Error, Place, Result};

/// The citation of a row that the law does not settle.
pub const SILENT: &str = "silent";

/// Another value for a choice of `choices.toml`, as `name=value` on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Name of the rule in `choices.toml`.
    pub name: String,
    /// One of the row's `alternatives`.
    pub value: String,
}

impl std::str::FromStr for Choice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not name=value"))?;
        Ok(Self { name: name.trim().to_string(), value: value.trim().to_string() })
    }
}

/// A rule file: its subject, its rows by rule name, and the texts it was made from.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) subject: String,
    pub(super) about: Table,
    pub(super) rules: Table,
    texts: Vec<String>,
}

impl Document {
    /// The embedded file of a subject.
    pub(super) fn embedded(subject: &str, text: &str) -> Result<Self> {
        let (about, rules) = parse(subject, text, false, &Place::table(format!("{subject}.toml")))?;
        Ok(Self { subject: subject.to_string(), about, rules, texts: vec![text.to_string()] })
    }

    /// The file's rows as the subject's own struct.
    pub(super) fn typed<T: DeserializeOwned>(&self) -> Result<T> {
        Value::Table(self.rules.clone()).try_into().map_err(|fault: toml::de::Error| {
            Error::input(
                format!("a rule table does not read: {}", fault.to_string().trim()),
                Place::table(format!("{}.toml", self.subject)),
                "compare the row with the embedded table: `acobench rules` prints it",
            )
        })
    }

    /// What the rows are about, as the file is named.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// Adds what the file says to a hash.
    pub(super) fn hash_into(&self, hasher: &mut blake3::Hasher) {
        for text in &self.texts {
            hasher.update(self.subject.as_bytes()).update(b"\0").update(text.as_bytes()).update(b"\0");
        }
    }

    /// Lays rows over the file's own.
    fn lay(&mut self, text: &str, place: &Place) -> Result<()> {
        let (_, rules) = parse(&self.subject, text, true, place)?;
        merge(&mut self.rules, rules);
        self.texts.push(text.to_string());
        Ok(())
    }
}

/// Reads a file into its `[about]` table and its rows, each row told its own name and origin.
fn parse(subject: &str, text: &str, overlaid: bool, place: &Place) -> Result<(Table, Table)> {
    let mut rules: Table = text.parse().map_err(|fault: toml::de::Error| {
        Error::input(format!("not TOML: {}", fault.message()), place.clone(), "write it like the embedded rule tables")
    })?;
    let about = match rules.remove("about") {
        Some(Value::Table(about)) => about,
        _ => Table::new(),
    };
    tell(&mut rules, &format!("{subject}.toml: "), overlaid);
    Ok((about, rules))
}

/// Writes rule name and origin into every row, and dates as text.
fn tell(rules: &mut Table, path: &str, overlaid: bool) {
    for (name, value) in rules {
        match value {
            Value::Table(inner) => tell(inner, &format!("{path}{name}."), overlaid),
            Value::Array(rows) => {
                for row in rows.iter_mut().filter_map(Value::as_table_mut) {
                    for date in ["from", "until"] {
                        if let Some(Value::Datetime(day)) = row.get(date) {
                            let day = day.to_string();
                            row.insert(date.to_string(), Value::String(day));
                        }
                    }
                    row.insert("rule".to_string(), Value::String(format!("{path}{name}")));
                    row.insert("overlaid".to_string(), Value::Boolean(overlaid));
                }
            }
            _ => {}
        }
    }
}

/// Puts the rows of `over` before those of `under`, rule by rule.
fn merge(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(inner)), Value::Table(more)) => merge(inner, more),
            (Some(Value::Array(rows)), Value::Array(more)) => {
                rows.splice(0..0, more);
            }
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

/// Reads the files of a folder.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    disk::list(folder)?.into_iter().map(|path| Ok((path.clone(), disk::read_text(&path)?))).collect()
}

/// Lays files over the embedded ones of the same names.
pub(super) fn lay_over(documents: &mut [Document], files: &[(PathBuf, String)]) -> Result<()> {
    for (path, text) in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let known = documents.iter().map(|document| format!("{}.toml", document.subject)).collect::<Vec<_>>();
        let Some(at) = known.iter().position(|known| *known == name) else {
            return Err(Error::input(
                "a file in the rules folder is no rule table",
                Place::file(path),
                format!("name it after the table it lies over: {}", known.join(", ")),
            ));
        };
        documents[at].lay(text, &Place::file(path))?;
    }
    Ok(())
}

/// Switches choices by laying a row over each.
pub(super) fn switch(documents: &mut [Document], switches: &[Choice]) -> Result<()> {
    for Choice { name, value } in switches {
        let Some(document) = documents.iter_mut().find(|document| document.subject == "choices") else { continue };
        let allowed: Vec<String> = document
            .rules
            .get(name)
            .and_then(Value::as_array)
            .and_then(|rows| rows.last())
            .and_then(|row| {
                let default = row.get("value")?.as_str()?.to_string();
                let others = row.get("alternatives").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                Some(std::iter::once(default).chain(others.iter().filter_map(Value::as_str).map(str::to_string)).collect())
            })
            .unwrap_or_default();
        if allowed.is_empty() {
            let names = document.rules.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(Error::usage(format!("there is no choice named `{name}`"), format!("choose one of {names}")));
        }
        if !allowed.contains(value) {
            return Err(Error::usage(
                format!("`{value}` is not a value of the choice `{name}`"),
                format!("choose one of {}", allowed.join(", ")),
            ));
        }
        let row =
            format!("[[{name}]]\nfrom = 2012\nvalue = \"{value}\"\ncitation = \"{SILENT}\"\nreason = \"switched by the user\"\n");
        document.lay(&row, &Place::table("choices.toml"))?;
    }
    Ok(())
}
