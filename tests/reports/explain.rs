//! Every step of the demo's run evaluates from its own print, and explanations reach down to the factor tables.

#![allow(clippy::unwrap_used)] // here a panic is the message

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use acobench::derivation::evaluate;
use acobench::money::Decimal;
use acobench::report::FiledStep;

struct Demo {
    _folder: tempfile::TempDir,
    run: PathBuf,
}

/// The demo, run once.
static DEMO: LazyLock<Demo> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("demo");
    let output = acobench(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Demo { _folder: folder, run }
});

fn acobench(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_acobench")).current_dir(root).arg("--quiet").args(arguments).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = acobench(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn steps() -> Vec<FiledStep> {
    let text = std::fs::read_to_string(DEMO.run.join("derivation.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_formula_of_the_demo_gives_its_value() {
    let number = |text: &str| text.parse::<Decimal>().unwrap();
    let steps = steps();
    let mut formulas = 0;
    for step in steps.iter().filter(|step| !step.formula.is_empty()) {
        let value = Some(number(&step.value));
        let operand = |name: &str| step.inputs.get(name).map(|value| number(value));
        assert_eq!(evaluate(&step.formula, &operand), value, "{} of {}: {}", step.label(), step.aco_id, step.formula);
        assert_eq!(evaluate(&step.filled(), &|_| None), value, "{} of {}: {}", step.label(), step.aco_id, step.filled());
        formulas += 1;
    }
    assert!(formulas > 300, "{formulas}");
}

#[test]
fn every_column_of_the_demo_is_a_step() {
    let steps = steps();
    for (table, kind) in [("benchmark.csv", "enrollment_type"), ("settlement.csv", "")] {
        let text = std::fs::read_to_string(DEMO.run.join(table)).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        for row in reader.records() {
            let row = row.unwrap();
            let cell = |name: &str| header.iter().position(|column| column == name).map_or("", |at| &row[at]);
            for (column, text) in header.iter().zip(&row) {
                let words = ["regime", "performance_year", "performance_half", "level", "track", "assigned_beneficiaries"];
                let Ok(value) = text.parse::<Decimal>() else { continue };
                if words.contains(&column) {
                    continue;
                }
                let of = Some(cell(kind)).filter(|kind| !kind.is_empty() && *kind != "ALL").map(str::to_string);
                let step =
                    steps.iter().find(|step| step.aco_id == cell("aco_id") && step.name == column && step.enrollment_type == of);
                assert_eq!(step.unwrap_or_else(|| panic!("{table} {column}")).value.parse::<Decimal>().unwrap(), value);
            }
        }
    }
}

#[test]
fn an_explanation_is_a_tree_down_to_the_tables() {
    let run = DEMO.run.to_str().unwrap();
    let aco = steps()[0].aco_id.clone();
    let text = printed(&["explain", run, "--aco", &aco]);
    for word in
        ["payment = ", "updated_benchmark", "42 CFR 425.601(b)", "given, table aco_year", "rule, 42 CFR", "(above)", "  = "]
    {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
    let alone = printed(&["explain", run, "--aco", &aco, "--depth", "0"]);
    assert!(text.starts_with(&alone) && alone.lines().all(|line| !line.starts_with("  earned")), "{alone}");
    let near = printed(&["explain", run, "--aco", &aco, "--depth", "1"]);
    assert!(near.lines().count() > alone.lines().count() && !near.contains("\n      "), "{near}");
    let row = printed(&["explain", run, "--aco", &aco, "--row", "trend_by1[AGND]"]);
    assert!(row.starts_with("trend_by1[AGND] = ") && row.contains("42 CFR 425.601(a)(5)"), "{row}");
    let types = printed(&["explain", run, "--aco", &aco, "--row", "trend_by1"]);
    assert!(types.contains("trend_by1[AGDU]") && types.contains("trend_by1[AGND]"), "{types}");
    let markdown = printed(&["explain", run, "--aco", &aco, "--row", "savings_rate", "--format", "md"]);
    assert!(markdown.starts_with(&format!("# {aco}")) && markdown.contains("- **savings_rate** = "), "{markdown}");
    let json: Vec<FiledStep> = serde_json::from_str(&printed(&["explain", run, "--aco", &aco, "--format", "json"])).unwrap();
    assert_eq!(json.last().unwrap().name, "payment");
}

#[test]
fn what_cannot_be_explained_is_said() {
    let run = DEMO.run.to_str().unwrap();
    let aco = steps()[0].aco_id.clone();
    for (arguments, code, word) in [
        (vec!["explain", run, "--aco", "A9999"], 2, "the run has"),
        (vec!["explain", run, "--aco", &aco, "--row", "paiment"], 2, "payment"),
        (vec!["explain", "src", "--aco", &aco], 3, "derivation.jsonl"),
    ] {
        let output = acobench(&arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(word) && told.contains("hint:"), "{told}");
    }
}

#[test]
fn the_rules_of_a_year_and_track_are_printed_with_their_paragraphs() {
    let text = printed(&["rules", "--year", "2024", "--track", "BASIC E"]);
    for word in ["basic_e.sharing_rate", "425.605(d)(1)(v)", "acpt_weight", "1/6", "unforeseen circumstances", "sequestration"] {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
    assert!(!text.contains("basic_d.") && !text.contains("enhanced."), "{text}");
    let later = printed(&["rules", "--year", "2025", "--track", "enhanced"]);
    assert!(later.contains("1/3") && !later.contains("1/6") && later.contains("enhanced.losses.rate"), "{later}");
    let json: serde_json::Value = serde_json::from_str(&printed(&["rules", "--format", "json"])).unwrap();
    assert!(json.as_array().unwrap().len() > 200);
    assert_eq!(acobench(&["rules", "--track", "BASIC F"]).status.code(), Some(2));
}

/// `docs/choices.md` holds every choice as the rule tables have it, with the dollars of this very demo. What a choice moves
/// that bears on claims takes a run each, which CI does; here one of them is run.
#[test]
fn the_page_of_choices_is_what_the_program_prints() {
    let again = "write the page anew with `acobench demo --out RUN` and \
                 `acobench rules --choices RUN/factors --extract data-samples > docs/choices.md`";
    let page = printed(&["rules", "--choices", DEMO.run.join("factors").to_str().unwrap()]);
    let kept = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/choices.md")).unwrap();
    assert_eq!(kept.lines().count(), page.lines().count(), "{again}");
    for (kept, page) in kept.lines().zip(page.lines()) {
        let rest = kept.strip_prefix(page).unwrap_or_else(|| panic!("`{kept}` is now `{page}`; {again}"));
        assert!(rest.is_empty() || (page.starts_with("* `--choose") && rest.starts_with(": moves $")), "{kept}; {again}");
        assert!(!kept.starts_with("* `--choose") || kept.contains(": moves $"), "{kept}; {again}");
    }
    let out = DEMO.run.with_file_name("switched");
    let settled = |run: &Path| -> Vec<Decimal> {
        let text = std::fs::read_to_string(run.join("settlement.csv")).unwrap();
        let at = text.lines().next().unwrap().split(',').position(|name| name == "payment").unwrap();
        let cell = |line: &str| line.split(',').nth(at).unwrap().parse().unwrap_or_default();
        text.lines().skip(1).map(cell).collect()
    };
    let switch = "threshold_rank=interpolated";
    let arguments = ["run", "--extract", "data-samples", "--performance-year", "2023", "--choose", switch, "--out"];
    printed(&[&arguments[..], &[out.to_str().unwrap()]].concat());
    let moved =
        settled(&DEMO.run).iter().zip(settled(&out)).map(|(before, after)| (before - after).abs()).sum::<Decimal>().round_dp(2);
    assert!(kept.contains(&format!("* `--choose {switch}`: moves ${moved:.2} over ")), "{moved}; {again}");
}

#[test]
fn a_choice_that_bears_on_claims_is_refused_where_none_is_read() {
    let factors = DEMO.run.join("factors");
    let out = DEMO.run.with_file_name("late");
    let arguments = ["benchmark", "--factors", factors.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let refused = acobench(&[&arguments[..], &["--choose", "capital_supplements=keep"]].concat());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("acobench run --choose capital_supplements=keep"), "{told}");
}
