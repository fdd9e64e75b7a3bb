//! What we say: paced to what others accept, once for each client's tag, with an ID that holds.

use std::collections::BTreeSet;

use serde_json::Value;
use whispernet_core::id::hashed;
use whispernet_core::node::{
    BODY_BYTES_MAX, Config, IdKind, Output, SAY_PENDING_MAX, SayRefused, SayToken, Told, Words,
};

use super::net::Net;
use super::solo::{OWN, Solo};
use super::{START_MS, at, config, words};

/// The answers so far: token, seq, ID, whether repeated.
fn said(solo: &Solo) -> Vec<(SayToken, u64, String, bool)> {
    let said = |output: &Output| match output {
        Output::Said { token, seq, id, repeated } => Some((*token, *seq, id.clone(), *repeated)),
        _ => None,
    };
    solo.out.iter().filter_map(said).collect()
}

fn tagged(solo: &mut Solo, body: &str, client: &str) -> SayToken {
    solo.node.say(solo.now, Words { client: Some(client.into()), ..words(body) }, &mut solo.out).unwrap()
}

#[test]
fn goes_out_as_classic_peers_expect() {
    let mut solo = Solo::new();
    let body = "a\"b\\\n\u{1}<é>😀";
    let token = solo.say(body);
    let (answered, seq, id, repeated) = said(&solo)[0].clone();
    assert_eq!((answered, repeated), (token, false));
    let expected = serde_json::json!({
        "ID": id, "Addr": OWN, "Body": body, "Nick": "me", "omitempty": "me", "Timestamp": START_MS
    });
    let (entry, raw) = solo.node.log().entries(seq).next().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(raw).unwrap(), expected);
    assert!(entry.seq == seq && entry.marks.own && !entry.marks.hello);
}

#[test]
fn what_cannot_be_said() {
    let mut solo = Solo::new();
    let mut say = |body: String| solo.node.say(at(0), words(&body), &mut solo.out).err();
    assert_eq!(say(String::new()), Some(SayRefused::Empty));
    assert_eq!(say("x".repeat(BODY_BYTES_MAX + 1)), Some(SayRefused::TooLong(BODY_BYTES_MAX + 1)));
    assert_eq!(say("é".repeat(BODY_BYTES_MAX / 2) + "x"), Some(SayRefused::TooLong(BODY_BYTES_MAX + 1)));
    assert_eq!(say("\u{1}".repeat(BODY_BYTES_MAX)), None);
    assert_eq!(solo.bodies().len(), 1);
}

#[test]
fn others_accept_all_that_we_say_at_our_pace() {
    let mut net = Net::of(2);
    net.connect(0, 1);
    net.settle();
    for n in 0..400 {
        net.say(0, &format!("m{n:03}"));
    }
    net.settle();
    assert_eq!(net.bodies(1).len(), 180, "a burst");
    net.pass(60);
    let expected: Vec<String> = (0..400).map(|n| format!("m{n:03}")).collect();
    assert_eq!((net.bodies(0), net.bodies(1)), (expected.clone(), expected));
}

#[test]
fn long_ones_are_paced_by_their_bytes() {
    let mut net = Net::of(2);
    net.connect(0, 1);
    net.settle();
    // Each byte takes two on the wire, so that one's own estimate falls short of what others count.
    let long = "\"".repeat(BODY_BYTES_MAX - 4);
    for n in 0..150 {
        net.say(0, &format!("{n:04}{long}"));
    }
    net.settle();
    net.pass(600);
    assert_eq!((net.bodies(0).len(), net.bodies(1).len()), (150, 150));
}

#[test]
fn paced_is_told_once_and_busy_refused() {
    let mut solo = Solo::new();
    for _ in 0..180 {
        solo.say("x");
    }
    assert_eq!((said(&solo).len(), solo.node.pending()), (180, 0));
    for _ in 0..SAY_PENDING_MAX {
        solo.say("y");
    }
    assert_eq!(solo.node.say(at(0), words("z"), &mut solo.out), Err(SayRefused::Busy(SAY_PENDING_MAX)));
    let paced = |output: &&Output| matches!(output, Output::Tell(Told::Paced { .. }));
    assert_eq!(solo.out.iter().filter(paced).collect::<Vec<_>>(), [&Output::Tell(Told::Paced { waiting: 1 })]);
    solo.pass(1000);
    assert_eq!(said(&solo).len(), 184, "4.5 a second");
    solo.say("z");
    solo.pass(300_000);
    let tokens: Vec<u64> = said(&solo).iter().map(|(token, ..)| token.0).collect();
    assert_eq!(tokens, (1..=1181).collect::<Vec<_>>(), "in order, each once");
}

#[test]
fn without_the_limit_nothing_waits() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    for _ in 0..5000 {
        solo.say("x");
    }
    assert_eq!((said(&solo).len(), solo.node.pending()), (5000, 0));
}

#[test]
fn the_same_tag_is_the_same_message() {
    let mut solo = Solo::new();
    let first = tagged(&mut solo, "once", "tag");
    let second = tagged(&mut solo, "once", "tag");
    let other = tagged(&mut solo, "other", "another tag");
    let answers = said(&solo);
    assert_eq!(answers.iter().map(|answer| answer.0).collect::<Vec<_>>(), [first, second, other]);
    assert_eq!((answers[0].1, &answers[0].2), (answers[1].1, &answers[1].2));
    assert_eq!(answers.iter().map(|answer| answer.3).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(solo.bodies(), ["once", "other"]);
}

#[test]
fn the_same_tag_while_the_first_still_waits() {
    let mut solo = Solo::new();
    for _ in 0..180 {
        solo.say("x");
    }
    let first = tagged(&mut solo, "once", "tag");
    let second = tagged(&mut solo, "once", "tag");
    assert_eq!(solo.node.pending(), 2);
    solo.pass(1000);
    let third = tagged(&mut solo, "once", "tag");
    let answers = said(&solo).split_off(180);
    assert_eq!(answers.iter().map(|answer| answer.0).collect::<Vec<_>>(), [first, second, third]);
    assert_eq!(answers.iter().map(|answer| answer.1).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(solo.bodies().iter().filter(|body| *body == "once").count(), 1);
}

#[test]
fn a_tag_is_known_by_place_until_it_is_on_disk() {
    let mut solo = Solo::new();
    tagged(&mut solo, "once", "tag");
    let seq = said(&solo)[0].1;
    assert_eq!((solo.node.client_of(seq), solo.node.client_of(seq + 1)), (Some("tag"), None));
    solo.node.committed(solo.now, seq, &mut solo.out);
    assert_eq!(solo.node.client_of(seq), Some("tag"), "not yet: all before it are");
    solo.node.committed(solo.now, seq + 1, &mut solo.out);
    assert_eq!(solo.node.client_of(seq), None);
    tagged(&mut solo, "once", "tag");
    assert!(said(&solo)[1].3, "but it still is the same message");
}

#[test]
fn hashed_ids_hold_and_never_repeat() {
    let mut solo = Solo::with(Config { id: IdKind::Hash, flood_limit: false, ..config(OWN) });
    for _ in 0..50 {
        solo.say("the same words in the same millisecond");
    }
    solo.node.set_nick("other", solo.now);
    let out = solo.dial("127.0.0.1:6000");
    let stream = solo.read(out);
    let objects: Vec<Value> = serde_json::Deserializer::from_str(&stream).into_iter().map(Result::unwrap).collect();
    assert_eq!(objects.len(), 51);
    let mut ids = BTreeSet::new();
    for object in &objects {
        let text = |key: &str| object[key].as_str().unwrap();
        assert_eq!(text("ID"), hashed(text("Addr"), text("Body"), &object["Timestamp"].to_string()));
        assert!(ids.insert(text("ID").to_owned()), "twice: {object}");
    }
    // Others take them all.
    let mut other = Solo::with(Config { flood_limit: false, ..config("127.0.0.1:6000") });
    let link = other.accept("127.0.0.1:9000");
    other.send(link, &stream);
    assert_eq!(other.bodies().len(), 51);
}

#[test]
fn random_ids_differ_and_are_long() {
    let mut solo = Solo::new();
    for _ in 0..100 {
        solo.say("x");
    }
    let ids: BTreeSet<String> = said(&solo).into_iter().map(|(_, _, id, _)| id).collect();
    assert!(ids.len() == 100 && ids.iter().all(|id| id.len() == 32));
}

#[test]
fn what_we_said_is_known_when_it_comes_back() {
    let mut solo = Solo::new();
    solo.say("mine");
    let stream = solo.read_log();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, stream);
    assert_eq!(solo.bodies(), ["mine"]);
}
