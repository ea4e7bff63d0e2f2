//! Integer sums to factor tables: the only place where the heavy half's integers become decimals.

use rust_decimal::Decimal;

use super::tables::{Aco, AcoCounty, AcoYear, Acpt, County, FactorTables, FactorYear, National, Window};
use crate::aggregate::{Aggregates, Sums};
use crate::error::{Error, Result};
use crate::rules::regimes::{self, Population, Regime};
use crate::rules::{ByType, Day, EnrollmentType, Rules, Year};

/// Where risk scores come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// From the table `risk_score`, renormalised by type and year.
    Scores,
    /// Nowhere: every score is 1, and every output says so.
    None,
}

/// What a year's figures are made with.
#[derive(Debug, Clone)]
pub struct YearBasis {
    /// The calendar year.
    pub year: Year,
    /// Completion factor.
    pub completion: Decimal,
    /// Mean national scores that renormalise each set, where given instead of computed.
    pub mean_score: [ByType<Option<Decimal>>; 2],
}

/// Which scores an agreement's regime uses, and by which window its counties' people are assignable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basing {
    /// Scores by the model of each year, or by that of the performance year (42 CFR 425.659(b)(1)).
    pub scores: ScoreSet,
    /// Window of the county figures (42 CFR 425.601(c), 425.654(a)).
    pub window: Window,
    /// Whether it asks for figures of the ACO's region.
    pub regional: bool,
    /// Whether people new to the ACO are told from the others (42 CFR 425.604(a)).
    pub acquainted: bool,
}

/// A set of scores (42 CFR 425.659(b)(1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub enum ScoreSet {
    /// By the model of each year.
    OwnYear = 0,
    /// By the model of the performance year.
    PerformanceYear = 1,
}

impl ScoreSet {
    /// The set that a regime asks for.
    pub fn of(regime: &Regime) -> Self {
        if regime.risk.concept == regimes::Risk::CappedInAggregate { Self::PerformanceYear } else { Self::OwnYear }
    }

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnYear => "own_year",
            Self::PerformanceYear => "performance_year",
        }
    }

    /// Reads the name.
    pub fn read(text: &str) -> Option<Self> {
        [Self::OwnYear, Self::PerformanceYear].into_iter().find(|set| set.name() == text)
    }
}

/// An agreement of the run.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Its row of table `aco`.
    pub aco: Aco,
    /// The number of the ACO in the sums.
    pub number: u16,
    /// What its regime asks for.
    pub basing: Basing,
}

/// The sums of a run and what turns them into figures.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'r> {
    /// The sums.
    pub aggregates: &'r Aggregates,
    /// Years of the run; none where payments of a year do not count.
    pub years: &'r [Option<YearBasis>],
    /// Agreements.
    pub holders: &'r [Holder],
    /// County names by code; code 0 has none.
    pub counties: &'r [Option<String>],
    /// Where risk scores come from.
    pub risk: Risk,
    /// Whose figures are the nation's.
    pub population: Population,
}

impl Basis<'_> {
    /// The factor tables: ACO years, the nation, counties, and where each ACO's people live.
    ///
    /// Where agreements of the run ask for more than one set of scores, each county has a row of each.
    ///
    /// # Errors
    /// When people have months in a type and year and none of the nation has a score to renormalise by.
    pub fn tables(&self, rules: &Rules, given: &dyn Fn(&mut FactorTables)) -> Result<FactorTables> {
        let mut tables =
            FactorTables { acos: self.holders.iter().map(|holder| holder.aco.clone()).collect(), ..FactorTables::default() };
        let mut sets: Vec<ScoreSet> = Vec::new();
        for holder in self.holders {
            if !sets.contains(&holder.basing.scores) {
                sets.push(holder.basing.scores);
            }
            for year in FactorYear::ALL {
                let index = self.year(holder.aco.calendar_year(*year))?;
                for kind in EnrollmentType::ALL {
                    tables.aco_years.push(self.aco_year(holder, *year, index, kind)?);
                }
            }
            self.residence(holder, &mut tables.aco_counties)?;
        }
        self.nation(&mut tables)?;
        self.prospective_trend(&mut tables, rules);
        for set in &sets {
            self.county_figures(*set, (sets.len() > 1).then_some(*set), &mut tables.counties)?;
        }
        given(&mut tables);
        let mut tables = tables.normal();
        tables.aco_regions = tables.regions(rules)?;
        Ok(tables.normal())
    }

    fn nation(&self, tables: &mut FactorTables) -> Result<()> {
        for (index, basis) in self.counted() {
            for kind in EnrollmentType::ALL {
                let per_capita = per_capita(self.aggregates.nation(index, kind), basis.completion)?;
                tables.national.push(National {
                    calendar_year: basis.year,
                    population: self.population,
                    enrollment_type: kind,
                    per_capita_expenditure: per_capita,
                    truncated_per_capita: Some(per_capita),
                });
            }
        }
        Ok(())
    }

    /// The published growth of the prospective trend of each agreement start of the run.
    fn prospective_trend(&self, tables: &mut FactorTables, rules: &Rules) {
        let mut known = Vec::new();
        for Holder { aco, basing, .. } in self.holders {
            let cohort = (aco.agreement_start, aco.performance_year);
            if basing.scores != ScoreSet::PerformanceYear || known.contains(&cohort) {
                continue;
            }
            known.push(cohort);
            let rows = rules.acpt.growth.at(Day(aco.agreement_start));
            let Some(row) = rows.into_iter().find(|row| row.value.performance_year == aco.performance_year) else { continue };
            for kind in EnrollmentType::ALL {
                tables.acpt.push(Acpt {
                    agreement_start: aco.agreement_start,
                    performance_year: aco.performance_year,
                    enrollment_type: kind,
                    growth: row.value.of(kind).0,
                    weight: None,
                });
            }
        }
    }

    fn residence(&self, holder: &Holder, rows: &mut Vec<AcoCounty>) -> Result<()> {
        for year in FactorYear::ALL {
            let index = self.year(holder.aco.calendar_year(*year))? as u16;
            for kind in EnrollmentType::ALL {
                for (county, months) in self.aggregates.residence(holder.number, index, kind) {
                    let Some(name) = self.counties[usize::from(county)].clone() else { continue };
                    let (key, person_years) = (holder.aco.key.clone(), years(months));
                    rows.push(AcoCounty { key, year: *year, county: name, enrollment_type: kind, person_years });
                }
            }
        }
        Ok(())
    }

    fn county_figures(&self, set: ScoreSet, named: Option<ScoreSet>, rows: &mut Vec<County>) -> Result<()> {
        for (at, window) in [Window::Calendar, Window::Offset].into_iter().enumerate() {
            if !self.holders.iter().any(|holder| holder.basing.scores == set && holder.basing.window == window) {
                continue;
            }
            for (index, basis) in self.counted() {
                for kind in EnrollmentType::ALL {
                    for (code, name) in self.counties.iter().enumerate() {
                        let (Some(name), sums) = (name, self.aggregates.county(at, code as u16, index, kind)) else { continue };
                        if sums.months > 0 {
                            rows.push(County {
                                calendar_year: basis.year,
                                window,
                                county: name.clone(),
                                enrollment_type: kind,
                                scores: named,
                                person_years: years(sums.months),
                                per_capita_expenditure: per_capita(sums, basis.completion)?,
                                hcc_risk_score: self.score(sums, set, index, kind)?,
                                demographic_risk_score: self.demographic(sums, set, index, kind)?,
                            });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn aco_year(&self, holder: &Holder, year: FactorYear, index: usize, kind: EnrollmentType) -> Result<AcoYear> {
        let number = usize::from(holder.number);
        let set = holder.basing.scores;
        let sums = self.aggregates.aco(number, index, kind);
        let completion = self.years[index].as_ref().map_or(Decimal::ONE, |basis| basis.completion);
        let split = holder.basing.acquainted && year == FactorYear::Py;
        let [newly, continuously] = [true, false].map(|newly| self.aggregates.acquainted(number, kind, newly));
        let when = |value: Result<Option<Decimal>>| if split { value } else { Ok(None) };
        Ok(AcoYear {
            key: holder.aco.key.clone(),
            year,
            enrollment_type: kind,
            person_years: years(sums.months),
            per_capita_expenditure: per_capita(sums, completion)?,
            hcc_risk_score: self.score(sums, set, index, kind)?,
            demographic_risk_score: self.demographic(sums, set, index, kind)?,
            new_person_years: split.then(|| years(newly.months)),
            new_hcc_risk_score: when(self.score(newly, set, index, kind))?,
            continuing_hcc_risk_score: when(self.score(continuously, set, index, kind))?,
            continuing_demographic_risk_score: when(self.demographic(continuously, set, index, kind))?,
        })
    }

    /// Years whose payments count, by position.
    fn counted(&self) -> impl Iterator<Item = (usize, &YearBasis)> {
        self.years.iter().enumerate().filter_map(|(index, basis)| basis.as_ref().map(|basis| (index, basis)))
    }

    /// Mean prospective score, renormalised so that the nation's mean is 1 (42 CFR 425.659(b)(2)).
    fn score(&self, sums: &Sums, set: ScoreSet, index: usize, kind: EnrollmentType) -> Result<Option<Decimal>> {
        if sums.months == 0 {
            return Ok(None);
        }
        if self.risk == Risk::None {
            return Ok(Some(Decimal::ONE));
        }
        let [own, nation] = [sums, self.aggregates.nation(index, kind)].map(|sums| &sums.scores[set as usize]);
        let given = self.years[index].as_ref().and_then(|basis| basis.mean_score[set as usize][kind]);
        renormalised((own.score, own.months), (nation.score, nation.months), given)
    }

    fn demographic(&self, sums: &Sums, set: ScoreSet, index: usize, kind: EnrollmentType) -> Result<Option<Decimal>> {
        if sums.months == 0 || self.risk == Risk::None {
            return Ok((sums.months > 0).then_some(Decimal::ONE));
        }
        let [own, nation] = [sums, self.aggregates.nation(index, kind)].map(|sums| &sums.scores[set as usize]);
        renormalised((own.demographic, own.demographic_months), (nation.demographic, nation.demographic_months), None)
    }

    fn year(&self, calendar_year: Year) -> Result<usize> {
        self.counted().find(|(_, basis)| basis.year == calendar_year).map(|(index, _)| index).ok_or_else(|| {
            Error::failed(
                format!("the run holds no figures of {calendar_year}"),
                "this is a defect of acobench; please report it",
            )
        })
    }
}

/// Truncated, completed expenditure per person-year, dollars; 0 without months.
fn per_capita(sums: &Sums, completion: Decimal) -> Result<Decimal> {
    if sums.months == 0 {
        return Ok(Decimal::ZERO);
    }
    // Twelve times the cents, over months, is cents per person-year.
    let cents = whole(sums.capped12)?.checked_mul(completion).ok_or_else(too_large)?;
    Ok(cents / whole(i128::from(sums.months) * 100)?)
}

/// A mean over another: `(a / m) / (b / n)`, with one division; none where nobody has a score.
fn renormalised(own: (i128, u64), nation: (i128, u64), given: Option<Decimal>) -> Result<Option<Decimal>> {
    if own.1 == 0 {
        return Ok(None);
    }
    if let Some(mean) = given {
        let under = whole(i128::from(own.1))?.checked_mul(mean).and_then(|under| under.checked_mul(Decimal::from(1_000_000)));
        return Ok(Some(whole(own.0)?.checked_div(under.ok_or_else(too_large)?).ok_or_else(too_large)?));
    }
    if nation.0 == 0 {
        return Ok(None);
    }
    let over = whole(own.0 * i128::from(nation.1))?;
    let under = whole(nation.0 * i128::from(own.1))?;
    Ok(Some(over / under))
}

fn years(months: u64) -> Decimal {
    Decimal::from(months) / Decimal::from(12)
}

fn whole(value: i128) -> Result<Decimal> {
    Decimal::try_from_i128_with_scale(value, 0).map_err(|_| too_large())
}

fn too_large() -> Error {
    Error::failed(
        "a sum does not fit 28 digits",
        "the amounts of the extract are not dollars and cents; look at reconciliation.csv of an earlier run",
    )
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Sums, per_capita, years};
    use crate::aggregate::Part;
    use crate::beneficiary::{COMPONENTS, NO_SCORE};

    fn add(sums: &mut Sums, months: u32, cents: i64, threshold: i64) {
        let mut components = [0; COMPONENTS];
        components[0] = cents;
        sums.add(&Part { months, components, threshold, scores: [(NO_SCORE, NO_SCORE); 2] });
    }

    /// People of a type as months and cents; their person-years and per capita, rounded as printed.
    fn people(threshold: i64, people: &[(u32, i64)]) -> (String, String) {
        let mut sums = Sums::default();
        for (months, cents) in people {
            add(&mut sums, *months, *cents, threshold);
        }
        let per_capita = per_capita(&sums, Decimal::new(1013, 3)).unwrap();
        (format!("{:.6}", years(sums.months).round_dp(6)), format!("{:.4}", per_capita.round_dp(4)))
    }

    #[test]
    fn the_worked_example_of_person_years_truncation_and_completion() {
        let aged = [(12, 900_000), (9, 2_000_000), (6, 12_000_000), (1, -2_000_000)];
        assert_eq!(people(15_000_000, &aged), ("2.333333".into(), "39724.0714".into()));
        assert_eq!(people(14_000_000, &[(3, 4_000_000)]), ("0.250000".into(), "141820.0000".into()));
        // One person's contribution: per capita times his fraction of the year.
        for (months, cents, threshold, completed) in [
            (12, 900_000, 15_000_000, "9117.0000"),
            (3, 4_000_000, 14_000_000, "35455.0000"),
            (9, 2_000_000, 15_000_000, "20260.0000"),
            (6, 12_000_000, 15_000_000, "75975.0000"),
            (1, -2_000_000, 15_000_000, "-12662.5000"),
            (6, 1_000_000, 20_892_914, "10130.0000"),
        ] {
            let mut sums = Sums::default();
            add(&mut sums, months, cents, threshold);
            let whole = per_capita(&sums, Decimal::new(1013, 3)).unwrap() * Decimal::from(months) / Decimal::from(12);
            assert_eq!(format!("{:.4}", whole.round_dp(4)), completed);
        }
    }

    #[test]
    fn the_specifications_truncated_amount_is_completed_afterwards() {
        // 300,000 a year is truncated to 208,929.14, and completed to 211,645.21882.
        assert_eq!(people(20_892_914, &[(12, 30_000_000)]).1, "211645.2188");
    }
}
