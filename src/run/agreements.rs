//! `agreement` and `participant` of a performance year: who is in the run, and which years it needs.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use crate::assignment::Listed;
use crate::beneficiary::{Attested, Entities, Entity, Quarter, Span};
use crate::error::{Error, Place, Result};
use crate::factors::{
    Aco, AcoKey, AssignmentMethod, Basing, FactorYear, MinimumRateChoice, QualityStandard, ScoreSet, Termination, Window,
};
use crate::money::Decimal;
use crate::rules::arrangements::Track;
use crate::rules::regimes::{self, CountyWindow};
use crate::rules::{Day, Fraction, Rules, Year};
use crate::scan::Extract;
use crate::scan::SmallTable;

/// What the extract gives for a figure that the run would compute.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// Assigned beneficiaries.
    pub assigned_beneficiaries: Option<u64>,
    /// Participant revenue, dollars.
    pub participant_revenue: Option<Decimal>,
    /// Whether the ACO is a low-revenue one.
    pub low_revenue: Option<bool>,
    /// Share of the performance year's people with LIS or dual status.
    pub lis_dual_share: Option<Decimal>,
    /// Share of benchmark year 3's people with dual status.
    pub dual_share_by3: Option<Decimal>,
}

/// The ACOs of a run.
#[derive(Debug, Clone)]
pub struct Acos {
    /// ACO identifiers by number of the agreement, in byte order; the halves of a year have a number each.
    pub ids: Vec<String>,
    /// Agreements, each with its number and what the extract overrides, in order of their keys.
    pub agreements: Vec<(Aco, u16, Overrides)>,
    /// The participant list.
    pub listed: Vec<Listed>,
    /// Clinics of participants and the clinicians attested there.
    attested: Vec<Attestation>,
    /// Calendar years of which expenditures are needed, ascending.
    pub years: Vec<Year>,
    /// The quarter to whose end the performance year runs; none for the whole year.
    pub quarter: Option<Quarter>,
    /// The method of the agreements whose figures are wanted, where those of others are not.
    of: Option<AssignmentMethod>,
}

impl Acos {
    /// Reads the ACOs of a performance year.
    ///
    /// # Errors
    /// Every fault of both tables at once: a missing or unknown value, an ACO without participants, an agreement that no
    /// regime covers, assignment that the run cannot do.
    pub fn read(extract: &Extract, performance_year: Year, rules: &Rules) -> Result<Self> {
        let table = SmallTable::read(&extract.agreement)?;
        let place = || Place::table("agreement").in_file(&extract.folder);
        let mut faults = Vec::new();
        let mut agreements = BTreeMap::new();
        for row in (0..table.rows()).filter(|row| table.int(*row, "performance_year") == Some(i64::from(performance_year))) {
            match agreement(&table, row, performance_year) {
                Ok((aco, overrides)) => {
                    let at = Day(aco.agreement_start);
                    if rules.regimes.of(at, aco.agreement_period).is_err() {
                        faults.push(Error::input(
                            format!(
                                "no benchmark regime covers agreement {} of {}, begun on {}",
                                aco.agreement_period, aco.key, aco.agreement_start
                            ),
                            place().at_column("agreement_start").at_key(aco.key.to_string()),
                            "agreements began on the days that `acobench rules` lists under regimes; correct the date",
                        ));
                    }
                    if let Some((other, _)) = agreements.insert(aco.key.clone(), (aco, overrides)) {
                        faults.push(Error::input(
                            format!("{} has two agreements in {performance_year}", other.key),
                            place().at_key(other.key.to_string()),
                            "keep the agreement in force at the end of the year",
                        ));
                    }
                }
                Err((column, key, wanted)) => faults.push(Error::input(
                    format!("column {column} must hold {wanted}"),
                    place().at_column(column).at_key(key),
                    "docs/data-dictionary.md says what the column holds",
                )),
            }
        }
        if agreements.is_empty() && faults.is_empty() {
            faults.push(Error::input(
                format!("no ACO has an agreement in {performance_year}"),
                place().at_column("performance_year"),
                "give a --performance-year that the table holds, or add its agreements",
            ));
        }
        let keys: Vec<AcoKey> = agreements.keys().cloned().collect();
        let ids: Vec<String> = keys.iter().map(|key| key.aco_id.clone()).collect();
        let (listed, attested) = participants(extract, performance_year, &keys, &mut faults)?;
        match faults.len() {
            0 => {}
            1 => return Err(faults.remove(0)),
            _ => return Err(Error::Inputs(faults)),
        }
        let agreements: Vec<_> =
            agreements.into_values().enumerate().map(|(number, (aco, over))| (aco, number as u16, over)).collect();
        let mut years: Vec<Year> =
            agreements.iter().flat_map(|(aco, ..)| FactorYear::ALL.iter().map(|year| aco.calendar_year(*year))).collect();
        years.sort_unstable();
        years.dedup();
        Ok(Self { ids, agreements, listed, attested, years, quarter: None, of: None })
    }

    /// A hash of everything that is known of them.
    pub fn content_hash(&self) -> String {
        // The derived text names every field.
        blake3::hash(format!("{self:?}").as_bytes()).to_hex().to_string()
    }

    /// The same, as a hash of names.
    pub fn attested_hash(&self) -> String {
        blake3::hash(format!("{:?}", self.attested).as_bytes()).to_hex().to_string()
    }

    /// The same to the end of a quarter of the performance year, 1 to 4.
    ///
    /// Under prospective assignment a quarterly report is of the year to date, under retrospective assignment of the latest
    /// twelve months, which are the year in the fourth quarter alone. One run is of one of them: the agreements of the other
    /// method stay rivals, and `of` says whose figures are wanted where there are both.
    ///
    /// # Errors
    /// When there is no such quarter, nobody is assigned by the method wanted, or it is not said where it must be.
    pub fn to_quarter(mut self, quarter: Option<u8>, of: Option<AssignmentMethod>) -> Result<Self> {
        let Some(number) = quarter else {
            return match of {
                None => Ok(self),
                Some(_) => Err(Error::usage("--quarter-of is of quarterly figures", "give --quarter too, or leave it out")),
            };
        };
        if !(1..=4).contains(&number) {
            return Err(Error::usage(format!("there is no quarter {number}"), "give --quarter 1, 2, 3 or 4"));
        }
        let methods = self.methods();
        let used = |method: AssignmentMethod| methods.contains(&method);
        let both = used(AssignmentMethod::Prospective) && used(AssignmentMethod::Retrospective);
        if let Some(method) = of.filter(|method| !used(*method)) {
            return Err(Error::input(
                format!("no ACO of the performance year is assigned people by the {} method", method.name()),
                Place::table("agreement").at_column("assignment_method"),
                "leave --quarter-of out, or correct the agreements",
            ));
        }
        if of.is_none() && both && number < 4 {
            return Err(Error::usage(
                "before the fourth quarter, figures of prospectively assigned ACOs are of the year to date and those of retrospectively assigned ACOs of the latest twelve months; the performance year has both",
                "give --quarter-of prospective or --quarter-of retrospective; ACOs of the other method stay rivals",
            ));
        }
        let retrospective = of.map_or(!used(AssignmentMethod::Prospective), |method| method == AssignmentMethod::Retrospective);
        self.quarter = Some(Quarter { number, latest: retrospective && number < 4 });
        self.of = of.filter(|_| both);
        Ok(self)
    }

    /// The agreements whose figures are wanted.
    pub fn wanted(&self) -> impl Iterator<Item = &(Aco, u16, Overrides)> {
        self.agreements.iter().filter(|(aco, ..)| self.of.is_none_or(|method| aco.assignment_method == method))
    }

    /// The factor that completes expenditures of a calendar year, and whether it is carried from another year.
    ///
    /// # Errors
    /// When no row holds, or ACOs of both methods would need different factors.
    pub fn completion(&self, year: Year, performance_year: Year, rules: &Rules) -> Result<(Decimal, bool)> {
        let rules = &rules.expenditure;
        let Some(quarter) = self.quarter.filter(|_| year == performance_year) else {
            let row = rules.completion_factor.at(year)?;
            return Ok((row.value.0, row.carried));
        };
        let mut factors = Vec::new();
        for (aco, ..) in self.wanted() {
            factors.push(match aco.assignment_method {
                AssignmentMethod::Prospective => {
                    let row = rules.quarterly_completion_prospective.at(year)?;
                    (row.value[usize::from(quarter.number.clamp(1, 4) - 1)].0, row.carried)
                }
                AssignmentMethod::Retrospective => {
                    let row = rules.quarterly_completion_retrospective.at(year)?;
                    (row.value.0, row.carried)
                }
            });
        }
        factors.dedup();
        match factors[..] {
            [factor] => Ok(factor),
            _ => Err(Error::usage(
                "prospective and retrospective assignment have different completion factors in this quarter",
                "give --quarter-of prospective or --quarter-of retrospective",
            )),
        }
    }

    /// Participants' clinics and the clinicians attested there, by entity number.
    pub fn attested(&self, entities: &Entities) -> Attested {
        let mut attested = Attested::default();
        for (ccn, npi) in &self.attested {
            let clinic = entities.ccn(ccn);
            attested.clinics.push(clinic);
            attested.clinicians.extend(npi.map(|npi| (clinic, npi)));
        }
        attested
    }

    /// How people are assigned under each agreement, by its number.
    pub fn methods(&self) -> Vec<AssignmentMethod> {
        self.agreements.iter().map(|(aco, ..)| aco.assignment_method).collect()
    }

    /// What the regime of an agreement asks of the sums.
    ///
    /// # Errors
    /// When no regime covers the agreement.
    pub fn basing(aco: &Aco, rules: &Rules) -> Result<Basing> {
        let (_, regime) = rules.regimes.of(Day(aco.agreement_start), aco.agreement_period)?;
        let own_window = regime.county_window.concept == CountyWindow::Assignment;
        Ok(Basing {
            scores: ScoreSet::of(regime),
            window: match aco.assignment_method {
                AssignmentMethod::Prospective if own_window => Window::Offset,
                _ => Window::Calendar,
            },
            regional: regime.is_regional(),
            acquainted: regime.risk.concept == regimes::Risk::NewlyAndContinuouslyAssigned,
        })
    }

    /// What the heavy half must look at.
    ///
    /// # Errors
    /// As [`Acos::basing`].
    pub fn span(&self, performance_year: Year, rules: &Rules) -> Result<Span> {
        let mut span = Span { performance_year, years: self.years.clone(), quarter: self.quarter, ..Span::default() };
        for (aco, ..) in &self.agreements {
            span.prospective |= aco.assignment_method == AssignmentMethod::Prospective;
            span.year_before |= Self::basing(aco, rules)?.acquainted;
        }
        Ok(span)
    }

    /// Whether an agreement is given its people in a year, by year of the run and number of the agreement: in its benchmark and
    /// performance years and, with `before`, in the year before where people new to it are told from the others.
    ///
    /// # Errors
    /// As [`Acos::basing`].
    pub fn needed(&self, years: &[Year], before: bool, rules: &Rules) -> Result<Vec<Vec<bool>>> {
        let mut needed = vec![vec![false; self.ids.len()]; years.len()];
        for (aco, number, _) in &self.agreements {
            let before = (before && Self::basing(aco, rules)?.acquainted).then(|| aco.performance_year.saturating_sub(1));
            for year in FactorYear::ALL.iter().map(|year| aco.calendar_year(*year)).chain(before) {
                if let Ok(index) = years.binary_search(&year) {
                    needed[index][usize::from(*number)] = true;
                }
            }
        }
        Ok(needed)
    }

    /// Refuses a run for which the extract holds nobody in some year that an ACO needs; `months` that count by year.
    ///
    /// # Errors
    /// Naming each such year and the ACOs that need it.
    pub fn years_present(&self, years: &[Year], months: &[u64], extract: &Path) -> Result<()> {
        let missing = years.iter().zip(months).filter(|(year, months)| **months == 0 && self.years.contains(year));
        let mut faults: Vec<Error> = missing
            .map(|(year, _)| {
                Error::input(
                    format!("the extract holds nobody in {year}, which {} need", self.needing(*year).join(", ")),
                    Place::table("beneficiary_year").in_file(extract).at_column("year").at_key(year.to_string()),
                    "deliver that year's enrollment and claims, or leave those ACOs out of the agreements of the year",
                )
            })
            .collect();
        match faults.len() {
            0 => Ok(()),
            1 => Err(faults.remove(0)),
            _ => Err(Error::Inputs(faults)),
        }
    }

    /// The ACOs that need a calendar year, by name.
    pub fn needing(&self, year: Year) -> Vec<&str> {
        let needs = |aco: &Aco| FactorYear::ALL.iter().any(|part| aco.calendar_year(*part) == year);
        let mut names: Vec<_> =
            self.agreements.iter().filter(|(aco, ..)| needs(aco)).map(|(aco, ..)| aco.key.aco_id.as_str()).collect();
        names.dedup();
        names
    }
}

/// A participant's CCN, and a clinician attested or listed under it.
type Attestation = (Box<[u8]>, Option<u64>);

fn participants(
    extract: &Extract,
    performance_year: Year,
    keys: &[AcoKey],
    faults: &mut Vec<Error>,
) -> Result<(Vec<Listed>, Vec<Attestation>)> {
    let table = SmallTable::read(&extract.participant)?;
    let mut listed = Vec::new();
    let mut attested = Vec::new();
    for row in (0..table.rows()).filter(|row| table.int(*row, "performance_year") == Some(i64::from(performance_year))) {
        let Some(id) = table.text(row, "aco_id") else { continue };
        // A list is the year's unless it says a half: each half of 2019 may have its own (42 CFR 425.609(b)(1), (c)(1)).
        let half = table.int(row, "performance_half");
        let of_the_list = |key: &AcoKey| half.is_none() || key.performance_half.map(i64::from) == half;
        let known = |beyond: fn(&str, &str) -> bool| keys.partition_point(|key| beyond(&key.aco_id, id));
        let agreements = known(|known, id| known < id)..known(|known, id| known <= id);
        let numbers: Vec<u16> = agreements.filter(|at| of_the_list(&keys[*at])).map(|at| at as u16).collect();
        if numbers.is_empty() {
            continue;
        }
        let mut list = |entity: Entity| listed.extend(numbers.iter().map(|aco| Listed { aco: *aco, entity: entity.clone() }));
        if let Some(tin) = table.text(row, "tin") {
            list(Entity::Tin(tin.as_bytes().into()));
        }
        if let Some(ccn) = table.text(row, "ccn") {
            list(Entity::Ccn(ccn.as_bytes().into()));
            attested.push((ccn.as_bytes().into(), table.int(row, "npi").map(|npi| npi as u64)));
        }
    }
    listed.sort_unstable();
    listed.dedup();
    for (aco, key) in keys.iter().enumerate() {
        if !listed.iter().any(|row| usize::from(row.aco) == aco) {
            faults.push(Error::input(
                format!("{key} has no participant in {performance_year}"),
                Place::table("participant").in_file(&extract.folder).at_column("tin").at_key(key.to_string()),
                "add the TINs and CCNs of the ACO's certified participant list of that year",
            ));
        }
    }
    Ok((listed, attested))
}

type Fault = (&'static str, String, &'static str);

fn agreement(table: &SmallTable, row: usize, performance_year: Year) -> Result<(Aco, Overrides), Fault> {
    let id = table.text(row, "aco_id").ok_or(("aco_id", String::new(), "the ACO's identifier"))?;
    let fault = |column: &'static str, wanted: &'static str| (column, id.to_string(), wanted);
    let word = |column: &'static str| table.text(row, column);
    let number = |column: &'static str| table.int(row, column).map(|millionths| Decimal::new(millionths, 6).normalize());
    let day = |column: &'static str| table.int(row, column).and_then(date);
    let flag = |column: &'static str| table.int(row, column).map(|value| value != 0);
    let count = |column: &'static str| table.int(row, column).and_then(|value| u32::try_from(value).ok());
    let half = match table.int(row, "performance_half") {
        None => None,
        Some(1) => Some(1),
        Some(2) => Some(2),
        Some(_) => return Err(fault("performance_half", "1, 2 or nothing")),
    };
    let choice = match word("msr_choice") {
        None => None,
        Some("variable") => Some(MinimumRateChoice::Variable),
        Some(text) => {
            let Fraction(rate) = text.parse().map_err(|_| fault("msr_choice", "variable, or a fraction"))?;
            Some(MinimumRateChoice::Fixed(rate))
        }
    };
    let track = Track::read(word("track").unwrap_or_default(), word("level").unwrap_or_default());
    let method = word("assignment_method").and_then(AssignmentMethod::read);
    let overrides = Overrides {
        assigned_beneficiaries: table.int(row, "assigned_beneficiaries").and_then(|value| u64::try_from(value).ok()),
        participant_revenue: number("participant_revenue"),
        low_revenue: flag("low_revenue"),
        lis_dual_share: number("lis_dual_share"),
        dual_share_by3: number("dual_share_by3"),
    };
    let start = day("agreement_start").ok_or_else(|| fault("agreement_start", "a day"))?;
    let begins_within = u16::try_from(start.year()) == Ok(performance_year) && start.day_of_year() > 1;
    if half != Some(2) && begins_within {
        return Err(fault("performance_half", "2 where the agreement begins within the performance year"));
    }
    let aco = Aco {
        key: AcoKey { aco_id: id.to_string(), performance_half: half },
        performance_year,
        performance_months: if half.is_some() { 6 } else { 12 },
        agreement_start: start,
        agreement_period: count("agreement_period")
            .filter(|n| *n > 0)
            .ok_or_else(|| fault("agreement_period", "1, 2, 3, ..."))?,
        times_regionally_adjusted: count("times_regionally_adjusted")
            .ok_or_else(|| fault("times_regionally_adjusted", "a count"))?,
        track: track.ok_or_else(|| fault("track", "1, 1+, 2, 3, ENHANCED, or BASIC with a level A to E"))?,
        assignment_method: method.ok_or_else(|| fault("assignment_method", "retrospective or prospective"))?,
        assigned_beneficiaries: 0,
        msr_choice: choice,
        quality_standard: match word("quality_standard") {
            None => QualityStandard::NotMet,
            Some(text) => QualityStandard::read(text).ok_or_else(|| fault("quality_standard", "met, alternative or not_met"))?,
        },
        quality_score: number("quality_score"),
        participant_revenue: None,
        low_revenue: None,
        revenue_loss_limit: flag("revenue_loss_limit"),
        euc_share_beneficiaries: number("euc_share_beneficiaries"),
        euc_share_year: number("euc_share_year"),
        lis_dual_share: None,
        dual_share_by3: None,
        prior_savings: [number("prior_savings_1"), number("prior_savings_2"), number("prior_savings_3")],
        prior_person_years: [number("prior_person_years_1"), number("prior_person_years_2"), number("prior_person_years_3")],
        prior_sharing_rate: [number("prior_sharing_rate_1"), number("prior_sharing_rate_2"), number("prior_sharing_rate_3")],
        termination: match word("termination") {
            None => Termination::None,
            Some(text) => Termination::read(text).ok_or_else(|| fault("termination", "none, voluntary or involuntary"))?,
        },
        termination_date: day("termination_date"),
        closeout_complete: flag("closeout_complete"),
        aip_outstanding: number("aip_outstanding"),
        prepaid_outstanding: number("prepaid_outstanding"),
    };
    Ok((aco, overrides))
}

fn date(days: i64) -> Option<Date> {
    jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}
