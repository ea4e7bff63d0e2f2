//! `import rif` of a folder whose files are the parts of the input between record separators: every parser, the whole way to a
//! published extract. Whatever the bytes, the answer is an extract or a refusal in words, never a crash.

#![no_main]

use std::sync::{Arc, OnceLock};

use acobench::intake::{Quarantine, Rename, rif};
use acobench::rules::Rules;
use libfuzzer_sys::fuzz_target;

const SEPARATOR: u8 = 0x1e;

/// Read once: they take longer than an import of a few lines.
fn rules() -> Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules::load(None).unwrap()).clone()
}

fuzz_target!(|bytes: &[u8]| {
    let home = acobench_fuzz_home();
    let folder = home.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    for (number, part) in bytes.split(|byte| *byte == SEPARATOR).take(6).enumerate() {
        std::fs::write(folder.join(format!("{number}.csv")), part).unwrap();
    }
    let import = rif::Import {
        folder,
        out: home.path().join("out"),
        rename: Rename::default(),
        given: Vec::new(),
        rules: rules(),
        quarantine: Quarantine::new("1".parse().unwrap()).unwrap(),
        memory: 1 << 24,
    };
    match import.run(&Arc::default()) {
        Ok(report) => assert!(!report.files.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

fn acobench_fuzz_home() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
