//! The shape of the house, held by reading `src/` as text: which room may import which, who may print, who may touch the file
//! system, where no year may stand, and how long a file may grow. `ARCHITECTURE.md` says why.

#![allow(clippy::unwrap_used)] // a test that cannot read the sources has failed

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from left to right: each may import itself and what stands before it.
const ROOMS: &[&str] = &[
    "error",
    "money",
    "disk",
    "rules",
    "extract",
    "intake",
    "synth",
    "scan",
    "check",
    "beneficiary",
    "assignment",
    "aggregate",
    "factors",
    "derivation",
    "benchmark",
    "settlement",
    "replay",
    "report",
    "run",
    "cluster",
    "trace",
    "cli",
];
const LONGEST_FILE: usize = 500;
/// Years of the program: a comparison with one is law, and law stands in `src/rules/*.toml`.
const YEARS: std::ops::RangeInclusive<u32> = 2012..=2039;

struct SourceFile {
    path: PathBuf,
    room: String,
    lines: usize,
    /// The text before the tests, with comments and the inside of strings blanked out.
    code: String,
}

impl SourceFile {
    fn is(&self, path: &str) -> bool {
        self.path.ends_with(path)
    }
}

fn source_files() -> Vec<SourceFile> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    paths.sort();
    assert!(paths.len() > 20, "the test does not see the sources");
    let files = paths.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let below = path.strip_prefix(&src).unwrap().to_path_buf();
        let room = below.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_string();
        let tests_begin = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
        SourceFile { room, lines: text.lines().count(), code: blanked(&text[..tests_begin]), path: Path::new("src").join(below) }
    });
    files.filter(|file| !matches!(file.room.as_str(), "lib" | "main")).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The text with comments, strings and characters replaced by blanks, so that only code is looked at.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    out
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The rooms that a text names after `crate::`, in groups such as `use crate::{disk, error::Result}` too.
fn rooms_named(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(first_words(group)),
            None => rooms.push(word(rest)),
        }
    }
    rooms
}

/// The first word of each item of a group, nested groups skipped.
fn first_words(group: &str) -> Vec<String> {
    let (mut words, mut depth, mut expected) = (Vec::new(), 0_i32, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            c if expected && c.is_alphanumeric() => {
                words.push(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    words
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// Every place where a pattern stands as a word of its own.
fn places(file: &SourceFile, patterns: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in patterns {
        for (at, _) in file.code.match_indices(pattern) {
            let before = file.code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                found.push(format!("{}:{}: {pattern}", file.path.display(), line_of(&file.code, at)));
            }
        }
    }
    found
}

fn assert_none(faults: &[String], rule: &str) {
    assert!(faults.is_empty(), "{rule}\n  {}", faults.join("\n  "));
}

#[test]
fn arrows_between_rooms_never_run_backwards() {
    let rank = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut faults = Vec::new();
    for file in source_files() {
        let Some(own) = rank(&file.room) else {
            faults.push(format!("{}: room {} is not in the order of tests/architecture.rs", file.path.display(), file.room));
            continue;
        };
        for named in rooms_named(&file.code) {
            if rank(&named).is_some_and(|other| other > own) {
                faults.push(format!("{}: {} imports {named}, which stands to its right", file.path.display(), file.room));
            }
        }
    }
    assert_none(&faults, "a room imports only from rooms to its left");
}

#[test]
fn only_the_command_line_prints() {
    let speakers = ["src/cli/print.rs", "src/cli/logging.rs"];
    let patterns = ["println!", "print!", "eprintln!", "eprint!", "dbg!", "io::stdout(", "io::stderr("];
    let mut faults = Vec::new();
    for file in source_files().iter().filter(|file| !speakers.iter().any(|speaker| file.is(speaker))) {
        faults.extend(places(file, &patterns));
    }
    let faults: Vec<_> = faults.into_iter().filter(|fault| !fault.starts_with("src/cli/session.rs")).collect();
    assert_none(&faults, "results are printed through Session::print, everything else is a tracing event");
}

#[test]
fn only_disk_touches_the_file_system() {
    let patterns = ["std::fs", "fs::", "File::open", "File::create", "OpenOptions", "tempfile::", "memmap2::"];
    let mut faults = Vec::new();
    for file in source_files().iter().filter(|file| file.room != "disk") {
        faults.extend(places(file, &patterns));
    }
    assert_none(&faults, "every open, read, write and rename goes through src/disk");
}

#[test]
fn nothing_reaches_for_the_network() {
    let patterns = ["std::net", "TcpStream", "TcpListener", "UdpSocket", "UnixListener", "ToSocketAddrs", "libc::socket"];
    let faults: Vec<_> = source_files().iter().flat_map(|file| places(file, &patterns)).collect();
    assert_none(&faults, "a run reads an extract and writes a folder; it speaks to nobody");
    // What a crate would have to be built on that does.
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let known: Vec<_> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).map(|name| name.trim_matches('"')).collect();
    assert!(known.len() > 100, "{known:?}");
    for name in ["socket2", "mio", "hyper", "tokio", "rustls", "openssl", "curl-sys"] {
        assert!(!known.contains(&name), "{name} is in Cargo.lock");
    }
}

#[test]
fn no_law_stands_in_code() {
    let mut faults = Vec::new();
    for file in source_files() {
        for (at, year) in numbers(&file.code) {
            if !YEARS.contains(&year) {
                continue;
            }
            let before = file.code[..at].trim_end();
            let after = file.code[at + 4..].trim_start();
            let compared = [">=", "<=", "==", "!=", "<", ">", "..", "..=", "date("].iter().any(|op| before.ends_with(op))
                || [">=", "<=", "==", "!=", "<", ">", "..", "=>", "|"].iter().any(|op| after.starts_with(op));
            if compared {
                faults.push(format!("{}:{}: {year}", file.path.display(), line_of(&file.code, at)));
            }
        }
    }
    assert_none(&faults, "a year in code is law in code: give the value a row with dates and a citation in src/rules/*.toml");
}

#[test]
fn factor_tables_rest_on_no_rule_that_their_key_leaves_out() {
    let makers = ["conclude.rs", "components.rs", "basis.rs", "agreements.rs", "facts.rs", "findings.rs"];
    let files = source_files();
    let made_by: Vec<_> = files
        .iter()
        .filter(|file| file.room == "factors" || makers.iter().any(|maker| file.is(&format!("src/run/{maker}"))))
        .collect();
    assert!(made_by.len() > makers.len() + 5, "the makers of factor tables are elsewhere now");
    let left_out = [".arrangements", ".results_files", "rules.settlement"];
    let read = |file: &&SourceFile| left_out.iter().filter(|rule| file.code.contains(**rule)).count();
    let faults: Vec<_> = made_by.iter().filter(|file| read(file) > 0).map(|file| file.path.display().to_string()).collect();
    assert_none(&faults, "what is read of these rules must stand in the key of src/run/kept_factors.rs");
}

/// The four-digit numbers that stand by themselves, and where.
fn numbers(code: &str) -> Vec<(usize, u32)> {
    let bytes = code.as_bytes();
    let part_of_word = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let starts = (0..bytes.len().saturating_sub(3)).filter(|&at| {
        bytes[at..at + 4].iter().all(u8::is_ascii_digit) && !(at > 0 && part_of_word(at - 1)) && !part_of_word(at + 4)
    });
    starts.map(|at| (at, code[at..at + 4].parse().unwrap())).collect()
}

#[test]
fn files_stay_short() {
    let files = source_files();
    let long = files.iter().filter(|file| file.lines > LONGEST_FILE);
    let faults: Vec<_> = long.map(|file| format!("{}: {} lines", file.path.display(), file.lines)).collect();
    assert_none(&faults, "a file holds one concept; past 500 lines it holds two");
}

#[test]
fn the_reader_of_this_test_sees_what_it_should() {
    let code = blanked(
        "use crate::{disk, error::{Error, Result}, run::progress}; // crate::cli\nlet x = \"crate::cli\"; crate::money::Cents",
    );
    assert_eq!(rooms_named(&code), ["disk", "error", "run", "money"]);
    assert_eq!(numbers("a >= 2024 && b20241 < 2_024 x2022"), [(5, 2024)]);
}
