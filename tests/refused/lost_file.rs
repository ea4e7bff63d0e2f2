//! A mapped input that shrinks ends the process with a message that names it, never with a bare SIGBUS.

use std::fs::OpenOptions;
use std::process::Command;

use acobench::disk::{IoMode, Source, guard};
use parquet::file::reader::ChunkReader as _;

const CHILD: &str = "ACOBENCH_TEST_LOST_FILE";

/// Run by the test below in a process of its own: maps a file, cuts it short, and reads where it was.
#[test]
fn child_that_loses_its_file() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    guard::install(|error| format!("error: {error}\n")).unwrap();
    let source = Source::open(path.as_ref(), IoMode::Map).unwrap();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    let lost = source.get_bytes(8192, 1).unwrap();
    panic!("read {} from a page that is gone", lost[0]);
}

#[test]
fn a_mapped_file_that_shrinks_is_named_and_the_exit_code_is_3() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("claim_line.parquet");
    std::fs::write(&path, vec![1; 16_384]).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lost_file::child_that_loses_its_file", "--nocapture"])
        .env(CHILD, &path)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stderr);
    assert_eq!(child.status.code(), Some(3), "{told}");
    assert!(told.contains("an input file shrank"), "{told}");
    assert!(told.contains(&format!("file: {}", path.display())), "{told}");
    assert!(told.contains("hint: "), "{told}");
}
