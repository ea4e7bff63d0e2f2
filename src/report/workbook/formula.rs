//! A derivation's formula in the words of a spreadsheet.

/// The formula with cells for names and a spreadsheet's functions for ours; none when a name has no cell.
pub(super) fn spreadsheet(formula: &str, cell: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::from("=");
    let mut rest = formula;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_[].".contains(c);
        let end = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, after) = rest.split_at(end);
        match word {
            "min" | "max" | "if" if after.starts_with('(') => out += &word.to_uppercase(),
            word if first.is_ascii_alphabetic() => out += &cell(word)?,
            word => out += word,
        }
        rest = after;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::spreadsheet;

    #[test]
    fn names_become_cells_and_functions_a_spreadsheets() {
        let cell = |name: &str| match name {
            "a[DIS]" => Some("'T 1'!$B$2".to_string()),
            "limit" => Some("X!$A$1".to_string()),
            _ => None,
        };
        let told = |formula| spreadsheet(formula, &cell);
        assert_eq!(told("min(a[DIS], limit) * 0.5").as_deref(), Some("=MIN('T 1'!$B$2, X!$A$1) * 0.5"));
        assert_eq!(told("if(limit >= 0, 1, a[DIS])").as_deref(), Some("=IF(X!$A$1 >= 0, 1, 'T 1'!$B$2)"));
        assert_eq!(told("minimum + 1"), None);
    }
}
