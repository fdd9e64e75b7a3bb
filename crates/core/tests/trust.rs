//! Whatever keys say under whatever nicks, and whatever the user decides meanwhile: nobody is shown as somebody else.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use whispernet_core::bound::Bound;
use whispernet_core::identity::{PublicKey, SecretKey};
use whispernet_core::time::UnixMillis;
use whispernet_core::trust::{
    Change, ESTABLISHED_HOLD, Facts, NEW_MAX, PINNED_HOLD, PINNED_MAX, Record, Rotation, State, Trust, Verdict,
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const NETWORK: [u8; 32] = [1; 32];
/// Keys that speak; the first is the user's own.
const KEYS: u8 = 6;
/// Nicks, each with the group of those that look like it. `KarI` is of two.
const NICKS: &[(&str, &[u8])] = &[
    ("bob", &[0]),
    ("BOB", &[0]),
    ("b0b", &[0]),
    ("b\u{43e}b", &[0]),
    ("bo\u{200b}b", &[0]),
    ("Kari", &[1]),
    ("Karl", &[2]),
    ("KarI", &[1, 2]),
    ("zoe", &[3]),
    ("", &[]),
];

fn secret(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

fn key(n: u8) -> PublicKey {
    secret(n).public()
}

fn nick(at: usize) -> &'static str {
    NICKS.get(at).expect("one of them").0
}

/// A key of a flood.
fn stranger(n: usize) -> PublicKey {
    let mut bytes = [0xee; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    PublicKey::new(bytes)
}

/// A judge beside the rows that a store would keep.
#[derive(Default)]
struct World {
    trust: Trust,
    rows: BTreeMap<PublicKey, Record>,
    now: UnixMillis,
}

impl World {
    fn keep(&mut self, change: Change) {
        if let Some(key) = change.forget {
            self.rows.remove(&key);
        }
        if let Some(record) = change.save {
            self.rows.insert(record.key, record);
        }
    }

    fn say(&mut self, key: PublicKey, nick: &str) -> Verdict {
        let verdict = self.trust.judge(self.now, nick, Some(key), self::key(0));
        self.keep(verdict.change.clone());
        verdict
    }

    fn verify(&mut self, key: PublicKey) {
        let (_, change) = self.trust.verify(self.now, &key.to_string(), &key.qr_text()).expect("its own text");
        self.keep(change);
    }

    fn restarted(&self) -> Trust {
        Trust::restore(self.rows.values().cloned())
    }

    #[track_caller]
    fn check_bounds(&self) {
        let broken: Vec<Bound> = self.trust.bounds().into_iter().filter(Bound::is_broken).collect();
        assert_eq!(broken, [], "bounds");
        assert!(self.trust.records().eq(self.rows.values()), "the rows are what is in memory");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Say(u8, usize),
    Unsigned(usize),
    Verify(u8),
    Accept(u8),
    Rename(u8, usize),
    Block(u8),
    Unblock(u8),
    SpeakTo(u8),
    Rotate(u8, u8),
    Wait(u32),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let (key, nick) = (|| 0..KEYS, || 0..NICKS.len());
    prop_oneof![
        20 => (key(), nick()).prop_map(|(key, nick)| Step::Say(key, nick)),
        2 => nick().prop_map(Step::Unsigned),
        1 => (1..KEYS).prop_map(Step::Verify),
        1 => (1..KEYS).prop_map(Step::Accept),
        2 => (1..KEYS, nick()).prop_map(|(key, nick)| Step::Rename(key, nick)),
        1 => (1..KEYS).prop_map(Step::Block),
        1 => (1..KEYS).prop_map(Step::Unblock),
        1 => (1..KEYS).prop_map(Step::SpeakTo),
        1 => (1..KEYS, 1..KEYS).prop_map(|(old, new)| Step::Rotate(old, new)),
        2 => (0..200_000_000_u32).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

/// The groups of a name that is shown.
fn groups(name: &str) -> &'static [u8] {
    NICKS.iter().find(|(nick, _)| *nick == name).expect("one of the nicks").1
}

/// Carries it out; a message's author and verdict are returned.
fn run(world: &mut World, step: &Step) -> Option<(u8, Verdict)> {
    world.now = world.now.after(Duration::from_millis(1));
    let now = world.now;
    match *step {
        Step::Say(who, nick) => return Some((who, world.say(key(who), self::nick(nick)))),
        Step::Unsigned(nick) => {
            let verdict = world.trust.judge(now, self::nick(nick), None, key(0));
            assert_eq!((verdict.state, verdict.change), (State::Unsigned, Change::default()));
        }
        Step::Verify(who) => world.verify(world.trust.current(key(who))),
        Step::Accept(who) => {
            if let Ok(accepted) = world.trust.accept(now, key(who)) {
                world.keep(accepted.change);
            }
        }
        Step::Rename(who, name) => {
            if let Ok(change) = world.trust.rename(now, key(who), self::nick(name)) {
                world.keep(change);
            }
        }
        Step::Block(who) => {
            let change = world.trust.block(now, key(who)).expect("there is room");
            world.keep(change);
        }
        Step::Unblock(who) => {
            let change = world.trust.unblock(now, key(who));
            world.keep(change);
        }
        Step::SpeakTo(who) => {
            let change = world.trust.spoke_to(now, key(who));
            world.keep(change);
        }
        Step::Rotate(old, new) => {
            let text = Rotation::signed_text(&NETWORK, &key(old), &key(new), now);
            let (old_signature, new_signature) = (secret(old).sign(&text), secret(new).sign(&text));
            let statement = Rotation { old: key(old), new: key(new), time: now, old_signature, new_signature };
            let (blocked, verified) = (world.trust.is_blocked(&key(old)), is_verified(world, old));
            if let Ok(rotated) = world.trust.rotate(now, &statement, &NETWORK) {
                world.keep(rotated.change);
                assert!(!blocked || world.trust.is_blocked(&key(new)), "a block is not shaken off");
                assert!(!verified || is_verified(world, new));
            }
        }
        Step::Wait(millis) => world.now = now.after(Duration::from_millis(millis.into())),
        Step::Restart => world.trust = world.restarted(),
    }
    None
}

fn is_verified(world: &World, who: u8) -> bool {
    let current = world.trust.current(key(who));
    world.rows.get(&current).is_some_and(|record| record.verified.is_some())
}

/// How each key that is in use is shown, by who it is.
fn shown(world: &World) -> Vec<(u8, Facts)> {
    let in_use = (0..KEYS).filter(|who| world.trust.current(key(*who)) == key(*who));
    in_use.filter_map(|who| Some((who, world.trust.whois(&key(who).to_string(), key(0)).ok()?))).collect()
}

fn is_believed(state: State) -> bool {
    matches!(state, State::Own | State::Pinned | State::Verified)
}

/// No two keys that are believed are shown alike, unless the short forms stand beside both, and differ.
fn nobody_is_shown_as_another(world: &World) {
    let shown = shown(world);
    for (one, its) in shown.iter().filter(|(_, facts)| is_believed(facts.state)) {
        for (other, theirs) in shown.iter().filter(|(other, _)| other != one) {
            if !groups(&its.show.name).iter().any(|group| groups(&theirs.show.name).contains(group)) {
                continue;
            }
            assert!(theirs.show.short.is_some(), "{one} {its:?}\n{other} {theirs:?}");
            assert_ne!(its.show.short, theirs.show.short, "{one} {its:?}\n{other} {theirs:?}");
            assert!(!is_believed(theirs.state) || its.show.short.is_some(), "{one} {its:?}\n{other} {theirs:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_shows_one_as_another(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::default();
        for step in &steps {
            let verified: Vec<u8> = (1..KEYS).filter(|who| is_verified(&world, *who)).collect();
            if let Some((who, verdict)) = run(&mut world, step) {
                let is_retired = world.trust.current(key(who)) != key(who);
                prop_assert!(is_retired || who == 0 || !verified.contains(&who) || verdict.state == State::Verified);
                prop_assert!(verdict.state != State::Verified || verified.contains(&who));
                prop_assert_eq!(verdict.state == State::Own, who == 0);
                if let Some((_, facts)) = shown(&world).into_iter().find(|(one, _)| *one == who) {
                    prop_assert_eq!((facts.state, facts.show), (verdict.state, verdict.show), "asked and told alike");
                }
            }
            world.check_bounds();
            nobody_is_shown_as_another(&world);
        }
    }

    #[test]
    fn a_restart_changes_nothing(steps in prop::collection::vec(step(), 1..60), more in prop::collection::vec(step(), 1..30)) {
        let mut going_on = World::default();
        for step in &steps {
            run(&mut going_on, step);
        }
        let mut again = World { trust: going_on.restarted(), rows: going_on.rows.clone(), now: going_on.now };
        for step in &more {
            prop_assert_eq!(run(&mut going_on, step), run(&mut again, step));
            prop_assert_eq!(&going_on.rows, &again.rows);
        }
    }

    #[test]
    fn statements_from_the_wire_never_panic(body in "\\PC*", cut in 0..400_usize) {
        prop_assert_eq!(Rotation::parse(&body), None);
        let half: String = format!("whispernet-rotate:1:{body}").chars().take(cut).collect();
        prop_assert_eq!(Rotation::parse(&half), None);
    }
}

/// Everyone of the flood speaks so often, under the nick that `nick` gives it.
fn flood(world: &mut World, keys: std::ops::Range<usize>, times: usize, nick: impl Fn(usize) -> String) {
    for n in keys {
        for _ in 0..times {
            world.say(stranger(n), &nick(n));
        }
    }
}

#[test]
fn a_flood_of_keys_evicts_nobody_whom_the_user_decided_about() {
    let mut world = World::default();
    world.say(key(0), "me");
    let change = world.trust.block(world.now, key(1)).expect("there is room");
    world.keep(change);
    let change = world.trust.rename(world.now, key(2), "Mum").expect("there is room");
    world.keep(change);
    world.verify(key(3));
    world.say(key(4), "bob");
    let change = world.trust.accept(world.now, key(4)).expect("it was heard").change;
    world.keep(change);
    world.say(key(5), "zoe");
    let change = world.trust.spoke_to(world.now, key(5));
    world.keep(change);
    world.now = world.now.after(ESTABLISHED_HOLD * 4);
    flood(&mut world, 0..12_000, 2, |n| format!("n{n}"));
    world.check_bounds();
    for who in 0..KEYS {
        assert!(world.rows.contains_key(&key(who)), "{who}");
    }
    assert!(world.trust.is_blocked(&key(1)));
    assert_eq!(world.say(stranger(20_000), "b0b").state, State::Changed);
    assert_eq!(world.say(stranger(20_001), "ME").state, State::Changed);
}

#[test]
fn a_flood_frees_no_nick_of_somebody_who_is_around() {
    let mut world = World::default();
    for _ in 0..3 {
        world.now = world.now.after(DAY);
        world.say(key(2), "zoe");
        world.say(key(2), "zoe");
    }
    world.say(key(1), "bob");
    assert_eq!(world.say(key(1), "bob").state, State::Pinned);
    world.now = world.now.after(PINNED_HOLD - Duration::from_secs(1));
    flood(&mut world, 0..PINNED_MAX * 2, 2, |n| format!("n{n}"));
    world.check_bounds();
    let late = world.say(stranger(PINNED_MAX * 2 - 1), &format!("n{}", PINNED_MAX * 2 - 1));
    assert_eq!(late.state, State::New, "there is no room to hold a nick, and it shows");
    let thief = stranger(90_000);
    assert_eq!(world.say(thief, "bob").state, State::Changed);
    assert_eq!(world.say(thief, "zoe").state, State::Changed);

    // What remains: who was silent for longer makes room, an established one only for others that are.
    world.now = world.now.after(Duration::from_secs(2));
    flood(&mut world, 100_000..100_001 + NEW_MAX, 2, |n| format!("n{n}"));
    assert!(!world.rows.contains_key(&key(1)), "bob was silent for a day");
    assert_eq!(world.say(thief, "zoe").state, State::Changed, "zoe was there for days");
    world.check_bounds();
}
