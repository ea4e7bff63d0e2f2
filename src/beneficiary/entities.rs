//! Billing entities: taxpayer numbers and CMS certification numbers, as small integers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::check::shape;
use crate::scan::{Short, Text};

/// No billing entity on the row.
pub const NO_ENTITY: u32 = u32::MAX;

/// A billing entity by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// A taxpayer number.
    Tin(Box<[u8]>),
    /// A CMS certification number.
    Ccn(Box<[u8]>),
    /// A facility and its taxpayer, by their numbers: whose revenue an institutional claim is.
    Pair(u32, u32),
}

impl Entity {
    /// The number as text, as the last tie-break hashes it.
    pub fn text(&self) -> &[u8] {
        match self {
            Self::Tin(text) | Self::Ccn(text) => text,
            Self::Pair(..) => b"",
        }
    }
}

/// Every entity met, numbered in order of arrival: numbers serve within a run and never reach an output.
#[derive(Debug, Default)]
pub struct Entities {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tins: HashMap<Box<[u8]>, u32>,
    ccns: HashMap<Box<[u8]>, u32>,
    pairs: HashMap<(u32, u32), u32>,
    names: Vec<Entity>,
}

impl Entities {
    /// The number of a taxpayer number; [`NO_ENTITY`] for a blank one.
    pub fn tin(&self, text: &[u8]) -> u32 {
        let text = text.trim_ascii();
        if text.is_empty() {
            return NO_ENTITY;
        }
        let mut inner = self.lock();
        if let Some(number) = inner.tins.get(text) {
            return *number;
        }
        let number = inner.names.len() as u32;
        inner.names.push(Entity::Tin(text.into()));
        inner.tins.insert(text.into(), number);
        number
    }

    /// The number of a certification number; [`NO_ENTITY`] for a blank one.
    pub fn ccn(&self, text: &[u8]) -> u32 {
        let text = text.trim_ascii();
        if text.is_empty() {
            return NO_ENTITY;
        }
        let mut inner = self.lock();
        if let Some(number) = inner.ccns.get(text) {
            return *number;
        }
        let number = inner.names.len() as u32;
        inner.names.push(Entity::Ccn(text.into()));
        inner.ccns.insert(text.into(), number);
        number
    }

    /// The number under which a claim of a taxpayer's facility is revenue: of either alone when the other is unknown.
    pub fn pair(&self, tin: u32, ccn: u32) -> u32 {
        let mut inner = self.lock();
        if let Some(number) = inner.pairs.get(&(tin, ccn)) {
            return *number;
        }
        let number = inner.names.len() as u32;
        inner.names.push(Entity::Pair(tin, ccn));
        inner.pairs.insert((tin, ccn), number);
        number
    }

    /// All names, by number.
    pub fn names(&self) -> Vec<Entity> {
        self.lock().names.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Numbers by name: where a name is not a dictionary's, every row looks one up.
#[derive(Debug, Default)]
struct Names {
    /// Every taxpayer number and certification number is short.
    short: HashMap<Short, u32>,
    long: HashMap<Box<[u8]>, u32>,
}

impl Names {
    #[inline]
    fn get(&self, text: &[u8]) -> Option<u32> {
        match Text::of(text).short() {
            Some(name) => self.short.get(&name).copied(),
            None => self.long.get(text).copied(),
        }
    }

    fn insert(&mut self, text: &[u8], number: u32) {
        match Text::of(text).short() {
            Some(name) => self.short.insert(name, number),
            None => self.long.insert(text.into(), number),
        };
    }

    fn numbers(&self) -> impl Iterator<Item = u32> {
        self.short.values().chain(self.long.values()).copied()
    }
}

/// A thread's own memory of numbers it has asked for, so that it rarely waits for the others.
#[derive(Debug)]
pub struct EntityCache<'e> {
    entities: &'e Entities,
    tins: Names,
    ccns: Names,
    pairs: HashMap<(u32, u32), u32>,
    /// Entities whose name has not the shape of its kind.
    odd: HashSet<u32>,
}

impl<'e> EntityCache<'e> {
    /// A cache before `entities`.
    pub fn new(entities: &'e Entities) -> Self {
        Self { entities, tins: Names::default(), ccns: Names::default(), pairs: HashMap::new(), odd: HashSet::new() }
    }

    /// As [`Entities::tin`].
    pub fn tin(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.tins.get(text) {
            return number;
        }
        let number = self.entities.tin(text);
        if !shape::tin(text) {
            self.odd.insert(number);
        }
        self.tins.insert(text, number);
        number
    }

    /// As [`Entities::ccn`].
    pub fn ccn(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.ccns.get(text) {
            return number;
        }
        let number = self.entities.ccn(text);
        if !shape::ccn(text) {
            self.odd.insert(number);
        }
        self.ccns.insert(text, number);
        number
    }

    /// The entities met whose name has not the shape of its kind.
    pub fn odd(&self) -> &HashSet<u32> {
        &self.odd
    }

    /// Every taxpayer and facility met.
    pub fn met(&self) -> impl Iterator<Item = u32> {
        self.tins.numbers().chain(self.ccns.numbers()).filter(|number| *number != NO_ENTITY)
    }

    /// As [`Entities::pair`].
    pub fn pair(&mut self, tin: u32, ccn: u32) -> u32 {
        let entities = self.entities;
        *self.pairs.entry((tin, ccn)).or_insert_with(|| entities.pair(tin, ccn))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entities, EntityCache, NO_ENTITY};

    proptest! {
        #[test]
        fn names_have_one_number_each_whatever_their_length(texts in prop::collection::vec("[a\\x00 ]{0,18}", 1..60)) {
            let entities = Entities::default();
            let (mut one, mut other) = (EntityCache::new(&entities), EntityCache::new(&entities));
            let numbers: Vec<u32> = texts.iter().chain(&texts).map(|text| one.tin(text.as_bytes())).collect();
            let expected: Vec<u32> = texts.iter().chain(&texts).map(|text| entities.tin(text.as_bytes())).collect();
            prop_assert_eq!(&numbers, &expected);
            prop_assert_eq!(texts.iter().map(|text| other.tin(text.as_bytes())).collect::<Vec<_>>(), &expected[..texts.len()]);
            for (text, number) in texts.iter().zip(&numbers) {
                prop_assert_eq!(*number == NO_ENTITY, text.as_bytes().trim_ascii().is_empty());
                prop_assert!(texts.iter().zip(&numbers).all(|(other, same)| (same == number)
                    == (text.as_bytes().trim_ascii() == other.as_bytes().trim_ascii())));
            }
            let ccns: Vec<u32> = texts.iter().map(|text| one.ccn(text.as_bytes())).collect();
            prop_assert!(ccns.iter().zip(&numbers).all(|(ccn, tin)| ccn != tin || *tin == NO_ENTITY));
        }
    }
}
