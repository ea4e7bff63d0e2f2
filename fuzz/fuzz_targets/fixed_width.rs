//! `import cclf` of one delivery: the parts of the input between record separators are its files, each named by its first
//! character as CMS names it. Whatever the bytes, the answer is an extract or a refusal in words, never a crash.

#![no_main]

use std::sync::{Arc, OnceLock};

use acobench::intake::{Quarantine, Rename, cclf};
use acobench::rules::Rules;
use libfuzzer_sys::fuzz_target;

const SEPARATOR: u8 = 0x1e;

/// Read once: they take longer than an import of a few lines.
fn rules() -> Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules::load(None).unwrap()).clone()
}

fuzz_target!(|bytes: &[u8]| {
    let home = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let folder = home.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    for part in bytes.split(|byte| *byte == SEPARATOR).take(12) {
        let Some((symbol, text)) = part.split_first() else { continue };
        if symbol.is_ascii_alphanumeric() {
            let name = format!("P.A1234.ACO.ZC{}Y23.D230115.T1203050", char::from(*symbol));
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let import = cclf::Import {
        folder,
        out: home.path().join("out"),
        rename: Rename::default(),
        given: Vec::new(),
        rules: rules(),
        quarantine: Quarantine::new("1".parse().unwrap()).unwrap(),
        memory: 1 << 20,
    };
    match import.run(&Arc::default()) {
        Ok(report) => assert!(!report.files.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
