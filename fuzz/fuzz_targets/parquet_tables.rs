//! One file of a table of the extract, every column read to the end: the first byte chooses the table.

#![no_main]

use acobench::disk::IoMode;
use acobench::extract::TABLES;
use acobench::scan::{SmallTable, TableFiles};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, file)) = bytes.split_first() else { return };
    let table = TABLES[usize::from(*choice) % TABLES.len()];
    let home = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    std::fs::write(home.path().join(format!("{}.parquet", table.name)), file).unwrap();
    for mode in [IoMode::Map, IoMode::Read] {
        if let Ok(files) = TableFiles::open(home.path(), table, mode) {
            // A footer may promise any number of rows; a file cannot hold more than its bytes tell.
            if files.rows() < 1 << 16 {
                let _ = SmallTable::read(&files);
            }
        }
    }
});
