//! The sums of a run as a file: what `acobench run --until aggregates` leaves (docs/aggregates.md).

use std::fmt::Write as _;
use std::path::Path;

use crate::aggregate::{Aggregates, Sums};
use crate::beneficiary::Component;
use crate::disk;
use crate::error::Result;
use crate::rules::{EnrollmentType, Year};

/// Name of the file in a run's folder.
pub const FILE: &str = "aggregates.csv";
/// What stands for the ACO of people who are assigned to none.
pub(super) const NOBODYS: &str = "NONE";

/// Writes `aggregates.csv` into a run's folder: in byte order of ACO, then by year and enrollment type, a row for each group
/// with people in it; amounts in cents.
///
/// # Errors
/// When the file cannot be written.
pub fn write(folder: &Path, acos: &[String], years: &[Year], counts: &[bool], aggregates: &Aggregates) -> Result<()> {
    let mut groups: Vec<(&str, Option<usize>)> =
        acos.iter().enumerate().map(|(number, aco)| (aco.as_str(), Some(number))).collect();
    groups.push((NOBODYS, None));
    groups.sort_unstable();
    let mut text = heading();
    for (name, aco) in groups {
        for (index, year) in years.iter().enumerate().filter(|(index, _)| counts[*index]) {
            for kind in EnrollmentType::ALL {
                let sums = aco.map_or_else(|| aggregates.nobody(index, kind), |aco| aggregates.aco(aco, index, kind));
                if sums.people > 0 {
                    line(&mut text, name, *year, kind, sums);
                }
            }
        }
    }
    disk::write_all(&folder.join(FILE), text.as_bytes())
}

/// The line of column names.
pub(super) fn heading() -> String {
    let mut text = String::from("aco_id,year,enrollment_type,people,months");
    for component in Component::ALL {
        let _ = write!(text, ",{}", component.name());
    }
    text.push_str(",total,capped12,capped_people\n");
    text
}

/// The line of one group.
pub(super) fn line(text: &mut String, group: &str, year: Year, kind: EnrollmentType, sums: &Sums) {
    let _ = write!(text, "{group},{year},{kind},{},{}", sums.people, sums.months);
    for cents in sums.components {
        let _ = write!(text, ",{cents}");
    }
    let _ = writeln!(text, ",{},{},{}", sums.total(), sums.capped12, sums.capped_people);
}
