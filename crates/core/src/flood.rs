//! Flood control: what an author may say, what a link may get wrong, and who is banned. Must not know messages or links.
//! Bounds: `SOURCES_MAX`, `AUTHORS_PER_SOURCE_MAX`, `KEYS_MAX`, `BANS_MAX`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::bound::Bound;
use crate::budget::{Budget, Rate, Rates};
use crate::fingerprint::Fingerprint;
use crate::source::Source;
use crate::time::{Instant, UnixMillis};

/// Messages of one author (a guess: nobody types faster, and a paste fits the burst).
pub const AUTHOR_MESSAGES: Rate = Rate { milli_per_second: 5_000, burst: 200 };
/// Bytes of one author (a guess: the burst lets a file of 1 MiB through).
pub const AUTHOR_BYTES: Rate = Rate { milli_per_second: 16 * 1024 * 1000, burst: 2 * 1024 * 1024 };
/// Both.
pub const AUTHOR: Rates = Rates { messages: AUTHOR_MESSAGES, bytes: AUTHOR_BYTES };
/// Dropped or invalid messages of one source within [`STRIKE_WINDOW`] that make a flood.
pub const STRIKES_MAX: u32 = 1_000;
/// See [`STRIKES_MAX`].
pub const STRIKE_WINDOW: Duration = Duration::from_secs(10);
/// The first ban. Each further one within a day of the last one's end is twice as long.
pub const BAN_MIN: Duration = Duration::from_secs(60);
/// The longest ban.
pub const BAN_MAX: Duration = Duration::from_secs(24 * 3600);
/// A source that had nothing new to say for so long may have been held up: a link that stalls, or breaks and is resumed, delivers all
/// at once what was said meanwhile, and none of that is to be lost. (A guess: beyond it, gaps are part of any talk.)
const HELD_UP_MIN: Duration = Duration::from_secs(10);
/// What its authors may say at once then beyond their burst is what their pace allowed meanwhile, of at most so long: 50 s until the
/// system gives up a dead link, doubled by the pauses of TCP.
const HELD_UP_MAX: Duration = Duration::from_secs(100);
/// Sources with budgets in memory; the longest silent one is forgotten first.
const SOURCES_MAX: usize = 4_096;
/// Authors of one source with a budget of their own; all others of that source share one.
const AUTHORS_PER_SOURCE_MAX: usize = 256;
/// Between two searches for authors whose budget is whole again, so that a stream of made-up ones costs no more.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// Keys with a budget in memory; the budgets that are whole again are forgotten first.
const KEYS_MAX: usize = 16_384;
/// Bans in memory; those that end first are forgotten first.
pub const BANS_MAX: usize = 4_096;

/// Why, and until when, a source gets no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
    /// When it ends.
    pub until: UnixMillis,
    /// How many came before it in a row.
    pub level: u32,
}

/// Counts within a sliding window of ten slots.
#[derive(Clone, Copy, Default)]
struct Strikes {
    slots: [u32; 10],
    slot: u64,
}

impl Strikes {
    fn add(&mut self, now: Instant) -> u32 {
        const SLOT_MILLIS: u128 = STRIKE_WINDOW.as_millis() / 10;
        let slot = u64::try_from(now.since_start().as_millis().div_euclid(SLOT_MILLIS)).unwrap_or(u64::MAX);
        let passed = slot.saturating_sub(self.slot).min(10);
        for step in 0..passed {
            if let Some(old) = self.slots.get_mut(Self::place(slot.saturating_sub(step))) {
                *old = 0;
            }
        }
        self.slot = slot;
        if let Some(count) = self.slots.get_mut(Self::place(slot)) {
            *count = count.saturating_add(1);
        }
        self.slots.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    fn place(slot: u64) -> usize {
        usize::try_from(slot % 10).unwrap_or_default()
    }
}

struct Record {
    authors: BTreeMap<Fingerprint, Budget>,
    others: Budget,
    strikes: Strikes,
    touched: Instant,
    /// When something new came last.
    charged: Instant,
    swept: Instant,
}

/// What a key may say, whoever brings it.
struct Heard {
    budget: Budget,
    /// When it was asked for last.
    at: Instant,
}

/// Budgets and bans.
#[derive(Default)]
pub struct Flood {
    sources: BTreeMap<Source, Record>,
    bans: BTreeMap<Source, Ban>,
    keys: BTreeMap<Fingerprint, Heard>,
    keys_swept: Instant,
}

impl Flood {
    /// What it holds.
    #[must_use]
    pub fn bounds(&self) -> [Bound; 3] {
        [
            Bound::new("sources with a budget", self.sources.len(), SOURCES_MAX),
            Bound::new("keys with a budget", self.keys.len(), KEYS_MAX),
            Bound::new("bans", self.bans.len(), BANS_MAX),
        ]
    }

    /// Whether `author` may say something of `bytes` by a link of `source` now; charges it where it may.
    pub fn charge(&mut self, source: &Source, author: Fingerprint, bytes: usize, now: Instant) -> bool {
        self.budget(source, author, now).charge(bytes as u64, AUTHOR, now)
    }

    /// The same; charges nobody.
    pub fn allows(&mut self, source: &Source, author: Fingerprint, bytes: usize, now: Instant) -> bool {
        self.budget(source, author, now).allows(bytes as u64, AUTHOR, now)
    }

    /// Whether the owner of `key`, if it is he, may say something of `bytes` by a link of `source` now. Charges nobody: as long as the
    /// signature is not checked, anybody may use his name.
    pub fn allows_key(&mut self, source: &Source, key: Fingerprint, bytes: usize, now: Instant) -> bool {
        self.allows(source, key, bytes, now)
            && self.key_budget(key, now).is_none_or(|budget| budget.allows(bytes as u64, AUTHOR, now))
    }

    /// Whether the owner of `key`, who has signed it, may say something of `bytes` now; charges him where he may, by whichever link it
    /// came. A source that is no more has no say in it.
    pub fn charge_key(&mut self, source: Option<&Source>, key: Fingerprint, bytes: usize, now: Instant) -> bool {
        let bytes_u64 = bytes as u64;
        if source.is_some_and(|source| !self.allows_key(source, key, bytes, now)) {
            return false;
        }
        let within = self.key_budget(key, now).is_none_or(|budget| budget.charge(bytes_u64, AUTHOR, now));
        if let Some(source) = source.filter(|_| within) {
            self.budget(source, key, now).charge(bytes_u64, AUTHOR, now);
        }
        within
    }

    /// The same for a file that comes after its message was charged: its bytes alone count.
    pub fn charge_file(&mut self, source: Option<&Source>, key: Fingerprint, bytes: usize, now: Instant) -> bool {
        let bytes = bytes as u64;
        if source.is_some_and(|source| !self.budget(source, key, now).allows_bytes(bytes, AUTHOR, now)) {
            return false;
        }
        let within = self.key_budget(key, now).is_none_or(|budget| budget.charge_bytes(bytes, AUTHOR, now));
        if let Some(source) = source.filter(|_| within) {
            self.budget(source, key, now).charge_bytes(bytes, AUTHOR, now);
        }
        within
    }

    /// That of a key for all sources together. `None`: too many keys are heard at once, and only the bounds of their sources hold.
    fn key_budget(&mut self, key: Fingerprint, now: Instant) -> Option<&mut Budget> {
        if !self.keys.contains_key(&key) {
            if self.keys.len() >= KEYS_MAX && now.since(self.keys_swept) >= SWEEP_INTERVAL {
                self.keys_swept = now;
                self.keys.retain(|_, heard| !heard.budget.is_full(AUTHOR, now));
            }
            if self.keys.len() >= KEYS_MAX {
                return None;
            }
            self.keys.insert(key, Heard { budget: Budget::full(AUTHOR, now), at: now });
        }
        let heard = self.keys.get_mut(&key)?;
        let silent = now.since(core::mem::replace(&mut heard.at, now));
        if silent >= HELD_UP_MIN {
            heard.budget.refill_beyond(AUTHOR, silent.min(HELD_UP_MAX), now);
        }
        Some(&mut heard.budget)
    }

    /// That of one author on links of `source`.
    fn budget(&mut self, source: &Source, author: Fingerprint, now: Instant) -> &mut Budget {
        let record = self.record(source, now);
        let silent = now.since(core::mem::replace(&mut record.charged, now));
        if silent >= HELD_UP_MIN {
            let held_up = silent.min(HELD_UP_MAX);
            // Their paces went on while the source was held up.
            let all = record.authors.values_mut().chain([&mut record.others]);
            all.for_each(|author| author.refill_beyond(AUTHOR, held_up, now));
        }
        if !record.authors.contains_key(&author) {
            if record.authors.len() >= AUTHORS_PER_SOURCE_MAX && now.since(record.swept) >= SWEEP_INTERVAL {
                record.swept = now;
                record.authors.retain(|_, author| !author.is_full(AUTHOR, now));
            }
            if record.authors.len() < AUTHORS_PER_SOURCE_MAX {
                record.authors.insert(author, Budget::full(AUTHOR, now));
            }
        }
        record.authors.get_mut(&author).unwrap_or(&mut record.others)
    }

    /// Counts one dropped or invalid message. Returns whether that makes it a flood.
    pub fn strike(&mut self, source: &Source, now: Instant) -> bool {
        let record = self.record(source, now);
        let flood = record.strikes.add(now) >= STRIKES_MAX;
        if flood {
            record.strikes = Strikes::default();
        }
        flood
    }

    fn record(&mut self, source: &Source, now: Instant) -> &mut Record {
        if !self.sources.contains_key(source) && self.sources.len() >= SOURCES_MAX {
            let oldest = self.sources.iter().min_by_key(|(_, record)| record.touched).map(|(source, _)| source.clone());
            if let Some(oldest) = oldest {
                self.sources.remove(&oldest);
            }
        }
        let record = self.sources.entry(source.clone()).or_insert_with(|| Record {
            authors: BTreeMap::new(),
            others: Budget::full(AUTHOR, now),
            strikes: Strikes::default(),
            touched: now,
            charged: now,
            swept: now,
        });
        record.touched = now;
        record
    }

    /// Bans `source`: 1 minute, or twice as long as the last time.
    pub fn ban(&mut self, source: Source, now: UnixMillis) -> Ban {
        let level = self
            .bans
            .get(&source)
            .filter(|ban| ban.until.after(BAN_MAX) > now)
            .map_or(0, |ban| ban.level.saturating_add(1));
        let length = BAN_MIN.saturating_mul(1_u32.checked_shl(level).unwrap_or(u32::MAX)).min(BAN_MAX);
        let ban = Ban { until: now.after(length), level };
        self.restore(source, ban);
        ban
    }

    /// Puts back a ban of an earlier run.
    pub fn restore(&mut self, source: Source, ban: Ban) {
        if self.bans.len() >= BANS_MAX && !self.bans.contains_key(&source) {
            let first = self.bans.iter().min_by_key(|(_, ban)| ban.until).map(|(source, _)| source.clone());
            if let Some(first) = first {
                self.bans.remove(&first);
            }
        }
        self.bans.insert(source, ban);
    }

    /// Until when `source` is banned.
    #[must_use]
    pub fn banned(&self, source: &Source, now: UnixMillis) -> Option<UnixMillis> {
        self.bans.get(source).map(|ban| ban.until).filter(|until| *until > now)
    }

    /// Lifts all bans of `ip`, or of that IP and name. Returns those lifted.
    pub fn lift(&mut self, ip: IpAddr, name: Option<&str>) -> Vec<Source> {
        let lifted = self.bans.keys().filter(|s| s.ip == ip && (name.is_none() || s.name.as_deref() == name));
        let lifted: Vec<Source> = lifted.cloned().collect();
        for source in &lifted {
            self.bans.remove(source);
        }
        lifted
    }

    /// The bans in force.
    pub fn bans(&self, now: UnixMillis) -> impl Iterator<Item = (&Source, &Ban)> {
        self.bans.iter().filter(move |(_, ban)| ban.until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: Option<&str>) -> Source {
        Source { ip: "127.0.0.1".parse().unwrap(), name: name.map(Into::into) }
    }

    fn author(n: u64) -> Fingerprint {
        Fingerprint::from_bits(n << 2)
    }

    #[test]
    fn an_author_has_a_burst_and_cannot_take_that_of_another_link() {
        let (mut flood, now) = (Flood::default(), Instant::default());
        let passed = (0..1000).filter(|_| flood.charge(&source(Some("a")), author(1), 100, now)).count();
        assert_eq!(passed, 200);
        assert!(flood.charge(&source(Some("b")), author(1), 100, now), "another link, the same claimed author");
    }

    #[test]
    fn new_names_do_not_give_new_budgets_without_end() {
        let (mut flood, now) = (Flood::default(), Instant::default());
        let mut passed = 0;
        for n in 1..=1_000 {
            passed += (0..300).filter(|_| flood.charge(&source(None), author(n), 10, now)).count();
        }
        assert_eq!(passed, 200 * (AUTHORS_PER_SOURCE_MAX + 1));
    }

    #[test]
    fn a_thousand_in_ten_seconds_and_not_one_less() {
        let at = |milli| Instant::new(Duration::from_millis(milli));
        let mut flood = Flood::default();
        assert!(!(0..999).any(|_| flood.strike(&source(None), at(0))));
        assert!(!flood.strike(&source(None), at(11_000)), "the window has passed");
        assert!((0..999).any(|n| flood.strike(&source(None), at(11_000 + n * 8))));
    }

    #[test]
    fn bans_double_and_end() {
        let mut flood = Flood::default();
        let mut now = UnixMillis(0);
        for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440] {
            let ban = flood.ban(source(None), now);
            assert_eq!(ban.until, now.after(Duration::from_secs(minutes * 60)));
            assert!(flood.banned(&source(None), now).is_some());
            now = ban.until;
            assert_eq!(flood.banned(&source(None), now), None);
        }
        let later = now.after(BAN_MAX);
        assert_eq!(flood.ban(source(None), later).level, 0, "a quiet day");
    }
}
