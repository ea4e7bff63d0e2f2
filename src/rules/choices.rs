//! What was chosen where the law is silent. Each choice is a row with its reason; another value is one switch away.

use serde::Deserialize;

use super::{Timeline, Year};

/// Declares an enum read from the snake-case names of its variants.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }
    };
}

choice! {
    /// A type with person-years in benchmark year 3 but none in an earlier one.
    TypeAbsentInBenchmarkYear {
        /// The weights of its other years are scaled up to 1.
        Rescale,
        /// The year counts as nothing, which drags the benchmark down.
        Zero,
    }
}
choice! {
    /// A type with person-years in the performance year but none in benchmark year 3.
    TypeAbsentInBy3 {
        /// The performance year's mix is taken over the types that have a benchmark.
        LeaveOut,
        /// Its benchmark is nothing.
        Zero,
    }
}
choice! {
    /// How the ratios of newly and continuously assigned people combine (agreements begun by 2019-01-01).
    NewlyAssignedBlend {
        /// By their shares of the performance year's person-years.
        PersonYears,
        /// The ratio of the continuously assigned stands for all.
        ContinuouslyAssigned,
    }
}
choice! {
    /// Whether the savings of the first agreement are multiplied by its mean sharing rate (425.603(b)).
    PriorSavingsSharingRate {
        /// Multiplied.
        Multiply,
        /// Taken whole.
        Omit,
    }
}
choice! {
    /// How the limit to the first agreement's person-years works (425.603(b)).
    PriorSavingsLimit {
        /// A ratio of mean person-years, at most 1.
        MeanPersonYears,
        /// No limit.
        Omit,
    }
}
choice! {
    /// Order of risk adjustment and flat-dollar update (425.602(b)).
    FlatDollarOrder {
        /// The benchmark is risk adjusted, then the update added.
        RiskFirst,
        /// The update is added, then the sum risk adjusted.
        UpdateFirst,
    }
}
choice! {
    /// Mean person-years of the prior agreement when a year was not reconciled (425.658).
    UnreconciledPersonYears {
        /// Over the reconciled years.
        ReconciledYears,
        /// Over three years, an unreconciled one counting as nothing.
        ThreeYears,
    }
}
choice! {
    /// Whether the minimum loss rate is tested again on the recalculated benchmark (425.652(b)(5)).
    RecalculatedRetest {
        /// Not tested again.
        No,
        /// Tested again.
        Yes,
    }
}
choice! {
    /// Which of two equal adjustments is taken (425.652(a)(8)).
    AdjustmentTie {
        /// The regional one, applied type by type.
        Regional,
        /// The flat one.
        Flat,
    }
}
choice! {
    /// A county of an ACO's people in which nobody of their type is assignable or scored.
    CountyWithoutFigures {
        /// The ACO's other counties stand for it.
        LeaveOut,
        /// The tables are refused.
        Refuse,
    }
}
choice! {
    /// An ACO with more person-years in a county than the county has assignable ones (prospective assignment).
    CountyShareAboveOne {
        /// Its share there is 1.
        Cap,
        /// Its share is as computed.
        AsComputed,
    }
}
choice! {
    /// The variable minimum savings rate of an ACO below the table's first band.
    BelowTable {
        /// Not determined.
        Undetermined,
        /// The rate of the first band's low end.
        HighestRate,
    }
}
choice! {
    /// Who is given a person whose charges and latest dates are the same at several.
    LastTie {
        /// The one drawn by a hash of seed, year, person and name.
        Draw,
        /// The first by name in byte order: the ACO's identifier, or the taxpayer or certification number.
        LowestName,
    }
}

choice! {
    /// A person assigned to a whole-year ACO among the agreements of the first half of 2019 and, among those of the second, to
    /// one begun in July.
    WholeYearAssignment {
        /// The whole-year ACO keeps him in both halves.
        KeepsPeople,
        /// Each half stands alone, and he counts for both.
        RoundsApart,
    }
}
choice! {
    /// Capital indirect medical education and disproportionate share inside an inpatient payment.
    CapitalSupplements {
        /// Taken out with the operating ones.
        Remove,
        /// Left in.
        Keep,
    }
}
choice! {
    /// What tells that a nursing facility visit was in a skilled nursing facility, where both tests have been used.
    NursingFacilityTest {
        /// Its place of service or a stay.
        PlaceOrStay,
        /// Its place of service alone.
        Place,
        /// A stay alone.
        Stay,
    }
}
choice! {
    /// Nursing facility visits on the claim of a clinic.
    NursingVisitsOnClinicClaims {
        /// Primary care services like every other of a clinic, unless a skilled nursing facility's claim covers their day.
        Count,
        /// No primary care services.
        LeaveOut,
    }
}
choice! {
    /// Whose list of procedures assigns people in benchmark years.
    BenchmarkYearProcedures {
        /// That of the performance year.
        PerformanceYear,
        /// That of each year itself.
        OwnYear,
    }
}
choice! {
    /// The charge of a facility's service.
    FacilityCharge {
        /// The allowed charge.
        Allowed,
        /// The payment.
        Payment,
    }
}
choice! {
    /// Which months take a person off a prospective list (425.401(b)(1)).
    PruningByParts {
        /// No month in both parts, or any in one part alone.
        Either,
        /// No month in both parts, and one in one part alone.
        Both,
    }
}
choice! {
    /// Where a person on a prospective list must live.
    PruningByResidence {
        /// In the United States at the end of the year.
        YearEnd,
        /// In the United States at the end of the assignment window.
        WindowEnd,
    }
}
choice! {
    /// Equal charges in step 3.
    ThirdStepTie {
        /// The latest service decides, as in the other steps.
        LatestService,
        /// The draw decides.
        Draw,
    }
}
choice! {
    /// The element of the truncation threshold.
    ThresholdRank {
        /// The nearest rank.
        Nearest,
        /// Between the two neighbouring ranks, in proportion.
        Interpolated,
    }
}
choice! {
    /// Sequestration to be added back to a payment.
    SequestrationAmount {
        /// The amount on the claim where there is one, else by the day of service.
        Given,
        /// By the day of service.
        ByDay,
    }
}
choice! {
    /// A claim without a processing day.
    UndatedClaim {
        /// Processed in time.
        InTime,
        /// Processed after the run-out.
        Late,
    }
}
choice! {
    /// When the county is looked at in which people live.
    CountyOfResidence {
        /// At the end of the assignment window: September before the year for people assigned prospectively, or assignable by
        /// that window, and December of the year for others.
        WindowEnd,
        /// At the end of the year for everybody.
        YearEnd,
    }
}
choice! {
    /// The expenditures that participant revenue is held against to tell a low-revenue ACO.
    LowRevenueExpenditures {
        /// As they are settled: truncated.
        Truncated,
        /// As they are paid.
        Untruncated,
    }
}
choice! {
    /// Services on claims processed after the run-out of their window.
    LateServices {
        /// They assign nobody.
        LeaveOut,
        /// They assign like others.
        Count,
    }
}
choice! {
    /// How a facility type voids an outpatient or home health claim.
    FacilityTypeDenial {
        /// By itself.
        Alone,
        /// With a non-payment reason only, which alone then does not void the claim either.
        WithReason,
    }
}
choice! {
    /// Which stays with COVID-19 lie within the emergency.
    LastEpisode {
        /// Those discharged within it from hospitals under prospective payment, and those admitted within it to others.
        ByHospital,
        /// Those admitted within it.
        Admitted,
        /// Those discharged within it.
        Discharged,
    }
}
choice! {
    /// A person with months of a type and no score.
    PersonWithoutScore {
        /// Enters no mean score.
        LeaveOut,
        /// Enters with a score of 1.
        One,
    }
}

/// The rules of `choices.toml`, by performance year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choices {
    /// A type absent in benchmark year 1 or 2.
    pub type_absent_in_benchmark_year: Timeline<Year, TypeAbsentInBenchmarkYear>,
    /// A type absent in benchmark year 3.
    pub type_absent_in_by3: Timeline<Year, TypeAbsentInBy3>,
    /// Newly and continuously assigned together.
    pub newly_assigned_blend: Timeline<Year, NewlyAssignedBlend>,
    /// Sharing rate in the prior savings of 425.603(b).
    pub prior_savings_sharing_rate: Timeline<Year, PriorSavingsSharingRate>,
    /// Person-year limit in the prior savings of 425.603(b).
    pub prior_savings_limit: Timeline<Year, PriorSavingsLimit>,
    /// Risk adjustment before or after the flat-dollar update.
    pub flat_dollar_order: Timeline<Year, FlatDollarOrder>,
    /// Unreconciled years in the proration of 425.658.
    pub unreconciled_person_years: Timeline<Year, UnreconciledPersonYears>,
    /// Minimum loss rate on the recalculated benchmark.
    pub recalculated_retest: Timeline<Year, RecalculatedRetest>,
    /// Equal adjustments.
    pub adjustment_tie: Timeline<Year, AdjustmentTie>,
    /// Market share above 1 in a county.
    pub county_share_above_one: Timeline<Year, CountyShareAboveOne>,
    /// A county of an ACO's people without assignable people or score.
    pub county_without_figures: Timeline<Year, CountyWithoutFigures>,
    /// People of whole-year ACOs in the second half of 2019.
    pub whole_year_assignment: Timeline<Year, WholeYearAssignment>,
    /// Minimum savings rate below the table.
    pub below_table: Timeline<Year, BelowTable>,
    /// Equal charges and latest dates.
    pub last_tie: Timeline<Year, LastTie>,
    /// Capital supplements of inpatient payments.
    pub capital_supplements: Timeline<Year, CapitalSupplements>,
    /// Nursing facility visits while place and stay were both tested.
    pub nursing_facility_test: Timeline<Year, NursingFacilityTest>,
    /// Nursing facility visits on clinics' claims.
    pub nursing_visits_on_clinic_claims: Timeline<Year, NursingVisitsOnClinicClaims>,
    /// Procedures that assign people in benchmark years.
    pub benchmark_year_procedures: Timeline<Year, BenchmarkYearProcedures>,
    /// Charge of facilities' services.
    pub facility_charge: Timeline<Year, FacilityCharge>,
    /// Months that prune a prospective list.
    pub pruning_by_parts: Timeline<Year, PruningByParts>,
    /// Residence that prunes a prospective list.
    pub pruning_by_residence: Timeline<Year, PruningByResidence>,
    /// Ties of step 3.
    pub third_step_tie: Timeline<Year, ThirdStepTie>,
    /// Rank of the truncation threshold.
    pub threshold_rank: Timeline<Year, ThresholdRank>,
    /// Sequestration added back.
    pub sequestration_amount: Timeline<Year, SequestrationAmount>,
    /// Claims without a processing day.
    pub undated_claim: Timeline<Year, UndatedClaim>,
    /// When people are looked for in their county.
    pub county_of_residence: Timeline<Year, CountyOfResidence>,
    /// Expenditures of the test of low revenue.
    pub low_revenue_expenditures: Timeline<Year, LowRevenueExpenditures>,
    /// Services processed after the run-out.
    pub late_services: Timeline<Year, LateServices>,
    /// Facility types that void claims.
    pub facility_type_denial: Timeline<Year, FacilityTypeDenial>,
    /// Last episode of COVID-19.
    pub last_episode: Timeline<Year, LastEpisode>,
    /// People without a score.
    pub person_without_score: Timeline<Year, PersonWithoutScore>,
}
