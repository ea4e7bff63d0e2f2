//! The claim and claim line feed to the extract: what finally stands, whatever the months, the packing, memory or threads.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // in a test a panic is the message

use crate::common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use acobench::error::Result;
use acobench::intake::{ImportReport, Quarantine, Rename, cclf};
use acobench::rules::Rules;
use common::extracts::{column, tree};
use common::feed::{self, Claim, Delivery};
use proptest::prelude::*;

fn import_in(folder: &Path, out: &Path, memory: u64) -> Result<ImportReport> {
    let import = cclf::Import {
        folder: folder.to_path_buf(),
        out: out.to_path_buf(),
        rename: Rename::default(),
        given: Vec::new(),
        rules: Rules::load(None).unwrap(),
        quarantine: Quarantine::default(),
        memory,
    };
    import.run(&Arc::default())
}

fn import(deliveries: &[Delivery]) -> (tempfile::TempDir, ImportReport) {
    let place = tempfile::tempdir().unwrap();
    for delivery in deliveries {
        delivery.write(&place.path().join("feed"));
    }
    let report = import_in(&place.path().join("feed"), &place.path().join("extract"), 1 << 30).unwrap();
    (place, report)
}

fn headers(place: &tempfile::TempDir) -> Vec<(String, String)> {
    let extract = place.path().join("extract");
    let cell = |name| column(&extract, "claim_header", name);
    cell("claim_id").into_iter().zip(cell("payment_amt")).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_string(), (*b).to_string())).collect()
}

/// A January and a February in which one claim is adjusted, one cancelled, one person renamed.
fn two_months() -> [Delivery; 2] {
    let (mut january, mut february) = (Delivery::new("220115"), Delivery::new("220215"));
    feed::person(&mut january, "OLD");
    feed::person(&mut january, "P2");
    feed::person(&mut february, "NEW");
    feed::person(&mut february, "P2");
    february.add("CCLF9", &[("CRNT_NUM", "NEW"), ("PRVS_NUM", "OLD")]);
    feed::header(&mut january, &Claim { id: "1", mbi: "OLD", ..Claim::default() });
    feed::header(&mut january, &Claim { id: "2", mbi: "P2", paid: "50.00", ..Claim::default() });
    feed::header(&mut january, &Claim { id: "9", mbi: "P2", paid: "-7.50", day: "2022-01-20", ..Claim::default() });
    let later = Claim { mbi: "NEW", effective: "2022-02-10", ..Claim::default() };
    feed::header(&mut february, &Claim { id: "3", action: "1", ..later });
    feed::header(&mut february, &Claim { id: "4", action: "2", paid: "80.00", ..later });
    feed::header(&mut february, &Claim { id: "5", action: "1", mbi: "P2", paid: "50.00", ..later });
    let visit = Claim { id: "6", control: "C6", mbi: "OLD", paid: "60.00", ..Claim::default() };
    feed::physician(&mut january, &visit, "1");
    feed::physician(&mut january, &visit, "2");
    feed::physician(&mut february, &Claim { id: "7", action: "1", mbi: "NEW", effective: "2022-02-10", ..visit }, "2");
    january.add("CCLFA", &[("CUR_CLM_UNIQ_ID", "9"), ("BENE_MBI_ID", "P2"), ("CLM_SQSTRTN_RDCTN_AMT", "1.25")]);
    january
        .add("CCLFB", &[("CUR_CLM_UNIQ_ID", "6"), ("CLM_LINE_NUM", "1"), ("BENE_MBI_ID", "OLD"), ("CLM_PBP_RDCTN_AMT", "3.00")]);
    january.add("CCLF4", &[("CUR_CLM_UNIQ_ID", "9"), ("BENE_MBI_ID", "P2"), ("CLM_DGNS_CD", "U071")]);
    [january, february]
}

#[test]
fn debits_and_credits_over_months_and_identifiers_net_to_what_stands() {
    let (place, report) = import(&two_months());
    assert_eq!(headers(&place), pairs(&[("4", "80.00"), ("9", "-7.50")]));
    let extract = place.path().join("extract");
    assert_eq!(column(&extract, "claim_header", "bene_id"), ["NEW", "P2"]);
    assert_eq!(column(&extract, "claim_header", "sequestration_amt"), ["", "1.25"]);
    assert_eq!(column(&extract, "claim_header", "covid_u071"), ["false", "true"]);
    assert_eq!(column(&extract, "claim_line", "line_num"), ["1"]);
    assert_eq!(column(&extract, "claim_line", "bene_id"), ["NEW"]);
    assert_eq!(column(&extract, "claim_line", "pbp_reduction_amt"), ["3.00"]);
    assert_eq!(column(&extract, "claim_line", "specialty"), ["08"]);
    let years = column(&extract, "beneficiary_year", "year").into_iter().zip(column(&extract, "beneficiary_year", "status"));
    let months: Vec<_> = years.filter(|(year, _)| year.ends_with('2')).map(|(_, status)| status).collect();
    assert_eq!(months, ["440000000000", "440000000000"], "two deliveries tell two months");
    insta::assert_snapshot!(report.text(), @r"
    file                                 read as                      rows read  rows refused  written
    P.A1234.ACO.ZC1Y22.D220115.T1203050  Part A claims header                 3             0  -
    P.A1234.ACO.ZC1Y22.D220215.T1203050  Part A claims header                 3             0  -
    P.A1234.ACO.ZC4Y22.D220115.T1203050  Part A diagnoses                     1             0  -
    P.A1234.ACO.ZC5Y22.D220115.T1203050  Part B physician lines               2             0  -
    P.A1234.ACO.ZC5Y22.D220215.T1203050  Part B physician lines               1             0  -
    P.A1234.ACO.ZC8Y22.D220115.T1203050  beneficiary demographics             2             0  -
    P.A1234.ACO.ZC8Y22.D220215.T1203050  beneficiary demographics             2             0  -
    P.A1234.ACO.ZC9Y22.D220215.T1203050  beneficiary identifiers              1             0  -
    P.A1234.ACO.ZCAY22.D220115.T1203050  Part A demonstrations                1             0  -
    P.A1234.ACO.ZCBY22.D220115.T1203050  Part B demonstrations                1             0  -
    (all)                                what stands                          0             0  beneficiary_year 2, claim_header 2, claim_line 1

    table          claim type          rows   payments, dollars
    claim_header           60             2               72.50
    claim_line             71             1               60.00

    debits and credits:
                 3              210.00  cancellations that took back a record
                 3              132.50  stand
                 3              210.00  taken back by a cancellation

    worth knowing:
      the feed holds one ACO's people alone: give `run` --thresholds, --county and --national; rivals for these people are not seen
      the feed tells neither months in group plans nor low-income subsidies
    ");
}

#[test]
fn a_month_more_gives_what_all_months_at_once_give() {
    let [january, february] = two_months();
    let place = tempfile::tempdir().unwrap();
    let (folder, extract) = (place.path().join("feed"), place.path().join("extract"));
    january.write(&folder);
    import_in(&folder, &extract, 1 << 30).unwrap();
    february.write(&folder);
    import_in(&folder, &extract, 1 << 30).unwrap();
    import_in(&folder, &place.path().join("at_once"), 1 << 30).unwrap();
    assert!(tree(&extract) == tree(&place.path().join("at_once")));
}

#[test]
fn packing_makes_no_difference() {
    let deliveries = two_months();
    let (plain, _) = import(&deliveries);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("feed");
    fs::create_dir(&folder).unwrap();
    let mut archive = zip::ZipWriter::new(fs::File::create(folder.join("P.A1234.ACO.ZCY22.D220115.T1203050.zip")).unwrap());
    for (name, text) in deliveries[0].texts() {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    for (name, text) in deliveries[1].texts() {
        let mut out =
            flate2::write::GzEncoder::new(fs::File::create(folder.join(name + ".gz")).unwrap(), flate2::Compression::default());
        out.write_all(text.replace('\n', "\r\n").as_bytes()).unwrap();
        out.finish().unwrap();
    }
    import_in(&folder, &place.path().join("extract"), 1 << 30).unwrap();
    let tables = |place: &tempfile::TempDir| {
        let mut tree = tree(&place.path().join("extract"));
        tree.remove("import.json"); // it names the files
        tree
    };
    assert!(tables(&plain) == tables(&place));
}

#[test]
fn facility_lines_carry_what_the_claim_says() {
    let mut delivery = Delivery::new("220215");
    feed::person(&mut delivery, "P1");
    feed::header(&mut delivery, &Claim { id: "1", bill: "77", kind: "40", ccn: "051801", ..Claim::default() });
    feed::header(&mut delivery, &Claim { id: "2", ..Claim::default() });
    for claim in ["1", "2", "3"] {
        delivery.add(
            "CCLF2",
            &[
                ("CUR_CLM_UNIQ_ID", claim),
                ("CLM_LINE_NUM", "1"),
                ("BENE_MBI_ID", "P1"),
                ("CLM_LINE_PROD_REV_CTR_CD", "0521"),
                ("CLM_LINE_INSTNL_REV_CTR_DT", "1000-01-01"),
                ("CLM_LINE_THRU_DT", "2022-01-10"),
                ("CLM_LINE_HCPCS_CD", "G0466"),
                ("CLM_LINE_CVRD_PD_AMT", "100.00"),
            ],
        );
    }
    let (place, _) = import(&[delivery]);
    let extract = place.path().join("extract");
    let cell = |name| column(&extract, "claim_line", name);
    assert_eq!(
        [cell("claim_id"), cell("ccn"), cell("allowed_amt"), cell("last_date")].concat(),
        ["1", "051801", "100.00", "2022-01-10"]
    );
    assert_eq!([cell("attending_npi"), cell("facility_type"), cell("hcpcs")].concat(), ["1234567890", "7", "G0466"]);
}

#[test]
fn a_version_without_control_numbers_is_read_too() {
    let mut deliveries = two_months();
    for delivery in &mut deliveries {
        for record in delivery.files.get_mut("CCLF1").unwrap() {
            record.truncate(292);
        }
    }
    let (place, _) = import(&deliveries);
    assert_eq!(headers(&place), pairs(&[("4", "80.00"), ("9", "-7.50")]));
}

/// A service and its history: the amounts of the versions, and whether the last was taken back.
#[derive(Debug, Clone)]
struct History {
    person: usize,
    service: usize,
    amounts: Vec<i64>,
    taken_back: bool,
    months: Vec<usize>,
    is_line: bool,
}

const MONTHS: [(&str, &str); 4] =
    [("220115", "2022-01-10"), ("220215", "2022-02-10"), ("220315", "2022-03-10"), ("220415", "2022-04-10")];

fn history() -> impl Strategy<Value = History> {
    let amounts = prop::collection::vec(-500_i64..50_000, 1..4);
    let parts = (0..4_usize, 0..6_usize, amounts, any::<bool>(), prop::collection::vec(0..MONTHS.len(), 8), any::<bool>());
    parts.prop_map(|(person, service, amounts, taken_back, mut months, is_line)| {
        months.sort_unstable();
        History { person, service, amounts, taken_back, months, is_line }
    })
}

fn dollars(cents: i64) -> String {
    acobench::money::Cents(cents).to_string()
}

/// The deliveries in which the histories arrive. A person has another identifier from the third month on.
fn deliveries(histories: &[History]) -> Vec<Delivery> {
    let mut deliveries: Vec<Delivery> = MONTHS.iter().map(|(day, _)| Delivery::new(day)).collect();
    let name = |person: usize, month: usize| format!("{}{person}", if month < 2 { "OLD" } else { "NEW" });
    for (month, delivery) in deliveries.iter_mut().enumerate() {
        (0..4).for_each(|person| feed::person(delivery, &name(person, month)));
        for person in 0..4 {
            delivery.add("CCLF9", &[("CRNT_NUM", &name(person, month)), ("PRVS_NUM", &name(person, 0))]);
        }
    }
    for (number, history) in histories.iter().enumerate() {
        let mut months = history.months.iter().copied();
        let mut record = |id: String, action: &str, cents: i64| {
            let month = months.next().unwrap();
            let claim = Claim {
                id: &id,
                mbi: &name(history.person, month),
                action,
                paid: &dollars(cents),
                effective: MONTHS[month].1,
                day: &format!("2022-01-{:02}", history.service + 1),
                control: &format!("K{number}"),
                ..Claim::default()
            };
            if history.is_line {
                feed::physician(&mut deliveries[month], &claim, "1");
            } else {
                feed::header(&mut deliveries[month], &claim);
            }
        };
        for (version, cents) in history.amounts.iter().enumerate() {
            let action = if version == 0 { "0" } else { "2" };
            record(format!("{number}{version}0"), action, *cents);
            if history.taken_back || version + 1 < history.amounts.len() {
                record(format!("{number}{version}1"), "1", *cents);
            }
        }
    }
    deliveries
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn of_every_history_the_last_version_stands(histories in prop::collection::vec(history(), 1..12)) {
        let (place, _) = import(&deliveries(&histories));
        let extract = place.path().join("extract");
        for (table, is_line) in [("claim_header", false), ("claim_line", true)] {
            let found = column(&extract, table, "claim_id").into_iter().zip(column(&extract, table, "payment_amt"));
            let found: BTreeMap<String, String> = found.collect();
            let mut want = BTreeMap::new();
            for (number, history) in histories.iter().enumerate().filter(|(_, history)| history.is_line == is_line && !history.taken_back) {
                let version = history.amounts.len() - 1;
                want.insert(format!("{number}{version}0"), dollars(history.amounts[version]));
            }
            prop_assert_eq!(found, want);
        }
        let people = column(&extract, "claim_header", "bene_id");
        prop_assert!(people.iter().all(|person| person.starts_with("NEW")) && people.is_sorted());
    }

    #[test]
    fn memory_makes_no_difference(histories in prop::collection::vec(history(), 1..12)) {
        let (place, _) = import(&deliveries(&histories));
        let tight = place.path().join("tight");
        import_in(&place.path().join("feed"), &tight, 2_048).unwrap();
        let tables = |extract: &Path| {
            let mut tree = tree(extract);
            tree.remove("import.json"); // it says that a scratch file was needed
            tree
        };
        prop_assert!(tables(&place.path().join("extract")) == tables(&tight));
    }
}

#[test]
fn the_layouts_are_cms_s() {
    let Some(path) = common::shared("methodology/cclf_layout.csv") else { return };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let layouts: toml::Table = include_str!("../../src/intake/cclf/layout.toml").parse().unwrap();
    let mut held = 0;
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for row in reader.records().map(std::result::Result::unwrap) {
        let (file, field) = (&row[0], &row[2]);
        let number = |cell: &str| cell.parse::<usize>().unwrap();
        ends.insert(file.to_string(), number(&row[5]).max(ends.get(file).copied().unwrap_or(0)));
        if layouts.get(file).and_then(|layout| layout["fields"].get(field)).is_some() {
            assert_eq!(feed::place(file, field), (number(&row[4]) - 1, number(&row[6])), "{file} {field}");
            held += 1;
        }
    }
    let fields: usize = layouts.values().map(|layout| layout["fields"].as_table().unwrap().len()).sum();
    assert_eq!(held, fields, "every field is CMS's");
    layouts.keys().for_each(|file| assert_eq!(feed::width(file), ends[file], "{file}"));
}
