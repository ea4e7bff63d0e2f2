//! The rules of one ACO's arrangement in one performance year, looked up and checked before anything is computed.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::error::{Error, Place, Result};
use crate::factors::{Aco, MinimumRateChoice, QualityStandard};
use crate::rules::arrangements::{Arrangement, LossLimit, LossRate, Losses, MinimumRate, QualityRule, Sides};
use crate::rules::settlement::SmallAco;
use crate::rules::{Day, Fraction, Row, Rules, Year};

/// An arrangement's rows in force for an ACO.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'t, 'r> {
    /// Row of `aco`.
    pub aco: &'t Aco,
    pub(super) rules: &'r Rules,
    pub(super) sharing_rate: &'r Row<Year, Fraction>,
    pub(super) quality: &'r Row<Year, QualityRule>,
    pub(super) payment_limit: &'r Row<Year, Fraction>,
    pub(super) minimum_rate: &'r Row<Day, MinimumRate>,
    pub(super) below_minimum_share: Option<&'r Row<Day, Fraction>>,
    pub(super) losses: Option<LossTerms<'r>>,
}

/// The downside of an arrangement in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct LossTerms<'r> {
    pub(super) rate: &'r Row<Year, LossRate>,
    pub(super) floor: &'r Row<Year, Fraction>,
    pub(super) ceiling: &'r Row<Year, Fraction>,
    pub(super) limit: LossLimit,
    pub(super) limit_of_benchmark: &'r Row<Year, Vec<Fraction>>,
    pub(super) limit_of_revenue: Option<&'r Row<Year, Fraction>>,
    pub(super) relief: &'r Row<Year, bool>,
}

/// Faults of an ACO's row.
struct Faults<'t> {
    aco: &'t Aco,
    found: Vec<Error>,
}

impl Faults<'_> {
    fn push(&mut self, column: &str, what: impl Into<String>, hint: &str) {
        let key = format!("{} {}", self.aco.key, self.aco.performance_year);
        self.found.push(Error::input(what, Place::table("aco").at_column(column).at_key(key), hint));
    }
}

impl<'t, 'r> Terms<'t, 'r> {
    /// Looks the rows up.
    ///
    /// # Errors
    /// [`Error::Inputs`] with every fault of the ACO's row: a track that did not exist in that year or was not open to that
    /// start, a choice that was not offered, a value that the arrangement needs and the row lacks.
    pub fn find(aco: &'t Aco, rules: &'r Rules) -> Result<Self> {
        let arrangement = rules.arrangements.of(aco.track);
        let (start, year) = (Day(aco.agreement_start), aco.performance_year);
        let mut faults = Faults { aco, found: Vec::new() };
        let track = aco.track;
        if arrangement.sides.find(&year).is_none() {
            faults.push("track", format!("track {track} did not exist in {year}"), "correct the track or the year");
        }
        if arrangement.starts.find(&start).is_none() {
            faults.push(
                "track",
                format!("track {track} was not open to agreements started on {start}"),
                "correct the track or the start",
            );
        }
        if !faults.found.is_empty() {
            return Err(Error::Inputs(faults.found));
        }
        let terms = Self::rows(aco, arrangement, rules)?;
        terms.check(&mut faults)?;
        if faults.found.is_empty() { Ok(terms) } else { Err(Error::Inputs(faults.found)) }
    }

    fn rows(aco: &'t Aco, arrangement: &'r Arrangement, rules: &'r Rules) -> Result<Self> {
        let (start, year) = (Day(aco.agreement_start), aco.performance_year);
        let losses = match (&arrangement.losses, arrangement.sides.at(year)?.value) {
            (Some(losses), Sides::TwoSided) => Some(LossTerms::rows(losses, year)?),
            _ => None,
        };
        Ok(Self {
            aco,
            rules,
            sharing_rate: arrangement.sharing_rate.at(year)?,
            quality: arrangement.quality.at(year)?,
            payment_limit: arrangement.payment_limit.at(year)?,
            minimum_rate: arrangement.minimum_rate.at(start)?,
            below_minimum_share: arrangement.below_minimum_share.as_ref().and_then(|rows| rows.find(&start)),
            losses,
        })
    }

    fn check(&self, faults: &mut Faults<'_>) -> Result<()> {
        let aco = self.aco;
        if self.minimum_rate.value == MinimumRate::Choice {
            let choices = self.rules.settlement.minimum_rate_choices.at(Day(aco.agreement_start))?;
            match aco.msr_choice {
                None => {
                    faults.push("msr_choice", "a two-sided ACO without its choice", "write variable or the fixed rate chosen");
                }
                Some(MinimumRateChoice::Fixed(rate)) if !choices.value.iter().any(|choice| choice.0 == rate) => {
                    faults.push(
                        "msr_choice",
                        format!("{rate} was never offered"),
                        "write one of the rates of minimum_rate_choices",
                    );
                }
                Some(_) => {}
            }
        }
        if (self.sharing_by_score() || self.losses_by_score()) && aco.quality_score.is_none() {
            faults.push("quality_score", "a rate needs the quality score", "give the score as a fraction");
        }
        if self.limit_by_revenue() && aco.participant_revenue.is_none() {
            faults.push("participant_revenue", "a loss limit needs the revenue", "give the participants' total Medicare revenue");
        }
        if self.below_minimum_share.is_some() && aco.low_revenue.is_none() {
            faults.push("low_revenue", "the rate below the minimum needs it", "write yes or no");
        }
        Ok(())
    }

    /// Whether the final sharing rate is scaled by the quality score.
    pub(super) fn sharing_by_score(&self) -> bool {
        match self.quality.value {
            QualityRule::Scaled => self.aco.quality_standard != QualityStandard::NotMet,
            QualityRule::MetOrNothing => false,
            QualityRule::MetOrScaled => self.aco.quality_standard == QualityStandard::Alternative,
        }
    }

    /// Whether the final loss rate falls with the quality score.
    pub(super) fn losses_by_score(&self) -> bool {
        self.losses.is_some_and(|losses| match losses.rate.value {
            LossRate::OneMinusScoreIfMet => self.aco.quality_standard == QualityStandard::Met,
            LossRate::OneMinusScore => self.aco.quality_standard != QualityStandard::NotMet,
            LossRate::Fixed(_) | LossRate::OneMinusSharingRate => false,
        })
    }

    /// Whether the share of revenue can bind as a loss limit.
    pub(super) fn limit_by_revenue(&self) -> bool {
        self.losses.is_some_and(|losses| match losses.limit {
            LossLimit::Benchmark => false,
            LossLimit::LowerOfRevenueAndBenchmark => true,
            LossLimit::RevenueIfSoDetermined => self.aco.revenue_loss_limit == Some(true),
        })
    }

    /// Whether the arrangement shares losses.
    #[must_use]
    pub fn is_two_sided(&self) -> bool {
        self.losses.is_some()
    }

    /// First day of the performance year, or of its half.
    pub(super) fn first_day(&self) -> Day {
        let month = if self.aco.key.performance_half == Some(2) { 7 } else { 1 };
        let year = i16::try_from(self.aco.performance_year).unwrap_or(9999).min(9999);
        Day(Date::new(year, month, 1).unwrap_or_default())
    }

    /// Whether a fixed choice gives way to the variable rate because the ACO is too small.
    ///
    /// # Errors
    /// When no rule row holds.
    pub(super) fn is_too_small_for_choice(&self) -> Result<bool> {
        let settlement = &self.rules.settlement;
        let few = self.aco.assigned_beneficiaries < settlement.eligible_beneficiaries.at(self.aco.performance_year)?.value;
        Ok(few && settlement.small_aco.at(self.first_day())?.value == SmallAco::Variable)
    }

    /// Why a fixed minimum rate, were one chosen, would have no bearing, with the paragraph; none where it would be the rate.
    ///
    /// # Errors
    /// When no rule row holds.
    pub fn why_choice_has_no_bearing(&self) -> Result<Option<String>> {
        if !self.is_too_small_for_choice()? {
            return Ok(None);
        }
        let settlement = &self.rules.settlement;
        let least = settlement.eligible_beneficiaries.at(self.aco.performance_year)?.value;
        let (heads, citation) = (self.aco.assigned_beneficiaries, &settlement.small_aco.at(self.first_day())?.citation);
        Ok(Some(format!(
            "with {heads} assigned beneficiaries, fewer than {least}, the variable rate takes its place ({citation})"
        )))
    }

    /// The quality score; 0 where no rate asks for it.
    pub(super) fn score(&self) -> Decimal {
        self.aco.quality_score.unwrap_or_default()
    }
}

impl<'r> LossTerms<'r> {
    fn rows(losses: &'r Losses, year: Year) -> Result<Self> {
        Ok(Self {
            rate: losses.rate.at(year)?,
            floor: losses.rate_floor.at(year)?,
            ceiling: losses.rate_ceiling.at(year)?,
            limit: losses.limit.at(year)?.value,
            limit_of_benchmark: losses.limit_of_benchmark.at(year)?,
            limit_of_revenue: losses.limit_of_revenue.as_ref().map(|rows| rows.at(year)).transpose()?,
            relief: losses.circumstance_relief.at(year)?,
        })
    }
}
