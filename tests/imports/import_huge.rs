//! Files larger than any memory: a line of three gigabytes ends an import in words, and soon. The file is a hole on disk.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // in a test a panic is the message

use crate::common;

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;

use common::feed::{self, Claim, Delivery};
use common::invented::{carrier, enrollment};

const THREE_GIGABYTES: u64 = 3 << 30;
/// What an import of a few lines may hold; the file is six times as large.
const MOST_MEMORY: u64 = 512 << 20;

/// Appends one line without end to a file, without a block on disk for it but the last.
fn append_endless(path: &Path) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"1").unwrap();
    let end = file.metadata().unwrap().len() + THREE_GIGABYTES;
    file.set_len(end).unwrap();
}

/// Imports in a process of its own, whose memory is limited by the system; gives what it said.
fn refused(source: &str, folder: &Path) -> String {
    let out = folder.with_file_name("extract");
    let limited = format!("ulimit -v {} && exec \"$0\" \"$@\"", 4 * MOST_MEMORY / 1024);
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_acobench"), "import", source]);
    command.args([folder.to_str().unwrap(), "--quiet", "--memory", "64MiB", "--out", out.to_str().unwrap()]);
    let done = command.env("RAYON_NUM_THREADS", "2").output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).replace(&folder.display().to_string(), "in");
    assert_eq!(done.status.code(), Some(3), "{told}");
    assert!(!out.exists(), "nothing is left");
    told
}

#[test]
fn a_delimited_line_of_three_gigabytes_is_refused_in_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("rif");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("people.csv"), enrollment().piped()).unwrap();
    let mut lines = carrier();
    lines.rows = vec![lines.rows[0].clone(); 2_000];
    fs::write(folder.join("carrier.csv"), lines.piped()).unwrap();
    append_endless(&folder.join("carrier.csv"));
    let told = refused("rif", &folder);
    assert!(
        told.contains("longer than one mebibyte") && told.contains("in/carrier.csv") && told.contains("line: 2002"),
        "{told}"
    );
}

#[test]
fn a_header_of_three_gigabytes_is_refused_in_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("rif");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("people.csv"), enrollment().piped()).unwrap();
    let mut file = File::create(folder.join("carrier.csv")).unwrap();
    file.write_all(&[b'x'; 1 << 13]).unwrap();
    file.seek(SeekFrom::Start(THREE_GIGABYTES)).unwrap();
    file.write_all(b"\n").unwrap();
    let told = refused("rif", &folder);
    assert!(told.contains("in/carrier.csv"), "{told}");
}

#[test]
fn a_record_of_three_gigabytes_is_refused_in_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("feed");
    let mut delivery = Delivery::new("220115");
    feed::person(&mut delivery, "P1");
    (0..500).for_each(|_| feed::physician(&mut delivery, &Claim::default(), "1"));
    delivery.write(&folder);
    fs::remove_file(folder.join(delivery.name("CCLF0"))).unwrap();
    append_endless(&folder.join(delivery.name("CCLF5")));
    let told = refused("cclf", &folder);
    assert!(told.contains("a line without end") && told.contains("CCLF5") && told.contains("line: 501"), "{told}");
}
