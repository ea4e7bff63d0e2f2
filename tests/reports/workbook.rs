//! An ACO's workbook: every formula, read out of the file and evaluated on the cells it names, gives the value that stands
//! beside it, and the payment is the run's. (That a spreadsheet program computes the same is `scripts/report/xlsx`'s to show.)

#![allow(clippy::unwrap_used)] // here a panic is the message

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use acobench::derivation::evaluate;
use acobench::money::Decimal;

type Sheets = BTreeMap<String, BTreeMap<String, Cell>>;

#[derive(Debug, Clone)]
struct Cell {
    formula: Option<String>,
    value: String,
}

fn done(arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_acobench")).current_dir(root).arg("--quiet").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn part(book: &mut zip::ZipArchive<std::fs::File>, name: &str) -> String {
    let mut text = String::new();
    book.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The text between two marks, each time they stand in that order.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
    text.split(from).skip(1).map(|rest| rest.split_once(to).map_or(rest, |(inner, _)| inner)).collect()
}

/// Cells of every sheet, and the cell of each defined name.
fn read(path: &Path) -> (Sheets, BTreeMap<String, String>) {
    let mut book = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let about = part(&mut book, "xl/workbook.xml");
    let mut sheets = Sheets::new();
    for (at, name) in between(&about, "<sheet name=\"", "\"").into_iter().enumerate() {
        let text = part(&mut book, &format!("xl/worksheets/sheet{}.xml", at + 1));
        let mut cells = BTreeMap::new();
        for cell in between(&text, "<c r=\"", "</c>") {
            let place = cell.split_once('"').unwrap().0;
            let one = |from: &str, to: &str| between(cell, from, to).first().map(|text| (*text).to_string());
            let formula = one("<f>", "</f>").map(|text| text.replace("&gt;", ">").replace("&lt;", "<"));
            if let Some(value) = one("<v>", "</v>").filter(|_| !cell.contains("t=\"s\"")) {
                cells.insert(place.to_string(), Cell { formula, value });
            }
        }
        sheets.insert(name.to_string(), cells);
    }
    let names = between(&about, "<definedName name=\"", "</definedName>").into_iter().map(|text| {
        let (name, cell) = text.split_once("\">").unwrap();
        (name.to_string(), cell.replace("&apos;", "'"))
    });
    (sheets, names.collect())
}

/// `LOOKUP(cell, range, range)`: the cell of the second range beside the last of the first that is not above the value.
fn looked_up(sheets: &Sheets, arguments: &str, known: &mut BTreeMap<String, Decimal>) -> Decimal {
    let parts: Vec<&str> = arguments.split(", ").collect();
    let range = |text: &str| -> Vec<String> {
        let (sheet, place) = text.rsplit_once(":'").map(|(first, _)| first.rsplit_once('!').unwrap()).unwrap();
        let (column, first) = place[1..].split_once('$').unwrap();
        let last = text.rsplit_once('$').unwrap().1;
        (first.parse::<u32>().unwrap()..=last.parse().unwrap()).map(|row| format!("{sheet}!${column}${row}")).collect()
    };
    let sought = value(sheets, parts[0], known);
    let at = range(parts[1]).iter().rposition(|cell| value(sheets, cell, known) <= sought).unwrap();
    value(sheets, &range(parts[2])[at], known)
}

/// The value of a cell named `'Sheet'!$A$1`, computed from its formula.
fn value(sheets: &Sheets, reference: &str, known: &mut BTreeMap<String, Decimal>) -> Decimal {
    if let Some(value) = known.get(reference) {
        return *value;
    }
    let (sheet, place) = reference.rsplit_once('!').unwrap();
    let cell = sheets[sheet.trim_matches('\'')].get(&place.replace('$', ""));
    let cell = cell.unwrap_or_else(|| panic!("nothing stands at {reference}"));
    let value = match &cell.formula {
        None => Decimal::from_scientific(&cell.value).or_else(|_| cell.value.parse()).unwrap(),
        Some(formula) => {
            // Look-ups become their numbers.
            let mut formula = formula.clone();
            while let Some((before, rest)) = formula.clone().split_once("LOOKUP(") {
                let (arguments, after) = rest.split_once(')').unwrap();
                formula = format!("{before}{}{after}", looked_up(sheets, arguments, known));
            }
            // References become names that the evaluator of derivations reads.
            let (mut text, mut operands) = (String::new(), Vec::new());
            let mut rest = formula.as_str();
            while let Some(start) = rest.find('\'') {
                let cell_at = start + 1 + rest[start + 1..].find("'!").unwrap() + 2;
                let end =
                    rest[cell_at..].find(|c: char| !(c == '$' || c.is_ascii_alphanumeric())).map_or(rest.len(), |n| cell_at + n);
                text += &format!("{}operand{}x", &rest[..start], operands.len());
                operands.push(value(sheets, &rest[start..end], known));
                rest = &rest[end..];
            }
            text += rest;
            let text = text.replace("MIN(", "min(").replace("MAX(", "max(").replace("IF(", "if(");
            let operand =
                |name: &str| operands.get(name.strip_prefix("operand")?.strip_suffix('x')?.parse::<usize>().ok()?).copied();
            evaluate(&text, &operand).unwrap_or_else(|| panic!("{reference} = {formula} does not evaluate"))
        }
    };
    known.insert(reference.to_string(), value);
    value
}

#[test]
fn every_formula_of_a_workbook_gives_its_value_and_the_payment_is_the_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (run, books) = (folder.path().join("demo"), folder.path().join("books"));
    done(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    done(&["report", run.to_str().unwrap(), "--xlsx", "--internal", "--out", books.to_str().unwrap()]);
    let text = std::fs::read_to_string(run.join("settlement.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == "payment").unwrap();
    for row in reader.records().map(Result::unwrap) {
        let (sheets, names) = read(&books.join(format!("{}.xlsx", &row[0])));
        let (mut known, mut formulas) = (BTreeMap::new(), 0);
        for (name, cells) in &sheets {
            for (place, cell) in cells.iter().filter(|(_, cell)| cell.formula.is_some()) {
                let computed = value(&sheets, &format!("'{name}'!{place}"), &mut known);
                let beside = Decimal::from_scientific(&cell.value).or_else(|_| cell.value.parse()).unwrap();
                let allowed = Decimal::new(1, 9) * (beside.abs() + Decimal::ONE);
                assert!((computed - beside).abs() < allowed, "{} {name} {place}: {computed} beside {beside}", &row[0]);
                formulas += 1;
            }
        }
        assert!(formulas > 150, "{formulas}");
        let payment = value(&sheets, &names["payment"], &mut known);
        assert_eq!(payment.round_dp(2), row[at].parse::<Decimal>().unwrap().round_dp(2), "{}", &row[0]);
        assert!(!sheets.contains_key("Other steps"), "a step has no row in the layout");
        for sheet in ["Table 1", "A2 Renormalisation", "A4 Minimum savings rates", "A5 Tracks"] {
            assert!(sheets[sheet].len() > 8, "{sheet}");
        }
        // Payment, completion, weights and thresholds.
        assert!(sheets["Parameters"].len() >= 1 + 4 + 3 + 1 + 16, "{:?}", sheets["Parameters"].keys());
        for noted in ["assigned_beneficiaries_by1", "mean_hcc_score_by3_DIS"] {
            let (sheet, place) = names[noted].rsplit_once('!').unwrap();
            assert!(sheets[sheet.trim_matches('\'')].contains_key(&place.replace('$', "")), "{noted}");
        }
        assert!(sheets["Table 3"].len() > 20 && names.contains_key("trend_by1_DIS"), "{:?}", names.keys());
    }
}

#[test]
fn a_workbook_for_others_holds_no_hidden_value() {
    let folder = tempfile::tempdir().unwrap();
    let (run, books) = (folder.path().join("demo"), folder.path().join("books"));
    done(&["demo", "--samples", "data-samples", "--out", run.to_str().unwrap()]);
    for (out, more) in [("internal", &["--internal"][..]), ("shared", &[])] {
        let out = books.join(out);
        std::fs::create_dir_all(&out).unwrap();
        let asked = ["report", run.to_str().unwrap(), "--xlsx", "--aco", "A1003", "--out", out.to_str().unwrap()];
        done(&[&asked[..], more].concat());
    }
    let (internal, names) = read(&books.join("internal/A1003.xlsx"));
    let (shared, same) = read(&books.join("shared/A1003.xlsx"));
    assert_eq!(names, same, "every value has one place");
    let mut hidden = 0;
    for (name, reference) in names.iter().filter(|(name, _)| name.ends_with("_ESRD") || name.ends_with("_AGDU")) {
        let (sheet, place) = reference.rsplit_once('!').unwrap();
        let (sheet, place) = (sheet.trim_matches('\''), place.replace('$', ""));
        if internal[sheet].contains_key(&place) {
            assert!(!shared[sheet].contains_key(&place), "{name} is shown");
            hidden += 1;
        }
    }
    assert!(hidden > 50, "{hidden}");
}
