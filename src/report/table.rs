//! Tables for a terminal.

use crate::money::{Decimal, round_dollars};

/// An amount with separators, to the cent, half-even; what is no amount stands as it is, and nothing as a dash.
pub(super) fn dollars(cell: &str) -> String {
    let Ok(amount) = cell.parse::<Decimal>() else {
        return if cell.is_empty() { "-".into() } else { cell.into() };
    };
    let rounded = round_dollars(amount);
    let cents = format!("{:.2}", if rounded.is_zero() { Decimal::ZERO } else { rounded });
    let (whole, rest) = cents.split_at(cents.len() - 3);
    grouped(whole) + rest
}

/// A whole number with separators.
pub(super) fn grouped(whole: &str) -> String {
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Rows of cells with columns aligned: the first `words` of them to the left, the others to the right.
pub(super) fn aligned(rows: &[Vec<String>], words: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells =
            cells.map(|(at, (cell, &width))| if at < words { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_by_people() {
        for (cell, told) in [
            ("1234567.895", "1,234,567.90"),
            ("-987.125", "-987.12"),
            ("-0.001", "0.00"),
            ("-100000", "-100,000.00"),
            ("", "-"),
            ("undetermined", "undetermined"),
        ] {
            assert_eq!(dollars(cell), told);
        }
    }

    #[test]
    fn words_stand_to_the_left_and_figures_to_the_right() {
        let rows = [vec!["a".to_string(), "12".to_string()], vec!["bcd".to_string(), "3".to_string()]];
        assert_eq!(aligned(&rows, 1), "a    12\nbcd   3\n");
    }
}
