//! The last run as a Prometheus textfile, for whoever watches nightly jobs.
//!
//! One sample per line, names as `acobench_*`, seconds, bytes, rows and dollars as base units. The file appears in one step, for
//! its owner alone: let the node exporter run as the same user, or grant it the folder.

use std::fmt::Write as _;
use std::path::Path;

use super::manifest::Manifest;
use crate::disk;
use crate::error::Result;

/// Writes what a finished run did.
///
/// # Errors
/// When the file cannot be written.
pub fn finished(file: &Path, manifest: &Manifest, ended: i64) -> Result<()> {
    let mut text = state(0, ended);
    let run = format!("run_id=\"{}\",version=\"{}\"", manifest.run_id, manifest.acobench);
    sample(&mut text, "acobench_last_run_info", "gauge", "The run that the other samples are of.", &[(run, "1".into())]);
    let seconds = manifest.stages.iter().map(|timing| (stage(&timing.stage), timing.seconds.to_string())).collect::<Vec<_>>();
    sample(&mut text, "acobench_stage_seconds", "gauge", "Seconds by stage.", &seconds);
    let rows = manifest.stages.iter().map(|timing| (stage(&timing.stage), timing.rows.to_string())).collect::<Vec<_>>();
    sample(&mut text, "acobench_stage_rows", "gauge", "Rows by stage.", &rows);
    let bytes = manifest.stages.iter().map(|timing| (stage(&timing.stage), timing.bytes.to_string())).collect::<Vec<_>>();
    sample(&mut text, "acobench_stage_bytes", "gauge", "Bytes by stage.", &bytes);
    let mut dollars = Vec::new();
    let mut counted = Vec::new();
    for account in manifest.reconciliation.accounts() {
        for reason in &account.reasons {
            let labels =
                format!("table=\"{}\",used_for=\"{}\",reason=\"{}\"", account.table, account.used_for, escaped(&reason.reason));
            let cents = reason.tally.cents;
            let sign = if cents < 0 { "-" } else { "" };
            dollars.push((labels.clone(), format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)));
            counted.push((labels, reason.tally.rows.to_string()));
        }
    }
    sample(&mut text, "acobench_claim_rows", "gauge", "Rows of claims by what became of them.", &counted);
    sample(&mut text, "acobench_claim_dollars", "gauge", "Dollars of claims by what became of them.", &dollars);
    let reused =
        manifest.reused.iter().map(|(name, how)| (stage(name), u8::from(how == "reused").to_string())).collect::<Vec<_>>();
    sample(&mut text, "acobench_stage_reused", "gauge", "Whether an earlier run's product was used.", &reused);
    let peak = [(String::new(), manifest.peak_memory_bytes.to_string())];
    sample(&mut text, "acobench_peak_memory_bytes", "gauge", "Most memory held.", &peak);
    let unsettled = [(String::new(), manifest.undetermined.len().to_string())];
    sample(&mut text, "acobench_undetermined_acos", "gauge", "ACOs without a result.", &unsettled);
    disk::replace(file, text.as_bytes())
}

/// Writes that a run failed.
///
/// # Errors
/// When the file cannot be written.
pub fn failed(file: &Path, exit_code: u8, ended: i64) -> Result<()> {
    disk::replace(file, state(exit_code, ended).as_bytes())
}

fn state(exit_code: u8, ended: i64) -> String {
    let mut text = String::new();
    let one = |value: String| [(String::new(), value)];
    sample(&mut text, "acobench_last_run_exit_code", "gauge", "Exit code of the last run.", &one(exit_code.to_string()));
    let ended = one(ended.to_string());
    sample(&mut text, "acobench_last_run_ended_timestamp_seconds", "gauge", "When the last run ended.", &ended);
    text
}

fn stage(name: &str) -> String {
    format!("stage=\"{}\"", escaped(name))
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn sample(text: &mut String, name: &str, kind: &str, help: &str, values: &[(String, String)]) {
    if values.is_empty() {
        return;
    }
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in values {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}
