//! How text is written for the reader at a terminal, or for a file.

/// A place to write to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Whether it shows colours.
    pub colour: bool,
    /// Its width in characters; none where lines may be of any length.
    pub width: Option<usize>,
}

impl Terminal {
    /// Text set off from the rest.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.painted("1", text)
    }

    /// Text in the background.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.painted("2", text)
    }

    /// A number.
    #[must_use]
    pub fn number(self, text: &str) -> String {
        self.painted("36", text)
    }

    fn painted(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }

    /// Text broken at blanks where it would be wider than the terminal, every further line indented.
    #[must_use]
    pub fn broken(self, text: &str, indent: usize) -> String {
        /// What is left of a line after a deep indent is never less.
        const LEAST: usize = 24;
        let Some(width) = self.width else { return text.to_string() };
        let room = width.saturating_sub(indent).max(LEAST);
        let (mut out, mut used) = (String::new(), 0);
        for word in text.split(' ') {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                out += &format!("\n{}", " ".repeat(indent));
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out += word;
            used += length;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Terminal;

    #[test]
    fn lines_are_broken_at_blanks_and_nothing_is_lost() {
        let narrow = Terminal { colour: false, width: Some(30) };
        let text = "alpha * beta + gamma * delta + epsilon";
        assert_eq!(narrow.broken(text, 4), "alpha * beta + gamma *\n    delta + epsilon");
        assert_eq!(Terminal::default().broken(text, 4), text);
        let joined = narrow.broken(text, 28).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(joined, text);
    }

    #[test]
    fn colours_are_for_terminals() {
        assert_eq!(Terminal { colour: true, width: None }.strong("x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(Terminal::default().strong("x"), "x");
    }
}
