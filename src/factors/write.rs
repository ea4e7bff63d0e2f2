//! Writing a folder of factor tables: CSV, rows in key order, numbers at full precision.

use std::path::Path;

use rust_decimal::Decimal;

use super::compute::ScoreSet;
use super::tables::{Aco, FactorTables, MinimumRateChoice};
use crate::disk;
use crate::error::{Error, Result};

/// The columns of a table, in the order in which they are written: required ones first.
pub(super) struct Columns {
    pub(super) table: &'static str,
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
}

pub(super) const ACO: Columns = Columns {
    table: "aco",
    required: &["aco_id", "performance_year", "agreement_start", "agreement_period", "track", "assigned_beneficiaries"],
    optional: &[
        "performance_half",
        "performance_months",
        "times_regionally_adjusted",
        "level",
        "assignment_method",
        "msr_choice",
        "quality_standard",
        "quality_score",
        "participant_revenue",
        "low_revenue",
        "revenue_loss_limit",
        "euc_share_beneficiaries",
        "euc_share_year",
        "lis_dual_share",
        "dual_share_by3",
        "prior_savings_1",
        "prior_savings_2",
        "prior_savings_3",
        "prior_person_years_1",
        "prior_person_years_2",
        "prior_person_years_3",
        "prior_sharing_rate_1",
        "prior_sharing_rate_2",
        "prior_sharing_rate_3",
        "termination",
        "termination_date",
        "closeout_complete",
        "aip_outstanding",
        "prepaid_outstanding",
    ],
};

pub(super) const ACO_YEAR: Columns = Columns {
    table: "aco_year",
    required: &["aco_id", "year", "enrollment_type", "person_years", "per_capita_expenditure"],
    optional: &[
        "performance_half",
        "hcc_risk_score",
        "demographic_risk_score",
        "new_person_years",
        "new_hcc_risk_score",
        "continuing_hcc_risk_score",
        "continuing_demographic_risk_score",
    ],
};

pub(super) const ACO_REGION: Columns = Columns {
    table: "aco_region",
    required: &["aco_id", "year", "enrollment_type", "regional_expenditure"],
    optional: &["performance_half", "national_weight", "regional_hcc_score", "regional_demographic_score"],
};

pub(super) const NATIONAL: Columns = Columns {
    table: "national",
    required: &["calendar_year", "enrollment_type", "per_capita_expenditure"],
    optional: &["population", "truncated_per_capita"],
};

pub(super) const ACPT: Columns = Columns {
    table: "acpt",
    required: &["agreement_start", "performance_year", "enrollment_type", "growth"],
    optional: &["weight"],
};

pub(super) const COUNTY: Columns = Columns {
    table: "county",
    required: &["calendar_year", "county", "enrollment_type", "person_years", "per_capita_expenditure"],
    optional: &["window", "hcc_risk_score", "demographic_risk_score", "scores"],
};

pub(super) const ACO_COUNTY: Columns = Columns {
    table: "aco_county",
    required: &["aco_id", "year", "county", "enrollment_type", "person_years"],
    optional: &["performance_half"],
};

impl FactorTables {
    /// Writes the tables into a folder that exists. Tables without rows are left out, except `aco`, `aco_year` and
    /// `national`, which every reader asks for.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        sheet(folder, &ACO, true, self.acos.iter().map(aco))?;
        let years = self.aco_years.iter().map(|row| {
            let own = [
                row.key.aco_id.clone(),
                row.year.to_string(),
                row.enrollment_type.to_string(),
                plain(row.person_years),
                plain(row.per_capita_expenditure),
                half(row.key.performance_half),
                some(row.hcc_risk_score),
                some(row.demographic_risk_score),
                some(row.new_person_years),
                some(row.new_hcc_risk_score),
                some(row.continuing_hcc_risk_score),
                some(row.continuing_demographic_risk_score),
            ];
            ((row.key.clone(), row.year, row.enrollment_type), own.to_vec())
        });
        sheet(folder, &ACO_YEAR, true, years)?;
        let regions = self.aco_regions.iter().map(|row| {
            let own = [
                row.key.aco_id.clone(),
                row.year.to_string(),
                row.enrollment_type.to_string(),
                plain(row.regional_expenditure),
                half(row.key.performance_half),
                some(row.national_weight),
                some(row.regional_hcc_score),
                some(row.regional_demographic_score),
            ];
            ((row.key.clone(), row.year, row.enrollment_type), own.to_vec())
        });
        sheet(folder, &ACO_REGION, false, regions)?;
        let national = self.national.iter().map(|row| {
            let own = [
                row.calendar_year.to_string(),
                row.enrollment_type.to_string(),
                plain(row.per_capita_expenditure),
                row.population.name().to_string(),
                some(row.truncated_per_capita),
            ];
            ((row.calendar_year, row.population, row.enrollment_type), own.to_vec())
        });
        sheet(folder, &NATIONAL, true, national)?;
        let acpt = self.acpt.iter().map(|row| {
            let own = [
                row.agreement_start.to_string(),
                row.performance_year.to_string(),
                row.enrollment_type.to_string(),
                plain(row.growth),
                some(row.weight),
            ];
            ((row.agreement_start, row.performance_year, row.enrollment_type), own.to_vec())
        });
        sheet(folder, &ACPT, false, acpt)?;
        let counties = self.counties.iter().map(|row| {
            let own = [
                row.calendar_year.to_string(),
                row.county.clone(),
                row.enrollment_type.to_string(),
                plain(row.person_years),
                plain(row.per_capita_expenditure),
                row.window.to_string(),
                some(row.hcc_risk_score),
                some(row.demographic_risk_score),
                row.scores.map(ScoreSet::name).unwrap_or_default().to_string(),
            ];
            ((row.calendar_year, row.window, row.county.clone(), row.enrollment_type, row.scores), own.to_vec())
        });
        sheet(folder, &COUNTY, false, counties)?;
        let aco_counties = self.aco_counties.iter().map(|row| {
            let own = [
                row.key.aco_id.clone(),
                row.year.to_string(),
                row.county.clone(),
                row.enrollment_type.to_string(),
                plain(row.person_years),
                half(row.key.performance_half),
            ];
            ((row.key.clone(), row.year, row.county.clone(), row.enrollment_type), own.to_vec())
        });
        sheet(folder, &ACO_COUNTY, false, aco_counties)
    }
}

/// The cells of table `aco`, in the order of its columns.
pub(super) fn aco(aco: &Aco) -> (super::AcoKey, Vec<String>) {
    let mut own = vec![
        aco.key.aco_id.clone(),
        aco.performance_year.to_string(),
        aco.agreement_start.to_string(),
        aco.agreement_period.to_string(),
        aco.track.name().to_string(),
        aco.assigned_beneficiaries.to_string(),
        half(aco.key.performance_half),
        aco.performance_months.to_string(),
        aco.times_regionally_adjusted.to_string(),
        aco.track.level().to_string(),
        aco.assignment_method.to_string(),
        match aco.msr_choice {
            None => String::new(),
            Some(MinimumRateChoice::Variable) => "variable".to_string(),
            Some(MinimumRateChoice::Fixed(rate)) => plain(rate),
        },
        aco.quality_standard.to_string(),
        some(aco.quality_score),
        some(aco.participant_revenue),
        flag(aco.low_revenue),
        flag(aco.revenue_loss_limit),
        some(aco.euc_share_beneficiaries),
        some(aco.euc_share_year),
        some(aco.lis_dual_share),
        some(aco.dual_share_by3),
    ];
    for three in [&aco.prior_savings, &aco.prior_person_years, &aco.prior_sharing_rate] {
        own.extend(three.iter().copied().map(some));
    }
    own.extend([
        aco.termination.to_string(),
        aco.termination_date.map(|day| day.to_string()).unwrap_or_default(),
        flag(aco.closeout_complete),
        some(aco.aip_outstanding),
        some(aco.prepaid_outstanding),
    ]);
    (aco.key.clone(), own)
}

/// A number as it stands in a table: exact, without trailing zeros.
fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

fn some(number: Option<Decimal>) -> String {
    number.map(plain).unwrap_or_default()
}

fn flag(value: Option<bool>) -> String {
    value.map_or("", |yes| if yes { "yes" } else { "no" }).to_string()
}

fn half(half: Option<u8>) -> String {
    half.map(|half| half.to_string()).unwrap_or_default()
}

/// Writes one table, its rows sorted by key.
fn sheet<K: Ord>(folder: &Path, columns: &Columns, always: bool, rows: impl Iterator<Item = (K, Vec<String>)>) -> Result<()> {
    let mut rows: Vec<_> = rows.collect();
    if rows.is_empty() && !always {
        return Ok(());
    }
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let broken =
        |fault: csv::Error| Error::failed(format!("cannot write {}.csv: {fault}", columns.table), "report this as a defect");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.required.iter().chain(columns.optional)).map_err(broken)?;
    for (_, row) in &rows {
        writer.write_record(row).map_err(broken)?;
    }
    let text = writer.into_inner().map_err(|fault| broken(fault.into_error().into()))?;
    disk::write_all(&folder.join(format!("{}.csv", columns.table)), &text)
}
