//! CMS's published county-level results in place of the run's own county figures.
#![allow(clippy::unwrap_used)]

use crate::common;
use crate::tiny;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use acobench::money::Decimal;
use acobench::rules::EnrollmentType;
use acobench::run::county_results::{is_one, read};
use tiny::Tiny;

fn file(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("county-results");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
    folder.join(name)
}

const HEADER: &str = "Year,State Name,County Name,State ID,County ID,Per capita ESRD expenditures,Average ESRD HCC risk score,\
ESRD person-years ,Per capita DISABLED expenditures,Average DISABLED HCC risk score,DISABLED person-years ,\
Per capita AGED/DUAL expenditures,Average AGED/DUAL HCC risk score,AGED/DUAL person-years ,\
Per capita AGED/NON-DUAL expenditures,Average AGED/NON-DUAL HCC risk score,AGED/NON-DUAL person-years ";

#[test]
fn the_published_file_of_2018_reads_with_its_sums_and_suppressed_cells() {
    let (Some(table), Some(fips)) = (common::shared("data/county/2018_county_ffs.csv"), common::shared("data/county/FIPS.csv"))
    else {
        return;
    };
    assert!(is_one(&table).unwrap());
    let results = read(&table, Some(&fips)).unwrap();
    // 3,219 counties of four types: given, suppressed, of nobody, or of one of twelve counties that the crosswalk names otherwise.
    assert_eq!(results.strangers.len(), 12, "{:?}", results.strangers);
    assert_eq!(results.counties.len() as u64 + results.suppressed + results.nobody, (3_219 - 12) * 4);
    // The whole file has 0.287, 3.91, 2.53 and 20.79 million person-years; all but those of the twelve are read.
    let rows = tiny::records(&table);
    for (kind, word, whole) in [
        (EnrollmentType::Esrd, "ESRD", "0.287"),
        (EnrollmentType::Disabled, "DISABLED", "3.91"),
        (EnrollmentType::AgedDual, "AGED/DUAL", "2.53"),
        (EnrollmentType::AgedNonDual, "AGED/NON-DUAL", "20.79"),
    ] {
        let published = |row: &BTreeMap<String, String>| -> Option<Decimal> {
            row[&format!("{word} person-years ")].replace(',', "").parse().ok()
        };
        let million: Decimal = rows.iter().filter_map(published).sum::<Decimal>() / Decimal::from(1_000_000);
        let digits = u32::try_from(whole.split('.').nth(1).unwrap().len()).unwrap();
        assert_eq!(million.round_dp(digits).to_string(), whole, "{kind}");
        let known = |row: &&BTreeMap<String, String>| {
            !results.strangers.contains(&format!("{}, {}", row["County Name"], row["State ID"]))
        };
        let wanted: Decimal = rows.iter().filter(known).filter_map(published).sum();
        let of_kind = results.counties.iter().filter(|row| row.enrollment_type == kind);
        let read: Decimal = of_kind.map(|row| row.person_years).sum();
        assert_eq!(read, wanted, "{kind}");
    }
    let autauga =
        results.counties.iter().find(|row| row.county == "01001" && row.enrollment_type == EnrollmentType::Esrd).unwrap();
    assert_eq!(
        (autauga.per_capita_expenditure.to_string(), autauga.person_years.to_string()),
        ("64732.8".into(), "55.92".into())
    );
}

#[test]
fn published_county_figures_stand_in_the_region_and_what_is_missing_is_told() {
    let mut tiny = Tiny::new(2022);
    tiny.aco("A1", &["T1"], "");
    for (bene, county) in [("p1", "39035"), ("p2", "39049")] {
        tiny.person(bene, 2022, "444444444444", &format!("county={county}")).visit(bene, "2022-01-05", "T1", "30", "");
    }
    let rows = "2022,Ohio,Cuyahoga,36,170,.,.,.,*,*,*,1,1,1,8000,1.25,4\n2022,Ohio,Franklin,36,250,.,.,.,.,.,.,.,.,.,*,*,*\n\
                2022,Ohio,Atlantis,36,999,1,1,1,1,1,1,1,1,1,1,1,1\n";
    let table = file("cms.csv", &format!("{HEADER}\n{rows}"));
    let fips = file("fips.csv", "FIPS,Name,State\n39035,Cuyahoga County,OH\n39049,Franklin County,OH\n");
    tiny.options = vec!["--county".into(), table.display().to_string(), "--fips".into(), fips.display().to_string()];
    let found = tiny.run();
    let region = [("aco_id", "A1"), ("year", "PY"), ("enrollment_type", "AGND")];
    // Franklin is suppressed: Cuyahoga stands for the region, 8,000 at a score of 1.25, a quarter of its people the ACO's.
    assert_eq!(found.cell("factors/aco_region.csv", &region, "regional_expenditure"), "6400");
    assert_eq!(found.cell("factors/aco_region.csv", &region, "national_weight"), "0.25");
    let manifest = found.manifest();
    assert!(manifest.contains("2 are given, 2 suppressed for few people and 4 of nobody"), "{manifest}");
    assert!(manifest.contains("Atlantis, 36"), "{manifest}");
    assert!(manifest.contains("1 person-years of assigned people lie in counties"), "{manifest}");
    tiny.options.truncate(2);
    let refusal = tiny.try_run().err().unwrap();
    assert!(refusal.contains("give --fips FILE"), "{refusal}");
}
