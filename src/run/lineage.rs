//! Run events as OpenLineage has them, one JSON object a line, appended to a file: what was read, what was made, how it ended.

use std::path::Path;

use serde_json::{Value, json};

use super::manifest::Manifest;
use crate::disk;
use crate::error::Result;

const PRODUCER: &str = concat!("https://crates.io/crates/acobench/", env!("CARGO_PKG_VERSION"));
const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
const FACETS: &str = "https://openlineage.io/spec/facets/";
/// Jobs and datasets are named within it.
const NAMESPACE: &str = "acobench";

/// A job whose events go to a file.
#[derive(Debug, Clone, Copy)]
pub struct Lineage<'r> {
    /// The file.
    pub file: &'r Path,
    /// Name of the execution.
    pub run_id: &'r str,
    /// Name of the job: `run.2023`.
    pub job: &'r str,
}

impl Lineage<'_> {
    /// Says that the run began.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn began(&self) -> Result<()> {
        self.say("START", &json!({}), &[], &[])
    }

    /// Says that the run ended well, with what it read and made.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn completed(&self, out: &Path, manifest: &Manifest) -> Result<()> {
        let inputs: Vec<Value> = manifest
            .inputs
            .iter()
            .map(|input| {
                json!({
                    "namespace": "file",
                    "name": input.path,
                    "facets": { "version": version(&input.blake3) },
                    "inputFacets": { "inputStatistics": facet("1-0-0/InputStatisticsInputDatasetFacet.json", json!({ "size": input.bytes })) },
                })
            })
            .collect();
        let outputs: Vec<Value> = manifest
            .outputs
            .iter()
            .map(|output| {
                json!({
                    "namespace": "file",
                    "name": out.join(&output.path),
                    "facets": { "version": version(&output.blake3) },
                    "outputFacets": { "outputStatistics": facet("1-0-2/OutputStatisticsOutputDatasetFacet.json", json!({ "size": output.bytes })) },
                })
            })
            .collect();
        self.say("COMPLETE", &json!({}), &inputs, &outputs)
    }

    /// Says that the run failed, and why.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn failed(&self, why: &str) -> Result<()> {
        let told = json!({ "message": why, "programmingLanguage": "Rust" });
        self.say("FAIL", &json!({ "errorMessage": facet("1-0-1/ErrorMessageRunFacet.json", told) }), &[], &[])
    }

    fn say(&self, kind: &str, facets: &Value, inputs: &[Value], outputs: &[Value]) -> Result<()> {
        let event = json!({
            "eventType": kind,
            "eventTime": jiff::Timestamp::now().to_string(),
            "producer": PRODUCER,
            "schemaURL": EVENT,
            "run": { "runId": uuid(self.run_id), "facets": facets },
            "job": { "namespace": NAMESPACE, "name": self.job },
            "inputs": inputs,
            "outputs": outputs,
        });
        disk::append(self.file, format!("{event}\n").as_bytes())
    }
}

fn version(hash: &str) -> Value {
    facet("1-0-1/DatasetVersionDatasetFacet.json", json!({ "datasetVersion": format!("blake3:{hash}") }))
}

fn facet(schema: &str, mut facet: Value) -> Value {
    facet["_producer"] = PRODUCER.into();
    facet["_schemaURL"] = format!("{FACETS}{schema}").into();
    facet
}

/// The run's name as a UUID of version 8: the same name gives the same.
fn uuid(run_id: &str) -> String {
    let mut hex = blake3::hash(run_id.as_bytes()).to_hex()[..32].to_string();
    hex.replace_range(12..13, "8");
    hex.replace_range(16..17, "8");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_from_its_start_to_its_end() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("events.ndjson");
        let lineage = Lineage { file: &file, run_id: "r1", job: "run.2023" };
        lineage.began().unwrap();
        lineage.failed("an input was refused").unwrap();
        let text = disk::read_text(&file).unwrap();
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&events[0]["eventType"], &events[1]["eventType"]), (&"START".into(), &"FAIL".into()));
        assert_eq!(events[0]["run"]["runId"], events[1]["run"]["runId"]);
        let uuid = events[0]["run"]["runId"].as_str().unwrap();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "8"));
        assert_eq!(events[1]["run"]["facets"]["errorMessage"]["message"], "an input was refused");
    }
}
