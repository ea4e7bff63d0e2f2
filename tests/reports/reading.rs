//! What people read besides a run's own page: published results as a page, completions, manual pages, explanations to a file.

#![allow(clippy::unwrap_used)] // here a panic is the message

use crate::common;

use std::path::Path;
use std::process::Command;

fn done(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_acobench")).current_dir(root).arg("--quiet").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The value of a total on a page.
fn total(page: &str, name: &str) -> String {
    let rest = page.split_once(&format!("data-total=\"{name}\" data-value=\"")).unwrap().1;
    rest.split_once('"').unwrap().0.to_string()
}

#[test]
fn published_results_become_a_page_with_the_programs_line() {
    let Some(file) = common::shared("data/puf/PY2022.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (out, page) = (folder.path().join("out.csv"), folder.path().join("page.html"));
    let file = file.to_str().unwrap();
    done(&["replay", file, "--performance-year", "2022", "--out", out.to_str().unwrap(), "--report", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    for (name, value) in [("acos", "482"), ("total_benchmark", "120053783761"), ("earned", "2524453557"), ("net", "1804872097")] {
        assert_eq!(total(&page, name), value, "{name}");
    }
    assert!(page.contains("PY2022.csv") && page.matches("<svg").count() == 2 && !page.contains("data-step="));
    assert!(page.contains("A1001 Palm Beach") && page.contains(">45,867,446<"), "an ACO's row");
}

#[test]
fn shells_complete_every_command_and_each_has_a_manual_page() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = done(&["completions", shell]);
        for word in ["whatif", "report", "replay", "--sweep", "completions"] {
            assert!(script.contains(word.trim_start_matches("--")), "{shell} does not know {word}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    done(&["man", "--out", pages.to_str().unwrap()]);
    for page in ["acobench.1", "acobench-whatif.1", "acobench-import-cclf.1"] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}");
    }
}

#[test]
fn an_explanation_in_a_file_has_no_colours_and_no_broken_lines() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("demo");
    done(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    let text = done(&["explain", run.to_str().unwrap(), "--aco", "A1003"]);
    assert!(!text.contains('\u{1b}') && text.lines().any(|line| line.chars().count() > 120), "{text}");
}

#[test]
fn a_sweep_is_drawn_on_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (run, page) = (folder.path().join("demo"), folder.path().join("page.html"));
    done(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    let asked = ["whatif", run.to_str().unwrap(), "--aco", "A1003", "--sweep", "track=BASIC A,BASIC E,ENHANCED"];
    done(&[&asked[..], &["--set", "msr_choice=variable", "--out", page.to_str().unwrap()]].concat());
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("ENHANCED") && page.contains("935,793.62"), "{page}");
}
