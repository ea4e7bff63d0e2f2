//! A results file as text: its encoding, its delimiter, its records.

use std::borrow::Cow;
use std::path::Path;

use crate::error::{Error, Place, Result};

/// Windows' own characters between 0x80 and 0x9f; the rest of cp1252 is Latin-1.
const CP1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”',
    '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file: UTF-8 or UTF-16 with its byte order mark taken off, else cp1252; and which of them it was.
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return (utf16(rest, u16::from_le_bytes), "utf-16"),
        [0xfe, 0xff, rest @ ..] => return (utf16(rest, u16::from_be_bytes), "utf-16"),
        _ => {}
    }
    let (rest, name) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, "utf-8 with byte order mark"),
        None => (bytes, "utf-8"),
    };
    match std::str::from_utf8(rest) {
        Ok(text) => (Cow::Borrowed(text), name),
        Err(_) => (rest.iter().map(|byte| windows(*byte)).collect::<String>().into(), "cp1252"),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'static, str> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units).into()
}

fn windows(byte: u8) -> char {
    match byte {
        0x80..=0x9f => CP1252[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

/// A delimited text, split.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// Column names as printed.
    pub header: Vec<String>,
    /// The rows, each of the header's width.
    pub rows: Vec<Vec<String>>,
    /// Lines that hold one cell alone, as footnotes do.
    pub footnotes: usize,
}

/// Splits a text into a header and its records; empty lines are skipped.
///
/// # Errors
/// When there is no header, or a record is not of its width.
pub fn records(text: &str, path: &Path) -> Result<Records> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(text)).from_reader(text.as_bytes());
    let mut header: Option<Vec<String>> = None;
    let (mut rows, mut footnotes, mut faults) = (Vec::new(), 0, Vec::new());
    for record in reader.records() {
        let record = record.map_err(|fault| {
            Error::input(format!("the file does not read: {fault}"), Place::file(path), "export it again as CSV")
        })?;
        let mut cells: Vec<String> = record.iter().map(str::to_string).collect();
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(header) = &header else {
            header = Some(cells);
            continue;
        };
        // Spreadsheets leave empty cells behind the last column, in one line more than in another.
        while cells.len() > header.len() && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() == header.len() {
            rows.push(cells);
        } else if cells[1..].iter().all(|cell| cell.trim().is_empty()) {
            footnotes += 1;
        } else {
            let line = record.position().map_or(0, csv::Position::line);
            let what = format!("a row has {} cells and the header {}", cells.len(), header.len());
            faults.push(Error::input(what, Place::file(path).at_line(line), "quote cells that hold a delimiter or a line end"));
        }
    }
    match (header, faults.is_empty()) {
        (_, false) => Err(Error::Inputs(faults)),
        (Some(header), true) if !rows.is_empty() => Ok(Records { header, rows, footnotes }),
        _ => Err(Error::input(
            "the file holds no rows",
            Place::file(path),
            "give the Performance Year Financial and Quality Results file as CSV",
        )),
    }
}

/// The delimiter that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| first.bytes().filter(|byte| *byte == delimiter).count();
    [b',', b'\t', b';', b'|'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_seen_is_read() {
        assert_eq!(decode(b"\xef\xbb\xbfACO"), ("ACO".into(), "utf-8 with byte order mark"));
        assert_eq!(decode(b"Se\xf1or \x96 \x93x\x94"), ("Señor – “x”".into(), "cp1252"));
        assert_eq!(decode(b"\xff\xfeA\0C\0"), ("AC".into(), "utf-16"));
        assert_eq!(decode("Señor".as_bytes()).1, "utf-8");
    }

    #[test]
    fn delimiters_and_ragged_ends() {
        let here = Path::new("results.csv");
        let read = records("a\tb\n1\t2\t\t\n\t\n* too few people\n", here).unwrap();
        assert_eq!((read.header.len(), read.footnotes, read.rows), (2, 1, vec![vec!["1".to_string(), "2".to_string()]]));
        let read = records("a,b\r\n\"x, y\",\"two\nlines\"\r\n", here).unwrap();
        assert_eq!((read.header.len(), read.rows[0][1].as_str()), (2, "two\nlines"));
        let refusal = records("a,b,c\n1,2\n1,2,3,4\n", here).unwrap_err().to_string();
        assert!(refusal.contains("line: 2") && refusal.contains("line: 3"), "{refusal}");
        assert!(records("a,b\n", here).is_err() && records("", here).is_err());
    }
}
