//! What an ACO's benchmark needs of the factor tables, found and checked before anything is computed.

use std::collections::BTreeMap;
use std::fmt::Display;

use ahash::AHashMap;
use rust_decimal::Decimal;

use crate::error::{Error, Place, Result};
use crate::factors::{Aco, AcoKey, AcoRegion, AcoYear, Acpt, FactorTables, FactorYear, National, Unread};
use crate::rules::regimes::{Adjustment, Population, Regime, Risk, Trend, Update};
use crate::rules::{ByType, Day, EnrollmentType, Rules};

/// Rows of an ACO by year and enrollment type.
type Rows<T> = [ByType<Option<T>>; 4];

/// An ACO's rows of the factor tables, and the regime they are read under.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'t, 'r> {
    /// Row of `aco`.
    pub aco: &'t Aco,
    /// The rule tables.
    pub rules: &'r Rules,
    /// Name of the regime.
    pub regime_name: &'r str,
    /// Its concepts.
    pub regime: &'r Regime,
    /// First day of the agreement.
    pub start: Day,
    pub(super) years: Rows<&'t AcoYear>,
    pub(super) regions: Rows<&'t AcoRegion>,
    pub(super) national: Rows<&'t National>,
    pub(super) acpt: ByType<Option<&'t Acpt>>,
}

/// Faults found while gathering, each with table, column and key.
struct Faults<'u> {
    found: Vec<Error>,
    unread: &'u Unread,
    /// Whether the regions are known.
    regions: bool,
}

impl Faults<'_> {
    fn missing(&mut self, table: &str, column: &str, key: String, why: &str) {
        let what = format!("a value is missing that {why} needs");
        self.found.push(Error::input(what, Place::table(table).at_column(column).at_key(key), "give the value"));
    }
}

/// Finds every ACO's rows, in key order. `regions` are those of [`FactorTables::regions`], none when they are not known.
/// A row that may be among the `unread` is not told to be missing.
///
/// # Errors
/// [`Error::Inputs`]: every value that some ACO's regime needs and the tables lack, and every agreement outside all regimes.
pub fn gather<'t, 'r>(
    tables: &'t FactorTables,
    regions: Option<&'t [AcoRegion]>,
    unread: &Unread,
    rules: &'r Rules,
) -> Result<Vec<Facts<'t, 'r>>> {
    let mut years: AHashMap<&AcoKey, Rows<&AcoYear>> = AHashMap::new();
    for row in &tables.aco_years {
        years.entry(&row.key).or_default()[row.year as usize][row.enrollment_type] = Some(row);
    }
    let mut region: AHashMap<&AcoKey, Rows<&AcoRegion>> = AHashMap::new();
    for row in regions.unwrap_or_default() {
        region.entry(&row.key).or_default()[row.year as usize][row.enrollment_type] = Some(row);
    }
    let mut national: AHashMap<(u16, Population), ByType<Option<&National>>> = AHashMap::new();
    for row in &tables.national {
        national.entry((row.calendar_year, row.population)).or_default()[row.enrollment_type] = Some(row);
    }
    let mut trends: AHashMap<_, ByType<Option<&Acpt>>> = AHashMap::new();
    for row in &tables.acpt {
        trends.entry((row.agreement_start, row.performance_year)).or_default()[row.enrollment_type] = Some(row);
    }
    let mut faults = Faults { found: Vec::new(), unread, regions: regions.is_some() };
    let mut gathered = BTreeMap::new();
    for aco in &tables.acos {
        let start = Day(aco.agreement_start);
        let Ok((regime_name, regime)) = rules.regimes.of(start, aco.agreement_period) else {
            let what = format!("no benchmark regime covers agreement number {} started on {start}", aco.agreement_period);
            let place = Place::table("aco").at_column("agreement_start").at_key(format!("{} {}", aco.key, aco.performance_year));
            faults.found.push(Error::input(
                what,
                place,
                "correct the date or the number; `acobench rules` lists the starts there were",
            ));
            continue;
        };
        let population = match rules.regimes.national_population.at(aco.performance_year) {
            Ok(row) => row.value,
            Err(fault) => {
                faults.found.push(fault);
                continue;
            }
        };
        let nation = |year: &FactorYear| national.get(&(aco.calendar_year(*year), population)).copied().unwrap_or_default();
        let facts = Facts {
            aco,
            rules,
            regime_name,
            regime,
            start,
            years: years.get(&aco.key).copied().unwrap_or_default(),
            regions: region.get(&aco.key).copied().unwrap_or_default(),
            national: [FactorYear::By1, FactorYear::By2, FactorYear::By3, FactorYear::Py].map(|year| nation(&year)),
            acpt: trends.get(&(aco.agreement_start, aco.performance_year)).copied().unwrap_or_default(),
        };
        facts.check(population, &mut faults);
        gathered.insert(&aco.key, facts);
    }
    if faults.found.is_empty() { Ok(gathered.into_values().collect()) } else { Err(Error::Inputs(faults.found)) }
}

impl Facts<'_, '_> {
    fn has_people(&self, year: FactorYear, kind: EnrollmentType) -> bool {
        self.years[year as usize][kind].is_some_and(|row| row.person_years > Decimal::ZERO)
    }

    /// Tells every value that the regime needs and the tables lack.
    fn check(&self, population: Population, faults: &mut Faults<'_>) {
        let regime = self.regime;
        for year in FactorYear::ALL.iter().copied() {
            for kind in EnrollmentType::ALL {
                self.check_nation(year, kind, population, faults);
                if self.has_people(year, kind) {
                    self.check_people(year, kind, faults);
                }
            }
        }
        for kind in EnrollmentType::ALL.into_iter().filter(|kind| self.has_people(FactorYear::Py, *kind)) {
            let cells: [&dyn Display; 3] = [&self.start, &self.aco.performance_year, &kind];
            if regime.update.concept == Update::ThreeWay && self.acpt[kind].is_none() && !faults.unread.may_hold("acpt", &cells) {
                let key = format!("{} {} {kind}", self.start, self.aco.performance_year);
                faults.missing("acpt", "growth", key, &regime.update.citation);
            }
        }
        self.check_aco(faults);
    }

    fn check_nation(&self, year: FactorYear, kind: EnrollmentType, population: Population, faults: &mut Faults<'_>) {
        let regime = self.regime;
        let key = || format!("{} {} {kind}", self.aco.calendar_year(year), population.name());
        let row = self.national[year as usize][kind];
        let asked = regime.trend.concept != Trend::Regional || regime.update.concept != Update::Regional;
        let cells: [&dyn Display; 3] = [&self.aco.calendar_year(year), &population.name(), &kind];
        if row.is_none() && asked && !faults.unread.may_hold("national", &cells) {
            faults.missing("national", "per_capita_expenditure", key(), &regime.trend.citation);
        } else if year == FactorYear::By3
            && regime.update.concept == Update::ThreeWay
            && row.is_some_and(|row| row.truncated_per_capita.is_none())
        {
            faults.missing("national", "truncated_per_capita", key(), &regime.update.citation);
        }
    }

    fn check_people(&self, year: FactorYear, kind: EnrollmentType, faults: &mut Faults<'_>) {
        let regime = self.regime;
        let key = || format!("{} {year} {kind}", self.aco.key);
        let ends = matches!(year, FactorYear::By3 | FactorYear::Py);
        let Some(row) = self.years[year as usize][kind] else { return };
        if ends && regime.risk.concept == Risk::CappedInAggregate && row.demographic_risk_score.is_none() {
            faults.missing("aco_year", "demographic_risk_score", key(), &regime.risk.citation);
        }
        if regime.risk.concept == Risk::NewlyAndContinuouslyAssigned {
            if year == FactorYear::By3 && row.demographic_risk_score.is_none() {
                faults.missing("aco_year", "demographic_risk_score", key(), &regime.risk.citation);
            }
            if year == FactorYear::Py {
                let new = row.new_person_years.unwrap_or_default();
                let continuing = new < row.person_years;
                for (needed, value, column) in [
                    (true, row.new_person_years, "new_person_years"),
                    (new > Decimal::ZERO, row.new_hcc_risk_score, "new_hcc_risk_score"),
                    (continuing, row.continuing_hcc_risk_score, "continuing_hcc_risk_score"),
                    (continuing, row.continuing_demographic_risk_score, "continuing_demographic_risk_score"),
                ] {
                    if needed && value.is_none() {
                        faults.missing("aco_year", column, key(), &regime.risk.citation);
                    }
                }
            }
        }
        if !regime.is_regional() {
            return;
        }
        let Some(region) = self.regions[year as usize][kind] else {
            if faults.regions && !self.may_be_unread(year, kind, faults.unread) {
                faults.missing("aco_region", "regional_expenditure", key(), &regime.trend.citation);
            }
            return;
        };
        if ends && regime.trend.concept == Trend::Blended && region.national_weight.is_none() {
            faults.missing("aco_region", "national_weight", key(), &regime.trend.citation);
        }
        if ends && regime.update.concept == Update::ThreeWay {
            if region.regional_hcc_score.is_none() {
                faults.missing("aco_region", "regional_hcc_score", key(), "42 CFR 425.655");
            }
            if region.regional_demographic_score.is_none() {
                faults.missing("aco_region", "regional_demographic_score", key(), "42 CFR 425.655");
            }
        }
    }

    /// Whether the row of a region, or one of those it is made from, may be there and not read.
    fn may_be_unread(&self, year: FactorYear, kind: EnrollmentType, unread: &Unread) -> bool {
        let (key, half) = (&self.aco.key, self.aco.key.half_cell());
        // A county's cell may be any.
        unread.may_hold("aco_region", &[&key.aco_id, &half, &year, &kind])
            || unread.may_hold_any("aco_county", &[Some(&key.aco_id), Some(&half), Some(&year), None, Some(&kind)])
            || unread.may_hold_any("county", &[Some(&self.aco.calendar_year(year)), None, None, Some(&kind)])
    }

    fn check_aco(&self, faults: &mut Faults<'_>) {
        let (aco, adjustment) = (self.aco, &self.regime.adjustment);
        let key = || format!("{} {}", aco.key, aco.performance_year);
        let cite = adjustment.citation.as_str();
        let larger = matches!(adjustment.concept, Adjustment::LargerOfTwo | Adjustment::LargestOfThree);
        if larger && aco.dual_share_by3.is_none() {
            faults.missing("aco", "dual_share_by3", key(), cite);
        }
        if adjustment.concept == Adjustment::LargestOfThree && aco.lis_dual_share.is_none() {
            faults.missing("aco", "lis_dual_share", key(), cite);
        }
        if (larger || adjustment.concept == Adjustment::Regional) && aco.times_regionally_adjusted == 0 {
            faults.missing("aco", "times_regionally_adjusted", key(), cite);
        }
        if larger || adjustment.concept == Adjustment::FirstAgreementSavings {
            let people = ["prior_person_years_1", "prior_person_years_2", "prior_person_years_3"];
            let rates = ["prior_sharing_rate_1", "prior_sharing_rate_2", "prior_sharing_rate_3"];
            for year in (0..3).filter(|year| aco.prior_savings[*year].is_some()) {
                if aco.prior_person_years[year].is_none() {
                    faults.missing("aco", people[year], key(), cite);
                }
                if adjustment.concept == Adjustment::FirstAgreementSavings && aco.prior_sharing_rate[year].is_none() {
                    faults.missing("aco", rates[year], key(), cite);
                }
            }
        }
    }
}
