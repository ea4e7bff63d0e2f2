//! The financial arrangements: what each track and level shares, owes and limits (42 CFR 425.604-425.610).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Day, Fraction, Timeline, Year};

/// A track together with its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Track {
    /// Track 1, one-sided (425.604).
    One,
    /// The Track 1+ Model of the Innovation Center.
    OnePlus,
    /// Track 2 (425.606).
    Two,
    /// Track 3 (425.610).
    Three,
    /// A level of the BASIC track (425.605).
    Basic(Level),
    /// The ENHANCED track (425.610).
    Enhanced,
}

/// A level of the BASIC track's glide path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Level {
    /// One-sided.
    A,
    /// One-sided.
    B,
    /// First two-sided level.
    C,
    /// Second two-sided level.
    D,
    /// Highest level, an Advanced APM.
    E,
}

impl Track {
    /// Every arrangement the program has had.
    pub const ALL: [Self; 10] = [
        Self::One,
        Self::OnePlus,
        Self::Two,
        Self::Three,
        Self::Basic(Level::A),
        Self::Basic(Level::B),
        Self::Basic(Level::C),
        Self::Basic(Level::D),
        Self::Basic(Level::E),
        Self::Enhanced,
    ];

    /// Reads the `track` and `level` columns of the `aco` table.
    #[must_use]
    pub fn read(track: &str, level: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == track && known.level() == level)
    }

    /// The `track` column: `1`, `1+`, `2`, `3`, `BASIC`, `ENHANCED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::OnePlus => "1+",
            Self::Two => "2",
            Self::Three => "3",
            Self::Basic(_) => "BASIC",
            Self::Enhanced => "ENHANCED",
        }
    }

    /// The `level` column: `A` to `E` on the BASIC track, else empty.
    #[must_use]
    pub const fn level(self) -> &'static str {
        match self {
            Self::Basic(Level::A) => "A",
            Self::Basic(Level::B) => "B",
            Self::Basic(Level::C) => "C",
            Self::Basic(Level::D) => "D",
            Self::Basic(Level::E) => "E",
            _ => "",
        }
    }

    /// The table of `arrangements.toml`: `track_1`, `basic_c`, ...
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::One => "track_1",
            Self::OnePlus => "track_1_plus",
            Self::Two => "track_2",
            Self::Three => "track_3",
            Self::Basic(Level::A) => "basic_a",
            Self::Basic(Level::B) => "basic_b",
            Self::Basic(Level::C) => "basic_c",
            Self::Basic(Level::D) => "basic_d",
            Self::Basic(Level::E) => "basic_e",
            Self::Enhanced => "enhanced",
        }
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            "" => f.write_str(self.name()),
            level => write!(f, "{} {level}", self.name()),
        }
    }
}

/// Who bears losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// The ACO shares savings alone.
    OneSided,
    /// The ACO shares savings and losses.
    TwoSided,
}

/// How quality turns the maximum sharing rate into the final one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityRule {
    /// Maximum rate times quality score; nothing when the minimum standard is missed.
    Scaled,
    /// Maximum rate when the standard is met, else nothing.
    MetOrNothing,
    /// Maximum rate when met; scaled by the score under the alternative standard; else nothing.
    MetOrScaled,
}

/// How the final loss rate is made, before its floor and ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LossRate {
    /// The same whatever the quality.
    Fixed(Fraction),
    /// 1 less the final sharing rate.
    OneMinusSharingRate,
    /// 1 less the maximum sharing rate times the score when the standard is met, else the ceiling.
    OneMinusScoreIfMet,
    /// 1 less the maximum sharing rate times the score when the standard or the alternative is met, else the ceiling.
    OneMinusScore,
}

impl TryFrom<String> for LossRate {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "one_minus_sharing_rate" => Self::OneMinusSharingRate,
            "one_minus_score_if_met" => Self::OneMinusScoreIfMet,
            "one_minus_score" => Self::OneMinusScore,
            number => Self::Fixed(Fraction::from_str(number)?),
        })
    }
}

/// How the minimum savings rate of an agreement is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum MinimumRate {
    /// By the sliding table on assigned beneficiaries.
    Variable,
    /// As the ACO chose when it entered: variable or one of the fixed rates.
    Choice,
    /// The same for everyone.
    Fixed(Fraction),
}

impl TryFrom<String> for MinimumRate {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "variable" => Self::Variable,
            "choice" => Self::Choice,
            number => Self::Fixed(Fraction::from_str(number)?),
        })
    }
}

/// Which of the loss limits binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossLimit {
    /// The share of the benchmark alone.
    Benchmark,
    /// The lower of the shares of revenue and of benchmark.
    LowerOfRevenueAndBenchmark,
    /// The lower of the two for an ACO under the revenue-based limit, else the share of the benchmark.
    RevenueIfSoDetermined,
}

/// Downside risk of an arrangement.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
    /// How the loss rate is made, by performance year.
    pub rate: Timeline<Year, LossRate>,
    /// Lowest loss rate, by performance year.
    pub rate_floor: Timeline<Year, Fraction>,
    /// Highest loss rate, by performance year.
    pub rate_ceiling: Timeline<Year, Fraction>,
    /// Which limit binds, by performance year.
    pub limit: Timeline<Year, LossLimit>,
    /// Limit as a share of the total updated benchmark, by year of the agreement (the last holds on).
    pub limit_of_benchmark: Timeline<Year, Vec<Fraction>>,
    /// Limit as a share of the participants' total Medicare revenue, by performance year.
    pub limit_of_revenue: Option<Timeline<Year, Fraction>>,
    /// Whether extreme and uncontrollable circumstances reduce losses, by performance year.
    pub circumstance_relief: Timeline<Year, bool>,
}

/// One track and level.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// Agreement starts to which it was open.
    pub starts: Timeline<Day, bool>,
    /// Who bears losses, in the performance years in which it existed.
    pub sides: Timeline<Year, Sides>,
    /// Maximum sharing rate, by performance year.
    pub sharing_rate: Timeline<Year, Fraction>,
    /// What quality does to it, by performance year.
    pub quality: Timeline<Year, QualityRule>,
    /// Limit of the payment as a share of the total updated benchmark, by performance year.
    pub payment_limit: Timeline<Year, Fraction>,
    /// How the minimum savings rate is set, by agreement start.
    pub minimum_rate: Timeline<Day, MinimumRate>,
    /// Share of the rate that a low-revenue ACO below its minimum savings rate keeps, by agreement start (425.605(h)).
    pub below_minimum_share: Option<Timeline<Day, Fraction>>,
    /// Downside risk.
    pub losses: Option<Losses>,
}

/// All tracks and levels.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrangements {
    track_1: Arrangement,
    track_1_plus: Arrangement,
    track_2: Arrangement,
    track_3: Arrangement,
    basic_a: Arrangement,
    basic_b: Arrangement,
    basic_c: Arrangement,
    basic_d: Arrangement,
    basic_e: Arrangement,
    enhanced: Arrangement,
}

impl Arrangements {
    /// The rules of a track and level.
    #[must_use]
    pub fn of(&self, track: Track) -> &Arrangement {
        match track {
            Track::One => &self.track_1,
            Track::OnePlus => &self.track_1_plus,
            Track::Two => &self.track_2,
            Track::Three => &self.track_3,
            Track::Basic(Level::A) => &self.basic_a,
            Track::Basic(Level::B) => &self.basic_b,
            Track::Basic(Level::C) => &self.basic_c,
            Track::Basic(Level::D) => &self.basic_d,
            Track::Basic(Level::E) => &self.basic_e,
            Track::Enhanced => &self.enhanced,
        }
    }
}
