//! What a careful reader would stop at: a file delivered twice, a year that nobody is enrolled in.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Input, Kind};
use crate::disk::{self, Meter};
use crate::error::Result;
use crate::intake::FileReport;

/// Years that a file name may hold.
const CENTURY: &str = "20";

/// Marks every file that is a copy, byte for byte, of one before it, so that nothing is counted twice. Only files of the same
/// size are hashed.
///
/// # Errors
/// When a file cannot be read.
pub fn find_copies(inputs: &mut [Input]) -> Result<()> {
    let mut by_size: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, input) in inputs.iter().enumerate().filter(|(_, input)| input.kind != Kind::Unused) {
        by_size.entry(disk::Input::look(&input.path)?.bytes()).or_default().push(index);
    }
    for of_one_size in by_size.into_values().filter(|files| files.len() > 1) {
        let mut first_with: BTreeMap<String, usize> = BTreeMap::new();
        for index in of_one_size {
            let hash = disk::Input::look(&inputs[index].path)?.hash(&Meter::default())?;
            match first_with.get(&hash) {
                Some(first) => inputs[index].copy_of = Some(file_name(&inputs[*first].path)),
                None => drop(first_with.insert(hash, index)),
            }
        }
    }
    Ok(())
}

/// Doubts about what was read, in words.
pub fn of(files: &[FileReport]) -> Vec<String> {
    let copies = files.iter().filter(|file| file.read_as.starts_with("copy of"));
    let mut doubts: Vec<String> =
        copies.map(|file| format!("{} is a {}, byte for byte, and was not read again", file.file, file.read_as)).collect();
    for file in files.iter().filter(|file| !file.years.is_empty()) {
        if let Some(named) = year_in(&file.file).filter(|named| !file.years.contains(named)) {
            let held = words(file.years.iter());
            doubts.push(format!("{} holds enrollment of {held}, and none of {named} as its name says", file.file));
        }
    }
    let mut files_of: BTreeMap<u16, u64> = BTreeMap::new();
    for year in files.iter().flat_map(|file| &file.years) {
        *files_of.entry(*year).or_default() += 1;
    }
    for (year, count) in files_of.iter().filter(|(_, count)| **count > 1) {
        doubts.push(format!("enrollment of {year} is spread over {count} files: nobody may be in two of them"));
    }
    let years: std::collections::BTreeSet<u16> = files.iter().flat_map(|file| file.years.iter().copied()).collect();
    if let (Some(first), Some(last)) = (years.first(), years.last()) {
        let missing: Vec<u16> = (*first..=*last).filter(|year| !years.contains(year)).collect();
        if !missing.is_empty() {
            doubts.push(format!(
                "nobody's enrollment of {} was delivered: claims of that time count for nobody",
                words(missing.iter())
            ));
        }
    }
    doubts
}

fn words<'y>(years: impl Iterator<Item = &'y u16>) -> String {
    years.map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// The year that a file name holds, where it holds one.
fn year_in(name: &str) -> Option<u16> {
    let mut words = name.split(|c: char| !c.is_ascii_digit());
    words.find(|word| word.len() == 4 && word.starts_with(CENTURY))?.parse().ok()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
