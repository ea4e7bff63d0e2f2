//! Pages that describe data are as the code has it now.
#![allow(clippy::expect_used)]

use acobench::extract::{TABLES, data_dictionary};

#[test]
fn the_data_dictionary_is_current() {
    let page = include_str!("../docs/data-dictionary.md");
    assert!(
        page == data_dictionary(TABLES),
        "docs/data-dictionary.md is not what the schemas say; run: cargo run -- dictionary > docs/data-dictionary.md"
    );
}

/// The columns are declared in `src/factors/write.rs`, as lists between `required:` or `optional:` and `]`.
#[test]
fn every_column_of_the_factor_tables_has_its_line() {
    let (page, source) = (include_str!("../docs/factor-tables.md"), include_str!("../src/factors/write.rs"));
    let mut columns = 0;
    for (table, section) in page.split("\n## ").skip(1).filter_map(|section| section.split_once('\n')) {
        let declared = source.split(&format!("table: \"{table}\"")).nth(1).and_then(|rest| rest.split("};").next());
        let declared = declared.expect("a table of the page is declared");
        for list in declared.split('[').skip(1).filter_map(|list| list.split(']').next()) {
            for column in list.split('"').skip(1).step_by(2) {
                assert!(section.contains(&format!("`{column}`")), "docs/factor-tables.md: {table}.{column} is missing");
                columns += 1;
            }
        }
    }
    assert!(columns > 50, "only {columns} columns were seen");
    assert_eq!(page.matches("\n## ").count(), source.matches("table: \"").count(), "a table is missing on the page");
}

/// `docs/tested-rules.md` names tests that are there, and every test of the folder of rules.
#[test]
fn every_rule_of_claims_is_named_by_a_test() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/tested-rules.md")).unwrap();
    let files = std::fs::read_dir(root.join("tests/claims/rules")).unwrap();
    let sources: String = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let mut tests: Vec<&str> = sources.split("#[test]\nfn ").skip(1).map(|rest| rest.split('(').next().unwrap()).collect();
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |"));
    let mut named: Vec<&str> = rows.map(|line| line.rsplit('`').nth(1).unwrap()).collect();
    let files = page.split('`').filter(|word| word.contains('/') && !word.contains(' ') && !word.starts_with("tests/"));
    for file in files {
        assert!(root.join("src").join(file).exists(), "src/{file} is not there");
    }
    tests.sort_unstable();
    named.sort_unstable();
    assert!(tests.len() > 50, "{tests:?}");
    assert_eq!(named, tests);
}

/// Every row of figures in the README has its whole command on `docs/figures.md`, and what the two name is there.
#[test]
fn every_figure_has_its_command() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (readme, page) = (include_str!("../README.md"), include_str!("../docs/figures.md"));
    let section = readme.split("\n## ").find(|section| section.starts_with("Figures")).expect("the README has figures");
    let commands: Vec<&str> =
        section.lines().filter(|line| line.ends_with("` |")).filter_map(|line| line.rsplit('`').nth(1)).collect();
    assert!(commands.len() > 15, "{commands:?}");
    let lines: Vec<&str> = page.lines().collect();
    for command in commands {
        let words = |line: &str| command.split(' ').all(|word| line.split(' ').any(|other| other == word));
        assert!(lines.iter().any(|line| words(line)), "docs/figures.md does not tell how `{command}` is run");
    }
    for text in [readme, page] {
        for (flag, folder) in [("--test ", "tests"), ("--bench ", "benches")] {
            for rest in text.split(flag).skip(1) {
                let name = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().expect("a name");
                let whole = root.join(folder).join(name);
                assert!(whole.with_extension("rs").exists() || whole.join("main.rs").exists(), "{folder}/{name}.rs is not there");
                let part = rest[name.len()..].trim_start_matches(' ');
                let part = part.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
                let is_part = whole.is_dir() && rest[name.len()..].starts_with(' ') && !part.is_empty();
                assert!(!is_part || whole.join(part).with_extension("rs").exists(), "{folder}/{name}/{part}.rs is not there");
            }
        }
        for rest in text.split("scripts/").skip(1) {
            let name = rest.split(|letter: char| !letter.is_alphanumeric() && !"_/.".contains(letter)).next().expect("a name");
            assert!(root.join("scripts").join(name.trim_end_matches('.')).exists(), "scripts/{name} is not there");
        }
    }
}
