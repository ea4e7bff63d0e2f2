//! One cell of a results file as it is printed.

use rust_decimal::Decimal;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A number.
    Number(Printed),
    /// `*`: too few people to be told.
    Suppressed,
    /// Empty, or a dash: nothing applies.
    Blank,
    /// Anything else.
    Text,
}

/// A number as printed: signs, separators and units taken off, digits kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    /// The number.
    pub value: Decimal,
    /// Digits after the decimal point.
    pub decimals: u32,
    /// Whether a percent sign stood behind it.
    pub percent: bool,
}

impl Printed {
    /// Digits before and behind the point; a zero before it does not count.
    #[must_use]
    pub fn digits(&self) -> u32 {
        let whole = self.value.abs().trunc();
        let before = if whole.is_zero() { 0 } else { whole.to_string().len() as u32 };
        before + self.decimals
    }

    /// Digits from the first that is not zero.
    #[must_use]
    pub fn significant(&self) -> u32 {
        let digits = self.value.abs().checked_mul(power_of_ten(self.decimals)).unwrap_or(Decimal::MAX).trunc();
        if digits.is_zero() { 0 } else { digits.to_string().len() as u32 }
    }
}

fn power_of_ten(exponent: u32) -> Decimal {
    (0..exponent.min(20)).fold(Decimal::ONE, |power, _| power * Decimal::TEN)
}

/// Binary floating point leaves a tail of digits behind numbers that had few: 0.8911999999999999.
const TAIL_FROM: usize = 15;
const WITHOUT_TAIL: u32 = 12;

/// Numbers beyond this are no results of a program that pays thousands of millions.
const LARGEST: Decimal = Decimal::from_parts(1_316_134_912, 2328, 0, false, 0); // ten million million

impl Cell {
    /// Reads a cell.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
        match text {
            "" | "-" | "--" | "." | "\u{2013}" | "\u{2014}" | "\u{2212}" => return Self::Blank,
            _ if text.chars().all(|c| c == '*') => return Self::Suppressed,
            _ if ["na", "n/a", "nan", "null", "none"].contains(&text.to_ascii_lowercase().as_str()) => return Self::Blank,
            _ => {}
        }
        number(text).map_or(Self::Text, Self::Number)
    }
}

/// A number with `$`, `%`, thousands separators, a minus sign of any kind or the brackets of bookkeepers.
fn number(text: &str) -> Option<Printed> {
    let bracketed = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let mut negative = bracketed.is_some();
    let mut percent = false;
    let mut digits = String::with_capacity(text.len());
    for c in bracketed.unwrap_or(text).chars() {
        match c {
            ',' if digits.contains('.') => return None,
            '$' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | ',' => {}
            '%' if !percent => percent = true,
            '+' if digits.is_empty() => {}
            '-' | '\u{2212}' | '\u{2013}' if digits.is_empty() && !negative => negative = true,
            '0'..='9' | '.' | 'e' | 'E' | '-' | '+' => digits.push(c),
            _ => return None,
        }
    }
    let (value, decimals) = plain(&digits)?;
    (value <= LARGEST).then_some(Printed { value: if negative { -value } else { value }, decimals, percent })
}

/// Digits, perhaps with an exponent as spreadsheets write it, and how many of them stand behind the point.
fn plain(digits: &str) -> Option<(Decimal, u32)> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 20)?),
        None => (digits, 0),
    };
    if mantissa.contains(['-', '+']) || !mantissa.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let behind = mantissa.split_once('.').map_or(0, |(_, behind)| behind.len());
    let mut value = Decimal::from_str_exact(mantissa).or_else(|_| mantissa.parse()).ok()?;
    let mut behind = behind;
    if behind >= WITHOUT_TAIL as usize && mantissa.trim_start_matches(['0', '.']).len() >= TAIL_FROM {
        value = value.round_dp(WITHOUT_TAIL).normalize();
        behind = value.scale() as usize;
    }
    let shifted = (0..exponent.abs()).try_fold(value, |value, _| {
        if exponent > 0 { value.checked_mul(Decimal::TEN) } else { value.checked_div(Decimal::TEN) }
    })?;
    let decimals = i32::try_from(behind).ok()? - exponent;
    Some((shifted, u32::try_from(decimals.clamp(0, 20)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> (String, u32, bool) {
        match Cell::read(text) {
            Cell::Number(number) => (number.value.normalize().to_string(), number.decimals, number.percent),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(value(" $1,234,567 "), ("1234567".into(), 0, false));
        assert_eq!(value("-2.50%"), ("-2.5".into(), 2, true));
        assert_eq!(value("(1,234.5)"), ("-1234.5".into(), 1, false));
        assert_eq!(value("\u{2212}7"), ("-7".into(), 0, false));
        assert_eq!(value("-$7"), ("-7".into(), 0, false));
        assert_eq!(value("1.25E+03"), ("1250".into(), 0, false));
        assert_eq!(value("2.5e-3"), ("0.0025".into(), 4, false));
        assert_eq!(value(".5"), ("0.5".into(), 1, false));
        assert_eq!(value("0.8911999999999999"), ("0.8912".into(), 4, false));
        assert_eq!(value("0.38500000000000001"), ("0.385".into(), 3, false));
        assert_eq!(value("0.104911788"), ("0.104911788".into(), 9, false));
    }

    #[test]
    fn what_is_no_number_says_why() {
        for (text, cell) in [("*", Cell::Suppressed), ("-", Cell::Blank), ("", Cell::Blank), ("\u{2013}", Cell::Blank)] {
            assert_eq!(Cell::read(text), cell);
        }
        for text in ["P4R", "1.2.3", "12-7", "9e99", "1.5,000", "Initial", "99999999999999"] {
            assert_eq!(Cell::read(text), Cell::Text, "{text}");
        }
    }

    #[test]
    fn the_bound_is_ten_million_million() {
        assert_eq!(LARGEST.to_string(), "10000000000000");
    }
}
