//! Claims on which an add-on procedure stands beside a listed one (42 CFR 425.400(c)(1)(iv)-(ix)).
//!
//! Lines of a claim may lie anywhere in the extract, so two short passes come before the lines are read: which claims have
//! an add-on, and which of those have a base. Both are skipped where no procedure of the extract is an add-on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ahash::{HashMap, HashMapExt as _, HashSet, RandomState};

use super::claims::Ground;
use super::enroll::CHUNK;
use crate::beneficiary::{IdTable, NOBODY};
use crate::error::Result;
use crate::scan::Extract;
use crate::scan::{ColumnCursor, RowGroup, Single, TableFile};
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

    /// Half of [`ClaimHash::of`]: enough to tell claims from each other.
    pub fn half(&self, claim_id: &[u8]) -> u64 {
        self.0.hash_one(claim_id)
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
    /// Procedures of lines that lie in memory, by unit: few enough to be coded once for all who ask.
    procedures: BTreeMap<(usize, usize), Vec<u32>>,
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

    /// The procedure of every row of a row group, where they are known already.
    pub fn procedures(&self, file: &TableFile, group: &RowGroup) -> Option<&[u32]> {
        self.procedures.get(&unit_key(file, group)).map(Vec::as_slice)
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
        let found = over_units(&chosen(batches, &fresh), WithAddOns::default, |found, file, group| {
            let mut claims = Vec::new();
            let procedures = read_procedures(file, group, ground)?;
            claims_with((file, group, &procedures), ground, &hash, (add_on, None), |bene, key, _| {
                claims.push(key);
                found.people.insert(bene);
            })?;
            if !claims.is_empty() {
                found.units.insert(unit_key(file, group), claims);
            }
            if file.on_disk().is_none() {
                found.procedures.insert(unit_key(file, group), procedures);
            }
            Ok(())
        })?;
        let (mut units, mut people, mut procedures) = (BTreeMap::new(), HashSet::default(), BTreeMap::new());
        for found in found {
            units.extend(found.units);
            people.extend(found.people);
            procedures.extend(found.procedures);
        }
        // Of units that were looked at before, claims are known and not whose they are.
        let people = Some(&people).filter(|_| !bases && fresh.iter().all(|fresh| *fresh));
        for (batch, looked) in batches.iter().zip(known.iter_mut()) {
            let mut of = |(file, group): &Unit<'_>| units.get(&unit_key(file, group)).cloned().unwrap_or_default();
            let claims = looked.claims.get_or_insert_with(|| batch.iter().map(&mut of).collect());
            for ((file, group), claims) in batch.iter().zip(claims).filter(|(_, claims)| !claims.is_empty()) {
                units.insert(unit_key(file, group), claims.clone());
            }
        }
        let wanted: HashSet<ClaimKey> = units.values().flatten().copied().collect();
        if wanted.is_empty() {
            return Ok(Self { units, procedures, hash: Some(hash), ..Self::default() });
        }
        let missing = |looked: &Looked| {
            let Some(bases) = &looked.bases else { return true };
            let may_be_there = |key: &ClaimKey| bases.binary_search(&fingerprint(*key)).is_ok();
            wanted.iter().any(|key| !looked.carried.contains_key(key) && may_be_there(key))
        };
        let again: Vec<bool> = known.iter().map(missing).collect();
        look_for_bases(batches, &again, known, (&wanted, people), (&hash, &procedures), bases, ground)?;
        let mut carried = HashMap::new();
        for (key, windows) in known.iter().flat_map(|looked| &looked.carried).filter(|(key, _)| wanted.contains(key)) {
            *carried.entry(*key).or_default() |= windows;
        }
        Ok(Self { carried, units, procedures, hash: Some(hash) })
    }
}

/// What was found of add-ons in some units.
#[derive(Debug, Default)]
struct WithAddOns {
    units: BTreeMap<(usize, usize), Vec<ClaimKey>>,
    /// Whose claims they are on.
    people: HashSet<u32>,
    procedures: BTreeMap<(usize, usize), Vec<u32>>,
}

/// By batch: windows of claims that are wanted, and fingerprints.
type Found = BTreeMap<usize, (HashMap<ClaimKey, u64>, Vec<u64>)>;

fn chosen<'f>(batches: &[Vec<Unit<'f>>], which: &[bool]) -> Vec<Unit<'f>> {
    batches.iter().zip(which).filter(|(_, chosen)| **chosen).flat_map(|(batch, _)| batch).copied().collect()
}

/// Looks through the batches `which` for listed procedures of the claims that are wanted, which are claims of some `people`.
fn look_for_bases(
    batches: &[Vec<Unit<'_>>],
    which: &[bool],
    known: &mut [Looked],
    (wanted, people): (&HashSet<ClaimKey>, Option<&HashSet<u32>>),
    (hash, procedures): (&ClaimHash, &BTreeMap<(usize, usize), Vec<u32>>),
    bases: bool,
    ground: Ground<'_>,
) -> Result<()> {
    let tests = &ground.policy.tests;
    let base = |procedure: u32| tests[procedure as usize].windows != 0 && !tests[procedure as usize].add_on;
    let numbered = batches.iter().enumerate().flat_map(|(at, batch)| batch.iter().map(move |(file, group)| (at, file, group)));
    let batch_of: BTreeMap<(usize, usize), usize> = numbered.map(|(at, file, group)| (unit_key(file, group), at)).collect();
    let found = over_units(&chosen(batches, which), Found::new, |found, file, group| {
        let (carried, all) = found.entry(batch_of[&unit_key(file, group)]).or_default();
        let procedures = match procedures.get(&unit_key(file, group)) {
            Some(known) => Cow::Borrowed(&known[..]),
            None => Cow::Owned(read_procedures(file, group, ground)?),
        };
        claims_with((file, group, &procedures), ground, hash, (base, people), |_, key, procedure| {
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

/// The procedure of every line of a row group.
fn read_procedures(file: &TableFile, group: &RowGroup, ground: Ground<'_>) -> Result<Vec<u32>> {
    let (policy, mut procedures) = (ground.policy, Vec::new());
    let mut cursor = ColumnCursor::open(file, group, "hcpcs")?;
    cursor.read_codes(group.rows, &mut procedures, policy.no_procedure(), &mut |text| policy.procedure(text))?;
    Ok(procedures)
}

/// Tells the beneficiary, the claim and the procedure of every line whose procedure is wanted, if its beneficiary is.
fn claims_with(
    (file, group, procedures): (&TableFile, &RowGroup, &[u32]),
    ground: Ground<'_>,
    hash: &ClaimHash,
    wanted: (impl Fn(u32) -> bool, Option<&HashSet<u32>>),
    mut tell: impl FnMut(u32, ClaimKey, u32),
) -> Result<()> {
    let (procedure_wanted, people) = wanted;
    let mut wanted: Vec<bool> = procedures.iter().map(|procedure| procedure_wanted(*procedure)).collect();
    if !wanted.contains(&true) {
        return Ok(());
    }
    let mut bene = ColumnCursor::open(file, group, "bene_id")?;
    let mut claim = ColumnCursor::open(file, group, "claim_id")?;
    let (mut benes, mut claims, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (procedures, wanted) in procedures.chunks(CHUNK).zip(wanted.chunks_mut(CHUNK)) {
        bene.read_wanted_codes(wanted, &mut benes, NOBODY, &mut { ground.ids })?;
        for (wanted, bene) in wanted.iter_mut().zip(&benes) {
            *wanted &= *bene < NOBODY && people.is_none_or(|people| people.contains(bene));
        }
        let mut number = |text: &[u8]| {
            hashes.push(hash.of(text));
            hashes.len() as u32 - 1
        };
        claim.read_wanted_codes(wanted, &mut claims, u32::MAX, &mut Single(&mut number))?;
        for ((procedure, bene), claim) in procedures.iter().zip(&benes).zip(&claims) {
            if let Some(claim) = hashes.get(*claim as usize) {
                tell(*bene, ClaimHash::key(*bene, *claim), *procedure);
            }
        }
    }
    Ok(())
}
