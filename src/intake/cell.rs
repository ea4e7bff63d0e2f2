//! One cell of text: a day, an amount, a code, or why it is none of these.

use jiff::civil::Date;

use super::refusal::Reason;
use crate::money::Cents;

/// Amounts on disk have at most twelve digits, two of them cents.
const AMOUNT_LIMIT: i64 = 1_000_000_000_000;
/// A National Provider Identifier has ten digits.
const NPI_LIMIT: u64 = 10_000_000_000;

/// A cell without the blanks around it.
#[inline]
pub fn trim(mut cell: &[u8]) -> &[u8] {
    // Fields of fixed width are mostly blanks: eight of them are one comparison.
    while let Some(rest) = cell.strip_prefix(b"        ") {
        cell = rest;
    }
    while let Some(rest) = cell.strip_suffix(b"        ") {
        cell = rest;
    }
    cell.trim_ascii()
}

/// A string, or none when blank.
#[inline]
pub fn text(cell: &[u8]) -> Result<Option<&str>, Reason> {
    let cell = trim(cell);
    if cell.is_empty() {
        return Ok(None);
    }
    std::str::from_utf8(cell).map(Some).map_err(|_| Reason::NotText)
}

/// An amount in dollars, or none when blank.
#[inline]
pub fn money(cell: &[u8]) -> Result<Option<Cents>, Reason> {
    let cell = trim(cell);
    if let Some(amount) = plain_money(cell) {
        return Ok(Some(amount));
    }
    let Some(text) = text(cell)? else { return Ok(None) };
    match Cents::parse(text) {
        Some(amount) if amount.0.unsigned_abs() < AMOUNT_LIMIT.unsigned_abs() => Ok(Some(amount)),
        _ => Err(Reason::NotAnAmount),
    }
}

/// An amount as nearly all are written: at most ten digits, a point, two digits.
#[inline]
fn plain_money(cell: &[u8]) -> Option<Cents> {
    let (sign, amount) = cell.strip_prefix(b"-").map_or((1, cell), |amount| (-1, amount));
    let [dollars @ .., b'.', dimes, pennies] = amount else { return None };
    if dollars.len() > 10 {
        return None;
    }
    let cents =
        dollars.iter().chain([dimes, pennies]).try_fold(0_i64, |value, byte| Some(value * 10 + i64::from(digit(*byte)?)))?;
    Some(Cents(sign * cents))
}

/// A whole number, or none when blank.
#[inline]
pub fn whole(cell: &[u8]) -> Result<Option<u64>, Reason> {
    let cell = trim(cell);
    if cell.is_empty() {
        return Ok(None);
    }
    let mut value: u64 = 0;
    for byte in cell {
        if !byte.is_ascii_digit() {
            return Err(Reason::NotANumber);
        }
        value = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(byte - b'0'))).ok_or(Reason::NotANumber)?;
    }
    Ok(Some(value))
}

/// A National Provider Identifier; none when blank, zero or not one, as placeholders are.
#[inline]
pub fn npi(cell: &[u8]) -> Option<u64> {
    whole(cell).ok().flatten().filter(|npi| (1..NPI_LIMIT).contains(npi))
}

/// Yes or no: `1`, `Y`, `YES`, `T`, `TRUE` and their opposites, in either case; none when blank.
pub fn flag(cell: &[u8]) -> Result<Option<bool>, Reason> {
    let cell = trim(cell);
    let is = |words: &[&str]| words.iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes()));
    match cell {
        [] => Ok(None),
        _ if is(&["1", "y", "yes", "t", "true"]) => Ok(Some(true)),
        _ if is(&["0", "n", "no", "f", "false"]) => Ok(Some(false)),
        _ => Err(Reason::UnknownCode),
    }
}

/// A day as days since 1970-01-01, or none when blank.
///
/// Read are `DD-MON-YYYY`, `DDMONYYYY`, `YYYYMMDD` and `YYYY-MM-DD`, the month's name in either case; not `DD-MM-YYYY`, of
/// which nobody can tell the month from the day.
#[inline]
pub fn day(cell: &[u8]) -> Result<Option<i32>, Reason> {
    let (year, month, day) = match *cell {
        // First as feeds write it, without a look for blanks, which are no digits.
        [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] => (digits(&[y0, y1, y2, y3]), digits(&[m0, m1]), digits(&[d0, d1])),
        _ => match *trim(cell) {
            [] => return Ok(None),
            [d0, d1, b'-', ref name @ .., b'-', y0, y1, y2, y3] => {
                (digits(&[y0, y1, y2, y3]), month_named(name), digits(&[d0, d1]))
            }
            [d0, d1, m0, m1, m2, y0, y1, y2, y3] => (digits(&[y0, y1, y2, y3]), month_named(&[m0, m1, m2]), digits(&[d0, d1])),
            [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] | [y0, y1, y2, y3, m0, m1, d0, d1] => {
                (digits(&[y0, y1, y2, y3]), digits(&[m0, m1]), digits(&[d0, d1]))
            }
            _ => return Err(Reason::NotADay),
        },
    };
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Err(Reason::NotADay) };
    day_of(year, month, day).map(Some).ok_or(Reason::NotADay)
}

/// Days since 1970-01-01 of a day of the calendar in use now, from the year 0 on; none where that month has no such day.
#[inline]
pub const fn day_of(year: i32, month: i32, day: i32) -> Option<i32> {
    let length = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if day < 1 || day > length {
        return None;
    }
    // Counted from March on, a leap day is the last of its year, and (153 m + 2) / 5 days are before the month m.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    Some(365 * years + leap_days + (153 * months + 2) / 5 + day - 1 - MARCH_OF_YEAR_0)
}

/// Days from March 1 of the year 0 to 1970-01-01.
const MARCH_OF_YEAR_0: i32 = 719_468;

/// Days of a date since 1970-01-01.
#[inline]
pub fn days(date: Date) -> i32 {
    (date.duration_since(EPOCH).as_secs() / SECONDS_OF_A_DAY) as i32
}

/// The date that many days after 1970-01-01; none outside the calendar.
pub fn date(days: i32) -> Option<Date> {
    EPOCH.checked_add(jiff::SignedDuration::from_secs(i64::from(days) * SECONDS_OF_A_DAY)).ok()
}

const EPOCH: Date = Date::constant(1970, 1, 1);
const SECONDS_OF_A_DAY: i64 = 86_400;

#[inline]
fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

#[inline]
fn digits(cell: &[u8]) -> Option<i32> {
    cell.iter().try_fold(0_i32, |value, byte| Some(value * 10 + i32::from(digit(*byte)?)))
}

#[inline]
fn month_named(name: &[u8]) -> Option<i32> {
    const NAMES: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    (1..).zip(NAMES).find(|(_, month)| name.eq_ignore_ascii_case(*month)).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use proptest::prelude::*;

    use super::{AMOUNT_LIMIT, date, day, day_of, days, flag, money, npi, trim, whole};
    use crate::intake::refusal::Reason;
    use crate::money::Cents;

    #[test]
    fn a_day_is_read_in_every_way_in_which_cms_writes_it() {
        let want = Ok(Some(days(Date::new(2019, 2, 28).unwrap())));
        for text in ["28-Feb-2019", "28-FEB-2019", "28feb2019", "20190228", "2019-02-28", " 2019-02-28 "] {
            assert_eq!(day(text.as_bytes()), want, "{text}");
        }
        assert_eq!(day(b"  "), Ok(None));
        for text in ["29-Feb-2019", "2019-13-01", "2019/02/28", "28-Foo-2019", "0", "02-03-2019", "20190229", "28-Feb-19"] {
            assert_eq!(day(text.as_bytes()), Err(Reason::NotADay), "{text}");
        }
    }

    #[test]
    fn days_and_dates_are_one_to_one() {
        for (text, number) in [("1970-01-01", 0), ("1969-12-31", -1), ("2000-03-01", 11_017), ("1900-01-01", -25_567)] {
            assert_eq!(day(text.as_bytes()), Ok(Some(number)));
            assert_eq!(days(date(number).unwrap()), number);
        }
        assert_eq!(date(i32::MAX), None);
    }

    #[test]
    fn amounts_and_numbers_are_read_whole_or_refused() {
        assert_eq!(money(b" -12.5 "), Ok(Some(Cents(-1_250))));
        assert_eq!(money(b""), Ok(None));
        assert_eq!(money(b"1e3"), Err(Reason::NotAnAmount));
        assert_eq!(money(b"10000000000.00"), Err(Reason::NotAnAmount));
        assert_eq!(money(b"9999999999.99"), Ok(Some(Cents(999_999_999_999))));
        assert_eq!(money(b"\xff"), Err(Reason::NotText));
        assert_eq!(whole(b"007"), Ok(Some(7)));
        assert_eq!(whole(b"-7"), Err(Reason::NotANumber));
        assert_eq!(npi(b"1234567890"), Some(1_234_567_890));
        assert_eq!([npi(b"0000000000"), npi(b"PCP1"), npi(b"12345678901")], [None; 3]);
        assert_eq!([flag(b"Y"), flag(b"0"), flag(b"")], [Ok(Some(true)), Ok(Some(false)), Ok(None)]);
    }

    #[test]
    fn every_day_is_the_one_that_the_calendar_of_jiff_has() {
        for year in 0..=9_999_i16 {
            for month in 0..=13_i8 {
                for day in 0..=32_i8 {
                    let want = Date::new(year, month, day).ok().map(days);
                    assert_eq!(day_of(year.into(), month.into(), day.into()), want, "{year}-{month}-{day}");
                }
            }
        }
    }

    /// Cells as feeds hold them, and ones broken by a byte.
    fn cell(written: &'static str) -> impl Strategy<Value = Vec<u8>> {
        let broken = (proptest::string::string_regex(written).unwrap(), any::<prop::sample::Index>(), any::<u8>());
        let broken = broken.prop_map(|(text, at, byte)| {
            let mut bytes = text.into_bytes();
            if !bytes.is_empty() && byte < 128 {
                let at = at.index(bytes.len());
                bytes[at] = byte.wrapping_mul(2);
            }
            bytes
        });
        prop_oneof![broken, prop::collection::vec(any::<u8>(), 0..24)]
    }

    proptest! {
        #[test]
        fn a_day_is_read_or_refused_as_jiff_reads_it(cell in cell(" {0,2}[0-9]{4}-(0[1-9]|1[012])-[0-3][0-9] {0,10}")) {
            let text = std::str::from_utf8(cell.trim_ascii()).unwrap_or("?");
            // The library reads a sign before the year and more forms; of the form with hyphens it must say the same.
            if text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| [4, 7].contains(&at) == (byte == b'-')) {
                let want = text.parse::<Date>().map(|date| Some(days(date))).map_err(|_| Reason::NotADay);
                prop_assert_eq!(day(&cell), want);
            }
        }

        #[test]
        fn an_amount_is_read_or_refused_as_the_slow_way_reads_it(cell in cell(" {0,12}[-+]?[0-9]{0,12}\\.?[0-9]{0,3} {0,9}")) {
            let want = match std::str::from_utf8(cell.trim_ascii()) {
                Ok("") => Ok(None),
                Ok(text) => Cents::parse(text).filter(|c| c.0.abs() < AMOUNT_LIMIT).map(Some).ok_or(Reason::NotAnAmount),
                Err(_) => Err(Reason::NotText),
            };
            prop_assert_eq!(money(&cell), want);
        }

        #[test]
        fn blanks_are_trimmed_as_the_library_trims_them(cell in cell("[ \t]{0,20}[A-Z ]{0,20}[ \n]{0,20}")) {
            prop_assert_eq!(trim(&cell), cell.trim_ascii());
        }
    }
}
