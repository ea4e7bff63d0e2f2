//! Where in a finished run's folder things lie.

use std::fmt::Write as _;
use std::path::Path;

/// A line per file for a terminal.
#[must_use]
pub fn contents(run: &Path) -> String {
    let mut out = format!("Written to {}:\n", run.display());
    for (file, meaning) in [
        ("settlement.csv", "what each ACO is paid or owes, and every amount on the way there"),
        ("benchmark.csv", "every intermediate value of each benchmark, by enrollment type"),
        ("derivation.jsonl", "how each value came about, with the paragraph it follows"),
        ("factors/", "what the claims came to: the tables that `acobench benchmark` starts from"),
        ("reconciliation.csv", "what became of every row and dollar read"),
        ("manifest.json", "what was read and made, with hashes and timings"),
    ] {
        let _ = writeln!(out, "  {file:<20}{meaning}");
    }
    out
}
