//! What one message says about its author, and how the author is to be shown. Must not know what the message says.
//! Bounds: one record a message at most is made, changed or forgotten.

use alloc::string::{String, ToString};

use super::look::{Look, cut};
use super::memory::Entry;
use super::record::{ESTABLISHED_DAYS, Heard, Standing, Tier};
use super::{Change, Show, State, Trust, Verdict, Warning};
use crate::identity::PublicKey;
use crate::time::UnixMillis;

/// Hexadecimal digits of a key beside a name, where no other key under it has the same ones.
const SHORT_DIGITS: usize = 8;

impl Trust {
    /// Judges the author of a message that came at `now` under `nick`, and remembers what it tells. `key`: who signed it. `nick` is what
    /// was signed with it; empty where the message has none, or only one that nobody vouches for: then a known key goes by the nick that
    /// it used last. `own`: the user's key.
    pub fn judge(&mut self, now: UnixMillis, nick: &str, key: Option<PublicKey>, own: PublicKey) -> Verdict {
        let nick = cut(nick);
        let mut look = self.look(nick);
        let Some(key) = key else {
            let warning = self.looks_like(&look, None).or_else(|| look.mixed.then_some(Warning::MixedScripts));
            let show = Show { name: nick.into(), short: None };
            return Verdict { state: State::Unsigned, show, warning, change: Change::default() };
        };
        let is_retired = self.memory.successor(&key).is_some();
        let known = self.memory.get(&key).filter(|_| !is_retired);
        let mut name = String::from(nick);
        let mut is_vouched = true;
        if look.blank
            && let Some(used) = known.and_then(|entry| entry.record.nick()).filter(|used| !Look::of(&used.nick).blank)
        {
            is_vouched = false;
            name.clone_from(&used.nick);
            look = Look::of(&name);
        }
        let is_first = known.is_none_or(|entry| entry.nick(&look).is_none());
        let change = if is_retired { Change::default() } else { self.hear(now, (&name, look), is_vouched, key, own) };
        let (state, show, mut warning) = self.view(key, &name, &look, own);
        if is_first && state != State::New && warning.is_none() && self.petname(&key).is_none() {
            // Who is believed whatever the nick may still take one by which the user knows somebody else.
            warning = self.looks_like(&look, Some(key));
        }
        Verdict { state, show, warning, change }
    }

    /// Takes in a message of a key that is in use.
    fn hear(
        &mut self,
        now: UnixMillis,
        (name, look): (&str, Look),
        is_vouched: bool,
        key: PublicKey,
        own: PublicKey,
    ) -> Change {
        let known = self.memory.get(&key);
        let at = known.and_then(|entry| entry.find(&look));
        let nick = is_vouched.then(|| (name, look, self.standing(known, &look, key == own, key, now)));
        let may_establish = known.is_some_and(|entry| {
            entry.record.tier() == Tier::Pinned && entry.record.days.saturating_add(1) >= ESTABLISHED_DAYS
        }) && self.memory.has_room(Tier::Established, now);
        let heard = Heard { now, nick, may_establish };
        if known.is_some_and(|entry| !entry.record.is_news(&heard, at)) {
            return Change::default();
        }
        // Without room nothing is remembered: the next message is new again.
        self.memory.change(key, now, |record| record.hear(&heard, at)).unwrap_or_default()
    }

    /// How far a nick is believed once `key` has said something more under it.
    fn standing(&self, known: Option<&Entry>, look: &Look, is_own: bool, key: PublicKey, now: UnixMillis) -> Standing {
        let before = known.and_then(|entry| entry.nick(look)).map(|nick| nick.standing);
        let is_other_holder = || self.memory.holders(look, Some(key)).next().is_some();
        match before {
            _ if is_own || known.is_some_and(|entry| entry.record.verified.is_some()) => Standing::Accepted,
            Some(standing) if standing != Standing::New => standing,
            _ if is_other_holder() => Standing::Changed,
            None => Standing::New,
            Some(_) => {
                let takes_place = known.is_some_and(|entry| entry.record.tier() == Tier::New);
                if takes_place && !self.memory.has_room(Tier::Pinned, now) { Standing::New } else { Standing::Pinned }
            }
        }
    }

    /// How the key is to be shown where it goes by `nick`.
    pub(super) fn view(
        &self,
        key: PublicKey,
        nick: &str,
        look: &Look,
        own: PublicKey,
    ) -> (State, Show, Option<Warning>) {
        if let Some(successor) = self.memory.successor(&key) {
            let state = if key == own { State::Own } else { State::Changed };
            let show = Show { name: nick.into(), short: Some(self.short(&key, look)) };
            return (state, show, Some(Warning::Retired { successor }));
        }
        let entry = self.memory.get(&key);
        let standing = entry.and_then(|entry| entry.nick(look)).map_or(Standing::New, |nick| nick.standing);
        let record = entry.map(|entry| &entry.record);
        let petname = record.and_then(|record| record.petname.as_deref());
        let state = match standing {
            _ if key == own => State::Own,
            _ if record.is_some_and(|record| record.verified.is_some()) => State::Verified,
            _ if petname.is_some() || standing.is_held() => State::Pinned,
            Standing::Changed => State::Changed,
            _ => State::New,
        };
        if let Some(petname) = petname {
            let look = Look::of(petname);
            let is_shared = self.memory.holders(&look, Some(key)).next().is_some();
            let short = is_shared.then(|| self.short(&key, &look));
            return (state, Show { name: petname.into(), short }, None);
        }
        let is_shared = self.memory.holders(look, Some(key)).next().is_some()
            || (!standing.is_held() && self.memory.claimants(look, Some(key)).next().is_some());
        let needs_short = is_shared || look.blank || look.odd || standing == Standing::Changed;
        let short = needs_short.then(|| self.short(&key, look));
        let warning = match standing {
            // The user knows of both: their keys stand beside their names.
            Standing::Accepted => None,
            Standing::Pinned => look.mixed.then_some(Warning::MixedScripts),
            _ => self.looks_like(look, Some(key)).or_else(|| look.mixed.then_some(Warning::MixedScripts)),
        };
        (state, Show { name: nick.into(), short }, warning)
    }

    /// The warning that somebody else than `but` holds a name like `look`.
    fn looks_like(&self, look: &Look, but: Option<PublicKey>) -> Option<Warning> {
        let key = self.memory.holders(look, but).next()?;
        let entry = self.memory.get(&key)?;
        let petname = entry.record.petname.as_ref().filter(|_| entry.petname_is_like(look));
        let nick = || entry.record.nicks.iter().find(|nick| Look::of(&nick.nick).is_like(look)).map(|nick| &nick.nick);
        Some(Warning::LooksLike { key, name: petname.or_else(nick)?.clone() })
    }

    /// The user's own name for the key.
    #[must_use]
    pub fn petname(&self, key: &PublicKey) -> Option<&str> {
        self.memory.get(key)?.record.petname.as_deref()
    }

    /// The nick that the key used last.
    #[must_use]
    pub fn nick(&self, key: &PublicKey) -> Option<&str> {
        self.memory.get(key)?.record.nick().map(|nick| nick.nick.as_str())
    }

    /// The digits that tell `key` apart from all others under names like `look`.
    fn short(&self, key: &PublicKey, look: &Look) -> String {
        let digits = self.memory.digits_shared(key, look).saturating_add(1).max(SHORT_DIGITS);
        key.to_string().chars().take(digits).collect()
    }
}
