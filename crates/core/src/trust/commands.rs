//! What the user decides about keys, and asks of them. Must not know how commands are written. Bounds: those of the memory;
//! [`CANDIDATES_MAX`] keys are named where several fit.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::look::{Look, NAME_BYTES_MAX, cut};
use super::record::{Record, Standing};
use super::{Change, Full, Show, State, Trust, Warning};
use crate::identity::PublicKey;
use crate::text::graphemes;
use crate::time::UnixMillis;

/// Keys that are named where several fit.
pub const CANDIDATES_MAX: usize = 16;
/// Longest petname, in characters as a reader counts them: that of a nick.
pub const PETNAME_GRAPHEMES_MAX: usize = 32;
/// Hexadecimal digits of a key, and the fewest that stand for one.
const HEX_DIGITS: core::ops::RangeInclusive<usize> = 8..=64;

/// Why a name stands for no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// Nobody is called so.
    #[error("no key is known by that name: give a nick that was seen here, a petname, or the key")]
    Unknown,
    /// Several are. At most [`CANDIDATES_MAX`] of them.
    #[error("{} keys or more go by that name: give the digits that stand beside it", .0.len())]
    Ambiguous(Vec<PublicKey>),
}

/// Why a key was not verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is not clear whose.
    #[error(transparent)]
    Who(#[from] Unresolved),
    /// It proves nothing of any key.
    #[error("that is not what the owner of a key shows: give all 60 digits, or the text of the QR code")]
    NoProof,
    /// What was compared is not that of the key.
    #[error(
        "these are not the digits of {key}: whoever sends with that key is not who showed you the digits, or a digit is wrong"
    )]
    Differ {
        /// The key that is known here.
        key: PublicKey,
    },
    /// No room.
    #[error(transparent)]
    Full(#[from] Full),
}

/// Why a key was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// It was not heard yet.
    #[error("nothing was heard of that key yet, so there is no nick to accept")]
    Unknown,
    /// No room.
    #[error(transparent)]
    Full(#[from] Full),
}

/// Why a key was not given a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// The name shows nothing.
    #[error("that name shows nothing: give one that can be read")]
    Blank,
    /// The name is too long.
    #[error("that name is too long: at most {PETNAME_GRAPHEMES_MAX} characters, and {NAME_BYTES_MAX} bytes")]
    TooLong,
    /// It looks like the petname, or the nick of a verified key, that another one has.
    #[error("that name looks like the one by which you know {by}")]
    Taken {
        /// That key.
        by: PublicKey,
    },
    /// No room.
    #[error(transparent)]
    Full(#[from] Full),
}

/// A key that the user accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The nick that it is believed under from now on: the one that it used last.
    pub nick: String,
    /// Another key that holds that nick too, where there is one.
    pub shared_with: Option<PublicKey>,
    /// What changed.
    pub change: Change,
}

/// All that is known about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How far it is believed under the nick that it used last.
    pub state: State,
    /// How it is shown under that nick.
    pub show: Show,
    /// What a reader is told beside.
    pub warning: Option<Warning>,
    /// The rest.
    pub record: Record,
}

impl Trust {
    /// The key that `text` stands for: a petname, a nick, at least the first eight hexadecimal digits of a key that was seen, a whole
    /// key whether it was seen or not, or the text of its QR code. Names are compared as a reader sees them. A petname comes before all
    /// nicks; a nick stands for who holds it, else for who goes by it. For a key that was given up, the one that took its place.
    ///
    /// # Errors
    ///
    /// Where it stands for none, or for several.
    pub fn resolve(&self, text: &str) -> Result<PublicKey, Unresolved> {
        if let Some(key) = PublicKey::parse(text) {
            return Ok(self.current(key));
        }
        let look = Look::of(cut(text));
        let named = |key: &PublicKey| self.memory.get(key).is_some_and(|entry| entry.petname_is_like(&look));
        if let Some(key) = self.memory.holders(&look, None).find(named) {
            return Ok(key);
        }
        let mut found: BTreeSet<PublicKey> = self.memory.holders(&look, None).take(CANDIDATES_MAX).collect();
        if found.is_empty() {
            found.extend(self.memory.claimants(&look, None).take(CANDIDATES_MAX));
        }
        if let Some((first, last)) = with_digits(text.trim()) {
            found.extend(self.memory.between(first, last).take(CANDIDATES_MAX));
        }
        match (found.len(), found.first()) {
            (1, Some(key)) => Ok(*key),
            (0, _) => Err(Unresolved::Unknown),
            _ => Err(Unresolved::Ambiguous(found.into_iter().take(CANDIDATES_MAX).collect())),
        }
    }

    /// Marks the key that `who` stands for as verified, where `proof` is what its owner showed: its 60 digits, or the text of its QR code.
    /// From then on all its nicks are believed.
    ///
    /// # Errors
    ///
    /// Where `who` stands for no key or several, or `proof` is that of another one: then nothing changes.
    pub fn verify(&mut self, now: UnixMillis, who: &str, proof: &str) -> Result<(PublicKey, Change), VerifyError> {
        let key = self.resolve(who)?;
        if !PublicKey::can_prove(proof) {
            return Err(VerifyError::NoProof);
        }
        if !key.has_digits(proof) && PublicKey::parse(proof) != Some(key) {
            return Err(VerifyError::Differ { key });
        }
        let change = self.memory.change(key, now, |record| {
            record.verified = record.verified.or(Some(now));
            record.accept_nicks();
        })?;
        Ok((key, change))
    }

    /// Believes the key under the nick that it used last, whoever else holds it.
    ///
    /// # Errors
    ///
    /// Where nothing was heard of it, or there is no room.
    pub fn accept(&mut self, now: UnixMillis, key: PublicKey) -> Result<Accepted, AcceptError> {
        let key = self.current(key);
        let used = self.memory.get(&key).and_then(|entry| entry.record.nick());
        let nick = used.ok_or(AcceptError::Unknown)?.nick.clone();
        let change = self.memory.change(key, now, |record| {
            if let Some(nick) = record.nicks.last_mut() {
                nick.standing = Standing::Accepted;
            }
        })?;
        let shared_with = self.memory.holders(&Look::of(&nick), Some(key)).next();
        Ok(Accepted { nick, shared_with, change })
    }

    /// Gives the key a name of the user's own, which is shown instead of any nick. An empty one takes it away.
    ///
    /// # Errors
    ///
    /// Where the name is none, or could be taken for that of another key which the user named or verified; where there is no room.
    pub fn rename(&mut self, now: UnixMillis, key: PublicKey, petname: &str) -> Result<Change, RenameError> {
        let (key, petname) = (self.current(key), petname.trim());
        if petname.is_empty() {
            return match self.memory.get(&key) {
                Some(_) => Ok(self.memory.change(key, now, |record| record.petname = None)?),
                None => Ok(Change::default()),
            };
        }
        if petname.len() > NAME_BYTES_MAX || graphemes(petname).count() > PETNAME_GRAPHEMES_MAX {
            return Err(RenameError::TooLong);
        }
        let look = Look::of(petname);
        if look.blank {
            return Err(RenameError::Blank);
        }
        let is_known = |other: &PublicKey| {
            let entry = self.memory.get(other);
            entry.is_some_and(|entry| entry.record.verified.is_some() || entry.petname_is_like(&look))
        };
        if let Some(by) = self.memory.holders(&look, Some(key)).find(is_known) {
            return Err(RenameError::Taken { by });
        }
        Ok(self.memory.change(key, now, |record| record.petname = Some(petname.into()))?)
    }

    /// Blocks the key.
    ///
    /// # Errors
    ///
    /// Where there is no room.
    pub fn block(&mut self, now: UnixMillis, key: PublicKey) -> Result<Change, Full> {
        let key = self.current(key);
        self.memory.change(key, now, |record| record.blocked = record.blocked.or(Some(now)))
    }

    /// Lifts the block of the key, if there is one.
    pub fn unblock(&mut self, now: UnixMillis, key: PublicKey) -> Change {
        let key = self.current(key);
        if !self.is_blocked(&key) {
            return Change::default();
        }
        self.memory.change(key, now, |record| record.blocked = None).unwrap_or_default()
    }

    /// Remembers that the user wrote to the key, which makes it none of the strangers.
    pub fn spoke_to(&mut self, now: UnixMillis, key: PublicKey) -> Change {
        let key = self.current(key);
        match self.memory.get(&key) {
            // Without room it stays what it was.
            Some(entry) if !entry.record.spoken_to => {
                self.memory.change(key, now, |record| record.spoken_to = true).unwrap_or_default()
            }
            _ => Change::default(),
        }
    }

    /// How far a key is believed under the nick that it used last.
    #[must_use]
    pub fn state(&self, key: PublicKey, own: PublicKey) -> State {
        self.shown(key, "", own).0
    }

    /// How far a key is believed and how it is to be shown where it goes by `nick`, or where that is empty by the one it used last.
    /// Remembers nothing.
    #[must_use]
    pub fn shown(&self, key: PublicKey, nick: &str, own: PublicKey) -> (State, Show, Option<Warning>) {
        let nick = cut(nick);
        let used = || self.memory.get(&key).and_then(|entry| entry.record.nick()).map_or("", |used| used.nick.as_str());
        let nick = if nick.is_empty() { used() } else { nick };
        let look = Look::of(nick);
        let (state, show, warning) = self.view(key, nick, &look, own);
        let is_unheard = self.memory.get(&key).is_none_or(|entry| entry.nick(&look).is_none());
        let is_held_by_another = || self.memory.holders(&look, Some(key)).next().is_some();
        let state = if state == State::New && is_unheard && is_held_by_another() { State::Changed } else { state };
        (state, show, warning)
    }

    /// All that is known about the key that `who` stands for; see [`Trust::resolve`].
    ///
    /// # Errors
    ///
    /// Where it stands for none that something is known about, or for several.
    pub fn whois(&self, who: &str, own: PublicKey) -> Result<Facts, Unresolved> {
        let key = self.resolve(who)?;
        let record = self.memory.get(&key).map(|entry| entry.record.clone()).ok_or(Unresolved::Unknown)?;
        let nick = record.nick().map_or("", |nick| nick.nick.as_str());
        let (state, show, warning) = self.view(key, nick, &Look::of(nick), own);
        Ok(Facts { state, show, warning, record })
    }
}

/// The first and the last key that begin with these digits.
fn with_digits(digits: &str) -> Option<(PublicKey, PublicKey)> {
    let key = |rest: char| {
        let all: String = digits.chars().chain(core::iter::repeat(rest)).take(*HEX_DIGITS.end()).collect();
        Some(PublicKey::new(HEXLOWER_PERMISSIVE.decode(all.as_bytes()).ok()?.try_into().ok()?))
    };
    if !HEX_DIGITS.contains(&digits.len()) { None } else { Some((key('0')?, key('f')?)) }
}
