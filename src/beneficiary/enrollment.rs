//! Twelve months of one person in one year, in sixteen bytes.

use super::calendar::Cut;
use crate::extract::MonthStatus;
use crate::rules::EnrollmentType;

/// Twelve month codes of four bits each, January lowest.
///
/// 1 to 4 are the enrollment types, 5 a plan, 6 and 7 Part A or Part B only, 0 not enrolled; 8 is added when
/// the month is taken out by a COVID-19 episode, so that it still tells enrollment. Above them stands whether the person is
/// assigned to another shared savings initiative in the year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Months(pub(super) u64);

const PLAN: u64 = 5;
const PART_A_ONLY: u64 = 6;
const PART_B_ONLY: u64 = 7;
const EPISODE: u64 = 8;
/// One in each month.
const MONTHS: u64 = 0x1111_1111_1111;
const OTHER_INITIATIVE: u64 = 1 << 48;

impl Months {
    /// Reads the twelve characters of `beneficiary_year.status`.
    pub fn parse(status: &[u8]) -> Option<Self> {
        if status.len() != 12 {
            return None;
        }
        let mut months = 0;
        for (month, code) in status.iter().enumerate() {
            let nibble = match MonthStatus::from_code(*code)? {
                MonthStatus::Counts(kind) => kind.index() as u64 + 1,
                MonthStatus::GroupPlan => PLAN,
                MonthStatus::PartAOnly => PART_A_ONLY,
                MonthStatus::PartBOnly => PART_B_ONLY,
                MonthStatus::NotEnrolled => 0,
            };
            months |= nibble << (4 * month);
        }
        Some(Self(months))
    }

    #[inline]
    fn nibble(self, month: usize) -> u64 {
        self.0 >> (4 * month) & 0xf
    }

    /// The type for which a month (0 to 11) counts.
    #[inline]
    pub fn kind(self, month: usize) -> Option<EnrollmentType> {
        match self.nibble(month) {
            1 => Some(EnrollmentType::Esrd),
            2 => Some(EnrollmentType::Disabled),
            3 => Some(EnrollmentType::AgedDual),
            4 => Some(EnrollmentType::AgedNonDual),
            _ => None,
        }
    }

    /// Whether a month is taken out by a COVID-19 episode.
    #[inline]
    pub fn in_episode(self, month: usize) -> bool {
        self.nibble(month) >= EPISODE
    }

    /// All twelve as one number, whether or not the person is assigned elsewhere.
    pub(super) fn as_claims_see_them(self) -> u64 {
        self.0 & (OTHER_INITIATIVE - 1)
    }

    /// Takes a month out for a COVID-19 episode (42 CFR 425.611(b)).
    pub fn exclude(&mut self, month: usize) {
        self.0 |= EPISODE << (4 * month);
    }

    /// The first months of the year, the others as not enrolled.
    #[must_use]
    pub fn first(self, months: usize) -> Self {
        if months >= 12 { self } else { Self(self.0 & (OTHER_INITIATIVE | ((1 << (4 * months)) - 1))) }
    }

    /// The first months of the year, the others those of another year.
    #[must_use]
    fn first_of(self, months: usize, other: Self) -> Self {
        Self(self.first(months).0 | (other.0 & ((1 << 48) - 1)) >> (4 * months) << (4 * months))
    }

    /// The same of a person assigned to another shared savings initiative in the year (42 CFR 425.401(a)(3)).
    #[must_use]
    pub fn of_another_initiative(self) -> Self {
        Self(self.0 | OTHER_INITIATIVE)
    }

    /// Whether the person is assigned to another shared savings initiative in the year.
    pub fn in_another_initiative(self) -> bool {
        self.0 & OTHER_INITIATIVE != 0
    }

    /// Months that count for a type.
    pub fn count(self, kind: EnrollmentType) -> u32 {
        // Of each month's four bits none is left where they are those of the type.
        let others = self.0 ^ (MONTHS * (kind.index() as u64 + 1));
        12 - ((others | others >> 1 | others >> 2 | others >> 3) & MONTHS).count_ones()
    }

    /// The months that count for a type, January lowest.
    pub fn of_a_type(self) -> u16 {
        // In each month's four bits a type is from one to four.
        let [low, middle, high, taken] = [self.0, self.0 >> 1, self.0 >> 2, self.0 >> 3];
        let counts = (high & !(middle | low) | !high & (middle | low)) & !taken & MONTHS;
        (0..12).fold(0, |months, month| months | ((counts >> (3 * month)) & (1 << month)) as u16)
    }

    /// The types for which some month counts, one bit each.
    pub fn kinds(self) -> u8 {
        EnrollmentType::ALL.iter().filter(|kind| self.count(**kind) > 0).fold(0, |set, kind| set | 1 << kind.index())
    }

    /// Whether the months `from..to` pass 42 CFR 425.401(a)(1)-(2): one month at least in both parts, none in one part
    /// alone, none in a plan.
    pub fn eligible(self, from: usize, to: usize) -> MonthsTest {
        let mut test = MonthsTest::default();
        for month in from..to {
            match self.nibble(month) & 7 {
                1..=4 => test.both_parts = true,
                5 => test.plan = true,
                6 | 7 => test.one_part = true,
                _ => {}
            }
        }
        test
    }
}

/// What the months of a window hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MonthsTest {
    /// A month in both parts and in no plan.
    pub both_parts: bool,
    /// A month in Part A or Part B alone.
    pub one_part: bool,
    /// A month in a plan.
    pub plan: bool,
}

impl MonthsTest {
    /// Whether a person with such months can be assigned.
    pub fn passes(self) -> bool {
        self.both_parts && !self.one_part && !self.plan
    }
}

/// One person in one calendar year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonYear {
    /// What each month is.
    pub months: Months,
    /// Code of the county of residence at the end of the year; 0 unknown.
    pub county: u16,
    /// Code of the county of residence at the end of September; 0 unknown.
    pub county_september: u16,
    /// Months with dual status, January lowest.
    pub dual: u16,
    /// Months with a low-income subsidy, January lowest.
    pub low_income: u16,
}

impl PersonYear {
    /// The same to the end of a quarter: the months until then, the others not enrolled or, in the latest twelve months, those of
    /// the year before. Where the county is not known it is that of the year before.
    #[must_use]
    pub fn through(self, cut: Cut, before: &Self) -> Self {
        if cut.months >= 12 {
            return self;
        }
        let until = (1u16 << cut.months) - 1;
        let flags = |own: u16, other: u16| (own & until) | if cut.latest { other & !until } else { 0 };
        Self {
            months: if cut.latest { self.months.first_of(cut.months, before.months) } else { self.months.first(cut.months) },
            county: if self.county == 0 { before.county } else { self.county },
            county_september: self.county_september,
            dual: flags(self.dual, before.dual),
            low_income: flags(self.low_income, before.low_income),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Months, PersonYear};
    use crate::rules::EnrollmentType;

    #[test]
    fn another_initiative_is_told_beside_the_months_and_changes_none() {
        let months = Months::parse(b"112233444900").unwrap();
        let mut marked = months.of_another_initiative();
        assert!(marked.in_another_initiative() && !months.in_another_initiative());
        assert!(marked.first(3).in_another_initiative());
        for kind in EnrollmentType::ALL {
            assert_eq!(marked.count(kind), months.count(kind));
        }
        assert_eq!((marked.kinds(), marked.eligible(0, 12)), (months.kinds(), months.eligible(0, 12)));
        (0..12).for_each(|month| marked.exclude(month));
        assert!(marked.in_another_initiative() && marked.kinds() == 0);
    }

    #[test]
    fn a_month_is_of_a_type_where_it_counts_for_one() {
        for nibble in 0..16 {
            for month in 0..12 {
                let months = Months(nibble << (4 * month) | super::OTHER_INITIATIVE);
                assert_eq!(months.of_a_type(), u16::from(months.kind(month).is_some()) << month, "{nibble} {month}");
            }
        }
        assert_eq!(Months::parse(b"112233444900").unwrap().of_a_type(), 0b0001_1111_1111);
    }

    #[test]
    fn months_count_for_the_type_of_their_character() {
        let months = Months::parse(b"112233444900").unwrap();
        assert_eq!(months.count(EnrollmentType::Esrd), 2);
        assert_eq!(months.count(EnrollmentType::AgedNonDual), 3);
        assert_eq!(months.kinds(), 0b1111);
        assert!(!months.eligible(0, 12).passes());
        assert!(months.eligible(0, 9).passes());
        assert!(Months::parse(b"11223344490").is_none());
        assert!(Months::parse(b"1122334449x0").is_none());
    }

    #[test]
    fn a_quarter_has_the_months_until_its_end_and_the_latest_twelve_those_of_the_year_before() {
        let year = |status: &[u8; 12], county| PersonYear {
            months: Months::parse(status).unwrap(),
            county,
            county_september: county,
            dual: 0b1010_1010_1010,
            low_income: 0,
        };
        let before = PersonYear { dual: 0b0101_0101_0101, ..year(b"111122223333", 7) };
        let this = PersonYear { months: year(b"4444AAAA9999", 0).months.of_another_initiative(), ..year(b"444444444444", 0) };
        let months = |status| Months::parse(status).unwrap().of_another_initiative();
        let cut = |months, latest| this.through(Cut { year: 1, months, latest }, &before);
        let latest = cut(3, true);
        assert_eq!((latest.months, latest.county, latest.dual), (months(b"444122223333"), 7, 0b0101_0101_0010));
        let to_date = cut(6, false);
        assert_eq!((to_date.months, to_date.county, to_date.dual), (months(b"4444AA000000"), 7, 0b0000_0010_1010));
        assert_eq!(cut(12, true), this);
    }

    #[test]
    fn types_are_counted_month_by_month() {
        let mut months = Months::parse(b"1234A9B01234").unwrap();
        months.exclude(1);
        for kind in EnrollmentType::ALL {
            let counted = (0..12).filter(|month| months.kind(*month) == Some(kind)).count();
            assert_eq!(months.count(kind) as usize, counted);
            assert_eq!(months.kinds() >> kind.index() & 1 == 1, counted > 0);
        }
    }

    #[test]
    fn an_episode_takes_a_month_from_its_type_and_leaves_the_enrollment() {
        let mut months = Months::parse(b"444444444444").unwrap();
        months.exclude(3);
        assert_eq!(months.count(EnrollmentType::AgedNonDual), 11);
        assert!(months.in_episode(3) && !months.in_episode(4));
        assert!(months.eligible(3, 4).both_parts);
    }
}
