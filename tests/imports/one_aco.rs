//! From the feed of one ACO to its settlement: its people's claims, CMS's lists of them, and figures of the nation from files as
//! CMS publishes them. Held against the run over everybody.

#![allow(clippy::unwrap_used)]

use crate::common::extracts;
use crate::extract;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use acobench::intake::cclf::{FileKind, Layouts};
use acobench::run::manifest::Manifest;
use extract::run;
use extracts::column;

fn done(arguments: &[&str]) -> String {
    let out = run(arguments);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn records(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// Lines, each with its end.
fn joined<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    lines.fold(String::new(), |text, line| text + line + "\n")
}

const PEOPLE: [&str; 8] = ["--beneficiaries", "2000", "--years", "2019..2023", "--acos", "2", "--seed", "11"];
const RUN: [&str; 7] = ["run", "--quiet", "--performance-year", "2023", "--allow-findings", "--max-quarantined", "1"];

/// Everybody, and what CMS would publish and send of them.
struct Nation {
    home: tempfile::TempDir,
    /// People of each ACO and year.
    lists: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Nation {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        done(&[["synth", "--quiet", "--out", text(&path("nation"))].as_slice(), &PEOPLE].concat());
        let (extract, out, audit) = (path("nation"), path("run"), path("audit"));
        done(&[RUN.as_slice(), &["--extract", text(&extract), "--out", text(&out), "--audit", text(&audit)]].concat());
        let people: BTreeSet<String> = column(&extract, "beneficiary_year", "bene_id").into_iter().collect();
        let people: Vec<String> = people.into_iter().collect();
        let mut lists: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for row in records(&audit.join("assignment.csv")) {
            let person = people[row["row"].parse::<usize>().unwrap() - 1].clone();
            lists.entry((row["aco_id"].clone(), row["year"].clone())).or_default().insert(person);
        }
        let thresholds = fs::read_to_string(audit.join("thresholds.csv")).unwrap();
        let thresholds = joined(thresholds.lines().filter(|line| !line.ends_with(',')));
        fs::write(path("thresholds.csv"), thresholds.replacen("year,", "calendar_year,", 1)).unwrap();
        Self { home, lists }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The counties' figures in the columns of CMS's county-level results, and a crosswalk from its names to FIPS codes. The numbers
    /// of States are the Social Security ones there; all counties are said to lie in one, for names alone tell them apart.
    fn published_counties(&self) -> (PathBuf, PathBuf) {
        const OHIO: (&str, &str) = ("36", "OH");
        let words = [("ESRD", "ESRD"), ("DIS", "DISABLED"), ("AGDU", "AGED/DUAL"), ("AGND", "AGED/NON-DUAL")];
        let mut figures: BTreeMap<(String, String), BTreeMap<String, [String; 3]>> = BTreeMap::new();
        for row in records(&self.path("run/factors/county.csv")).into_iter().filter(|row| row["window"] == "calendar") {
            let cells = ["per_capita_expenditure", "hcc_risk_score", "person_years"].map(|column| row[column].clone());
            let county = (row["calendar_year"].clone(), row["county"].clone());
            figures.entry(county).or_default().insert(row["enrollment_type"].clone(), cells);
        }
        let mut header = "Year,State Name,County Name,State ID,County ID".to_string();
        for (_, word) in words {
            header += &format!(",Per capita {word} expenditures,Average {word} HCC risk score,{word} person-years ");
        }
        let mut lines = vec![header];
        for ((year, county), by_type) in &figures {
            let nobody = [".", ".", "."].map(str::to_string);
            let cells = words.iter().flat_map(|(kind, _)| by_type.get(*kind).unwrap_or(&nobody).clone());
            lines.push(format!("{year},Ohio,C{county},{},0,{}", OHIO.0, cells.collect::<Vec<_>>().join(",")));
        }
        let codes: BTreeSet<&String> = figures.keys().map(|(_, county)| county).collect();
        let codes = codes.into_iter().map(|code| format!("{code},C{code},{}", OHIO.1)).collect::<Vec<_>>().join("\n");
        let (counties, crosswalk) = (self.path("county_level_results.csv"), self.path("fips.csv"));
        fs::write(&counties, lines.join("\n") + "\n").unwrap();
        fs::write(&crosswalk, format!("FIPS,Name,State\n{codes}\n")).unwrap();
        (counties, crosswalk)
    }

    /// The feed that an ACO gets: records of whoever was its own in some year, and no list of what was delivered.
    fn feed(&self, aco: &str) -> PathBuf {
        let made = self.path("made");
        done(&[["synth", "--quiet", "--as", "cclf", "--out", text(&made)].as_slice(), &PEOPLE].concat());
        let mine: BTreeSet<&String> = self.lists.iter().filter(|((of, _), _)| of == aco).flat_map(|(_, people)| people).collect();
        let layouts = Layouts::embedded().unwrap();
        let folder = self.path("feed");
        fs::create_dir(&folder).unwrap();
        // Identifiers of one person over time.
        let mut known: BTreeSet<String> = mine.iter().map(ToString::to_string).collect();
        let files = acobench::disk::list(&made.join("files")).unwrap();
        let kind = |path: &Path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let at = name.find(".ZC").unwrap();
            (FileKind::of(name.as_bytes()[at + 3]).unwrap(), name)
        };
        let cell = |line: &str, of: FileKind, field: &str| {
            let (start, end) = layouts.of(of).unwrap().spans(&[field]).unwrap()[0].range();
            line[start..end].trim().to_string()
        };
        for path in files.iter().filter(|path| kind(path).0 == FileKind::Identifiers) {
            for line in fs::read_to_string(path).unwrap().lines() {
                if mine.contains(&cell(line, FileKind::Identifiers, "CRNT_NUM")) {
                    known.insert(cell(line, FileKind::Identifiers, "PRVS_NUM"));
                }
            }
        }
        for path in &files {
            let (of, name) = kind(path);
            let field = match of {
                FileKind::Control => continue,
                FileKind::Identifiers => "CRNT_NUM",
                _ => "BENE_MBI_ID",
            };
            let all = fs::read_to_string(path).unwrap();
            let kept = joined(all.lines().filter(|line| known.contains(&cell(line, of, field))));
            if !kept.is_empty() {
                fs::write(folder.join(name), kept).unwrap();
            }
        }
        folder
    }

    /// The extract of an ACO: its feed, its participants and agreement, its lists and scores.
    fn extract_of(&self, aco: &str) -> PathBuf {
        let (feed, extract) = (self.feed(aco), self.path("extract"));
        let nation = self.path("nation");
        let table = |name: &str| {
            let columns: &[&str] = match name {
                "participant" => &["aco_id", "performance_year", "tin", "ccn", "npi"],
                _ => &[
                    "aco_id",
                    "performance_year",
                    "agreement_start",
                    "agreement_period",
                    "times_regionally_adjusted",
                    "track",
                    "level",
                    "assignment_method",
                    "msr_choice",
                    "quality_standard",
                    "quality_score",
                    "assigned_beneficiaries",
                ],
            };
            let cells: Vec<Vec<String>> = columns.iter().map(|column| column_of(&nation, name, column)).collect();
            let mut lines = vec![columns.join(",")];
            for row in (0..cells[0].len()).filter(|row| cells[0][*row] == aco) {
                // There is no minimum rate for so few people as these.
                let cell = |(column, cells): (&&str, &Vec<String>)| match *column {
                    "assigned_beneficiaries" => "5200".to_string(),
                    _ => cells[row].clone(),
                };
                lines.push(columns.iter().zip(&cells).map(cell).collect::<Vec<_>>().join(","));
            }
            let path = self.path(&format!("{name}.csv"));
            fs::write(&path, lines.join("\n") + "\n").unwrap();
            path
        };
        let (participants, agreements) = (table("participant"), table("agreement"));
        let scores = self.path("made/beside/risk_score.parquet");
        let told = done(&[
            "import",
            "cclf",
            text(&feed),
            "--quiet",
            "--max-quarantined",
            "0",
            "--participants",
            text(&participants),
            "--agreements",
            text(&agreements),
            "--risk",
            text(&scores),
            "--out",
            text(&extract),
        ]);
        assert!(told.contains("the feed holds one ACO's people alone"), "{told}");
        for ((_, year), people) in self.lists.iter().filter(|((of, _), _)| of == aco) {
            let report = self.path(&format!("P.{aco}.ACO.AALR.Y{year}.csv"));
            fs::write(&report, people.iter().fold("BENE_MBI_ID\n".to_string(), |rows, person| rows + person + "\n")).unwrap();
            done(&["import", "alr", text(&report), "--aco", aco, "--year", year, "--into", text(&extract), "--quiet"]);
        }
        extract
    }
}

/// A column of a table that is one file.
fn column_of(extract: &Path, table: &str, name: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(table)).unwrap();
    fs::copy(extract.join(format!("{table}.parquet")), folder.path().join(table).join("one.parquet")).unwrap();
    column(folder.path(), table, name)
}

#[test]
fn one_acos_feed_with_published_figures_settles_as_the_nation_says() {
    let nation = Nation::new();
    let aco = nation.lists.keys().next().unwrap().0.clone();
    let extract = nation.extract_of(&aco);
    let out = nation.path("one");
    let factors = nation.path("run/factors");
    let given = [
        "--thresholds",
        text(&nation.path("thresholds.csv")).to_string().leak() as &str,
        "--national",
        text(&factors.join("national.csv")).to_string().leak(),
        "--county",
        text(&factors.join("county.csv")).to_string().leak(),
        "--assigned",
        "given",
    ];
    let told = done(&[RUN.as_slice(), &["--extract", text(&extract), "--out", text(&out)], &given].concat());
    assert!(told.contains("people by CMS's list") && told.contains(&aco), "{told}");

    // The same people by list, the nation's own figures where they are given.
    let rows = |run: &Path, file: &str| -> Vec<BTreeMap<String, String>> {
        records(&run.join(file)).into_iter().filter(|row| row.get("aco_id").is_none_or(|id| *id == aco)).collect()
    };
    let whole = nation.path("run");
    for file in ["factors/national.csv", "factors/county.csv"] {
        assert!(rows(&out, file) == rows(&whole, file), "{file} is what was given");
    }
    let (mine, theirs) = (rows(&out, "settlement.csv"), rows(&whole, "settlement.csv"));
    assert_eq!((mine.len(), theirs.len()), (1, 1));
    assert_ne!(mine[0]["outcome"], "undetermined", "{:?}", mine[0]);
    let dollars = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    for column in ["total_benchmark", "total_expenditure"] {
        let ratio = dollars(&mine[0], column) / dollars(&theirs[0], column);
        assert!((ratio - 1.0).abs() < 0.05, "{column}: {ratio}");
    }
    // Group plans and CMS's ESRD flag are not in the feed; months differ by a little, and so do costs per person.
    let mut compared = 0;
    for (mine, theirs) in rows(&out, "factors/aco_year.csv").iter().zip(&rows(&whole, "factors/aco_year.csv")) {
        assert_eq!((&mine["year"], &mine["enrollment_type"]), (&theirs["year"], &theirs["enrollment_type"]));
        let number = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap_or_default();
        let years = (number(mine, "person_years"), number(theirs, "person_years"));
        if mine["enrollment_type"] == "AGND" {
            assert!((years.0 / years.1 - 1.0).abs() < 0.05, "{years:?}");
            let cost = number(mine, "per_capita_expenditure") / number(theirs, "per_capita_expenditure");
            assert!((cost - 1.0).abs() < 0.05, "{cost}");
            compared += 1;
        }
    }
    assert_eq!(compared, 4, "three benchmark years and the performance year");

    let manifest = Manifest::read(&out).unwrap();
    for ((_, year), people) in nation.lists.iter().filter(|((of, _), _)| *of == aco) {
        let listed = manifest.assignment_lists.iter().find(|list| list.year.to_string() == *year).unwrap();
        assert_eq!((listed.listed, listed.unknown), (people.len() as u64, 0), "{year}");
    }
    let notes = manifest.notes.join("\n");
    for said in [
        "truncation thresholds are given (--thresholds), not computed; on them rest every truncated expenditure",
        "national figures are given (--national), not computed; on them rest renormalised risk scores",
        "county figures are given (--county), not computed; on them rest regional expenditures",
        "the extract is an ACO's own feed: whom the ACO has is taken from CMS's lists",
    ] {
        assert!(notes.contains(said), "{said} is not in\n{notes}");
    }
    for table in ["thresholds", "national", "county", "assigned"] {
        assert!(manifest.inputs.iter().any(|input| input.table == table), "{table} is an input");
    }

    // CMS publishes counties in columns of its own; they come to the same.
    let (counties, crosswalk) = nation.published_counties();
    let published = nation.path("published");
    let mut given = given;
    given[5] = text(&counties);
    let asked =
        [RUN.as_slice(), &["--extract", text(&extract), "--out", text(&published)], &given, &["--fips", text(&crosswalk)]];
    done(&asked.concat());
    let without_demographic = |run: &Path| {
        let mut rows = rows(run, "factors/county.csv");
        for row in &mut rows {
            row.remove("demographic_risk_score");
        }
        rows
    };
    assert!(without_demographic(&published) == without_demographic(&whole));
    assert_eq!(rows(&published, "settlement.csv"), mine);
    assert!(
        Manifest::read(&published).unwrap().notes.iter().any(|note| note.starts_with("county figures of 2019 to 2023 are CMS's"))
    );

    // Without them the run says what it does instead.
    let out = nation.path("alone");
    done(&[RUN.as_slice(), &["--extract", text(&extract), "--out", text(&out)]].concat());
    let notes = Manifest::read(&out).unwrap().notes.join("\n");
    for said in ["as if they were the nation; give --national", "rivals in the plurality"] {
        assert!(notes.contains(said), "{said} is not in\n{notes}");
    }
}
