//! What is known of our own messages on their way out: how many peers have taken each, and how much of a file.

use sha2::{Digest, Sha256};
use whispernet_core::log::Limits;
use whispernet_core::node::{Config, Delivery, FILE_SEND_BYTES_MAX, Sending, SentFile, Stored, Words};

use super::solo::{OWN, Solo};
use super::{addr, config, message, words};

const ANN: &str = "127.0.0.1:6000";
const BOB: &str = "127.0.0.1:6001";

/// What became known since this was asked last.
fn delivered(solo: &mut Solo) -> Vec<(u64, u64)> {
    let has_some = solo.node.has_deliveries();
    let deliveries = solo.node.take_deliveries();
    assert_eq!((has_some, solo.node.has_deliveries()), (!deliveries.is_empty(), false));
    deliveries.into_iter().map(|Delivery { seq, links }| (seq, links)).collect()
}

/// Says it, and returns its place.
fn say(solo: &mut Solo, words: Words) -> u64 {
    solo.node.say(solo.now, words, &mut solo.out).unwrap();
    solo.node.log().end() - 1
}

fn with_file(length: usize) -> Words {
    let bytes = vec![7; length];
    let file = SentFile::new("cat.gif".into(), "image/gif".into(), &bytes, Sha256::digest(&bytes).into());
    Words { file: Some(file), ..words("sends cat.gif") }
}

#[test]
fn each_peer_that_has_taken_all_of_it_counts_once() {
    let mut solo = Solo::new();
    let first = say(&mut solo, words("to nobody yet"));
    assert_eq!(delivered(&mut solo), []);
    let ann = solo.dial(ANN);
    solo.read(ann);
    assert_eq!(delivered(&mut solo), [(first, 1)], "as backlog");
    let second = say(&mut solo, words("to ann"));
    let mut taken = Vec::new();
    solo.write(ann, 20, &mut taken);
    assert_eq!(delivered(&mut solo), [], "a part of it");
    solo.read(ann);
    assert_eq!(delivered(&mut solo), [(second, 1)]);
    let bob = solo.dial(BOB);
    solo.read(bob);
    assert_eq!(delivered(&mut solo), [(first, 2), (second, 2)]);
    // A link that is resumed gets some of it again.
    solo.cut(ann);
    solo.pass(120_000);
    let ann = solo.dialled(ANN).unwrap();
    assert!(solo.read(ann).contains("to ann"));
    assert_eq!(delivered(&mut solo), []);
}

#[test]
fn what_others_say_is_not_told() {
    let mut solo = Solo::new();
    let (ann, bob) = (solo.dial(ANN), solo.accept("127.0.0.1:9000"));
    solo.send(bob, message("1", BOB, "from bob"));
    assert!(solo.read(ann).contains("from bob"));
    assert_eq!(delivered(&mut solo), [], "greetings neither");
}

#[test]
fn the_newest_are_followed() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    let ann = solo.dial(ANN);
    let places: Vec<u64> = (0..100).map(|n| say(&mut solo, words(&format!("{n}")))).collect();
    solo.read(ann);
    let expected: Vec<_> = places[36..].iter().map(|seq| (*seq, 1)).collect();
    assert_eq!(delivered(&mut solo), expected);
}

#[test]
fn what_a_link_that_lags_gets_from_the_store_counts_when_it_is_out() {
    let log = Limits { tail_bytes: 1_000, segment_bytes: 500, uncommitted_bytes: 1 << 20 };
    let mut solo = Solo::with(Config { flood_limit: false, log, ..config(OWN) });
    let ann = solo.dial(ANN);
    solo.read(ann);
    let places: Vec<u64> = (0..20).map(|n| say(&mut solo, words(&format!("{n}")))).collect();
    let entries: Vec<_> =
        solo.node.log().entries(0).map(|(entry, raw)| (entry.seq, entry.marks, raw.to_vec())).collect();
    solo.node.committed(solo.now, solo.node.log().end(), &mut solo.out);
    assert!(solo.node.log().floor() > places[3]);
    let fetch = solo.node.fetch(solo.now, ann, &mut solo.out).unwrap();
    let stored = entries.iter().filter(|(seq, ..)| (fetch.after + 1..places[4]).contains(seq));
    let stored: Vec<_> = stored.map(|(seq, marks, raw)| Stored { seq: *seq, addr: OWN, marks: *marks, raw }).collect();
    solo.node.fetched(solo.now, ann, Some(&stored), &mut solo.out);
    assert_eq!(delivered(&mut solo), [], "they are only read");
    let mut taken = Vec::new();
    let first_bytes = stored[0].raw.len() + 1;
    solo.write(ann, first_bytes + 5, &mut taken);
    assert_eq!(delivered(&mut solo), [(places[0], 1)]);
    solo.write(ann, usize::MAX, &mut taken);
    let expected: Vec<_> = places[1..4].iter().map(|seq| (*seq, 1)).collect();
    assert_eq!(delivered(&mut solo), expected);
}

#[test]
fn how_much_of_a_file_each_link_has() {
    let mut solo = Solo::new();
    let (ann, bob) = (solo.dial(ANN), solo.dial(BOB));
    [ann, bob].iter().for_each(|link| _ = solo.read(*link));
    let seq = say(&mut solo, with_file(FILE_SEND_BYTES_MAX));
    assert_eq!(solo.node.long_file(seq), Some(("cat.gif", FILE_SEND_BYTES_MAX as u64)));
    let done = |solo: &Solo| {
        let of = |to: &str| {
            let is_its = |link: &Sending| link.addr == addr(to);
            solo.node.sending(seq).into_iter().find(is_its).map(|link| link.done)
        };
        [of(ANN), of(BOB)]
    };
    assert_eq!(done(&solo), [Some(0), Some(0)]);
    let mut taken = Vec::new();
    solo.write(ann, 100, &mut taken);
    assert_eq!(done(&solo), [Some(0), Some(0)], "that was before its contents");
    while taken.len() < 700_000 {
        solo.write(ann, 50_000, &mut taken);
    }
    let [Some(some), Some(0)] = done(&solo) else { panic!("{:?}", done(&solo)) };
    assert!((520_000..530_000).contains(&some), "{some}");
    solo.read(ann);
    assert_eq!(done(&solo), [Some(FILE_SEND_BYTES_MAX as u64), Some(0)]);
    assert_eq!(delivered(&mut solo), [(seq, 1)]);
    solo.cut(ann);
    assert_eq!(done(&solo), [None, Some(0)]);
    // A backlog has no files.
    let eve = solo.dial("127.0.0.1:6002");
    assert_eq!(solo.node.sending(seq).len(), 1);
    assert!(!solo.read(eve).contains("FileContents"));
    assert_eq!(delivered(&mut solo), []);
    assert_eq!(solo.node.sending(seq).len(), 1);
}

#[test]
fn short_ones_take_no_while() {
    let mut solo = Solo::new();
    for length in [1, 90_000] {
        let seq = say(&mut solo, with_file(length));
        assert_eq!((solo.node.long_file(seq), solo.node.sending(seq)), (None, Vec::new()));
        assert_eq!(solo.node.long_file(seq + 1), None);
    }
    let seq = say(&mut solo, with_file(100_000));
    assert!(solo.node.long_file(seq).is_some());
}
