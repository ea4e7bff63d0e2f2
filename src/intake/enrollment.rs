//! The status of a month from the codes of an enrollment file (42 CFR 425.601(a)(2)).

use jiff::civil::Date;

use super::cell;
use super::refusal::Reason;
use crate::extract::MonthStatus;
use crate::rules::{EnrollmentCodes, EnrollmentType};

/// A person in a calendar year, as far as it bears on every month.
#[derive(Debug, Clone, Copy)]
pub struct Person<'r> {
    /// What the codes mean in that year.
    pub codes: EnrollmentCodes<'r>,
    /// The year.
    pub year: i16,
    /// Months counted from year 0 in which the person becomes aged; none when the day of birth is unknown.
    aged_from: Option<i32>,
    /// Day of death, in days since 1970-01-01.
    death: Option<i32>,
}

/// The codes of one month.
#[derive(Debug, Clone, Copy, Default)]
pub struct MonthCodes<'c> {
    /// Which parts the person is entitled to, and whether a State pays for them.
    pub buy_in: &'c [u8],
    /// Group or private plan.
    pub plan: &'c [u8],
    /// Why the person is entitled.
    pub medicare_status: &'c [u8],
    /// Eligibility for Medicaid besides Medicare.
    pub dual: &'c [u8],
    /// CMS's monthly ESRD flag, where the file has one.
    pub esrd: Option<bool>,
}

/// What a month is, and on what that rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// The status.
    pub status: MonthStatus,
    /// ESRD was told from the Medicare status for want of CMS's flag.
    pub esrd_by_status: bool,
    /// Aged or disabled was told from the Medicare status for want of a day of birth.
    pub age_by_status: bool,
}

impl<'r> Person<'r> {
    /// A person in a year.
    #[must_use]
    pub fn new(codes: EnrollmentCodes<'r>, year: u16, birth: Option<i32>, death: Option<i32>) -> Self {
        let aged_from = birth.and_then(cell::date).map(|born| {
            let earlier = i32::from(codes.aged_from.born_on_first_is_month_earlier && born.day() == 1);
            (i32::from(born.year()) + i32::from(codes.aged_from.years)) * 12 + i32::from(born.month()) - 1 - earlier
        });
        Self { codes, year: i16::try_from(year).unwrap_or(i16::MAX), aged_from, death }
    }

    /// The status of a month counted from 0. A month counts for the first type that fits of ESRD, disabled (under the age of
    /// the aged), aged/dual and aged; only when the person is alive on its first day, in Parts A and B, and in no plan.
    ///
    /// # Errors
    /// When a code is unknown, or nothing tells whether the person is aged.
    pub fn month(&self, month: usize, codes: &MonthCodes<'_>) -> Result<Month, Reason> {
        let plain = |status| Ok(Month { status, esrd_by_status: false, age_by_status: false });
        if !self.alive_on_first(month) {
            return plain(MonthStatus::NotEnrolled);
        }
        if self.in_plan(codes.plan)? {
            return plain(MonthStatus::GroupPlan);
        }
        match self.parts(codes.buy_in)? {
            (false, false) => plain(MonthStatus::NotEnrolled),
            (true, false) => plain(MonthStatus::PartAOnly),
            (false, true) => plain(MonthStatus::PartBOnly),
            (true, true) => self.kind(month, codes),
        }
    }

    fn alive_on_first(&self, month: usize) -> bool {
        let first = i8::try_from(month + 1).ok().and_then(|month| Date::new(self.year, month, 1).ok());
        self.death.is_none_or(|death| first.is_some_and(|first| cell::days(first) <= death))
    }

    fn in_plan(&self, code: &[u8]) -> Result<bool, Reason> {
        match code {
            [] => Ok(false),
            _ if self.codes.group_plan.has(code) => Ok(true),
            _ if self.codes.no_group_plan.has(code) => Ok(false),
            _ => Err(Reason::UnknownCode),
        }
    }

    fn parts(&self, code: &[u8]) -> Result<(bool, bool), Reason> {
        let parts = (self.codes.part_a.has(code), self.codes.part_b.has(code));
        let known = parts != (false, false) || code.is_empty() || self.codes.neither_part.has(code);
        if known { Ok(parts) } else { Err(Reason::UnknownCode) }
    }

    fn kind(&self, month: usize, codes: &MonthCodes<'_>) -> Result<Month, Reason> {
        let esrd = codes.esrd.unwrap_or_else(|| self.codes.esrd_status.has(codes.medicare_status));
        let (aged, age_by_status) = match self.aged_from {
            Some(from) => (i32::from(self.year) * 12 + month as i32 >= from, false),
            None if esrd => (false, false),
            None if codes.medicare_status.is_empty() => return Err(Reason::NoAge),
            None => (!self.codes.disabled_status.has(codes.medicare_status), true),
        };
        let kind = match (esrd, aged) {
            (true, _) => EnrollmentType::Esrd,
            (false, false) => EnrollmentType::Disabled,
            (false, true) if self.codes.full_dual.has(&dual_code(codes.dual)) => EnrollmentType::AgedDual,
            (false, true) => EnrollmentType::AgedNonDual,
        };
        Ok(Month { status: MonthStatus::Counts(kind), esrd_by_status: esrd && codes.esrd.is_none(), age_by_status })
    }
}

/// A dual status as two digits; `00` for none, unknown or not applicable.
#[must_use]
pub fn dual_code(code: &[u8]) -> [u8; 2] {
    match *code {
        [digit] | [b'0', digit] if digit.is_ascii_digit() => [b'0', digit],
        _ => *b"00",
    }
}

#[cfg(test)]
mod tests {
    use super::{MonthCodes, Person};
    use crate::intake::cell::day;
    use crate::intake::refusal::Reason;
    use crate::rules::EnrollmentRules;

    const JANUARY: usize = 0;
    const JUNE: usize = 5;
    const BOTH: MonthCodes<'_> = MonthCodes { buy_in: b"3", plan: b"0", medicare_status: b"10", dual: b"NA", esrd: None };

    fn status(born: &str, died: &str, month: usize, codes: MonthCodes<'_>) -> Result<char, Reason> {
        let rules = EnrollmentRules::embedded().unwrap();
        let day = |text: &str| day(text.as_bytes()).unwrap();
        let person = Person::new(rules.at(2020).unwrap(), 2020, day(born), day(died));
        person.month(month, &codes).map(|month| char::from(month.status.code()))
    }

    #[test]
    fn the_hierarchy_is_esrd_then_disabled_then_aged_dual_then_aged() {
        let old = "1940-05-10";
        assert_eq!(status(old, "", JUNE, BOTH), Ok('4'));
        for full in ["01", "2", "04", "8"] {
            assert_eq!(status(old, "", JUNE, MonthCodes { dual: full.as_bytes(), ..BOTH }), Ok('3'), "{full}");
        }
        for partial in ["3", "05", "06", "9", "00", "99", "NA", "**", "10", ""] {
            assert_eq!(status(old, "", JUNE, MonthCodes { dual: partial.as_bytes(), ..BOTH }), Ok('4'), "{partial}");
        }
        assert_eq!(status("1980-01-01", "", JUNE, MonthCodes { dual: b"02", ..BOTH }), Ok('2'));
        for esrd in [b"11", b"21", b"31"] {
            assert_eq!(status(old, "", JUNE, MonthCodes { medicare_status: esrd, dual: b"02", ..BOTH }), Ok('1'));
        }
    }

    #[test]
    fn the_monthly_flag_overrules_the_entitlement_code() {
        let graft = MonthCodes { medicare_status: b"11", esrd: Some(false), ..BOTH };
        assert_eq!(status("1940-05-10", "", JUNE, graft), Ok('4'));
        assert_eq!(status("1980-05-10", "", JUNE, graft), Ok('2'));
        assert_eq!(status("1940-05-10", "", JUNE, MonthCodes { esrd: Some(true), ..BOTH }), Ok('1'));
    }

    #[test]
    fn one_is_aged_from_the_month_of_the_birthday_or_the_month_before() {
        assert_eq!([4, 5].map(|month| status("1955-06-02", "", month, BOTH)), [Ok('2'), Ok('4')]);
        assert_eq!([3, 4].map(|month| status("1955-06-01", "", month, BOTH)), [Ok('2'), Ok('4')]);
        assert_eq!(status("1955-01-01", "", JANUARY, BOTH), Ok('4'));
        // Entitlement by disability does not make an aged person disabled.
        assert_eq!(status("1940-05-10", "", JUNE, MonthCodes { medicare_status: b"20", ..BOTH }), Ok('4'));
    }

    #[test]
    fn a_month_counts_when_alive_on_its_first_day() {
        assert_eq!([4, 5, 6].map(|month| status("1940-05-10", "2020-06-01", month, BOTH)), [Ok('4'), Ok('4'), Ok('0')]);
        assert_eq!(status("1940-05-10", "2019-12-31", JANUARY, BOTH), Ok('0'));
    }

    #[test]
    fn parts_and_plans_are_told_by_their_codes() {
        let buy_in = |code: &str| status("1940-05-10", "", JUNE, MonthCodes { buy_in: code.as_bytes(), ..BOTH });
        for (code, want) in [("0", '0'), ("", '0'), ("1", 'A'), ("A", 'A'), ("2", 'B'), ("B", 'B'), ("3", '4'), ("C", '4')] {
            assert_eq!(buy_in(code), Ok(want), "{code}");
        }
        assert_eq!(buy_in("7"), Err(Reason::UnknownCode));
        let plan = |code: &str| status("1940-05-10", "", JUNE, MonthCodes { plan: code.as_bytes(), ..BOTH });
        for (code, want) in [("0", '4'), ("", '4'), ("4", '4'), ("1", '9'), ("2", '9'), ("A", '9'), ("B", '9'), ("C", '9')] {
            assert_eq!(plan(code), Ok(want), "{code}");
        }
        assert_eq!(plan("Z"), Err(Reason::UnknownCode));
    }

    #[test]
    fn without_a_day_of_birth_the_medicare_status_tells_age() {
        let by = |code: &'static [u8]| status("", "", JUNE, MonthCodes { medicare_status: code, ..BOTH });
        assert_eq!([by(b"10"), by(b"20"), by(b"31")], [Ok('4'), Ok('2'), Ok('1')]);
        assert_eq!(by(b""), Err(Reason::NoAge));
    }
}
