//! Dates as results files print them.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

/// Reads `7/1/19`, `07/01/2019`, `07/01/2019 12:00:00 AM`, `2019-07-01`, `2019-07-01T00:00` or a spreadsheet's day number.
pub fn read(text: &str) -> Option<Date> {
    let text = text.split([' ', 'T']).next()?;
    if let Some((month, rest)) = text.split_once('/') {
        let (day, year) = rest.split_once('/')?;
        let year: i16 = match year.len() {
            2 => year.parse::<i16>().ok()? + 2000,
            _ => year.parse().ok()?,
        };
        return Date::new(year, month.parse().ok()?, day.parse().ok()?).ok();
    }
    if text.len() == 5 {
        return date(1899, 12, 30).checked_add(text.parse::<i32>().ok()?.days()).ok();
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_day() {
        let expected = Some(date(2019, 7, 1));
        for text in ["7/1/19", "07/01/2019", "07/01/2019 12:00:00 AM", "2019-07-01", "2019-07-01T00:00:00", "43647"] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["", "-", "13/40/2019", "July"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
