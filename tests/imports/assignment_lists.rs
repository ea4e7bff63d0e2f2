//! CMS's assignment lists instead of claims: a run by the lists that claims would give is the same run, and a list that differs
//! moves just the people by whom it differs, counted.

#![allow(clippy::unwrap_used)]

use crate::common::extracts;
use crate::extract;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use acobench::run::assignment_list::ListedYear;
use acobench::run::manifest::Manifest;
use extract::run;
use extracts::{column, tree};

fn done(arguments: &[&str]) -> String {
    let out = run(arguments);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The people of each ACO and year.
type Lists = BTreeMap<(String, u16), BTreeSet<String>>;

struct Home {
    place: tempfile::TempDir,
    extract: PathBuf,
    /// Everyone in order of identifier.
    people: Vec<String>,
}

impl Home {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let extract = place.path().join("extract");
        let size = ["--beneficiaries", "1500", "--years", "2019..2023", "--acos", "2", "--seed", "5"];
        done(&[&["synth", "--quiet", "--out", text(&extract)], size.as_slice()].concat());
        let people: BTreeSet<String> = column(&extract, "beneficiary_year", "bene_id").into_iter().collect();
        Self { place, extract, people: people.into_iter().collect() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn run(&self, name: &str, more: &[&str]) -> (PathBuf, String) {
        let out = self.path(name);
        let fixed = ["run", "--quiet", "--performance-year", "2023", "--allow-findings", "--max-quarantined", "1"];
        let told = done(&[fixed.as_slice(), &["--extract", text(&self.extract), "--out", text(&out)], more].concat());
        (out, told)
    }

    /// Whom claims assign.
    fn by_claims(&self) -> Lists {
        let audit = self.path("audit");
        self.run("claims", &["--audit", text(&audit)]);
        let mut lists = Lists::new();
        let mut reader = csv::Reader::from_path(audit.join("assignment.csv")).unwrap();
        for row in reader.records().map(Result::unwrap) {
            let person = self.people[row[0].parse::<usize>().unwrap() - 1].clone();
            lists.entry((row[2].to_string(), row[1].parse().unwrap())).or_default().insert(person);
        }
        lists
    }

    /// Puts lists into the extract as CMS's reports.
    fn put(&self, lists: &Lists) {
        for ((aco, year), people) in lists {
            let report = self.path("report.csv");
            let rows: Vec<String> = people.iter().map(|person| format!("{person},\n")).collect();
            std::fs::write(&report, format!("BENE_MBI_ID,AGND_SCORE\n{}", rows.concat())).unwrap();
            let year = year.to_string();
            let into = ["--into", text(&self.extract), "--quiet"];
            let told = done(&[&["import", "alr", text(&report), "--year", &year, "--aco", aco], into.as_slice()].concat());
            assert!(told.contains(&format!("assigned to {aco} in {year}: {} people", people.len())), "{told}");
        }
    }
}

/// Everything a run made but its manifest, which tells its arguments and hours.
fn made(run: &Path) -> BTreeMap<String, Vec<u8>> {
    tree(run).into_iter().filter(|(name, _)| !name.starts_with("manifest")).collect()
}

#[test]
fn lists_that_agree_change_nothing_and_lists_that_differ_are_counted() {
    let home = Home::new();
    let lists = home.by_claims();
    let acos: BTreeSet<&String> = lists.keys().map(|(aco, _)| aco).collect();
    assert!(acos.len() == 2 && lists.len() == 8, "two ACOs in three benchmark years and the performance year");
    home.put(&lists);

    let (again, _) = home.run("again", &[]);
    assert!(made(&again) == made(&home.path("claims")), "lists in the extract do nothing by themselves");
    let told = Manifest::read(&again).unwrap().notes.join("\n");
    assert!(told.contains("people are assigned by claims"), "{told}");

    let (given, told) = home.run("given", &["--assigned", "given"]);
    assert!(made(&given) == made(&home.path("claims")), "the same people give the same figures");
    let counted = Manifest::read(&given).unwrap().assignment_lists;
    assert_eq!(counted.len(), lists.len());
    for ListedYear { aco_id, year, listed, unknown, both, by_list_alone, by_claims_alone } in &counted {
        let people = lists[&(aco_id.clone(), *year)].len() as u64;
        assert_eq!((*listed, *both, *unknown, *by_list_alone, *by_claims_alone), (people, people, 0, 0, 0));
        assert!(told.contains(&format!("{aco_id} {year}: {people} people by CMS's list")), "{told}");
    }

    // One person fewer, one of nobody's more, one whom the extract does not know.
    let (key, people) = lists.iter().find(|((_, year), _)| *year == 2023).unwrap();
    let taken: BTreeSet<&String> = lists.iter().filter(|((_, year), _)| *year == 2023).flat_map(|(_, people)| people).collect();
    let free = home.people.iter().find(|person| !taken.contains(person)).unwrap();
    let mut other: BTreeSet<String> = people.iter().skip(1).cloned().collect();
    other.extend([free.clone(), "NOBODY".to_string()]);
    home.put(&Lists::from([(key.clone(), other)]));
    let (differs, _) = home.run("differs", &["--assigned", "given"]);
    let counted = Manifest::read(&differs).unwrap().assignment_lists;
    let year = counted.iter().find(|list| (&list.aco_id, list.year) == (&key.0, key.1)).unwrap();
    let size = people.len() as u64;
    assert_eq!((year.listed, year.unknown, year.both, year.by_list_alone, year.by_claims_alone), (size + 1, 1, size - 1, 1, 1));
    assert!(made(&differs) != made(&given));

    // Somebody on two lists, or no list at all, is refused.
    let other_aco = (*acos.iter().find(|aco| ***aco != key.0).unwrap()).clone();
    home.put(&Lists::from([((other_aco, 2023), people.clone())]));
    let refusal = run(&[
        "run",
        "--performance-year",
        "2023",
        "--extract",
        text(&home.extract),
        "--out",
        text(&home.path("no")),
        "--assigned",
        "given",
        "--allow-findings",
    ]);
    let told = String::from_utf8_lossy(&refusal.stderr).into_owned();
    assert!(refusal.status.code() == Some(3) && told.contains("one person is on the lists of"), "{told}");
    assert!(home.people.iter().all(|person| !told.contains(person.as_str())), "{told}");
    std::fs::remove_dir_all(home.extract.join("assigned")).unwrap();
    let refusal = run(&[
        "run",
        "--performance-year",
        "2023",
        "--extract",
        text(&home.extract),
        "--out",
        text(&home.path("no")),
        "--assigned",
        "given",
        "--allow-findings",
    ]);
    let told = String::from_utf8_lossy(&refusal.stderr).into_owned();
    assert!(refusal.status.code() == Some(3) && told.contains("the extract has no assignment list"), "{told}");
}

#[test]
fn a_year_without_a_list_is_assigned_by_claims_and_told() {
    let home = Home::new();
    let mut lists = home.by_claims();
    lists.retain(|(_, year), _| *year == 2023);
    home.put(&lists);
    let (given, _) = home.run("given", &["--assigned", "given"]);
    assert!(made(&given) == made(&home.path("claims")));
    let notes = Manifest::read(&given).unwrap().notes;
    assert_eq!(notes.iter().filter(|note| note.contains("has no assignment list of 20")).count(), 6, "{notes:?}");
}
