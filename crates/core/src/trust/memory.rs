//! The records in memory, found by key, by what their names look like, and by age. Must not know what a message or a command means.
//! Bounds: the number of keys of each tier; a key holds a place in its own tier alone, so that none crowds out one of another.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;

use super::look::{Form, Look};
use super::record::{FORMER_MAX, NICKS_PER_KEY_MAX, Nick, Record, Tier};
use super::{Change, ESTABLISHED_HOLD, ESTABLISHED_MAX, Full, KEPT_MAX, KEYS_MAX, NEW_MAX, PINNED_HOLD, PINNED_MAX};
use crate::bound::Bound;
use crate::identity::PublicKey;
use crate::time::UnixMillis;

/// A record, and what its names look like.
pub(super) struct Entry {
    pub(super) record: Record,
    /// Of its nicks, in their order.
    looks: Vec<Look>,
    /// Of its petname.
    petname: Option<Look>,
}

/// Who goes by names of one form.
#[derive(Default)]
struct Claims {
    holders: BTreeSet<PublicKey>,
    /// Those that do not hold it.
    others: BTreeSet<PublicKey>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Memory {
    entries: BTreeMap<PublicKey, Entry>,
    /// The keys of each tier, the one first that was heard of longest ago.
    ages: [BTreeSet<(UnixMillis, PublicKey)>; 4],
    claims: BTreeMap<Form, Claims>,
    /// Which key took the place of which.
    successors: BTreeMap<PublicKey, PublicKey>,
}

impl Tier {
    /// Its place among the ages, how many keys it has room for, and how long it keeps one at least after it was heard of.
    const fn limits(self) -> (usize, usize, Duration) {
        match self {
            Self::New => (0, NEW_MAX, Duration::ZERO),
            Self::Pinned => (1, PINNED_MAX, PINNED_HOLD),
            Self::Established => (2, ESTABLISHED_MAX, ESTABLISHED_HOLD),
            Self::Kept => (3, KEPT_MAX, Duration::MAX),
        }
    }
}

impl Entry {
    fn new(record: Record) -> Self {
        let looks = record.nicks.iter().map(|nick| Look::of(&nick.nick)).collect();
        let petname = record.petname.as_deref().map(Look::of);
        Self { record, looks, petname }
    }

    /// Where its nick of that look is. Nothing is found for one that shows nothing, unless it has no other.
    pub(super) fn find(&self, look: &Look) -> Option<usize> {
        self.looks.iter().position(|known| known == look)
    }

    /// Its nick of that look.
    pub(super) fn nick(&self, look: &Look) -> Option<&Nick> {
        self.record.nicks.get(self.find(look)?)
    }

    /// Whether its petname looks like that.
    pub(super) fn petname_is_like(&self, look: &Look) -> bool {
        self.petname.is_some_and(|petname| petname.is_like(look))
    }

    /// Its forms, each with whether the key holds it.
    fn forms(&self) -> impl Iterator<Item = (Form, bool)> {
        let nicks = self.looks.iter().zip(&self.record.nicks).map(|(look, nick)| (look, nick.standing.is_held()));
        let petname = self.petname.iter().map(|look| (look, true));
        nicks.chain(petname).flat_map(|(look, held)| look.forms().map(move |form| (form, held)))
    }
}

impl Memory {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn get(&self, key: &PublicKey) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// The key that took the place of `key`, if one did.
    pub(super) fn successor(&self, key: &PublicKey) -> Option<PublicKey> {
        self.successors.get(key).copied()
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.values().map(|entry| &entry.record)
    }

    /// The keys but `but` that hold a name like `look`.
    pub(super) fn holders(&self, look: &Look, but: Option<PublicKey>) -> impl Iterator<Item = PublicKey> {
        self.claims_of(look).flat_map(|claims| claims.holders.iter().copied()).filter(move |key| Some(*key) != but)
    }

    /// The keys but `but` that go by a name like `look` and do not hold it.
    pub(super) fn claimants(&self, look: &Look, but: Option<PublicKey>) -> impl Iterator<Item = PublicKey> {
        self.claims_of(look).flat_map(|claims| claims.others.iter().copied()).filter(move |key| Some(*key) != but)
    }

    fn claims_of(&self, look: &Look) -> impl Iterator<Item = &Claims> {
        look.forms().filter_map(|form| self.claims.get(&form))
    }

    /// How many of the first hexadecimal digits `key` shares at most with another key that goes by a name like `look`.
    pub(super) fn digits_shared(&self, key: &PublicKey, look: &Look) -> usize {
        // Of keys in order, one that shares most digits is next to it.
        let next = |keys: &BTreeSet<PublicKey>| {
            let before = keys.range(..key).next_back().map_or(0, |other| shared(key, other));
            let after = keys.range(key..).find(|other| *other != key).map_or(0, |other| shared(key, other));
            before.max(after)
        };
        self.claims_of(look).map(|claims| next(&claims.holders).max(next(&claims.others))).max().unwrap_or(0)
    }

    /// The keys from `first` to `last`, those that have a successor too.
    pub(super) fn between(&self, first: PublicKey, last: PublicKey) -> impl Iterator<Item = PublicKey> {
        let known = self.entries.range(first..=last).map(|(key, _)| *key);
        known.chain(self.successors.range(first..=last).map(|(_, successor)| *successor))
    }

    /// Whether there is, or can be made, room for one more.
    pub(super) fn has_room(&self, tier: Tier, now: UnixMillis) -> bool {
        let (at, most, hold) = tier.limits();
        let Some(ages) = self.ages.get(at) else { return false };
        ages.len() < most || ages.first().is_some_and(|(last, _)| hold < Duration::MAX && last.after(hold) <= now)
    }

    /// Has `change` change the record of `key`, which is a fresh one where there was none. Where there is no room for what becomes of it,
    /// nothing changes; but one that the user has decided nothing about any more is then forgotten.
    pub(super) fn change(
        &mut self,
        key: PublicKey,
        now: UnixMillis,
        change: impl FnOnce(&mut Record),
    ) -> Result<Change, Full> {
        let old = self.take(&key);
        let mut record = old.as_ref().map_or_else(|| Record::fresh(key, now), |old| old.record.clone());
        change(&mut record);
        match (self.put(record.clone(), now), old) {
            (Ok(forgotten), _) => Ok(Change { save: Some(record), forget: forgotten }),
            (Err(Full), Some(old)) if old.record.tier() == Tier::Kept => Ok(Change { save: None, forget: Some(key) }),
            (Err(Full), old) => {
                if let Some(old) = old {
                    self.insert(old);
                }
                Err(Full)
            }
        }
    }

    /// Puts in one of an earlier run, of a key that has none.
    pub(super) fn refill(&mut self, record: Record) {
        let (at, most, _) = record.tier().limits();
        if self.ages.get(at).is_some_and(|ages| ages.len() < most) {
            self.insert(Entry::new(record));
        }
    }

    /// Puts in a record of a key that has none, and returns which key was forgotten for it.
    fn put(&mut self, record: Record, now: UnixMillis) -> Result<Option<PublicKey>, Full> {
        let (tier, (at, most, _)) = (record.tier(), record.tier().limits());
        let is_full = self.ages.get(at).is_none_or(|ages| ages.len() >= most);
        let mut forgotten = None;
        if is_full {
            if !self.has_room(tier, now) {
                return Err(Full);
            }
            forgotten = self.ages.get(at).and_then(|ages| ages.first()).map(|(_, oldest)| *oldest);
            if let Some(oldest) = forgotten {
                self.take(&oldest);
            }
        }
        self.insert(Entry::new(record));
        Ok(forgotten)
    }

    /// Takes one out.
    pub(super) fn take(&mut self, key: &PublicKey) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        if let Some(ages) = self.ages.get_mut(entry.record.tier().limits().0) {
            ages.remove(&(entry.record.last, *key));
        }
        for (form, _) in entry.forms() {
            if let Some(claims) = self.claims.get_mut(&form) {
                claims.holders.remove(key);
                claims.others.remove(key);
                if claims.holders.is_empty() && claims.others.is_empty() {
                    self.claims.remove(&form);
                }
            }
        }
        for former in &entry.record.former {
            self.successors.remove(&former.key);
        }
        Some(entry)
    }

    fn insert(&mut self, entry: Entry) {
        let key = entry.record.key;
        if let Some(ages) = self.ages.get_mut(entry.record.tier().limits().0) {
            ages.insert((entry.record.last, key));
        }
        for (form, is_held) in entry.forms() {
            let claims = self.claims.entry(form).or_default();
            if is_held {
                claims.others.remove(&key);
                claims.holders.insert(key);
            } else if !claims.holders.contains(&key) {
                claims.others.insert(key);
            }
        }
        for former in &entry.record.former {
            self.successors.insert(former.key, key);
        }
        self.entries.insert(key, entry);
    }

    pub(super) fn bounds(&self) -> Vec<Bound> {
        let tier = |what, tier: Tier| {
            let (at, most, _) = tier.limits();
            Bound::new(what, self.ages.get(at).map_or(0, BTreeSet::len), most)
        };
        let names_max = KEYS_MAX.saturating_mul(NICKS_PER_KEY_MAX.saturating_add(1));
        [
            Bound::new("keys that something is remembered about", self.entries.len(), KEYS_MAX),
            tier("keys that hold no nick", Tier::New),
            tier("keys that hold a nick", Tier::Pinned),
            tier("keys that hold a nick for days", Tier::Established),
            tier("keys that the user decided about", Tier::Kept),
            Bound::new("forms of names", self.claims.len(), names_max.saturating_mul(2)),
            Bound::new(
                "keys that another took the place of",
                self.successors.len(),
                KEYS_MAX.saturating_mul(FORMER_MAX),
            ),
        ]
        .into()
    }
}

fn shared(a: &PublicKey, b: &PublicKey) -> usize {
    a.to_string().bytes().zip(b.to_string().bytes()).take_while(|(a, b)| a == b).count()
}
