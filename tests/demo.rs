//! The demo of the README, from the extract in data-samples/ to a finished run.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use acobench::run::manifest::Manifest;

#[test]
fn the_demo_prints_every_aco_and_leaves_a_finished_run() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
    let demo = Command::new(env!("CARGO_BIN_EXE_acobench")).args(["demo", "--quiet", "--out"]).arg(&out).output().unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let told = String::from_utf8(demo.stdout).unwrap();
    let acos: Vec<_> = told.lines().filter(|line| line.starts_with('A') && line.as_bytes()[1].is_ascii_digit()).collect();
    assert_eq!(acos.len(), 3, "{told}");
    for outcome in ["savings", "losses"] {
        assert!(acos.iter().any(|line| line.contains(outcome)), "no {outcome}:\n{told}");
    }
    assert!(told.contains(&out.display().to_string()), "{told}");
    let manifest = Manifest::read(&out).unwrap();
    assert!(manifest.undetermined.is_empty());
    manifest.reconciliation.check().unwrap();
}
