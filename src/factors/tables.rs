//! The factor tables as typed rows.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::compute::ScoreSet;
use crate::rules::EnrollmentType;
use crate::rules::arrangements::Track;
use crate::rules::regimes::Population;

/// Declares an enum with the words by which its variants stand in a table.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value, in table order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the table.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word in the table.
            #[must_use]
            pub fn read(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

words! {
    /// A year's part in a benchmark: benchmark year 3 is the calendar year before the agreement starts.
    FactorYear {
        /// Third year before the agreement.
        By1 = "BY1",
        /// Second year before the agreement.
        By2 = "BY2",
        /// Year before the agreement.
        By3 = "BY3",
        /// Performance year.
        Py = "PY",
    }
}

words! {
    /// When people are assigned (425.400).
    AssignmentMethod {
        /// After the year, by its own services.
        Retrospective = "retrospective",
        /// Before the year, by services of an earlier window.
        Prospective = "prospective",
    }
}

words! {
    /// Twelve months in which assignable people sought primary care.
    Window {
        /// The calendar year.
        Calendar = "calendar",
        /// October to September before it, as prospective assignment uses.
        Offset = "offset",
    }
}

words! {
    /// Which quality performance standard the ACO met (425.512).
    QualityStandard {
        /// The standard.
        Met = "met",
        /// The alternative standard alone.
        Alternative = "alternative",
        /// Neither.
        NotMet = "not_met",
    }
}

words! {
    /// How an agreement ended before its term (425.218-425.221).
    Termination {
        /// It did not.
        None = "none",
        /// By the ACO.
        Voluntary = "voluntary",
        /// By CMS.
        Involuntary = "involuntary",
    }
}

/// What a two-sided ACO chose for its minimum savings and loss rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinimumRateChoice {
    /// By the sliding table.
    Variable,
    /// A fixed fraction.
    Fixed(Decimal),
}

/// An ACO, and the half of 2019 where there are two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AcoKey {
    /// The ACO.
    pub aco_id: String,
    /// 1 or 2 for the half years of 2019.
    pub performance_half: Option<u8>,
}

impl AcoKey {
    /// An ACO with a whole performance year.
    pub fn new(aco_id: impl Into<String>) -> Self {
        Self { aco_id: aco_id.into(), performance_half: None }
    }

    /// The cell `performance_half` of its rows.
    pub(crate) fn half_cell(&self) -> &'static str {
        match self.performance_half {
            None => "",
            Some(1) => "1",
            Some(_) => "2",
        }
    }
}

impl fmt::Display for AcoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.performance_half {
            None => f.write_str(&self.aco_id),
            Some(half) => write!(f, "{} half {half}", self.aco_id),
        }
    }
}

/// Table `aco`: what an ACO signed, reported and is owed or owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aco {
    /// Key.
    pub key: AcoKey,
    /// Performance year.
    pub performance_year: u16,
    /// 12, or 6 for a half year of 2019.
    pub performance_months: u8,
    /// First day of the agreement.
    pub agreement_start: Date,
    /// 1 for the first agreement, 2 for the second, ...
    pub agreement_period: u32,
    /// How often the benchmark has been regionally adjusted, this agreement included.
    pub times_regionally_adjusted: u32,
    /// Track and level.
    pub track: Track,
    /// Assignment method.
    pub assignment_method: AssignmentMethod,
    /// Assigned beneficiaries, heads.
    pub assigned_beneficiaries: u64,
    /// Minimum rate chosen; empty on one-sided tracks.
    pub msr_choice: Option<MinimumRateChoice>,
    /// Quality standard met.
    pub quality_standard: QualityStandard,
    /// Quality score, a fraction.
    pub quality_score: Option<Decimal>,
    /// Total Medicare revenue of the participants, dollars.
    pub participant_revenue: Option<Decimal>,
    /// Whether the ACO is a low-revenue one (425.20).
    pub low_revenue: Option<bool>,
    /// Track 1+: whether the revenue-based loss limit applies.
    pub revenue_loss_limit: Option<bool>,
    /// Share of assigned beneficiaries in counties under an extreme and uncontrollable circumstance.
    pub euc_share_beneficiaries: Option<Decimal>,
    /// Share of the year under the circumstance.
    pub euc_share_year: Option<Decimal>,
    /// Share of the performance year's assigned population with the low-income subsidy or dual status.
    pub lis_dual_share: Option<Decimal>,
    /// Share of benchmark year 3's assigned population with dual status.
    pub dual_share_by3: Option<Decimal>,
    /// Gross savings or losses per person-year of the three years before the agreement; none where not reconciled.
    pub prior_savings: [Option<Decimal>; 3],
    /// Person-years reconciled in those years.
    pub prior_person_years: [Option<Decimal>; 3],
    /// Final sharing rates of those years (425.603(b)).
    pub prior_sharing_rate: [Option<Decimal>; 3],
    /// How the agreement ended.
    pub termination: Termination,
    /// Effective day of the termination.
    pub termination_date: Option<Date>,
    /// Whether the close-out procedures were completed.
    pub closeout_complete: Option<bool>,
    /// Advance investment payments still owed, dollars.
    pub aip_outstanding: Option<Decimal>,
    /// Prepaid shared savings still owed, dollars.
    pub prepaid_outstanding: Option<Decimal>,
}

impl Aco {
    /// The calendar year of a benchmark or performance year.
    #[must_use]
    pub fn calendar_year(&self, year: FactorYear) -> u16 {
        let start = self.agreement_start.year().unsigned_abs();
        match year {
            FactorYear::By1 => start.saturating_sub(3),
            FactorYear::By2 => start.saturating_sub(2),
            FactorYear::By3 => start.saturating_sub(1),
            FactorYear::Py => self.performance_year,
        }
    }
}

/// Table `aco_year`: an ACO's assigned people of one enrollment type in one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcoYear {
    /// ACO.
    pub key: AcoKey,
    /// Year.
    pub year: FactorYear,
    /// Enrollment type.
    pub enrollment_type: EnrollmentType,
    /// Person-years.
    pub person_years: Decimal,
    /// Truncated, completed expenditure per person-year, dollars; 0 without person-years.
    pub per_capita_expenditure: Decimal,
    /// Mean prospective HCC score, renormalised; none without person-years.
    pub hcc_risk_score: Option<Decimal>,
    /// Mean demographic score, renormalised.
    pub demographic_risk_score: Option<Decimal>,
    /// Performance year: person-years of the newly assigned (agreements begun by 2019-01-01).
    pub new_person_years: Option<Decimal>,
    /// Their HCC score.
    pub new_hcc_risk_score: Option<Decimal>,
    /// HCC score of the continuously assigned.
    pub continuing_hcc_risk_score: Option<Decimal>,
    /// Demographic score of the continuously assigned.
    pub continuing_demographic_risk_score: Option<Decimal>,
}

/// Table `aco_region`: the counties of an ACO's assigned people, weighted by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcoRegion {
    /// ACO.
    pub key: AcoKey,
    /// Year.
    pub year: FactorYear,
    /// Enrollment type.
    pub enrollment_type: EnrollmentType,
    /// Risk-standardised expenditure per person-year, dollars.
    pub regional_expenditure: Decimal,
    /// Share of the region's assignable people assigned to the ACO (BY3 and PY).
    pub national_weight: Option<Decimal>,
    /// Mean HCC score of the region (BY3 and PY).
    pub regional_hcc_score: Option<Decimal>,
    /// Mean demographic score of the region (BY3 and PY).
    pub regional_demographic_score: Option<Decimal>,
}

/// Table `national`: a calendar year of the nation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct National {
    /// Calendar year.
    pub calendar_year: u16,
    /// Population.
    pub population: Population,
    /// Enrollment type.
    pub enrollment_type: EnrollmentType,
    /// Expenditure per person-year, dollars.
    pub per_capita_expenditure: Decimal,
    /// Truncated expenditure per person-year, dollars: base of the prospective trend.
    pub truncated_per_capita: Option<Decimal>,
}

/// Table `acpt`: the Accountable Care Prospective Trend of a cohort (425.660).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acpt {
    /// Agreement start of the cohort.
    pub agreement_start: Date,
    /// Performance year.
    pub performance_year: u16,
    /// Enrollment type.
    pub enrollment_type: EnrollmentType,
    /// Growth from benchmark year 3 to the performance year, a ratio.
    pub growth: Decimal,
    /// Weight in the update; the rule row's when none is given.
    pub weight: Option<Decimal>,
}

/// Table `county`: assignable people of one county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct County {
    /// Calendar year.
    pub calendar_year: u16,
    /// Window in which the people were assignable.
    pub window: Window,
    /// County, FIPS.
    pub county: String,
    /// Enrollment type.
    pub enrollment_type: EnrollmentType,
    /// The agreements whose scores the row holds; all of them where none is named.
    pub scores: Option<ScoreSet>,
    /// Person-years.
    pub person_years: Decimal,
    /// Truncated, completed expenditure per person-year, dollars.
    pub per_capita_expenditure: Decimal,
    /// Mean HCC score, renormalised; none without person-years.
    pub hcc_risk_score: Option<Decimal>,
    /// Mean demographic score, renormalised.
    pub demographic_risk_score: Option<Decimal>,
}

/// Table `aco_county`: where an ACO's assigned people live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcoCounty {
    /// ACO.
    pub key: AcoKey,
    /// Year.
    pub year: FactorYear,
    /// County, FIPS.
    pub county: String,
    /// Enrollment type.
    pub enrollment_type: EnrollmentType,
    /// Person-years.
    pub person_years: Decimal,
}

/// All factor tables of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactorTables {
    /// Table `aco`.
    pub acos: Vec<Aco>,
    /// Table `aco_year`.
    pub aco_years: Vec<AcoYear>,
    /// Table `aco_region`; computed from the county tables where both are given.
    pub aco_regions: Vec<AcoRegion>,
    /// Table `national`.
    pub national: Vec<National>,
    /// Table `acpt`.
    pub acpt: Vec<Acpt>,
    /// Table `county`.
    pub counties: Vec<County>,
    /// Table `aco_county`.
    pub aco_counties: Vec<AcoCounty>,
}
