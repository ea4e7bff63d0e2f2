//! What the second computation is held against: assignment and sums, by rank and number, never by identifier.

use std::fmt::Write as _;
use std::path::Path;

use super::agreements::Acos;
use super::assign::assignable;
use super::findings::Place;
use super::join::Thresholds;
use super::partitions::Partitions;
use super::sums;
use crate::aggregate::{Aggregates, Sums};
use crate::assignment::UNASSIGNED;
use crate::beneficiary::{Calendar, Partition, WindowKind};
use crate::disk;
use crate::error::Result;
use crate::factors::Aco;
use crate::rules::EnrollmentType;

/// Writes `assignment.csv` and `people.csv` (rank of the beneficiary by identifier in byte order, from 1), `aggregates.csv` (ACO, `NONE` or
/// `*` for the assignable nation; cents) and `thresholds.csv` into a folder.
///
/// # Errors
/// When a file cannot be written.
#[allow(clippy::too_many_arguments, reason = "one account of every product of the run")]
pub fn write(
    folder: &Path,
    acos: &Acos,
    calendar: &Calendar,
    rounds: &[Place],
    partitions: &Partitions,
    aggregates: &Aggregates,
    thresholds: &Thresholds,
) -> Result<()> {
    disk::create_dir(folder)?;
    let (years, counts) = (calendar.years(), calendar.spending());
    let keys: Vec<(&str, String)> = acos.agreements.iter().map(|(aco, ..)| named(aco)).collect();
    let mut text = String::from("row,year,aco_id,performance_half\n");
    for round in rounds {
        let given = |at: usize, aco: u16| aco != UNASSIGNED && round.counted[at % years.len()][usize::from(aco)];
        for (at, aco) in round.assigned.iter().flatten().enumerate().filter(|(at, aco)| given(*at, **aco)) {
            let (id, half) = &keys[usize::from(*aco)];
            let _ = writeln!(text, "{},{},{id},{half}", at / years.len() + 1, years[at % years.len()]);
        }
    }
    disk::write_all(&folder.join("assignment.csv"), text.as_bytes())?;
    disk::write_all(&folder.join("people.csv"), people(calendar, partitions)?.as_bytes())?;
    let mut text = sums::heading().replacen("aco_id", "aco_id,performance_half", 1);
    for (index, year) in years.iter().enumerate().filter(|(index, _)| counts[*index]) {
        for kind in EnrollmentType::ALL {
            let mut assignable = Sums::default();
            for county in 0..aggregates.shape().counties {
                assignable.merge(aggregates.county(0, county as u16, index, kind));
            }
            sums::line(&mut text, "*,", *year, kind, &assignable);
            sums::line(&mut text, &format!("{},", sums::NOBODYS), *year, kind, aggregates.nobody(index, kind));
            for (number, (id, half)) in keys.iter().enumerate() {
                sums::line(&mut text, &format!("{id},{half}"), *year, kind, aggregates.aco(number, index, kind));
            }
        }
    }
    disk::write_all(&folder.join("aggregates.csv"), text.as_bytes())?;
    let mut text = String::from("year,enrollment_type,threshold\n");
    for (year, limits) in years.iter().zip(thresholds).zip(counts).filter(|(_, counts)| **counts).map(|(row, _)| row) {
        for (kind, limit) in limits.iter() {
            let limit = limit.map_or_else(String::new, |limit| limit.to_string());
            let _ = writeln!(text, "{year},{kind},{limit}");
        }
    }
    disk::write_all(&folder.join("thresholds.csv"), text.as_bytes())
}

/// A line for each person, year and enrollment type: months, cents, and whether the calendar year makes him assignable.
fn people(calendar: &Calendar, partitions: &Partitions) -> Result<String> {
    let mut text = String::from("row,year,enrollment_type,months,total,assignable\n");
    for number in 0..partitions.len() {
        partitions.one(number, |partition| add_people(&mut text, calendar, partition))?;
    }
    Ok(text)
}

fn add_people(text: &mut String, calendar: &Calendar, partition: &Partition) {
    for at in 0..partition.people * partition.years {
        let (person, year) = (at / partition.years, at % partition.years);
        let window = calendar.window(WindowKind::Calendar, year);
        let reach = calendar.window(WindowKind::CalendarReach, year);
        let assignable = window.is_some_and(|window| assignable(partition, person, window, reach));
        for kind in EnrollmentType::ALL {
            let Some(slot) = partition.spending.slot(at, kind) else { continue };
            let months = partition.person_years[at].months.count(kind);
            let total: i64 = partition.spending.cents(slot).iter().sum();
            let row = partition.first as usize + person + 1;
            let _ = writeln!(text, "{row},{},{kind},{months},{total},{}", calendar.years()[year], u8::from(assignable));
        }
    }
}

fn named(aco: &Aco) -> (&str, String) {
    (&aco.key.aco_id, aco.key.performance_half.map(|half| half.to_string()).unwrap_or_default())
}
