//! Claims on which an add-on procedure stands beside a listed one (42 CFR 425.400(c)(1)(iv)-(ix)).
//!
//! Lines of a claim may lie anywhere in the extract, so two short passes come before the lines are read: which claims have
//! an add-on, and which of those have a base. Both are skipped where no procedure of the extract is an add-on.

use std::collections::BTreeMap;

use ahash::{HashMap, HashMapExt as _, HashSet, RandomState};

use super::claims::Ground;
use super::enroll::CHUNK;
use crate::beneficiary::{IdTable, NOBODY};
use crate::error::Result;
use crate::scan::Extract;
use crate::scan::{ColumnCursor, RowGroup, TableFile};
use crate::scan::{Unit, over_units};

/// A claim of a beneficiary, as 128 bits of two independent hashes.
pub type ClaimKey = u128;

/// Hashes claims by seeds that only the extract gives, so that hashes may be kept.
#[derive(Debug, Clone)]
pub struct ClaimHash(RandomState, RandomState);

impl ClaimHash {
    /// The hash of an extract with these people.
    pub fn of_people(ids: &IdTable) -> Self {
        let [low, high] = ids.secret().map(|seeds| RandomState::with_seeds(seeds[0], seeds[1], seeds[2], seeds[3]));
        Self(low, high)
    }

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
    /// Claims with an add-on, by the unit of `claim_line` that holds it.
    units: BTreeMap<(usize, usize), Vec<ClaimKey>>,
    hash: Option<ClaimHash>,
}

/// What was found in some units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Looked {
    /// Claims with an add-on, by unit; none before anyone looked.
    pub(super) claims: Option<Vec<Vec<ClaimKey>>>,
    /// Windows of the listed procedures of claims with an add-on, wherever that is.
    pub(super) carried: BTreeMap<ClaimKey, u64>,
    /// [`fingerprint`] of every claim with a listed procedure, ascending; none before anyone looked.
    pub(super) bases: Option<Vec<u64>>,
}

impl Looked {
    /// What grows when more is found.
    pub(super) fn extent(&self) -> (bool, usize, bool) {
        (self.claims.is_some(), self.carried.len(), self.bases.is_some())
    }
}

/// Enough of a key to tell that a claim is not there.
fn fingerprint(key: ClaimKey) -> u64 {
    (key >> 80) as u64
}

impl AddOns {
    /// Whether a row group holds an add-on; then how claims are hashed.
    pub fn in_group(&self, file: &TableFile, group: &RowGroup) -> Option<&ClaimHash> {
        self.hash.as_ref().filter(|_| self.units.contains_key(&unit_key(file, group)))
    }

    /// A hash of what other lines say of the add-ons in units: lines that were read under it need not be read again for them.
    /// None where there is no add-on.
    pub fn hash(&self, units: &[Unit<'_>]) -> Option<String> {
        let claims = units.iter().filter_map(|(file, group)| self.units.get(&unit_key(file, group))).flatten();
        let mut carried: Vec<_> = claims.map(|claim| (*claim, self.carried.get(claim).copied().unwrap_or(0))).collect();
        carried.sort_unstable();
        carried.dedup();
        let mut hasher = blake3::Hasher::new();
        for (claim, windows) in &carried {
            hasher.update(&claim.to_le_bytes()).update(&windows.to_le_bytes());
        }
        (!carried.is_empty()).then(|| hasher.finalize().to_hex().to_string())
    }

    /// Looks for add-ons and their bases.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn find(extract: &Extract, ground: Ground<'_>) -> Result<Self> {
        Self::find_in(&[extract.claim_line.units()], &mut [Looked::default()], false, ground)
    }

    /// The same in batches of units, of each of which something may be known already; what is found out is added to it, and
    /// where `bases` are wanted, which claims have any.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn find_in(batches: &[Vec<Unit<'_>>], known: &mut [Looked], bases: bool, ground: Ground<'_>) -> Result<Self> {
        let tests = &ground.policy.tests;
        if !tests.iter().any(|test| test.add_on) {
            return Ok(Self::default());
        }
        let hash = ClaimHash::of_people(ground.ids);
        let add_on = |procedure: u32| tests[procedure as usize].add_on;
        let fresh: Vec<bool> = known.iter().map(|looked| looked.claims.is_none()).collect();
        let found =
            over_units(&chosen(batches, &fresh), BTreeMap::<(usize, usize), Vec<ClaimKey>>::new, |found, file, group| {
                let mut claims = Vec::new();
                claims_with(file, group, ground, &hash, add_on, |key, _| claims.push(key))?;
                if !claims.is_empty() {
                    found.insert(unit_key(file, group), claims);
                }
                Ok(())
            })?;
        let mut units: BTreeMap<_, _> = found.into_iter().flatten().collect();
        for (batch, looked) in batches.iter().zip(known.iter_mut()) {
            let mut of = |(file, group): &Unit<'_>| units.get(&unit_key(file, group)).cloned().unwrap_or_default();
            let claims = looked.claims.get_or_insert_with(|| batch.iter().map(&mut of).collect());
            for ((file, group), claims) in batch.iter().zip(claims).filter(|(_, claims)| !claims.is_empty()) {
                units.insert(unit_key(file, group), claims.clone());
            }
        }
        let wanted: HashSet<ClaimKey> = units.values().flatten().copied().collect();
        if wanted.is_empty() {
            return Ok(Self { units, hash: Some(hash), ..Self::default() });
        }
        let missing = |looked: &Looked| {
            let Some(bases) = &looked.bases else { return true };
            let may_be_there = |key: &ClaimKey| bases.binary_search(&fingerprint(*key)).is_ok();
            wanted.iter().any(|key| !looked.carried.contains_key(key) && may_be_there(key))
        };
        let again: Vec<bool> = known.iter().map(missing).collect();
        look_for_bases(batches, &again, known, &wanted, &hash, bases, ground)?;
        let mut carried = HashMap::new();
        for (key, windows) in known.iter().flat_map(|looked| &looked.carried).filter(|(key, _)| wanted.contains(key)) {
            *carried.entry(*key).or_default() |= windows;
        }
        Ok(Self { carried, units, hash: Some(hash) })
    }
}

/// By batch: windows of claims that are wanted, and fingerprints.
type Found = BTreeMap<usize, (HashMap<ClaimKey, u64>, Vec<u64>)>;

fn chosen<'f>(batches: &[Vec<Unit<'f>>], which: &[bool]) -> Vec<Unit<'f>> {
    batches.iter().zip(which).filter(|(_, chosen)| **chosen).flat_map(|(batch, _)| batch).copied().collect()
}

/// Looks through the batches `which` for listed procedures of the claims that are wanted.
fn look_for_bases(
    batches: &[Vec<Unit<'_>>],
    which: &[bool],
    known: &mut [Looked],
    wanted: &HashSet<ClaimKey>,
    hash: &ClaimHash,
    bases: bool,
    ground: Ground<'_>,
) -> Result<()> {
    let tests = &ground.policy.tests;
    let base = |procedure: u32| tests[procedure as usize].windows != 0 && !tests[procedure as usize].add_on;
    let numbered = batches.iter().enumerate().flat_map(|(at, batch)| batch.iter().map(move |(file, group)| (at, file, group)));
    let batch_of: BTreeMap<(usize, usize), usize> = numbered.map(|(at, file, group)| (unit_key(file, group), at)).collect();
    let found = over_units(&chosen(batches, which), Found::new, |found, file, group| {
        let (carried, all) = found.entry(batch_of[&unit_key(file, group)]).or_default();
        claims_with(file, group, ground, hash, base, |key, procedure| {
            if wanted.contains(&key) {
                *carried.entry(key).or_default() |= tests[procedure as usize].windows;
            }
            if bases && all.last() != Some(&fingerprint(key)) {
                all.push(fingerprint(key));
            }
        })?;
        Ok(())
    })?;
    for (looked, _) in known.iter_mut().zip(which).filter(|(_, again)| **again) {
        looked.bases = bases.then(Vec::new);
    }
    for (at, (carried, all)) in found.into_iter().flatten() {
        for (key, windows) in carried {
            *known[at].carried.entry(key).or_default() |= windows;
        }
        if let Some(bases) = &mut known[at].bases {
            bases.extend(all);
            bases.sort_unstable();
            bases.dedup();
        }
    }
    Ok(())
}

fn unit_key(file: &TableFile, group: &RowGroup) -> (usize, usize) {
    (std::ptr::from_ref(file).addr(), group.index)
}

/// Tells the claim of every line whose procedure is wanted.
fn claims_with(
    file: &TableFile,
    group: &RowGroup,
    ground: Ground<'_>,
    hash: &ClaimHash,
    wanted: impl Fn(u32) -> bool,
    mut tell: impl FnMut(ClaimKey, u32),
) -> Result<()> {
    let mut procedures = Vec::new();
    let mut cursor = ColumnCursor::open(file, group, "hcpcs")?;
    cursor.read_codes(group.rows, &mut procedures, 0, &mut |text| ground.policy.procedure(text))?;
    if !procedures.iter().any(|procedure| wanted(*procedure)) {
        return Ok(());
    }
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
    Ok(())
}
