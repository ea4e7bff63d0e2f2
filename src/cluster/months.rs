//! The months of the claims and of their people, to a partial and back.

use crate::aggregate::{Key, Partial, What};
use crate::check::{Monthly, Part, PeoplePart};
use crate::error::{Error, Result};
use crate::run::watch::{Watch, Watched};

const TABLES: [&str; 2] = ["claim_header", "claim_line"];

/// Adds what a part of the claims shows.
pub(super) fn add(partial: &mut Partial, seen: &Watched) -> Result<()> {
    for (table, months) in TABLES.into_iter().zip([&seen.headers, &seen.lines]) {
        for (part, numbers) in months.parts() {
            partial.add(key(table, part), &numbers)?;
        }
    }
    seen.people.parts().try_for_each(|(part, numbers)| partial.add(key_of_people(part), &numbers))
}

/// The months of all claims.
///
/// # Errors
/// When the partial has a month that its plan does not know.
pub(super) fn of(partial: &Partial, watch: &Watch<'_>) -> Result<Watched> {
    let mut seen = watch.nothing();
    for (key, numbers) in partial.iter() {
        let put = match (part(key), part_of_people(key)) {
            (Some(part), _) => {
                let months: &mut Monthly = if key.name == TABLES[0] { &mut seen.headers } else { &mut seen.lines };
                months.put(part, numbers)
            }
            (None, Some(part)) => seen.people.put(part, numbers),
            (None, None) => continue,
        };
        put.ok_or_else(|| {
            Error::failed(
                format!("a partial has {} of {} that its plan does not know", key.what.name(), key.name),
                "fold the partition again under the plan; if it comes back, report it as a defect",
            )
        })?;
    }
    Ok(seen)
}

fn key(table: &str, part: Part) -> Key {
    let of = |what, claim_type: u8| Key::of(what).name(table).within(claim_type.to_string());
    match part {
        Part::Month { claim_type, month } => of(What::Month, claim_type).at(month as u16),
        Part::Size { claim_type, power } => of(What::Size, claim_type).at(power as u16),
        Part::Negative { claim_type } => of(What::Negative, claim_type),
        Part::Fault { bit } => Key::of(What::RowFault).name(table).at(bit as u16),
        Part::LastProcessed => Key::of(What::LastProcessed).name(table),
    }
}

fn part(key: &Key) -> Option<Part> {
    let claim_type = || key.within.parse().unwrap_or(u8::MAX);
    match key.what {
        What::Month => Some(Part::Month { claim_type: claim_type(), month: usize::from(key.at) }),
        What::Size => Some(Part::Size { claim_type: claim_type(), power: usize::from(key.at) }),
        What::Negative => Some(Part::Negative { claim_type: claim_type() }),
        What::RowFault => Some(Part::Fault { bit: usize::from(key.at) }),
        What::LastProcessed => Some(Part::LastProcessed),
        _ => None,
    }
}

fn key_of_people(part: PeoplePart) -> Key {
    match part {
        PeoplePart::Month(at) => Key::of(What::PeopleMonth).at(at as u16),
        PeoplePart::Count(at) => Key::of(What::PeopleCount).at(at as u16),
        PeoplePart::Unscored(at) => Key::of(What::Unscored).at(at as u16),
    }
}

fn part_of_people(key: &Key) -> Option<PeoplePart> {
    let at = usize::from(key.at);
    match key.what {
        What::PeopleMonth => Some(PeoplePart::Month(at)),
        What::PeopleCount => Some(PeoplePart::Count(at)),
        What::Unscored => Some(PeoplePart::Unscored(at)),
        _ => None,
    }
}
