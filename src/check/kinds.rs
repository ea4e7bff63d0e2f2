//! Which part of expenditure a claim type belongs to.

use super::rows::possible;
use crate::error::Result;
use crate::rules::{Rules, Year};

/// One kind of claims: a claim type, and the part of expenditure it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Claim type; 0 stands for all that are not counted.
    pub claim_type: u8,
    /// The part of expenditure, in words.
    pub component: &'static str,
}

/// Which kinds there are in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds {
    /// The kinds; the last stands for every other type.
    pub all: Vec<Kind>,
    /// Faults that rows of each kind can have, as bits.
    pub(super) possible: Vec<u32>,
    of: [u8; 256],
}

impl Kinds {
    /// Kinds of `claim_header`.
    ///
    /// # Errors
    /// When no rule holds in the year.
    pub fn of_headers(rules: &Rules, year: Year) -> Result<Self> {
        let types = &rules.expenditure.institutional.at(year)?.value;
        Ok(Self::new(
            true,
            &[
                (&types.inpatient, "inpatient"),
                (&types.skilled_nursing, "skilled nursing"),
                (&types.outpatient, "outpatient"),
                (&types.home_health, "home health"),
                (&types.hospice, "hospice"),
            ],
        ))
    }

    /// Kinds of `claim_line`; lines of outpatient facilities carry no money of their own.
    ///
    /// # Errors
    /// When no rule holds in the year.
    pub fn of_lines(rules: &Rules, year: Year) -> Result<Self> {
        let types = &rules.expenditure.professional.at(year)?.value;
        let facility = &rules.expenditure.institutional.at(year)?.value.outpatient;
        Ok(Self::new(false, &[(&types.carrier, "carrier"), (&types.dme, "DME"), (facility, "facility line")]))
    }

    fn new(header: bool, components: &[(&Vec<u8>, &'static str)]) -> Self {
        let each = components.iter().flat_map(|(types, component)| types.iter().map(move |t| (*t, *component)));
        let mut all: Vec<Kind> = each.map(|(claim_type, component)| Kind { claim_type, component }).collect();
        let other = all.len() as u8;
        let mut of = [other; 256];
        for (index, kind) in all.iter().enumerate() {
            of[usize::from(kind.claim_type)] = index as u8;
        }
        all.push(Kind { claim_type: 0, component: "not counted" });
        let possible = all.iter().map(|kind| possible(kind.component, header)).collect();
        Self { all, possible, of }
    }

    /// Position of the kind of a claim type.
    #[inline]
    #[must_use]
    pub fn index(&self, claim_type: i64) -> usize {
        let other = self.all.len() - 1;
        usize::try_from(claim_type).ok().and_then(|at| self.of.get(at)).map_or(other, |kind| usize::from(*kind))
    }

    /// Position of what no part of expenditure knows.
    #[must_use]
    pub fn other(&self) -> usize {
        self.all.len() - 1
    }
}
