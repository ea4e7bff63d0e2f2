//! `manifest.json`: what a run was given, what it did with every row and dollar, and what it made. Written last, so that a
//! folder with a manifest is a folder that is whole.
//!
//! ```no_run
//! # use std::path::Path;
//! # use acobench::{disk, error::Result, run::{manifest::Manifest, progress::{Progress, Shown}}};
//! # fn main() -> Result<()> {
//! let progress = Progress::new(Shown::Nothing);
//! let mut manifest = Manifest::begin("20260101T000000Z-abcdef", "run");
//! manifest.parameter("performance_year", "2022");
//! let files = disk::table_files(Path::new("extract"), "participant")?;
//! let inputs = files.iter().map(|path| disk::Input::look(path)).collect::<Result<Vec<_>>>()?;
//! let stage = progress.stage("hash inputs");
//! manifest.add_inputs("participant", &inputs, stage.meter())?;
//! stage.finish();
//! let staging = disk::Staging::begin(Path::new("out"))?;
//! // ... write the outputs into staging.path(), fill manifest.reconciliation ...
//! manifest.publish(staging, &progress)
//! # }
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::assignment_list::ListedYear;
use super::progress::{Progress, Timing};
use super::reconciliation::Reconciliation;
use crate::disk::{self, Input, Meter, Staging};
use crate::error::{Error, Place, Result};
use crate::rules::{Choice, Rules};

/// Name of the manifest in a run's folder.
pub const FILE: &str = "manifest.json";
/// Version of the manifest's own shape; a reader refuses another.
const MANIFEST_VERSION: u32 = 1;

/// The account of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this shape.
    pub manifest_version: u32,
    /// Version of the program.
    pub acobench: String,
    /// Name of the execution, as in its log.
    pub run_id: String,
    /// The command: `run`, `benchmark`, ...
    pub command: String,
    /// The command line.
    pub arguments: Vec<String>,
    /// When it began, UTC.
    pub began: String,
    /// When it ended, UTC.
    pub ended: String,
    /// What the arguments came to: performance year, seed, ways of reading, ...
    pub parameters: BTreeMap<String, String>,
    /// The rule tables it read.
    pub rules: RuleTables,
    /// The files it read.
    pub inputs: Vec<InputFile>,
    /// Bytes of columns decoded of each table; inputs are read for their hash beside that.
    #[serde(default)]
    pub decoded: BTreeMap<String, u64>,
    /// What a person should know: given instead of computed, carried from another year, overridden by the extract.
    pub notes: Vec<String>,
    /// How CMS's assignment lists differ from claims, where the run took them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignment_lists: Vec<ListedYear>,
    /// ACOs without a result, and why.
    pub undetermined: Vec<Undetermined>,
    /// Where every row and dollar read went.
    pub reconciliation: Reconciliation,
    /// Stages taken from the work folder, and why the others were not.
    #[serde(default)]
    pub reused: BTreeMap<String, String>,
    /// What each stage did.
    pub stages: Vec<Timing>,
    /// Greatest memory the process has held.
    pub peak_memory_bytes: u64,
    /// The files it made, this one excepted. They are the same bytes for the same inputs, whatever the machine.
    pub outputs: Vec<OutputFile>,
    /// The inputs as they were when they were listed, to be looked at again before anything is published.
    #[serde(skip)]
    watched: Vec<Input>,
}

/// Which rule tables a run read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTables {
    /// BLAKE3 hash over the embedded tables and those laid over them.
    pub blake3: String,
    /// The folder laid over the embedded tables, if one was given.
    pub folder: Option<PathBuf>,
    /// Values taken from a neighbouring year because none is published for theirs.
    pub carried: Vec<String>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Table of the extract, or what else it is: `national`, `thresholds`, ...
    pub table: String,
    /// Where it was.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 hash of its content.
    pub blake3: String,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Where it is, from the run's folder.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 hash of its content.
    pub blake3: String,
}

/// An ACO for which no result could be computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undetermined {
    /// The ACO.
    pub aco_id: String,
    /// Why.
    pub reason: String,
}

impl Manifest {
    /// The manifest of a run that begins now.
    #[must_use]
    pub fn begin(run_id: &str, command: &str) -> Self {
        Self {
            manifest_version: MANIFEST_VERSION,
            acobench: env!("CARGO_PKG_VERSION").into(),
            run_id: run_id.into(),
            command: command.into(),
            arguments: std::env::args().collect(),
            began: now(),
            ended: String::new(),
            parameters: BTreeMap::new(),
            rules: RuleTables::default(),
            inputs: Vec::new(),
            decoded: BTreeMap::new(),
            notes: Vec::new(),
            assignment_lists: Vec::new(),
            undetermined: Vec::new(),
            reconciliation: Reconciliation::default(),
            reused: BTreeMap::new(),
            stages: Vec::new(),
            peak_memory_bytes: 0,
            outputs: Vec::new(),
            watched: Vec::new(),
        }
    }

    /// Notes what an argument came to.
    pub fn parameter(&mut self, name: &str, value: impl Into<String>) {
        self.parameters.insert(name.into(), value.into());
    }

    /// Notes something a person should know, and says it in the log.
    pub fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        tracing::warn!("{text}");
        self.notes.push(text);
    }

    /// Hashes the files of a table and lists them; [`Manifest::publish`] will look whether they are still the same.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn add_inputs(&mut self, table: &str, inputs: &[Input], meter: &Meter) -> Result<()> {
        let hashes = disk::hash_all(inputs, meter)?;
        self.add_hashed(table, inputs, hashes);
        Ok(())
    }

    /// Lists the files of a table with hashes that are known.
    pub fn add_hashed(&mut self, table: &str, inputs: &[Input], hashes: Vec<String>) {
        self.inputs.extend(inputs.iter().zip(hashes).map(|(input, blake3)| InputFile {
            table: table.into(),
            path: input.path().into(),
            bytes: input.bytes(),
            blake3,
        }));
        self.watched.extend_from_slice(inputs);
    }

    /// Completes the folder under construction and puts it in place: the reconciliation, the hashes of all outputs, and then
    /// the manifest itself.
    ///
    /// # Errors
    /// When an input changed since it was listed, rows or dollars are unaccounted for, or the operating system refuses; what was
    /// in place before then still is.
    pub fn publish(mut self, staging: Staging, progress: &Progress) -> Result<()> {
        self.watched.iter().try_for_each(Input::unchanged)?;
        if !self.reconciliation.is_empty() {
            self.reconciliation.write(staging.path())?;
        }
        let stage = progress.stage("hash outputs");
        for path in disk::files_below(staging.path())? {
            let output = Input::look(&path)?;
            self.outputs.push(OutputFile {
                bytes: output.bytes(),
                blake3: output.hash(stage.meter())?,
                path: path.strip_prefix(staging.path()).unwrap_or(&path).to_path_buf(),
            });
        }
        stage.finish();
        self.stages = progress.timings();
        self.peak_memory_bytes = disk::peak_memory();
        self.ended = now();
        let mut text = serde_json::to_string_pretty(&self).map_err(|e| {
            Error::failed(format!("cannot write the manifest: {e}"), "this is a defect of acobench; please report it")
        })?;
        text.push('\n');
        disk::write_all(&staging.path().join(FILE), text.as_bytes())?;
        staging.publish()
    }

    /// Whether the files of a finished run are still those it made; of all of them, those that `which` picks by their path
    /// from the run's folder.
    ///
    /// # Errors
    /// When one is missing or is another: a number read from it would not be the run's.
    pub fn verify(&self, run: &Path, which: impl Fn(&Path) -> bool) -> Result<()> {
        let mut faults = Vec::new();
        for output in self.outputs.iter().filter(|output| which(&output.path)) {
            let path = run.join(&output.path);
            let what = if !disk::exists(&path) {
                "a file of the run is missing"
            } else if Input::look(&path)?.hash(&Meter::default())? != output.blake3 {
                "a file of the run is no longer the one that the run made"
            } else {
                continue;
            };
            faults.push(Error::input(what, Place::file(path), "run again; what a run made is not to be edited"));
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Inputs(faults)) }
    }

    /// The switches of choices the run was made with.
    #[must_use]
    pub fn choices(&self, known: &Rules) -> Vec<Choice> {
        let names = known.lines().into_iter().filter(|line| line.subject == "choices").map(|line| line.rule);
        let mut names: Vec<String> = names.collect();
        names.dedup();
        let chosen = names.into_iter().filter_map(|name| self.parameters.get_key_value(&name));
        chosen.map(|(name, value)| Choice { name: name.clone(), value: value.clone() }).collect()
    }

    /// Reads the manifest of a finished run.
    ///
    /// # Errors
    /// When the folder holds none, or one of another shape.
    pub fn read(run: &Path) -> Result<Self> {
        let path = run.join(FILE);
        if !disk::exists(&path) {
            let what = match (disk::exists(run), disk::is_dir(run)) {
                (false, _) => "there is no such folder",
                (true, false) => "this is a file, and not the folder of a finished run",
                (true, true) => "the folder is not a finished run: it has no manifest.json",
            };
            return Err(Error::input(what, Place::file(run), "give the folder that `acobench run --out` wrote"));
        }
        let text = disk::read_text(&path)?;
        let version = serde_json::from_str::<Versioned>(&text).map(|found| found.manifest_version);
        if let Ok(version) = version
            && version != MANIFEST_VERSION
        {
            return Err(Error::input(
                format!("the manifest is of version {version}; this program reads version {MANIFEST_VERSION}"),
                Place::file(path),
                "read it with the acobench that wrote it, or run again",
            ));
        }
        serde_json::from_str(&text).map_err(|e| {
            Error::input(
                format!("the manifest cannot be read: {e}"),
                Place::file(path),
                "run again; the file was changed by hand",
            )
        })
    }
}

/// As much of a manifest as every version has.
#[derive(Deserialize)]
struct Versioned {
    manifest_version: u32,
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::progress::Shown;
    use crate::run::reconciliation::Tally;

    #[test]
    fn a_manifest_lists_what_was_made_and_is_read_back() {
        let home = tempfile::tempdir().unwrap();
        let run = home.path().join("run");
        let staging = Staging::begin(&run).unwrap();
        disk::create_dir(&staging.path().join("factors")).unwrap();
        disk::write_all(&staging.path().join("factors/aco.csv"), b"aco_id\n").unwrap();
        disk::write_all(&staging.path().join("benchmark.csv"), b"x\n").unwrap();
        let mut manifest = Manifest::begin("r1", "run");
        manifest.parameter("performance_year", "2022");
        let two = Tally { rows: 2, cents: -300, absolute: 300 };
        manifest.reconciliation.add("claim_line", "expenditure", "counted", two);
        manifest.reconciliation.read("claim_line", "expenditure", two);
        manifest.publish(staging, &Progress::new(Shown::Nothing)).unwrap();

        let read = Manifest::read(&run).unwrap();
        let names: Vec<_> = read.outputs.iter().map(|output| output.path.display().to_string()).collect();
        assert_eq!(names, ["benchmark.csv", "factors/aco.csv", "reconciliation.csv"]);
        assert_eq!(read.outputs[0].blake3, blake3::hash(b"x\n").to_hex().to_string());
        assert_eq!(read.parameters["performance_year"], "2022");
        assert_eq!(read.reconciliation.accounts()[0].read.cents, -300);
    }

    #[test]
    fn nothing_is_published_when_an_input_changed_meanwhile() {
        let home = tempfile::tempdir().unwrap();
        let (run, file) = (home.path().join("run"), home.path().join("participant.parquet"));
        disk::write_all(&file, b"a list").unwrap();
        let mut manifest = Manifest::begin("r1", "run");
        manifest.add_inputs("participant", &[Input::look(&file).unwrap()], &Meter::default()).unwrap();
        disk::write_all(&file, b"another list").unwrap();
        let staging = Staging::begin(&run).unwrap();
        let refusal = manifest.publish(staging, &Progress::new(Shown::Nothing)).unwrap_err();
        assert!(refusal.exit_code() == 3 && refusal.to_string().contains("participant.parquet"));
        assert!(!disk::exists(&run));
    }

    #[test]
    fn a_folder_without_a_manifest_is_not_a_run() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(home.path()).unwrap_err().exit_code(), 3);
    }

    #[test]
    fn a_manifest_of_another_version_is_refused_by_name() {
        let home = tempfile::tempdir().unwrap();
        disk::write_all(&home.path().join(FILE), b"{\"manifest_version\": 9, \"other\": 1}").unwrap();
        let refusal = Manifest::read(home.path()).unwrap_err().to_string();
        assert!(refusal.contains("version 9"), "{refusal}");
    }
}
