//! A number of the law, written as a decimal or as a ratio of two.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;

/// A rate, share, cap or weight: `0.30` or `1/3`, always quoted in TOML so that no float ever stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Fraction(pub Decimal);

impl FromStr for Fraction {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| Decimal::from_str_exact(part.trim()).map_err(|_| format!("`{text}` is not a number"));
        let value = match text.split_once('/') {
            None => number(text)?,
            Some((over, under)) => {
                number(over)?.checked_div(number(under)?).ok_or_else(|| format!("`{text}` divides by zero"))?
            }
        };
        Ok(Self(value))
    }
}

impl TryFrom<String> for Fraction {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
