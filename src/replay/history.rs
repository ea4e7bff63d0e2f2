//! Historical benchmarks under national trends (425.602, 425.603(b)).
//!
//! Tested is the structure: three benchmark years risk adjusted by HCC scores to the third, trended to it by one national
//! trend per year and type that all ACOs of a cohort share, weighted as the agreement's number says, averaged in the mix of
//! the third year, and with the published savings of the first agreement added. Not tested is the level of the trends
//! themselves, which are found from the same benchmarks. Where agreements of both regimes start in one year, the same trends
//! must serve both sets of weights; and that they come out as growth of some percent, as the report shows, speaks for the
//! weights of benchmark years 1 and 2.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::arrangement;
use super::columns::Column;
use super::interval::Interval;
use super::reason::{Doubt, Reason};
use super::sheet::{Number, Row, Sheet};
use super::totals::cell;
use super::trends::{self, Equation, TRENDS, Trends};
use super::verdict::Recomputed;
use crate::factors::FactorYear;
use crate::rules::regimes::{Adjustment, Trend};
use crate::rules::{Day, EnrollmentType, Rules};

/// Fewest ACOs of a cohort that determine its trends and leave something to test.
const FEWEST: usize = TRENDS + 8;

/// A number and how far it may be from it, in floating point.
#[derive(Debug, Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    fn of(number: Number) -> Self {
        let float = |value: Decimal| value.max(Decimal::ZERO).to_f64().unwrap_or_default();
        Self { low: float(number.interval.low), high: float(number.interval.high) }
    }

    fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    fn times(self, other: Self) -> Self {
        Self { low: self.low * other.low, high: self.high * other.high }
    }
}

/// What a row's benchmark is made of.
#[derive(Debug, Clone)]
struct Parts {
    /// Year of the agreement's start: it fixes the benchmark years, whatever the regime.
    cohort: i16,
    /// Person-years of benchmark year 3 by type; types without any are left out.
    years: [Option<Span>; 4],
    /// Weight, cost and risk adjustment of benchmark years 1 and 2 by type: what a trend multiplies.
    trended: [[Span; 2]; 4],
    /// Weight times cost of benchmark year 3 by type.
    last: [Span; 4],
    /// What is added.
    added: f64,
}

/// National trends of a cohort and type, found from published benchmarks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundTrend {
    /// Year in which the agreements started.
    pub start: i16,
    /// Enrollment type.
    pub kind: EnrollmentType,
    /// From benchmark year 1 to benchmark year 3.
    pub from_by1: f64,
    /// From benchmark year 2 to benchmark year 3.
    pub from_by2: f64,
}

/// The benchmarks of a file, and the trends of its cohorts.
#[derive(Debug)]
pub struct History {
    rows: Vec<Result<Parts, Doubt>>,
    cohorts: BTreeMap<i16, Result<Trends, usize>>,
}

impl History {
    /// Reads a file and finds the trends of its cohorts.
    pub fn of(sheet: &Sheet, rules: &Rules, year: u16) -> Self {
        let rows: Vec<Result<Parts, Doubt>> = sheet.rows().map(|row| Parts::read(row, rules, year)).collect();
        let mut members: BTreeMap<i16, Vec<(&Parts, f64)>> = BTreeMap::new();
        for (row, parts) in sheet.rows().zip(&rows) {
            let published = cell(row, Column::HistoricalBenchmark).ok().and_then(|number| number.value.to_f64());
            if let (Ok(parts), Some(published)) = (parts, published) {
                members.entry(parts.cohort).or_default().push((parts, published));
            }
        }
        let solved = |members: &Vec<(&Parts, f64)>| {
            if members.len() < FEWEST {
                return Err(members.len());
            }
            let equations: Vec<Equation> = members.iter().map(|(parts, published)| parts.equation(*published)).collect();
            let slack = |row: usize, trends: &Trends| {
                let parts = members[row].0;
                let (open, middle) = (parts.span(trends), parts.value(trends));
                (open.high - middle).min(middle - open.low) + 0.5
            };
            trends::solve(&equations, slack).ok_or(members.len())
        };
        let cohorts = members.iter().map(|(cohort, members)| (*cohort, solved(members))).collect();
        Self { rows, cohorts }
    }

    /// The trends that were found: year of the start, enrollment type, from benchmark year 1 and from benchmark year 2.
    pub fn trends(&self) -> Vec<FoundTrend> {
        let of_cohort = |(start, trends): (&i16, &Result<Trends, usize>)| {
            let trends = *trends.as_ref().ok()?;
            let of_type = |kind: EnrollmentType| {
                let first = 2 * kind.index();
                FoundTrend { start: *start, kind, from_by1: trends[first], from_by2: trends[first + 1] }
            };
            Some(EnrollmentType::ALL.map(of_type))
        };
        self.cohorts.iter().filter_map(of_cohort).flatten().collect()
    }

    /// The historical benchmark of a row.
    pub fn benchmark(&self, row: Row<'_>, rules: &Rules, year: u16) -> Result<Recomputed, Doubt> {
        let parts = match &self.rows[row.index()] {
            // The row may have been given other cells since the trends were found.
            Ok(_) => Parts::read(row, rules, year)?,
            Err(doubt) => return Err(doubt.clone()),
        };
        let trends = match self.cohorts.get(&parts.cohort) {
            Some(Ok(trends)) => trends,
            Some(Err(rows)) => return Err(Reason::CohortTooSmall(*rows).into()),
            None => return Err(Reason::CohortTooSmall(0).into()),
        };
        let decimal = |value: f64| Decimal::from_f64_retain(value).unwrap_or_default();
        let open = parts.span(trends);
        let interval = Interval { low: decimal(open.low), high: decimal(open.high) };
        Ok(Recomputed::new(decimal(parts.value(trends)), interval))
    }
}

impl Parts {
    fn read(row: Row<'_>, rules: &Rules, year: u16) -> Result<Self, Doubt> {
        let sheet = row.sheet();
        let unknown = |what: String| Doubt::from(Reason::ArrangementUnknown(what));
        let track = arrangement::track(row).ok_or_else(|| Doubt::from(Reason::ColumnMissing(sheet.name(Column::Track))))?;
        // A start that is withheld is not guessed: the benchmark years hang on it.
        if sheet.has(Column::AgreementStart) && row.day(Column::AgreementStart).is_none() {
            let name = sheet.name(Column::AgreementStart);
            return Err(cell(row, Column::AgreementStart).err().unwrap_or_else(|| Reason::Blank(name).into()));
        }
        let start = arrangement::start(row, track, rules, year)
            .ok_or_else(|| unknown(format!("no start of a track {track} agreement is known for {year}")))?;
        // Files that do not number agreements are older than second agreements.
        let number = match arrangement::agreement_number(row) {
            Some(number) => number,
            None if sheet.has(Column::AgreementNumber) => {
                let name = sheet.name(Column::AgreementNumber);
                return Err(cell(row, Column::AgreementNumber).err().unwrap_or_else(|| Reason::NoNumber(name).into()));
            }
            None => 1,
        };
        let named = rules.regimes.of(Day(start), number);
        let (name, regime) = named.map_err(|fault| unknown(arrangement::first_line(&fault)))?;
        let added = match (regime.trend.concept, regime.adjustment.concept) {
            (Trend::National, Adjustment::None) => 0.0,
            (Trend::National, Adjustment::FirstAgreementSavings) => {
                cell(row, Column::PriorSavings)?.value.to_f64().unwrap_or_default()
            }
            _ => return Err(Reason::RegionNotPublished(name.to_string()).into()),
        };
        let weights = rules.regimes.year_weights(Day(start), number);
        let (weights, _) = weights.map_err(|fault| unknown(arrangement::first_line(&fault)))?;
        let weights = weights.map(|weight| weight.0.to_f64().unwrap_or_default());
        let all: f64 = weights.iter().sum();
        let weights = weights.map(|weight| weight / all);
        let nothing = Span { low: 0.0, high: 0.0 };
        let mut parts = Self { cohort: start.year(), years: [None; 4], trended: [[nothing; 2]; 4], last: [nothing; 4], added };
        for kind in EnrollmentType::ALL {
            let years = cell(row, Column::PersonYearsOfType.of(kind, FactorYear::By3))?;
            if years.value.is_zero() {
                continue;
            }
            parts.years[kind.index()] = Some(Span::of(years));
            let mut adjusted = [nothing; 3];
            let last = cell(row, Column::RiskScoreOfType.of(kind, FactorYear::By3))?;
            for (place, year) in [FactorYear::By1, FactorYear::By2, FactorYear::By3].into_iter().enumerate() {
                let cost = Span::of(cell(row, Column::PerCapitaOfType.of(kind, year))?);
                let score = cell(row, Column::RiskScoreOfType.of(kind, year))?;
                if score.value.is_zero() {
                    return Err(Reason::TypeWithoutPeople(format!("{kind} of {year}")).into());
                }
                let (score, last) = (Span::of(score), Span::of(last));
                let weight = Span { low: weights[place], high: weights[place] };
                let ratio = match year {
                    FactorYear::By3 => Span { low: 1.0, high: 1.0 },
                    _ => Span { low: last.low / score.high, high: last.high / score.low },
                };
                adjusted[place] = weight.times(cost).times(ratio);
            }
            let [first, second, last] = adjusted;
            parts.trended[kind.index()] = [first, second];
            parts.last[kind.index()] = last;
        }
        if parts.years.iter().all(Option::is_none) {
            return Err(Reason::TypeWithoutPeople("benchmark year 3".to_string()).into());
        }
        Ok(parts)
    }

    /// Shares of the types in benchmark year 3.
    fn shares(&self) -> [f64; 4] {
        let years = self.years.map(|years| years.map_or(0.0, Span::middle));
        let total: f64 = years.iter().sum();
        years.map(|years| years / total)
    }

    fn equation(&self, published: f64) -> Equation {
        let shares = self.shares();
        let mut factors = [0.0; TRENDS];
        let mut sum = published - self.added;
        for (kind, share) in shares.into_iter().enumerate() {
            for (place, part) in self.trended[kind].iter().enumerate() {
                factors[2 * kind + place] = share * part.middle();
            }
            sum -= share * self.last[kind].middle();
        }
        Equation { factors, sum }
    }

    fn of_type(&self, kind: usize, trends: &Trends) -> Span {
        let mut sum = self.last[kind];
        for (place, part) in self.trended[kind].iter().enumerate() {
            let trend = trends[2 * kind + place];
            sum = Span { low: sum.low + part.low * trend, high: sum.high + part.high * trend };
        }
        sum
    }

    fn value(&self, trends: &Trends) -> f64 {
        let shares = self.shares();
        let of_types: f64 = (0..4).map(|kind| shares[kind] * self.of_type(kind, trends).middle()).sum();
        of_types + self.added
    }

    /// Everything that the printed cells allow at these trends; what is added is printed to whole dollars too.
    fn span(&self, trends: &Trends) -> Span {
        let of_types = [0, 1, 2, 3].map(|kind| self.of_type(kind, trends));
        let added = if self.added == 0.0 { 0.0 } else { 0.5 };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for corner in 0..16_u32 {
            let (mut total, mut least, mut most) = (0.0, 0.0, 0.0);
            for (kind, (years, each)) in self.years.iter().zip(&of_types).enumerate() {
                let Some(years) = years else { continue };
                let weight = if corner >> kind & 1 == 0 { years.low } else { years.high };
                total += weight;
                least += weight * each.low;
                most += weight * each.high;
            }
            low = low.min(least / total);
            high = high.max(most / total);
        }
        Span { low: low + self.added - added, high: high + self.added + added }
    }
}
