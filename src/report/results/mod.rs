//! A finished run in the columns of CMS's Performance Year Financial and Quality Results file of its year.

mod layout;

use layout::{Layout, Rates};

use super::finished::{AcoYearResult, Finished};
use super::shown::{SUPPRESSED, Shown};
use crate::error::{Error, Result};
use crate::factors::{AssignmentMethod, FactorYear, QualityStandard};
use crate::money::Decimal;
use crate::rules::arrangements::{Level, Track};
use crate::rules::{EnrollmentType, Rules};

/// The CSV: a row per ACO, every column of CMS's file of that year, in its order and as it prints numbers. Columns of what a
/// run does not know, such as quality measures, are empty; cells that rest on few people are `*`.
///
/// # Errors
/// When the embedded layouts do not read, or the CSV cannot be written.
pub fn results_file(finished: &Finished, rules: &Rules) -> Result<Vec<u8>> {
    let layout = layout::of_year(finished.performance_year())?;
    let broken = |fault: csv::Error| Error::failed(format!("cannot write CSV: {fault}"), "report this as a defect");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(layout.columns()).map_err(broken)?;
    for result in &finished.acos {
        let row = Row { result, layout: &layout, rules };
        writer.write_record(layout.columns().map(|column| row.cell(column))).map_err(broken)?;
    }
    writer.into_inner().map_err(|fault| broken(fault.into_error().into()))
}

struct Row<'f> {
    result: &'f AcoYearResult,
    layout: &'f Layout,
    rules: &'f Rules,
}

impl Row<'_> {
    /// A cell; empty where the run has nothing for the column.
    fn cell(&self, column: &str) -> String {
        self.words(column).or_else(|| self.number(column)).or_else(|| self.of_type(column)).unwrap_or_default()
    }

    /// What the ACO is.
    fn words(&self, column: &str) -> Option<String> {
        let aco = &self.result.aco;
        let flag = |yes: bool| String::from(if yes { "1" } else { "0" });
        Some(match column {
            "ACO_ID" | "ACO_Num" => aco.key.aco_id.clone(),
            "year" => aco.performance_year.to_string(),
            "Agree_Type" => if aco.agreement_period > 1 { "Renewal" } else { "Initial" }.to_string(),
            "Agreement_Period_Num" => aco.agreement_period.to_string(),
            "Start_Date" | "Current_Start_Date" => aco.agreement_start.strftime("%m/%d/%Y").to_string(),
            "Current_Track" => match aco.track {
                Track::Enhanced => "EN".to_string(),
                Track::Basic(_) => aco.track.level().to_string(),
                _ => aco.track.name().to_string(),
            },
            "Track1" | "Current_Track_1" => flag(aco.track == Track::One),
            "Current_Track_1_Plus" => flag(aco.track == Track::OnePlus),
            "Track2" | "Current_Track_2" => flag(aco.track == Track::Two),
            "Current_Track_3" => flag(aco.track == Track::Three),
            "Current_BASIC_A" => flag(aco.track == Track::Basic(Level::A)),
            "Current_BASIC_B" => flag(aco.track == Track::Basic(Level::B)),
            "Current_BASIC_C" => flag(aco.track == Track::Basic(Level::C)),
            "Current_BASIC_D" => flag(aco.track == Track::Basic(Level::D)),
            "Current_BASIC_E" => flag(aco.track == Track::Basic(Level::E)),
            "Current_ENHANCED" => flag(aco.track == Track::Enhanced),
            "Risk_Model" => if self.result.step("loss_limit").is_some() { "Two-Sided" } else { "One-Sided" }.to_string(),
            "Assign_Type" => match aco.assignment_method {
                AssignmentMethod::Prospective => "Prospective",
                AssignmentMethod::Retrospective => "Retrospective",
            }
            .to_string(),
            "Rev_Exp_Cat" => {
                aco.low_revenue.map(|low| if low { "Low Revenue" } else { "High Revenue" }.to_string()).unwrap_or_default()
            }
            "RevLossLimit" => flag(aco.revenue_loss_limit == Some(true)),
            "Impact_Mid_Year_Termination" | "Prorate_Shared_Losses" => flag(self.result.step("termination_share").is_some()),
            "Met_QPS" => flag(match aco.quality_standard {
                QualityStandard::Met => true,
                // Where no alternative standard exists, whatever earns a rate is the standard.
                QualityStandard::Alternative => !self.layout.has("Met_AltQPS"),
                QualityStandard::NotMet => false,
            }),
            "Met_AltQPS" => match aco.quality_standard {
                QualityStandard::Met => "-".to_string(),
                QualityStandard::Alternative => flag(true),
                QualityStandard::NotMet => flag(false),
            },
            "Guardrail" => flag(self.result.recalculated),
            "ReducedSS" => flag(self.result.reduced_rate),
            "RegTrndUpdt" => flag(self.result.step("regional_trend_by1[AGND]").is_some()),
            "FinalAdjCat" => self.result.selected_adjustment.clone(),
            "AIP" => flag(aco.aip_outstanding.is_some()),
            _ => return None,
        })
    }

    /// Amounts and rates of the whole ACO.
    fn number(&self, column: &str) -> Option<String> {
        let shown = |name: &str| self.result.shown(name, None);
        let given = |value: Option<Decimal>| value.map_or(Shown::Absent, Shown::Number);
        let aco = &self.result.aco;
        let all = |shown: Shown| if self.result.suppression.shows(None) { shown } else { Shown::Suppressed };
        Some(match column {
            "N_AB" => Self::whole(all(Shown::Number(Decimal::from(aco.assigned_beneficiaries)))),
            "Sav_rate" | "Sav_Rate" => self.rate(shown("savings_rate")),
            "MinSavPerc" => self.rate(shown("msr")),
            "QualScore" => self.rate(given(aco.quality_score)),
            "QualPerfShare" | "MaxShareRate" => self.rate(shown("maximum_sharing_rate")),
            "FinalShareRate" => self.rate(shown("final_sharing_rate")),
            "FinalLossRate" => self.rate(shown("final_loss_rate")),
            "BnchmkMinExp" => self.total(shown("benchmark_minus_expenditure")),
            "GenSaveLoss" => self.total(shown("generated_savings_losses")),
            "ABtotBnchmk" => self.total(shown("total_benchmark")),
            "ABtotExp" => self.total(shown("total_expenditure")),
            "EarnSaveLoss" => Self::whole(shown("earned_savings_losses")),
            "DisAdj" => Self::whole(shown("euc_reduction").map(|relief| -relief)),
            "UpdatedBnchmk" if self.result.recalculated => Self::whole(shown("two_way_benchmark")),
            "UpdatedBnchmk" => Self::whole(shown("updated_benchmark")),
            "HistBnchmk" => Self::whole(shown("historical_benchmark")),
            "PosRegAdj" | "RegAdj" => self.regional_adjustment(column),
            "PriorSavAdj" | "Prior_Sav_Adj" => Self::whole(shown("prior_savings_adjustment")),
            "Per_Capita_Exp_TOTAL_PY" => Self::whole(shown("per_capita_py")),
            "N_AB_Year_PY" | "N_AB_Year" => Self::whole(shown("person_years_py")),
            "AIPBalance" => Self::whole(given(aco.aip_outstanding)),
            "AIPRecoup" => Self::whole(shown("aip_recoupment")),
            "AIPOwe" => {
                let owed = aco.aip_outstanding.zip(shown("aip_recoupment").number());
                Self::whole(given(owed.map(|(balance, recouped)| balance - recouped)))
            }
            _ => return None,
        })
    }

    /// A flag in files of early years, an amount in later ones, which print it beside the benchmarks.
    fn regional_adjustment(&self, column: &str) -> String {
        let adjustment = [self.result.shown("regional_adjustment_offset", None), self.result.shown("adjustment_applied", None)];
        let applied = adjustment.into_iter().find(|shown| *shown != Shown::Absent).unwrap_or(Shown::Absent);
        if column == "PosRegAdj" && !self.layout.regional_adjustment_in_dollars {
            return applied
                .number()
                .map_or_else(String::new, |amount| String::from(if amount > Decimal::ZERO { "1" } else { "0" }));
        }
        Self::whole(applied)
    }

    /// Figures of an enrollment type and year.
    fn of_type(&self, column: &str) -> Option<String> {
        let stems = [("Per_Capita_Exp_ALL_", "per_capita"), ("CMS_HCC_RiskScore_", "hcc_score"), ("N_AB_Year_", "person_years")];
        let (rest, name) = stems.iter().find_map(|(stem, name)| Some((column.strip_prefix(stem)?, *name)))?;
        let (kind, year) = spelled(rest)?;
        let shown = self.result.shown_in(name, year, Some(kind));
        Some(match (shown, name) {
            (Shown::Number(score), "hcc_score") => score.round_dp(3).normalize().to_string(),
            (shown, _) => Self::whole(shown),
        })
    }

    /// A total, of which files of some years print the part that counts alone where the year is a half.
    fn total(&self, shown: Shown) -> String {
        let shares = &self.rules.results_files.printed_share_of_year;
        let printed = shares.find(&self.result.aco.performance_year).is_some();
        Self::whole(if printed { shown.map(|total| total * self.result.part_of_year()) } else { shown })
    }

    fn whole(shown: Shown) -> String {
        written(shown, |number| number.round().normalize().to_string())
    }

    fn rate(&self, shown: Shown) -> String {
        let decimals = self.layout.decimals;
        written(shown, |rate| match self.layout.rates {
            Rates::Fraction => rate.round_dp(decimals).normalize().to_string(),
            Rates::Percent => format!("{:.*}%", decimals as usize, (rate * Decimal::ONE_HUNDRED).round_dp(decimals)),
        })
    }
}

fn written(shown: Shown, write: impl Fn(Decimal) -> String) -> String {
    match shown {
        Shown::Number(number) => {
            let text = write(number);
            if text == "-0" { "0".to_string() } else { text }
        }
        Shown::Suppressed => SUPPRESSED.to_string(),
        Shown::Absent => String::new(),
    }
}

/// Type and year of the end of a column's name, such as `AGED_Dual_BY3`; without a year the performance year's.
fn spelled(text: &str) -> Option<(EnrollmentType, FactorYear)> {
    let year = FactorYear::ALL.iter().find_map(|year| Some((text.strip_suffix(&format!("_{}", year.name()))?, *year)));
    let (word, year) = year.unwrap_or((text, FactorYear::Py));
    let kind = match word {
        "AGED_Dual" => EnrollmentType::ALL[2],
        "AGED_NonDual" => EnrollmentType::ALL[3],
        word => word.parse().ok()?,
    };
    Some((kind, year))
}
