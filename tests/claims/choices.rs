//! Every switch of the heavy half moves a computed figure: one extract of a few people for each.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use acobench::extract::{Agreement, BeneficiaryYear, ClaimHeader, ClaimLine, Participant, RiskScore, Row, TableSink};
use acobench::money::Cents;

fn day(text: &str) -> i32 {
    let date: jiff::civil::Date = text.parse().unwrap();
    i32::try_from(date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24).unwrap()
}

/// An extract under construction: ACO A1 with taxpayer 100000001, and Ann, whom it sees every year.
struct Extract {
    performance_year: u16,
    method: &'static str,
    headers: Vec<ClaimHeader<'static>>,
    lines: Vec<ClaimLine<'static>>,
    years: Vec<BeneficiaryYear<'static>>,
    scores: Vec<RiskScore<'static>>,
}

const OURS: &str = "100000001";
const THEIRS: &str = "200000002";
const CLINIC: &str = "011800";

impl Extract {
    fn new(performance_year: u16, method: &'static str) -> Self {
        let mut extract =
            Self { performance_year, method, headers: Vec::new(), lines: Vec::new(), years: Vec::new(), scores: Vec::new() };
        for year in performance_year - 5..=performance_year {
            extract.live("ann", year);
            extract.visit("ann", year, OURS, "99213", 10_000);
        }
        extract
    }

    fn live(&mut self, bene_id: &'static str, year: u16) -> &mut BeneficiaryYear<'static> {
        self.years.push(BeneficiaryYear {
            bene_id,
            year,
            status: "444444444444",
            county: Some("01001"),
            county_september: None,
            birth_date: None,
            death_date: None,
            dual_status: None,
            lis_status: None,
            medicare_status: None,
            other_initiative: None,
        });
        self.years.last_mut().unwrap()
    }

    /// An office visit in June to a family physician, paid in July what was allowed.
    fn visit(
        &mut self,
        bene_id: &'static str,
        year: u16,
        tin: &'static str,
        hcpcs: &'static str,
        cents: i64,
    ) -> &mut ClaimLine<'static> {
        self.lines.push(ClaimLine {
            bene_id,
            claim_id: "c",
            line_num: 1,
            claim_type: 71,
            first_date: None,
            last_date: day(&format!("{year}-06-15")),
            hcpcs: Some(hcpcs),
            revenue_center: None,
            pos: Some("11"),
            specialty: Some("08"),
            tin: Some(tin),
            ccn: None,
            facility_type: None,
            service_classification: None,
            npi: None,
            other_npi: None,
            attending_npi: None,
            payment_amt: Cents(cents),
            allowed_amt: Some(Cents(cents)),
            non_payment_reason: None,
            claim_denial: None,
            processing_indicator: None,
            processed_date: Some(day(&format!("{year}-07-01"))),
            sequestration_amt: Some(Cents(0)),
            pbp_reduction_amt: None,
        });
        self.lines.last_mut().unwrap()
    }

    /// A line of a federally qualified health center's claim.
    fn clinic(&mut self, bene_id: &'static str, year: u16, hcpcs: &'static str, allowed: i64) -> &mut ClaimLine<'static> {
        let line = self.visit(bene_id, year, THEIRS, hcpcs, allowed);
        (line.claim_type, line.tin, line.ccn) = (40, None, Some(CLINIC));
        (line.facility_type, line.service_classification) = (Some("7"), Some("7"));
        line
    }

    /// An institutional claim of June.
    fn claim(&mut self, bene_id: &'static str, claim_type: u8, year: u16, cents: i64) -> &mut ClaimHeader<'static> {
        let day = |text: &str| day(&format!("{year}-{text}"));
        self.headers.push(ClaimHeader {
            bene_id,
            claim_id: "h",
            claim_type,
            from_date: day("06-10"),
            thru_date: day("06-20"),
            admission_date: Some(day("06-10")),
            discharge_date: Some(day("06-20")),
            ccn: Some("010001"),
            tin: None,
            facility_type: Some("1"),
            service_classification: Some("1"),
            non_payment_reason: None,
            attending_npi: None,
            other_npi: None,
            rendering_npi: None,
            processed_date: Some(day("07-01")),
            payment_amt: Cents(cents),
            ime_operating_amt: None,
            dsh_operating_amt: None,
            ime_capital_amt: None,
            dsh_capital_amt: None,
            uncompensated_care_amt: None,
            ihs_pr_supplement_amt: None,
            sequestration_amt: Some(Cents(0)),
            pbp_reduction_amt: None,
            covid_b9729: None,
            covid_u071: None,
            covid_no_positive_test: None,
        });
        self.headers.last_mut().unwrap()
    }

    fn score(&mut self, bene_id: &'static str, year: u16, millionths: i64) {
        let some = Some(millionths);
        self.scores.push(RiskScore {
            bene_id,
            year,
            hcc_version: "V24",
            score_esrd: some,
            score_dis: some,
            score_agdu: some,
            score_agnd: some,
            demographic_esrd: some,
            demographic_dis: some,
            demographic_agdu: some,
            demographic_agnd: some,
        });
    }

    fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        table(folder, &self.headers);
        table(folder, &self.lines);
        table(folder, &self.years);
        if !self.scores.is_empty() {
            table(folder, &self.scores);
        }
        let year = self.performance_year;
        table(
            folder,
            &[Participant {
                aco_id: "A1",
                performance_year: year,
                tin: Some(OURS),
                ccn: None,
                npi: None,
                performance_half: None,
            }],
        );
        table(
            folder,
            &[Agreement {
                aco_id: "A1",
                performance_year: year,
                performance_half: None,
                agreement_start: day(&format!("{year}-01-01")),
                agreement_period: 1,
                times_regionally_adjusted: 1,
                track: "BASIC",
                level: Some("A"),
                assignment_method: self.method,
                msr_choice: None,
                quality_standard: Some("met"),
                quality_score: Some(1_000_000),
                revenue_loss_limit: None,
                euc_share_beneficiaries: None,
                euc_share_year: None,
                prior_savings_1: None,
                prior_savings_2: None,
                prior_savings_3: None,
                prior_person_years_1: None,
                prior_person_years_2: None,
                prior_person_years_3: None,
                prior_sharing_rate_1: None,
                prior_sharing_rate_2: None,
                prior_sharing_rate_3: None,
                termination: None,
                termination_date: None,
                closeout_complete: None,
                aip_outstanding: None,
                prepaid_outstanding: None,
                assigned_beneficiaries: None,
                participant_revenue: None,
                low_revenue: Some(false),
                lis_dual_share: Some(0),
                dual_share_by3: Some(0),
            }],
        );
    }
}

fn table<R: Row>(folder: &Path, rows: &[R]) {
    let file = File::create(folder.join(format!("{}.parquet", R::TABLE.name))).unwrap();
    let mut sink = TableSink::new(R::TABLE, file, false).unwrap();
    for row in rows {
        sink.push(row).unwrap();
    }
    sink.finish::<R>().unwrap();
}

/// A cell of a factor table: the row whose cells begin with `key`.
fn cell(run: &Path, table: &str, key: &str, column: &str) -> String {
    let text = fs::read_to_string(run.join("factors").join(format!("{table}.csv"))).unwrap();
    let mut lines = text.lines();
    let at = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
    let row = lines.find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("no row {key} in\n{text}"));
    row.split(',').nth(at).unwrap().to_string()
}

/// The cell under the default and under each switch, the extract being what `make` makes of Ann's.
fn cells(
    year: u16,
    method: &'static str,
    switches: &[&str],
    at: (&str, &str, &str),
    make: impl FnOnce(&mut Extract),
) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let extract = home.path().join("extract");
    let mut made = Extract::new(year, method);
    make(&mut made);
    made.write(&extract);
    let risk = if made.scores.is_empty() { "none" } else { "scores" };
    let run = |number: usize, switch: Option<&&str>| {
        let out: PathBuf = home.path().join(format!("run{number}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_acobench"));
        command.args([
            "--quiet",
            "run",
            "--allow-findings",
            "--risk",
            risk,
            "--performance-year",
            &year.to_string(),
            "--extract",
        ]);
        command.arg(&extract).arg("--out").arg(&out);
        if let Some(switch) = switch {
            command.args(["--choose", switch]);
        }
        let ended = command.output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        cell(&out, at.0, at.1, at.2)
    };
    let switches = std::iter::once(None).chain(switches.iter().map(Some));
    switches.enumerate().map(|(number, switch)| run(number, switch)).collect()
}

const HEADS: (&str, &str, &str) = ("aco", "A1", "assigned_beneficiaries");
const COST: (&str, &str, &str) = ("aco_year", "A1,PY,AGND", "per_capita_expenditure");
const PEOPLE: (&str, &str, &str) = ("aco_year", "A1,PY,AGND", "person_years");

#[test]
fn capital_supplements() {
    // 100 of visits and 9,000 of 10,000 are completed by 1.013; or all 10,000.
    let found = cells(2023, "retrospective", &["capital_supplements=keep"], COST, |extract| {
        let claim = extract.claim("ann", 60, 2023, 1_000_000);
        (claim.ime_capital_amt, claim.dsh_capital_amt) = (Some(Cents(60_000)), Some(Cents(40_000)));
    });
    assert_eq!(found, ["9218.3", "10231.3"]);
}

#[test]
fn sequestration_amount() {
    let found = cells(2023, "retrospective", &["sequestration_amount=by_day"], COST, |extract| {
        extract.lines.last_mut().unwrap().payment_amt = Cents(9_800);
        extract.lines.last_mut().unwrap().sequestration_amt = Some(Cents(5_000));
    });
    // 98 + 50, or 98 / 0.98.
    assert_eq!(found, ["149.924", "101.3"]);
}

#[test]
fn undated_claim() {
    let found = cells(2023, "retrospective", &["undated_claim=late"], COST, |extract| {
        extract.claim("ann", 60, 2023, 100_000).processed_date = None;
    });
    assert_eq!(found, ["1114.3", "101.3"]);
}

#[test]
fn facility_type_denial() {
    let found = cells(2023, "retrospective", &["facility_type_denial=with_reason"], COST, |extract| {
        extract.claim("ann", 40, 2023, 100_000).facility_type = Some("4");
        extract.claim("ann", 40, 2023, 20_000).non_payment_reason = Some("N");
        let both = extract.claim("ann", 40, 2023, 3_000);
        (both.facility_type, both.non_payment_reason) = (Some("4"), Some("N"));
    });
    // The visit alone, or with the claims that have one of the two.
    assert_eq!(found, ["101.3", "1316.9"]);
}

#[test]
fn threshold_rank() {
    let at = ("national", "2023,AGND", "per_capita_expenditure");
    let found = cells(2023, "retrospective", &["threshold_rank=interpolated"], at, |extract| {
        extract.live("bob", 2023);
        extract.visit("bob", 2023, THEIRS, "99213", 1_010_000);
    });
    // (100 + 10,100) / 2, or (100 + 10,000) / 2 with the threshold at 0.99 of the way, times 1.013.
    assert_eq!(found, ["5166.3", "5115.65"]);
}

#[test]
fn last_episode() {
    // Over the last day of the emergency, in a hospital under prospective payment and in a critical access hospital.
    for (ccn, choice, people) in [
        ("010001", "last_episode=admitted", ["1", "0.8333333333333333333333333333"]),
        ("011300", "last_episode=discharged", ["0.8333333333333333333333333333", "1"]),
    ] {
        let found = cells(2023, "retrospective", &[choice], PEOPLE, |extract| {
            let stay = extract.claim("ann", 60, 2023, 100_000);
            (stay.admission_date, stay.discharge_date) = (Some(day("2023-05-10")), Some(day("2023-05-20")));
            (stay.covid_u071, stay.ccn) = (Some(true), Some(ccn));
        });
        assert_eq!(found, people, "{ccn}");
    }
}

#[test]
fn person_without_score() {
    let at = ("aco_year", "A1,PY,AGND", "hcc_risk_score");
    let found = cells(2023, "retrospective", &["person_without_score=one"], at, |extract| {
        for year in 2018..=2023 {
            extract.score("ann", year, 2_000_000);
        }
        extract.live("bob", 2023);
        extract.visit("bob", 2023, THEIRS, "99213", 10_000);
    });
    // 2 over the mean of 2, or over the mean of 2 and 1.
    assert_eq!(found, ["1", "1.3333333333333333333333333333"]);
}

#[test]
fn facility_charge() {
    let found = cells(2023, "retrospective", &["facility_charge=payment"], HEADS, |extract| {
        extract.live("bob", 2023);
        extract.visit("bob", 2023, OURS, "99213", 10_000);
        extract.clinic("bob", 2023, "99213", 5_000).payment_amt = Cents(20_000);
    });
    assert_eq!(found, ["2", "1"]);
}

#[test]
fn nursing_visits_on_clinic_claims() {
    let found = cells(2023, "retrospective", &["nursing_visits_on_clinic_claims=leave_out"], HEADS, |extract| {
        for person in ["at_home", "in_a_stay"] {
            extract.live(person, 2023);
            extract.visit(person, 2023, OURS, "99213", 10_000);
            extract.clinic(person, 2023, "99305", 20_000);
        }
        extract.claim("in_a_stay", 20, 2023, 100);
    });
    // The clinic has the visit at home, and nobody has the one in a skilled nursing facility.
    assert_eq!(found, ["2", "3"]);
}

#[test]
fn nursing_facility_test() {
    let switches = ["nursing_facility_test=stay", "nursing_facility_test=place"];
    let found = cells(2020, "retrospective", &switches, HEADS, |extract| {
        extract.live("at_the_place", 2020);
        extract.visit("at_the_place", 2020, OURS, "99213", 10_000);
        extract.visit("at_the_place", 2020, THEIRS, "99305", 20_000).pos = Some("31");
        for person in ["in_a_stay", "in_a_stay_too"] {
            extract.live(person, 2020);
            extract.visit(person, 2020, OURS, "99213", 10_000);
            extract.visit(person, 2020, THEIRS, "99305", 20_000);
            extract.claim(person, 20, 2020, 100);
        }
    });
    assert_eq!(found, ["4", "3", "2"]);
}

#[test]
fn benchmark_year_procedures() {
    let at = ("aco_year", "A1,BY1,AGND", "person_years");
    let found = cells(2023, "retrospective", &["benchmark_year_procedures=own_year"], at, |extract| {
        extract.live("bob", 2020);
        // Listed since 2021.
        extract.visit("bob", 2020, OURS, "99483", 10_000);
    });
    assert_eq!(found, ["2", "1"]);
}

#[test]
fn pruning_by_parts() {
    let found = cells(2023, "prospective", &["pruning_by_parts=both"], HEADS, |extract| {
        for year in 2021..=2023 {
            extract.live("bob", year);
        }
        extract.years.last_mut().unwrap().status = "444444AAAAAA";
        extract.visit("bob", 2022, OURS, "99213", 10_000);
    });
    assert_eq!(found, ["1", "2"]);
}

#[test]
fn pruning_by_residence() {
    let found = cells(2023, "prospective", &["pruning_by_residence=window_end"], HEADS, |extract| {
        for year in 2021..=2023 {
            extract.live("bob", year);
        }
        extract.years.last_mut().unwrap().county = Some("99999");
        extract.visit("bob", 2022, OURS, "99213", 10_000);
    });
    assert_eq!(found, ["1", "2"]);
}

#[test]
fn third_step_tie() {
    const PEOPLE: [&str; 8] = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"];
    let found = cells(2025, "retrospective", &["third_step_tie=draw"], HEADS, |extract| {
        for person in PEOPLE {
            extract.live(person, 2024);
            extract.live(person, 2025);
            extract.visit(person, 2024, OURS, "99213", 5_000);
            let nurse = extract.visit(person, 2025, OURS, "99213", 5_000);
            nurse.specialty = Some("50");
            let later = extract.visit(person, 2025, THEIRS, "99213", 10_000);
            (later.specialty, later.last_date) = (Some("50"), day("2025-06-20"));
        }
    });
    assert_eq!(found[0], "1");
    assert!(found[1].parse::<u32>().unwrap() > 1, "the draw gave all eight to the rival");
}
