//! The data that is not in the repository: published results and specimens in `../shared`.

pub mod extracts;
pub mod feed;
pub mod invented;

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file or folder of `../shared`, or of the folder that `ACOBENCH_SHARED` names. Where that is absent the test that asks is
/// skipped and says so; in CI, where it must be there, the test fails.
///
/// ```ignore
/// let Some(path) = common::shared("data/rif") else { return };
/// ```
#[allow(dead_code, clippy::print_stdout)] // each test program has its own copy of this module
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let found = std::env::var_os("ACOBENCH_SHARED").map_or_else(beside, PathBuf::from).join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "in CI {} must be there", found.display());
    let test = std::thread::current().name().unwrap_or("a test").to_string();
    println!("skipped: no ../shared ({test} wants {path})");
    if let Some(list) = std::env::var_os("ACOBENCH_SKIPPED") {
        let list = std::fs::OpenOptions::new().create(true).append(true).open(list);
        let _ = list.and_then(|mut list| writeln!(list, "{test} wants {path}"));
    }
    None
}
