//! How far the user may believe a nick: which key goes by it, since when, and what the user decided about that key. Must not know
//! messages, links or where records are kept. Bounds: [`KEYS_MAX`] and its shares, [`NICKS_PER_KEY_MAX`], [`FORMER_MAX`], [`NAME_BYTES_MAX`].
//!
//! Trust on first use: the first key that is heard twice under a nick holds it (is *pinned*), and another one under a nick that looks
//! like it is *changed* until the user accepts it. Then both are believed, and each is shown with the short form of its key. Nicks are
//! compared as a reader sees them. What the user decided (verified, named, accepted, blocked) belongs to the key, whatever its nick.
//!
//! **A flood of fresh keys** can fill no more than the shares of keys that nobody decided about. Keys that hold no nick are replaced by
//! newer ones. One that holds a nick is not forgotten within [`PINNED_HOLD`] of its last message, an established one not within
//! [`ESTABLISHED_HOLD`]: where there is no room, newcomers stay *new* instead. So a flood can keep newcomers from being pinned for as
//! long as it goes on, which shows, but cannot free the nick of somebody who is around. It can free that of a stranger who was silent for
//! longer, once it holds the whole share: [`PINNED_MAX`] keys, or [`ESTABLISHED_MAX`] that were each heard on three days. And it can
//! take nicks that nobody holds. Against both helps what makes a key one of the user's own: to verify, name or accept it, or write to it.

mod commands;
mod judge;
mod look;
mod memory;
mod record;
mod rotation;
#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

pub use commands::{
    AcceptError, Accepted, CANDIDATES_MAX, Facts, PETNAME_GRAPHEMES_MAX, RenameError, Unresolved, VerifyError,
};
pub use look::NAME_BYTES_MAX;
pub use record::{ESTABLISHED_DAYS, FORMER_MAX, Former, NICKS_PER_KEY_MAX, Nick, Record, SEEN_STEP, Standing};
pub use rotation::{Rotated, Rotation, RotationError};

use crate::bound::Bound;
use crate::identity::PublicKey;
pub use crate::state::State;
use look::{Look, cut};
use memory::Memory;

/// Keys that something is remembered about (a guess: a large community, at about a kilobyte each).
pub const KEYS_MAX: usize = 10_000;
/// Of these: keys that the user decided something about, or wrote to. None of them is ever forgotten for another.
pub const KEPT_MAX: usize = 4_000;
/// Of these: keys that hold a nick and were heard on [`ESTABLISHED_DAYS`] days.
pub const ESTABLISHED_MAX: usize = 3_000;
/// Of these: other keys that hold a nick.
pub const PINNED_MAX: usize = 2_000;
/// Of these: keys that hold none.
pub const NEW_MAX: usize = 1_000;
const _: () = assert!(KEPT_MAX + ESTABLISHED_MAX + PINNED_MAX + NEW_MAX == KEYS_MAX);

/// How long a key that holds a nick is remembered at least after its last message (a guess: until the evening after).
pub const PINNED_HOLD: Duration = Duration::from_secs(24 * 3600);
/// How long an established one is (a guess: a holiday).
pub const ESTABLISHED_HOLD: Duration = Duration::from_secs(30 * 24 * 3600);

/// How a name is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    /// The petname, else the nick. Empty where there is neither. As it came: whoever shows it makes it safe.
    pub name: String,
    /// The first hexadecimal digits of the key, which must stand beside it: eight, or more where another key under this name has the same.
    /// `None`: the name alone tells who it is, as far as is known.
    pub short: Option<String>,
}

/// What a reader must be told about an author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The name looks like one that another key holds.
    LooksLike {
        /// That key. There may be more.
        key: PublicKey,
        /// What it is called.
        name: String,
    },
    /// The nick has letters of several scripts, as one that imitates another has.
    MixedScripts,
    /// Its owner gave this key up for another one: whoever still signs with it may have stolen it.
    Retired {
        /// The key that took its place.
        successor: PublicKey,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LooksLike { key, name } => write!(f, "looks like {name}, which is the key {}", key.short()),
            Self::MixedScripts => f.write_str("the name mixes letters of several scripts"),
            Self::Retired { successor } => {
                write!(f, "this key was given up for {}: it may be stolen", successor.short())
            }
        }
    }
}

/// What a store has to do, so that [`Trust::restore`] finds what is in memory now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "what is not stored is forgotten with the next start"]
pub struct Change {
    /// The record that takes the place of the one of its key.
    pub save: Option<Record>,
    /// The key whose record is to be deleted.
    pub forget: Option<PublicKey>,
}

/// What is to be thought of one message's author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How far it may be believed.
    pub state: State,
    /// How its author is to be shown.
    pub show: Show,
    /// What a reader must be told beside.
    pub warning: Option<Warning>,
    /// What the message changed.
    pub change: Change,
}

/// There is no room for one more key that the user decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "you have verified, named, blocked or written to {KEPT_MAX} keys, and there is no room for more: unblock or unname one first"
)]
pub struct Full;

/// Who goes by which nick, and what the user decided about them.
#[derive(Default)]
pub struct Trust {
    memory: Memory,
    /// The look of the nick that was judged last: one author's messages often come in a row.
    last: Option<(String, Look)>,
}

impl Trust {
    /// With what an earlier run kept: no more than the bounds, so that of what is beyond them, the first given stays.
    #[must_use]
    pub fn restore(records: impl IntoIterator<Item = Record>) -> Self {
        let mut trust = Self::default();
        for record in records {
            trust.memory.take(&record.key);
            trust.memory.refill(record.bounded());
        }
        trust
    }

    /// All records, by key.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.memory.records()
    }

    /// Whether the user blocked this key, or the one that it took the place of.
    #[must_use]
    pub fn is_blocked(&self, key: &PublicKey) -> bool {
        self.memory.get(&self.current(*key)).is_some_and(|entry| entry.record.blocked.is_some())
    }

    /// Whether nothing is known of anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty()
    }

    /// Whether this nick was judged last, so that to judge it again costs little.
    #[must_use]
    pub fn looked_last_at(&self, nick: &str) -> bool {
        self.last.as_ref().is_some_and(|(last, _)| last == cut(nick))
    }

    /// What is held, beside how much may be.
    #[must_use]
    pub fn bounds(&self) -> Vec<Bound> {
        self.memory.bounds()
    }

    /// The key that is in use now in the place of `key`: itself, where none took it.
    #[must_use]
    pub fn current(&self, key: PublicKey) -> PublicKey {
        self.memory.successor(&key).unwrap_or(key)
    }

    fn look(&mut self, nick: &str) -> Look {
        match &self.last {
            Some((last, look)) if last == nick => *look,
            _ => {
                let look = Look::of(nick);
                self.last = Some((nick.into(), look));
                look
            }
        }
    }
}
