//! Integer sums to factor tables: the only place where the heavy half's integers become decimals.

use rust_decimal::Decimal;

use super::tables::{Aco, AcoCounty, AcoYear, County, FactorTables, FactorYear, National, Window};
use crate::aggregate::{Aggregates, Sums};
use crate::error::{Error, Result};
use crate::rules::regimes::Population;
use crate::rules::{ByType, EnrollmentType, Year};

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
    /// Mean national scores that renormalise, where given instead of computed.
    pub mean_score: ByType<Option<Decimal>>,
}

/// The sums of a run and what turns them into figures.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'r> {
    /// The sums.
    pub aggregates: &'r Aggregates,
    /// Years of the run.
    pub years: &'r [YearBasis],
    /// ACOs: the row of table `aco`, and the number of the ACO in the sums.
    pub acos: &'r [(Aco, u16)],
    /// County names by code; code 0 has none.
    pub counties: &'r [Option<String>],
    /// Where risk scores come from.
    pub risk: Risk,
}

impl Basis<'_> {
    /// The factor tables: ACO years, the nation, counties, and where each ACO's people live.
    ///
    /// # Errors
    /// When people have months in a type and year and none of the nation has a score to renormalise by.
    pub fn tables(&self) -> Result<FactorTables> {
        let mut tables = FactorTables { acos: self.acos.iter().map(|(aco, _)| aco.clone()).collect(), ..FactorTables::default() };
        for (aco, number) in self.acos {
            for year in FactorYear::ALL {
                let index = self.year(aco.calendar_year(*year))?;
                for kind in EnrollmentType::ALL {
                    tables.aco_years.push(self.aco_year(aco, *number, *year, index, kind)?);
                    for (county, months) in self.aggregates.residence(*number, index as u16, kind) {
                        let Some(name) = self.counties[usize::from(county)].clone() else { continue };
                        tables.aco_counties.push(AcoCounty {
                            key: aco.key.clone(),
                            year: *year,
                            county: name,
                            enrollment_type: kind,
                            person_years: years(months),
                        });
                    }
                }
            }
        }
        for (index, basis) in self.years.iter().enumerate() {
            for kind in EnrollmentType::ALL {
                let per_capita = per_capita(self.aggregates.nation(index, kind), basis.completion)?;
                tables.national.push(National {
                    calendar_year: basis.year,
                    population: Population::Assignable,
                    enrollment_type: kind,
                    per_capita_expenditure: per_capita,
                    truncated_per_capita: Some(per_capita),
                });
                for (code, name) in self.counties.iter().enumerate() {
                    let (Some(name), sums) = (name, self.aggregates.county(code as u16, index, kind)) else { continue };
                    if sums.months > 0 {
                        tables.counties.push(self.county(name, sums, index, kind)?);
                    }
                }
            }
        }
        Ok(tables)
    }

    fn aco_year(&self, aco: &Aco, number: u16, year: FactorYear, index: usize, kind: EnrollmentType) -> Result<AcoYear> {
        let sums = self.aggregates.aco(usize::from(number), index, kind);
        Ok(AcoYear {
            key: aco.key.clone(),
            year,
            enrollment_type: kind,
            person_years: years(sums.months),
            per_capita_expenditure: per_capita(sums, self.years[index].completion)?,
            hcc_risk_score: self.score(sums, index, kind)?,
            demographic_risk_score: self.demographic(sums, index, kind)?,
            new_person_years: None,
            new_hcc_risk_score: None,
            continuing_hcc_risk_score: None,
            continuing_demographic_risk_score: None,
        })
    }

    fn county(&self, name: &str, sums: &Sums, index: usize, kind: EnrollmentType) -> Result<County> {
        Ok(County {
            calendar_year: self.years[index].year,
            window: Window::Calendar,
            county: name.to_string(),
            enrollment_type: kind,
            person_years: years(sums.months),
            per_capita_expenditure: per_capita(sums, self.years[index].completion)?,
            hcc_risk_score: self.score(sums, index, kind)?,
            demographic_risk_score: self.demographic(sums, index, kind)?,
        })
    }

    /// Mean prospective score, renormalised so that the nation's mean is 1 (42 CFR 425.659(b)(2)).
    fn score(&self, sums: &Sums, index: usize, kind: EnrollmentType) -> Result<Option<Decimal>> {
        if sums.months == 0 {
            return Ok(None);
        }
        if self.risk == Risk::None {
            return Ok(Some(Decimal::ONE));
        }
        let nation = self.aggregates.nation(index, kind);
        let given = self.years[index].mean_score[kind];
        renormalised((sums.score, sums.score_months), (nation.score, nation.score_months), given)
    }

    fn demographic(&self, sums: &Sums, index: usize, kind: EnrollmentType) -> Result<Option<Decimal>> {
        if sums.months == 0 || self.risk == Risk::None {
            return Ok((sums.months > 0).then_some(Decimal::ONE));
        }
        let nation = self.aggregates.nation(index, kind);
        renormalised((sums.demographic, sums.demographic_months), (nation.demographic, nation.demographic_months), None)
    }

    fn year(&self, calendar_year: Year) -> Result<usize> {
        self.years.iter().position(|basis| basis.year == calendar_year).ok_or_else(|| {
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
