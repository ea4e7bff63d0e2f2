//! Reading a folder of factor tables, all faults of a file at once.

use std::path::Path;

use super::cells::{Record, Sheet, Within, date, flag};
use super::tables::{
    Aco, AcoCounty, AcoKey, AcoRegion, AcoYear, Acpt, AssignmentMethod, County, FactorTables, FactorYear, MinimumRateChoice,
    National, QualityStandard, Termination, Window,
};
use super::validate;
use super::write::{ACO, ACO_COUNTY, ACO_REGION, ACO_YEAR, ACPT, COUNTY, Columns, NATIONAL};
use crate::error::{Error, Place, Result};
use crate::rules::arrangements::Track;
use crate::rules::regimes::Population;
use crate::rules::{EnrollmentType, Fraction};

impl FactorTables {
    /// Reads the tables of a folder.
    ///
    /// # Errors
    /// [`Error::Inputs`] with every fault of a file: its table, column and key.
    pub fn read(folder: &Path) -> Result<Self> {
        let tables = Self {
            acos: required(folder, &ACO, aco)?,
            aco_years: required(folder, &ACO_YEAR, aco_year)?,
            aco_regions: optional(folder, &ACO_REGION, aco_region)?,
            national: required(folder, &NATIONAL, national)?,
            acpt: optional(folder, &ACPT, acpt)?,
            counties: optional(folder, &COUNTY, county)?,
            aco_counties: optional(folder, &ACO_COUNTY, aco_county)?,
        };
        validate::check(&tables, folder)?;
        Ok(tables)
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
    Sheet::open_file(path, columns.table, columns.required, columns.optional)?.rows(read)
}

type Read<T> = fn(&mut Sheet, &mut Record) -> Option<T>;

fn optional<T>(folder: &Path, columns: &Columns, read: Read<T>) -> Result<Vec<T>> {
    match Sheet::open(folder, columns.table, columns.required, columns.optional)? {
        Some(sheet) => sheet.rows(read),
        None => Ok(Vec::new()),
    }
}

fn required<T>(folder: &Path, columns: &Columns, read: Read<T>) -> Result<Vec<T>> {
    match Sheet::open(folder, columns.table, columns.required, columns.optional)? {
        Some(sheet) => sheet.rows(read),
        None => Err(Error::input(
            "a factor table is missing",
            Place::table(columns.table).in_file(folder),
            format!("put {}.csv into the folder", columns.table),
        )),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "a reader of cells, which all may fail")]
fn text(value: &str) -> Option<String> {
    Some(value.to_string())
}

fn number<T: std::str::FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

fn key(sheet: &mut Sheet, record: &mut Record, more: &[&str]) -> Option<AcoKey> {
    sheet.key(record, &[&["aco_id", "performance_half"], more].concat());
    let aco_id = sheet.required(record, "aco_id", "the ACO's identifier", text);
    let half = match sheet.text(record, "performance_half") {
        None => Some(None),
        Some(_) => sheet.optional(record, "performance_half", "1, 2 or nothing", |word| match word {
            "1" => Some(Some(1)),
            "2" => Some(Some(2)),
            _ => None,
        }),
    };
    Some(AcoKey { aco_id: aco_id?, performance_half: half? })
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
    let track =
        sheet.required(record, "track", "1, 1+, 2, 3, ENHANCED, or BASIC with a level A to E", |word| Track::read(word, &level));
    // Optional cells are read one after the other, so that every fault of the record is told.
    let months = optional_cell(sheet, record, "performance_months", "12, or 6 for a half of 2019", |word| {
        number::<u8>(word).filter(|months| matches!(months, 6 | 12))
    });
    let times = optional_cell(sheet, record, "times_regionally_adjusted", "a count", number::<u32>);
    let method = optional_cell(sheet, record, "assignment_method", "retrospective or prospective", AssignmentMethod::read);
    let heads = sheet.required(record, "assigned_beneficiaries", "a count", number::<u64>);
    let msr_choice = optional_cell(sheet, record, "msr_choice", "variable, or a fraction", choice);
    let standard = optional_cell(sheet, record, "quality_standard", "met, alternative or not_met", QualityStandard::read);
    let quality_score = sheet.number(record, "quality_score", Within::Share);
    let participant_revenue = sheet.number(record, "participant_revenue", Within::NotNegative);
    let low_revenue = optional_cell(sheet, record, "low_revenue", "yes or no", flag);
    let revenue_loss_limit = optional_cell(sheet, record, "revenue_loss_limit", "yes or no", flag);
    let euc_share_beneficiaries = sheet.number(record, "euc_share_beneficiaries", Within::Share);
    let euc_share_year = sheet.number(record, "euc_share_year", Within::Share);
    let lis_dual_share = sheet.number(record, "lis_dual_share", Within::Share);
    let dual_share_by3 = sheet.number(record, "dual_share_by3", Within::Share);
    let mut three = |names: [&str; 3], within| {
        let [first, second, third] = names.map(|name| sheet.number(record, name, within));
        Some([first?, second?, third?])
    };
    let prior_savings = three(["prior_savings_1", "prior_savings_2", "prior_savings_3"], Within::Any);
    let prior_person_years = three(["prior_person_years_1", "prior_person_years_2", "prior_person_years_3"], Within::NotNegative);
    let prior_sharing_rate = three(["prior_sharing_rate_1", "prior_sharing_rate_2", "prior_sharing_rate_3"], Within::Share);
    let termination = optional_cell(sheet, record, "termination", "none, voluntary or involuntary", Termination::read);
    let termination_date = optional_cell(sheet, record, "termination_date", "a date, YYYY-MM-DD", date);
    let closeout_complete = optional_cell(sheet, record, "closeout_complete", "yes or no", flag);
    let aip_outstanding = sheet.number(record, "aip_outstanding", Within::NotNegative);
    let prepaid_outstanding = sheet.number(record, "prepaid_outstanding", Within::NotNegative);
    let key = key?;
    let performance_months = months?.unwrap_or(if key.performance_half.is_some() { 6 } else { 12 });
    Some(Aco {
        key,
        performance_year: performance_year?,
        performance_months,
        agreement_start: agreement_start?,
        agreement_period: agreement_period?,
        times_regionally_adjusted: times?.unwrap_or(0),
        track: track?,
        assignment_method: method?.unwrap_or(AssignmentMethod::Retrospective),
        assigned_beneficiaries: heads?,
        msr_choice: msr_choice?,
        quality_standard: standard?.unwrap_or(QualityStandard::NotMet),
        quality_score: quality_score?,
        participant_revenue: participant_revenue?,
        low_revenue: low_revenue?,
        revenue_loss_limit: revenue_loss_limit?,
        euc_share_beneficiaries: euc_share_beneficiaries?,
        euc_share_year: euc_share_year?,
        lis_dual_share: lis_dual_share?,
        dual_share_by3: dual_share_by3?,
        prior_savings: prior_savings?,
        prior_person_years: prior_person_years?,
        prior_sharing_rate: prior_sharing_rate?,
        termination: termination?.unwrap_or(Termination::None),
        termination_date: termination_date?,
        closeout_complete: closeout_complete?,
        aip_outstanding: aip_outstanding?,
        prepaid_outstanding: prepaid_outstanding?,
    })
}

/// A cell that may be empty; the outer none tells a fault.
#[allow(clippy::option_option, reason = "a fault and an empty cell are different things")]
fn optional_cell<T>(
    sheet: &mut Sheet,
    record: &Record,
    column: &str,
    expected: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    match sheet.text(record, column) {
        None => Some(None),
        Some(_) => sheet.optional(record, column, expected, read).map(Some),
    }
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
    Some(AcoYear {
        key: key?,
        year: year?,
        enrollment_type: kind?,
        person_years: person_years?,
        per_capita_expenditure: per_capita?,
        hcc_risk_score: scores[0]?,
        demographic_risk_score: scores[1]?,
        new_person_years: scores[2]?,
        new_hcc_risk_score: scores[3]?,
        continuing_hcc_risk_score: scores[4]?,
        continuing_demographic_risk_score: scores[5]?,
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
        national_weight: weight?,
        regional_hcc_score: hcc?,
        regional_demographic_score: demographic?,
    })
}

fn national(sheet: &mut Sheet, record: &mut Record) -> Option<National> {
    sheet.key(record, &["calendar_year", "population", "enrollment_type"]);
    let year = sheet.required(record, "calendar_year", "a year", number::<u16>);
    let population = optional_cell(sheet, record, "population", "assignable or all_ffs", |word| {
        [Population::Assignable, Population::AllFfs].into_iter().find(|population| population.name() == word)
    });
    let kind = kind(sheet, record);
    let per_capita = sheet.required_number(record, "per_capita_expenditure", Within::Any);
    let truncated = sheet.number(record, "truncated_per_capita", Within::Any);
    Some(National {
        calendar_year: year?,
        population: population?.unwrap_or(Population::Assignable),
        enrollment_type: kind?,
        per_capita_expenditure: per_capita?,
        truncated_per_capita: truncated?,
    })
}

fn acpt(sheet: &mut Sheet, record: &mut Record) -> Option<Acpt> {
    sheet.key(record, &["agreement_start", "performance_year", "enrollment_type"]);
    let start = sheet.required(record, "agreement_start", "a date, YYYY-MM-DD", date);
    let year = sheet.required(record, "performance_year", "a year", number::<u16>);
    let kind = kind(sheet, record);
    let growth = sheet.required_number(record, "growth", Within::NotNegative);
    let weight = sheet.number(record, "weight", Within::Share);
    Some(Acpt { agreement_start: start?, performance_year: year?, enrollment_type: kind?, growth: growth?, weight: weight? })
}

fn county(sheet: &mut Sheet, record: &mut Record) -> Option<County> {
    sheet.key(record, &["calendar_year", "window", "county", "enrollment_type"]);
    let year = sheet.required(record, "calendar_year", "a year", number::<u16>);
    let window = optional_cell(sheet, record, "window", "calendar or offset", Window::read);
    let county = sheet.required(record, "county", "a county's FIPS code", text);
    let kind = kind(sheet, record);
    let person_years = sheet.required_number(record, "person_years", Within::NotNegative);
    let per_capita = sheet.required_number(record, "per_capita_expenditure", Within::Any);
    let hcc = sheet.number(record, "hcc_risk_score", Within::NotNegative);
    let demographic = sheet.number(record, "demographic_risk_score", Within::NotNegative);
    Some(County {
        calendar_year: year?,
        window: window?.unwrap_or(Window::Calendar),
        county: county?,
        enrollment_type: kind?,
        person_years: person_years?,
        per_capita_expenditure: per_capita?,
        hcc_risk_score: hcc?,
        demographic_risk_score: demographic?,
    })
}

fn aco_county(sheet: &mut Sheet, record: &mut Record) -> Option<AcoCounty> {
    let key = key(sheet, record, &["year", "county", "enrollment_type"]);
    let (year, kind) = (year(sheet, record), kind(sheet, record));
    let county = sheet.required(record, "county", "a county's FIPS code", text);
    let person_years = sheet.required_number(record, "person_years", Within::NotNegative);
    Some(AcoCounty { key: key?, year: year?, county: county?, enrollment_type: kind?, person_years: person_years? })
}
