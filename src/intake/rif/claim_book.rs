//! What files of claims say, for lines that lie in files of their own: CMS's data centre delivers each claim type so.
//!
//! Lines may come in any order and from any file, so every claim is remembered; `--memory` bounds how many.

use std::sync::atomic::{AtomicU64, Ordering};

use ahash::HashMap;

use crate::error::{Error, Place, Result};
use crate::intake::refusal::Reason;

/// What a file says of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Of a facility whose lines may count in assignment.
    Facility(Box<FacilityClaim>),
    /// Of a facility whose lines count for nothing.
    WithoutLines,
    /// Of a clinician or supplier.
    Professional(ProfessionalClaim),
    /// Not the final action: its lines are set aside as it was.
    NotFinal,
}

/// What a revenue line takes from its claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FacilityClaim {
    /// Claim type.
    pub claim_type: u8,
    /// Last day, in days since 1970-01-01.
    pub thru: i32,
    /// CMS certification number.
    pub ccn: Option<Box<str>>,
    /// First character of the bill type.
    pub facility_type: Option<Box<str>>,
    /// Second character of the bill type.
    pub service_classification: Option<Box<str>>,
    /// Why Medicare did not pay.
    pub non_payment_reason: Option<Box<str>>,
    /// Attending clinician.
    pub attending_npi: Option<u64>,
    /// Other clinician.
    pub other_npi: Option<u64>,
    /// Rendering clinician of the claim.
    pub rendering_npi: Option<u64>,
    /// When it was paid.
    pub processed: Option<i32>,
}

/// What a carrier or DME line takes from its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfessionalClaim {
    denial: [u8; 2],
    /// When it was paid.
    pub processed: Option<i32>,
}

impl ProfessionalClaim {
    /// A claim with its denial code.
    ///
    /// # Errors
    /// When the code is longer than any that CMS has.
    pub fn new(denial: Option<&str>, processed: Option<i32>) -> Result<Self, Reason> {
        let mut code = [b' '; 2];
        let text = denial.unwrap_or_default().as_bytes();
        code.get_mut(..text.len()).ok_or(Reason::UnknownCode)?.copy_from_slice(text);
        Ok(Self { denial: code, processed })
    }

    /// The denial code.
    pub fn denial(&self) -> Option<&str> {
        std::str::from_utf8(&self.denial).ok().map(str::trim_end).filter(|code| !code.is_empty())
    }
}

/// Memory that all books may take together.
#[derive(Debug)]
pub struct Room {
    limit: u64,
    taken: AtomicU64,
}

impl Room {
    /// So many bytes.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self { limit, taken: AtomicU64::new(0) }
    }
}

/// Claims by number. Numbers that are whole numbers, as nearly all are, take eight bytes.
#[derive(Debug, Default)]
pub struct ClaimBook {
    numbered: HashMap<i64, Claim>,
    named: HashMap<Box<str>, Claim>,
}

/// A number that reads back as the same text.
fn number(claim_id: &str) -> Option<i64> {
    let digits = claim_id.strip_prefix('-').unwrap_or(claim_id);
    let plain = digits != "0" && !digits.starts_with(['0', '+']);
    if plain { claim_id.parse().ok() } else { None }
}

impl ClaimBook {
    /// Remembers a claim. One that is there already stays as it is: claims are told once, or alike.
    ///
    /// # Errors
    /// When the claims need more than there is room for.
    pub fn add(&mut self, claim_id: &str, claim: Claim, room: &Room) -> Result<()> {
        let bytes = size_of::<(i64, Claim)>() * 2 + claim.heap_bytes() + number(claim_id).map_or(claim_id.len() + 16, |_| 0);
        let taken = room.taken.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        if taken > room.limit {
            return Err(Error::usage(
                format!("claims whose lines lie in files of their own need more than {} MiB", room.limit >> 20),
                "raise --memory (about 50 bytes for each claim), or import fewer years at once",
            ));
        }
        match number(claim_id) {
            Some(number) => drop(self.numbered.entry(number).or_insert(claim)),
            None => drop(self.named.entry(claim_id.into()).or_insert(claim)),
        }
        Ok(())
    }

    /// Adds another's claims; those that are there already stay.
    pub fn merge(&mut self, other: Self) {
        if self.numbered.is_empty() && self.named.is_empty() {
            *self = other;
            return;
        }
        for (number, claim) in other.numbered {
            self.numbered.entry(number).or_insert(claim);
        }
        for (name, claim) in other.named {
            self.named.entry(name).or_insert(claim);
        }
    }

    /// What is known of a claim.
    ///
    /// # Errors
    /// When no file holds it, or holds it as no final action.
    #[inline]
    pub fn claim(&self, claim_id: &str) -> Result<&Claim, Reason> {
        let known = match number(claim_id) {
            Some(number) => self.numbered.get(&number),
            None => self.named.get(claim_id),
        };
        match known {
            Some(Claim::NotFinal) => Err(Reason::NotFinalAction),
            Some(claim) => Ok(claim),
            None => Err(Reason::NoClaim),
        }
    }
}

impl Claim {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Facility(_) => size_of::<FacilityClaim>() + 64,
            _ => 0,
        }
    }
}

/// Refuses lines of which no file of the folder could say what their claim says.
pub fn lacking(place: Place, claims: &str, column: &str) -> Error {
    Error::input(
        format!("the file has lines without what their claims say, and no file of {claims} is beside it"),
        place.at_column(column),
        "deliver the claims' file too, or a file that repeats the claim's columns on every line",
    )
}

#[cfg(test)]
mod tests {
    use super::{Claim, ClaimBook, ProfessionalClaim, Room};
    use crate::intake::refusal::Reason;

    #[test]
    fn claims_are_found_by_their_very_number() {
        let (mut book, room) = (ClaimBook::default(), Room::new(1 << 20));
        for id in ["12", "-12", "012", "0", "ggg12"] {
            let claim = Claim::Professional(ProfessionalClaim::new(Some("D"), Some(id.len() as i32)).unwrap());
            book.add(id, claim, &room).unwrap();
        }
        for id in ["12", "-12", "012", "0", "ggg12"] {
            let Ok(Claim::Professional(claim)) = book.claim(id) else { panic!("{id}") };
            assert_eq!((claim.denial(), claim.processed), (Some("D"), Some(id.len() as i32)));
        }
        assert_eq!(book.claim("13"), Err(Reason::NoClaim));
        book.add("13", Claim::NotFinal, &room).unwrap();
        assert_eq!(book.claim("13"), Err(Reason::NotFinalAction));
        assert_eq!(ProfessionalClaim::new(Some("ABC"), None), Err(Reason::UnknownCode));
        assert_eq!(ProfessionalClaim::new(None, None).unwrap().denial(), None);
    }

    #[test]
    fn claims_that_do_not_fit_are_refused_with_what_to_do() {
        let (mut book, room) = (ClaimBook::default(), Room::new(1_000));
        let refusal = (0..100).find_map(|n: i32| book.add(&n.to_string(), Claim::WithoutLines, &room).err()).unwrap();
        assert_eq!(refusal.exit_code(), 2);
        assert!(refusal.to_string().contains("--memory"), "{refusal}");
    }
}
