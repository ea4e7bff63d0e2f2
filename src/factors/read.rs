//! Reading a folder of factor tables, all faults of a file at once.

use std::path::Path;

use super::cells::{Record, Sheet, Within, date, flag};
use super::compute::ScoreSet;
use super::faults::{Found, Reading, told_at_once};
use super::tables::{
    Aco, AcoCounty, AcoKey, AcoRegion, AcoYear, Acpt, AssignmentMethod, County, FactorTables, FactorYear, MinimumRateChoice,
    National, QualityStandard, Termination, Window,
};
use super::validate;
use super::write::{ACO, ACO_COUNTY, ACO_REGION, ACO_YEAR, ACPT, COUNTY, Columns, NATIONAL};
use crate::disk;
use crate::error::{Error, Place, Result};
use crate::rules::arrangements::Track;
use crate::rules::regimes::Population;
use crate::rules::{EnrollmentType, Fraction};

impl Reading {
    /// Reads what can be read of the tables of a folder, and checks what reads.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn of(folder: &Path) -> Result<Self> {
        let mut reading = Self::unchecked(folder)?;
        validate::check(&reading.tables, folder, &mut reading.found);
        Ok(reading)
    }

    fn unchecked(folder: &Path) -> Result<Self> {
        let mut found = Found::default();
        let tables = FactorTables {
            acos: required(folder, &ACO, aco, &mut found)?,
            aco_years: required(folder, &ACO_YEAR, aco_year, &mut found)?,
            aco_regions: optional(folder, &ACO_REGION, aco_region, &mut found)?,
            national: required(folder, &NATIONAL, national, &mut found)?,
            acpt: optional(folder, &ACPT, acpt, &mut found)?,
            counties: optional(folder, &COUNTY, county, &mut found)?,
            aco_counties: optional(folder, &ACO_COUNTY, aco_county, &mut found)?,
        };
        Ok(Self { folder: folder.to_path_buf(), tables, found })
    }
}

impl FactorTables {
    /// Reads the tables of a folder.
    ///
    /// # Errors
    /// [`crate::error::Error::Inputs`] with every fault of every file: its table, column and key.
    pub fn read(folder: &Path) -> Result<Self> {
        Reading::of(folder)?.whole().map_err(|reading| reading.refusal(Vec::new()))
    }

    /// Reads the tables that a finished run wrote. What an ACO lacks there left it undetermined and refuses nothing now.
    ///
    /// # Errors
    /// [`crate::error::Error::Inputs`] with every row that does not read.
    pub fn read_finished(folder: &Path) -> Result<Self> {
        Reading::unchecked(folder)?.whole().map_err(|reading| reading.refusal(Vec::new()))
    }
}

impl FactorTables {
    /// Reads one file as the table `national`.
    ///
    /// # Errors
    /// As [`FactorTables::read`].
    pub fn read_national(path: &Path) -> Result<Vec<National>> {
        alone(path, &NATIONAL, national)
    }

    /// Reads one file as the table `acpt`.
    ///
    /// # Errors
    /// As [`FactorTables::read`].
    pub fn read_acpt(path: &Path) -> Result<Vec<Acpt>> {
        alone(path, &ACPT, acpt)
    }

    /// Reads one file as the table `county`.
    ///
    /// # Errors
    /// As [`FactorTables::read`].
    pub fn read_county(path: &Path) -> Result<Vec<County>> {
        alone(path, &COUNTY, county)
    }
}

fn alone<T>(path: &Path, columns: &Columns, read: Read<T>) -> Result<Vec<T>> {
    let mut found = Found::default();
    let rows = Sheet::open_file(path, columns, &mut found)?.map(|sheet| sheet.rows(&mut found, read)).unwrap_or_default();
    if found.faults.is_empty() { Ok(rows) } else { Err(told_at_once(found.faults, path)) }
}

type Read<T> = fn(&mut Sheet, &mut Record) -> Option<T>;

fn optional<T>(folder: &Path, columns: &Columns, read: Read<T>, found: &mut Found) -> Result<Vec<T>> {
    Ok(Sheet::open(folder, columns, found)?.map(|sheet| sheet.rows(found, read)).unwrap_or_default())
}

fn required<T>(folder: &Path, columns: &Columns, read: Read<T>, found: &mut Found) -> Result<Vec<T>> {
    if !disk::exists(&folder.join(format!("{}.csv", columns.table))) {
        let file = format!("{}.csv", columns.table);
        // The folder of a run has them one level down.
        let below = folder.join("factors");
        let hint = if disk::exists(&below.join(&file)) {
            format!("did you mean {}?", below.display())
        } else {
            format!("put {file} into the folder")
        };
        found.push(Error::input("a factor table is missing", Place::table(columns.table).in_file(folder), hint));
        found.unread.add_row(columns.table, Vec::new());
    }
    optional(folder, columns, read, found)
}

#[allow(clippy::unnecessary_wraps, reason = "a reader of cells, which all may fail")]
fn text(value: &str) -> Option<String> {
    Some(value.to_string())
}

fn number<T: std::str::FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

fn key(sheet: &mut Sheet, record: &mut Record, more: &[&'static str]) -> Option<AcoKey> {
    sheet.key(record, &[&["aco_id", "performance_half"], more].concat());
    let aco_id = sheet.required(record, "aco_id", "the ACO's identifier", text);
    let half = sheet.optional(record, "performance_half", "1, 2 or nothing", |word| match word {
        "1" => Some(1),
        "2" => Some(2),
        _ => None,
    });
    if sheet.is_faulty("performance_half") {
        return None;
    }
    Some(AcoKey { aco_id: aco_id?, performance_half: half })
}

fn year(sheet: &mut Sheet, record: &Record) -> Option<FactorYear> {
    sheet.required(record, "year", "BY1, BY2, BY3 or PY", FactorYear::read)
}

fn kind(sheet: &mut Sheet, record: &Record) -> Option<EnrollmentType> {
    sheet.required(record, "enrollment_type", "ESRD, DIS, AGDU or AGND", |word| word.parse().ok())
}

fn choice(word: &str) -> Option<MinimumRateChoice> {
    if word == "variable" {
        return Some(MinimumRateChoice::Variable);
    }
    let Fraction(rate) = word.parse().ok()?;
    (rate >= rust_decimal::Decimal::ZERO && rate < rust_decimal::Decimal::ONE).then_some(MinimumRateChoice::Fixed(rate))
}

pub(super) fn aco(sheet: &mut Sheet, record: &mut Record) -> Option<Aco> {
    let key = key(sheet, record, &["performance_year"]);
    let performance_year = sheet.required(record, "performance_year", "a year", number::<u16>);
    let agreement_start = sheet.required(record, "agreement_start", "a date, YYYY-MM-DD", date);
    let agreement_period = sheet.required(record, "agreement_period", "1 for the first agreement, 2, 3, ...", |word| {
        number::<u32>(word).filter(|period| *period > 0)
    });
    let level = sheet.text(record, "level").unwrap_or_default().to_string();
    let mut tracks = "1, 1+, 2, 3, ENHANCED, or BASIC with a level A to E".to_string();
    if !level.is_empty() {
        tracks += &format!("; its level here is {level}");
    }
    let track = sheet.required(record, "track", &tracks, |word| Track::read(word, &level));
    // Every cell is read before the first that is missed ends the record, so that all its faults are told.
    let months = sheet.optional(record, "performance_months", "12, or 6 for a half of 2019", |word| {
        number::<u8>(word).filter(|months| matches!(months, 6 | 12))
    });
    let times = sheet.optional(record, "times_regionally_adjusted", "a count", number::<u32>);
    let method = sheet.optional(record, "assignment_method", "retrospective or prospective", AssignmentMethod::read);
    let heads = sheet.required(record, "assigned_beneficiaries", "a count", number::<u64>);
    let msr_choice = sheet.optional(record, "msr_choice", "variable, or a fraction", choice);
    let standard = sheet.optional(record, "quality_standard", "met, alternative or not_met", QualityStandard::read);
    let quality_score = sheet.number(record, "quality_score", Within::Share);
    let participant_revenue = sheet.number(record, "participant_revenue", Within::NotNegative);
    let low_revenue = sheet.optional(record, "low_revenue", "yes or no", flag);
    let revenue_loss_limit = sheet.optional(record, "revenue_loss_limit", "yes or no", flag);
    let euc_share_beneficiaries = sheet.number(record, "euc_share_beneficiaries", Within::Share);
    let euc_share_year = sheet.number(record, "euc_share_year", Within::Share);
    let lis_dual_share = sheet.number(record, "lis_dual_share", Within::Share);
    let dual_share_by3 = sheet.number(record, "dual_share_by3", Within::Share);
    let mut three = |names: [&str; 3], within| names.map(|name| sheet.number(record, name, within));
    let prior_savings = three(["prior_savings_1", "prior_savings_2", "prior_savings_3"], Within::Any);
    let prior_person_years = three(["prior_person_years_1", "prior_person_years_2", "prior_person_years_3"], Within::NotNegative);
    let prior_sharing_rate = three(["prior_sharing_rate_1", "prior_sharing_rate_2", "prior_sharing_rate_3"], Within::Share);
    let termination = sheet.optional(record, "termination", "none, voluntary or involuntary", Termination::read);
    let termination_date = sheet.optional(record, "termination_date", "a date, YYYY-MM-DD", date);
    let closeout_complete = sheet.optional(record, "closeout_complete", "yes or no", flag);
    let aip_outstanding = sheet.number(record, "aip_outstanding", Within::NotNegative);
    let prepaid_outstanding = sheet.number(record, "prepaid_outstanding", Within::NotNegative);
    let key = key?;
    // An ACO of whom these are unknown would be checked against rules that may not be its own.
    if sheet.is_faulty("assignment_method") || sheet.is_faulty("termination") {
        return None;
    }
    let performance_months = months.unwrap_or(if key.performance_half.is_some() { 6 } else { 12 });
    Some(Aco {
        key,
        performance_year: performance_year?,
        performance_months,
        agreement_start: agreement_start?,
        agreement_period: agreement_period?,
        times_regionally_adjusted: times.unwrap_or(0),
        track: track?,
        assignment_method: method.unwrap_or(AssignmentMethod::Retrospective),
        assigned_beneficiaries: heads.unwrap_or(0),
        msr_choice,
        quality_standard: standard.unwrap_or(QualityStandard::NotMet),
        quality_score,
        participant_revenue,
        low_revenue,
        revenue_loss_limit,
        euc_share_beneficiaries,
        euc_share_year,
        lis_dual_share,
        dual_share_by3,
        prior_savings,
        prior_person_years,
        prior_sharing_rate,
        termination: termination.unwrap_or(Termination::None),
        termination_date,
        closeout_complete,
        aip_outstanding,
        prepaid_outstanding,
    })
}

fn aco_year(sheet: &mut Sheet, record: &mut Record) -> Option<AcoYear> {
    let key = key(sheet, record, &["year", "enrollment_type"]);
    let (year, kind) = (year(sheet, record), kind(sheet, record));
    let person_years = sheet.required_number(record, "person_years", Within::NotNegative);
    let per_capita = sheet.required_number(record, "per_capita_expenditure", Within::Any);
    let mut score = |name| sheet.number(record, name, Within::NotNegative);
    let scores = [
        score("hcc_risk_score"),
        score("demographic_risk_score"),
        score("new_person_years"),
        score("new_hcc_risk_score"),
        score("continuing_hcc_risk_score"),
        score("continuing_demographic_risk_score"),
    ];
    // How many are newly assigned decides which scores are needed.
    if sheet.is_faulty("new_person_years") {
        return None;
    }
    Some(AcoYear {
        key: key?,
        year: year?,
        enrollment_type: kind?,
        person_years: person_years?,
        per_capita_expenditure: per_capita?,
        hcc_risk_score: scores[0],
        demographic_risk_score: scores[1],
        new_person_years: scores[2],
        new_hcc_risk_score: scores[3],
        continuing_hcc_risk_score: scores[4],
        continuing_demographic_risk_score: scores[5],
    })
}

fn aco_region(sheet: &mut Sheet, record: &mut Record) -> Option<AcoRegion> {
    let key = key(sheet, record, &["year", "enrollment_type"]);
    let (year, kind) = (year(sheet, record), kind(sheet, record));
    let expenditure = sheet.required_number(record, "regional_expenditure", Within::Any);
    let weight = sheet.number(record, "national_weight", Within::Share);
    let hcc = sheet.number(record, "regional_hcc_score", Within::NotNegative);
    let demographic = sheet.number(record, "regional_demographic_score", Within::NotNegative);
    Some(AcoRegion {
        key: key?,
        year: year?,
        enrollment_type: kind?,
        regional_expenditure: expenditure?,
        national_weight: weight,
        regional_hcc_score: hcc,
        regional_demographic_score: demographic,
    })
}

fn national(sheet: &mut Sheet, record: &mut Record) -> Option<National> {
    sheet.key(record, &["calendar_year", "population", "enrollment_type"]);
    let year = sheet.required(record, "calendar_year", "a year", number::<u16>);
    let population = sheet.optional(record, "population", "assignable or all_ffs", |word| {
        [Population::Assignable, Population::AllFfs].into_iter().find(|population| population.name() == word)
    });
    let kind = kind(sheet, record);
    let per_capita = sheet.required_number(record, "per_capita_expenditure", Within::Any);
    let truncated = sheet.number(record, "truncated_per_capita", Within::Any);
    if sheet.is_faulty("population") {
        return None;
    }
    Some(National {
        calendar_year: year?,
        population: population.unwrap_or(Population::Assignable),
        enrollment_type: kind?,
        per_capita_expenditure: per_capita?,
        truncated_per_capita: truncated,
    })
}

fn acpt(sheet: &mut Sheet, record: &mut Record) -> Option<Acpt> {
    sheet.key(record, &["agreement_start", "performance_year", "enrollment_type"]);
    let start = sheet.required(record, "agreement_start", "a date, YYYY-MM-DD", date);
    let year = sheet.required(record, "performance_year", "a year", number::<u16>);
    let kind = kind(sheet, record);
    let growth = sheet.required_number(record, "growth", Within::NotNegative);
    let weight = sheet.number(record, "weight", Within::Share);
    sheet.unspoilt()?;
    Some(Acpt { agreement_start: start?, performance_year: year?, enrollment_type: kind?, growth: growth?, weight })
}

fn county(sheet: &mut Sheet, record: &mut Record) -> Option<County> {
    sheet.key(record, &["calendar_year", "window", "county", "enrollment_type", "scores"]);
    let year = sheet.required(record, "calendar_year", "a year", number::<u16>);
    let window = sheet.optional(record, "window", "calendar or offset", Window::read);
    let county = sheet.required(record, "county", "a county's FIPS code", text);
    let kind = kind(sheet, record);
    let person_years = sheet.required_number(record, "person_years", Within::NotNegative);
    let per_capita = sheet.required_number(record, "per_capita_expenditure", Within::Any);
    let hcc = sheet.number(record, "hcc_risk_score", Within::NotNegative);
    let demographic = sheet.number(record, "demographic_risk_score", Within::NotNegative);
    let scores = sheet.optional(record, "scores", "own_year or performance_year", ScoreSet::read);
    sheet.unspoilt()?;
    Some(County {
        calendar_year: year?,
        window: window.unwrap_or(Window::Calendar),
        county: county?,
        enrollment_type: kind?,
        scores,
        person_years: person_years?,
        per_capita_expenditure: per_capita?,
        hcc_risk_score: hcc,
        demographic_risk_score: demographic,
    })
}

fn aco_county(sheet: &mut Sheet, record: &mut Record) -> Option<AcoCounty> {
    let key = key(sheet, record, &["year", "county", "enrollment_type"]);
    let (year, kind) = (year(sheet, record), kind(sheet, record));
    let county = sheet.required(record, "county", "a county's FIPS code", text);
    let person_years = sheet.required_number(record, "person_years", Within::NotNegative);
    Some(AcoCounty { key: key?, year: year?, county: county?, enrollment_type: kind?, person_years: person_years? })
}
