//! Factor tables given instead of computed: national, county and prospective-trend figures.

#![no_main]

use acobench::factors::FactorTables;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let home = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = home.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    match choice % 3 {
        0 => drop(FactorTables::read_national(&path)),
        1 => drop(FactorTables::read_county(&path)),
        _ => drop(FactorTables::read_acpt(&path)),
    }
});
