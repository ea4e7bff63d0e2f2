//! What lies in a folder of deliveries, told from CMS's file names: `P.A1234.ACO.ZC5Y23.D230115.T1203050`, with `R23` instead of
//! `Y23` for a run-out, packed as CMS packs them (`...ZCY23....zip`), gzipped, or plain.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::layout::FileKind;
use super::packing::{self, Packing};
use crate::disk;
use crate::error::{Error, Place, Result};

/// One month's delivery, or one run-out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivery {
    /// Day on which CMS made it.
    pub made: Date,
    /// Which of the deliveries of that day: `Y23`, `R22`, or blank.
    pub batch: String,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.batch, self.made)
    }
}

/// One file of a delivery.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The file on disk.
    pub path: PathBuf,
    /// What it is.
    pub kind: FileKind,
    /// Of which delivery.
    pub delivery: Delivery,
    packing: Packing,
    /// Bytes of text, as far as that is known before reading.
    pub bytes: u64,
}

impl Piece {
    /// Hands the text of the piece to `work`.
    ///
    /// # Errors
    /// When the file cannot be opened, or `work` fails.
    pub fn with_text<T>(&self, work: impl FnOnce(&mut (dyn Read + Send)) -> Result<T>) -> Result<T> {
        packing::with_text(&self.path, &self.packing, work)
    }

    /// The file's name, and that of the packed file inside it.
    #[must_use]
    pub fn name(&self) -> String {
        let outer = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match &self.packing {
            Packing::Zip(inner) => format!("{outer}/{inner}"),
            Packing::Plain | Packing::Gzip => outer,
        }
    }

    /// The place of the piece, for messages.
    #[must_use]
    pub fn place(&self) -> Place {
        let path = match &self.packing {
            Packing::Zip(inner) => self.path.join(inner),
            Packing::Plain | Packing::Gzip => self.path.clone(),
        };
        Place::file(path).in_table(self.kind.name())
    }
}

/// What a file name says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    kind: FileKind,
    aco: Option<String>,
    batch: String,
    made: Option<Date>,
}

/// Reads a name; none when it is not of a CCLF file.
fn read_name(name: &str) -> Option<Name> {
    let upper = name.to_ascii_uppercase();
    let (mut kind, mut batch, mut made, mut aco) = (None, String::new(), None, None);
    let mut pieces = upper.split(['.', '_', '-', ' ']).peekable();
    while let Some(piece) = pieces.next() {
        if let Some(rest) = piece.strip_prefix("ZC").or_else(|| piece.strip_prefix("CCLF"))
            && let Some((symbol, after)) = rest.split_at_checked(1)
            && let Some(known) = FileKind::of(symbol.as_bytes()[0])
            && !after.starts_with(|c: char| c.is_ascii_digit())
        {
            kind = Some(known);
            batch = after.to_string();
        } else if let Some(day) = piece.strip_prefix('D').filter(|day| day.len() == 6) {
            made = made.or_else(|| day_of(day));
        } else if pieces.peek() == Some(&"ACO") || is_aco(piece) {
            aco = Some(piece.to_string());
        }
    }
    kind.map(|kind| Name { kind, aco, batch, made })
}

/// Whether a piece of a name is the number of a Shared Savings Program ACO.
pub fn is_aco(piece: &str) -> bool {
    piece.len() == 5 && piece.starts_with('A') && piece[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// A day written `yymmdd`.
fn day_of(text: &str) -> Option<Date> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
    Date::new(2000 + i16::from(number(0..2)?), number(2..4)?, number(4..6)?).ok()
}

/// The pieces of a folder, in order of delivery and kind.
///
/// # Errors
/// When a file is none of CMS's, two ACOs are mixed, or one file of a delivery is there twice; all faults at once.
pub fn find(folder: &Path) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut faults = Vec::new();
    let mut acos: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in disk::list(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') || disk::is_dir(&path) {
            continue;
        }
        for (inner, packing, bytes) in packing::contents(&path)? {
            // A packed file that says nothing of its delivery is of the package's.
            let (own, package) = (read_name(&inner), read_name(&name.replacen("ZC", "ZC0", 1)));
            let Some(own) = own else {
                let place = Place::file(if inner == name { path.clone() } else { path.join(&inner) });
                let hint = "CMS names it like P.A1234.ACO.ZC5Y23.D230115.T1203050; move other files out of the folder";
                faults.push(Error::input("the file's name is none of the claim and claim line feed's", place, hint));
                continue;
            };
            let Some(made) = own.made.or(package.as_ref().and_then(|package| package.made)) else {
                let place = Place::file(&path).in_table(own.kind.name());
                let hint = "keep CMS's name, or put the day in it, as in CCLF5.D230115.txt";
                faults.push(Error::input("the file's name does not say of which day the delivery is", place, hint));
                continue;
            };
            if let Some(aco) = own.aco.or(package.and_then(|package| package.aco)) {
                acos.entry(aco).or_insert_with(|| path.clone());
            }
            pieces.push(Piece {
                path: path.clone(),
                kind: own.kind,
                delivery: Delivery { made, batch: own.batch },
                packing,
                bytes,
            });
        }
    }
    if acos.len() > 1 {
        let named = acos.keys().cloned().collect::<Vec<_>>().join(" and ");
        let place = Place::file(acos.into_values().nth(1).unwrap_or_default());
        faults.push(Error::input(format!("the folder mixes files of {named}"), place, "import each ACO's files by themselves"));
    }
    pieces.sort_by(|a, b| (&a.delivery, a.kind, a.name()).cmp(&(&b.delivery, b.kind, b.name())));
    for pair in pieces.windows(2).filter(|pair| (&pair[0].delivery, pair[0].kind) == (&pair[1].delivery, pair[1].kind)) {
        let what = format!("the delivery {} is there twice: also as {}", pair[1].delivery, pair[0].name());
        faults.push(Error::input(what, pair[1].place(), "keep one of the two files"));
    }
    match faults.len() {
        0 => Ok(pieces),
        1 => Err(faults.remove(0)),
        _ => Err(Error::Inputs(faults)),
    }
}

#[cfg(test)]
mod tests {
    use super::{FileKind, Name, day_of, read_name};

    #[test]
    fn names_of_either_kind_are_read() {
        let made = day_of("230115");
        let name =
            |kind, aco: Option<&str>, batch: &str| Some(Name { kind, aco: aco.map(str::to_string), batch: batch.into(), made });
        let aco = Some("A1234");
        assert_eq!(read_name("P.A1234.ACO.ZC5Y23.D230115.T1203050"), name(FileKind::Physician, aco, "Y23"));
        assert_eq!(read_name("p.a1234.aco.zcar22.d230115.t1203050.gz"), name(FileKind::PartADemo, aco, "R22"));
        assert_eq!(read_name("T.BCD.A1234.ZC0Y18.D230115.T1000009"), name(FileKind::Control, aco, "Y18"));
        assert_eq!(read_name("CCLF8.D230115.txt"), name(FileKind::People, None, ""));
        assert_eq!(read_name("cclf1_D230115.csv"), name(FileKind::Headers, None, ""));
        assert_eq!(read_name("P.D0001.ACO.ZC9Y23.D230115.T1").unwrap().aco.as_deref(), Some("D0001"));
        assert_eq!([read_name("notes.txt"), read_name("ZCX.D230115"), read_name("CCLF12")], [None, None, None]);
        assert_eq!(read_name("CCLF5.txt").unwrap().made, None);
        assert_eq!([day_of("231301"), day_of("aabbcc")], [None, None]);
    }
}
