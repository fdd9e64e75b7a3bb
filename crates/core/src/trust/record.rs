//! What is kept about a key, as plain values for a store: one row a key. Must not know other keys, or where rows are kept.
//! Bounds: [`NICKS_PER_KEY_MAX`], [`FORMER_MAX`], the length of a name.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::look::{Look, cut};
use crate::identity::PublicKey;
use crate::time::UnixMillis;

/// Nicks of one key that are remembered (a guess). Of more, one that is believed least goes first, and of these the one that was used
/// longest ago.
pub const NICKS_PER_KEY_MAX: usize = 8;
/// Keys before this one, by rotation, that are remembered (a guess). The first go first.
pub const FORMER_MAX: usize = 8;
/// How exact the times of what was heard are, so that a lively talk does not write a row for each message.
pub const SEEN_STEP: Duration = Duration::from_secs(60);
/// Days on which a pinned key was heard that make it an established one (a guess: longer than a flood is likely to go on).
pub const ESTABLISHED_DAYS: u32 = 3;
const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// How far a nick under a key is believed. Those that are worth less come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Heard once.
    New,
    /// Looks like one that another key holds.
    Changed,
    /// Heard again, while nobody else held it: this key holds it.
    Pinned,
    /// Held because the user said so: accepted, verified, or the user's own.
    Accepted,
}

impl Standing {
    /// Whether the key holds the nick.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Pinned | Self::Accepted)
    }
}

/// A nick that a key went by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nick {
    /// As it was written last.
    pub nick: String,
    /// How far it is believed.
    pub standing: Standing,
    /// When it was heard first.
    pub first: UnixMillis,
    /// When it was heard last, to [`SEEN_STEP`].
    pub last: UnixMillis,
}

/// A key that this one took the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Former {
    /// Which.
    pub key: PublicKey,
    /// When the rotation was heard here.
    pub at: UnixMillis,
}

/// All that is remembered about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose record it is.
    pub key: PublicKey,
    /// When it was heard of first.
    pub first: UnixMillis,
    /// When it was heard of last, to [`SEEN_STEP`].
    pub last: UnixMillis,
    /// Days (UTC) on which it was heard.
    pub days: u32,
    /// It was heard on [`ESTABLISHED_DAYS`] days, holds a nick, and there was room among its like.
    pub established: bool,
    /// The user wrote to it.
    pub spoken_to: bool,
    /// The user's own name for it.
    pub petname: Option<String>,
    /// When the user verified it.
    pub verified: Option<UnixMillis>,
    /// When the user blocked it.
    pub blocked: Option<UnixMillis>,
    /// The nicks it went by; the one that it used last comes last.
    pub nicks: Vec<Nick>,
    /// The keys it took the place of, the first one first.
    pub former: Vec<Former>,
}

/// Which keys are forgotten for which: none for one of another tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// Holds no nick.
    New,
    /// Holds one.
    Pinned,
    /// See [`Record::established`].
    Established,
    /// The user decided something about it, or wrote to it.
    Kept,
}

/// What one message says about its key.
#[derive(Clone, Copy)]
pub(super) struct Heard<'a> {
    pub(super) now: UnixMillis,
    /// Not where the message vouches for none, and the key has one.
    pub(super) nick: Option<(&'a str, Look, Standing)>,
    /// Whether there is room for it among the established.
    pub(super) may_establish: bool,
}

impl Record {
    /// Of a key of which nothing is known.
    pub(super) const fn fresh(key: PublicKey, now: UnixMillis) -> Self {
        Self {
            key,
            first: now,
            last: now,
            days: 0,
            established: false,
            spoken_to: false,
            petname: None,
            verified: None,
            blocked: None,
            nicks: Vec::new(),
            former: Vec::new(),
        }
    }

    /// The nick that it used last.
    #[must_use]
    pub fn nick(&self) -> Option<&Nick> {
        self.nicks.last()
    }

    /// Cuts what a store may have kept too much of.
    pub(super) fn bounded(mut self) -> Self {
        let more = |is: usize, most: usize| is.saturating_sub(most);
        self.nicks.drain(..more(self.nicks.len(), NICKS_PER_KEY_MAX));
        self.former.drain(..more(self.former.len(), FORMER_MAX));
        for nick in &mut self.nicks {
            nick.nick.truncate(cut(&nick.nick).len());
        }
        if let Some(petname) = &mut self.petname {
            petname.truncate(cut(petname).len());
        }
        self
    }

    pub(super) fn tier(&self) -> Tier {
        let accepted = self.nicks.iter().any(|nick| nick.standing == Standing::Accepted);
        if accepted || self.spoken_to || self.petname.is_some() || self.verified.is_some() || self.blocked.is_some() {
            Tier::Kept
        } else if self.established {
            Tier::Established
        } else if self.holds() {
            Tier::Pinned
        } else {
            Tier::New
        }
    }

    fn holds(&self) -> bool {
        self.nicks.iter().any(|nick| nick.standing.is_held())
    }

    /// Whether a message changes anything here, now that it comes under `nick`, which is where it was found.
    pub(super) fn is_news(&self, heard: &Heard, at: Option<usize>) -> bool {
        let same = heard.nick.is_none_or(|(text, _, standing)| {
            let newest = self.nicks.len().checked_sub(1);
            at.is_some()
                && at == newest
                && self.nick().is_some_and(|nick| nick.nick == text && nick.standing == standing)
        });
        !same || self.days == 0 || is_step(self.last, heard.now)
    }

    /// Takes in what a message says; `at` is where its nick was found.
    pub(super) fn hear(&mut self, heard: &Heard, at: Option<usize>) {
        let now = heard.now;
        if self.days == 0 || day(now) > day(self.last) {
            self.days = self.days.saturating_add(1);
        }
        self.last = now;
        if let Some((text, _, standing)) = heard.nick {
            let old = at.filter(|at| *at < self.nicks.len()).map(|at| self.nicks.remove(at));
            let first = old.map_or(now, |old| old.first);
            self.make_room();
            self.nicks.push(Nick { nick: text.into(), standing, first, last: now });
        }
        self.established |=
            self.days >= ESTABLISHED_DAYS && self.holds() && (heard.may_establish || self.tier() == Tier::Kept);
    }

    fn make_room(&mut self) {
        while self.nicks.len() >= NICKS_PER_KEY_MAX {
            let least =
                self.nicks.iter().enumerate().min_by_key(|(_, nick)| (nick.standing, nick.last)).map(|(at, _)| at);
            self.nicks.remove(least.unwrap_or_default());
        }
    }

    /// Believes all its nicks, because the user said so.
    pub(super) fn accept_nicks(&mut self) {
        self.nicks.iter_mut().for_each(|nick| nick.standing = Standing::Accepted);
    }

    /// Takes the place of `old`, by rotation at `now`: what was decided about that one holds for this one.
    pub(super) fn succeed(&mut self, old: Self, now: UnixMillis) {
        self.first = self.first.min(old.first);
        self.days = self.days.max(old.days);
        self.established |= old.established;
        self.spoken_to |= old.spoken_to;
        self.verified = self.verified.or(old.verified);
        self.blocked = self.blocked.or(old.blocked);
        self.petname = self.petname.take().or(old.petname);
        let own = core::mem::take(&mut self.nicks);
        // The newer key's nicks come last: it is what is in use.
        for nick in old.nicks.into_iter().chain(own) {
            let look = Look::of(&nick.nick);
            let same = self.nicks.iter().position(|known| Look::of(&known.nick) == look);
            let known = same.map(|at| self.nicks.remove(at));
            self.make_room();
            self.nicks.push(Nick {
                first: known.as_ref().map_or(nick.first, |known| known.first.min(nick.first)),
                standing: known.as_ref().map_or(nick.standing, |known| known.standing.max(nick.standing)),
                last: known.as_ref().map_or(nick.last, |known| known.last.max(nick.last)),
                nick: nick.nick,
            });
        }
        if self.verified.is_some() {
            self.accept_nicks();
        }
        let own = core::mem::take(&mut self.former);
        self.former.extend(old.former);
        self.former.extend(own);
        self.former.push(Former { key: old.key, at: now });
        self.former.drain(..self.former.len().saturating_sub(FORMER_MAX));
    }
}

/// Whether enough time lies between `last` and `now`, either way, to be written down.
fn is_step(last: UnixMillis, now: UnixMillis) -> bool {
    last.0.abs_diff(now.0) >= u64::try_from(SEEN_STEP.as_millis()).unwrap_or(u64::MAX) || day(now) > day(last)
}

const fn day(time: UnixMillis) -> i64 {
    time.0.div_euclid(DAY_MILLIS)
}
