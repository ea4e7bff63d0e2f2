//! Extracts of a few rows made by hand, and what the main job makes of them.
#![allow(dead_code)] // each test program has its own copy of this module

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use acobench::extract::{Kind, TableSink, table};
use acobench::factors::FactorTables;
use acobench::money::{Cents, Decimal};

/// Rows by table, each as words `column=value`; `~` stands for a blank.
pub struct Tiny {
    pub year: u16,
    rows: BTreeMap<&'static str, Vec<String>>,
    people: Vec<String>,
    count: usize,
    /// More options of the command.
    pub options: Vec<String>,
}

/// What a run left: who is assigned where, the sums of the audit, the factor tables and the folder.
pub struct Found {
    assigned: BTreeMap<(String, u16, String), String>,
    sums: BTreeMap<(String, String, u16, String), BTreeMap<String, i128>>,
    thresholds: BTreeMap<(u16, String), String>,
    pub tables: FactorTables,
    pub out: PathBuf,
}

impl Tiny {
    /// An extract for a performance year, in which somebody is enrolled in every year that any agreement may need.
    pub fn new(year: u16) -> Self {
        let mut tiny = Self { year, rows: BTreeMap::new(), people: Vec::new(), count: 0, options: Vec::new() };
        for earlier in year - 9..=year {
            tiny.person("zz", earlier, "444444444444", "");
        }
        tiny
    }

    /// An ACO A1 of the taxpayers T1 and T2, whose agreement begins with the performance year.
    pub fn one_aco(year: u16) -> Self {
        let mut tiny = Self::new(year);
        tiny.aco("A1", &["T1", "T2"], "");
        tiny
    }

    /// Services of one window are enough: everybody is enrolled all of the performance year and visits T1 once.
    pub fn visited(year: u16, cases: &[(&str, &str)]) -> Self {
        let mut tiny = Self::one_aco(year);
        let day = format!("{year}-05-05");
        for (bene, more) in cases {
            tiny.whole(bene).visit(bene, &day, "T1", "30", more);
        }
        tiny
    }

    /// Adds a row.
    pub fn put(&mut self, table: &'static str, cells: impl Into<String>) -> &mut Self {
        self.rows.entry(table).or_default().push(cells.into());
        self
    }

    /// A person in a year, by his twelve month codes; he lives in Ohio unless told otherwise.
    pub fn person(&mut self, bene: &str, year: u16, status: &str, more: &str) -> &mut Self {
        if !self.people.iter().any(|known| known == bene) {
            self.people.push(bene.to_string());
        }
        let more = if more.contains("county=") { more.to_string() } else { format!("county=39035 {more}") };
        self.put("beneficiary_year", format!("bene_id={bene} year={year} status={status} {more}"))
    }

    /// A person enrolled in both parts all of the performance year.
    pub fn whole(&mut self, bene: &str) -> &mut Self {
        self.person(bene, self.year, "444444444444", "")
    }

    /// An institutional claim; sequestration is told, so that the payment is what counts.
    pub fn claim(&mut self, bene: &str, claim_type: u8, thru: &str, paid: &str, more: &str) -> &mut Self {
        self.count += 1;
        let from = if more.contains("from_date=") { String::new() } else { format!("from_date={thru}") };
        let seq = if more.contains("sequestration_amt=") { "" } else { "sequestration_amt=0" };
        let id = self.count;
        let row = format!(
            "bene_id={bene} claim_id=H{id} claim_type={claim_type} thru_date={thru} payment_amt={paid} {from} {seq} {more}"
        );
        self.put("claim_header", row)
    }

    /// A line; sequestration is told unless `more` says `sequestration_amt=`.
    pub fn line(&mut self, bene: &str, last: &str, paid: &str, more: &str) -> &mut Self {
        self.count += 1;
        let mut row = format!("bene_id={bene} line_num=1 last_date={last} payment_amt={paid} {more}");
        for (column, usual) in
            [("claim_id", format!("L{}", self.count)), ("claim_type", "71".into()), ("sequestration_amt", "0".into())]
        {
            if !row.contains(&format!("{column}=")) {
                row += &format!(" {column}={usual}");
            }
        }
        self.put("claim_line", row)
    }

    /// An office visit by a general internist unless told otherwise, of which Medicare paid nothing.
    pub fn visit(&mut self, bene: &str, last: &str, tin: &str, allowed: &str, more: &str) -> &mut Self {
        let mut row = format!("allowed_amt={allowed} {more}");
        for (column, usual) in [("hcpcs", "99213"), ("specialty", "11"), ("tin", tin)] {
            if !row.contains(&format!("{column}=")) {
                row += &format!(" {column}={usual}");
            }
        }
        self.line(bene, last, "0", &row)
    }

    /// A revenue line of an outpatient facility, by its bill type.
    pub fn facility(&mut self, bene: &str, last: &str, ccn: &str, bill: &str, allowed: &str, more: &str) -> &mut Self {
        let (kind, class) = bill.split_at(1);
        let bill = format!("ccn={ccn} facility_type={kind} service_classification={class}");
        self.line(bene, last, "0", &format!("claim_type=40 {bill} allowed_amt={allowed} {more}"))
    }

    /// An ACO whose agreement begins with the performance year, or at `agreement_start=`.
    pub fn aco(&mut self, aco: &str, providers: &[&str], more: &str) -> &mut Self {
        let mut row = format!("aco_id={aco} performance_year={} {more}", self.year);
        let start = row.split("agreement_start=").nth(1).map_or(self.year, |day| day[..4].parse().unwrap());
        let older = start < 2019 || start == 2019 && !row.contains("agreement_start=2019-07");
        for (column, usual) in [
            // Nobody's first agreement began in January 2019, and nobody's at all in 2021.
            ("agreement_start", format!("{}-01-01", if matches!(self.year, 2019 | 2021) { self.year - 1 } else { self.year })),
            ("dual_share_by3", "0".to_string()),
            ("agreement_period", "1".to_string()),
            ("times_regionally_adjusted", "1".to_string()),
            ("assignment_method", "retrospective".to_string()),
            ("track", if older { "1".to_string() } else { "BASIC level=A".to_string() }),
            ("quality_standard", "met quality_score=1".to_string()),
        ] {
            if !row.contains(&format!("{column}=")) {
                row += &format!(" {column}={usual}");
            }
        }
        for provider in providers {
            let column = if provider.starts_with(|c: char| c.is_ascii_digit()) { "ccn" } else { "tin" };
            self.put("participant", format!("aco_id={aco} performance_year={} {column}={provider}", self.year));
        }
        self.put("agreement", row)
    }

    /// Writes the extract and runs the main job on it; the folder is the test's own.
    pub fn run(&self) -> Found {
        self.try_run().unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// The same, where the run may be refused.
    pub fn try_run(&self) -> Result<Found, String> {
        let folder = self.lay();
        self.try_run_in(&folder)
    }

    /// Writes the extract into a folder of the test's own, as `extract`; gives that folder.
    pub fn lay(&self) -> PathBuf {
        let test = std::thread::current().name().unwrap_or("tiny").replace("::", "_");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tiny-{test}-{self:p}"));
        let _ = fs::remove_dir_all(&folder);
        let extract = folder.join("extract");
        fs::create_dir_all(&extract).unwrap();
        for name in ["claim_header", "claim_line", "beneficiary_year", "participant", "agreement"] {
            self.write(name, &extract);
        }
        for name in self.rows.keys() {
            self.write(name, &extract);
        }
        folder
    }

    /// Runs the main job on an extract that was written before.
    pub fn try_run_in(&self, folder: &Path) -> Result<Found, String> {
        let (extract, run, audit) = (folder.join("extract"), folder.join("run"), folder.join("audit"));
        let year = self.year.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_acobench"));
        command.args([
            "run",
            "--quiet",
            "--io",
            "read",
            "--performance-year",
            &year,
            "--max-quarantined",
            "1",
            "--allow-findings",
        ]);
        if !self.rows.contains_key("risk_score") {
            command.args(["--risk", "none"]);
        }
        for (option, path) in [("--extract", &extract), ("--out", &run), ("--audit", &audit)] {
            command.arg(option).arg(path);
        }
        let ended = command.args(&self.options).env_remove("ACOBENCH_FAIL").output().unwrap();
        if !ended.status.success() {
            return Err(format!("{:?} {}", ended.status.code(), String::from_utf8_lossy(&ended.stderr)));
        }
        Ok(self.found(folder))
    }

    fn write(&self, name: &str, folder: &Path) {
        let table = table(name).unwrap();
        let mut sink = TableSink::new(table, Vec::new(), false).unwrap();
        for row in self.rows.get(name).into_iter().flatten() {
            let cells: BTreeMap<&str, &str> = row.split_whitespace().map(|cell| cell.split_once('=').unwrap()).collect();
            for column in cells.keys() {
                assert!(table.columns.iter().any(|known| known.name == *column), "{name} has no column {column}");
            }
            sink.push_cells(|batch| {
                for (at, column) in table.columns.iter().enumerate() {
                    let cell = cells.get(column.name).map(|cell| cell.replace('~', " "));
                    let cell = cell.as_deref();
                    match column.kind {
                        Kind::Text => batch.text(at, cell),
                        Kind::UInt8 => batch.uint8(at, cell.map(|cell| cell.parse().unwrap())),
                        Kind::UInt16 => batch.uint16(at, cell.map(|cell| cell.parse().unwrap())),
                        Kind::UInt64 => batch.uint64(at, cell.map(|cell| cell.parse().unwrap())),
                        Kind::Date => batch.date(at, cell.map(day)),
                        Kind::Money => batch.decimal(at, cell.map(|cell| Cents::parse(cell).unwrap().0)),
                        Kind::Number => batch.decimal(at, cell.map(millionths)),
                        Kind::Flag => batch.flag(at, cell.map(|cell| cell == "yes")),
                    }
                }
                batch.end_row(table.columns.len());
            })
            .unwrap();
        }
        fs::write(folder.join(format!("{name}.parquet")), sink.finish_cells().unwrap()).unwrap();
    }

    fn found(&self, folder: &Path) -> Found {
        let mut people = self.people.clone();
        people.sort_unstable();
        let audit = folder.join("audit");
        let year = |row: &BTreeMap<String, String>| row["year"].parse().unwrap();
        let assigned = records(&audit.join("assignment.csv")).into_iter().map(|row| {
            let bene = people[row["row"].parse::<usize>().unwrap() - 1].clone();
            ((bene, year(&row), row["performance_half"].clone()), row["aco_id"].clone())
        });
        let sums = records(&audit.join("aggregates.csv")).into_iter().map(|row| {
            let key = (row["aco_id"].clone(), row["performance_half"].clone(), year(&row), row["enrollment_type"].clone());
            (key, row.into_iter().filter_map(|(name, cell)| Some((name, cell.parse().ok()?))).collect())
        });
        let thresholds = records(&audit.join("thresholds.csv"));
        let out = folder.join("run");
        Found {
            assigned: assigned.collect(),
            sums: sums.collect(),
            thresholds: thresholds
                .into_iter()
                .map(|row| ((year(&row), row["enrollment_type"].clone()), row["threshold"].clone()))
                .collect(),
            tables: FactorTables::read(&out.join("factors")).unwrap(),
            out,
        }
    }
}

impl Found {
    /// Who is assigned in a year, as `person>ACO` in order, halves as `person>ACO/half`.
    pub fn homes(&self, year: u16) -> String {
        let homes = self.assigned.iter().filter(|((_, at, _), _)| *at == year).map(|((bene, _, half), aco)| {
            let half = if half.is_empty() { String::new() } else { format!("/{half}") };
            format!("{bene}>{aco}{half}")
        });
        homes.collect::<Vec<_>>().join(" ")
    }

    /// A column of the sums of an ACO (`*` the assignable, `NONE` those of none) in a year and type.
    pub fn sum(&self, aco: &str, year: u16, kind: &str, column: &str) -> i128 {
        let (aco, half) = aco.split_once('/').unwrap_or((aco, ""));
        self.sums[&(aco.to_string(), half.to_string(), year, kind.to_string())][column]
    }

    /// The cents that count of everybody in a year and type, and the months.
    pub fn everybody(&self, year: u16, kind: &str) -> (i128, i128) {
        let rows = self.sums.iter().filter(|((aco, _, at, of), _)| aco != "*" && *at == year && of == kind);
        rows.fold((0, 0), |(total, months), (_, row)| (total + row["total"], months + row["months"]))
    }

    /// The threshold of a year and type as written.
    pub fn threshold(&self, year: u16, kind: &str) -> &str {
        &self.thresholds[&(year, kind.to_string())]
    }

    /// A cell of a table of the run's folder, by the cells that tell its row.
    pub fn cell(&self, file: &str, keys: &[(&str, &str)], column: &str) -> String {
        let rows = records(&self.out.join(file));
        let row = rows.iter().find(|row| keys.iter().all(|(name, value)| row[*name] == *value));
        row.unwrap_or_else(|| panic!("{file} has no row {keys:?}"))[column].clone()
    }

    /// The notes of the manifest.
    pub fn manifest(&self) -> String {
        fs::read_to_string(self.out.join("manifest.json")).unwrap()
    }
}

/// The rows of a CSV file by column.
pub fn records(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    reader.deserialize().map(Result::unwrap).collect()
}

fn day(text: &str) -> i32 {
    let date: jiff::civil::Date = text.parse().unwrap_or_else(|_| panic!("{text} is no day"));
    date.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days()
}

fn millionths(text: &str) -> i64 {
    let number: Decimal = text.parse().unwrap();
    i64::try_from(number * Decimal::from(1_000_000)).unwrap()
}
