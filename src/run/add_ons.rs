//! Claims on which an add-on procedure stands beside a listed one (42 CFR 425.400(c)(1)(iv)-(ix)).
//!
//! Lines of a claim may lie anywhere in the extract, so two short passes come before the lines are read: which claims have
//! an add-on, and which of those have a base. Both are skipped where no procedure of the extract is an add-on.

use std::collections::BTreeSet;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _, RandomState};

use super::claims::Ground;
use super::enroll::CHUNK;
use crate::beneficiary::NOBODY;
use crate::error::Result;
use crate::scan::Extract;
use crate::scan::over_units;
use crate::scan::{ColumnCursor, RowGroup, TableFile};

/// A claim of a beneficiary, as 128 bits of two independent hashes.
pub type ClaimKey = u128;

/// Hashes claims with fixed seeds.
#[derive(Debug, Clone)]
pub struct ClaimHash(RandomState, RandomState);

impl Default for ClaimHash {
    fn default() -> Self {
        Self(RandomState::with_seeds(1, 2, 3, 4), RandomState::with_seeds(5, 6, 7, 8))
    }
}

impl ClaimHash {
    /// The hash of a claim identifier.
    pub fn of(&self, claim_id: &[u8]) -> u128 {
        u128::from(self.0.hash_one(claim_id)) << 64 | u128::from(self.1.hash_one(claim_id))
    }

    /// The claim of a beneficiary.
    pub fn key(bene: u32, claim: u128) -> ClaimKey {
        claim ^ u128::from(bene).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}

/// What is known of add-on procedures before the lines are read.
#[derive(Debug, Default)]
pub struct AddOns {
    /// Windows in which a claim's add-ons stand beside a listed procedure, one bit each.
    pub carried: HashMap<ClaimKey, u64>,
    /// Units of `claim_line` that hold an add-on.
    units: BTreeSet<(usize, usize)>,
}

impl AddOns {
    /// Whether a row group holds an add-on.
    pub fn in_group(&self, file: &TableFile, group: &RowGroup) -> bool {
        !self.units.is_empty() && self.units.contains(&unit_key(file, group))
    }

    /// Looks for add-ons and their bases.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn find(extract: &Extract, ground: Ground<'_>) -> Result<Self> {
        let tests = &ground.policy.tests;
        if !tests.iter().any(|test| test.add_on) {
            return Ok(Self::default());
        }
        let units = extract.claim_line.units();
        let found =
            over_units(&units, <(HashSet<ClaimKey>, BTreeSet<(usize, usize)>)>::default, |(claims, groups), file, group| {
                let some = claims_with(
                    file,
                    group,
                    ground,
                    |procedure| tests[procedure as usize].add_on,
                    |key, _| {
                        claims.insert(key);
                    },
                )?;
                if some {
                    groups.insert(unit_key(file, group));
                }
                Ok(())
            })?;
        let mut add_ons = Self::default();
        let mut wanted = HashSet::new();
        for (claims, groups) in found {
            wanted.extend(claims);
            add_ons.units.extend(groups);
        }
        if wanted.is_empty() {
            return Ok(add_ons);
        }
        let base = |procedure: u32| tests[procedure as usize].windows != 0 && !tests[procedure as usize].add_on;
        let carried = over_units(&units, HashMap::<ClaimKey, u64>::new, |carried, file, group| {
            claims_with(file, group, ground, base, |key, procedure| {
                if wanted.contains(&key) {
                    *carried.entry(key).or_default() |= tests[procedure as usize].windows;
                }
            })?;
            Ok(())
        })?;
        for part in carried {
            for (key, windows) in part {
                *add_ons.carried.entry(key).or_default() |= windows;
            }
        }
        Ok(add_ons)
    }
}

fn unit_key(file: &TableFile, group: &RowGroup) -> (usize, usize) {
    (std::ptr::from_ref(file).addr(), group.index)
}

/// Tells the claim of every line whose procedure is wanted; whether there was one.
fn claims_with(
    file: &TableFile,
    group: &RowGroup,
    ground: Ground<'_>,
    wanted: impl Fn(u32) -> bool,
    mut tell: impl FnMut(ClaimKey, u32),
) -> Result<bool> {
    let mut procedures = Vec::new();
    let mut cursor = ColumnCursor::open(file, group, "hcpcs")?;
    cursor.read_codes(group.rows, &mut procedures, 0, &mut |text| ground.policy.procedure(text))?;
    if !procedures.iter().any(|procedure| wanted(*procedure)) {
        return Ok(false);
    }
    let hash = ClaimHash::default();
    let mut bene = ColumnCursor::open(file, group, "bene_id")?;
    let mut claim = ColumnCursor::open(file, group, "claim_id")?;
    let (mut benes, mut claims, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for start in (0..group.rows).step_by(CHUNK) {
        let take = CHUNK.min(group.rows - start);
        bene.read_codes(take, &mut benes, NOBODY, &mut |text| ground.ids.number(text))?;
        claim.read_codes(take, &mut claims, u32::MAX, &mut |text| {
            hashes.push(hash.of(text));
            hashes.len() as u32 - 1
        })?;
        for row in 0..take {
            if wanted(procedures[start + row]) && benes[row] < NOBODY && claims[row] != u32::MAX {
                tell(ClaimHash::key(benes[row], hashes[claims[row] as usize]), procedures[start + row]);
            }
        }
    }
    Ok(true)
}
