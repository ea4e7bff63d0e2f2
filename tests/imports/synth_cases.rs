//! Every case that the rules ask for occurs in a small extract of the whole mix, and rows come in the order that files claim.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use acobench::synth::{Plan, generate};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Decimal128Type, UInt8Type, UInt16Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// A table with every cell as text: amounts in cents or millionths, days as numbers, nothing as an empty text.
struct Table {
    columns: BTreeMap<String, Vec<String>>,
    rows: usize,
}

impl Table {
    fn read(extract: &Path, name: &str, wanted: &[&str]) -> Self {
        let mut table = Self { columns: BTreeMap::new(), rows: 0 };
        for path in files(extract, name) {
            let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
            for batch in reader {
                let batch = batch.unwrap();
                table.rows += batch.num_rows();
                for column in wanted {
                    table.columns.entry((*column).to_string()).or_default().extend(cells(&batch, column));
                }
            }
        }
        table
    }

    fn cell(&self, column: &str, row: usize) -> &str {
        &self.columns[column][row]
    }

    fn number(&self, column: &str, row: usize) -> i64 {
        self.cell(column, row).parse().unwrap_or(0)
    }

    /// How many rows satisfy a test.
    fn count(&self, test: impl Fn(usize) -> bool) -> usize {
        (0..self.rows).filter(|row| test(*row)).count()
    }

    fn set(&self, column: &str) -> BTreeSet<&str> {
        self.columns[column].iter().map(String::as_str).collect()
    }
}

fn cells(batch: &RecordBatch, column: &str) -> Vec<String> {
    let array = batch.column_by_name(column).unwrap();
    let text = |row: usize| match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_string(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).to_string(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row).to_string(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        other => panic!("{other} is in no table"),
    };
    (0..batch.num_rows()).map(|row| if array.is_null(row) { String::new() } else { text(row) }).collect()
}

fn files(extract: &Path, name: &str) -> Vec<PathBuf> {
    let folder = extract.join(name);
    if !folder.is_dir() {
        return vec![extract.join(format!("{name}.parquet"))];
    }
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

struct Made {
    _folder: tempfile::TempDir,
    extract: PathBuf,
}

fn make(change: impl Fn(&mut Plan)) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let extract = folder.path().join("extract");
    let mut plan = Plan::new(3_000, 2018..=2025, 6, 11);
    plan.files = Some(3);
    change(&mut plan);
    generate(&plan, &extract).unwrap();
    Made { _folder: folder, extract }
}

static MADE: LazyLock<Made> = LazyLock::new(|| make(|_| ()));

fn table(name: &str, columns: &[&str]) -> Table {
    Table::read(&MADE.extract, name, columns)
}

#[test]
fn rows_lie_in_byte_order_of_people_within_and_across_files() {
    for name in ["claim_header", "claim_line", "beneficiary_year", "risk_score", "voluntary_alignment", "non_claims_payment"] {
        let rows = table(name, &["bene_id"]);
        assert!(rows.columns["bene_id"].is_sorted(), "{name}");
        assert!(rows.columns["bene_id"].iter().all(|id| id.len() == 11), "{name}");
    }
}

#[test]
fn scattered_rows_are_the_same_rows_in_all_files_and_without_order() {
    let scattered = make(|plan| plan.unsorted = true);
    for name in ["claim_header", "beneficiary_year"] {
        let columns: &[&str] = if name == "claim_header" {
            &["bene_id", "claim_id", "thru_date", "payment_amt", "ccn"]
        } else {
            &["bene_id", "year", "status", "county"]
        };
        let rows = |extract: &Path| {
            let table = Table::read(extract, name, columns);
            let mut rows: Vec<String> = (0..table.rows)
                .map(|row| columns.iter().map(|column| table.cell(column, row)).collect::<Vec<_>>().join("|"))
                .collect();
            rows.sort();
            rows
        };
        assert!(rows(&MADE.extract) == rows(&scattered.extract), "{name}");
    }
    // In each file, each quarter of the rows holds people from the whole range of identifiers.
    for path in files(&scattered.extract, "claim_line") {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        assert!(reader.metadata().file_metadata().key_value_metadata().unwrap().iter().all(|pair| pair.key != "sorted_by"));
        let ids: Vec<String> = reader.build().unwrap().flat_map(|batch| cells(&batch.unwrap(), "bene_id")).collect();
        for quarter in ids.chunks_exact(ids.len() / 4) {
            let first: BTreeSet<u8> = quarter.iter().map(|id| id.as_bytes()[0]).collect();
            assert_eq!(first.len(), 9, "identifiers begin with 1 to 9");
        }
    }
}

#[test]
fn institutional_claims_show_every_case() {
    let t = table(
        "claim_header",
        &[
            "claim_type",
            "ccn",
            "facility_type",
            "service_classification",
            "non_payment_reason",
            "processed_date",
            "payment_amt",
            "thru_date",
            "ime_operating_amt",
            "dsh_operating_amt",
            "ime_capital_amt",
            "dsh_capital_amt",
            "uncompensated_care_amt",
            "ihs_pr_supplement_amt",
            "sequestration_amt",
            "pbp_reduction_amt",
            "covid_b9729",
            "covid_u071",
            "covid_no_positive_test",
        ],
    );
    for kind in ["10", "20", "30", "40", "50", "60"] {
        assert!(t.count(|row| t.cell("claim_type", row) == kind) > 20, "claim type {kind}");
    }
    let occurs = |what: &str, test: &dyn Fn(usize) -> bool| assert!(t.count(test) > 0, "{what}");
    occurs("an unlisted claim type", &|row| ["61", "62", "63", "64"].contains(&t.cell("claim_type", row)));
    occurs("a denied claim with a payment", &|row| {
        !t.cell("non_payment_reason", row).trim().is_empty() && t.number("payment_amt", row) != 0
    });
    occurs("a blank reason", &|row| t.cell("non_payment_reason", row) == " ");
    occurs("a zero payment", &|row| t.number("payment_amt", row) == 0);
    occurs("a negative payment", &|row| t.number("payment_amt", row) < 0);
    occurs("a religious institution", &|row| ["4", "5"].contains(&t.cell("facility_type", row)));
    occurs("a claim paid after the run-out", &|row| t.number("processed_date", row) > t.number("thru_date", row) + 455);
    occurs("a claim without a processing day", &|row| t.cell("processed_date", row).is_empty());
    occurs("a claim without a CCN", &|row| t.cell("ccn", row).is_empty());
    occurs("a withheld amount given", &|row| t.number("sequestration_amt", row) > 0);
    occurs("a population-based reduction", &|row| t.number("pbp_reduction_amt", row) > 0);
    for amount in [
        "ime_operating_amt",
        "dsh_operating_amt",
        "ime_capital_amt",
        "dsh_capital_amt",
        "uncompensated_care_amt",
        "ihs_pr_supplement_amt",
    ] {
        occurs(amount, &|row| t.number(amount, row) > 0);
    }
    for state in ["21", "80"] {
        occurs("Maryland", &|row| t.cell("ccn", row).starts_with(state) && t.number("dsh_operating_amt", row) > 0);
    }
    for (facility, classification) in [("7", "7"), ("7", "1"), ("7", "2"), ("8", "5"), ("1", "3")] {
        occurs("a bill type", &|row| {
            t.cell("facility_type", row) == facility && t.cell("service_classification", row) == classification
        });
    }
    let covid = |row: usize| t.cell("covid_u071", row) == "true" || t.cell("covid_b9729", row) == "true";
    let first = (0..t.rows).filter(|row| covid(*row)).map(|row| t.number("thru_date", row)).min().unwrap();
    assert!(first >= 18_288, "no diagnosis before 27 January 2020");
    occurs("B97.29", &|row| t.cell("covid_b9729", row) == "true");
    occurs("U07.1", &|row| t.cell("covid_u071", row) == "true");
    occurs("no positive test", &|row| t.cell("covid_no_positive_test", row) == "true" && covid(row));
}

const LINE: &[&str] = &[
    "bene_id",
    "claim_id",
    "claim_type",
    "last_date",
    "hcpcs",
    "revenue_center",
    "pos",
    "specialty",
    "tin",
    "ccn",
    "facility_type",
    "service_classification",
    "npi",
    "other_npi",
    "attending_npi",
    "payment_amt",
    "allowed_amt",
    "claim_denial",
    "processing_indicator",
    "processed_date",
];

#[test]
fn lines_show_every_case() {
    let t = table("claim_line", LINE);
    let occurs = |what: &str, test: &dyn Fn(usize) -> bool| assert!(t.count(test) > 0, "{what}");
    for kind in ["71", "72", "81", "82", "40"] {
        occurs(kind, &|row| t.cell("claim_type", row) == kind);
    }
    let code = |row: usize| t.cell("hcpcs", row);
    for (what, codes) in [
        ("telehealth in the emergency", ["99441", "99421", "G2012"]),
        ("a newer code", ["G2211", "G0556", "99424"]),
        ("home visits", ["99347", "99348", "99349"]),
        ("advance care planning", ["99497", "99497", "99498"]),
    ] {
        for wanted in codes {
            occurs(what, &|row| code(row) == wanted);
        }
    }
    occurs("planning during a stay", &|row| code(row) == "99497" && t.cell("pos", row) == "21");
    for pos in ["31", "32"] {
        occurs("a nursing facility visit", &|row| ("99304".."99319").contains(&code(row)) && t.cell("pos", row) == pos);
    }
    occurs("a home visit elsewhere", &|row| ("99341".."99351").contains(&code(row)) && t.cell("pos", row) != "12");
    for kind in ["72", "82"] {
        occurs("catheters", &|row| ["A4352", "A4353"].contains(&code(row)) && t.cell("claim_type", row) == kind);
    }
    let listed: BTreeSet<&str> =
        (0..t.rows).filter(|row| code(*row).starts_with("9921")).map(|row| t.cell("claim_id", row)).collect();
    let add_on = |row: usize| ["99354", "99355"].contains(&code(row));
    occurs("a prolonged service with its visit", &|row| add_on(row) && listed.contains(t.cell("claim_id", row)));
    occurs("a prolonged service alone", &|row| add_on(row) && !listed.contains(t.cell("claim_id", row)));
    for (facility, classification) in [("7", "7"), ("7", "1"), ("8", "5"), ("1", "3")] {
        occurs("a facility line", &|row| {
            t.cell("facility_type", row) == facility && t.cell("service_classification", row) == classification
        });
    }
    let method_two = |row: usize| t.cell("facility_type", row) == "8";
    for revenue in ["096", "097", "098", "051"] {
        occurs(revenue, &|row| method_two(row) && t.cell("revenue_center", row).starts_with(revenue));
    }
    occurs("a rendering clinician", &|row| method_two(row) && !t.cell("npi", row).is_empty());
    occurs("an other clinician alone", &|row| {
        method_two(row) && t.cell("npi", row).is_empty() && !t.cell("other_npi", row).is_empty()
    });
    occurs("an attending clinician alone", &|row| {
        method_two(row) && t.cell("npi", row).is_empty() && t.cell("other_npi", row).is_empty()
    });
    let elected = table("eta_ccn", &["ccn"]);
    let elected = elected.set("ccn");
    occurs("a clinic visit at an elected hospital", &|row| code(row) == "G0463" && elected.contains(t.cell("ccn", row)));
    occurs("a clinic visit elsewhere", &|row| code(row) == "G0463" && !elected.contains(t.cell("ccn", row)));
    for denial in ["0", "0 ", "D", "Y"] {
        occurs("a denial", &|row| t.cell("claim_denial", row) == denial);
    }
    occurs("a refused line", &|row| t.cell("processing_indicator", row) == "N");
    for column in ["hcpcs", "specialty", "tin", "npi", "allowed_amt", "pos", "processed_date", "claim_denial"] {
        occurs(column, &|row| t.cell("claim_type", row) == "71" && t.cell(column, row).is_empty());
    }
    occurs("a negative line", &|row| t.number("payment_amt", row) < 0);
    for specialty in ["01", "08", "11", "37", "38", "50", "89", "97", "06", "39", "02"] {
        occurs(specialty, &|row| t.cell("specialty", row) == specialty);
    }
}

#[test]
fn primary_care_is_contested_and_sometimes_tied() {
    let t = table("claim_line", LINE);
    let mut sums: BTreeMap<(&str, i64), BTreeMap<&str, i64>> = BTreeMap::new();
    for row in 0..t.rows {
        let primary = ["01", "08", "11", "37", "38", "50", "89", "97"].contains(&t.cell("specialty", row));
        let paid = t.cell("claim_denial", row) == "1" && t.cell("processing_indicator", row) == "A";
        if primary && paid && t.cell("hcpcs", row).starts_with("992") && t.cell("claim_type", row) == "71" {
            let year = t.number("last_date", row) / 366;
            *sums.entry((t.cell("bene_id", row), year)).or_default().entry(t.cell("tin", row)).or_default() +=
                t.number("allowed_amt", row);
        }
    }
    let mut ties = 0;
    let mut contested = 0;
    for charges in sums.values() {
        let mut amounts: Vec<i64> = charges.values().copied().collect();
        amounts.sort_unstable_by(|a, b| b.cmp(a));
        contested += usize::from(amounts.len() > 1);
        ties += usize::from(amounts.len() > 1 && amounts[0] == amounts[1]);
    }
    assert!(contested * 4 > sums.len(), "{contested} of {}", sums.len());
    assert!(ties > 20, "{ties}");
}

#[test]
fn people_show_every_turn_of_life() {
    let t = table(
        "beneficiary_year",
        &[
            "bene_id",
            "year",
            "status",
            "county",
            "county_september",
            "death_date",
            "dual_status",
            "lis_status",
            "medicare_status",
        ],
    );
    let occurs = |what: &str, test: &dyn Fn(usize) -> bool| assert!(t.count(test) > 0, "{what}");
    for letter in "12349AB0".chars() {
        occurs("a status", &|row| t.cell("status", row).contains(letter));
    }
    for turn in ["24", "23", "34", "43", "21", "41", "12", "A4", "49", "94", "04", "40"] {
        assert!(t.count(|row| t.cell("status", row).contains(turn)) > 0, "no {turn} within a year");
    }
    occurs("a death", &|row| !t.cell("death_date", row).is_empty());
    occurs("a move between September and December", &|row| !t.cell("county_september", row).is_empty());
    occurs("an unknown address", &|row| t.cell("county", row).is_empty());
    occurs("an address abroad", &|row| t.cell("county", row) == "99999");
    occurs("partial Medicaid help", &|row| t.cell("dual_status", row).contains(['3', '5', '6']));
    occurs("a subsidy without dual status", &|row| {
        t.cell("lis_status", row) == "111111111111" && t.cell("dual_status", row) == "000000000000"
    });
    for code in ["10", "11", "20", "21", "31"] {
        occurs(code, &|row| t.cell("medicare_status", row).as_bytes().chunks(2).any(|two| two == code.as_bytes()));
    }
    // A graft ends the flag, not the entitlement code.
    occurs("a month after a graft", &|row| {
        t.cell("status", row).ends_with(['2', '3', '4']) && t.cell("medicare_status", row).ends_with('1')
    });
}

#[test]
fn scores_and_side_tables_show_every_case() {
    let scores = table("risk_score", &["year", "hcc_version", "score_esrd", "score_agnd"]);
    for (year, version) in [("2019", "V22"), ("2020", "V24"), ("2024", "V24+V28"), ("2021", "V24+V28")] {
        let found = scores.count(|row| scores.cell("year", row) == year && scores.cell("hcc_version", row) == version);
        assert!(found > 0, "{year} {version}");
    }
    let agreements = table("agreement", &["aco_id", "performance_year", "agreement_start", "track"]);
    assert!(agreements.rows >= 6 && agreements.set("aco_id").len() == 6);
    let participants = table("participant", &["aco_id", "performance_year", "tin", "ccn"]);
    let mut acos: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in 0..participants.rows {
        acos.entry(participants.cell("tin", row)).or_default().insert(participants.cell("aco_id", row));
    }
    acos.remove("");
    assert!(acos.values().any(|acos| acos.len() == 2), "no TIN is in two ACOs");
    assert!(participants.count(|row| !participants.cell("ccn", row).is_empty()) > 0);
    for row in 0..agreements.rows {
        let (aco, year) = (agreements.cell("aco_id", row), agreements.cell("performance_year", row));
        let members =
            participants.count(|p| participants.cell("aco_id", p) == aco && participants.cell("performance_year", p) == year);
        assert!(members > 0, "{aco} has no participants in {year}");
    }
    let aligned = table("voluntary_alignment", &["npi", "tin", "ended_date"]);
    assert!(aligned.count(|row| !aligned.cell("ended_date", row).is_empty()) > 0);
    assert!(aligned.count(|row| aligned.cell("ended_date", row).is_empty()) > 0);
    let payments = table("non_claims_payment", &["payment_amt", "final_payment"]);
    assert_eq!(payments.set("final_payment").len(), 2);
    assert!(table("npi_specialty", &["specialty"]).set("specialty").len() > 15);
}

#[test]
fn a_person_has_about_forty_claim_rows_a_year() {
    let rows = table("claim_header", &["thru_date"]).rows + table("claim_line", &["last_date"]).rows;
    let people = table("beneficiary_year", &["status"]);
    let months: usize =
        people.columns["status"].iter().map(|status| status.bytes().filter(|b| (b'1'..=b'4').contains(b)).count()).sum();
    let per_year = rows as f64 * 12.0 / months as f64;
    assert!((35.0..46.0).contains(&per_year), "{per_year}");
}
