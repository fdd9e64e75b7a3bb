//! Whom a face has shown, and what a reader is to be told of them in words: once, until it changes.
//! Must not know where the words go. Bounds: [`AUTHORS_MAX`]; who is forgotten is told of once more.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use whispernet_node::event::{Message, Trust};

use super::safe;

/// Authors that are remembered (a guess: more than talk in one evening).
const AUTHORS_MAX: usize = 1_000;
/// Half of them are forgotten at a time: those that were silent for longest.
const GENERATION_MAX: usize = AUTHORS_MAX / 2;
/// Hexadecimal digits of a key in words, where the message asks for no more.
pub(crate) const SHORT_DIGITS: usize = 8;

/// How much is told in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// All, since nothing beside the message says it.
    All,
    /// That somebody goes by another name: marks beside the message say the rest.
    Names,
}

/// The authors that were shown, each as he was shown last.
#[derive(Default)]
pub(crate) struct Acquaintances {
    hasher: RandomState,
    recent: HashMap<u64, Shown>,
    older: HashMap<u64, Shown>,
}

/// How an author was shown.
#[derive(PartialEq, Eq)]
struct Shown {
    trust: Trust,
    warning: Option<String>,
    name: String,
}

impl Acquaintances {
    /// Takes in that this message is shown; what is to be told of its author, safe to show and in one line.
    pub(crate) fn meet(&mut self, message: &Message, telling: Telling) -> Option<String> {
        let about = &message.about;
        let now = Shown { trust: about.trust, warning: about.warning.clone(), name: name(message) };
        let author = match &about.key {
            Some(key) => self.hasher.hash_one(key),
            None => self.hasher.hash_one((&message.nick, &message.addr)),
        };
        let before = self.recent.remove(&author).or_else(|| self.older.remove(&author));
        let is_same = |before: &Shown| (before.trust, &before.warning) == (now.trust, &now.warning);
        let told = match &before {
            Some(before) if *before == now => None,
            Some(before) if about.key.is_some() && is_same(before) => {
                Some(format!("{} ({}) is {} now", before.name, short(message), now.name))
            }
            Some(before) if is_same(before) => None,
            _ if telling == Telling::Names => None,
            _ => standing(message, &now.name),
        };
        if self.recent.len() >= GENERATION_MAX {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(author, now);
        told
    }
}

/// The name of its author: the user's own one, else the nick, else the address.
pub(crate) fn name(message: &Message) -> String {
    safe::author(message.about.petname.as_deref().unwrap_or(&message.nick), &message.addr)
}

/// The first digits of its author's key; empty where there is none.
fn short(message: &Message) -> String {
    let first = || message.about.key.iter().flat_map(|key| key.chars()).take(SHORT_DIGITS).collect();
    safe::line(&message.about.short.clone().unwrap_or_else(first)).into_owned()
}

/// How the author stands, where a reader is to know.
fn standing(message: &Message, name: &str) -> Option<String> {
    let about = &message.about;
    let short = short(message);
    if about.key.is_none() {
        let addr = safe::addr(&message.addr);
        let who = if addr.is_empty() || name == addr { name.to_owned() } else { format!("{name} at {addr}") };
        return match &about.warning {
            Some(warning) => Some(format!("warning: {who}, unsigned: {}", safe::line(warning))),
            None if about.trust == Trust::Unsigned => Some(format!("unsigned: {who}, anybody can write this name")),
            None => None,
        };
    }
    match (&about.warning, about.trust) {
        (Some(warning), _) => Some(format!("warning: {name} ({short}): {}: /whois {short}", safe::line(warning))),
        (None, Trust::Changed) => {
            Some(format!("warning: {name} ({short}) is not the one who holds this name: /whois {short}"))
        }
        (None, Trust::Unsigned) => Some(format!("unsigned: {name}, anybody can write this name")),
        (None, Trust::New) => Some(format!("{name} ({short}) is new here")),
        (None, Trust::Own | Trust::Pinned | Trust::Verified) => None,
    }
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, Via};

    use super::*;

    const KEY: &str = "1234abcd5678ef901234abcd5678ef901234abcd5678ef901234abcd5678ef90";
    const OTHER: &str = "9f12ab345678ef901234abcd5678ef901234abcd5678ef901234abcd5678ef90";

    fn message(nick: &str, about: About) -> Message {
        Message {
            seq: 1,
            id: "1".to_owned(),
            addr: "10.0.0.7:55555".to_owned(),
            nick: nick.to_owned(),
            body: "hi".to_owned(),
            time: None,
            received: 0,
            via: Via::Classic,
            about,
            replay: false,
            hello: false,
            file: None,
        }
    }

    fn signed(key: &str, trust: Trust) -> About {
        About { trust, key: Some(key.to_owned()), ..About::default() }
    }

    #[test]
    fn each_standing_is_told_once_until_it_changes() {
        let mut met = Acquaintances::default();
        let mut check = |nick: &str, about: About, told: Option<&str>| {
            assert_eq!(met.meet(&message(nick, about.clone()), Telling::All).as_deref(), told, "of {nick} {about:?}");
            assert_eq!(met.meet(&message(nick, about), Telling::All), None, "once");
        };
        let warning = || Some("looks like bob, which is the key 1234abcd".to_owned());
        check("bob", signed(KEY, Trust::New), Some("bob (1234abcd) is new here"));
        check("bob", signed(KEY, Trust::Pinned), None);
        check("bob", signed(KEY, Trust::Verified), None);
        check("rob", signed(KEY, Trust::Verified), Some("bob (1234abcd) is rob now"));
        let impostor =
            About { short: Some("9f12ab345".to_owned()), warning: warning(), ..signed(OTHER, Trust::Changed) };
        check(
            "bob",
            impostor,
            Some("warning: bob (9f12ab345): looks like bob, which is the key 1234abcd: /whois 9f12ab345"),
        );
        check(
            "bob",
            signed(OTHER, Trust::Changed),
            Some("warning: bob (9f12ab34) is not the one who holds this name: /whois 9f12ab34"),
        );
        check("cat", About::default(), Some("unsigned: cat at 10.0.0.7:55555, anybody can write this name"));
        check("", About::default(), Some("unsigned: 10.0.0.7:55555, anybody can write this name"));
        check(
            "bob",
            About { warning: warning(), ..About::default() },
            Some("warning: bob at 10.0.0.7:55555, unsigned: looks like bob, which is the key 1234abcd"),
        );
        check("me", About { trust: Trust::Own, ..About::default() }, None);
        let petname = About { petname: Some("Bobby".to_owned()), ..signed(KEY, Trust::Verified) };
        check("rob", petname, Some("rob (1234abcd) is Bobby now"));
    }

    #[test]
    fn beside_marks_only_names_are_told() {
        let mut met = Acquaintances::default();
        let mut check = |nick: &str, about: About, told: Option<&str>| {
            assert_eq!(met.meet(&message(nick, about), Telling::Names).as_deref(), told);
        };
        check("", signed(KEY, Trust::New), None);
        check("bob", signed(KEY, Trust::New), Some("10.0.0.7:55555 (1234abcd) is bob now"));
        check("bob", signed(OTHER, Trust::Changed), None);
        check("bob", About::default(), None);
    }

    #[test]
    fn hostile_names_stay_in_their_line() {
        let mut met = Acquaintances::default();
        let about = About { warning: Some("looks like a\nb\u{1b}".to_owned()), ..signed(KEY, Trust::Changed) };
        let told = met.meet(&message("x\n(1234abcd) is in", about), Telling::All).unwrap();
        assert!(
            told.starts_with(r"warning: x\u{a}\u{28}1234abcd) is in (1234abcd): looks like a\u{a}b\u{1b}"),
            "{told}"
        );
    }

    #[test]
    fn no_more_are_remembered_than_the_bound() {
        let mut met = Acquaintances::default();
        for number in 0..3 * AUTHORS_MAX {
            assert!(met.meet(&message(&number.to_string(), About::default()), Telling::All).is_some());
            assert!(met.recent.len() + met.older.len() <= AUTHORS_MAX);
        }
        let newest = message(&(3 * AUTHORS_MAX - GENERATION_MAX).to_string(), About::default());
        assert_eq!(met.meet(&newest, Telling::All), None, "the newest are remembered");
        assert!(met.meet(&message("0", About::default()), Telling::All).is_some(), "the oldest are not");
    }
}
