//! Whether a code can be one, by its shape: a shape is a fact of the field, which codes count is a rule elsewhere.

/// A procedure: five digits, four digits and a letter, or a letter and four digits.
#[must_use]
pub fn hcpcs(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    text.len() == 5
        && digits(&text[1..4])
        && match (text[0], text[4]) {
            (first, last) if first.is_ascii_digit() => last.is_ascii_digit() || last.is_ascii_uppercase(),
            (first, last) => first.is_ascii_uppercase() && last.is_ascii_digit(),
        }
}

/// A CMS specialty: two characters, the first of them a digit or a letter.
#[must_use]
pub fn specialty(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.len() == 2 && text.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

/// A taxpayer number: nine digits.
#[must_use]
pub fn tin(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.len() == 9 && text.iter().all(u8::is_ascii_digit)
}

/// A CMS certification number: six characters, of which the first two name a state.
#[must_use]
pub fn ccn(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.len() == 6 && text.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()) && text[5].is_ascii_digit()
}

/// A character of a bill type: a digit from 1 to 9.
#[must_use]
pub fn bill_type(text: &[u8]) -> bool {
    matches!(text.trim_ascii(), [b'1'..=b'9'])
}

/// A county: five digits.
#[must_use]
pub fn county(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.len() == 5 && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_told_by_their_shape() {
        type Test = fn(&[u8]) -> bool;
        for (test, good, bad) in [
            (
                super::hcpcs as Test,
                &["99213", "G0463", "0001F", " J1100 "][..],
                &["9921", "992130", "99-13", "g0463", "GG463", ""][..],
            ),
            (super::specialty, &["01", "C5"][..], &["1", "001", ""][..]),
            (super::tin, &["012345678"][..], &["12345678", "12-345678", ""][..]),
            (super::ccn, &["050001", "45S123", "451823"][..], &["50001", "0500011", "05000A", ""][..]),
            (super::bill_type, &["1", "8"][..], &["0", "13", "", "A"][..]),
            (super::county, &["01001"][..], &["1001", "0100A", ""][..]),
        ] {
            assert!(good.iter().all(|code| test(code.as_bytes())), "{good:?}");
            assert!(!bad.iter().any(|code| test(code.as_bytes())), "{bad:?}");
        }
    }
}
