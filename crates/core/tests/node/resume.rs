//! A link that is dialled again goes on a little before where it stood, within 24 hours.

use whispernet_core::dial::Known;
use whispernet_core::log::{Chunk, Read};
use whispernet_core::node::{Config, LinkId, Output, Past, Stored};

use super::solo::{OWN, Solo};
use super::{at, bodies, config, message};

const PEER: &str = "127.0.0.1:6000";
const DAY_MS: u64 = 24 * 3_600_000;

/// A node that hears what `hear` sends, with a small backlog.
fn solo() -> Solo {
    Solo::with(Config { flood_limit: false, backlog: 3, ..config(OWN) })
}

/// Someone else says these, numbered.
fn hear(solo: &mut Solo, numbers: std::ops::Range<usize>) {
    let link = solo.accept("127.0.0.1:9999");
    for n in numbers {
        solo.send(link, message(&format!("id{n}"), "127.0.0.1:7000", &format!("m{n}")));
    }
    solo.cut(link);
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|n| format!("m{n}")).collect()
}

/// The lost link is dialled again by itself, after so long.
fn again(solo: &mut Solo, millis: u64) -> Vec<String> {
    solo.pass(millis);
    assert!(solo.dials().contains(&PEER.to_owned()));
    let link = solo.dialled(PEER).unwrap();
    bodies(&solo.read(link))
}

#[test]
fn gets_all_that_was_said_meanwhile() {
    for (millis, expected) in [(2000, 0..110), (DAY_MS - 1, 0..110), (DAY_MS, 107..110)] {
        let mut solo = solo();
        let link = solo.dial(PEER);
        solo.read(link);
        hear(&mut solo, 0..10);
        assert_eq!(bodies(&solo.read(link)), names(0..10));
        solo.cut(link);
        hear(&mut solo, 10..110);
        let stream = again(&mut solo, millis);
        assert_eq!(stream[0], "/me joined");
        assert_eq!(stream[1..], names(expected), "after {millis} ms");
    }
}

/// What TCP had not delivered when the link broke is gone, so a little of what was written is written again.
#[test]
fn steps_back_over_what_may_be_lost() {
    let mut solo = solo();
    let link = solo.dial(PEER);
    let other = solo.accept("127.0.0.1:9999");
    for n in 0..200 {
        solo.send(other, message(&format!("{n:03}"), "127.0.0.1:7000", &"x".repeat(10_000)));
        if n % 5 == 0 {
            solo.read(link);
        }
    }
    let written = solo.read(link).len() + 200 * 10_000;
    solo.cut(link);
    solo.pass(2000);
    let link = solo.dialled(PEER).unwrap();
    let again = solo.read(link).len();
    assert!(written > 2_000_000 && (220_000..=256 * 1024 + 200).contains(&again), "{again} bytes again");
}

#[test]
fn steps_back_over_1024_messages_at_most() {
    let mut solo = solo();
    let link = solo.dial(PEER);
    hear(&mut solo, 0..3000);
    solo.read(link);
    solo.cut(link);
    assert_eq!(again(&mut solo, 2000)[1..], names(3000 - 1024..3000));
}

/// What the peer is not sent, its own words first of all, is no part of that.
#[test]
fn what_the_peer_said_itself_does_not_count() {
    let mut solo = solo();
    let link = solo.dial(PEER);
    solo.read(link);
    hear(&mut solo, 0..10);
    assert_eq!(bodies(&solo.read(link)), names(0..10));
    let own = solo.accept("127.0.0.1:9998");
    for n in 0..1_100 {
        solo.send(own, message(&format!("own{n}"), PEER, "mine"));
        solo.read(link);
    }
    solo.cut(link);
    assert_eq!(again(&mut solo, 2000)[1..], names(0..10));
}

/// However often the link breaks before anything is written, the place where it stood stays.
#[test]
fn a_link_that_flaps_does_not_walk_back() {
    let mut solo = solo();
    hear(&mut solo, 0..100);
    let link = solo.dial(PEER);
    hear(&mut solo, 100..110);
    solo.read(link);
    solo.cut(link);
    for _ in 0..5 {
        solo.pass(3_600_000);
        let link = solo.dialled(PEER).unwrap();
        solo.cut(link);
    }
    assert_eq!(again(&mut solo, 3_600_000)[1..], names(97..110));
}

#[test]
fn a_message_that_was_cut_in_two_is_sent_whole() {
    let mut solo = solo();
    let link = solo.dial(PEER);
    solo.read(link);
    hear(&mut solo, 0..2);
    let mut stream = Vec::new();
    solo.write(link, 10, &mut stream);
    solo.cut(link);
    assert_eq!(again(&mut solo, 2000)[1..], names(0..2));
}

#[test]
fn its_own_words_stay_out_of_it() {
    let mut solo = solo();
    let link = solo.dial(PEER);
    solo.read(link);
    solo.cut(link);
    let other = solo.accept("127.0.0.1:9999");
    solo.send(other, message("1", PEER, "its own"));
    solo.send(other, message("2", "127.0.0.1:7", "another's"));
    assert_eq!(again(&mut solo, 2000)[1..], ["another's"]);
}

/// A node stops with its peer linked, and starts again with what it saved: the rest comes from the store.
#[test]
fn across_a_restart() {
    let mut before = solo();
    let link = before.dial(PEER);
    hear(&mut before, 0..5);
    before.read(link);
    hear(&mut before, 5..10);
    before.node.save_cursors(before.now, &mut before.out);
    let saved = before.take().into_iter().rev().find_map(|output| match output {
        Output::SavePeer(record) => Some((record.addr, record.known)),
        _ => None,
    });
    before.node.save_cursors(before.now, &mut before.out);
    assert_eq!(before.take(), [], "nothing moved");

    let first_seq = before.node.log().end() + 1000;
    let config = Config { first_seq, ..before.node.config().clone() };
    let past = Past { peers: vec![saved.unwrap()], ..Past::default() };
    let mut after = Solo::with_past(config, past);
    hear(&mut after, 10..15);
    after.pass(1);
    assert!(after.dials().contains(&PEER.to_owned()));
    let link = after.dialled(PEER).unwrap();
    let (mut chunk, mut stream) = (Chunk::default(), Vec::new());
    while after.node.read(after.now, link, 1 << 20, &mut chunk) == Read::Chunk {
        stream.extend(chunk.slices().flatten().copied());
        after.node.written(link, &chunk, chunk.len());
    }
    let fetch = after.node.fetch(after.now, link, &mut after.out).unwrap();
    let stored: Vec<Stored<'_>> = before
        .node
        .log()
        .entries(fetch.after + 1)
        .map(|(entry, raw)| Stored { seq: entry.seq, addr: "127.0.0.1:7000", marks: entry.marks, raw })
        .collect();
    after.node.fetched(after.now, link, Some(&stored), &mut after.out);
    stream.extend(after_fetch(&mut after, link));
    assert_eq!(bodies(&String::from_utf8(stream).unwrap())[1..], names(0..15));
}

/// What an earlier run had written may be lost as well as what this one has: the jump of numbers between them is no distance.
#[test]
fn steps_back_into_the_run_before() {
    let mut known = Known::default();
    known.wanted = true;
    known.cursor = Some((5, at(0).wall));
    let peer = PEER.parse().unwrap();
    let past = Past { peers: vec![(peer, known)], ..Past::default() };
    let mut solo = Solo::with_past(Config { first_seq: 9_000_000, ..config(OWN) }, past);
    solo.pass(1);
    let link = solo.dialled(PEER).unwrap();
    after_fetch(&mut solo, link);
    solo.cut(link);
    let (seq, _) = solo.node.book().get(&peer).unwrap().cursor.unwrap();
    assert_eq!(seq, 5);
}

/// What follows a fetch, the next of which finds nothing more.
fn after_fetch(solo: &mut Solo, link: LinkId) -> Vec<u8> {
    let (mut chunk, mut stream) = (Chunk::default(), Vec::new());
    loop {
        match solo.node.read(solo.now, link, 1 << 20, &mut chunk) {
            Read::Chunk => {
                stream.extend(chunk.slices().flatten().copied());
                solo.node.written(link, &chunk, chunk.len());
            }
            Read::Behind => {
                solo.node.fetch(solo.now, link, &mut solo.out).unwrap();
                solo.node.fetched(solo.now, link, Some(&[]), &mut solo.out);
            }
            Read::UpToDate => return stream,
        }
    }
}

#[test]
fn a_place_beyond_the_log_is_no_place() {
    let mut known = Known::default();
    known.wanted = true;
    known.cursor = Some((u64::MAX, at(0).wall));
    let past = Past { peers: vec![(super::addr(PEER), known)], ..Past::default() };
    let mut solo = Solo::with_past(config(OWN), past);
    solo.pass(1);
    let link = solo.dialled(PEER).unwrap();
    solo.say("heard all the same");
    assert_eq!(bodies(&solo.read(link)), ["/me joined", "heard all the same"]);
}
