//! Lists of codes: which codes of a field stand for something.

use serde::Deserialize;

/// Codes that stand for one thing.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct CodeList(Vec<String>);

impl CodeList {
    /// Whether the code is on the list.
    #[must_use]
    pub fn has(&self, code: &[u8]) -> bool {
        self.0.iter().any(|listed| listed.as_bytes() == code)
    }

    /// The codes, as listed.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
