//! Generated pages are as the code would generate them now.

use acobench::extract::{TABLES, data_dictionary};

#[test]
fn the_data_dictionary_is_current() {
    let page = include_str!("../docs/data-dictionary.md");
    assert!(
        page == data_dictionary(TABLES),
        "docs/data-dictionary.md is not what the schemas say; run: cargo run -- dictionary > docs/data-dictionary.md"
    );
}
