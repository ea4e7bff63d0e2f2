//! What an ACO signed and reported, read from its row.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::columns::{Column, plain};
use super::interval::Interval;
use super::reason::{Doubt, Reason};
use super::sheet::{Absent, Row};
use crate::error::Error;
use crate::factors::{Aco, AcoKey, AssignmentMethod, MinimumRateChoice, QualityStandard, Termination};
use crate::rules::arrangements::{Level, LossLimit, MinimumRate, QualityRule, Sides, Track};
use crate::rules::{Day, Rules};

/// A revenue so large that no limit by it binds: the cells of real revenues are not published.
const BOUNDLESS: Decimal = Decimal::from_parts(1_316_134_912, 2328, 0, false, 0);

/// An ACO's arrangement.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// The row as a settlement needs it, without its minimum rate and score.
    pub aco: Aco,
    /// Minimum savings rates that the ACO may have chosen.
    pub choices: Vec<Option<MinimumRateChoice>>,
    /// What its quality score may be.
    pub score: (Decimal, Interval),
    /// Why the score is not known, where it is not: then it may be anything.
    pub score_doubt: Option<Reason>,
    /// Whether the final sharing rate is the maximum times the score.
    pub shares_by_score: bool,
    /// Whether the final rate alone says that the quality standard was missed.
    pub standard_by_rate: bool,
    /// Whether it shares losses.
    pub two_sided: bool,
    /// Whether a share of revenue may limit its losses.
    pub revenue_may_bind: bool,
    /// Maximum sharing rate.
    pub maximum_rate: Decimal,
    /// Whether losses are measured on the recalculated benchmark, which then is the printed one.
    pub recalculated: bool,
}

/// The track and level: by one column of words, or by a column for each.
pub fn track(row: Row<'_>) -> Option<Track> {
    let word = plain(row.text(Column::Track));
    let word = ["basic", "track", "level"].iter().fold(word.as_str(), |word, prefix| word.strip_prefix(prefix).unwrap_or(word));
    let named = match word {
        "a" => Some(Track::Basic(Level::A)),
        "b" => Some(Track::Basic(Level::B)),
        "c" => Some(Track::Basic(Level::C)),
        "d" => Some(Track::Basic(Level::D)),
        "e" => Some(Track::Basic(Level::E)),
        "en" | "enhanced" => Some(Track::Enhanced),
        "1" => Some(Track::One),
        "1+" | "1plus" => Some(Track::OnePlus),
        "2" => Some(Track::Two),
        "3" => Some(Track::Three),
        _ => None,
    };
    let flagged = [
        (Column::Track1, Track::One),
        (Column::Track1Plus, Track::OnePlus),
        (Column::Track2, Track::Two),
        (Column::Track3, Track::Three),
        (Column::BasicA, Track::Basic(Level::A)),
        (Column::BasicB, Track::Basic(Level::B)),
        (Column::BasicC, Track::Basic(Level::C)),
        (Column::BasicD, Track::Basic(Level::D)),
        (Column::BasicE, Track::Basic(Level::E)),
        (Column::Enhanced, Track::Enhanced),
    ];
    // An ACO of the Track 1+ Model was a Track 1 ACO too: the later of two flags is the one that settles it.
    named.or_else(|| flagged.iter().filter(|(column, _)| row.flag(*column) == Some(true)).map(|(_, track)| *track).next_back())
}

/// First day of the agreement: as printed, else the latest on which this track could be signed for the year.
pub fn start(row: Row<'_>, track: Track, rules: &Rules, year: u16) -> Option<Date> {
    row.day(Column::AgreementStart).or_else(|| {
        let open = &rules.arrangements.of(track).starts;
        let known = rules.agreement_starts.start.rows().iter();
        let possible = known.filter(|start| start.value.first_year <= year && year <= start.value.last_year);
        possible.map(|start| start.from).filter(|day| open.find(day).is_some()).max().map(|day| day.0)
    })
}

impl Arrangement {
    /// Reads a row.
    ///
    /// # Errors
    /// When the row names no arrangement that the rules know.
    pub fn read(row: Row<'_>, rules: &Rules, year: u16) -> Result<Self, Doubt> {
        let sheet = row.sheet();
        let Some(track) = track(row) else {
            let named = [Column::Track, Column::Track1, Column::BasicA].into_iter().any(|column| sheet.has(column));
            let name = sheet.name(Column::Track);
            return Err(if named { Reason::Blank(name) } else { Reason::ColumnMissing(name) }.into());
        };
        let Some(start) = start(row, track, rules, year) else {
            return Err(Reason::ArrangementUnknown(format!("no start of a track {track} agreement is known for {year}")).into());
        };
        let heads = super::totals::cell(row, Column::AssignedBeneficiaries)?;
        let rows = rules.arrangements.of(track);
        let found = (|| {
            let sides = rows.sides.at(year)?.value;
            let quality = rows.quality.at(year)?.value;
            let rate = rows.sharing_rate.at(year)?.value.0;
            let choices = match rows.minimum_rate.at(Day(start))?.value {
                MinimumRate::Choice => {
                    let fixed = rules.settlement.minimum_rate_choices.at(Day(start))?.value.iter();
                    let fixed = fixed.map(|rate| Some(MinimumRateChoice::Fixed(rate.0)));
                    fixed.chain([Some(MinimumRateChoice::Variable)]).collect()
                }
                MinimumRate::Variable | MinimumRate::Fixed(_) => vec![None],
            };
            let limit = match (&rows.losses, sides) {
                (Some(losses), Sides::TwoSided) => Some(losses.limit.at(year)?.value),
                _ => None,
            };
            Ok((sides, quality, rate, choices, limit))
        })();
        let (sides, quality, maximum_rate, choices, limit) =
            found.map_err(|fault: Error| Doubt::from(Reason::ArrangementUnknown(first_line(&fault))))?;
        let shares_by_score = match quality {
            QualityRule::Scaled => true,
            QualityRule::MetOrScaled => row.flag(Column::AlternativeQualityMet) == Some(true),
            QualityRule::MetOrNothing => false,
        };
        let score = score(row, rules, year);
        let score = score.or_else(|reason| shares_by_score.then(|| score_of_rate(row, maximum_rate)).flatten().ok_or(reason));
        let (quality_standard, standard_by_rate) = standard(row, maximum_rate, score.as_ref().ok().copied());
        let (score, score_doubt) = match score {
            Ok(score) => (score, None),
            Err(reason) => ((Decimal::ONE, Interval { low: Decimal::ZERO, high: Decimal::ONE }), Some(reason)),
        };
        let revenue_loss_limit = row.flag(Column::RevenueLossLimit);
        let revenue_may_bind = match limit {
            Some(LossLimit::LowerOfRevenueAndBenchmark) => true,
            Some(LossLimit::RevenueIfSoDetermined) => revenue_loss_limit != Some(false),
            Some(LossLimit::Benchmark) | None => false,
        };
        let aco = Aco {
            key: AcoKey { aco_id: row.aco(), performance_half: None },
            performance_year: year,
            performance_months: 12,
            agreement_start: start,
            agreement_period: agreement_number(row).unwrap_or(1),
            times_regionally_adjusted: 0,
            track,
            assignment_method: AssignmentMethod::Retrospective,
            assigned_beneficiaries: u64::try_from(heads.value.round()).unwrap_or_default(),
            msr_choice: None,
            quality_standard,
            quality_score: Some(score.0),
            participant_revenue: Some(BOUNDLESS),
            low_revenue: Some(plain(row.text(Column::RevenueCategory)).starts_with("low")),
            revenue_loss_limit: Some(revenue_may_bind),
            euc_share_beneficiaries: None,
            euc_share_year: None,
            lis_dual_share: None,
            dual_share_by3: None,
            prior_savings: [None; 3],
            prior_person_years: [None; 3],
            prior_sharing_rate: [None; 3],
            termination: Termination::None,
            termination_date: None,
            closeout_complete: None,
            aip_outstanding: row.number(Column::AipBalance).ok().map(|balance| balance.value),
            prepaid_outstanding: None,
        };
        Ok(Self {
            aco,
            choices,
            score,
            score_doubt,
            shares_by_score,
            standard_by_rate,
            two_sided: sides == Sides::TwoSided,
            revenue_may_bind,
            maximum_rate,
            recalculated: row.flag(Column::RecalculatedBenchmark) == Some(true),
        })
    }
}

/// The number of the agreement, if the file has it.
pub fn agreement_number(row: Row<'_>) -> Option<u32> {
    row.number(Column::AgreementNumber).ok().and_then(|number| u32::try_from(number.value.round()).ok())
}

/// The first line of an error, for a cell of the results.
pub fn first_line(fault: &Error) -> String {
    fault.to_string().lines().next().unwrap_or_default().to_string()
}

fn unit_interval(open: Interval) -> Interval {
    open.at_least(Decimal::ZERO).at_most(Decimal::ONE)
}

/// The quality score; that of complete reporting where a word or nothing stands in its place.
fn score(row: Row<'_>, rules: &Rules, year: u16) -> Result<(Decimal, Interval), Reason> {
    let absent = match row.number(Column::QualityScore) {
        Ok(score) => return Ok((score.value, unit_interval(score.interval))),
        Err(absent) => absent,
    };
    let complete = rules.results_files.complete_reporting_score.find(&year);
    match (absent, complete) {
        (Absent::Text(_) | Absent::Blank(_), Some(complete)) => Ok((complete.value.0, Interval::exactly(complete.value.0))),
        _ => Err(Reason::of(absent, row.sheet())),
    }
}

/// The score that the final sharing rate implies, where the score itself is not published.
fn score_of_rate(row: Row<'_>, maximum_rate: Decimal) -> Option<(Decimal, Interval)> {
    let rate = row.number(Column::FinalSharingRate).ok()?;
    let open = rate.interval.over(Interval::exactly(maximum_rate))?;
    Some((rate.value.checked_div(maximum_rate)?, unit_interval(open)))
}

/// Whether the quality standard was met, and whether the rate alone says so.
fn standard(row: Row<'_>, maximum_rate: Decimal, score: Option<(Decimal, Interval)>) -> (QualityStandard, bool) {
    match (row.flag(Column::QualityMet), row.flag(Column::AlternativeQualityMet)) {
        (Some(true), _) => return (QualityStandard::Met, false),
        (_, Some(true)) => return (QualityStandard::Alternative, false),
        (Some(false), _) => return (QualityStandard::NotMet, false),
        (None, _) => {}
    }
    let (Ok(rate), Some((_, score))) = (row.number(Column::FinalSharingRate), score) else {
        return (QualityStandard::Met, false);
    };
    let expected = score.times(Interval::exactly(maximum_rate));
    let missed = rate.value.is_zero() && !expected.meets(rate.interval);
    if missed { (QualityStandard::NotMet, true) } else { (QualityStandard::Met, false) }
}
