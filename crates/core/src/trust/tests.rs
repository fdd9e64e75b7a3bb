use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::identity::SecretKey;
use crate::time::UnixMillis;

pub(super) const NETWORK: [u8; 32] = [9; 32];
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn secret(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// Keys by number; 0 is the user's own.
pub(super) fn key(n: u8) -> PublicKey {
    secret(n).public()
}

/// A judge beside the rows that its changes make.
#[derive(Default)]
pub(super) struct World {
    pub(super) trust: Trust,
    pub(super) rows: BTreeMap<PublicKey, Record>,
    pub(super) now: i64,
}

impl World {
    pub(super) fn now(&self) -> UnixMillis {
        UnixMillis(self.now)
    }

    fn keep(&mut self, change: Change) {
        if let Some(key) = change.forget {
            self.rows.remove(&key);
        }
        if let Some(record) = change.save {
            self.rows.insert(record.key, record);
        }
        assert!(!self.trust.bounds().iter().any(Bound::is_broken), "{:?}", self.trust.bounds());
    }

    fn hear(&mut self, nick: &str, key: Option<PublicKey>) -> Verdict {
        self.now += 1;
        let verdict = self.trust.judge(self.now(), nick, key, super::tests::key(0));
        self.keep(verdict.change.clone());
        verdict
    }

    pub(super) fn say(&mut self, who: u8, nick: &str) -> Verdict {
        self.hear(nick, Some(key(who)))
    }

    pub(super) fn verify(&mut self, who: u8) {
        let digits = key(who).digits();
        let (_, change) = self.trust.verify(self.now(), &key(who).to_string(), &digits).unwrap();
        self.keep(change);
    }

    fn accept(&mut self, who: u8) -> Accepted {
        let accepted = self.trust.accept(self.now(), key(who)).unwrap();
        self.keep(accepted.change.clone());
        accepted
    }

    fn rename(&mut self, who: u8, petname: &str) -> Result<(), RenameError> {
        let change = self.trust.rename(self.now(), key(who), petname)?;
        self.keep(change);
        Ok(())
    }

    pub(super) fn block(&mut self, who: u8) {
        let change = self.trust.block(self.now(), key(who)).unwrap();
        self.keep(change);
    }

    pub(super) fn rotate(&mut self, old: u8, new: u8) -> Result<Rotated, RotationError> {
        let rotated = self.trust.rotate(self.now(), &statement(old, new, 5), &NETWORK)?;
        self.keep(rotated.change.clone());
        Ok(rotated)
    }

    /// What a reader sees, and how far it is believed: `pinned bob`, `changed bob#`, with `!` where there is a warning.
    fn line(&mut self, who: u8, nick: &str) -> String {
        let verdict = if who == NOBODY { self.hear(nick, None) } else { self.say(who, nick) };
        brief(verdict.state, &verdict.show, verdict.warning.as_ref())
    }
}

/// In place of the number of a key: not signed.
const NOBODY: u8 = 255;

fn brief(state: State, show: &Show, warning: Option<&Warning>) -> String {
    let (short, warning) = (if show.short.is_some() { "#" } else { "" }, if warning.is_some() { "!" } else { "" });
    format!("{} {}{short}{warning}", state.as_str(), show.name)
}

pub(super) fn statement(old: u8, new: u8, time: i64) -> Rotation {
    let time = UnixMillis(time);
    let text = Rotation::signed_text(&NETWORK, &key(old), &key(new), time);
    let (old_signature, new_signature) = (secret(old).sign(&text), secret(new).sign(&text));
    Rotation { old: key(old), new: key(new), time, old_signature, new_signature }
}

/// Has each of `said` come in (`2 bob`, or a command) and looks at what it gives.
#[track_caller]
pub(super) fn check(said: &[(u8, &str, &str)]) -> World {
    let mut world = World::default();
    for (at, (who, what, expected)) in said.iter().enumerate() {
        let got = match what.split_once(' ') {
            Some(("/verify", _)) => {
                world.verify(*who);
                String::new()
            }
            Some(("/trust", _)) => world.accept(*who).nick,
            Some(("/rename", name)) => {
                world.rename(*who, name).map_or_else(|error| format!("{error:?}"), |()| String::new())
            }
            Some(("/rotate", new)) => {
                let new: u8 = new.parse().unwrap();
                world.rotate(*who, new).map_or_else(|error| format!("{error:?}"), |rotated| rotated.name)
            }
            _ => world.line(*who, what),
        };
        assert_eq!(got, *expected, "line {at}: {who} {what}");
    }
    let mut again = Trust::restore(world.rows.values().cloned());
    assert!(again.records().eq(world.trust.records()), "the rows are what is in memory");
    for (who, what, _) in said.iter().filter(|(who, what, _)| *who != NOBODY && !what.starts_with('/')) {
        let (now, own) = (world.now(), key(0));
        let ongoing = world.trust.judge(now, what, Some(key(*who)), own);
        assert_eq!(again.judge(now, what, Some(key(*who)), own), ongoing, "{who} {what} after a restart");
    }
    // As it was before it was asked again.
    world.trust = Trust::restore(world.rows.values().cloned());
    world
}

#[test]
fn a_nick_is_pinned_to_the_key_that_used_it_first() {
    check(&[(1, "bob", "new bob"), (1, "bob", "pinned bob"), (1, "bob", "pinned bob"), (1, "Bob", "pinned Bob")]);
    // Another key under it, or under one that looks like it.
    for nick in ["bob", "BOB", "b0b", "b\u{43e}b", "bo\u{200b}b"] {
        let changed = format!("changed {nick}#!");
        check(&[
            (1, "bob", "new bob"),
            (1, "bob", "pinned bob"),
            (2, nick, &changed),
            (2, nick, &changed),
            (1, "bob", "pinned bob"),
            (3, nick, &changed),
        ]);
    }
    // Two newcomers: whoever is heard again first.
    check(&[
        (1, "bob", "new bob"),
        (2, "bob", "new bob#"),
        (2, "bob", "pinned bob"),
        (1, "bob", "changed bob#!"),
        (2, "bob", "pinned bob"),
    ]);
    check(&[(0, "me", "self me"), (2, "me", "changed me#!"), (0, "me", "self me")]);
    check(&[
        (2, "me", "new me"),
        (2, "me", "pinned me"),
        (0, "me", "self me#!"),
        (0, "me", "self me#"),
        (2, "me", "pinned me#"),
    ]);
}

#[test]
fn what_nobody_signed_pins_nothing() {
    let world = check(&[
        (NOBODY, "bob", "unsigned bob"),
        (NOBODY, "bob", "unsigned bob"),
        (NOBODY, "b\u{43e}b", "unsigned b\u{43e}b!"),
        (NOBODY, "", "unsigned "),
        (1, "bob", "new bob"),
        (NOBODY, "bob", "unsigned bob"),
        (1, "bob", "pinned bob"),
        (NOBODY, "bob", "unsigned bob!"),
        (NOBODY, "BOB", "unsigned BOB!"),
        (NOBODY, "rob", "unsigned rob"),
    ]);
    assert_eq!(world.trust.records().count(), 1);
    let mut world = world;
    let warning = world.hear("B\u{43e}b", None).warning;
    assert_eq!(warning, Some(Warning::LooksLike { key: key(1), name: "bob".into() }));
}

#[test]
fn a_message_without_a_nick_goes_by_the_one_before() {
    check(&[
        (1, "", "new #"),
        (1, "", "pinned #"),
        (1, "bob", "new bob"),
        (1, "", "new bob"),
        (1, "\u{200b}", "new bob"),
        (1, "bob", "pinned bob"),
        (1, "", "pinned bob"),
        (2, "", "new #"),
    ]);
}

#[test]
fn two_who_are_accepted_stay_apart() {
    let mut world = check(&[
        (1, "bob", "new bob"),
        (1, "bob", "pinned bob"),
        (2, "Bob", "changed Bob#!"),
        (2, "/trust 2", "Bob"),
        (2, "Bob", "pinned Bob#"),
        (1, "bob", "pinned bob#"),
        (3, "bob", "changed bob#!"),
    ]);
    let (one, two) = (world.say(1, "bob").show.short, world.say(2, "bob").show.short);
    assert!(one.is_some() && two.is_some() && one != two);
    assert_eq!(world.accept(1).shared_with, Some(key(2)));
    assert_eq!(world.trust.accept(UnixMillis(0), key(9)), Err(AcceptError::Unknown));
}

#[test]
fn short_forms_are_as_long_as_it_takes() {
    let mut world = World::default();
    let twin = |last: u8| {
        let mut bytes = [0xab; 32];
        bytes[5] = last;
        PublicKey::new(bytes)
    };
    for last in [1, 2, 1, 2] {
        world.hear("bob", Some(twin(last)));
    }
    let change = world.trust.accept(world.now(), twin(1)).unwrap().change;
    world.keep(change);
    let change = world.trust.accept(world.now(), twin(2)).unwrap().change;
    world.keep(change);
    for (last, short) in [(1, "ababababab01"), (2, "ababababab02")] {
        assert_eq!(world.hear("bob", Some(twin(last))).show.short.as_deref(), Some(short));
    }
}

#[test]
fn a_key_keeps_its_standing_under_another_nick() {
    check(&[
        (1, "bob", "new bob"),
        (1, "bob", "pinned bob"),
        (1, "robert", "new robert"),
        (1, "robert", "pinned robert"),
        (2, "bob", "changed bob#!"),
        (3, "alice", "new alice"),
        (3, "alice", "pinned alice"),
        (1, "alice", "changed alice#!"),
        (1, "bob", "pinned bob"),
    ]);
    // A verified one is believed whatever its nick, and told apart from who held that before.
    check(&[
        (1, "bob", "new bob"),
        (1, "/verify 1", ""),
        (1, "bob", "verified bob"),
        (1, "robert", "verified robert"),
        (3, "alice", "new alice"),
        (3, "alice", "pinned alice"),
        (1, "alice", "verified alice#!"),
        (1, "alice", "verified alice#"),
        (3, "alice", "pinned alice#"),
        (2, "robert", "changed robert#!"),
    ]);
    // Made to look like two others at once.
    check(&[
        (1, "Kari", "new Kari"),
        (1, "Kari", "pinned Kari"),
        (2, "Karl", "new Karl"),
        (2, "Karl", "pinned Karl"),
        (1, "KarI", "changed KarI#!"),
        (3, "KarI", "changed KarI#!"),
        (1, "Kari", "pinned Kari"),
    ]);
}

#[test]
fn names_that_could_be_taken_for_another_have_the_key_beside_them() {
    check(&[(1, "b\u{43e}b", "new b\u{43e}b#!"), (1, "b\u{43e}b", "pinned b\u{43e}b#!")]);
    check(&[(1, "bob deadbeef", "new bob deadbeef#"), (1, "bob deadbeef", "pinned bob deadbeef#")]);
}

#[test]
fn a_petname_wins_over_any_nick() {
    check(&[
        (1, "anna", "new anna"),
        (1, "/rename Mum", ""),
        (1, "anna", "pinned Mum"),
        (1, "whoever", "pinned Mum"),
        (2, "mum", "changed mum#!"),
        (NOBODY, "mum", "unsigned mum!"),
        (2, "anna", "changed anna#!"),
        (1, "/rename ", ""),
        (1, "anna", "pinned anna"),
        (3, "Mum", "new Mum#"),
    ]);
    // Where somebody holds it as a nick already, both have their keys beside them.
    check(&[
        (2, "mum", "new mum"),
        (2, "mum", "pinned mum"),
        (1, "anna", "new anna"),
        (1, "/rename Mum", ""),
        (1, "anna", "pinned Mum#"),
        (2, "mum", "pinned mum#"),
    ]);
    let mut world = check(&[
        (1, "anna", "new anna"),
        (1, "/rename Mum", ""),
        (2, "/rename MUM", &format!("Taken {{ by: {} }}", key(1))),
        (1, "/rename mum", ""),
        (3, "carl", "new carl"),
        (3, "/verify 3", ""),
        (2, "/rename CarI", &format!("Taken {{ by: {} }}", key(3))),
        (3, "/rename Carl", ""),
        (3, "carl", "verified Carl"),
        (2, "/rename \u{200b}", "Blank"),
        (2, &format!("/rename {}", "x".repeat(32)), ""),
        (2, &format!("/rename {}", "x".repeat(33)), "TooLong"),
    ]);
    assert_eq!(world.rename(2, &"é\u{301}".repeat(30)), Ok(()));
    assert_eq!(world.rename(2, &"🧑🏽‍🚀".repeat(30)), Err(RenameError::TooLong), "in bytes");
}

#[test]
fn only_the_right_digits_verify() {
    let mut world = check(&[(1, "bob", "new bob"), (2, "carl", "new carl"), (3, "carl", "new carl#")]);
    let now = world.now();
    let mut verify = |who: &str, proof: &str| world.trust.verify(now, who, proof).map(|(key, _)| key);
    assert_eq!(verify("Bob", &key(1).digits()), Ok(key(1)));
    for mark in ["-", ", ", ".\n", ""] {
        assert_eq!(verify("Bob", &key(1).digits().replace(' ', mark)), Ok(key(1)), "{mark:?}");
    }
    assert_eq!(verify(&key(1).short(), &key(1).qr_text()), Ok(key(1)));
    assert_eq!(verify("bob", &key(2).digits()), Err(VerifyError::Differ { key: key(1) }));
    assert_eq!(verify("bob", &key(2).qr_text()), Err(VerifyError::Differ { key: key(1) }));
    for nothing in ["", "12345", "digits", &key(1).digits()[..69], &format!("{} 1", key(1).digits())] {
        assert_eq!(verify("bob", nothing), Err(VerifyError::NoProof), "{nothing}");
    }
    assert_eq!(verify("dora", &key(1).digits()), Err(VerifyError::Who(Unresolved::Unknown)));
    let Err(VerifyError::Who(Unresolved::Ambiguous(keys))) = verify("carl", &key(2).digits()) else {
        panic!("two keys are called carl")
    };
    assert_eq!(keys.len(), 2);
    assert_eq!(verify(&key(7).to_string(), &key(7).digits()), Ok(key(7)), "before it was heard");
    let states = [("bob", State::Verified), (&key(2).short(), State::New), (&key(7).to_string(), State::Verified)];
    for (who, state) in states {
        assert_eq!(world.trust.whois(who, key(0)).map(|facts| facts.state), Ok(state), "{who}");
    }
}

#[test]
fn blocks_hold_until_they_are_lifted() {
    let mut world = World::default();
    world.block(1);
    world.say(2, "bob");
    assert!(world.trust.is_blocked(&key(1)) && !world.trust.is_blocked(&key(2)));
    let change = world.trust.unblock(world.now(), key(1));
    world.keep(change);
    assert!(!world.trust.is_blocked(&key(1)));
    assert_eq!(world.trust.unblock(world.now(), key(9)), Change::default());
}

#[test]
fn names_stand_for_keys() {
    let mut world = check(&[
        (1, "bob", "new bob"),
        (1, "bob", "pinned bob"),
        (2, "bob", "changed bob#!"),
        (3, "anna", "new anna"),
        (4, "anna", "new anna#"),
        (5, "zoe", "new zoe"),
        (5, "/rename Anna", ""),
        (6, "old", "new old"),
        (6, "/rotate 7", "old"),
    ]);
    world.hear(&key(5).short(), Some(key(8)));
    let resolve = |text: &str| world.trust.resolve(text);
    for (text, expected) in [
        ("bob", Ok(key(1))),
        (" BOB ", Ok(key(1))),
        (&key(2).short(), Ok(key(2))),
        (&key(2).to_string()[..20], Ok(key(2))),
        (&key(2).to_string().to_uppercase(), Ok(key(2))),
        (&key(200).to_string(), Ok(key(200))),
        (&key(3).qr_text(), Ok(key(3))),
        ("anna", Ok(key(5))),
        ("zoe", Ok(key(5))),
        ("old", Ok(key(7))),
        (&key(6).short(), Ok(key(7))),
        (&key(6).to_string(), Ok(key(7))),
        ("nobody", Err(Unresolved::Unknown)),
        ("", Err(Unresolved::Unknown)),
        (&key(2).to_string()[..7], Err(Unresolved::Unknown)),
        (&key(200).short(), Err(Unresolved::Unknown)),
    ] {
        assert_eq!(resolve(text), expected, "{text}");
    }
    let Err(Unresolved::Ambiguous(keys)) = resolve(&key(5).short()) else { panic!("a nick and a key") };
    assert!(keys.len() == 2 && keys.contains(&key(5)) && keys.contains(&key(8)));
}

#[test]
fn facts_are_all_there_is() {
    let mut world = World::default();
    for n in 0..20 {
        world.now = n * DAY;
        world.say(1, &format!("nick {n}"));
    }
    let facts = world.trust.whois("nick 19", key(0)).unwrap();
    let nicks: Vec<_> = facts.record.nicks.iter().map(|nick| nick.nick.as_str()).collect();
    assert_eq!((nicks.len(), nicks[0], nicks[7]), (NICKS_PER_KEY_MAX, "nick 12", "nick 19"));
    assert_eq!((facts.record.first, facts.record.last), (UnixMillis(1), UnixMillis(19 * DAY + 1)));
    assert_eq!((facts.record.days, facts.state, facts.show.name.as_str()), (20, State::New, "nick 19"));
    assert_eq!(world.trust.whois("nick 0", key(0)), Err(Unresolved::Unknown));
}
