//! A rule table laid over the embedded ones: the first byte chooses which.

#![no_main]

use acobench::rules::Rules;
use libfuzzer_sys::fuzz_target;

const TABLES: [&str; 12] = [
    "acpt", "agreement_starts", "arrangements", "assignment", "choices", "claim_codes", "enrollment", "expenditure", "primary_care",
    "regimes", "results_files", "settlement",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let home = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let name = TABLES[usize::from(*choice) % TABLES.len()];
    std::fs::write(home.path().join(format!("{name}.toml")), text).unwrap();
    if let Err(error) = Rules::load(Some(home.path())) {
        assert!(!error.to_string().is_empty());
    }
});
