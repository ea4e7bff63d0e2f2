//! What a month of a beneficiary is: an enrollment type, or why it is none.

use crate::rules::EnrollmentType;

/// One character of `beneficiary_year.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MonthStatus {
    /// In Part A and Part B, in no plan, alive on the first: the month counts for this type.
    Counts(EnrollmentType),
    /// In a Medicare group or private health plan.
    GroupPlan,
    /// In Part A only.
    PartAOnly,
    /// In Part B only.
    PartBOnly,
    /// In neither part, or not alive on the first of the month.
    NotEnrolled,
}

impl MonthStatus {
    /// The character on disk: `1` ESRD, `2` disabled, `3` aged/dual, `4` aged/non-dual, `9` plan, `A`, `B`, `0` not enrolled.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Counts(EnrollmentType::Esrd) => b'1',
            Self::Counts(EnrollmentType::Disabled) => b'2',
            Self::Counts(EnrollmentType::AgedDual) => b'3',
            Self::Counts(EnrollmentType::AgedNonDual) => b'4',
            Self::GroupPlan => b'9',
            Self::PartAOnly => b'A',
            Self::PartBOnly => b'B',
            Self::NotEnrolled => b'0',
        }
    }

    /// The status a character on disk stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            b'1' => Self::Counts(EnrollmentType::Esrd),
            b'2' => Self::Counts(EnrollmentType::Disabled),
            b'3' => Self::Counts(EnrollmentType::AgedDual),
            b'4' => Self::Counts(EnrollmentType::AgedNonDual),
            b'9' => Self::GroupPlan,
            b'A' => Self::PartAOnly,
            b'B' => Self::PartBOnly,
            b'0' => Self::NotEnrolled,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::MonthStatus;

    #[test]
    fn every_code_stands_for_one_status() {
        let known = (0..=u8::MAX).filter_map(|code| MonthStatus::from_code(code).map(|status| (code, status)));
        assert_eq!(known.inspect(|(code, status)| assert_eq!(status.code(), *code)).count(), 8);
    }
}
